"""A result that happened last is the one that counts, whichever was entered last."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from proband.record.batch_record import batch_record
from proband.record.errors import Refused
from proband.record.events import moment, stamp

from .synthetic import WHY, Hospital, hospital, view


def made() -> Hospital:
    house = hospital()
    house.admit("S-1")
    house.collect("S-1", "COI-1", "DIN-1")
    house.make("BAG-1", "COI-1", ["DIN-1"])
    house.label("BAG-1", "COI-1")
    house.wait(hours=9)
    return house


def enter(house: Hospital, test: str, result: Any, hours: float, product: str = "BAG-1") -> int:
    """A result that is entered now and was had so many hours ago."""
    at = stamp(moment(house.now) - timedelta(hours=hours))
    data = {"test": test, "result": result, "laboratory": "qc"}
    return house.do("product.test", product, data, actor="lab-1", at=at, reason=WHY).seq


def go_on(house: Hospital, product: str = "BAG-1") -> None:
    """Whoever looked into it lets it go on, where the programme names a way."""
    if house.record.state.products[product].status == "quarantined":
        with suppress(Refused):
            house.do("product.investigate", product, {"finding": WHY, "conclusion": "goes-on"}, actor="qa-1")


def releasable(house: Hospital, product: str = "BAG-1") -> bool:
    """Whether the first of those who release may sign; what refuses it is the gate on tests, or that it lies in quarantine."""
    try:
        house.do("product.release", product, {"route": "intrathecal"}, actor="qa-1")
    except Refused as refused:
        codes = {refusal.code for refusal in refused.refusals}
        if codes not in ({"gate.tests.outside"}, {"gate.stage.missing"}):
            raise
        return False
    return True


GOOD_AND_BAD = [("viability", 92, 61), ("sterility", "negative", "positive")]


@pytest.mark.parametrize(("test", "good", "bad"), GOOD_AND_BAD)
@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("last", ["good", "bad"])
def test_results_count_in_the_order_in_which_they_happened(
    test: str, good: Any, bad: Any, order: tuple[int, ...], last: str
) -> None:
    """Three results, entered in every order: of what may be tested again the last to happen counts; an infection is overturned by nothing."""
    house = made()
    other = "sterility" if test == "viability" else "viability"
    enter(house, other, "negative" if other == "sterility" else 92, 8)
    results = [(bad, 6), (good, 4), (bad, 2)] if last == "bad" else [(good, 6), (bad, 4), (good, 2)]
    for n in order:
        enter(house, test, *results[n])
    go_on(house)
    assert releasable(house) is (last == "good" and test == "viability")
    (section,) = [one for one in batch_record(house.record, "BAG-1").sections if one.title == "Release tests"]
    shown = {row[0]: row for row in section.rows}
    found = results[2][0] if test == "viability" else bad
    assert shown[test][3:5] == (str(found), "within" if found == good else "OUTSIDE")


def test_of_two_results_of_one_moment_the_one_entered_later_counts() -> None:
    house = made()
    enter(house, "sterility", "negative", 8)
    at = house.now
    for result in (61, 92):
        data = {"test": "viability", "result": result, "laboratory": "qc"}
        house.do("product.test", "BAG-1", data, actor="lab-1", at=at)
    go_on(house)
    assert releasable(house)


def test_a_result_that_is_taken_back_gives_way_to_the_one_before_it() -> None:
    """The passing result was another product's: what failed before it stands again, and is not forgotten with it."""
    house = made()
    enter(house, "sterility", "negative", 8)
    enter(house, "viability", 61, 6)
    wrong = enter(house, "viability", 92, 4)
    house.do(
        "product.retract",
        "BAG-1",
        {"event": "product.tested"},
        actor="qa-1",
        corrects=wrong,
        also=[("qa-2", "quality")],
    )
    go_on(house)
    assert not releasable(house)


