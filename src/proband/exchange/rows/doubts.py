"""Columns that say that a row is not to be taken at its word: a failed control, "possible", negated, of the family, not verified, a test.

Every pattern is of the name of a column (:func:`proband.exchange.rows.beside.plain_name`); what a cell must say to be heard stands beside it.
"""

from __future__ import annotations

import re

from proband.exchange.rows.tables import NO_CELLS
from proband.terms.answers import NO_WORDS, YES_WORDS

_FLAG = r"(?:_flag|_ind|_indicator|_yn)?$"
#: ticked, the row is not what it seems
_TICKED = re.compile(
    r"^(?:is|was|record|row|result)?_?(?:obsolete|archived|rejected|cancel+ed|storno|error|failed|duplicate|dup|excluded?|exclfl|do_not_use|mislabel+ed|contaminated|h(?:a)?emoly[sz]ed|clotted|unreliable|suspect"
    r"|test_?(?:record|patient|person|data)|is_test|dummy|negated|negation|negiert|unconfirmed|unverified)"
    + _FLAG
)
#: ticked, the row is no result yet
_EARLY = re.compile(r"^(?:is|was|record|row|result)?_?(?:provisional|preliminary|prelim|draft|vorl(?:ä|ae)ufig|provisoire)" + _FLAG)  # fmt: skip
#: denied, the row is not what it seems
_STANDS = re.compile(
    r"^(?:is|was|record|row|result)?_?(?:verified|validated|signed|authori[sz]ed|approved|released|reviewed_ok|confirmed|final|current|latest|active|freigegeben|validiert|vid(?:é|e)|valid(?:é|e))"
    + _FLAG
)
#: whatever stands in it is why the row does not count, or what counts instead
_REASON = re.compile(
    r"^(?:reject(?:ed|ion)?|cancel(?:led|lation)?|void(?:ed|ing)?|delet(?:ed?|ion)|error|exclusion|retraction|storno|invalidation)_?(?:reason|comment|text|note|code|grund|cause|motif)$"
    r"|^(?:replaced|superseded|obsoleted)_by(?:_id)?$|^(?:motif|grund)_(?:rejet|annulation|storno)$"
)
_QUALITY = re.compile(r"^(?:qc|quality|quality_control|qa|specimen|sample|result|data_quality|specimen_quality)_?(?:flag|status|result|check|code|quality|integrity|condition)?$")  # fmt: skip
_BAD = re.compile(r"\b(?:fail(?:ed|ure)?|reject(?:ed)?|bad|poor|lip(?:a)?emi\w*|icteri\w*|haemoly\w*|hemoly\w*|clotted|insufficient|invalid|suspect|unreliable|out of (?:range|control))\b", re.IGNORECASE)  # fmt: skip
_CERTAINTY = re.compile(r"^(?:diagnos[ei]s?_?)?(?:certainty|confidence|assertion|sicherheit|diagnosesicherheit|certitude|qualifier|modifier|likelihood|probability|polarity|hedge)(?:_code|_text)?$")  # fmt: skip
_UNSURE = re.compile(
    r"\b(?:possibl[ey]|probabl[ey]|suspect\w*|presum\w+|likely|unlikely|uncertain|unsure|tentative|differential|low|hypothetical|conditional|rule[ds]?[ -]out|r/o|negated|negative|denied|unconfirmed"
    r"|histor(?:y|ical)|family|verdacht\w*|v\.?\s?a\.?|ausgeschlossen|zustand nach|fraglich|possible|sospecha\w*)\b",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"^(?:person|subject|participant|individual|sample|donor)_?(?:type|role|kind|is)?$|^role$|^about$|^history_?type$|^(?:source|section|category|context)$")  # fmt: skip
_FAMILY = re.compile(r"\bfam(?:ily|il(?:y|iy))?[ _-]?(?:history|hx|anamnes\w*)|\bfhx\b|familienanamnese|ant(?:é|e)c(?:é|e)dents familiaux|antecedentes familiares", re.IGNORECASE)  # fmt: skip
_RELATED = re.compile(r"^(?:donor|spender\w*|donneur|donante|fetus|foetus|f(?:ö|oe)tus|newborn|mother|father|brother|sister|sibling|son|daughter|wife|husband|spouse|partner|twin|control|relative)$", re.IGNORECASE)  # fmt: skip
_PART = re.compile(r"^(?:laterality|lateralit(?:ä|ae)t|seite|body_?(?:site|location|part)|severity|schweregrad|stage|grade_of)(?:_code|_text)?$")  # fmt: skip
_WHOLE = {"both", "bilateral", "beidseits", "beidseitig", "whole", "all", "any", "entire", "whole body", "general", "generalised", "generalized", "not applicable", "unspecified"}  # fmt: skip
_BLANK = {"", "n/a", "na", "null", "none", "nan", "-", ".", "0", "00"}


