"""The programme as one frozen object, its canonical bytes and its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any

from pydantic import Field

from proband.programme.access import BANNERS, charge_banner
from proband.programme.backtests import BackTestsFile
from proband.programme.claims import ClaimsFile
from proband.programme.controlled import EvidencePool
from proband.programme.design import Arm, Comparator, ProgrammeFile
from proband.programme.documents import Document, Table
from proband.programme.eligibility import Eligibility
from proband.programme.evidence import EvidenceFigure, EvidenceRow
from proband.programme.model import Based
from proband.programme.natural_history import NaturalHistoryFile
from proband.programme.outcomes import Outcomes
from proband.programme.problems import Problem
from proband.programme.product import Product
from proband.programme.regimen import Regimen
from proband.programme.safety import Safety
from proband.programme.schedule import Schedule
from proband.programme.selection import EvidenceSelection
from proband.programme.trials import TrialsFile
from proband.programme.written import as_written
from proband.terms import Fact, Source
from proband.terms.canonical import canonical
from proband.terms.yaml12 import KeyPath


class ProductFile(Based):
    """``product.yaml``: products and regimens."""

    products: list[Product] = Field(min_length=1, description="The products")
    regimens: list[Regimen] = Field(min_length=1, description="How they are given")


class FactsFile(Based):
    """``facts.yaml``: dated statements that rot."""

    facts: Annotated[list[Fact], Field(description="Dated statements that go out of date")]


@dataclass(frozen=True, eq=False)
class Programme:
    """A loaded, checked and frozen bundle.

    ``evidence`` holds every row that a claim can point to, by pointer. ``files`` is the sha256 of every file of the bundle, ``tables`` its CSV files by relative path, ``consent_texts`` its
    Markdown files by relative path. Where it was read from is not known here: nothing can go back and read it again. The
    models are what ``documents`` say, and it is the documents that :attr:`canonical_bytes` and :attr:`hash` speak of: a
    programme that says something else is written as another bundle and loaded.

    Two programmes are equal when their :attr:`hash` is: a cache whose argument is a programme is keyed by what the bundle
    says, so that a bundle that was changed on disk and loaded again is another key.
    """

    head: ProgrammeFile
    eligibility: Eligibility
    product_file: ProductFile
    schedule: Schedule
    outcomes: Outcomes
    safety: Safety
    claims: ClaimsFile
    facts: tuple[Fact, ...]
    sources: dict[str, Source]
    figures: dict[str, EvidenceFigure]
    evidence: dict[str, EvidenceRow]
    natural_history: dict[str, NaturalHistoryFile]
    tables: dict[str, Table]
    consent_texts: dict[str, str]
    files: dict[str, str]
    documents: dict[str, Document] = field(repr=False, compare=False)
    trials: TrialsFile | None = None
    backtests: BackTestsFile | None = None
    selection: EvidenceSelection | None = None
    selection_file: str = ""
    pools: tuple[EvidencePool, ...] = ()
    warnings: tuple[Problem, ...] = ()

    def __eq__(self, other: object) -> bool:
        return self.hash == other.hash if isinstance(other, Programme) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.hash)

    @property
    def id(self) -> str:
        """The programme's id."""
        return self.head.id

    @property
    def version(self) -> str:
        """The programme's version."""
        return self.head.version

    @property
    def products(self) -> dict[str, Product]:
        """Products by id."""
        return {product.id: product for product in self.product_file.products}

    @property
    def regimens(self) -> dict[str, Regimen]:
        """Regimens by id."""
        return {regimen.id: regimen for regimen in self.product_file.regimens}

    @property
    def arms(self) -> dict[str, Arm]:
        """Arms by id."""
        return {arm.id: arm for arm in self.head.arms}

    @property
    def comparators(self) -> dict[str, Comparator]:
        """Comparators by id."""
        return {comparator.id: comparator for comparator in self.head.comparators}

    @property
    def banners(self) -> tuple[str, ...]:
        """Fixed texts that every output of this programme bears: demonstration, charge."""
        banners = [BANNERS[self.head.status]] if self.head.status in BANNERS else []
        charge = charge_banner(self.head.access.participant_charge)
        return tuple(banners + ([charge] if charge else []))

    def source(self, id: str) -> Source:
        """A source by id.

        Raises
        ------
        KeyError
            If the bundle has none of that id (the loader refuses bundles where a reference dangles).
        """
        return self.sources[id]

    def as_data(self) -> dict[str, Any]:
        """Everything that was written and means something, as plain JSON values (:mod:`proband.programme.written`)."""
        return as_written(self.documents, self.tables, self.consent_texts)

    @cached_property
    def canonical_bytes(self) -> bytes:
        """The canonical JSON of what was written: layout does not count, and no default of a later Proband does."""
        return canonical(self.as_data())

    @cached_property
    def hash(self) -> str:
        """sha256 of the canonical bytes, in hex: the programme's identity in every event, verdict and seal."""
        return hashlib.sha256(self.canonical_bytes).hexdigest()

    def evidence_files(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The YAML files of ``evidence/`` as they are written: name and data."""
        for name, document in self.documents.items():
            if name.startswith("evidence/") and isinstance(document.data, dict):
                yield name, document.data

    def written_sources(self) -> Iterator[tuple[str, KeyPath, Source]]:
        """Every source with the place where it is written: file, key path, source."""
        for name, data in self.evidence_files():
            for index, written in enumerate(data.get("sources") or []):
                yield name, ("sources", index), self.sources[written["id"]]

    def texts(self, *, but: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str | int, ...], str]]:
        """Every text of the bundle: (file, key path, text). Consent texts have the empty path.

        Parameters
        ----------
        but
            Beginnings of file names that are left out.
        """
        for document in self.documents.values():
            if document.file.startswith(but):
                continue
            for path, value in walk(document.data):
                if isinstance(value, str):
                    yield document.file, path, value
        for file, text in self.consent_texts.items():
            yield file, (), text


def walk(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every scalar of a plain tree with its key path, in document order."""
    todo = [(path, value)]
    while todo:
        path, value = todo.pop()
        if isinstance(value, dict):
            todo += [((*path, key), child) for key, child in reversed(value.items())]
        elif isinstance(value, list):
            todo += [((*path, index), value[index]) for index in range(len(value) - 1, -1, -1)]
        else:
            yield path, value
