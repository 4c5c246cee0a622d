"""Headlines that count events which may come to one person more than once: attacks, falls, infections."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.analysis.rates import compare_rates, design_for_rates, events_distribution
from proband.natural_history import OutsideDomain, RateForecast
from proband.natural_history.conditions import parse_duration_days
from proband.natural_history.forecast import (
    COHORT_PLACES,
    N_QUANTILES,
    central,
    combine_levels,
    read_quantile,
    unique_sources,
)
from proband.natural_history.kinds.rows import DISPERSION
from proband.terms import Level
from proband.trial.headline.direction import event_direction, gap_direction, loudest
from proband.trial.headline.groups import ALONE, ALONE_DOMAIN, told_by
from proband.trial.headline.meaning import HeadlineUnclear
from proband.trial.headline.options import HeardConditions, refuse_unheard
from proband.trial.headline.reading import ReadHeadline, ReportedEvents
from proband.trial.headline.result import Ask, GroupTest, HeadlineResult, Sensitivity
from proband.trial.headline.tails import edgeworth
from proband.trial.headline.verdict import published_history, verdict
from proband.trial.headline.words import cannot_see, with_words

Array = NDArray[np.float64]
#: arm, part of the arm's people, and forecast of every kind of people
Strata = list[tuple[int, float, RateForecast]]
#: most events of one arm whose distribution is written out within a cohort
_MOST = 20_000
#: differences below this are those of binary fractions
_HAIR = 1e-9
#: by how much a trial should be able to change a rate, where nobody says (assumption)
_HALVED = 0.5


@dataclass(frozen=True, slots=True)
class _Group:
    """Events of a group, its people, and its person-time in units of one person's time of observation."""

    events: int
    people: int
    watched: float


def judge_rates(
    ask: Ask,
    read: ReadHeadline,
    conditions: HeardConditions,
    control_baseline: str | None,
    heterogeneity: bool,
) -> HeadlineResult:
    """The answer for a headline that counts events."""
    told = conditions.plain().follow_up
    days = parse_duration_days(told) if told else None
    assert read.rate is not None  # noqa: S101 (read_headline guarantees it for events)
    groups = [_group(ask, read.rate, days)]
    if read.control_rate is not None:
        groups.append(_group(ask, read.control_rate, days))
    strata, refused = _untreated(ask, groups, conditions, control_baseline, days)
    if not heterogeneity:
        strata = [(a, w, f.average()) for a, w, f in strata]
    return _judge(ask, read, groups, strata, refused, days or 1.0, heterogeneity)


def _group(ask: Ask, told: ReportedEvents, days: float | None) -> _Group:
    """People and person-time of a group; where only one of them is told, the time of observation gives the other."""
    over = None if told.over is None else parse_duration_days(told.over)
    if over is None:
        people = told.people or 1
        return _Group(told.events, people, float(people))
    if told.people is None and days is None:
        raise HeadlineUnclear("trial.headline.denominator", text=ask.text)
    if days is None:
        return _Group(told.events, told.people or 1, over)
    people = told.people or max(1, round(over / days))
    if over / people > 1.05 * days:
        raise HeadlineUnclear(
            "trial.headline.follow-up", text=ask.text, time=f"{int(over / people + 0.5)}d each", follow_up=f"{days:.0f}d"
        )  # fmt: skip
    return _Group(told.events, people, over / days)


def _untreated(
    ask: Ask,
    groups: list[_Group],
    conditions: HeardConditions,
    control_baseline: str | None,
    days: float | None,
) -> tuple[Strata, str | None]:
    found = ask.outcome.rates

    def asked() -> Strata:
        if found is None:
            raise OutsideDomain(
                f"events of {ask.outcome.name}", nearest="counts of people", differs=["no rate of events is published"]
            )  # fmt: skip
        if days is None:
            conditions.need_all(ask.outcome.needs)
        strata: Strata = []
        for arm, group in enumerate(groups):
            people = conditions.for_control(control_baseline) if arm else conditions
            rates = found(ask.programme, people, group.people)
            strata += [(arm, n / sum(m for m, _ in rates), f) for n, f in rates]
        refuse_unheard(conditions, ask.outcome)
        return strata

    strata, refused = published_history(
        ask, asked, alone=len(groups) > 1, nearest="a headline of another study"
    )
    return (strata if refused is None else _arms_alone(groups, days or 1.0)), refused


def _arms_alone(groups: list[_Group], days: float) -> Strata:
    """Both arms from the rate of the two together."""
    rate = (sum(g.events for g in groups) + 0.5) / sum(g.watched for g in groups) / days
    forecast = RateForecast(
        label="both arms together",
        quantiles=np.full(N_QUANTILES, rate),
        pooled=rate,
        dispersion=DISPERSION,
        domain=ALONE_DOMAIN,
        sources=(),
        level=Level.DERIVED,
        programme_hash="",
        assumptions=ALONE["rate"],
    )
    return [(arm, 1.0, forecast) for arm in range(len(groups))]


