"""A dataset: columns with their labels, and rows as text, whatever form it was written in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

Cells = dict[str, str]


@dataclass(slots=True)
class Dataset:
    """One dataset of a file.

    Attributes
    ----------
    name, label
        As the file gives them (``LB``, ``Laboratory Test Results``).
    columns
        Names of the columns in order, in capitals.
    labels
        What each column is called, where the file says so.
    rows
        Cells of each row in the order of ``columns``, as text: blank where nothing was recorded. A row of another number of
        cells is given as it is.
    promised
        How many rows the file says it has.
    """

    name: str
    label: str
    columns: list[str]
    rows: Iterator[list[str]]
    labels: dict[str, str] = field(default_factory=dict)
    promised: int | None = None
