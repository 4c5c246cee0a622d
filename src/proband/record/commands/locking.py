"""Data lock: a visit, a participant or the study is closed, signed as it stands, and opened again by two."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from pydantic import Field

from proband.record.declare.change import Body, changes
from proband.record.declare.command import Context, Need, command, never
from proband.record.declare.data import Data, Digest, Ref
from proband.record.gates.locked import scope_here
from proband.record.gates.stages import KNOWN_PERSON
from proband.record.locks import anything_at, close_study, end_lock, hash_of, scope_of, standing_lock
from proband.record.paged import browse_values
from proband.record.state import DataLock, State

#: paper work on data: whoever may correct them, and the custodian
of_locks = partial(command, at_closed_site=True, bears=never, withdrawal=None, hold=None, consent=None, current_version=False, watched=False,
                   live=False, when_locked="voids")  # fmt: skip
closing = partial(of_locks, permission="participant.correction.record", custodian=True)
#: who signs for the data is who answers for the participants: the role that records decisions about them
signing = partial(
    of_locks,
    permission="participant.decision.record",
    reason=False,
    signature="locked data",
    gates=("attested",),
)


def _not_locked(c: Context) -> bool:
    lock = standing_lock(c.state, scope_here(c))
    return lock is None or lock.voided is not None


def _locked(c: Context) -> bool:
    return standing_lock(c.state, scope_here(c)) is not None


def _stands(c: Context) -> bool:
    lock = standing_lock(c.state, scope_here(c))
    return lock is not None and lock.voided is None


def _no_open_query(c: Context) -> bool:
    """Nobody locks what is still asked about."""
    return not any(
        query.status != "closed" and (c.command.subject == "study" or query.participant == c.subject)
        for query in browse_values(c.state.queries)
    )


def _something_there(c: Context) -> bool:
    visit = c.data["visit"]
    return visit is None or (
        c.subject in c.state.participants and anything_at(c.state, c.subject, visit, c.data["occurrence"])
    )


UNLOCKED: Need = (_not_locked, "a range that is not locked already")
ASKED: Need = (_no_open_query, "every query about it closed")
CLOSED: Need = (_locked, "a range that is locked")
STANDS: Need = (_stands, "a lock that stands: nothing was changed since")


class LockedRange(Data):
    """What is locked of a participant.

    * ``visit``: the visit, as the schedule names it; the whole participant where none is given
    * ``occurrence``: which repeat of a repeating visit, counted from 0
    """

    visit: Ref | None = None
    occurrence: Annotated[int, Field(ge=0)] = 0


def _close(state: State, body: Body, participant: str | None, data: dict[str, Any]) -> None:
    visit, occurrence = data.get("visit"), data.get("occurrence", 0)
    scope = scope_of(participant, visit, occurrence)
    end_lock(state, scope)
    digest = close_study(state) if participant is None else hash_of(state, participant, visit, occurrence)
    state.locks[state.seq] = DataLock(
        state.seq, scope, participant, visit, occurrence, digest, body["at"], body["actor"]
    )
    state.locked[scope] = state.seq


def _sign(state: State, body: Body, scope: str) -> None:
    lock = standing_lock(state, scope)
    if lock is not None:
        lock.signed.append({"by": body["actor"], "role": body["role"], "at": body["at"], "seq": state.seq})


def digest_now(
    state: State, subject: str, given: dict[str, Any], seed_of: Callable[[str], bytes]
) -> dict[str, Any]:
    """The hash that is signed, where none is given: that of the lock."""
    if given.get("digest") is not None:
        return {}
    about = subject if subject in state.participants else None
    lock = standing_lock(state, scope_of(about, given.get("visit"), given.get("occurrence") or 0))
    return {} if lock is None else {"digest": lock.digest}


@closing("participant.lock", "participant.locked", subject="participant", reason=False, signature=None, gates=(),
         stage=(KNOWN_PERSON, UNLOCKED, ASKED, (_something_there, "something on record at this visit")))  # fmt: skip
class LockPerson(LockedRange):
    """Lock a visit, or all that is on record of a participant: nothing new goes in, and its hash can be signed."""


@changes("participant.locked")
def _person_locked(state: State, body: Body, data: dict[str, Any]) -> None:
    _close(state, body, body["subject"], data)


@signing(
    "participant.sign",
    "participant.signed",
    subject="participant",
    stage=(KNOWN_PERSON, STANDS),
    completion=digest_now,
    gives=("digest",),
)
class SignPerson(LockedRange):
    """Sign what is locked of a participant, by the hash of exactly that.

    * ``digest``: the hash of what is locked; the record gives it
    """

    digest: Digest | None = None


@changes("participant.signed")
def _person_signed(state: State, body: Body, data: dict[str, Any]) -> None:
    _sign(state, body, scope_of(body["subject"], data["visit"], data["occurrence"]))


@closing("participant.unlock", "participant.unlocked", subject="participant", reason=True, signature="unlocking", gates=("second-person",),
         stage=(KNOWN_PERSON, CLOSED))  # fmt: skip
class UnlockPerson(LockedRange):
    """Open a locked range of a participant again: with a reason, by two people; what was signed of it counts no longer."""


@changes("participant.unlocked")
def _person_unlocked(state: State, body: Body, data: dict[str, Any]) -> None:
    end_lock(state, scope_of(body["subject"], data["visit"], data["occurrence"]))


@closing(
    "study.lock",
    "study.locked",
    subject="study",
    reason=False,
    signature=None,
    gates=(),
    stage=(UNLOCKED, ASKED),
)
class LockStudy(Data):
    """Lock all that is on record of everybody."""


@changes("study.locked")
def _study_locked(state: State, body: Body, data: dict[str, Any]) -> None:
    _close(state, body, None, data)


@signing(
    "study.sign", "study.signed", subject="study", stage=(STANDS,), completion=digest_now, gives=("digest",)
)
class SignStudy(Data):
    """Sign all that is locked, by the hash of exactly that.

    * ``digest``: the hash of what is locked; the record gives it
    """

    digest: Digest | None = None


@changes("study.signed")
def _study_signed(state: State, body: Body, data: dict[str, Any]) -> None:
    _sign(state, body, scope_of(None))


@closing(
    "study.unlock",
    "study.unlocked",
    subject="study",
    reason=True,
    signature="unlocking",
    gates=("second-person",),
    stage=(CLOSED,),
)
class UnlockStudy(Data):
    """Open the study again: with a reason, by two people; what was signed of it counts no longer."""


@changes("study.unlocked")
def _study_unlocked(state: State, body: Body, data: dict[str, Any]) -> None:
    end_lock(state, scope_of(None))
