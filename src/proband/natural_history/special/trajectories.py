"""Spinal cord injury: how motor and sensory scores move over the first year, and how much of it is one person's own.

Means, spread and counts per grade, plegia and week come from the EMSCI aggregates (``score-trajectories``); they are over
whoever was examined, not paired. The correlation of a person's first and last score comes from another registry
(``within-person-change``, by grade). The mean of a *new* cohort is given its sampling error and a relative spread between
registries, measured from the change that two registries report for the same grades (:func:`between_registry_sd`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from proband.analysis.elementary import normal_cdf, normal_quantile
from proband.analysis.proportions import beta_quantiles
from proband.natural_history.domain import OutsideDomain, QuestionUnclear
from proband.natural_history.forecast import (
    N_QUANTILES,
    ChangeForecast,
    combine_levels,
    unique_sources,
)
from proband.natural_history.tables import NaturalHistoryTableError, TableRow, published
from proband.programme import Programme

Array = NDArray[np.float64]

TRAJECTORIES, CHANGES = "score-trajectories", "within-person-change"
#: measure of an outcome name, its range in points, and whether the retest error is that of motor or sensory scores
MEASURES = {
    "motor-total": (0.0, 100.0),
    "uems": (0.0, 50.0),
    "lems": (0.0, 50.0),
    "light-touch": (0.0, 112.0),
    "pinprick": (0.0, 112.0),
}


def scale_of(measure: str, plegia: str) -> tuple[float, float]:
    """Lowest and highest value of a score; in paraplegia the upper limbs are full, so that the motor total starts at 50."""
    low, high = MEASURES[measure]
    return (50.0, high) if measure == "motor-total" and plegia == "paraplegia" else (low, high)


@dataclass(frozen=True, slots=True)
class TrajectoryPoint:
    """Mean, standard deviation and size of a group at a week after injury."""

    week: float
    mean: float
    sd: float
    n: float


@dataclass(frozen=True, slots=True)
class ScoreTrajectory:
    """The course of one score in one grade and plegia.

    ``correlation`` is that of two examinations of one person; it is the same for every pair of weeks, because only one
    pair is published.
    """

    measure: str
    grade: str
    plegia: str
    points: tuple[TrajectoryPoint, ...]
    correlation: float
    rows: tuple[TableRow, ...]

    def at(self, week: float) -> TrajectoryPoint:
        """Mean, spread and size at a week from 2 to 52, linear in the logarithm of the week between published weeks.

        Raises
        ------
        OutsideDomain
            Before week 2 and after week 52.
        """
        weeks = [p.week for p in self.points]
        if not weeks[0] * 0.9 <= week <= weeks[-1] * 1.05:
            raise OutsideDomain(
                f"the {self.measure} score {week:.0f} weeks after injury",
                nearest=f"weeks {weeks[0]:.0f} to {weeks[-1]:.0f}",
                differs=["scores are published for these weeks"],
            )
        x, log_weeks = np.log(np.clip(week, weeks[0], weeks[-1])), np.log(weeks)
        return TrajectoryPoint(
            week,
            float(np.interp(x, log_weeks, [p.mean for p in self.points])),
            float(np.interp(x, log_weeks, [p.sd for p in self.points])),
            float(np.interp(x, log_weeks, [p.n for p in self.points])),
        )

    def draw(self, people: int, weeks: Array, seed: int) -> Array:
        """Scores of untreated people at several weeks, shape (people, W).

        Each week's scores follow a beta distribution on the score's range with the published mean and standard deviation
        (scores are bounded and skewed: a normal distribution would run over the edge); a person's weeks are tied by a
        Gaussian copula with the published correlation. In paraplegia the motor total starts at 50, because the upper-limb
        score is full.
        """
        from scipy.special import ndtr

        rng = np.random.Generator(np.random.Philox([seed, 5]))
        shape = np.full((len(weeks), len(weeks)), self.correlation)
        np.fill_diagonal(shape, 1.0)
        z = rng.standard_normal((people, len(weeks))) @ np.linalg.cholesky(shape).T
        low, high = scale_of(self.measure, self.plegia)
        out = np.empty_like(z)
        for i, week in enumerate(weeks):
            at = self.at(float(week))
            mean = (at.mean - low) / (high - low)
            variance = min((at.sd / (high - low)) ** 2, 0.999 * mean * (1 - mean))
            out[:, i] = low + (high - low) * beta_quantiles(mean, variance, ndtr(z[:, i]))
        return out


def trajectory(programme: Programme, measure: str, grade: str, plegia: str) -> ScoreTrajectory:
    """The published course of a score.

    Parameters
    ----------
    programme
        A bundle with the tables.
    measure
        ``motor-total``, ``uems``, ``lems``, ``light-touch`` or ``pinprick``.
    grade, plegia
        AIS grade A to D; ``tetraplegia`` or ``paraplegia``.

    Raises
    ------
    OutsideDomain
        If the score is not published for these people (the upper-limb score in paraplegia).
    """
    if measure not in MEASURES:
        raise QuestionUnclear(
            "natural_history.question.choice", given=measure, kind="a score", choices=list(MEASURES)
        )
    rows = sorted(
        published(programme, TRAJECTORIES).where(measure=measure, grade=grade, plegia=plegia),
        key=lambda r: r.number("week") or 0.0,
    )
    if not rows:
        raise OutsideDomain(
            f"the {measure} score of grade {grade} with {plegia}",
            nearest="grades A to D, tetraplegia or paraplegia (upper-limb score: tetraplegia only)",
            differs=["no published course for these people"],
        )
    points = tuple(
        TrajectoryPoint(
            r.number("week") or 0.0, r.number("mean") or 0.0, r.number("sd") or 0.0, r.number("n") or 0.0
        )
        for r in rows
    )
    return ScoreTrajectory(measure, grade, plegia, points, correlation(programme, grade), tuple(rows))


def correlation(programme: Programme, grade: str) -> float:
    """Correlation of a person's first and last motor score, by grade."""
    for row in published(programme, CHANGES).where(grade=grade, measure="motor-total"):
        value = row.number("correlation")
        if value is not None:
            return value
    raise OutsideDomain(
        f"the correlation of two examinations in grade {grade}",
        nearest="grades A to D",
        differs=["no published correlation"],
    )


