"""What a row of the CDM holds beside its value or answer: the words of the source, and a qualifier.

A site writes into ``value_source_value`` what the laboratory sent, and into the other columns what became of it. Where the two
surely say different things, neither is chosen: a bound whose sign was lost (``>1000`` beside 1000 without an operator), another number
(``9.0`` beside 0.9) or another unit, a "no" whose source says "yes" or "not asked", a result that its source takes back. A "no" with a
qualifier is one of that part alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from proband.exchange.fhir.specimens import otherwise
from proband.exchange.fhir.values import units_differ
from proband.exchange.remarks import UNFIT, takes_back
from proband.exchange.written_numbers import plain_number, read_number
from proband.facts.observation import Presence
from proband.terms import is_unit
from proband.terms.answers import Answer, answer_of

_SIGN = re.compile(r"^\s*(<=|>=|=<|=>|[<>≤≥])")
_SIGNS = {"≤": "<=", "≥": ">=", "=<": "<=", "=>": ">="}
_UNFIT = re.compile(rf"{UNFIT}|cancel+ed|storniert|not performed|not done", re.IGNORECASE)
#: high, low, normal: no unit (henry, litre, newton)
_FLAG = re.compile(r"(?:^|\s+)[(\[]?(?:H{1,2}|L{1,2}|N|A|HI|LO|\*+|[↑↓])[)\]]?$", re.IGNORECASE)
_DIGITS = re.compile(r"[-+]?[0-9][0-9.,]*(?:[eE][-+]?[0-9]{1,3})?")
#: answers of one letter, as forms write them
_LETTERS = {"y": Answer.YES, "j": Answer.YES, "n": Answer.NO, "u": Answer.UNTOLD}
PART = "a no with a qualifier"
"""Why a "no" is none of the whole."""
ONE_NUMBER = 1e-6
"""Two numbers are one where they differ by no more than this share: a column of single precision holds 0.9 as 0.89999998."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What words of the source say: the sign of a bound, an answer, why nothing counts; a unit, and the numbers that they may mean."""

    sign: str | None = None
    answer: str | None = None
    problem: str | None = None
    numbers: tuple[float, ...] = ()
    unit: str | None = None

    def __bool__(self) -> bool:
        return bool(self.sign or self.answer or self.problem or self.numbers)


@lru_cache(maxsize=65536)
def said_beside(words: str) -> Beside:
    """What words of the source say, beside a value or an answer."""
    words = words.strip()
    if not words:
        return Beside()
    plain = plain_number(words)
    if plain is not None:
        return Beside(numbers=(plain,))
    found = _SIGN.match(words)
    read = [read_number(words, sign) for sign in (None, ".", ",")]
    sign = _SIGNS.get(found[1], found[1]) if found else read[0].comparator
    answer = answer_of(words) or _LETTERS.get(words.lower())
    taken = takes_back(words)
    unfit = _UNFIT.search(words)
    problem = f"the source says {(taken or words)[:60]!r}" if taken or unfit else None
    numbers = {each.value for each in read if each.value is not None}
    behind = _FLAG.sub("", next((each.unit for each in read if each.value is not None), None) or "")
    if any(map(str.isdigit, behind)) and not is_unit(behind):
        # several numbers, a pressure or a titre: it is one of them
        further = (read_number(each, sign) for each in _DIGITS.findall(words) for sign in (None, ".", ","))
        numbers |= {each.value for each in further if each.value is not None}
    unit = behind if behind and is_unit(behind) else None
    return Beside(sign, None if answer is None else answer.value, problem, tuple(sorted(numbers)), unit)


@lru_cache(maxsize=65536)
def called_otherwise(words: str, code: str) -> str | None:
    """Why a result under a LOINC code is not of it by the source's own name of the test: ``Sodium, urine``, ``U-Na``, ``Potassium``."""
    return otherwise(code, words.replace("_", " "))


def against_a_number(beside: Beside, comparator: str | None, value: float, unit: str | None) -> str | None:
    """Why a number does not count beside those words; ``None`` where they do not speak against it."""
    if beside.problem:
        return beside.problem
    if beside.sign and beside.sign != comparator:
        return f"the source says {beside.sign!r}"
    if beside.numbers and not any(_is_one(each, value) for each in beside.numbers):
        return f"the source says {beside.numbers[0]:g}"
    if beside.unit and unit and units_differ(unit, beside.unit):
        return f"the source says {beside.unit!r}"
    return None


def _is_one(one: float, other: float) -> bool:
    return abs(one - other) <= ONE_NUMBER * max(abs(one), abs(other))


def against_an_answer(beside: Beside, presence: Presence) -> str | None:
    """Why a "yes" or "no" does not count beside those words; ``None`` where they do not speak against it."""
    if beside.problem:
        return beside.problem
    agrees = Answer.YES if presence is Presence.PRESENT else Answer.NO
    return f"the source says {beside.answer!r}" if beside.answer and beside.answer != agrees.value else None
