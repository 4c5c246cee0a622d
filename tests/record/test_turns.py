"""Products that alternate in one course: each dose is one of the regimen whose turn it is, by the spacing of the course."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.record.fold import fold_all
from proband.record.verify import verify_store

from .synthetic import WHY, Hospital, hospital, q, view
from .test_course import refused

DOSE = {"first": 8e7, "second": 4e7, "third": 2e7}


def regimens(**changes: Any) -> list[dict[str, Any]]:
    """The regimen of the synthetic arm leads two others, each with an amount of its own."""
    lead: dict[str, Any] = view().model_dump(mode="json")["regimens"][0]
    lead |= {"interval": q(14, "d"), "interval_tolerance": q(3, "d"), "washout": None, "administrations": 6}
    plain = lead | {"administrations": None, "interval": None, "interval_tolerance": None}
    others = [
        plain | {"id": name, "dose": {"kind": "fixed", "amount": q(DOSE[name], "{cells}"), "clause": WHY}} for name in ("second", "third")
    ]  # fmt: skip
    lead["dose"] = {"kind": "fixed", "amount": q(DOSE["first"], "{cells}"), "clause": WHY}
    return [lead | {"alternates": ["second", "third"]} | changes, *others]


def house_of(**changes: Any) -> Hospital:
    house = hospital(changes={"regimens": regimens(**changes)})
    house.admit("S-1")
    return house


class Bags:
    """Bags of any of the regimens for one person."""

    def __init__(self, house: Hospital) -> None:
        self.house, self.count = house, 0
        self.ids = [regimen.id for regimen in view(**house.changes).regimens]

    def give(self, turn: str) -> None:
        self.count += 1
        house, tag = self.house, f"S-1-{self.count}"
        coi, din, bag = f"COI-{tag}", f"DIN-{tag}", f"BAG-{tag}"
        regimen = self.ids[0] if turn == "first" else turn
        house.screen("S-1")
        house.do("therapy.open", "S-1", {"coi": coi, "regimen": regimen}, actor="dr-1")
        house.collect("S-1", coi, din)
        house.make(bag, coi, [din])
        house.test(bag)
        label = house.label(bag, coi)
        house.release(bag)
        dose = q(DOSE[turn], "{cells}")
        house.do("dose.check", bag, {"participant": "S-1", "dose": dose, "inputs": {}, "prepared_by": "lab-1"}, actor="qa-1")  # fmt: skip
        house.bedside(bag, "S-1", label)
        house.do("product.administer", bag, {"participant": "S-1", "coi": coi, "wristband": "S-1", "bag": bag, "route": "intrathecal",
                                             "dose": dose, "inputs": {}})  # fmt: skip


def test_each_dose_is_the_one_whose_turn_it_is() -> None:
    house = house_of()
    bags = Bags(house)
    assert "gate.interval.turn" in refused(lambda: bags.give("second"))
    bags.give("first")
    assert "gate.interval.spacing" in refused(lambda: bags.give("second")), (
        "the spacing is that of the course"
    )
    house.wait(days=14)
    assert "gate.interval.turn" in refused(lambda: bags.give("first"))
    assert "gate.interval.turn" in refused(lambda: bags.give("third"))
    bags.give("second")
    house.wait(days=14)
    bags.give("third")
    house.wait(days=14)
    bags.give("first")
    events = list(house.record.events())
    assert house.record.state.invalid == {}
    assert fold_all(events, "SYN") == house.record.state
    assert verify_store(house.record.store, "SYN", None, {}).rules_ok


def test_a_dose_that_is_left_out_has_had_its_turn_and_a_course_anew_begins_with_the_first() -> None:
    late = {"until": q(3, "d"), "decided_by": "physician", "source": "x", "level": "inference"}
    house = house_of(late=late | {"then": "skip"})
    bags = Bags(house)
    bags.give("first")
    house.wait(days=22)
    house.do("dose.omit", "S-1", {"why": "illness", "note": WHY})
    house.wait(days=6)
    assert "gate.interval.turn" in refused(lambda: bags.give("second"))
    bags.give("third")

    house = house_of(late=late | {"then": "restart"})
    bags = Bags(house)
    bags.give("first")
    house.wait(days=22)
    house.do("course.begin", "S-1", {"why": WHY})
    assert "gate.interval.turn" in refused(lambda: bags.give("second"))
    bags.give("first")


def test_the_number_is_that_of_the_whole_course() -> None:
    house = house_of(administrations=2)
    bags = Bags(house)
    bags.give("first")
    house.wait(days=14)
    bags.give("second")
    house.wait(days=14)
    assert "gate.interval.complete" in refused(lambda: bags.give("third"))


def test_what_alternates_is_hidden_by_no_kit_and_every_product_of_the_course_counts() -> None:
    made = view().model_dump(mode="json")["products"][0]
    others = regimens()
    others[1]["product"] = "other-cells"
    found = view(regimens=others, products=[made, made | {"id": "other-cells"}])
    assert found.arms_differ_in
    assert found.given_products == {made["id"], "other-cells"}
    assert [found.course_of(one).id for one in found.regimens if found.course_of(one)] == [
        others[0]["id"]
    ] * 3  # type: ignore[union-attr]


@settings(max_examples=3, deadline=None)
@given(st.lists(st.sampled_from(sorted(DOSE)), min_size=1, max_size=3))
def test_whatever_is_tried_only_the_turn_is_given(tried: list[str]) -> None:
    house = house_of()
    bags, turns = Bags(house), ["first", "second", "third"]
    given = 0
    for turn in tried:
        if turn == turns[given % 3]:
            bags.give(turn)
            given += 1
        else:
            with pytest.raises(Exception, match="take turns"):
                bags.give(turn)
        house.wait(days=14)
    assert len(house.record.state.participants["S-1"].given) == given
