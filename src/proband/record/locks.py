"""Data locks: what is locked, its hash, and what becomes of lock and signatures when it changes after all.

A lock closes a visit, a participant or the whole study to new data. Its hash is that of exactly what is on record there, and it is that hash that
the investigator signs. A correction, a retraction, a report of harm, a dose called into question still go in, for the truth goes first;
then lock and signatures are void, visibly and with a task, and the range stays closed until it is locked again or unlocked by two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from hashlib import sha256
from typing import Any

from proband.record.declare.change import CHANGES, WHEN_VOID, add_task, task_done
from proband.record.declare.command import CommandType
from proband.record.entries import Entries, entries_of_person
from proband.record.paged import browse, peek
from proband.record.participant import Participant, visit_key
from proband.record.questions import question
from proband.record.state import DataLock, State
from proband.record.undo import trial
from proband.terms.canonical import canonical

#: what is said of a person that says nothing of the study
OF_PUBLICATION = ("preview", "publication-withdrawn")
#: the scope of a lock of everything
STUDY = "study"


def scope_of(participant: str | None, visit: str | None = None, occurrence: int = 0) -> str:
    """The name of what a lock covers: ``study``, ``S-1``, ``S-1/yearly#2``."""
    if participant is None:
        return STUDY
    return f"{participant}/{visit_key(visit, occurrence)}" if visit is not None else participant


def standing_lock(state: State, scope: str) -> DataLock | None:
    """The lock that closes a scope now, whether or not it has become void."""
    seq = state.locked.get(scope)
    return None if seq is None else state.locks[seq]


def hash_of(state: State, participant: str | None, visit: str | None = None, occurrence: int = 0) -> str:
    """The sha256 of exactly what is on record in a scope: a visit with its outcomes, a participant, or everybody."""
    if participant is None:
        return _hash(state, {name: hash_of(state, name) for name in state.participants})
    return _hash_of_person(state, state.participants[participant], visit, occurrence)


def _hash_of_person(state: State, person: Participant, visit: str | None = None, occurrence: int = 0) -> str:
    entries = entries_of_person(state, person)
    # whether a line of theirs may be published is no datum of the study: it can be given and taken back under a lock, and changes none
    entries["said"] = {kind: said for kind, said in entries["said"].items() if kind not in OF_PUBLICATION}
    return _hash(state, entries if visit is None else _at_visit(person, entries, visit, occurrence))


def _hash(state: State, content: Any) -> str:
    return sha256(
        canonical({"format": "proband-lock-1", "study": state.study, "content": content})
    ).hexdigest()


def close_study(state: State) -> str:
    """Keep by participant the hash of what is on record, as long as the study is locked; gives the hash of everybody's."""
    state.locked_content.clear()
    for name, person in browse(state.participants):
        state.locked_content[name] = _hash_of_person(state, person)
    return _hash(state, dict(browse(state.locked_content)))


def _at_visit(person: Participant, entries: Entries, visit: str, occurrence: int) -> Entries:
    name = visit_key(visit, occurrence)
    mine = {
        seq: data
        for seq, data in entries["outcomes"].items()
        if data["visit"] == visit and _occurrence_of(person, visit, data["on"]) == name
    }
    return {"visit": entries["visits"].get(name), "outcomes": mine}


def _occurrence_of(person: Participant, visit: str, on: str) -> str:
    """To which occurrence of a repeating visit an outcome belongs: the one whose day is nearest."""
    held = [(name, one["on"]) for name, one in person.visits.items() if one["visit"] == visit]
    if len(held) < 2:
        return held[0][0] if held else visit
    day = date.fromisoformat(on)
    return min(held, key=lambda one: (abs((date.fromisoformat(one[1]) - day).days), one[0]))[0]


def anything_at(state: State, participant: str, visit: str, occurrence: int) -> bool:
    """Whether anything is on record at a visit."""
    person = state.participants[participant]
    held = _at_visit(person, entries_of_person(state, person), visit, occurrence)
    return held["visit"] is not None or bool(held["outcomes"])


def locks_concerned(
    state: State, body: Mapping[str, Any], declared: CommandType | None
) -> Iterator[DataLock]:
    """The locks that close something now of which an event may speak."""
    people = people_of(state, body, declared)
    for seq in state.locked.values():
        lock = state.locks[seq]
        if people is None or lock.participant is None or lock.participant in people:
            yield lock


