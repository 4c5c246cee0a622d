"""What is found in one container is found of its family: how far it reaches, what was given of it, and which ways lead out."""

from __future__ import annotations

from typing import Any

import pytest

from proband.record.errors import Refused
from proband.record.findings import board_pack
from proband.record.fold import fold_all
from proband.record.tables import rows_about, table

from .synthetic import WHY, Hospital, families, hospital, product, q, release_test

BOARD: dict[str, Any] = {"actor": "qa-1"}
TWO: dict[str, Any] = {"actor": "qa-1", "also": [("qa-2", "quality")]}


def refused_by(call: Any) -> list[str]:
    with pytest.raises(Refused) as refused:
        call()
    return [one.code for one in refused.value.refusals]


def whole(
    where: str = ":memory:",
    person: str = "S-1",
    tag: str = "1",
    lots: list[str] | None = None,
    house: Hospital | None = None,
) -> Hospital:
    """One batch, finished, tested, divided into three bags that bear labels; of the second there are two parts."""
    house = house or hospital(where, changes=families())
    house.admit(person)
    house.collect(person, f"COI-{tag}", f"DIN-{tag}")
    house.make(f"W{tag}", f"COI-{tag}", [f"DIN-{tag}"], lots or ["LOT-1"], cells=3.2e8)
    house.test(f"W{tag}")
    split(house, f"W{tag}", a=8e7, b=1.6e8, c=8e7)
    split(house, f"W{tag}b", x=8e7, y=8e7)
    for bag in ("a", "c", "bx", "by"):
        house.label(f"W{tag}{bag}", f"COI-{tag}")
    return house


def split(house: Hospital, parent: str, **cells: float) -> None:
    into = [{"id": f"{parent}{name}", "amount": q(amount, "{cells}")} for name, amount in cells.items()]
    house.do("product.split", parent, {"into": into}, actor="lab-1")


def enter(house: Hospital, name: str, test: str, result: Any) -> int:
    return house.do(
        "product.test", name, {"test": test, "result": result, "laboratory": "qc"}, actor="lab-1"
    ).seq


def investigate(house: Hospital, name: str, conclusion: str = "goes-on") -> None:
    house.do("product.investigate", name, {"finding": WHY, "conclusion": conclusion}, actor="qa-1")


def pool(house: Hospital, name: str, parts: list[str], cells: float = 1.6e8, unit: str = "{cells}") -> None:
    house.do("product.pool", name, {"products": parts, "amount": q(cells, unit)}, actor="lab-1")


def give(house: Hospital, bag: str, person: str = "S-1") -> None:
    coi = house.record.state.products[bag].coi
    label = next(
        name
        for name in house.record.state.products[bag].labels
        if house.record.state.labels[name].fate == "applied"
    )
    house.check(bag, person)
    house.bedside(bag, person, label)
    house.give(bag, person, coi)


def statuses(house: Hospital, tag: str = "1") -> dict[str, str]:
    return {
        name.removeprefix(f"W{tag}"): one.status
        for name, one in house.record.state.products.items()
        if name.startswith(f"W{tag}")
    }


def replayed(house: Hospital) -> None:
    assert house.record.state.invalid == {}
    assert fold_all(house.record.events(), "SYN") == house.record.state


# a finding spreads


