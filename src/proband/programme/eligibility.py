"""Who may take part: observables (what is looked at) and criteria (what must hold), as ``eligibility.yaml`` states them.

Two layers. An *observable* turns raw facts into one value per person and day: which codes count, in which unit, over
which window, which of several results. A *criterion* is an expression over observables and nothing else (see
:mod:`proband.programme.expression`). ``absent: no`` on an observable is the only place where silence of the record is
taken for "no"; it must be written, and it is printed in every explanation.
"""

from __future__ import annotations

import keyword
import re
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StrictBool, field_validator, model_validator

from proband.programme.expression import (
    Expression,
    ObservableSignature,
    ParsedExpression,
    ValueType,
    check,
    parse,
    words,
)
from proband.programme.model import Based, Findings, Id, Model, Text, ValidationFinding
from proband.terms import Concept, Figure, ProbandError, TermError, check_unit

Finite = Annotated[float, Field(strict=True, allow_inf_nan=False)]
ObservableId = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9_]*$",
        max_length=60,
        description="Name used in expressions: lower case, digits, underscores",
    ),
]
CriterionId = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=60)]

#: anchors that need no declaration: the day of screening ("as of"), of birth, of consent
BUILT_IN_ANCHORS: dict[str, str] = {
    "screening": "day of screening",
    "birth": "birth",
    "consent": "consent",
}
_RESERVED = {"known", "true", "false"}


class Effort(StrEnum):
    """What it takes to learn a value, least first: the order in which "what to find out next" is asked."""

    FILE = "file"
    QUESTION = "question"
    EXAMINATION = "examination"
    SAMPLE = "sample"
    IMAGING = "imaging"
    SPECIALIST = "specialist"
    GENETIC = "genetic"
    INVASIVE = "invasive"
    UNSTATED = "unstated"

    @property
    def rank(self) -> int:
        """0 for the least effort; ``unstated`` comes last, because nothing is known of it."""
        return list(Effort).index(self)

    @property
    def meaning(self) -> str:
        """The effort in words."""
        return _EFFORT[self]


_EFFORT = {
    Effort.FILE: "look it up in the file",
    Effort.QUESTION: "ask the person or the family",
    Effort.EXAMINATION: "examine at the bedside",
    Effort.SAMPLE: "take a blood or urine sample",
    Effort.IMAGING: "make an image (ultrasound, CT, MRI)",
    Effort.SPECIALIST: "ask a specialist for a test or a score",
    Effort.GENETIC: "order a genetic test",
    Effort.INVASIVE: "do an invasive procedure (biopsy, puncture)",
    Effort.UNSTATED: "effort not stated",
}


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


_ALLOWED: dict[ValueType, set[Aggregate]] = {
    "number": set(Aggregate) - {Aggregate.ANY},
    "ordered": {
        Aggregate.LAST,
        Aggregate.FIRST,
        Aggregate.WORST,
        Aggregate.MIN,
        Aggregate.MAX,
    },
    "boolean": {Aggregate.ANY, Aggregate.LAST, Aggregate.FIRST},
    "code": {Aggregate.LAST, Aggregate.FIRST, Aggregate.ANY},
    "date": {Aggregate.LAST, Aggregate.FIRST},
}
_OFFSET = re.compile(r"^\s*([+-]?\d+)\s*(d|wk|mo|a)\s*$")


class Offset(Model):
    """A calendar distance from an anchor, written ``-28 d``, ``3 mo``, ``-1 a``; negative is before it.

    Weeks are seven days. Months and years move along the calendar; a day that the month does not have becomes its
    last day (one month after 31 January is 28 or 29 February).
    """

    amount: Annotated[int, Field(strict=True)]
    unit: Literal["d", "wk", "mo", "a"]

    @property
    def days(self) -> int | None:
        """The distance in days, or ``None`` for months and years, which have no fixed length."""
        if self.amount == 0:
            return 0
        return {"d": self.amount, "wk": 7 * self.amount}.get(self.unit)

    @property
    def months(self) -> int | None:
        """The distance in months, or ``None`` for days and weeks."""
        if self.amount == 0:
            return None
        return {"mo": self.amount, "a": 12 * self.amount}.get(self.unit)

    def __str__(self) -> str:
        return f"{self.amount:+d} {self.unit}" if self.amount else "0 d"


