"""Headlines that report a mean change of a score: in one group, or against a second one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from proband.analysis.elementary import normal_cdf
from proband.analysis.exact import design_for_means
from proband.natural_history import ChangeForecast, OutsideDomain
from proband.natural_history.askable import AskableOutcome
from proband.natural_history.forecast import (
    COHORT_PLACES,
    N_QUANTILES,
    central,
    combine_levels,
    read_quantile,
    unique_sources,
)
from proband.terms import Level
from proband.trial.headline.direction import gap_direction, loudest
from proband.trial.headline.groups import ALONE, ALONE_DOMAIN, compare_means, told_by
from proband.trial.headline.meaning import HeadlineUnclear
from proband.trial.headline.options import HeardConditions, refuse_unheard
from proband.trial.headline.reading import MeanChange, ReadHeadline, shortest, signed
from proband.trial.headline.result import Ask, HeadlineResult
from proband.trial.headline.verdict import published_history, verdict
from proband.trial.headline.words import cannot_see, with_words

Array = NDArray[np.float64]
Strata = list[tuple[int, int, ChangeForecast]]
#: bars between the bounds of 998 of 1000 replayed trials
_BARS = 40
#: most different results that are not grouped into bars
_MOST_VALUES = 60
#: what is said of a spread that the headline gives, and of figures that are printed to some digits
OWN_SPREAD = "Of the headline's own SD and the published one the larger is taken."
ROUNDED = "The headline's figures are rounded to {steps} {unit}; replayed means are rounded alike."
#: differences below this are those of binary fractions
_HAIR = 1e-9


def judge_change(
    ask: Ask,
    read: ReadHeadline,
    conditions: HeardConditions,
    control_baseline: str | None,
    heterogeneity: bool,
) -> HeadlineResult:
    """The answer for a headline that reports a mean change."""
    change = read.change
    assert change is not None  # noqa: S101 (read_headline guarantees it for changes)
    change, control = _toward(change, read, ask.outcome), read.control_change
    if control is not None:
        control = _toward(control, read, ask.outcome)
    strata, refused = _untreated(ask, change, control, conditions, control_baseline)
    for group in (change, control):
        if group is not None:
            _refuse_beyond(ask.text, group, [f for _, _, f in strata])
    if not heterogeneity:
        strata = [(a, n, f.average()) for a, n, f in strata]
    # groups that chance did not make come from cohorts of their own
    apart = control is not None and refused is None and heterogeneity and ask.groups != "randomised"
    people = {0: change.people, 1: control.people if control else 1}
    steps = (change.step, control.step if control else 0.0)
    # printed means are rounded, and so are the replayed ones: a difference that rounding makes is none
    means = [_printed(m, step) for m, step in zip(_replayed(ask, strata, people, apart), steps, strict=True)]
    score = means[0] - means[1] if control else means[0]
    observed = change.change - (control.change if control else 0.0)
    as_many, as_few = float(np.mean(score >= observed - _HAIR)), float(np.mean(score <= observed + _HAIR))
    direction = loudest(gap_direction(observed, ask.outcome.better), as_many, as_few)
    fewer = direction == "at most"
    probability, opposite = (as_few, as_many) if fewer else (as_many, as_few)
    harm = fewer == (ask.outcome.better == "more")
    per = _normal_tails(strata, people, observed, steps if control else steps[:1], fewer, apart)
    interval = central(per[:-1])
    f0 = [(n, f) for a, n, f in strata if a == 0]
    mean = sum(n * f.mean for n, f in f0) / change.people
    spread = (
        np.sum([n * read_quantile(f.quantiles, np.array([0.025, 0.975])) for n, f in f0], axis=0)
        / change.people
    )
    sd = float(np.sqrt(sum(n * f.sd**2 for n, f in f0) / change.people))
    compared, as_poor, as_good = None, None, None
    if control is not None:
        compared = compare_means(
            change.change, change.people, change.sd, control.change, control.people, control.sd, sd, steps
        )
        if refused is None:
            high = float(np.mean(means[1] >= control.change - _HAIR))
            low = float(np.mean(means[1] <= control.change + _HAIR))
            as_poor, as_good = (high, low) if ask.outcome.better == "fewer" else (low, high)
    verdict_from, surprise = verdict(ask, probability, interval, compared, harm=harm, refused=refused)
    values, frequencies = bars(score, observed, fewer)
    difference = abs(ask.difference) if ask.difference is not None else max(abs(observed), 0.1 * sd, 0.1)
    rounded = " and ".join(dict.fromkeys(shortest(s) for s in (steps if control else steps[:1]) if s))
    result = HeadlineResult(
        text=ask.text,
        programme=ask.programme.id,
        programme_hash=ask.programme.hash,
        outcome=ask.outcome.name,
        kind="two-arm mean change" if control else "mean change",
        direction=direction,
        seed=ask.seed,
        trials=ask.trials,
        observed=change.change,
        people=change.people,
        control_observed=control.change if control else None,
        control_people=control.people if control else None,
        probability=probability,
        interval=interval,
        monte_carlo_se=float(np.sqrt(max(probability * (1 - probability), 1e-12) / ask.trials)),
        exact=float(per[-1]),
        predictive=float(np.mean(per[:-1])),
        opposite=opposite,
        natural=float(mean),
        natural_interval=(float(spread[0]), float(spread[1])),
        values=values,
        frequencies=frequencies,
        surprise=surprise,
        fisher=None,
        control_probability=as_poor,
        control_opposite=as_good,
        sensitivity=(),
        design=design_for_means(
            -difference if ask.outcome.better == "fewer" else difference,
            sd,
            f0[0][1].unit,
            control=round(mean, 2),
        ),
        words="",
        cannot_see=cannot_see(ask.outcome, control is not None, refused is not None),
        assumptions=tuple(
            dict.fromkeys(
                [*told_by(ask.sources), *(a for _, _, f in strata for a in f.assumptions)]
                + [OWN_SPREAD] * (refused is None and bool(change.sd or (control and control.sd)))
                + [ROUNDED.format(steps=rounded, unit=f0[0][1].unit)] * bool(rounded)
            )
        ),
        domains=tuple(dict.fromkeys(f.domain for _, _, f in strata)),
        sources=unique_sources([s for _, _, f in strata for s in f.sources]),
        level=combine_levels([f.level for _, _, f in strata]),
        basis="the two arms alone" if refused else "published score trajectories and their spread",
        understood=read.understood,
        speaks_of="harm" if harm else "benefit",
        groups=ask.groups if control else None,
        comparison=compared,
        verdict_from=verdict_from,
        best_of=ask.best_of,
        natural_history_refused=refused,
        unit=f0[0][1].unit,
        extra={"person_sd": sd},
    )
    return with_words(result, ask.outcome)


def _refuse_beyond(text: str, told: MeanChange, forecasts: list[ChangeForecast]) -> None:
    """Refuse a change that no score of the scale can show, from whatever value; half of the last printed digit is left to rounding.

    Raises
    ------
    HeadlineUnclear
        If the change lies beyond what every kind of people can show.
    """
    reaches = [f.reach for f in forecasts if f.reach is not None]
    if len(reaches) < len(forecasts):
        return
    low, high = min(r[0] for r in reaches), max(r[1] for r in reaches)
    if not low - told.step / 2 <= told.change <= high + told.step / 2:
        raise HeadlineUnclear(
            "trial.headline.beyond", text=text, change=signed(told.change), unit=forecasts[0].unit, low=signed(low), high=signed(high)
        )  # fmt: skip


def _untreated(
    ask: Ask,
    change: MeanChange,
    control: MeanChange | None,
    conditions: HeardConditions,
    control_baseline: str | None,
) -> tuple[Strata, str | None]:
    """The forecasts of every arm with its people, or the arms alone and why no published history is their yardstick."""
    ask_changes = ask.outcome.changes
    if ask_changes is None:
        raise OutsideDomain(
            f"a mean change of {ask.outcome.name}", nearest="counts", differs=["no means published"]
        )
    own = {0: change.sd, 1: control.sd if control else None}
    both = control is not None and bool(change.sd and control.sd)

    def asked() -> Strata:
        strata = [(0, n, f) for n, f in ask_changes(ask.programme, conditions, change.people)]
        refuse_unheard(conditions, ask.outcome)
        if control is not None:
            other = conditions.for_control(control_baseline)
            strata += [(1, n, f) for n, f in ask_changes(ask.programme, other, control.people)]
        return strata

    strata, refused = published_history(
        ask,
        asked,
        alone=both,
        nearest="a headline of another study, or both groups with the spread between their people (SD)",
    )
    if refused is None:
        # a spread that the text gives is taken where it is the larger: it makes chance no smaller
        return [(a, n, replace(f, sd=max(f.sd, own[a] or 0.0))) for a, n, f in strata], None
    assert control is not None  # noqa: S101 (both spreads are given)
    return _arms_alone(change, control), refused


def _arms_alone(change: MeanChange, control: MeanChange) -> Strata:
    """Both arms around the mean of the two together, each with its own spread."""
    total = change.people + control.people
    middle = (change.change * change.people + control.change * control.people) / total
    return [
        (
            arm,
            group.people,
            ChangeForecast(
                label="both arms together",
                quantiles=np.full(N_QUANTILES, middle),
                pooled=middle,
                sd=group.sd or 0.0,
                unit="points",
                domain=ALONE_DOMAIN,
                sources=(),
                level=Level.DERIVED,
                programme_hash="",
                assumptions=ALONE["change"],
            ),
        )
        for arm, group in enumerate((change, control))
    ]


def _replayed(ask: Ask, strata: Strata, people: dict[int, int], apart: bool) -> list[Array]:
    """The mean change of both arms in every replayed trial."""
    rng = np.random.Generator(np.random.Philox([ask.seed % (1 << 63), 3]))
    u = [rng.random(ask.trials)] * 2
    means = [np.zeros(ask.trials), np.zeros(ask.trials)]
    if apart:
        u[1] = rng.random(ask.trials)
    for arm, n, f in strata:
        cohort = read_quantile(f.quantiles, u[arm])
        means[arm] += n / people[arm] * (cohort + f.sd / np.sqrt(n) * rng.standard_normal(ask.trials))
    return means


def _printed(means: Array, step: float) -> Array:
    """Means as they would be printed, to the last digit that the headline gives."""
    return means if not step else np.round(means / step) * step


def bars(score: Array, observed: float, fewer: bool) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """The replayed results in bars of equal width, one of whose edges lies at the headline: no bar is partly this side and partly that.

    What equals the headline reaches it: it is counted to the side of the higher results, with ``fewer`` to that of the lower ones.

    Results beyond 998 of 1000 trials are counted into the outermost bar of their side.
    """
    told, counted = np.unique(np.round(score, 9), return_counts=True)
    if len(told) <= _MOST_VALUES:  # printed means are few: each has a bar of its own
        return tuple(float(v) for v in told), tuple(int(n) for n in counted)
    low, high = (float(v) for v in np.quantile(score, [0.001, 0.999]))
    width = (high - low) / _BARS or 1.0
    far = (score - observed) / width
    place = (np.ceil(far - _HAIR) - 1 if fewer else np.floor(far + _HAIR)).astype(np.int64)
    first, last = (int(np.floor((v - observed) / width)) for v in (low, high))
    beyond = np.clip(place, max(first, 0), max(last, 0))
    short = np.clip(place, min(first, -1), min(last, -1))
    where, frequencies = np.unique(np.where(place >= 0, beyond, short), return_counts=True)
    return tuple(float(observed + (k + 0.5) * width) for k in where), tuple(int(v) for v in frequencies)


def _toward(change: MeanChange, read: ReadHeadline, found: AskableOutcome) -> MeanChange:
    """ "improved by 3" means towards better, whatever the score's direction."""
    if read.toward is None or change.change == 0:
        return change
    up = (read.toward == "better") == (found.better == "more")
    return replace(change, change=change.change if up else -change.change)


