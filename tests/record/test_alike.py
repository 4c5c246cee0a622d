"""Identifiers that look alike are one: in case, in letters that are taken for digits, in the signs between them; and a lot is one however it is written."""

from __future__ import annotations

from typing import Any

import pytest

from proband.record import own_events
from proband.record.commands import COMMANDS
from proband.record.declare.naming import NewNames
from proband.record.fold import fold_all
from proband.record.identity import look
from proband.record.labels import payload
from proband.record.recall import recall
from proband.record.verify import verify_store

from .synthetic import WHY, Hospital, hospital, q
from .test_family import refused_by
from .test_stock import a_stock, dispensed, lab
from .whole_life import TAKEN_OVER

#: each command that gives new names, done with a name in the place of one; the same name first, then those that look like it
GIVEN: dict[str, tuple[str, Any]] = {
    "participant.refer": ("Q-1O", lambda h, n: h.refer(n)),
    "participant.take-over": ("H-1O", lambda h, n: h.do("participant.take-over", n, TAKEN_OVER, also=[("dr-3", "physician")])),
    "site.open": ("East-1O", lambda h, n: h.do("site.open", n, {"jurisdiction": "GB"}, actor="sys-1", site="*")),
    "staff.grant": ("dr-1O", lambda h, n: h.do("staff.grant", n, {"role": "nurse", "sites": ["north"]}, actor="sys-1", site="*")),
    "staff.train": ("dr-1O", lambda h, n: h.do("staff.train", n, {"training": "gmp", "valid_until": "2030-01-01"}, actor="sys-1", site="*")),
    "therapy.open": ("COI-1O", lambda h, n: h.do("therapy.open", "S-1", {"coi": n, "regimen": "spinal"})),
    "product.collect": ("DIN-1O", lambda h, n: h.collect("S-1", "COI-1", n)),
    "product.make": ("BAG-1O", lambda h, n: h.do("product.make", n, {"coi": "COI-1", "collections": [_new_collection(h)]}, actor="lab-1")),
    "product.split": ("PART-1O", lambda h, n: h.do("product.split", "BAG-1", {"into": [{"id": n, "amount": q(1e6, "{cells}")}], "purpose": "quality-control"}, actor="lab-1")),
    "product.pool": ("POOL-1O", lambda h, n: h.do("product.pool", n, {"products": _bags(h), "amount": q(2e5, "{cells}")}, actor="lab-1")),
    "label.print": ("LBL-1O", lambda h, n: h.do("label.print", "BAG-1", {"labels": [n], "coi": "COI-1"}, actor="lab-1")),
    "adverse-event.report": ("AE-1O", lambda h, n: h.do("adverse-event.report", "S-1", {"event": n, "term": WHY, "grade": 1, "serious": False, "expected": True, "onset": h.now[:10], "aware_on": h.now[:10]})),
    "hold.place": ("H-1O", lambda h, n: h.do("hold.place", n, {"hold": "stop-person", "target": "S-1"}, actor="board-1")),
    "query.open": ("QU-1O", lambda h, n: h.do("query.open", n, {"about": 1, "field": "site", "text": WHY})),
    "donor.register": ("D-1O", lambda h, n: lab(h, "donor.register", n)),
    "donor.collect": ("DIN-1O", lambda h, n: lab(h, "donor.collect", "D-1", din=n, product="cells", material="fat")),
    "lot.begin": ("LOT-1O", lambda h, n: lab(h, "lot.begin", n, product="cells", donations=[_new_donation(h)])),
    "lot.receive": ("TAB-1O", lambda h, n: h.do("lot.receive", n, SUPPLY, actor="pharm-1")),
    "stock.send": ("SHIP-1O", lambda h, n: h.do("stock.send", "LOT-A", {"to": "south", "shipment": n, "units": 1, "carrier": "x"}, actor="pharm-1")),
    "stock.dispense": ("PACK-1O", lambda h, n: dispensed(h, "S-1", n)),
    "capsule.issue": ("CAP-1O", lambda h, n: h.do("capsule.issue", n, {"device": "a" * 64, "participants": ["S-1"], "until": "2027-01-01T00:00:00Z"}, actor="sys-1", site="north")),
}  # fmt: skip
OF_A_STOCK = ("donor.", "lot.", "stock.")
#: keys are offered with a proof, and what is announced stands in the same table: shown by the commands beside them
ELSEWHERE = {"person.enrol", "recovery.announce"}
SUPPLY = {"product": "tablet", "supplier": "x", "supplier_lot": "M-1", "units": 3, "each": q(10, "mg"), "expires_at": "2027-01-01T00:00:00.000Z"}  # fmt: skip


