"""The answer to an estimand: one call for a table of any trial, and the same for thousands of simulated trials at once.

:func:`answer_many` chooses the estimator by the estimand's summary and by nothing else; :func:`analyse` is the same for one trial, with
counts and words. Both go through :mod:`proband.analysis.strategies`, so a simulated trial cannot be analysed otherwise than a real one.

======================================  ==========================================================================================
summary                                 estimator
======================================  ==========================================================================================
difference-in-means                     MMRM, unstructured, REML, Kenward-Roger (linear); ladder of structures where it does not converge;
                                        analysis of covariance where the outcome has one visit
ratio-of-odds                           proportional odds with baseline
difference-in-proportions               Miettinen and Nurminen's interval, Boschloo's test
single-proportion                       exact binomial test against the benchmark, Clopper and Pearson's interval
single-mean                             t test against the benchmark, of those who were measured
hazard-ratio                            log-rank test, Cox's model for the estimate
restricted-mean-survival-time           difference of areas under Kaplan-Meier curves
difference-in-survival                  difference of Kaplan-Meier curves, Greenwood's variance
cumulative-incidence-difference         Aalen-Johansen, competing events apart
win-odds                                pairwise comparison along the hierarchy
within-person-change                    Bayesian time series of one patient with the estimand's prior
======================================  ==========================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from proband.analysis.question_means import centred, difference_of_means
from proband.analysis.question_picture import picture_of_question
from proband.analysis.result import AnalysisError, AnalysisResult, Scalar, sentence
from proband.analysis.stated import StatedEstimand, made
from proband.analysis.strategies import compared, outcome_known, reached, scores, times
from proband.analysis.trial_columns import TrialRow
from proband.analysis.trial_table import TrialArrays, arranged

if TYPE_CHECKING:
    from proband.analysis.nof1 import SeriesPrior

Array = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Answers:
    """One answer for each of T trials, on the scale of analysis; NaN where it could not be estimated, and ``ok`` False there.

    ``p`` is two-sided (for a benchmark one-sided, doubled); for one patient it is twice the posterior probability of no improvement.
    ``standard_error``, ``degrees_of_freedom`` and ``statistic`` are None where the method has none (exact tests, normal distributions).
    """

    method: str
    quantity: str
    estimate: Array
    low: Array
    high: Array
    p: Array
    ok: BoolArray
    display: str = "identity"
    null: float = 0.0
    standard_error: Array | None = None
    degrees_of_freedom: Array | None = None
    statistic: Array | None = None

    def rejects(self, error: float) -> BoolArray:
        """Where the null is rejected at a two-sided error; a trial without an answer rejects nothing."""
        with np.errstate(invalid="ignore"):
            return self.ok & (self.p <= error)


Estimator = Callable[[StatedEstimand, TrialArrays, str], Answers]


def answer_many(stated: StatedEstimand, data: TrialArrays, *, engine: str = "auto") -> Answers:
    """The estimand's answer in each of T trials.

    Parameters
    ----------
    engine
        ``"auto"``: compiled kernels where they are installed; ``"plain"``: the readable reference of each, slower, with the same numbers.
    """
    return _ESTIMATORS[stated.estimand.summary](stated, data, engine)


def analyse(stated: StatedEstimand, rows: Iterable[TrialRow], *, engine: str = "plain") -> AnalysisResult:
    """The estimand's answer from the table of one trial, of whatever origin.

    One trial is answered by the plain estimators, which need no compiler and no minute of it; ``engine="auto"`` takes the kernels.

    Raises
    ------
    AnalysisError
        Whatever :func:`~proband.analysis.trial_table.arranged` refuses; ``analysis.not-estimable`` where the data give no answer.
    """
    data = arranged(stated, rows)
    found = answer_many(stated, data, engine=engine)
    if not found.ok[0] or not _known_of_both(stated, data):
        raise AnalysisError("analysis.not-estimable", estimand=stated.id, method=found.method)
    estimate, low, high, p = (float(part[0]) for part in (found.estimate, found.low, found.high, found.p))
    error, df, statistic = (
        None if part is None or not np.isfinite(part[0]) else float(part[0])
        for part in (found.standard_error, found.degrees_of_freedom, found.statistic)
    )  # fmt: skip
    result = AnalysisResult(
        method=found.method, quantity=found.quantity, estimate=estimate, standard_error=error, low=low, high=high, degrees_of_freedom=df,
        statistic=statistic, p=p, display=found.display,
        diagnostics=_counts(stated, data) | _beside_benchmark(stated, data, estimate, low, high),
        picture=picture_of_question(stated, data, engine=engine),
    )  # fmt: skip
    words = sentence(found.quantity, result.shown, 0.95, p)
    return replace(result, words=words).for_estimand(stated.hash)


def gives_no_answer(refusal: AnalysisError) -> bool:
    """Whether a refusal says that sound data hold no answer (nobody had the event yet), and not that the table is wrong."""
    return not refusal.code.startswith(("analysis.table.", "analysis.columns", "analysis.choice", "analysis.estimand."))  # fmt: skip


def _known_of_both(stated: StatedEstimand, data: TrialArrays) -> bool:
    """Whether anybody's outcome is known in each group: what nobody measured counts as the estimand says, and of nobody it says nothing."""
    known = outcome_known(stated, data)
    return all(bool(known[data.arm == side].any()) for side in ((1, 0) if stated.comparator else (1,)))


