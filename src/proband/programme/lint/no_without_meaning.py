"""Yes/no observables that criteria read, without a word on what a "no" means: of that day, of all days before, or for always.

Left out, a "no" speaks for its own day and no further, which is safe and seldom what is meant. Where the last answer of a window counts
(a pregnancy test), it holds to the window's end, and nothing needs to be said.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.criteria_checks import read_by_criteria
from proband.programme.eligibility import Aggregate, SaysYesNo
from proband.programme.lint import declare
from proband.programme.linting import LintFinding


@declare(
    "no-without-meaning",
    "a yes/no observable that a criterion reads says what its 'no' means",
    severity="warning",
)
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Yes/no observables in use with neither ``no_means`` nor a last answer in a window."""
    used = read_by_criteria(programme.eligibility)
    for index, o in enumerate(programme.eligibility.observables):
        if not isinstance(o, SaysYesNo) or o.id not in used or "no_means" in o.model_fields_set:
            continue
        if o.effective_aggregate is Aggregate.LAST and o.window is not None:
            continue
        yield LintFinding(
            "eligibility.yaml",
            ("observables", index, "id"),
            f"{o.id} is asked for, and nothing says what a 'no' means: it proves its own day only.",
            "write no_means: now, ever or always, and no_holds_for",
            o.id,
        )
