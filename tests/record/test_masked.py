"""A masked trial: nothing that can be read tells two people's arms apart. What hostile hands try in one is played in ``test_machine``."""

from __future__ import annotations

import base64
import json
import random
import re
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from proband.cli.app import app
from proband.record.capsule import issue
from proband.record.commands import COMMANDS, Command, Signature
from proband.record.errands import carry_out
from proband.record.errors import RecordError, Refused
from proband.record.export import export
from proband.record.heads import SigningKey
from proband.record.sealed_lists import in_drawn_order
from proband.record.tables import TABLES

from .masked import MASKED, admitted, alike, drawn, given, seal_list, seed_of, stocked, trial
from .synthetic import STAFF, WHY, Hospital, hospital, q, view
from .tablet import CUSTODIAN

SEED = bytes(range(32))
ARMS = ("cells", "vehicle")


# two people's arms exchanged


def a_life(folder: Path, arms: tuple[str, str]) -> Hospital:
    """The same life of two people, whichever of them is in which arm."""
    programme = view(**alike(), allocation=drawn(), masking=MASKED)
    # which number somebody draws of those of their arm is chance: here each gets their own first one in both worlds

    def fits(seed: bytes) -> bool:
        first, second = (["K-1", "K-3"], ["K-2", "K-4"])
        return (
            in_drawn_order(seed, "S-1", 1, first) == first
            and in_drawn_order(seed, "S-2", 1, second) == second
        )

    house = trial(folder, seed=seed_of(programme.plan, list(arms), fits=fits))
    admitted(house, "S-1")
    admitted(house, "S-2")
    stocked(house, {"K-1": arms[0], "K-2": arms[1], "K-3": arms[0], "K-4": arms[1]})
    for person in ("S-1", "S-2"):
        house.do("kit.assign", person)
        with suppress(RecordError):
            given(house, person)
        with suppress(RecordError):
            house.do("therapy.open", person, {"coi": f"C-{person}", "regimen": "spinal"})
        house.do("visit.record", person, {"visit": "baseline", "on": house.now[:10]})
        house.do(
            "outcome.record",
            person,
            {"visit": "baseline", "on": house.now[:10], "instrument": "pain-nrs", "items": {"pain": 7}},
        )
    house.do("adverse-event.report", "S-1", {"event": "AE-1", "term": "pain", "category": "other", "grade": 3, "serious": True, "expected": False,
             "onset": house.now[:10], "aware_on": house.now[:10]})  # fmt: skip
    house.wait(days=3)
    with suppress(RecordError):
        house.do("kit.assign", "S-2")
    house.do("query.open", "Q-1", {"about": 30, "field": "place", "text": WHY})
    return house


def printed(folder: Path, *words: str) -> str:
    """What the command line prints to somebody who works there, with how it ends; a line of time that it needed is no part of it."""
    reader = () if words[0] == "verify" else ("--as", "nurse-1")
    done = CliRunner().invoke(app, ["record", words[0], str(folder), *words[1:], *reader])
    return re.sub(r"[0-9.]+ ?s\\b", "", f"{done.exit_code} {done.output}").replace(str(folder), "FOLDER")


def asked_of_everybody(house: Hospital) -> dict[str, str]:
    """What each command says to whoever sends it, of whomever: all that there are, with what the log says of them or with nothing."""
    record = house.record
    said = {event.body["command"]: (event.body["subject"], event.body["data"]) for event in record.events()}
    found = {}
    kits = [one.id for one in record.state.products.values()]
    subjects = {"participant": ["S-1", "S-2"], "product": kits, "label": kits, "study": ["SYN"]}
    for verb, declared in COMMANDS.items():
        known, data = said.get(verb, ("X-1", {}))
        for subject in dict.fromkeys([*subjects.get(declared.subject, []), known]):
            for actor, (role, _) in STAFF.items():
                given = [data, {}] + [{**data, "participant": one, "wristband": one, "kit": subject} for one in ("S-1", "S-2") if verb == "kit.give"]  # fmt: skip
                for number, told in enumerate(given):
                    command = Command(verb, subject, dict(told), actor=actor, role=role, site="north", reason=WHY, signatures=[Signature(actor, role, "scripted")])  # fmt: skip
                    tried = record.rehearse([command])[0]
                    error = tried.error
                    found[f"{verb} of {subject} by {actor}, {number}"] = str(error and (error.code, error.message, error.mend))  # fmt: skip
    return found


