"""Whatever lets a dose pass and is entered after it documents the dose, and never makes it clean; and a clock that runs is stopped by no label."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from proband.record.errors import Refused
from proband.record.events import stamp
from proband.record.fold import fold_all
from proband.record.participant import Administration

from .synthetic import WHY, Hospital, families, hospital, product, q, shown

Way = Callable[[Hospital, str, str, str], Callable[[str], Any]]
SECOND = [("dr-3", "physician")]


def migrated(house: Hospital, bag: str, coi: str, label: str) -> Callable[[str], Any]:
    """The version has changed, and the person is brought to it only afterwards."""
    old = house.record.state.programme
    house.amend()
    house.wait(minutes=1)
    house.consent("S-01", "text-2")
    house.screen("S-01")
    house.check(bag, "S-01")
    house.bedside(bag, "S-01", label)
    data = {"from_programme": old, "to_programme": house.record.state.programme}
    return lambda at: house.do("participant.migrate", "S-01", data, at=at, reason=WHY)


def found_again(house: Hospital, bag: str, coi: str, label: str) -> Callable[[str], Any]:
    """Somebody who is lost is given a bag, and found afterwards, with a time before it."""
    house.do("participant.lose", "S-01", {"attempts": 3, "last_contact": house.now[:10]})
    return lambda at: house.do("participant.find", "S-01", {"how": WHY}, at=at, reason=WHY)


def retracting(house: Hospital, verb: str, data: dict[str, Any], event: str) -> Callable[[str], Any]:
    seq = house.do(verb, "S-01", data).seq
    return lambda at: house.do("event.retract", "S-01", {"event": event}, corrects=seq, also=SECOND)


def withdrawal_taken_back(house: Hospital, bag: str, coi: str, label: str) -> Callable[[str], Any]:
    """Somebody has withdrawn, as far as anybody knows, and it is taken back once the bag is empty."""
    return retracting(
        house, "participant.withdraw", {"level": "treatment", "said": "no"}, "participant.withdrawn"
    )


def verdict_taken_back(house: Hospital, bag: str, coi: str, label: str) -> Callable[[str], Any]:
    """The verdict that stands says no, and is taken back once the bag is empty: the one before it said yes."""
    data = {"outcome": "needs-data", "facts": shown(as_of=house.now[:10]), "reasons": [WHY]}
    return retracting(house, "participant.screen", data, "participant.screened")


def lapse_taken_back(house: Hospital, bag: str, coi: str, label: str) -> Callable[[str], Any]:
    """Capacity came back and asks for consent anew; that it was ever regained is taken back once the bag is empty."""
    house.do("capacity.assess", "S-01", {"result": "lacks", "by_check": "ward"})
    lacked = house.record.state.seq
    house.do("capacity.assess", "S-01", {"result": "has", "by_check": "ward"})
    regained = house.record.state.seq

    def back(at: str) -> None:
        for seq in (regained, lacked):
            house.do("event.retract", "S-01", {"event": "capacity.assessed"}, corrects=seq, also=SECOND)

    return back


def thawed(house: Hospital, bag: str, coi: str, label: str) -> Callable[[str], Any]:
    """A bag that lay in the tank, as far as anybody knows."""
    return lambda at: house.do("product.thaw", bag, {"equipment": "bath"}, actor="lab-1", at=at)


def thawed_after_all(house: Hospital, bag: str, coi: str, label: str) -> Callable[[str], Any]:
    """A bag that lay in the tank, also by what is said of it."""
    return lambda at: house.thaw(bag)


def prepared(house: Hospital, bag: str, coi: str, label: str) -> Callable[[str], Any]:
    """A bag that nobody had prepared."""
    return lambda at: house.do("product.prepare", bag, {}, actor="lab-1")


def accounted(house: Hospital, bag: str, coi: str, label: str) -> Callable[[str], Any]:
    """A loose label, found afterwards."""
    house.do("label.print", bag, {"labels": ["L-9"], "coi": coi}, actor="lab-1")
    data = {"labels": ["L-9"], "fate": "destroyed"}
    return lambda at: house.do("label.fate", bag, data, actor="lab-1", at=at)


def taken_over(house: Hospital, bag: str, coi: str, label: str) -> Callable[[str], Any]:
    """A bag that was on its way, as far as anybody knows."""
    scans = {"label": label, "coi": coi}
    house.do(
        "product.send", bag, {**scans, "to": "north", "carrier": WHY, "temperature": None}, actor="lab-1"
    )
    return lambda at: house.do("product.receive", bag, {**scans, "in_range": True}, actor="lab-1", at=at)


OTHER = {"kind": "cells", "counts_for_washout": True, "start": "2020-01-01", "end": None}


def other_treatment_corrected(house: Hospital, bag: str, coi: str, label: str) -> Callable[[str], Any]:
    """Another treatment goes on, as far as anybody knows; that it ended years ago is entered once the bag is empty."""
    seq = house.do("cointervention.record", "S-01", OTHER).seq
    data = {"event": "cointervention.recorded", "data": OTHER | {"end": "2020-02-01"}}
    return lambda at: house.do("event.correct", "S-01", data, corrects=seq)


def other_treatment_taken_back(house: Hospital, bag: str, coi: str, label: str) -> Callable[[str], Any]:
    """Another treatment goes on, as far as anybody knows; it was somebody else's."""
    return retracting(house, "cointervention.record", OTHER, "cointervention.recorded")