def _counts(stated: StatedEstimand, data: TrialArrays) -> dict[str, Scalar]:
    counts: dict[str, Scalar] = {
        "treated": int((data.arm == 1).sum()),
        "controls": int((data.arm == 0).sum()),
        "withdrew the use of their data": data.withdrawn,
        "programme": stated.programme_hash,
    }
    for event in stated.estimand.intercurrent_events:
        happened = data.day_of(event.names) <= stated.day
        for side, name in ((1, "treated"), (0, "controls")):
            counts[f"{event.event} ({event.strategy}), {name}"] = int((happened & (data.arm == side)).sum())
    if made(stated.outcome).form not in ("event", "free-of"):
        values = data.values[stated.estimand.outcome][0]
        counts["measured at the visit"] = int(
            np.isfinite(values[:, stated.at(stated.estimand.outcome)]).sum()
        )
    return counts | dict(data.remarks)


def _beside_benchmark(
    stated: StatedEstimand, data: TrialArrays, estimate: float, low: float, high: float
) -> dict[str, Scalar]:
    """What no answer against a benchmark goes without: E-value and drift grid."""
    benchmark, error = stated.estimand.benchmark, stated.estimand.gate.error
    if benchmark is None or benchmark.value is None:
        return {}
    from proband.analysis.benchmarked import beside_mean, beside_share

    if benchmark.share is not None:
        return beside_share(estimate, low, high, data.shape[1], benchmark.share, stated.good(), error)
    seen = int(np.isfinite(scores(stated, data)[0, :, stated.at(stated.estimand.outcome)]).sum())
    return beside_mean(estimate, low, high, seen, benchmark.value, stated.good(), error)


def _normal(method: str, quantity: str, estimate: Array, error: Array, p: Array | None = None, df: Array | None = None, display: str = "identity") -> Answers:  # fmt: skip
    from scipy.special import ndtr, stdtr, stdtrit

    with np.errstate(divide="ignore", invalid="ignore"):
        z = estimate / error
        if df is None:
            tail, quantile = ndtr(-np.abs(z)), np.full(estimate.shape, 1.959963984540054)
        else:
            tail, quantile = stdtr(df, -np.abs(z)), stdtrit(df, 0.975)
    ok = np.isfinite(estimate) & np.isfinite(error) & (error > 0)
    return Answers(method, quantity, estimate, estimate - quantile * error, estimate + quantile * error,
                   2 * tail if p is None else p, ok, display, 0.0, error, df, z)  # fmt: skip


def _means(stated: StatedEstimand, data: TrialArrays, engine: str) -> Answers:
    found = difference_of_means(stated, data, engine)
    quantity = (
        f"difference of means, {stated.treatment} minus {stated.comparator}, at {stated.estimand.visit}"
    )
    return _normal(found.method, quantity, found.estimate, found.standard_error, df=found.degrees_of_freedom)


