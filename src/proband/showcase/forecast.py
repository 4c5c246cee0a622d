"""The forecast of the demonstration: drafted from natural history, sealed into the record, scored on a simulated truth.

It is about people with a recent injury, for whom what happens without treatment is published, and not about the simulated
people of the record, for whom it is not; the page says so. Nobody is helped in it, and the truth is drawn from the very model
that forecast: that it scores well is no merit.
"""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING

from proband.natural_history.conditions import Conditions
from proband.programme.sealing import key_from
from proband.trial.forecast.document import ForecastDocument, SealedForecast, seal_forecast
from proband.trial.forecast.draft import draft_forecast, expected
from proband.trial.forecast.league import ScoredForecast, score_forecast

if TYPE_CHECKING:
    from proband.programme import Programme

OUTCOME = "ais-conversion"
CONDITIONS = Conditions("A", "T1-9", "30d", "1y", None)
PEOPLE = 30
_WHO = "the demonstration (nobody real)"
_KEY = sha256(b"the key of the demonstration, known to everybody").digest()
#: fixed, so that the demonstration is the same everywhere
_SEED = 20261129


def forecasts(programme: Programme, day: date) -> tuple[ForecastDocument, ForecastDocument]:
    """The forecast of no effect, and a hopeful one beside it, of the same people."""
    null = draft_forecast(programme, OUTCOME, CONDITIONS, PEOPLE, made_by=_WHO, made_on=day)
    hope = expected(
        null, share=0.4, worth=20, why="A hope, made up to show how one is scored; no source supplies it."
    )
    return null, hope


def sealed(document: ForecastDocument) -> SealedForecast:
    """The forecast under the demonstration's key, which is no secret."""
    return seal_forecast(document, key_from(_KEY))


def scored(documents: tuple[ForecastDocument, ...]) -> list[ScoredForecast]:
    """Each forecast by one count that was drawn from 'no effect'."""
    import numpy as np

    chances = np.asarray(documents[0].comparator.prediction.model_dump()["probabilities"])
    seen = np.random.Generator(np.random.Philox(_SEED)).choice(PEOPLE + 1, p=chances / chances.sum())
    return [score_forecast(each, float(seen), sealed_before_first_dose=True) for each in documents]
