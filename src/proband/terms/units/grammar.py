"""Which spelling is meant, and which spellings may be computed.

pint knows a thousand definitions and reads almost any letters as some of them: ``U/ML`` as units in a megalitre, ``u/l`` as atomic
masses, ``Gpt/l`` as gigapints, ``mil/uL`` as circular mils, ``10(9)/L`` as ninety in a litre. A result that is a million times smaller
meets a limit that it does not meet. So a spelling is looked up first as it is printed (:func:`named`), and only what is put together
from the symbols below, each with the prefixes that people print it with, is computed (:func:`expression_of`).
"""

from __future__ import annotations

import re
from functools import cache

from proband.terms.units.spellings import SPELLINGS, USUAL

#: prefixes of what is measured in bodies: nobody prints megagrams, gigalitres or megamoles
_SMALL = ("", "k", "d", "c", "m", "u", "n", "p", "f")
_LARGE = (*_SMALL, "M", "G", "T", "h")
_WORDED = ("", "kilo", "deci", "centi", "milli", "micro", "nano", "pico")
_SYMBOLS = {
    **dict.fromkeys(("g", "m", "L", "l", "mol", "Eq", "eq", "IU", "iU", "U", "kat", "gram", "molar"), _SMALL),
    **dict.fromkeys(("Hz", "Pa", "J", "W", "V", "Bq", "eV", "cal", "N", "Gy", "Sv", "ohm", "A"), _LARGE),
    **dict.fromkeys(
        ("gram", "grams", "liter", "liters", "litre", "litres", "meter", "metre", "meters", "metres", "mole", "moles"),
        _WORDED,
    ),
    "s": ("", "m", "u", "n"),
    "bar": ("", "m"),
    "M": ("m", "u", "n", "p", "f"),  # molar; a bare M may be anything
    "moles": (*_WORDED, "m", "u", "n", "p"),
}  # fmt: skip
_WHOLE = frozenset(
    [
        "min",
        "mins",
        "minute",
        "minutes",
        "h",
        "hr",
        "hrs",
        "hour",
        "hours",
        "d",
        "day",
        "days",
        "wk",
        "week",
        "weeks",
        "mo",
        "month",
        "months",
        "a",
        "y",
        "yr",
        "yrs",
        "year",
        "years",
        "sec",
        "secs",
        "second",
        "seconds",
        "msec",
        "mcg",
        "mcL",
        "mcl",
        "mcmol",
        "cc",
        "lb",
        "lbs",
        "pound",
        "pounds",
        "oz",
        "ounce",
        "ounces",
        "stone",
        "in",
        "inch",
        "inches",
        "ft",
        "foot",
        "feet",
        "mmHg",
        "mm_Hg",
        "torr",
        "atm",
        "psi",
        "cmH2O",
        "degC",
        "degF",
        "celsius",
        "°C",
        "°F",
        "K",
        "deg",
        "rad",
        "percent",
        "ppm",
        "cells",
        "cell",
        "count",
        "vg",
        "gm",
    ]
)


@cache
def _symbols() -> frozenset[str]:
    return _WHOLE | {prefix + symbol for symbol, prefixes in _SYMBOLS.items() for prefix in prefixes}


_TOKEN = re.compile(
    r"(?P<power>10(?:\*\*|[*^])\d{1,2}(?!\d))"
    r"|(?P<symbol>(?:[A-Za-z%°][A-Za-z%_]*|cmH2O))(?:\^|\*\*)?(?P<raised>-?\d)?(?![\w%])"
    r"|(?P<times>10|24|100|1000)(?= ?[A-Za-z])"
    r"|(?P<one>1(?=/|$))"
    r"|(?P<sign>[/.*()])"
    r"|(?P<gap> )"
)


def expression_of(spelling: str) -> str | None:
    """The expression for pint of a UCUM form or of one put together like it; ``None`` for any other."""
    spelling = _INTERNATIONAL.sub("IU", spelling)
    text = re.sub(r" ?([/*.]) ?", r"\1", spelling.replace(" per ", "/"))
    found: list[str] = []
    at = 0
    times = ""
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            return None
        at = token.end()
        if token["power"]:
            found.append("1e" + re.split(r"[*^]+", token["power"])[1])
        elif token["times"]:
            if not found or found[-1] != "/":  # in front of all a number is no unit
                return None
            times = token["times"]
            continue
        elif token["symbol"]:
            if token["symbol"] not in _symbols():
                return None
            own = token["symbol"] + (f"**{token['raised']}" if token["raised"] else "")
            found.append(f"({times}*{own})" if times else own)  # g/24h is grams in 24 hours
            times = ""
        elif token["sign"]:
            found.append("*" if token["sign"] == "." else token["sign"])
        elif token["one"]:
            found.append("1")
        elif not times:  # a gap stands between a number and its unit alone
            return None
    return "".join(found) if found else None