def _odds(stated: StatedEstimand, data: TrialArrays, engine: str) -> Answers:
    from proband.analysis.regression_batch import proportional_odds_batch

    y = scores(stated, data)[:, :, stated.at(stated.estimand.outcome)] * stated.good()
    arm = np.broadcast_to(data.arm, data.shape)
    estimate, error = np.full(len(y), np.nan), np.full(len(y), np.nan)
    baseline = centred(data.baseline[stated.estimand.outcome])
    ranks = [np.unique(row[np.isfinite(row)], return_inverse=True)[1] for row in y]
    sizes = np.array([int(rank.max()) + 1 if len(rank) else 0 for rank in ranks])
    codes = np.full(y.shape, -1, dtype=np.int64)
    for d, rank in enumerate(ranks):
        codes[d, np.isfinite(y[d])] = rank
    for size in np.unique(sizes[sizes > 1]):
        rows = np.flatnonzero(sizes == size)
        x = np.stack([arm[rows].astype(float), baseline[rows]], axis=2)
        x = x if np.ptp(baseline) > 0 else x[:, :, :1]
        found = proportional_odds_batch(codes[rows], x, int(size), engine=engine)
        estimate[rows], error[rows] = found.estimate, found.standard_error
    return _normal("proportional odds", f"odds ratio of a better {stated.outcome.name} at {stated.estimand.visit}", estimate, error, display="exp")  # fmt: skip


@lru_cache(maxsize=200_000)
def _two_shares(a: int, m: int, b: int, n: int) -> tuple[float, float, float, float]:
    if not m or not n:  # chance put nobody into one of the arms
        return (float("nan"),) * 4
    from proband.analysis.risk_difference import risk_difference
    from proband.analysis.unconditional import boschloo

    found = risk_difference(a, m, b, n)
    return found.estimate, found.low, found.high, boschloo(a, m, b, n).p


def _shares(stated: StatedEstimand, data: TrialArrays, engine: str) -> Answers:
    got = reached(stated, data)
    arm = np.broadcast_to(data.arm, data.shape)
    counts = [(got * (arm == 1)).sum(1), (arm == 1).sum(1), (got * (arm == 0)).sum(1), (arm == 0).sum(1)]
    rows = np.array([_two_shares(*map(int, row)) for row in zip(*counts, strict=True)])
    quantity = (
        f"difference of shares, {stated.treatment} minus {stated.comparator}, at {stated.estimand.visit}"
    )
    return Answers("Miettinen and Nurminen's interval, Boschloo's test", quantity, rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3],
                   np.isfinite(rows[:, 0]))  # fmt: skip


def _one_share(stated: StatedEstimand, data: TrialArrays, engine: str) -> Answers:
    from scipy.stats import beta, binom

    benchmark = stated.estimand.benchmark
    share = (benchmark.share if benchmark else None) or 0.5
    x, n = reached(stated, data).sum(1), data.shape[1]
    better = binom.sf(x - 1, n, share) if stated.good() > 0 else binom.cdf(x, n, share)
    low = np.where(x > 0, beta.ppf(0.025, np.maximum(x, 1), n - x + 1), 0.0)
    high = np.where(x < n, beta.ppf(0.975, x + 1, np.maximum(n - x, 1)), 1.0)
    return Answers(f"exact binomial against {share:g}, Clopper and Pearson's interval", f"share at {stated.estimand.visit}",
                   x / n, low, high, np.minimum(2 * better, 1.0), np.full(len(x), n > 0), null=share)  # fmt: skip


def _one_mean(stated: StatedEstimand, data: TrialArrays, engine: str) -> Answers:
    from scipy.special import stdtr, stdtrit

    benchmark = stated.estimand.benchmark
    fixed = (benchmark.mean if benchmark else None) or 0.0
    y = scores(stated, data)[:, :, stated.at(stated.estimand.outcome)]
    n = np.isfinite(y).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(y, axis=1) / n
        error = np.sqrt(np.nansum((y - mean[:, None]) ** 2, axis=1) / (n - 1) / n)
        better = stdtr(n - 1.0, -(mean - fixed) * stated.good() / error)
        half = stdtrit(n - 1.0, 0.975) * error
    ok = np.isfinite(error) & (error > 0)
    return Answers(f"t test against {fixed:g}, of those who were measured", f"mean of {stated.outcome.name} at {stated.estimand.visit}",
                   mean, mean - half, mean + half, np.minimum(2 * better, 1.0), ok, null=fixed, standard_error=error, degrees_of_freedom=n - 1.0,
                   statistic=(mean - fixed) / np.where(ok, error, np.nan))  # fmt: skip


