"""Who reads a record by the command line: a person of the log, shown by a key; nobody is told what is hidden from them, and a read that opens arms stands in the log."""

from __future__ import annotations

import json
import random
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from proband.cli.app import app
from proband.record import Record
from proband.record.commands import Command, Signature
from proband.record.export import export
from proband.record.heads import SigningKey
from proband.record.reading import TELLS_NOTHING, RecordReader
from proband.record.seeing import rows_seen
from proband.record.tables import TABLES, table

from .hostile_time import World, hostile_step
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
            # the pack is of the whole study, and an examiner works at one site of two
            of_all = (person, what) == ("ex-1", "pack")
            assert (ended, code(output)) == (2, "record.reader.site" if of_all else "record.reader.masked"), what  # fmt: skip
            continue
        assert ended == 0, output
        rows = json.loads(output)
        for telling in ("BAG-1", "COI-1", "arm", "doses", "released_at", "collected_at"):
            assert telling not in json.dumps(rows), (what, telling)
    assert not table(Record.open(folder).state, "unblindings")


def test_who_treats_is_shown_everything_and_that_unblinds_nobody(folder: Path) -> None:
    for what in READS:
        ended, output = shown(folder, what, "--as", "dr-1")
        assert ended == (2 if what == "pack" else 0), (what, output)
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
        assert shown(tmp_path / "r", what, "--as", "nurse-1")[0] == (2 if what == "pack" else 0)
    assert shown(tmp_path / "r", "pack", "--as", "pharm-1")[0] == 0


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


# sites


def two_of_them(
    where: Path, masking: list[dict[str, Any]], store: str | None = None, *, harm: bool = False
) -> Path:
    """Somebody at each of two sites, one of them treated, and harmed where that is asked for; a quality person of the south."""
    house = hospital(folder=where, store=store, changes={"masking": masking, "roles": WITH_READERS})
    for name, role in (("ex-2", "examiner"), ("qa-3", "quality")):
        house.do("staff.grant", name, {"role": role, "sites": ["south"]}, actor="sys-1", site="*")
    house.admit("N-PERSON")
    house.admit("S-PERSON", site="south")
    product, coi, _ = house.ready("N-PERSON", "NORTH")
    house.give(product, "N-PERSON", coi)
    house.collect("S-PERSON", "COI-SOUTH", "DIN-SOUTH", site="south")
    if harm:
        house.do("staff.grant", "ex-1", {"role": "examiner", "sites": ["north"]}, actor="sys-1", site="*")
        today = house.now[:10]
        event = {"event": "AE-N", "term": "headache", "grade": 3, "serious": True, "expected": False, "onset": today, "aware_on": today}  # fmt: skip
        house.do("adverse-event.report", "N-PERSON", event)
    house.record.close()
    return where


@pytest.fixture(scope="module")
def two_sites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return two_of_them(tmp_path_factory.mktemp("two-sites") / "r", ASSESSOR)


def test_whoever_is_named_is_narrowed_to_their_site_also_where_nobody_need_be(
    tmp_path: Path, where: str
) -> None:
    """On either engine, in a study in which nobody is masked: named, their own site; unnamed, whoever holds the folder is shown it all."""
    store = where if where.startswith("postgres") else None
    folder = two_of_them(tmp_path / "r", [], store)
    for what in ("participants", "events", "flow"):
        for person, own, others in (("dr-1", NORTHERN, SOUTHERN), ("dr-2", SOUTHERN, NORTHERN)):
            ended, output = shown(folder, what, "--as", person)
            assert ended == 0, output
            assert not others.search(output)
            assert what == "flow" or own.search(output)
        whole = shown(folder, what)[1]
        assert whole == shown(folder, what, "--as", "pharm-1")[1]
    assert json.loads(whole)["steps"]["referred"] == 2


NORTHERN, SOUTHERN = re.compile("N-PERSON|-NORTH"), re.compile("S-PERSON|-SOUTH")


@pytest.mark.parametrize("what", [*TABLES, "visits", "events", "pack", "flow"])
def test_whoever_is_named_is_shown_their_own_site(two_sites: Path, what: str) -> None:
    """Generated over every table: nothing of the other site, and everything of both to whoever works at all of them."""
    everything = shown(two_sites, what, "--as", "pharm-1")[1]
    for person, own, others in (("dr-1", NORTHERN, SOUTHERN), ("dr-2", SOUTHERN, NORTHERN)):
        ended, output = shown(two_sites, what, "--as", person)
        if what == "pack":
            assert (ended, code(output)) == (2, "record.reader.site")
            continue
        assert ended == 0, output
        assert not others.search(output), output
        assert bool(own.search(output)) == bool(own.search(everything))
    if what == "flow":
        assert json.loads(everything)["steps"]["referred"] == 2
        assert json.loads(everything)["numbers"] == 2
        for person, treated in (("dr-1", 1), ("dr-2", 0)):
            counts = json.loads(shown(two_sites, what, "--as", person)[1])
            assert (counts["numbers"], counts["steps"]["referred"], counts["steps"]["treated"]) == (1, 1, treated)  # fmt: skip
            assert sum(counts["ends"].values()) == 1
            assert counts["products"] == ({"administered": 1} if treated else {})


