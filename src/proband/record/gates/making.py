"""Gates on how a container is made and kept: its steps, its state of cold, temperatures, recalled lots, the balance of amounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from proband.programme.product import Phase, ProcessStep, Product
from proband.record.declare.command import Context
from proband.record.declare.gate import gate
from proband.record.errors import Refusal
from proband.record.events import moment
from proband.record.making import missing, not_recorded
from proband.record.product import ROUNDING, Container
from proband.record.programme_view import days
from proband.terms import ProbandError, Quantity, convert


@gate(
    "steps",
    mend="do the step, and have a second person agree where work stops",
    says="which steps of the programme are missing",
)
def steps(c: Context) -> Refusal | None:
    """No step of the programme is left out, each is recorded as it asks, and work stops at a hold point until a second person has agreed."""
    return c.told("steps")


def due(phase: Phase) -> Any:
    """Says which steps are missing that are due before the product is finished, released or given."""

    def told(c: Context) -> Refusal | None:
        if c.product is None:
            return None
        if c.rule is None:
            return Refusal("gate.steps.kind", product=c.product.id, kind=c.product.kind)
        left = missing(c.rule, c.product, phase)
        return Refusal("gate.steps.missing", product=c.product.id, steps=left) if left else None

    return told


def unrecorded(steps: Iterable[ProcessStep], data: Mapping[str, Any]) -> Refusal | None:
    """The refusal of a step of which less is told than the programme asks to be recorded."""
    for step in steps:
        left = not_recorded(step, data)
        if left:
            return Refusal("gate.steps.unrecorded", step=step.id, records=left)
    return None


@gate(
    "condition",
    mend="thaw what is frozen, prepare what must be prepared",
    says="in which state it must be: frozen, thawed, prepared",
)
def condition(c: Context) -> Refusal | None:
    """The container is in the state that the work needs: what is frozen is neither divided nor given, and nothing is frozen twice."""
    return c.told("condition")


def not_frozen(c: Context) -> Refusal | None:
    """What is frozen is not worked on."""
    frozen = [one.id for one in concerned(c) if one.frozen]
    return Refusal("gate.condition.frozen", product=frozen[0]) if frozen else None


@gate("recalled", mend="use another lot; what a recalled lot touched is not used")
def recalled(c: Context) -> Refusal | None:
    """Nothing is made with a recalled lot, and nothing that one touched goes on, to wherever it was put since."""
    lots = {
        *map(c.state.lot_as_known, c.data.get("lots", ())),
        *(lot for one in concerned(c) for lot in one.lots),
    }
    gone = sorted(lots & c.state.recalled.keys())
    return Refusal("gate.recalled.lot", subject=c.subject, lots=gone) if gone else None


def concerned(c: Context) -> list[Container]:
    """The containers that a command works on: its subject, or those that it pools."""
    names = c.data.get("products") or [c.subject]
    return [c.state.products[name] for name in names if name in c.state.products]


@gate(
    "range",
    mend="put the container aside, or say that it left its range",
    says="which temperatures it tells, and of what range",
)
def in_range(c: Context) -> Refusal | None:
    """A temperature that is recorded, and the time of a step, is held against the programme's range; nobody calls it in range where it is not."""
    return c.told("range")


def off_range(given: Mapping[str, Any], low: Quantity | None, high: Quantity | None) -> bool:
    """Whether a temperature lies outside a range; one in a unit of something else does."""
    try:
        return (low is not None and convert(given["value"], given["unit"], low.unit) < low.value) or (
            high is not None and convert(given["value"], given["unit"], high.unit) > high.value
        )
    except ProbandError:
        return True


def left_range(steps: Iterable[ProcessStep], data: Mapping[str, Any]) -> ProcessStep | None:
    """The first step whose range is left by the temperature that is told, if one is told; entries of older logs have no such field."""
    given = data.get("temperature")
    if given is None:
        return None
    return next((one for one in steps if off_range(given, one.temperature_low, one.temperature_high)), None)


def took_other(steps: Iterable[ProcessStep], data: Mapping[str, Any]) -> tuple[ProcessStep, float] | None:
    """The first step that took longer or shorter than the programme has it, by more than its tolerance, with the days that it took."""
    if "start" not in data or "end" not in data:
        return None
    taken = (moment(data["end"]) - moment(data["start"])).total_seconds() / 86_400
    for one in steps:
        if one.duration is None or one.duration_tolerance is None:
            continue
        # a time that is written in months is so many days up to rounding
        if abs(taken - days(one.duration)) > days(one.duration_tolerance) + 1e-6:
            return one, taken
    return None


def untold_deviation(steps: Iterable[ProcessStep], data: Mapping[str, Any]) -> Refusal | None:
    """The refusal of a temperature outside the range of a step, or of a time that is not its own, of which no deviation is told."""
    if data.get("deviation"):
        return None
    steps = list(steps)
    if (other := took_other(steps, data)) is not None:
        one, taken = other
        return Refusal("gate.range.duration", step=one.id, days=taken, duration=one.duration, tolerance=one.duration_tolerance)  # fmt: skip
    step = left_range(steps, data)
    if step is None:
        return None
    given = data["temperature"]
    return Refusal("gate.range.step", value=given["value"], unit=given["unit"], step=step.id)


@gate("balance", mend="count again, in one unit", says="which amounts come from which")
def balance(c: Context) -> Refusal | None:
    """Parts never exceed the whole, within the tolerance of the programme: amounts are positive, in one unit, each container counts once."""
    return c.told("balance")


def not_positive(amounts: Iterable[Mapping[str, Any]]) -> Refusal | None:
    """The refusal of an amount that is nothing or less."""
    for amount in amounts:
        if not amount["value"] > 0:
            return Refusal("gate.balance.positive", value=amount["value"], unit=amount["unit"])
    return None


def sum_in(amounts: Iterable[tuple[float, str]], unit: str) -> float | Refusal:
    """The sum of amounts in one unit, or the refusal where one is of something else."""
    total = 0.0
    for value, own in amounts:
        try:
            total += convert(value, own, unit)
        except ProbandError:
            return Refusal("gate.balance.unit", unit=own, wanted=unit)
    return total


def more_than(rule: Product | None, total: float, whole: float) -> bool:
    """Whether an amount is more than what it comes from, with the tolerance of the programme."""
    return total > whole * (1 + tolerance_of(rule) + ROUNDING)


def tolerance_of(rule: Product | None) -> float:
    """By which share counting may be off, as the programme has it."""
    allowed = rule.mass_balance_tolerance if rule is not None else None
    return convert(allowed.value, allowed.unit, "%") / 100 if allowed is not None else 0.0
