"""Pictures of single analyses, for whoever calls them without an estimand: curves, means over visits, studies and their mean, pairs of a hierarchy.

Each takes what the analysis was given or what it gave, and returns data for a chart (:mod:`proband.analysis.pictures`); nothing is drawn here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from proband.analysis.given import same
from proband.analysis.kaplan_meier import KaplanMeier, kaplan_meier
from proband.analysis.mmrm.model import MixedModelFit
from proband.analysis.pictures import (
    Bar,
    BarGroup,
    BarPicture,
    CourseLine,
    CoursePicture,
    CurveLine,
    CurvePicture,
    PictureLine,
    ResultPicture,
)
from proband.analysis.result import AnalysisResult, shown_number
from proband.analysis.survival.competing import cumulative_incidence
from proband.analysis.synthesis import RandomEffects
from proband.analysis.win import WinStatistics

Array = NDArray[np.float64]
_Z = 1.959963984540054


def survival_picture(
    title: str, axis: str, curves: Mapping[str, KaplanMeier], horizon: float | None = None
) -> CurvePicture:
    """Kaplan-Meier curves by group, with log-log bounds, the numbers at risk and everybody who was last seen.

    Parameters
    ----------
    axis
        What the times are ("days from allocation").
    horizon
        Where the axis ends; the longest time watched where it is not said.
    """
    lines = []
    for name, curve in curves.items():
        low, high = curve.bounds()
        lines.append(
            _line(
                name,
                curve.times,
                curve.share,
                low,
                high,
                curve.at_risk,
                curve.censored,
                curve.watched,
                1.0,
            )
        )
    end = max(float(curve.watched[-1]) for curve in curves.values()) if horizon is None else horizon
    return CurvePicture(title, axis, False, end, tuple(lines))


def incidence_picture(
    title: str, axis: str, groups: Mapping[str, tuple[ArrayLike, ArrayLike]], cause: int = 1, horizon: float | None = None
) -> CurvePicture:  # fmt: skip
    """Cumulative incidence of one cause by group, the others competing (Aalen and Johansen).

    Parameters
    ----------
    groups
        By name: times watched, and what ended them (0 nothing, 1, 2, … the cause).
    """
    lines, end = [], 0.0
    for name, (watched, ended) in groups.items():
        time, causes = np.asarray(watched, dtype=float), np.asarray(ended, dtype=np.int64)
        free = kaplan_meier(time, causes > 0)
        found = cumulative_incidence(time, causes, max(cause, int(causes.max(initial=0))))
        share, error = found.probability[:, cause], found.standard_error[:, cause]
        low, high = _within(share, error)
        lines.append(
            _line(name, found.times, share, low, high, free.at_risk, free.censored, free.watched, 0.0)
        )
        end = max(end, float(free.watched[-1]))
    return CurvePicture(title, axis, True, end if horizon is None else horizon, tuple(lines))


def _within(share: Array, error: Array) -> tuple[Array, Array]:
    """Bounds of cumulative incidences on the scale log(-log F), on which they stay between 0 and 1 (Choudhury, Stat Med 2002;21:1129-1144)."""
    low, high = np.zeros_like(share), np.ones_like(share)
    known = (share > 0) & (share < 1) & (error > 0)
    f = share[known]
    spread = np.exp(_Z * error[known] / (f * -np.log(f)))
    low[known], high[known] = f**spread, f ** (1 / spread)
    return low, high


def _line(name: str, at: Array, share: Array, low: Array, high: Array, risk: NDArray[np.int64], censored: Array, watched: Array, start: float) -> CurveLine:  # fmt: skip
    """A curve from time 0 on, where everybody is there and nothing is uncertain."""
    return CurveLine(
        name, (0.0, *_floats(at)), (start, *_floats(share)), (start, *_floats(low)), (start, *_floats(high)),
        (len(watched), *(int(count) for count in risk)), _floats(censored), _floats(watched),
    )  # fmt: skip


def _floats(values: Array) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def means_picture(
    title: str, axis: str, measure: str, fit: MixedModelFit, visit: str, visits: Mapping[Any, float], arm: str, arms: Sequence[Any],
    people: Mapping[Any, Sequence[int]] | None = None,
) -> CoursePicture:  # fmt: skip
    """Least-squares means of a mixed model over the visits, by arm, with the intervals of its own inference.

    Parameters
    ----------
    visit, visits
        The factor of the visits, and the place on the axis of each of its levels.
    arm, arms
        The factor of the arms, and which of its levels are shown, in order.
    people
        By arm, how many were measured at each visit; not known where it is not said (0).
    """
    lines = []
    for level in arms:
        found = [fit.least_squares_mean({visit: at, arm: level}) for at in visits]
        counted = tuple(people[level]) if people else tuple(0 for _ in visits)
        lines.append(
            CourseLine(
                str(level), tuple(map(float, visits.values())), tuple(each.estimate for each in found), tuple(each.low for each in found),
                tuple(each.high for each in found), counted,
            )
        )  # fmt: skip
    return CoursePicture(title, axis, measure, tuple(lines))


def synthesis_picture(
    title: str,
    names: Sequence[str],
    estimate: ArrayLike,
    error: ArrayLike,
    found: RandomEffects,
) -> ResultPicture:
    """A forest: each study with its own 95 % interval, the mean of all, and where the effect of a new study would lie.

    Raises
    ------
    AnalysisError
        ``analysis.given.lengths`` where names, estimates and errors are not of as many studies.
    """
    y, spread = np.asarray(estimate, dtype=float), np.asarray(error, dtype=float)
    same(names=np.asarray(names), estimates=y, errors=spread)
    result = found.result
    rows = [(name, v, v - _Z * e, v + _Z * e) for name, v, e in zip(names, _floats(y), _floats(spread), strict=True)]  # fmt: skip
    rows.append((f"mean of {len(y)} studies ({result.method})", result.estimate, result.low, result.high))
    rows.append(("effect in a new study (prediction interval)", result.estimate, *found.prediction))
    lines = tuple(
        PictureLine(name, v, low, high, _words(result, v, low, high)) for name, v, low, high in rows
    )
    axis = "logarithm of the ratio; 0 is no difference" if result.display == "exp" else "effect"
    return ResultPicture(title, axis, lines, 0.0)


def _words(result: AnalysisResult, *values: float) -> str:
    shown = [shown_number(math.exp(v) if result.display == "exp" else v) for v in values]
    return f"{shown[0]}, interval {shown[1]} to {shown[2]}"


def wins_picture(
    title: str, names: Sequence[str], found: WinStatistics, arms: tuple[str, str] = ("treated", "controls")
) -> BarPicture:
    """Pairs decided at each level of a hierarchy, the most important first, and those that none decides."""
    pairs = round(found.wins + found.losses + found.ties)
    groups = [
        BarGroup(
            name,
            (
                Bar(f"better with {arms[0]}", round(won), pairs),
                Bar(f"better with {arms[1]}", round(lost), pairs),
            ),
        )
        for name, (won, lost) in zip(names, found.by_component, strict=True)
    ]
    groups.append(BarGroup("no level decides", (Bar("neither", round(found.ties), pairs),)))
    return BarPicture(title, "pairs of people", tuple(groups))