class _Arms:
    """The arms in cohorts: expected events of every arm (arms, cohorts), and how far people differ."""

    def __init__(self, groups: list[_Group], strata: Strata, days: float) -> None:
        self.groups, self.strata, self.days = groups, strata, days
        # of a mixed arm the most different people: it makes chance no smaller
        self.dispersion = max(f.dispersion for _, _, f in strata)

    def expected(self, u: list[Array]) -> list[Array]:
        """Expected events of every arm in the cohorts at these probabilities."""
        return [
            g.watched * self.days * sum((w * read_quantile(f.quantiles, u[a]) for a, w, f in self.strata if a == arm), np.zeros(len(u[arm])))
            for arm, g in enumerate(self.groups)
        ]  # fmt: skip

    def pooled(self) -> list[Array]:
        """The same in the average cohort."""
        return [
            np.array([g.watched * self.days * sum(w * f.pooled for a, w, f in self.strata if a == arm)])
            for arm, g in enumerate(self.groups)
        ]

    def draw(self, trials: int, seed: int, apart: bool, dispersion: float) -> Array:
        """Events of every arm in replayed trials, shape (arms, trials)."""
        rng = np.random.Generator(np.random.Philox([seed % (1 << 63), 4]))
        u = [rng.random(trials)] * 2
        if apart:
            u[1] = rng.random(trials)
        out = np.empty((len(self.groups), trials))
        for arm, (group, expected) in enumerate(zip(self.groups, self.expected(u), strict=True)):
            shape = group.watched / dispersion if dispersion else np.inf
            mean = expected * rng.gamma(shape, 1.0 / shape, trials) if dispersion else expected
            out[arm] = rng.poisson(np.minimum(mean, 1e15))
        return out

    def score(self, events: Array | NDArray[np.int64]) -> Array:
        """What is compared: events, or the difference of the events for each person."""
        if len(self.groups) == 1:
            return np.asarray(events[0], dtype=np.float64)
        return np.asarray(events[0] / self.groups[0].watched - events[1] / self.groups[1].watched)

    def tails(self, expected: list[Array], fewer: bool, apart: bool, dispersion: float) -> Array:
        """The tail in each cohort."""
        first = self.groups[0]
        reach = [float(np.max(e)) for e in expected]
        most = [int(m + 14 * np.sqrt(m + dispersion * m * m / g.watched) + 40 + 20 * (m / g.watched) * dispersion)
                for m, g in zip(reach, self.groups, strict=True)]  # fmt: skip
        if max(*most, first.events) > _MOST:
            return self._normal(expected, fewer, apart, dispersion)
        pmf = [
            events_distribution(g.watched, e, dispersion, max(m, g.events))
            for g, e, m in zip(self.groups, expected, most, strict=True)
        ]
        if len(self.groups) == 1:
            part = pmf[0][:, : first.events + 1] if fewer else pmf[0][:, : first.events]
            return np.asarray(part.sum(axis=1) if fewer else 1.0 - part.sum(axis=1)).clip(0.0, 1.0)
        seen = float(self.score(np.array([[g.events] for g in self.groups]))[0])
        second = self.groups[1].watched
        other = (np.arange(pmf[0].shape[1]) / first.watched - seen) * second
        last = pmf[1].shape[1] - 1
        below = np.cumsum(np.pad(pmf[1], ((0, 0), (1, 0))), axis=1)
        if fewer:
            reached = 1.0 - below[:, np.ceil(other - _HAIR).clip(0, last + 1).astype(int)]
        else:
            reached = below[:, np.floor(other + _HAIR).clip(-1, last).astype(int) + 1]
        met = (pmf[0] @ reached.T).mean(axis=1) if apart else np.einsum("ck,ck->c", pmf[0], reached)
        return np.asarray(met).clip(0.0, 1.0)

    def _normal(self, expected: list[Array], fewer: bool, apart: bool, dispersion: float) -> Array:
        """The same for very many events, from the first three moments of their sums."""
        sign, mean, variance, third = 1.0, np.zeros(1), np.zeros(1), np.zeros(1)
        for arm, (g, e) in enumerate(zip(self.groups, expected, strict=True)):
            if arm and apart:
                mean, variance, third = mean[:, None], variance[:, None], third[:, None]
            unit = g.watched if len(self.groups) > 1 else 1.0
            more = dispersion * e / g.watched
            mean = mean + sign * e / unit
            variance = variance + e * (1 + more) / unit**2
            third = third + sign * e * (1 + more) * (1 + 2 * more) / unit**3
            sign = -1.0
        seen = float(self.score(np.array([[g.events] for g in self.groups]))[0])
        below = edgeworth(mean, variance, third, np.asarray(seen))
        tail = below if fewer else 1.0 - below
        return np.asarray(tail.mean(axis=1) if apart else tail)


