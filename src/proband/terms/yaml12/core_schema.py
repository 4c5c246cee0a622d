"""What a plain word means: the core schema of YAML 1.2.2 (section 10.3.2, table 10.2), and nothing beside it."""

from __future__ import annotations

import re
from typing import Any

_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
#: what a word begins with that may not be a text
BEGINNINGS = frozenset("+-.0123456789~nNtTfF")
#: an integer of more bits has more than the 4300 decimal digits that Python reads and writes
_MOST_BITS = 14_284
_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_BASED = re.compile(r"0(?:o(?P<octal>[0-7]+)|x(?P<hex>[0-9a-fA-F]+))\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_INFINITY = re.compile(r"(?P<sign>[-+]?)\.(?:inf|Inf|INF)\Z")
_NAN = frozenset({".nan", ".NaN", ".NAN"})


def scalar(word: str) -> Any:
    """What a plain word means in the core schema of YAML 1.2.2 (table 10.2).

    Raises
    ------
    ValueError
        For an integer of more digits than Python reads (4300).
    """
    if word and word[0] not in BEGINNINGS:
        return word
    if word in _WORDS:
        return _WORDS[word]
    if _INTEGER.match(word):
        return int(word)
    if _FLOAT.match(word):
        return float(word)
    if based := _BASED.match(word):
        number = int(based["octal"], 8) if based["octal"] else int(based["hex"], 16)
        if number.bit_length() > _MOST_BITS:
            raise ValueError("more digits than Python writes")
        return number
    if infinity := _INFINITY.match(word):
        return float(f"{infinity['sign']}inf")
    return float("nan") if word in _NAN else word
