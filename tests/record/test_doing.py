"""No step needs a programmer: every command by its form, with what it does beside the log, tried, asked for, and never half done."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from proband.cli.app import app
from proband.cli.record.written import usage_of
from proband.programme import load, locate
from proband.record import Record, verify_record, view_of
from proband.record.commands import COMMANDS, Command
from proband.record.declare.form import FormError, fields_of
from proband.record.errands import ERRANDS, carry_out, errand_of, form_of, in_the_log
from proband.record.errors import Conflict, RecordError, Refused
from proband.record.fold import fold_all
from proband.record.unbroken import unbroken
from proband.record.vault import texts_of
from proband.trial.allocation import plan_of

from .synthetic import WHY, by, hospital

DRAWN = "5e" * 32


def call(*arguments: str, code: int = 0, text: str | None = None) -> Any:
    result = CliRunner().invoke(app, ["record", *arguments], input=text)
    assert result.exit_code == code, result.output + repr(result.exception)
    return result


def told(*arguments: str, code: int = 0) -> Any:
    return json.loads(call(*arguments, "--json", code=code).stdout)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record with a site, a custodian and an investigator with their trainings, and one participant."""
    folder = tmp_path_factory.mktemp("begun") / "sci"
    call(
        "init",
        str(folder),
        "--study",
        "SCI-1",
        "--programme",
        "spinal-cord-autologous",
        "--custodian",
        "dm-1",
    )
    do = ("do", str(folder))
    call(*do, "site.open", "north", "--jurisdiction", "GB", "--actor", "dm-1")
    for person, role, trainings in (
        ("dr-1", "investigator", ("good-clinical-practice", "protocol")),
        ("st-1", "statistician", ("good-clinical-practice",)),
    ):
        call(*do, "staff.grant", person, "--data.role", role, "--sites", "north", "--actor", "dm-1")
        for training in trainings:
            call(
                *do,
                "staff.train",
                person,
                "--training",
                training,
                "--valid-until",
                "2099-01-01",
                "--actor",
                "dm-1",
            )
    call(*do, "participant.refer", "S-1", "--actor", "dr-1")
    return folder


