"""Codes under which a death is recorded elsewhere than as a vital status."""

from __future__ import annotations

import re

#: codes under which a death is recorded elsewhere: as a finding, as a diagnosis, on a certificate, as the way in which a stay ended. Whoever
#: is recorded so, and by no vital status, is doubted to live. SNOMED CT "dead" and "patient discharge, deceased …" (eCQM data elements;
#: NHS LRA discharge), ICD-10 R95-R99 "ill-defined and unknown causes of mortality" (WHO), LOINC of the certificate of death (HL7 VRDR)
DEATH_KEYS = frozenset(
    {
        *(("SNOMED", code) for code in ("419099009", "371828006", "3133002", "1917008", "79779006", "89334003", "41819004")),
        *(("ICD-10", code) for code in ("R95", "R96", "R96.0", "R96.1", "R98", "R99")),
        *(("LOINC", code) for code in ("69453-9", "80616-6", "81956-5")),
    }
)  # fmt: skip

_DIED = re.compile(
    r"\b(?:expired|deceased|died|death|verstorben|gestorben|tod|d(?:é|e)c(?:é|e)d(?:é|e)e?|fallecid[oa]|deceduto|overleden)\b",
    re.IGNORECASE,
)


def died_in_words(words: str) -> bool:
    """Whether words that say how a stay ended say that it was by death."""
    return _DIED.search(words) is not None


def is_dead(word: str) -> bool:
    """Whether a word that answers whether somebody lives says that they do not."""
    return word.strip().lower() in {"dead", "deceased", "died"}
