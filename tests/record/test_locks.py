"""Data lock: closed to new data, signed by the hash of exactly what is there, void as soon as that changes, opened again by two."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from proband.record import locks
from proband.record.commands import COMMANDS
from proband.record.entries import entries_of_person
from proband.record.errors import Refused
from proband.record.events import moment, stamp
from proband.record.fold import fold_all
from proband.record.locks import hash_of
from proband.record.tables import TABLES, table
from proband.terms.canonical import canonical

from .synthetic import WHY, Hospital, hospital
from .test_door import verified

BY_TWO: dict[str, Any] = {"actor": "sys-1", "site": "north", "also": [("dr-1", "physician")], "reason": WHY}
CUSTODIAN: dict[str, Any] = {"actor": "sys-1", "site": "*"}
PAIN: dict[str, Any] = {"visit": "baseline", "instrument": "pain-nrs", "items": {"pain": 7}}


def seen(house: Hospital, person: str = "S-1") -> tuple[int, int]:
    """A baseline visit and its outcome; the numbers of their events."""
    day = house.now[:10]
    visit = house.do("visit.record", person, {"visit": "baseline", "on": day})
    outcome = house.do("outcome.record", person, {**PAIN, "on": day})
    return visit.seq, outcome.seq


@pytest.fixture
def house(where: str) -> Hospital:
    made = hospital(where)
    made.admit("S-1")
    made.admit("S-2")
    seen(made)
    return made


def standing(house: Hospital, scope: str) -> str:
    state = house.record.state
    return state.locks[state.locked[scope]].standing


def correct(house: Hospital, seq: int, pain: int) -> None:
    data = {**PAIN, "on": house.now[:10], "items": {"pain": pain}}
    house.do("event.correct", "S-1", {"event": "outcome.recorded", "data": data}, corrects=seq, reason=WHY)


LOCKS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "S-1/baseline": ("participant", "S-1", {"visit": "baseline"}),
    "S-1": ("participant", "S-1", {}),
    "study": ("study", "SYN", {}),
}


@pytest.mark.parametrize("scope", LOCKS)
def test_locked_signed_void_locked_again_and_opened_by_two(house: Hospital, scope: str) -> None:
    kind, subject, data = LOCKS[scope]
    house.do(f"{kind}.lock", subject, data, **CUSTODIAN)
    signed = house.do(f"{kind}.sign", subject, data)
    lock = house.record.state.locks[house.record.state.locked[scope]]
    assert standing(house, scope) == "signed"
    # the hash is of exactly what is there, and stands in what was signed
    assert (
        signed.body["data"]["digest"]
        == lock.digest
        == hash_of(house.record.state, lock.participant, lock.visit, lock.occurrence)
    )
    day = house.now[:10]
    with pytest.raises(Refused) as refused:
        house.do("outcome.record", "S-1", {**PAIN, "on": day, "items": {"pain": 1}})
    assert refused.value.gates == ["locked"]
    assert "event.correct" in refused.value.refusals[0].mend
    # others, and what changes nothing that is locked, go on
    house.do("query.open", "Q-1", {"about": 1, "field": "programme", "text": WHY}, actor="dr-1")
    if scope != "study":
        seen(house, "S-2")
    assert standing(house, scope) == "signed"
    # what puts it right goes in, and voids lock and signature, visibly and with a task
    outcome = next(iter(house.record.state.participants["S-1"].outcomes))
    correct(house, outcome, 5)
    assert standing(house, scope) == "void"
    (task,) = [one for one in house.record.state.tasks.values() if one.kind == "lock" and one.done is None]
    assert "dr-1" in task.about
    assert "event.corrected" in task.about
    (row,) = [one for one in table(house.record.state, "locks") if one["standing"] == "void"]
    assert row["void_by"].startswith("event.corrected")
    # it stays closed, and what is void is not signed
    with pytest.raises(Refused):
        house.do("outcome.record", "S-1", {**PAIN, "on": day, "items": {"pain": 1}})
    with pytest.raises(Refused):
        house.do(f"{kind}.sign", subject, data)
    # locked again: another hash, and the task is done; an open question first has to be closed
    house.do("query.close", "Q-1", {"text": WHY}, actor="dr-1")
    house.do(f"{kind}.lock", subject, data, **CUSTODIAN)
    assert standing(house, scope) == "locked"
    assert house.record.state.tasks[task.id].done is not None
    with pytest.raises(Refused):
        house.do(f"{kind}.sign", subject, data | {"digest": signed.body["data"]["digest"]})
    house.do(f"{kind}.sign", subject, data)
    # opened again: with a reason, and by two
    for less in ({"also": None}, {"reason": " "}):
        with pytest.raises(Refused):
            house.do(f"{kind}.unlock", subject, data, **{**BY_TWO, **less})
    house.do(f"{kind}.unlock", subject, data, **BY_TWO)
    house.do("outcome.record", "S-1", {**PAIN, "on": day, "items": {"pain": 1}})
    assert scope not in house.record.state.locked
    verified(house)


def test_what_cannot_be_locked_signed_or_opened(house: Hospital) -> None:
    for verb, subject, data in (
        ("participant.lock", "S-1", {"visit": "year-1"}),  # nothing is there
        ("participant.lock", "S-9", {}),
        ("participant.unlock", "S-1", {}),  # it is not locked
    ):
        with pytest.raises(Refused) as refused:
            house.do(verb, subject, data, **BY_TWO)
        assert refused.value.gates == ["stage"]
    house.do(
        "query.open", "Q-1", {"about": house.record.state.seq, "field": "items", "text": WHY}, actor="dr-1"
    )
    for verb, subject in (("participant.lock", "S-1"), ("study.lock", "SYN")):
        with pytest.raises(Refused, match="query"):
            house.do(verb, subject, {}, **CUSTODIAN)
    house.do("participant.lock", "S-2", {}, **CUSTODIAN)
    with pytest.raises(Refused, match="not locked already"):
        house.do("participant.lock", "S-2", {}, **CUSTODIAN)
    # who answers for nobody signs for nobody
    for actor in ("sys-1", "nurse-1", "lab-1"):
        with pytest.raises(Refused):
            house.do("participant.sign", "S-2", {}, actor=actor, site="*" if actor == "sys-1" else "north")


CHANGES_AFTER_ALL = [
    ("a late report of harm", lambda house, seq: house.do("adverse-event.report", "S-1", {
        "event": "AE-1", "term": "headache", "grade": 3, "serious": True, "expected": False, "onset": "unknown", "aware_on": house.now[:10]})),
    ("a retraction", lambda house, seq: house.do("event.retract", "S-1", {"event": "outcome.recorded"}, corrects=seq, reason=WHY,
                                                   also=[("dr-3", "physician")])),
    ("a correction", lambda house, seq: correct(house, seq, 3)),
    ("a death", lambda house, seq: house.do("participant.die", "S-1", {"when": "today", "cause": "unrelated"})),
    ("a withdrawal", lambda house, seq: house.do("participant.withdraw", "S-1", {"level": "treatment", "said": "no more"})),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change"), CHANGES_AFTER_ALL, ids=[name for name, _ in CHANGES_AFTER_ALL])
def test_the_truth_goes_in_first_and_the_lock_is_void(house: Hospital, name: str, change: Any) -> None:
    house.do("staff.train", "dr-3", {"training": "gcp", "valid_until": "2030-01-01"}, actor="sys-1", site="*")
    for kind, subject in (("participant", "S-1"), ("study", "SYN")):
        house.do(f"{kind}.lock", subject, {}, **CUSTODIAN)
        house.do(f"{kind}.sign", subject, {})
    house.do("participant.lock", "S-2", {}, **CUSTODIAN)
    change(house, next(iter(house.record.state.participants["S-1"].outcomes)))
    assert standing(house, "S-1") == standing(house, "study") == "void"
    assert standing(house, "S-2") == "locked", "somebody else's lock stands"
    assert (
        len([task for task in house.record.state.tasks.values() if task.kind == "lock" and task.done is None])
        == 2
    )
    verified(house)


HARM: dict[str, Any] = {
    "event": "AE-1",
    "term": "headache",
    "grade": 2,
    "serious": False,
    "expected": False,
    "onset": "unknown",
}
#: each way in which an adverse event that is locked already can become another one, with who does it; and whether anything is then otherwise
HARM_CHANGES: dict[str, tuple[bool, Any]] = {
    "graver": (True, lambda house, seq: graded(house, grade=5)),
    "serious": (True, lambda house, seq: graded(house, serious=True)),
    "milder": (True, lambda house, seq: graded(house, grade=1)),
    "life-threatening": (True, lambda house, seq: graded(house, life_threatening=True)),
    "expected after all": (True, lambda house, seq: graded(house, expected=True)),
    "as it was": (False, lambda house, seq: graded(house)),
    "judged related": (True, lambda house, seq: house.do("adverse-event.judge", "AE-1", {"related": True, "why": WHY})),
    "judged unrelated": (True, lambda house, seq: house.do("adverse-event.judge", "AE-1", {"related": False, "why": WHY}, actor="dr-3")),
    "never was": (True, lambda house, seq: house.do("event.retract", "S-1", {"event": "adverse-event.reported"}, corrects=seq, reason=WHY, also=[("dr-3", "physician")])),
    "another one": (True, lambda house, seq: house.do("adverse-event.report", "S-1", HARM | {"event": "AE-2", "aware_on": house.now[:10]})),
    "reported to the authority": (False, lambda house, seq: house.do("adverse-event.submit", "AE-1", {"clock": "gb-15", "to": "x", "on": house.now[:10]})),
}  # fmt: skip


def graded(house: Hospital, **changes: Any) -> None:
    same = {
        "grade": 2,
        "serious": False,
        "life_threatening": False,
        "expected": False,
        "aware_on": house.now[:10],
    }
    house.do("adverse-event.update", "AE-1", same | changes)


@pytest.mark.parametrize("change", HARM_CHANGES)
@pytest.mark.parametrize("scope", ["study", "S-1"])
def test_an_adverse_event_that_changes_after_the_lock_goes_in_and_voids_it(
    house: Hospital, scope: str, change: str
) -> None:
    """Harm is reported, graded and judged whatever is locked; lock and signature count no longer, and no clock is lost."""
    house.do("staff.train", "dr-3", {"training": "gcp", "valid_until": "2030-01-01"}, actor="sys-1", site="*")
    seq = house.do("adverse-event.report", "S-1", HARM | {"aware_on": house.now[:10]}).seq
    kind, subject, data = LOCKS[scope]
    house.do(f"{kind}.lock", subject, data, **CUSTODIAN)
    house.do(f"{kind}.sign", subject, data)
    house.do("participant.lock", "S-2", {}, **CUSTODIAN)
    otherwise, act = HARM_CHANGES[change]
    act(house, seq)
    assert standing(house, scope) == ("void" if otherwise else "signed")
    assert standing(house, "S-2") == "locked"
    tasks = [one for one in house.record.state.tasks.values() if one.kind == "lock" and one.done is None]
    assert len(tasks) == int(otherwise)
    if change in ("graver", "life-threatening", "serious"):
        clocks = [
            one for one in house.record.state.tasks.values() if one.kind == "report" and one.done is None
        ]
        assert clocks, "the clock of the authority runs although the study is locked"
    # it stays closed until it is locked and signed again, and then the hash is another one
    if otherwise:
        before = house.record.state.locks[house.record.state.locked[scope]].digest
        house.do(f"{kind}.lock", subject, data, **CUSTODIAN)
        house.do(f"{kind}.sign", subject, data)
        assert house.record.state.locks[house.record.state.locked[scope]].digest != before
    verified(house)


def test_a_dose_that_was_given_after_all_and_one_that_is_questioned_void_the_lock(where: str) -> None:
    house = hospital(where)
    house.admit("S-1")
    before = house.now
    house.wait(minutes=1)
    product, coi, _ = house.ready("S-1", "1")
    house.do("participant.lock", "S-1", {}, **CUSTODIAN)
    with pytest.raises(Refused) as refused:
        house.give(product, "S-1", coi)
    assert refused.value.gates == ["locked"]
    dose = {
        "participant": "S-1",
        "route": "intrathecal",
        "dose": {"value": 1.0, "unit": "{cells}"},
        "what_happened": WHY,
    }
    house.do("deviation.record", product, dose, reason=WHY)
    assert standing(house, "S-1") == "void"
    house.do("participant.lock", "S-1", {}, **CUSTODIAN)
    # what is said later of the member of staff who gave it calls the dose into question, and is no new entry about the person
    house.do("staff.revoke", "dr-1", {"role": "physician"}, actor="sys-1", site="*", at=before, reason=WHY)
    assert standing(house, "S-1") == "void"
    verified(house)


def test_what_is_entered_late_of_a_bag_that_was_given_to_somebody_else_meets_that_person_s_lock(
    where: str,
) -> None:
    """The bag is of one participant and the dose of another: what is asked of the dose is on record of the other."""
    house = hospital(where)
    house.wait(days=2)
    for person in ("S-1", "S-2"):
        house.admit(person)
    house.collect("S-1", "COI-1", "DIN-1")
    house.make("BAG-1", "COI-1", ["DIN-1"])
    result = {"test": "viability", "result": 92.0, "laboratory": "qc"}
    wrong = house.do("product.test", "BAG-1", result, actor="lab-1").seq
    house.wait(hours=1)
    dose = {
        "participant": "S-2",
        "route": "intrathecal",
        "dose": {"value": 1.0, "unit": "{cells}"},
        "what_happened": WHY,
    }
    house.do("deviation.record", "BAG-1", dose, reason=WHY)
    house.wait(hours=3)
    house.do("participant.lock", "S-2", {}, **CUSTODIAN)
    earlier = stamp(moment(house.now) - timedelta(hours=3, minutes=30))
    positive = {"test": "sterility", "result": "positive", "laboratory": "qc"}
    with pytest.raises(Refused) as refused:
        house.do("product.test", "BAG-1", positive, actor="lab-1", at=earlier, reason=WHY)
    assert refused.value.gates == ["locked"]
    house.do("participant.lock", "S-1", {}, **CUSTODIAN)
    house.do("study.lock", "SYN", {}, **CUSTODIAN)
    retract = {"actor": "qa-1", "corrects": wrong, "also": [("qa-2", "quality")]}
    house.do("product.retract", "BAG-1", {"event": "product.tested"}, **retract)
    assert house.record.state.participants["S-2"].doses[0].questions
    stand = [standing(house, scope) for scope in ("S-2", "study", "S-1")]
    assert stand == ["void", "void", "locked"]
    verified(house)


def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whose entries are hashed from now on."""
    seen_of: list[str] = []
    hash_of_person = locks._hash_of_person

    def counted(state: Any, person: Any, *range_: Any) -> str:
        seen_of.append(person.id)
        return hash_of_person(state, person, *range_)

    monkeypatch.setattr(locks, "_hash_of_person", counted)
    return seen_of


