"""Spinal cord injury: the model of grade changes, fitted to the published counts of one baseline grade and outcome.

Counts come from ``natural_history/grade-conversion.csv`` of the bundle, the model is :mod:`.cohorts`. Strata are levels of
injury, covariates the window of the first examination and the time of the last one, calendar time is the era, and what is
left differs between registries and cohorts (random effects).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from proband.natural_history.cohorts import CohortRows, Posterior, Priors, fit
from proband.natural_history.domain import OutsideDomain, QuestionUnclear
from proband.natural_history.tables import TableRow, published
from proband.programme import Programme

Array = NDArray[np.float64]

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
WINDOW_REFERENCE = 14.0

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


def mix_of_levels(grade: str, level_group: str) -> Array:
    """How people of a group of levels are made up, as a share of each of :data:`STRATA`: shape (3,), summing to 1.

    Raises
    ------
    QuestionUnclear
        If the model does not know the group.
    """
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


def assemble(
    rows: tuple[TableRow, ...], grade: str, assumptions: ModelAssumptions = DEFAULT
) -> tuple[CohortRows, tuple[str, ...]]:
    """Published rows as the counts and covariates of the model, and the names of their cohorts.

    A share without a printed number of people counts for ``assumptions.stand_in_weight`` people.
    """
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
        [np.log((r.number("window_days") or WINDOW_REFERENCE) / WINDOW_REFERENCE) for r in rows]
    )
    follow = np.array([_follow_up(r.text("follow_up")) for r in rows])
    return (
        CohortRows(
            events=events,
            n=n,
            mix=np.stack([mix_of_levels(grade, r.text("level_group")) for r in rows]),
            covariates=np.stack([windows, follow], axis=1),
            time=np.array([(_year(r, assumptions.publication_lag) - REFERENCE_YEAR) / 10.0 for r in rows]),
            registry=np.array([registries.index(r.text("registry")) for r in rows], dtype=np.int64),
            cohort=np.array([cohorts.index(r.text("cohort")) for r in rows], dtype=np.int64),
        ),
        cohorts,
    )


def fitted_rows(programme: Programme, grade: str, outcome: str, use: str = "fit") -> tuple[TableRow, ...]:
    """The usable rows of a baseline grade and outcome; ``use`` is ``fit``, ``whole`` or ``context``, as the table says."""
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


def priors_for(grade: str, outcome: str, assumptions: ModelAssumptions = DEFAULT) -> Priors:
    """The priors of a grade and outcome, as the assumptions scale them."""
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
    rows = fitted_rows(programme, grade, outcome)
    if len({r.text("cohort") for r in rows}) < 2:
        raise OutsideDomain(
            f"the outcome {outcome} from grade {grade}",
            nearest={"ais-deterioration": "grades C and D"}.get(outcome, "grades A to D"),
            differs=[f"no published counts of {outcome} from grade {grade}"]
            + (["grade A is the worst grade"] if (grade, outcome) == ("A", "ais-deterioration") else []),
            missing=[f"at least two cohorts with counts of {outcome} from grade {grade}"],
        )
    data, cohorts = assemble(rows, grade, assumptions)
    return GradeModel(
        grade, outcome, rows, data, cohorts, fit(data, priors_for(grade, outcome, assumptions)), assumptions
    )
