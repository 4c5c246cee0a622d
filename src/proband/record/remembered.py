"""Dates as people remember them, read in one place: whichever gate, table or report asks, the same words mean the same days."""

from __future__ import annotations

import re

from proband.terms import ProbandError, UncertainDate

#: a time of day beside the day, as devices write it: the day on the spot is the one that is written
_CLOCK_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})T[0-9:.]{4,15}(Z|[+-]\d{2}:?\d{2})?")


def remembered(text: str) -> UncertainDate | None:
    """The days that the words may mean: ``early March 2024``, ``in May 2020``, ``before 2020``, ``2026-03-05T14:30Z``.

    Parameters
    ----------
    text
        What was said or typed.

    Returns
    -------
    UncertainDate or None
        The days, both ends open for ``unknown``; ``None`` for words that are no date, or more than one.
    """
    said = text.strip()
    if said[:3].lower() in ("in ", "on "):
        said = said[3:].strip()
    if "\n" in said:
        return None
    if found := _CLOCK_TIME.fullmatch(said):
        said = found[1]
    try:
        return UncertainDate.parse(said)
    except ProbandError:
        return None


def remembered_days(text: str) -> tuple[str | None, str | None]:
    """The first and the last day that a remembered date may mean, as text; both ``None`` where nobody can say."""
    when = remembered(text)
    if when is None:
        return None, None
    return (
        when.earliest.isoformat() if when.earliest else None,
        when.latest.isoformat() if when.latest else None,
    )
