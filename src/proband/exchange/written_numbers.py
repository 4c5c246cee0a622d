"""Words and numbers as people write them in data files."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Literal

from proband.terms import is_unit

_NOT_WORD = re.compile(r"[^a-z0-9.]+")
_SIGNS = {
    "<": "<", ">": ">", "<=": "<=", ">=": ">=", "=<": "<=", "=>": ">=", "≤": "<=", "≥": ">=", "⩽": "<=", "⩾": ">=", "＜": "<", "＞": ">",
    "less than or equal to": "<=", "greater than or equal to": ">=", "not more than": "<=", "at most": "<=", "up to": "<=", "max.": "<=",
    "no less than": ">=", "at least": ">=", "min.": ">=", "less than": "<", "under": "<", "below": "<", "greater than": ">",
    "more than": ">", "over": ">", "above": ">",
    # German
    "unter": "<", "unterhalb": "<", "unterhalb von": "<", "kleiner": "<", "kleiner als": "<", "weniger als": "<", "über": ">", "ueber": ">",
    "oberhalb": ">", "oberhalb von": ">", "größer": ">", "größer als": ">", "groesser als": ">", "mehr als": ">",
    "höchstens": "<=", "hoechstens": "<=", "maximal": "<=", "bis": "<=", "bis zu": "<=", "mindestens": ">=", "minimal": ">=", "ab": ">=",
    # French
    "moins de": "<", "moins que": "<", "inférieur à": "<", "inferieur a": "<", "inf. à": "<", "plus de": ">", "plus que": ">",
    "supérieur à": ">", "superieur a": ">", "sup. à": ">", "au plus": "<=", "au maximum": "<=", "au moins": ">=", "au minimum": ">=",
    # Spanish, Italian, Portuguese, Dutch
    "menos de": "<", "menor que": "<", "menor de": "<", "inferior a": "<", "más de": ">", "mas de": ">", "mayor que": ">", "mayor de": ">",
    "superior a": ">", "meno di": "<", "minore di": "<", "inferiore a": "<", "più di": ">", "piu di": ">", "maggiore di": ">", "superiore a": ">",
    "mais de": ">", "maior que": ">", "maior do que": ">", "menor do que": "<", "minder dan": "<", "kleiner dan": "<", "meer dan": ">", "groter dan": ">",
}  # fmt: skip
_WORDED = "|".join(
    re.escape(each).replace(r"\ ", r"\s+") for each in sorted(_SIGNS, key=lambda each: (-len(each), each))
)
#: spaces that stand between thousands: blank, no-break, narrow no-break, thin; and apostrophes
_GROUPING = " \u00a0\u202f\u2009'’"
_WRITTEN = re.compile(
    rf"^\s*(?P<sign>{_WORDED})?\s*(?P<minus>[-+−])?(?P<number>(?:[0-9]{{1,3}}(?:[{_GROUPING}][0-9]{{3}})+|[0-9.,]*[0-9])(?:[.,][0-9]*)?)"
    r"(?P<exponent>[eE][-+]?[0-9]{1,3})?\s*(?P<rest>[^0-9].*)?$",
    re.IGNORECASE | re.DOTALL,
)
#: a number as every engine reads it: digits of ASCII alone, no ``1_0`` and no ``infinity``, which Python and databases would take
PLAIN_NUMBER = r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?"
_NUMBER = re.compile(PLAIN_NUMBER)
_COMMA_NUMBER = re.compile(r"[-+]?(?:[0-9]+,?[0-9]*|,[0-9]+)")

Decimal = Literal[".", ","]


@dataclass(frozen=True, slots=True)
class WrittenNumber:
    """A number as a cell has it: its value or bound, the comparator, what is written behind it (a unit), or why it is unread."""

    value: float | None = None
    comparator: str | None = None
    unit: str | None = None
    problem: str | None = None


def read_number(written: str, decimal: Decimal | None = None, *, sure: bool = False) -> WrittenNumber:
    """A number with what stands around it. What is not consumed whole is unread, and ``problem`` says why.

    Parameters
    ----------
    decimal
        The decimal sign that the source declares; ``None`` where it declares none.
    sure
        Whether the sign comes from a rule of the source's own (a validated field), under which no thousands are grouped.

    One sign followed by exactly three digits may be a decimal or a thousands sign: ``10.000`` is read only where the other
    sign is declared, or this one for sure; ``10,000`` under a declared decimal comma stays unread, for it is how half of the
    world writes ten thousand.
    """
    found = _WRITTEN.match(written)
    if found is None:
        return WrittenNumber(problem="is no number")
    value = _value_of(found["number"], decimal, sure)
    if isinstance(value, str):
        return WrittenNumber(problem=value)
    value = float(f"{value!r}{found['exponent']}") if found["exponent"] else value
    if not math.isfinite(value):
        return WrittenNumber(problem="is no number")
    rest = (found["rest"] or "").strip() or None
    sign = _SIGNS[" ".join(found["sign"].lower().split())] if found["sign"] else None
    return WrittenNumber(-value if found["minus"] in {"-", "−"} else value, sign, rest)


def _value_of(number: str, decimal: Decimal | None, sure: bool) -> float | str:
    plain = re.sub(rf"[{_GROUPING}]", "", number)
    grouped = plain != number
    signs = [each for each in plain if each in ".,"]
    if not signs:
        return float(plain)
    last = signs[-1]
    whole, _, part = plain.rpartition(last)
    kinds = set(signs)
    if len(kinds) == 2 or (len(signs) == 1 and grouped):
        other = "," if last == "." else "."
        if signs.count(last) != 1 or (other in whole and not _thousands(whole, other)):
            return "is no number"
        return float(f"{whole.replace(other, '')}.{part or '0'}")
    if len(signs) > 1:
        return float(plain.replace(last, "")) if _thousands(plain, last) else "is no number"
    doubtful = len(part) == 3 and 1 <= len(whole) <= 3 and whole.strip("0") != ""
    if doubtful and not (sure and last == decimal):
        if decimal is not None and last != decimal:
            return float(whole + part)
        if decimal is None or decimal == ",":
            mend = "" if decimal else ": say decimal: '.' or ',' in the mapping"
            return f"may be {whole}{part} or {whole}.{part}{mend}"
    if last == decimal or (decimal is None and last == "."):
        return float(f"{whole or '0'}.{part or '0'}")
    return f"is no number (decimal {'comma' if last == ',' else 'point'}? say decimal: '{last}')"


def _thousands(written: str, sign: str) -> bool:
    head, *groups = written.split(sign)
    return (
        1 <= len(head) <= 3 and head.isdigit() and all(len(each) == 3 and each.isdigit() for each in groups)
    )


def slug(words: str) -> str:
    """A local code: lower case, hyphens, no accents; never empty (``unnamed``)."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    code = _NOT_WORD.sub("-", plain.lower()).strip("-.")
    if not code:  # a name in another script keeps its letters as code points: distinct names stay distinct
        code = "-".join(f"u{ord(letter):x}" for letter in words.strip()[:24] if letter.isalnum())
    return code or "unnamed"