@lru_cache(maxsize=16)
def _between(programme: Programme) -> float:
    ratios = []
    table = published(programme, CHANGES)
    for grade in "ABCD":
        other = [
            r for r in table.where(grade=grade, measure="motor-total") if r.number("correlation") is not None
        ]
        gain = size = 0.0
        for plegia in ("tetraplegia", "paraplegia"):
            course = trajectory(programme, "motor-total", grade, plegia)
            n = course.at(2).n
            gain += n * (course.at(26).mean - course.at(2).mean)
            size += n
        change = other[0].number("mean_change") if other else None
        if change and gain > 0:
            ratios.append(np.log(change / (gain / size)))
    if len(ratios) < 2:
        raise NaturalHistoryTableError(
            "natural_history.table.incomparable",
            tables="two registries",
            needed="mean changes of a second registry by grade",
        )
    return float(np.sqrt(np.mean(np.square(ratios)) / 2.0))


def between_registry_sd(programme: Programme) -> float:
    """Relative standard deviation between registries of the mean motor gain.

    Root mean square log ratio, over grades A to D, of the mean motor gain in NSCISC (admission to discharge) and in EMSCI (2
    to 26 weeks, tetra- and paraplegia weighted by size), divided by √2. Two registries only: never taken below
    :data:`LEAST_BETWEEN`.
    """
    return max(_between(programme), LEAST_BETWEEN)


#: said of a first examination between the course's first two points
FIRST_VISIT = "The registry's first visit, any day up to the 15th, counts as day 14: people first seen later have less to gain than is predicted."
#: least relative spread between registries that is believed on the word of two registries (assumption)
LEAST_BETWEEN = 0.2


