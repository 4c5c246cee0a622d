"""The rows of a trial's table, looked at one by one and put together by person: what cannot be is refused here, whoever wrote the table.

A day is a day of the calendar (``2031-05-09``), with no hour and no zone: two clocks cannot be compared. A value is a finite number; what
nobody measured has no row. Somebody stands in one row of kind ``person``, with one arm. What happens once (allocation, death) has one day.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from proband.analysis.result import AnalysisError
from proband.analysis.trial_columns import COLUMNS, KINDS, WITHDRAWN, TrialRow

#: what happens to somebody once, so that two days of it contradict each other
ONCE = ("consent", "allocation", "first-dose", "last-dose", "collection", "death")
#: what is entered of somebody, and can come after their death
ADMINISTRATIVE = ("taken-over",)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class TrialMeasurement:
    """One measurement: the value (or the text of a grade) and its day; ``None`` where nobody knows the day."""

    value: float | str
    day: int | None


@dataclass
class TrialPerson:
    """What a table says of one person; days are ordinals of the calendar.

    ``days`` of each event in their order, ``undated`` the events whose day nobody knows, ``measured`` by score and visit.
    """

    name: str
    number: int | None
    arm: str | None
    form: str | None
    withdrawn: bool = False
    days: dict[str, list[int]] = field(default_factory=dict)
    undated: set[str] = field(default_factory=set)
    measured: dict[tuple[str, str], list[TrialMeasurement]] = field(default_factory=dict)
    last: int = 0

    def first(self, name: str) -> int | None:
        """The first day of an event."""
        found = self.days.get(name)
        return found[0] if found else None

    def score(self, name: str, visit: str) -> TrialMeasurement | None:
        """A score at a visit.

        Raises
        ------
        AnalysisError
            ``analysis.table.two-values`` where it was measured more than once, with different results.
        """
        found = self.measured.get((name, visit))
        if not found:
            return None
        if len({one.value for one in found}) > 1:
            raise AnalysisError(
                "analysis.table.two-values", participant=self.name, score=name, visit=visit, values=sorted(str(one.value) for one in found)
            )  # fmt: skip
        return min(found, key=lambda one: one.day if one.day is not None else math.inf)


def checked_rows(rows: Iterable[TrialRow]) -> list[TrialRow]:
    """The rows, each of the form that :data:`~proband.analysis.trial_columns.COLUMNS` says.

    Raises
    ------
    AnalysisError
        ``analysis.columns``, ``analysis.choice`` for a kind of row that does not exist, ``analysis.table.cell`` for what cannot stand in its
        column, ``analysis.table.twice`` for a row or a person that the table lists more than once.
    """
    kept, keys, people = [], set(), set()
    for row in rows:
        missing = [column for column in COLUMNS if column not in row]
        if missing:
            raise AnalysisError("analysis.columns", missing=missing[0], columns=list(row))
        if row["kind"] not in KINDS:
            raise AnalysisError("analysis.choice", what="kind of row", value=row["kind"], known=list(KINDS))
        for column, holds in COLUMNS.items():
            _cell(row, column, holds)
        if row["row"] in keys:
            raise AnalysisError("analysis.table.twice", what=f"the row {row['row']}")
        keys.add(row["row"])
        if row["kind"] == "person":
            if row["participant"] in people:
                raise AnalysisError("analysis.table.twice", what=f"the person {row['participant']}")
            people.add(row["participant"])
        kept.append(row)
    return kept


def _cell(row: TrialRow, column: str, holds: str) -> None:
    value = row[column]
    needed = column in ("row", "participant", "kind") or (column == "name" and row["kind"] != "person")
    if value is None and not needed:
        return
    if column == "on":
        right, allowed = _is_day(value), "a day as 2031-05-09, with neither hour nor zone, or nothing"
    elif holds == "text":
        right, allowed = isinstance(value, str) and bool(value), "text"
    elif holds == "whole":
        right, allowed = type(value) is int and value >= 1, "1, 2, 3, … or nothing"
    else:
        right = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        allowed = "a finite number, or nothing"
    if not right:
        raise AnalysisError(
            "analysis.table.cell", column=column, value=repr(value), participant=str(row["participant"]), allowed=allowed
        )  # fmt: skip


def _is_day(value: object) -> bool:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def people_in(rows: Iterable[TrialRow]) -> dict[str, TrialPerson]:
    """Everybody of a table in the order of allocation, with what it says of them.

    Raises
    ------
    AnalysisError
        As :func:`checked_rows`; ``analysis.table.stranger`` for rows of nobody; ``analysis.table.two-days`` for an allocation or a death
        with two days; ``analysis.table.undated`` for a death without one.
    """
    table = checked_rows(rows)
    people = {
        row["participant"]: TrialPerson(
            row["participant"], row["number"], row["arm"], row["form"], withdrawn=row["text"] == WITHDRAWN
        )
        for row in table
        if row["kind"] == "person"
    }
    for row in table:
        if row["kind"] == "person":
            continue
        person = people.get(row["participant"])
        if person is None:
            raise AnalysisError("analysis.table.stranger", participant=row["participant"])
        day = None if row["on"] is None else date.fromisoformat(row["on"]).toordinal()
        if day is not None and row["name"] not in ADMINISTRATIVE:
            person.last = max(person.last, day)
        if row["kind"] == "event":
            _happened(person, row["name"], day)
        else:
            _measured(person, row, day)
    for person in people.values():
        for name, days in person.days.items():
            days.sort()
            if name in ONCE and days[0] != days[-1]:
                raise AnalysisError(
                    "analysis.table.two-days", participant=person.name, event=name, days=[date.fromordinal(day).isoformat() for day in sorted(set(days))]
                )  # fmt: skip
        if "death" in person.undated:
            raise AnalysisError("analysis.table.undated", participant=person.name, event="death")
    # the order of rows means nothing: people stand in the order of allocation
    return dict(sorted(people.items(), key=lambda item: (item[1].number or 0, item[0])))


def _happened(person: TrialPerson, name: str, day: int | None) -> None:
    if day is None:
        person.undated.add(name)
    else:
        person.days.setdefault(name, []).append(day)


def _measured(person: TrialPerson, row: Mapping[str, Any], day: int | None) -> None:
    value = row["value"] if row["value"] is not None else row["text"]
    if value is None:
        # an item that was asked and has no score: nothing was measured
        return
    person.measured.setdefault((row["name"], row["visit"] or ""), []).append(TrialMeasurement(value, day))
    # a status that is ticked at a visit says that the event has happened by that day
    if row["value"] is not None and row["value"] >= 1:
        _happened(person, row["name"], day)