def test_a_positive_result_after_a_dose_reaches_every_relative_in_the_same_commit(where: str) -> None:
    """Found in a part of a sibling: the batch, its bags, their parts, the task list, the board's pack and the aftercare, with one event."""
    house = whole(where)
    house.release("W1a")
    house.release("W1bx")
    give(house, "W1a")
    before = house.record.state.seq
    house.wait(days=1)
    seq = enter(house, "W1by", "sterility", "positive")
    state = house.record.state
    assert seq == state.seq == before + 1
    assert statuses(house) == {
        "": "used",
        "a": "administered",
        "b": "used",
        "c": "quarantined",
        "bx": "quarantined",
        "by": "quarantined",
    }
    assert state.products["W1bx"].signers == []
    (dose,) = state.participants["S-1"].doses
    assert (dose.first_verdict, dose.standing, dose.stands, dose.found) == (
        "valid",
        "questioned",
        False,
        ("release",),
    )
    assert state.deviations[seq]["doses"] == [{"participant": "S-1", "product": "W1a", "dose": dose.seq}]
    assert {task.kind for task in state.tasks.values() if task.subject == "S-1" and task.done is None} == {
        "inform",
        "watch",
        "standing",
    }
    pack = board_pack(state)
    assert pack.as_of == seq
    assert {row["container"] for row in pack.findings} == {"W1", "W1a", "W1b", "W1c", "W1bx", "W1by"}
    assert {row["found_in"] for row in pack.findings} == {"W1by"}
    assert [row["participant"] for row in pack.watches] == ["S-1"]
    assert {row["kind"] for row in pack.tasks} == {"inform", "watch", "standing"}
    assert [row["kind"] for row in pack.deviations] == ["given, and found outside its limits later"]
    (row,) = rows_about(state, "aftercare", "S-1")
    assert (row["product"], row["found_since"], row["standing"]) == ("W1a", "sterility", "questioned")
    assert f"watch:W1a:{seq}" in row["to_do"]
    replayed(house)


@pytest.mark.parametrize("found_in", ["W1", "W1a", "W1b", "W1bx", "W1c"])
def test_wherever_in_the_family_it_is_found_nothing_of_it_is_released(found_in: str) -> None:
    house = whole()
    enter(house, found_in, "sterility-final", "positive")
    for bag in ("W1a", "W1bx", "W1by", "W1c"):
        enter(house, bag, "sterility", "negative")
        enter(house, bag, "sterility-final", "negative")
        for conclusion in ("goes-on", "exceptional-release-possible"):
            assert refused_by(lambda bag=bag, way=conclusion: investigate(house, bag, way)) == [
                "gate.way-out.final"
            ]
        assert "gate.stage.missing" in refused_by(lambda bag=bag: house.release(bag))
        data = {"route": "intrathecal", "risk_assessment": WHY, "participant_informed": True}
        assert refused_by(
            lambda bag=bag, data=data: house.do("product.release-exceptionally", bag, data, actor="qa-1")
        ) == ["gate.exception.never"]
    investigate(house, "W1a", "rejected")
    assert house.record.state.products["W1a"].status == "rejected"


def test_a_failed_batch_is_not_washed_clean_by_one_investigation_and_negative_parts(where: str) -> None:
    house = hospital(where, changes=families())
    house.admit("S-1")
    house.collect("S-1", "COI-1", "DIN-1")
    house.make("W1", "COI-1", ["DIN-1"], cells=1.6e8)
    enter(house, "W1", "sterility", "positive")
    assert refused_by(lambda: investigate(house, "W1")) == ["gate.way-out.final"]
    split(house, "W1", a=8e7, b=8e7)
    for part in ("W1a", "W1b"):
        house.test(part)
        house.label(part, "COI-1")
        assert refused_by(lambda part=part: investigate(house, part)) == ["gate.way-out.final"]
        assert "gate.stage.missing" in refused_by(lambda part=part: house.release(part))
    replayed(house)


def test_what_the_programme_names_is_the_way_out_and_nothing_else_is(where: str) -> None:
    """A count of living cells may be tested again where the programme says so; where it does not, an exceptional release or none."""
    house = whole(where)
    enter(house, "W1a", "viability", 61.0)
    assert statuses(house)["c"] == "manufactured", "how many cells live in one bag is no finding of another"
    investigate(house, "W1a")
    assert refused_by(lambda: house.release("W1a")) == ["gate.tests.outside"]
    enter(house, "W1a", "viability", 90.0)
    house.release("W1a")
    strict = product(
        **families()["products"][0]
        | {"out_of_specification": {"exceptional_release": False, "signatures": 2, "conditions": WHY}}
    )
    house = whole(house=hospital(changes={"products": [strict]}))
    enter(house, "W1a", "viability", 61.0)
    enter(house, "W1a", "viability", 90.0)
    assert refused_by(lambda: investigate(house, "W1a")) == ["gate.way-out.retest"]
    assert refused_by(lambda: investigate(house, "W1a", "exceptional-release-possible")) == [
        "gate.way-out.exception"
    ]


