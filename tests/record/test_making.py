"""The making of a product by its programme: steps, hold points, states of cold with their clocks, ranges, recalled lots, labels."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from proband.programme import load, locate
from proband.programme.product import KeptRange, OutOfSpecification, ProcessStep
from proband.record.batch_record import batch_record
from proband.record.chain import link
from proband.record.events import Event, canonical, stamp
from proband.record.fold import advance, fold_all
from proband.record.programme_view import view_of

from .synthetic import WHY, Hospital, hospital, product, q, step
from .test_family import give, investigate, refused_by, replayed, split

#: a programme with every kind of step: three before it is finished, labels and freezing before the release, thawing and dilution before it is given
COLD = product(
    after_preparation=q(30, "min"),
    kept_at=[{"state": "frozen", "high": q(-130, "Cel")}],
    manufacturing=[
        step("identity", recorded_as="identifier", hold_point=True), step("expand", "equipment", "reagent-lot", "temperature", temperature_low=q(36, "Cel"),
        temperature_high=q(38, "Cel")), step("control", "viability", "image", hold_point=True), step("fill"), step("label", recorded_as="label", hold_point=True),
        step("freeze", "temperature", recorded_as="freezing", temperature_high=q(-130, "Cel")), step("thaw", "viability", recorded_as="thawing", hold_point=True),
        step("dilute", hold_point=True),
    ],
)  # fmt: skip
ALIVE = [{"what": "viability", "value": 92.0, "unit": "%"}]
DONE: dict[str, dict[str, Any]] = {
    "expand": {"equipment": ["INC-1"], "lots": ["LOT-1"]}, "control": {"readings": ALIVE, "images": ["IMG-1"]}, "fill": {}, "dilute": {},
}  # fmt: skip


def begun(where: str = ":memory:", changes: dict[str, Any] | None = None) -> Hospital:
    house = hospital(where, changes={"products": [COLD | (changes or {})]})
    start(house)
    return house


def start(house: Hospital) -> None:
    """Somebody's starting material, and the making begun."""
    house.admit("S-1")
    house.collect("S-1", "COI-1", "DIN-1")
    house.do("product.make", "BAG-1", {"coi": "COI-1", "collections": ["DIN-1"]}, actor="lab-1")


def agree(house: Hospital, name: str, actor: str = "qa-1") -> None:
    house.do("product.agree", "BAG-1", {"step": name}, actor=actor)


def finish(house: Hospital, cells: float = 8e7) -> None:
    until = stamp(house._clock[0] + timedelta(days=60))
    house.do("product.finish", "BAG-1", {"amount": q(cells, "{cells}"), "expires_at": until}, actor="lab-1")


def do(house: Hospital, name: str) -> None:
    """A step, in order."""
    if name in DONE:
        house.step("BAG-1", name, **DONE[name])
    elif name == "label":
        house.label("BAG-1", "COI-1")
    elif name == "freeze":
        house.do(
            "product.freeze",
            "BAG-1",
            {"position": "A1", "equipment": "tank", "temperature": q(-150, "Cel")},
            actor="lab-1",
        )
    elif name == "thaw":
        house.do("product.thaw", "BAG-1", {"equipment": "bath", "readings": ALIVE}, actor="lab-1")


def made(where: str = ":memory:", without: str = "", unagreed: str = "") -> Hospital:
    """Everything up to the bed in order, without one step, or without the word of a second person at one."""
    house = begun(where)
    work(house, without, unagreed)
    return house


def work(house: Hospital, without: str = "", unagreed: str = "") -> None:
    """Every step in order up to the bed, without one, or without the word of a second person at one."""
    for one in COLD["manufacturing"]:
        if one["id"] == "label":
            finish(house)
            house.test("BAG-1")
        if one["id"] == "thaw":
            house.release("BAG-1")
        if one["id"] != without:
            do(house, one["id"])
        if one["hold_point"] and one["id"] not in (without, unagreed):
            agree(house, one["id"])
    house.do("product.prepare", "BAG-1", actor="lab-1")


def test_a_product_that_is_made_step_by_step_is_given(where: str) -> None:
    house = made(where)
    give(house, "BAG-1")
    assert house.record.state.participants["S-1"].doses[-1].valid
    papers = batch_record(house.record, "BAG-1")
    assert papers.missing == []
    (points,) = [section for section in papers.sections if section.title == "Hold points"]
    assert {row[0]: row[3] for row in points.rows} == {
        f"{name} step": "qa-1" for name in ("identity", "control", "label", "thaw", "dilute")
    }
    replayed(house)


