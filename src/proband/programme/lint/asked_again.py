"""What is to be done again and again, and cannot be: surveillance that comes once, or bears the name of a visit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding


@declare(
    "asked-again", "planned looking for harm comes at least twice, and has a name that is none of the visits"
)
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Surveillance that never comes again within its time, or is recorded under the name of a visit."""
    visits = {visit.id for visit in programme.schedule.visits}
    for index, planned in enumerate(programme.safety.surveillance):
        if planned.times < 2:
            yield LintFinding(
                "safety.yaml",
                ("surveillance", index, "until"),
                f"{planned.id} comes every {planned.every} until {planned.until}: that is once.",
                "let it go on longer, or write a visit of schedule.yaml instead",
                planned.until,
            )
        if planned.id in visits:
            yield LintFinding(
                "safety.yaml",
                ("surveillance", index, "id"),
                f"{planned.id} is a visit as well, and what is recorded under the name could be either.",
                "give it a name of its own",
                planned.id,
            )
