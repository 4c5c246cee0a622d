"""What was given up (thrown away, rejected, failed, recalled, expired) is used for nothing any more, as a container and as units of a lot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from proband.record.errors import RecordError, Refused
from proband.record.tables import table

from .synthetic import WHY, Hospital, hospital, q, stands
from .test_kits import ON_A_CONTAINER
from .test_stock import PHARMACY, changes, dispensed, donor, lab, ledger, lot, refusals, treated

TWO: dict[str, Any] = {"actor": "pharm-1", "also": [("qa-1", "quality")]}
REST = {"amount": q(8e7, "{cells}"), "method": "incineration"}
T = q(4, "Cel")


@pytest.fixture
def house(where: str) -> Iterator[Hospital]:
    made = hospital(where, changes=changes())
    donor(made)
    lot(made)
    made.admit("S-1")
    yield made
    made.record.store.close()


def accounted(house: Hospital, site: str = "north") -> dict[str, Any]:
    (row,) = [one for one in table(house.record.state, "accountability") if one["site"] == site]
    return row


def test_a_stock_is_thrown_away_as_units_before_a_second_person_and_nothing_stays_in_the_account(
    house: Hospital,
) -> None:
    assert refusals(house, "product.dispose", "LOT-A", REST, actor="nurse-1") == ["gate.stage.missing"]
    send = {"to": "south", "shipment": "SHIP-1", "units": 3, "carrier": "x"}
    house.do("stock.send", "LOT-A", send, **PHARMACY)
    house.do("stock.destroy", "LOT-A", {"units": 7, "of": "usable", "method": "incineration"}, **TWO)
    # what is on its way is there as well
    assert refusals(house, "product.dispose", "LOT-A", REST, actor="nurse-1") == ["gate.stage.missing"]
    there = {"actor": "pharm-1", "site": "south"}
    house.do("stock.receive", "LOT-A", {"shipment": "SHIP-1", "units": 3, "lowest": T, "highest": T}, **there)
    assert refusals(house, "product.dispose", "LOT-A", REST, actor="nurse-1") == ["gate.stage.missing"]
    house.do("staff.grant", "pharm-2", {"role": "pharmacist", "sites": ["south"]}, actor="sys-1", site="*")
    destroy = {"units": 3, "of": "usable", "method": "incineration"}
    house.do("stock.destroy", "LOT-A", destroy, **there, also=[("pharm-2", "pharmacist")])
    # the samples that were kept back are the rest
    house.do("product.dispose", "LOT-A", REST, actor="nurse-1")
    for site in ("north", "south"):
        row = ledger(house, site=site)
        assert (row["usable"], row["dispensable"], row["unaccounted"]) == (0, 0, 0)
    stands(house)


def given_up(house: Hospital, way: str) -> None:
    """A lot is of no use any more, in one of the ways in which that happens."""
    if way == "expired":
        house.wait(days=90)
        house.do("query.open", "Q-1", {"about": 1, "field": "place", "text": WHY})
    elif way == "recalled":
        house.do("lot.recall", "SYN", {"lot": "MEDIUM-1", "notified_on": house.now[:10]}, actor="qa-1")
    elif way == "donor":
        lab(house, "donor.follow", "D-1", finding="infection")
    elif way == "sterility":
        lab(house, "product.test", "LOT-A", test="sterility-final", result="positive", laboratory="qc")
    else:
        house.do(f"product.{way}", "LOT-A", {}, actor="qa-1")


@pytest.mark.parametrize("way", ["quarantine", "reject", "recalled", "expired", "donor", "sterility"])
def test_the_account_says_that_nothing_of_a_lot_may_be_dispensed_and_nothing_is(
    house: Hospital, way: str
) -> None:
    before = accounted(house)
    assert (before["usable"], before["dispensable"]) == (10, 10)
    house.do(
        "stock.send", "LOT-A", {"to": "south", "shipment": "SHIP-1", "units": 4, "carrier": "x"}, **PHARMACY
    )
    given_up(house, way)
    came = {"shipment": "SHIP-1", "units": 4, "lowest": T, "highest": T}
    house.do("stock.receive", "LOT-A", came, actor="pharm-1", site="south")
    for site, units in (("north", 6), ("south", 4)):
        row = accounted(house, site)
        assert (row["usable"], row["dispensable"], row["unaccounted"]) == (units, 0, 0), (way, site)
    more = {"participant": "S-1", "lot": "LOT-A", "units": 1, "regimen": "spinal"}
    with pytest.raises(Refused):
        house.do("stock.dispense", "PACK-9", more, **PHARMACY)
    with pytest.raises(Refused):
        house.do("stock.pack", "LOT-A", {"units": 1}, **PHARMACY)
    stands(house)


def test_units_of_a_rejected_lot_are_not_judged_usable_one_by_one(house: Hospital) -> None:
    house.do("stock.set-aside", "LOT-A", {"units": 2, "why": "damage"}, **PHARMACY)
    house.do("product.reject", "LOT-A", {}, actor="qa-1")
    assert refusals(house, "stock.judge", "LOT-A", {"units": 1}, actor="pharm-1") == ["gate.stage.missing"]


def test_what_was_given_or_thrown_away_comes_back_to_no_stock(house: Hospital) -> None:
    dispensed(house, "S-1", "PACK-1")
    house.do("product.dispose", "PACK-1", REST, actor="nurse-1")
    assert refusals(house, "stock.return", "PACK-1", {"units": 1}, **PHARMACY) == ["gate.stock.pack"]
    row = ledger(house)
    assert (row["dispensed"], row["with_people"], row["thrown_away"], row["returned"]) == (1, 0, 1, 0)
    treated(house, "S-1", "PACK-2")
    assert refusals(house, "stock.return", "PACK-2", {"units": 1}, **PHARMACY) == ["gate.stock.pack"]
    row = ledger(house)
    assert (row["given"], row["with_people"], row["brought_back"]) == (1, 0, 0)
    stands(house)


def test_of_several_units_those_that_were_not_given_come_back(house: Hospital) -> None:
    label = dispensed(house, "S-1", "PACK-1", units=3)
    house.check("PACK-1", "S-1")
    house.bedside("PACK-1", "S-1", label)
    house.give("PACK-1", "S-1", "LOT-A")
    assert refusals(house, "stock.return", "PACK-1", {"units": 3}, **PHARMACY) == ["gate.stock.pack"]
    house.do("stock.return", "PACK-1", {"units": 2}, **PHARMACY)
    assert refusals(house, "stock.return", "PACK-1", {"units": 1}, **PHARMACY) == ["gate.stock.pack"]
    row = ledger(house)
    assert (row["given"], row["with_people"], row["returned"]) == (1, 0, 2)
    stands(house)


def test_a_lot_that_is_units_is_no_bulk_as_well(where: str) -> None:
    house = hospital(where, changes=changes())
    donor(house)
    lab(house, "lot.begin", "LOT-A", product="cells", donations=["DIN-1"])
    whole = {"value": 8e8, "unit": "{cells}"}
    house.step("LOT-A", lots=["MEDIUM-1"], readings=[{"what": "count", **whole}])
    lab(house, "product.finish", "LOT-A", amount=whole, expires_at="2026-05-01T00:00:00.000Z")
    lab(house, "lot.fill", "LOT-A", units=10, each=q(8e7, "{cells}"))
    into = {"into": [{"id": "P-1", "amount": q(8e7, "{cells}")}]}
    assert refusals(house, "product.split", "LOT-A", into, actor="lab-1") == ["gate.used.units"]
    assert refusals(house, "lot.fill", "LOT-A", {"units": 1, "each": q(8e7, "{cells}")}, actor="lab-1") == [
        "gate.stage.missing"
    ]
    house.record.store.close()


#: what is still told of a container that is over: what was found of it, what became of its labels and its rest
TOLD = {"product.test", "label.print", "label.fate", "product.receive"}


@pytest.mark.parametrize("state", ["making", "finished", "released"])
@pytest.mark.parametrize("way", ["dispose", "reject", "fail"])
def test_a_container_that_was_given_up_is_used_for_nothing(state: str, way: str) -> None:
    """Whatever command is tried on it, by whoever may: nothing is made of it, and nobody is given it."""
    house = hospital(changes={"roles": changes()["roles"]})
    house.admit("S-1")
    house.collect("S-1", "COI-1", "DIN-1")
    if state == "making":
        house.do("product.make", "B-1", {"coi": "COI-1", "collections": ["DIN-1"]}, actor="lab-1")
    else:
        house.make("B-1", "COI-1", ["DIN-1"])
    house.test("B-1")
    label = house.label("B-1", "COI-1")
    if state == "released":
        house.release("B-1")
    by = {"dispose": "nurse-1", "reject": "qa-1", "fail": "lab-1"}[way]
    house.do(f"product.{way}", "B-1", {"dispose": REST, "fail": {"kind": "equipment"}}.get(way, {}), actor=by)
    status = house.record.state.products["B-1"].status
    accepted = []
    for verb, data in ON_A_CONTAINER.items():
        told = {**data, "labels": [label]} if verb == "label.fate" else {**data}
        told |= {name: value for name, value in (("bag", "B-1"), ("label", label)) if name in told}
        told |= {"products": ["B-1", "B-1"]} if verb == "product.pool" else {}
        for actor in ("lab-1", "qa-1", "dr-1", "nurse-1", "pharm-1"):
            try:
                house.do(
                    verb,
                    "NEW-1" if verb == "product.pool" else "B-1",
                    told,
                    actor=actor,
                    also=[("nurse-2", "nurse")],
                )
            except RecordError:
                continue
            accepted.append(verb)
    assert set(accepted) <= TOLD, accepted
    made = house.record.state.products["B-1"]
    assert (made.status, made.children) == (status, [])
    assert not house.record.state.participants["S-1"].doses