def _judge(
    ask: Ask,
    read: ReadHeadline,
    groups: list[_Group],
    strata: Strata,
    refused: str | None,
    days: float,
    heterogeneity: bool,
) -> HeadlineResult:
    two = len(groups) > 1
    apart = two and refused is None and heterogeneity and ask.groups != "randomised"
    arms = _Arms(groups, strata, days)
    first, last = groups[0], groups[-1]
    drawn = arms.draw(ask.trials, ask.seed, apart, arms.dispersion)
    score = arms.score(drawn)
    observed = float(arms.score(np.array([[g.events] for g in groups]))[0])
    as_many, as_few = float(np.mean(score >= observed - _HAIR)), float(np.mean(score <= observed + _HAIR))
    cohorts, average = arms.expected([COHORT_PLACES] * 2), arms.pooled()
    natural = (
        float(np.mean(arms.expected([(np.arange(N_QUANTILES) + 0.5) / N_QUANTILES] * 2)[0])) / first.watched
    )
    ends = arms.expected([np.array([0.025, 0.975])] * 2)[0] / first.watched
    spoken = (
        gap_direction(observed, ask.outcome.better)
        if two
        else event_direction(first.events, first.watched, read.only, ask.outcome.better, natural)
    )
    direction = loudest(spoken, as_many, as_few)
    fewer = direction == "at most"
    harm = fewer == (ask.outcome.better == "more")
    probability, opposite = (as_few, as_many) if fewer else (as_many, as_few)
    per = arms.tails(cohorts, fewer, apart, arms.dispersion)
    interval = central(per)
    alike = arms.score(arms.draw(min(ask.trials, 10_000), ask.seed + 1, apart, 0.0))
    sensitivity = [
        Sensitivity(
            "if all people of a cohort had the same rate",
            float(np.mean(alike <= observed + _HAIR if fewer else alike >= observed - _HAIR)),
        )
    ]
    compared, poor, good = None, None, None
    if two:
        found = compare_rates(first.events, first.watched, last.events, last.watched, arms.dispersion)
        name = "Exact conditional test of two rates" if found.exact else "Normal test of two rates"
        compared = GroupTest(f"{name} (people differ)", found.directed, found.two_sided)
        singly = compare_rates(first.events, first.watched, last.events, last.watched, 0.0)
        sensitivity.append(
            Sensitivity("p of the two rates (two-sided) if all people had the same rate", singly.two_sided)
        )
        if refused is None:
            many, few = float(np.mean(drawn[1] >= last.events)), float(np.mean(drawn[1] <= last.events))
            poor, good = (many, few) if ask.outcome.better == "fewer" else (few, many)
    verdict_from, surprise = verdict(ask, probability, interval, compared, harm=harm, refused=refused)
    values, frequencies = np.unique(np.round(score, 6), return_counts=True)
    change = abs(ask.difference) if ask.difference is not None else _HALVED
    return with_words(
        HeadlineResult(
            text=ask.text,
            programme=ask.programme.id,
            programme_hash=ask.programme.hash,
            outcome=ask.outcome.name,
            kind="two-arm events" if two else "events",
            direction=direction,
            seed=ask.seed,
            trials=ask.trials,
            observed=float(first.events),
            people=first.people,
            control_observed=float(last.events) if two else None,
            control_people=last.people if two else None,
            probability=probability,
            interval=interval,
            monte_carlo_se=float(np.sqrt(max(probability * (1 - probability), 1e-12) / ask.trials)),
            exact=float(arms.tails(average, fewer, False, arms.dispersion)[0]),
            predictive=float(np.mean(per)),
            opposite=opposite,
            natural=natural,
            natural_interval=(float(ends[0]), float(ends[1])),
            values=tuple(float(v) for v in values),
            frequencies=tuple(int(v) for v in frequencies),
            surprise=surprise,
            fisher=None,
            control_probability=poor,
            control_opposite=good,
            sensitivity=tuple(sensitivity),
            design=design_for_rates(
                max(natural, 1e-6), -change if ask.outcome.better == "fewer" else change, arms.dispersion
            ),
            words="",
            cannot_see=cannot_see(ask.outcome, two, refused is not None),
            assumptions=tuple(
                dict.fromkeys([*told_by(ask.sources), *(a for _, _, f in strata for a in f.assumptions)])
            ),
            domains=tuple(dict.fromkeys(f.domain for _, _, f in strata)),
            sources=unique_sources([s for _, _, f in strata for s in f.sources]),
            level=combine_levels([f.level for _, _, f in strata]),
            basis="the two arms alone"
            if refused
            else f"{max(f.n_cohorts for _, _, f in strata)} published cohorts",
            understood=read.understood,
            speaks_of="harm" if harm else "benefit",
            groups=ask.groups if two else None,
            comparison=compared,
            verdict_from=verdict_from,
            best_of=ask.best_of,
            natural_history_refused=refused,
            unit=ask.outcome.words.events[0] if ask.outcome.words and ask.outcome.words.events else "events",
            watched=tuple(g.watched for g in groups),
        ),
        ask.outcome,
    )
