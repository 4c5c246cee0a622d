"""Remarks that take a record back ("wrong patient", "irrtümlich erfasst") or speak against a number ("haemolysed", "repeat 12.5", "see note").

The words are those by which laboratories and wards withdraw a result in a note instead of in its status, in the languages of the
sites. A remark that says one of them makes the whole record doubtful; what it says beside that is not searched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_WORDS = (
    # another person's
    r"(?:wrong|incorrect) (?:patient|person|pat\b|subject|baby|twin|record|chart)",
    r"(?:belong(?:s|ed|ing)? to|is (?:of|from)) (?:another|a different|the other|an other) (?:patient|person|twin)",
    r"not (?:this|the|my|our) patient",
    r"patient(?:s)? (?:mix(?:ed)?[- ]?up|misidentif\w+|swap\w*)|misidentif\w+|mix(?:ed)?[- ]up",
    r"mis[- ]?label+ed|wrong (?:label|sample|specimen|tube|blood in tube)|\bwbit\b|(?:sample|specimen|tube)s? (?:swap\w*|switch\w*|exchang\w*|mix\w*)",
    r"falsche[rmns]? (?:patient\w*|person|probe\w*|r(?:ö|oe)hrchen|etikett\w*)|(?:patient\w*|proben?)[- ]?(?:verwechs\w+|vertausch\w+)|verwechs(?:elt|lung)\w*|vertausch\w+",
    r"(?:anderen|anderer|andere) patient\w*",
    r"mauvais(?:e)? (?:patient\w*|tube|identit\w+|étiquet\w+)|erreur (?:de|d'|d’)\s?(?:patient\w*|identit\w+|tube|saisie|étiquet\w+)|autre patient\w*",
    r"paciente (?:equivocad\w+|err(?:ó|o)ne\w+|incorrect\w+|errad\w+)|(?:otro|outro) paciente|muestra (?:equivocad\w+|intercambiad\w+)|error de (?:paciente|identificaci\w+|muestra|transcripci\w+)",
    r"paziente (?:sbagliat\w+|errat\w+)|altro paziente|scambio (?:di )?(?:paziente|provett\w+|campion\w+)",
    r"verkeerde (?:pati(?:ë|e)nt\w*|buis)|forkert patient|fel patient",
    # not meant, not to be used
    r"(?:entered|recorded|filed|documented|reported|charted|posted|resulted|made|typed|keyed) (?:in|by) (?:error|mistake)",
    r"(?:in|by) error\b|erroneous\w*|data entry error|typing error|typo\b|transcription error",
    r"(?:please )?(?:disregard|ignore)(?: (?:this|the|result|previous|value|entry)|[ .!]*$)|do not use|not to be used|not valid|\binvalid\b|invalidated|voided\b|retracted|withdrawn|revoked|nullified",
    r"irrt(?:ü|ue)mlich|versehentlich|f(?:ä|ae)lschlich|fehlerhaft (?:erfasst|eingegeben|eingetragen|dokumentiert|angelegt|gebucht|erfaßt)|fehleingabe|eingabefehler|falsch (?:erfasst|eingegeben|eingetragen)|storn\w+|ung(?:ü|ue)ltig|nicht verwert\w+|bitte ignorieren|nicht verwenden",
    r"saisi\w* par erreur|par erreur|ne pas (?:tenir compte|utiliser)|non valide|annulé\w*",
    r"(?:ingresad|registrad|introducid|cargad)[oa] por error|por error|por engano|no (?:v(?:á|a)lid[oa]|usar)|anulad[oa]|inserit[oa] per errore|per errore|non utilizzare|annullat[oa]|inv(?:á|a)lid[oa]",
    # of nobody, or told twice
    r"(?:test|dummy|training|fictitious) (?:patient|person|record|entry|case)|testpatient\w*|(?:patient\w*|dossier) (?:test|fictif)|duplicate (?:record|entry|row|of)|doppelt erfasst",
    # of no worth as a sample
    r"contaminat\w+|kontaminiert\w*|contaminé\w*|contaminad[oa]",
)
#: what is said of a specimen from which no result can be had, as a pattern; formats add words of their own
UNFIT = r"h(?:a)?emoly|clotted|insufficient|unsatisf|mislabel"
_TAKEN_BACK = re.compile(rf"\b(?:{'|'.join(_WORDS)})", re.IGNORECASE)
#: what denies the words that follow: "not entered in error", "kein Hinweis auf Verwechslung"
_DENIED = re.compile(
    r"\b(?:no|not|never|nicht|keine?n?|ohne|without|free of|pas|aucune?|sans|senza|sin|ning(?:ú|u)n\w*|non|geen|niet)(?:\s+\w+){0,3}\s*$",
    re.IGNORECASE,
)
#: longer remarks are looked at so far: nobody withdraws a result on the second page
LOOKED_AT = 4000


@lru_cache(maxsize=4096)
def takes_back(remark: str) -> str | None:
    """The words of a remark that take its record back; ``None`` for any other remark."""
    # a status may be joined by other signs than blanks: entered-in-error, ENTERED_IN_ERROR
    whole = " ".join(remark[:LOOKED_AT].replace("_", " ").replace("-", " ").split())
    for found in _TAKEN_BACK.finditer(whole):
        if not _DENIED.search(whole[: found.start()]) or whole[found.start() :].lower().startswith(
            ("not ", "no ", "non ")
        ):
            return found[0].strip()
    return None


#: what a remark says against the number beside it, whatever the test: the sample was no good or another's, the number was measured anew or is given elsewhere
_OF_NO_WORTH = re.compile(
    r"\b(?:h(?:a)?emoly[sz]\w*|h(?:ä|ae)molyt\w*|h(?:é|e)moly[sz]\w*|hemoli[zs]\w*|emoliz\w*|clotted|clots?|geronnen|coagul(?:ated|é\w*|ad[oa])|clump\w*|aggregat(?:es|ed|ion)|aggregat(?:e|ion)en|lip(?:a)?emic|lip(?:ä|ae)misch"
    r"|quantity not sufficient|\bqns\b|insufficient (?:sample|specimen|quantity|volume|material)|zu wenig (?:material|probe)|drawn above (?:the )?(?:iv|infusion)|iv contamination|unspun|delayed (?:transport|processing)|too old"
    r"|unreliable|not reliable|questionable|implausib\w*|unplausib\w*|spurious\w*|artefact\w*|artifact\w*|artefakt\w*|pseudothrombo\w*|pseudohypo\w*|interfer(?:ence|ing|es)|falsely|falsch (?:hoch|niedrig)"
    r"|(?:sample|specimen|blood|tube|probe|blut|result|value|wert|muestra|(?:é|e)chantillon|campione)s? (?:is |was |are |taken |drawn )?(?:of|from|by|von|der|des|de la|du|della) (?:the |his |her |einer |a )?(?:mother|father|donor|f(?:o)?etus|newborn|baby|sister|brother|twin|wife|husband|spouse|partner"
    r"|mutter|vater|spender\w*|schwester|bruder|zwilling\w*|ehe\w+|m(?:è|e)re|p(?:è|e)re|donneur|madre|padre|donante|donatore))\b",
    re.IGNORECASE,
)
_ANEW = re.compile(
    r"\b(?:repeat(?:ed)?|re-?check(?:ed)?|re-?run|re-?test(?:ed)?|re-?measured|corrected|amended|revised|actual(?:ly)?|true|should (?:be|read|have been)|manual(?: count)?|citrat\w*|control|duplicate"
    r"|wiederhol\w*|kontroll\w*|nachgemessen|nachmessung|korrigiert\w*|eigentlich|richtig(?:er wert)?|r(?:é|e)p(?:é|e)t\w*|contr(?:ô|o)le|corrig\w*|repetid\w*|ripetut\w*)\b\D{0,25}(?>\d[\d.,]*)(?! ?(?:weeks?|days?|months?|hours?|h\b|hrs?|wochen?|tage?n?\b|monate?n?|stunden?|std|semaines?|jours?|mois|heures?|semanas?|d(?:í|i)as?|meses|giorni|settimane|mesi|x\b|times|mal\b))",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"\b(?:see|refer to|siehe|s\.|voir|ver|vedi) (?:the |also |attached |separate |below|note|notes|comments?|remarks?|reports?|text|addend\w+|kommentar|anmerkung|befund\w*|bemerkung|anlage|commentaire|compte rendu|remarque|comentario|nota|commento|referto)|\b(?:please|bitte) (?:repeat|recollect|redraw|wiederholen)|\brecollect\b|\bredraw\b"
    r"|\b(?:to be|must be|wird|muss) (?:repeated|rechecked|confirmed|recollected|wiederholt|kontrolliert)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def _against_a_number(remark: str, sample_alone: bool) -> str | None:
    whole = " ".join(remark[:LOOKED_AT].split())
    for pattern in (_OF_NO_WORTH,) if sample_alone else (_OF_NO_WORTH, _ANEW, _ELSEWHERE):
        for found in pattern.finditer(whole):
            if not _DENIED.search(whole[: found.start()]):
                return found[0].strip()
    return None


def problem_with_result(remarks: Iterable[str | None], *, sample_alone: bool = False) -> str | None:
    """What remarks say against the number beside them: its sample is of no worth or another's, it was measured anew, the result stands elsewhere.

    Parameters
    ----------
    sample_alone
        Of a remark on many things at once only what it says of the sample is heard.
    """
    for each in remarks:
        words = _against_a_number(each, sample_alone) if each else None
        if words is not None:
            return f"a remark beside it says {words[:60]!r}"
    return None


def problem_in(remarks: Iterable[str | None]) -> str | None:
    """What remarks say against their record, as a problem of its facts; ``None`` where they say nothing of that kind."""
    for each in remarks:
        words = takes_back(each) if each else None
        if words is not None:
            return f"a remark beside it says {words[:60]!r}"
    return None