@pytest.mark.parametrize("without", ["expand", "control", "fill", "label", "freeze", "thaw", "dilute"])
def test_nothing_goes_on_with_a_step_missing(without: str, where: str) -> None:
    """Whichever it is: the next step, the finishing, the release or the giving is refused, and says which."""

    def all_of_it() -> None:
        house = made(where, without=without)
        give(house, "BAG-1")

    codes = refused_by(all_of_it)
    assert set(codes) & {"gate.steps.missing", "gate.labels.none", "gate.condition.frozen"}
    assert all(code.split(".")[1] in ("steps", "labels", "condition") for code in codes)


@pytest.mark.parametrize("unagreed", ["identity", "control", "label", "thaw", "dilute"])
def test_work_stops_until_a_second_person_has_agreed(unagreed: str, where: str) -> None:
    assert refused_by(lambda: give(made(where, unagreed=unagreed), "BAG-1")) == ["gate.steps.missing"]


def test_a_batch_of_the_shipped_programme_cannot_be_finished_with_a_step_missing(where: str) -> None:
    """The bundle's own steps, not a synthetic one's: nothing was done, and every step that is due is named."""
    programme = view_of(load(locate("spinal-cord-autologous")))
    due = [one.id for one, phase in programme.product["stromal-cells"].due() if phase == "finish"]
    assert due == [
        "allocate-identity",
        "harvest",
        "receive",
        "isolate",
        "expand",
        "in-process-control",
        "formulate",
    ]
    mine = programme.product["stromal-cells"].model_dump(mode="json") | {"id": "cells"}
    house = begun(where, mine)
    with pytest.raises(
        Exception, match="allocate-identity, receive, isolate, expand, in-process-control, formulate"
    ):
        finish(house)


@pytest.mark.parametrize(
    ("name", "changes", "code"),
    [
        ("shake", {}, "gate.steps.unknown"),
        ("freeze", {}, "gate.steps.unknown"),
        ("control", DONE["control"], "gate.steps.missing"),
        ("expand", {"equipment": ["INC-1"]}, "gate.steps.unrecorded"),
        ("expand", {"equipment": ["INC-1"], "lots": ["L"], "temperature": None}, "gate.steps.unrecorded"),
        (
            "expand",
            DONE["expand"] | {"start": "2026-03-02T09:00:00Z", "end": "2026-03-02T08:00:00Z"},
            "gate.steps.times",
        ),
        ("expand", DONE["expand"] | {"temperature": q(42, "Cel")}, "gate.range.step"),
        ("expand", DONE["expand"] | {"temperature": q(37, "K")}, "gate.range.step"),
        ("expand", DONE["expand"] | {"temperature": q(37, "kg")}, "gate.range.step"),
    ],
)
def test_a_step_is_done_in_its_place_as_the_programme_asks(
    name: str, changes: dict[str, Any], code: str
) -> None:
    house = begun()
    agree(house, "identity")
    assert refused_by(lambda: house.step("BAG-1", name, **changes)) == [code]


def test_thirty_seven_degrees_are_the_same_in_any_unit_and_a_deviation_puts_the_batch_aside(
    where: str,
) -> None:
    house = begun(where)
    agree(house, "identity")
    house.step("BAG-1", "expand", **DONE["expand"] | {"temperature": q(310.15, "K")})
    house.step(
        "BAG-1", "expand", **DONE["expand"] | {"temperature": q(42, "Cel"), "deviation": "incubator failed"}
    )
    assert house.record.state.products["BAG-1"].status == "quarantined"


@pytest.mark.parametrize(
    ("who", "name", "code"),
    [
        ("lab-1", "control", "gate.hold-point.own"),
        ("qa-1", "expand", "gate.hold-point.none"),
        ("qa-1", "label", "gate.hold-point.undone"),
    ],
)
def test_a_second_person_agrees_to_what_was_done_at_a_hold_point(who: str, name: str, code: str) -> None:
    house = begun()
    agree(house, "identity")
    do(house, "expand")
    do(house, "control")
    assert refused_by(lambda: agree(house, name, who)) == [code]
    agree(house, "control")
    assert refused_by(lambda: agree(house, "control")) == ["gate.hold-point.agreed"]
    # what is done again is agreed to again
    do(house, "control")
    agree(house, "control")


def test_a_label_that_is_replaced_is_agreed_to_again() -> None:
    house = made()
    state = house.record.state
    old = next(name for name in state.products["BAG-1"].labels if state.labels[name].fate == "applied")
    house.do("label.fate", "BAG-1", {"labels": [old], "fate": "destroyed"}, actor="lab-1")
    house.label("BAG-1", "COI-1")
    assert refused_by(lambda: give(house, "BAG-1")) == ["gate.steps.missing"]
    agree(house, "label")
    give(house, "BAG-1")