def _offset(value: Any) -> Any:
    if isinstance(value, str):
        found = _OFFSET.match(value)
        if not found:
            raise ValueError(f"{value!r} is not a distance; write -28 d, 2 wk, 3 mo or -1 a")
        return {"amount": int(found[1]), "unit": found[2]}
    return value


OffsetText = Annotated[Offset, BeforeValidator(_offset)]


class Anchor(Based):
    """A day in a person's course from which time is counted: injury, first dose, last bleeding.

    The day is that of a fact with one of the ``codes``: the ``first`` on record (planned days included), or the
    ``last`` up to the day of screening. ``screening`` (the as-of day), ``birth`` and ``consent`` exist undeclared.
    """

    id: Id
    label: Text
    codes: Annotated[tuple[Concept, ...], Field(min_length=1)]
    pick: Literal["first", "last"] = "first"


class FactWindow(Based):
    """The days whose facts count, relative to an anchor, both ends included; an end left out is open.

    A window at screening never reaches beyond the day of screening.
    """

    anchor: Id = "screening"
    start: OffsetText | None = None
    end: OffsetText | None = None

    @model_validator(mode="after")
    def _in_order(self) -> FactWindow:
        if self.start is None and self.end is None:
            raise ValueError("a window needs a start or an end; leave the window out to mean 'ever'")
        start, end = (edge.days if edge else None for edge in (self.start, self.end))
        if start is not None and end is not None and start > end:
            raise ValueError(f"the window starts ({self.start}) after it ends ({self.end})")
        return self

    def __str__(self) -> str:
        place = BUILT_IN_ANCHORS.get(self.anchor, self.anchor)
        if self.start is None:
            return f"up to {self.end} from {place}"
        if self.end is None:
            return f"from {self.start} from {place}" if self.anchor != "screening" else f"since {self.start}"
        return f"{self.start} to {self.end} from {place}"


class Elapsed(Model):
    """The time from one anchor to another, in ``unit``; negative where the second comes first.

    ``count: completed`` counts whole months or years reached (a person of 64 years and 11 months is 64);
    ``exact`` keeps the part of the current month (2 months and 1 day is more than 2). Ages count completed years
    unless written otherwise; everything else is exact. Days are calendar days; hours need the time of day on both
    sides and are an interval without it.
    """

    since: Id
    until: Id = "screening"
    unit: Literal["h", "d", "wk", "mo", "a"]
    count: Literal["completed", "exact"] | None = None

    @property
    def completed(self) -> bool:
        """Whether only whole units count."""
        if self.count is None:
            return self.since == "birth" and self.unit in {"a", "mo"}
        return self.count == "completed"

    @model_validator(mode="after")
    def _two_anchors(self) -> Elapsed:
        if self.since == self.until:
            raise ValueError(f"the time from {self.since} to itself is nothing; name two anchors")
        return self


class Selection(Model):
    """Which facts with the right code count: each given property must have one of its values (case does not count).

    ``gene``, ``zygosity``, ``pathogenicity``, ``hgvs``, ``disease`` are attributes of variants; ``value`` is the
    fact's own coded or text value. A fact that does not say counts as *possible*, not as a match and not as a miss.
    """

    value: list[str] | None = None
    gene: list[str] | None = None
    zygosity: list[Literal["homozygous", "heterozygous", "hemizygous"]] | None = None
    pathogenicity: (
        list[Literal["pathogenic", "likely-pathogenic", "uncertain-significance", "likely-benign", "benign"]]
        | None
    ) = None
    hgvs: list[str] | None = None
    disease: list[str] | None = None

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


