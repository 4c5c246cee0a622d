"""Days of a trial's table: those at the site where something happened, and none after a death."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from proband.analysis.answers import gives_no_answer
from proband.analysis.result import AnalysisError
from proband.record.trial_rows import _on_the_spot
from proband.trial.participants import simulate_people
from proband.trial.plan import plan_of, trials_of
from proband.trial.scenarios import scenarios_of
from shipped import loaded


@pytest.mark.parametrize(
    ("offsets", "at", "first", "last"),
    [
        (["+13:00"], "2026-03-01T20:00:00.000Z", "2026-03-02", "2026-03-02"),
        (["-08:00"], "2026-03-02T03:00:00.000Z", "2026-03-01", "2026-03-01"),
        (["+00:00", "+01:00"], "2026-03-01T23:30:00.000Z", "2026-03-01", "2026-03-02"),
        (["+00:00", "+01:00"], "2026-03-01T12:00:00.000Z", "2026-03-01", "2026-03-01"),
        ([], "2026-03-01T20:00:00.000Z", "2026-03-01", "2026-03-01"),
    ],
)
def test_a_moment_is_of_the_day_that_it_was_at_the_site(
    offsets: list[str], at: str, first: str, last: str
) -> None:
    state: Any = SimpleNamespace(sites={"there": SimpleNamespace(offsets=offsets)})
    person: Any = SimpleNamespace(site_at=lambda moment: "there")
    assert _on_the_spot(state, person, at) == first
    assert _on_the_spot(state, person, at, last=True) == last


@pytest.mark.parametrize(("name", "study"), [("liver-cells", t.id) for t in trials_of(loaded("liver-cells"))])
def test_in_a_simulated_trial_nothing_follows_a_death(name: str, study: str) -> None:
    plan = plan_of(loaded(name), study)
    found = simulate_people(
        plan, scenarios_of(plan.trial)[0], np.arange(40, dtype=np.int64), 5, engine="plain"
    )
    death = found.data.events["death"]
    dead = np.isfinite(death)
    assert dead.any()
    assert (found.data.last_seen[dead] <= death[dead]).all()
    for other, day in found.data.events.items():
        both = dead & np.isfinite(day)
        assert (day[both] <= death[both]).all(), other
    given = dead & np.isfinite(found.first_dose)
    assert (found.first_dose[given] <= death[given]).all()


def test_a_question_without_an_answer_is_told_from_a_table_that_is_wrong() -> None:
    for code, words in (("analysis.no-events", {}), ("analysis.groups", {"groups": 1})):
        assert gives_no_answer(AnalysisError(code, **words))
    assert not gives_no_answer(AnalysisError("analysis.table.stranger", participant="P"))