# states and their clocks


def test_what_is_frozen_is_not_given_and_the_clock_of_thawing_runs_from_the_thaw(where: str) -> None:
    plain = {"manufacturing": [step("expand")], "after_preparation": None, "kept_at": []}
    house = hospital(where, changes={"products": [product(**plain)]})
    house.admit("S-1")
    bag, _, _ = house.ready("S-1", "1", cold=True)
    assert refused_by(lambda: give(house, bag)) == ["gate.condition.frozen"]
    house.wait(days=3)
    house.thaw(bag)
    assert house.record.state.products[bag].expires_at == stamp(house._clock[0] + timedelta(hours=2))
    house.wait(hours=3)
    assert refused_by(lambda: give(house, bag)) == ["gate.expiry.passed"]
    replayed(house)


def test_nothing_is_frozen_twice_or_thawed_that_is_not_frozen_and_parts_keep_their_clock() -> None:
    house = hospital()
    house.admit("S-1")
    house.collect("S-1", "COI-1", "DIN-1")
    house.make("BAG-1", "COI-1", ["DIN-1"])
    assert refused_by(lambda: house.thaw("BAG-1")) == ["gate.condition.not-frozen"]
    house.freeze("BAG-1")
    assert refused_by(lambda: house.freeze("BAG-1")) == ["gate.condition.frozen"]
    assert refused_by(lambda: split(house, "BAG-1", a=4e7)) == ["gate.condition.frozen"]
    house.thaw("BAG-1")
    split(house, "BAG-1", a=4e7)
    assert refused_by(lambda: house.freeze("BAG-1a")) == ["gate.condition.again"]
    parts = house.record.state.products
    assert (parts["BAG-1a"].thawed_at, parts["BAG-1a"].expires_at) == (
        parts["BAG-1"].thawed_at,
        parts["BAG-1"].expires_at,
    )


def test_what_must_be_prepared_is_and_is_given_within_its_time(where: str) -> None:
    house = made(where)
    assert refused_by(lambda: house.do("product.prepare", "BAG-1", actor="lab-1")) == ["gate.condition.again"]
    house.wait(minutes=31)
    assert refused_by(lambda: give(house, "BAG-1")) == ["gate.expiry.passed"]


# on the way


def scans(house: Hospital) -> dict[str, str]:
    state = house.record.state
    return {
        "label": next(
            name for name in state.products["BAG-1"].labels if state.labels[name].fate == "applied"
        ),
        "coi": "COI-1",
    }


@pytest.mark.parametrize(
    ("low", "high", "claimed", "code"),
    [
        (q(-150, "Cel"), q(37, "Cel"), True, "gate.range.journey"),
        (q(-150, "Cel"), q(310.15, "K"), True, "gate.range.journey"),
        (None, None, True, "gate.range.untold"),
        (q(-150, "Cel"), None, True, "gate.range.untold"),
        (q(-140, "Cel"), q(-150, "Cel"), True, "gate.range.turned"),
        (q(-150, "Cel"), q(-140, "Cel"), True, ""),
        (q(-150, "Cel"), q(37, "Cel"), False, ""),
        (None, None, False, ""),
    ],
)
def test_a_range_is_a_range(where: str, low: Any, high: Any, claimed: bool, code: str) -> None:
    house = begun(where)
    for one in COLD["manufacturing"][:6]:
        if one["id"] == "label":
            finish(house)
        do(house, one["id"])
        if one["hold_point"]:
            agree(house, one["id"])
    said = scans(house)
    leaves = {"to": "north", "carrier": "van", **said}
    assert refused_by(
        lambda: house.do("product.send", "BAG-1", leaves | {"temperature": q(4, "Cel")}, actor="lab-1")
    ) == ["gate.range.departure"]
    assert refused_by(lambda: house.do("product.send", "BAG-1", leaves, actor="lab-1")) == [
        "gate.range.untold"
    ]
    house.do("product.send", "BAG-1", leaves | {"temperature": q(-150, "Cel")}, actor="lab-1")
    arrives = {**said, "lowest": low, "highest": high, "in_range": claimed}

    def received() -> None:
        house.do("product.receive", "BAG-1", arrives, actor="nurse-1")

    if code:
        assert refused_by(received) == [code]
        return
    received()
    assert house.record.state.products["BAG-1"].excursion is not claimed


# recalled lots


def recall(house: Hospital, lot: str = "LOT-1") -> None:
    house.do("lot.recall", "SYN", {"lot": lot, "notified_on": house.now[:10]}, actor="qa-1")


