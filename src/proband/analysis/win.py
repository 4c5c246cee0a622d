"""Hierarchical composites: win ratio, win odds, net benefit, with strata; deaths, recurrent events and values as components.

Every treated person is compared with every control, first on the most important component; a component that does not decide passes on
to the next. Ties of all components are kept in win odds and net benefit.

Variances are those of U-statistics (mean score of each person against the other arm, divided by n as in Gasparyan et al.). Strata are combined with weights 1/N as in
Mantel and Haenszel's sum.

References
----------
Buyse M. Stat Med 2010;29:3245-3257 (net benefit). Pocock SJ et al. Eur Heart J 2012;33:176-182 (win ratio).
Finkelstein DM, Schoenfeld DA. Stat Med 1999;18:1341-1354. Dong G et al. J Biopharm Stat 2018;28:778-796 (strata); 2020;30:882-899 (win odds).
Gasparyan SB et al. Stat Methods Med Res 2021;30:580-611 (variance). Brunner E, Vandemeulebroecke M, Mütze T. Stat Med 2021;40:3367-3384. Mao L, Kim K, Li Y. Biometrics 2022;78:1375-1388 (recurrent events).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from proband.analysis.given import codes, column, labels, number, same, share, watched
from proband.analysis.result import AnalysisError, AnalysisResult, sentence

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Component:
    """One level of a hierarchy.

    Attributes
    ----------
    kind
        ``"time"``: a terminal event; later or never is better. ``values`` are times watched, ``event`` says whether it happened.
        ``"count"``: events up to the shorter of the two follow-ups; fewer is better. ``event_times`` hold each person's, ``values`` the
        follow-up; equal counts are decided by the later last event.
        ``"value"``: a measurement; more is better unless ``lower_is_better``; NaN decides nothing.
    margin
        Differences up to this are ties.
    """

    kind: str
    values: Array
    event: NDArray[np.bool_] | None = None
    event_times: Sequence[ArrayLike] | None = None
    lower_is_better: bool = False
    margin: float = 0.0

    def score(self) -> Array:
        """Pairwise comparison (people, people): 1 where the row is better, −1 where worse, 0 where undecided."""
        number("margin", self.margin, low=0)
        if self.kind == "time":
            return self._time()
        if self.kind == "count":
            return self._count()
        if self.kind == "value":
            values = column("value", self.values, gaps=True)
            gap = np.nan_to_num(np.subtract.outer(values, values) * (-1 if self.lower_is_better else 1))
            return np.where(np.abs(gap) > self.margin, np.sign(gap), 0.0)
        raise AnalysisError(
            "analysis.choice", what="kind of component", value=self.kind, known=["time", "count", "value"]
        )

    def _time(self) -> Array:
        if self.event is None:
            raise AnalysisError("analysis.win.component", kind="time", missing="event")
        time, event = watched(self.values, self.event)
        # the row is better where the column had its event while the row was watched on, beyond the margin
        beyond = np.subtract.outer(time, time) > self.margin
        wins = beyond & event[None, :]
        if self.margin == 0.0:
            # watched to the same time, one with the event: whoever had none is better
            wins |= np.equal.outer(time, time) & event[None, :] & ~event[:, None]
        out: Array = wins.astype(float) - wins.T
        return out

    def _count(self) -> Array:
        if self.event_times is None:
            raise AnalysisError("analysis.win.component", kind="count", missing="event_times")
        people = len(column("followed", self.values, low=0))
        shared = np.minimum.outer(self.values, self.values)
        counts, last = np.empty((people, people)), np.empty((people, people))
        for i, times in enumerate(self.event_times):
            own = np.sort(np.asarray(times, dtype=float))
            counts[i] = np.searchsorted(own, shared[i], side="right")
            padded = np.concatenate([[0.0], own])
            last[i] = padded[counts[i].astype(int)]
        gap = counts.T - counts
        # as many events: the later last one is better, where both had one
        later = np.where((counts > 0) & (counts == counts.T), np.sign(last - last.T), 0.0)
        return np.where(np.abs(gap) > self.margin, np.sign(gap), np.where(gap == 0, later, 0.0))


@dataclass(frozen=True, slots=True)
class WinStatistics:
    """Wins, losses and ties of the treated arm, and what follows from them.

    ``by_component`` holds wins and losses decided at each level; ``shares`` the (stratified) shares of wins and losses, their variances and
    covariance, and the share of ties.
    """

    wins: float
    losses: float
    ties: float
    by_component: tuple[tuple[float, float], ...]
    win_ratio: AnalysisResult
    win_odds: AnalysisResult
    net_benefit: AnalysisResult
    win_probability: AnalysisResult
    shares: tuple[float, float, float, float, float, float]


def win_statistics(
    components: Sequence[Component],
    arm: ArrayLike,
    *,
    strata: ArrayLike | None = None,
    confidence: float = 0.95,
) -> WinStatistics:
    """Compare arm 1 with arm 0.

    Parameters
    ----------
    components
        From the most important one down.
    arm
        (people,): 1 treated, 0 control.
    strata
        (people,): only people of one stratum are compared.
    """
    arm = codes("arm", arm, high=1)
    if not components:
        raise AnalysisError("analysis.win.empty")
    if not len(arm):
        raise AnalysisError("analysis.groups", groups=0)
    share("confidence", confidence)
    for component in components:
        same(arm=arm, component=np.asarray(component.values))
    score, decided = np.zeros((len(arm), len(arm))), []
    for component in components:
        own = np.where(score == 0, component.score(), 0.0)
        decided.append(own)
        score = score + own
    levels = (
        np.zeros(len(arm), dtype=int)
        if strata is None
        else np.unique(labels("stratum", strata), return_inverse=True)[1]
    )
    # sums of weighted wins, losses and pairs over strata, and their covariance
    sums, covariance, raw, by = np.zeros(3), np.zeros((2, 2)), np.zeros(3), np.zeros((len(decided), 2))
    for level in range(levels.max() + 1):
        rows, columns = (
            np.flatnonzero((levels == level) & (arm == 1)),
            np.flatnonzero((levels == level) & (arm == 0)),
        )
        if len(rows) < 2 or len(columns) < 2:
            raise AnalysisError("analysis.win.stratum", treated=len(rows), controls=len(columns))
        part = score[np.ix_(rows, columns)]
        weight = 1.0 / (len(rows) + len(columns))
        pairs = len(rows) * len(columns)
        won, lost = part > 0, part < 0
        raw += won.sum(), lost.sum(), (part == 0).sum()
        sums += weight * np.array([won.sum(), lost.sum(), pairs])
        covariance += (weight * pairs) ** 2 * _projection(won.astype(float), lost.astype(float))
        for at, own in enumerate(decided):
            piece = own[np.ix_(rows, columns)]
            by[at] += (piece > 0).sum(), (piece < 0).sum()
    return _statistics(sums, covariance, raw, by, confidence)


def _projection(won: Array, lost: Array) -> Array:
    """Covariance (2, 2) of the shares of wins and losses among the pairs of one stratum, from the mean score of each person."""
    out = np.zeros((2, 2))
    for axis in (1, 0):
        means = np.stack([won.mean(axis=axis), lost.mean(axis=axis)])
        out += np.cov(means, bias=True) / means.shape[1]
    return out


def _statistics(sums: Array, covariance: Array, raw: Array, by: Array, confidence: float) -> WinStatistics:
    from scipy.special import ndtr, ndtri

    wins, losses, pairs = sums
    z = float(ndtri(0.5 + confidence / 2))
    won, lost = wins / pairs, losses / pairs
    v = covariance / pairs**2
    difference = float(v[0, 0] + v[1, 1] - 2 * v[0, 1]) ** 0.5
    benefit = float(won - lost)
    probability = (1 + benefit) / 2

    def result(name: str, estimate: float, error: float, display: str, null: float) -> AnalysisResult:
        # where every pair ends alike nothing says how uncertain that is: no interval, rather than one of no width
        half = z * error if error > 0 else float("nan")
        statistic = (estimate - null) / error if error > 0 else float("nan")
        p = float(2 * ndtr(-abs(statistic)))
        low, high = estimate - half, estimate + half
        shown = (np.exp(estimate), np.exp(low), np.exp(high)) if display == "exp" else (estimate, low, high)
        return AnalysisResult(
            method="pairwise comparison, U-statistic variance",
            quantity=name,
            estimate=estimate,
            standard_error=error,
            low=low,
            high=high,
            confidence=confidence,
            statistic=statistic,
            p=p,
            display=display,
            diagnostics={"wins": float(raw[0]), "losses": float(raw[1]), "ties": float(raw[2])},
            words=sentence(name, shown, confidence, p),
        )

    ratio_error = float("nan")
    ratio = float("nan")
    if wins > 0 and losses > 0:
        ratio = float(np.log(wins / losses))
        ratio_error = float(v[0, 0] / won**2 + v[1, 1] / lost**2 - 2 * v[0, 1] / (won * lost)) ** 0.5
    inside = 0 < probability < 1
    odds = float(np.log(probability / (1 - probability))) if inside else float("nan")
    odds_error = difference / 2 / (probability * (1 - probability)) if inside else float("nan")
    return WinStatistics(
        float(raw[0]), float(raw[1]), float(raw[2]), tuple((float(a), float(b)) for a, b in by),
        result("win ratio", ratio, ratio_error, "exp", 0.0),
        result("win odds", odds, odds_error, "exp", 0.0),
        result("net benefit", benefit, difference, "identity", 0.0),
        result("win probability", probability, difference / 2, "identity", 0.5),
        (float(won), float(lost), float(v[0, 0]), float(v[1, 1]), float(v[0, 1]), float(1 - won - lost)),
    )  # fmt: skip
