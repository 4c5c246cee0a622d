"""Spinal cord injury: how often the grade changes without an experimental therapy.

The model is :mod:`.spinal_grades`; here it is asked for a new cohort of a registry never seen, with changes after the first
year added for grade A (:mod:`.late_conversion`), and questions outside every published cohort are refused.
"""

from __future__ import annotations

import numpy as np

from proband.natural_history.conditions import MONTH
from proband.natural_history.domain import OutsideDomain
from proband.natural_history.forecast import (
    ProportionForecast,
    combine_levels,
    quantile_table,
    unique_sources,
)
from proband.natural_history.special.late_conversion import late_share
from proband.natural_history.special.spinal_grades import (
    DEFAULT,
    FIRST_YEAR,
    LAST_YEAR,
    REFERENCE_YEAR,
    WINDOW_REFERENCE,
    GradeModel,
    ModelAssumptions,
    grade_model,
    mix_of_levels,
)
from proband.natural_history.special.spinal_words import GradeQuestion
from proband.natural_history.tables import TableRow
from proband.programme import Programme

#: the years that are taken where a question names none: those of today's people are nearer to them than to any earlier ones
NEWEST_ERA = (2013.0, LAST_YEAR)


def check_domain(question: GradeQuestion) -> None:
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
    era = question.era or NEWEST_ERA
    low, high = (float(np.clip(y, FIRST_YEAR, LAST_YEAR)) for y in era)
    time = (low + (high - low) * uniform - REFERENCE_YEAR) / 10.0
    covariates = np.array(
        [np.log(max(question.window[1], 2.0) / WINDOW_REFERENCE), _follow_term(question.follow_up)]
    )
    weights = mix_of_levels(grade, level)
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
            f"{low:.0f}-{high:.0f}"
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
        out.append(
            f"No years were given: the newest published years are taken ({NEWEST_ERA[0]:.0f} to {NEWEST_ERA[1]:.0f}); the share has "
            "risen over the years."
        )
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
    if model.grade in {"B", "D"} and len(mix_of_levels(model.grade, level).nonzero()[0]) > 1:
        out.append("The mix of levels is that of grade C (assumption).")
    if model.grade == "B":
        out.append(
            "Few cohorts print grade B: the interval rests largely on the prior for differences between cohorts."
        )
    return tuple(out)


def _any_published_era(rows: tuple[TableRow, ...]) -> bool:
    return all(r.text("period_from") for r in rows)
