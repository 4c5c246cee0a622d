"""Columns that stand beside one that is read and are named after it: ``hcc_unk``, ``plt_comparator``, ``plt_2``, ``hcc_date``, ``hcc_source``.

A mapping that reads ``hcc`` and not ``hcc_unk`` does not say that nobody ticked "unknown". Whatever such a column says against the value makes its row
doubtful; a second value, a sign and another day do so too. Columns of a death, which nobody mapped, make it doubtful that the person lives.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum

from proband.exchange.rows.tables import BLANK, NO_CELLS
from proband.facts.deaths import died_in_words, is_dead
from proband.terms.answers import NO_WORDS, YES_WORDS, answer_of


class Attached(StrEnum):
    """What a column says of the one after which it is named."""

    AGAIN = "another value"
    SAME = "another value of what is measured in it"
    SIGN = "a sign before it"
    UNKNOWN = "that it is not known"
    DAY = "its own day"
    REMARK = "a remark"
    FLAG = "a flag"
    SOURCE = "who said so"
    MORE = "more about a yes"
    DEATH = "a death"
    LIFE = "whether the person lives"


_KINDS: tuple[tuple[Attached, str], ...] = (
    (Attached.AGAIN, r"[2-9]|re_?(?:peat(?:ed)?|run|test(?:ed)?|check(?:ed)?)|corr(?:ected)?|new|amended|orig(?:inal)?|old|second|2nd|dup(?:licate)?|adj(?:usted)?|alt(?:ernative)?|neu|korrigiert|wiederholung|rept"),
    (Attached.SIGN, r"comparator|operator|op|sign|prefix|lt|gt|lt_gt|bound|symbol|relation|vorzeichen"),
    (Attached.UNKNOWN, r"unk|unknown|nd|nk|ni|nask|not_?(?:done|known|asked|available|tested)|missing|missing_?reason|reason_?missing|reasnd|reason(?:_not_done)?|unbekannt|absent_reason|null_?flavou?r|dk|dont_?know|refused|declined"),
    (Attached.DAY, r"(?:sample_?|collection_?|coll_?|result_?|draw_?|test_?|lab_?|onset_?|diag(?:nosis)?_?|dx_?)?(?:date|day|dt|dtc|dat|datum|date_?time)"),
    (Attached.REMARK, r"comments?|remarks?|notes?|bemerkung(?:en)?|kommentar|remarques?|observacion(?:es)?"),
    (Attached.FLAG, r"flags?|abn(?:ormal)?|warn(?:ing)?"),
    (Attached.SOURCE, r"source|informant|reported_?by|informed_?by|said_?by|reporter|quelle"),
    (Attached.MORE, r"specify|spec|other|details?|which|describe|description|desc|site|stage|location|treatment|year|age|onset|hx|history|ever|prior|previous(?:ly)?|past|yn|y_n|dx|diag(?:nosed|nosis)?|current(?:ly)?|now|suspected"),
)  # fmt: skip
_BY_NAME = tuple((kind, re.compile(rf"(?:{pattern})$")) for kind, pattern in _KINDS)
#: the same days where they stand for the whole row
_DAY_OF_ROW = re.compile(
    r"(?:sample|sampling|collection|specimen|draw|blood_?draw|lab|entnahme)_?(?:date|day|dt|datum|datetime|taken_on)?$"
)
_DEATH = re.compile(
    r"(?:patient_|subject_|pt_)?(?:date_?of_?death|death_?(?:date|dt|day|dtc|datetime|flag)?|deceased(?:_(?:date|flag|yn|ind|datetime|on|at))?|died(?:_(?:on|at|date))?|dod|dead|is_?(?:dead|deceased)|todes(?:datum|tag)"
    r"|sterbe(?:datum|tag)|verstorben(?:_am)?|gestorben(?:_am)?|date_(?:de_)?d(?:é|e)c(?:è|e)s|d(?:é|e)c(?:é|e)d(?:é|e)e?|d(?:é|e)c(?:è|e)s|fecha_(?:de_)?(?:defunci(?:ó|o)n|muerte|fallecimiento)|fallecid[oa]|exitus|dthdtc?|dthfl)$"
)
_LIFE = re.compile(
    r"(?:patient_|subject_|pt_)?(?:alive|is_?alive|living|lebt|(?:vital|survival|life)_?status|status_?vital|status)$"
)
_NO_DAY = BLANK | NO_CELLS | {"0"}
_AGAINST = re.compile(
    r"\b(?:clump|aggregat|h(?:a)?emoly|clott|lip(?:a)?emi|contamin|diluted|estimat|approx|not (?:asked|done|known|tested|sure|reliable)|unknown|unsure|uncertain|unreliable|invalid|pending|repeat|recheck|suspect|probabl|possibl|wrong|error|\?)",
    re.IGNORECASE,
)
_OF_OTHERS = re.compile(
    r"\b(?:mother|father|parent|sister|brother|sibling|spouse|wife|husband|partner|relative|carer|caregiver|family|mutter|vater|angeh(?:ö|oe)rige\w*|m(?:è|e)re|p(?:è|e)re|madre|padre)\b",
    re.IGNORECASE,
)
_SIGNS = re.compile(r"[<>≤≥~±]|\b(?:less|more|greater|below|above|under|over|lt|gt|le|ge)\b", re.IGNORECASE)


def kind_of(name: str, mapped: Iterable[str]) -> tuple[Attached, str] | None:
    """What a column says, and of which mapped column (empty: of the row or the person); all names in one spelling."""
    if _DEATH.match(name):
        return Attached.DEATH, ""
    if _LIFE.match(name):
        return Attached.LIFE, ""
    for each in sorted(mapped, key=len, reverse=True):
        if len(each) < 2:
            continue
        rest = name.removeprefix(f"{each}_") if name.startswith(f"{each}_") else name.removesuffix(f"_{each}")
        if rest == name and re.fullmatch(re.escape(each) + r"[2-9]", name):
            return Attached.MORE, each  # hcc2: another answer, but of numbers a column of its own
        if rest != name:
            found = next((kind for kind, pattern in _BY_NAME if pattern.match(rest)), None)
            if found is not None:
                return found, each
    return (Attached.DAY, "") if _DAY_OF_ROW.match(name) else None


def said_of_life(kind: Attached, said: str) -> bool:
    """Whether a column says that the person is dead."""
    word = said.strip().lower()
    if kind is Attached.DEATH:
        return word not in _NO_DAY
    return is_dead(word) or died_in_words(word)


def is_dead_by(name: str, said: str) -> bool:
    """The same of a column that asks whether somebody lives, whose "no" is a death."""
    return said.strip().lower() in NO_CELLS and re.search(r"alive|living|lebt", name) is not None


def said_of_value(kind: Attached, column: str, said: str, value: str | None) -> str | None:
    """What a column says against the value after which it is named; ``value`` is that, or the day of the row, ``None`` where nobody gave it."""
    word = said.strip().lower()
    if not word or word in BLANK:
        return None
    shown = f"{column}: {said.strip()[:40]}"
    beside = None if value is None else value.strip().lower()
    match kind:
        case Attached.AGAIN:
            same = word == beside or (
                answer_of(word) is not None and answer_of(word) is answer_of(beside or "")
            )
            return None if same else f"{shown}: another value stands beside it"
        case Attached.SAME:
            return (
                f"{shown}: by its name another result of the same"
                if word != beside and re.search(r"\d", word)
                else None
            )
        case Attached.SIGN:
            return f"{shown}: a sign that nobody reads" if _SIGNS.search(word) else None
        case Attached.UNKNOWN:
            return shown if word not in NO_CELLS else None
        case Attached.DAY:
            return (
                f"{shown}: another day than that of its row"
                if beside is None or word[:10] != beside[:10]
                else None
            )
        case Attached.REMARK | Attached.FLAG:
            return (
                shown
                if _AGAINST.search(word) or (kind is Attached.FLAG and re.search(r"[*?!]", word))
                else None
            )
        case Attached.SOURCE:
            return f"{shown}: not from the person" if _OF_OTHERS.search(word) else None
        case Attached.MORE:
            denied = beside is None or beside in NO_CELLS
            return (
                f"{shown}: more is said of what was denied"
                if denied and word not in NO_WORDS | YES_WORDS - {"yes", "1", "true"}
                else None
            )
    return None


Cells = Mapping[str, str]
