"""What a row of the CDM holds beside its value or answer: the words of the source, and a qualifier.

A site writes into ``value_source_value`` what the laboratory sent, and into the other columns what became of it. Where the two
surely say different things, neither is chosen: a bound whose sign was lost (``>1000`` beside 1000 without an operator), a "no"
whose source says "yes" or "not asked", a result that its source takes back. A "no" with a qualifier is one of that part alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from proband.exchange.remarks import UNFIT, takes_back
from proband.exchange.written_numbers import read_number
from proband.facts.observation import Presence
from proband.terms.answers import Answer, answer_of

_SIGN = re.compile(r"^\s*(<=|>=|=<|=>|[<>≤≥])")
_SIGNS = {"≤": "<=", "≥": ">=", "=<": "<=", "=>": ">="}
_UNFIT = re.compile(rf"{UNFIT}|cancel+ed|storniert|not performed|not done", re.IGNORECASE)
PART = "a no with a qualifier"
"""Why a "no" is none of the whole."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What words of the source say: the sign of a bound, an answer, why nothing counts."""

    sign: str | None = None
    answer: str | None = None
    problem: str | None = None

    def __bool__(self) -> bool:
        return bool(self.sign or self.answer or self.problem)


@lru_cache(maxsize=65536)
def said_beside(words: str) -> Beside:
    """What words of the source say, beside a value or an answer."""
    words = words.strip()
    if not words or words.replace(".", "", 1).isdecimal():
        return Beside()
    found = _SIGN.match(words)
    sign = _SIGNS.get(found[1], found[1]) if found else read_number(words).comparator
    answer = answer_of(words)
    taken = takes_back(words)
    unfit = _UNFIT.search(words)
    problem = f"the source says {(taken or words)[:60]!r}" if taken or unfit else None
    return Beside(sign, None if answer is None else answer.value, problem)


def against_a_number(beside: Beside, comparator: str | None) -> str | None:
    """Why a number does not count beside those words; ``None`` where they do not speak against it."""
    if beside.problem:
        return beside.problem
    return f"the source says {beside.sign!r}" if beside.sign and beside.sign != comparator else None


def against_an_answer(beside: Beside, presence: Presence) -> str | None:
    """Why a "yes" or "no" does not count beside those words; ``None`` where they do not speak against it."""
    if beside.problem:
        return beside.problem
    agrees = Answer.YES if presence is Presence.PRESENT else Answer.NO
    return f"the source says {beside.answer!r}" if beside.answer and beside.answer != agrees.value else None
