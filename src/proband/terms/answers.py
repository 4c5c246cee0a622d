"""Words by which records and people say yes, no, or that nobody knows, in the languages of the sites.

A word is taken whole or not at all: "no evidence of thrombosis, biopsy pending" is neither. The words are those of ordinary
dictionaries and of laboratory reports in English, German, French, Spanish, Italian, Portuguese, Dutch, Danish and Swedish.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache


class Answer(StrEnum):
    """What a word or a code says of the thing asked for."""

    YES = "yes"
    NO = "no"
    UNTOLD = "untold"
    """It is said that nobody knows, has asked, or can tell."""


YES_WORDS = frozenset(
    {
        "yes", "true", "positive", "pos", "pos.", "present", "detected", "reactive", "confirmed", "1",
        "ja", "positiv", "vorhanden", "nachgewiesen", "reaktiv", "wahr", "bestätigt",
        "oui", "positif", "présent", "présente", "détecté", "détectée", "vrai",
        "si", "sí", "sì", "positivo", "positiva", "presente", "detectado", "rilevato", "verdadero", "vero",
        "sim", "verdadeiro", "positief", "aanwezig", "waar", "påvist", "tilstede",
    }
)  # fmt: skip
NO_WORDS = frozenset(
    {
        "no", "false", "negative", "neg", "neg.", "absent", "not detected", "undetected", "non-reactive", "nonreactive", "none", "0",
        "nein", "negativ", "nicht vorhanden", "nicht nachgewiesen", "nicht nachweisbar", "nicht reaktiv", "keine", "kein", "falsch",
        "non", "négatif", "négative", "absente", "non détecté", "non détectée", "faux",
        "negativo", "negativa", "ausente", "assente", "no detectado", "non rilevato", "falso",
        "não", "nao", "não detectado", "nee", "negatief", "afwezig", "niet aantoonbaar", "nej", "ikke påvist",
    }
)  # fmt: skip
UNTOLD_WORDS = frozenset(
    {
        "unknown", "unk", "not known", "not asked", "unclear", "uncertain", "undetermined", "indeterminate", "inconclusive", "equivocal",
        "not assessed", "not done", "not evaluated", "not applicable", "pending", "declined", "refused", "?",
        "unbekannt", "nicht bekannt", "unklar", "nicht beurteilbar", "fraglich", "nicht erhoben", "keine angabe", "k.a.", "k. a.", "ausstehend",
        "inconnu", "inconnue", "indéterminé", "non fait", "en cours", "en attente",
        "desconocido", "desconocida", "se desconoce", "pendiente", "sconosciuto", "sconosciuta", "non noto", "in attesa",
        "desconhecido", "não sabe", "onbekend", "ukendt", "okänd",
    }
)  # fmt: skip

_ANSWERS = {
    **dict.fromkeys(UNTOLD_WORDS, Answer.UNTOLD),
    **dict.fromkeys(YES_WORDS, Answer.YES),
    **dict.fromkeys(NO_WORDS, Answer.NO),
}


#: a comma that parts words; before a digit it may be a decimal one
_COMMA = re.compile(r";|,(?![0-9])")


@lru_cache(maxsize=4096)
def answer_of(words: str) -> Answer | None:
    """What words say, taken whole or by what stands before a comma or semicolon; ``None`` for anything else.

    ``Yes, confirmed by biopsy`` is a yes; ``no fever`` is none of the words, and ``0,9`` is a number.
    """
    whole = " ".join(words.strip().lower().split())
    return _ANSWERS.get(whole) or _ANSWERS.get(_COMMA.split(whole, maxsplit=1)[0].strip())
