"""One more reading of a row: when it was held against its text again, in which text, and what came of it.

A figure that families read rots like a fact: a report is corrected, a registry entry changes, a number was never what its row says. Each row says
when it was last held against public text, with the outcome. Nobody is named there, so such a reading counts for no reader: that two people read a
row is recorded by these two (:class:`proband.programme.evidence.SourceReading`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import Field, ValidationError, model_validator

from proband.programme.model import Model, Text

Outcome = Literal["confirmed", "corrected", "not-checkable"]
OUTCOMES: tuple[str, ...] = get_args(Outcome)
#: the columns of a table that hold a check, and the key of each
COLUMNS = {"checked_on": "on", "checked": "found", "checked_in": "text", "was": "was"}


class FigureCheck(Model):
    """A row held against its text once more, by nobody who is named."""

    on: Annotated[date, Field(description="Day on which it was looked up", examples=["2026-11-29"])]
    found: Annotated[
        Outcome,
        Field(
            description="The text says so; it said otherwise and the row was mended; or no text could be opened",
            examples=["confirmed"],
        ),
    ]
    text: Annotated[
        Text,
        Field(description="Which text was read and where in it, or why none could be", examples=["abstract"]),
    ]
    was: Annotated[
        Text | None,
        Field(
            description="What stood here before, where it was corrected",
            examples=["14.1 % of 102 people"],
        ),
    ] = None

    @model_validator(mode="after")
    def _old_value_where_corrected(self) -> FigureCheck:
        if (self.found == "corrected") != (self.was is not None):
            raise ValueError("was: says what stood here before, where found: is corrected and nowhere else")
        return self


def table_check(row: Mapping[str, str | None]) -> FigureCheck | None:
    """The check that a line of a table holds in :data:`COLUMNS`; ``None`` where it holds none.

    Raises
    ------
    ValueError
        If the cells do not make a check: a day without an outcome, an unknown outcome, no text.
    """
    cells = {key: value for column, key in COLUMNS.items() if (value := (row.get(column) or "").strip())}
    if not cells:
        return None
    try:
        return FigureCheck.model_validate_strings(cells)
    except ValidationError as error:
        raise ValueError("; ".join(_said(error))) from None


def _said(error: ValidationError) -> Iterator[str]:
    columns = {key: column for column, key in COLUMNS.items()}
    for each in error.errors():
        column = columns.get(str(each["loc"][0]), "") if each["loc"] else ""
        yield f"{column}: {each['msg']}" if column else str(each["msg"])
