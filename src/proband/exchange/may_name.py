"""Which diagnoses a code may name that stands where nobody says that the person has it, or under a system that nobody knows.

Such a diagnosis is a mention (:mod:`proband.facts.mentions`): it proves nothing, and lets no older "no" and no silence answer for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from proband.terms import SYSTEMS, UncertainDate, broader_codes, canonical_code

#: systems whose codes name what a person may have
FINDINGS = frozenset({"HPO", "MONDO", "ORPHA", "OMIM", "ICD-10", "ICD-9-CM", "SNOMED", "MedDRA"})
#: systems whose codes name what a person may take
DRUGS = frozenset({"ATC", "RxNorm"})
#: an ICD-10 code as it is spelt, under whatever name its system stands
_LIKE_ICD10 = re.compile(r"[A-TV-Z][0-9][0-9A-Z](?:\.?[0-9A-Z]{1,4}|\.-)?[+*!†]?")
_PARTS = re.compile(r"[\s|:^;,()\[\]\"]+")

#: questions of LOINC about relatives, whose answers are not what the person has
_OF_RELATIVES = frozenset({"8670-2", "10157-6", "54114-4"})


def of_family(code: str, words: str | None) -> bool:
    """Whether a question, by its code or its words, is about relatives: what answers it is no mention of what the person may have."""
    return code in _OF_RELATIVES or "famil" in (words or "").lower()


#: questions whose answer is what somebody has: LOINC's sections and questions of diagnoses and problems, SNOMED CT "diagnosis" and "problem"
_DIAGNOSIS = frozenset(
    {
        *(("LOINC", code) for code in ("29308-4", "29548-5", "18630-4", "52797-8", "11450-4", "11348-0", "46241-6", "42347-5", "11535-2", "78375-3", "75326-9", "75323-6", "55607-6", "59847-4", "22637-3", "22634-0")),
        *(("SNOMED", code) for code in ("439401001", "55607006", "282291009", "64572001")),
    }
)  # fmt: skip
_ASKS = re.compile(
    r"\b(?:diagnos[ei]s|diagnosen?|(?:haupt|neben)diagnosen?|problem list|co-?morbidit(?:y|ies)|(?:past |previous )?medical history|vorerkrankung(?:en)?|antécédents|diagnostics?)\b",
    re.IGNORECASE,
)


def asks_for_a_diagnosis(codes: Iterable[tuple[str, str]], words: str | None) -> bool:
    """Whether a question asks what somebody has, by its codes or, where none of them is of a known system, by its words; not one about relatives."""
    found = list(codes)
    if any(of_family(code, words) for _, code in found) or of_family("", words):
        return False
    known = any(system in SYSTEMS and system != "Proband" for system, _ in found)
    return not _DIAGNOSIS.isdisjoint(found) or (not known and _ASKS.search(words or "") is not None)


def like_icd10(code: str) -> tuple[str, ...]:
    """The code of ICD-10 that a code without a known system has the form of, with the broader ones; empty where it has not."""
    if not _LIKE_ICD10.fullmatch(code.strip().upper()):
        return ()
    found = canonical_code("ICD-10", code)
    return (found, *broader_codes("ICD-10", found))


#: the concepts of an expression of SNOMED CT before what refines them: whoever has it has each of them (compositional grammar)
_SCTID = re.compile(r"(?<![0-9])[1-9][0-9]{5,17}(?![0-9])")


def badly_formed(system: str, code: str) -> bool:
    """Whether a code is of no form that its system has, so that it equals no code that anybody asks for."""
    if system == "ICD-10":
        return not _LIKE_ICD10.fullmatch(code.strip().upper())
    return system == "SNOMED" and not code.strip().isdigit()


def named_in(system: str, code: str) -> tuple[tuple[str, str], ...]:
    """What a badly formed code may name: ``K76.0, I81`` two diagnoses, ``17920008:363698007=…`` a kind of one; empty where it names none."""
    if system == "ICD-10":
        return tuple(("ICD-10", each) for each in like_icd10_in(code))
    return tuple(("SNOMED", each) for each in _SCTID.findall(code.partition(":")[0]))


def like_icd10_in(words: str) -> tuple[str, ...]:
    """The same of each part of what a source writes for itself: ``ICD10GM|I81``, ``I81 thrombosis of the portal vein``."""
    return tuple(dict.fromkeys(code for part in _PARTS.split(words) for code in like_icd10(part)))


def may_name(system: str, code: str) -> tuple[tuple[str, str], ...]:
    """System and code of each diagnosis or drug that a code may name, itself first; nothing for a code of a system of other things."""
    known = system in SYSTEMS
    if system in DRUGS:
        return tuple((system, each) for each in (code, *broader_codes(system, code)))
    if known and system not in FINDINGS:
        return ()
    if badly_formed(system, code):
        return ((system, code), *named_in(system, code))
    named = [(system, each) for each in (code, *broader_codes(system, code))] if system else []
    return (*named, *(() if known else (("ICD-10", each) for each in like_icd10(code))))


#: classifications that another has replaced, whose codes nobody translates here
_FORERUNNERS = frozenset({"ICD-9-CM"})


def nobody_asks(codes: Iterable[tuple[str, str]]) -> str | None:
    """The systems of a diagnosis or a drug all of whose codes are of systems that are not known, or of a classification that was replaced; else ``None``.

    A code that has the form of ICD-10 is a mention of that (:func:`may_name`), whatever its system.
    """
    found = list(codes)
    if not found or any(system in SYSTEMS and system not in _FORERUNNERS for system, _ in found):
        return None
    if any(like_icd10_in(code) for system, code in found if system not in SYSTEMS):
        return None
    return " and ".join(sorted({system or "no system" for system, _ in found}))


def through(begin: UncertainDate) -> UncertainDate:
    """Through when a diagnosis may hold that was mentioned on a day: nobody knows."""
    return UncertainDate(begin.earliest, None)
