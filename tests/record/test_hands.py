"""Whose hands a dose rests on: who made, prepared, agreed and checked, each in a role of that moment; and for whom the dose was worked out."""

from __future__ import annotations

from typing import Any

import pytest

from proband.record.errors import Refused
from proband.record.executing import Receipt

from .synthetic import START, WHY, Hospital, families, hospital, product, q, stamp, view
from .test_family import give, refused_by, replayed
from .test_making import COLD, agree, finish, start, work

CUSTODIAN: dict[str, Any] = {"actor": "sys-1", "site": "*"}
#: each work before a dose that somebody does: verb and step, the role it needs, the gate that asks for it
WORKS = {
    **{f"the step {one}": ("product.step", one, "operator", "gate.steps.nobody") for one in ("expand", "control", "fill", "dilute")},
    **{f"the word on {one}": ("product.agree", one, "quality", "gate.steps.nobody") for one in ("identity", "control", "label", "thaw", "dilute")},
    "the label": ("label.fate", None, "operator", "gate.steps.nobody"),
    "freezing": ("product.freeze", None, "operator", "gate.steps.nobody"),
    "thawing": ("product.thaw", None, "operator", "gate.steps.nobody"),
    "preparing": ("product.prepare", None, "operator", "gate.condition.nobody"),
}  # fmt: skip


def staff(house: Hospital, name: str, role: str) -> None:
    house.do("staff.grant", name, {"role": role, "sites": ["north"]}, **CUSTODIAN)
    house.do("staff.train", name, {"training": "gmp", "valid_until": "2030-01-01"}, **CUSTODIAN)


def made(verb: str = "", step: str | None = None, who: str = "", role: str = "") -> Hospital:
    """A bag that is ready for the bed, one work on it done by somebody of their own."""
    house = hospital(changes={"products": [COLD]})
    if who:
        staff(house, who, role)
    ordinary = house.do

    def by_them(name: str, subject: str, data: dict[str, Any] | None = None, **options: Any) -> Receipt:
        if name == verb and step in (None, (data or {}).get("step")):
            options |= {"actor": who, "role": role}
            data = {**(data or {}), "operators": [who]} if verb == "product.step" else data
        return ordinary(name, subject, data, **options)

    house.do = by_them  # type: ignore[method-assign]
    start(house)
    work(house)
    house.do = ordinary  # type: ignore[method-assign]
    return house


def checked(house: Hospital, prepared_by: str = "lab-1", weight: Any = None, **more: Any) -> None:
    data = {"participant": "S-1", "dose": q(8e7, "{cells}"), "prepared_by": prepared_by, "inputs": {"weight": weight or q(80.0, "kg")} | more}  # fmt: skip
    house.do("dose.check", "BAG-1", data, actor="qa-2")


def at_the_bed(house: Hospital) -> None:
    label = next(name for name, one in house.record.state.labels.items() if one.fate == "applied")
    house.bedside("BAG-1", "S-1", label)


@pytest.mark.parametrize("work", WORKS)
def test_work_counts_only_of_somebody_who_could_do_it_then(work: str) -> None:
    """That a role had been taken before the work is entered between the work and the dose: whoever did it did it in vain."""
    verb, step, role, code = WORKS[work]
    house = made(verb, step, "new-1", role)
    checked(house, "new-1" if work == "preparing" else "lab-1")
    at_the_bed(house)
    house.wait(minutes=2)
    house.do("staff.revoke", "new-1", {"role": role}, at=stamp(START), reason=WHY, **CUSTODIAN)
    expected = {code, "gate.second-check.preparer"} if work == "preparing" else {code}
    assert set(refused_by(lambda: house.give("BAG-1", "S-1", "COI-1"))) == expected
    assert refused_by(lambda: at_the_bed(house)) == [code], "a scan says so already"
    replayed(house)


def test_who_loses_a_role_afterwards_did_their_work() -> None:
    house = made("product.step", "expand", "new-1", "operator")
    house.wait(minutes=1)
    house.do("staff.revoke", "new-1", {"role": "operator"}, **CUSTODIAN)
    give(house, "BAG-1")
    assert house.record.state.participants["S-1"].doses[-1].valid


def test_where_the_word_of_a_second_person_was_nobodys_somebody_else_may_agree() -> None:
    house = made("product.agree", "dilute", "new-1", "quality")
    assert refused_by(lambda: agree(house, "dilute")) == ["gate.hold-point.agreed"]
    house.wait(minutes=2)
    house.do("staff.revoke", "new-1", {"role": "quality"}, at=stamp(START), reason=WHY, **CUSTODIAN)
    agree(house, "dilute")
    house.wait(seconds=1)
    give(house, "BAG-1")
    assert house.record.state.participants["S-1"].doses[-1].valid
    replayed(house)


