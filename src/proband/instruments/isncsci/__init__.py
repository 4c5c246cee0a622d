"""International Standards for Neurological Classification of Spinal Cord Injury (ISNCSCI), revision of 2019.

`classify` gives the 25 answers of one examination and explains every step; `classify_batch` gives the same
answers for millions. Source of the rules: Rupp et al., Top Spinal Cord Inj Rehabil 2021;27(2):1-22, as read
by the Praxis reference implementation, release 2.0.6; see ``docs/instruments/isncsci_disagreements.md`` for
the places where readings differ. Not for clinical use unless a clinician verifies the result.
"""

from __future__ import annotations

from proband.instruments.isncsci.batch import classify_batch
from proband.instruments.isncsci.batch_answers import BatchClassification
from proband.instruments.isncsci.classification import ANSWER_KEYS, Classification, classify
from proband.instruments.isncsci.criteria import (
    NO_GRADE,
    ais_grade,
    has_grade,
    level_at_or_caudal,
    level_at_or_rostral,
    level_between,
    neurological_level,
)
from proband.instruments.isncsci.derivation import Derivation, DerivationStep
from proband.instruments.isncsci.exam_batch import ExamBatch
from proband.instruments.isncsci.form import FormField, FormLayout, form_layout
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
from proband.instruments.isncsci.measurement import BeyondError, beyond_measurement_error, measurement_error
from proband.instruments.isncsci.model import Exam, ExamError, ExamSide
from proband.instruments.isncsci.repeat_exam import (
    Conversion,
    LevelGain,
    TotalChange,
    ais_conversion,
    change_since_baseline,
    motor_level_gain,
)
from proband.instruments.isncsci.sheet import form_text
from proband.instruments.isncsci.totals import TOTAL_MAXIMUM

__all__ = [
    "ANSWER_KEYS",
    "DERMATOMES",
    "INTACT",
    "KEY_MUSCLES",
    "LEVELS",
    "NO_GRADE",
    "TOTAL_MAXIMUM",
    "BatchClassification",
    "BeyondError",
    "Classification",
    "Conversion",
    "Derivation",
    "DerivationStep",
    "Exam",
    "ExamBatch",
    "ExamError",
    "ExamSide",
    "FormField",
    "FormLayout",
    "LevelGain",
    "TotalChange",
    "ais_conversion",
    "ais_grade",
    "beyond_measurement_error",
    "change_since_baseline",
    "classify",
    "classify_batch",
    "form_layout",
    "form_text",
    "has_grade",
    "is_at_or_caudal",
    "is_at_or_rostral",
    "is_between",
    "level_at_or_caudal",
    "level_at_or_rostral",
    "level_between",
    "level_index",
    "measurement_error",
    "motor_level_gain",
    "neurological_level",
    "possible",
]
