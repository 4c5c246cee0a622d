"""The forecast for a new cohort of one stratum at one time, from the rows of a generic table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from proband.analysis.elementary import expit
from proband.natural_history.cohorts import CohortRows, Priors, fit
from proband.natural_history.conditions import Conditions, parse_duration_days, parse_era
from proband.natural_history.domain import OutsideDomain, QuestionUnclear
from proband.natural_history.forecast import (
    ChangeForecast,
    ProportionForecast,
    RateForecast,
    combine_levels,
    quantile_table,
    unique_sources,
)
from proband.natural_history.kinds.means import NewCohort, new_cohort
from proband.natural_history.kinds.rows import (
    DISPERSION,
    PUBLICATION_LAG,
    CohortFigure,
    figures,
    key,
    number,
    of_stratum,
    person_sd,
    time_unit,
)
from proband.natural_history.tables import NaturalHistoryTable, published
from proband.programme import Programme
from proband.programme.natural_history import TIME_UNITS, TableAnswer
from proband.terms import Source

Array = NDArray[np.float64]

#: priors of shares: wide, because nothing is known of the disease beforehand
PRIORS = Priors(intercept=(0.0, 2.0), strata=(0.0, 1.0), drift=(0.0, 0.5), drift_sd=0.4, tau_scale=0.6)
#: scale of the spread between cohorts of a mean change, in standard deviations of one person's change (assumption)
CHANGE_SCALE = 0.25
#: scale of the spread between cohorts of a rate, on the logarithmic scale (assumption)
RATE_SCALE = 0.6
#: how far beside the first and the last time of a table a question may lie: 3 months and 12 weeks, 6 months and 26 weeks are one time
BESIDE = 0.1
#: prior spread of the drift in ten years: of a mean change in standard deviations of one person, of the logarithm of a rate
CHANGE_DRIFT, RATE_DRIFT = 0.15, 0.4
_DRAWS = 5
#: the units of a table's times as they are spoken
_SPOKEN = dict(zip(TIME_UNITS.values(), ("day", "week", "month", "year"), strict=True))
#: what is said of a score whose table names no scale
UNKNOWN_SCALE = "The table does not say from where to where the score goes: a change that it cannot show would not be noticed."


@dataclass(frozen=True, slots=True)
class TableQuestion:
    """What is asked of a table: the stratum as its rows write it, days since the start, calendar year or ``None`` for the newest."""

    table: str
    outcome: str
    stratum: tuple[str, ...]
    days: float
    year: float | None


@dataclass(frozen=True, slots=True)
class _Basis:
    """The figures of every stratum, and which of them are of the stratum that is asked for."""

    answer: TableAnswer
    all: list[CohortFigure]
    own: list[CohortFigure]
    time: Array
    at: float
    domain: str
    assumptions: tuple[str, ...]


def asked(
    programme: Programme, table: str, outcome: str, conditions: Conditions, baseline: str
) -> TableQuestion:
    """A question in the table's own words.

    Raises
    ------
    QuestionUnclear
        If something that tells the rows apart is not said, or a time or year cannot be read.
    OutsideDomain
        If the table does not cover the people, the time or the years.
    """
    answer = programme.natural_history[table].answers[outcome]
    rows = published(programme, table)
    unit = time_unit(rows, answer)
    days = parse_duration_days(conditions.need("follow_up", f"{answer.times[1] * unit:g}d"))
    stratum = []
    for index, column in enumerate(answer.strata):
        said = baseline if index == 0 else conditions.need(column, rows.usable()[0].text(column))
        known = {key(r.text(column)): r.text(column) for r in rows.usable()}
        if key(said) not in known:
            raise OutsideDomain(
                f"{outcome} in people with {column} {said}",
                nearest=f"{column} {', '.join(sorted(known.values()))}",
                differs=[f"no row of the table covers {column} {said}"],
                missing=[f"{outcome} of people with {column} {said}, with counts"],
            )
        stratum.append(key(said))
    low, high = (t * unit for t in answer.times)
    if not low * (1 - BESIDE) <= days <= high * (1 + BESIDE):
        raise OutsideDomain(
            f"{outcome} after {days:.0f} days",
            nearest=f"{low:.0f} to {high:.0f} days",
            differs=["the table covers these times only"],
            missing=[f"{outcome} of the same people after {days:.0f} days"],
        )
    return TableQuestion(table, outcome, tuple(stratum), days, _year(answer, conditions.era, outcome))


def _year(answer: TableAnswer, era: str | None, outcome: str) -> float | None:
    span = parse_era(era)
    if span is None:
        return None
    if answer.years is None:
        raise QuestionUnclear("natural_history.question.no-years", outcome=outcome)
    if span[0] < answer.years[0] or span[1] > answer.years[1]:
        raise OutsideDomain(
            f"{outcome} in the years {span[0]:.0f} to {span[1]:.0f}",
            nearest=f"{answer.years[0]:.0f} to {answer.years[1]:.0f}",
            differs=["the table covers these years only"],
            missing=[f"{outcome} of people treated in those years"],
        )
    return (span[0] + span[1]) / 2


def _basis(programme: Programme, ask: TableQuestion) -> _Basis:
    table = published(programme, ask.table)
    answer = programme.natural_history[ask.table].answers[ask.outcome]
    every = figures(table, answer, ask.days)
    own = [f for f in every if f.stratum == ask.stratum]
    people = (
        ", ".join(f"{c} {v}" for c, v in zip(answer.strata, ask.stratum, strict=True))
        or "all people of the table"
    )
    if not own:
        _refuse_without_spread(table, answer, ask, people)
        raise OutsideDomain(
            f"{ask.outcome} of {people} at day {ask.days:.0f}",
            nearest="the times that the rows print for these people",
            differs=["no cohort of these people was seen at that time, or before and after it"],
            missing=[f"{ask.outcome} of {people} at day {ask.days:.0f}, with counts"],
        )
    years = [f.year for f in every if f.year is not None]
    reference = float(round(np.mean(years))) if years else 0.0
    newest = max((f.year for f in own if f.year is not None), default=reference)
    year = ask.year if ask.year is not None else newest
    notes = [note for f in own for note in f.notes]
    if any(f.year is None for f in every):
        notes.append("Cohorts without years are taken as being of the middle of the others.")
    if any(number(f.rows[0], "period_from") is None and f.year is not None for f in own):
        notes.append(
            f"Where enrolment is not printed it is placed {PUBLICATION_LAG:.0f} years before publication."
        )
    low, high = (t * time_unit(table, answer) for t in answer.times)
    if not low * 0.999 <= ask.days <= high * 1.001:
        nearest = f"day {low if ask.days < low else high:.0f}, the time beside it that the table covers"
        notes.append(
            f"Day {ask.days:.0f} is answered as {nearest}."
            if answer.kind in ("share", "change")
            else f"To day {ask.days:.0f} the curve or rate is carried from {nearest}."
        )
    if ask.year is None and years:
        notes.append(f"No years are given: those of the newest such cohort are taken ({newest:.0f}).")
    return _Basis(
        answer,
        every,
        own,
        np.array([((f.year if f.year is not None else reference) - reference) / 10.0 for f in every]),
        (year - reference) / 10.0,
        f"{people}, {ask.days:.0f} days ({', '.join(dict.fromkeys(f.cohort for f in own))})",
        tuple(notes),
    )


def _refuse_without_spread(
    table: NaturalHistoryTable, answer: TableAnswer, ask: TableQuestion, people: str
) -> None:
    """Refuse a mean change that is published without how far people differ: chance cannot be told from it, but it is said."""
    printed = [r for r in of_stratum(table, answer, ask.stratum) if number(r, "mean") is not None]
    if answer.kind != "change" or not printed or any(person_sd(r) is not None for r in printed):
        return
    unit = _SPOKEN[time_unit(table, answer)]
    said = []
    for row in printed:
        mean, time, n = (number(row, column) or 0.0 for column in ("mean", "time", "n"))
        over = f"{time:g} {unit}{'' if time == 1 else 's'}"
        said.append(
            f"{mean:g} {answer.unit} over {over}{f', {n:g} people' if n else ''} ({row.text('cohort')})"
        )
    raise OutsideDomain(
        f"{ask.outcome} of {people}",
        nearest=f"the mean change alone: {'; '.join(said)}",
        differs=["how far the change of one person lies from that of another is not published, so nobody can say what chance alone would do"],
        missing=[f"the standard deviation of one person's change in {ask.outcome}, or both spreads with their correlation, and the number of people"],
    )  # fmt: skip


def _one_cohort(basis: _Basis, what: str) -> str:
    cohorts = {f.cohort for f in basis.own}
    if len(cohorts) > 1:
        return (
            f"How much cohorts differ ({what}) is learnt from {len({f.cohort for f in basis.all})} cohorts."
        )
    return f"One cohort of such people is published: how much another would differ ({what}) rests on an assumption."


@lru_cache(maxsize=256)
def share_forecast(programme: Programme, ask: TableQuestion) -> ProportionForecast:
    """Share with the outcome (or still free of the event) in a new cohort.

    Raises
    ------
    OutsideDomain
        If no cohort of the stratum says anything about that time.
    """
    basis = _basis(programme, ask)
    if basis.answer.kind == "counts":
        return _of_rate(programme, ask, basis)
    strata = list(dict.fromkeys(f.stratum for f in (*basis.own, *basis.all)))
    names = {name: i for i, name in enumerate(dict.fromkeys(f.registry for f in basis.all))}
    cohorts = {name: i for i, name in enumerate(dict.fromkeys((f.registry, f.cohort) for f in basis.all))}
    worth = np.array([f.worth for f in basis.all])
    data = CohortRows(
        events=worth * np.array([f.value for f in basis.all]),
        n=worth,
        mix=np.eye(len(strata))[[strata.index(f.stratum) for f in basis.all]],
        covariates=np.zeros((len(basis.all), 0)),
        time=basis.time,
        registry=np.array([names[f.registry] for f in basis.all]),
        cohort=np.array([cohorts[(f.registry, f.cohort)] for f in basis.all]),
    )
    posterior = fit(data, PRIORS)
    nothing: Array = np.zeros(0)
    rng = np.random.Generator(np.random.Philox([20261129, len(basis.all)]))
    draws = np.concatenate(
        [
            posterior.new_cohort(0, nothing, basis.at, *rng.standard_normal((2, len(posterior.tau))))
            for _ in range(_DRAWS)
        ]
    )
    pooled = float(np.mean(expit(posterior.linear_predictor(0, nothing, basis.at))))
    spread = f"SD {float(np.mean(posterior.tau)):.2f} on the logit scale"
    return _proportion(programme, ask, basis, quantile_table(draws), pooled, _one_cohort(basis, spread))


def _of_rate(programme: Programme, ask: TableQuestion, basis: _Basis) -> ProportionForecast:
    """Share with at least one event: 1 − (1 + φλt)^(−1/φ), which is 1 − exp(−λt) where people are alike (φ = 0).

    Where no table says how far people differ, both ends are taken: alike, and differing by :data:`DISPERSION`.
    """
    found = _pooled(basis, RATE_SCALE, RATE_DRIFT)
    printed, _ = _dispersion(basis)
    ends = [0.0, DISPERSION] if printed is None else [printed]
    expected = np.exp(found.quantiles) * ask.days
    share = quantile_table(np.concatenate([_at_least_once(expected, end) for end in ends]))
    pooled = float(np.mean([_at_least_once(np.exp(found.pooled) * ask.days, end) for end in ends]))
    how = (
        f"as printed (variance of their rates {printed:g} times the squared mean)"
        if printed is not None
        else f"by nothing, or by a variance of {DISPERSION:g} times the squared mean (assumption; both are in the range)"
    )
    return _proportion(
        programme, ask, basis, share, pooled,
        f"A cohort has {np.exp(found.pooled) * 365.25:.2f} events a year for each person on average; people differ {how}. The share with "
        "at least one event follows from both.",
        _one_cohort(basis, f"SD {found.tau:.2f} of the logarithm of the rate"),
    )  # fmt: skip


def _at_least_once(expected: Array, dispersion: float) -> Array:
    if dispersion == 0.0:
        return np.asarray(-np.expm1(-expected))
    return np.asarray(-np.expm1(-np.log1p(dispersion * expected) / dispersion))


def _dispersion(basis: _Basis) -> tuple[float | None, str]:
    """How far people of one cohort differ as the rows print it, and what is said of it."""
    printed = [v for f in basis.own for r in f.rows if (v := number(r, "dispersion")) is not None]
    if printed:
        mean = float(np.mean(printed))
        return (
            mean,
            f"People of one cohort differ: the variance of their rates is {mean:g} times the squared mean.",
        )
    return None, (
        f"How far people of one cohort differ is not printed: the variance of their rates is taken as {DISPERSION:g} times the squared "
        "mean (assumption)."
    )


@lru_cache(maxsize=256)
def rate_forecast(programme: Programme, ask: TableQuestion) -> RateForecast:
    """Events of one person in a day in a new cohort, and how far its people differ.

    Raises
    ------
    OutsideDomain
        If no cohort of the stratum says anything about that time.
    """
    basis = _basis(programme, ask)
    found = _pooled(basis, RATE_SCALE, RATE_DRIFT)
    printed, note = _dispersion(basis)
    return RateForecast(
        label=f"{ask.outcome}: {basis.domain}",
        programme_hash=programme.hash,
        quantiles=np.exp(found.quantiles),
        pooled=float(np.exp(found.pooled)),
        dispersion=DISPERSION if printed is None else printed,
        domain=basis.domain,
        sources=_sources(basis.own),
        level=combine_levels([r.level for f in basis.own for r in f.rows]),
        assumptions=(
            *basis.assumptions,
            note,
            _one_cohort(basis, f"SD {found.tau:.2f} of the logarithm of the rate"),
        ),
        n_cohorts=len({f.cohort for f in basis.own}),
    )


def _proportion(
    programme: Programme, ask: TableQuestion, basis: _Basis, quantiles: Array, pooled: float, *notes: str
) -> ProportionForecast:
    return ProportionForecast(
        label=f"{ask.outcome}: {basis.domain}",
        programme_hash=programme.hash,
        quantiles=quantiles,
        pooled=pooled,
        domain=basis.domain,
        sources=_sources(basis.own),
        level=combine_levels([r.level for f in basis.own for r in f.rows]),
        assumptions=(*basis.assumptions, *notes),
        n_cohorts=len({f.cohort for f in basis.own}),
    )


def _sources(of: Sequence[CohortFigure]) -> tuple[Source, ...]:
    return unique_sources([r.source for f in of for r in f.rows])


def _pooled(basis: _Basis, scale: float, drift: float) -> NewCohort:
    mine = np.array([f in basis.own for f in basis.all])
    return new_cohort(
        np.array([f.value for f in basis.own]),
        np.array([f.error for f in basis.own]),
        basis.time[mine],
        basis.at,
        tau_scale=scale,
        drift_sd=drift,
    )


@lru_cache(maxsize=256)
def change_forecast(programme: Programme, ask: TableQuestion) -> ChangeForecast:
    """Mean change of a score in a new cohort, and the spread of one person's change.

    Raises
    ------
    OutsideDomain
        If no cohort of the stratum says anything about that time.
    """
    basis = _basis(programme, ask)
    people = np.array([f.people for f in basis.own])
    sd = float(np.sqrt(np.average([(f.sd or 0.0) ** 2 for f in basis.own], weights=people)))
    found = _pooled(basis, CHANGE_SCALE * sd, CHANGE_DRIFT * sd)
    scale = basis.answer.scale
    unknown = () if scale else (UNKNOWN_SCALE,)
    return ChangeForecast(
        label=f"{ask.outcome}: {basis.domain}",
        programme_hash=programme.hash,
        quantiles=found.quantiles,
        pooled=found.pooled,
        sd=sd,
        unit=basis.answer.unit,
        reach=None if scale is None else (scale[0] - scale[1], scale[1] - scale[0]),
        domain=basis.domain,
        sources=_sources(basis.own),
        level=combine_levels([r.level for f in basis.own for r in f.rows]),
        assumptions=(
            *basis.assumptions,
            _one_cohort(basis, f"SD {found.tau:.2f} {basis.answer.unit}"),
            *unknown,
        ),
    )