class Derived(Model):
    """A value computed by an instrument from other observables (``meld-3.0`` from bilirubin, creatinine, …).

    ``inputs`` maps each item of the instrument to an observable; a missing or uncertain item leaves the score unknown,
    and names the item. A score on record (the observable's own codes) is used where none can be computed; where both
    are known and differ, the value is the interval that covers both, and the contradiction is reported.
    """

    instrument: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
    variant: Annotated[str | None, Field(description="Published form; default: the instrument's own")] = None
    output: Annotated[
        str | None, Field(description="'unrounded', 'category' or a named detail; default: the score")
    ] = None
    inputs: Annotated[dict[str, ObservableId], Field(min_length=1)]


class Observable(Based):
    """One thing that is looked at: typed, with its unit, its codes, the facts that count and what is made of them.

    ``values`` of an ``ordered`` observable stand in their order (C1, C2, … S5; A … E); ``towards_first`` and
    ``towards_last`` name the two directions ("rostral", "caudal"), so that "C7 or more rostral" is written
    ``level <= 'C7'`` and printed in words. ``relative_to: uln`` gives multiples of the upper limit of normal (that of
    the result itself, else ``uln``); ``relative_to`` another observable gives multiples of that one (baseline).
    ``plausible`` bounds possible values: others are shown and not used. ``plain`` is what a family is asked.
    """

    id: ObservableId
    label: Text
    plain: str | None = None
    type: ValueType
    unit: str | None = None
    analyte: str | None = None
    unit_if_missing: Annotated[
        str | None, Field(description="Unit of results that state none; printed wherever it was used")
    ] = None
    codes: tuple[Concept, ...] = ()
    where: Selection | None = None
    aggregate: Aggregate | None = None
    worse: Literal["high", "low"] | None = None
    window: FactWindow | None = None
    elapsed: Elapsed | None = None
    relative_to: str | None = None
    uln: Figure | None = None
    derived: Derived | None = None
    absent: Annotated[
        Literal["unknown", "no"],
        BeforeValidator(lambda value: "no" if value is False else value),
    ] = "unknown"
    values: tuple[str, ...] = ()
    synonyms: Annotated[
        dict[str, str], Field(default_factory=dict, description="Spelling in the sources → value")
    ]
    towards_first: str | None = None
    towards_last: str | None = None
    true_values: tuple[str, ...] = ()
    false_values: tuple[str, ...] = ()
    plausible: Figure | None = None
    tolerance: Annotated[
        Finite | None, Field(ge=0, description="stable-for: differences up to this are none")
    ] = None
    slope_per: Literal["d", "wk", "mo", "a"] | None = None
    minimum: Annotated[
        int | None, Field(ge=2, strict=True, description="slope: least number of results on different days")
    ] = None
    whole: Annotated[
        StrictBool, Field(description="Only whole numbers occur: 'above 14' means 15 or more")
    ] = False
    effort: Effort = Effort.UNSTATED
    burden: Annotated[
        str | None, Field(description="What it means for the person, in words: 'needs anaesthesia'")
    ] = None

    @field_validator("id")
    @classmethod
    def _usable_name(cls, name: str) -> str:
        if keyword.iskeyword(name) or name in _RESERVED:
            raise ValueError(f"{name!r} is a word of the expression language; choose another id")
        return name

    @field_validator("unit", "unit_if_missing")
    @classmethod
    def _known_unit(cls, unit: str | None) -> str | None:
        if unit is not None:
            try:
                check_unit(unit)
            except TermError as error:
                raise ValueError(f"{error.message}; {error.mend}") from error
        return unit

    @property
    def needs(self) -> tuple[str, ...]:
        """The observables from which it is computed: the items of its instrument, or its baseline."""
        items = tuple(self.derived.inputs.values()) if self.derived else ()
        return (*items, self.relative_to) if self.relative_to and self.relative_to != "uln" else items

    @property
    def effective_aggregate(self) -> Aggregate:
        """The aggregate, or the default of the type: ``any`` for yes/no, ``last`` for everything else."""
        if self.aggregate is not None:
            return self.aggregate
        return Aggregate.ANY if self.type == "boolean" else Aggregate.LAST

    @property
    def result_unit(self) -> str | None:
        """The unit of the value that criteria see: multiples for ``relative_to``, time for ``elapsed``, counts."""
        if self.relative_to == "uln":
            return "xULN"
        if self.relative_to is not None:
            return "x baseline"
        if self.elapsed is not None:
            return self.elapsed.unit
        if self.effective_aggregate is Aggregate.COUNT:
            return "1"
        if self.effective_aggregate is Aggregate.STABLE_FOR:
            return "d"
        return self.unit

    @property
    def signature(self) -> ObservableSignature:
        """What the expression checker needs."""
        aggregate = self.effective_aggregate
        low = high = None
        plain_value = self.relative_to is None and aggregate not in {
            Aggregate.COUNT,
            Aggregate.SLOPE,
            Aggregate.RANGE,
            Aggregate.STABLE_FOR,
        }
        if self.plausible is not None and plain_value:
            low, high = self.plausible.low, self.plausible.high
        if aggregate in {Aggregate.COUNT, Aggregate.STABLE_FOR, Aggregate.RANGE} and self.elapsed is None:
            low = 0.0
        if self.elapsed is not None and self.elapsed.since == "birth":
            low = 0.0 if low is None else low
        whole = (
            self.whole
            or aggregate is Aggregate.COUNT
            or (self.elapsed is not None and (self.elapsed.completed or self.elapsed.unit == "d"))
        )
        return ObservableSignature(
            type=self.type,
            unit=self.result_unit if self.type == "number" else None,
            analyte=self.analyte if self.relative_to is None else None,
            values=tuple(self.values),
            label=self.label,
            low=low,
            high=high,
            whole=whole,
            towards_first=self.towards_first or "",
            towards_last=self.towards_last or "",
        )

    @model_validator(mode="after")
    def _coherent(self) -> Observable:
        problems = list(_observable_problems(self))
        if problems:
            raise ValueError("; ".join(problems))
        return self