def _hazards(stated: StatedEstimand, data: TrialArrays, engine: str) -> Answers:
    from scipy.special import ndtr

    from proband.analysis.survival.batch import cox_batch, logrank_batch
    from proband.analysis.survival.separated import separated_hazards

    found = times(stated, data)
    event, arm = found.status == 1, np.ascontiguousarray(np.broadcast_to(data.arm, data.shape))
    z = logrank_batch(found.time, event, arm, engine=engine).z
    fit = cox_batch(found.time, event, arm[:, :, None].astype(float), engine=engine)
    p = 2 * ndtr(-np.abs(z))
    answers = _normal("log-rank test; Cox's model, Efron's ties", f"hazard ratio, {stated.treatment} to {stated.comparator}", fit.beta[:, 0], fit.standard_error[:, 0], p, display="exp")  # fmt: skip
    # where all events fell into one group the ratio has no end, and it still has a direction and a bound
    endless = np.flatnonzero(np.isfinite(z) & ~np.isfinite(answers.estimate))
    known = np.isfinite(z) & np.isfinite(answers.estimate)
    for at in endless:
        bounds = separated_hazards(found.time[at], event[at], arm[at])
        if bounds is not None:
            answers.estimate[at], answers.low[at], answers.high[at] = bounds
            known[at] = True
    # the test is the log-rank test, of which the statistic is told; the error is that of the logarithm of the ratio
    return replace(answers, ok=known, statistic=z)


def _restricted(stated: StatedEstimand, data: TrialArrays, engine: str) -> Answers:
    from proband.analysis.survival.batch import rmst_batch

    found = times(stated, data)
    arm = np.ascontiguousarray(np.broadcast_to(data.arm, data.shape))
    mean, error = rmst_batch(found.time, found.status == 1, arm, found.horizon, engine=engine)
    # an arm to which nothing happened is not known without error, and nobody can say with which
    error = np.where(error > 0, error, np.nan)
    return _normal("restricted mean survival time", f"difference of mean days free of the event within {found.horizon:g} days", mean[:, 1] - mean[:, 0], np.hypot(error[:, 0], error[:, 1]))  # fmt: skip


def _curves(stated: StatedEstimand, data: TrialArrays, engine: str) -> Answers:
    from proband.analysis.survival.incidence import incidence_batch

    found = times(stated, data)
    survival = stated.estimand.summary == "difference-in-survival"
    at = incidence_batch(
        found.time, found.status, np.broadcast_to(data.arm, data.shape), found.horizon, engine=engine
    )
    at = at[:, :, :2] if survival else at[:, :, 2:]
    method = "Kaplan-Meier, Greenwood" if survival else "Aalen-Johansen, competing events apart"
    arm = np.broadcast_to(data.arm, data.shape)
    people = np.stack([(arm == side).sum(1) for side in (0, 1)], axis=1).astype(float)
    # an arm to which nothing happened, or everything, is not known without error: its variance is that of one event more and one less
    # (Agresti and Caffo, Am Stat 2000;54:280-288); an arm of nobody has none
    share = (at[:, :, 0] * people + 1) / (people + 2)
    variance = np.where(at[:, :, 1] > 0, at[:, :, 1], share * (1 - share) / (people + 2))
    variance = np.where(people > 0, variance, np.nan)
    spread = np.where((at[:, :, 1] > 0).any(axis=1), np.sqrt(variance.sum(axis=1)), 0.0)
    spread = np.where((people > 0).all(axis=1), spread, np.nan)
    return _normal(method, f"difference of shares, {stated.treatment} minus {stated.comparator}, at day {found.horizon:g}", at[:, 1, 0] - at[:, 0, 0], spread)  # fmt: skip


