"""What happens without the therapy: published figures as cited data, and models that know where they end."""

from __future__ import annotations

from proband.natural_history.data import NaturalHistoryData, Row, Table, TableError, UnknownProgramme, load
from proband.natural_history.domain import OutsideDomain, QuestionUnclear
from proband.natural_history.forecast import ChangeForecast, CohortCheck, ProportionForecast

__all__ = [
    "ChangeForecast",
    "CohortCheck",
    "NaturalHistoryData",
    "OutsideDomain",
    "ProportionForecast",
    "QuestionUnclear",
    "Row",
    "Table",
    "TableError",
    "UnknownProgramme",
    "load",
]
