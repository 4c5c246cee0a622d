"""Through when a drug of the CDM is taken: by its end, the end that the source gave, what was supplied and how often again.

A site fills these columns by rules of its own (an end of the day it began, where nobody knew; a supply that outlasts the end). Where one of them
outlasts another, the drug ended on a day between the two: neither is chosen. A stop reason says that the rest of a supply was not taken.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta

from proband.exchange.omop.tables import Row
from proband.exchange.written_numbers import plain_number
from proband.terms import UncertainDate

LONGEST = 36_500
"""Days: a longer supply is a slip, or says that there is no end."""


def written_ends(row: Row, read_day: Callable[[str], UncertainDate]) -> list[UncertainDate]:
    """The ends that a row of ``drug_exposure`` states; a day that cannot be read is one that nobody knows."""
    stated = (row.get("drug_exposure_end_date", "").strip(), row.get("verbatim_end_date", "").strip())
    return [read_day(each) for each in stated if each]


def taken_through(row: Row, start: UncertainDate, ends: list[UncertainDate]) -> UncertainDate:
    """The days between which a drug was taken for the last time; wholly unknown where nothing says it."""
    until = _together(ends) if ends else None
    if until is not None and row.get("stop_reason", "").strip():
        return until
    supply, again = plain_number(row.get("days_supply", "")), plain_number(row.get("refills", ""))
    times = 1.0 + (again if again is not None and again > 0 else 0.0)
    if supply is not None and supply > 0 and supply * times < LONGEST and start.latest is not None:
        first, last = (
            start.latest + timedelta(days=math.ceil(each) - 1) for each in (supply, supply * times)
        )
        if until is None:
            return UncertainDate(first, last)
        return UncertainDate(until.earliest, None if until.latest is None else max(until.latest, last))
    if until is None or until.latest is None or times == 1.0:
        return until or UncertainDate.unknown()
    # nobody says how long a filling lasts: as long as from the start to the end
    days = (until.latest - start.earliest).days + 1 if start.earliest is not None else LONGEST
    more = math.ceil(days * (times - 1.0))
    return UncertainDate(until.earliest, until.latest + timedelta(days=more) if 0 < more < LONGEST else None)


def _together(ends: list[UncertainDate]) -> UncertainDate:
    firsts = [each.earliest for each in ends if each.earliest is not None]
    lasts = [each.latest for each in ends if each.latest is not None]
    return UncertainDate(
        min(firsts) if len(firsts) == len(ends) else None, max(lasts) if len(lasts) == len(ends) else None
    )
