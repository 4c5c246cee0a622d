"""What one treated person shows: slopes that fit together, the course that would turn the answer, and what no harm in one person leaves open."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from proband.analysis.answers import analyse, series_of_one, without_level
from proband.analysis.nof1 import series_posterior
from proband.analysis.one_person import one_person_report
from proband.analysis.stated import StatedEstimand, state_estimand
from proband.analysis.trial_columns import trial_row
from proband.analysis.trial_table import arranged
from proband.programme import load

DOSE = date(2026, 5, 1)


@pytest.fixture(scope="module")
def stated() -> StatedEstimand:
    return state_estimand(load("mitochondria-hpdl"), "spastic-scale-24w")


def _day(days: float) -> str:
    return (DOSE + timedelta(days=days)).isoformat()


def table(stated: StatedEstimand, value: Any, *, upto: str = "week-52", harmed: bool = False) -> list[dict[str, Any]]:  # fmt: skip
    """One child: a score at each visit of the schedule, by the week from the first dose."""
    rows = [
        trial_row("C-1", "person", _day(-40), number=1, site="north", arm="four-hb"),
        *(trial_row("C-1", "event", _day(-back), name=name) for name, back in (("consent", 40), ("allocation", 35), ("first-dose", 0))),
    ]  # fmt: skip
    for visit in stated.visits["spastic-scale"]:
        on = _day(visit.day)
        rows.append(trial_row("C-1", "event", on, name="seen", entry=visit.id))
        rows.append(
            trial_row("C-1", "measurement", on, name="sprs:sprs", visit=visit.id, value=float(value(visit.day / 7)), entry=visit.id)
        )  # fmt: skip
        if visit.id == upto:
            break
    if harmed:
        rows.append(trial_row("C-1", "event", _day(9), name="serious-related", entry="AE-1"))
    return rows


def worse_then_better(week: float) -> float:
    return round(30 + (2.0 * week if week < 0 else -0.4 * week), 3)


def test_slopes_fit_together_and_are_those_of_the_answer(stated: StatedEstimand) -> None:
    rows = table(stated, worse_then_better)
    found, answer = one_person_report(stated, rows), analyse(stated, rows)
    assert found.before is not None
    assert found.after is not None
    assert found.change is not None
    assert found.change.mean == pytest.approx(answer.estimate, abs=1e-9)
    assert (found.change.low, found.change.high) == (pytest.approx(answer.low), pytest.approx(answer.high))
    assert found.after.mean - found.before.mean == pytest.approx(found.change.mean, abs=1e-9)
    # less of this scale is better: it rose before, and falls after
    assert found.before.mean > 0 > found.change.mean
    assert found.values[0][0] < 0 < found.values[-1][0]
    assert found.values[0][2] == worse_then_better(found.values[0][0] / 7)


@pytest.mark.parametrize("seed", range(6))
def test_the_course_that_turns_the_answer_turns_it(stated: StatedEstimand, seed: int) -> None:
    """With the prior's slope moved a little less the answer is yes, and with a little more it is no."""
    rng = np.random.default_rng(seed)
    rows = table(stated, lambda week: worse_then_better(week) + rng.normal(0, 0.3))
    found = one_person_report(stated, rows)
    y, weeks, prior, _ = series_of_one(stated, arranged(stated, rows))
    if found.tips_at is None:
        farthest = replace(prior, slope=prior.slope + 4 * prior.slope_sd)
        stays = series_posterior(without_level(y)[0], weeks, 0.0, farthest).probability > found.needed
        assert stays or not found.says_yes
        return
    for moved, says_yes in ((0.01, False), (-0.01, True)):
        other = replace(prior, slope=-found.tips_at + moved)
        told = series_posterior(without_level(y)[0], weeks, 0.0, other).probability
        assert (told > found.needed) == says_yes


def test_nobody_harmed_among_one_may_still_be_nineteen_in_twenty(stated: StatedEstimand) -> None:
    found = one_person_report(stated, table(stated, worse_then_better))
    assert (found.people, found.harmed, found.harm_at_most) == (1, 0, pytest.approx(0.95))
    found = one_person_report(stated, table(stated, worse_then_better, harmed=True))
    assert (found.harmed, found.harm_at_most) == (1, pytest.approx(1.0))


def test_too_few_values_are_no_answer_and_the_values_are_there(stated: StatedEstimand) -> None:
    found = one_person_report(stated, table(stated, worse_then_better, upto="week-4"))
    assert (found.before, found.after, found.change, found.probability, found.tips_at) == (None,) * 5
    assert not found.says_yes
    assert len(found.values) >= 2
