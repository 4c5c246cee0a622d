"""Liver scores: each a vectorised rule over columns, with its published variants by name.

No public calculator is an oracle for these: most of those examined have a defect, which is why rounding order, bounds and
conversion constants are stated with every score.
"""

from __future__ import annotations

from proband.instruments.instrument import Instrument
from proband.instruments.liver.acute_failure import KINGS_NON_PARACETAMOL, KINGS_PARACETAMOL
from proband.instruments.liver.alcoholic_hepatitis import GAHS, LILLE, MADDREY
from proband.instruments.liver.chronic_failure import (
    ACLF_GRADE,
    CLIF_C_ACLF,
    CLIF_C_ACLF_MORTALITY,
    CLIF_C_AD,
    CLIF_C_AD_MORTALITY,
    CLIF_C_OF,
)
from proband.instruments.liver.fibrosis import APRI, ELF, FIB_4
from proband.instruments.liver.function import ALBI, CHILD_PUGH
from proband.instruments.liver.meld import MELD, MELD_3, MELD_3_SURVIVAL, MELD_NA, MELD_SURVIVAL, PELD, UKELD
from proband.instruments.liver.toxicity import CTCAE_LIVER

LIVER: tuple[Instrument, ...] = (
    MELD,
    MELD_NA,
    MELD_3,
    MELD_SURVIVAL,
    MELD_3_SURVIVAL,
    PELD,
    UKELD,
    CHILD_PUGH,
    ALBI,
    FIB_4,
    APRI,
    ELF,
    MADDREY,
    LILLE,
    GAHS,
    CLIF_C_OF,
    ACLF_GRADE,
    CLIF_C_ACLF,
    CLIF_C_ACLF_MORTALITY,
    CLIF_C_AD,
    CLIF_C_AD_MORTALITY,
    KINGS_PARACETAMOL,
    KINGS_NON_PARACETAMOL,
    *CTCAE_LIVER,
)

__all__ = ["LIVER"]
