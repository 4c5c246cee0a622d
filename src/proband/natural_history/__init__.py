"""What happens without the therapy: published figures as cited data, and models that know where they end."""

from __future__ import annotations

from proband.natural_history.data import (
    NaturalHistoryData,
    NaturalHistoryTable,
    NaturalHistoryTableError,
    TableRow,
    UnknownProgramme,
    load,
)
from proband.natural_history.domain import OutsideDomain, QuestionUnclear
from proband.natural_history.forecast import ChangeForecast, CohortCheck, ProportionForecast

__all__ = [
    "ChangeForecast",
    "CohortCheck",
    "NaturalHistoryData",
    "NaturalHistoryTable",
    "NaturalHistoryTableError",
    "OutsideDomain",
    "ProportionForecast",
    "QuestionUnclear",
    "TableRow",
    "UnknownProgramme",
    "load",
]
