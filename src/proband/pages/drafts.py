"""The ledger of a folder that is no complete bundle yet: claims, facts, evidence and tables only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from proband.pages.ledger import Ledger
from proband.programme.bundle import EvidenceFile, FactsFile
from proband.programme.claims import ClaimsFile
from proband.programme.documents import Document, Table, read_csv, read_yaml
from proband.programme.problems import BundleError, Problem
from proband.terms import Source

_M = TypeVar("_M", bound=BaseModel)


def read_draft(folder: Path, on: date | None = None) -> Ledger:
    """Read what a page needs from a folder whose other files may still be missing.

    Raises
    ------
    BundleError
        If ``claims.yaml``, ``facts.yaml`` or a file of ``evidence/`` does not load.
    """
    documents: dict[str, Document] = {}
    problems: list[Problem] = []

    def read(name: str, model: type[_M]) -> _M | None:
        document, found = read_yaml(folder / name, name)
        problems.extend(found)
        if document is None:
            return None
        documents[name] = document
        try:
            return model.model_validate(document.data)
        except ValidationError as error:
            for item in error.errors():
                path = tuple(part for part in item["loc"] if isinstance(part, str | int))
                problems.append(
                    Problem(
                        name,
                        document.line_of(path),
                        ".".join(map(str, path)),
                        item["msg"],
                        "correct it",
                        "page.draft",
                    )
                )
            return None

    claims = read("claims.yaml", ClaimsFile)
    facts = read("facts.yaml", FactsFile)
    sources: dict[str, Source] = {}
    for path in sorted((folder / "evidence").glob("*.yaml")):
        evidence = read(f"evidence/{path.name}", EvidenceFile)
        sources.update({source.id: source for source in (evidence.sources if evidence else [])})
    tables: dict[str, Table] = {}
    for path in sorted(folder.rglob("*.csv")):
        name = path.relative_to(folder).as_posix()
        table, found = read_csv(path, name)
        problems.extend(found)
        if table:
            tables[name] = table
    if problems or claims is None or facts is None:
        raise BundleError(str(folder), problems)
    return Ledger(
        programme=folder.name, claims=claims, facts=tuple(facts.facts), sources=sources, on=on or date.today(), tables=tables,
        documents=documents, title=claims.title, **_head(folder),
    )  # fmt: skip


def _head(folder: Path) -> Mapping[str, Any]:
    """What the head of the bundle would add; a draft treats nobody, so it is a demonstration."""
    from proband.programme.access import DEMONSTRATION_BANNER

    return {"banners": (DEMONSTRATION_BANNER,)}
