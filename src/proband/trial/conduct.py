"""One shard: some trials of a scenario, run as they would be, with looks and the boundary of harm, and analysed by their own estimands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from proband.analysis.answers import Answers, answer_many
from proband.analysis.stated import StatedEstimand
from proband.analysis.trial_table import TrialArrays
from proband.programme.estimand import Looks
from proband.programme.trials import Harm
from proband.trial.participants import SimulatedTrials, of_estimand, simulate_people
from proband.trial.plan import SimulationPlan
from proband.trial.scenarios import Scenario

Array = NDArray[np.float64]

#: what each trial says of each estimand, and of itself
PER_ESTIMAND = ("estimate", "low", "high", "p", "rejected", "missing")
PER_TRIAL = ("stop", "people", "duration", "treated", "harmed", "untreated", "held")
#: how a trial ended
RAN, STOPPED_FOR_EFFECT, STOPPED_FOR_HARM = 0, 1, 2


@dataclass(frozen=True, slots=True)
class ShardResult:
    """What T trials showed: ``answers`` (T, estimands, :data:`PER_ESTIMAND`), ``conduct`` (T, :data:`PER_TRIAL`), ``events`` (T, names, 2)
    how many people had each event by the horizon (all, treated arms), ``applied`` the effect applied by outcome and visit.
    """

    answers: Array
    conduct: Array
    events: Array
    applied: dict[str, Array]


def event_names(plan: SimulationPlan) -> tuple[str, ...]:
    """The events that are counted, in order."""
    names = [event.event for event in plan.trial.events]
    names += [name for e in plan.estimands for o in e.outcomes.values() if o.made for name in o.made.names]
    names += ["product"] if plan.trial.product_failure is not None else []
    return tuple(dict.fromkeys(names))


def run_shard(
    plan: SimulationPlan, scenario: Scenario, first: int, count: int, seed: int, *, engine: str = "auto"
) -> ShardResult:
    """Trials ``first`` to ``first + count`` of a scenario; the same numbers whatever the size of the shard."""
    trials = np.arange(first, first + count, dtype=np.int64)
    found = simulate_people(plan, scenario, trials, seed, engine=engine)
    answers = np.full((count, len(plan.estimands), len(PER_ESTIMAND)), np.nan)
    stop, people = _harm(plan.trial.harm, found)
    rejected: dict[str, NDArray[np.bool_]] = {}
    for at, stated in enumerate(plan.estimands):
        hit, early, looked = np.zeros(count, bool), np.zeros(count, bool), people.copy()
        for part in of_estimand(plan, stated, found):
            mine, data = part.studies, part.data
            answer = answer_many(stated, data, engine=engine)
            hit[mine] = answer.rejects(stated.estimand.gate.error)
            if at == 0 and stated.estimand.looks is not None:
                hit[mine], early[mine], after = _looks(stated, stated.estimand.looks, data, answer, engine)
                # after how many people of the study, whatever their arm, so many of the question were there
                looked[mine] = part.places[np.arange(len(mine)), np.maximum(after - 1, 0)] + 1
            answers[mine, at, :4] = np.stack(
                [answer.estimate, answer.low, answer.high, np.where(answer.ok, answer.p, np.nan)], axis=1
            )
            answers[mine, at, 5] = _missing(stated, data)
        if at == 0:
            ended = early & (stop == RAN)
            stop, people = np.where(ended, STOPPED_FOR_EFFECT, stop), np.where(ended, looked, people)
        hit = hit & (stop != STOPPED_FOR_HARM)
        if stated.estimand.gate.after in rejected:
            hit = hit & rejected[stated.estimand.gate.after]
        rejected[stated.id] = hit
        answers[:, at, 4] = hit
    rows = np.arange(count)
    last = np.maximum(people.astype(int) - 1, 0)
    duration = found.entered[rows, last] + np.where(stop == STOPPED_FOR_HARM, 0.0, plan.estimands[0].day)
    in_it = np.arange(plan.people)[None, :] < people[:, None]
    given = np.isfinite(found.first_dose) & in_it
    to_treat = plan.to_treat(found.data.arm) & in_it
    conduct = np.stack(
        [
            stop,
            people,
            duration,
            given.sum(1),
            (found.harmed & in_it).sum(1),
            (to_treat & ~given).sum(1),
            found.held[rows, last],
        ],
        axis=1,
    ).astype(float)
    names = event_names(plan)
    events = np.zeros((count, len(names), 2))
    for at, name in enumerate(names):
        happened = np.isfinite(found.data.day_of([name])) & in_it
        events[:, at, 0], events[:, at, 1] = happened.sum(1), (happened & to_treat).sum(1)
    return ShardResult(answers, conduct, events, found.applied)


def _missing(stated: StatedEstimand, data: TrialArrays) -> Array:
    """The share of people without a value at the visit, in each trial."""
    values = data.values.get(stated.estimand.outcome)
    if values is None or not values.shape[2] or np.isnan(values).all():
        return np.zeros(data.shape[0])
    out: Array = np.isnan(values[:, :, stated.at(stated.estimand.outcome)]).mean(axis=1)
    return out


def _harm(harm: Harm | None, found: SimulatedTrials) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How each trial ended so far, and after how many people: the boundary is looked at after each treated person."""
    count, people = found.entered.shape
    stop, after = np.full(count, RAN), np.full(count, people)
    if harm is None:
        return stop, after
    limits = _boundary(people, harm.limit.value, harm.probability.value, *harm.prior)
    treated = np.cumsum(np.isfinite(found.first_dose), axis=1)
    crossed = np.cumsum(found.harmed, axis=1) >= limits[treated]
    crossed &= np.isfinite(found.first_dose)
    any_crossed = crossed.any(axis=1)
    return np.where(any_crossed, STOPPED_FOR_HARM, stop), np.where(
        any_crossed, np.argmax(crossed, axis=1) + 1, after
    )


