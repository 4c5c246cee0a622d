"""What is left in a container: in whatever unit it is taken out, and what was emptied is used up, whatever for."""

from __future__ import annotations

from typing import Any

import pytest

from proband.record.errors import Refused

from .synthetic import WHY, Hospital, hospital, product, q
from .test_family import investigate, pool, refused_by, replayed


def made(cells: float = 1.6e8, **changes: Any) -> Hospital:
    house = hospital(changes={"products": [product(**changes)]})
    house.admit("S-1")
    house.collect("S-1", "COI-1", "DIN-1")
    house.make("BAG-1", "COI-1", ["DIN-1"], cells=cells)
    return house


@pytest.mark.parametrize(("value", "unit"), [(80.0, "10*6"), (8e7, "{cells}")])
@pytest.mark.parametrize("way", ["given", "deviation"])
def test_a_dose_is_taken_out_in_whatever_unit_it_is_told(value: float, unit: str, way: str) -> None:
    house = made()
    house.test("BAG-1")
    label = house.label("BAG-1", "COI-1")
    house.release("BAG-1")
    dose, inputs = q(value, unit), {"weight": q(80.0, "kg")}
    if way == "given":
        house.do("dose.check", "BAG-1", {"participant": "S-1", "dose": dose, "inputs": inputs, "prepared_by": "lab-1"}, actor="qa-1")  # fmt: skip
        house.bedside("BAG-1", "S-1", label)
        given = {
            "participant": "S-1",
            "coi": "COI-1",
            "wristband": "S-1",
            "bag": "BAG-1",
            "route": "intrathecal",
        }
        house.do("product.administer", "BAG-1", {**given, "dose": dose, "inputs": inputs})
    else:
        data = {"participant": "S-1", "route": "intrathecal", "dose": dose, "what_happened": WHY}
        house.do("deviation.record", "BAG-1", data)
    bag = house.record.state.products["BAG-1"]
    assert bag.remaining == pytest.approx(8e7)
    assert bag.administered_at is not None
    replayed(house)


@pytest.mark.parametrize("purpose", ["retained-sample", "quality-control", "doses"])
@pytest.mark.parametrize("parts", [[1.6e8], [8e7, 8e7], [1e8, 6e7]])
def test_what_everything_was_taken_out_of_is_used_up(purpose: str, parts: list[float]) -> None:
    house = made(kind="allogeneic-cells", pooling="allowed")
    house.test("BAG-1")
    house.label("BAG-1", "COI-1")
    into = [{"id": f"P-{n}", "amount": q(amount / 1e6, "10*6")} for n, amount in enumerate(parts)]
    house.do("product.split", "BAG-1", {"into": into, "purpose": purpose}, actor="lab-1")
    bag = house.record.state.products["BAG-1"]
    assert (bag.status, bag.remaining) == ("used", 0.0)
    assert refused_by(lambda: house.release("BAG-1")) == ["gate.stage.missing"]
    for call in (
        lambda: house.freeze("BAG-1"),
        lambda: house.do("product.split", "BAG-1", {"into": [{"id": "X", "amount": q(1.0, "{cells}")}]}, actor="lab-1"),
        lambda: pool(house, "POOL", ["BAG-1", "P-0"], 1.0),
        lambda: house.do("product.quarantine", "BAG-1", {}, actor="qa-1"),
    ):  # fmt: skip
        assert refused_by(call)
    replayed(house)


def test_what_a_little_is_left_of_goes_on() -> None:
    house = made()
    into = [{"id": "P-1", "amount": q(8e7, "{cells}")}]
    house.do("product.split", "BAG-1", {"into": into, "purpose": "retained-sample"}, actor="lab-1")
    bag = house.record.state.products["BAG-1"]
    assert (bag.status, bag.remaining) == ("manufactured", 8e7)
    house.test("BAG-1")
    house.label("BAG-1", "COI-1")
    house.release("BAG-1")


# a test that is repeated until it passes


def enter(house: Hospital, bag: str, result: float) -> int:
    house.wait(minutes=1)
    return house.do("product.test", bag, {"test": "viability", "result": result, "laboratory": "qc"}, actor="lab-1").seq  # fmt: skip


def going_on(house: Hospital, bag: str) -> str:
    """What comes of an investigation that lets it go on, and of a first signature after it."""
    if house.record.state.products[bag].status == "quarantined":
        try:
            investigate(house, bag)
        except Refused as refused:
            return refused.refusals[0].code
    found = []
    try:
        house.do("product.release", bag, {"route": "intrathecal"}, actor="qa-1")
    except Refused as refused:
        found = [one.code for one in refused.refusals]
    return ", ".join(found) or "signed"


@pytest.mark.parametrize(
    ("retests", "results", "comes"),
    [
        (None, [90], "signed"), (None, [61, 90], "signed"), (None, [61, 62, 90], "gate.way-out.often"), (None, [61, 90, 60, 91], "gate.way-out.often"),
        (None, [90, 61, 91], "signed"), (2, [61, 62, 90], "signed"), (2, [61, 62, 63, 90], "gate.way-out.often"), (None, [61], "gate.tests.outside"),
        (None, [61, 90, 91, 92], "signed"),
    ],
)  # fmt: skip
def test_a_test_is_repeated_as_often_as_the_programme_says_and_once_where_it_says_nothing(
    retests: int | None, results: list[float], comes: str
) -> None:
    terms = product()["out_of_specification"] | ({"retests": retests} if retests else {})
    house = made(out_of_specification=terms)
    house.do("product.test", "BAG-1", {"test": "sterility", "result": "negative", "laboratory": "qc"}, actor="lab-1")  # fmt: skip
    house.label("BAG-1", "COI-1")
    for result in results:
        enter(house, "BAG-1", result)
    assert going_on(house, "BAG-1") == comes
    replayed(house)


def test_what_failed_as_often_as_it_may_fails_in_each_part_and_stays_open_to_an_exception() -> None:
    house = made()
    house.do("product.test", "BAG-1", {"test": "sterility", "result": "negative", "laboratory": "qc"}, actor="lab-1")  # fmt: skip
    enter(house, "BAG-1", 61)
    house.do("product.split", "BAG-1", {"into": [{"id": f"P-{n}", "amount": q(8e7, "{cells}")} for n in "AB"]}, actor="lab-1")  # fmt: skip
    for part in ("P-A", "P-B"):
        house.label(part, "COI-1")
    enter(house, "P-A", 62)
    enter(house, "P-A", 90)
    enter(house, "P-B", 90)
    assert going_on(house, "P-A") == "gate.way-out.often"
    assert going_on(house, "P-B") == "signed"
    investigate(house, "P-A", "exceptional-release-possible")
    data = {"route": "intrathecal", "risk_assessment": WHY, "participant_informed": True}
    for person in ("qa-1", "qa-2"):
        house.do("product.release-exceptionally", "P-A", data, actor=person)
    assert house.record.state.products["P-A"].excepted == ["viability"]
    replayed(house)


def test_an_error_of_the_laboratory_is_no_failure() -> None:
    house = made()
    house.do("product.test", "BAG-1", {"test": "sterility", "result": "negative", "laboratory": "qc"}, actor="lab-1")  # fmt: skip
    house.label("BAG-1", "COI-1")
    enter(house, "BAG-1", 61)
    wrong = enter(house, "BAG-1", 62)
    enter(house, "BAG-1", 90)
    house.do("product.retract", "BAG-1", {"event": "product.tested"}, actor="qa-1", corrects=wrong, also=[("qa-2", "quality")])  # fmt: skip
    assert going_on(house, "BAG-1") == "signed"