def score_change(
    programme: Programme, measure: str, grade: str, level: str, baseline_week: float, week: float
) -> ChangeForecast:
    """Change of a score between two weeks after injury in a new cohort of untreated people.

    Parameters
    ----------
    programme, measure, grade
        As for :func:`trajectory`.
    level
        Level group: ``tetraplegia``; ``T1-9``, ``T10-12``, ``T1-12`` and ``paraplegia`` are answered with paraplegia.
    baseline_week, week
        Weeks of the first and last examination, 2 to 52.

    Raises
    ------
    OutsideDomain
        Outside the published weeks and people, for a mix of tetra- and paraplegia, and for chronic injury other than
        over about six months of the motor score.
    """
    if level == "all":
        raise OutsideDomain(
            "a mix of tetraplegia and paraplegia",
            nearest="tetraplegia or paraplegia",
            differs=["courses are published for each apart; give a mix with counts instead"],
        )
    if week > baseline_week > 52:
        return _chronic(programme, measure, week - baseline_week)
    if week <= baseline_week:
        raise OutsideDomain(
            f"a change from week {baseline_week:.0f} to week {week:.0f}",
            nearest="a last examination after the first one, up to week 52",
            differs=["times are counted from injury"],
        )
    plegia = "tetraplegia" if level == "tetraplegia" else "paraplegia"
    course = trajectory(programme, measure, grade, plegia)
    first, last = course.at(baseline_week), course.at(week)
    gain = last.mean - first.mean
    r = course.correlation
    sd = float(np.sqrt(first.sd**2 + last.sd**2 - 2 * r * first.sd * last.sd))
    sampling = float(np.sqrt(first.sd**2 / first.n + last.sd**2 / last.n))
    between = between_registry_sd(programme) * abs(gain)
    q = (np.arange(N_QUANTILES) + 0.5) / N_QUANTILES
    notes = [
        f"Registries differ in the mean gain by {between_registry_sd(programme):.0%} (relative SD; two registries only).",
        "Published means are over the people examined at each visit, not over the same people.",
        *([FIRST_VISIT] if baseline_week < course.points[1].week else []),
        f"The correlation of a person's two scores ({r:g}) is that of the motor score in another registry.",
    ]
    if measure in {"light-touch", "pinprick"}:
        notes.append("For sensory scores the correlation of the motor score is taken (assumption).")
    if level not in {"tetraplegia", "paraplegia"}:
        notes.append("The course of all paraplegia is taken for the thoracic levels asked for.")
    rows = [*course.rows, *published(programme, CHANGES).where(grade=grade, measure="motor-total")]
    low, high = scale_of(measure, plegia)
    return ChangeForecast(
        label=f"{measure}, AIS {grade}, {plegia}: change from week {baseline_week:.0f} to week {week:.0f}",
        programme_hash=programme.hash,
        quantiles=gain + float(np.hypot(sampling, between)) * normal_quantile(q),
        pooled=gain,
        sd=sd,
        unit="points",
        reach=(low - high, high - low),
        domain=f"EMSCI 2001-2019, AIS {grade}, {plegia}, weeks {baseline_week:.0f} to {week:.0f}",
        sources=unique_sources([x.source for x in rows]),
        level=combine_levels([x.level for x in rows]),
        assumptions=tuple(notes),
    )


