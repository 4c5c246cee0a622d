"""One canonical form of JSON: equal values give equal bytes, on every machine and in every language (RFC 8785, JCS).

What is hashed and signed is written by :func:`canonical` and by nothing else: events of the record, heads, capsules, seals,
the meaning of a bundle. No white space, UTF-8, keys in the order of their UTF-16 code units, numbers as ECMAScript writes
them (``1.0`` is ``1``, ``-0.0`` is ``0``, ``1e21`` is ``1e+21``), so that a number has one form whoever read it, as an
integer or as a float. A decimal is exact and a JSON number is not: :class:`~decimal.Decimal` is written as a text.

What other readers of JSON would silently change is refused: NaN and infinities, halves of surrogate pairs, keys that are
no text, and integers that a double does not hold.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson

from proband.terms.errors import TermError

#: integers up to here are held exactly by a double, and so are their neighbours (RFC 7493, I-JSON)
LARGEST_INTEGER = 2**53 - 1

#: between these sizes orjson's shortest form of a number with a fraction is that of ECMAScript (no exponent in either)
_PLAIN_FROM, _PLAIN_TO = 1e-4, 1e15

_SCALARS = frozenset({str, bool, type(None)})


class CanonicalError(TermError):
    """A value has no canonical form."""


class _ByHand(Exception):
    """A key lies outside the Basic Multilingual Plane: there the order of UTF-16 is not that of code points."""


def canonical(value: Any) -> bytes:
    """The canonical bytes of a JSON value: dictionaries, lists, tuples, texts, numbers, decimals, true, false, null.

    Raises
    ------
    CanonicalError
        ``terms.canonical.value`` with the place of what JSON cannot carry; ``terms.canonical.nesting``.
    """
    try:
        return orjson.dumps(_fitted(value), option=orjson.OPT_SORT_KEYS)
    except _ByHand:
        return _by_hand(value)
    except (TypeError, RecursionError) as error:
        raise _refusal(value, error) from error


def number(value: float) -> str:
    """A finite number as ECMAScript writes it (``Number::toString``, which RFC 8785 prescribes)."""
    if value == 0:
        return "0"
    mantissa, _, exponent = repr(value).partition("e")
    sign = "-" if mantissa[0] == "-" else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    if fraction == "0":
        fraction = ""
    # the value is 0.DIGITS times ten to the power of point
    point = len(whole) + int(exponent or 0)
    digits = whole + fraction
    stripped = digits.lstrip("0")
    point -= len(digits) - len(stripped)
    digits = stripped.rstrip("0")
    if len(digits) <= point <= 21:
        return f"{sign}{digits}{'0' * (point - len(digits))}"
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{point - 1:+d}"


def _fitted(value: Any) -> Any:
    """The value itself where orjson writes it as RFC 8785 wants, else a copy in which it does."""
    kind = type(value)
    if kind is dict:
        fitted = value
        for key, inner in value.items():
            if type(key) is not str:
                raise TypeError("a key is not text")
            if not key.isascii() and max(key) > "\uffff":
                raise _ByHand
            if type(inner) in _SCALARS:
                continue
            fit = _fitted(inner)
            if fit is not inner:
                if fitted is value:
                    fitted = dict(value)
                fitted[key] = fit
        return fitted
    if kind is list or kind is tuple:
        fitted = value
        for index, inner in enumerate(value):
            if type(inner) in _SCALARS:
                continue
            fit = _fitted(inner)
            if fit is not inner:
                if fitted is value:
                    fitted = list(value)
                fitted[index] = fit
        return fitted
    if kind is int:
        if -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
            return value
        return orjson.Fragment(_large(value))
    if kind is float:
        size = abs(value)
        if _PLAIN_FROM <= size < _PLAIN_TO:
            return int(value) if value.is_integer() else value
        if size == 0:
            return 0
        if not size < float("inf"):
            raise TypeError("not a finite number")
        return orjson.Fragment(number(value))
    if kind is Decimal:
        return _decimal(value)
    if kind in _SCALARS:
        return value
    raise TypeError(f"{kind.__name__} is not a JSON value")


def _large(value: int) -> str:
    """The digits of a large integer, which must be those of the double that every reader will make of it.

    So the canonical bytes of any double can be read and written again (``1e16`` is ``10000000000000000``, which Python
    reads as an integer), and an identifier of twenty digits is refused before somebody's reader rounds it.
    """
    try:
        text = number(float(value))
    except OverflowError:
        text = ""
    if text != str(value):
        raise TypeError("no double holds this integer")
    return text


def _decimal(value: Decimal) -> str:
    if not value.is_finite():
        raise TypeError("not a finite number")
    return format(value, "f")


def _by_hand(value: Any) -> bytes:
    """Canonical bytes with keys in the order of UTF-16, for the rare value that has a key beyond U+FFFF."""
    parts: list[bytes] = []
    try:
        _write(value, parts)
    except (TypeError, RecursionError) as error:
        raise _refusal(value, error) from error
    return b"".join(parts)


def _write(value: Any, parts: list[bytes]) -> None:
    kind = type(value)
    if kind is dict:
        if not all(type(key) is str for key in value):
            raise TypeError("a key is not text")
        opening = b"{"
        for key in sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass")):
            parts += (opening, orjson.dumps(key), b":")
            _write(value[key], parts)
            opening = b","
        parts.append(b"}" if value else b"{}")
    elif kind is list or kind is tuple:
        opening = b"["
        for inner in value:
            parts.append(opening)
            _write(inner, parts)
            opening = b","
        parts.append(b"]" if value else b"[]")
    else:
        parts.append(orjson.dumps(_fitted(value)))


def _refusal(value: Any, error: Exception) -> CanonicalError:
    """The error that says where the value cannot be written."""
    try:
        found = _located(value, "")
    except RecursionError:
        found = None
    if found is None:  # nesting without end has no place
        return CanonicalError("terms.canonical.nesting", error=str(error))
    place, problem = found
    return CanonicalError("terms.canonical.value", place=place.lstrip(".") or "the value", problem=problem)


def _located(value: Any, path: str) -> tuple[str, str] | None:
    """Where the first thing stands that cannot be written, and what is wrong with it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if type(key) is not str:
                return path, f"the key {key!r} is not text"
            found = _located(key, path) or _located(inner, f"{path}.{key}")
            if found:
                return found
        return None
    if isinstance(value, list | tuple):
        places = (_located(inner, f"{path}[{index}]") for index, inner in enumerate(value))
        return next((place for place in places if place), None)
    if type(value) is str:
        try:
            value.encode()
        except UnicodeEncodeError:
            return path, f"{value!r} holds half of a surrogate pair, which is no Unicode text"
        return None
    try:
        _fitted(value)
    except TypeError as error:
        return path, f"{value!r}: {error}" if isinstance(value, int | float | Decimal) else str(error)
    return None
