"""A masked trial: nothing that can be read tells two people's arms apart. What hostile hands try in one is played in ``test_machine``."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from proband.record.commands import Command, Signature
from proband.record.denominators import flow
from proband.record.errands import carry_out
from proband.record.errors import RecordError, Refused

from .masked import MASKED, admitted, alike, drawn, given, seal_list, seed_of, stocked, trial
from .synthetic import WHY, Hospital, hospital, q, view

SEED = bytes(range(32))
ARMS = ("cells", "vehicle")


# two people's arms exchanged


def a_life(folder: Path, arms: tuple[str, str]) -> Hospital:
    """The same life of two people, whichever of them is in which arm."""
    programme = view(**alike(), allocation=drawn(), masking=MASKED)
    house = trial(folder, seed=seed_of(programme.plan, list(arms)))
    admitted(house, "S-1")
    admitted(house, "S-2")
    # which number is of which arm is the pharmacy's affair: here whoever comes first gets the first number in both worlds
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


def readable(house: Hospital, folder: Path) -> dict[str, str]:
    """Everything that whoever has the record can read without being told an arm: events, tables, pack, history, export, messages, verification."""
    from proband.record.errors import RecordError as Error
    from proband.record.export import export
    from proband.record.findings import board_pack
    from proband.record.history import history
    from proband.record.tables import TABLES, table
    from proband.record.verify import verify_record

    record = house.record
    found = {f"event {event.seq}": event.raw.decode() for event in record.events()}
    found |= {
        f"table {name}": json.dumps(record.texts.revealed(table(record.state, name)), default=str)
        for name in TABLES
    }
    found["pack"] = json.dumps(board_pack(record.state).as_dict(), default=str)
    found["flow"] = str(flow(record.state))
    for person in ("S-1", "S-2"):
        found[f"history {person}"] = json.dumps(
            [one.as_dict() for one in history(record, person)], default=str
        )
    by = {"actor": "dr-1", "role": "physician", "site": "north"}
    for number, attempt in enumerate((
        Command("kit.assign", "S-1", {}, **by), Command("kit.assign", "S-2", {}, **by), Command("kit.assign", "S-1", {"kit": "K-4"}, **by),
        Command("participant.allocate", "S-1", {"arm": "cells"}, **by), Command("therapy.open", "S-1", {"coi": "C-9", "regimen": "spinal"}, **by),
        Command("therapy.open", "S-2", {"coi": "C-9", "regimen": "spinal-vehicle"}, **by),
    )):  # fmt: skip
        tried = record.rehearse([attempt])[0]
        found[f"message {number}"] = str(
            tried.error and (tried.error.code, tried.error.message, tried.error.mend)
        )
    try:
        record.execute(
            Command(
                "kit.give",
                "K-4",
                {
                    "participant": "S-1",
                    "wristband": "S-1",
                    "kit": "K-4",
                    "route": "intrathecal",
                    "dose": q(8e7, "{cells}"),
                },
                **by,
            )
        )
    except Error as error:
        found["message of a dose"] = error.message
    export(
        record,
        folder / "out",
        Command("record.export", "SYN", {}, actor="sys-1", role="custodian", site="*"),
        purpose="for the test",
    )
    import polars as pl

    for file in sorted((folder / "out").glob("*.parquet")):
        found[f"export {file.name}"] = pl.read_parquet(file).write_json()
    record.close()
    found["verify"] = re.sub(r"[0-9.]+ ?s", "", str(verify_record(folder)))
    # of files the sizes in whole pages: what a database pads is its own
    found["log"] = str((folder / "events.db").stat().st_size // 4096)
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
    assert len(one) > 60
    for name in one:
        assert len(one[name]) == len(other[name]), name
        assert UNIFORM.sub("·", one[name]) == UNIFORM.sub("·", other[name]), name
    # the test can see: an arm that stood anywhere would be another text in the other world
    assert UNIFORM.sub("·", '"arm":"cells"') != UNIFORM.sub("·", '"arm":"vehicle"')


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
