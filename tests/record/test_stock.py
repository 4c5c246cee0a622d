"""Lots that serve many people: donors who were asked and tested, units that never vanish, packs that are one person's alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from proband.record.errors import Refused
from proband.record.recall import recall
from proband.record.stock import Holding
from proband.record.tables import table

from .bank import DONORS, WITH_A_BANK, bought
from .invariants import Checker
from .synthetic import WHY, Hospital, hospital, product, q, stands, view


def changes() -> dict[str, Any]:
    """A programme whose one product for people is made of donors, and a medicine beside it."""
    regimens = view().model_dump(mode="json")["regimens"]
    kept = [{"state": "fresh", "low": q(2, "Cel"), "high": q(25, "Cel")}]
    made = product(kind="allogeneic-cells", source_material="cells of donors", donors=DONORS, kept_at=kept)
    return {
        "roles": WITH_A_BANK,
        "products": [made, bought()],
        "regimens": [regimens[0], regimens[0] | {"id": "by-mouth", "product": "tablet", "route": "oral"}],
    }


@pytest.fixture
def house(where: str) -> Iterator[Hospital]:
    made = hospital(where, changes=changes())
    yield made
    made.record.store.close()


def refusals(house: Hospital, verb: str, subject: str, data: dict[str, Any], **options: Any) -> list[str]:
    with pytest.raises(Refused) as refused:
        house.do(verb, subject, data, **options)
    return [one.code for one in refused.value.refusals]


def lab(house: Hospital, verb: str, subject: str, **data: Any) -> None:
    house.do(verb, subject, data, actor="lab-1")


def donor(house: Hospital, name: str = "D-1", din: str = "DIN-1", result: str = "negative") -> None:
    """A donor who was asked, tested, found fit, and gave."""
    today = house.now[:10]
    lab(house, "donor.register", name)
    lab(
        house,
        "donor.consent",
        name,
        version="donor-1",
        language="en",
        on=today,
        by="donor",
        covers=["donation", "contact"],
    )
    lab(house, "donor.collect", name, din=din, product="cells", material="fat")
    for test in ("hiv", "hbv"):
        lab(
            house,
            "donor.test",
            name,
            test=test,
            result="negative" if test == "hiv" else result,
            sampled_on=today,
            laboratory="reference",
        )
    if result == "negative":
        house.do("donor.determine", name, {"product": "cells", "eligible": True}, actor="qa-1")


def lot(house: Hospital, name: str = "LOT-A", din: str = "DIN-1", units: int = 10) -> None:
    """A released lot of bags, each one dose of somebody of 80 kg."""
    lab(house, "lot.begin", name, product="cells", donations=[din])
    counted = [{"what": "count", "value": 8e7 * (units + 1), "unit": "{cells}"}]
    house.step(name, lots=["MEDIUM-1"], readings=counted)
    lab(
        house,
        "product.finish",
        name,
        amount={"value": 8e7 * (units + 1), "unit": "{cells}"},
        expires_at="2026-05-01T00:00:00.000Z",
    )
    lab(house, "lot.fill", name, units=units, each={"value": 8e7, "unit": "{cells}"}, samples=1)
    house.test(name)
    house.label(name, name)
    house.release(name)


def a_stock() -> Hospital:
    """A lot of bags of a donor, of which somebody has one."""
    house = hospital(changes=changes())
    donor(house)
    lot(house)
    house.admit("S-1")
    dispensed(house, "S-1", "PACK-1")
    return house


PHARMACY = {"actor": "pharm-1"}


def dispensed(house: Hospital, person: str, pack: str, lot: str = "LOT-A", units: int = 1) -> str:
    house.do(
        "stock.dispense",
        pack,
        {"participant": person, "lot": lot, "units": units, "regimen": "spinal"},
        **PHARMACY,
    )  # type: ignore[arg-type]
    return house.label(pack, lot)


def treated(house: Hospital, person: str, pack: str, lot: str = "LOT-A") -> None:
    label = dispensed(house, person, pack, lot)
    house.check(pack, person)
    house.bedside(pack, person, label)
    house.give(pack, person, lot)


def ledger(house: Hospital, lot: str = "LOT-A", site: str = "north") -> dict[str, Any]:
    (row,) = [
        one for one in table(house.record.state, "accountability") if (one["lot"], one["site"]) == (lot, site)
    ]
    assert row["unaccounted"] == 0
    return row


def test_one_lot_serves_many_people_and_every_unit_is_accounted_for(house: Hospital) -> None:
    donor(house)
    lot(house)
    for person in ("S-1", "S-2"):
        house.admit(person)
    treated(house, "S-1", "PACK-1")
    house.wait(days=3)
    treated(house, "S-2", "PACK-2")
    dispensed(house, "S-2", "PACK-3")
    house.do("stock.return", "PACK-3", {"units": 1}, **PHARMACY)
    house.do(
        "stock.destroy",
        "LOT-A",
        {"units": 1, "of": "returned", "method": "incineration"},
        actor="lab-1",
        also=[("qa-1", "quality")],
    )
    row = ledger(house)
    assert {name: row[name] for name in ("came", "dispensed", "given", "with_people", "destroyed", "usable")} == {
        "came": 11, "dispensed": 3, "given": 2, "with_people": 0, "destroyed": 1, "usable": 7,
    }  # fmt: skip
    assert all(dose.valid for name in ("S-1", "S-2") for dose in house.record.state.participants[name].doses)
    assert [row.participant for row in recall(house.record.state, "LOT-A") if row.administered_at] == [
        "S-1",
        "S-2",
    ]
    stands(house)


def test_nothing_is_made_of_a_donor_who_was_not_asked_tested_and_found_fit(house: Hospital) -> None:
    today = house.now[:10]
    lab(house, "donor.register", "D-1")
    give = {"din": "DIN-1", "product": "cells", "material": "fat"}
    assert refusals(house, "donor.collect", "D-1", give, actor="lab-1") == ["gate.donor.consent"]
    said = {"version": "donor-2", "language": "en", "on": today, "by": "donor", "covers": ["donation"]}
    assert refusals(house, "donor.consent", "D-1", said, actor="lab-1") == ["gate.donor.text"]
    house.do("donor.consent", "D-1", said | {"version": "donor-1"}, actor="lab-1")
    house.do("donor.collect", "D-1", give, actor="lab-1")
    begin = {"product": "cells", "donations": ["DIN-1"]}
    assert refusals(house, "lot.begin", "LOT-A", begin, actor="lab-1") == ["gate.origin.unfit"]
    assert refusals(house, "lot.begin", "LOT-A", {"product": "cells"}, actor="lab-1") == [
        "gate.origin.donation"
    ]
    fit = {"product": "cells", "eligible": True}
    assert refusals(house, "donor.determine", "D-1", fit, actor="qa-1") == ["gate.donor.unfit"]
    lab(house, "donor.test", "D-1", test="hiv", result="negative", sampled_on=today, laboratory="x")
    lab(house, "donor.test", "D-1", test="hbv", result="negative", sampled_on="2026-01-01", laboratory="x")
    house.do("donor.determine", "D-1", fit, actor="qa-1")
    assert refusals(house, "lot.begin", "LOT-A", begin, actor="lab-1") == ["gate.origin.sample"]
    lab(house, "donor.test", "D-1", test="hbv", result="negative", sampled_on=today, laboratory="x")
    lab(house, "donor.withdraw", "D-1", covers=["donation"])
    assert refusals(house, "lot.begin", "LOT-A", begin, actor="lab-1") == ["gate.origin.unfit"]
    assert refusals(house, "donor.determine", "D-1", fit, actor="qa-1") == ["gate.donor.consent"]
    assert refusals(
        house,
        "donor.test",
        "D-9",
        {"test": "hiv", "result": "negative", "sampled_on": today, "laboratory": "x"},
        actor="lab-1",
    ) == ["gate.donor.unknown"]
    stands(house)


def test_what_is_learnt_of_a_donor_later_reaches_everything_made_of_them_and_whoever_got_it(
    house: Hospital,
) -> None:
    donor(house)
    lot(house)
    house.admit("S-1")
    house.admit("S-2")
    treated(house, "S-1", "PACK-1")
    dispensed(house, "S-2", "PACK-2")
    house.wait(days=30)
    lab(house, "donor.follow", "D-1", finding="malignancy")
    state = house.record.state
    assert [state.products[name].status for name in ("LOT-A", "PACK-2")] == ["quarantined", "quarantined"]
    assert state.participants["S-1"].doses[0].standing == "questioned"
    assert [
        task.kind
        for task in state.tasks.values()
        if task.subject == "S-1" and task.kind in ("inform", "watch")
    ] == ["inform", "watch"]
    more = {"participant": "S-2", "lot": "LOT-A", "units": 1, "regimen": "spinal"}
    assert refusals(house, "stock.dispense", "PACK-9", more, **PHARMACY) == ["gate.stock.status"]
    assert refusals(
        house, "product.investigate", "LOT-A", {"finding": WHY, "conclusion": "goes-on"}, actor="qa-1"
    )
    stands(house)


def test_a_recalled_lot_is_dispensed_and_given_to_nobody(house: Hospital) -> None:
    donor(house)
    lot(house)
    house.admit("S-1")
    label = dispensed(house, "S-1", "PACK-1")
    house.check("PACK-1", "S-1")
    house.bedside("PACK-1", "S-1", label)
    house.do("lot.recall", "SYN", {"lot": "lot_a", "notified_on": house.now[:10]}, actor="qa-1")
    with pytest.raises(Refused) as refused:
        house.give("PACK-1", "S-1", "LOT-A")
    assert {"release", "recalled"} <= set(refused.value.gates)
    more = {"participant": "S-1", "lot": "LOT-A", "units": 1, "regimen": "spinal"}
    assert refusals(house, "stock.dispense", "PACK-2", more, **PHARMACY) == ["gate.stock.status"]
    stands(house)


def test_a_lot_that_is_put_aside_takes_its_packs_with_it(house: Hospital) -> None:
    donor(house)
    lot(house)
    house.admit("S-1")
    dispensed(house, "S-1", "PACK-1")
    house.do("product.quarantine", "LOT-A", {}, actor="qa-1")
    assert house.record.state.products["PACK-1"].status == "quarantined"


def test_a_pack_is_one_persons_alone(house: Hospital) -> None:
    donor(house)
    lot(house)
    for person in ("S-1", "S-2"):
        house.admit(person)
    label = dispensed(house, "S-1", "PACK-1")
    house.check("PACK-1", "S-1")
    house.bedside("PACK-1", "S-1", label)
    with pytest.raises(Refused) as refused:
        house.give("PACK-1", "S-2", "LOT-A")
    assert "identity" in refused.value.gates
    with pytest.raises(Refused) as refused:
        house.give("LOT-A", "S-1", "LOT-A")
    assert "identity" in refused.value.gates


def test_what_was_too_warm_is_set_aside_and_judged_and_a_difference_is_lost_with_a_reason(
    house: Hospital,
) -> None:
    donor(house)
    lot(house)
    send = {"to": "south", "shipment": "SHIP-1", "units": 4, "carrier": "x"}
    assert refusals(house, "stock.send", "LOT-A", send | {"units": 11}, actor="pharm-1") == ["gate.stock.few"]
    house.do("stock.send", "LOT-A", send, **PHARMACY)
    came = {"shipment": "SHIP-1", "units": 3, "lowest": q(4, "Cel"), "highest": q(31, "Cel")}
    there = {"actor": "pharm-1", "site": "south"}
    assert refusals(house, "stock.receive", "LOT-A", came, actor="pharm-1") == ["gate.stock.shipment"]
    assert refusals(house, "stock.receive", "LOT-A", came, **there) == ["gate.stock.difference"]
    house.do("stock.receive", "LOT-A", came, reason=WHY, **there)
    assert refusals(house, "stock.receive", "LOT-A", came, reason=WHY, **there) == ["gate.stock.shipment"]
    row = ledger(house, site="south")
    assert (row["usable"], row["aside"], row["lost"]) == (0, 3, 1)
    house.do("stock.judge", "LOT-A", {"units": 2}, **there)
    house.do("stock.set-aside", "LOT-A", {"units": 1, "why": "damage"}, **there)
    row = ledger(house, site="south")
    assert (row["usable"], row["aside"]) == (1, 2)
    two = {"also": [("qa-1", "quality")], "actor": "pharm-1"}
    north = {"usable": 5, "aside": 0, "returned": 0}
    assert refusals(house, "stock.count", "LOT-A", north, **two) == ["gate.stock.difference"]
    house.do("stock.count", "LOT-A", north, reason=WHY, **two)
    assert ledger(house)["lost"] == 1
    assert refusals(house, "stock.count", "LOT-A", north, actor="pharm-1") == ["gate.second-person.missing"]
    stands(house)


def test_a_lot_that_nobody_gave_comes_in_and_waits_for_its_release(house: Hospital) -> None:
    supply = {
        "product": "tablet",
        "supplier": "x",
        "supplier_lot": "M-77",
        "units": 30,
        "each": q(10, "mg"),
        "expires_at": "2027-01-01T00:00:00.000Z",
    }
    house.do("lot.receive", "TAB-1", supply, **PHARMACY)
    assert refusals(house, "lot.receive", "CELLS-9", supply | {"product": "cells"}, **PHARMACY) == [
        "gate.origin.donation"
    ]
    assert refusals(house, "stock.pack", "TAB-1", {"units": 5}, **PHARMACY) == ["gate.stock.status"]
    house.do(
        "product.test", "TAB-1", {"test": "identity", "result": "conforms", "laboratory": "qc"}, actor="lab-1"
    )
    house.label("TAB-1", "TAB-1")
    for who in ("qa-1", "qa-2"):
        house.do("product.release", "TAB-1", {"route": "oral"}, actor=who)
    house.do("stock.pack", "TAB-1", {"units": 5}, **PHARMACY)
    row = ledger(house, "TAB-1")
    assert (row["came"], row["packed"], row["usable"]) == (30, 5, 25)
    house.do("lot.recall", "SYN", {"lot": "M-77", "notified_on": house.now[:10]}, actor="qa-1")
    assert house.record.state.products["TAB-1"].status == "quarantined"
    stands(house)


def test_the_ledger_of_the_tests_sees_what_a_wrong_account_would_hide(
    house: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record that counted otherwise than it says in its events would be seen: a unit that stays where it left, or one that is written off and was never there."""
    donor(house)
    lot(house)
    checker = Checker()
    checker.check(event.body for event in house.record.events())
    rows = table(house.record.state, "accountability")
    assert checker.compared(rows) == []
    for column in ("usable", "aside", "returned", "unaccounted"):
        wrong = [{**rows[0], column: rows[0][column] + 1}]
        assert any(one.startswith("stock: LOT-A") for one in checker.compared(wrong)), column
    assert checker.compared([]) != []
    leave = Holding.leave
    monkeypatch.setattr(Holding, "leave", lambda held, how, units, place="usable": leave(held, how, units - 1, place))  # fmt: skip
    house.do(
        "stock.send", "LOT-A", {"to": "south", "shipment": "SHIP-1", "units": 4, "carrier": "x"}, **PHARMACY
    )  # type: ignore[arg-type]
    checker.check(event.body for event in house.record.events(checker.events))
    # the record's own balance comes to nothing, for it lost count of both sides alike
    (row,) = table(house.record.state, "accountability")
    assert row["unaccounted"] == 0
    assert checker.compared([row]) != []
    assert checker.unaccounted("LOT-A") == 0
