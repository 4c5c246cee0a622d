"""What a number in a cell shows: a day, a moment, a percentage, a bound or a unit that only its format writes.

Source: ECMA-376 part 1 (Office Open XML), 18.8.30 (number formats and the numbers of those that are built in) and 18.17.4.1 (the two date systems).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal

FormatKind = Literal["number", "date", "date-time", "time", "duration", "percent", "text", "hidden"]

#: formats that are built in, where they are more than a number; 27 to 36 and 50 to 58 are dates of East Asia
_BUILT_IN: dict[int, str] = {
    9: "0%", 10: "0.00%", **dict.fromkeys((14, 15, 16, 17), "yyyy-mm-dd"), **dict.fromkeys((18, 19, 20, 21, 45, 47), "h:mm:ss"), 46: "[h]:mm:ss",
    22: "yyyy-mm-dd h:mm", 49: "@", **dict.fromkeys((*range(27, 32), 36, *range(50, 55), 57, 58), "yyyy-mm-dd"), **dict.fromkeys((32, 33, 34, 35, 55, 56), "h:mm:ss"),
}  # fmt: skip
_TOKEN = re.compile(
    r'"([^"]*)"|\\(.)|\[([^\]]*)\]|_.|\*.|([0#?.,%@/]+)|(General)|([ymdhseg]+|am/pm|a/p)|(.)', re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """A format: what its number means, what it writes before and behind it, and to how many digits it fills up."""

    kind: FormatKind = "number"
    before: str = ""
    behind: str = ""
    digits: int = 0


@lru_cache(maxsize=4096)
def format_of(number: int, written: str | None) -> NumberFormat:
    """The format of a cell by its number and, where the workbook defines it, its text."""
    code = written if written is not None else _BUILT_IN.get(number, "General")
    section = _first_section(code)
    letters = digits = ""
    before: list[str] = []
    behind: list[str] = []
    percent = elapsed = text = False
    for quoted, escaped, bracket, signs, general, calendar, other in _TOKEN.findall(section):
        literal = quoted or escaped or (other if other in "<>≤≥=" else "")
        if literal:
            (behind if digits else before).append(literal)
        elif bracket:
            elapsed = elapsed or re.fullmatch(r"[hms]+", bracket, re.IGNORECASE) is not None
            letters += bracket if elapsed else ""
        elif signs:
            percent, text = percent or "%" in signs, text or "@" in signs
            digits += signs
        elif general:
            digits += general
        elif calendar:
            letters += calendar.lower()
    if not section and ";" in code:  # ;;; shows nothing
        return NumberFormat("hidden")
    if text:
        return NumberFormat("text")
    if letters:
        if elapsed:
            return NumberFormat("duration")
        days, clock = re.search(r"[yde]", letters), re.search(r"[hs]|a/p|am/pm", letters)
        if not days and not clock:  # months alone are a date: "mmm yy" has a year, "mmmm" has none
            days = re.search("m", letters)
        return NumberFormat("date-time" if days and clock else "date" if days else "time")
    if percent:
        return NumberFormat("percent")
    padded = len(digits) if re.fullmatch(r"0{2,}", digits) else 0
    return NumberFormat("number", "".join(before).strip(), "".join(behind).strip(), padded)


def _first_section(code: str) -> str:
    return re.match(r'(?:"[^"]*"|\\.|[^;"])*', code)[0]  # type: ignore[index]  # it matches nothing at least


def written(
    value: float, form: NumberFormat, *, since_1904: bool, date_format: str | None, decimal: str | None
) -> str | None:
    """A number as its cell shows it, in the forms that the mapping declares; ``None`` for a day that there is not.

    A number of exactly three decimals gets a fourth, a zero: in a cell nobody can have meant thousands.
    """
    if form.kind in {"date", "date-time"}:
        return _day(value, form.kind, since_1904, date_format)
    if form.kind == "time":
        seconds = round((value % 1) * 86400) % 86400
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if form.kind == "duration":
        seconds = round(abs(value) * 86400)
        return f"{'-' if value < 0 else ''}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if form.kind == "percent":
        return f"{_plain(value * 100, decimal)}%"
    plain = _plain(value, decimal)
    if form.digits and value.is_integer() and value >= 0:
        plain = plain.zfill(form.digits)
    return " ".join(each for each in (form.before + plain, form.behind) if each)


def _plain(value: float, decimal: str | None) -> str:
    text = f"{value:.15g}"
    whole, point, part = text.partition(".")
    if point and len(part) == 3 and "e" not in part:
        part += "0"
    return f"{whole}{',' if decimal == ',' else '.'}{part}" if point else whole


def _day(value: float, kind: FormatKind, since_1904: bool, date_format: str | None) -> str | None:
    days, fraction = divmod(value, 1)
    if (
        days < 0 or days > 2_958_465 or (not since_1904 and int(days) in {0, 60})
    ):  # Excel has a 0 January and a 29 February 1900
        return None
    start = date(1904, 1, 1) if since_1904 else date(1899, 12, 30 if days > 60 else 31)
    try:
        day = start + timedelta(days=int(days))
        moment = datetime.combine(day, datetime.min.time()) + timedelta(seconds=round(fraction * 86400))
        if date_format == "excel":
            return str((moment.date() - date(1899, 12, 30)).days)
        if date_format:
            return moment.strftime(date_format)
    except (OverflowError, ValueError):
        return None
    if kind == "date-time" and fraction:
        return moment.isoformat()
    return moment.date().isoformat()
