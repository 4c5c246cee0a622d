"""The kinds of observable that are computed: time between two days, multiples of a limit or a baseline, scores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from proband.programme.eligibility.observable import FromFacts, Observable, ObservableId
from proband.programme.eligibility.sayings import (
    OneLevel,
    OneNumber,
    SaysCode,
    SaysYesNo,
    Whole,
)
from proband.programme.eligibility.windows import Elapsed
from proband.programme.expression import ObservableSignature
from proband.programme.model import Model, ValidationFinding
from proband.terms import Figure


class ElapsedTime(Observable):
    """The time from one anchor to another: age, time since an injury, wash-out."""

    type: Annotated[Literal["number"], Field(description="What its value is")]
    elapsed: Annotated[Elapsed, Field(description="From which day to which, in which unit")]
    plausible: Annotated[Figure | None, Field(description="Possible values")] = None
    whole: Whole = False

    @property
    def result_unit(self) -> str:
        """The unit of time."""
        return self.elapsed.unit

    @property
    def plausible_result(self) -> Figure | None:
        """What is stated."""
        return self.plausible

    @property
    def signature(self) -> ObservableSignature:
        """A number of units of time; nobody is younger than nought."""
        low = self.plausible.low if self.plausible else None
        return ObservableSignature(
            type="number",
            unit=self.elapsed.unit,
            label=self.label,
            low=0.0 if low is None and self.elapsed.since == "birth" else low,
            high=self.plausible.high if self.plausible else None,
            whole=self.whole or self.elapsed.completed or self.elapsed.unit == "d",
        )


class Multiple(OneNumber):
    """A number as a multiple of the upper limit of normal, or of another observable (its baseline).

    ``relative_to: uln`` takes the limit that came with the result, else ``uln``; ``relative_to`` the id of another
    observable takes that one.
    """

    relative_to: Annotated[str, Field(description="'uln', or the id of the observable that is the baseline")]
    uln: Annotated[Figure | None, Field(description="Upper limit of normal where a result brings none")] = (
        None
    )

    @property
    def baseline(self) -> str | None:
        """The observable of which it is a multiple; ``None`` for the upper limit of normal."""
        return None if self.relative_to == "uln" else self.relative_to

    @property
    def needs(self) -> tuple[str, ...]:
        """Its baseline."""
        return (self.relative_to,) if self.baseline else ()

    @property
    def result_unit(self) -> str:
        """Multiples."""
        return "x baseline" if self.baseline else "xULN"

    @property
    def plausible_result(self) -> None:
        """What is plausible for the values is not so for multiples."""

    @property
    def signature(self) -> ObservableSignature:
        """A plain number: no limit is converted by analyte."""
        return replace(super().signature, analyte=None)

    def findings(self) -> Iterator[ValidationFinding]:
        """A baseline is another observable; a limit of normal is positive."""
        yield from super().findings()
        if self.relative_to == self.id:
            yield self.finding("relative_to", "a value cannot be its own baseline")
        if self.uln is None:
            return
        if self.baseline:
            yield self.finding("uln", "'uln' is used only with relative_to: uln")
        if self.uln.value is None or self.uln.value <= 0:
            yield self.finding("uln", "the upper limit of normal must be a positive value")


class Derived(Model):
    """A value computed by an instrument from other observables (``meld-3.0`` from bilirubin, creatinine, …).

    ``inputs`` maps each item of the instrument to an observable; a missing or uncertain item leaves the score unknown,
    and names the item. A score on record (the observable's own codes) is used where none can be computed; where both
    are known and differ, the value is the interval that covers both, and the contradiction is reported.
    """

    instrument: Annotated[
        str,
        Field(
            pattern=r"^[a-z0-9][a-z0-9.-]*$",
            description="Id of the instrument: `proband instruments` lists them",
        ),
    ]
    variant: Annotated[str | None, Field(description="Published form; default: the instrument's own")] = None
    output: Annotated[
        str | None,
        Field(
            description="'unrounded', 'category' or a named detail; default: the score",
            examples=["unrounded"],
        ),
    ] = None
    inputs: Annotated[
        dict[str, ObservableId],
        Field(min_length=1, description="Item of the instrument → observable that fills it"),
    ]


class Scored(FromFacts):
    """What an instrument computes from other observables; with codes of its own, a score on record counts too."""

    derived: Annotated[Derived, Field(description="The instrument that computes it, and from what")]

    @property
    def needs(self) -> tuple[str, ...]:
        """The items of its instrument."""
        return tuple(self.derived.inputs.values())


class ScoredNumber(OneNumber, Scored):
    """A score that is a number."""


class ScoredLevel(OneLevel, Scored):
    """A score that is a class or grade in an order: Child–Pugh A, B, C."""


class ScoredCode(SaysCode, Scored):
    """A score that is a category without an order."""


class ScoredYesNo(SaysYesNo, Scored):
    """A score that says yes or no: criteria that are met."""
