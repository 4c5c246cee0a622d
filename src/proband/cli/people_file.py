"""A table of people who were allocated, a row for each: what ``allocation`` and the verbs that compare arms are given."""

from __future__ import annotations

import csv
from pathlib import Path

from proband.terms.errors import ProbandError


def allocated_people(path: Path) -> list[dict[str, str]]:
    """The rows of such a file (CSV with a header), by column.

    Raises
    ------
    ProbandError
        ``allocation.file`` where it cannot be read, or somebody lacks a column or an arm.
    """
    try:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ProbandError("allocation.file", path=path, reason=str(error)) from error
    if not rows or any(None in row or None in row.values() or not row.get("arm") for row in rows):
        raise ProbandError("allocation.file", path=path, reason="every person needs every column, and an arm")
    return rows