def test_an_error_of_the_laboratory_is_taken_back_by_two_and_the_family_goes_on(where: str) -> None:
    house = whole(where)
    house.release("W1a")
    give(house, "W1a")
    seq = enter(house, "W1by", "sterility", "positive")
    house.do("product.retract", "W1by", {"event": "product.tested"}, corrects=seq, **TWO)
    state = house.record.state
    assert table(state, "findings") == []
    assert board_pack(state).watches == []
    (dose,) = state.participants["S-1"].doses
    assert (dose.standing, dose.found) == ("questioned", ())
    investigate(house, "W1bx")
    house.release("W1bx")
    assert state.products["W1bx"].status == "released"
    replayed(house)


@pytest.mark.parametrize("order", [("W1a", "W1c"), ("W1c", "W1a")])
def test_a_pool_is_what_the_worst_of_its_parts_is_in_either_order(order: tuple[str, str], where: str) -> None:
    house = whole(where)
    enter(house, "W1a", "viability", 61.0)
    pool(house, "POOL", list(order))
    made = house.record.state.products["POOL"]
    assert made.status == "quarantined"
    house.label("POOL", "COI-1")
    investigate(house, "POOL")
    assert refused_by(lambda: house.release("POOL")) == ["gate.tests.outside"]


def test_a_pass_of_one_part_says_nothing_of_a_pool_whose_other_part_was_never_tested() -> None:
    house = hospital(changes=families())
    house.admit("S-1")
    for n in (1, 2):
        house.collect("S-1", "COI-1", f"DIN-{n}")
        house.make(f"W{n}", "COI-1", [f"DIN-{n}"])
    house.test("W1")
    pool(house, "POOL", ["W1", "W2"])
    house.label("POOL", "COI-1")
    assert refused_by(lambda: house.release("POOL")) == ["gate.tests.missing"]


@pytest.mark.parametrize(("found_in", "touched"), [("W1", False), ("POOL", True)])
def test_what_went_into_a_pool_beside_a_relative_is_no_relative(
    where: str, found_in: str, touched: bool
) -> None:
    """A finding in a pool reaches both of its origins; one in an origin does not flow back into the other."""
    house = hospital(where, changes=families())
    house.admit("S-1")
    for n in (1, 2):
        house.collect("S-1", "COI-1", f"DIN-{n}")
        house.make(f"W{n}", "COI-1", [f"DIN-{n}"], [f"LOT-{n}"], cells=1.6e8)
        split(house, f"W{n}", a=8e7, b=8e7)
    pool(house, "POOL", ["W1a", "W2a"])
    enter(house, found_in, "sterility", "positive")
    assert house.record.state.products["POOL"].status == "quarantined"
    assert (house.record.state.products["W2b"].status == "quarantined") is touched


def test_what_shares_a_lot_with_a_failed_batch_is_put_aside_and_looked_into(where: str) -> None:
    house = whole(where, lots=["MEDIUM-7"])
    whole(person="S-2", tag="2", lots=["MEDIUM-7"], house=house)
    whole(person="S-3", tag="3", lots=["MEDIUM-8"], house=house)
    house.release("W2a")
    give(house, "W2a", "S-2")
    seq = enter(house, "W1c", "sterility", "positive")
    assert {statuses(house, "2")[bag] for bag in ("c", "bx", "by")} == {"quarantined"}
    assert {statuses(house, "3")[bag] for bag in ("a", "c", "bx", "by")} == {"manufactured"}
    state = house.record.state
    assert [row["participant"] for row in board_pack(state).watches] == ["S-2"]
    # nothing was found of it: whoever looked into the lot lets it go on
    investigate(house, "W2c")
    house.release("W2c")
    assert state.products["W2c"].status == "released"
    house.do("product.retract", "W1c", {"event": "product.tested"}, corrects=seq, **TWO)
    assert board_pack(state).watches == []
    replayed(house)


