"""The forecast that nobody has to argue for: what natural history says of a new group, with no effect added."""

from __future__ import annotations

from datetime import date as Day
from typing import TypeVar

import numpy as np

import proband
from proband.natural_history.conditions import Conditions
from proband.natural_history.forecast import ChangeForecast, ProportionForecast
from proband.natural_history.questions import outcome as find
from proband.programme.bundle import Programme
from proband.trial.forecast.document import (
    ForecastAnalysis,
    ForecastBasis,
    ForecastComparator,
    ForecastDocument,
    ForecastError,
    analysis_code,
    estimand_hash,
    forecast_from,
)
from proband.trial.forecast.prediction import CountOf, MeanOf

#: how many equally likely centres of a cohort's mean a written forecast keeps of the model's quantiles
CENTRES = 50

Kind = TypeVar("Kind")


def no_effect(
    programme: Programme, outcome: str, conditions: Conditions, people: int
) -> tuple[CountOf | MeanOf, str]:
    """What a new group of untreated people will show, and in words who they are.

    Chance within the group and differences between cohorts both take part.

    Raises
    ------
    OutsideDomain
        Where no published natural history covers the question.
    ForecastError
        ``forecast.mixed`` for a group of several kinds of people, whose joint distribution is not drafted here.
    """
    found = find(programme, outcome)
    if found.kind == "change" and found.changes is not None:
        changes = found.changes(programme, conditions, None)
        return _of_change(_only(changes, outcome), people), changes[0][1].domain
    if found.proportions is None:
        raise ForecastError("forecast.outcome", outcome=outcome)
    shares = found.proportions(programme, conditions, None)
    return _of_share(_only(shares, outcome), people, found.event), shares[0][1].domain


def _only(kinds: list[tuple[int, Kind]], outcome: str) -> Kind:
    if len(kinds) != 1:
        raise ForecastError("forecast.mixed", outcome=outcome, kinds=len(kinds))
    return kinds[0][1]


def _of_share(forecast: ProportionForecast, people: int, event: str) -> CountOf:
    from scipy.stats import binom

    counts = np.arange(people + 1)
    p = binom.pmf(counts[:, None], people, np.asarray(forecast.quantiles)[None, :]).mean(axis=1)
    return CountOf(event=event, people=people, probabilities=[float(each) for each in p / p.sum()])


def _of_change(forecast: ChangeForecast, people: int) -> MeanOf:
    levels = (np.arange(CENTRES) + 0.5) / CENTRES
    return MeanOf(
        quantity=f"mean change of {forecast.label} in {people} people", unit=forecast.unit,
        means=[float(each) for each in np.quantile(forecast.quantiles, levels)], sd=forecast.sd / float(np.sqrt(people)),
    )  # fmt: skip


def draft_forecast(
    programme: Programme,
    outcome: str,
    conditions: Conditions,
    people: int,
    *,
    made_by: str,
    made_on: Day,
    estimand: str | None = None,
    outcome_known: bool = False,
) -> ForecastDocument:
    """A forecast of *no effect*: prediction and comparator are one, until somebody names a source for something else.

    Parameters
    ----------
    programme, outcome, conditions, people
        Whose natural history, of what, in whom, in how many.
    made_by, made_on, outcome_known
        Who forecasts, on which day, and whether they may know the outcome.
    estimand
        The estimand; the programme's primary one without it.
    """
    chosen = estimand or programme.head.forecast.primary_estimand
    hashed = estimand_hash(programme, chosen)
    declared = next(each for each in programme.outcomes.estimands if each.id == chosen)
    prediction, described = no_effect(programme, outcome, conditions, people)
    tables = {name: h for name, h in programme.files.items() if name.startswith("natural_history/")}
    return ForecastDocument(
        programme=programme.id, programme_version=programme.version, programme_hash=programme.hash, estimand=chosen,
        estimand_hash=hashed, question=declared.question, made_by=made_by, made_on=made_on, outcome_known=outcome_known,
        comparator=ForecastComparator(described=described, tables=tables, prediction=prediction),
        analysis=ForecastAnalysis(described=declared.analysis, version=proband.__version__, code=analysis_code()),
        basis=ForecastBasis(kind="no-effect"), prediction=prediction,
        why="Nobody is known to be helped: natural history, with no effect added.",
    )  # fmt: skip


def expected(
    draft: ForecastDocument,
    *,
    share: float | None = None,
    worth: float | None = None,
    mean: float | None = None,
    sd: float | None = None,
    source: str | None = None,
    why: str,
) -> ForecastDocument:
    """The draft with an expectation other than 'no effect', which stays beside it.

    Parameters
    ----------
    share, worth
        For counts: the expected share, and how many people's experience it is worth; the count is then beta-binomial with
        ``Beta(share × worth, (1 − share) × worth)``.
    mean, sd
        For a mean: where it is expected, and how far off it may be (one standard deviation, chance within the group included).
    source
        Id of the source of the bundle that supplies the effect; without it the prediction is the forecaster's own judgement.
    why
        Why, in a sentence.

    Raises
    ------
    ForecastError
        ``forecast.expected`` where the numbers do not fit what is forecast.
    """
    null = draft.comparator.prediction
    if isinstance(null, CountOf) and share is not None and worth is not None and mean is None and sd is None:
        prediction: CountOf | MeanOf = _beta_binomial(null, share, worth)
    elif isinstance(null, MeanOf) and mean is not None and sd is not None and share is None and worth is None:
        if not (np.isfinite(mean) and np.isfinite(sd) and sd > 0):
            raise ForecastError("forecast.expected", needs="a finite mean and a standard deviation above 0")
        prediction = MeanOf(quantity=null.quantity, unit=null.unit, means=[mean], sd=sd)
    else:
        needs = (
            "a share and what it is worth"
            if isinstance(null, CountOf)
            else "a mean and its standard deviation"
        )
        raise ForecastError("forecast.expected", needs=needs)
    basis = (
        ForecastBasis(kind="own-judgement") if source is None else ForecastBasis(kind="source", source=source)
    )
    return forecast_from({**draft.model_dump(mode="json"), "prediction": prediction.model_dump(mode="json"),
                          "basis": basis.model_dump(mode="json"), "why": why})  # fmt: skip


def _beta_binomial(null: CountOf, share: float, worth: float) -> CountOf:
    from scipy.stats import betabinom

    if not (0.0 < share < 1.0 and 0.0 < worth < np.inf):
        raise ForecastError("forecast.expected", needs="a share between 0 and 1, worth more than 0 people")
    p = betabinom.pmf(np.arange(null.people + 1), null.people, share * worth, (1.0 - share) * worth)
    return CountOf(event=null.event, people=null.people, probabilities=[float(each) for each in p / p.sum()])
