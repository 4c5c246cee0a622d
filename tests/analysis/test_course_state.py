"""Outcomes that are statements about the course: every course that agrees with what was measured is tried, and the answer is what all of them say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from proband.analysis.course_state import by_visit, followed, truth
from proband.analysis.measured_course import measured_course
from proband.analysis.result import AnalysisError
from proband.analysis.stated import StatedEstimand, state_estimand
from proband.analysis.strategies import reached, times
from proband.analysis.strategies import scores as scores_of
from proband.analysis.trial_columns import trial_row
from proband.analysis.trial_people import people_in
from proband.analysis.trial_table import arranged
from proband.programme.outcomes import OutcomeForm
from shipped import loaded

LAST = 9


def form(**more: Any) -> OutcomeForm:
    return OutcomeForm.model_validate(
        {"form": "state", "state": "value == 0", "gap": {"value": 3, "unit": "d"}, **more}
    )


def answer(of: OutcomeForm, seen: dict[int, float], cutoff: float, baseline: float = 9.0) -> float:
    """The answer for one person whose value was measured on some days."""
    days = np.array([[[*map(float, seen), np.inf]]])
    values = np.array([[[*seen.values(), np.nan]]])
    return float(
        by_visit(followed(of, truth(of, values, np.array([[baseline]])), days), np.array([[cutoff]]))[0, 0]
    )


def by_worlds(seen: dict[int, bool], lasting: int, gap: int, cutoff: int) -> float:
    """By definition: 1 where measurements confirm it, 0 where no course that agrees with them could have had it, NaN else."""
    marks = sorted(seen)
    fixed: dict[int, bool] = dict(seen)
    for a, b in pairwise(marks):
        if b - a <= gap:
            fixed |= dict.fromkeys(range(a + 1, b), seen[a] and seen[b])
    if marks and marks[0] <= gap:
        fixed |= dict.fromkeys(range(marks[0]), False)
    free = [day for day in range(LAST + 1) if day not in fixed]

    def lasted(world: dict[int, bool], ends: set[int]) -> bool:
        return any(
            all(world[day] for day in range(a, b + 1))
            for b in ends
            if b <= cutoff
            for a in range(b - lasting + 1)
        )

    never = {**fixed, **dict.fromkeys(free, False)}
    if lasted(never, set(marks)):
        return 1.0
    worlds = (
        {**fixed, **dict(zip(free, of, strict=True))} for of in product((True, False), repeat=len(free))
    )
    return float("nan") if any(lasted(world, {*marks, *free}) for world in worlds) else 0.0


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.integers(0, LAST), st.booleans(), max_size=8),
    st.integers(0, 5),
    st.integers(1, 5),
    st.integers(0, LAST),
)
def test_the_answer_is_what_every_possible_course_says(
    seen: dict[int, bool], lasting: int, gap: int, cutoff: int
) -> None:
    of = form(
        gap={"value": gap, "unit": "d"}, **({"lasting": {"value": lasting, "unit": "d"}} if lasting else {})
    )
    got = answer(of, {day: 0.0 if so else 1.0 for day, so in seen.items()}, cutoff)
    expected = by_worlds(seen, lasting, gap, cutoff)
    assert got == expected or (np.isnan(got) and np.isnan(expected)), (got, expected)


MONTH = {"lasting": {"value": 28, "unit": "d"}, "gap": {"value": 35, "unit": "d"}}
CLEAR = [
    ({0: 3, 28: 0, 56: 0}, 90, 1.0, "clear for 28 days"),
    ({0: 3, 28: 0, 55: 0, 84: 2, 90: 1}, 90, 0.0, "27 days"),
    ({0: 3, 28: 0, 42: 1, 56: 0, 90: 0}, 90, 1.0, "a relapse between two visits breaks the first run, the second lasts"),
    ({0: 3, 28: 0, 42: 1, 70: 0, 90: 0}, 90, 0.0, "and the second does not last"),
    ({0: 3, 28: 0, 84: 0}, 90, float("nan"), "nobody looked for 56 days: neither yes nor no"),
    ({0: 3, 28: 2, 84: 2}, 90, float("nan"), "nobody looked for 56 days, in which it may have lasted"),
    ({0: 3, 28: 2, 56: 2}, 80, 0.0, "after a no on day 56 it cannot have lasted 28 days by day 80"),
    ({0: 3, 28: 2, 56: 2}, 90, float("nan"), "by day 90 it can"),
    ({}, 90, float("nan"), "nobody was ever measured"),
    ({-7: 0, 0: 3, 30: 3, 60: 3, 90: 3}, 90, 0.0, "what was before time zero does not count"),
    ({90: 0, 0: 3, 60: 0, 30: 3}, 90, 1.0, "entered late, in another order"),
]  # fmt: skip


@pytest.mark.parametrize(("seen", "cutoff", "expected", "why"), CLEAR, ids=[why for *_, why in CLEAR])
def test_clear_for_at_least_four_weeks(
    seen: dict[int, float], cutoff: float, expected: float, why: str
) -> None:
    assert answer(form(**MONTH), seen, cutoff) == pytest.approx(expected, nan_ok=True)


def test_a_statement_may_speak_of_the_change_and_of_grades() -> None:
    both = form(state="value <= 4 or change <= -6", baseline="start")
    assert answer(both, {2: 5.0, 4: 3.0}, 4, baseline=9.0) == 1.0
    # without a baseline the change is unknown, and the value alone still decides where it can
    assert answer(both, {2: 4.0}, 2, baseline=np.nan) == 1.0
    assert np.isnan(answer(both, {2: 5.0}, 2, baseline=np.nan))
    graded = form(state="value >= 'C'", grades=["A", "B", "C", "D"])
    assert answer(graded, {1: 1.0, 3: 2.0}, 3) == 1.0
    assert answer(graded, {1: 1.0, 3: 1.0}, 3) == 0.0


WRONG = [
    ({"state": "values == 0"}, "values"),
    ({"state": "value / 2 < 1"}, "division"),
    ({"state": "change < 0"}, "no baseline"),
    ({"gap": None}, "no gap"),
    ({"form": "value"}, "goes with form state"),
    ({"form": "change", "baseline": "start", "state": None, "gap": None, "lasting": None, "or_events": ["death"]}, "event or free-of"),
]  # fmt: skip


@pytest.mark.parametrize(("more", "says"), WRONG, ids=[says for _, says in WRONG])
def test_what_is_no_statement_is_refused_when_it_is_read(more: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        form(**(MONTH | more))


def table(measured: list[tuple[str | None, str, float | str | None]]) -> list[dict[str, Any]]:
    rows = [trial_row("P", "person", "2031-01-01", number=1, site="a", arm="cells")]
    rows += [
        trial_row("P", "measurement", on, name="rash:total", visit=visit, value=value if isinstance(value, float) else None, text=value if isinstance(value, str) else None, entry=at)
        for at, (visit, on, value) in enumerate(measured)
    ]  # fmt: skip
    return rows


def test_an_unplanned_visit_breaks_what_the_planned_ones_would_call_lasting() -> None:
    planned = [("week-4", "2031-01-29", 0.0), ("week-8", "2031-02-26", 0.0)]
    flare = (None, "2031-02-10", 2.0)
    for rows, expected in ((planned, 1.0), ([*planned, flare], 0.0), ([flare, *planned[::-1]], 0.0)):
        people = list(people_in(table(rows)).values())
        clock = [people[0].measured[("rash:total", "week-4")][0].day - 28]
        course = measured_course(form(**MONTH), ["rash:total"], people, clock, np.array([[3.0]]), {})
        assert by_visit(course, np.array([[56.0]]))[0, 0] == expected


def test_what_could_not_be_determined_is_counted_and_two_values_of_one_day_are_refused() -> None:
    remarks: dict[str, int] = {}
    people = list(people_in(table([(None, "2031-01-02", "NT"), ("week-1", "2031-01-08", 0.0)])).values())
    measured_course(form(), ["rash:total"], people, [0], np.array([[3.0]]), remarks)
    assert remarks == {"could not be determined": 1}
    people = list(people_in(table([(None, "2031-01-02", 0.0), (None, "2031-01-02", 4.0)])).values())
    with pytest.raises(AnalysisError) as refused:
        measured_course(form(), ["rash:total"], people, [0], np.array([[3.0]]), {})
    assert refused.value.code == "analysis.table.two-values"


# ----- through the table of a study, by the one definition for recorded and simulated people -----


def question(**made: Any) -> StatedEstimand:
    """A shipped question about a score, asked of a state in its place."""
    stated = state_estimand(loaded("liver-cells"), "cirrhosis-meld-3m")
    old = stated.outcome
    outcome = old.model_copy(update={"made": OutcomeForm.model_validate(made), "direction": "event-is-good"})
    events = [
        one.model_copy(update={"strategy": "composite", "score": 0.0 if one.kind == "death" else None}) for one in stated.estimand.intercurrent_events
        if one.kind == "death"
    ]  # fmt: skip
    estimand = stated.estimand.model_copy(
        update={
            "summary": "difference-in-proportions",
            "missing": "not-reached",
            "intercurrent_events": events,
        }
    )
    return replace(stated, estimand=estimand, outcomes={old.id: outcome})


def people(scores: dict[str, dict[int, float]], events: dict[str, tuple[str, int]]) -> list[dict[str, Any]]:
    """People allocated on one day after another: their scores by day, and what happened to them."""
    rows = []
    visits = {0: "baseline", 91: "cirrhosis-month-3", 182: "cirrhosis-month-6"}
    for at, (name, values) in enumerate(scores.items()):
        zero = date(2031, 1, 1) + timedelta(days=at)
        arm = "own-marrow-artery" if at % 2 else "care-cirrhosis"
        rows.append(trial_row(name, "person", zero.isoformat(), number=at + 1, site="a", form="decompensated-cirrhosis", arm=arm))  # fmt: skip
        rows += [trial_row(name, "event", zero.isoformat(), name=one) for one in ("consent", "allocation")]
        for day, value in values.items():
            on = (zero + timedelta(days=day)).isoformat()
            rows.append(trial_row(name, "measurement", on, name="meld-3:meld-3", visit=visits.get(day), value=value, entry=day))  # fmt: skip
        if name in events:
            what, day = events[name]
            rows.append(trial_row(name, "event", (zero + timedelta(days=day)).isoformat(), name=what))
    return rows


def test_recorded_and_simulated_people_are_answered_by_the_one_definition() -> None:
    stated = question(form="state", state="value <= 12", gap={"value": 95, "unit": "d"}, baseline="baseline")  # fmt: skip
    scores = {
        "reached": {0: 20.0, 91: 11.0, 182: 11.0},
        "not": {0: 20.0, 91: 15.0, 182: 15.0},
        "missed": {0: 20.0, 182: 15.0},
        "died": {0: 20.0},
        "unplanned": {0: 20.0, 50: 12.0, 91: 18.0, 182: 18.0},
        "died-after": {0: 20.0, 40: 10.0},
    }
    data = arranged(stated, people(scores, {"died": ("death", 60), "died-after": ("death", 70)}))
    at = {name: place for place, name in enumerate(scores)}
    said = by_visit(data.courses[stated.outcome.id], np.full(data.shape, 91.0))[0]
    assert [said[at[name]] for name in ("reached", "not", "unplanned", "died-after")] == [1.0, 0.0, 1.0, 1.0]
    assert np.isnan([said[at["missed"]], said[at["died"]]]).all()
    # the estimand says what becomes of whom: nobody knows, and so not reached; death stands whatever was reached before
    assert reached(stated, data)[0].tolist() == [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    # without the days of the record (a simulated trial) the plan's stand in; the unplanned measurements are not in its visits
    plain = replace(data, courses={}, visit_days={})
    assert reached(stated, plain)[0].tolist() == [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    ends = times(stated, data)
    assert ends.status[0].tolist() == [1, 0, 0, 1, 1, 1], "a death is no missed visit"
    assert ends.time[0, at["died"]] == 60.0
    assert ends.time[0, at["missed"]] == 1.0, "whoever was not seen for too long is watched no longer"
    assert ends.time[0, at["unplanned"]] == 50.0


def test_what_may_have_been_reached_unseen_before_treatment_ended_is_not_known() -> None:
    stated = question(form="state", state="value <= 12", gap={"value": 30, "unit": "d"}, baseline="baseline")  # fmt: skip
    ends = [one.model_copy(update={"strategy": "while-on-treatment", "score": None}) for one in stated.estimand.intercurrent_events]  # fmt: skip
    estimand = stated.estimand.model_copy(update={"missing": "reached", "intercurrent_events": ends})
    stated = replace(stated, estimand=estimand)
    scores = {"watched": {0: 20.0, 25: 18.0, 50: 18.0}, "unseen": {0: 20.0}, "reached": {0: 20.0, 25: 11.0}}
    data = arranged(stated, people(scores, dict.fromkeys(scores, ("death", 51))))
    assert reached(stated, data)[0].tolist() == [0.0, 1.0, 1.0], "nobody knows, and so as the estimand says"


def test_the_first_of_several_events_counts_and_free_of_is_free_of_each() -> None:
    stated = question(form="free-of", event="death", or_events=["transplant"])
    scores = {name: {0: 20.0} for name in ("neither", "died", "transplanted", "lost")}
    happened = {"neither": ("seen", 120), "died": ("death", 80), "transplanted": ("transplant", 30), "lost": ("seen", 40)}  # fmt: skip
    data = arranged(stated, people(scores, happened))
    assert reached(stated, data)[0].tolist() == [1.0, 0.0, 0.0, 0.0]


def test_the_best_so_far_is_of_the_visits_that_were_made() -> None:
    shipped = state_estimand(loaded("liver-cells"), "cirrhosis-meld-3m")
    form = shipped.outcome.made
    assert form is not None
    best = shipped.outcome.model_copy(update={"made": form.model_copy(update={"form": "best"})})
    stated = replace(shipped, outcomes={shipped.outcome.id: best})
    visit = len(stated.visits[best.id]) - 1
    data = arranged(stated, people({"up": {0: 20.0, 91: 12.0, 182: 25.0}, "gap": {0: 20.0, 182: 14.0}}, {}))
    found = scores_of(stated, data)
    assert found[0, 0, visit] == (12.0 - 20.0 if form.baseline else 12.0)
    assert found[0, 1, visit] == (14.0 - 20.0 if form.baseline else 14.0)
