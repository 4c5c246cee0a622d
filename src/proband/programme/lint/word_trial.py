"""The word "trial" for a programme that has no ethics approval in force or no registration: it lends a trust not earned."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from proband.programme.access import Missing, ProgrammeStatus
from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding

_TRIAL = re.compile(r"\btrials?\b", re.IGNORECASE)
#: where other people's published trials are cited, the word is theirs; claims and facts report what others did, and the
#: ledger has its own stricter rule for what it says of us
_REPORTING = ("evidence/", "natural_history/", "claims.yaml", "facts.yaml")
_CITING_KEYS = {"source", "sources", "citation", "evidence", "id", "url", "seen", "route"}


@declare("word-trial", "the word trial is refused without an ethics approval in force and a registration id")
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Every use of the word in a title or text that speaks of this programme, and the access route ``trial`` itself."""
    access = programme.head.access
    if access.may_say_trial(on):
        return
    if access.route == "trial" and not _asked_for(programme):
        yield LintFinding(
            "programme.yaml",
            ("access", "route"),
            "the access route is trial, without ethics approval in force and registration id.",
            "write the approval and the registration; where they are asked for, missing: pending in a draft; or another route",
            access.route,
        )
    for file, path, text in programme.texts(but=_REPORTING):
        found = _TRIAL.search(text)
        if found and not (path and path[-1] in _CITING_KEYS):
            yield LintFinding(
                file,
                path,
                "the word trial is used without ethics approval in force and registration id.",
                "say study or programme, or add both ids in programme.yaml",
                found[0],
            )


def _asked_for(programme: Programme) -> bool:
    """Whether it is a draft whose approval and registration are there or asked for: nobody is treated under it."""
    access = programme.head.access
    gaps = [one for one in (access.ethics_approval, access.registration) if isinstance(one, Missing)]
    return programme.head.status is ProgrammeStatus.DRAFT and all(gap.missing == "pending" for gap in gaps)