def _chronic(programme: Programme, measure: str, weeks: float) -> ChangeForecast:
    rows = published(programme, CHANGES).where(cohort="Harness 2008, exercise as they chose")
    if measure != "motor-total" or not rows or not 16 <= weeks <= 40:
        raise OutsideDomain(
            f"the {measure} score over {weeks:.0f} weeks in chronic injury",
            nearest="the motor total over about six months in chronic injury (8 people)",
            differs=["no other chronic controls are published here"],
            missing=["serial scores of untreated people a year or more after injury"],
        )
    row = rows[0]
    from scipy.special import stdtrit

    sd, n = row.number("sd_change") or 0.0, row.number("n") or 1.0
    q = (np.arange(N_QUANTILES) + 0.5) / N_QUANTILES
    mean = row.number("mean_change") or 0.0
    # eight people say little about the next group, and hours of training differ: groups get the spread of one person
    spread = float(np.hypot(sd / np.sqrt(n), sd))
    exercise = rehabilitation_gain(programme)
    return ChangeForecast(
        label="motor total, chronic injury: change over six months",
        programme_hash=programme.hash,
        quantiles=mean + spread * stdtrit(n - 1, q),
        pooled=mean,
        sd=sd,
        unit="points",
        reach=(-100.0, 100.0),
        domain="chronic injury C4-T11, mostly grade A or B, six months of exercise as they chose (8 people)",
        sources=(row.source,),
        level=combine_levels([row.level]),
        assumptions=(
            f"Groups are taken to differ by an SD of {sd:g} points (assumption: as much as one person from another), with the "
            "heavy tails that eight people leave.",
            f"The {n:g} people exercised as they chose; their score changed by {mean:+g} points.",
            f"With {exercise.hours_per_week:g} hours of exercise a week the same study saw {exercise.mean:+g} points: hours of "
            "training must be known before a gain is credited to anything else.",
        ),
    )


@dataclass(frozen=True, slots=True)
class RehabilitationGain:
    """What exercise alone did: mean and SD of the motor gain over six months in points, hours a week, correlation with
    hours. A stated confounder, never an adjustment: people were not allocated at random."""

    mean: float
    sd: float
    hours_per_week: float
    correlation_with_hours: float
    row: TableRow


def rehabilitation_gain(programme: Programme) -> RehabilitationGain:
    """The published effect of exercise in chronic injury (Harness 2008, not randomised)."""
    table = published(programme, "rehabilitation")

    def one(quantity: str) -> TableRow:
        return table.where(quantity=quantity)[0]

    gain = one("motor gain in 6 months, intensive exercise")
    return RehabilitationGain(
        gain.number("value") or 0.0,
        gain.number("sd") or 0.0,
        one("hours of exercise a week").number("value") or 0.0,
        one("correlation of gain with hours of exercise").number("value") or 0.0,
        gain,
    )


@dataclass(frozen=True, slots=True)
class MotorLevelGain:
    """Estimated shares of people who gain 0, 1 and at least 2 motor levels in a year (mean of the two sides).

    ``low``/``high`` bound the share with two or more levels over 3 to 5 points per level. An estimate from the upper-limb
    score (inference), because the published share, 30 % with two or more, comes without a number of people; it enters no headline.
    """

    none: float
    one: float
    two_or_more: float
    low: float
    high: float
    note: str


def motor_level_gain(programme: Programme, grade: str = "A") -> MotorLevelGain:
    """Motor levels gained from week 2 to week 52 in complete cervical injury, estimated from the upper-limb score.

    A level lower means that one more key muscle per side moves from paralysed towards full strength: 3 to 5 points per
    side (5 points from 0 to 5, 3 points to the strength that counts). The change of the upper-limb score (both sides) is
    taken as normal with the mean of the course and the published SD of the change in the 2011-2019 Model Systems.

    Raises
    ------
    OutsideDomain
        For other grades than A.
    """
    if grade != "A":
        raise OutsideDomain(
            f"motor-level gains in grade {grade}",
            nearest="grade A, cervical",
            differs=["the meaning of a gained level is published for complete cervical injury"],
            missing=["the share of people by levels gained, for any grade"],
        )
    course = trajectory(programme, "uems", "A", "tetraplegia")
    gain = course.at(52).mean - course.at(2).mean
    sd = (
        next(r.number("sd_change") for r in published(programme, CHANGES).where(grade="A", measure="uems"))
        or 6.5
    )

    def beyond(levels: float, points: float) -> float:
        return 1.0 - float(normal_cdf((levels * points * 2 - gain) / sd))

    none, two = 1.0 - beyond(0.5, 4.0), beyond(1.5, 4.0)
    return MotorLevelGain(
        none=none,
        one=1.0 - none - two,
        two_or_more=two,
        low=beyond(1.5, 5.0),
        high=beyond(1.5, 3.0),
        note="Estimated from the upper-limb score (inference); two levels or more is the published threshold of benefit "
        "(Kramer 2012).",
    )
