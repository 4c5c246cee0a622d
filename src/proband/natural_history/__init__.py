"""What happens without the therapy: published figures as cited data, and models that know where they end."""

from __future__ import annotations

from proband.natural_history.domain import OutsideDomain, QuestionUnclear
from proband.natural_history.forecast import ChangeForecast, CohortCheck, ProportionForecast, RateForecast
from proband.natural_history.tables import (
    NaturalHistoryTable,
    NaturalHistoryTableError,
    TableRow,
    evidence_table,
    published,
    published_tables,
)

__all__ = [
    "ChangeForecast",
    "CohortCheck",
    "NaturalHistoryTable",
    "NaturalHistoryTableError",
    "OutsideDomain",
    "ProportionForecast",
    "QuestionUnclear",
    "RateForecast",
    "TableRow",
    "evidence_table",
    "published",
    "published_tables",
]