def _observable_problems(o: Observable) -> list[str]:
    found: list[str] = []
    aggregate = o.effective_aggregate
    if o.elapsed is not None:
        if o.type != "number":
            found.append(f"{o.id}: elapsed time is a number, not a {o.type}")
        others = ("codes", "where", "aggregate", "window", "relative_to", "uln", "derived", "unit", "analyte")
        found += [
            f"{o.id}: 'elapsed' and '{name}' cannot stand together" for name in others if getattr(o, name)
        ]
        return found
    if not o.codes and o.derived is None:
        found.append(f"{o.id}: no codes, no elapsed time and no instrument: nothing can ever fill it")
    if aggregate not in _ALLOWED[o.type]:
        allowed = ", ".join(sorted(a.value for a in _ALLOWED[o.type]))
        found.append(f"{o.id}: a {o.type} cannot be aggregated by {aggregate.value}; use {allowed}")
    if aggregate is Aggregate.WORST and o.worse is None:
        found.append(f"{o.id}: 'worst' needs 'worse: high' or 'worse: low'")
    if aggregate is not Aggregate.WORST and o.worse is not None:
        found.append(f"{o.id}: 'worse' belongs to aggregate: worst")
    if (aggregate is Aggregate.SLOPE) != (o.slope_per is not None):
        found.append(f"{o.id}: aggregate: slope and 'slope_per' go together")
    if o.minimum is not None and aggregate is not Aggregate.SLOPE:
        found.append(f"{o.id}: 'minimum' belongs to aggregate: slope")
    if o.tolerance is not None and aggregate is not Aggregate.STABLE_FOR:
        found.append(f"{o.id}: 'tolerance' belongs to aggregate: stable-for")
    if o.type == "ordered" and len(o.values) < 2:
        found.append(f"{o.id}: an ordered observable needs its values in order")
    if len({v.casefold() for v in o.values}) != len(o.values):
        found.append(f"{o.id}: a value occurs twice")
    if o.values and o.type not in {"ordered", "code"}:
        found.append(f"{o.id}: 'values' belongs to the types ordered and code")
    if (o.synonyms or o.towards_first or o.towards_last) and o.type not in {"ordered", "code"}:
        found.append(f"{o.id}: 'synonyms' and directions belong to the types ordered and code")
    for spelling, value in o.synonyms.items():
        if o.values and value.casefold() not in {v.casefold() for v in o.values}:
            found.append(f"{o.id}: synonym {spelling!r} stands for {value!r}, which is not among the values")
    if (o.true_values or o.false_values) and o.type != "boolean":
        found.append(f"{o.id}: true_values and false_values belong to the type boolean")
    if {v.lower() for v in o.true_values} & {v.lower() for v in o.false_values}:
        found.append(f"{o.id}: the same word stands for yes and for no")
    if o.type != "number" and (o.unit or o.analyte or o.relative_to or o.uln or o.plausible):
        found.append(f"{o.id}: unit, analyte, limits and plausible range belong to numbers")
    if o.relative_to is not None and o.derived is not None:
        found.append(
            f"{o.id}: a derived value cannot also be a multiple; make the multiple an observable of its own"
        )
    if o.relative_to == o.id:
        found.append(f"{o.id}: a value cannot be its own baseline")
    if o.uln is not None and o.relative_to != "uln":
        found.append(f"{o.id}: 'uln' is used only with relative_to: uln")
    if o.uln is not None and (o.uln.value is None or o.uln.value <= 0):
        found.append(f"{o.id}: the upper limit of normal must be a positive value")
    if o.plausible is not None and (o.plausible.low is None or o.plausible.high is None):
        found.append(f"{o.id}: the plausible range needs low and high")
    if o.plausible is not None and o.plausible.unit != (o.unit or "1"):
        found.append(
            f"{o.id}: the plausible range is in {o.plausible.unit}, the observable in {o.unit or '1'}"
        )
    if o.absent == "no" and not (o.type == "boolean" or aggregate is Aggregate.COUNT):
        found.append(f"{o.id}: 'absent: no' says that silence means 'no' or 0; a {o.type} has no such value")
    return found