def _wins(stated: StatedEstimand, data: TrialArrays, engine: str) -> Answers:
    from proband.analysis.win_batch import win_batch

    arm = np.ascontiguousarray(np.broadcast_to(data.arm, data.shape))
    rungs = compared(stated, data)
    batch = win_batch(
        [rung.kind for rung in rungs], np.stack([rung.values for rung in rungs], axis=1), np.stack([rung.happened for rung in rungs], axis=1), arm,
        lower_is_better=[rung.lower_is_better for rung in rungs], margins=[rung.margin for rung in rungs], engine=engine,
    )  # fmt: skip
    return _normal("pairwise comparison along the hierarchy, U-statistic variance", f"win odds, {stated.treatment} against {stated.comparator}", batch.log_win_odds, batch.log_win_odds_error, display="exp")  # fmt: skip


def series_of_one(stated: StatedEstimand, data: TrialArrays) -> tuple[Array, Array, SeriesPrior, NDArray[np.bool_]]:  # fmt: skip
    """What the answer of one patient rests on: values (T, V) turned so that more is better, weeks (V,) from time zero, the prior turned in the same way,
    and which of the trials have enough of them: two before and three from time zero on.

    Raises
    ------
    AnalysisError
        ``analysis.nof1.people`` where there is no prior, or not one patient.
    """
    from proband.analysis.nof1 import SeriesPrior

    prior = stated.estimand.prior
    if prior is None or data.shape[1] != 1:
        raise AnalysisError("analysis.nof1.people", people=data.shape[1])
    id, sign = stated.estimand.outcome, float(stated.good())
    y = scores(stated, data)[:, 0, :] * sign
    weeks = np.array([visit.day for visit in stated.visits[id]]) / 7.0
    believed = SeriesPrior(
        slope=prior.slope * sign, slope_sd=prior.slope_sd, log_noise=float(np.log(prior.noise)),
        log_noise_sd=float(np.log(prior.noise_factor)), level_sd=prior.level_sd, change_sd=prior.change_sd,
    )  # fmt: skip
    enough = (np.isfinite(y[:, weeks < 0]).sum(1) >= 2) & (np.isfinite(y[:, weeks >= 0]).sum(1) >= 3)
    return y, weeks, believed, enough


def without_level(y: Array) -> Array:
    """Series less their own mean: the level of somebody is nobody's prior."""
    seen = np.isfinite(y)
    return np.asarray(
        y - np.where(seen, y, 0.0).sum(1, keepdims=True) / np.maximum(seen.sum(1, keepdims=True), 1)
    )


def _one_patient(stated: StatedEstimand, data: TrialArrays, engine: str) -> Answers:
    from proband.analysis.nof1 import series_posterior_batch

    y, weeks, believed, enough = series_of_one(stated, data)
    prior, sign = stated.estimand.prior, float(stated.good())
    assert prior is not None  # noqa: S101 - there is none without
    out = np.full((len(y), 3), np.nan)
    if enough.any():
        out[enough] = series_posterior_batch(without_level(y)[enough], weeks, 0.0, believed, engine=engine)
    probability, mean, sd = out[:, 0], out[:, 1] * sign, out[:, 2]
    # the plan's limit of the probability stands for a two-sided error of 0.05: p is scaled so that both are reached together
    p = np.minimum((1.0 - probability) / (1.0 - prior.probability) * stated.estimand.gate.error, 1.0)
    return Answers(
        f"Bayesian time series of one patient, prior slope {prior.slope:g} ± {prior.slope_sd:g} a week, better at probability {prior.probability:g}",
        "change of slope per week", mean, mean - 1.959963984540054 * sd, mean + 1.959963984540054 * sd, p, enough,
        standard_error=sd,
    )  # fmt: skip


_ESTIMATORS: dict[str, Estimator] = {
    "difference-in-means": _means, "ratio-of-odds": _odds, "difference-in-proportions": _shares, "single-proportion": _one_share, "single-mean": _one_mean,
    "hazard-ratio": _hazards, "restricted-mean-survival-time": _restricted, "difference-in-survival": _curves,
    "cumulative-incidence-difference": _curves, "win-odds": _wins, "within-person-change": _one_patient,
}  # fmt: skip