def _normal_tails(
    strata: Strata,
    people: dict[int, int],
    observed: float,
    steps: tuple[float, ...],
    fewer: bool,
    apart: bool,
) -> Array:
    """The (normal) tail in 100 plausible cohorts, and last in the average one, of means that are rounded to ``steps`` (one of each arm).

    Where the arms come from cohorts ``apart``, a cohort of the treated arm meets every cohort of the control arm.
    """
    two = len(steps) > 1
    variance = sum((n / people[a]) ** 2 * f.sd**2 / n for a, n, f in strata)
    if two:
        variance += sum(step**2 for step in steps) / 12
    observed += min(steps) / 2 * (1 if fewer else -1)
    arm = np.zeros((2, len(COHORT_PLACES) + 1))
    for a, n, f in strata:
        arm[a] += n / people[a] * np.append(read_quantile(f.quantiles, COHORT_PLACES), f.pooled)
    against = arm[1] if two else np.zeros_like(arm[1])
    z = (observed - (arm[0] - against)) / np.sqrt(variance)
    tails = normal_cdf(z if fewer else -z)
    if apart:
        pairs = (observed - (arm[0, :-1, None] - against[None, :-1])) / np.sqrt(variance)
        tails[:-1] = normal_cdf(pairs if fewer else -pairs).mean(axis=1)
    return tails