@pytest.mark.parametrize(
    "words",
    [
        ("show", "history", "--of", "N-PERSON"), ("show", "history", "--of", "BAG-NORTH"), ("show", "custody", "--of", "COI-NORTH"),
        ("labels", "BAG-NORTH"), ("batch-record", "BAG-NORTH"),
    ],
)  # fmt: skip
def test_what_is_of_another_site_is_refused_as_what_is_nowhere(
    two_sites: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    out = ("--out", str(tmp_path / "p")) if words[0] == "batch-record" else ()
    nowhere = [re.sub("N-PERSON|BAG-NORTH|COI-NORTH", "NOWHERE", word) for word in words]
    told = []
    for asked in (words, nowhere):
        ended, output = run(two_sites, *asked, *out, "--as", "dr-2", "--json")
        assert (ended, code(output)) == (2, "record.reader.site")
        told.append(re.sub("N-PERSON|BAG-NORTH|COI-NORTH", "NOWHERE", output))
    assert told[0] == told[1]
    assert not (tmp_path / "p").exists()
    ended, output = run(two_sites, *words, *out, "--as", "dr-1", "--json")
    assert ended in (0, 1)
    assert "error" not in output


def test_a_recall_names_the_products_of_ones_own_sites_and_says_that_it_does(two_sites: Path) -> None:
    for lot in ("LOT-1", "NO-SUCH-LOT"):
        done = {
            person: CliRunner().invoke(
                app, ["record", "recall", str(two_sites), lot, "--as", person, "--json"]
            )
            for person in ("qa-1", "qa-3", "pharm-1")
        }
        rows = {person: json.loads(one.stdout) for person, one in done.items()}
        assert rows["qa-1"] == rows["pharm-1"]
        assert rows["qa-3"] == []
        assert bool(rows["qa-1"]) == (lot == "LOT-1")
        said = {person: "what the lot touched elsewhere" in one.stderr for person, one in done.items()}
        assert said == {"qa-1": True, "qa-3": True, "pharm-1": False}


def test_what_leaves_the_record_leaves_it_in_the_name_of_somebody_who_shows_who_they_are_and_works_there(
    tmp_path: Path,
) -> None:
    """Tables of every site and the draft of a case: unnamed, in another's name, of another site, masked; and then by whoever may."""
    with_harm = two_of_them(tmp_path / "r", ASSESSOR, harm=True)
    out = str(tmp_path / "out")
    custodian = ("--actor", "sys-1", "--purpose", "for a test")
    exported = ("export", out, *custodian)
    assert code(run(with_harm, *exported, "--json")[1]) == "record.reader.unnamed"
    assert code(run(with_harm, *exported, "--as", "dr-1", "--json")[1]) == "record.reader.actor"
    own = (
        "export",
        out,
        "--purpose",
        "x y z",
        "--actor",
        "dr-1",
        "--role",
        "physician",
        "--site",
        "north",
        "--as",
        "dr-1",
    )
    assert code(run(with_harm, *own, "--json")[1]) == "record.reader.site"
    assert not Path(out).exists()
    assert run(with_harm, *exported, "--as", "sys-1", "--json")[0] == 0
    case = ("case", "AE-N", "--purpose", "for a test")
    assert code(run(with_harm, *case, "--actor", "sys-1", "--json")[1]) == "record.reader.unnamed"
    south = ("--actor", "dr-2", "--role", "physician", "--site", "south", "--as", "dr-2", "--json")
    for name in ("AE-N", "NOWHERE"):
        assert (
            code(run(with_harm, "case", name, "--purpose", "for a test", *south)[1]) == "record.reader.site"
        )
    masked = ("--actor", "ex-1", "--role", "examiner", "--site", "north", "--as", "ex-1", "--json")
    assert code(run(with_harm, *case, *masked)[1]) == "record.reader.masked"
    # the custodian, from whom arms are hidden, notes what the physician drafts
    drafted = ("--actor", "sys-1", "--as", "dr-1", "--json")
    assert run(with_harm, *case, *drafted)[0] == 0


def test_counts_are_told_by_the_rule_of_everything_else(two_sites: Path, folder: Path) -> None:
    """Of few people a count of the treated tells who was; of a small site the difference of two counts tells its people."""
    ended, output = shown(folder, "flow")
    assert (ended, code(output)) == (2, "record.reader.unnamed")
    for person in ("ex-1", "sys-1"):
        ended, output = shown(folder, "flow", "--as", person)
        assert ended == 0
        assert json.loads(output) == {
            "steps": {"referred": 2, "screened": 2, "consented": 2, "enrolled": 2, "allocated": 2}
        }
    assert json.loads(shown(folder, "flow", "--as", "board-1")[1])["steps"]["treated"] == 1
    ended, output = shown(two_sites, "flow", "--as", "ex-2")
    assert json.loads(output)["steps"]["referred"] == 1


def test_no_row_of_a_random_life_names_anybody_of_another_site_alone() -> None:
    """By the rule itself, on states that nobody wrote: a row of another's site is there only where a container of theirs is here."""
    named = 0
    for seed in range(4):
        world, rng = World(), random.Random(seed)
        for _ in range(60):
            with suppress(AssertionError):
                hostile_step(world, rng)
        state = world.state
        for site in state.sites:
            who = RecordReader("nobody-1", {"physician": [site]})
            here = {one.participant for one in state.products.values() if site in (one.place, one.sent_to)}
            foreign = {one.id for one in state.participants.values() if one.site != site} - here
            for name in TABLES:
                for row in rows_seen(state, who, table(state, name)):
                    words = set(re.findall(r"[\w.-]+", json.dumps(row)))
                    assert not words & foreign, (seed, site, name, row)
                    named += 1
    assert named > 50
