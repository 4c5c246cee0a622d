"""The strategies of an estimand carried out on data: the same lines for a simulated trial, an interim and the final analysis.

Each intercurrent event acts from its day on, on visits of that day and later; where several have happened, the first one that has another
strategy than treatment policy decides. *Hypothetical*: values from then on are set aside, and taken as missing at random (for a time:
observation ends). *While on treatment*: the last value before stands (for a time: a competing event). *Composite*: the score named stands,
or the outcome counts as reached or not (for a time: as the event itself). *Treatment policy*: nothing changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.analysis.course_state import StateCourse, by_visit, followed, truth
from proband.analysis.stated import StatedEstimand, made
from proband.analysis.trial_table import TrialArrays
from proband.programme.estimand import IntercurrentEvent

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class EventTimes:
    """Times to the first of several ends: ``time`` (T, P) in days, ``status`` (T, P): 0 watched no longer, 1 the event, 2 a competing one."""

    time: Array
    status: IntArray
    horizon: float


@dataclass(frozen=True, slots=True)
class ComparedRung:
    """One level of a hierarchy for every person: ``kind`` ``"time"`` or ``"value"``, ``values`` and whether the event ``happened`` (T, P)."""

    name: str
    kind: str
    values: Array
    happened: NDArray[np.bool_]
    lower_is_better: bool
    margin: float


def scores(stated: StatedEstimand, data: TrialArrays, outcome: str | None = None) -> Array:
    """The outcome at its visits (T, P, V) after every strategy; NaN is missing."""
    id = outcome or stated.estimand.outcome
    form, days = made(stated.outcomes[id]), np.array([visit.day for visit in stated.visits[id]])
    change = form.from_baseline
    start = data.baseline[id][:, :, None] if change else np.zeros((*data.shape, 1))
    raw = data.values[id]
    out: Array = raw - start
    if form.form == "best":
        # of those visits at which somebody was measured: nobody was ever seen worse or better than that
        out = np.fmax.accumulate(out * stated.good(id), axis=2) * stated.good(id)
    decided = np.full(out.shape, np.inf)
    for event in stated.estimand.intercurrent_events:
        if event.strategy == "treatment-policy":
            continue
        day = data.day_of(event.names)[:, :, None]
        acts = (days >= day) & (day < decided)
        if event.strategy == "hypothetical" or (event.strategy == "composite" and event.score is None):
            new = np.full(out.shape, np.nan)
        elif event.strategy == "composite":
            new = np.broadcast_to(_stands(event, stated, data, id), raw.shape) - start
        else:
            new = _last_before(raw - start, day, days, change)
        out = np.where(acts, new, out)
        decided = np.where(acts, day, decided)
    return out


def own_day(stated: StatedEstimand, data: TrialArrays) -> Array:
    """Day of the event of the question (T, P), or on which its state was confirmed; infinity where it was not."""
    if made(stated.outcome).form == "state":
        return state_course(stated, data, stated.estimand.outcome).day
    return data.day_of(made(stated.outcome).names)


def state_course(stated: StatedEstimand, data: TrialArrays, id: str) -> StateCourse:
    """When a statement about the course came true: by every measurement, or by those of the plan where a trial is simulated."""
    if id in data.courses:
        return data.courses[id]
    form, values = made(stated.outcomes[id]), data.values[id]
    days = np.broadcast_to(np.array([visit.day for visit in stated.visits[id]]), values.shape)
    return followed(form, truth(form, values, data.baseline[id]), days)


def _made_on(stated: StatedEstimand, data: TrialArrays, id: str) -> Array:
    """The day on which the visit of the question was made (T, P); that of the plan where it was not."""
    if id not in data.visit_days:
        return np.full(data.shape, stated.day)
    on = data.visit_days[id][:, :, stated.at(id)]
    return np.where(np.isnan(on), stated.day, on)


def _stands(event: IntercurrentEvent, stated: StatedEstimand, data: TrialArrays, id: str) -> Array:
    """The value that stands for the outcome from a composite event on."""
    if event.score == "worst-at-baseline":
        worst = np.min if stated.good(id) > 0 else np.max
        unlike = -np.inf if stated.good(id) < 0 else np.inf
        found = worst(np.where(np.isnan(data.baseline[id]), unlike, data.baseline[id]), axis=1)
        out: Array = np.where(np.isfinite(found), found, np.nan)[:, None, None]
        return out
    return np.array([[[float(event.score or 0.0)]]])


def _last_before(values: Array, day: Array, days: Array, change: bool) -> Array:
    """The last value before a day, carried on; before the first one, no change (for a value: nothing)."""
    last = np.full(values.shape[:2], 0.0 if change else np.nan)
    out = np.empty_like(values)
    for visit in range(values.shape[2]):
        seen = np.isfinite(values[:, :, visit]) & (days[visit] < day[:, :, 0])
        last = np.where(seen, values[:, :, visit], last)
        out[:, :, visit] = last
    return out


def reached(stated: StatedEstimand, data: TrialArrays) -> Array:
    """Whether the outcome was reached by the visit (T, P): 1 or 0; what nobody measured counts as the estimand says."""
    id = stated.estimand.outcome
    form, day = made(stated.outcome), stated.day
    good = stated.good()
    if form.form == "gain":
        gained = scores_without_composites(stated, data, id)[:, :, stated.at(id)] * good
        out: Array = np.where(np.isnan(gained), np.nan, (gained >= form.by - 1e-9).astype(float))
    else:
        happened = own_day(stated, data)
        unseen = np.full(data.shape, np.inf)  # from when on it may have happened, and nobody looked
        if form.form == "state":
            course = state_course(stated, data, id)
            out, unseen = by_visit(course, _made_on(stated, data, id)), course.until
        else:
            known = np.isfinite(happened) | (data.last_seen >= day - 1e-9)
            out = np.where(known, (happened <= day).astype(float), np.nan)
        out = 1.0 - out if form.form == "free-of" else out
    for event in stated.estimand.intercurrent_events:
        when = data.day_of(event.names)
        if event.strategy == "composite":
            counts = float(event.score) if isinstance(event.score, float | int) else float(good < 0)
            out = np.where(when <= day, counts, out)
        elif event.strategy == "hypothetical":
            out = np.where(when <= day, np.nan, out)
        elif event.strategy == "while-on-treatment" and form.form != "gain":
            before = happened < when
            out = np.where((when <= day) & ~before, np.where(unseen < when, np.nan, float(form.form == "free-of")), out)  # fmt: skip
    missing = 1.0 if stated.estimand.missing == "reached" else 0.0
    return np.where(np.isnan(out), missing, out)


def outcome_known(stated: StatedEstimand, data: TrialArrays) -> NDArray[np.bool_]:
    """Whose outcome is known (T, P): measured at a visit of the question, watched from its start on, or ended by an event that it names."""
    ends = [name for e in stated.estimand.intercurrent_events if e.strategy in ("composite", "while-on-treatment") for name in e.names]  # fmt: skip
    ends += [rung.event for rung in stated.estimand.hierarchy if rung.event]
    known: NDArray[np.bool_] = np.isfinite(data.day_of(ends))
    for id, outcome in stated.outcomes.items():
        if made(outcome).form in ("event", "free-of"):
            known |= np.isfinite(data.day_of(made(outcome).names)) | (data.last_seen > 0)
        else:
            known |= np.isfinite(data.values[id]).any(axis=2)
    return known


def scores_without_composites(stated: StatedEstimand, data: TrialArrays, id: str) -> Array:
    """The outcome at its visits with the last value before an event carried on where the strategy says so; composites are counted later."""
    form, days = made(stated.outcomes[id]), np.array([visit.day for visit in stated.visits[id]])
    start = data.baseline[id][:, :, None] if form.from_baseline else 0.0
    out: Array = data.values[id] - start
    for event in stated.estimand.intercurrent_events:
        if event.strategy == "while-on-treatment":
            day = data.day_of(event.names)[:, :, None]
            out = np.where(days >= day, _last_before(out, day, days, True), out)
    return out


def times(stated: StatedEstimand, data: TrialArrays) -> EventTimes:
    """Time from zero to the outcome's event within the horizon of the visit."""
    horizon = stated.day
    own = own_day(stated, data)
    competing, stop = np.full(own.shape, np.inf), np.minimum(data.last_seen, horizon)
    for other in stated.estimand.intercurrent_events:
        when = data.day_of(other.names)
        if other.strategy == "composite":
            own = np.minimum(own, when)
        elif other.strategy == "while-on-treatment":
            competing = np.minimum(competing, when)
        elif other.strategy == "hypothetical":
            stop = np.minimum(stop, when)
    first = np.minimum(own, competing)
    if made(stated.outcome).form == "state":
        # whoever may have reached it unseen is watched no longer than that; a death is an end all the same, and never hidden by a missed visit
        until = state_course(stated, data, stated.estimand.outcome).until
        stop = np.where(np.isfinite(first), stop, np.minimum(stop, until))
    time = np.minimum(first, stop)
    status = np.where(first <= stop, np.where(own <= competing, 1, 2), 0)
    # a day that lies before the clock, or on it, still counts as a moment under observation
    return EventTimes(np.maximum(time, 1e-6), status.astype(np.int64), horizon)


