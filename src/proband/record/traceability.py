"""Until when somebody's identity must be kept: as long as the law wants every product of cells or genes traced to whoever gave or got it.

The terms are the programme's (``safety.yaml``, ``tracing``), dated data with source and level, by jurisdiction, frozen into the log with the version in
force. Where no term is given for a place at which a product of this person was, or none that somebody has read, nobody can say that the law lets go, and
erasure of identity is refused. Contact data and free texts are asked for by no such term.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from proband.programme.product import ProductKind
from proband.programme.safety import TracingTerm
from proband.record.events import LAST_YEAR
from proband.record.paged import browse_values
from proband.record.participant import Participant
from proband.record.product import Container
from proband.record.state import State
from proband.terms import Level, applicable

#: what must be traced: cells, tissues and genes. For other kinds no term of tracing is asked for
TRACED_KINDS = {kind for kind in ProductKind if kind.is_biological}


@dataclass(frozen=True, slots=True)
class TracingLimit:
    """Why somebody's identity is still needed: for which product, until which day (``None``: nobody can say yet), under which term."""

    product: str
    jurisdiction: str
    until: date | None
    term: TracingTerm | None
    #: what is not known: ``term`` (the programme names none), ``level`` (it names one that nobody has read), ``date`` (no use, no expiry yet)
    missing: str = ""


def limits(state: State, person: Participant) -> list[TracingLimit]:
    """Everything that keeps a person's identity, the latest day first, what has no day before all."""
    found = [
        limit
        for product, places, days in _traced(state, person)
        for limit in _limits(state, product, places, days)
    ]
    return sorted(found, key=lambda limit: (limit.until is not None, -(limit.until or date.max).toordinal()))


def _traced(state: State, person: Participant) -> Iterator[tuple[str, set[str], dict[str, str | None]]]:
    """What was made from them, or given to them, and what was collected of them and has become nothing yet."""
    collected = {taken.din for taken in browse_values(state.collections) if taken.participant == person.id}
    used: set[str] = set()
    for product in browse_values(state.products):
        theirs = product.participant == person.id or bool(collected & set(product.collections))
        used.update(product.collections)
        if theirs and _kind(state, product) in TRACED_KINDS | {None}:
            yield product.id, {person.site, product.place}, _days(product)
    for din in sorted(collected - used):
        yield din, {person.site}, {}


def _kind(state: State, product: Container) -> ProductKind | None:
    rule = state.rule_of(product)
    return rule.kind if rule is not None else None


def _days(product: Container) -> dict[str, str | None]:
    # what was given up before it had an expiry will not be used any more: it counts from when it was made
    over = product.disposed or product.status in ("failed", "rejected", "used", "disposed")
    return {
        "clinical-use": product.administered_at,
        "expiry": product.expires_at or (product.made_at if over else None),
    }


def _limits(
    state: State, product: str, places: set[str], days: dict[str, str | None]
) -> Iterator[TracingLimit]:
    terms = state.view.safety.tracing if state.view is not None else []
    for code in sorted({state.sites[place].jurisdiction for place in places if place in state.sites}):
        covering = [term for term in terms if term.jurisdiction in applicable(code)]
        known = [(term, day) for term in covering if (day := days.get(term.after))]
        if not covering:
            yield TracingLimit(product, code, None, None, "term")
        elif not any(term.level is Level.READ for term in covering):
            yield TracingLimit(product, code, None, covering[0], "level")
        elif not known:
            yield TracingLimit(product, code, None, covering[0], "date")
        for term, day in known:
            yield TracingLimit(product, code, _later(date.fromisoformat(day[:10]), term.years), term)


def _later(day: date, years: int) -> date:
    """The same day so many years later; of 29 February the first of March, where there is none."""
    year = min(day.year + years, LAST_YEAR)
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 3, 1)