def test_a_contamination_that_ends_a_batch_reaches_its_family_too(where: str) -> None:
    house = whole(where)
    house.release("W1c")
    failed = house.do("product.fail", "W1a", {"kind": "contamination"}, actor="lab-1").seq
    assert statuses(house)["c"] == "quarantined"
    assert refused_by(lambda: investigate(house, "W1c")) == ["gate.way-out.final"]
    house.do("product.retract", "W1a", {"event": "product.failed"}, corrects=failed, **TWO)
    investigate(house, "W1c")


def test_equipment_that_ends_a_batch_ends_that_one_alone(where: str) -> None:
    other = whole(where)
    other.do("product.fail", "W1a", {"kind": "equipment"}, actor="lab-1")
    assert statuses(other)["c"] == "manufactured"


# what the version in force asks


def amend_tests(house: Hospital, tests: list[dict[str, Any]]) -> None:
    made = house.changes["products"][0] if house.changes else product()
    house.changes = {"products": [made | {"release_tests": tests}]}
    house.amend()
    state = house.record.state
    house.consent("S-1", "text-2")
    house.do(
        "participant.migrate",
        "S-1",
        {"from_programme": state.participants["S-1"].programme, "to_programme": state.programme},
        actor="sys-1",
        site="*",
    )
    house.screen("S-1")


def test_what_was_released_under_old_tests_is_judged_again_by_the_version_in_force(where: str) -> None:
    house = whole(where)
    house.release("W1a")
    tests = [
        *house.changes["products"][0]["release_tests"],
        release_test("mycoplasma", "mycoplasma", "negative"),
    ]
    amend_tests(house, tests)
    assert refused_by(lambda: give(house, "W1a")) == ["gate.release.asked"]
    enter(house, "W1a", "mycoplasma", "negative")
    give(house, "W1a")
    assert house.record.state.participants["S-1"].doses[-1].valid
    replayed(house)


def test_a_tighter_limit_holds_for_what_was_released_before_it(where: str) -> None:
    house = whole(where)
    house.release("W1a")
    old = house.changes["products"][0]["release_tests"]
    amend_tests(house, [release_test("viability", "viability", ">=", q(95, "%")), *old[1:]])
    assert refused_by(lambda: give(house, "W1a")) == ["gate.release.outside"]


def test_an_amendment_that_asks_for_no_sterility_frees_no_infected_bag(where: str) -> None:
    house = whole(where)
    enter(house, "W1a", "sterility", "positive")
    amend_tests(
        house,
        [test for test in house.changes["products"][0]["release_tests"] if test["attribute"] == "viability"],
    )
    assert refused_by(lambda: investigate(house, "W1c")) == ["gate.way-out.final"]


# amounts


#: pools that hold other than their parts, and what each is refused by
POOLS = [
    (["W1a", "W1c"], 1e15, "{cells}", "gate.balance.more"),
    (["W1a", "W1c"], 1.7e8, "{cells}", "gate.balance.more"),
    (["W1a", "W1a"], 1.6e8, "{cells}", "gate.balance.twice"),
    (["W1a", "W1c"], -1.0, "{cells}", "gate.balance.positive"),
    (["W1a", "W1c"], 0.0, "{cells}", "gate.balance.positive"),
    (["W1a", "W1c"], 1.6e8, "mL", "gate.balance.unit"),
]


