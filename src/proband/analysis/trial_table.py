"""The table of a trial as arrays for one question: who is in it, from when their clock runs, what was measured and what happened.

What would make an answer wrong is refused: people who are missing, clocks that were moved, visits in the wrong order or out of their
windows, something that follows a death, a death or a loss that the question does not name, an arm that the programme does not have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from proband.analysis.course_state import StateCourse
from proband.analysis.measured_course import as_number, measured_course
from proband.analysis.result import AnalysisError
from proband.analysis.stated import StatedEstimand, made
from proband.analysis.trial_columns import TrialRow
from proband.analysis.trial_people import ADMINISTRATIVE, TrialPerson, people_in
from proband.analysis.trial_windows import in_time
from proband.programme.estimand import EventKind
from proband.programme.outcomes import OutcomeForm

Array = NDArray[np.float64]

#: whoever had one of these before the clock starts is not at risk of it: no question of a group can count them
_NOT_AT_RISK: tuple[EventKind, ...] = ("death", "competing", "loss-of-function")


@dataclass(frozen=True, slots=True)
class TrialArrays:
    """Trials of one shape as arrays: T trials of P people.

    Attributes
    ----------
    arm
        (T, P): 1 treatment, 0 comparator.
    baseline
        By outcome (T, P); NaN where not measured, zeros where the outcome has none.
    values
        By outcome (T, P, V) at its visits; NaN where not measured.
    events
        Day from time zero of each named event (T, P); infinity where it did not happen.
    last_seen
        (T, P): last day known.
    withdrawn
        How many allocated people withdrew the use of their data (they are in no array).
    courses
        Of outcomes that are a statement about the course: when it came true, by every measurement on its own day. Where there are none (a
        simulated trial) they follow from ``values`` on the days of the plan.
    visit_days
        By such an outcome (T, P, V): the day on which each of its visits was made; NaN where it was not.
    remarks
        What a reader must know of these data, with the number of people or of measurements.
    """

    arm: NDArray[np.int64]
    baseline: Mapping[str, Array]
    values: Mapping[str, Array]
    events: Mapping[str, Array]
    last_seen: Array
    withdrawn: int = 0
    remarks: Mapping[str, int] = field(default_factory=dict)
    courses: Mapping[str, StateCourse] = field(default_factory=dict)
    visit_days: Mapping[str, Array] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int]:
        """Trials and people."""
        return self.last_seen.shape[0], self.last_seen.shape[1]

    def day_of(self, names: Iterable[str]) -> Array:
        """Day of the first of several events (T, P); infinity where none happened."""
        out: Array = np.full(self.shape, np.inf)
        for name in names:
            if name in self.events:
                out = np.minimum(out, self.events[name])
        return out


def arranged(stated: StatedEstimand, rows: Iterable[TrialRow]) -> TrialArrays:
    """The people of a question as the arrays of one trial.

    Raises
    ------
    AnalysisError
        A row is not of the form, or said twice (:func:`~proband.analysis.trial_people.people_in`); allocated people are missing from the
        table, are in an arm that the programme does not have, or their arms are sealed; something follows a death; the clocks of people do
        not start at the event that the estimand names; visits were made in another order, or mostly out of their windows; a score is a text
        that is no grade; an event that ends measurements is in the table and not in the estimand, or has no day.
    """
    people = people_in(rows)
    _everybody(people)
    _arms_of_the_programme(stated, people)
    arms = [stated.treatment] + ([stated.comparator] if stated.comparator else [])
    asked = stated.estimand.sub_indication
    # who is in the arm and whose form nobody wrote down is not dropped: the arm takes people of the form
    chosen = [p for p in people.values() if p.arm in arms and (asked is None or p.form in (None, asked))]
    if not chosen:
        raise AnalysisError("analysis.table.nobody", arms=arms)
    clocks = _clocks(stated, chosen)
    _nothing_after_death(stated, people.values())
    remarks: dict[str, int] = {}
    events = _events(stated, chosen, clocks, remarks)
    baseline, values, courses, visit_days = {}, {}, {}, {}
    for id, outcome in stated.outcomes.items():
        form, visits = made(outcome), stated.visits[id]
        if form.form in ("event", "free-of"):
            baseline[id], values[id] = (
                np.zeros((1, len(chosen))),
                np.full((1, len(chosen), len(visits)), np.nan),
            )
            continue
        names = [f"{outcome.instrument}:{score}" for score in form.scores or [outcome.instrument]]
        baseline[id] = np.array([[_score(p, names, form.baseline, form, remarks) if form.baseline else 0.0 for p in chosen]])  # fmt: skip
        values[id] = np.array([[[_score(p, names, visit.id, form, remarks) for visit in visits] for p in chosen]])  # fmt: skip
        in_time(stated, id, chosen, clocks, names, remarks)
        if form.form == "state":
            courses[id] = measured_course(form, names, chosen, clocks, baseline[id], remarks)
            visit_days[id] = np.array([[[_day(p, names[0], visit.id, clock) for visit in visits] for p, clock in zip(chosen, clocks, strict=True)]])  # fmt: skip
    last = np.array([[float(p.last - clock) for p, clock in zip(chosen, clocks, strict=True)]])
    arm = np.array([[1 if p.arm == stated.treatment else 0 for p in chosen]], dtype=np.int64)
    withdrawn = sum(1 for p in people.values() if p.withdrawn and p.number is not None)
    return TrialArrays(arm, baseline, values, events, last, withdrawn, remarks, courses, visit_days)


def _everybody(people: Mapping[str, TrialPerson]) -> None:
    """Everybody who was allocated stands in the table: the places in the order of allocation have no gap, and each is one person's."""
    numbers = sorted(person.number for person in people.values() if person.number is not None)
    if len(set(numbers)) < len(numbers):
        place = next(one for one, other in pairwise(numbers) if one == other)
        raise AnalysisError("analysis.table.twice", what=f"place {place} in the order of allocation")
    if numbers != list(range(1, len(numbers) + 1)):
        gone = sorted(set(range(1, max(numbers, default=0) + 1)) - set(numbers))
        raise AnalysisError("analysis.table.missing-people", people=len(gone), places=gone[:10])
    sealed = sum(
        1
        for person in people.values()
        if person.number is not None and person.arm is None and not person.withdrawn
    )
    if sealed:
        raise AnalysisError("analysis.table.sealed", people=sealed)


