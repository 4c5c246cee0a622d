"""Virtual participants: what happens to untreated people, from the bundle's own courses and natural-history models.

Every function gives arrays (T, P, …) of T trials of P people. Nothing here is an effect: those are added by the scenario, and only to people
who were really given the product (:mod:`proband.trial.participants`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtr

from proband.natural_history import questions
from proband.natural_history.conditions import Conditions, parse_duration_days
from proband.natural_history.forecast import ChangeForecast, CohortForecast, ProportionForecast, read_quantile
from proband.programme import Programme
from proband.programme.trials import AskedCourse, EventCourse, ScoreCourse, SeriesCourse
from proband.terms import ProbandError
from proband.trial.scenarios import Scenario
from proband.trial.streams import TrialStreams

Array = NDArray[np.float64]
YEAR = 365.25


@dataclass(frozen=True, slots=True)
class CohortForecasts:
    """What the natural history says of one outcome: forecasts of its strata with the people of each, and the examiner's leaning."""

    kind: str
    shares: tuple[tuple[int, ProportionForecast], ...]
    changes: tuple[tuple[int, ChangeForecast], ...]
    leaning_sd: float
    follow_up_days: float


def ask(programme: Programme, course: AskedCourse, people: int) -> CohortForecasts:
    """The forecasts of a course for so many people.

    Raises
    ------
    ProbandError
        What the natural history refuses: outside its domain, or something not said.
    """
    asked = questions.outcome(programme, course.ask)
    said = Conditions(course.baseline, None, course.window, course.follow_up, None, course.where)
    shares = tuple(asked.proportions(programme, said, people)) if asked.proportions else ()
    changes = tuple(asked.changes(programme, said, people)) if asked.changes else ()
    figures = asked.examination(programme) if asked.examination else None
    return CohortForecasts(
        asked.kind,
        shares,
        changes,
        figures.leaning_sd if figures else 0.0,
        parse_duration_days(course.follow_up),
    )


def _strata(parts: Sequence[tuple[int, object]], people: int) -> NDArray[np.int64]:
    """Which stratum each person is of (P,): the strata in turn, in proportion to their people."""
    sizes = np.array([max(n, 0) for n, _ in parts], dtype=float)
    shares = sizes / sizes.sum() if sizes.sum() else np.full(len(parts), 1 / len(parts))
    edges = np.cumsum(shares)
    # people of a stratum are spread over the order of allocation, so that no interim look sees one stratum only
    spread = (np.arange(people) * 0.6180339887498949 + 0.5) % 1.0
    out: NDArray[np.int64] = np.minimum(np.searchsorted(edges, spread), len(parts) - 1)
    return out


def _cohort(
    parts: Sequence[tuple[int, CohortForecast]], stratum: NDArray[np.int64], streams: TrialStreams, scenario: Scenario
) -> Array:  # fmt: skip
    """The figure of everybody's cohort (T, P): one cohort is drawn for each trial, and moved by the scenario's drift."""
    place = ndtr(streams.normal("cohort", 1, 1)[:, 0, 0] + scenario.drift)
    return np.stack([read_quantile(forecast.quantiles, place) for _, forecast in parts])[stratum].T


def cohort_shares(found: CohortForecasts, streams: TrialStreams, scenario: Scenario) -> Array:
    """Each person's probability of the outcome (T, P)."""
    return _cohort(found.shares, _strata(found.shares, streams.people), streams, scenario)


def leaned(share: Array, leaning: Array) -> Array:
    """Probabilities as an examiner sees them who leans, on the logit scale."""
    out: Array = expit(logit(np.clip(share, 1e-9, 1 - 1e-9)) + leaning)
    return out


