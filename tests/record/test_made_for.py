"""For whom a product was made: of them those are counted whose product failed, so that a rule on failed products looks at the people and at nobody else."""

from __future__ import annotations

import pytest

from proband.programme.safety import StoppingRule
from proband.record.safety import looked_at

from .masked import admitted, given, stocked, trial
from .synthetic import WHY, Hospital, hospital, stands
from .test_stock import a_stock, dispensed
from .test_taken_over import take

FAILED = StoppingRule.model_validate(
    {"id": "failed", "counts": "product-failure", "share": {"above": {"value": 10, "unit": "%"}, "people": 2},
     "places_hold": "stop", "why": WHY}
)  # fmt: skip


def of_kits() -> Hospital:
    """Three kits came into the stock from one pharmacist; two people have one each, and one of them was given it."""
    house = trial()
    for person in ("S-1", "S-2"):
        admitted(house, person)
    stocked(house, {"K-1": "cells", "K-2": "vehicle", "K-3": "cells", "K-4": "vehicle"})
    assert looked_at(house.record.state, FAILED) == 0, "a kit in the stock is nobody's"
    for person in ("S-1", "S-2"):
        house.do("kit.assign", person)
    given(house, "S-1")
    return house


def of_their_own_cells() -> Hospital:
    house = hospital()
    for person in ("S-1", "S-2"):
        house.admit(person)
        house.ready(person, person[-1])
        house.wait(hours=50)
    return house


def of_a_lot() -> Hospital:
    house = a_stock()
    for person in ("S-1", "S-2"):
        if person not in house.record.state.participants:
            house.admit(person)
        dispensed(house, person, f"PACK-{person}")
    return house


def of_before() -> Hospital:
    house = hospital()
    for person in ("S-1", "S-2"):
        take(house, person)
    return house


@pytest.mark.parametrize("made", [of_kits, of_their_own_cells, of_a_lot, of_before])
def test_a_rule_on_failed_products_looks_at_those_for_whom_one_was_made(made) -> None:
    house = made()
    state = house.record.state
    assert list(state.made_for) == ["S-1", "S-2"]
    assert looked_at(state, FAILED) == 2
    stands(house)


def test_whoever_was_taken_over_by_mistake_is_looked_at_no_longer() -> None:
    house = of_before()
    wrong = house.record.state.participants["S-1"].doses[0].seq
    house.do(
        "event.retract",
        "S-1",
        {"event": "participant.taken-over"},
        corrects=wrong,
        also=[("dr-3", "physician")],
    )
    assert list(house.record.state.made_for) == ["S-2"]
