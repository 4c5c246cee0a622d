"""Safety clocks: where a programme treats, a death or a danger to life has a day by which the law wants to know of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding
from proband.terms.jurisdictions import applicable, name_of

#: what a clock must apply to so that no fatal or life-threatening reaction escapes it
FATAL = frozenset({"fatal-or-life-threatening-unexpected-related", "serious"})


@declare(
    "clocks-fatal", "every jurisdiction of the programme has a clock for fatal and life-threatening reactions"
)
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Jurisdictions without a clock of their own, or of the union that they belong to; a rule of the house is no law."""
    timed = {clock.jurisdiction for clock in programme.safety.clocks if clock.applies_to in FATAL} - {"any"}
    for code in programme.head.access.jurisdictions:
        if timed.isdisjoint(applicable(code)):
            yield LintFinding(
                "safety.yaml",
                ("clocks",),
                f"the programme treats in {code} ({name_of(code)}), and no clock says by when a fatal or life-threatening reaction is reported there.",
                "write a clock for that jurisdiction with the text of law behind it",
                code,
            )
