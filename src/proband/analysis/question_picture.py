"""The picture of the people behind the answer to an estimand: what its estimator saw, in the form that its summary has.

======================================  ==================================================================================
summary                                 picture
======================================  ==================================================================================
difference-in-means                     means of both arms over the visits, by the model that gives the answer
single-mean                             means over the visits of those who were measured, and the benchmark
ratio-of-odds                           people at each grade, by arm
difference-in-proportions,              share of each arm with its exact interval (and the benchmark)
single-proportion
hazard-ratio,                           Kaplan-Meier curves with the numbers at risk and everybody who was last seen
restricted-mean-survival-time
difference-in-survival                  the same, free of every event that the estimand counts
cumulative-incidence-difference         cumulative incidence (Aalen-Johansen), competing events apart
win-odds                                pairs decided at each level of the hierarchy
within-person-change                    what was measured of the one patient, and when treatment began
======================================  ==================================================================================

The picture is made from the same numbers as the answer: the distance of its ends is the estimate, where the estimate is a distance.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from proband.analysis.kaplan_meier import kaplan_meier
from proband.analysis.pictures import (
    AnyPicture,
    Bar,
    BarGroup,
    BarPicture,
    CourseLine,
    CoursePicture,
    PictureLine,
    ResultPicture,
)
from proband.analysis.pictures_of import incidence_picture, survival_picture, wins_picture
from proband.analysis.question_means import means_by_visit
from proband.analysis.stated import StatedEstimand, made
from proband.analysis.strategies import compared, reached, scores, times
from proband.analysis.trial_table import TrialArrays

Array = NDArray[np.float64]


def picture_of_question(
    stated: StatedEstimand, data: TrialArrays, *, engine: str = "plain"
) -> AnyPicture | None:
    """The picture of one trial, the treated first; None where nothing of it has a number."""
    return _PICTURES[stated.estimand.summary](stated, data, engine)


def _sides(stated: StatedEstimand) -> list[tuple[int, str]]:
    return [(1, stated.treatment)] + ([(0, str(stated.comparator))] if stated.comparator else [])


def _means(stated: StatedEstimand, data: TrialArrays, engine: str) -> AnyPicture | None:
    from scipy.special import stdtrit

    found = means_by_visit(stated, data, engine)
    seen = np.isfinite(scores(stated, data)[0])
    half = stdtrit(found.degrees_of_freedom, 0.975) * found.standard_error
    if not np.isfinite(found.estimate).any():
        return None
    lines = tuple(
        CourseLine(
            name, _days(stated), _floats(found.estimate[side]), _floats(found.estimate[side] - half[side]),
            _floats(found.estimate[side] + half[side]), _counts(seen[data.arm[0] == side].sum(axis=0)),
        )
        for side, name in _sides(stated)
    )  # fmt: skip
    return CoursePicture(_title(stated, found.method), _axis(stated), stated.outcome.name, lines)


def _single_mean(stated: StatedEstimand, data: TrialArrays, engine: str) -> AnyPicture | None:
    from scipy.special import stdtrit

    y = scores(stated, data)[0]
    n = np.isfinite(y).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(y, axis=0) / n
        error = np.sqrt(np.nansum((y - mean) ** 2, axis=0) / (n - 1) / n)
        half = stdtrit(n - 1.0, 0.975) * error
    if not np.isfinite(mean).any():
        return None
    line = CourseLine(stated.treatment, _days(stated), _floats(mean), _floats(mean - half), _floats(mean + half), _counts(n))  # fmt: skip
    benchmark = stated.estimand.benchmark
    return CoursePicture(
        _title(stated, "means of those who were measured"), _axis(stated), stated.outcome.name, (line,), benchmark.value if benchmark else None
    )  # fmt: skip


def _one_patient(stated: StatedEstimand, data: TrialArrays, engine: str) -> AnyPicture | None:
    y = scores(stated, data)[0, 0]
    seen = np.isfinite(y)
    if not seen.any():
        return None
    weeks = np.array(_days(stated))[seen] / 7.0
    none = tuple(float("nan") for _ in weeks)
    line = CourseLine(stated.treatment, _floats(weeks), _floats(y[seen]), none, none, _counts(np.ones(len(weeks))))  # fmt: skip
    return CoursePicture(
        _title(stated, "as measured"), f"weeks from {stated.anchor}", stated.outcome.name, (line,), None, 0.0
    )


def _grades(stated: StatedEstimand, data: TrialArrays, engine: str) -> AnyPicture | None:
    y = scores(stated, data)[0, :, stated.at(stated.estimand.outcome)]
    values = np.unique(y[np.isfinite(y)])
    if not len(values):
        return None
    form = made(stated.outcome)

    def name(value: float) -> str:
        whole = form.form == "value" and len(form.scores) < 2 and float(value).is_integer() and 0 <= value < len(form.grades)  # fmt: skip
        return f"grade {form.grades[int(value)]}" if whole else f"{value:g}"

    of = {side: int(np.isfinite(y[data.arm[0] == side]).sum()) for side, _ in _sides(stated)}
    best_first = values[::-1] if stated.good() > 0 else values
    groups = tuple(
        BarGroup(name(value), tuple(Bar(arm, int(((y == value) & (data.arm[0] == side)).sum()), of[side]) for side, arm in _sides(stated)))
        for value in best_first
    )  # fmt: skip
    return BarPicture(_title(stated, "best first, of those whose outcome is known"), "people", groups)


def _shares(stated: StatedEstimand, data: TrialArrays, engine: str) -> AnyPicture | None:
    from proband.analysis.proportions import clopper_pearson

    got, lines = reached(stated, data)[0], []
    for side, name in _sides(stated):
        own = data.arm[0] == side
        events, people = int(got[own].sum()), int(own.sum())
        if people:
            exact = clopper_pearson(events, people)
            words = f"{events} of {people}, {100 * events / people:.0f} in a hundred, 95% interval {100 * exact.low:.0f} to {100 * exact.high:.0f}"
            lines.append(PictureLine(name, 100 * events / people, 100 * exact.low, 100 * exact.high, words))
    benchmark = stated.estimand.benchmark
    null = None if benchmark is None or benchmark.share is None else 100 * benchmark.share
    axis = "people in a hundred" + (
        "" if null is None else f"; the dashed line is the share of before, {null:g}"
    )
    return ResultPicture(_title(stated, "exact intervals"), axis, tuple(lines), null) if lines else None


def _curves(stated: StatedEstimand, data: TrialArrays, engine: str) -> AnyPicture | None:
    found = times(stated, data)
    every = stated.estimand.summary == "difference-in-survival"
    event = found.status[0] > 0 if every else found.status[0] == 1
    groups = {name: data.arm[0] == side for side, name in _sides(stated)}
    if not all(own.any() for own in groups.values()):
        return None
    curves = {name: kaplan_meier(found.time[0, own], event[own]) for name, own in groups.items()}
    return survival_picture(_title(stated, "free of it, Kaplan-Meier"), _axis(stated), curves, found.horizon)


def _incidence(stated: StatedEstimand, data: TrialArrays, engine: str) -> AnyPicture | None:
    found = times(stated, data)
    groups = {name: data.arm[0] == side for side, name in _sides(stated)}
    if not all(own.any() for own in groups.values()):
        return None
    watched = {name: (found.time[0, own], found.status[0, own]) for name, own in groups.items()}
    title = _title(stated, "cumulative incidence, competing events apart")
    return incidence_picture(title, _axis(stated), watched, horizon=found.horizon)


def _wins(stated: StatedEstimand, data: TrialArrays, engine: str) -> AnyPicture | None:
    from proband.analysis.win import Component, win_statistics

    arm, rungs = data.arm[0], compared(stated, data)
    if min((arm == 1).sum(), (arm == 0).sum()) < 2:
        return None
    found = win_statistics(
        [Component(rung.kind, rung.values[0], rung.happened[0], None, rung.lower_is_better, rung.margin) for rung in rungs], arm
    )  # fmt: skip
    title = _title(stated, "decided at each level, the most important first")
    return wins_picture(title, [rung.name for rung in rungs], found, (stated.treatment, str(stated.comparator)))  # fmt: skip


def _title(stated: StatedEstimand, how: str) -> str:
    return f"{stated.outcome.name}: {how}"


def _axis(stated: StatedEstimand) -> str:
    return f"days from {stated.anchor}"


def _days(stated: StatedEstimand) -> tuple[float, ...]:
    return tuple(float(visit.day) for visit in stated.visits[stated.estimand.outcome])


def _floats(values: Array) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _counts(values: NDArray[np.int64] | Array) -> tuple[int, ...]:
    return tuple(int(value) for value in values)


_PICTURES: dict[str, Callable[[StatedEstimand, TrialArrays, str], AnyPicture | None]] = {
    "difference-in-means": _means, "single-mean": _single_mean, "ratio-of-odds": _grades, "difference-in-proportions": _shares,
    "single-proportion": _shares, "hazard-ratio": _curves, "restricted-mean-survival-time": _curves, "difference-in-survival": _curves,
    "cumulative-incidence-difference": _incidence, "win-odds": _wins, "within-person-change": _one_patient,
}  # fmt: skip