def first_of_another_taken_back(house: Hospital, bag: str, coi: str, label: str) -> Callable[[str], Any]:
    """Somebody else was treated minutes before, and everybody waits; then that never happened."""
    house.admit("S-02")
    other, coi_2, _ = house.ready("S-02", "2")
    seq = house.give(other, "S-02", coi_2).seq
    data = {"event": "product.administered"}
    return lambda at: house.do(
        "product.retract", other, data, actor="qa-1", corrects=seq, also=[("qa-2", "quality")]
    )


WAYS: dict[Way, str] = {
    other_treatment_corrected: "interval", other_treatment_taken_back: "interval", first_of_another_taken_back: "interval",
    migrated: "programme", found_again: "alive", withdrawal_taken_back: "withdrawal", verdict_taken_back: "verdict", lapse_taken_back: "consent",
    thawed: "condition", thawed_after_all: "condition", prepared: "condition", accounted: "labels", taken_over: "custody",
}  # fmt: skip


def given_and_then(way: Way | None, *, entered: str = "afterwards") -> tuple[Hospital, Administration]:
    """A bag that is given, and entered minutes later; what lets it pass is entered between the two, or before both."""
    cold = way in (thawed, thawed_after_all)
    # a bag in a state in which it is not given is not scanned either: the scan is entered when the state is
    scanned = not cold and way is not prepared
    house = hospital(
        changes={"products": [product(after_preparation=q(2, "h"))]} if way is prepared else None
    )
    house.do("staff.train", "dr-3", {"training": "gcp", "valid_until": "2030-01-01"}, actor="sys-1", site="*")
    house.admit("S-01")
    house.wait(minutes=1)
    bag, coi, label = house.ready("S-01", "1", cold=cold, scanned=scanned)
    act = way(house, bag, coi, label) if way is not None else (lambda at: None)
    house.wait(minutes=1)
    if entered == "before":
        act(house.now)
        if not scanned:
            house.bedside(bag, "S-01", label)
    house.wait(minutes=2)
    given = house._clock[0]
    house.wait(minutes=1)
    if entered == "afterwards":
        act(stamp(given - timedelta(seconds=60)))
        if not scanned:
            scans = {"participant": "S-01", "wristband": "S-01", "bag": bag, "label": label}
            house.do("bedside.verify", bag, scans, actor="nurse-1", also=[("nurse-2", "nurse")], at=stamp(given - timedelta(seconds=30)))  # fmt: skip
    house.wait(minutes=1)
    dose = {"participant": "S-01", "coi": coi, "wristband": "S-01", "bag": bag, "route": "intrathecal", "dose": q(8e7, "{cells}"),
            "inputs": {"weight": q(80.0, "kg")}}  # fmt: skip
    house.do("product.administer", bag, dose, at=stamp(given))
    (done,) = house.record.state.participants["S-01"].doses
    return house, done


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_what_lets_a_dose_pass_and_is_entered_after_it_makes_nothing_clean(way: Way) -> None:
    house, dose = given_and_then(way)
    # what is not ready is not scanned either, so that the scan is documented afterwards with it
    rests_on = ("bedside", WAYS[way]) if WAYS[way] == "condition" else (WAYS[way],)
    assert dose.afterwards == rests_on
    assert (dose.first_verdict, dose.valid, dose.stands) == ("documented afterwards", False, False)
    assert fold_all(house.record.events(), "SYN") == house.record.state


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_the_same_entered_in_time_is_clean(way: Way) -> None:
    house, dose = given_and_then(way, entered="before")
    assert (dose.first_verdict, dose.afterwards, dose.stands) == ("valid", (), True)
    assert fold_all(house.record.events(), "SYN") == house.record.state


