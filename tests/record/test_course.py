"""The course: the step of the titration and what was measured decide the dose; a late dose has a rule; what must be given with it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from proband.programme.regimen import Regimen
from proband.record.declare.command import GATES
from proband.record.errors import Refused
from proband.record.events import stamp
from proband.record.fold import fold_all
from proband.record.verify import verify_store

from .course_checker import CourseChecker
from .invariants import Checker
from .synthetic import WHY, Hospital, hospital, q, view

PREMEDICATION = {
    "id": "antihistamine", "name": "antihistamine", "obligatory": True, "route": "oral",
    "dose": {"kind": "fixed", "amount": q(10, "mg"), "clause": WHY}, "earliest": q(-120, "min"), "latest": q(-30, "min"),
}  # fmt: skip
AFTERWARDS = PREMEDICATION | {
    "id": "steroid",
    "name": "steroid",
    "earliest": q(20, "h"),
    "latest": q(28, "h"),
}
STEPS = [
    {"id": "third", "after": q(0, "d"), "fraction": 0.25, "condition": WHY, "administrations": 1},
    {"id": "full", "after": q(7, "d"), "fraction": 1.0, "condition": "tolerated", "administrations": 1, "decided_by": "physician"},
]  # fmt: skip


def regimen(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = view().model_dump(mode="json")["regimens"][0]
    return found | {"interval": q(14, "d"), "interval_tolerance": q(3, "d"), "washout": None} | changes


def house_of(left_out: str = "", **changes: Any) -> Hospital:
    gates = {name: one for name, one in GATES.items() if name != left_out}
    house = hospital(changes={"regimens": [regimen(**changes)]}, **({"gates": gates} if left_out else {}))
    house.admit("S-1")
    return house


def refused(action: Callable[[], object]) -> list[str]:
    with pytest.raises(Refused) as found:
        action()
    return [refusal.code for refusal in found.value.refusals]


def stands(house: Hospital) -> None:
    """The whole log says the same, folded anew; the independent checkers read it: one knows the courses, the other everything else."""
    events = list(house.record.events())
    assert house.record.state.invalid == {}
    assert fold_all(events, "SYN") == house.record.state
    assert verify_store(house.record.store, "SYN", None, {}).rules_ok
    others = [
        one
        for one in Checker().check(event.body for event in events)
        if not one.startswith(("dose", "interval", "measured"))
    ]
    assert others == []
    assert CourseChecker().check(event.body for event in events) == []


class Bags:
    """Bags for one person, each checked and at the bed, given in the dose that is asked for."""

    def __init__(self, house: Hospital, person: str = "S-1") -> None:
        self.house, self.person, self.count = house, person, 0

    def made(self) -> tuple[str, str, str]:
        self.count += 1
        house, tag = self.house, f"{self.person}-{self.count}"
        coi, din, product = f"COI-{tag}", f"DIN-{tag}", f"BAG-{tag}"
        house.screen(self.person)
        house.collect(self.person, coi, din)
        house.make(product, coi, [din])
        house.test(product)
        label = house.label(product, coi)
        house.release(product)
        return product, coi, label

    def check(self, product: str, dose: float, kg: float | None = 80.0) -> None:
        inputs = {} if kg is None else {"weight": q(kg, "kg")}
        data = {
            "participant": self.person,
            "dose": q(dose, "{cells}"),
            "inputs": inputs,
            "prepared_by": "lab-1",
        }
        self.house.do("dose.check", product, data, actor="qa-1")

    def give(self, dose: float, kg: float | None = 80.0, reason: str | None = None) -> None:
        product, coi, label = self.made()
        self.check(product, dose, kg)
        self.house.bedside(product, self.person, label)
        self.administer(product, coi, dose, kg, reason)

    def administer(
        self, product: str, coi: str, dose: float, kg: float | None = 80.0, reason: str | None = None
    ) -> None:
        data = {"participant": self.person, "coi": coi, "wristband": self.person, "bag": product, "route": "intrathecal", "dose": q(dose, "{cells}"),
                "inputs": {} if kg is None else {"weight": q(kg, "kg")}}  # fmt: skip
        self.house.do("product.administer", product, data, reason=reason)


def decide(house: Hospital, step: str, actor: str = "dr-1") -> None:
    house.do("titration.decide", "S-1", {"step": step, "why": WHY}, actor=actor)


def test_the_first_dose_is_that_of_the_first_step_and_the_full_one_waits_for_the_word() -> None:
    house = house_of(titration=STEPS)
    bags = Bags(house)
    assert refused(lambda: bags.give(8e7)) == ["gate.dose.outside"]
    bags.give(2e7)
    house.wait(days=14)
    assert refused(lambda: bags.give(8e7)) == ["gate.dose.outside"]
    assert refused(lambda: bags.give(2e7)) == ["gate.course.undecided"]
    assert refused(lambda: decide(house, "half")) == ["gate.course-decided.step"]
    decide(house, "full")
    assert refused(lambda: bags.give(2e7)) == ["gate.dose.outside"]
    bags.give(8e7)
    house.wait(days=14)
    decide(house, "full")
    assert "gate.interval.complete" in refused(lambda: bags.give(8e7))
    stands(house)


def test_a_word_from_before_the_dose_is_none_and_only_the_role_that_is_named_has_it() -> None:
    house = house_of(titration=[STEPS[0], STEPS[1] | {"decided_by": "board"}], administrations=None)
    bags = Bags(house)
    assert refused(lambda: decide(house, "full")) == ["gate.course-decided.first"]
    bags.give(2e7)
    house.wait(days=14)
    assert refused(lambda: decide(house, "full")) == ["gate.course-decided.role"]


def test_a_step_can_be_repeated_and_taken_back_and_time_is_asked_of_the_next() -> None:
    steps = [
        STEPS[0],
        {**STEPS[1], "id": "half", "fraction": 0.5},
        {**STEPS[1], "id": "whole", "after": q(30, "d")},
    ]
    house = house_of(titration=steps, administrations=None)
    bags = Bags(house)
    bags.give(2e7)
    house.wait(days=14)
    assert refused(lambda: decide(house, "whole")) == ["gate.course.skips"]
    decide(house, "third")
    bags.give(2e7)
    house.wait(days=14)
    decide(house, "half")
    bags.give(4e7)
    house.wait(days=14)
    decide(house, "whole")
    assert refused(lambda: bags.give(8e7)) == ["gate.dose.outside"]
    assert refused(lambda: bags.give(4e7)) == ["gate.course.too-soon"]
    decide(house, "third")
    bags.give(2e7)
    stands(house)


def test_steps_that_nobody_decides_go_by_time_and_doses() -> None:
    steps = [
        {**STEPS[0], "administrations": None},
        {**STEPS[1], "after": q(20, "d"), "decided_by": None, "administrations": None},
    ]
    house = house_of(titration=steps, administrations=None)
    bags = Bags(house)
    for dose in (2e7, 2e7, 8e7, 8e7):
        bags.give(dose)
        house.wait(days=14)
    stands(house)


def test_a_dose_in_deviation_brings_nobody_to_the_next_step() -> None:
    house = house_of(titration=STEPS)
    bags = Bags(house)
    product, _, _ = bags.made()
    house.do(
        "deviation.record",
        product,
        {"participant": "S-1", "route": "intrathecal", "dose": q(2e7, "{cells}"), "what_happened": WHY},
    )
    house.wait(days=14)
    assert refused(lambda: decide(house, "full")) == ["gate.course-decided.first"]
    assert refused(lambda: bags.give(8e7)) == ["gate.dose.outside"]
    bags.give(2e7)


def measure(house: Hospital, kg: float, at: str | None = None, **options: Any) -> None:
    house.do("measurement.record", "S-1", {"what": "weight", "value": q(kg, "kg")}, at=at, **options)


def test_what_is_on_record_counts_before_what_is_typed() -> None:
    house = house_of()
    bags = Bags(house)
    measure(house, 40.0)
    assert refused(lambda: bags.give(8e7, 80.0)) == ["gate.dose.recorded"]
    assert refused(lambda: bags.give(8e7, None)) == ["gate.dose.outside"]
    bags.give(4e7, None)
    stands(house)


def test_a_weight_that_must_be_on_record_is_and_is_no_older_than_the_rule_says() -> None:
    dose = regimen()["dose"] | {"recorded": [{"what": "weight", "at_most": q(7, "d")}]}
    house = house_of(dose=dose)
    bags = Bags(house)
    assert refused(lambda: bags.give(8e7)) == ["gate.dose.unrecorded"]
    measure(house, 80.0)
    house.wait(days=8)
    assert refused(lambda: bags.give(8e7)) == ["gate.dose.old"]
    measure(house, 82.0)
    assert refused(lambda: bags.give(8e7)) == ["gate.dose.recorded"]
    bags.give(8e7, 82.0)
    stands(house)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"what": "wieght", "value": q(40, "kg")}, "gate.measured.unknown"),
        ({"what": "weight", "value": q(40, "cm")}, "gate.measured.unit"),
        ({"what": "weight", "value": q(0, "kg")}, "gate.measured.positive"),
    ],
)
def test_what_no_dose_goes_by_is_no_measurement_of_it(data: dict[str, Any], code: str) -> None:
    house = house_of()
    assert refused(lambda: house.do("measurement.record", "S-1", data)) == [code]


def test_a_weight_that_is_entered_after_the_dose_calls_it_into_question() -> None:
    house = house_of()
    bags = Bags(house)
    earlier = stamp(house._clock[0] - timedelta(hours=1))
    bags.give(8e7)
    measure(house, 40.0, at=earlier, reason=WHY)
    dose = house.record.state.participants["S-1"].doses[0]
    assert dose.standing == "questioned"
    assert dose.found == ("dose",)
    stands(house)


def test_the_function_of_an_organ_lowers_the_dose_or_forbids_it() -> None:
    bands = [
        {"high": q(30, "mL/min"), "factor": 0.0}, {"low": q(30, "mL/min"), "high": q(60, "mL/min"), "factor": 0.5},
        {"low": q(60, "mL/min"), "factor": 1.0},
    ]  # fmt: skip
    dose = regimen()["dose"] | {"adjustments": [{"by": "clearance", "bands": bands}]}
    house = house_of(dose=dose)
    bags = Bags(house)
    assert refused(lambda: bags.give(8e7)) == ["gate.dose.inputs"]
    for value, given, codes in (
        (20, 8e7, ["gate.dose.inputs"]),
        (45, 8e7, ["gate.dose.outside"]),
        (45, 4e7, []),
    ):
        house.do("measurement.record", "S-1", {"what": "clearance", "value": q(value, "mL/min")})
        house.wait(minutes=1)
        if codes:
            assert refused(lambda given=given: bags.give(given)) == codes
        else:
            bags.give(given)
    stands(house)


LATE = {"until": q(10, "d"), "decided_by": "physician"}


def test_a_late_dose_is_given_with_its_reason_and_never_later_than_the_rule() -> None:
    house = house_of(late=LATE | {"then": "end"})
    bags = Bags(house)
    bags.give(8e7)
    house.wait(days=20)
    assert refused(lambda: bags.give(8e7)) == ["gate.interval.late"]
    house.wait(days=8)
    assert refused(lambda: bags.give(8e7, reason=WHY)) == ["gate.interval.over"]
    house = house_of(late=LATE | {"then": "end"})
    bags = Bags(house)
    bags.give(8e7)
    house.wait(days=20)
    bags.give(8e7, reason="a fever")
    stands(house)


def test_without_a_rule_a_late_dose_is_refused_as_before() -> None:
    house = house_of()
    bags = Bags(house)
    bags.give(8e7)
    house.wait(days=20)
    assert refused(lambda: bags.give(8e7, reason=WHY)) == ["gate.interval.spacing"]
    assert refused(lambda: house.do("dose.omit", "S-1", {"why": "illness"})) == [
        "gate.course-decided.not-skipped"
    ]


def test_a_course_begins_anew_at_its_first_step() -> None:
    house = house_of(titration=STEPS, late=LATE | {"then": "restart"})
    bags = Bags(house)
    begin = lambda: house.do("course.begin", "S-1", {"why": WHY})  # noqa: E731
    bags.give(2e7)
    assert refused(begin) == ["gate.course-decided.not-late"]
    house.wait(days=20)
    assert refused(begin) == ["gate.course-decided.not-late"]
    house.wait(days=10)
    decide(house, "full")
    assert refused(lambda: bags.give(8e7, reason=WHY)) == ["gate.interval.restart"]
    begin()
    assert refused(lambda: bags.give(8e7)) == ["gate.dose.outside"]
    bags.give(2e7)
    house.wait(days=14)
    decide(house, "full")
    bags.give(8e7)
    stands(house)


def test_a_dose_that_is_left_out_counts_and_the_next_is_due_in_its_own_time() -> None:
    house = house_of(late=LATE | {"then": "skip"}, administrations=3)
    bags = Bags(house)
    omit = lambda: house.do("dose.omit", "S-1", {"why": "reaction"})  # noqa: E731
    assert refused(omit) == ["gate.course-decided.nothing-due"]
    bags.give(8e7)
    house.wait(days=2)
    assert refused(omit) == ["gate.course-decided.early"]
    house.wait(days=12)
    omit()
    assert refused(lambda: bags.give(8e7)) == ["gate.interval.spacing"]
    assert refused(omit) == ["gate.course-decided.early"]
    house.wait(days=14)
    bags.give(8e7)
    house.wait(days=14)
    assert "gate.interval.complete" in refused(lambda: bags.give(8e7))
    stands(house)


def test_doses_of_a_cycle_are_due_on_its_days() -> None:
    house = house_of(
        interval=None,
        interval_tolerance=q(1, "d"),
        cycle={"length": q(28, "d"), "on": [q(0, "d"), q(7, "d")]},
        administrations=4,
    )
    bags = Bags(house)
    bags.give(8e7)
    house.wait(days=14)
    assert refused(lambda: bags.give(8e7)) == ["gate.interval.spacing"]
    house = house_of(
        interval=None,
        interval_tolerance=q(1, "d"),
        cycle={"length": q(28, "d"), "on": [q(0, "d"), q(7, "d")]},
        administrations=4,
    )
    bags = Bags(house)
    for days in (7, 21, 7, 21):
        bags.give(8e7)
        house.wait(days=days)
    assert "gate.interval.complete" in refused(lambda: bags.give(8e7))
    stands(house)


def premedicate(house: Hospital, **changes: Any) -> None:
    data = {"companion": "antihistamine", "route": "oral", "dose": q(10, "mg")} | changes
    house.do("companion.give", "S-1", data)


def test_what_must_go_before_a_dose_was_given_in_its_time_by_its_own_rule() -> None:
    house = house_of(companions=[PREMEDICATION, AFTERWARDS])
    bags = Bags(house)
    assert refused(lambda: bags.give(8e7)) == ["gate.companions.missing"]
    assert refused(lambda: premedicate(house, dose=q(20, "mg"))) == ["gate.companion.dose"]
    assert refused(lambda: premedicate(house, route="intravenous")) == ["gate.companion.route"]
    assert refused(lambda: premedicate(house, companion="morphine")) == ["gate.companion.unknown"]
    premedicate(house)
    assert refused(lambda: bags.give(8e7)) == ["gate.companions.missing"]  # too near
    house.wait(hours=3)
    assert refused(lambda: bags.give(8e7)) == ["gate.companions.missing"]  # too long ago
    premedicate(house)
    house.wait(minutes=40)
    bags.give(8e7)
    tasks = [task for task in house.record.state.tasks.values() if task.kind == "companion"]
    assert [(task.subject, task.done is None) for task in tasks] == [("S-1", True)]
    house.wait(hours=24)
    premedicate(house, companion="steroid")
    assert tasks[0].done is not None
    stands(house)


def test_a_course_that_cannot_be_followed_is_no_regimen() -> None:
    for why, changes in (
        ("the step 'third' is there twice", {"titration": [STEPS[0], STEPS[0]]}),
        ("the first step begins with the course", {"titration": [STEPS[1]]}),
        ("given 3 times, and 2 times by the steps", {"titration": STEPS, "administrations": 3}),
        ("'antihistamine' is there twice", {"companions": [PREMEDICATION, PREMEDICATION]}),
        ("given before the product, or after it", {"companions": [PREMEDICATION | {"latest": q(30, "min")}]}),
        ("by an interval or by a cycle", {"cycle": {"length": q(28, "d"), "on": [q(0, "d")]}}),
        ("after the beginning of a cycle of 7 d", {"interval": None, "cycle": {"length": q(7, "d"), "on": [q(0, "d"), q(7, "d")]}}),
        ("written in their order", {"interval": None, "cycle": {"length": q(28, "d"), "on": [q(7, "d"), q(1, "d")]}}),
        ("not a signed time", {"late": LATE | {"then": "end", "until": q(-1, "d")}}),
        ("not worked out from surface", {"dose": regimen()["dose"] | {"recorded": [{"what": "surface", "at_most": q(1, "d")}]}}),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=why):
            Regimen.model_validate(regimen(**changes))


#: a gate, and what is given while it is left out
WITHOUT: dict[str, Callable[[], Hospital]] = {}


def without(gate: str) -> Callable[[Callable[[], Hospital]], Callable[[], Hospital]]:
    def register(play: Callable[[], Hospital]) -> Callable[[], Hospital]:
        WITHOUT[gate] = play
        return play

    return register


@without("course")
def _undecided() -> Hospital:
    house = house_of("course", titration=STEPS, administrations=None)
    bags = Bags(house)
    bags.give(2e7)
    house.wait(days=14)
    bags.give(2e7)
    return house


@without("dose")
def _full_at_once() -> Hospital:
    house = house_of("dose", titration=STEPS)
    Bags(house).give(8e7)
    return house


@without("companions")
def _without_premedication() -> Hospital:
    house = house_of("companions", companions=[PREMEDICATION])
    Bags(house).give(8e7)
    return house


@without("interval")
def _far_too_late() -> Hospital:
    house = house_of("interval", late=LATE | {"then": "end"})
    bags = Bags(house)
    bags.give(8e7)
    house.wait(days=60)
    bags.give(8e7)
    return house


@pytest.mark.parametrize("gate", WITHOUT)
def test_with_a_gate_left_out_the_independent_checker_sees_the_harm(gate: str) -> None:
    house = WITHOUT[gate]()
    found = CourseChecker().check(event.body for event in house.record.events())
    assert found
    assert found[0].startswith(gate)
