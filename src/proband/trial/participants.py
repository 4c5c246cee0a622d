"""Trials of virtual participants: untreated courses, the product as far as it was made and given, and what of it was measured.

Intention to treat starts at allocation: somebody for whom no product could be made, or who died while waiting, stays in the arm and gets no
effect. Days of events are whole days, as a record has them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from proband.analysis.stated import StatedEstimand, made
from proband.analysis.trial_table import TrialArrays
from proband.programme.trials import AskedCourse, Course, ScoreCourse, SeriesCourse, SourcedNumber
from proband.trial.courses import (
    YEAR,
    LatentScores,
    cohort_changes,
    cohort_shares,
    event_days,
    latent_scores,
    leaned,
    series,
)
from proband.trial.placing import placed
from proband.trial.plan import SimulationPlan
from proband.trial.scenarios import Scenario
from proband.trial.streams import TrialStreams

Array = NDArray[np.float64]
MONTH = 30.4375


@dataclass(frozen=True, slots=True)
class SimulatedTrials:
    """T simulated trials.

    Attributes
    ----------
    data
        Everybody, with ``arm`` the place of the arm in the plan.
    first_dose
        Day of the first dose (T, P); infinity where none was given.
    entered
        Day of allocation in the trial's calendar (T, P), rising.
    site
        (T, P), from 0.
    harmed
        Whether somebody treated had a related serious event (T, P).
    applied
        By outcome: the mean effect that was applied at its visits among those allocated to a product (V,), over all trials.
    held
        Days for which accrual had been held before each person came (T, P).
    """

    data: TrialArrays
    first_dose: Array
    entered: Array
    site: NDArray[np.int64]
    harmed: NDArray[np.bool_]
    applied: dict[str, Array]
    held: Array


def simulate_people(
    plan: SimulationPlan, scenario: Scenario, trials: NDArray[np.int64], seed: int, *, engine: str = "auto"
) -> SimulatedTrials:
    """The trials of those numbers under a scenario."""
    streams = TrialStreams(seed, scenario.id, trials, plan.people, engine)
    arm = _allocated(plan, streams)
    to_treat = plan.to_treat(arm)
    trial, horizon = plan.trial, plan.horizon
    site = (streams.uniform("site")[:, :, 0] * trial.sites).astype(np.int64)
    rate = trial.sites * trial.per_site_month.value / MONTH
    gaps = streams.exponential("accrual")[:, :, 0] / rate
    failed = to_treat & (streams.uniform("product")[:, :, 0] < _value(trial.product_failure))
    delay = np.ceil(_value(trial.product_delay))
    dose = np.where(to_treat & ~failed, delay, np.inf)
    made_of = _Course(plan, scenario, streams, dose, site)
    for course in trial.courses:
        made_of.add(course)
    events = made_of.events
    ends = made_of.last_measured()
    if trial.product_failure is not None:
        events["product"] = np.where(failed, delay, np.inf)
    lost = _lost(plan, scenario, streams)
    seen = np.minimum(np.minimum(lost, ends), horizon)
    dose = np.where(dose <= seen, dose, np.inf)
    events = {name: np.where(day <= seen, day, np.inf) for name, day in events.items()}
    values = {}
    for outcome, measured in made_of.values.items():
        days = _days(plan, outcome)
        gone = (days[None, None, :] > seen[:, :, None]) | (days[None, None, :] >= ends[:, :, None])
        missed = streams.uniform(f"missed:{outcome}", len(days)) < trial.missed_visits.value
        values[outcome] = np.where(gone | missed, np.nan, measured)
    harmed = np.isfinite(dose) & (
        streams.uniform("harm")[:, :, 0] < (trial.harm.per_person.value if trial.harm else 0.0)
    )
    entered, held = accrued(
        gaps, np.where(harmed, dose, np.inf), _value(trial.harm.hold) if trial.harm else 0.0
    )
    data = TrialArrays(arm, made_of.baseline, values, events, seen)
    applied = {
        name: each[to_treat].mean(axis=0) if to_treat.any() else each.mean((0, 1))
        for name, each in made_of.effects.items()
    }
    return SimulatedTrials(data, dose, entered, site, harmed, applied, held)


def _value(number: SourcedNumber | None) -> float:
    return 0.0 if number is None else number.value


def _days(plan: SimulationPlan, outcome: str) -> Array:
    for stated in plan.estimands:
        if outcome in stated.visits:
            return np.array([visit.day for visit in stated.visits[outcome]])
    return np.zeros(0)


def _allocated(plan: SimulationPlan, streams: TrialStreams) -> NDArray[np.int64]:
    """The arm of everybody (T, P), as the bundle allocates."""
    if plan.placing is None:
        return np.zeros((len(streams.trials), plan.people), dtype=np.int64)
    levels = streams.uniform("levels", max(len(plan.placing.plan.factors), 1))
    draws = streams.uniform("allocation", 2)
    names = [name for name, _ in plan.arms]
    order = np.array([names.index(arm.id) for arm in plan.placing.plan.arms], dtype=np.int64)
    out: NDArray[np.int64] = order[placed(plan.placing, levels, draws[:, :, 0], draws[:, :, 1])]
    return out


def accrued(gaps: Array, harmed_after: Array, hold: float) -> tuple[Array, Array]:
    """Days of allocation (T, P) in the calendar of the study, and the days (T, P) for which accrual was held before each.

    Parameters
    ----------
    gaps
        Days between people while nothing is held (T, P).
    harmed_after
        Days from somebody's allocation to a related serious event; infinity without one (T, P).
    hold
        Days for which nobody is allocated after one; holds that overlap count once.
    """
    if hold <= 0:
        return np.cumsum(gaps, axis=1), np.zeros(gaps.shape)
    entered, held = np.empty(gaps.shape), np.zeros(gaps.shape)
    starts = np.full(gaps.shape, np.inf)
    now, until, total = np.zeros(len(gaps)), np.full(len(gaps), -np.inf), np.zeros(len(gaps))
    for person in range(gaps.shape[1]):
        now = now + gaps[:, person]
        while True:
            # the next hold that starts before this person comes
            first = starts.min(axis=1)
            due = first <= now
            if not due.any():
                break
            first = np.where(due, first, 0.0)
            longer = np.where(due, first + hold - np.maximum(first, until), 0.0)
            now, total = now + longer, total + longer
            until = np.where(due, first + hold, until)
            starts[due, np.argmin(starts[due], axis=1)] = np.inf
        entered[:, person], held[:, person] = now, total
        starts[:, person] = now + harmed_after[:, person]
    return entered, held


def _lost(plan: SimulationPlan, scenario: Scenario, streams: TrialStreams) -> Array:
    share = plan.trial.dropout_per_year.value
    if share <= 0:
        return np.full((len(streams.trials), plan.people), np.inf)
    rate = -np.log1p(-share) / YEAR * scenario.dropout
    out: Array = np.ceil(streams.exponential("dropout")[:, :, 0] / rate)
    return out


class _Course:
    """The courses of one scenario, one added after the other: baselines, values, events, and the effects applied."""

    def __init__(self, plan: SimulationPlan, scenario: Scenario, streams: TrialStreams, dose: Array, site: NDArray[np.int64]) -> None:  # fmt: skip
        self.plan, self.scenario, self.streams, self.dose, self.site = plan, scenario, streams, dose, site
        self.baseline: dict[str, Array] = {}
        self.values: dict[str, Array] = {}
        self.events: dict[str, Array] = {}
        self.effects: dict[str, Array] = {}
        if not any(isinstance(course, ScoreCourse) for course in plan.trial.courses):
            self._happen(None)

    def last_measured(self) -> Array:
        """The first day of an event after which nothing is measured and nothing happens (T, P): a death, whatever it is drawn from, and what ends."""
        ends = {course.event for course in self.plan.trial.events if course.ends} | {"death"}
        for stated in self.plan.estimands:
            ends |= {name for event in stated.estimand.of_kind("death") for name in event.names}
        out: Array = np.full(self.dose.shape, np.inf)
        for name in ends & self.events.keys():
            out = np.minimum(out, self.events[name])
        return out

    def _effect(self, on: str) -> tuple[float, float]:
        """Value and day of the effect on an outcome or event; none is zero."""
        found = [effect for effect in self.scenario.effects if effect.on == on]
        return (found[0].value, found[0].by_day) if found else (0.0, 0.0)

    def _ratio(self, *names: str) -> Array:
        """The ratio of hazards (T, P) that an effect on the first of these names makes; without one it is 1, and 0 is an effect too."""
        value = next((e.value for name in names for e in self.scenario.effects if e.on == name), 1.0)
        return np.where(np.isfinite(self.dose), value, 1.0)

    def _leaning(self, sd: float) -> Array:
        """How far the examiner of each person's site leans (T, P); one examiner for each site."""
        own = self.streams.normal("examiner", self.plan.trial.sites, 1)[:, 0, :] * sd
        return np.take_along_axis(own, self.site, 1)

    def _happen(self, latent: LatentScores | None, *, shifting: bool = False) -> None:
        for course in self.plan.trial.events:
            if (course.shift is not None) != shifting and latent is not None:
                continue
            day = event_days(
                course, latent, self.plan.horizon, self.streams, self.scenario, self._ratio(course.event)
            )
            self.events[course.event] = np.ceil(day)

    def add(self, course: Course) -> None:
        """Add what one course gives."""
        scenario = replace(self.scenario, drift=self.scenario.drift * self.plan.signs.get(course.outcome, 1))
        if isinstance(course, ScoreCourse):
            self._score(course, scenario)
        elif isinstance(course, SeriesCourse):
            days = _days(self.plan, course.outcome)
            value, _ = self._effect(course.outcome)
            effect = (
                np.where(np.isfinite(self.dose), 1.0, 0.0)[:, :, None] * value * np.maximum(days, 0.0) / 7.0
            )
            self.baseline[course.outcome] = np.zeros(self.dose.shape)
            self.values[course.outcome] = series(course, days, self.streams, scenario) + effect
            self.effects[course.outcome] = np.broadcast_to(value, effect.shape)
        else:
            self._asked(course, scenario)

    def _score(self, course: ScoreCourse, scenario: Scenario) -> None:
        days = _days(self.plan, course.outcome)
        grid_days = np.unique([*days.tolist(), self.plan.horizon])
        latent = latent_scores(course, grid_days, self.streams, scenario)
        self._happen(latent, shifting=True)
        values = latent.values
        for event in self.plan.trial.events:
            if event.shift is not None:
                values = values + event.shift.value * (latent.grid >= self.events[event.event][:, :, None])
        value, by_day = self._effect(course.outcome)
        since = latent.grid - self.dose[:, :, None]
        part = np.clip(since / by_day, 0.0, 1.0) if by_day > 0 else (since >= 0).astype(float)
        effect = value * part
        whole = LatentScores(latent.grid, values + effect)
        self._happen(whole)
        leaning = self._leaning(_value(course.examiner_sd))
        noise = self.streams.normal("noise", len(days) + 1) * course.noise_sd.value * scenario.noise
        self.baseline[course.outcome] = whole.values[:, :, 0] + leaning + noise[:, :, 0]
        self.values[course.outcome] = whole.at(days) + leaning[:, :, None] + noise[:, :, 1:]
        self.effects[course.outcome] = effect[:, :, np.searchsorted(latent.grid, days)]

    def _asked(self, course: AskedCourse, scenario: Scenario) -> None:
        found, id = self.plan.forecasts[course.outcome], course.outcome
        stated = next(stated for stated in self.plan.estimands if id in stated.outcomes)
        form, days = made(stated.outcomes[id]), _days(self.plan, id)
        given = np.isfinite(self.dose)
        self.baseline[id] = np.zeros(self.dose.shape)
        value, _ = self._effect(id)
        self.effects[id] = np.broadcast_to(np.where(given, value, 0.0)[:, :, None], (*given.shape, len(days)))
        if found.changes:
            self.values[id] = cohort_changes(found, course, days, self.streams, scenario) + self.effects[id]
            return
        share = cohort_shares(found, self.streams, scenario)
        if found.kind == "survival":
            rate = -np.log(np.clip(share, 1e-9, 1.0)) / found.follow_up_days
            need = self.streams.exponential(f"asked:{id}")[:, :, 0]
            with np.errstate(divide="ignore"):
                day = np.ceil(need / (rate * self._ratio(form.event or id, id)))
            self.events[form.event or id] = np.maximum(day, 1.0)
            self.values[id] = np.full((*given.shape, len(days)), np.nan)
            return
        if found.leaning_sd > 0:
            share = leaned(share, self._leaning(found.leaning_sd))
        share = np.clip(share + np.where(given, value, 0.0), 0.0, 1.0)
        happened = self.streams.uniform(f"asked:{id}")[:, :, 0] < share
        if form.event:
            day = np.ceil(self.streams.uniform(f"day:{id}")[:, :, 0] * found.follow_up_days)
            self.events[form.event] = np.where(happened, np.maximum(day, 1.0), np.inf)
            self.values[id] = np.full((*given.shape, len(days)), np.nan)
        else:
            gain = np.where(happened, form.by * stated.good(id), 0.0)
            self.values[id] = np.repeat(gain[:, :, None], len(days), axis=2)


