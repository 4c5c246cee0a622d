"""The dose as arithmetic: amount (fixed, per kg, per m², by band), share of a titration, adjustment for an organ's function, cap, floor, rounding.

The arithmetic shows every step with its clause, so that a second person can check it by hand. It never proposes a dose
for a person: it repeats what the protocol says for a measured weight, age or surface, and refuses where a band is missing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, model_validator

from proband.programme.model import Based, Duration, Id, Model, Percentage, Text
from proband.terms import ProbandError, Quantity, convert

#: what a dose is worked out from by the kind of its rule, each with the unit of its arithmetic
INPUTS = {"per-kg": ("weight", "kg"), "per-m2": ("surface", "m2"), "by-age": ("age", "a"), "by-weight": ("weight", "kg")}  # fmt: skip
#: what is counted in a dose: a vector genome is no cell, though both are numbers
_COUNTED = re.compile(r"cells|vg|copies")


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


class AdjustmentBand(Based):
    """A half-open interval [low, high) of a measured value with the factor by which the dose is multiplied; 0: none is given."""

    low: Annotated[
        Quantity | None, Field(description="Lower end, which belongs to the band; empty: open")
    ] = None
    high: Annotated[
        Quantity | None, Field(description="Upper end, which does not belong to the band; empty: open")
    ] = None
    factor: Annotated[
        float,
        Field(
            ge=0, le=1, description="What the dose is multiplied with; 0: no dose is given", examples=[0.5]
        ),
    ]

    def contains(self, given: Quantity) -> bool:
        """Whether a measured value lies in the band."""
        low, high = self.low, self.high
        return (low is None or convert(given.value, given.unit, low.unit) >= low.value) and (
            high is None or convert(given.value, given.unit, high.unit) < high.value
        )

    def __str__(self) -> str:
        left = "(-∞" if self.low is None else f"[{self.low}"
        return f"{left}, {'∞' if self.high is None else self.high})"


class DoseAdjustment(Based):
    """How the dose depends on something measured, such as the function of an organ."""

    by: Annotated[
        Id,
        Field(
            description="What is measured, by the name under which the record keeps it",
            examples=["creatinine-clearance"],
        ),
    ]
    bands: Annotated[list[AdjustmentBand], Field(min_length=1, description="Intervals of the measured value")]


class RecordedInput(Based):
    """What the dose must be worked out from as the record has it, and how old that may be."""

    what: Annotated[
        Id,
        Field(
            description="What is measured: weight, surface, age, or what an adjustment goes by",
            examples=["weight"],
        ),
    ]
    at_most: Annotated[Duration, Field(description="How old the measurement may be when the dose is given")]

    @model_validator(mode="after")
    def _positive(self) -> RecordedInput:
        if convert(self.at_most.value, self.at_most.unit, "d") <= 0:
            raise ValueError(f"{self.what} may be {self.at_most} old: write how long it may be used")
        return self


class Rounding(Model):
    """To which step a dose is rounded, and in which direction."""

    to: Annotated[Quantity, Field(description="The step")]
    direction: Annotated[Literal["nearest", "down", "up"], Field(description="To which step")]


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
        Percentage | None, Field(description="Permitted deviation of the given from the computed dose, %")
    ] = None
    clause: Annotated[Text, Field(description="Which clause of the protocol says so")]
    recorded: Annotated[
        list[RecordedInput],
        Field(
            description="What must be on record, and how old it may be; what is on record counts before what is typed, whether it is named here or not"
        ),
    ] = []
    adjustments: Annotated[
        list[DoseAdjustment], Field(description="How the dose depends on the function of an organ")
    ] = []

    @property
    def needs(self) -> tuple[str, ...]:
        """What the dose is worked out from, by name."""
        own = [INPUTS[self.kind][0]] if self.kind in INPUTS else []
        return tuple(dict.fromkeys([*own, *(one.by for one in self.adjustments)]))

    @model_validator(mode="after")
    def _complete(self) -> DoseRule:
        unused = [one.what for one in self.recorded if one.what not in self.needs]
        if unused:
            raise ValueError(f"the dose is not worked out from {', '.join(unused)}; leave it out of recorded")
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

    def permits(self, given: Quantity) -> bool:
        """Whether an amount given lies within the computed dose and its tolerance."""
        counted = [_COUNTED.findall(one) for one in (given.unit, self.unit)]
        if all(counted) and counted[0] != counted[1]:
            raise DoseError("programme.dose.counted", given=given.unit, unit=self.unit)
        low, high = self.permitted
        return low <= convert(given.value, given.unit, self.unit) <= high

    @property
    def permitted(self) -> tuple[float, float]:
        """Least and greatest amount that may be given, in ``unit``: the computed dose with its tolerance."""
        slack = self.tolerance_percent / 100.0
        return self.low * (1 - slack), self.high * (1 + slack)


def compute(rule: DoseRule | Withheld, given: Mapping[str, Quantity], fraction: float = 1.0) -> Dose:
    """The dose by the protocol's arithmetic.

    Parameters
    ----------
    rule
        The rule of the dose.
    given
        What was measured, by name (``weight``, ``age``, ``surface``, what an adjustment goes by), in any unit of it; only what the rule needs must be there.
    fraction
        The titration step's share of the full dose.

    Raises
    ------
    DoseError
        ``programme.dose.withheld`` where the bundle carries no dose; ``programme.dose.input`` where an input is missing or not positive;
        ``programme.dose.gap`` and ``programme.dose.overlap`` where no band or more than one band fits; ``programme.dose.none`` where by what was
        measured no dose is given.
    """
    if isinstance(rule, Withheld):
        raise DoseError("programme.dose.withheld", why=rule.why)
    low, high, unit, steps = _amount(rule, given)
    for name, factor in (("titration", fraction), *_adjusted(rule, given)):
        if factor != 1.0:
            low, high = low * factor, high * factor
            steps.append(f"{name}: × {factor:g} = {_span(low, high, unit)}")
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


def _adjusted(rule: DoseRule, given: Mapping[str, Quantity]) -> list[tuple[str, float]]:
    found = []
    for one in rule.adjustments:
        value = given.get(one.by)
        if value is None or not value.value >= 0:
            raise DoseError("programme.dose.input", name=one.by, given=value)
        fitting = [band for band in one.bands if band.contains(value)]
        if len(fitting) != 1:
            raise _no_band(one.by, value.value, value.unit, fitting, one.bands)
        if fitting[0].factor == 0:
            raise DoseError("programme.dose.none", name=one.by, given=value, band=str(fitting[0]))
        found.append((f"{one.by} {value} is in {fitting[0]}", fitting[0].factor))
    return found


def _no_band(
    name: str,
    value: float,
    unit: str,
    fitting: Sequence[DoseBand | AdjustmentBand],
    bands: Sequence[DoseBand | AdjustmentBand],
) -> DoseError:
    told = [*map(str, bands)]
    if not fitting:
        return DoseError("programme.dose.gap", name=name, value=value, unit=unit, bands=told)
    return DoseError(
        "programme.dose.overlap", fitting=len(fitting), name=name, value=value, unit=unit, bands=told
    )


def _amount(rule: DoseRule, given: Mapping[str, Quantity]) -> tuple[float, float, str, list[str]]:
    name, unit = INPUTS.get(rule.kind, ("", ""))
    if rule.kind in {"by-age", "by-weight"}:
        value = _needed(name, given.get(name), unit)
        fitting = [band for band in rule.bands if band.contains(value, unit)]
        if len(fitting) != 1:
            raise _no_band(name, value, unit, fitting, rule.bands)
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
    per = f"/{unit}"
    value = _needed(name, given.get(name), unit)
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
    "AdjustmentBand",
    "Dose",
    "DoseAdjustment",
    "DoseBand",
    "DoseError",
    "DoseRule",
    "RecordedInput",
    "Rounding",
    "Withheld",
    "compute",
]
