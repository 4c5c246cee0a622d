"""Facts and claims rot: past their expiry they grey out and warn; past a time of grace they stop the build."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from proband.pages.ledger import GRACE_DAYS, Ledger
from proband.pages.lint import declare
from proband.programme.linting import LintFinding
from proband.programme.problems import Severity

#: nothing that a page says may go unread for longer: laws, prices and results change
LONGEST = timedelta(days=550)


@declare(
    "expired",
    "facts and claims rot: past their expiry they grey out and warn; past a time of grace they stop the build",
)
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """Expired claims and facts: a warning within the time of grace, an error after it."""
    dated: list[tuple[str, tuple[str | int, ...], str, date, date]] = [
        ("claims.yaml", ("claims", i, "expires"), f"claim {claim.id}", claim.checked_on, claim.expires)
        for i, claim in enumerate(ledger.claims.claims)
    ]
    dated += [
        ("facts.yaml", ("facts", i, "expires"), f"fact {fact.id}", fact.checked_on, fact.expires)
        for i, fact in enumerate(ledger.facts)
    ]
    for file, path, what, checked, expires in dated:
        if checked > ledger.on + timedelta(days=GRACE_DAYS):
            yield LintFinding(
                file, path, f"{what} was checked on {checked.isoformat()}, which has not come yet.",
                "write the day on which the source was read", checked.isoformat(),
            )  # fmt: skip
        if expires - checked > LONGEST:
            yield LintFinding(
                file, path, f"{what} would stand unchecked from {checked.isoformat()} to {expires.isoformat()}.",
                f"let it go stale within {LONGEST.days} days", expires.isoformat(),
            )  # fmt: skip
        if ledger.on < expires:
            continue
        severity: Severity = "error" if ledger.on >= expires + timedelta(days=GRACE_DAYS) else "warning"
        yield LintFinding(
            file,
            path,
            f"{what} is not verified since {checked.isoformat()}; it went stale on {expires.isoformat()}.",
            "check the source again, then set checked_on and expires",
            expires.isoformat(),
            severity=severity,
        )
