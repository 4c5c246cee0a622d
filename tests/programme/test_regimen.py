"""The dose by arithmetic: caps, rounding, bands, tolerance, and refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.programme import DoseError, load
from proband.programme.regimen import Regimen
from proband.terms import Quantity

MINIMAL = Path(__file__).parent.parent / "bundles" / "minimal"
BASE: dict[str, Any] = {
    "id": "r",
    "product": "p",
    "route": "oral",
    "stop_rule": "stop on request",
    "prepared_by": "a",
    "checked_by": "b",
    "bedside_persons": 2,
}


def regimen(**dose: Any) -> Regimen:
    return Regimen.model_validate({**BASE, "dose": {"clause": "section 4", **dose}})


def kg(value: float) -> Quantity:
    return Quantity(value=value, unit="kg")


def test_per_kg_with_cap_and_rounding_shows_every_step() -> None:
    rule = load(MINIMAL).regimens["cells-once"]
    dose = rule.compute(weight=kg(72.5))
    assert (dose.low, dose.high, dose.unit, dose.tolerance_percent) == (72e6, 72e6, "cells", 10.0)
    assert [step.split(":")[0] for step in dose.steps] == [
        "1e+06 cells/kg × 72.5 kg = 7.25e+07 cells",
        "cap 1e+08 cells",
        "rounded down to 1e+06 cells",
        "clause",
    ]
    assert rule.compute(weight=kg(140)).low == 100e6
    assert rule.compute(weight=Quantity(value=72500, unit="g")).low == 72e6


def test_tolerance_decides_what_is_permitted() -> None:
    dose = load(MINIMAL).regimens["cells-once"].compute(weight=kg(70))
    assert dose.permits(Quantity(value=63e6, unit="cells"))
    assert not dose.permits(Quantity(value=62.9e6, unit="cells"))
    assert not dose.permits(Quantity(value=77.1e6, unit="cells"))


@pytest.mark.parametrize("weight", [None, kg(0), kg(-3), kg(float("nan")), kg(float("inf"))])
def test_missing_or_impossible_weight_gives_no_dose(weight: Quantity | None) -> None:
    with pytest.raises(DoseError, match="needs the weight") as error:
        load(MINIMAL).regimens["cells-once"].compute(weight=weight)
    assert error.value.code == "programme.dose.input"


def test_withheld_dose_says_why() -> None:
    rule = Regimen.model_validate(
        {**BASE, "dose": {"withheld": "not-public-to-us", "why": "the paper was not read"}}
    )
    with pytest.raises(DoseError, match="the paper was not read"):
        rule.compute(weight=kg(20))


def band(
    low: float | None, high: float | None, amount: float, *, low_inclusive: bool = True
) -> dict[str, Any]:
    ends = {"low": low, "high": high}
    return {name: {"value": end, "unit": "a"} for name, end in ends.items() if end is not None} | {
        "amount": {"value": amount, "unit": "mg"},
        "low_inclusive": low_inclusive,
    }


def test_bands_at_their_limit() -> None:
    rule = regimen(kind="by-age", bands=[band(None, 12, 1), band(12, None, 2)])
    assert rule.compute(age=Quantity(value=11.999, unit="a")).low == 1
    assert rule.compute(age=Quantity(value=12, unit="a")).low == 2
    assert rule.compute(age=Quantity(value=144, unit="mo")).low == 2
    with pytest.raises(DoseError, match="no band covers age 12 a"):
        regimen(kind="by-age", bands=[band(None, 12, 1), band(12, None, 2, low_inclusive=False)]).compute(
            age=Quantity(value=12, unit="a")
        )
    with pytest.raises(DoseError, match="2 bands cover age 11 a"):
        regimen(kind="by-age", bands=[band(None, 12, 1), band(10, None, 2)]).compute(
            age=Quantity(value=11, unit="a")
        )


@given(
    weight=st.floats(1, 200),
    step=st.sampled_from([0.1, 0.5, 1.0, 2.5]),
    direction=st.sampled_from(["nearest", "down", "up"]),
)
def test_rounding_is_idempotent_and_keeps_its_direction(weight: float, step: float, direction: str) -> None:
    rounding = {"to": {"value": step, "unit": "mg"}, "direction": direction}
    exact = 3.3 * weight
    dose = (
        regimen(kind="per-kg", amount={"value": 3.3, "unit": "mg/kg"}, rounding=rounding)
        .compute(weight=kg(weight))
        .low
    )
    again = regimen(kind="fixed", amount={"value": dose, "unit": "mg"}, rounding=rounding).compute().low
    assert again == pytest.approx(dose, rel=1e-12)
    assert abs(dose - exact) <= step * (0.5 if direction == "nearest" else 1.0) + 1e-9
    if direction == "down":
        assert dose <= exact + 1e-9
    if direction == "up":
        assert dose >= exact - 1e-9


@given(st.floats(1, 300), st.floats(1, 300))
def test_dose_never_falls_with_weight_and_never_exceeds_the_cap(a: float, b: float) -> None:
    rule = load_cached()
    light, heavy = sorted((a, b))
    assert rule.compute(weight=kg(light)).low <= rule.compute(weight=kg(heavy)).low <= 100e6


_CACHE: list[Regimen] = []


def load_cached() -> Regimen:
    if not _CACHE:
        _CACHE.append(load(MINIMAL).regimens["cells-once"])
    return _CACHE[0]
