"""Whoever compares the arms of a record's study before it is locked stands in that record first, by every verb that compares them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from proband.cli.app import run as program
from proband.record import Command, Record
from proband.record.export import export
from proband.record.tables import table
from record.masked import admitted, trial

CUSTODIAN = {"actor": "sys-1", "role": "custodian", "site": "*"}
BY = ("--actor", "dr-1", "--role", "physician", "--site", "north")


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An open trial of four people, exported."""
    monkeypatch.chdir(tmp_path)
    made = trial(tmp_path / "record", masked=False, seed=bytes(range(32)))
    for n in range(1, 5):
        admitted(made, f"S-{n}")
    export(
        made.record, tmp_path / "out", Command("record.export", "SYN", **CUSTODIAN), purpose="interim look"
    )
    yield made
    made.record.close()


@pytest.fixture
def ends(capsys: pytest.CaptureFixture[str]) -> Any:
    def invoke(*words: str) -> tuple[int, str]:
        code = program(list(words))
        said = capsys.readouterr()
        return code, " ".join((said.out + said.err).split())

    return invoke


def looks(folder: Path = Path("record")) -> list[tuple[str, str, str]]:
    with Record.open(folder) as record:
        rows = [record.texts.revealed(row) for row in table(record.state, "unblindings")]
        return [(row["kind"], row["by"], row["why"]) for row in rows]


@pytest.mark.parametrize("verb", ["analyse", "closed", "final"])
def test_a_look_at_arms_is_entered_before_anything_is_told(verb: str, house: Any, ends: Any) -> None:
    words = ["analyse", "liver-cells", "out/trial.parquet"]
    why = ("--why", "synthetic first look")
    if verb != "analyse":
        code, said = ends("study", "lock", "liver-cells", "--by", "statistician", "--key", "me.pem")
        assert code == 0, said
        words = [
            "study",
            verb,
            "liver-cells",
            "out/trial.parquet",
            "--plan",
            "plan.json",
            "--by",
            "statistician",
        ]
        why = ("--stopped", "synthetic first look") if verb == "final" else why
    # in no record, by nobody
    needed = () if verb == "final" else (why if verb == "closed" else ())
    for part in ((), ("--record", "record"), BY):
        code, said = ends(*words, *needed, *part)
        assert code == 2
        assert "who compares arms before then stands in the record" in said
    assert not looks()
    # by somebody who may not open arms: the record refuses, nothing is told
    code, said = ends(
        *words, *why, "--record", "record", "--actor", "nurse-1", "--role", "nurse", "--site", "north"
    )
    assert code == 3, said
    assert not looks()
    # by somebody who may; these people are of no arm of the bundle, and even so they were looked at
    code, said = ends(*words, *why, "--record", "record", *BY)
    assert looks() == [("read", "dr-1", "synthetic first look")], said
    assert "entered in record as event" in said


def test_another_record_does_not_do(house: Any, ends: Any, tmp_path: Path) -> None:
    other = trial(tmp_path / "other", masked=False, seed=bytes(range(32)))
    other.record.close()
    code, said = ends(
        "analyse", "liver-cells", "out/trial.parquet", "--record", "other", "--why", "synthetic", *BY
    )
    assert code == 2
    assert "was not exported from the record" in said
    assert not looks(tmp_path / "other")


def test_once_the_study_is_locked_and_for_one_person_nothing_is_entered(house: Any, ends: Any) -> None:
    # one person: no arms are compared
    _, said = ends("analyse", "mitochondria-hpdl", "out/trial.parquet")
    assert "stands in the record" not in said
    house.do("study.lock", "SYN", {}, actor="sys-1", role="custodian", site="*")
    export(
        house.record, Path("after"), Command("record.export", "SYN", **CUSTODIAN), purpose="final analysis"
    )
    assert json.loads(Path("after/manifest.json").read_bytes())["locked"] is True
    _, said = ends("analyse", "liver-cells", "after/trial.parquet")
    assert "stands in the record" not in said
    assert not looks()
    # a table of nobody's record: a simulation's, or one that was moved away from its manifest
    Path("out/manifest.json").unlink()
    _, said = ends("analyse", "liver-cells", "out/trial.parquet")
    assert "stands in the record" not in said