def test_a_pool_holds_no_more_than_its_parts(where: str) -> None:
    house = whole(where)
    for parts, cells, unit, code in POOLS:
        assert refused_by(lambda: pool(house, "POOL", parts, cells, unit)) == [code], (parts, cells, unit)  # noqa: B023


def test_counting_is_not_exact_and_the_programme_says_by_how_much(where: str) -> None:
    house = whole(where)
    pool(house, "POOL", ["W1a", "W1c"], 1.68e8)
    assert refused_by(lambda: split(house, "W1bx", p=8.5e7)) == ["gate.balance.more"]
    split(house, "W1bx", p=8.4e7)
    exact = product(**families()["products"][0] | {"mass_balance_tolerance": None})
    house = whole(house=hospital(changes={"products": [exact]}))
    assert refused_by(lambda: pool(house, "POOL", ["W1a", "W1c"], 1.61e8)) == ["gate.balance.more"]


def test_no_aliquot_is_negative_or_empty(where: str) -> None:
    house = whole(where)
    for one, other in ((-8e7, 1.6e8), (0.0, 8e7)):
        assert refused_by(lambda: split(house, "W1a", p=one, q=other)) == ["gate.balance.positive"]  # noqa: B023


def test_nothing_is_pooled_across_sites(where: str) -> None:
    house = whole(where)
    label = next(
        name
        for name in house.record.state.products["W1a"].labels
        if house.record.state.labels[name].fate == "applied"
    )
    scans = {"label": label, "coi": "COI-1"}
    house.do(
        "product.send",
        "W1a",
        {"to": "south", "carrier": "van", "temperature": q(4, "Cel"), **scans},
        actor="lab-1",
    )
    assert refused_by(lambda: pool(house, "POOL", ["W1a", "W1c"])) == ["gate.pooling.place"]
    house.do("staff.grant", "nurse-s", {"role": "nurse", "sites": ["south"]}, actor="sys-1", site="*")
    house.do(
        "staff.train", "nurse-s", {"training": "gcp", "valid_until": "2030-01-01"}, actor="sys-1", site="*"
    )
    journey = {"lowest": q(3, "Cel"), "highest": q(8, "Cel"), "in_range": True}
    house.do("product.receive", "W1a", {**scans, **journey}, actor="nurse-s", role="nurse", site="south")
    assert refused_by(lambda: pool(house, "POOL", ["W1a", "W1c"])) == ["gate.pooling.place"]


# wrong clocks, and what counts


def test_a_pass_that_was_stamped_ahead_does_not_hide_the_failure_after_it() -> None:
    """The server's clock ran a day ahead when a bag passed; put right, it fails: what is measured from now on counts."""
    house = whole()
    house.do("staff.grant", "dm-2", {"role": "custodian", "sites": ["*"]}, actor="sys-1", site="*")
    house.wait(days=1)
    enter(house, "W1a", "viability", 90.0)
    house.wait(days=-1, minutes=5)
    house.do(
        "clock.reset", "SYN", {"ahead": "one day"}, actor="sys-1", site="*", also=[("dm-2", "custodian")]
    )
    house.wait(minutes=5)
    enter(house, "W1a", "viability", 61.0)
    investigate(house, "W1a")
    assert refused_by(lambda: house.release("W1a")) == ["gate.tests.outside"]
    replayed(house)


def test_whose_product_failed_by_an_error_of_the_laboratory_counts_as_a_failure_no_longer() -> None:
    house = whole()
    house.release("W1a")
    give(house, "W1a")
    seq = enter(house, "W1a", "sterility", "positive")
    other = enter(house, "W1c", "sterility", "positive")
    state = house.record.state
    assert list(state.product_failures) == ["S-1"]
    for name, entered, counted in (("W1a", seq, ["S-1"]), ("W1c", other, [])):
        house.do("product.retract", name, {"event": "product.tested"}, corrects=entered, **TWO)
        assert list(state.product_failures) == counted
