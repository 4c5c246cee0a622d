"""The result of a finding: as it was collected, held against the standard result beside it.

The collected result (``--ORRES`` with ``--ORRESU``) counts, with the row's own range (``--ORNRLO``, ``--ORNRHI``); the standard one
(``--STRESN``) takes its place where nothing else stands there. Where both stand and do not agree after conversion, the fact says so and counts for
nothing. Whether a result is high (``--NRIND``) is the laboratory's word and is never computed anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from proband.exchange.sdtm.datasets import Cells
from proband.exchange.sdtm.terminology import loinc_like, ucum
from proband.exchange.written_numbers import WrittenNumber, plain_number, read_number
from proband.facts.observation import Presence
from proband.terms import TermError, compatible, convert, is_unit, same_unit
from proband.terms.units.analytes import analyte_of

#: findings whose standard result is the score of an answer and not the answer in another unit
SCORED = {"QS", "FT", "RS", "CC"}
#: how far two results of one measurement may lie apart by rounding
_ROUNDING = 0.011


@dataclass(slots=True)
class Result:
    """Fields of the fact, and what is wrong with them."""

    fields: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    compared: bool | None = None
    """Whether the collected and the standard result were held against each other; ``None`` where there are not two."""


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two results of a row."""

    written: str
    number: WrittenNumber
    unit: str | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, row: Cells, prefix: str, kind: str) -> _Side:
        written = row.get(f"{prefix}{'ORRES' if kind == 'OR' else 'STRESC'}", "").strip()
        if kind == "ST":
            written = written or row.get(f"{prefix}STRESN", "").strip()
        limits = (
            plain_number(row.get(f"{prefix}{'OR' if kind == 'OR' else 'ST'}NR{end}", ""))
            for end in ("LO", "HI")
        )
        unit = ucum(row.get(f"{prefix}{'ORRESU' if kind == 'OR' else 'STRESU'}", ""))
        number = read_number(written, ".", sure=True) if written else WrittenNumber()
        return cls(written, number, unit, *limits)

    @property
    def fields(self) -> dict[str, Any]:
        """As fields of a fact."""
        given: dict[str, Any] = {
            "value": self.number.value,
            "unit": self.unit,
            "reference_low": self.low,
            "reference_high": self.high,
        }
        if self.number.comparator:
            given |= {"comparator": self.number.comparator, "text": self.written}
        return given


def result_of(row: Cells, prefix: str, test: str) -> Result:
    """What a row of findings says was found. A row without any result is unknown, never "no"."""
    made = Result()
    status = row.get(f"{prefix}STAT", "").strip().upper()
    collected, standard = _Side.of(row, prefix, "OR"), _Side.of(row, prefix, "ST")
    if status:
        if collected.written or standard.written:
            made.problems.append(f"{prefix}STAT is {status!r}, and there is a result")
        made.fields = {"presence": Presence.NOT_ASKED if status == "NOT DONE" else Presence.UNKNOWN}
        return made
    if not collected.written and not standard.written:
        made.fields = {"presence": Presence.UNKNOWN}
        made.problems.append("no result")
        return made
    side = collected if collected.written else standard
    if (
        collected.number.value is not None
        and collected.unit is None
        and standard.unit
        and collected.number.value == standard.number.value
    ):
        side = standard
    if side.number.value is not None and side.number.unit is None:
        made.fields = side.fields
        _compare(made, collected, standard, prefix, test)
        return made
    if prefix in SCORED and (score := plain_number(row.get(f"{prefix}STRESN", ""))) is not None:
        made.fields = {"value": score, "unit": standard.unit, "text": collected.written or standard.written}
        return made
    made.fields = {"text": standard.written or collected.written, "unit": side.unit}
    if plain_number(row.get(f"{prefix}STRESN", "")) is not None:
        made.problems.append(f"{prefix}ORRES {collected.written[:40]!r} is no number, and {prefix}STRESN is")
    elif side.number.value is not None or (side.number.problem or "is no number") != "is no number":
        made.problems.append(
            f"{prefix}ORRES: {side.written[:40]!r} {side.number.problem or 'has something behind the number'}"
        )
    if made.problems:
        made.fields["presence"] = Presence.UNKNOWN
    return made


def _compare(made: Result, collected: _Side, standard: _Side, prefix: str, test: str) -> None:
    """Hold the two results against each other, where both are numbers in units of one quantity."""
    one, other = collected.number, standard.number
    if one.value is None or other.value is None or not standard.written or not collected.written:
        if one.value is not None and standard.written and other.value is None:
            made.problems.append(
                f"{prefix}ORRES is a number, and {prefix}STRESC is {standard.written[:40]!r}"
            )
        return
    made.compared = False
    if collected.unit is None or standard.unit is None:
        if collected.unit is not standard.unit:
            return
        value = one.value
    elif same_unit(collected.unit, standard.unit) or collected.unit == standard.unit:
        value = one.value
    else:
        analyte = analyte_of([("LOINC", loinc_like(prefix, test) or "")])
        if not (
            is_unit(collected.unit)
            and is_unit(standard.unit)
            and compatible(collected.unit, standard.unit, analyte)
        ):
            return
        try:
            value = convert(one.value, collected.unit, standard.unit, analyte)
        except TermError:
            return
    made.compared = True
    apart = abs(value - other.value)
    if (
        apart > _ROUNDING * max(abs(value), abs(other.value)) + _last_digit(standard.written)
        or one.comparator != other.comparator
    ):
        made.problems.append(
            f"{prefix}ORRES {collected.written[:20]} {collected.unit or ''} is not {prefix}STRESC {standard.written[:20]} {standard.unit or ''}"
        )


def _last_digit(written: str) -> float:
    """One unit of the last digit that is printed: a standard result may be rounded to it."""
    _, point, digits = written.partition(".")
    return 10.0 ** -len([each for each in digits if each.isdigit()]) if point else 1.0