def _new_donation(house: Hospital) -> str:
    name = f"EXTRA-{house.record.state.seq}"
    lab(house, "donor.collect", "D-1", din=name, product="cells", material="fat")
    return name


def _new_collection(house: Hospital) -> str:
    name = f"EXTRA-{house.record.state.seq}"
    house.collect("S-1", "COI-1", name)
    return name


def _bags(house: Hospital) -> list[str]:
    names = [f"P-{house.record.state.seq}-{one}" for one in "AB"]
    for name in names:
        house.make(name, "COI-1", [_new_collection(house)])
    return names


def alike(name: str) -> list[str]:
    return [name.lower(), name.upper().replace("1", "l"), name.replace("O", "0"), name.replace("-", "_"), name + ".", name.replace("1O", "I0")]  # fmt: skip


def made() -> Hospital:
    house = hospital(changes=None)
    house.admit("S-1")
    house.collect("S-1", "COI-1", "DIN-1")
    house.make("BAG-1", "COI-1", ["DIN-1"])
    return house


def test_every_command_that_gives_a_name_is_tried() -> None:
    naming = {verb for verb, one in COMMANDS.items() if isinstance(one.says.get("unique"), NewNames)}
    assert naming == GIVEN.keys() | ELSEWHERE


@pytest.mark.parametrize("verb", GIVEN)
def test_a_name_that_looks_like_another_one_is_refused(verb: str) -> None:
    name, give = GIVEN[verb]
    house = _that_pools() if verb == "product.pool" else a_stock() if verb.startswith(OF_A_STOCK) else made()
    give(house, name)
    others = [other for other in alike(name) if other != name]
    assert len(others) == 6
    for other in others:
        assert "gate.unique.alike" in refused_by(lambda other=other: give(house, other))
    # what is seen to be another one is another one
    give(house, name.replace("1O", "2A"))
    assert house.record.state.invalid == {}
    assert fold_all(house.record.events(), "SYN") == house.record.state


def _that_pools() -> Hospital:
    from .synthetic import product

    house = hospital(changes={"products": [product(kind="allogeneic-cells", pooling="allowed")]})
    house.admit("S-1")
    house.collect("S-1", "COI-1", "DIN-1")
    house.make("BAG-1", "COI-1", ["DIN-1"])
    return house


def test_two_that_look_alike_in_one_command_are_refused() -> None:
    house = made()
    into = [{"id": name, "amount": q(1e6, "{cells}")} for name in ("P-1", "p-1")]
    assert refused_by(lambda: house.do("product.split", "BAG-1", {"into": into}, actor="lab-1")) == ["gate.unique.alike"]  # fmt: skip


def test_whoever_is_known_gets_a_further_role_under_the_same_name() -> None:
    house = hospital()
    house.do("staff.grant", "nurse-1", {"role": "operator", "sites": ["north"]}, actor="sys-1", site="*")
    house.do("staff.grant", "sys-2", {"role": "custodian", "sites": ["*"]}, actor="sys-1", site="*")
    call = lambda name: house.do("staff.grant", name, {"role": "custodian", "sites": ["*"]}, actor="sys-1", site="*")  # fmt: skip  # noqa: E731
    assert "gate.unique.alike" in refused_by(lambda: call("SYS-1"))


