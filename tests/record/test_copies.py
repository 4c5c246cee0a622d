"""A record restored from an older backup: it says from when it is, what it is known to lack, and treats nobody until that is settled."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from proband.cli.app import app
from proband.cli.record.written import command_of
from proband.record import own_events
from proband.record.backup import Backup, backup, copy_keys, drill, restore
from proband.record.errors import RecordError, Refused
from proband.record.executing import Receipt
from proband.record.fold import fold_all
from proband.record.heads import SigningKey
from proband.record.record import Record
from proband.record.state import COPY
from proband.record.verify import verify_record

from .synthetic import WHY, Hospital, hospital
from .test_family import refused_by
from .whole_life import whole_life

CUSTODIAN: dict[str, Any] = {"actor": "sys-1", "site": "*"}


class Stored:
    """A record with a bag that is ready at the bed, a backup of then, and the same bag given after it."""

    def __init__(self, folder: Path) -> None:
        self.house = hospital(folder=folder / "record", mirror=folder / "mirror")
        self.folder = folder
        self.house.admit("S-1")
        self.bag, self.coi, _ = self.house.ready("S-1", "1")
        self.made: Backup = backup(self.house.record, folder / "old.tar.gz")
        copy_keys(folder / "record", folder / "keys")
        self.house.give(self.bag, "S-1", self.coi)

    @property
    def newest(self) -> Path:
        return self.folder / "mirror" / "SYN.newest"

    @property
    def heads(self) -> Path:
        return self.folder / "mirror" / "SYN.jsonl"

    def copy(self, *later: Path, name: str = "copy") -> Hospital:
        clock = self.house.record.clock
        report = restore(self.made.path, self.folder / name, keys=self.folder / "keys", clock=clock, later=later)  # fmt: skip
        assert report.ok
        self.report = report
        return Hospital(Record.open(self.folder / name, clock=clock), self.house._clock)


@pytest.fixture
def stored(tmp_path: Path) -> Stored:
    return Stored(tmp_path)


def settle(house: Hospital, last: int, lacking: str = "nothing", **options: Any) -> None:
    data = {"last": last, "lacking": lacking, "how": WHY}
    house.do("record.settle", "SYN", data, **CUSTODIAN, **options)


def test_the_same_bag_is_not_given_again_in_a_copy_that_nobody_has_settled(stored: Stored) -> None:
    copy = stored.copy()
    assert stored.report.as_of == stored.house.record.event(stored.made.events).body["recorded"]  # type: ignore[union-attr]
    (hold,) = (one for one in copy.record.state.holds.values() if one.hold == COPY)
    assert hold.lifted_at is None
    with pytest.raises(Refused) as refused:
        copy.give(stored.bag, "S-1", stored.coi)
    assert [one.code for one in refused.value.refusals] == ["gate.hold.copy"]
    assert refused.value.refusals[0].details["last"] == stored.made.events
    (task,) = (one for one in copy.record.state.tasks.values() if one.kind == "copy")
    assert f"as of event {stored.made.events}" in task.about
    assert "not known" in task.about
    copy.record.close()
    assert verify_record(stored.folder / "copy").ok


def test_whatever_a_hold_can_stop_is_stopped_in_a_copy_and_the_truth_still_goes_in(stored: Stored) -> None:
    copy = stored.copy()
    copy.refer("S-2")
    copy.screen("S-2")
    copy.consent("S-2")
    assert refused_by(lambda: copy.enrol("S-2")) == ["gate.hold.copy"]
    assert refused_by(lambda: copy.do("product.collect", "S-1", {"coi": stored.coi, "din": "DIN-9", "wristband": "S-1", "material": "marrow"})) == ["gate.hold.copy"]  # fmt: skip
    dose = {"value": 8e7, "unit": "{cells}"}
    copy.do("deviation.record", stored.bag, {"participant": "S-1", "route": "intrathecal", "dose": dose, "what_happened": WHY})  # fmt: skip
    settle(copy, stored.house.record.state.seq, "entered-again")
    copy.enrol("S-2")
    # what was given after the backup was entered again: now the copy knows
    assert "gate.used.given" in refused_by(lambda: copy.give(stored.bag, "S-1", stored.coi))


@pytest.mark.parametrize("where", ["newest", "heads"])
def test_a_later_head_says_what_is_missing_and_cannot_be_talked_away(stored: Stored, where: str) -> None:
    if where == "heads":
        stored.house.record.sign_head()
    last = stored.house.record.state.seq
    copy = stored.copy(getattr(stored, where))
    assert stored.report.lacking == last - stored.made.events == 1
    (task,) = (one for one in copy.record.state.tasks.values() if one.kind == "copy")
    assert "1 events after it are known to be missing" in task.about
    for said, lacking in ((last - 1, "nothing"), (last - 1, "lost"), (last, "nothing")):
        assert refused_by(lambda said=said, lacking=lacking: settle(copy, said, lacking)) == ["gate.stage.missing"]  # fmt: skip
    settle(copy, last, "lost")
    assert all(one.done for one in copy.record.state.tasks.values() if one.kind == "copy")


def test_a_head_of_nobody_or_of_another_record_says_nothing(stored: Stored, tmp_path: Path) -> None:
    other = hospital(folder=tmp_path / "other", mirror=tmp_path / "elsewhere")
    other.record.sign_head()
    forged = tmp_path / "forged.jsonl"
    shutil.copy(stored.heads, forged)
    with forged.open("ab") as file:
        head = json.loads(stored.heads.read_bytes().splitlines()[-1])
        file.write(json.dumps(head | {"seq": 9_999}).encode() + b"\n")
    newest = tmp_path / "forged.newest"
    newest.write_bytes(stored.newest.read_bytes().replace(b'"seal":"', b'"seal":"00'))
    files = [tmp_path / "elsewhere" / "SYN.newest", tmp_path / "elsewhere" / "SYN.jsonl", forged, newest, tmp_path / "none.jsonl"]  # fmt: skip
    for n, file in enumerate(files):
        with pytest.raises(RecordError) as refused:
            stored.copy(file, name=f"copy-{n}")
        assert refused.value.code == "record.restore.other"
        # what did not come to its end is opened by nobody: it does not say that it is a copy
        with pytest.raises(RecordError) as refused:
            Record.open(tmp_path / f"copy-{n}")
        assert refused.value.code == "record.restore.unfinished"


def test_a_copy_that_is_another_record_where_both_have_an_event_is_told(stored: Stored) -> None:
    """Two copies of one backup go on, each by itself: the head of one is no head of the other."""
    first = stored.copy(name="first")
    settle(first, stored.made.events)
    first.refer("S-7")
    first.record.sign_head()
    again = backup(first.record, stored.folder / "first.tar.gz")
    copy_keys(stored.folder / "first", stored.folder / "keys")
    first.record.close()
    stored.house.refer("S-8")
    stored.house.record.sign_head()
    stored.made = again
    for n, file in enumerate((stored.heads, stored.newest)):
        with pytest.raises(RecordError) as refused:
            stored.copy(file, name=f"second-{n}")
        assert refused.value.code == "record.restore.other"


def test_two_custodians_settle_it_once_there_are_two(stored: Stored) -> None:
    stored.house.do("staff.grant", "sys-2", {"role": "custodian", "sites": ["*"]}, **CUSTODIAN)
    stored.made = backup(stored.house.record, stored.folder / "later.tar.gz")
    copy_keys(stored.folder / "record", stored.folder / "keys")
    copy = stored.copy()
    last = stored.made.events
    assert refused_by(lambda: settle(copy, last)) == ["gate.second-key.missing"]
    settle(copy, last, also=[("sys-2", "custodian")])
    assert refused_by(lambda: settle(copy, last, also=[("sys-2", "custodian")])) == ["gate.stage.missing"]
    copy.refer("S-2")


def test_no_time_that_is_written_on_a_dose_gets_it_past_the_hold_of_a_copy(stored: Stored) -> None:
    copy = stored.copy()
    copy.wait(minutes=10)
    at = copy.now
    copy.wait(minutes=2)
    settle(copy, stored.made.events)
    # it was given before anybody had said what the copy lacks, and is entered after it
    assert refused_by(lambda: copy.do("product.administer", stored.bag, _dose(stored), at=at)) == ["gate.hold.copy"]  # fmt: skip
    copy.give(stored.bag, "S-1", stored.coi)
    assert copy.record.state.participants["S-1"].doses[-1].valid
    assert fold_all(copy.record.events(), "SYN") == copy.record.state


def _dose(stored: Stored) -> dict[str, Any]:
    return {"participant": "S-1", "coi": stored.coi, "wristband": "S-1", "bag": stored.bag, "route": "intrathecal",
            "dose": {"value": 8e7, "unit": "{cells}"}, "inputs": {"weight": {"value": 80.0, "unit": "kg"}}}  # fmt: skip


def test_no_hold_of_the_programme_is_lifted_in_its_place(stored: Stored) -> None:
    copy = stored.copy()
    (name,) = (one.id for one in copy.record.state.holds.values() if one.hold == COPY)
    for actor in ("board-1", "pharm-1"):
        assert refused_by(lambda actor=actor: copy.do("hold.lift", name, actor=actor)) == ["gate.lift.role"]


def test_a_copy_of_a_copy_is_settled_once_for_both(stored: Stored) -> None:
    first = stored.copy(name="first")
    stored.made = backup(first.record, stored.folder / "first.tar.gz")
    copy_keys(stored.folder / "first", stored.folder / "keys")
    second = stored.copy(name="second")
    assert len([one for one in second.record.state.holds.values() if one.hold == COPY]) == 2
    settle(second, second.record.state.seq, "lost")
    second.give(stored.bag, "S-1", stored.coi)


def test_a_copy_of_the_version_before_stands_under_no_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as before:
        before.setattr("proband.record.compose.SCHEMA_VERSION", 4)
        before.setattr(own_events, "SCHEMA_VERSION", 4)
        house = hospital()
        house.record.key = SigningKey.generate()
        house.record.begin_anew("a" * 64)
    assert house.record.state.holds == {}


def test_the_drill_takes_no_copy_for_a_difference(stored: Stored) -> None:
    assert drill(stored.house.record).ok


def test_the_command_line_says_from_when_it_is_and_asks_for_a_later_head(stored: Stored) -> None:
    stored.house.record.close()
    call = lambda *more: CliRunner().invoke(app, ["record", "restore", str(stored.made.path), *more, "--keys", str(stored.folder / "keys")])  # fmt: skip  # noqa: E731
    said = " ".join(call(str(stored.folder / "a")).output.split())
    assert f"as of event {stored.made.events}, recorded at" in said
    assert "--later" in said
    said = " ".join(call(str(stored.folder / "b"), "--later", str(stored.newest)).output.split())
    assert "1 later events are known to be missing" in said
    shown = CliRunner().invoke(app, ["record", "show", str(stored.folder / "b"), "holds", "--json"])
    assert "restored copy" in shown.output


@pytest.mark.parametrize("way", ["as it stands", "as of this record", "as lines"])
def test_a_log_that_is_carried_into_another_record_brings_nothing_that_anybody_signed(way: str) -> None:
    """Event by event, each as it stood, renamed, or as a command with its signatures: no dose, no release and no consent comes with it."""
    one, other = hospital(), hospital()
    whole_life(one)
    other._clock[0] = one._clock[0]
    signed, taken = 0, 0
    for event in one.record.events():
        body = event.body
        signed += bool(body["signatures"])
        if way == "as of this record":
            body |= {"programme": other.record.state.programme, "recorded": other.now}
        if way == "as lines":
            came: Any = _as_a_line(other.record, body)
        else:
            came = other.record.adopt(body)
        done = isinstance(came, Receipt) and not came.repeated
        assert not (done and body["signatures"]), body["event"]
        assert not (done and body["actor"] == "record" and body["event"] != "record.restored"), body["event"]
        taken += done
    assert signed > 20
    assert all(not person.doses and person.consent is None for person in other.record.state.participants.values())  # fmt: skip
    assert other.record.state.invalid == {}
    assert fold_all(other.record.events(), "SYN") == other.record.state


def _as_a_line(record: Record, body: dict[str, Any]) -> Any:
    said = [
        {name: one[name] for name in ("signer", "role", "method", "at", "key", "value")}
        for one in body["signatures"]
    ]
    line = {name: body[name] for name in ("subject", "data", "actor", "role", "site", "at", "offset", "reason", "key")}  # fmt: skip
    try:
        return record.execute(command_of({**line, "verb": body["command"], "sign": said}))
    except RecordError as refused:
        return refused
