"""Whether somebody is said to have left a study, to have taken a consent back, or to have been found unfit by whoever screened them.

No criterion asks for it, and a record that says it is no record of somebody who may be treated: it is a fact of its own, by which nobody is eligible until a
later consent stands beside it (:mod:`proband.screening.vital`). Words are heard in the languages of the sites; what is denied ("did not withdraw") is not.
"""

from __future__ import annotations

import re
from functools import lru_cache

#: the fact that somebody left, and the fact that they agreed to take part
LEFT, AGREED = ("Proband", "participation-ended"), ("Proband", "participation-agreed")

_SAID = re.compile(
    r"\b(?:withdr[ae]w(?:n|al|ing|s)?|withdrew|revok\w+|retract\w*|refus\w+|declin\w+)(?: \w+){0,4}? (?:consent|participation|study|trial|to participate|to take part)\b"
    r"|\b(?:informed )?consent (?:was |has been |is )?(?:withdr[ae]wn|revoked|refused|declined|not given|denied)\b|\bwithdr[ae]w(?:n|al|s)? (?:by|from) (?:the |study by )?(?:subject|patient|participant|parent|guardian|study|trial)\b"
    r"|\b(?:subject|patient|participant|parent)s? (?:has |have )?(?:withdrew|withdrawn|dropped out)\b|\bdropped out\b|\bdrop-?out\b|\bscreen(?:ing)?[ -]?fail(?:ure|ed|s)?\b|\bscrn ?fail\b"
    r"|\bnot eligible\b|\bineligible\b|\b(?:inclusion|exclusion|eligibility)(?:/exclusion)? criteri(?:a|on) (?:was |were |is |are )?(?:not (?:met|fulfilled)|violated)|\bfail(?:ed|s)? (?:the )?(?:inclusion|eligibility|screening)\b"
    r"|\b(?:hat |die )?einwilligung (?:wurde |ist )?(?:widerrufen|zur(?:ü|ue)ckgezogen|verweigert)|\bwiderruf(?:en)? (?:der )?einwilligung|\bteilnahme (?:abgelehnt|beendet|widerrufen)|\bnicht (?:geeignet|einschlussf(?:ä|ae)hig)\b|\bstudienabbruch\b"
    r"|\bretrait (?:du |de )(?:son )?consentement|\bconsentement (?:retir(?:é|e)|refus(?:é|e))|\bnon (?:é|e)ligible|\b(?:é|e)chec (?:de |du )?(?:s(?:é|e)lection|screening)"
    r"|\b(?:retir(?:ó|o)|revoc(?:ó|o)|retirada|revocaci(?:ó|o)n) (?:del |de |el |su )?consentimiento|\bno elegible\b|\bfallo de (?:cribado|selecci(?:ó|o)n)|\b(?:ritiro|revoca) del consenso|\bnon eleggibile",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:no|not|never|without|did not|has not|nicht|kein\w*|pas|sans|sin|non|nunca)(?: \w+){0,2} $",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def left_in_words(words: str) -> str | None:
    """What words say of a consent taken back, a study left or a failed screening; ``None`` where they say nothing of it, or deny it."""
    whole = " ".join(words[:4000].replace("_", " ").split())
    for found in _SAID.finditer(whole):
        if not _DENIED.search(whole[: found.start()]):
            return found[0]
    return None