def test_a_recalled_lot_is_used_nowhere(where: str) -> None:
    """At making, freezing, dividing, preparing and releasing; whoever got it is told and watched; only a recall that is withdrawn gives it free."""
    house = begun(where)
    agree(house, "identity")
    recall(house, "LOT-9")
    assert refused_by(lambda: house.step("BAG-1", "expand", **DONE["expand"] | {"lots": ["LOT-9"]})) == [
        "gate.recalled.lot"
    ]
    do(house, "expand")
    recall(house)
    investigate(house, "BAG-1")
    for call in (
        lambda: do(house, "control"),
        lambda: split(house, "BAG-1", a=1.0),
        lambda: do(house, "freeze"),
    ):
        assert "gate.recalled.lot" in refused_by(call)
    house.do("lot.reinstate", "SYN", {"lot": "LOT-1"}, actor="qa-1", also=[("qa-2", "quality")])
    do(house, "control")
    replayed(house)


def test_what_is_released_is_not_prepared_or_given_once_its_lot_is_recalled(where: str) -> None:
    house = made(where)
    recall(house)
    assert house.record.state.products["BAG-1"].status == "quarantined"
    assert {"gate.recalled.lot", "gate.release.status"} <= set(refused_by(lambda: give(house, "BAG-1")))


def test_whoever_was_given_of_a_lot_is_watched_once_it_is_recalled(where: str) -> None:
    given = made(where)
    give(given, "BAG-1")
    recall(given)
    tasks = {task.kind for task in given.record.state.tasks.values() if task.subject == "S-1"}
    assert {"recall", "watch"} <= tasks


def test_a_recall_is_withdrawn_by_two_and_only_where_there_is_one(where: str) -> None:
    house = begun(where)
    data: dict[str, Any] = {"lot": "LOT-1"}
    assert refused_by(
        lambda: house.do("lot.reinstate", "SYN", data, actor="qa-1", also=[("qa-2", "quality")])
    ) == ["gate.stage.missing"]
    recall(house)
    assert "gate.second-person.missing" in refused_by(
        lambda: house.do("lot.reinstate", "SYN", data, actor="qa-1")
    )


# labels


@pytest.mark.parametrize("loose", [1, 5])
def test_labels_in_the_drawer_stop_the_release_the_check_and_the_dose(loose: int, where: str) -> None:
    house = made(where)
    names = [f"LX-{n}" for n in range(loose)]
    house.do("label.print", "BAG-1", {"labels": names, "coi": "COI-1"}, actor="lab-1")
    house.check("BAG-1", "S-1")
    assert refused_by(lambda: house.bedside("BAG-1", "S-1", scans(house)["label"])) == ["gate.labels.loose"]
    house.do("label.fate", "BAG-1", {"labels": names, "fate": "destroyed"}, actor="lab-1")
    agree(house, "label")
    give(house, "BAG-1")


# what a bundle may say


@pytest.mark.parametrize(
    ("model", "data", "says"),
    [
        (
            OutOfSpecification,
            {"exceptional_release": True, "signatures": 2, "conditions": WHY, "retest": ["sterility"]},
            "no retest overturns sterility",
        ),
        (KeptRange, {"state": "frozen"}, "needs its lowest or its highest"),
        (KeptRange, {"state": "frozen", "low": q(300, "K"), "high": q(4, "Cel")}, "is above the highest"),
        (
            ProcessStep,
            step("x", temperature_low=q(40, "Cel"), temperature_high=q(4, "Cel")),
            "is above the highest",
        ),
    ],
)
def test_a_bundle_names_no_way_around_and_no_range_that_is_none(
    model: Any, data: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValidationError, match=says):
        model.model_validate(data)


@pytest.mark.parametrize(
    ("event", "kept"), [("product.frozen", {"position", "equipment"}), ("product.thawed", {"equipment"})]
)
def test_an_entry_of_before_the_fields_of_today_still_counts(event: str, kept: set[str]) -> None:
    """Logs of earlier versions say of freezing and thawing where it was done, and nothing else."""
    house = hospital()
    house.admit("S-1")
    product, _, _ = house.ready("S-1", "1", cold=True)
    house.thaw(product)
    events = list(house.record.events())
    (one,) = [each for each in events if each.body["event"] == event]
    data = {name: value for name, value in one.body["data"].items() if name in kept}
    assert data != one.body["data"]
    state = fold_all(events[: one.seq - 1], "SYN")
    raw = canonical({**one.body, "data": data})
    _, refusals = advance(state, Event(one.seq, link(state.hash, raw), raw))
    assert refusals == []
    assert (
        state.products[product].condition == {"product.frozen": "frozen", "product.thawed": "thawed"}[event]
    )
