"""Codes under which a death is recorded elsewhere than as a vital status."""

from __future__ import annotations

import re

#: codes under which a death is recorded elsewhere: as a finding, as a diagnosis, on a certificate, as the way in which a stay ended. Whoever
#: is recorded so, and by no vital status, is doubted to live. SNOMED CT "dead" and "patient discharge, deceased …" (eCQM data elements;
#: NHS LRA discharge), ICD-10 R95-R99 "ill-defined and unknown causes of mortality" (WHO), LOINC of the certificate of death (HL7 VRDR:
#: cause of death, time pronounced dead, time of death) and 81954-0 "date of death" (Dutch zib Patient, NL-CM:0.1.33). A wrong code here only doubts a life
DEATH_KEYS = frozenset(
    {
        *(("SNOMED", code) for code in ("419099009", "371828006", "3133002", "1917008", "79779006", "89334003", "41819004")),
        *(("ICD-10", code) for code in ("R95", "R96", "R96.0", "R96.1", "R98", "R99")),
        *(("LOINC", code) for code in ("69453-9", "80616-6", "81954-0", "81956-5")),
    }
)  # fmt: skip

_DIED = re.compile(
    r"\b(?:expired|deceased|died|death|verstorben|gestorben|tod|d(?:é|e)c(?:é|e)d(?:é|e)e?|fallecid[oa]|deceduto|overleden)\b",
    re.IGNORECASE,
)


def died_in_words(words: str) -> bool:
    """Whether words that say how a stay ended say that it was by death."""
    return _DIED.search(words) is not None


_RELATED = re.compile(
    r"\b(?:mother|father|parents?|brother|sister|sibling|son|daughter|uncle|aunt|cousin|husband|wife|spouse|partner|friend|twin|f(?:o)?etus|donor|dog|cat|grand\w+|relative|family|mum|mom|dad"
    r"|mutter|vater|eltern|bruder|schwester|sohn|tochter|ehe\w+|onkel|tante|m(?:è|e)re|p(?:è|e)re|fr(?:è|e)re|s(?:œ|oe)ur|mari|femme|madre|padre|hermano|hermana|marido|esposa|fratello|sorella"
    r"|(?:his|her|their|an?|another|first|second|previous|older|younger|(?:ihr|sein|ein)(?:e[ns]?)?) (?:child|baby|infant|kind))\b|[\'’]s? (?:child|baby|infant)\b",
    re.IGNORECASE,
)
#: whoever a remark is about, who may be a child; "the mother of the patient" is another
_THEMSELVES = re.compile(
    r"(?<!of )(?<!of the )\b(?:patient|pt|subject|participant|he|she|they|er|sie|child|baby|infant|kind)\b(?![\'’]s?\s)",
    re.IGNORECASE,
)
#: what may stand between the word and a relative right behind it: "deceased donor", "died: his mother"
_RIGHT_BEHIND = re.compile(r"[ :(]*(?:was )?(?:(?:his|her|their|the|one|sein\w*|ihr\w*|su|sa|son) )?", re.IGNORECASE)  # fmt: skip
_HAS_DIED = re.compile(
    r"\b(?:died|deceased|passed away|verstorben|gestorben|verstarb|(?:é|e)t(?:é|e) retrouv(?:é|e) mort|d(?:é|e)c(?:é|e)d(?:é|e)e?|fallecid[oa]|falleci(?:ó|o)|deceduto|overleden|date of death|death (?:on|at)|(?:patient|pt|subject|he|she|they) (?:has |had )?expired|exitus)\b",
    re.IGNORECASE,
)
_NOT_DIED = re.compile(
    r"\b(?:not|never|nearly|almost|would have|could have|might have|nicht|fast|beinahe|pas|no|non)(?: \w+)?\s*$",
    re.IGNORECASE,
)


def died_in_remark(words: str) -> bool:
    """Whether a remark says that the person died: not somebody of the family, and not that they nearly did.

    Of whom a sentence speaks, whoever was named last before the word tells, or a relative right behind it: "died, family informed" is of the person.
    """
    return any(
        _NOT_DIED.search(part[: found.start()]) is None and not _of_another(part, found)
        for part in re.split(r"[.;\n]", words[:4000])
        for found in _HAS_DIED.finditer(part)
    )


def _of_another(sentence: str, died: re.Match[str]) -> bool:
    """Whether a sentence says of somebody else that they died: "his child" is another, "the child" is not."""
    relative, own = (
        max((found.end() for found in who.finditer(sentence, 0, died.end())), default=-1)
        for who in (_RELATED, _THEMSELVES)
    )
    if relative >= own and relative >= 0:
        return True
    behind = sentence[died.end() :]
    return any(
        _RIGHT_BEHIND.fullmatch(behind[: found.start()]) is not None
        and (died[0].lower() == "deceased" or not behind[found.end() :].strip(" )"))
        for found in _RELATED.finditer(behind)
    )


def is_dead(word: str) -> bool:
    """Whether a word that answers whether somebody lives says that they do not."""
    return word.strip().lower() in {"dead", "deceased", "died"}
