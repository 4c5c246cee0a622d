"""A table of controlled studies that lacks an arm, a blinding, a funding; a pool of studies that are not in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.controlled import CONTROLLED, controlled_problems, controlled_rows
from proband.programme.lint import declare
from proband.programme.linting import LintFinding


@declare(
    "evidence-controlled",
    "every controlled study stands with both arms, blinding, funding and whether its registered outcome was reported",
)
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Lines of ``evidence/controlled.csv`` that say too little or cannot be, and pools that name other lines."""
    table = programme.tables.get(CONTROLLED)
    if table is not None:
        wrong = list(controlled_problems(table))
        for line, column, value, why in wrong:
            yield LintFinding(
                CONTROLLED, (column,), f"{why}.", "correct the line, from the source", value, line=line
            )
        if wrong:
            return
    rows = {row.id: row for row in controlled_rows(table)}
    for name, data in programme.evidence_files():
        for index, pool in enumerate(data.get("pools") or []):
            place = (name, ("pools", index, "of"))
            studies = [rows.get(id) for id in pool["of"]]
            for id, study in zip(pool["of"], studies, strict=True):
                if study is None or study.treated is None:
                    yield LintFinding(
                        *place, f"{CONTROLLED} has no line {id!r} with counts.", "name lines with counts", id
                    )
            ways = {study.good for study in studies if study is not None}
            if len(ways) > 1:
                yield LintFinding(
                    *place,
                    "some of these outcomes are good and some are bad.",
                    "pool one outcome",
                    pool["id"],
                )
            published = pool.get("published")
            if published is not None and published not in programme.evidence:
                yield LintFinding(
                    name,
                    ("pools", index, "published"),
                    f"there is no row {published}.",
                    "name a row of evidence",
                    published,
                )
