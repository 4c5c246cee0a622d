"""Gates on locked data: nothing new goes in, and what is signed is exactly what is locked."""

from __future__ import annotations

from proband.record.declare.command import Context
from proband.record.declare.gate import gate
from proband.record.errors import Refusal
from proband.record.locks import changed_by, scope_of, standing_lock


def scope_here(c: Context) -> str:
    """The scope that a command about a participant, a visit of theirs, or the study names."""
    about = c.subject if c.command.subject == "participant" else None
    return scope_of(about, c.data.get("visit"), c.data.get("occurrence", 0))


@gate("locked", mend="correct an entry that is there by event.correct, or have it unlocked by two people")
def locked(c: Context) -> Refusal | None:
    """What is locked is closed to new data; what puts it right goes in, and makes the lock void."""
    if not c.state.locked or c.command.voids_locks:
        return None
    lock = changed_by(c.state, c.body, c.command)
    return (
        None
        if lock is None
        else Refusal("gate.locked.closed", scope=lock.scope, since=lock.at[:10], by=lock.by)
    )


@gate("attested", mend="sign the hash that the lock has now")
def attested(c: Context) -> Refusal | None:
    """What is signed is the hash of exactly what is locked."""
    lock = standing_lock(c.state, scope_here(c))
    if lock is None or lock.voided is not None or c.data["digest"] != lock.digest:
        return Refusal(
            "gate.attested.other", scope=lock.scope if lock else c.subject, digest=str(c.data["digest"])[:12]
        )
    return None
