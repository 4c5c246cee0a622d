"""International Standards for Neurological Classification of Spinal Cord Injury (ISNCSCI), revision of 2019.

`classify` gives the 25 answers of one examination and explains every step; `classify_batch` gives the same answers for millions.
Source of the rules: Rupp et al., Top Spinal Cord Inj Rehabil 2021;27(2):1-22, as read by the Praxis reference implementation, release
2.0.6; see ``docs/instruments/isncsci_disagreements.md`` for the places where readings differ. Not for clinical use unless a clinician
verifies the result.
"""

from __future__ import annotations

from proband.instruments.isncsci.batch import BatchClassification, ExamBatch, classify_batch
from proband.instruments.isncsci.classification import ANSWER_KEYS, Classification, classify
from proband.instruments.isncsci.derivation import Derivation, Step
from proband.instruments.isncsci.levels import (
    DERMATOMES,
    INTACT,
    KEY_MUSCLES,
    LEVELS,
    is_at_or_caudal,
    is_at_or_rostral,
    is_between,
    level_index,
    possible,
)
from proband.instruments.isncsci.model import Exam, ExamError, ExamSide
from proband.instruments.isncsci.totals import TOTAL_MAXIMUM

__all__ = [
    "ANSWER_KEYS",
    "DERMATOMES",
    "INTACT",
    "KEY_MUSCLES",
    "LEVELS",
    "TOTAL_MAXIMUM",
    "BatchClassification",
    "Classification",
    "Derivation",
    "Exam",
    "ExamBatch",
    "ExamError",
    "ExamSide",
    "Step",
    "classify",
    "classify_batch",
    "is_at_or_caudal",
    "is_at_or_rostral",
    "is_between",
    "level_index",
    "possible",
]
