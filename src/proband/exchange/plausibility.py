"""Values that cannot be: a wrong unit, a number no living person has. They are flagged, with the probable unit.

The limits (:mod:`proband.terms.plausible`) are **not** reference ranges and not clinical limits. They are wide bounds of our own
(level ``inference``), set to catch mistakes of unit (factors of 9 to 1000) and of typing, and nothing finer. Nothing is
corrected: the fact keeps what the source said, and carries the doubt in ``problems``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from proband.facts.observation import Observation
from proband.terms import TermError, compatible, factor, is_unit, same_unit
from proband.terms.plausible import Plausible, limits

_ANNOTATION = re.compile(r"\{[^}]*\}")


@lru_cache(maxsize=8192)
def _scale(code: str, unit: str) -> tuple[float, float] | str:
    entry = limits()[code]
    if entry.unit == "1" and ("%" in unit or (compatible(unit, "1") and not same_unit(unit, "1"))):
        return "terms.unit.incompatible"  # a percent is another quantity: 62 % (Quick) is no INR of 0.62
    if entry.unit == "%" and "inr" in unit.lower():
        return "terms.unit.incompatible"  # and an INR of 1.2 is no activity of 120 %
    if _ANNOTATION.sub("", unit) == entry.unit:  # {beats}/min is /min
        return 1.0, 0.0
    try:
        return factor(unit, entry.unit, entry.converts_as)
    except TermError as error:
        return error.code


def problem_of(code: str, value: float, unit: str | None) -> str | None:
    """What is impossible about a value of a LOINC code, in words with the probable unit; ``None`` if nothing is.

    Codes without limits are never judged.
    """
    entry = limits().get(code)
    if entry is None:
        return None
    if unit is None:
        if entry.unit == "1":
            return _outside(entry, value, value, None)
        return _wrong_unit(entry, None, "") + _suggestion(entry, value, None)
    scale = _scale(code, unit)
    if isinstance(scale, str):
        return _wrong_unit(entry, unit, scale) + _suggestion(entry, value, unit)
    return _outside(entry, value, value * scale[0] + scale[1], unit)


def _wrong_unit(entry: Plausible, unit: str | None, error: str) -> str:
    """Why no value of an analyte can be in a unit, by the code of the error of its conversion."""
    if unit is None:
        return f"{entry.analyte} without a unit"
    if error in {"terms.unit.unknown", "terms.unit.number"}:
        return f"unit {unit!r} is not a unit that Proband knows"
    return f"unit {unit!r} cannot be a unit of {entry.analyte}"


def _outside(entry: Plausible, value: float, converted: float, unit: str | None) -> str | None:
    if entry.low <= converted <= entry.high:
        return None
    shown = f"{value:g} {unit}" if unit else f"{value:g}"
    return (
        f"impossible value: {entry.analyte} {shown} is outside {entry.low:g}–{entry.high:g} {entry.unit}"
        f"{_suggestion(entry, value, unit)}"
    )


def _suggestion(entry: Plausible, value: float, unit: str | None) -> str:
    for each in entry.units_tried:
        if each == unit:
            continue
        try:
            converted = entry.convert(value, each)
        except TermError:
            continue
        if entry.usual[0] <= converted <= entry.usual[1]:
            return f", the unit is probably {each}"
    return ""


#: what has a sign although its unit is that of an amount: base excess and anion gap
_SIGNED = {"11555-0", "1925-7", "1927-3", "30318-0", "19235-1", "1863-0", "33037-3", "10466-1", "41276-7"}


@lru_cache(maxsize=4096)
def is_an_amount(unit: str) -> bool:
    """Whether a unit is of an amount, which is never negative: not of a temperature, a potential, an angle, a time or a bare number."""
    return is_unit(unit) and not any(
        compatible(unit, each) for each in ("Cel", "1", "%", "d", "V", "deg", "m", "J", "mm[Hg]", "EUR")
    )


def signed(system: str, code: str) -> bool:
    """Whether results of a code may be negative although their unit is that of an amount."""
    return system == "LOINC" and code in _SIGNED


def judgement_of(
    system: str, code: str, unit: str | None
) -> tuple[str | None, str, float | None, float | None, float, float, str] | None:
    """How values of a code in a unit are judged, for many at once: ``problem, analyte, scale, shift, low, high, unit``.

    ``problem``: why no value in this unit can be; else values are judged by ``value * scale + shift``. ``None`` for codes without limits.
    """
    entry = limits().get(code) if system == "LOINC" else None
    if entry is None:
        return None
    shared = (entry.low, entry.high, entry.unit)
    if unit is None and entry.unit == "1":
        return (None, entry.analyte, 1.0, 0.0, *shared)
    scale = _scale(code, unit) if unit is not None else ""
    if isinstance(scale, str):
        return (_wrong_unit(entry, unit, scale), entry.analyte, None, None, *shared)
    return (None, entry.analyte, *scale, *shared)


def judged(fact: Observation) -> Observation:
    """The fact, with a problem added where its value is impossible."""
    if fact.value is None:
        return fact
    problem = _doubt(fact.system, fact.code, fact.value, fact.unit, bool(fact.comparator))
    return fact if problem is None else replace(fact, problems=(*fact.problems, problem))


@lru_cache(maxsize=1024)
def _doubt(system: str, code: str, value: float, unit: str | None, is_bound: bool) -> str | None:
    if value < 0 and unit is not None and not signed(system, code) and is_an_amount(unit):
        return f"impossible value: {value:g} {unit} is negative"
    if system != "LOINC" or (is_bound and unit is None):
        return None
    problem = problem_of(code, value, unit)
    return None if problem is None or (is_bound and problem.startswith("impossible value")) else problem