#: a day from which the row stands no more, as tables with a history of their rows have it; open, it lies far ahead (9999-12-31)
_ENDED = re.compile(
    r"^(?:record|row|sys(?:tem)?|version|entry)?_?(?:valid(?:ity)?|effective|active|current|row|record|version|sys(?:tem)?|gueltig|g(?:ü|ue)ltig|valable)_?(?:to|until|till|thru|through|ends?|ended|end_?date|bis|jusqu_?au?)(?:_?(?:date|day|time|dt|ts|datetime|timestamp))?$"
    r"|^(?:expired?|expires|expiry|expiration|dbt_valid_to|end_of_validity|row_expiration)(?:_?(?:at|on|date|time))?$"
)
_OPEN = re.compile(r"\b(?:9999|[3-9]\d{3}|2[1-9]\d\d)\b|infinity|unlimited|open|current|present|offen")


_HEARD = (_ENDED, _TICKED, _EARLY, _STANDS, _REASON, _QUALITY, _CERTAINTY, _ABOUT, _PART)


def hears(name: str) -> bool:
    """Whether a column of this name may say something of the kind."""
    return any(each.match(name) for each in _HEARD)


def _yes(word: str) -> bool:
    """Whether a mark is set: by a yes, a cross, or anything else that is no "no"."""
    return word in YES_WORDS or word not in NO_CELLS | _BLANK


def doubted(name: str, said: str) -> str | None:
    """Why a row is doubtful by the cell of a column; ``None`` where that says nothing against it."""
    word = said.strip().lower()
    if word in _BLANK and not (_STANDS.match(name) and word in {"0", "00"}):
        return None
    if _ENDED.match(name):
        return None if _OPEN.search(word) else f"{name}: {said[:40]}: the row stood until then"
    if _TICKED.match(name):
        return f"{name}: {said[:40]}" if _yes(word) else None
    if _STANDS.match(name):
        return f"{name}: {said[:40]}" if word in NO_CELLS or word == "00" else None
    if _REASON.match(name):
        return f"{name}: {said[:60]}" if word not in NO_WORDS else None
    if _QUALITY.match(name) and _BAD.search(word):
        return f"{name}: {said[:60]}"
    if _CERTAINTY.match(name) and (_UNSURE.search(word) or word in {"v", "a", "z", "?"}):
        return f"{name}: {said[:60]}"
    return None


def another(name: str, said: str) -> str | None:
    """Whom else a row is about by the cell of a column that says what kind of person, or of history, it is of."""
    if not _ABOUT.match(name):
        return None
    word = said.strip()
    return f"{name}: {word[:60]}" if _FAMILY.search(word) or (name not in {"source", "section", "category", "context"} and _RELATED.match(word)) else None  # fmt: skip


def is_early(name: str, said: str) -> bool:
    """Whether a row is no result yet by the cell of a column (``provisional: 1``)."""
    return _EARLY.match(name) is not None and _yes(said.strip().lower())


def part_of(name: str, said: str) -> str | None:
    """Of which part alone the "no" of a row speaks, by the cell of a column of side, site or severity."""
    word = said.strip().lower()
    return f"a no of {said.strip()[:60]} alone" if word not in _BLANK | _WHOLE and _PART.match(name) else None


#: a column of diagnoses or of drugs, by its name: in the languages of the sites, numbered, and not the day of one
_OF_FINDINGS = re.compile(
    r"(?:^|_)(?:diagnos[ei]s|diagnosen?|(?:haupt|neben)diagnosen?|dx|icd_?(?:9|10|11)?(?:_?(?:cm|gm|am))?|co_?morbid(?:it(?:y|ies)|s)?(?=_|$)|co_?morbid(?=_?\d)|komorbidit(?:ä|ae)t(?:en)?|medical_history|past_history|pmh|problem_?list|problems|vorerkrankung(?:en)?"
    r"|medications?|med(?=_?\d)|malignanc(?:y|ies)|medikation|medikamente?|current_meds|meds|con_?meds?|drugs?|ant(?:é|e)c(?:é|e)dents|antecedentes|diagnostics?|diagn(?:ó|o)sticos?|diagnosi|traitements?|medicamentos)(?:_?\d+)?"
    r"(?:_(?:texts?|codes?|names?|desc(?:ription)?|list|other|free_?text|notes?|term|label)){0,2}(?:_?\d+)?$"
)


def of_findings(name: str) -> bool:
    """Whether a column is by its name (:func:`proband.exchange.rows.beside.plain_name`) one of diagnoses or of drugs."""
    return _OF_FINDINGS.search(name) is not None
