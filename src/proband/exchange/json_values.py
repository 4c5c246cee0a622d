"""Plain JSON as texts, lists, numbers and moments. Every function accepts any JSON and never fails."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from proband.terms import TermError, UncertainDate

_ZERO_WIDTH = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))


def obj(node: Any) -> dict[str, Any]:
    """The node if it is an object, else an empty one."""
    return node if isinstance(node, dict) else {}


def items(node: Any) -> list[Any]:
    """The node if it is an array; an object alone counts as an array of one (the structure check has said so)."""
    if isinstance(node, list):
        return node
    return [node] if isinstance(node, dict) else []


def text(node: Any) -> str | None:
    """The node if it is a text with something in it, without zero-width characters."""
    if not isinstance(node, str):
        return None
    if node.isascii():  # nothing to take out, and most texts are
        return node.strip() or None
    return node.translate(_ZERO_WIDTH).strip() or None


def number(node: Any) -> float | None:
    """A finite number, or ``None``."""
    if isinstance(node, bool) or not isinstance(node, int | float):
        return None
    try:
        value = float(node)
    except OverflowError:
        return None
    return value if math.isfinite(value) else None


@lru_cache(maxsize=65536)
def _moment(written: str) -> tuple[UncertainDate, datetime | None, str | None]:
    day = written[:10]
    try:
        when = UncertainDate.parse(day if len(written) > 10 else written)
    except TermError:
        return UncertainDate.unknown(), None, None
    if len(written) <= 10:
        return when, None, None
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return when, None, None
    offset = None
    if moment.tzinfo is not None:
        offset = "Z" if written.endswith(("Z", "z")) else written[-6:]
    return when, moment, offset


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as written: the day or interval, the moment, the offset; ``problem`` if it cannot be read.

    The clinical day is the day on the wall where it was written; the moment keeps its time zone where one is stated, so
    that 09:30+02:00 comes before 08:00Z.
    """

    when: UncertainDate
    time: datetime | None = None
    offset: str | None = None
    problem: str | None = None


NEVER = Moment(UncertainDate.unknown())


def moment(node: Any) -> Moment:
    """A date, dateTime or instant."""
    written = text(node)
    if written is None:
        return (
            NEVER if node is None else Moment(UncertainDate.unknown(), problem=f"date {node!r} is not a text")
        )
    when, time, offset = _moment(written)
    if when.earliest is None and when.latest is None:
        return Moment(when, problem=f"date {written[:40]!r} cannot be read")
    return Moment(when, time, offset)
