"""The table of a study as it stood on a day: who was allocated by then, what was known of them by then, and a hash of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date as Day
from typing import Any

from proband.analysis.trial_columns import COLUMNS, WITHDRAWN, TrialRow
from proband.analysis.trial_people import checked_rows
from proband.terms.canonical import canonical

Rows = list[dict[str, Any]]


def as_of(rows: Iterable[TrialRow], day: Day) -> Rows:
    """What was known on a day: rows of later days are left out, and whoever was allocated later has no arm yet.

    Raises
    ------
    AnalysisError
        As :func:`~proband.analysis.trial_people.checked_rows`: a day that is none would be compared as text.
    """
    until = day.isoformat()
    every = [dict(row) for row in checked_rows(rows)]
    kept = [row for row in every if row["on"] is None or row["on"] <= until]
    allocated = {row["participant"] for row in kept if row["kind"] == "event" and row["name"] == "allocation"}
    last = _last_place(kept, allocated)
    out = []
    for row in kept:
        if row["kind"] == "person" and row["text"] == WITHDRAWN:
            if row["number"] is not None and row["number"] > last:
                continue
        elif row["kind"] == "person" and row["participant"] not in allocated:
            row = {**row, "number": None, "arm": None}
        out.append(row)
    known = {row["participant"] for row in out if row["kind"] == "person"}
    return [row for row in out if row["participant"] in known]


def _last_place(rows: Rows, allocated: set[Any]) -> int:
    """The last place in the order of allocation by then: of who withdrew the use of their data only the place is known, and not the day."""
    people = [row for row in rows if row["kind"] == "person" and row["number"] is not None]
    last = max((row["number"] for row in people if row["participant"] in allocated), default=0)
    gone = {row["number"] for row in people if row["text"] == WITHDRAWN}
    while last + 1 in gone:
        last += 1
    return int(last)


def without_arms(rows: Iterable[TrialRow]) -> Rows:
    """The same rows, and of nobody the arm: what an open report is made from, so that it cannot tell one arm from another."""
    return [{**row, "arm": None} for row in rows]


def table_hash(rows: Iterable[TrialRow]) -> str:
    """The sha256 of the rows in the order of their keys: the same for the same table, in whatever order it was written."""
    ordered = sorted(repr([row.get(column) for column in COLUMNS]) for row in rows)
    return hashlib.sha256(canonical(ordered)).hexdigest()


def people_of(rows: Iterable[TrialRow]) -> dict[str, Mapping[str, Any]]:
    """The row of each participant, by pseudonym."""
    return {row["participant"]: row for row in rows if row["kind"] == "person"}