def test_a_name_is_free_again_once_its_entry_was_taken_back() -> None:
    house = made()
    wrong = house.do("product.collect", "S-1", {"coi": "COI-1", "din": "DIN-X", "wristband": "S-1", "material": "marrow"})  # fmt: skip
    house.do("event.retract", "S-1", {"event": "product.collected"}, actor="dr-1", also=[("dr-3", "physician")], corrects=wrong.seq)  # fmt: skip
    house.collect("S-1", "COI-1", "din-x")
    assert "din-x" in house.record.state.collections


@pytest.mark.parametrize(("one", "other"), [("BAG-1", "bag-1"), ("BAG-1", "BAG_1")])
def test_what_the_check_character_of_a_label_takes_for_one_is_one(one: str, other: str) -> None:
    """The character is worked out of capital letters and digits alone: two bags that it cannot tell apart are not in one record."""
    assert payload("COI-1", one, "L-1")[-1] == payload("COI-1", other, "L-1")[-1]
    assert look(one) == look(other)


def test_leading_zeros_and_further_letters_are_seen() -> None:
    assert len({look(name) for name in ("S-1", "S-01", "S1", "S-11", "S--1", "S-A", "S-5", "5-1", "S-U1", "S-V1")}) == 10  # fmt: skip


def test_a_log_of_the_version_before_keeps_both_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was acknowledged under an older version of the envelope is void under none."""
    with monkeypatch.context() as before:
        before.setattr("proband.record.compose.SCHEMA_VERSION", 4)
        before.setattr(own_events, "SCHEMA_VERSION", 4)
        house = hospital()
        house.refer("S-1")
        house.refer("s-1")
    house.admit("S-2")
    state = fold_all(house.record.events(), "SYN")
    assert state.invalid == {}
    assert {"S-1", "s-1", "S-2"} == state.participants.keys()
    assert "gate.unique.alike" in refused_by(lambda: house.refer("s_1"))


@pytest.mark.parametrize("second", ["g-1", "G_1", "G-l", "G-1."])
def test_one_guardian_under_two_spellings_is_one(second: str) -> None:
    house = hospital()
    house.refer("S-1")
    house.screen("S-1")
    minor: dict[str, Any] = {"age_years": 14, "by": "guardians", "majority_on": "2030-01-01", "assent": "yes"}
    both = [{"id": name, "relation": "mother"} for name in ("G-1", second)]
    assert refused_by(lambda: house.consent("S-1", guardians=both, **minor)) == ["gate.consent-form.guardians"]  # fmt: skip
    both[1]["id"] = "G-2"
    house.consent("S-1", guardians=both, **minor)


# lots are named by those who make them: what looks alike is recalled together


@pytest.mark.parametrize("written", ["lot-1", "LOT_1", "LOT-I", "LOT-1"])
def test_a_recall_reaches_a_lot_however_it_is_written(written: str) -> None:
    house = made()
    assert [row.product for row in recall(house.record.state, written)] == ["BAG-1"]
    house.do("lot.recall", "SYN", {"lot": written, "notified_on": house.now[:10]}, actor="qa-1")
    assert house.record.state.products["BAG-1"].status == "quarantined"
    again = {"into": [{"id": "P-1", "amount": q(1e6, "{cells}")}]}
    assert "gate.recalled.lot" in refused_by(lambda: house.do("product.split", "BAG-1", again, actor="lab-1"))
    house.collect("S-1", "COI-1", "DIN-2")
    house.do("product.make", "BAG-2", {"coi": "COI-1", "collections": ["DIN-2"]}, actor="lab-1")
    assert "gate.recalled.lot" in refused_by(lambda: house.step("BAG-2", lots=["Lot.1"]))
    house.do("lot.reinstate", "SYN", {"lot": "lot-1"}, actor="qa-1", also=[("qa-2", "quality")])
    house.step("BAG-2", lots=["Lot.1"])
    report = verify_store(house.record.store, "SYN", None, {})
    assert report.rules_ok
