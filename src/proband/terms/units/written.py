"""A quantity as people write it: 3e+07 {cells} is 30,000,000 cells, 37 Cel is 37 °C. For reading only: nothing reads it back."""

from __future__ import annotations

import re

#: units whose spelling in UCUM is no word
_WORDS = {
    "{cells}": "cells", "Cel": "°C", "[degF]": "°F", "1": "", "a": "years", "mo": "months", "wk": "weeks", "d": "days", "h": "hours", "min": "minutes",
    "[iU]": "IU", "mm[Hg]": "mmHg",
}  # fmt: skip
_POWERS = {"10*3": "thousand", "10*6": "million", "10*9": "billion", "10^3": "thousand", "10^6": "million", "10^9": "billion"}  # fmt: skip


def as_written(value: float, unit: str) -> str:
    """A number and its UCUM unit as people write them; a unit that is not known here keeps its own spelling, without braces.

    The number is not rounded below twelve digits, has a comma between thousands and no power of ten.
    """
    number = f"{value:,.12g}" if abs(value) < 1e12 else f"{value:,.0f}"
    return f"{number} {unit_in_words(unit)}".strip()


def unit_in_words(unit: str) -> str:
    """A UCUM unit as people write it: ``10*6/kg`` is million/kg, ``{cells}/uL`` is cells/µL."""
    if unit in _WORDS:
        return _WORDS[unit]
    parts = []
    for part in unit.split("/"):
        word = _POWERS.get(part) or _WORDS.get(part) if len(part) > 1 else part
        parts.append(
            word if word is not None else re.sub(r"\{([^}]*)\}", r"\1", re.sub(r"^u(?=[A-Za-z])", "µ", part))
        )
    return "/".join(parts)
