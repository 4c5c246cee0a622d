"""How many cells there can be: growth in a culture has the bound that the programme names, or a second person's word; nothing is finished beyond what was counted."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from proband.programme.product import ProcessStep
from proband.record.errors import Refused

from .synthetic import WHY, Hospital, hospital, product, q, stands, step, view


def culture(where: str = ":memory:", *, bound: Any = None, held: bool = True, **changes: Any) -> Hospital:
    """A product that is isolated, grown and looked at, and counted each time."""
    made = [step("isolate", "count"), step("expand", "count", expansion_at_most=bound), step("control", "count", hold_point=held)]  # fmt: skip
    house = hospital(where, programme=view(products=[product(manufacturing=made, mass_balance_tolerance=q(5, "%"), **changes)]))  # fmt: skip
    house.admit("S-1")
    house.collect("S-1", "COI-1", "DIN-1")
    house.do("product.make", "BAG-1", {"coi": "COI-1", "collections": ["DIN-1"]}, actor="lab-1")
    return house


def count(house: Hospital, name: str, cells: float, unit: str = "{cells}", **changes: Any) -> None:
    house.step("BAG-1", name, readings=[{"what": "count", "value": cells, "unit": unit}], **changes)


def finish(house: Hospital, cells: float, unit: str = "{cells}") -> None:
    data = {"amount": q(cells, unit), "expires_at": "2026-06-01T00:00Z"}
    house.do("product.finish", "BAG-1", data, actor="lab-1")


def refused(code: str, act: Any) -> None:
    with pytest.raises(Refused) as found:
        act()
    assert code in [one.code for one in found.value.refusals], found.value.message


def test_a_bound_of_the_programme_holds_and_what_lies_beyond_is_a_deviation(where: str) -> None:
    house = culture(where, bound=q(10, "1"))
    count(house, "isolate", 1e7)
    refused("gate.balance.grown", lambda: count(house, "expand", 1.06e8))
    count(house, "expand", 1.04e8)
    assert house.record.state.products["BAG-1"].status == "in-process"
    # done again, it is held against what was counted before it, not against itself
    refused("gate.balance.grown", lambda: count(house, "expand", 9e8))
    count(house, "expand", 9e8, deviation=WHY)
    assert house.record.state.products["BAG-1"].status == "quarantined"
    stands(house)


@pytest.mark.parametrize(("unit", "cells"), [("10*6", 2e1), ("{cells}", 2e7)])
def test_the_bound_is_the_same_in_any_unit_of_a_number(unit: str, cells: float) -> None:
    house = culture(bound=q(1.5, "1"))
    count(house, "isolate", 1e7)
    refused("gate.balance.grown", lambda: count(house, "expand", cells, unit))


def test_where_no_bound_is_named_a_yield_above_what_went_in_needs_a_second_person(where: str) -> None:
    house = culture(where, held=False)
    count(house, "isolate", 1e7)
    count(house, "expand", 9e8)
    count(house, "control", 9e8)
    refused("gate.balance.unagreed", lambda: finish(house, 9e8))
    # told as a deviation it goes on: somebody will read it
    count(house, "expand", 9e8, deviation=WHY)
    count(house, "control", 9e8)
    finish(house, 9e8)
    other = culture(held=True)
    count(other, "isolate", 1e7)
    count(other, "expand", 9e8)
    count(other, "control", 9e8)
    other.do("product.agree", "BAG-1", {"step": "control"}, actor="qa-1")
    finish(other, 9e8)
    stands(house)


@pytest.mark.parametrize(("cells", "unit", "code"), [(1.06e8, "{cells}", "gate.balance.more"), (1e15, "{cells}", "gate.balance.more"), (1.06e2, "10*6", "gate.balance.more"),
                                                     (1.04e8, "{cells}", ""), (20.0, "mL", "")])  # fmt: skip
def test_nothing_is_finished_beyond_what_was_counted_last(where: str, cells: float, unit: str, code: str) -> None:  # fmt: skip
    house = culture(where)
    for name in ("isolate", "expand", "control"):
        count(house, name, 1e8)
    house.do("product.agree", "BAG-1", {"step": "control"}, actor="qa-1")
    if code:
        refused(code, lambda: finish(house, cells, unit))
    else:
        finish(house, cells, unit)
    stands(house)


def test_what_was_never_counted_has_no_bound_and_nothing_is_made_up(where: str) -> None:
    house = culture(where, bound=q(10, "1"))
    for name in ("isolate", "expand", "control"):
        # a concentration is no number of cells
        count(house, name, 5.0, "10*6/mL")
    house.do("product.agree", "BAG-1", {"step": "control"}, actor="qa-1")
    finish(house, 8e7)


def test_a_bound_below_one_is_none() -> None:
    with pytest.raises(ValidationError, match="at least 1"):
        ProcessStep.model_validate(step("expand", "count", expansion_at_most=q(0.5, "1")))