def test_a_part_has_what_was_found_of_the_whole_and_its_own_results_by_the_same_rule() -> None:
    house = made()
    enter(house, "sterility", "negative", 8)
    enter(house, "viability", 92, 8)
    enter(house, "viability", 61, 4)
    go_on(house)
    parts = [{"id": f"BAG-1{part}", "amount": {"value": 4e7, "unit": "{cells}"}} for part in "ab"]
    house.do("product.split", "BAG-1", {"into": parts}, actor="lab-1")
    for part in "ab":
        house.label(f"BAG-1{part}", "COI-1")
    enter(house, "viability", 95, 6, "BAG-1a")
    assert not releasable(house, "BAG-1a")
    enter(house, "viability", 95, 0, "BAG-1a")
    assert releasable(house, "BAG-1a")
    assert not releasable(house, "BAG-1b")


@pytest.mark.parametrize("order", [("BAG-1", "BAG-2"), ("BAG-2", "BAG-1")])
def test_one_part_that_failed_makes_the_pool_fail_in_whatever_order_they_are_named(
    order: tuple[str, ...],
) -> None:
    """The part that passes was tested later and is named last, or first: neither hides what was found of the other."""
    donor = view().model_dump(mode="json")["products"][0] | {"kind": "allogeneic-cells", "pooling": "allowed"}
    house = hospital(programme=view(products=[donor]))
    house.admit("S-1")
    for n in (1, 2):
        house.collect("S-1", "COI-1", f"DIN-{n}")
        house.make(f"BAG-{n}", "COI-1", [f"DIN-{n}"])
    house.wait(hours=9)
    for n, viability in ((1, 61), (2, 92)):
        enter(house, "sterility", "negative", 8, f"BAG-{n}")
        enter(house, "viability", viability, 8 - n, f"BAG-{n}")
        go_on(house, f"BAG-{n}")
    pool = {"products": list(order), "amount": {"value": 1.6e8, "unit": "{cells}"}}
    house.do("product.pool", "POOL-1", pool, actor="lab-1")
    house.label("POOL-1", "COI-1")
    assert not releasable(house, "POOL-1")


# found of the whole, and entered after it was divided or pooled


def parts(house: Hospital) -> None:
    pieces = [{"id": f"BAG-1{part}", "amount": {"value": 4e7, "unit": "{cells}"}} for part in "ab"]
    house.do("product.split", "BAG-1", {"into": pieces}, actor="lab-1")
    for part in "ab":
        house.label(f"BAG-1{part}", "COI-1")


@pytest.mark.parametrize("own", [None, 1, 9])
def test_what_was_found_of_the_whole_before_the_division_and_is_entered_after_it_holds_for_every_part(
    own: int | None,
) -> None:
    """Two readings of one test: the culture of the whole comes back positive when the parts are labelled already."""
    house = made()
    enter(house, "sterility", "negative", 8)
    enter(house, "viability", 92, 8)
    go_on(house)
    parts(house)
    if own is not None:
        enter(house, "viability", 95, own, "BAG-1a")
    enter(house, "viability", 61, 4)
    state = house.record.state
    assert [state.products[f"BAG-1{part}"].status for part in "ab"] == ["quarantined", "quarantined"]
    for part in "ab":
        go_on(house, f"BAG-1{part}")
    # the part whose own reading happened later passes; nothing else does
    assert releasable(house, "BAG-1a") is (own == 1)
    assert not releasable(house, "BAG-1b")


def test_a_late_finding_of_the_whole_reaches_the_part_that_was_given(where: str) -> None:
    house = hospital(where)
    house.wait(days=2)
    house.admit("S-1")
    house.collect("S-1", "COI-1", "DIN-1")
    house.make("BAG-1", "COI-1", ["DIN-1"])
    house.test("BAG-1")
    house.wait(hours=1)
    whole = {"into": [{"id": "BAG-1a", "amount": {"value": 8e7, "unit": "{cells}"}}]}
    house.do("product.split", "BAG-1", whole, actor="lab-1")
    label = house.label("BAG-1a", "COI-1")
    house.release("BAG-1a")
    house.check("BAG-1a", "S-1")
    house.bedside("BAG-1a", "S-1", label)
    house.give("BAG-1a", "S-1", "COI-1")
    house.wait(hours=3)
    enter(house, "sterility", "positive", 3.5)
    (dose,) = house.record.state.participants["S-1"].doses
    assert (dose.standing, dose.found) == ("questioned", ("release",))
    assert {task.kind for task in house.record.state.tasks.values()} == {"inform", "standing", "watch"}


