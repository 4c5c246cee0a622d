"""What the name of a column, or the dictionary of its project, says of it, against what a mapping makes of it.

A mapping says that ``na_urine`` is the sodium of serum, that ``Creatinine (µmol/L)`` is in mg/dL, that "no" under *Family history of cancer* is a "no" to
cancer. One of the two is mistaken, and nobody here can tell which: what stands in the column is then doubtful, and says so. A name that says nothing of
the kind, which is the usual case, changes nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache

from proband.exchange.fhir.specimens import otherwise
from proband.exchange.mapping import ColumnRule, split_code
from proband.exchange.rows.beside import NOTHING_AGAINST, SaidAgainst
from proband.exchange.rows.redcap import DictionaryField
from proband.terms import is_unit, same_unit

_TAG = re.compile(r"<[^>]*>")
#: a relative's, by a word of its own: ``mother_na``, ``Sodium of the mother``. Words that stand in the names of tests and scores (child, kind, twin) are left out
_OF_ANOTHER = re.compile(
    r"\b(?:mother|father|maternal|paternal|sibling|brother|sister|spouse|husband|wife|donor|f(?:o)?etus|foetal|fetal|relatives?|mutter|vater|geschwister|bruder|schwester|spender\w*"
    r"|m(?:è|e)re|p(?:è|e)re|fr(?:è|e)re|s(?:œ|oe)ur|donneur|madre|padre|hermano|hermana|donante|fratello|sorella|donatore)\b",
    re.IGNORECASE,
)
_OF_FAMILY = re.compile(
    r"\bfam(?:ily|ilial)?[ -]?(?:history|hx|anamnes\w*)\b|\bfhx?\b|\bfamilienanamnese\b|\b(?:in|of) (?:the )?family\b|\bfamily (?:member|with)\b|\bant(?:é|e)c(?:é|e)dents familiaux\b"
    r"|\bantecedentes familiares\b|\banamnesi familiare\b|\bfamili(?:ä|ae)re?\b",
    re.IGNORECASE,
)
#: the other way round: who answers "no" says that it is there
_DENYING = re.compile(
    r"^(?:no|not|never|non|without|free of|absence of|denies|keine?|ohne|nie|sans|sin|senza|aucune?|absence de)\b(?! of\b)"
    r"|\b(?:never|excluded|ruled out|free|absent|negative|ausgeschlossen|exclu|descartad[oa]|escluso)$|\b(?:has|have) (?:never|not|no)\b",
    re.IGNORECASE,
)
#: whether it is known, and not whether it is there
_WHETHER_KNOWN = re.compile(
    r"\b(?:unknown|missing|not (?:done|known|asked|assessed|documented|available|tested|performed|recorded)|unbekannt|inconnue?|desconocid[oa]|sconosciut[oa])$", re.IGNORECASE
)  # fmt: skip
#: units as they are put into names of columns, where no slash may stand
_IN_NAMES = {
    "mgdl": "mg/dL", "mgl": "mg/L", "umoll": "umol/L", "umol": "umol/L", "mmoll": "mmol/L", "mmol": "mmol/L", "nmoll": "nmol/L", "gdl": "g/dL", "gl": "g/L",
    "ugl": "ug/L", "ngml": "ng/mL", "ugdl": "ug/dL", "meql": "meq/L",
}  # fmt: skip
_TAIL = re.compile(
    rf"(?:^|[ _.-])({'|'.join(_IN_NAMES)}|(?:[munµ]?g|[munµ]?mol|meq)[_ ](?:d|m)?l)$", re.IGNORECASE
)
_IN_BRACKETS = re.compile(r"[(\[]([^()\[\]]{1,30})[)\]]")
_IN_WORDS = re.compile(r"^(?:unit|units|einheit|in|unité|unidad)s?:?\s+(\S{1,30})$", re.IGNORECASE)


def _spelt(name: str) -> str:
    """The name of a column, or a label, as words: ``motherNa`` and ``mother_na`` → ``mother na``."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", _TAG.sub(" ", name))
    return " ".join(re.sub(r"[_./-]+", " ", apart).split()).strip(" ?:")