def test_parts_and_pools_went_through_the_hands_of_what_they_come_from() -> None:
    house = hospital()
    staff(house, "new-1", "operator")
    house.admit("S-1")
    house.collect("S-1", "COI-1", "DIN-1")
    house.do("product.make", "BAG-1", {"coi": "COI-1", "collections": ["DIN-1"]}, actor="lab-1")
    at = house.now
    house.do("product.step", "BAG-1", {"step": "expand", "operators": ["new-1"], "start": at, "end": at}, actor="new-1", role="operator")  # fmt: skip
    finish(house, 1.6e8)
    house.do(
        "product.split", "BAG-1", {"into": [{"id": "BAG-2", "amount": q(8e7, "{cells}")}]}, actor="lab-1"
    )
    house.test("BAG-2")
    house.label("BAG-2", "COI-1")
    house.release("BAG-2")
    house.wait(minutes=2)
    house.do("staff.revoke", "new-1", {"role": "operator"}, at=stamp(START), reason=WHY, **CUSTODIAN)
    assert refused_by(lambda: give(house, "BAG-2")) == ["gate.steps.nobody"]


# who prepares


def test_a_product_is_made_ready_in_the_role_that_the_programme_names() -> None:
    roles = [one.model_dump() for one in view().roles]
    for one in roles:
        if one["id"] == "quality":
            one["may"].append("product.process")
    house = hospital(changes={"roles": roles, "products": [product(after_preparation=q(30, "min"))]})
    house.admit("S-1")
    house.collect("S-1", "COI-1", "DIN-1")
    bag = "BAG-1"
    house.make(bag, "COI-1", ["DIN-1"])
    assert refused_by(lambda: house.do("product.prepare", bag, {}, actor="qa-1")) == ["gate.condition.role"]
    house.do("product.prepare", bag, {}, actor="lab-1")


@pytest.mark.parametrize("named", ["lab-1", "new-1"])
def test_what_was_checked_is_what_was_prepared(named: str) -> None:
    """Whoever checks says who prepared it; somebody else did, and nobody is asked for two roles at once."""
    house = made("product.prepare", None, "new-1", "operator")
    checked(house, named)
    at_the_bed(house)
    if named == "new-1":
        house.give("BAG-1", "S-1", "COI-1")
    else:
        assert refused_by(lambda: house.give("BAG-1", "S-1", "COI-1")) == ["gate.second-check.hand"]


def test_who_is_said_to_have_prepared_it_held_the_role_then_as_known_at_the_dose() -> None:
    house = hospital()
    staff(house, "new-1", "operator")
    house.admit("S-1")
    bag, coi, _ = house.ready("S-1", "1")
    house.do("dose.check", bag, {"participant": "S-1", "dose": q(8e7, "{cells}"), "inputs": {"weight": q(80.0, "kg")}, "prepared_by": "new-1"}, actor="qa-1")  # fmt: skip
    house.wait(minutes=2)
    house.do("staff.revoke", "new-1", {"role": "operator"}, at=stamp(START), reason=WHY, **CUSTODIAN)
    assert refused_by(lambda: house.give(bag, "S-1", coi)) == ["gate.second-check.preparer"]


# for what the dose was worked out

SAID = {
    "another weight": {"weight": q(84.0, "kg")}, "a little more": {"weight": q(80.001, "kg")}, "nothing": {},
    "an age besides": {"weight": q(80.0, "kg"), "age": q(40.0, "a")}, "a length": {"weight": q(80.0, "cm")},
}  # fmt: skip


@pytest.mark.parametrize("said", SAID)
def test_a_dose_is_given_for_what_it_was_checked_for(said: str) -> None:
    """84 kg is within what this dose may be: it is another person's weight, or another day's, and nobody has checked it."""
    house = hospital()
    house.admit("S-1")
    bag, coi, _ = house.ready("S-1", "1")
    assert "gate.second-check.inputs" in refused_by(lambda: house.give(bag, "S-1", coi, inputs=SAID[said]))
    replayed(house)


def test_the_same_weight_in_another_unit_is_the_same() -> None:
    house = hospital()
    house.admit("S-1")
    bag, coi, _ = house.ready("S-1", "1")
    house.give(bag, "S-1", coi, inputs={"weight": q(80_000.0, "g")})
    assert house.record.state.participants["S-1"].doses[-1].valid


def test_to_agree_is_a_permission_of_its_own_where_a_programme_names_it(where: str) -> None:
    """Until a role of the programme names it, whoever may test may agree, as before; once one does, testing alone is not enough."""
    roles = view().model_dump(mode="json")["roles"]
    for role in roles:
        if role["id"] == "board":
            role["may"].append("product.agree")
    for named in (False, True):
        changes = families() | ({"roles": roles} if named else {})
        house = hospital(where if named else ":memory:", programme=view(**changes))
        house.admit("S-1")
        house.collect("S-1", "COI-1", "DIN-1")
        house.do("product.make", "BAG-1", {"coi": "COI-1", "collections": ["DIN-1"]}, actor="lab-1")
        house.step("BAG-1", "expand")
        house.step("BAG-1", "control")
        if named:
            with pytest.raises(Refused) as refused:
                house.do("product.agree", "BAG-1", {"step": "control"}, actor="qa-1")
            assert "authority" in refused.value.gates
        house.do("product.agree", "BAG-1", {"step": "control"}, actor="board-1" if named else "qa-1")
