"""The permissions that a role of a programme can have: each is asked for by some command of the record, which checks this list against its declarations."""

from __future__ import annotations

from fnmatch import fnmatchcase

#: what the commands of this release ask for
PERMISSIONS = frozenset({
    "allocation.seal", "allocation.unblind", "capsule.manage", "donor.collect", "donor.consent", "donor.determine", "donor.follow", "donor.register",
    "donor.test", "donor.withdraw", "dose.check", "forecast.seal", "hold.lift", "hold.place", "kit.keep", "outcome.record", "participant.allocate",
    "participant.capacity.record", "participant.cointervention.record", "participant.consent", "participant.correction.record",
    "participant.decision.record", "participant.elsewhere.record", "participant.enrol", "participant.erase", "participant.migration.record",
    "participant.milestone.record", "participant.personal.read", "participant.personal.record", "participant.refer", "participant.screen",
    "participant.status.record", "participant.task.record", "participant.transfer.record", "participant.withdrawal.record", "product.administer",
    "product.agree", "product.collect", "product.identify", "product.label", "product.process", "product.quarantine", "product.recall",
    "product.receive", "product.release", "product.test", "product.verify", "programme.adopt", "query.answer", "query.close", "query.open",
    "record.export", "record.settle", "safety.report", "safety.review", "site.approve", "site.close", "site.disapprove", "site.open", "site.reopen", "staff.manage",
    "stock.dispense", "stock.keep", "visit.record",
})  # fmt: skip


def is_known(pattern: str) -> bool:
    """Whether a permission, or one with a star for any ending, is asked for by any command."""
    return any(fnmatchcase(permission, pattern) for permission in PERMISSIONS)