def unit_named(words: str) -> str | None:
    """The unit that a name or a label gives: in brackets, after "in", or at the end of the name of a column; ``None`` for none that is known."""
    plain = _TAG.sub(" ", words).strip()
    found: list[str] = [*_IN_BRACKETS.findall(plain), *_IN_WORDS.findall(plain)]
    for each in found:
        if re.search(r"[/%^*]|[a-zA-Zµ]{2}", each) and is_unit(each.strip()):
            return each.strip()
    tail = _TAIL.search(plain)
    return _IN_NAMES[re.sub(r"[_ ]", "", tail[1]).lower().replace("µ", "u")] if tail else None


def against_rule(column: str, rule: ColumnRule, about: DictionaryField | None) -> str | None:
    """Why nothing in a column can be what its rule makes of it, by its name or by its field; ``None`` where nothing is said against it."""
    notes = (about.label, about.note, about.form) if about is not None else ()
    return _against(column, rule.code, rule.kind, rule.unit, bool(rule.values), notes)


@lru_cache(maxsize=4096)
def _against(
    column: str, code: str, kind: str, unit: str | None, valued: bool, notes: tuple[str, ...]
) -> str | None:
    system, plain = split_code(code)
    if kind == "date" or (system == "Proband" and plain in {"birth-date", "sex"}):
        return None
    for at, named in enumerate((column, *notes)):
        words = _spelt(named)
        if not words:
            continue
        of = "the form" if at == 3 else "the column" if at == 0 else "its label or note"
        found = _OF_FAMILY.search(words) or (_OF_ANOTHER.search(words) if at < 3 else None)
        if found and not _spelt(plain).lower().count(found[0].lower()[:6]):
            return f"{column}: {of} says that it is of {found[0]!r}"
        if at == 3:
            continue
        if system == "LOINC" and (odd := otherwise(plain, words)):
            return f"{column}: {odd}"
        if unit is not None and (printed := unit_named(named)) and not same_unit(printed, unit):
            return f"{column}: {of} names the unit {printed!r}, and the mapping {unit!r}"
        if kind == "presence" and not valued and at < 2:
            if found := _DENYING.search(words):
                return f"{column}: {of} asks the other way round ({found[0]!r}): say in the mapping what its values mean"
            if found := _WHETHER_KNOWN.search(words):
                return f"{column}: {of} asks whether it is known ({found[0]!r})"
    return None


#: words of an event, an arm or an instrument that may be of a child of the person, and are of the person where children take part
_OF_A_CHILD = re.compile(r"\b(?:baby|infant|newborn|neonate|child(?! pugh| turcotte)|son|daughter|twin|s(?:ä|ae)ugling|enfant|beb(?:é|e)|hijo|hija|bambino)\b", re.IGNORECASE)  # fmt: skip
_ARM = re.compile(r"_arm_\d+[a-z]?$")
#: the columns of an export of REDCap that say in which event, arm or instrument a row was entered
PLACES = ("redcap_event_name", "redcap_arm_name", "redcap_repeat_instrument")


@lru_cache(maxsize=4096)
def of_place(column: str, said: str) -> SaidAgainst:
    """What the name of an event, an arm or an instrument says against its rows: they are of a relative or a donor, or may be of a child."""
    words = _spelt(_ARM.sub("", said))
    if found := _OF_FAMILY.search(words) or _OF_ANOTHER.search(words):
        return SaidAgainst(another=f"{column} is {said[:40]!r}, of {found[0]!r}")
    if found := _OF_A_CHILD.search(words):
        return SaidAgainst(
            problem=f"{column} is {said[:40]!r}: it may be of the {found[0]} and not of the person"
        )
    return NOTHING_AGAINST
