"""What happened, what was known, when: what was entered last does not beat what happened last."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from proband.record.errors import Refused
from proband.record.events import stamp
from proband.record.fold import fold_all

from .synthetic import CONSENT, WHY, Hospital, hospital, q, shown, view

DOSE = {"value": 8e7, "unit": "{cells}"}


def ago(house: Hospital, **parts: float) -> str:
    return stamp(house._clock[0] - timedelta(**parts))


def gates_of(call: Any) -> list[str]:
    with pytest.raises(Refused) as refused:
        call()
    return refused.value.gates


def replayed(house: Hospital) -> None:
    state = house.record.state
    assert state.invalid == {}
    assert fold_all(house.record.events(), "SYN") == state


def ready(where: str = ":memory:", **options: Any) -> tuple[Hospital, str, str, str]:
    """Two days in: somebody at the bed with everything in order."""
    house = hospital(where, **options)
    house.wait(days=2)
    house.admit("S-01")
    return (house, *house.ready("S-01", "1"))


def rechecked(house: Hospital, product: str, label: str) -> None:
    house.check(product, "S-01")
    house.bedside(product, "S-01", label)


# entered last, happened before: it never opens what happened since


def say_verdict(house: Hospital, outcome: str, *, days: float = 0, as_of: str | None = None) -> None:
    at = house._clock[0] - timedelta(days=days)
    facts = shown(as_of=as_of or at.date().isoformat())
    house.do(
        "participant.screen",
        "S-01",
        {"outcome": outcome, "facts": facts, "reasons": [WHY]},
        at=stamp(at),
        reason=WHY,
    )


@pytest.mark.parametrize(
    ("days", "as_of"),
    [(1.5, None), (0, "1999-01-01"), (0, "2026-03-03")],
    ids=["at", "as of 1999", "as of yesterday"],
)
def test_a_backdated_eligible_overrides_no_newer_not_eligible(
    where: str, days: float, as_of: str | None
) -> None:
    house, product, coi, label = ready(where)
    house.wait(hours=1)
    say_verdict(house, "not-eligible")
    house.wait(hours=1)
    say_verdict(house, "eligible", days=days, as_of=as_of)
    rechecked(house, product, label)
    assert gates_of(lambda: house.give(product, "S-01", coi)) == ["verdict"]
    assert house.record.state.participants["S-01"].verdict.outcome == "not-eligible"  # type: ignore[union-attr]
    replayed(house)


def test_a_verdict_ages_from_the_day_whose_facts_it_judged() -> None:
    house, product, coi, label = ready()
    house.wait(days=27)
    say_verdict(house, "eligible", as_of="2026-03-04")
    house.wait(days=2)
    rechecked(house, product, label)
    assert gates_of(lambda: house.give(product, "S-01", coi)) == ["verdict"]


@pytest.mark.parametrize("as_of", ["2027-01-01", "2026-03-05", "2026-02-30", None, 7])
def test_a_verdict_on_facts_of_a_day_to_come_or_of_no_day_is_refused(as_of: Any) -> None:
    house = ready()[0]
    facts = shown() | {"as_of": as_of}
    assert gates_of(lambda: house.screen("S-01", facts=facts)) == ["verdict-values"]


def test_a_backdated_has_capacity_overrides_no_newer_lacks(where: str) -> None:
    house, product, coi, label = ready(where)
    house.wait(hours=1)
    house.do("capacity.assess", "S-01", {"result": "lacks", "by_check": "ward"})
    house.wait(hours=1)
    house.do(
        "capacity.assess", "S-01", {"result": "has", "by_check": "ward"}, at=ago(house, days=1.5), reason=WHY
    )
    rechecked(house, product, label)
    assert gates_of(lambda: house.give(product, "S-01", coi)) == ["capacity"]
    replayed(house)


def test_a_tick_in_a_consent_form_overrides_no_assessment(where: str) -> None:
    house, product, coi, label = ready(where)
    house.do("capacity.assess", "S-01", {"result": "lacks", "by_check": "ward"})
    house.wait(minutes=5)
    assert gates_of(lambda: house.consent("S-01")) == ["consent-form"]
    # nor a tick that is dated before it, and stands
    house.do("consent.give", "S-01", CONSENT, at=ago(house, minutes=30))
    rechecked(house, product, label)
    assert "capacity" in gates_of(lambda: house.give(product, "S-01", coi))
    replayed(house)


def test_found_again_before_the_death_makes_nobody_alive() -> None:
    house, product, coi, _ = ready()
    house.do("participant.lose", "S-01", {"attempts": 1, "last_contact": "2026-03-04"})
    house.wait(hours=2)
    house.do("participant.die", "S-01", {"when": "today", "cause": "unrelated"})
    assert "stage" in gates_of(
        lambda: house.do("participant.find", "S-01", {"how": WHY}, at=ago(house, hours=1))
    )
    assert "alive" in gates_of(lambda: house.give(product, "S-01", coi))


# the way to a dose that a deviation opened


@pytest.mark.parametrize("days", [30, 90])
def test_a_deviation_in_the_past_opens_no_interval(where: str, days: int) -> None:
    """The first dose was three days ago: whatever is said to have been given before, the next is too early."""
    house, product, coi, _ = ready(where)
    house.give(product, "S-01", coi)
    house.wait(days=3)
    second, coi, _ = house.ready("S-01", "2")
    spoiled = "BAG-X"
    house.collect("S-01", "COI-1", "DIN-X")
    house.make(spoiled, "COI-1", ["DIN-X"])
    house.do(
        "deviation.record",
        spoiled,
        {"participant": "S-01", "route": "intrathecal", "dose": DOSE, "what_happened": WHY},
        at=ago(house, days=days),
    )
    assert "interval" in gates_of(lambda: house.give(second, "S-01", coi))
    replayed(house)


def test_a_deviation_makes_no_first_dose_a_second_one() -> None:
    """Staggering and washout hold for the first dose of the programme, whatever somebody was given besides."""
    house, product, coi, _ = ready()
    house.admit("S-02")
    other, coi_2, _ = house.ready("S-02", "2")
    house.give(product, "S-01", coi)
    house.collect("S-02", "COI-2", "DIN-X")
    house.make("BAG-X", "COI-2", ["DIN-X"])
    house.do(
        "deviation.record",
        "BAG-X",
        {"participant": "S-02", "route": "intrathecal", "dose": DOSE, "what_happened": WHY},
        at=ago(house, days=30),
    )
    # the second person of a staggered programme, on the day of the first
    assert "interval" in gates_of(lambda: house.give(other, "S-02", coi_2))


@pytest.mark.parametrize(
    ("bag", "person"), [("BAG-404", "S-01"), ("BAG-1", "S-1"), ("BAG-1", "S-01 "), ("", "S-01")]
)
def test_a_deviation_of_nothing_or_nobody_is_refused_and_frees_no_bag(
    where: str, bag: str, person: str
) -> None:
    house, product, coi, _ = ready(where)
    data = {"participant": person.strip(), "route": "intrathecal", "dose": DOSE, "what_happened": WHY}
    if person != person.strip():
        data["participant"] = "S-1"
    with pytest.raises(Exception):  # noqa: B017 - by the door or by a gate
        house.do("deviation.record", bag, data)
    house.give(product, "S-01", coi)
    assert gates_of(lambda: house.give(product, "S-01", coi))
    replayed(house)


def test_a_bag_that_was_given_in_deviation_is_gone() -> None:
    house, product, coi, _ = ready()
    house.admit("S-1")
    house.do(
        "deviation.record",
        product,
        {"participant": "S-1", "route": "intrathecal", "dose": DOSE, "what_happened": WHY},
    )
    assert "used" in gates_of(lambda: house.give(product, "S-01", coi))


# days are those of the place


@pytest.mark.parametrize(("offset", "hour", "text"), [("+10:00", 15, "text-2"), ("+10:00", 13, "text-1"), ("-07:00", 6, "text-1"), ("-07:00", 8, "text-2"),
                                                      ("+00:00", 23, "text-1")])  # fmt: skip
def test_the_text_in_force_is_that_of_the_calendar_day_on_the_spot(
    where: str, offset: str, hour: int, text: str
) -> None:
    """``text-2`` is in force from 9 March. At +10:00 that day begins at 14:00 UTC on the 8th, at -07:00 at 07:00 UTC on the 9th."""
    texts = view("2.0.0").model_dump(mode="json")["consent"]
    texts["versions"][1]["in_force"] = "2026-03-09"
    house = hospital(where, programme=view("2.0.0", consent=texts))
    day = 9 if offset == "-07:00" else 8
    house.wait(days=day - 2, hours=hour - 8)
    house.refer("S-01")
    house.screen("S-01", facts=shown(as_of="2026-03-08"))
    other = {"text-1": "text-2", "text-2": "text-1"}[text]
    assert gates_of(
        lambda: house.do("consent.give", "S-01", {**CONSENT, "version": other}, offset=offset)
    ) == ["consent-form"]
    receipt = house.do("consent.give", "S-01", {**CONSENT, "version": text}, offset=offset)
    assert receipt.body["day"] == f"2026-03-{9 if text == 'text-2' else 8:02d}"
    replayed(house)


def test_nobody_reaches_another_day_by_the_clock_of_another_place(where: str) -> None:
    house = hospital(where)
    house.do("site.open", "east", {"jurisdiction": "AU", "offsets": ["+10:00"]}, actor="sys-1", site="*")
    house.do("staff.grant", "dr-5", {"role": "physician", "sites": ["east"]}, actor="sys-1", site="*")
    house.do("staff.train", "dr-5", {"training": "gcp", "valid_until": "2030-01-01"}, actor="sys-1", site="*")
    east: dict[str, Any] = {"actor": "dr-5", "role": "physician", "site": "east"}
    for offset in ("+14:00", "-11:00", "+00:00"):
        assert gates_of(
            lambda offset=offset: house.do("participant.refer", "S-01", offset=offset, **east)
        ) == ["clock"]
    house.wait(hours=7)
    # 15:00 UTC is past midnight there, and the record knows the clock of a place that has one
    assert house.do("participant.refer", "S-01", **east).body["day"] == "2026-03-03"
    replayed(house)


def test_a_day_that_is_not_that_of_its_time_is_void() -> None:
    from proband.record.events import canonical

    house = hospital()
    good = house.do("participant.refer", "S-1", {}).body
    forged = {**good, "subject": "S-2", "key": "x", "day": "2026-03-03"}
    (event,) = house.record.store.append("SYN", [canonical(forged)], ["x"])
    house.record.catch_up()
    assert house.record.state.invalid == {event.seq: ("form",)}


# what nobody can have seen


@pytest.mark.parametrize(("onset", "stands"), [("2090-01-01", False), ("1990-01-01", False), ("2026-03-01", False), ("2026-03-06", False), ("2026-03-04", True),
                                               ("2026-03", True), ("2026", True), ("unknown", True), ("in the night", True)])  # fmt: skip
def test_a_meningitis_crosses_the_rule_or_its_onset_is_refused(where: str, onset: str, stands: bool) -> None:
    """Whatever stands as an onset counts for a rule with a time limit: none is so early or late that nothing is crossed."""
    rules = view().model_dump(mode="json")["safety"]
    rules["stopping_rules"] = [
        {
            "id": "one-infection",
            "counts": "infection",
            "events": 1,
            "within": q(30, "d"),
            "places_hold": "stop-dosing",
            "why": WHY,
        }
    ]
    house, product, coi, _ = ready(where, programme=view(safety=rules))
    house.give(product, "S-01", coi)
    data = {"event": "AE-1", "term": "meningitis", "category": "infection", "grade": 4, "serious": True, "expected": False, "onset": onset,
            "aware_on": "2026-03-04"}  # fmt: skip
    if stands:
        house.do("adverse-event.report", "S-01", data)
        assert [held.rule for held in house.record.state.holds.values()] == ["one-infection"]
    else:
        assert gates_of(lambda: house.do("adverse-event.report", "S-01", data)) == ["stage"]
    replayed(house)


def test_nobody_becomes_aware_of_something_tomorrow() -> None:
    house = ready()[0]
    data = {
        "event": "AE-1",
        "term": "pain",
        "grade": 1,
        "serious": False,
        "expected": False,
        "onset": "2026-03-04",
        "aware_on": "2026-03-05",
    }
    assert gates_of(lambda: house.do("adverse-event.report", "S-01", data)) == ["stage"]


AGED: dict[str, Any] = {
    "source": "synthetic", "level": "inference", "note": WHY,
    "observables": [{"id": "age", "label": "age", "type": "number", "elapsed": {"since": "birth", "unit": "a"}}],
    "criteria": [{"id": "I1", "kind": "include", "purpose": "safety", "reason": WHY, "when": "age >= 18"}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("age", "stands"),
    [(99, False), (18, False), (36.5, False), (40, False), (38, True), (37.5, True), (39, True)],
)
def test_an_age_at_consent_is_that_of_screening(where: str, age: float, stands: bool) -> None:
    house = hospital(where, programme=view(eligibility=AGED))
    house.refer("S-01")
    facts = {"through": "screening", "as_of": "2026-03-02", "values": {"age": {"low": 38.0, "high": 38.0}}}
    house.screen("S-01", facts=facts)
    if stands:
        house.consent("S-01", age_years=age)
    else:
        assert gates_of(lambda: house.consent("S-01", age_years=age)) == ["consent-form"]
    replayed(house)


# permitted afterwards is not permitted


PERMISSIONS = ["verdict", "consent", "second-check", "release", "bedside"]
#: what cannot be done before something else is in the record: nobody scans at the bed what is not released
WAITS = {"release": ["bedside"]}


@pytest.mark.parametrize("late", PERMISSIONS)
def test_what_permits_a_dose_and_is_recorded_after_it_documents_it_and_never_makes_it_clean(
    where: str, late: str
) -> None:
    """Ten minutes later everything is entered with the time at which it should have been there."""
    house = hospital(where)
    house.wait(days=2)
    house.admit("S-01")
    house.collect("S-01", "COI-1", "DIN-1")
    house.make("BAG-1", "COI-1", ["DIN-1"])
    house.test("BAG-1")
    label = house.label("BAG-1", "COI-1")
    signed = {"participant": "S-01", "wristband": "S-01", "bag": "BAG-1", "label": label}
    dosed = {
        "participant": "S-01",
        "dose": DOSE,
        "inputs": {"weight": {"value": 80.0, "unit": "kg"}},
        "prepared_by": "lab-1",
    }
    steps: dict[str, Any] = {
        "verdict": lambda at: house.do("participant.screen", "S-01", {"outcome": "eligible", "facts": shown(as_of="2026-03-04"), "reasons": []}, at=at),
        "consent": lambda at: house.do("consent.give", "S-01", CONSENT, at=at),
        "release": lambda at: [house.do("product.release", "BAG-1", {"route": "intrathecal"}, actor=who, at=at) for who in ("qa-1", "qa-2")],
        "second-check": lambda at: house.do("dose.check", "BAG-1", dosed, actor="qa-1", at=at),
        "bedside": lambda at: house.do("bedside.verify", "BAG-1", signed, actor="nurse-1", also=[("nurse-2", "nurse")], at=at),
    }  # fmt: skip
    house.wait(minutes=1)
    waits = WAITS.get(late, [])
    for name in PERMISSIONS:
        if name not in (late, *waits, "verdict", "consent"):
            steps[name](None)
    given = stamp(house._clock[0] + timedelta(minutes=2))
    before = house.now
    house.wait(minutes=10)
    for name in (late, *waits):
        steps[name](before)
    give = {"participant": "S-01", "coi": "COI-1", "wristband": "S-01", "bag": "BAG-1", "route": "intrathecal", "dose": DOSE,
            "inputs": {"weight": {"value": 80.0, "unit": "kg"}}}  # fmt: skip
    house.do("product.administer", "BAG-1", give, at=given)
    (dose,) = house.record.state.participants["S-01"].doses
    assert dose.afterwards == (late, *waits)
    assert not dose.valid
    assert not dose.stands
    assert dose.first_verdict == "documented afterwards"
    replayed(house)


def test_in_order_it_is_clean() -> None:
    house, product, coi, _ = ready()
    house.give(product, "S-01", coi)
    (dose,) = house.record.state.participants["S-01"].doses
    assert (dose.valid, dose.first_verdict, dose.stands) == (True, "valid", True)
