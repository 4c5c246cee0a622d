"""Who reads a record by the command line: a person of the log, shown by a key; nobody is told what is hidden from them, and a read that opens arms stands in the log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from proband.cli.app import app
from proband.record import Record
from proband.record.commands import Command, Signature
from proband.record.export import export
from proband.record.heads import SigningKey
from proband.record.reading import TELLS_NOTHING
from proband.record.tables import TABLES, table

from .masked import MASKED, admitted, alike, drawn, seal_list, stocked
from .synthetic import ROLES, WHY, Hospital, hospital, view

#: those who treat know, an examiner must not
ASSESSOR = [
    {"role": role, "masked": role == "assessor", "why": WHY}
    for role in ("participant", "treating-team", "assessor")
]
#: an examiner who only looks, and a board that may open arms
MORE = {
    "examiner": (["outcome.record", "visit.record"], []),
    "board": (["hold.*", "safety.review", "allocation.unblind"], []),
}
WITH_READERS = [
    {"id": id, "name": id, "training": training, "may": may} for id, (may, training) in (ROLES | MORE).items()
]
READS = [*TABLES, "visits", "events", "pack", "history", "custody"]


def lived(folder: Path, masking: list[dict[str, Any]], store: str | None = None) -> Hospital:
    house = hospital(folder=folder, store=store, changes={"masking": masking, "roles": WITH_READERS})
    house.do("staff.grant", "ex-1", {"role": "examiner", "sites": ["north"]}, actor="sys-1", site="*")
    for person in ("S-1", "S-2"):
        house.admit(person)
    product, coi, _ = house.ready("S-1", "1")
    house.give(product, "S-1", coi)
    pain = {"visit": "baseline", "on": house.now[:10], "instrument": "pain-nrs", "items": {"pain": 7}}
    house.do("outcome.record", "S-1", pain, actor="dr-1")
    house.record.close()
    return house


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("who-reads") / "r"
    lived(where, ASSESSOR)
    return where


def custodian(house: Hospital, folder: Path, verb: str, subject: str, data: dict[str, Any]) -> None:
    record = Record.open(folder, clock=lambda: house._clock[0])
    signed = [Signature("sys-1", "custodian", "scripted")]
    record.execute(
        Command(verb, subject, data, actor="sys-1", role="custodian", site="*", reason=WHY, signatures=signed)
    )
    record.close()


def run(folder: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["record", words[0], str(folder), *words[1:]])
    return done.exit_code, done.stdout or done.output


def shown(folder: Path, what: str, *words: str) -> tuple[int, str]:
    of = {"history": ("--of", "S-1"), "custody": ("--of", "COI-1")}.get(what, ())
    return run(folder, "show", what, *of, *words, "--json")


def code(output: str) -> str:
    return str(json.loads(output)["error"]["code"])


@pytest.mark.parametrize("what", READS)
def test_where_somebody_is_masked_nothing_is_shown_to_nobody(folder: Path, what: str) -> None:
    for words in ((), ("--reason", "to see")):
        ended, output = shown(folder, what, *words)
        assert (ended, code(output)) == (2, "record.reader.unnamed")


@pytest.mark.parametrize("words", [("recall", "LOT-1"), ("labels", "BAG-1"), ("batch-record", "BAG-1")])
def test_papers_and_recalls_ask_who_reads_as_well(
    folder: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    out = ("--out", str(tmp_path / "p")) if words[0] == "batch-record" else ()
    for person, expected in (
        (None, "record.reader.unnamed"),
        ("ex-1", "record.reader.masked"),
        ("sys-1", "record.reader.masked"),
    ):
        asked = ("--as", person) if person else ()
        ended, output = run(folder, *words, *out, *asked, "--json")
        assert (ended, code(output)) == (2, expected)
    assert not (tmp_path / "p").exists()
    ended, output = run(folder, *words, *out, "--as", "qa-1", "--json")
    assert ended in (0, 1)
    assert "error" not in output


@pytest.mark.parametrize("person", ["ex-1", "sys-1"])
def test_who_need_not_know_is_told_of_nobody_whether_they_were_given_anything(
    folder: Path, person: str
) -> None:
    """With the treated one and the untreated one exchanged, all that is shown would be the same."""
    for what in READS:
        ended, output = shown(folder, what, "--as", person, "--reason", "to see")
        if what not in TELLS_NOTHING:
            assert (ended, code(output)) == (2, "record.reader.masked"), what
            continue
        assert ended == 0, output
        rows = json.loads(output)
        for telling in ("BAG-1", "COI-1", "arm", "doses", "released_at", "collected_at"):
            assert telling not in json.dumps(rows), (what, telling)
    assert not table(Record.open(folder).state, "unblindings")


def test_who_treats_is_shown_everything_and_that_unblinds_nobody(folder: Path) -> None:
    for what in READS:
        ended, output = shown(folder, what, "--as", "dr-1")
        assert ended == 0, (what, output)
    assert "BAG-1" in shown(folder, "doses", "--as", "nurse-1")[1]
    assert not table(Record.open(folder).state, "unblindings")


def test_who_may_open_arms_reads_with_a_reason_that_stands_in_the_log_and_alarms(
    tmp_path: Path, where: str
) -> None:
    """On either engine: nothing is shown to nobody, to whoever is masked, or without a reason."""
    lived(tmp_path / "r", ASSESSOR, store=where if where.startswith("postgres") else None)
    for person, expected in ((None, "record.reader.unnamed"), ("ex-1", "record.reader.masked")):
        ended, output = shown(tmp_path / "r", "doses", *(("--as", person) if person else ()))
        assert (ended, code(output)) == (2, expected)
    ended, output = shown(tmp_path / "r", "doses", "--as", "board-1")
    assert (ended, code(output)) == (2, "record.reader.masked")
    # the pack of the board is theirs
    assert shown(tmp_path / "r", "pack", "--as", "board-1")[0] == 0
    ended, output = shown(tmp_path / "r", "doses", "--as", "board-1", "--reason", "the second death")
    assert ended == 0, output
    assert "BAG-1" in output
    record = Record.open(tmp_path / "r")
    (read,) = table(record.state, "unblindings")
    assert (read["kind"], read["by"]) == ("read", "board-1")
    assert "doses: the second death" in str(record.texts.revealed(read["why"]))
    assert any(task.kind == "alarm" and task.done is None for task in record.state.tasks.values())
    assert record.state.invalid == {}


def test_a_name_is_no_key(tmp_path: Path) -> None:
    house = lived(tmp_path / "r", ASSESSOR)
    for person in ("nobody", "dr-9", "QP-1"):
        assert code(shown(tmp_path / "r", "doses", "--as", person)[1]) == "record.reader.unknown"
    # somebody else's key, and a key of nobody
    own = house.record.people.get("ex-1")
    assert own is not None
    for number, key in enumerate((own, SigningKey.generate())):
        file = tmp_path / f"{number}.key"
        key.save(file)
        assert (
            code(shown(tmp_path / "r", "doses", "--as", "dr-1", "--key", str(file))[1]) == "record.reader.key"
        )
    # whose role was taken reads no more, with whatever key
    custodian(house, tmp_path / "r", "staff.revoke", "nurse-1", {"role": "nurse"})
    assert code(shown(tmp_path / "r", "doses", "--as", "nurse-1")[1]) == "record.reader.unknown"
    # and whose key is not on this machine is not whoever sits at it
    for file in (tmp_path / "r" / "keys" / "persons").glob("*.key"):
        if bytes.fromhex(file.stem).decode() == "dr-1":
            kept = tmp_path / "dr-1.key"
            file.rename(kept)
    assert code(shown(tmp_path / "r", "doses", "--as", "dr-1")[1]) == "record.reader.key"
    assert shown(tmp_path / "r", "doses", "--as", "dr-1", "--key", str(kept))[0] == 0


def test_whoever_holds_a_role_that_need_not_know_is_not_told_in_another_one(tmp_path: Path) -> None:
    house = lived(tmp_path / "r", ASSESSOR)
    custodian(house, tmp_path / "r", "staff.grant", "nurse-2", {"role": "examiner", "sites": ["north"]})
    assert code(shown(tmp_path / "r", "doses", "--as", "nurse-2")[1]) == "record.reader.masked"


def test_after_the_lock_and_where_nobody_is_masked_it_is_told(tmp_path: Path) -> None:
    house = lived(tmp_path / "r", ASSESSOR)
    custodian(house, tmp_path / "r", "study.lock", "SYN", {})
    assert shown(tmp_path / "r", "doses", "--as", "ex-1")[0] == 0
    open_to_all = hospital(folder=tmp_path / "open")
    open_to_all.record.close()
    assert shown(tmp_path / "open", "doses", "--as", "sys-1")[0] == 0


def test_under_seal_nothing_tells_and_whoever_works_there_reads_it_all(tmp_path: Path) -> None:
    changes = {**alike(), "allocation": drawn(), "masking": MASKED}
    house = hospital(folder=tmp_path / "r", programme=view(**changes))
    seal_list(house, bytes(range(32)))
    admitted(house, "S-1")
    stocked(house, {"K-1": "cells", "K-2": "vehicle"})
    house.record.close()
    for what in (*TABLES, "visits", "events", "pack"):
        assert code(shown(tmp_path / "r", what)[1]) == "record.reader.unnamed"
        assert shown(tmp_path / "r", what, "--as", "nurse-1")[0] == 0


def test_tables_that_are_carried_away_are_a_read_of_arms_where_they_tell_them(tmp_path: Path) -> None:
    for name, masking, kinds in (
        ("masked", ASSESSOR, ["exported"]),
        ("open", [one | {"masked": False} for one in ASSESSOR], []),
    ):
        house = lived(tmp_path / name, masking)
        record = Record.open(tmp_path / name, clock=lambda house=house: house._clock[0])
        asked = Command("record.export", "SYN", {}, actor="sys-1", role="custodian", site="*")
        export(record, tmp_path / f"{name}-out", asked, purpose="for the registry")
        rows = table(record.state, "unblindings")
        assert [row["kind"] for row in rows] == kinds
        assert [row["by"] for row in rows] == ["sys-1"] * len(kinds)
        assert record.state.invalid == {}