class CriterionKind(StrEnum):
    """Whether a person must have it or must not."""

    INCLUDE = "include"
    EXCLUDE = "exclude"


class Purpose(StrEnum):
    """Why the criterion is there."""

    SAFETY = "safety"
    ENRICHMENT = "enrichment"
    ADMINISTRATIVE = "administrative"


class Cohort(Based):
    """One of several groups with criteria of their own; a person qualifies through any one of them."""

    id: Id
    label: Text


class ScreeningVisit(Based):
    """A further occasion at which criteria are looked at again; its day is that of the anchor.

    At a visit, "screening" in windows and elapsed times means the day of the visit. Until it has been held, what is
    asked there is unknown.
    """

    id: Id
    label: Text
    anchor: Id


class Criterion(Based):
    """One rule. ``when`` is the expression; for an exclusion it says who is *out*.

    ``cohorts``: only for these (none named = all). ``visits``: evaluated at each (none named = at screening).
    ``reason`` says why the rule exists, ``text`` how the protocol prints it, ``plain`` how a family reads it.
    """

    id: CriterionId
    kind: CriterionKind
    purpose: Purpose
    reason: Text
    when: Annotated[str, Field(min_length=1, description="Expression over observables")]
    text: str | None = None
    plain: str | None = None
    cohorts: tuple[Id, ...] = ()
    visits: tuple[Id, ...] = ()

    @model_validator(mode="after")
    def _readable(self) -> Criterion:
        try:
            _ = self.parsed
        except ProbandError as error:
            raise ValueError(f"{self.id}: {error.message}; {error.mend}") from error
        return self

    @cached_property
    def parsed(self) -> ParsedExpression:
        """The expression as parsed when the criterion was made; the only time that its text is read."""
        return parse(self.when)

    @property
    def has_limit(self) -> bool:
        """Whether the expression holds a number or a quoted limit, which needs a source and a level."""
        return self.parsed.has_limit