def readable(house: Hospital, folder: Path) -> dict[str, str]:
    """Everything that whoever has the record can read without being told an arm: events, each table whole and by each of its keys, packs, histories, papers, reports, exports, what
    each command answers to everybody, verification, and the sizes of files and of what is sealed in them."""
    record = house.record
    found = {f"event {event.seq}": event.raw.decode() for event in record.events()}
    found |= asked_of_everybody(house)
    try:
        record.execute(Command("kit.give", "K-4", {"participant": "S-1", "wristband": "S-1", "kit": "K-4", "route": "intrathecal", "dose": q(8e7, "{cells}")},
                               actor="dr-1", role="physician", site="north"))  # fmt: skip
    except RecordError as error:
        found["message of a dose"] = error.message
    ward = SigningKey.generate()
    out = issue(record, Command("capsule.issue", "CAP-1", {"device": ward.public.hex(), "participants": ["S-1", "S-2"], "until": "2026-03-09T00:00:00.000Z"}, **CUSTODIAN))  # fmt: skip
    told = json.loads(base64.b64decode(json.loads(out.content)["content"]))
    events = [base64.b64decode(raw).decode() for _, _, raw in told.pop("events")]
    found["capsule"] = json.dumps([told, events])
    found["size of a capsule"] = str(len(out.content))
    for name in ("record.export",):
        export(record, folder / "out", Command(name, "SYN", {}, actor="sys-1", role="custodian", site="*"), purpose="for the test")  # fmt: skip
    for file in sorted((folder / "out").rglob("*")):
        if file.suffix == ".parquet":
            found[f"export {file.name}"] = pl.read_parquet(file).write_json()
        elif file.is_file():
            found[f"export {file.name}"] = file.read_bytes().decode(errors="replace")
    names = sorted({*record.state.participants, *record.state.products, *record.state.adverse_events})
    record.close()
    for what in ("flow", "pack", *TABLES):
        for how in ((), ("--json",)):
            found[f"show {what} {how}"] = printed(folder, "show", what, *how)
        for name in names:
            found[f"show {what} of {name}"] = printed(folder, "show", what, "--of", name, "--json")
    found["show visits"] = printed(folder, "show", "visits", "--on", "2026-06-01")
    for name in names:
        for what in ("history", "events", "custody"):
            found[f"show {what} of {name}"] = printed(folder, "show", what, "--of", name, "--json")
        for paper in ("labels", "recall"):
            found[f"{paper} of {name}"] = printed(folder, paper, name)
        found[f"batch record of {name}"] = printed(
            folder, "batch-record", name, "--out", str(folder / "papers")
        )
    for paper in sorted((folder / "papers").glob("*.html")) if (folder / "papers").exists() else ():
        found[f"paper {paper.name}"] = paper.read_text()
    found["verify"] = printed(folder, "verify")
    found["verify with the vault"] = printed(folder, "verify", "--list", "vault")
    # of files the sizes in whole pages: what a database pads is its own; of what is sealed, to the byte
    found["log"] = str((folder / "events.db").stat().st_size // 4096)
    with closing(sqlite3.connect(folder / "vault.db")) as vault:
        rows = vault.execute("SELECT subject, field, length(box) FROM sealed ORDER BY rowid").fetchall()
    found["sealed"] = str([(subject, len(field), size) for subject, field, size in rows])
    found["files"] = str(sorted((str(file.relative_to(folder)), file.stat().st_size // 4096) for file in folder.rglob("*") if file.is_file() and UNIFORM.sub("", file.name) == file.name))  # fmt: skip
    return found


#: digests, keys, salts, signatures and idempotency keys: uniform in both worlds, of one length, and different in any two records
UNIFORM = re.compile(
    r"[0-9a-f]{64}|[0-9a-f]{32}|[A-Za-z0-9+/]{86}==|[A-Za-z0-9+/]{43}=|\b[0-9a-f]{16}\b|\b[0-9a-f]{12}\b"
)


def test_with_two_people_s_arms_exchanged_everything_that_can_be_read_is_the_same(tmp_path: Path) -> None:
    one, other = (
        readable(a_life(tmp_path / "-".join(arms), arms), tmp_path / "-".join(arms))
        for arms in (ARMS, ARMS[::-1])
    )
    assert one.keys() == other.keys()
    assert len(one) > 4_000
    for name in one:
        assert len(one[name]) == len(other[name]), name
        assert UNIFORM.sub("·", one[name]) == UNIFORM.sub("·", other[name]), name
    # the test can see: an arm that stood anywhere would be another text in the other world
    assert UNIFORM.sub("·", '"arm":"cells"') != UNIFORM.sub("·", '"arm":"vehicle"')


def test_the_numbers_that_are_passed_over_tell_nobody_s_arm() -> None:
    """Whoever sees the stock guesses that a kit which was passed over, though it comes first by its time or its number, is of another arm than whoever was passed over:
    so that whoever is given it later is in another arm. The guess must be as good as none."""
    guessed = right = 0
    for world in range(10):
        house, rng = trial(seed=bytes([world]) * 32), random.Random(world)
        arms = [*ARMS * 6]
        rng.shuffle(arms)
        content = {f"K-{number:02}": arm for number, arm in enumerate(arms)}
        for kit, arm in content.items():
            stocked(house, {kit: arm}, expires=f"2027-0{rng.randrange(1, 4)}-01T00:00:00.000Z")
        # each time: the kit that was given, and those of the stock that were passed over
        seen: list[tuple[str, set[str]]] = []
        for number in range(6):
            admitted(house, f"S-{number}")
            there = [one for one in house.record.state.products.values() if one.kit and not one.participant]
            in_order = [one.id for one in sorted(there, key=lambda one: (one.expires_at or "", one.id))]
            kit = house.do("kit.assign", f"S-{number}").body["data"]["kit"]
            seen.append((kit, set(in_order[: in_order.index(kit)])))
        for number, (kit, passed) in enumerate(seen):
            for later, _ in seen[number + 1 :]:
                if later in passed:
                    guessed, right = guessed + 1, right + (content[kit] != content[later])
    assert guessed > 20
    assert 0.35 < right / guessed < 0.75, (right, guessed)


def test_the_stock_tells_nobody_s_arm_by_running_out() -> None:
    """With no kit of one arm left nobody is served: the refusal is the same for both."""
    for out in ARMS:
        house = trial(seed=SEED)
        for n in range(1, 5):
            admitted(house, f"S-{n}")
        stocked(house, {"K-1": out})
        said = set()
        for n in range(1, 5):
            with pytest.raises(RecordError) as refused:
                house.do("kit.assign", f"S-{n}")
            said.add((refused.value.code, refused.value.message))
        assert len(said) == 1
        assert "record.kit.stock" in next(iter(said))


def test_a_hold_on_a_product_stops_every_kit_for_any_could_be_of_it() -> None:
    """A hold on the product of one arm that let the kits of the other through would tell which is which."""
    changes = alike()
    safety = view().model_dump(mode="json")["safety"]
    blocks = ["enrolment", "release", "administration"]
    safety["holds"].append({"id": "stop-product", "scope": "product", "blocks": blocks, "lifted_by": ["board"], "notice": WHY})  # fmt: skip
    for held in ("cells", "vehicle"):
        house = hospital(programme=view(**changes, allocation=drawn(), masking=MASKED, safety=safety))
        seal_list(house, SEED)
        for person in ("S-1", "S-2"):
            admitted(house, person)
        stocked(house, {f"K-{n}": ARMS[n % 2] for n in range(6)})
        stocked(house, {"K-6": "cells", "K-7": "vehicle"}, released=False)
        house.do("kit.assign", "S-1")
        house.do("hold.place", "HOLD-1", {"hold": "stop-product", "target": held}, actor="board-1")
        for kit in ("K-6", "K-7"):
            with pytest.raises(Refused) as refused:
                house.do("kit.release", kit, {}, actor="qa-1")
            assert refused.value.gates == ["hold"]
        with pytest.raises(Refused) as refused:
            house.do("kit.assign", "S-2")
        assert refused.value.gates == ["hold"]
        with pytest.raises(Refused) as refused:
            given(house, "S-1")
        assert refused.value.gates == ["hold"]
        house.do("hold.lift", "HOLD-1", {}, actor="board-1")
        given(house, "S-1")


def test_only_who_keeps_the_kits_is_told_what_is_in_them_and_it_is_a_read() -> None:
    house = trial(seed=SEED)
    admitted(house, "S-1")
    stocked(house, {"K-1": "cells", "K-2": "vehicle"})
    house.do("kit.assign", "S-1")

    def ask(actor: str, role: str) -> Command:
        return Command(
            "kit.open",
            "SYN",
            {},
            actor=actor,
            role=role,
            site="north",
            reason=WHY,
            signatures=[Signature(actor, role, "scripted")],
        )

    for actor, role in (("dr-1", "physician"), ("nurse-1", "nurse"), ("qa-1", "quality")):
        with pytest.raises(Refused):
            carry_out(house.record, ask(actor, role))
    told = carry_out(house.record, ask("pharm-1", "pharmacist")).told["kits"]
    assert {name: one["arm"] for name, one in told.items()} == {"K-1": "cells", "K-2": "vehicle"}
    (mine,) = [one for one in told.values() if one["for"] == "S-1"]
    assert mine["regimen"] in ("spinal", "spinal-vehicle")
    assert [one["kind"] for one in house.record.state.unblindings.values()] == ["kits read"]


@pytest.mark.parametrize(
    "change", [{"route": "intravenous"}, {"administrations": 3}, {"interval": q(7, "d")}, {"bedside_persons": 1}, {"dose": None}]
)  # fmt: skip
def test_arms_that_are_not_given_alike_cannot_be_hidden_by_kits(change: dict[str, Any]) -> None:
    changes = alike()
    if change == {"dose": None}:
        changes["arms"][1] = {"id": "vehicle", "name": "no product", "comparator": "care", "weight": 1}
    else:
        changes["regimens"][1] |= change
    house = hospital(programme=view(**changes, allocation=drawn(), masking=MASKED))
    seal_list(house, SEED)
    admitted(house, "S-1")
    with pytest.raises(Refused, match="cannot hide"):
        stocked(house, {"K-1": "cells"}, released=False)
