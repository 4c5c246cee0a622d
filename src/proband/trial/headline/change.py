"""Headlines that report a mean change of a score: in one group, or against a second one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from proband.analysis.elementary import normal_cdf
from proband.analysis.exact import design_for_means
from proband.natural_history import ChangeForecast, OutsideDomain
from proband.natural_history.askable import AskableOutcome
from proband.natural_history.conditions import Conditions
from proband.natural_history.forecast import combine_levels, read_quantile, unique_sources
from proband.trial.headline.direction import gap_direction, loudest
from proband.trial.headline.groups import best_of
from proband.trial.headline.reading import MeanChange, ReadHeadline
from proband.trial.headline.result import Ask, HeadlineResult
from proband.trial.headline.words import cannot_see, grade_of_surprise, with_words

Array = NDArray[np.float64]


def judge_change(ask: Ask, read: ReadHeadline, conditions: Conditions, heterogeneity: bool) -> HeadlineResult:
    """The answer for a headline that reports a mean change."""
    change = read.change
    assert change is not None  # noqa: S101 (read_headline guarantees it for changes)
    if ask.outcome.changes is None:
        raise OutsideDomain(
            f"a mean change of {ask.outcome.name}", nearest="counts", differs=["no means published"]
        )
    change, control = _toward(change, read, ask.outcome), read.control_change
    strata = [(0, n, f) for n, f in ask.outcome.changes(ask.programme, conditions, change.people)]
    if control is not None:
        control = _toward(control, read, ask.outcome)
        strata += [(1, n, f) for n, f in ask.outcome.changes(ask.programme, conditions, control.people)]
    own = {0: change.sd, 1: control.sd if control else None}
    # a spread that the text gives is taken where it is the larger: it makes chance no smaller
    strata = [(a, n, replace(f, sd=max(f.sd, own[a] or 0.0))) for a, n, f in strata]
    rng = np.random.Generator(np.random.Philox([ask.seed % (1 << 63), 3]))
    u = rng.random(ask.trials) if heterogeneity else np.full(ask.trials, 0.5)
    means = [np.zeros(ask.trials), np.zeros(ask.trials)]
    people = {0: change.people, 1: control.people if control else 1}
    for arm, n, f in strata:
        cohort = read_quantile(f.quantiles, u) if heterogeneity else np.full(ask.trials, f.pooled)
        means[arm] += n / people[arm] * (cohort + f.sd / np.sqrt(n) * rng.standard_normal(ask.trials))
    score = means[0] - means[1] if control else means[0]
    observed = change.change - (control.change if control else 0.0)
    as_many, as_few = float(np.mean(score >= observed)), float(np.mean(score <= observed))
    direction = loudest(gap_direction(observed, ask.outcome.better), as_many, as_few)
    fewer = direction == "at most"
    probability, opposite = (as_few, as_many) if fewer else (as_many, as_few)
    per = _normal_tails(strata, people, observed, control is not None, fewer, heterogeneity)
    f0 = [(n, f) for a, n, f in strata if a == 0]
    mean = sum(n * (f.mean if heterogeneity else f.pooled) for n, f in f0) / change.people
    spread = (
        np.sum([n * read_quantile(f.quantiles, np.array([0.025, 0.975])) for n, f in f0], axis=0)
        / change.people
    )
    sd = float(np.sqrt(sum(n * f.sd**2 for n, f in f0) / change.people))
    edges = np.linspace(float(np.quantile(score, 0.001)), float(np.quantile(score, 0.999)), 42)
    histogram, _ = np.histogram(np.clip(score, edges[0], edges[-1]), bins=edges)
    difference = abs(ask.difference) if ask.difference is not None else max(abs(observed), 0.1 * sd, 0.1)
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
        interval=(float(np.quantile(per[:-1], 0.025)), float(np.quantile(per[:-1], 0.975))),
        monte_carlo_se=float(np.sqrt(max(probability * (1 - probability), 1e-12) / ask.trials)),
        exact=float(per[-1]),
        predictive=float(np.mean(per[:-1])),
        opposite=opposite,
        natural=float(mean),
        natural_interval=(float(spread[0]), float(spread[1])),
        values=tuple(float(v) for v in (edges[:-1] + edges[1:]) / 2),
        frequencies=tuple(int(v) for v in histogram),
        surprise=grade_of_surprise(best_of(probability, ask.best_of)),
        fisher=None,
        control_probability=None,
        sensitivity=(),
        design=design_for_means(
            -difference if ask.outcome.better == "fewer" else difference,
            sd,
            f0[0][1].unit,
            control=round(mean, 2),
        ),
        words="",
        cannot_see=cannot_see(ask.outcome, control is not None, False),
        assumptions=tuple(
            dict.fromkeys(
                [a for _, _, f in strata for a in f.assumptions]
                + ["Of the headline's own SD and the published one the larger is taken."] * any(own.values())
            )
        ),
        domains=tuple(dict.fromkeys(f.domain for _, _, f in strata)),
        sources=unique_sources([s for _, _, f in strata for s in f.sources]),
        level=combine_levels([f.level for _, _, f in strata]),
        basis="published score trajectories and their spread",
        understood=read.understood,
        speaks_of="harm" if fewer == (ask.outcome.better == "more") else "benefit",
        groups=ask.groups if control else None,
        verdict_from=best_of(probability, ask.best_of),
        best_of=ask.best_of,
        unit=f0[0][1].unit,
        extra={"person_sd": sd},
    )
    return with_words(result, ask.outcome)


def _toward(change: MeanChange, read: ReadHeadline, found: AskableOutcome) -> MeanChange:
    """ "improved by 3" means towards better, whatever the score's direction."""
    if read.toward is None or change.change == 0:
        return change
    up = (read.toward == "better") == (found.better == "more")
    return replace(change, change=change.change if up else -change.change)


def _normal_tails(
    strata: list[tuple[int, int, ChangeForecast]],
    people: dict[int, int],
    observed: float,
    two: bool,
    fewer: bool,
    heterogeneity: bool,
) -> Array:
    """The exact (normal) tail in 100 plausible cohorts, and last in the average one."""

    variance = sum((n / people[a]) ** 2 * f.sd**2 / n for a, n, f in strata)
    steps = np.arange(2, len(strata[0][2].quantiles), 4)
    sign = {0: 1.0, 1: -1.0 if two else 0.0}
    means = np.zeros(len(steps) + 1)
    for a, n, f in strata:
        per = f.quantiles[steps] if heterogeneity else np.full(len(steps), f.pooled)
        means += sign[a] * n / people[a] * np.append(per, f.pooled)
    z = (observed - means) / np.sqrt(variance)
    return normal_cdf(z if fewer else -z)
