"""Evidence of which nobody says how it was chosen, or whose search is due again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding


@declare(
    "evidence-selection",
    "the evidence has a rule of inclusion and searches that can be repeated, none past its day",
    severity="warning",
)
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Bundles that cite studies of people without saying how they were chosen; searches whose day has come."""
    selection = programme.selection
    if selection is None:
        if any(name.startswith("evidence/results/") for name in programme.documents):
            yield LintFinding(
                "programme.yaml",
                ("id",),
                "nothing says how the evidence was chosen.",
                "write selection: in a file of evidence/, with rule, searches and what was left out",
                programme.id,
            )
        return
    for index, search in enumerate(selection.searches):
        if on >= search.again:
            yield LintFinding(
                programme.selection_file,
                ("selection", "searches", index, "again"),
                f"the search {search.id!r} was due on {search.again}.",
                "run it, take in what is new, and renew on and again",
                search.again,
            )
