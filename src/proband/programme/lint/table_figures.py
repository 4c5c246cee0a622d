"""Numbers of a natural-history table that its columns cannot hold: more than everybody, people in parts, a survival that rises."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from proband.programme.bundle import Programme
from proband.programme.documents import Table
from proband.programme.lint import declare
from proband.programme.linting import LintFinding
from proband.programme.natural_history import TIME_UNITS, NaturalHistoryFile

#: columns that count people: whole numbers, and none more than the people of the row
_PEOPLE = ("n", "events", "deaths", "at_risk")
#: columns that fall with time among the people of one row and its like: the share still alive, and those still followed
_FALLING = ("survival_percent", "at_risk")
#: what says where a row was read: it tells no people apart
_ABOUT = {"source", "level", "note", "remark", "use", "checked_on", "checked", "checked_in", "was", "low", "high", "n", "events", "deaths"}  # fmt: skip


@declare(
    "table-figures",
    "the numbers of a natural-history table can be what its columns say: shares, whole people, times, bounds around their figure, survival that does not rise",
)
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Cells that their column or their neighbours rule out. Tables that answer outcomes by themselves are held to more (natural-history-rows)."""
    for name, described in programme.natural_history.items():
        table = programme.tables.get(f"natural_history/{name}.csv")
        if table is None or described.answers:
            continue
        for row, line in zip(table.rows, table.lines, strict=True):
            numbers = {
                column: number for column, cell in row.items() if (number := _number(cell)) is not None
            }
            for column, why in _impossible(numbers, described):
                yield LintFinding(
                    table.file, (column,), f"{row[column]!r} {why}.", "read it again in the source", row[column] or "", line=line
                )  # fmt: skip
        yield from _rising(table, described)


def _number(cell: str | None) -> float | None:
    try:
        return float(cell) if cell else None
    except ValueError:  # words: spreads, spans, classes
        return None


def _unit(described: NaturalHistoryFile, column: str) -> str | None:
    return described.columns[column].unit if column in described.columns else None


def _impossible(numbers: dict[str, float], described: NaturalHistoryFile) -> Iterator[tuple[str, str]]:
    shares = [column for column in numbers if _unit(described, column) == "%"]
    for column, number in numbers.items():
        if column in shares and not 0 <= number <= 100:
            yield column, "is no percentage"
        elif column in _PEOPLE and (number < 0 or not number.is_integer()):
            yield column, "is no number of people"
        elif column in _PEOPLE and number > numbers.get("n", number):
            yield column, f"is more than the {numbers['n']:g} people of the row"
        elif _unit(described, column) in TIME_UNITS and number < 0:
            yield column, "is no time"
        elif column.startswith("sd") and number < 0:
            yield column, "is no standard deviation"
    low, high = numbers.get("low"), numbers.get("high")
    if low is not None and high is not None and low > high:
        yield "low", f"is above the upper end {high:g}"
    for column in shares:
        if column not in {"low", "high"} and {"low", "high"} <= set(shares):
            if low is not None and numbers[column] < low:
                yield "low", f"is above the figure {numbers[column]:g}"
            if high is not None and numbers[column] > high:
                yield "high", f"is below the figure {numbers[column]:g}"


def _rising(table: Table, described: NaturalHistoryFile) -> Iterator[LintFinding]:
    """Curves of the same people that go up: rows alike in every word, in the order of their time."""
    timed = next((column for column in table.header if _unit(described, column) in TIME_UNITS), None)
    for falling in (column for column in _FALLING if column in table.header and timed):
        curves: dict[tuple[str, ...], list[tuple[float, float, int]]] = defaultdict(list)
        for row, line in zip(table.rows, table.lines, strict=True):
            time, left = _number(row[timed or ""]), _number(row[falling])
            if time is not None and left is not None:
                who = tuple(row[c] or "" for c in table.header if c not in {*_ABOUT, *_FALLING, timed})
                curves[(*who, row["source"] or "")].append((time, left, line))
        for curve in curves.values():
            for (before, earlier, _), (time, later, line) in pairwise(sorted(curve)):
                if later > earlier and time > before:
                    yield LintFinding(
                        table.file, (falling,), f"{later:g} at {time:g} is more than {earlier:g} at {before:g} of the same people.",
                        "read both again in the source", f"{later:g}", line=line,
                    )  # fmt: skip
