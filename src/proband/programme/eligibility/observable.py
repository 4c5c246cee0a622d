"""One thing that is looked at: what every observable has, and what those have that are read from facts on record."""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from proband.programme.eligibility.effort import Effort
from proband.programme.eligibility.windows import FactWindow
from proband.programme.expression import ObservableSignature, ValueType
from proband.programme.model import Based, Findings, Model, Text, ValidationFinding
from proband.terms import Concept, Figure

ObservableId = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9_]*$",
        max_length=60,
        description="Name used in expressions: lower case, digits, underscores",
    ),
]
_RESERVED = {"known", "true", "false"}


class Aggregate(StrEnum):
    """Which of several facts in the window counts, or what is made of them."""

    LAST = "last"
    FIRST = "first"
    WORST = "worst"
    MIN = "min"
    MAX = "max"
    ANY = "any"
    COUNT = "count"
    SLOPE = "slope"
    RANGE = "range"
    STABLE_FOR = "stable-for"


class Observable(Based):
    """One thing that is looked at: what it is called, what a family is asked, and what it takes to learn it.

    Each kind of observable is a class of its own below this one, with the keys that mean something for it and no other;
    which kind a mapping of a bundle is follows from its keys (:data:`~proband.programme.eligibility.kinds.KINDS`).
    """

    id: ObservableId
    label: Annotated[Text, Field(description="What it is called")]
    plain: Annotated[str | None, Field(description="What a family is asked")] = None
    type: Annotated[ValueType, Field(description="What its value is")]
    effort: Annotated[
        Effort, Field(description="What it takes to learn it; what takes least is asked first")
    ] = Effort.UNSTATED
    burden: Annotated[
        str | None, Field(description="What it means for the person, in words: 'needs anaesthesia'")
    ] = None

    @field_validator("id")
    @classmethod
    def _usable_name(cls, name: str) -> str:
        if keyword.iskeyword(name) or name in _RESERVED:
            raise ValueError(f"{name!r} is a word of the expression language; choose another id")
        return name

    @property
    def needs(self) -> tuple[str, ...]:
        """The observables from which it is computed."""
        return ()

    @property
    def code_keys(self) -> tuple[tuple[str, str], ...]:
        """The (system, code) pairs whose facts it reads."""
        return ()

    @property
    def silence_means_no(self) -> bool:
        """Whether nothing on record counts as "no", or as none: ``absent: no``."""
        return False

    @property
    def result_unit(self) -> str | None:
        """The unit of the value that criteria see; ``None`` for what is no number."""
        return None

    @property
    def plausible_result(self) -> Figure | None:
        """The range in which the value that criteria see is plausible, where one is stated."""
        return None

    @property
    def signature(self) -> ObservableSignature:
        """What the expression checker needs."""
        return ObservableSignature(type=self.type, label=self.label)

    def findings(self) -> Iterator[ValidationFinding]:
        """What does not fit together in it; each class adds what it alone knows."""
        yield from ()

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        found = list(self.findings())
        if found:
            raise Findings(found)
        return self

    def finding(
        self, key: str, message: str, mend: str = "correct what the message names"
    ) -> ValidationFinding:
        """A finding at one of its keys."""
        return ValidationFinding((key,), f"{self.id}: {message}", mend)


class Selection(Model):
    """Which facts with the right code count: each given property must have one of its values (case does not count).

    ``gene``, ``zygosity``, ``pathogenicity``, ``hgvs``, ``disease`` are attributes of variants; ``value`` is the
    fact's own coded or text value. A fact that does not say counts as *possible*, not as a match and not as a miss.
    """

    value: Annotated[
        list[str] | None,
        Field(description="Accepted codes or texts of the fact itself", examples=[["positive"]]),
    ] = None
    gene: Annotated[list[str] | None, Field(description="Accepted gene symbols")] = None
    zygosity: Annotated[
        list[Literal["homozygous", "heterozygous", "hemizygous"]] | None,
        Field(description="Accepted allelic states"),
    ] = None
    pathogenicity: Annotated[
        list[Literal["pathogenic", "likely-pathogenic", "uncertain-significance", "likely-benign", "benign"]]
        | None,
        Field(description="Accepted classes of the ACMG"),
    ] = None
    hgvs: Annotated[
        list[str] | None,
        Field(description="Accepted changes in HGVS notation", examples=[["NM_000000.1:c.1A>G"]]),
    ] = None
    disease: Annotated[
        list[str] | None,
        Field(
            description="Accepted diagnoses for which a variant was interpreted", examples=[["OMIM:000000"]]
        ),
    ] = None

    @property
    def attributes(self) -> dict[str, tuple[str, ...]]:
        """Attribute → accepted values in lower case, without ``value``."""
        wanted = {
            name: getattr(self, name) for name in ("gene", "zygosity", "pathogenicity", "hgvs", "disease")
        }
        return {name: tuple(v.lower() for v in values) for name, values in wanted.items() if values}

    @model_validator(mode="after")
    def _something(self) -> Selection:
        if not self.value and not self.attributes:
            raise ValueError("a selection without a property selects nothing; leave it out")
        return self


class FromFacts(Observable):
    """An observable that is read from facts on record: which codes count, under which conditions, on which days.

    Each kind below declares an ``aggregate`` of its own: which of several facts counts, or what is made of them.
    """

    codes: Annotated[
        tuple[Concept, ...],
        Field(description="The facts that count; several codes of one thing may stand here"),
    ] = ()
    where: Annotated[
        Selection | None, Field(description="What else a fact must have to count: gene, zygosity, value …")
    ] = None
    window: Annotated[
        FactWindow | None, Field(description="The days whose facts count; left out: all up to screening")
    ] = None
    aggregate: Annotated[
        str | None, Field(description="Which of several facts counts, or what is made of them")
    ] = None

    @property
    def code_keys(self) -> tuple[tuple[str, str], ...]:
        """The (system, code) pairs whose facts it reads."""
        return tuple(c.key for c in self.codes)

    @property
    def effective_aggregate(self) -> Aggregate:
        """The aggregate, or the default of the kind."""
        return Aggregate(self.aggregate or Aggregate.LAST)

    def findings(self) -> Iterator[ValidationFinding]:
        """Facts are found by code."""
        yield from super().findings()
        if not self.codes and not self.needs:
            yield self.finding(
                "codes", "no codes, no elapsed time and no instrument: nothing can ever fill it"
            )