def people_of(state: State, body: Mapping[str, Any], declared: CommandType | None) -> set[str] | None:
    """The participants of whom an event may speak; ``None``: anybody."""
    subject, data = body["subject"], body["data"]
    kind = declared.subject if declared is not None else None
    if kind == "participant":
        return {subject}
    if kind == "product":
        product = state.products.get(subject)
        if _asks_of_doses(state, body, declared):
            # what was made of it may have been given to anybody
            return None
        return {str(data.get("participant"))} | ({product.participant} if product is not None else set())
    if kind == "adverse-event":
        event = state.adverse_events.get(subject)
        return {event.participant} if event is not None else set()
    return None


def _asks_of_doses(state: State, body: Mapping[str, Any], declared: CommandType | None) -> bool:
    """Whether an event calls doses into question that were given before it: it is late, or takes an earlier one back."""
    since = declared.bears(dict(body)) if declared is not None else None
    return body["corrects"] is not None or (since is not None and since < state.latest_dose)


def changed_by(state: State, body: Mapping[str, Any], declared: CommandType) -> DataLock | None:
    """The first lock whose content an event would change, tried on the state itself and taken back."""
    locks = list(locks_concerned(state, body, declared))
    if not locks:
        return None
    people = people_of(state, body, declared)
    before = {lock.seq: _now(state, lock) for lock in locks if lock.participant is not None}
    change = CHANGES.get(declared.event)
    with trial() as running:
        try:
            state.seq += 1
            state.kinds.append(body["event"])
            state.subjects.append(body["subject"])
            if change is not None:
                change(state, dict(body), body["data"])
            question(state, dict(body), declared)
            return next((lock for lock in locks if _differs(state, lock, before, people)), None)
        finally:
            running.take_back()


def _differs(state: State, lock: DataLock, before: Mapping[int, str], people: set[str] | None) -> bool:
    if lock.participant is None:
        return bool(_others(state, people))
    return _now(state, lock) != before[lock.seq]


def _now(state: State, lock: DataLock) -> str:
    return hash_of(state, lock.participant, lock.visit, lock.occurrence)


def _others(state: State, people: set[str] | None) -> dict[str, str]:
    """Of the participants of whom an event may speak those of whom something else is on record than while the study was locked, with its hash."""
    names = state.participants if people is None else [name for name in people if name in state.participants]
    found = {}
    for name in names:
        person = peek(state.participants, name)
        digest = "" if person is None else _hash_of_person(state, person)
        if peek(state.locked_content, name) != digest:
            found[name] = digest
    return found


def void_locks(state: State, body: Mapping[str, Any], declared: CommandType | None) -> None:
    """After an event: a lock whose content is not what was locked is void, and so is what was signed of it; somebody has to look."""
    if not state.locked:
        return
    if declared is not None and declared.event not in CHANGES and declared.event not in WHEN_VOID:
        return
    for lock in list(locks_concerned(state, body, declared)):
        if lock.seq == state.seq:
            continue
        if lock.participant is None:
            others = _others(state, people_of(state, body, declared))
            state.locked_content.update(others)
            changed = bool(others)
        else:
            changed = lock.voided is None and _now(state, lock) != lock.digest
        if changed and lock.voided is None:
            lock.voided = state.seq
            lock.voided_by = body["event"]
            signed = f", signed by {', '.join(one['by'] for one in lock.signed)}" if lock.signed else ""
            add_task(
                state, "lock", lock.participant or state.study, body["day"],
                f"{lock.scope} was locked{signed}, and changed by {body['event']}: lock and sign it again, or unlock it",
                f"lock:{lock.seq}:{state.seq}",
            )  # fmt: skip


def end_lock(state: State, scope: str) -> None:
    """A lock ends: it was locked again, or unlocked; what was to be done about it is done."""
    lock = standing_lock(state, scope)
    if lock is None:
        return
    lock.ended = state.seq
    state.locked.pop(scope)
    if lock.participant is None:
        state.locked_content.clear()
    for name in state.tasks_of.get(("lock", lock.participant or state.study), ()):
        if name.startswith(f"lock:{lock.seq}:"):
            task_done(state, name)