class Eligibility(Based):
    """The whole of ``eligibility.yaml``.

    Raises
    ------
    pydantic.ValidationError
        For doubled ids, references to nothing, expressions that do not type-check (with line, column and caret), and
        limits without a source.
    """

    anchors: tuple[Anchor, ...] = ()
    visits: tuple[ScreeningVisit, ...] = ()
    cohorts: tuple[Cohort, ...] = ()
    observables: Annotated[tuple[Observable, ...], Field(min_length=1)]
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1)]

    @cached_property
    def by_id(self) -> dict[str, Observable]:
        """Observables by id."""
        return {o.id: o for o in self.observables}

    @cached_property
    def signatures(self) -> dict[str, ObservableSignature]:
        """Signatures of the observables by id."""
        return {o.id: o.signature for o in self.observables}

    @cached_property
    def typed(self) -> tuple[dict[str, Expression], dict[str, ProbandError]]:
        """The checked expression of each criterion by its id, and the error of each that does not type-check."""
        expressions: dict[str, Expression] = {}
        errors: dict[str, ProbandError] = {}
        for c in self.criteria:
            try:
                expressions[c.id] = check(c.parsed, self.signatures)
            except ProbandError as error:
                errors[c.id] = error
        return expressions, errors

    @property
    def expressions(self) -> dict[str, Expression]:
        """The checked expression of each criterion by its id: typed once, when the eligibility was made."""
        return self.typed[0]

    def criterion(self, id: str) -> Criterion:
        """The criterion with this id.

        Raises
        ------
        KeyError
            If there is none.
        """
        for criterion in self.criteria:
            if criterion.id == id:
                return criterion
        raise KeyError(id)

    def words(self, id: str) -> str:
        """A criterion as a sentence made from its expression."""
        return words(self.expressions[id], self.signatures)

    def cohort_ids(self) -> tuple[str | None, ...]:
        """The cohorts, or ``(None,)`` where the programme has one group only."""
        return tuple(c.id for c in self.cohorts) or (None,)

    @model_validator(mode="after")
    def _coherent(self) -> Eligibility:
        problems = [*_reference_problems(self), *_expression_problems(self)]
        if problems:
            raise Findings(problems)
        return self


def _doubled(ids: list[str]) -> list[str]:
    return sorted({i for i in ids if ids.count(i) > 1})


