"""The controlled studies of a programme: one line for each comparison, good news and bad, in ``evidence/controlled.csv``.

A study with a comparison group stands here with both arms, whatever it found; studies without one do not. What is not in the part that was read is
written as ``not reported``, never left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from proband.programme.documents import Table
from proband.programme.model import Id, Model, Text
from proband.terms import Level

CONTROLLED = "evidence/controlled.csv"
#: columns of the table; all but the counts and ``remark`` are filled in every line
COLUMNS = (
    "id", "study", "year", "design", "blinding", "people", "product", "outcome", "direction", "time", "events", "n", "control",
    "control_events", "control_n", "found", "funding", "registered_outcome", "source", "level", "remark",
)  # fmt: skip
DESIGNS = ("randomised", "concurrent-control", "historical-control")
BLINDINGS = ("double", "assessor", "open", "not reported")
REGISTERED = ("yes", "other outcome", "not registered", "not reported")
_MAY_BE_EMPTY = {"events", "n", "control_events", "control_n", "found", "remark"}


class EvidencePool(Model):
    """Comparisons of one outcome that are put together by our own code, and the published pool that they stand beside."""

    id: Id
    title: Annotated[
        Text,
        Field(
            description="What is put together", examples=["Alive at one year, with the treatment or without"]
        ),
    ]
    of: Annotated[
        list[str],
        Field(
            min_length=2,
            description="Ids of lines of controlled.csv",
            examples=[["study-2014", "study-2016"]],
        ),
    ]
    published: Annotated[
        str | None,
        Field(
            description="The row with the published pool of the same question",
            examples=["results/review-2022#alive"],
        ),
    ] = None
    caution: Annotated[
        Text,
        Field(
            description="What keeps the studies apart", examples=["Other people, other amounts, other times."]
        ),
    ]


@dataclass(frozen=True, slots=True)
class ControlledStudy:
    """One comparison as it was read: the arms with their counts, or what was found in words where nobody was counted."""

    id: str
    line: int
    cells: Mapping[str, str]
    treated: tuple[int, int] | None
    control: tuple[int, int] | None

    @property
    def good(self) -> bool:
        """Whether more events are better."""
        return self.cells["direction"] == "more is better"

    @property
    def level(self) -> Level:
        """How well the line was checked."""
        return Level(self.cells["level"])


def controlled_problems(table: Table) -> Iterator[tuple[int, str, str, str]]:
    """What is wrong with the table: line, column, value, and why."""
    absent = [column for column in COLUMNS if column not in table.header]
    if absent:
        yield 1, "header", ", ".join(table.header), f"the column {absent[0]!r} is missing"
        return
    seen: set[str] = set()
    for row, line in zip(table.rows, table.lines, strict=True):
        cells = {column: (row.get(column) or "").strip() for column in COLUMNS}
        for column in COLUMNS:
            if not cells[column] and column not in _MAY_BE_EMPTY:
                yield (
                    line,
                    column,
                    "",
                    "this must be filled in; write 'not reported' for what is not in the part that was read",
                )
        for column, known in (("design", DESIGNS), ("blinding", BLINDINGS), ("registered_outcome", REGISTERED),
                              ("direction", ("more is better", "more is worse"))):  # fmt: skip
            if cells[column] and cells[column] not in known:
                yield line, column, cells[column], f"it is none of {', '.join(known)}"
        if cells["id"] in seen:
            yield line, "id", cells["id"], "two lines have this id"
        seen.add(cells["id"])
        counts = [cells[column] for column in ("events", "n", "control_events", "control_n")]
        if any(counts):
            yield from _counts(cells, line)
        elif not cells["found"]:
            yield line, "found", "", "nobody is counted: say in words what was found"


def _counts(cells: Mapping[str, str], line: int) -> Iterator[tuple[int, str, str, str]]:
    for events, n in (("events", "n"), ("control_events", "control_n")):
        if not (cells[events].isdecimal() and cells[n].isdecimal()):
            yield line, events, cells[events], f"{events} and {n} are whole numbers, in both arms or in none"
        elif int(cells[events]) > int(cells[n]) or not int(cells[n]):
            yield line, events, cells[events], f"it is more than the {cells[n]} people of the arm"


def controlled_rows(table: Table | None) -> tuple[ControlledStudy, ...]:
    """The lines of a table that has no problems, in their order; none where there is no table."""
    if table is None:
        return ()
    found = []
    for row, line in zip(table.rows, table.lines, strict=True):
        cells = {column: (row.get(column) or "").strip() for column in COLUMNS}
        counted = bool(cells["n"])
        found.append(
            ControlledStudy(
                cells["id"],
                line,
                cells,
                (int(cells["events"]), int(cells["n"])) if counted else None,
                (int(cells["control_events"]), int(cells["control_n"])) if counted else None,
            )
        )
    return tuple(found)
