"""Faults that users of other systems reported in public, tried here as shapes: submissions sent twice, audit trails, event stores, files uploaded again.

Each test names the report by repository and number; only the shape is taken from it.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from proband.record.batch import send
from proband.record.commands import Command
from proband.record.errors import Conflict, ProbandError, RecordError, Refused
from proband.record.history import history
from proband.record.record import Record
from proband.record.store import open_store
from proband.record.verify import verify_store

from .synthetic import WHY, Hospital, hospital
from .test_door import verified


def at_second_door(house: Hospital, where: str) -> Record:
    return Record(open_store(where), "SYN", clock=house.record.clock)


def refer(person: str, key: str | None = None) -> Command:
    return Command("participant.refer", person, {}, actor="dr-1", role="physician", site="north", key=key)


def together(*jobs: Any) -> list[Any]:
    """What came of several jobs that were begun at once."""
    start, found = threading.Barrier(len(jobs)), [None] * len(jobs)

    def run(place: int, job: Any) -> None:
        start.wait()
        try:
            found[place] = job()
        except ProbandError as error:
            found[place] = error

    threads = [threading.Thread(target=run, args=(place, job)) for place, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def pain(value: int) -> dict[str, Any]:
    return {"visit": "baseline", "on": "2026-03-02", "instrument": "pain-nrs", "items": {"pain": value}}


def test_one_submission_that_comes_by_two_doors_at_once_is_one(tmp_path: Path) -> None:
    """kobotoolbox/kpi 5047: submissions of one identifier that came at the same time were stored twice."""
    where = str(tmp_path / "log.db")
    house = hospital(where)
    doors = [house.record, *(at_second_door(house, where) for _ in range(3))]
    got = together(*(lambda door=door: door.execute(refer("S-1", "from-the-tablet")) for door in doors))
    assert len({one.seq for one in got}) == 1
    assert sum(not one.repeated for one in got) == 1
    verified(house)


def test_what_follows_from_an_event_follows_once_whoever_looks_first(tmp_path: Path) -> None:
    """getodk/central-backend 1559: what a server notes of itself stood as often as it was started at once."""
    where = str(tmp_path / "log.db")
    house = hospital(where)
    for person in ("S-1", "S-2"):
        house.admit(person)
        product, coi, _ = house.ready(person, person[-1])
        house.give(product, person, coi)
        house.wait(days=2, minutes=5)
    for person in ("S-1", "S-2"):
        harm = {
            "event": f"AE-{person}",
            "term": "pain",
            "grade": 3,
            "serious": True,
            "expected": False,
            "onset": house.now[:10],
            "aware_on": house.now[:10],
        }
        house.do("adverse-event.report", person, harm)
    together(*(at_second_door(house, where).settle for _ in range(4)))
    house.record.catch_up()
    assert [held.rule for held in house.record.state.holds.values()] == ["two-serious"]
    verified(house)


@pytest.mark.parametrize(
    "changed",
    [
        {"subject": "S-2"},
        {"site": "south", "actor": "dr-2"},
        {"verb": "participant.die", "data": {"when": "today", "cause": "unknown"}},
    ],
)
def test_one_identifier_means_one_thing_also_about_somebody_else(changed) -> None:
    """kurrent-io/KurrentDB 387 and getodk/central 608: an identifier that was used elsewhere was not seen to be the same."""
    house = hospital()
    house.record.execute(refer("S-1", "key-1"))
    again = {
        "verb": "participant.refer",
        "subject": "S-1",
        "data": {},
        "actor": "dr-1",
        "role": "physician",
        "site": "north",
        "key": "key-1",
    }
    with pytest.raises(Conflict):
        house.record.execute(Command(**{**again, **changed}))
    assert house.record.execute(Command(**again)).repeated


def test_two_batches_at_once_have_each_number_once(tmp_path: Path) -> None:
    """lvlup-sw/exarchos 943: two batches gave one number to two events, and nothing could be appended any more."""
    where = str(tmp_path / "log.db")
    house = hospital(where)
    doors = [house.record, at_second_door(house, where)]
    batches = [
        [(line, {"n": line, "door": number}, refer(f"S-{number}{line}")) for line in range(6)]
        for number in range(2)
    ]
    got = together(
        *(
            lambda door=door, batch=batch: send(door, batch)
            for door, batch in zip(doors, batches, strict=True)
        )
    )
    seqs = [receipt.seq for one in got for receipt in one.receipts]
    assert [one.error for one in got] == [None, None]
    assert len(seqs) == len(set(seqs)) == 12
    house.record.catch_up()
    house.refer("S-99")
    verified(house)


def test_what_was_taken_back_keeps_each_of_its_values_in_the_history() -> None:
    """OpenClinica/OpenClinica 69: who deleted a form kept its trail, and lost that of each value in it."""
    house = hospital()
    house.admit("S-1")
    house.do("staff.train", "dr-3", {"training": "gcp", "valid_until": "2030-01-01"}, actor="sys-1", site="*")
    done = house.do("outcome.record", "S-1", pain(7))
    house.do(
        "event.retract", "S-1", {"event": "outcome.recorded"}, corrects=done.seq, also=[("dr-3", "physician")]
    )
    changes = list(history(house.record, "S-1", "items.pain"))
    assert [(one.old, one.new, one.why) for one in changes] == [(None, 7, None), (7, None, WHY)]


def test_one_change_stands_once_in_the_history() -> None:
    """OpenClinica/OpenClinica 1478 and 2979: one change stood twice in the audit trail."""
    house = hospital()
    house.admit("S-1")
    done = house.do("outcome.record", "S-1", pain(7))
    corrected = {"event": "outcome.recorded", "data": pain(3)}
    for _ in range(2):
        house.do("event.correct", "S-1", corrected, corrects=done.seq, key="correction-1")
    changes = [(one.old, one.new) for one in history(house.record, "S-1", "items.pain")]
    assert changes == [(None, 7), (7, 3)]


def test_a_file_that_is_uploaded_again_overwrites_nothing_that_was_corrected_since() -> None:
    """TIGRLab/admin 1123: a record that was uploaded again replaced what had been put right in between."""
    house = hospital()
    house.admit("S-1")
    line = {
        "verb": "outcome.record",
        "subject": "S-1",
        "data": pain(7),
        "actor": "dr-1",
        "role": "physician",
        "site": "north",
    }
    (receipt,) = send(house.record, [(1, line, Command(**{**line, "data": dict(line["data"])}))]).receipts
    house.do("event.correct", "S-1", {"event": "outcome.recorded", "data": pain(3)}, corrects=receipt.seq)
    (again,) = send(house.record, [(1, line, Command(**{**line, "data": dict(line["data"])}))]).receipts
    assert again.repeated
    assert [one.new for one in history(house.record, "S-1", "items.pain")] == [7, 3]


def test_two_texts_of_the_same_words_are_two_texts(tmp_path: Path) -> None:
    """getodk/central-backend 299: two attachments with the same content were refused as one."""
    house = hospital(folder=tmp_path / "record")
    house.admit("S-1")
    words = "seen in the ward"
    done = house.do(
        "visit.record", "S-1", {"visit": "baseline", "on": house.now[:10], "note": words}, reason=words
    )
    body = done.body
    assert body["reason"] != words != body["data"]["note"]
    assert (
        house.record.texts.revealed(body["reason"]),
        house.record.texts.revealed(body["data"]["note"]),
    ) == (words, words)
    house.do("visit.record", "S-1", {"visit": "month-1", "on": house.now[:10], "note": words}, reason=words)
    assert house.record.state.invalid == {}


@pytest.mark.parametrize("target", [None, 0, -1, 10**9, 2])
def test_what_names_no_entry_of_theirs_corrects_none(target) -> None:
    """getodk/central 1424: an edit of a submission that has no identifier names no submission, and was let go on for long."""
    house = hospital()
    house.admit("S-1")
    house.do("outcome.record", "S-1", pain(7))
    before = house.record.state.seq
    with pytest.raises((Refused, RecordError)):
        house.do("event.correct", "S-1", {"event": "outcome.recorded", "data": pain(3)}, corrects=target)
    assert [event for event in house.record.events(before) if event.body["event"] != "command.refused"] == []


def test_the_day_of_an_entry_is_that_of_the_place_wherever_it_is_read(tmp_path: Path) -> None:
    """openmrs/openmrs-module-coreapps 325 and openemr/openemr 5564: the day of an entry was that of the reader's or of the server's clock."""
    house = hospital()
    house.wait(hours=7)
    done = house.do("participant.refer", "S-1", {}, offset="+10:00")
    assert (done.body["day"], done.body["at"][:10]) == ("2026-03-03", "2026-03-02")
    assert house.record.state.participants["S-1"].referred_on == "2026-03-03"
    harm = {
        "event": "AE-1",
        "term": "pain",
        "grade": 1,
        "serious": False,
        "expected": True,
        "onset": "2026-03-02",
        "aware_on": "2026-03-03",
    }
    with pytest.raises(Refused):
        house.do("adverse-event.report", "S-1", harm, offset="+10:00")


@pytest.mark.parametrize("name", ["S-１", "S-1​", "s\u0301-1", "S‑1", "Ｓ-1"])
def test_two_names_that_look_the_same_are_not_two_people(name: str) -> None:
    """A shape of our own beside them: an identifier in other letters of the same look would be another life."""
    house = hospital()
    house.refer("S-1")
    with pytest.raises(ProbandError):
        house.refer(name)
    assert list(house.record.state.participants) == ["S-1"]


def test_an_event_that_the_server_could_not_answer_is_there_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """kurrent-io/KurrentDB 2274: after a timeout the same event was sent again and stood twice."""
    where = str(tmp_path / "log.db")
    house = hospital(where)
    stored = house.record.store.append

    def lost(*given: Any, **named: Any) -> Any:
        stored(*given, **named)
        raise RecordError("record.store.lost", error="the line was cut")

    with monkeypatch.context() as cut:
        cut.setattr(house.record.store, "append", lost)
        with pytest.raises(ProbandError):
            house.record.execute(refer("S-1", "once"))
    assert house.record.execute(refer("S-1", "once")).repeated
    assert verify_store(house.record.store, "SYN", None, {}).rules_ok
    verified(house)