def _arms_of_the_programme(stated: StatedEstimand, people: Mapping[str, TrialPerson]) -> None:
    """An arm that is misspelt would drop its people from every question without a word; so would their form."""
    for person in people.values():
        if person.number is None:
            continue
        if person.arm is not None and person.arm not in stated.arms:
            raise AnalysisError("analysis.table.unknown", participant=person.name, what="arm", value=person.arm, known=sorted(stated.arms))  # fmt: skip
        if person.form is not None and stated.forms and person.form not in stated.forms:
            raise AnalysisError("analysis.table.unknown", participant=person.name, what="form", value=person.form, known=sorted(stated.forms))  # fmt: skip


def _clocks(stated: StatedEstimand, chosen: list[TrialPerson]) -> list[int]:
    starts = [person.first(stated.anchor) for person in chosen]
    without = starts.count(None)
    if without:
        raise AnalysisError("analysis.table.clock", people=without, event=stated.anchor)
    days = [day for person in chosen if person.number is not None and (day := person.first("allocation")) is not None]  # fmt: skip
    backwards = sum(1 for before, after in pairwise(days) if after < before)
    if backwards:
        raise AnalysisError("analysis.table.order", people=backwards)
    return [start for start in starts if start is not None]


def _nothing_after_death(stated: StatedEstimand, people: Iterable[TrialPerson]) -> None:
    """What is entered after somebody's death, of their arm or their data, is no measurement; that they are dead may be said again."""
    names = {"death"} | {name for event in stated.estimand.of_kind("death") for name in event.names}
    for person in people:
        dead = min((days[0] for name, days in person.days.items() if name in names), default=None)
        if dead is None:
            continue
        later = [
            f"{name} at {visit}" if visit else name
            for (name, visit), found in person.measured.items()
            if name not in names and any(one.day is not None and one.day > dead for one in found)
        ]
        later += [
            name
            for name, days in person.days.items()
            if name not in names and name not in ADMINISTRATIVE and not name.startswith("withdrawn-") and days[-1] > dead
        ]  # fmt: skip
        if later:
            raise AnalysisError("analysis.table.after-death", participant=person.name, what=later[0])


def _events(
    stated: StatedEstimand, chosen: list[TrialPerson], clocks: list[int], remarks: dict[str, int]
) -> dict[str, Array]:
    """Day of each event that the question names (1, P), from time zero on.

    What happened before is not intercurrent: a co-intervention of before is counted in the remarks and does not act. Whoever had the event of
    the question, a competing one or a loss of function before is not at risk of it, and refuses the table. For one patient the time before
    treatment is part of the question.
    """
    estimand = stated.estimand
    named: dict[str, bool] = {}
    for event in estimand.intercurrent_events:
        for name in event.names:
            named[name] = named.get(name, False) or event.kind in _NOT_AT_RISK
    named |= {rung.event: True for rung in estimand.hierarchy if rung.event}
    for outcome in stated.outcomes.values():
        named |= dict.fromkeys(made(outcome).names, outcome.direction != "event-is-good")
    if "death" not in named:
        died = sum(1 for person in chosen if "death" in person.days)
        if died:
            raise AnalysisError(
                "analysis.table.event-unnamed", people=died, event="death", estimand=estimand.id
            )
    one_patient = estimand.summary == "within-person-change"
    out = {}
    for name, at_risk_before in sorted(named.items()):
        undated = next((person for person in chosen if name in person.undated), None)
        if undated is not None:
            raise AnalysisError("analysis.table.undated", participant=undated.name, event=name)
        days = [
            [float(day - clock) for day in person.days.get(name, [])]
            for person, clock in zip(chosen, clocks, strict=True)
        ]
        earlier = sum(1 for of_one in days if of_one and of_one[0] < 0)
        if earlier and (name == "death" or (at_risk_before and not one_patient)):
            raise AnalysisError(
                "analysis.table.before-zero", people=earlier, happened=name, event=stated.anchor
            )
        if earlier and not one_patient:
            remarks[f"{name} before time zero, not counted"] = earlier
            days = [[day for day in of_one if day >= 0] for of_one in days]
        out[name] = np.array([[of_one[0] if of_one else np.inf for of_one in days]])
    return out


def _score(
    person: TrialPerson, names: list[str], visit: str | None, form: OutcomeForm, remarks: dict[str, int]
) -> float:
    total = 0.0
    for name in names:
        found = person.score(name, visit or "")
        if found is None:
            return float("nan")
        value = as_number(person, name, visit or "", found.value, form)
        if value is None:
            remarks["could not be determined"] = remarks.get("could not be determined", 0) + 1
            return float("nan")
        total += value
    return total


def _day(person: TrialPerson, name: str, visit: str, clock: int) -> float:
    found = person.score(name, visit)
    return float("nan") if found is None or found.day is None else float(found.day - clock)
