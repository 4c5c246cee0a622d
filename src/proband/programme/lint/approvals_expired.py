"""Approvals past their expiry count as absent; an active programme without one must stop."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.access import Approval, ProgrammeStatus, Route
from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding


@declare("approvals-expired", "an active programme has ethics approval and authorisation in force")
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Approvals that are missing or out of force while the programme is active."""
    access = programme.head.access
    if programme.head.status is not ProgrammeStatus.ACTIVE:
        return
    for key in ("ethics_approval", "regulator_authorisation"):
        approval = getattr(access, key)
        if isinstance(approval, Approval):
            if not approval.stands_on(on):
                yield LintFinding(
                    "programme.yaml",
                    ("access", key, "expiry"),
                    f"{key} is not in force on {on} (from {approval.date} to {approval.expiry}).",
                    "renew the approval, or suspend the programme",
                    approval.expiry,
                )
        elif key == "ethics_approval" or access.route is not Route.PAID:
            yield LintFinding(
                "programme.yaml",
                ("access", key),
                f"an active programme has no {key} ({approval.missing}).",
                "obtain it, or set the status to draft",
                approval.missing,
            )
