"""Facts that have expired: shown as "not verified since …", and to be checked again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding


@declare("facts-expired", "a fact past its expiry is not verified any more", severity="warning")
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Expired facts."""
    for index, fact in enumerate(programme.facts):
        if fact.is_expired(on):
            yield LintFinding(
                "facts.yaml",
                ("facts", index, "expires"),
                f"the fact {fact.id!r} is {fact.standing(on)}.",
                "check it again and renew checked_on and expires",
                fact.expires,
            )