def test_while_the_study_is_locked_an_event_about_one_person_hashes_that_person_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = hospital()
    people = [f"S-{n}" for n in range(1, 21)]
    for person in people:
        house.refer(person)
    seen_of = hashed(monkeypatch)
    house.do("study.lock", "SYN", {}, **CUSTODIAN)
    assert sorted(seen_of) == sorted(people * (len(seen_of) // 20))
    assert len(seen_of) <= 40, "everybody is hashed once for each time that the lock is folded"
    seen_of.clear()
    report = {
        "event": "AE-1",
        "term": WHY,
        "grade": 1,
        "serious": False,
        "expected": True,
        "onset": "unknown",
        "aware_on": house.now[:10],
    }
    house.do("adverse-event.report", "S-7", report)
    assert set(seen_of) == {"S-7"}
    assert standing(house, "study") == "void"
    # closed as before, and judged as cheaply: also somebody new would be something new
    seen_of.clear()
    for person in ("S-7", "S-99"):
        with pytest.raises(Refused) as refused:
            house.do("participant.refer" if person == "S-99" else "milestone.record", person,
                     {} if person == "S-99" else {"milestone": "walked", "when": "2025", "reached": True})  # fmt: skip
        assert refused.value.gates == ["locked"]
    assert set(seen_of) == {"S-7", "S-99"}
    assert len(seen_of) <= 4
    verified(house)


def test_what_a_lock_hashes_of_a_person_does_not_grow_with_everybody_s_harm_and_corrections(
    tmp_path: Path,
) -> None:
    """Of everybody's adverse events and corrections only their own are looked at, of a state in pages no others are read."""
    house = hospital(folder=tmp_path / "record")
    for person in ("S-1", "S-2", "S-3"):
        house.admit(person)
        report = {
            "event": f"AE-{person}",
            "term": WHY,
            "grade": 1,
            "serious": False,
            "expected": True,
            "onset": "unknown",
            "aware_on": house.now[:10],
        }
        house.do("adverse-event.report", person, report)
    (number, seq) = seen(house)
    correct(house, seq, 3)
    correct(house, house.record.state.seq, 4)
    whole = house.record.state
    assert number
    snapshots = house.record.snapshots
    assert snapshots is not None
    kept = fold_all(house.record.events(), "SYN")
    assert snapshots.write(kept)
    paged = snapshots.load()
    assert paged is not None
    for person in ("S-1", "S-2"):
        assert hash_of(paged, person) == hash_of(whole, person)
        entries = entries_of_person(paged, paged.participants[person])
        assert list(entries["adverse_events"]) == [f"AE-{person}"]
    assert list(entries_of_person(paged, paged.participants["S-1"])["outcomes"]) == [str(seq)]
    assert [key for key, _ in paged.participants.held()] == ["S-1", "S-2"]
    assert hash_of(paged, None) == hash_of(whole, None)
    assert [paged.adverse_events.held(), paged.first_events.held()] == [[], []]
    house.record.close()


def test_every_command_says_what_it_is_to_a_lock() -> None:
    """Whatever is about a person or a container is refused, but what puts right, reports harm, or tells how it ended."""
    goes_in = {
        verb
        for verb, one in COMMANDS.items()
        if one.voids_locks and one.subject in ("participant", "product")
    }
    assert goes_in == {
        "allocation.correct", "event.correct", "event.retract", "product.retract", "dose.settle", "deviation.record", "adverse-event.report", "participant.withdraw",
        "participant.lose", "participant.find", "participant.die", "participant.complete", "participant.lock", "participant.sign", "participant.erase",
        "participant.unlock",
        # the units of a lot are nobody's: what is left after the last visit is counted, sent back and destroyed
        "stock.send", "stock.receive", "stock.count", "stock.set-aside", "stock.destroy", "stock.return",
    }  # fmt: skip


# a machine of its own: whatever is tried, in whatever order


def rows_of(house: Hospital, person: str) -> str:
    """What the tables show of a person, for an oracle that knows nothing of locks."""
    state = house.record.state
    found: dict[str, Any] = {}
    for name in TABLES:
        if name in ("tasks", "locks", "queries", "deviations", "products", "labels", "holds"):
            continue
        mine = [row for row in table(state, name) if row.get("participant") == person]
        for row in mine:
            for own in ("data_lock", "event", "outcome", "entry", "programme", "row"):
                row.pop(own, None)
        found[name] = sorted(mine, key=canonical)
    found["visits"] = [
        (name, one["on"], one["status"]) for name, one in sorted(state.participants[person].visits.items())
    ]
    return canonical(found).decode()


def step(house: Hospital, rng: random.Random) -> None:
    """One move of somebody who knows no rule."""
    state, person = house.record.state, rng.choice(["S-1", "S-2"])
    day, day_before = house.now[:10], "2026-03-01"
    outcomes = list(state.participants[person].outcomes)
    moves: list[Any] = [
        lambda: house.do("outcome.record", person, {**PAIN, "on": rng.choice([day, day_before]), "items": {"pain": rng.randrange(11)}}),
        lambda: house.do("visit.record", person, {"visit": rng.choice(["baseline", "month-1"]), "on": day}),
        lambda: house.do("milestone.record", person, {"milestone": "walked", "when": "2025", "reached": True}),
        lambda: house.do("adverse-event.report", person, {"event": f"AE-{state.seq}", "term": "x", "grade": 1, "serious": False, "expected": True,
                                                            "onset": "unknown", "aware_on": day}),
        lambda: house.do("event.correct", person, {"event": "outcome.recorded", "data": {**PAIN, "on": day, "items": {"pain": rng.randrange(11)}}},
                         corrects=rng.choice(outcomes), reason=WHY),
        lambda: house.do("event.retract", person, {"event": "outcome.recorded"}, corrects=rng.choice(outcomes), reason=WHY, also=[("dr-3", "physician")]),
        lambda: house.do("capacity.assess", person, {"result": "has", "by_check": "ward"}),
        lambda: house.do("query.open", f"Q-{state.seq}", {"about": 1, "field": "programme", "text": WHY}, actor="dr-1"),
    ]  # fmt: skip
    for scope, (kind, subject, data) in LOCKS.items():
        subject = person if kind == "participant" else subject
        moves += [
            lambda k=kind, s=subject, d=data: house.do(f"{k}.lock", s, d, **CUSTODIAN),
            lambda k=kind, s=subject, d=data: house.do(f"{k}.sign", s, d),
            lambda k=kind, s=subject, d=data: house.do(
                f"{k}.unlock", s, d, **(BY_TWO | {"also": rng.choice([None, BY_TWO["also"]])})
            ),
        ]
        assert scope
    with_refusals(rng.choice(moves))


def with_refusals(move: Any) -> None:
    try:
        move()
    except (Refused, IndexError):
        return


def test_whatever_is_tried_a_lock_that_stands_holds_what_was_locked(where: str) -> None:
    house = hospital(where)
    house.do("staff.train", "dr-3", {"training": "gcp", "valid_until": "2030-01-01"}, actor="sys-1", site="*")
    for person in ("S-1", "S-2"):
        house.admit(person)
        seen(house, person)
    rng = random.Random(20260302)
    locked_rows: dict[int, dict[str, str]] = {}
    counts = {"void": 0, "signed": 0, "ended": 0}
    for _ in range(220 if where.endswith(".db") else 90):
        before = house.record.state.seq
        step(house, rng)
        state = house.record.state
        named = "study" in state.locked
        wanted = {name: hash_of(state, name) for name in state.participants} if named else {}
        assert state.locked_content == wanted, "kept of each person is what is on record of them now"
        if state.seq > before:
            for lock in state.locks.values():
                people = [lock.participant] if lock.participant else list(state.participants)
                if lock.visit is None and lock.seq not in locked_rows:
                    locked_rows[lock.seq] = {person: rows_of(house, person) for person in people}
        for lock in state.locks.values():
            if lock.ended is not None:
                counts["ended"] += 1
                continue
            same = hash_of(state, lock.participant, lock.visit, lock.occurrence) == lock.digest
            assert same or lock.voided is not None, lock
            if lock.voided is not None:
                counts["void"] += 1
                assert lock.standing == "void", "no signature of what is void counts"
                assert any(
                    task.id.startswith(f"lock:{lock.seq}:") and task.done is None
                    for task in state.tasks.values()
                )
            else:
                counts["signed"] += bool(lock.signed)
                # an oracle that knows nothing of hashes: the tables say what they said when it was locked
                for person, rows in locked_rows.get(lock.seq, {}).items():
                    assert rows_of(house, person) == rows, lock
    assert min(counts.values()) > 5, counts
    assert fold_all(house.record.events(), "SYN") == house.record.state
    verified(house)