@pytest.fixture
def folder(begun: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may change."""
    import shutil

    return Path(shutil.copytree(begun, tmp_path / "sci"))


def events(folder: Path) -> int:
    return int(told("verify", str(folder))["events"])


def test_a_form_a_file_and_a_line_are_the_same_command(folder: Path, tmp_path: Path) -> None:
    fields = {"milestone": "walked", "when": "2020", "reached": False}
    said = ("do", str(folder), "milestone.record", "S-1", "--actor", "dr-1")
    typed = told(*said, "--milestone", "walked", "--when=2020", "--reached", "no")
    for name, text in (
        ("f.yaml", "milestone: walked\nwhen: '2020'\nreached: no\n"),
        ("f.json", json.dumps(fields)),
    ):
        (tmp_path / name).write_text(text)
        assert told(*said, "--from", str(tmp_path / name))["event"] == typed["event"]
    # what is typed goes over what the file says; options may stand anywhere
    assert told(
        "do",
        "--when",
        "2021",
        str(folder),
        "--actor",
        "dr-1",
        "milestone.record",
        "S-1",
        "--from",
        str(tmp_path / "f.json"),
    )
    whole = {
        "verb": "milestone.record",
        "subject": "S-1",
        "data": fields,
        "actor": "dr-1",
        "role": "investigator",
        "site": "north",
    }
    lines = tmp_path / "f.jsonl"
    lines.write_text(
        "\n".join(json.dumps(whole | {"data": fields | {"when": year}}) for year in ("2018", "2019")) + "\n"
    )
    assert [one["repeated"] for one in told("do", str(folder), "--from", str(lines))] == [False, False]
    # the same file by the other verb is the same lines: nothing is doubled
    assert [one["repeated"] for one in told("append", str(folder), str(lines))] == [True, True]
    # in whole commands of a file, who does it may be said once
    short = tmp_path / "short.yaml"
    short.write_text(
        "- {verb: query.open, subject: Q-1, data: {about: 1, field: programme, text: why}, actor: dm-2, role: data-manager}\n"
    )
    nobody = told("do", str(folder), "--site", "north", "--from", str(short), code=3)["error"]
    assert "authority" in nobody["details"]["gates"]
    record = Record.open(folder)
    kept = [data["when"] for data in record.state.participants["S-1"].milestones.values()]
    record.close()
    assert kept == ["2020", "2020", "2020", "2021", "2018", "2019"]
    assert verify_record(str(folder)).ok


def test_everything_that_is_wrong_is_told_beside_its_field(folder: Path) -> None:
    before = events(folder)
    said = (
        "do",
        str(folder),
        "adverse-event.report",
        "S-1",
        "--actor",
        "dr-1",
        "--grade",
        "9",
        "--serious",
        "perhaps",
        "--colour",
        "red",
    )
    fields = {one["field"]: one for one in told(*said, code=2)["error"]["details"]["fields"]}
    assert {"grade", "serious", "colour", "event", "term", "expected", "onset", "aware_on"} == fields.keys()
    assert "1 to 5" in fields["grade"]["mend"]
    shown = call(*said, code=2).stderr
    assert "\n  --grade: " in shown
    # what a gate refuses comes with its mend
    refused = call("do", str(folder), "participant.refer", "S-1", "--actor", "dr-1", code=3)
    assert "Mend" in refused.stderr
    assert "choose a new one" in refused.stderr
    for wrong in (
        ("do", str(folder)),
        ("do", str(folder), "participant.reffer", "S-2"),
        ("do", str(folder), "participant.refer"),
        ("do", str(folder), "participant.refer", "S-2", "--actor", "dr-9"),
        ("do", str(folder), "participant.refer", "S-2", "--actor", "dr-1", "--sign", "nobody"),
        ("do", str(folder), "participant.refer", "S-2", "--actor", "dr-1", "--from", str(folder / "none")),
        ("do", str(folder), "command.refuse", "S-2", "--actor", "dr-1", "--verb", "x"),
    ):
        call(*wrong, code=2)
    assert events(folder) == before


def test_a_dry_run_judges_and_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    before, files = events(folder), sorted(path for path in folder.rglob("*") if path.is_file())
    said = ("do", str(folder), "participant.refer")
    (would,) = told(*said, "S-2", "--actor", "dr-1", "--dry-run")
    assert (would["recorded"], would["event"], would["seq"]) == (False, "participant.referred", before + 1)
    (refused,) = told(*said, "S-1", "--actor", "dr-1", "--dry-run", code=3)
    assert refused["error"]["code"] == "gate.unique.taken"
    call(*said, "S-1", "--actor", "dr-1", "--dry-run", code=3)
    # a batch is judged as if what stands before a line had been done; a first role brings a key, which is made and forgotten
    lines = tmp_path / "staff.jsonl"
    grant = {"verb": "staff.grant", "subject": "dr-7", "data": {"role": "investigator", "sites": ["north"]}, "actor": "dm-1", "role": "custodian",
             "site": "*", "sign": [{"signer": "dm-1", "role": "custodian"}]}  # fmt: skip
    train = {"verb": "staff.train", "subject": "dr-7", "data": {"training": "protocol", "valid_until": "2099-01-01"}, "actor": "dm-1",
             "role": "custodian", "site": "*"}  # fmt: skip
    again = train | {"verb": "staff.revoke", "data": {"role": "investigator"}}
    lines.write_text("\n".join(map(json.dumps, (grant, train, again))))
    tried = told("append", str(folder), str(lines), "--dry-run", code=3)
    assert [one["error"] is None for one in tried] == [True, True, False]
    assert {"gate.signature.missing", "gate.reason.missing"} & set(tried[-1]["error"]["details"]["codes"])
    assert events(folder) == before
    assert {path.name for path in folder.rglob("*.key")} == {
        path.name for path in files if path.suffix == ".key"
    }


def seal(folder: Path, *more: str) -> Any:
    return told("do", str(folder), "allocation.seal", "SCI-1", "--actor", "st-1", "--seed", DRAWN, *more)


def test_the_record_seals_the_plan_of_the_programme_with_its_seed(folder: Path) -> None:
    sealed = seal(folder)
    record = Record.open(folder)
    assert record.vault is not None
    assert record.vault.get("allocation/lists", f"seed-{sealed['told']['commitment'][:16]}") == DRAWN
    assert record.state.schemes[-1]["plan"] == plan_of(load("spinal-cord-autologous")).written()
    # the seed stands nowhere in the log
    assert not any(DRAWN.encode() in event.raw for event in record.events())
    record.close()


def test_personal_data_go_into_the_vault_and_come_out_again_on_record(folder: Path) -> None:
    call(
        "do",
        str(folder),
        "personal.store",
        "S-1",
        "--values.name",
        "Ada Example",
        "--values.telephone",
        "012",
        "--actor",
        "dr-1",
    )
    read = (
        "do",
        str(folder),
        "personal.read",
        "S-1",
        "--fields",
        "name",
        "--actor",
        "dr-1",
        "--reason",
        "to call back",
    )
    before = events(folder)
    assert told(*read)["told"] == {"name": "Ada Example"}
    assert "Ada Example" in call(*read).stdout
    assert events(folder) == before + 2, "every reading stands in the log"
    # the same key again is no second reading, and tells nothing
    assert told(*read, "--key", "R-1")["told"]
    assert "told" not in told(*read, "--key", "R-1")
    assert (
        told(*read[:-1], "another reason", "--key", "R-1", code=2)["error"]["code"] == "record.conflict.key"
    )
    assert told(*read[:-2], code=3)["error"]["code"] == "gate.reason.missing"
    # by a line as well
    line = {"verb": "personal.store", "subject": "S-1", "data": {"values": {"street": "1 Example Road"}}, "actor": "dr-1", "role": "investigator",
            "site": "north"}  # fmt: skip
    call("append", str(folder), "-", text=json.dumps(line))
    record = Record.open(folder)
    assert not any(b"Example" in event.raw for event in record.events())
    assert record.vault is not None
    # identity under one key, contact data under another
    assert record.vault.fields("S-1") == ["name"]
    assert record.vault.fields(texts_of("S-1", 0)) == ["street", "telephone"]
    record.close()
    erase = (
        "do",
        str(folder),
        "participant.erase",
        "S-1",
        "--legal-basis",
        "asked",
        "--actor",
        "dm-1",
        "--reason",
        "asked in writing",
    )
    call(*erase, "--scope", "texts")
    assert told(*read)["told"] == {"name": "Ada Example"}
    of_contact = [word if word != "name" else "street" for word in read]
    assert told(*of_contact, code=2)["error"]["code"] == "record.vault.erased"
    call(*erase)
    assert told(*read, code=2)["error"]["code"] == "record.vault.erased"


def test_an_amendment_is_adopted_from_its_bundle(folder: Path, tmp_path: Path) -> None:
    import shutil

    bundle = tmp_path / "amended"
    shutil.copytree(locate("spinal-cord-autologous"), bundle)
    head = bundle / "programme.yaml"
    head.write_text(head.read_text().replace("version: 1.0.0", "version: 1.1.0", 1))
    said = ("do", str(folder), "programme.adopt", "SCI-1", "--bundle", str(bundle), "--kind", "typo", "--changes", "a new number",
            "--actor", "dm-1", "--reason", "amendment 1")  # fmt: skip
    assert told(*said, "--dry-run")[0]["event"] == "programme.adopted"
    assert told(*said)["event"] == "programme.adopted"
    record = Record.open(folder)
    assert record.state.programme == view_of(load(bundle)).hash
    record.close()
    assert told(*said, code=3)["error"]["code"] == "gate.unique.taken"


def test_a_capsule_goes_out_as_a_file_and_comes_back(folder: Path, tmp_path: Path) -> None:
    from proband.record.capsule import OfflineBedside
    from proband.record.heads import SigningKey

    device = SigningKey.generate()
    until = (datetime.now(UTC) + timedelta(hours=8)).isoformat()
    out = tmp_path / "capsule.json"
    issue = ("do", str(folder), "capsule.issue", "CAP-1", "--device", device.public.hex(), "--participants", "S-1", "--until", until,
             "--out", str(out), "--actor", "dm-1")  # fmt: skip
    told(*issue, "--dry-run")
    assert not out.exists()
    refused = (
        *issue[:4],
        "--device",
        device.public.hex(),
        "--participants",
        "S-1",
        "--until",
        until,
        "--out",
        str(out),
        "--actor",
        "dr-1",
    )
    call(*refused, code=3)
    assert not out.exists(), "what was refused hands nothing out"
    assert told(*issue)["told"] == {"file": str(out)}
    assert out.stat().st_mode & 0o077 == 0
    call(*issue, code=2)
    record = Record.open(folder)
    assert record.key is not None
    bedside = OfflineBedside.open(out.read_bytes(), device, {"head": record.key.public}, people=record.people)
    bedside.execute(Command("adverse-event.report", "S-1", {"event": "AE-1", "term": "headache", "grade": 1, "serious": False, "expected": True,
                            "onset": "unknown", "aware_on": datetime.now(UTC).date().isoformat()}, actor="dr-1", role="investigator", site="north"))  # fmt: skip
    record.close()
    queue = tmp_path / "queue.json"
    queue.write_bytes(bedside.export())
    back = ("do", str(folder), "capsule.return", "CAP-1", "--queue", str(queue), "--actor", "dm-1")
    assert told(*back, "--dry-run", code=2)["error"]["code"] == "record.command.rehearsal"
    assert len(told(*back)["told"]["accepted"]) == 1
    assert told("show", str(folder), "adverse_events", "--as", "dr-1")[0]["adverse_event"] == "AE-1"
    assert verify_record(str(folder)).ok


def test_unblinding_tells_the_arm_to_whoever_asks_and_to_nobody_else(tmp_path: Path) -> None:
    """A masked trial: the arm stands in no event, no rehearsal, no prompt, no projection; only in the answer to the one who opened it."""
    from .synthetic import view

    masked = view(
        allocation={"method": "blocked", "block_sizes": [4], "concealment": WHY},
        masking=[
            {"role": role, "masked": True, "why": WHY}
            for role in ("participant", "treating-team", "assessor")
        ],
    )
    house = hospital(folder=tmp_path / "r", programme=masked)
    record = house.record
    data = {"seed": DRAWN}

    carry_out(record, by("sys-1", "custodian", "*", "allocation.seal", "SYN", data))
    for step in (house.refer, house.screen, house.consent, house.enrol):
        step("S-1")
    # whoever may allocate cannot look at the next arm by trying
    (tried,) = record.rehearse([by("dr-1", "physician", "north", "participant.allocate", "S-1", {})])
    assert tried.error is None
    assert not any(arm in repr(tried) for arm in ("cells", "care"))
    house.do("participant.allocate", "S-1", {})
    unblind = by(
        "dr-1", "physician", "north", "allocation.unblind", "S-1", {"urgency": "emergency"}, reason=WHY
    )
    settled, _ = record.prompts(in_the_log(record, unblind))
    assert settled.data["arm"] is None
    before = record.state.seq
    assert record.rehearse([in_the_log(record, unblind)])[0].error is None
    done = carry_out(record, unblind)
    assert done.told["arm"] in ("cells", "care")
    assert done.receipt.seq == before + 1
    assert done.receipt.body["data"] == {"urgency": "emergency", "arm": None}
    assert record.state.participants["S-1"].unblinded
    assert any(task.kind == "alarm" for task in record.state.tasks.values())
    # who may not, learns nothing
    with pytest.raises(Refused):
        carry_out(
            record,
            by(
                "nurse-1", "nurse", "north", "allocation.unblind", "S-1", {"urgency": "emergency"}, reason=WHY
            ),
        )
    house.refer("S-2")
    with pytest.raises(RecordError, match="never allocated"):
        carry_out(
            record,
            by("dr-1", "physician", "north", "allocation.unblind", "S-2", {"urgency": "planned"}, reason=WHY),
        )
    record.close()


#: what the log holds and no form asks for: the plan is the programme's, and of earlier versions are a scheme and a claimed arm
OF_THE_RECORD = {
    "allocation.unblind": {"arm"},
    "allocation.seal": {"plan", "method", "arms", "block_sizes", "strata", "probability"},
}


def test_every_errand_asks_for_no_more_than_its_form_and_takes_no_line_of_the_log_for_it() -> None:
    for verb, form in ERRANDS.items():
        declared = COMMANDS[verb]
        assert form_of(declared) is form
        assert all(field.meaning for field in fields_of(form))
        assert usage_of(declared)
        with pytest.raises(FormError):
            errand_of(declared, {"nothing": 1})
        # a choice that the log leaves open is asked for; the arm is told by the record and by nobody who opens it
        choices = {name for name, field in declared.data.model_fields.items() if not field.is_required()}
        assert choices - form.model_fields.keys() <= OF_THE_RECORD.get(verb, set())
    with pytest.raises(FormError):
        errand_of(COMMANDS["personal.store"], {"fields": ["name"]})
    assert errand_of(COMMANDS["personal.store"], {"values": {"name": "x"}}) is not None


def test_an_errand_that_was_done_is_not_done_again_under_its_key(tmp_path: Path) -> None:
    house = hospital(folder=tmp_path / "r")
    house.refer("S-1")
    store = Command(
        "personal.store",
        "S-1",
        {"values": {"name": "one"}},
        actor="dr-1",
        role="physician",
        site="north",
        key="K-1",
    )
    first = carry_out(house.record, store)
    assert carry_out(house.record, store).receipt.repeated
    with pytest.raises(Conflict):
        carry_out(
            house.record,
            Command(
                "personal.read",
                "S-1",
                {"fields": ["name"]},
                "dr-1",
                "physician",
                "north",
                reason=WHY,
                key="K-1",
            ),
        )
    assert house.record.state.seq == first.receipt.seq
    house.record.close()


# asked for, on a terminal


def test_field_by_field_with_the_meaning_and_the_fault_beside_the_field(folder: Path) -> None:
    answers = ["S-2", "dr-1", "", "deutsch", "de", "y"]
    done = call("do", str(folder), "participant.refer", "--ask", text="\n".join(answers) + "\n")
    assert "the language in which they are spoken to" in done.stderr
    assert "'deutsch' is none" in done.stderr
    assert "participant.referred of S-2" in done.stdout
    # said no at the end: nothing
    before = events(folder)
    call("do", str(folder), "participant.refer", "--ask", text="S-3\ndr-1\n\n\nn\n")
    # several objects by their parts, lists one at a time, amounts with their unit
    answers = ["2020", "", "TH", "unknown product", "none", "unknown", "lump", "", "y"]
    call(
        "do",
        str(folder),
        "elsewhere.record",
        "S-2",
        "--actor",
        "dr-1",
        "--ask",
        text="TH\n2020\n\nnone\nunknown\nlump\n\ny\n",
    )
    assert events(folder) == before + 1
    record = Record.open(folder)
    assert "S-3" not in record.state.participants
    assert record.state.participants["S-2"].elsewhere[0]["warning_signs"] != ["lump"]
    assert record.texts.revealed(record.state.participants["S-2"].elsewhere[0]["warning_signs"]) == ["lump"]
    record.close()


def test_whoever_settles_a_dose_is_asked_for_its_number_as_for_a_correction(folder: Path) -> None:
    naming = {verb for verb, declared in COMMANDS.items() if declared.names_event}
    assert naming == {"event.correct", "event.retract", "product.retract", "donor.retract", "dose.settle"}
    asked = ("dose.settle", "S-1", "--actor", "dr-1", "--reason", "why", "--ask")
    done = call("do", str(folder), *asked, code=1, text="many\n")
    assert "the number of the event that is meant" in done.stderr
    assert "give a number" in done.stderr


def test_what_is_signed_is_shown_before_it_is_signed(folder: Path) -> None:
    answers = ["dr-1", "", "st-1", "", "go on", "stop", "", "stop", "", "y"]
    done = call(
        "do",
        str(folder),
        "decision.record",
        "S-1",
        "--actor",
        "dr-1",
        "--ask",
        text="\n".join(answers) + "\n",
    )
    # one is too few, and is told when the list is ended, not before
    assert done.stderr.count("at least 2") == 1
    assert "dissent: []" in done.stderr
    assert done.stderr.index("signed by dr-1 as investigator: “decision”") < done.stderr.index(
        "Is this right?"
    )


@pytest.fixture
def ctrl_c_is_heard() -> Iterator[None]:
    """Whoever runs the tests in the background has Ctrl-C ignored, and every process that it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def on_a_terminal(*arguments: str, answers: list[bytes], interrupt: bool) -> tuple[int, bytes]:
    """Run the program on a pseudo-terminal, answer its questions, and perhaps press Ctrl-C at the last one."""
    pty = pytest.importorskip("pty")
    child, terminal = pty.fork()
    if child == 0:  # pragma: no cover - the other process
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.execv(sys.executable, [sys.executable, "-m", "proband", "record", *arguments])
    seen = b""
    deadline = time.monotonic() + 60

    def heard() -> bytes:
        """What it says next; nothing where it has ended, or where nothing has come in time."""
        if not select.select([terminal], [], [], max(deadline - time.monotonic(), 0))[0]:
            return b""
        try:
            return os.read(terminal, 4096)
        except OSError:
            return b""

    try:
        for answer in answers:
            while b":" not in seen.rpartition(b"\n")[2] and (piece := heard()):
                seen += piece
            os.write(terminal, answer + b"\n")
            seen += b"\n"
            while (piece := heard()) and b"\n" not in piece:
                seen += piece
            seen += piece
        if interrupt:
            os.write(terminal, b"\x03")
        while piece := heard():
            seen += piece
    finally:
        if time.monotonic() >= deadline:
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        os.close(terminal)
    return os.waitstatus_to_exitcode(status), seen


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals there")
def test_ctrl_c_at_a_question_leaves_nothing(folder: Path) -> None:
    before = events(folder)
    code, seen = on_a_terminal(
        "do", str(folder), "participant.refer", answers=[b"S-9", b"dr-1"], interrupt=True
    )
    assert code == 130, seen
    assert events(folder) == before


@pytest.mark.usefixtures("ctrl_c_is_heard")
def test_ctrl_c_in_the_middle_of_a_command_is_heard_after_it() -> None:
    done: list[str] = []
    before = signal.getsignal(signal.SIGINT)

    def command() -> Iterator[None]:
        with unbroken():
            done.append("event")
            signal.raise_signal(signal.SIGINT)
            done.append("vault")
            yield

    with pytest.raises(KeyboardInterrupt):
        list(command())
    assert done == ["event", "vault"]
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.usefixtures("ctrl_c_is_heard")
def test_ctrl_c_in_a_batch_says_what_is_stored_and_begins_nothing_after_it(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = tmp_path / "three.jsonl"
    refer = {"verb": "participant.refer", "actor": "dr-1", "role": "investigator", "site": "north"}
    lines.write_text("\n".join(json.dumps({**refer, "subject": f"T-{n}"}) for n in (1, 2, 3)))
    execute = Record.execute

    def pressed(record: Record, command: Command) -> Any:
        receipt = execute(record, command)
        if command.subject == "T-2":
            signal.raise_signal(signal.SIGINT)
        return receipt

    with monkeypatch.context() as patched:
        patched.setattr(Record, "execute", pressed)
        result = call("append", str(folder), str(lines), "--json", code=130)
    assert [one["subject"] for one in json.loads(result.stdout)] == ["T-1", "T-2"]
    again = told("append", str(folder), str(lines))
    assert [one["repeated"] for one in again] == [True, True, False]
    record = Record.open(folder)
    assert fold_all(record.events(), "SCI-1") == record.state
    record.close()


def test_no_option_of_the_verb_hides_a_field_but_those_that_data_reaches() -> None:
    """``--data.role`` is how a field is given that has the name of an option; there are as few of them as can be."""
    own = set(re.findall(r"^\s+--([a-z-]+)", call("do", "--help").stdout, re.MULTILINE))
    fields = {name for one in COMMANDS.values() for name in form_of(one).model_fields}
    assert own & {name.replace("_", "-") for name in fields} <= {"role", "key"}
