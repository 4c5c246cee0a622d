"""Words and numbers as people write them in data files."""

from __future__ import annotations

import math
import re
import unicodedata

_NOT_WORD = re.compile(r"[^a-z0-9.]+")
_BOUND = re.compile(
    r"^\s*(<=|>=|<|>|≤|≥|less than or equal to|greater than or equal to|less than|greater than|more than|under|over)"
    r"\s*([-+]?\d+(?:[.,]\d+)?)\s*(\S.*)?$",
    re.IGNORECASE,
)
_COMPARATOR = {
    "≤": "<=",
    "≥": ">=",
    "less than or equal to": "<=",
    "greater than or equal to": ">=",
    "less than": "<",
    "under": "<",
    "greater than": ">",
    "more than": ">",
    "over": ">",
}
_NUMBER = re.compile(r"^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?$")
_COMMA_NUMBER = re.compile(r"^[-+]?(?:\d+,?\d*|,\d+)$")


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


def number_in(written: str) -> tuple[float | None, str | None]:
    """``(bound, comparator)`` of a text such as ``<5`` or ``LESS THAN 0.4``; ``(None, None)`` for anything else."""
    found = _BOUND.match(written)
    if not found:
        return None, None
    sign = found[1].lower()
    return float(found[2].replace(",", ".")), _COMPARATOR.get(sign, sign)


def plain_number(written: str, *, comma: bool = False) -> float | None:
    """A number as written: a decimal point, or with ``comma`` a decimal comma. Thousands separators are not guessed.

    NaN, infinities and anything else give ``None``.
    """
    text = written.strip()
    if comma:
        if not _COMMA_NUMBER.match(text):
            return None
        text = text.replace(",", ".")
    elif not _NUMBER.match(text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None
