"""What is sealed is handed over: a record with a folder takes no hash of a forecast or of a seed that nobody gave it, whichever door it comes by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from proband.cli.app import app
from proband.record import randomisation
from proband.record.backup import backup, copy_keys, restore
from proband.record.batch import send
from proband.record.commands import Command, Signature
from proband.record.confidential import seal_allocation
from proband.record.elsewhere import line_of, prompt, signed_elsewhere
from proband.record.errands import carry_out
from proband.record.errors import RecordError
from proband.record.forecasts import is_kept

from .synthetic import Hospital, handed_over, hospital, view

MADE_UP = {"forecast": "a" * 64, "comparator": "b" * 64, "analysis": "c" * 64, "estimand": "gain"}


@pytest.fixture
def house(tmp_path: Path, where: str) -> Hospital:
    """On either engine, in a folder of its own."""
    store = where if where.startswith("postgres") else None
    blocked = view().model_dump(mode="json")["allocation"] | {"method": "blocked", "block_sizes": [2, 4]}
    return hospital(
        folder=tmp_path / "record", programme=view(allocation=blocked), forecast=False, store=store
    )


def seal(data: dict[str, Any], verb: str = "forecast.seal") -> Command:
    return Command(
        verb,
        "SYN",
        dict(data),
        actor="sys-1",
        role="custodian",
        site="*",
        signatures=[Signature("sys-1", "custodian", "scripted")],
    )


def by_execute(house: Hospital, command: Command) -> None:
    house.record.execute(command)


def by_errand(house: Hospital, command: Command) -> None:
    carry_out(house.record, command)


def by_batch(house: Hospital, command: Command) -> None:
    sent = send(
        house.record, [(1, {"verb": command.verb, "subject": command.subject, "data": command.data}, command)]
    )
    if sent.error is not None:
        raise sent.error


def by_prompt(house: Hospital, command: Command) -> None:
    """Signed away from the record, and brought as a line."""
    from proband.cli.record.written import command_of

    key = house.enrol_elsewhere("sys-1")
    command.signatures[0].key = key.id
    house.record.execute(command_of(line_of(signed_elsewhere(prompt(house.record, command), key))))


DOORS = [by_execute, by_errand, by_batch, by_prompt]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("verb", "data"), [("forecast.seal", MADE_UP), ("allocation.seal", {"commitment": "d" * 64})]
)
def test_a_made_up_commitment_is_refused_by_every_door(house: Hospital, door, verb, data) -> None:
    with pytest.raises(RecordError) as refused:
        door(house, seal(data, verb))
    # doors that know forms ask for the form; below them the record asks for what lies beside the log
    assert refused.value.code in ("record.command.made-up", "record.form.fields")
    assert house.record.state.forecasts == {}
    assert house.record.state.schemes == []


def test_a_made_up_line_is_refused_on_the_command_line(house: Hospital, tmp_path: Path) -> None:
    house.record.close()
    line = {"verb": "forecast.seal", "subject": "SYN", "data": MADE_UP, "actor": "sys-1", "role": "custodian", "site": "*",
            "sign": [{"signer": "sys-1", "role": "custodian", "method": "password"}]}  # fmt: skip
    (tmp_path / "lines.jsonl").write_text(json.dumps(line))
    for words in (
        ["append", str(tmp_path / "record"), str(tmp_path / "lines.jsonl")],
        ["do", str(tmp_path / "record"), "--from", str(tmp_path / "lines.jsonl"), "--actor", "sys-1"],
    ):
        done = CliRunner().invoke(app, ["record", *words])
        assert done.exit_code != 0
        assert "file" in done.output


@pytest.mark.parametrize("door", [by_execute, by_prompt])
def test_what_was_handed_over_goes_in_by_every_door(house: Hospital, door) -> None:
    door(house, seal(handed_over(house.record)))
    assert len(house.record.state.forecasts) == 1


@pytest.mark.parametrize(
    "change", [{"comparator": "b" * 64}, {"analysis": "c" * 64}, {"estimand": "another"}]
)
def test_a_hash_beside_the_one_that_was_handed_over_is_made_up_too(house: Hospital, change) -> None:
    with pytest.raises(RecordError) as refused:
        by_execute(house, seal(handed_over(house.record) | change))
    assert refused.value.code == "record.command.made-up"


def test_a_kept_forecast_that_was_changed_is_none(house: Hospital) -> None:
    hashes = handed_over(house.record)
    assert house.record.folder is not None
    (kept,) = (house.record.folder / "forecasts").iterdir()
    kept.write_text(kept.read_text().replace("0.25", "0.75"))
    with pytest.raises(RecordError):
        by_execute(house, seal(hashes))


def test_a_seed_in_the_vault_is_handed_over(house: Hospital) -> None:
    seed = bytes(range(32))
    receipt = seal_allocation(house.record, seal({}, "allocation.seal"), seed=seed)
    assert receipt.body["data"]["commitment"] == randomisation.commitment(seed)


@pytest.mark.parametrize(
    ("verb", "subject", "data"),
    [
        ("personal.store", "S-1", {"fields": ["name"]}), ("capsule.issue", "CAP-1", {"device": "d" * 64, "participants": ["S-1"], "until": "2026-03-09T00:00Z"}),
        ("capsule.return", "CAP-1", {"events": 0, "accepted": 0, "conflicts": [], "clock_ms": 0}),
        ("programme.adopt", "SYN", {"programme": {"hash": "f" * 64}, "amends": "0" * 64, "changes": ["x"]}),
    ],
)  # fmt: skip
def test_what_the_log_holds_of_an_errand_is_no_form_of_it(house: Hospital, verb, subject, data) -> None:
    """A line that says that data were stored, handed out or read, where nothing was."""
    house.refer("S-1")
    before = house.record.state.seq
    command = Command(verb, subject, data, actor="sys-1", role="custodian", site="*", signatures=[])
    with pytest.raises(RecordError) as refused:
        by_errand(house, command)
    assert refused.value.code == "record.form.fields"
    assert house.record.state.seq == before


def test_no_arm_stands_in_an_unblinding() -> None:
    """Nor one that is not theirs: a line could name one, and the log held it."""
    house = hospital()
    house.admit("S-1")
    for arm, refusal in (("care", True), ("cells", True), (None, False)):
        data = {"urgency": "emergency", "arm": arm}
        if refusal:
            with pytest.raises(RecordError):
                house.do("allocation.unblind", "S-1", data)
        else:
            house.do("allocation.unblind", "S-1", data)


def test_a_backup_has_what_was_sealed(house: Hospital, tmp_path: Path) -> None:
    """The hash alone came back from a restore, and the forecast that it is of was gone."""
    hashes = handed_over(house.record)
    by_execute(house, seal(hashes))
    backup(house.record, tmp_path / "backup.tar.gz")
    copy_keys(tmp_path / "record", tmp_path / "keys")
    assert restore(
        tmp_path / "backup.tar.gz", tmp_path / "restored", keys=tmp_path / "keys", clock=house.record.clock
    ).ok
    (kept,) = (tmp_path / "restored" / "forecasts").iterdir()
    assert kept.name == f"{hashes['forecast']}.json"
    assert is_kept(tmp_path / "restored", None, hashes)
