"""Every question of every programme on data that hold no answer, or an answer without end: an empty arm, one person, nothing measured, no spread."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from proband.analysis.answers import Answers, answer_many
from proband.analysis.result import AnalysisError
from proband.analysis.stated import StatedEstimand, made, state_estimand, typed_estimands
from proband.analysis.strategies import times
from proband.analysis.survival.incidence import incidence_batch
from proband.analysis.survival.separated import separated_hazards
from proband.analysis.trial_table import TrialArrays
from proband.programme import bundled
from shipped import loaded

QUESTIONS = [(name, id) for name in bundled() for id in typed_estimands(loaded(name))]


def people(stated: StatedEstimand, many: int, rng: np.random.Generator) -> TrialArrays:
    """Two trials of so many people, with events, ties and a spread."""
    shape = (2, many)
    arm = np.tile(np.arange(many) % 2 if stated.comparator else np.ones(many), (2, 1)).astype(np.int64)
    baseline, values = {}, {}
    for id, outcome in stated.outcomes.items():
        visits = len(stated.visits[id])
        timed = made(outcome).form in ("event", "free-of")
        baseline[id] = np.zeros(shape) if timed else rng.integers(0, 4, shape).astype(float)
        noise = rng.normal(0, 1, (*shape, visits)).round()
        values[id] = np.full((*shape, visits), np.nan) if timed else baseline[id][:, :, None] + noise
    names = {name for event in stated.estimand.intercurrent_events for name in event.names}
    names |= {str(made(o).event) for o in stated.outcomes.values() if made(o).event}
    names |= {rung.event for rung in stated.estimand.hierarchy if rung.event}
    own = made(stated.outcome).event
    events = {
        name: np.where(rng.uniform(size=shape) < (0.5 if name == own else 0.1), rng.integers(1, int(stated.day), shape), np.inf)
        for name in sorted(names)
    }  # fmt: skip
    return TrialArrays(arm, baseline, values, events, np.full(shape, stated.day + 5.0))


def broken(stated: StatedEstimand) -> Iterator[tuple[str, TrialArrays]]:
    rng = np.random.default_rng(1)
    whole = people(stated, 1 if stated.estimand.summary == "within-person-change" else 14, rng)
    never = {name: np.full(whole.shape, np.inf) for name in whole.events}
    nothing = {id: np.full_like(v, np.nan) for id, v in whole.values.items()}
    same = replace(
        whole, events=never, baseline={id: np.full_like(v, 2.0) for id, v in whole.baseline.items()},
        values={id: np.where(np.isnan(v), v, 2.0) for id, v in whole.values.items()},
    )  # fmt: skip
    if stated.comparator:
        yield "no controls", replace(whole, arm=np.ones_like(whole.arm))
        yield "nobody treated", replace(whole, arm=np.zeros_like(whole.arm))
    yield "one person", people(stated, 1, rng)
    yield "two people", people(stated, 2, rng)
    yield "nothing measured", replace(whole, values=nothing)
    yield "nothing measured, nobody seen again", replace(whole, values=nothing, events=never, last_seen=np.zeros(whole.shape))  # fmt: skip
    yield "no baseline", replace(whole, baseline={id: np.full_like(v, np.nan) for id, v in whole.baseline.items()})  # fmt: skip
    yield "all alike", same
    yield "all at once", replace(same, events={name: np.full(whole.shape, 7.0) for name in whole.events})
    yield "everybody dead on the first day", replace(whole, values=nothing, last_seen=np.ones(whole.shape), events={n: np.full(whole.shape, 1.0 if n == "death" else np.inf) for n in whole.events})  # fmt: skip
    apart = np.where(whole.arm == 1, 7.0 + np.arange(whole.shape[1]), np.inf)
    yield "told apart by the arm", replace(
        same, events=dict.fromkeys(whole.events, apart), values={id: v + 10 * whole.arm[:, :, None] for id, v in same.values.items()}
    )  # fmt: skip


def answered(stated: StatedEstimand, data: TrialArrays) -> Answers | None:
    """The answer, or None where it is refused; a warning of the numerics is a fault."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return answer_many(stated, data, engine="plain")
        except AnalysisError:
            return None