def test_a_part_of_a_pool_that_fails_late_makes_the_pool_fail_and_one_that_passes_late_hides_nothing() -> (
    None
):
    donor = view().model_dump(mode="json")["products"][0] | {"kind": "allogeneic-cells", "pooling": "allowed"}
    house = hospital(programme=view(products=[donor]))
    house.admit("S-1")
    for n in (1, 2):
        house.collect("S-1", "COI-1", f"DIN-{n}")
        house.make(f"BAG-{n}", "COI-1", [f"DIN-{n}"])
    house.wait(hours=9)
    for n in (1, 2):
        enter(house, "sterility", "negative", 8, f"BAG-{n}")
        enter(house, "viability", 92, 8, f"BAG-{n}")
    house.do(
        "product.pool",
        "POOL-1",
        {"products": ["BAG-1", "BAG-2"], "amount": {"value": 1.6e8, "unit": "{cells}"}},
        actor="lab-1",
    )
    house.label("POOL-1", "COI-1")
    enter(house, "viability", 61, 7, "BAG-1")
    enter(house, "viability", 95, 0, "BAG-2")
    go_on(house, "POOL-1")
    assert not releasable(house, "POOL-1")
    house.wait(hours=1)
    enter(house, "viability", 95, 0, "POOL-1")
    assert releasable(house, "POOL-1")


def test_a_passing_result_that_is_taken_back_after_the_release_stops_the_bag_and_questions_the_dose(
    where: str,
) -> None:
    """It was another bag's: what was released on it is put aside, what was given on it is judged again."""
    house = hospital(where)
    house.wait(days=2)
    house.admit("S-1")
    house.collect("S-1", "COI-1", "DIN-1")
    house.make("BAG-1", "COI-1", ["DIN-1"])
    wrong = house.do(
        "product.test", "BAG-1", {"test": "viability", "result": 92.0, "laboratory": "qc"}, actor="lab-1"
    ).seq
    enter(house, "sterility", "negative", 0)
    label = house.label("BAG-1", "COI-1")
    house.release("BAG-1")
    retract = {"actor": "qa-1", "corrects": wrong, "also": [("qa-2", "quality")]}
    house.check("BAG-1", "S-1")
    house.bedside("BAG-1", "S-1", label)
    house.give("BAG-1", "S-1", "COI-1")
    house.wait(hours=1)
    house.do("product.retract", "BAG-1", {"event": "product.tested"}, **retract)
    (dose,) = house.record.state.participants["S-1"].doses
    assert (dose.standing, dose.found) == ("questioned", ("release",))
    other = hospital()
    other.admit("S-1")
    other.collect("S-1", "COI-1", "DIN-1")
    other.make("BAG-1", "COI-1", ["DIN-1"])
    retract["corrects"] = other.do(
        "product.test", "BAG-1", {"test": "viability", "result": 92.0, "laboratory": "qc"}, actor="lab-1"
    ).seq
    enter(other, "sterility", "negative", 0)
    other.label("BAG-1", "COI-1")
    other.release("BAG-1")
    other.do("product.retract", "BAG-1", {"event": "product.tested"}, **retract)
    assert other.record.state.products["BAG-1"].status == "quarantined"
    with pytest.raises(Refused) as refused:
        other.do("product.release", "BAG-1", {"route": "intrathecal"}, actor="qa-2")
    assert "stage" in refused.value.gates
    go_on(other)
    with pytest.raises(Refused, match="lacks viability"):
        releasable(other)