def cohort_changes(
    found: CohortForecasts, course: AskedCourse, days: Array, streams: TrialStreams, scenario: Scenario
) -> Array:
    """Changes of a score (T, P, V) at visits: the cohort's mean in proportion to time up to the follow-up, people around it."""
    if course.correlation is None and len(days) > 1:
        raise ProbandError("trial.simulate.correlation", outcome=course.outcome)
    sds = np.array([forecast.sd for _, forecast in found.changes])
    stratum = _strata(found.changes, streams.people)
    mean = _cohort(found.changes, stratum, streams, scenario)
    done = np.minimum(days / found.follow_up_days, 1.0)
    rho = course.correlation.value if course.correlation else 0.0
    own, each = streams.normal("person"), streams.normal("visit", len(days))
    spread = np.sqrt(rho) * own + np.sqrt(1 - rho) * each * scenario.noise
    out: Array = mean[:, :, None] * done + sds[stratum][None, :, None] * spread
    return out


@dataclass(frozen=True, slots=True)
class LatentScores:
    """A score without its noise: ``grid`` (G,) days, ``values`` (T, P, G) on them."""

    grid: Array
    values: Array

    def at(self, days: Array) -> Array:
        """The score (T, P, V) on days of the grid."""
        return self.values[:, :, np.searchsorted(self.grid, days)]


def latent_scores(
    course: ScoreCourse, days: Array, streams: TrialStreams, scenario: Scenario
) -> LatentScores:
    """Level, slope and random walk of every person, on visits and on every thirtieth day between."""
    last = float(days[-1])
    grid = np.unique(np.concatenate([[0.0], days, np.arange(0.0, last, 30.0)]))
    level = course.start.value + course.start_sd.value * streams.normal("level")
    # who does better than was believed: the sign of better is applied where the drift is (participants)
    slope = course.slope.value + course.slope_sd.value * (streams.normal("slope") + scenario.drift)
    steps = np.sqrt(np.diff(grid, prepend=0.0) / YEAR) * course.walk_sd.value
    walk = np.cumsum(streams.normal("walk", len(grid)) * steps, axis=2)
    return LatentScores(grid, level + slope * (grid / YEAR) + walk)


def event_days(
    course: EventCourse, latent: LatentScores | None, horizon: float, streams: TrialStreams, scenario: Scenario, ratio: Array,
) -> Array:  # fmt: skip
    """Day of an event (T, P), infinity after the horizon: hazards by the score (constant between days of the grid), times a ratio (T, P)."""
    need = streams.exponential(f"event:{course.event}")[:, :, 0]
    rate = course.daily.value * scenario.events * ratio
    if latent is None or course.per_point is None:
        with np.errstate(divide="ignore"):
            day = np.where(rate > 0, need / np.maximum(rate, 1e-300), np.inf)
        return np.where(day <= horizon, day, np.inf)
    at = course.at.value if course.at else 0.0
    width = np.diff(latent.grid)
    hazard = rate[:, :, None] * np.exp(course.per_point.value * (latent.values[:, :, :-1] - at))
    total = np.cumsum(hazard * width, axis=2)
    crossed = total >= need[:, :, None]
    first = np.argmax(crossed, axis=2)
    before = np.where(
        first > 0, np.take_along_axis(total, np.maximum(first - 1, 0)[:, :, None], 2)[:, :, 0], 0.0
    )
    own = np.take_along_axis(hazard, first[:, :, None], 2)[:, :, 0]
    day = latent.grid[first] + (need - before) / np.maximum(own, 1e-300)
    out: Array = np.where(crossed.any(axis=2) & (day <= horizon), day, np.inf)
    return out


def series(course: SeriesCourse, days: Array, streams: TrialStreams, scenario: Scenario) -> Array:
    """The series of one patient (T, 1, V) on days from the first dose, untreated."""
    weeks = days / 7.0
    slope = course.slope.value + course.slope_sd.value * (streams.normal("slope") + scenario.drift)
    noise = course.noise_sd.value * scenario.noise
    fresh = streams.normal("noise", len(days))
    error = np.empty_like(fresh)
    error[:, :, 0] = fresh[:, :, 0]
    for visit in range(1, len(days)):
        rho = course.correlation.value ** (weeks[visit] - weeks[visit - 1])
        error[:, :, visit] = rho * error[:, :, visit - 1] + np.sqrt(1 - rho**2) * fresh[:, :, visit]
    out: Array = course.start.value + slope * weeks + noise * error
    return out