#: codes of Proband's own vocabulary: a column or an item that happens to have such a name does not get such a code
RESERVED = frozenset(
    {
        "birth-date",
        "sex",
        "vital-status",
        "variant",
        "disease",
        "consent",
        "consent-date",
        "allergy",
        "family-history",
        "specimen",
        "encounter",
        "adverse-event",
        "age-at-last-encounter",
        "diagnostic-report",
        "report-conclusion",
        "gene-of-interest",
        "isncsci-exam",
    }
)


def field_code(name: str) -> str:
    """The code of an unmapped column: its name as :func:`slug`; ``field.sex`` where that is a word of Proband's own."""
    code = slug(name)
    return f"field.{code}" if code in RESERVED else code


def number_in(written: str) -> WrittenNumber | None:
    """The bound of a text such as ``<5`` or ``LESS THAN 0.4 mg/L``; ``None`` for anything that is not wholly a bound."""
    found = read_number(written)
    if found.value is None and "decimal comma" in (
        found.problem or ""
    ):  # free text declares no sign: a comma before one or two digits can only be a decimal
        found = read_number(written, ",")
    if found.comparator is None or found.value is None or (found.unit and not is_unit(found.unit)):
        return None
    return found


def plain_number(written: str, *, comma: bool = False) -> float | None:
    """A number as written: a decimal point, or with ``comma`` a decimal comma. Thousands separators are not guessed.

    NaN, infinities and anything else give ``None``.
    """
    text = written.strip()
    if comma:
        if not _COMMA_NUMBER.fullmatch(text):
            return None
        text = text.replace(",", ".")
    elif not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def cell_text(value: Any) -> str:
    """A value of a typed table as CSV has it: whole numbers without a point (``3019550.0`` is ``3019550``), nothing where nothing is."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if not math.isfinite(value):
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return value if isinstance(value, str) else str(value)