def test_a_clock_that_was_put_right_leaves_nothing_later_than_now() -> None:
    """What was taken back while the clock was ahead was taken back before now."""
    house = hospital()
    house.do("staff.train", "dr-3", {"training": "gcp", "valid_until": "2030-01-01"}, actor="sys-1", site="*")
    house.do("staff.grant", "sys-2", {"role": "custodian", "sites": ["*"]}, actor="sys-1", site="*")
    house.admit("S-01")
    bag, coi, label = house.ready("S-01", "1")
    seq = house.do("participant.withdraw", "S-01", {"level": "treatment", "said": "no"}).seq
    house.wait(days=3)
    house.do("event.retract", "S-01", {"event": "participant.withdrawn"}, corrects=seq, also=SECOND)
    house.do("label.print", bag, {"labels": ["L-9"], "coi": coi}, actor="lab-1")
    house.do("label.fate", bag, {"labels": ["L-9"], "fate": "destroyed"}, actor="lab-1")
    house.wait(days=-3)
    house.do("clock.reset", "SYN", {"ahead": WHY}, actor="sys-1", site="*", also=[("sys-2", "custodian")])
    house.wait(minutes=1)
    house.check(bag, "S-01")
    house.bedside(bag, "S-01", label)
    house.wait(minutes=1)
    house.give(bag, "S-01", coi)
    (dose,) = house.record.state.participants["S-01"].doses
    assert (dose.first_verdict, dose.afterwards) == ("valid", ())


REVOKED = {
    "nurse-2": ("staff.revoke", {"role": "nurse"}, "gate.bedside.nobody"),
    "nurse-1": ("staff.train", {"training": "gcp", "valid_until": "2026-01-01"}, "gate.bedside.nobody"),
    "qa-1": ("staff.train", {"training": "gmp", "valid_until": "2026-01-01"}, "gate.second-check.nobody"),
    "qa-2": ("staff.revoke", {"role": "quality"}, "gate.release.nobody"),
}


@pytest.mark.parametrize("who", REVOKED)
def test_a_check_by_somebody_who_could_not_make_it_is_none(who: str) -> None:
    """That a role had been taken, or a training run out, before a check is entered between the check and the dose."""
    house = hospital()
    house.admit("S-01")
    house.wait(minutes=1)
    bag, coi, _ = house.ready("S-01", "1")
    house.wait(minutes=2)
    verb, data, code = REVOKED[who]
    earlier = stamp(house._clock[0] - timedelta(minutes=3))
    house.do(verb, who, data, actor="sys-1", site="*", at=earlier)
    with pytest.raises(Refused) as refused:
        house.give(bag, "S-01", coi)
    assert code in [one.code for one in refused.value.refusals]


def test_whose_role_was_taken_after_a_check_has_made_it() -> None:
    house = hospital()
    house.admit("S-01")
    bag, coi, _ = house.ready("S-01", "1")
    house.wait(minutes=1)
    house.do("staff.revoke", "nurse-2", {"role": "nurse"}, actor="sys-1", site="*")
    house.wait(minutes=1)
    house.give(bag, "S-01", coi)
    assert house.record.state.participants["S-01"].doses[0].stands


def test_a_label_stops_no_clock_that_runs() -> None:
    """What was thawed is pooled with what still grows: the pool is finished, with a day of expiry weeks ahead."""
    changes = families()
    changes["products"][0]["after_thaw"] = q(2, "h")
    house = hospital(changes=changes)
    house.admit("S-01")
    for din in ("DIN-1", "DIN-2"):
        house.collect("S-01", "COI-1", din)
    house.make("BAG-1", "COI-1", ["DIN-1"])
    house.freeze("BAG-1")
    house.thaw("BAG-1")
    until = house.record.state.products["BAG-1"].expires_at
    house.do("product.make", "BAG-2", {"coi": "COI-1", "collections": ["DIN-2"]}, actor="lab-1")
    data: dict[str, Any] = {"products": ["BAG-1", "BAG-2"], "amount": q(8e7, "{cells}")}
    house.do("product.pool", "POOL", data, actor="lab-1")
    house.steps("POOL")
    far = stamp(house._clock[0] + timedelta(days=60))
    house.do("product.finish", "POOL", {"amount": q(8e7, "{cells}"), "expires_at": far}, actor="lab-1")
    assert house.record.state.products["POOL"].expires_at == until
