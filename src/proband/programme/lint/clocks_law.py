"""Safety clocks: a legal deadline stands beside the text of law that it was taken from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding


@declare("clocks-law", "every clock of a jurisdiction names the text of law behind it", severity="warning")
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Clocks of a jurisdiction that have no source of their own; rules of the house (``any``) are the programme's own choice."""
    for index, clock in enumerate(programme.safety.clocks):
        if clock.jurisdiction != "any" and clock.source is None:
            yield LintFinding(
                "safety.yaml",
                ("clocks", index),
                f"{clock.id} is a deadline of {clock.jurisdiction}, and no source says which law sets it.",
                "name the text of law as source and level of the clock",
                clock.id,
            )
