"""Pictures of the data and designs that have no curve of their own: shares, grades, values by group, one patient, events that come again, balance of controls, limits of looks.

Like :mod:`proband.analysis.pictures_of` each returns data for a chart; nothing is drawn here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from proband.analysis.external_controls import CovariateBalance
from proband.analysis.given import column, same
from proband.analysis.multiplicity import MultipleTest
from proband.analysis.pictures import (
    Bar,
    BarGroup,
    BarPicture,
    CourseLine,
    CoursePicture,
    PictureLine,
    ResultPicture,
)
from proband.analysis.proportions import clopper_pearson
from proband.analysis.recurrent import mean_number
from proband.analysis.sequential.boundaries import SequentialDesign

Array = NDArray[np.float64]


def shares_picture(title: str, groups: Mapping[str, tuple[int, int]]) -> ResultPicture:
    """The share of each group in a hundred, with its exact interval; ``groups`` by name: events, people."""
    lines = []
    for name, (events, people) in groups.items():
        exact = clopper_pearson(events, people)
        ends = [100 * value for value in (events / people, exact.low, exact.high)]
        words = (
            f"{events} of {people}, {ends[0]:.0f} in a hundred, 95% interval {ends[1]:.0f} to {ends[2]:.0f}"
        )
        lines.append(PictureLine(name, ends[0], ends[1], ends[2], words))
    return ResultPicture(title, "people in a hundred", tuple(lines), None)


def grades_picture(title: str, grades: Sequence[str], groups: Mapping[str, ArrayLike]) -> BarPicture:
    """People at each grade, by group; ``groups`` by name: grades as places in ``grades``, the order of which is shown."""
    found = {name: column(name, values, low=0, high=len(grades) - 1, whole=True) for name, values in groups.items()}  # fmt: skip
    bars = tuple(
        BarGroup(grade, tuple(Bar(name, int((values == at).sum()), len(values)) for name, values in found.items()))
        for at, grade in enumerate(grades)
    )  # fmt: skip
    return BarPicture(title, "people", bars)


def steps_picture(title: str, states: Sequence[str], before: ArrayLike, after: ArrayLike) -> BarPicture:
    """From each state, how many steps went where: what a transitional model counts."""
    b, a = (column(name, v, low=0, high=len(states) - 1, whole=True) for name, v in (("before", before), ("after", after)))  # fmt: skip
    same(before=b, after=a)
    bars = tuple(
        BarGroup(f"from {state}", tuple(Bar(f"to {to}", int(((b == at) & (a == there)).sum()), int((b == at).sum())) for there, to in enumerate(states)))
        for at, state in enumerate(states)
        if (b == at).any()
    )  # fmt: skip
    return BarPicture(title, "steps", bars)


def values_picture(title: str, axis: str, groups: Mapping[str, ArrayLike]) -> ResultPicture:
    """The median of each group with the quarters of its people: what ranks and means compare."""
    lines = []
    for name, values in groups.items():
        seen = column(name, values, gaps=True)
        seen = seen[np.isfinite(seen)]
        low, middle, high = (float(v) for v in np.quantile(seen, [0.25, 0.5, 0.75]))
        lines.append(PictureLine(name, middle, low, high, f"{len(seen)} people, median {middle:.3g}, half of them between {low:.3g} and {high:.3g}"))  # fmt: skip
    return ResultPicture(title, axis, tuple(lines), None)


def series_picture(
    title: str, axis: str, measure: str, y: ArrayLike, times: ArrayLike, start: float
) -> CoursePicture:
    """What was measured of one patient, and when treatment began."""
    values, at = column("value", y, gaps=True), column("time", times)
    same(values=values, times=at)
    seen = np.isfinite(values)
    none = tuple(math.nan for _ in range(int(seen.sum())))
    line = CourseLine(
        "measured", _floats(at[seen]), _floats(values[seen]), none, none, tuple(1 for _ in none)
    )
    return CoursePicture(title, axis, measure, (line,), None, start)


def mean_number_picture(
    title: str, axis: str, groups: Mapping[str, tuple[Sequence[ArrayLike], ArrayLike, ArrayLike]], horizon: float, points: int = 25
) -> CoursePicture:  # fmt: skip
    """Mean number of events per person over time, deaths ending them (Ghosh and Lin); ``groups`` by name: times of events, time followed, whether died."""
    at = np.linspace(0.0, horizon, points)
    lines = []
    for name, (events, followed, died) in groups.items():
        watched = column("time followed", followed, low=0)
        mean = mean_number(events, watched, died, at)
        none = tuple(math.nan for _ in at)
        still = ", ".join(f"{int((watched >= t).sum())} at {t:.3g}" for t in np.linspace(0.0, horizon, 4))
        lines.append(CourseLine(f"{name}; watched: {still}", _floats(at), _floats(mean), none, none, (0,) * len(at)))  # fmt: skip
    return CoursePicture(title, axis, "events per person", tuple(lines))


def balance_picture(title: str, names: Sequence[str], balance: CovariateBalance) -> ResultPicture:
    """Standardised difference of each covariate before weighting and after it; ``balance`` says how many controls are left in effect."""
    lines = []
    for name, before, after in zip(names, _floats(balance.before), _floats(balance.after), strict=True):
        for how, value in (("before", before), ("after", after)):
            lines.append(PictureLine(f"{name}, {how}", value, value, value, f"{value:.2f} standard deviations"))  # fmt: skip
    return ResultPicture(f"{title}: {balance.effective:.0f} controls in effect", "standardised difference, treated less controls", tuple(lines), 0.0)  # fmt: skip


def looks_picture(title: str, design: SequentialDesign) -> CoursePicture:
    """The limits of Z at each look, over the share of the information."""
    at = _floats(design.fractions)
    none = tuple(math.nan for _ in at)
    ends = [("efficacy", design.upper), ("futility" if design.sided == 1 else "harm", design.lower)]
    lines = tuple(
        CourseLine(name, tuple(x for x, ok in zip(at, np.isfinite(z), strict=True) if ok), _floats(z[np.isfinite(z)]), none[: int(np.isfinite(z).sum())],
                   none[: int(np.isfinite(z).sum())], (0,) * int(np.isfinite(z).sum()))
        for name, z in ends if np.isfinite(z).any()
    )  # fmt: skip
    return CoursePicture(title, "share of the information", "limit of Z", lines, 0.0)


def hypotheses_picture(title: str, test: MultipleTest) -> ResultPicture:
    """The adjusted p of each hypothesis beside the error; what lies to the left of the line is rejected."""
    lines = tuple(
        PictureLine(name, p, p, p, f"adjusted p {p:.3g}, {'rejected' if name in test.rejected else 'not rejected'}")
        for name, p in zip(test.names, test.adjusted, strict=True)
    )  # fmt: skip
    return ResultPicture(title, "adjusted p", lines, test.alpha)


def counts_picture(title: str, at: Sequence[int], limits: Mapping[str, Sequence[float]]) -> CoursePicture:
    """Limits in counts over the number of people treated: of a dose-finding design, a two-stage design, a boundary of harm; NaN where there is none."""
    lines = []
    for name, values in limits.items():
        kept = [(float(n), float(v)) for n, v in zip(at, values, strict=True) if math.isfinite(v)]
        none = tuple(math.nan for _ in kept)
        lines.append(CourseLine(name, tuple(n for n, _ in kept), tuple(v for _, v in kept), none, none, (0,) * len(kept)))  # fmt: skip
    return CoursePicture(title, "people treated", "people with the event", tuple(lines))


def _floats(values: Array) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
