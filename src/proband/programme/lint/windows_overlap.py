"""Two visits on one anchor whose windows overlap: a day that belongs to both belongs to neither."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import combinations

from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding


@declare("windows-overlap", "visits of one arm on one anchor must not share a day of their windows")
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Pairs of visits whose ordinary windows share a day, or that swallow one another through their late windows."""
    visits = list(enumerate(programme.schedule.visits))
    for (_, first), (index, second) in combinations(visits, 2):
        if first.anchor != second.anchor or (
            first.arms and second.arms and not set(first.arms) & set(second.arms)
        ):
            continue
        for name, (low, high), (start, end) in (
            ("windows", first.span, second.span),
            ("late windows", first.late_span, second.late_span),
        ):
            if max(low, start) <= min(high, end) and not (first.repeats or second.repeats):
                yield LintFinding(
                    "schedule.yaml",
                    ("visits", index, "window"),
                    f"the {name} of {second.id} (day {start:g} to {end:g}) and {first.id} (day {low:g} to {high:g}) overlap.",
                    "narrow one of them, or move a visit",
                    second.id,
                )
                break