def last_observed(stated: StatedEstimand, data: TrialArrays, outcome: str) -> Array:
    """The outcome (T, P) at the visit of the question, or at the last one before at which it was measured; NaN where it never was."""
    values = scores(stated, data, outcome)
    out: Array = np.full(values.shape[:2], np.nan)
    for visit in range(stated.at(outcome) + 1):
        out = np.where(np.isfinite(values[:, :, visit]), values[:, :, visit], out)
    return out


def compared(stated: StatedEstimand, data: TrialArrays) -> tuple[ComparedRung, ...]:
    """What pairs of people are compared by, from the most important level of the hierarchy down."""
    out = []
    for rung in stated.estimand.hierarchy:
        if rung.event:
            found = _rung_times(stated, data, rung.event)
            out.append(ComparedRung(rung.event, "time", found.time, found.status == 1, False, rung.margin))
        else:
            id = rung.outcome or ""
            values = last_observed(stated, data, id)
            never = np.zeros(data.shape, dtype=bool)
            out.append(
                ComparedRung(
                    stated.outcomes[id].name, "value", values, never, stated.good(id) < 0, rung.margin
                )
            )
    return tuple(out)


def _rung_times(stated: StatedEstimand, data: TrialArrays, event: str) -> EventTimes:
    """Time to one event of the hierarchy alone, up to the horizon."""
    when, stop = data.day_of([event]), np.minimum(data.last_seen, stated.day)
    status = (when <= stop).astype(np.int64)
    return EventTimes(np.maximum(np.minimum(when, stop), 1e-6), status, stated.day)
