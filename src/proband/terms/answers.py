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


#: what says within more words that nobody knows, has asked or has finished asking: "Not documented", "biopsy pending", "nicht erhoben"
_UNTOLD_IN_WORDS = re.compile(
    r"unknown|not.?known|unclear|uncertain|not.?sure|unsure|undetermin|indetermin|inconclusive|equivocal|don.?t.?know|(?:can|could)(?:.?not|.?t)\b|unable|missing|no.?(?:information|data|record|answer|response|reply)\b"
    r"|\bnot.?(?:asked|assess|done|document|record|perform|evaluat|collect|test|examin|report|obtain|determin|review|available|applicable|specif|stated|given|complete|measur|checked|screened|answer)"
    r"|pending|await|to be (?:confirm|determin|done|clarif|check)|\btb[acd]\b|lost to follow|refus|declin|prefer.?not|\bn/?[ka]\b|suspect|possibl|probabl|presum|likely|query|rule[ds]? out\b.*\?|\?\s*$"
    r"|nicht.?(?:erhoben|dokument|beurteil|durchgef|untersuch|bekannt|verf(?:ü|ue)gbar|angegeben|gefragt|beantwort|gemacht|getestet|bestimmt|zutreffend)|unbekannt|unklar|fraglich|keine.?angabe|wei(?:ß|ss).?nicht|ausstehend|verdacht|entfällt"
    r"|non (?:fait|réalis|évalu|renseign|document|demand|applic|communiqu|connu|dispon|test)|inconnu|ne sai[st] pas|en (?:attente|cours)|suspicion|douteu"
    r"|no (?:realiz|evalu|disponib|document|consta|sabe|contesta|aplica|pregunt)|desconoc|pendient|sospech|dudos"
    r"|non (?:esegui|valuta|noto|nota|disponib|document|applicab|richies)|sconosciut|in attesa|sospett|não (?:avali|realiz|inform|sabe|dispon|aplic)|desconhec|onbekend|niet (?:gevraagd|bekend|bepaald)|ukendt|okänd|vet (?:ej|inte)",
    re.IGNORECASE,
)
#: what takes back half of an answer: "No, but treated before", "Yes, except …", "No or Not X"
_HALF = re.compile(r"\b(?:but|except|unless|although|however|only|or|if|aber|außer|ausser|oder|nur|falls|mais|sauf|ou|pero|salvo|ma|tranne)\b", re.IGNORECASE)  # fmt: skip
_FIRST_WORD = re.compile(r"^([^\W\d_]+)\b[\s,;:.()/–-]*(.*)$", re.DOTALL)


def is_untold(words: str) -> bool:
    """Whether words say, in whatever part of them, that nobody knows: ``Not documented``, ``No, biopsy pending``."""
    return _UNTOLD_IN_WORDS.search(words) is not None


def answer_in_label(words: str) -> Answer | None:
    """What the words of a choice of a form say: ``No, never`` and ``No fever`` are a no, ``No, but suspected`` is untold, ``Current`` is none of the three.

    Taken whole where :data:`YES_WORDS` and the like have them; else by the first word, if nothing after it takes it back.
    """
    plain = " ".join(words.strip().lower().split())
    if plain in _ANSWERS:
        return _ANSWERS[plain]
    if is_untold(plain):
        return Answer.UNTOLD
    first = _FIRST_WORD.match(plain)
    said = _ANSWERS.get(first[1]) if first else None
    if first is None or said is None:
        return None
    return Answer.UNTOLD if _HALF.search(first[2]) else said


#: a comma that parts words; before a digit it may be a decimal one
_COMMA = re.compile(r";|,(?![0-9])")


@lru_cache(maxsize=4096)
def answer_of(words: str) -> Answer | None:
    """What words say, taken whole or by what stands before a comma or semicolon; ``None`` for anything else.

    ``Yes, confirmed by biopsy`` is a yes; ``no fever`` is none of the words, and ``0,9`` is a number.
    """
    whole = " ".join(words.strip().lower().split())
    return _ANSWERS.get(whole) or _ANSWERS.get(_COMMA.split(whole, maxsplit=1)[0].strip())