def _reference_problems(e: Eligibility) -> list[ValidationFinding]:
    found: list[ValidationFinding] = []
    lists: dict[str, list[str]] = {
        "anchors": [a.id for a in e.anchors],
        "visits": [v.id for v in e.visits],
        "cohorts": [c.id for c in e.cohorts],
        "observables": [o.id for o in e.observables],
        "criteria": [c.id for c in e.criteria],
    }
    for part, ids in lists.items():
        found += [
            ValidationFinding(
                (part, index, "id"), f"the id {id!r} is used twice in {part}", "give each its own id"
            )
            for index, id in enumerate(ids)
            if id in ids[:index]
        ]
    anchors = set(BUILT_IN_ANCHORS) | {a.id for a in e.anchors}
    known = f"use one of: {', '.join(sorted(anchors))}"
    for index, anchor in enumerate(e.anchors):
        if anchor.id in BUILT_IN_ANCHORS:
            found.append(
                ValidationFinding(
                    ("anchors", index, "id"), f"anchor {anchor.id!r} exists already", "choose another id"
                )
            )
    for index, visit in enumerate(e.visits):
        if visit.anchor not in anchors:
            found.append(
                ValidationFinding(("visits", index, "anchor"), f"there is no anchor {visit.anchor!r}", known)
            )
    observables = {o.id for o in e.observables}
    for index, o in enumerate(e.observables):
        used: list[tuple[tuple[str | int, ...], str]] = (
            [(("window", "anchor"), o.window.anchor)] if o.window else []
        )
        used += (
            [(("elapsed", "since"), o.elapsed.since), (("elapsed", "until"), o.elapsed.until)]
            if o.elapsed
            else []
        )
        found += [
            ValidationFinding(("observables", index, *path), f"there is no anchor {a!r}", known)
            for path, a in used
            if a not in anchors
        ]
        others: list[tuple[tuple[str | int, ...], str]] = (
            [(("derived", "inputs", key), i) for key, i in o.derived.inputs.items()] if o.derived else []
        )
        others += [(("relative_to",), o.relative_to)] if o.relative_to and o.relative_to != "uln" else []
        found += [
            ValidationFinding(
                ("observables", index, *path),
                f"there is no observable {i!r}",
                "declare it among the observables",
            )
            for path, i in others
            if i not in observables
        ]
    derived = {o.id for o in e.observables if o.derived}
    found += [
        ValidationFinding(
            ("observables", index, "relative_to"),
            f"the baseline {o.relative_to!r} is computed by an instrument",
            "take an observable that is read from facts as the baseline",
        )
        for index, o in enumerate(e.observables)
        if o.relative_to in derived
    ]
    found += [
        ValidationFinding(
            ("observables", index, "derived"),
            f"both {o.id} and {other}, from which it is computed, may also stand on record",
            "take the codes from one of them: two scores on record in one chain could turn a definite answer around",
        )
        for index, o in enumerate(e.observables)
        if o.codes and o.derived
        for other in _scores_on_record_under(e, o)
    ]
    found += [
        ValidationFinding(
            ("observables",),
            f"observables depend on each other in a circle: {' → '.join(c)}",
            "cut the circle",
        )
        for c in _circles(e)
    ]
    cohorts, visits = {c.id for c in e.cohorts}, {v.id for v in e.visits} | {"screening"}
    for index, c in enumerate(e.criteria):
        for key, names, defined in (("cohorts", c.cohorts, cohorts), ("visits", c.visits, visits)):
            found += [
                ValidationFinding(
                    ("criteria", index, key), f"there is no {key[:-1]} {i!r}", f"declare it among the {key}"
                )
                for i in names
                if i not in defined
            ]
    return found


def _scores_on_record_under(e: Eligibility, o: Observable) -> list[str]:
    """The scores with codes of their own from which a score is computed, at any depth."""
    by_id, seen, stack = {x.id: x for x in e.observables}, set[str](), [o.id]
    while stack:
        here = by_id.get(stack.pop())
        new = set(here.needs) - seen if here else set()
        seen |= new
        stack += new
    return sorted(n for n in seen - {o.id} if n in by_id and by_id[n].derived and by_id[n].codes)


def _circles(e: Eligibility) -> list[list[str]]:
    needs = {o.id: o.needs for o in e.observables}
    for start in needs:
        path, stack = [start], [iter(needs[start])]
        while stack:
            step = next(stack[-1], None)
            if step is None:
                stack.pop()
                path.pop()
            elif step in path:
                return [[*path[path.index(step) :], step]]
            elif step in needs:
                path.append(step)
                stack.append(iter(needs[step]))
    return []


def _expression_problems(e: Eligibility) -> list[ValidationFinding]:
    found: list[ValidationFinding] = []
    if _doubled([o.id for o in e.observables]):
        return found
    _, errors = e.typed
    for index, c in enumerate(e.criteria):
        place = ("criteria", index, "when")
        error = errors.get(c.id)
        if error is not None:
            found.append(
                ValidationFinding(
                    place, f"criterion {c.id!r}: {error.message}", error.mend or "correct the expression"
                )
            )
        elif c.has_limit and not ((c.source or e.source) and (c.level or e.level)):
            found.append(
                ValidationFinding(
                    place, f"criterion {c.id!r}: its limit has no source and level", "name where it was seen"
                )
            )
    return found
