"""Everyone who was screened on one page: the funnel criterion by criterion, and each person's standing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proband.pages.rendering import document
from proband.programme import Programme

if TYPE_CHECKING:
    from proband.screening.sql.many import Screened

#: persons who are shown; a page with more is no use in a browser, and the table is there as CSV and Parquet
MOST_PERSONS = 2_000

_STANDING = {True: "yes", False: "no", None: "unknown"}


def screening_page(programme: Programme, screened: Screened) -> str:
    """The funnel and the persons (the first :data:`MOST_PERSONS`) as one page that loads nothing."""
    rule = programme.eligibility.words
    steps = [
        (
            step.key,
            rule(step.key.partition("@")[0]),
            step.passed,
            step.stopped,
            step.unknown,
            step.left,
            step.only,
        )
        for step in screened.funnel.steps
    ]
    keys = [column for column in screened.table.columns if column not in {"subject", "verdict"}]
    persons = [
        (row["subject"], row["verdict"], *(_STANDING[row[key]] for key in keys))
        for row in screened.table.head(MOST_PERSONS).iter_rows(named=True)
    ]
    return document(
        "screening/funnel.html.j2", f"Screening on {screened.as_of}", f"Screening for {programme.head.title}.",
        styles=("document", "screening"),
        context={
            "programme": programme, "screened": screened, "funnel": screened.funnel, "steps": steps, "keys": keys, "persons": persons,
            "left_out": max(0, len(screened.table) - MOST_PERSONS),
        },
    )  # fmt: skip