#: what stands for a power of ten in front of a volume
_POWER = re.compile(
    r"^(?:x ?)?10 ?(?:(?:\*\*|[*^]|e|exp|x) ?\+?0?(?P<n>\d{1,2})|\((?P<in>\d{1,2})\)|(?<= )(?P<lost>3|6|9|12))"
    r" ?(?:cells)? ?/ ?(?P<of>[a-z0-9.^* ]+)$",
    re.IGNORECASE,
)
_ALONE = re.compile(r"^(?:1(?:\.0)?)?e\+?0?(?P<n>\d{1,2}) ?/ ?(?P<of>[a-z0-9.^* ]+)$", re.IGNORECASE)
_INTERNATIONAL = re.compile(r"\[[iI]U\]")
_WORD = re.compile(r"^(?P<word>1000|[a-z.{}]+) ?/ ?(?P<of>[a-z0-9.^* ]+)$", re.IGNORECASE)
_PLAIN = re.compile(r"^(?:cells)? ?/ ?(?P<of>[a-z0-9.^* ]+)$", re.IGNORECASE)
#: volumes of blood as they are printed, in small letters
_VOLUMES = {
    **dict.fromkeys(
        ("ul", "mcl", "mm3", "mm^3", "mm*3", "cumm", "cmm", "cu mm", "cu.mm", "cu. mm", "c.mm"), "uL"
    ),
    **dict.fromkeys(("l", "lt", "liter", "litre"), "L"),
    "ml": "mL",
    "nl": "nL",
}
#: words for how many, in small letters; "k" and "m" count per microlitre alone
_MANY = {
    **dict.fromkeys(("1000", "thou", "thous", "thousand", "thousands", "kilo", "tsd", "tsd."), 3),
    **dict.fromkeys(("million", "millions", "mill", "mio", "mio.", "mln"), 6),
    **dict.fromkeys(("lakh", "lakhs", "lac", "lacs"), 5),
    **dict.fromkeys(("cell", "cells", "{cells}"), 0),
}
_PER_MICROLITRE = {"k": 3, "m": 6}

_FILTRATION = re.compile(
    r"^ml ?/ ?min(?: ?/ ?| per )[({\[]?1[.,]73[ _]?(?:m2|m\^2|m\*2|sq\.? ?m)?[)}\]]?$", re.IGNORECASE
)


@cache
def _by_case() -> dict[str, str]:
    """What is printed in capitals or in small letters alone → the one spelling that it can be of."""
    found: dict[str, set[str]] = {}
    for each in (*SPELLINGS, *USUAL):
        if len(each) > 1 and not each.lower().startswith("kiu"):  # KIU is kallikrein inhibitor units
            found.setdefault(each.lower(), set()).add(each)
    return {
        small: min(of) for small, of in found.items() if len({SPELLINGS.get(each, each) for each in of}) == 1
    }


def named(spelling: str) -> str | None:
    """The spelling of UCUM or of :data:`SPELLINGS` that a printed one stands for; ``None`` where none is known.

    As it is; with a power of ten written in another way (``x10E9/L``, ``10(3)/mcL``, ``thousand/cumm``); in capitals or in small letters
    throughout, as feeds of HL7 v2 and analysers print, where that can be one unit only.
    """
    if spelling in SPELLINGS or spelling in USUAL:
        return spelling
    spelling = _INTERNATIONAL.sub("IU", spelling)
    if spelling in SPELLINGS:
        return spelling
    if _FILTRATION.match(spelling):
        return "mL/min/1.73m2"
    counted = _counted(spelling)
    if counted is not None:
        return counted
    if spelling in {spelling.upper(), spelling.lower()}:
        return _by_case().get(spelling.lower())
    return None


def _counted(spelling: str) -> str | None:
    """A number of cells in a volume, as UCUM writes it."""
    for pattern in (_POWER, _ALONE, _WORD, _PLAIN):
        found = pattern.match(spelling)
        volume = _VOLUMES.get(" ".join(found["of"].lower().split())) if found else None
        if found is None or volume is None:
            continue
        parts = found.groupdict()
        word = (parts.get("word") or "").lower()
        if word:
            power = _MANY.get(word, _PER_MICROLITRE.get(word) if volume == "uL" else None)
        else:
            power = int(parts.get("n") or parts.get("in") or parts.get("lost") or 0)
        if power is None:
            continue
        return f"10*{power}/{volume}" if power else f"/{volume}"
    return None
