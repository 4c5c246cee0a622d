"""What a specimen is of, and whether a result can be of it: a creatinine of urine is no creatinine of serum.

Codes are those of SNOMED CT and HL7 v2 table 0487, which are named and not copied; words are those that laboratories print.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from proband.exchange.fhir import values as v
from proband.exchange.remarks import UNFIT, problem_in, problem_with_result
from proband.terms.plausible import limits

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
    "urine": r"urine?|urin|harn|orina|u(?=[-–_ ](?:na|k|cr\w*|kr\w*|alb\w*|glu\w*|bil\w*|sod\w*|pot\w*)\b)",
    "cerebrospinal fluid": r"csf|cerebrospinal|liquor|lcr",
    "ascites": r"ascit\w*|aszites|peritoneal",
    "pleural fluid": r"pleural?|pleuraerguss",
    "stool": r"stool|f(?:a)?eces|faeces|stuhl|selles|heces",
    "saliva": r"saliva|speichel|salive",
    "dialysate": r"dialysate|dialysat",
    "bile": r"bile|galle",
    "amniotic fluid": r"amniotic|fruchtwasser|amniotique|amni(?:ó|o)tico",
    "synovial fluid": r"synovial\w*|gelenkpunktat",
    "sweat": r"sweat|schwei(?:ß|ss)",
    "sputum": r"sputum|expectorat\w*|bronchoalveolar|bal",
    "gastric fluid": r"gastric|magensaft",
    "drain fluid": r"drain(?:age)?(?: fluid)?|drainage\w*",
    "bone marrow": r"bone marrow|knochenmark|moelle|m(?:é|e)dula",
    "breast milk": r"(?:breast|human) milk|muttermilch",
}
_BY_WORD = [(name, re.compile(rf"\b(?:{words})\b", re.IGNORECASE)) for name, words in _WORDS.items()]


#: HL7 v2 table 0493: what makes a specimen unfit for the usual tests
_CONDITIONS = {"HEM": "haemolysed", "CLOT": "clotted", "CON": "contaminated", "AUT": "autolysed"}


_UNFIT = re.compile(UNFIT, re.IGNORECASE)


def _unfit(resource: dict[str, Any]) -> str:
    status = v.text(resource.get("status"))
    if status in {"unsatisfactory", "entered-in-error", "unavailable"}:
        return f"its specimen is {status.replace('-', ' ')}"
    for each in v.items(resource.get("condition")):
        for code in v.codes(each):
            if code.code in _CONDITIONS:
                return f"its specimen is {_CONDITIONS[code.code]}"
    notes = v.notes(resource)
    against = problem_in(notes) or problem_with_result(notes)
    return f"its specimen: {against}" if against else ""


@dataclass(frozen=True, slots=True)
class SpecimenSaid:
    """What the source says that a result was measured in; empty where it says nothing that is known."""

    material: str = ""
    unfit: str = ""
    """Why no result can be had from it, where its record says so: unsatisfactory, haemolysed, another's by its note."""

    @classmethod
    def of(cls, resource: dict[str, Any] | None, display: str | None) -> SpecimenSaid:
        """From a Specimen resource, or from the words of the reference to it."""
        kind = v.obj(v.obj(resource).get("type"))
        unfit = _unfit(v.obj(resource))
        for each in v.codes(kind):
            if each.code in _CODES:
                return cls(_CODES[each.code], unfit)
        words = " ".join(each for each in (v.words(kind), display) if each)
        return cls(next((name for name, pattern in _BY_WORD if pattern.search(words)), ""), unfit)

    @classmethod
    def of_words(cls, words: str) -> SpecimenSaid:
        """From what a cell says of a specimen: its material, or that it is unfit."""
        unfit = f"its specimen is {words[:40]!r}" if _UNFIT.search(words) else ""
        return cls(
            next(
                (name for name, pattern in _BY_WORD if pattern.search(words)),
                _CODES.get(words.strip().upper(), ""),
            ),
            unfit,
        )

    def problem_with(self, node: dict[str, Any]) -> str | None:
        """Why a result cannot be of it: it is unfit, or the code is of blood, serum or plasma, and it is something else."""
        if self.unfit:
            return self.unfit
        return self.problem_with_codes(
            each.code for each in v.codes(node.get("code")) if each.system == "LOINC"
        )

    def problem_with_codes(self, codes: Iterable[str]) -> str | None:
        """Why a result under LOINC codes cannot be of it."""
        if self.material in {"", "blood"}:
            return None
        of_blood = next((each for each in codes if each in limits()), None)
        return f"the code {of_blood} is of blood, and the specimen is {self.material}" if of_blood else None


#: analytes of blood, and the words for them, of which none is part of the usual name of another's test
_ANALYTES = {
    "bilirubin": r"bilirubine?", "creatinine": r"creatinine?|kreatinin\w*|cr(?:é|e)atinin\w*", "sodium": r"sodium|natrium", "potassium": r"potassium|kalium",
    "glucose": r"glucose|glukose", "calcium": r"calcium|kalzium", "ammonia": r"ammonia\w*|ammoniak", "albumin": r"albumine?",
    "lactate": r"lactate|laktat", "platelets": r"platelets|thrombozyten|thrombocytes|plaquettes", "leucocytes": r"leu[ck]ocytes|leukozyten",
}  # fmt: skip
_NAMES = {name: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for name, words in _ANALYTES.items()}


def named_otherwise(concept: Any) -> str | None:
    """Why a result under a code of blood is not of what the code says: its own words name urine, say, or another analyte.

    What a source writes beside the code (``text``, ``display``) is what its laboratory measured; the code somebody mapped.
    """
    found = v.codes(concept)
    code = next((each.code for each in found if each.system == "LOINC" and each.code in limits()), None)
    if code is None:
        return None
    for words in (v.text(v.obj(concept).get("text")), *(each.display for each in found)):
        if words and (why := otherwise(code, words)):
            return why
    return None


@lru_cache(maxsize=4096)
def otherwise(code: str, words: str) -> str | None:
    """Why a result under a LOINC code of blood is not of it by words that name a test; ``None`` where they do not speak against it."""
    if code not in limits():
        return None
    odd = SpecimenSaid.of_words(words).problem_with_codes([code])
    if odd is not None:
        return f"it is called {words[:60]!r}, and {odd}"
    own = limits()[code].analyte
    named = {name for name, pattern in _NAMES.items() if pattern.search(words)}
    if own in _NAMES and named and own not in named:
        return f"it is called {words[:60]!r}, and the code {code} is of {own}"
    return None


#: a source that says nothing of a specimen
UNSAID = SpecimenSaid()
