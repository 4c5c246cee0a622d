"""Every quantity that a criterion of a shipped programme uses has limits of what can be, each with its source and level."""

from __future__ import annotations

import pytest

from proband.exchange.plausibility import judgement_of, problem_of
from proband.programme import load
from proband.programme.eligibility import SaysNumber
from proband.terms import Level
from proband.terms.plausible import limits


@pytest.mark.parametrize("programme", ["liver-cells", "mitochondria-hpdl", "spinal-cord-autologous"])
def test_every_quantity_of_a_criterion_has_limits(programme: str) -> None:
    eligibility = load(programme).eligibility
    used = {name for expression in eligibility.expressions.values() for name in expression.names}
    inputs = {n for o in eligibility.observables for n in o.needs}
    asked = [
        o
        for o in eligibility.observables
        if isinstance(o, SaysNumber)
        and o.id in used | inputs
        and any(system == "LOINC" for system, _ in o.code_keys)
    ]
    bare = [
        o.id
        for o in asked
        if o.plausible is None
        and not all(code in limits() for system, code in o.code_keys if system == "LOINC")
    ]
    assert not bare


def test_every_limit_has_a_source_and_catches_a_slip_of_unit() -> None:
    for entry in set(limits().values()):
        assert entry.source
        assert isinstance(entry.level, Level)
        assert entry.low <= entry.usual[0] < entry.usual[1] <= entry.high
        code = entry.codes[0]
        assert problem_of(code, entry.usual[0], entry.unit) is None
        assert problem_of(code, entry.high * 1.01 + 1, entry.unit) is not None
        assert problem_of(code, entry.usual[0], "no unit at all") is not None


@pytest.mark.parametrize("unit", [None, "no unit at all", "kg", "%", "mg/dL"])
def test_many_values_are_refused_for_their_unit_in_the_words_for_one(unit: str | None) -> None:
    for code, entry in limits().items():
        judgement = judgement_of("LOINC", code, unit)
        assert judgement is not None
        said = problem_of(code, entry.usual[0], unit)
        if judgement[0] is not None:
            assert said is not None
            assert said.startswith(judgement[0])
        else:
            assert said is None or said.startswith("impossible value")


@pytest.mark.parametrize("unit", ["%", "percent", "%{activity}", "ppm", "s", "U/L"])
def test_a_percent_is_no_ratio_however_it_is_spelt(unit: str) -> None:
    assert problem_of("6301-6", 1.6, unit) is not None


@pytest.mark.parametrize("unit", ["1", "{INR}", "INR", "ratio", None])
def test_a_ratio_stays_one(unit: str | None) -> None:
    assert problem_of("6301-6", 1.6, unit) is None


def test_a_ratio_is_no_activity() -> None:
    assert problem_of("5894-1", 0.39, "{INR}") is not None
    assert problem_of("5894-1", 62, "%") is None
