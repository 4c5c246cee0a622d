"""What a fact can say for an observable: a number, yes or no, a word, a place in an order; and the keys that read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, field_validator

from proband.facts.singular import SINGULAR
from proband.programme.eligibility.observable import Aggregate, FromFacts
from proband.programme.eligibility.windows import Offset, OffsetText
from proband.programme.expression import ObservableSignature
from proband.programme.model import ValidationFinding
from proband.terms import Figure, TermError, check_unit

SilenceMeaning = Annotated[
    Literal["unknown", "no"],
    BeforeValidator(lambda value: "no" if value is False else value),
    Field(
        description="What it means that nothing is on record; 'no' is the only place where silence means no"
    ),
]
Whole = Annotated[StrictBool, Field(description="Only whole numbers occur: 'above 14' means 15 or more")]


CodeKey = Annotated[
    str, Field(pattern=r"^[^|\s]+\|\S+$", description="A code as system|code", examples=["HPO|HP:0001541"])
]


def _forward(distance: Offset) -> Offset:
    if distance.amount < 0:
        raise ValueError(f"{distance} lies in the past; write how long it holds: 28 d, 3 mo")
    return distance


#: how long something holds after its day: ``28 d``, ``3 mo``
HoldingTime = Annotated[OffsetText, AfterValidator(_forward)]


def _key(written: str) -> tuple[str, str]:
    system, _, code = written.partition("|")
    return system, code


def known_unit(unit: str | None) -> str | None:
    """A unit as it is written, if it is one.

    Raises
    ------
    ValueError
        For anything that is no unit.
    """
    if unit is not None:
        try:
            check_unit(unit)
        except TermError as error:
            raise ValueError(f"{error.message}; {error.mend}") from error
    return unit


class SaysNumber(FromFacts):
    """Facts that carry a number, converted to ``unit``; a wrong or missing unit is shown and not used.

    ``plausible`` bounds possible values: others are shown and not used. ``analyte`` lets mg/dL meet µmol/L.
    """

    type: Annotated[Literal["number"], Field(description="What its value is")]
    unit: Annotated[
        str | None,
        Field(description="UCUM unit to which results are converted; others are shown and not used"),
    ] = None
    analyte: Annotated[
        str | None, Field(description="What is measured, so that mass and amount of substance can meet")
    ] = None
    unit_if_missing: Annotated[
        str | None, Field(description="Unit of results that state none; printed wherever it was used")
    ] = None
    plausible: Annotated[
        Figure | None, Field(description="Possible values: others are shown and not used")
    ] = None
    whole: Whole = False

    _known_units = field_validator("unit", "unit_if_missing")(known_unit)

    @property
    def result_unit(self) -> str | None:
        """The unit of the value that criteria see."""
        return self.unit

    @property
    def plausible_result(self) -> Figure | None:
        """What is plausible for a fact is so for the result, where that is one of the facts."""
        return self.plausible

    @property
    def never_negative(self) -> bool:
        """Whether the result cannot be below nought whatever the facts are."""
        return False

    @property
    def signature(self) -> ObservableSignature:
        """A number, in its unit and range."""
        plausible = self.plausible_result
        return ObservableSignature(
            type="number",
            unit=self.result_unit,
            analyte=self.analyte,
            label=self.label,
            low=0.0 if self.never_negative else plausible.low if plausible else None,
            high=plausible.high if plausible else None,
            whole=self.whole,
        )

    def findings(self) -> Iterator[ValidationFinding]:
        """The plausible range has both ends, and stands in the unit."""
        yield from super().findings()
        if self.plausible is None:
            return
        if self.plausible.low is None or self.plausible.high is None:
            yield self.finding("plausible", "the plausible range needs low and high")
        if self.plausible.unit != (self.unit or "1"):
            said = f"the plausible range is in {self.plausible.unit}, the observable in {self.unit or '1'}"
            yield self.finding("plausible", said)


class SaysYesNo(FromFacts):
    """Facts that say yes or no: by being there, by their absence, or in words.

    ``absent: no`` is the only place where silence of the record is taken for "no"; it must be written, and it is
    printed in every explanation.
    """

    type: Annotated[Literal["boolean"], Field(description="What its value is")]
    aggregate: Annotated[
        Literal["any", "last", "first"] | None,
        Field(description="Whether one yes is enough, or the last or first fact counts; default: any"),
    ] = None
    absent: SilenceMeaning = "unknown"
    true_values: Annotated[
        tuple[str, ...],
        Field(description="Words of the sources that mean yes; default: yes, true, positive …"),
    ] = ()
    false_values: Annotated[
        tuple[str, ...],
        Field(description="Words of the sources that mean no; default: no, false, negative …"),
    ] = ()
    no_means: Annotated[
        Literal["now", "ever", "always"],
        Field(
            description="What a 'no' says: now, it is not so on that day; ever, it was never so up to that day; always, "
            "it cannot change (a gene)"
        ),
    ] = "now"
    no_holds_for: Annotated[
        HoldingTime | None,
        Field(description="How long nothing new is presumed after a 'no'; left out: not beyond its day"),
    ] = None
    yes_holds_for: Annotated[
        HoldingTime | None,
        Field(description="How long a 'yes' without an end is one; after it nobody knows"),
    ] = None
    subsumes: Annotated[
        dict[CodeKey, tuple[CodeKey, ...]],
        Field(
            default_factory=dict,
            description="Code → codes that it includes: a 'no' of it speaks for them too; others speak for themselves",
        ),
    ]

    @property
    def speakers(self) -> dict[tuple[str, str], frozenset[tuple[str, str]]]:
        """Code → the codes whose "no" speaks for it: itself, and whatever subsumes it, at first or second hand.

        Where one statement is the last or first that counts, the codes are names of one thing, and each speaks for all.
        """
        if self.effective_aggregate is not Aggregate.ANY:
            return dict.fromkeys(self.code_keys, frozenset(self.code_keys))
        above: dict[tuple[str, str], set[tuple[str, str]]] = {key: {key} for key in self.code_keys}
        for _ in self.subsumes:  # as many rounds as there are entries reach the longest chain
            for general, special in self.subsumes.items():
                for each in special:
                    above[_key(each)] |= above[_key(general)]
        return {key: frozenset(speaking) for key, speaking in above.items()}

    @property
    def silence_means_no(self) -> bool:
        """Whether nothing on record counts as "no"."""
        return self.absent == "no"

    @property
    def effective_aggregate(self) -> Aggregate:
        """The aggregate; where none is written, one "yes" is enough."""
        return Aggregate(self.aggregate or Aggregate.ANY)

    def findings(self) -> Iterator[ValidationFinding]:
        """No word means both."""
        yield from super().findings()
        if {v.lower() for v in self.true_values} & {v.lower() for v in self.false_values}:
            yield self.finding("false_values", "the same word stands for yes and for no")
        named = {each for general, special in self.subsumes.items() for each in (general, *special)}
        for each in sorted(named):
            if _key(each) not in self.code_keys:
                said = f"{each!r} is not among the codes"
                yield self.finding("subsumes", said, "write it among the codes, or leave it out")


class SaysWord(FromFacts):
    """Facts that carry a word: one of ``values``, or a spelling that stands for one of them."""

    values: Annotated[
        tuple[str, ...], Field(description="The values that there are; of a scale, in their order")
    ] = ()
    synonyms: Annotated[
        dict[str, str], Field(default_factory=dict, description="Spelling in the sources → value")
    ]

    @property
    def spellings(self) -> dict[str, str]:
        """Spelling → the value that it stands for, both in lower case; the values themselves are not among them."""
        return {s.strip().lower(): v.strip().lower() for s, v in self.synonyms.items()}

    @property
    def vocabulary(self) -> dict[str, str]:
        """Every word that has a meaning → the value that it stands for, both in lower case."""
        return {**{v.lower(): v.lower() for v in self.values}, **self.spellings}

    @property
    def signature(self) -> ObservableSignature:
        """A word among the values."""
        return ObservableSignature(type=self.type, values=self.values, label=self.label)

    def findings(self) -> Iterator[ValidationFinding]:
        """Each value stands once, and each synonym for one of them."""
        yield from super().findings()
        known = {v.casefold() for v in self.values}
        if len(known) != len(self.values):
            yield self.finding("values", "a value occurs twice")
        for spelling, value in self.synonyms.items():
            if known and value.casefold() not in known:
                said = f"synonym {spelling!r} stands for {value!r}, which is not among the values"
                yield self.finding("synonyms", said)


class SaysCode(SaysWord):
    """Facts that carry a code without an order: sex, diagnosis, blood group. Without ``values`` any code may occur."""

    type: Annotated[Literal["code"], Field(description="What its value is")]
    aggregate: Annotated[
        Literal["last", "first", "any"] | None,
        Field(description="Which of several facts counts; any: all must agree; default: last"),
    ] = None

    @property
    def effective_aggregate(self) -> Aggregate:
        """The aggregate; of what a person has once (the sex) none is chosen: all must agree."""
        if self.codes and all(key in SINGULAR for key in self.code_keys):
            return Aggregate.ANY
        return super().effective_aggregate


class SaysLevel(SaysWord):
    """Facts that carry a place in an order: ``values`` stand in it (C1, C2, … S5; A … E).

    ``towards_first`` and ``towards_last`` name the two directions ("rostral", "caudal"), so that "C7 or more rostral"
    is written ``level <= 'C7'`` and printed in words.
    """

    type: Annotated[Literal["ordered"], Field(description="What its value is")]
    towards_first: Annotated[
        str | None, Field(description="Direction of the first value in words: 'more rostral'")
    ] = None
    towards_last: Annotated[
        str | None, Field(description="Direction of the last value in words: 'more caudal'")
    ] = None

    @property
    def signature(self) -> ObservableSignature:
        """A place among the values, in their order."""
        return ObservableSignature(
            type="ordered",
            values=self.values,
            label=self.label,
            towards_first=self.towards_first or "",
            towards_last=self.towards_last or "",
        )

    def findings(self) -> Iterator[ValidationFinding]:
        """An order has two places at least."""
        yield from super().findings()
        if len(self.values) < 2:
            yield self.finding("values", "an ordered observable needs its values in order")


class SeeksExtreme(FromFacts):
    """One of several values counts; ``aggregate: worst`` says with ``worse`` which end that is."""

    worse: Annotated[
        Literal["high", "low"] | None, Field(description="With aggregate: worst, which end is worse")
    ] = None

    @property
    def highest_counts(self) -> bool:
        """Whether the greatest of several values is sought (of ``min``, ``max`` and ``worst``)."""
        aggregate = self.effective_aggregate
        return aggregate is Aggregate.MAX or (aggregate is Aggregate.WORST and self.worse == "high")

    def findings(self) -> Iterator[ValidationFinding]:
        """``worst`` and ``worse`` go together."""
        yield from super().findings()
        worst = self.effective_aggregate is Aggregate.WORST
        if worst and self.worse is None:
            yield self.finding("aggregate", "'worst' needs 'worse: high' or 'worse: low'")
        if not worst and self.worse is not None:
            yield self.finding("worse", "'worse' belongs to aggregate: worst")


class OneNumber(SaysNumber, SeeksExtreme):
    """The last, first, least, greatest or worst of several numbers, or how far they lie apart (``range``)."""

    aggregate: Annotated[
        Literal["last", "first", "worst", "min", "max", "range"] | None,
        Field(description="Which of several facts counts, or how far they lie apart; default: last"),
    ] = None

    @property
    def plausible_result(self) -> Figure | None:
        """What is plausible for a fact; a distance is no fact."""
        return None if self.never_negative else self.plausible

    @property
    def never_negative(self) -> bool:
        """A distance is."""
        return self.effective_aggregate is Aggregate.RANGE


class OneLevel(SaysLevel, SeeksExtreme):
    """The last, first, least, greatest or worst of several places in an order."""

    aggregate: Annotated[
        Literal["last", "first", "worst", "min", "max"] | None,
        Field(description="Which of several facts counts; default: last"),
    ] = None