@pytest.mark.parametrize(("name", "id"), QUESTIONS)
def test_what_holds_no_answer_is_refused_and_no_number_claims_certainty(name: str, id: str) -> None:
    stated = state_estimand(loaded(name), id)
    for what, data in broken(stated):
        found = answered(stated, data)
        if found is None:
            continue
        ok = found.ok
        if what in ("no controls", "nobody treated") or (what == "one person" and stated.comparator):
            assert not ok.any(), what
        # an answer lies in its interval, whose ends are not both where it is
        assert (found.low[ok] <= found.estimate[ok]).all(), what
        assert (found.estimate[ok] <= found.high[ok]).all(), what
        assert (found.low[ok] < found.high[ok]).all(), what
        assert ((found.p[ok] >= 0) & (found.p[ok] <= 1)).all(), what
        assert not np.isnan(found.estimate[ok]).any(), what


@pytest.mark.parametrize("engine", ["plain", "auto"])
def test_a_hazard_ratio_without_end_has_its_direction_and_a_bound(engine: str) -> None:
    stated = state_estimand(loaded("liver-cells"), "cirrhosis-transplant-free-12m")
    data = people(stated, 20, np.random.default_rng(2))
    for side, sign in ((1, 1), (0, -1)):
        apart = {name: np.where(data.arm == side, 7.0 + np.arange(20), np.inf) for name in data.events}
        found = answer_many(stated, replace(data, events=apart), engine=engine)
        assert found.ok.all()
        assert (found.estimate == sign * np.inf).all()
        near, far = (found.low, found.high) if sign > 0 else (found.high, found.low)
        assert (near * sign > 0).all()
        assert (far == sign * np.inf).all()
        assert (found.p < 0.001).all()


def test_the_bound_of_a_ratio_without_end_is_that_of_the_partial_likelihood() -> None:
    # three of three controls die at 1, 2, 3 while all of four treated are at risk: the likelihood is Π c/(c + 4r), c = 3, 2, 1
    time, event = np.array([1.0, 2, 3, 9, 9, 9, 9]), np.array([True] * 3 + [False] * 4)
    arm = np.array([0, 0, 0, 1, 1, 1, 1])
    found = separated_hazards(time, event, arm)
    assert found is not None
    estimate, low, high = found
    ratio = np.exp(high)
    assert (estimate, low) == (-np.inf, -np.inf)
    assert 2 * sum(np.log((c + 4 * ratio) / c) for c in (3, 2, 1)) == pytest.approx(3.841458820694124)
    turned = separated_hazards(time, event, 1 - arm)
    assert turned == pytest.approx((np.inf, -high, np.inf))
    # one of the treated dies while controls are at risk: the ratio is finite
    assert (
        separated_hazards(
            time, np.array([True, True, True, False, False, False, True]), np.array([0, 1, 0, 1, 1, 1, 1])
        )
        is None
    )


def test_an_arm_without_events_is_not_known_without_error() -> None:
    stated = state_estimand(loaded("liver-cells"), "failure-death-24w")
    data = people(stated, 10, np.random.default_rng(3))
    none = {name: np.full((2, 10), np.inf) for name in data.events}
    none["death"] = np.where((data.arm == 0) & (np.arange(10) < 6), 10.0, np.inf)
    found = answer_many(stated, replace(data, events=none), engine="plain")
    dead = int(np.isfinite(none["death"][0]).sum())
    assert found.estimate[0] == pytest.approx(-dead / 5)
    asked = times(stated, replace(data, events=none))
    at = incidence_batch(asked.time, asked.status, data.arm, asked.horizon, engine="plain")
    assert at[0, 1, 3] == 0.0
    added = 1 / 7 * (6 / 7) / 7
    assert (found.high - found.low)[0] == pytest.approx(2 * 1.959963984540054 * np.sqrt(at[0, 0, 3] + added))
