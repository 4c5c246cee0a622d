"""Clinical scores and examinations as pure functions, each with its metadata.

``REGISTRY`` holds every instrument by id; ``score`` works on one person, ``score_batch`` on columns, ``score_table`` on a
table. A missing or impossible answer gives *no score* with the reason. The ISNCSCI engine is
:mod:`proband.instruments.isncsci`.
"""

from __future__ import annotations

from proband.instruments.catalogue import REGISTRY, get, score, score_batch, score_table
from proband.instruments.dictionaries import data_dictionary, redcap_dictionary
from proband.instruments.entry import CONVERSIONS
from proband.instruments.forms import form_layout
from proband.instruments.instrument import (
    AnswerOption,
    Direction,
    Disagreement,
    ImportantChange,
    Instrument,
    InstrumentError,
    Item,
    ItemKind,
    Limits,
    Variant,
)
from proband.instruments.scoring import NoScore, Reason, Score, ScoreBatch

__all__ = [
    "CONVERSIONS",
    "REGISTRY",
    "AnswerOption",
    "Direction",
    "Disagreement",
    "ImportantChange",
    "Instrument",
    "InstrumentError",
    "Item",
    "ItemKind",
    "Limits",
    "NoScore",
    "Reason",
    "Score",
    "ScoreBatch",
    "Variant",
    "data_dictionary",
    "form_layout",
    "get",
    "redcap_dictionary",
    "score",
    "score_batch",
    "score_table",
]
