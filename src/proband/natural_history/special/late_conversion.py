"""Spinal cord injury: grade changes after the first year, which are rare.

One rate per year of conversion from grade A after one year: 5.6 % between one and five years (Kirshblum 2004, so
−ln(1 − 0.056)/4 = 0.0144 a year). How much it differs between cohorts cannot be seen from one cohort; it is given the
between-cohort standard deviation of :data:`BETWEEN_COHORTS` on the log scale, a labelled assumption, and the
sampling error of the stand-in weight, because the number of people complete at one year is not printed.
"""

from __future__ import annotations

import numpy as np

from proband.natural_history.domain import OutsideDomain
from proband.natural_history.forecast import ProportionForecast, combine_levels, quantile_table
from proband.natural_history.special.spinal_words import GradeQuestion
from proband.natural_history.tables import published
from proband.programme import Programme

#: standard deviation of ln(rate) between cohorts (assumption: about that of the first year's conversions)
BETWEEN_COHORTS = 0.5
_STAND_IN = 100.0


def late_share(
    programme: Programme, grade: str, level: str, question: GradeQuestion, outcome: str
) -> ProportionForecast:
    """Share of people with grade A at one year or later who convert until the last examination.

    ``question.window`` is the window of the first examination and ``question.follow_up`` the time of the last one,
    both in days after injury.

    Raises
    ------
    OutsideDomain
        For other grades than A, and for intervals that end later than ten years after injury.
    """
    if grade != "A":
        raise OutsideDomain(
            f"late change from grade {grade}, first examined a year or more after injury",
            nearest="grade A (complete) at one year, followed to five years",
            differs=[f"late conversion is published for grade A, not for grade {grade}"],
            missing=[
                f"grade changes from grade {grade} between one and five years after injury, with counts"
            ],
        )
    start = float(np.mean(question.window))
    years = (question.follow_up - start) / 365.25
    if years <= 0:
        raise OutsideDomain(
            "a last examination before the first one",
            nearest="a last examination after the first one",
            differs=["times are counted from injury: give the follow-up from injury too"],
        )
    if question.follow_up > 10 * 365.25:
        raise OutsideDomain(
            f"a last examination {question.follow_up / 365.25:.0f} years after injury",
            nearest="one to five years after injury",
            differs=["the longest published follow-up is five years"],
        )
    wanted = {"ais-conversion": "improved", "motor-incomplete": "motor-incomplete"}[outcome]
    rows = [
        r
        for r in published(programme, "late-conversion").where(baseline_grade="A", outcome=wanted)
        if r.number("from_months") == 12.0 and r.number("to_months")
    ]
    if not rows:
        raise OutsideDomain(
            f"late {outcome}", nearest="late conversion from grade A", differs=["no cited row in the bundle"]
        )
    row = rows[0]
    percent, span = row.number("percent") or 0.0, ((row.number("to_months") or 60.0) - 12.0) / 12.0
    rate = -np.log1p(-percent / 100.0) / span
    rng = np.random.Generator(np.random.Philox([13, len(outcome)]))
    events = _STAND_IN * percent / 100.0
    log_sd = np.sqrt(BETWEEN_COHORTS**2 + 1.0 / max(events, 1.0))
    draws = rate * np.exp(log_sd * rng.standard_normal(40000))
    pooled = float(-np.expm1(-rate * years))
    note = [
        f"Late conversion: one published cohort; its spread over cohorts is an assumption (SD of ln rate {BETWEEN_COHORTS}).",
        "The published cohort mixes all levels of injury.",
    ]
    if question.follow_up > 5.05 * 365.25:
        note.append("Beyond five years the published yearly rate is carried on.")
    return ProportionForecast(
        label=f"AIS A at one year or later, {level}: {outcome}",
        programme_hash=programme.hash,
        quantiles=quantile_table(-np.expm1(-draws * years)),
        pooled=pooled,
        domain=f"complete injury (AIS A) one year or more after injury, followed {years:.1f} years",
        sources=(row.source,),
        level=combine_levels([row.level]),
        assumptions=tuple(note),
        n_cohorts=1,
    )
