"""When a fact holds, in SQL: whether it surely, and whether it possibly, lies in the window of a slot.

This is the one place of the query that asks for the day of a fact; :mod:`proband.screening.spans` asks the same for one
person. A fact has a first and a last possible day (``f.d1``, ``f.d2``), NULL being an open end.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from proband.programme.eligibility import FactWindow
from proband.screening.sql.building import (
    all_of,
    any_of,
    at_least,
    at_most,
    column,
    first_of,
    is_null,
)
from proband.screening.sql.dialects import Dialect
from proband.screening.sql.occasions import OccasionColumns, Occasions
from proband.screening.sql.plan import Slot


@dataclass(frozen=True, slots=True)
class InWindow:
    """Two conditions on a fact ``f``: that it surely lies in a window, and that it may."""

    sure: exp.Expression
    possible: exp.Expression


def in_window(slot: Slot, occasions: Occasions, dialect: Dialect) -> InWindow:
    """The conditions for a slot; no window reaches beyond the day of screening, or of the visit."""
    now = occasions.of_visit(slot.visit)
    window = slot.observable.window
    if window is None:
        return _ever(now)
    return _within(window, occasions.of_anchor(window.anchor, slot.visit), now, dialect)


def _ever(now: OccasionColumns) -> InWindow:
    """Without a window everything up to now counts, what bears no date included: it was on record when that was read."""
    d1, d2 = column("d1", "f"), column("d2", "f")
    undated = all_of(is_null(d1), is_null(d2))
    sure = all_of(*now.known(now.d1), any_of(undated, at_most(d2, now.d1)))
    return InWindow(sure, _not_later(now))


def _not_later(now: OccasionColumns) -> exp.Expression:
    d1 = column("d1", "f")
    return any_of(is_null(d1), now.unknown_or(now.d2, at_most(d1, now.d2)))


def _within(window: FactWindow, at: OccasionColumns, now: OccasionColumns, dialect: Dialect) -> InWindow:
    """The window is widest for what may count, from the first to the last possible day of its anchor, and narrowest for what surely does."""
    d1, d2 = column("d1", "f"), column("d2", "f")
    sure, possible = now.known(now.d1), []
    if window.start is not None:
        sure.append(at_least(d1, at.edge(dialect, at.d2, window.start)))
        outer = at.edge(dialect, at.d1, window.start)
        possible.append(any_of(is_null(d2), at.unknown_or(outer, at_least(d2, outer))))
    if window.end is not None:
        sure.append(at_most(d2, at.edge(dialect, at.d1, window.end)))
        outer = at.edge(dialect, at.d2, window.end)
        possible.append(any_of(is_null(d1), at.unknown_or(outer, at_most(d1, outer))))
    sure.append(at_most(d2, now.d1))
    possible.append(_not_later(now))
    return InWindow(first_of(all_of(*sure), exp.false()), all_of(*possible))
