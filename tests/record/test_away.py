"""Keys and devices that are elsewhere, by their verbs: a key is offered, a command signed away from the record, a bed works without network."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from proband.cli.app import app
from proband.record import capsule as offline
from proband.record import ward as wards
from proband.record.capsule import issue, reconcile
from proband.record.commands import Command, Signature
from proband.record.elsewhere import (
    identity_of,
    line_of,
    offer,
    prompt,
    read_identity,
    read_prompt,
    signed_elsewhere,
)
from proband.record.errors import RecordError, Refused
from proband.record.events import stamp
from proband.record.heads import SigningKey
from proband.record.verify import verify_record
from proband.record.ward import Ward

from .synthetic import CONSENT, Hospital, hospital
from .tablet import CUSTODIAN, dose, scans


@pytest.fixture
def house(tmp_path: Path) -> Hospital:
    return hospital(folder=tmp_path / "record")


def code(call: Any) -> str:
    with pytest.raises(RecordError) as error:
        call()
    return error.value.code


def consent() -> Command:
    return Command(
        "consent.give",
        "S-1",
        dict(CONSENT),
        actor="dr-1",
        role="physician",
        site="north",
        signatures=[Signature("dr-1", "physician", "device-key")],
    )


def sent(house: Hospital, line: dict[str, Any]) -> Any:
    from proband.cli.record.written import command_of

    return house.record.execute(command_of(line))


def asked(house: Hospital, key: SigningKey) -> dict[str, Any]:
    house.refer("S-1")
    house.screen("S-1")
    command = consent()
    command.signatures[0].key = key.id
    return json.loads(json.dumps(prompt(house.record, command)))


def test_a_prompt_is_signed_away_from_the_record_and_comes_back_as_a_line(
    house: Hospital, tmp_path: Path
) -> None:
    key = house.enrol_elsewhere("dr-1")
    made = asked(house, key)
    before = house.record.state.seq
    assert code(lambda: line_of(made)) == "record.elsewhere.unsigned-yet"
    line = line_of(signed_elsewhere(read_prompt(json.dumps(made)), key))
    assert sent(house, line).seq == before + 1
    assert sent(house, line).repeated
    house.record.close()
    assert verify_record(tmp_path / "record").ok


AFTERWARDS = {
    "data": lambda c: c["command"]["data"].update(age_years=41),
    "subject": lambda c: c["command"].update(subject="S-2"),
    "time": lambda c: c["command"].update(at="2026-03-02T07:59:59.000Z"),
    "role": lambda c: c["command"]["sign"][0].update(role="custodian"),
}
BEFOREHAND = {
    "programme": lambda c: c.update(programme="f" * 64),
    "instance": lambda c: c.update(instance="0" * 32),
    "study": lambda c: c.update(study="OTHER"),
    "role": lambda c: c["command"]["sign"][0].update(role="custodian"),
}


@pytest.mark.parametrize(
    ("change", "after"), [*((one, True) for one in AFTERWARDS), *((one, False) for one in BEFOREHAND)]
)
def test_what_was_signed_is_what_is_recorded_or_nothing_is(house: Hospital, change: str, after: bool) -> None:
    """A prompt that was changed after it was signed, or that was of another record or version when it was."""
    key = house.enrol_elsewhere("dr-1")
    made = asked(house, key)
    house.refer("S-2")
    house.screen("S-2")
    if after:
        made = json.loads(json.dumps(signed_elsewhere(made, key)))
        AFTERWARDS[change](made)
    else:
        BEFOREHAND[change](made)
        made = signed_elsewhere(made, key)
    with pytest.raises(Refused) as refused:
        sent(house, line_of(made))
    assert "signature" in refused.value.gates


def test_a_prompt_is_for_the_keys_that_it_names(house: Hospital) -> None:
    made = asked(house, house.enrol_elsewhere("dr-1"))
    assert code(lambda: signed_elsewhere(made, SigningKey.generate())) == "record.elsewhere.key"
    unsigned = consent()
    unsigned.signatures = []
    assert code(lambda: prompt(house.record, unsigned)) == "record.elsewhere.unsigned"


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", '{"format": "proband-prompt-1"}', '{"format": "proband-prompt-1", "command": {"sign": []}}',
                                  '{"format": "proband-prompt-1", "command": {"sign": [3]}}', "[" * 100_000])  # fmt: skip
def test_what_is_no_prompt_and_no_identity_is_said(text: str) -> None:
    assert code(lambda: read_prompt(text)) == "record.elsewhere.prompt"
    assert code(lambda: read_identity(text)) == "record.elsewhere.identity"


@pytest.mark.parametrize("sign", [{"key": 3}, {"at": ["2026"]}, {"key": {"a": 1}}])
def test_a_signature_of_another_form_is_no_signature(house: Hospital, sign) -> None:
    line = {
        "verb": "participant.refer",
        "subject": "S-1",
        "actor": "dr-1",
        "role": "physician",
        "site": "north",
        "sign": [{"signer": "dr-1", "role": "physician", **sign}],
    }
    assert code(lambda: sent(house, line)) == "record.command.form"


@pytest.mark.parametrize("value", ["", "AAAA", "?", 3, {"signature": "AAAA"}, [1]])
def test_a_made_up_signature_is_refused(house: Hospital, value) -> None:
    key = house.enrol_elsewhere("dr-1")
    made = asked(house, key)
    made["command"]["sign"][0]["value"] = value
    with pytest.raises((Refused, RecordError)):
        sent(house, line_of(made))
    assert house.record.state.participants["S-1"].consent is None


def test_an_offer_is_for_one_record_and_one_holder(house: Hospital, tmp_path: Path) -> None:
    other = hospital(folder=tmp_path / "other")
    for identity, holder in ((identity_of(other.record), "dr-1"), (identity_of(house.record), "dr-2")):
        with pytest.raises(Refused) as refused:
            house.do(
                "person.enrol",
                "dr-1",
                offer(identity, holder, SigningKey.generate(), name="x"),
                actor="sys-1",
                site="*",
            )
        assert refused.value.gates == ["enrolment"]


# a bed without network


class Bed:
    """A device folder beside a hospital, each step its own process, as it were."""

    def __init__(self, house: Hospital, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.house, self.folder, self.start, self.ms = house, folder, "start-1", 10_000
        monkeypatch.setattr(wards, "this_start", lambda: self.start)
        monkeypatch.setattr(wards, "uptime", lambda: self.ms)
        monkeypatch.setitem(offline.OfflineBedside.open.__func__.__kwdefaults__, "counter", lambda: self.ms)  # type: ignore[attr-defined]
        house.admit("S-1")
        self.product, self.coi, self.label = house.ready("S-1", "1")
        self.key = SigningKey.generate()
        folder.mkdir(mode=0o700)
        self.key.save(folder / "device.key")
        until = stamp(house._clock[0] + timedelta(hours=6))
        made = Command(
            "capsule.issue",
            "CAP-1",
            {"device": self.key.public.hex(), "participants": ["S-1"], "until": until},
            **CUSTODIAN,
        )
        self.file = issue(house.record, made).content

    @property
    def ward(self) -> Ward:
        return Ward(self.folder, clock=lambda: self.house._clock[0])

    def wait(self, minutes: float) -> None:
        self.house.wait(minutes=minutes)
        self.ms += round(minutes * 60_000)

    def check(self) -> None:
        self.do(scans("S-1", self.product, self.label))

    def give(self) -> None:
        self.do(dose("S-1", self.product, self.coi))

    def do(self, command: Command) -> None:
        with self.ward.at_work(self.house.record.people) as bedside:
            bedside.execute(command)

    def back(self) -> Any:
        return reconcile(
            self.house.record, self.ward.hand_back(), Command("capsule.return", "CAP-1", **CUSTODIAN)
        )


@pytest.fixture
def bed(house: Hospital, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bed:
    return Bed(house, tmp_path / "ward", monkeypatch)


def test_each_step_is_a_process_and_the_counter_goes_on(bed: Bed) -> None:
    bed.ward.begin(bed.file, identity_of(bed.house.record))
    bed.wait(5)
    bed.check()
    bed.wait(10)
    bed.give()
    counters = [
        entry["body"]["signatures"][-1]["counter"]
        for entry in json.loads(_content(bed.ward.hand_back()))["queue"]
    ]
    assert [one["n"] for one in counters] == [1, 2]
    assert len({one["run"] for one in counters}) == 1
    assert counters[1]["ms"] - counters[0]["ms"] == 600_000
    bed.wait(1)
    done = bed.back()
    assert (len(done.accepted), done.conflicts) == (2, ())
    assert bed.house.record.state.participants["S-1"].doses[-1].stands


def _content(exported: bytes) -> bytes:
    import base64

    return base64.b64decode(json.loads(exported)["content"])


@pytest.mark.parametrize("start", ["start-2", None])
def test_another_start_of_the_machine_is_another_run(bed: Bed, start: str | None) -> None:
    """What was counted before says nothing of what comes after: how long it was off nobody knows."""
    bed.ward.begin(bed.file, identity_of(bed.house.record))
    bed.check()
    bed.start, bed.ms = start, 500
    bed.wait(10)
    bed.give()
    runs = [
        entry["body"]["signatures"][-1]["counter"]["run"]
        for entry in json.loads(_content(bed.ward.hand_back()))["queue"]
    ]
    assert len(set(runs)) == 2
    done = bed.back()
    assert len(done.accepted) + len(done.conflicts) == 2


def test_a_step_that_is_refused_leaves_the_queue_as_it_was(bed: Bed) -> None:
    bed.ward.begin(bed.file, identity_of(bed.house.record))
    before = (bed.folder / "queue.json").read_bytes()
    bed.wait(61)
    with pytest.raises(Refused) as refused:
        bed.give()
    assert refused.value.gates == ["bedside"]
    assert (bed.folder / "queue.json").read_bytes() == before


def test_a_folder_takes_one_capsule_of_its_own_record_and_device(bed: Bed, tmp_path: Path) -> None:
    other = hospital(folder=tmp_path / "other")
    identity = identity_of(bed.house.record)
    assert code(lambda: bed.ward.begin(bed.file, identity_of(other.record))) == "record.capsule.signature"
    assert (
        code(lambda: bed.ward.begin(bed.file, {**identity, "instance": "0" * 32})) == "record.ward.instance"
    )
    assert code(lambda: bed.give()) == "record.ward.empty"
    bed.ward.begin(bed.file, identity)
    assert code(lambda: bed.ward.begin(bed.file, identity)) == "record.ward.begun"
    (bed.folder / "device.key").unlink()
    SigningKey.generate().save(bed.folder / "device.key")
    assert code(lambda: bed.give()) == "record.capsule.device"
    assert code(lambda: Ward(tmp_path / "nowhere").hand_back()) == "record.ward.empty"


@pytest.mark.parametrize("name", ["queue.json", "run.json", "capsule.json", "doors.json"])
def test_a_folder_that_was_tampered_with_says_so(bed: Bed, name: str) -> None:
    bed.ward.begin(bed.file, identity_of(bed.house.record))
    bed.check()
    (bed.folder / name).write_bytes(b"{")
    with pytest.raises(RecordError):
        bed.give()
    assert (bed.folder / name).read_bytes() == b"{"


def test_the_verbs_end_as_they_say(house: Hospital, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is there is not written over, what cannot be read is said, and a key is its owner's alone."""
    monkeypatch.chdir(tmp_path)
    house.record.close()

    def run(*words: str, ends: int = 0, types: str | None = None) -> str:
        done = CliRunner().invoke(app, ["record", *words], input=types)
        assert done.exit_code == ends, done.output
        return done.output

    run("identity", "record", "--out", "identity.json")
    assert json.loads(run("identity", "record"))["study"] == "SYN"
    run("identity", "record", "--out", "identity.json", ends=2)
    run("key", "my.key", "--out", "public.json")
    assert (tmp_path / "my.key").stat().st_mode & 0o777 == 0o600
    run("key", "my.key", ends=2)
    run("offer", "my.key", "--to", "public.json", "--holder", "dr-1", "--name", "x", ends=2)
    assert (
        json.loads(run("offer", "my.key", "--to", "identity.json", "--holder", "dr-1", "--name", "x"))["key"][
            "kept"
        ]
        == "elsewhere"
    )
    run("sign", "identity.json", "--key", "my.key", ends=2)
    run("prompt", "record", "identity.json", ends=2)
    run("offline-begin", "ward", "--capsule", "none.json", "--of", "identity.json", ends=2)
    run("offline-return", "ward", "--out", "queue.json", ends=2)
    run("offline-do", "ward", "bedside.verify", "B-1", "--actor", "nurse-1", "--keys", "keys", ends=2)
    assert not (tmp_path / "queue.json").exists()
