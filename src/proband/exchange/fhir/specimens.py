"""What a specimen is of, and whether a result can be of it: a creatinine of urine is no creatinine of serum.

Codes are those of SNOMED CT and HL7 v2 table 0487, which are named and not copied; words are those that laboratories print.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from proband.exchange.fhir import values as v
from proband.exchange.plausibility import limits

_CODES = {
    **dict.fromkeys(("122575003", "258574006", "276833005", "UR", "URINE", "UMED", "CATH"), "urine"),
    **dict.fromkeys(("258450006", "CSF"), "cerebrospinal fluid"),
    **dict.fromkeys(("309201001", "168139001", "PRT", "ASC"), "ascites"),
    **dict.fromkeys(("418564007", "PLR"), "pleural fluid"),
    **dict.fromkeys(("119339001", "STL"), "stool"),
    **dict.fromkeys(("119342007", "SAL"), "saliva"),
    **dict.fromkeys(("119297000", "BLD", "119364003", "SER", "119361006", "PLAS", "122555007", "122554006", "119298005"), "blood"),
}  # fmt: skip
_WORDS = {
    "urine": r"urine?|urin|harn|orina",
    "cerebrospinal fluid": r"csf|cerebrospinal|liquor|lcr",
    "ascites": r"ascit\w*|aszites|peritoneal",
    "pleural fluid": r"pleural?|pleuraerguss",
    "stool": r"stool|f(?:a)?eces|faeces|stuhl|selles|heces",
    "saliva": r"saliva|speichel|salive",
    "dialysate": r"dialysate|dialysat",
    "bile": r"bile|galle",
}
_BY_WORD = [(name, re.compile(rf"\b(?:{words})\b", re.IGNORECASE)) for name, words in _WORDS.items()]


@dataclass(frozen=True, slots=True)
class SpecimenSaid:
    """What the source says that a result was measured in; empty where it says nothing that is known."""

    material: str = ""

    @classmethod
    def of(cls, resource: dict[str, Any] | None, display: str | None) -> SpecimenSaid:
        """From a Specimen resource, or from the words of the reference to it."""
        kind = v.obj(v.obj(resource).get("type"))
        for each in v.codes(kind):
            if each.code in _CODES:
                return cls(_CODES[each.code])
        words = " ".join(each for each in (v.words(kind), display) if each)
        return cls(next((name for name, pattern in _BY_WORD if pattern.search(words)), ""))

    def problem_with(self, node: dict[str, Any]) -> str | None:
        """Why a result cannot be of it: its code is of blood, serum or plasma, and the specimen is something else."""
        if self.material in {"", "blood"}:
            return None
        of_blood = next(
            (each for each in v.codes(node.get("code")) if each.system == "LOINC" and each.code in limits()),
            None,
        )
        return (
            f"the code {of_blood.code} is of blood, and the specimen is {self.material}" if of_blood else None
        )
