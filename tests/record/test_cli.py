"""The verbs of the command line, from outside, on the scripted run's record."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from proband.cli.app import app
from proband.cli.record.verifying import verify_target
from proband.record import Record, verify_record
from proband.record.errors import RecordError
from proband.showcase.hospital import ScriptedRun, run


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> ScriptedRun:
    return run(tmp_path_factory.mktemp("demo") / "record")


#: somebody of the demonstration who treats, with a key on its machine
READS = ("--as", "investigator-north")
#: the same at the other site, where the bag is that the run follows
OTHER = "investigator-east"
THERE = ("--as", OTHER)


def call(*arguments: str, code: int = 0, text: str | None = None) -> str:
    result = CliRunner().invoke(app, ["record", *arguments], input=text)
    assert result.exit_code == code, result.output + str(result.exception)
    return result.stdout


def test_the_scripted_run_shows_what_it_promises(played: ScriptedRun) -> None:
    assert played.verify.ok
    assert played.tables_agree
    assert played.allocation_replays
    assert played.flow.steps["referred"] == played.flow.steps["consented"] == 12
    assert sum(played.flow.ends.values()) == 12
    assert played.flow.ends["died"] == 1
    assert played.flow.withdrawn["treatment"] == 1
    assert played.flow.products["rejected"] == 1
    assert [refusal["gates"] for refusal in played.refusals] == [["identity"]]
    assert played.labels.open == 0
    story = " ".join(played.happenings)
    for word in ("sterility", "wrong bag", "withdraws", "dies", "amendment 1.1.0"):
        assert word in story
    kinds = [link.what for link in played.custody]
    order = ["identifier allocated", "collected", "processing begun", "manufacture complete", "divided", "release signed", "handed over", "taken over",
             "thawed", "dose checked", "bedside scans agree", "given", "rest disposed of"]  # fmt: skip
    assert [kinds.index(what) for what in order] == sorted(kinds.index(what) for what in order)
    assert played.batch_record_pdf is not None
    assert played.batch_record_pdf.read_bytes().startswith(b"%PDF")


def test_show_recall_labels_and_batch_record(played: ScriptedRun, tmp_path: Path) -> None:
    folder = str(played.folder)
    # whoever works at one site is told of that one; together the two are told everything, once
    everywhere = [
        [json.loads(call("show", folder, what, "--json", "--as", who)) for who in (READS[1], OTHER)]
        for what in ("flow", "participants")
    ]
    assert [sum(flow["steps"][step] for flow in everywhere[0]) for step in ("referred", "treated")] == [played.flow.steps["referred"], 6]  # fmt: skip
    numbers = sorted(row["number"] for people in everywhere[1] for row in people)
    assert numbers == list(range(1, 13))
    assert all(people for people in everywhere[1])
    assert "consented" in call("show", folder, *READS)
    visits = json.loads(call("show", folder, "visits", "--on", "2027-01-01", "--json", *READS))
    assert {"done", "upcoming"} <= {row["status"] for row in visits}
    custody = json.loads(
        call("show", folder, "custody", "--of", played.coi, "--product", played.product, "--json", *THERE)
    )
    assert len(custody) == len(played.custody)
    assert (
        json.loads(call("show", folder, "events", "--of", "S-01", "--json", *READS))[0]["event"]
        == "participant.referred"
    )
    lot = json.loads(call("show", folder, "products", "--json", *READS))[0]["lots"].split(",")[0]
    assert json.loads(call("recall", folder, lot, "--json", *READS))
    assert "unaccounted for 0" in call(
        "labels", folder, played.product, "--out", str(tmp_path / "l.pdf"), *THERE
    )
    assert (
        json.loads(call("batch-record", folder, played.product, "--out", str(tmp_path), "--json", *THERE))[
            "complete"
        ]
        is True
    )
    for bad in (
        ("show", folder, "nothing", *READS),
        ("show", folder, "custody", *READS),
        ("labels", folder, "none"),
        ("show", folder, "visits", "--on", "x", *READS),
    ):
        call(*bad, code=2)


def test_rebuild_head_verify_backup_restore(played: ScriptedRun, tmp_path: Path) -> None:
    folder = str(played.folder)
    assert json.loads(call("rebuild", folder, "--json"))["ok"] is True
    assert (
        json.loads(call("head", folder, "--json"))["seq"]
        == json.loads(call("verify", folder, "--json"))["events"]
    )
    assert (
        json.loads(call("backup", folder, str(tmp_path / "b.tar.gz"), "--drill", "--json"))["drill"] is True
    )
    call("keys", folder, str(tmp_path / "keys"))
    assert "chain whole" in call(
        "restore", str(tmp_path / "b.tar.gz"), str(tmp_path / "r"), "--keys", str(tmp_path / "keys")
    )
    log = tmp_path / "r" / "events.db"
    heads = tmp_path / "r" / "heads" / "SCI-DEMO.jsonl"
    assert json.loads(call("verify", str(log), "--heads", str(heads), "--json"))["ok"] is True
    call("verify", str(tmp_path / "none"), code=2)
    assert "NOT VERIFIED" in call("verify", str(log), code=1)


def test_init_append_export_erase(tmp_path: Path) -> None:
    folder = str(tmp_path / "sci")
    made = json.loads(
        call(
            "init",
            folder,
            "--study",
            "T-1",
            "--programme",
            "spinal-cord-autologous",
            "--custodian",
            "dm-1",
            "--json",
        )
    )
    assert made["head"]["seq"] == 1
    site = {
        "verb": "site.open",
        "subject": "north",
        "data": {"jurisdiction": "GB"},
        "actor": "dm-1",
        "role": "custodian",
        "site": "*",
        "key": "k1",
    }
    assert (
        json.loads(call("append", folder, "-", "--json", text=json.dumps(site) + "\n"))[0]["repeated"]
        is False
    )
    assert (
        json.loads(call("append", folder, "-", "--json", text=json.dumps(site) + "\n"))[0]["repeated"] is True
    )
    refer = {"verb": "participant.refer", "subject": "S-1", "actor": "dm-1", "role": "custodian", "site": "*"}
    refused = call("append", folder, "-", "--json", text=json.dumps(refer), code=3)
    assert json.loads(refused)["error"]["code"] == "gate.authority.permission"
    for wrong in ('{"verb": 1', "{}", json.dumps({**refer, "colour": "red"})):
        call("append", folder, "-", text=wrong, code=2)
    exported = json.loads(
        call(
            "export",
            folder,
            str(tmp_path / "out"),
            "--purpose",
            "test",
            "--actor",
            "dm-1",
            "--as",
            "dm-1",
            "--json",
        )
    )
    assert exported["rows"]["participants"] == 0
    nobody = call(
        "erase",
        folder,
        "S-1",
        "--actor",
        "dm-1",
        "--reason",
        "asked",
        "--basis",
        "request",
        "--yes",
        "--json",
        code=3,
    )
    assert json.loads(nobody)["error"]["code"] == "gate.stage.missing"
    assert len(json.loads(call("commands", "--json"))) > 60
    assert "therapy.open" in call("commands")


def test_the_demo_verb_prints_the_story(tmp_path: Path) -> None:
    text = " ".join(call("demo", str(tmp_path / "demo")).split())
    assert "wrong bag" in text
    assert "every event passes its gates" in text
    call("demo", str(tmp_path / "demo"), code=2)


def test_the_general_verify_verb_speaks_of_records_too(
    played: ScriptedRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verify_target(str(played.folder))
    verify_target(str(played.folder), heads=played.folder / "heads", as_json=True)
    verify_target(f"sqlite:{played.folder / 'events.db'}", heads=played.folder / "heads")
    assert "every event passes its gates" in " ".join(capsys.readouterr().out.split())
    with pytest.raises(RecordError):
        verify_target(str(played.folder), heads=tmp_path)


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
def test_the_scripted_run_is_the_same_on_postgresql(
    played: ScriptedRun, tmp_path: Path, postgres_database
) -> None:
    _, url = postgres_database()
    other = run(tmp_path / "record", store=url)
    assert other.verify.ok
    assert (other.flow, other.happenings, other.events) == (played.flow, played.happenings, played.events)
    settings = json.loads((tmp_path / "record" / "record.json").read_text())
    assert settings["store"] == url
    assert verify_record(url, tmp_path / "record" / "heads" / "SCI-DEMO.jsonl").ok


def test_the_envelope_makes_a_custodian_through_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Init prints the recovery key; the alarm, the wait and the new custodian are one verb; nothing else is to be had with it."""
    folder, envelope = str(tmp_path / "sci"), tmp_path / "envelope.txt"
    now = [datetime(2026, 3, 2, 8, tzinfo=UTC)]
    opening = Record.open.__func__  # type: ignore[attr-defined]
    monkeypatch.setattr(
        Record, "open", classmethod(lambda cls, place, **_: opening(cls, place, clock=lambda: now[0]))
    )
    made = json.loads(
        call(
            "init",
            folder,
            "--study",
            "T-1",
            "--programme",
            "spinal-cord-autologous",
            "--custodian",
            "dm-1",
            "--json",
        )
    )
    assert "draft" in made["keys"]
    envelope.write_text(made["recovery_key"] + "\n")
    # the custodian's key is gone
    for key in (tmp_path / "sci" / "keys" / "persons").iterdir():
        key.unlink()
    recover = (
        "recover",
        folder,
        "--custodian",
        "dm-2",
        "--reason",
        "the only custodian has left",
        "--envelope",
        str(envelope),
    )
    wrong = tmp_path / "wrong.txt"
    for content, code in (("00" * 32, 3), ("no key", 2)):
        wrong.write_text(content)
        call(*recover[:-1], str(wrong), code=code)
    assert "Alarm" in call(*recover, code=1)
    now[0] += timedelta(days=6, hours=23)
    assert "2026-03-09" in call(*recover, code=1)
    call("recover", folder, "--custodian", "dm-9", "--reason", "another", "--envelope", str(envelope), code=2)
    with Record.open(Path(folder)) as waiting:
        assert any("dm-2" in str(task) for task in waiting.state.tasks.values())
    now[0] += timedelta(hours=2)
    assert json.loads(call(*recover, "--json"))["step"] == "done"
    site = {
        "verb": "site.open",
        "subject": "north",
        "data": {"jurisdiction": "GB"},
        "actor": "dm-2",
        "role": "custodian",
        "site": "*",
    }
    call("append", folder, "-", text=json.dumps(site))
    grant = {"verb": "staff.grant", "subject": "dr-1", "data": {"role": "investigator", "sites": ["north"]}, "actor": "dm-2", "role": "custodian",
             "site": "*", "sign": [{"signer": "dm-2", "role": "custodian"}]}  # fmt: skip
    # two custodians have had keys now: one decides nothing alone
    assert "gate.second-key" in call("append", folder, "-", "--json", text=json.dumps(grant), code=3)
    # so the envelope makes a second one, and the two go on
    again = (*recover[:3], "dm-3", *recover[4:])
    call(*again, code=1)
    now[0] += timedelta(days=7)
    call(*again)
    both = grant | {"sign": [*grant["sign"], {"signer": "dm-3", "role": "custodian"}]}  # type: ignore[misc]
    call("append", folder, "-", text=json.dumps(both))
    assert call("verify", folder, "--anchor", made["anchor"])
    assert "recovery key" in call("recover", "--help")
    assert made["recovery_key"].encode() not in b"".join(
        path.read_bytes() for path in (tmp_path / "sci").rglob("*") if path.is_file()
    )
