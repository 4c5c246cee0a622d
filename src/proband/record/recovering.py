"""The way back where every custodian's key is gone: with the recovery key of the envelope, an alarm, a waiting time, a new custodian.

The recovery key can enrol a custodian and do nothing else. It raises an alarm first, which any custodian may stop for as long as it lasts; only after the
waiting time does it make the custodian. So whoever finds the envelope gains nothing that the others do not see coming.
"""

from __future__ import annotations

from dataclasses import dataclass

from proband.record.commands import Command, Signature
from proband.record.commands.keys import RECOVERY
from proband.record.enrolment import offered
from proband.record.errors import RecordError
from proband.record.events import moment, stamp
from proband.record.executing import Receipt
from proband.record.heads import SigningKey
from proband.record.keys import PublicKey
from proband.record.record import Record


@dataclass(frozen=True, slots=True)
class RecoveryStep:
    """How far a recovery is: ``alarm`` was raised now, ``waiting`` until a time, or ``done``: the custodian is enrolled."""

    step: str
    custodian: str
    not_before: str
    seq: int | None = None


def recover(
    record: Record, custodian: str, envelope: SigningKey, *, reason: str, method: str = "password"
) -> RecoveryStep:
    """Take the next step of a recovery: raise the alarm; say how long it lasts; after that make the custodian.

    Parameters
    ----------
    record
        The open record.
    custodian
        Who is to be a custodian: somebody who treats nobody. A new key of theirs is made on this machine with the alarm.
    envelope
        The recovery key, as ``init`` printed it.
    reason
        Why; for whoever reads the alarm.
    method
        By which means whoever holds the envelope has shown who they are.

    Raises
    ------
    RecordError
        ``record.recovery.other`` where a recovery of somebody else is under way; whatever the gates say of the recovery key.
    """
    record.catch_up()
    waiting = record.state.recovery
    if waiting is not None and waiting.custodian != custodian:
        raise RecordError("record.recovery.other", custodian=waiting.custodian, day=waiting.not_before[:10])
    if waiting is None:
        raised = _sent(record, "recovery.announce", custodian, envelope, reason, method)
        under_way = record.state.recovery
        return RecoveryStep("alarm", custodian, under_way.not_before if under_way else "", raised.seq)
    if moment(stamp(record.clock())) < moment(waiting.not_before):
        return RecoveryStep("waiting", custodian, waiting.not_before)
    made = _sent(record, "recovery.complete", custodian, envelope, reason, method)
    return RecoveryStep("done", custodian, waiting.not_before, made.seq)


def _sent(
    record: Record, verb: str, custodian: str, envelope: SigningKey, reason: str, method: str
) -> Receipt:
    data = {"key": _new_key(record, custodian)} if verb == "recovery.announce" else {}
    return record.execute(
        Command(verb, custodian, data, actor=RECOVERY, role=RECOVERY, site="*", reason=reason,
                signatures=[Signature(RECOVERY, RECOVERY, method, by=envelope)])
    )  # fmt: skip


def _new_key(record: Record, custodian: str) -> dict[str, object]:
    """The offer of a key that the record does not know yet; the one that somebody lost is not used again."""
    private = record.people.get(custodian)
    if private is None or private.id in record.state.keys:
        private = record.people.replace(custodian)
    public = PublicKey("ed25519", private.public)
    return offered(
        record.state.instance, custodian, public, private.sign, name=custodian, kept="this-machine"
    )
