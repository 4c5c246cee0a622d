"""Spinal cord injury: how often the grade changes without an experimental therapy.

Counts come from ``natural_history/grade-conversion.csv`` of the bundle, the model is :mod:`.cohorts`. One fit per
baseline grade and outcome: strata are levels of injury, covariates the window of the first examination and the time of
the last one, calendar time is the era, and what is left differs between registries and cohorts (random effects).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from proband.analysis.exact import predicted_counts
from proband.natural_history.cohorts import CohortRows, Posterior, Priors, fit
from proband.natural_history.domain import OutsideDomain, QuestionUnclear
from proband.natural_history.forecast import (
    CohortCheck,
    ProportionForecast,
    combine_levels,
    quantile_table,
    unique_sources,
)
from proband.natural_history.late_conversion import late_share
from proband.natural_history.spinal_words import (
    MONTH,
    GradeQuestion,
    parse_duration_days,
    parse_era,
    parse_level,
    parse_strata,
    parse_window,
)
from proband.natural_history.tables import TableRow, published
from proband.programme import Programme

Array = NDArray[np.float64]

__all__ = [
    "OUTCOMES",
    "GradeModel",
    "GradeQuestion",
    "ModelAssumptions",
    "check_cohorts",
    "grade_forecast",
    "grade_model",
    "parse_duration_days",
    "parse_era",
    "parse_level",
    "parse_strata",
    "parse_window",
]

TABLE = "grade-conversion"
STRATA = ("tetraplegia", "T1-9", "T10-12")
OUTCOMES = ("ais-conversion", "motor-incomplete", "ais-deterioration")
_TABLE_OUTCOME = {
    "ais-conversion": "improved",
    "motor-incomplete": "motor-incomplete",
    "ais-deterioration": "worsened",
}


@dataclass(frozen=True, slots=True)
class ModelAssumptions:
    """What the figures do not say and the model must take from somewhere; every one can be changed and is reported.

    Attributes
    ----------
    stand_in_weight
        People that a printed share without a denominator counts for.
    publication_lag
        Years between the middle of enrolment and publication where a series does not print its years.
    tau_scale
        Factor on the prior scale of the standard deviation between cohorts.
    drift_sd
        Spread of a registry's own drift per decade (logit scale).
    """

    stand_in_weight: float = 40.0
    publication_lag: float = 7.0
    tau_scale: float = 1.0
    drift_sd: float = 0.4


DEFAULT = ModelAssumptions()
REFERENCE_YEAR, FIRST_YEAR, LAST_YEAR = 2005.0, 1990.0, 2015.0
_WINDOW_REFERENCE = 14.0

# Priors on the logit scale: window per e-fold of days; last examination at discharge instead of one year, from 22 %
# against 30 % in one series (Marino 2011): logit 0.22 − logit 0.30 = −0.42.
_COVARIATE_PRIORS = ((0.0, 0.3), (-0.42, 0.25))
_PRIORS = {
    "A": Priors(intercept=(-1.0, 1.0), covariates=_COVARIATE_PRIORS),
    "B": Priors(intercept=(0.0, 1.0), strata=(-0.4, 0.5), covariates=_COVARIATE_PRIORS),
    "C": Priors(intercept=(1.0, 1.0), strata=(-0.4, 0.5), covariates=_COVARIATE_PRIORS),
    "D": Priors(intercept=(-2.5, 1.0), strata=(0.0, 0.3), covariates=_COVARIATE_PRIORS, tau_scale=0.9),
}
_WORSE = Priors(intercept=(-3.0, 1.0), strata=(0.0, 0.5), covariates=_COVARIATE_PRIORS)

# How a row that covers several levels is made up. Shares of grade A: Marino 2020 (44.6 / 35.3 / 20.1 % of 1,877).
# Shares of grade C, also taken for B and D (assumption): Kirshblum 2016 (78 / 11 / 20 of 109).
_MIX = {"A": (0.446, 0.353, 0.201), "B": (78 / 109, 11 / 109, 20 / 109)}
_COVERS: dict[str, tuple[int, ...]] = {
    "all": (0, 1, 2),
    "tetraplegia": (0,),
    "T1-9": (1,),
    "T10-12": (2,),
    "T10 and below": (2,),
    "T1-12": (1, 2),
    "T2-12": (1, 2),
    "T1-L1": (1, 2),
    "above T10": (0, 1),
    "above T11": (0, 1),
    "paraplegia": (1, 2),
    "cervical + thoracic": (0, 1, 2),
}


def _year(row: TableRow, lag: float) -> float:
    first, last = row.number("period_from"), row.number("period_to")
    if first is not None and last is not None:
        return (first + last) / 2.0
    published = row.number("published")
    return min((published or REFERENCE_YEAR) - lag, LAST_YEAR)


def _mix(grade: str, level_group: str) -> Array:
    covered = _COVERS.get(level_group)
    if covered is None:
        raise QuestionUnclear("natural_history.table.value", column="level group", value=level_group)
    base = np.array(_MIX["A" if grade == "A" else "B"])
    weights = np.zeros(3)
    weights[list(covered)] = base[list(covered)]
    mixed: Array = weights / weights.sum()
    return mixed


def _follow_up(word: str) -> float:
    return -1.0 if word == "discharge" else 0.0


@dataclass(frozen=True, slots=True)
class GradeModel:
    """A fitted model of one baseline grade and outcome, with the rows it was fitted to."""

    grade: str
    outcome: str
    rows: tuple[TableRow, ...]
    data: CohortRows
    cohorts: tuple[str, ...]
    posterior: Posterior
    assumptions: ModelAssumptions = DEFAULT


def _assemble(
    rows: tuple[TableRow, ...], grade: str, assumptions: ModelAssumptions = DEFAULT
) -> tuple[CohortRows, tuple[str, ...]]:
    weight = assumptions.stand_in_weight
    cohorts = tuple(dict.fromkeys(r.text("cohort") for r in rows))
    registries = tuple(dict.fromkeys(r.text("registry") for r in rows))
    n = np.array([r.number("n") or weight for r in rows])
    events = np.array(
        [
            e if (e := r.number("events")) is not None else weight * (r.number("percent") or 0.0) / 100.0
            for r in rows
        ]
    )
    windows = np.array(
        [np.log((r.number("window_days") or _WINDOW_REFERENCE) / _WINDOW_REFERENCE) for r in rows]
    )
    follow = np.array([_follow_up(r.text("follow_up")) for r in rows])
    return (
        CohortRows(
            events=events,
            n=n,
            mix=np.stack([_mix(grade, r.text("level_group")) for r in rows]),
            covariates=np.stack([windows, follow], axis=1),
            time=np.array([(_year(r, assumptions.publication_lag) - REFERENCE_YEAR) / 10.0 for r in rows]),
            registry=np.array([registries.index(r.text("registry")) for r in rows], dtype=np.int64),
            cohort=np.array([cohorts.index(r.text("cohort")) for r in rows], dtype=np.int64),
        ),
        cohorts,
    )


def _fit_rows(programme: Programme, grade: str, outcome: str, use: str = "fit") -> tuple[TableRow, ...]:
    wanted = _TABLE_OUTCOME[outcome]
    if grade == "B" and outcome == "motor-incomplete":
        wanted = "improved"  # for grade B any better grade is motor-incomplete
    table = published(programme, TABLE)
    return table.where(baseline_grade=grade, outcome=wanted, use=use)


def grade_model(
    programme: Programme,
    grade: str,
    outcome: str = "ais-conversion",
    assumptions: ModelAssumptions = DEFAULT,
) -> GradeModel:
    """The fitted model for a baseline grade and an outcome; fitted once for each content of the bundle.

    Raises
    ------
    OutsideDomain
        If fewer than two published cohorts give the outcome for that grade.
    """
    return _grade_model(programme, grade, outcome, assumptions)


def _priors(grade: str, outcome: str, assumptions: ModelAssumptions = DEFAULT) -> Priors:
    base = _WORSE if outcome == "ais-deterioration" else _PRIORS[grade]
    return replace(base, tau_scale=base.tau_scale * assumptions.tau_scale, drift_sd=assumptions.drift_sd)


@lru_cache(maxsize=64)
def _grade_model(programme: Programme, grade: str, outcome: str, assumptions: ModelAssumptions) -> GradeModel:
    if outcome not in OUTCOMES:
        raise QuestionUnclear(
            "natural_history.question.choice", given=outcome, kind="a grade outcome", choices=list(OUTCOMES)
        )
    if outcome == "motor-incomplete" and grade in {"C", "D"}:
        raise OutsideDomain(
            f"becoming motor-incomplete from grade {grade}",
            nearest="grades A and B",
            differs=[f"grade {grade} is motor-incomplete already"],
        )
    rows = _fit_rows(programme, grade, outcome)
    if len({r.text("cohort") for r in rows}) < 2:
        raise OutsideDomain(
            f"the outcome {outcome} from grade {grade}",
            nearest={"ais-deterioration": "grades C and D"}.get(outcome, "grades A to D"),
            differs=[f"no published counts of {outcome} from grade {grade}"]
            + (["grade A is the worst grade"] if (grade, outcome) == ("A", "ais-deterioration") else []),
            missing=[f"at least two cohorts with counts of {outcome} from grade {grade}"],
        )
    data, cohorts = _assemble(rows, grade, assumptions)
    return GradeModel(
        grade, outcome, rows, data, cohorts, fit(data, _priors(grade, outcome, assumptions)), assumptions
    )


def check_domain(question: GradeQuestion, era_note: list[str] | None = None) -> None:
    """Refuse what the published cohorts do not cover.

    Raises
    ------
    OutsideDomain
        First examination later than 30 days (but before one year), last examination earlier than 30 days or later than
        five years, years before 1990 or after 2026.
    """
    last = question.window[1]
    if last > 31.0:
        raise OutsideDomain(
            f"a first examination {last:.0f} days after injury",
            nearest="a first examination within 30 days, or grade A at one year or later (late conversion)",
            differs=["the published cohorts were first examined within 2 to 30 days of injury"],
            missing=["grade changes of people first examined between one month and one year after injury"],
        )
    if last < 1.0:
        raise OutsideDomain(
            "a first examination on the day of injury",
            nearest="a first examination within 2 days",
            differs=["the earliest published window is 48 hours"],
        )
    if question.follow_up <= last or question.follow_up < 30.0:
        raise OutsideDomain(
            f"a last examination {question.follow_up:.0f} days after injury",
            nearest="a last examination at discharge (30 days or later) up to five years",
            differs=["grade changes are not published for earlier last examinations"],
        )
    if question.follow_up > 5.05 * 365.25:
        raise OutsideDomain(
            f"a last examination {question.follow_up / 365.25:.1f} years after injury",
            nearest="a last examination up to five years after injury",
            differs=["the longest published follow-up is five years"],
        )
    if question.era and (question.era[1] < FIRST_YEAR or question.era[0] > 2026):
        raise OutsideDomain(
            f"the years {question.era[0]:.0f}-{question.era[1]:.0f}",
            nearest=f"{FIRST_YEAR:.0f} to {LAST_YEAR:.0f}",
            differs=[
                "the share that improves has drifted over the years; earlier or later years are not published"
            ],
        )


def _follow_term(days: float) -> float:
    """0 at six months or later, −1 at three months or earlier (discharge), linear between."""
    return float(np.clip((days / MONTH - 6.0) / 3.0, -1.0, 0.0))


def grade_forecast(
    programme: Programme,
    grade: str,
    level: str,
    question: GradeQuestion,
    outcome: str = "ais-conversion",
    assumptions: ModelAssumptions = DEFAULT,
) -> ProportionForecast:
    """Share of untreated people with a grade outcome in a new cohort of a registry never seen.

    Parameters
    ----------
    programme
        A loaded programme with the table ``grade-conversion``.
    grade, level
        Baseline AIS grade (A to D); level group as :func:`parse_level` returns it.
    question
        Window, follow-up and era.
    outcome
        ``ais-conversion`` (any better grade), ``motor-incomplete`` (C or better) or ``ais-deterioration``.
    assumptions
        What the figures do not say.

    Raises
    ------
    OutsideDomain
        If the question lies outside every published cohort.
    """
    if question.window[0] >= 365.0 and outcome != "ais-deterioration":
        return late_share(programme, grade, level, question, outcome)
    check_domain(question)
    model = grade_model(programme, grade, outcome, assumptions)
    post = model.posterior
    draws = len(post.tau)
    rng = np.random.Generator(np.random.Philox([7, sum(map(ord, grade + level + outcome))]))
    reps = 5
    z, z_drift, uniform = (
        rng.standard_normal((reps, draws)),
        rng.standard_normal((reps, draws)),
        rng.random((reps, draws)),
    )
    era = question.era or (1995.0, LAST_YEAR)
    low, high = (float(np.clip(y, FIRST_YEAR, LAST_YEAR)) for y in era)
    time = (low + (high - low) * uniform - REFERENCE_YEAR) / 10.0
    covariates = np.array(
        [np.log(max(question.window[1], 2.0) / _WINDOW_REFERENCE), _follow_term(question.follow_up)]
    )
    weights = _mix(grade, level)
    share = np.zeros((reps, draws))
    pooled = 0.0
    for stratum, weight in enumerate(weights):
        if not weight:
            continue
        for r in range(reps):
            share[r] += weight * post.new_cohort(stratum, covariates, time[r], z[r], z_drift[r])
        eta = post.linear_predictor(stratum, covariates, ((low + high) / 2 - REFERENCE_YEAR) / 10.0)
        pooled += weight * float(np.mean(1.0 / (1.0 + np.exp(-eta))))
    notes = _assumptions(question, model, level)
    sources = [r.source for r in model.rows]
    if question.follow_up > 366.0 * 1.02 and grade == "A":
        extra = late_share(programme, "A", level, GradeQuestion((365.0, 366.0), question.follow_up), outcome)
        late = np.interp(rng.random((reps, draws)), np.linspace(0, 1, len(extra.quantiles)), extra.quantiles)
        share = share + (1.0 - share) * late
        pooled = pooled + (1.0 - pooled) * extra.pooled
        sources += list(extra.sources)
        notes = (*notes, *extra.assumptions)
    return ProportionForecast(
        label=f"AIS {grade}, {level}: {outcome}",
        programme_hash=programme.hash,
        quantiles=quantile_table(share.ravel()),
        pooled=pooled,
        domain=(
            f"traumatic spinal cord injury, AIS {grade}, {level}, first examined by day {question.window[1]:.0f}, "
            f"last examined {question.follow_up / MONTH:.0f} months after injury, "
            + (f"{low:.0f}-{high:.0f}" if question.era else f"any year from 1995 to {LAST_YEAR:.0f}")
        ),
        sources=unique_sources(sources),
        level=combine_levels([r.level for r in model.rows]),
        assumptions=notes,
        n_cohorts=len(model.cohorts),
    )


def _assumptions(question: GradeQuestion, model: GradeModel, level: str) -> tuple[str, ...]:
    out = []
    if question.window[0] > 0:
        out.append(
            f"The published cohorts were examined at any time up to day {question.window[1]:.0f}; none left out the "
            f"people who improved before day {question.window[0]:.0f}, so the natural share may be somewhat too high."
        )
    if question.era is None:
        out.append("No years were given: drawn evenly over 1995 to 2015, in which the share rose.")
    elif question.era[1] > LAST_YEAR:
        out.append("Figures end in 2015: later years are answered with those of 2015.")
    if any(r.text("n_basis") == "stand-in" for r in model.rows):
        out.append(
            f"Some series print no number of people; each counts for {model.assumptions.stand_in_weight:.0f} "
            "(a cautious weight, assumption)."
        )
    if not _any_published_era(model.rows):
        out.append(
            f"Where a series does not print its years, {model.assumptions.publication_lag:.0f} years before publication are taken (assumption)."
        )
    if question.follow_up > 366.0 * 1.02 and model.grade != "A":
        out.append("Changes after one year are published for grade A only; none are added here.")
    if model.grade in {"B", "D"} and len(_mix(model.grade, level).nonzero()[0]) > 1:
        out.append("The mix of levels is that of grade C (assumption).")
    if model.grade == "B":
        out.append(
            "Few cohorts print grade B: the interval rests largely on the prior for differences between cohorts."
        )
    return tuple(out)


def _any_published_era(rows: tuple[TableRow, ...]) -> bool:
    return all(r.text("period_from") for r in rows)


def _interval_of_counts(
    post: Posterior, data: CohortRows, i: int, n: int, width: float = 0.95
) -> tuple[float, float]:
    """Central predictive interval of the count in a new cohort that looks like row ``i``."""
    rng = np.random.Generator(np.random.Philox([11, i]))
    draws = []
    for _ in range(5):
        z, zd = rng.standard_normal((2, len(post.tau)))
        share = np.zeros(len(post.tau))
        for stratum, weight in enumerate(data.mix[i]):
            if weight:
                share += weight * post.new_cohort(stratum, data.covariates[i], float(data.time[i]), z, zd)
        draws.append(share)
    grid = quantile_table(np.concatenate(draws))
    low, high = predicted_counts(n, grid[::2] / 2 + grid[1::2] / 2, width)
    return float(low), float(high)


def check_cohorts(
    programme: Programme,
    grade: str,
    outcome: str = "ais-conversion",
    *,
    leave_out: bool = False,
    width: float = 0.95,
) -> list[CohortCheck]:
    """Every published row against the predictive interval for a new cohort, of a registry never seen, of its kind.

    Rows shown for context (parts or wholes of fitted rows, series without a number of people) are checked too. With
    ``leave_out`` the model is refitted without the row's whole cohort and asked to predict it; only fitted rows take part. A row
    without a printed denominator is checked at the stand-in weight.

    Parameters
    ----------
    programme, grade, outcome
        As for :func:`grade_model`.
    leave_out
        Leave the row's cohort out of the fit.
    width
        Probability of the central interval.
    """
    model = grade_model(programme, grade, outcome)
    rows = model.rows
    if not leave_out:
        rows = (
            rows
            + _fit_rows(programme, grade, outcome, "whole")
            + _fit_rows(programme, grade, outcome, "context")
        )
    data, _ = _assemble(rows, grade)
    out: list[CohortCheck] = []
    refits: dict[int, Posterior] = {}
    for i, row in enumerate(rows):
        cohort = int(data.cohort[i])
        if leave_out:
            if cohort not in refits:
                refits[cohort] = fit(model.data.without(cohort), _priors(grade, outcome))
            post = refits[cohort]
        else:
            post = model.posterior
        n = round(float(data.n[i]))
        low, high = _interval_of_counts(post, data, i, n, width)
        out.append(
            CohortCheck(
                cohort=row.text("cohort"),
                stratum=f"AIS {grade}, {row.text('level_group')}"
                + (f", {row.text('period_from')}-{row.text('period_to')}" if row.text("period_from") else ""),
                n=n,
                events=float(round(float(data.events[i]))),
                low=low,
                high=high,
                programme_hash=programme.hash,
                left_out=leave_out,
            )
        )
    return out