@lru_cache(maxsize=64)
def _boundary(people: int, limit: float, probability: float, a: float, b: float) -> Array:
    from proband.analysis.early_phase import beta_binomial_stopping

    events = beta_binomial_stopping(people, limit, probability, (a, b)).events
    return np.array([np.inf if each is None else float(each) for each in events])


def _looks(
    stated: StatedEstimand, looks: Looks, data: TrialArrays, whole: Answers, engine: str
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.int64]]:
    """Rejected at all, rejected early, and after how many people, with the error spent over the looks.

    At a look everybody is counted who was allocated early enough to have reached the visit; people of one order of allocation reach it in
    that order.
    """
    count, people = data.shape
    limits = _spent(tuple(looks.fractions), looks.spending, stated.estimand.gate.error)
    early, after = np.zeros(count, bool), np.full(count, people)
    for fraction, limit in zip(looks.fractions, limits[:-1], strict=True):
        k = max(int(np.ceil(fraction * people)), 2)
        now = answer_many(stated, _first(data, k), engine=engine)
        hit = now.rejects(limit) & ~early
        early, after = early | hit, np.where(hit, k, after)
    return early | whole.rejects(limits[-1]), early, after


def _first(data: TrialArrays, k: int) -> TrialArrays:
    return replace(
        data, arm=data.arm[:, :k], baseline={n: v[:, :k] for n, v in data.baseline.items()},
        values={n: v[:, :k] for n, v in data.values.items()}, events={n: v[:, :k] for n, v in data.events.items()},
        last_seen=data.last_seen[:, :k],
    )  # fmt: skip


@lru_cache(maxsize=64)
def _spent(fractions: tuple[float, ...], function: str, error: float) -> tuple[float, ...]:
    """Two-sided p at which each look, and the final analysis, rejects."""
    from scipy.special import ndtr

    from proband.analysis.sequential.boundaries import spending

    design = spending([*fractions, 1.0], error, function, sided=2)
    return tuple(float(2 * ndtr(-z)) for z in design.upper)
