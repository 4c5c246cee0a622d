"""A kit is given as a bag is: with the same questions, without network too, under the version in force, and of no recalled lot."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from proband.record.capsule import OfflineBedside, Reconciled, issue, reconcile
from proband.record.commands import COMMANDS, Command, Signature
from proband.record.errors import RecordError, Refused
from proband.record.events import stamp
from proband.record.fold import fold_all
from proband.record.heads import SigningKey
from proband.record.verify import verify_store

from .masked import MASKED, admitted, alike, drawn, given, seal_list, stocked
from .synthetic import ROLES, WHY, Hospital, hospital, product, q, view
from .tablet import CUSTODIAN, judging_nothing

SEED = bytes(range(32))
T = q(4, "Cel")


def masked(where: str = ":memory:", **changes: Any) -> Hospital:
    """A masked trial with a place and a kit for S-1, checked and not given."""
    changes = {**alike(), "allocation": drawn(), "masking": MASKED, **changes}
    house = hospital(where, programme=view(**changes))
    house.changes = changes
    house.record.key = SigningKey.generate()
    seal_list(house, SEED)
    admitted(house, "S-1")
    stocked(house, {"K-1": "cells", "K-2": "vehicle", "K-3": "cells", "K-4": "vehicle"})
    return house


def kit_of(house: Hospital, person: str = "S-1") -> str:
    """The kit that somebody has and was not given."""
    return next(one.id for one in house.record.state.products.values() if one.participant == person and one.status in ("manufactured", "released"))  # fmt: skip


def ready(where: str = ":memory:", **changes: Any) -> tuple[Hospital, str]:
    house = masked(where, **changes)
    house.do("kit.assign", "S-1")
    kit = kit_of(house)
    house.check(kit, "S-1")
    return house, kit


def scanned(number: str, **changes: Any) -> Command:
    data = {"participant": "S-1", "wristband": "S-1", "kit": number, "route": "intrathecal", "dose": q(8e7, "{cells}"), "inputs": {"weight": q(80.0, "kg")}}  # fmt: skip
    signed = [Signature("dr-1", "physician", "scripted"), Signature("nurse-1", "nurse", "scripted")]
    return Command("kit.give", number, data | changes, actor="dr-1", role="physician", site="north", signatures=signed)  # fmt: skip


class Ward:
    """A tablet with a capsule for S-1, whose clock may be wrong."""

    def __init__(self, house: Hospital, hours: float = 12) -> None:
        self.house, self.wrong, self.device = house, 0.0, SigningKey.generate()
        until = stamp(house._clock[0] + timedelta(hours=hours))
        data = {"device": self.device.public.hex(), "participants": ["S-1"], "until": until}
        self.file = issue(house.record, Command("capsule.issue", "CAP-1", data, **CUSTODIAN))
        record, begun = house.record, house._clock[0]
        assert record.key is not None
        self.bedside = OfflineBedside.open(
            self.file.content, self.device, {"r": record.key.public}, people=record.people,
            clock=lambda: house._clock[0] + timedelta(seconds=self.wrong),
            counter=lambda: 5_000 + round((house._clock[0] - begun).total_seconds() * 1000),
        )  # fmt: skip

    def back(self) -> Reconciled:
        return reconcile(self.house.record, self.bedside.export(), Command("capsule.return", "CAP-1", **CUSTODIAN))  # fmt: skip


def stands(house: Hospital) -> list[bool]:
    """Which doses of S-1 stand, in a log that says the same when it is folded anew."""
    state = house.record.state
    assert state.invalid == {}
    assert fold_all(house.record.events(), "SYN") == state
    assert verify_store(house.record.store, "SYN", None, {}).rules_ok
    return [dose.stands for dose in state.participants["S-1"].doses]


# without network


def test_a_kit_is_given_without_network(where: str) -> None:
    house, kit = ready(where)
    ward = Ward(house)
    house.wait(minutes=30)
    ward.bedside.execute(scanned(kit))
    house.wait(minutes=30)
    back = ward.back()
    assert (len(back.accepted), back.conflicts) == (1, ())
    assert stands(house) == [True]
    assert house.record.state.products[kit].status == "administered"


@pytest.mark.parametrize(
    ("wrong", "gate"),
    [
        ({"wristband": "S-2"}, "identity"), ({"kit": "K-9"}, "identity"), ({"route": "intravenous"}, "route"),
        ({"dose": q(9e7, "{cells}")}, "second-check"), ({"inputs": {"weight": q(81.0, "kg")}}, "second-check"),
    ],
)  # fmt: skip
def test_the_same_gates_stand_at_the_bed_without_network(wrong: dict[str, Any], gate: str) -> None:
    house, kit = ready()
    ward = Ward(house)
    with pytest.raises(Refused) as refused:
        ward.bedside.execute(scanned(kit, **wrong))
    assert gate in refused.value.gates


def test_one_person_alone_gives_nothing_without_network() -> None:
    house, kit = ready()
    alone = scanned(kit)
    alone.signatures = alone.signatures[:1]
    with pytest.raises(Refused) as refused:
        Ward(house).bedside.execute(alone)
    assert refused.value.gates == ["bedside"]


@pytest.mark.parametrize("verb", [one.verb for one in COMMANDS.values() if one.verb.startswith(("kit.", "allocation.")) and one.verb != "kit.give"])  # fmt: skip
def test_what_needs_the_sealed_list_or_the_stock_is_refused_without_network(verb: str) -> None:
    """Which kit somebody gets, and what is in one, a ward cannot know."""
    house, kit = ready()
    with pytest.raises(Refused) as refused:
        Ward(house).bedside.execute(Command(verb, kit, {}, actor="dr-1", role="physician", site="north"))
    assert refused.value.gates == ["capsule"]


def test_a_capsule_tells_no_arm() -> None:
    house, _ = ready()
    import base64

    import orjson

    content = base64.b64decode(orjson.loads(Ward(house).file.content)["content"])
    told = [base64.b64decode(raw).decode() for _, _, raw in orjson.loads(content)["events"]]
    assert any('"kit.assigned"' in one for one in told)
    about = [one for one in told if '"participant.allocated"' in one or '"event":"kit.' in one]
    assert about
    assert not any('"cells"' in one or '"vehicle"' in one for one in about)


#: what happens at home meanwhile, of which the ward knows nothing
AT_HOME = {
    "hold": lambda h, kit: h.do("hold.place", "H-1", {"hold": "stop-person", "target": "S-1"}, actor="board-1"),
    "withdrawal": lambda h, kit: h.do("participant.withdraw", "S-1", {"level": "treatment", "said": "no"}),
    "kit": lambda h, kit: h.do("product.quarantine", kit, actor="qa-1"),
    "capacity": lambda h, kit: h.do("capacity.assess", "S-1", {"result": "lacks", "by_check": "ward"}),
    "verdict": lambda h, kit: h.screen("S-1", "needs-data"),
}  # fmt: skip


@pytest.mark.parametrize("gate", AT_HOME)
def test_what_happened_at_home_meanwhile_makes_it_a_conflict_and_the_kit_is_used(where: str, gate: str) -> None:  # fmt: skip
    house, kit = ready(where)
    ward = Ward(house)
    house.wait(minutes=5)
    AT_HOME[gate](house, kit)
    house.wait(minutes=5)
    ward.bedside.execute(scanned(kit))
    house.wait(minutes=5)
    back = ward.back()
    assert back.accepted == ()
    assert gate in back.conflicts[0]["gates"]
    # whatever its gates say, the person has it: nobody else gets that kit, and the dose counts for what comes after
    assert stands(house) == [False]
    assert house.record.state.products[kit].administered_at is not None
    with pytest.raises(RecordError):
        given(house, "S-1", kit)


@pytest.mark.parametrize("wrong", [0, -600, -3 * 3600])
def test_a_kit_that_expired_is_valid_by_no_clock(where: str, wrong: float) -> None:
    house, kit = ready(where)
    house.record.state.products[kit].expires_at = stamp(house._clock[0] + timedelta(hours=1))
    ward = Ward(house)
    ward.wrong = wrong
    house.wait(hours=2)
    with judging_nothing():
        ward.bedside.execute(scanned(kit))
    ward.wrong = 0.0
    house.wait(minutes=1)
    back = ward.back()
    assert back.accepted == ()
    assert {"kit", "capsule"} & set(back.conflicts[0]["gates"])


def test_two_kits_of_two_capsules_are_one_dose_and_a_conflict() -> None:
    """A twin of the device gives the same kit again: one of both stands."""
    house, kit = ready()
    ward = Ward(house)
    ward.bedside.execute(scanned(kit))
    given(house, "S-1", kit)
    house.wait(minutes=2)
    back = ward.back()
    assert back.accepted == ()
    assert "kit" in back.conflicts[0]["gates"]
    assert sorted(dose.stands for dose in house.record.state.participants["S-1"].doses) == [False, True]


# a kit is closed

#: as everywhere, and whoever keeps kits keeps a stock as well
KEEPS_A_STOCK = [
    {"id": id, "name": id, "training": training, "may": may + (["stock.*"] if id == "pharmacist" else [])}
    for id, (may, training) in ROLES.items()
]
#: what a command on a container says, where a kit is put in its place
ON_A_CONTAINER: dict[str, dict[str, Any]] = {
    "product.step": {"step": "expand", "operators": ["lab-1"], "start": "2026-03-02T08:00:00.000Z", "end": "2026-03-02T08:00:00.000Z"},
    "product.agree": {"step": "expand"}, "product.finish": {"amount": q(8e7, "{cells}"), "expires_at": "2030-01-01T00:00Z"},
    "product.fail": {"kind": "equipment"}, "product.test": {"test": "viability", "result": 92.0, "laboratory": "qc"},
    "product.freeze": {"position": "A", "equipment": "t"}, "product.thaw": {"equipment": "b"}, "product.prepare": {},
    "product.split": {"into": [{"id": "P-1", "amount": q(1, "{cells}")}]}, "product.pool": {"products": ["K-1", "K-2"], "amount": q(1, "{cells}")},
    "label.print": {"labels": ["L-1"], "coi": "COI-1"}, "label.fate": {"labels": ["L-1"], "fate": "applied"},
    "product.send": {"to": "south", "carrier": "v", "temperature": T, "label": "L-1", "coi": "COI-1"},
    "product.receive": {"lowest": T, "highest": T, "in_range": True, "label": "L-1", "coi": "COI-1"},
    "product.release": {"route": "intrathecal"},
    "product.release-exceptionally": {"route": "intrathecal", "risk_assessment": WHY, "participant_informed": True},
    "product.administer": {"participant": "S-1", "coi": "COI-1", "wristband": "S-1", "bag": "K-1", "route": "intrathecal", "dose": q(8e7, "{cells}")},
    "bedside.verify": {"participant": "S-1", "wristband": "S-1", "bag": "K-1", "label": "L-1"},
    "product.make": {"coi": "COI-1", "collections": ["K-1"]},
    "lot.begin": {"product": "cells", "donations": ["K-1"]}, "lot.fill": {"units": 1, "each": q(8e7, "{cells}")},
    "lot.receive": {"product": "cells", "supplier": "s", "supplier_lot": "K-1", "units": 1, "each": q(8e7, "{cells}"), "expires_at": "2030-01-01T00:00Z"},
    "stock.send": {"to": "south", "shipment": "SH-1", "units": 1, "carrier": "v"}, "stock.receive": {"shipment": "SH-1", "units": 1},
    "stock.count": {"usable": 1, "aside": 0, "returned": 0}, "stock.set-aside": {"units": 1, "why": "damage"}, "stock.judge": {"units": 1},
    "stock.pack": {"units": 1}, "stock.destroy": {"units": 1, "of": "usable", "method": "burnt"}, "stock.return": {"units": 1},
    "stock.dispense": {"participant": "S-1", "lot": "K-1", "units": 1, "regimen": "spinal"},
}  # fmt: skip
#: what makes a new container out of one that is named in its data: where a kit's own name would be refused as taken
NEW = {"product.pool": "POOL-1", "stock.dispense": "PACK-1"}
#: what is done with a kit as with any container: it is put aside, given up, done away with, its dose checked, what really happened told, an entry of it taken back
AS_ANY = {"product.quarantine", "product.reject", "product.investigate", "product.dispose", "dose.check", "deviation.record", "product.retract"}  # fmt: skip


def test_every_command_on_a_container_is_tried_on_a_kit() -> None:
    verbs = {verb for verb, one in COMMANDS.items() if one.subject in ("product", "label")}
    assert {verb for verb in verbs if not verb.startswith("kit.")} == ON_A_CONTAINER.keys() | AS_ANY


@pytest.mark.parametrize("verb", ON_A_CONTAINER)
@pytest.mark.parametrize("kit", ["K-1", "K-9"])
def test_nobody_opens_a_kit_to_work_on_it(verb: str, kit: str) -> None:
    house = masked(roles=KEEPS_A_STOCK)
    stocked(house, {"K-9": "cells"}, released=False)
    refused_by = []
    for actor in ("lab-1", "qa-1", "dr-1", "nurse-1", "pharm-1"):
        with pytest.raises(Refused) as refused:
            house.do(verb, NEW.get(verb, kit), ON_A_CONTAINER[verb], actor=actor, also=[("nurse-2", "nurse")])
        refused_by.append(set(refused.value.gates))
    # it is not only that nobody there may do it at all
    assert any(not gates & {"authority", "second-person"} for gates in refused_by)


# versions


def otherwise(**changes: Any) -> dict[str, Any]:
    """The arms, given in another way."""
    made = alike()
    return made | {"regimens": [one | changes for one in made["regimens"]]}


def onto(house: Hospital, changes: dict[str, Any]) -> None:
    """An amendment; S-1 is asked again, brought to it, and screened by it."""
    house.changes = house.changes | changes
    house.amend()
    state = house.record.state
    house.consent("S-1", "text-2")
    moved = {"from_programme": state.participants["S-1"].programme, "to_programme": state.programme}
    house.do("participant.migrate", "S-1", moved, actor="sys-1", site="*")
    house.screen("S-1")


def test_a_kit_that_was_packed_for_another_way_of_giving_is_not_given_after_the_amendment(where: str) -> None:  # fmt: skip
    """Assigned under one version, given under the next: whose arms have another regimen, for which nothing in that kit was made."""
    house, kit = ready(where)
    onto(house, otherwise(stop_rule="another one, synthetic"))
    with pytest.raises(Refused) as refused:
        given(house, "S-1", kit)
    assert refused.value.gates == ["kit"]
    assert "packed" in str(refused.value)
    with pytest.raises(Refused):
        house.do("kit.release", kit, {}, actor="qa-1")
    # the way on: it is rejected, kits of the version in force come in, and the record assigns one of them
    house.do("product.reject", kit, actor="qa-1")
    with pytest.raises(RecordError) as none:
        house.do("kit.assign", "S-1")
    assert none.value.code == "record.kit.stock"
    stocked(house, {"K-11": "cells", "K-12": "vehicle"})
    house.do("kit.assign", "S-1")
    assert kit_of(house).startswith("K-1")
    given(house, "S-1", next(k for k in ("K-11", "K-12") if house.record.state.products[k].participant))
    assert stands(house) == [True]


def test_a_kit_is_released_again_where_the_next_version_asks_other_things_of_its_product(where: str) -> None:  # fmt: skip
    house, kit = ready(where)
    tests = product()["release_tests"]
    tests[0]["limit"] = q(80, "%")
    made = [product(release_tests=tests), product(id="vehicle", name="vehicle")]
    onto(house, {"products": made})
    with pytest.raises(Refused) as refused:
        given(house, "S-1", kit)
    assert refused.value.gates == ["kit"]
    assert "released under" in str(refused.value)
    house.do("kit.release", kit, {}, actor="qa-1")
    with pytest.raises(Refused):
        given(house, "S-1", kit)
    with pytest.raises(Refused):
        house.do("kit.release", kit, {}, actor="qa-1")
    # nobody gets a second one meanwhile
    with pytest.raises(RecordError):
        house.do("kit.assign", "S-1")
    house.do("kit.release", kit, {}, actor="qa-2")
    given(house, "S-1", kit)
    assert stands(house) == [True]


def test_an_amendment_that_leaves_the_products_alone_leaves_the_kits_alone() -> None:
    house, kit = ready()
    onto(house, {"verdict_valid_for": q(20, "d")})
    given(house, "S-1", kit)
    assert stands(house) == [True]


# recalled lots, and whose hands


def received(house: Hospital, kit: str, arm: str, lots: list[str]) -> None:
    from proband.record.confidential import receive_kit

    command = Command("kit.receive", kit, {}, actor="pharm-1", role="pharmacist", site="north",
                      signatures=[Signature("pharm-1", "pharmacist", "scripted")])  # fmt: skip
    receive_kit(house.record, command, arm=arm, expires_at="2027-01-01T00:00:00.000Z", lots=lots)


def test_no_kit_of_a_recalled_lot_is_released_assigned_or_given(where: str) -> None:
    house = hospital(where, programme=view(**alike(), allocation=drawn(), masking=MASKED))
    seal_list(house, SEED)
    admitted(house, "S-1")
    for number, arm in enumerate(("cells", "vehicle", "cells", "vehicle")):
        received(house, f"K-{number}", arm, ["PACK-1"])
        for actor in ("qa-1", "qa-2"):
            house.do("kit.release", f"K-{number}", {}, actor=actor)
    house.do("kit.assign", "S-1")
    kit = kit_of(house)
    house.check(kit, "S-1")
    house.do("lot.recall", "SYN", {"lot": "pack_1", "notified_on": house.now[:10]}, actor="qa-1")
    with pytest.raises(Refused):
        given(house, "S-1", kit)
    # whoever puts it back into the stock after looking into it does not get around the recall
    house.do("product.investigate", kit, {"finding": WHY, "conclusion": "goes-on"}, actor="qa-1")
    with pytest.raises(Refused) as refused:
        house.do("kit.release", kit, {}, actor="qa-1")
    assert "recalled" in str(refused.value)
    received(house, "K-9", "cells", ["PACK-1"])
    with pytest.raises(Refused):
        house.do("kit.release", "K-9", {}, actor="qa-1")
    assert stands(house) == []


def test_a_kit_that_was_given_before_the_recall_is_followed() -> None:
    house = hospital(programme=view(**alike(), allocation=drawn(), masking=MASKED))
    seal_list(house, SEED)
    admitted(house, "S-1")
    for number, arm in enumerate(("cells", "vehicle")):
        received(house, f"K-{number}", arm, ["PACK-1"])
        for actor in ("qa-1", "qa-2"):
            house.do("kit.release", f"K-{number}", {}, actor=actor)
    house.do("kit.assign", "S-1")
    given(house, "S-1")
    house.do("lot.recall", "SYN", {"lot": "PACK-1", "notified_on": house.now[:10]}, actor="qa-1")
    kinds = {task.kind for task in house.record.state.tasks.values() if task.subject == "S-1"}
    assert {"recall", "watch"} <= kinds


def test_a_kit_released_by_somebody_whose_role_had_been_taken_is_not_given(where: str) -> None:
    house = masked(where)
    house.wait(hours=1)
    before = house.now
    house.wait(hours=1)
    stocked(house, {f"K-1{n}": arm for n, arm in enumerate(("cells", "vehicle"))})
    for old in ("K-1", "K-2", "K-3", "K-4"):
        house.do("product.reject", old, actor="qa-1")
    house.do("kit.assign", "S-1")
    kit = kit_of(house)
    house.check(kit, "S-1")
    house.do("staff.revoke", "qa-2", {"role": "quality"}, actor="sys-1", site="*", at=before)
    with pytest.raises(Refused) as refused:
        given(house, "S-1", kit)
    assert "kit" in refused.value.gates


def test_a_kit_assigned_after_the_dose_documents_it_and_makes_it_no_cleaner(where: str) -> None:
    house = masked(where)
    when = house._clock[0]
    house.wait(minutes=2)
    house.do("kit.assign", "S-1")
    kit = kit_of(house)
    data = {"participant": "S-1", "dose": q(8e7, "{cells}"), "inputs": {"weight": q(80.0, "kg")}, "prepared_by": "lab-1"}  # fmt: skip
    house.do("dose.check", kit, data, actor="qa-1", at=stamp(when), reason=WHY)
    late = scanned(kit)
    house.do("kit.give", kit, late.data, also=[("nurse-1", "nurse")], at=stamp(when + timedelta(minutes=1)), reason=WHY)  # fmt: skip
    (dose,) = house.record.state.participants["S-1"].doses
    assert dose.first_verdict == "documented afterwards"
    assert "kit" in dose.afterwards
    assert not dose.valid


def test_a_retracted_dose_puts_the_kit_aside_and_another_one_is_assigned(where: str) -> None:
    house, kit = ready(where)
    given(house, "S-1", kit)
    seq = house.record.state.participants["S-1"].doses[-1].seq
    house.do("product.retract", kit, {"event": "kit.given"}, actor="qa-1", corrects=seq, reason=WHY, also=[("qa-2", "quality")])  # fmt: skip
    assert house.record.state.products[kit].status == "quarantined"
    with pytest.raises(RecordError):
        given(house, "S-1", kit)
    house.do("kit.assign", "S-1")
    assert kit_of(house) != kit or len([p for p in house.record.state.products.values() if p.participant == "S-1"]) == 2  # fmt: skip


@pytest.mark.parametrize("event", ["participant.allocated", "kit.received", "kit.released", "kit.assigned", "allocation.sealed", "allocation.unblinded", "programme.adopted"])  # fmt: skip
def test_no_place_no_kit_no_list_and_no_version_is_corrected_or_taken_back(event: str) -> None:
    """Whoever could undo them could choose for whoever comes next."""
    house, _ = ready()
    from proband.record.errands import carry_out

    unblind = Command("allocation.unblind", "S-1", {"urgency": "emergency"}, actor="dr-1", role="physician", site="north", reason=WHY,
                      signatures=[Signature("dr-1", "physician", "scripted")])  # fmt: skip
    carry_out(house.record, unblind)
    if event == "programme.adopted":
        house.amend()
    found = next(one for one in house.record.events() if one.body["event"] == event)
    data = found.body["data"]
    for verb in ("event.correct", "event.retract", "product.retract"):
        for actor, also in (("dr-1", ("dr-3", "physician")), ("sys-1", ("dr-1", "physician")), ("qa-1", ("qa-2", "quality")), ("pharm-1", ("qa-1", "quality"))):  # fmt: skip
            with pytest.raises(RecordError):
                house.do(verb, found.body["subject"], {"event": event, **({"data": data} if verb == "event.correct" else {})}, actor=actor, also=[also],
                         corrects=found.seq, reason=WHY)  # fmt: skip
