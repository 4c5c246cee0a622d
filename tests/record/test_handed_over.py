"""What is sealed is handed over: a record with a folder takes no hash of a forecast or of a seed that nobody gave it, whichever door it comes by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from proband.cli.app import app
from proband.record import randomisation
from proband.record.batch import send
from proband.record.commands import Command, Signature
from proband.record.confidential import seal_allocation
from proband.record.elsewhere import identity_of, line_of, offer, prompt, signed_elsewhere
from proband.record.errands import carry_out
from proband.record.errors import RecordError
from proband.record.heads import SigningKey

from .synthetic import Hospital, handed_over, hospital, view

MADE_UP = {"forecast": "a" * 64, "comparator": "b" * 64, "analysis": "c" * 64, "estimand": "gain"}
SCHEME: dict[str, Any] = {
    "method": "blocked",
    "arms": {"cells": 1, "care": 1},
    "block_sizes": [2, 4],
    "strata": {},
}


@pytest.fixture
def house(tmp_path: Path) -> Hospital:
    blocked = view().model_dump(mode="json")["allocation"] | {"method": "blocked", "block_sizes": [2, 4]}
    return hospital(folder=tmp_path / "record", programme=view(allocation=blocked), forecast=False)


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

    key = SigningKey.generate()
    house.do(
        "person.enrol",
        "sys-1",
        offer(identity_of(house.record), "sys-1", key, name="x"),
        actor="sys-1",
        site="*",
    )
    command.signatures[0].key = key.id
    house.record.execute(command_of(line_of(signed_elsewhere(prompt(house.record, command), key))))


DOORS = [by_execute, by_errand, by_batch, by_prompt]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("verb", "data"), [("forecast.seal", MADE_UP), ("allocation.seal", SCHEME | {"commitment": "d" * 64})]
)
def test_a_made_up_commitment_is_refused_by_every_door(house: Hospital, door, verb, data) -> None:
    with pytest.raises(RecordError) as refused:
        door(house, seal(data, verb))
    assert refused.value.code == "record.command.made-up"
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
        assert "handed over" in done.output


@pytest.mark.parametrize("door", DOORS)
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
    receipt = seal_allocation(house.record, seal(SCHEME, "allocation.seal"), seed=seed)
    assert receipt.body["data"]["commitment"] == randomisation.commitment(seed)
