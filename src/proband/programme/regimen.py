"""The regimen as arithmetic: dose rule, bands, cap, rounding, titration, and who checks.

The arithmetic shows every step with its clause, so that a second person can check it by hand. It never proposes a dose
for a person: it repeats what the protocol says for a stated weight, age or surface, and refuses where a band is missing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, model_validator

from proband.programme.model import Based, Id, Model, Text
from proband.programme.product import AdministrationRoute
from proband.terms import ProbandError, Quantity, convert


class DoseError(ProbandError):
    """The dose rule gives no dose for these inputs."""


class DoseBand(Based):
    """A half-open or closed interval of the banding variable with its own amount."""

    low: Annotated[Quantity | None, Field(description="Lower end; empty: open")] = None
    low_inclusive: Annotated[bool, Field(description="Whether the lower end belongs to the band")] = True
    high: Annotated[Quantity | None, Field(description="Upper end; empty: open")] = None
    high_inclusive: Annotated[bool, Field(description="Whether the upper end belongs to the band")] = False
    amount: Annotated[Quantity, Field(description="The dose in this band")]

    def contains(self, value: float, unit: str) -> bool:
        """Whether a value lies in the band."""
        if self.low is not None:
            low = convert(self.low.value, self.low.unit, unit)
            if value < low or (value == low and not self.low_inclusive):
                return False
        if self.high is not None:
            high = convert(self.high.value, self.high.unit, unit)
            if value > high or (value == high and not self.high_inclusive):
                return False
        return True

    def __str__(self) -> str:
        left = "(-∞" if self.low is None else f"{'[' if self.low_inclusive else '('}{self.low}"
        right = "∞)" if self.high is None else f"{self.high}{']' if self.high_inclusive else ')'}"
        return f"{left}, {right}"


class Rounding(Model):
    """To which step a dose is rounded, and in which direction."""

    to: Annotated[Quantity, Field(description="The step")]
    direction: Annotated[Literal["nearest", "down", "up"], Field(description="To which step")]


class TitrationStep(Model):
    """One step of a titration: after how long, to which share of the full dose, on which condition."""

    id: Annotated[Id, Field(description="Key of the step")]
    after: Annotated[Quantity, Field(description="How long after the step before it")]
    fraction: Annotated[float, Field(gt=0, le=1, description="Share of the full dose")]
    condition: Annotated[Text, Field(description="On which condition the step is taken")]


class Withheld(Model):
    """A dose that this bundle does not carry, and why."""

    withheld: Annotated[
        Literal["not-public-to-us", "not-found", "small-cell", "sponsor"],
        Field(description="Why the bundle carries no dose"),
    ]
    why: Annotated[Text, Field(description="The reason in a sentence")]


class DoseRule(Based):
    """Dose = amount (fixed, per kg, per m², or by band) → cap → floor → rounding."""

    kind: Annotated[
        Literal["fixed", "per-kg", "per-m2", "by-age", "by-weight"],
        Field(description="What the dose is worked out from"),
    ]
    amount: Annotated[
        Quantity | None, Field(description="The amount; for per-kg and per-m2 in a unit that ends so")
    ] = None
    amount_high: Annotated[
        Quantity | None, Field(description="Upper end where the protocol gives a range")
    ] = None
    bands: Annotated[
        list[DoseBand], Field(description="Intervals of age or weight, each with its amount")
    ] = []
    cap: Annotated[Quantity | None, Field(description="The dose is never more")] = None
    floor: Annotated[Quantity | None, Field(description="The dose is never less")] = None
    rounding: Annotated[Rounding | None, Field(description="How the dose is rounded")] = None
    tolerance: Annotated[
        Quantity | None, Field(description="Permitted deviation of the given from the computed dose, %")
    ] = None
    clause: Annotated[Text, Field(description="Which clause of the protocol says so")]

    @model_validator(mode="after")
    def _complete(self) -> DoseRule:
        if self.kind.startswith("by-"):
            if not self.bands or self.amount is not None:
                raise ValueError(f"kind {self.kind} needs bands, and no amount of its own")
        elif self.amount is None or self.bands:
            raise ValueError(f"kind {self.kind} needs an amount, and no bands")
        if (
            self.cap
            and self.floor
            and convert(self.floor.value, self.floor.unit, self.cap.unit) > self.cap.value
        ):
            raise ValueError(f"the floor {self.floor} is above the cap {self.cap}")
        return self


@dataclass(frozen=True, slots=True)
class Dose:
    """A computed dose: ``low`` … ``high`` in ``unit`` (equal where the rule gives one amount) and the steps that led to it."""

    low: float
    high: float
    unit: str
    tolerance_percent: float
    steps: tuple[str, ...]

    @property
    def permitted(self) -> tuple[float, float]:
        """Least and greatest amount that may be given, in ``unit``: the computed dose with its tolerance."""
        slack = self.tolerance_percent / 100.0
        return self.low * (1 - slack), self.high * (1 + slack)

    def permits(self, given: Quantity) -> bool:
        """Whether an amount given lies within the computed dose and its tolerance."""
        low, high = self.permitted
        return low <= convert(given.value, given.unit, self.unit) <= high


class FurtherCourse(Based):
    """A course beyond the planned one: some more on response, or the whole again when the condition comes back.

    It is opened by a verdict on the criteria of its scope, found after the last dose before it. What stands here decides, not what
    somebody remembers of the protocol.
    """

    id: Annotated[Id, Field(description="Key of the course", examples=["on-response"])]
    on: Annotated[
        Literal["continuation", "retreatment"],
        Field(description="The scope of the criteria that open it", examples=["continuation"]),
    ]
    administrations: Annotated[int, Field(ge=1, description="How many doses it has", examples=[4])]
    after: Annotated[
        Quantity | None,
        Field(description="No sooner than this after the last dose before it; empty: as the interval has it"),
    ] = None
    within: Annotated[
        Quantity | None,
        Field(
            description="No later than this after the last dose before it; empty: of a continuation as the interval has it, of a retreatment at any time"
        ),
    ] = None
    at_most: Annotated[int, Field(ge=1, description="How often one person may have it")] = 1

    @model_validator(mode="after")
    def _sensible(self) -> FurtherCourse:
        if self.on == "continuation" and self.at_most > 1:
            raise ValueError(f"{self.id} goes on once; a course that is given again is a retreatment")
        if self.after and self.within and convert(self.after.value, self.after.unit, self.within.unit) > self.within.value:  # fmt: skip
            raise ValueError(f"{self.id}: after {self.after} is later than within {self.within}")
        return self


class Regimen(Based):
    """How a product is given: dose, route, number and spacing of administrations, who prepares and who checks."""

    id: Annotated[Id, Field(description="Key of the regimen")]
    product: Annotated[Id, Field(description="Id of the product")]
    route: Annotated[AdministrationRoute, Field(description="By which route it is given")]
    dose: Annotated[
        DoseRule | Withheld, Field(description="The rule of the dose, or why the bundle carries none")
    ]
    administrations: Annotated[
        int | None, Field(ge=1, description="How often it is given; empty: until it is stopped")
    ] = None
    interval: Annotated[Quantity | None, Field(description="Time between two administrations")] = None
    interval_tolerance: Annotated[
        Quantity | None, Field(description="How far the interval may be missed")
    ] = None
    washout: Annotated[
        Quantity | None, Field(description="Free of other cell products or study drugs before the first dose")
    ] = None
    titration: Annotated[list[TitrationStep], Field(description="Steps towards the full dose")] = []
    further: Annotated[
        list[FurtherCourse],
        Field(
            description="Courses beyond the planned one: on response, or when the condition comes back",
            examples=[
                [
                    {
                        "id": "on-response",
                        "on": "continuation",
                        "administrations": 4,
                        "within": {"value": 42, "unit": "d"},
                    }
                ]
            ],
        ),
    ] = []
    stop_rule: Annotated[Text, Field(description="When it is stopped")]
    prepared_by: Annotated[Id, Field(description="Role that prepares")]
    checked_by: Annotated[Id, Field(description="Role that checks; another than the one that prepares")]
    bedside_persons: Annotated[int, Field(ge=1, le=3, description="How many people check at the bedside")]

    @model_validator(mode="after")
    def _spacing(self) -> Regimen:
        if (self.administrations or 1) > 1 and self.interval is None:
            raise ValueError(f"{self.administrations} administrations need an interval")
        if self.further and self.administrations is None:
            raise ValueError("a further course begins where the planned one ends; say administrations")
        if any(course.administrations > 1 for course in self.further) and self.interval is None:
            raise ValueError("a further course of several doses needs an interval")
        if len({course.id for course in self.further}) < len(self.further):
            raise ValueError("two further courses have one id")
        if self.prepared_by == self.checked_by:
            raise ValueError(
                f"{self.prepared_by!r} both prepares and checks; a second check needs a second role"
            )
        return self

    def compute(self, *, weight: Quantity | None = None, age: Quantity | None = None,
                surface: Quantity | None = None, fraction: float = 1.0) -> Dose:  # fmt: skip
        """The dose by the protocol's arithmetic for a stated weight, age and body surface.

        Parameters
        ----------
        weight, age, surface
            In any unit of mass, time and area; only what the rule needs must be there.
        fraction
            The titration step's share of the full dose.

        Raises
        ------
        DoseError
            ``programme.dose.withheld`` where the bundle carries no dose; ``programme.dose.input`` where an input is
            missing or not positive; ``programme.dose.gap`` and ``programme.dose.overlap`` where no band or more than
            one band fits.
        """
        rule = self.dose
        if isinstance(rule, Withheld):
            raise DoseError("programme.dose.withheld", why=rule.why)
        low, high, unit, steps = self._amount(rule, weight=weight, age=age, surface=surface)
        if fraction != 1.0:
            low, high = low * fraction, high * fraction
            steps.append(f"titration: × {fraction:g} = {_span(low, high, unit)}")
        for name, bound, keep in (("cap", rule.cap, min), ("floor", rule.floor, max)):
            if bound is not None:
                limit = convert(bound.value, bound.unit, unit)
                low, high = keep(low, limit), keep(high, limit)
                steps.append(f"{name} {bound}: {_span(low, high, unit)}")
        if rule.rounding is not None:
            step = convert(rule.rounding.to.value, rule.rounding.to.unit, unit)
            low, high = (_round(value, step, rule.rounding.direction) for value in (low, high))
            steps.append(f"rounded {rule.rounding.direction} to {rule.rounding.to}: {_span(low, high, unit)}")
        tolerance = convert(rule.tolerance.value, rule.tolerance.unit, "%") if rule.tolerance else 0.0
        steps.append(f"clause: {rule.clause}")
        return Dose(low, high, unit, tolerance, tuple(steps))

    def _amount(self, rule: DoseRule, *, weight: Quantity | None, age: Quantity | None,
                surface: Quantity | None) -> tuple[float, float, str, list[str]]:  # fmt: skip
        if rule.kind in {"by-age", "by-weight"}:
            name, given, unit = ("age", age, "a") if rule.kind == "by-age" else ("weight", weight, "kg")
            value = _needed(name, given, unit)
            fitting = [band for band in rule.bands if band.contains(value, unit)]
            if len(fitting) != 1:
                bands = [*map(str, rule.bands)]
                if not fitting:
                    raise DoseError("programme.dose.gap", name=name, value=value, unit=unit, bands=bands)
                raise DoseError(
                    "programme.dose.overlap",
                    fitting=len(fitting),
                    name=name,
                    value=value,
                    unit=unit,
                    bands=bands,
                )
            banded = fitting[0].amount
            step = f"{name} {value:g} {unit} is in {fitting[0]}: {banded}"
            return banded.value, banded.value, banded.unit, [step]
        amount = rule.amount
        if amount is None:  # the model's validator holds this; a rule built by hand may not
            raise DoseError("programme.dose.amount")
        top = (
            convert(rule.amount_high.value, rule.amount_high.unit, amount.unit)
            if rule.amount_high
            else amount.value
        )
        if rule.kind == "fixed":
            return amount.value, top, amount.unit, [f"fixed: {_span(amount.value, top, amount.unit)}"]
        name, given, unit, per = (
            ("weight", weight, "kg", "/kg") if rule.kind == "per-kg" else ("surface", surface, "m2", "/m2")
        )
        value = _needed(name, given, unit)
        total_unit = amount.unit.removesuffix(per)
        if total_unit == amount.unit:
            raise DoseError("programme.dose.unit", amount=amount, unit=unit, per=per)
        low, high = amount.value * value, top * value
        return (
            low,
            high,
            total_unit,
            [f"{_span(amount.value, top, amount.unit)} × {value:g} {unit} = {_span(low, high, total_unit)}"],
        )


def _needed(name: str, given: Quantity | None, unit: str) -> float:
    value = convert(given.value, given.unit, unit) if given is not None else math.nan
    if not value > 0 or math.isinf(value):
        raise DoseError("programme.dose.input", name=name, given=given)
    return value


def _round(value: float, step: float, direction: str) -> float:
    ratio = value / step
    # a value that is a whole number of steps but for floating error must not be pushed to the next step
    if math.isclose(ratio, round(ratio), rel_tol=1e-9, abs_tol=1e-9):
        return round(ratio) * step
    if direction == "down":
        return math.floor(ratio) * step
    if direction == "up":
        return math.ceil(ratio) * step
    return math.floor(ratio + 0.5) * step


def _span(low: float, high: float, unit: str) -> str:
    return f"{low:g} {unit}" if low == high else f"{low:g}–{high:g} {unit}"


__all__ = [
    "Dose",
    "DoseBand",
    "DoseError",
    "DoseRule",
    "FurtherCourse",
    "Regimen",
    "Rounding",
    "TitrationStep",
    "Withheld",
]