@dataclass(frozen=True, slots=True)
class QuestionPeople:
    """The people of one question in some of the studies: ``studies`` their places (T,), ``places`` of the people among all (T, P), ``data``."""

    studies: NDArray[np.int64]
    places: NDArray[np.int64]
    data: TrialArrays


def of_estimand(plan: SimulationPlan, stated: StatedEstimand, found: SimulatedTrials) -> list[QuestionPeople]:
    """The people of a question: its two arms (or its one), in their order of allocation, ``arm`` 1 for the treatment.

    Where the study has other arms beside, studies differ in how many people are in these: those of one number stand together, with their
    places among all.
    """
    names = [name for name, _ in plan.arms]
    wanted = [names.index(stated.treatment)] + ([names.index(stated.comparator)] if stated.comparator else [])
    data, mine = found.data, np.isin(found.data.arm, wanted)
    arm = (data.arm == wanted[0]).astype(np.int64)
    if mine.all():
        studies, people = arm.shape
        everybody = np.broadcast_to(np.arange(people), arm.shape)
        return [QuestionPeople(np.arange(studies), everybody, replace(data, arm=arm))]
    counts = mine.sum(axis=1)
    order = np.argsort(~mine, axis=1, kind="stable")
    out = []
    for count in np.unique(counts):
        studies = np.flatnonzero(counts == count)
        rows = order[studies, :count]

        def pick(each: Array, studies: NDArray[np.int64] = studies, rows: NDArray[np.int64] = rows) -> Array:
            return np.take_along_axis(each[studies], rows if each.ndim == 2 else rows[:, :, None], 1)

        out.append(QuestionPeople(studies, rows, TrialArrays(
            np.take_along_axis(arm[studies], rows, 1), {k: pick(v) for k, v in data.baseline.items()},
            {k: pick(v) for k, v in data.values.items()}, {k: pick(v) for k, v in data.events.items()}, pick(data.last_seen),
        )))  # fmt: skip
    return out
