"""A figure that rests on a retracted paper."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding
from proband.terms import Retraction


@declare("retracted", "no part of a bundle rests on a retracted publication")
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Uses of retracted sources outside the list of sources itself."""
    retracted = {
        key for key, source in programme.sources.items() if source.retraction is Retraction.RETRACTED
    }
    if not retracted:
        return
    for file, path, text in programme.texts():
        if (
            text in retracted
            and path
            and (path[-1] == "source" or (len(path) > 1 and path[-2] in {"sources", "evidence"}))
        ):
            yield LintFinding(
                file,
                path,
                f"source {text!r} is retracted.",
                "remove what rests on it, or say so in a claim of kind opinion",
                text,
            )
    for table in programme.tables.values():
        for row, line in zip(table.rows, table.lines, strict=True):
            if row.get("source") in retracted:
                yield LintFinding(
                    table.file,
                    ("source",),
                    f"source {row['source']!r} is retracted.",
                    "remove the row",
                    row["source"],
                    line=line,
                )
