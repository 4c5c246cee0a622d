"""Roles, trainings, holds, sites, versions, enrolment, custody: a gate asks what was true when it happened, not what was entered last.

What permits and was recorded only after a dose documents it; what forbids is asked at the dose's own time, also where it has been taken back since.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from proband.record.commands import Command, Signature
from proband.record.events import stamp

from .synthetic import WHY, Hospital, hospital, view
from .tablet import DOSE, Tablet, judging_nothing
from .test_offline_time import thawed, valid
from .test_time import ago, gates_of, ready, replayed

BOSS: dict[str, Any] = {"actor": "sys-1", "site": "*"}


def steps(tablet: Tablet, *, before: Any = None, after: Any = None, minutes: float = 35) -> None:
    """A tablet goes offline; something happens at home before, or after, the bag is given on it. (By then the check that was made online is too old.)"""
    house = tablet.house
    tablet.start()
    house.wait(minutes=minutes)
    if before is not None:
        before(house)
    house.wait(minutes=minutes)
    tablet.check()
    tablet.give()
    house.wait(minutes=minutes)
    if after is not None:
        after(house)
    house.wait(minutes=1)
    tablet.back()


def revoke(house: Hospital, name: str = "nurse-2") -> None:
    house.do("staff.revoke", name, {"role": "nurse"}, **BOSS)


def hold(house: Hospital) -> None:
    house.do("hold.place", "HOLD-1", {"hold": "stop-dosing"}, actor="board-1")


def lift(house: Hospital, **options: Any) -> None:
    for actor in ("board-1", "pharm-1"):
        house.do("hold.lift", "HOLD-1", actor=actor, **options)


def close(house: Hospital) -> None:
    house.do("site.close", "north", **BOSS)


def reopen(house: Hospital) -> None:
    house.do("site.reopen", "north", **BOSS)


def amend(house: Hospital) -> None:
    house.amend()


def untrain(house: Hospital) -> None:
    """The training turned out to have run out."""
    house.do("staff.train", "nurse-2", {"training": "gcp", "valid_until": "2026-03-03"}, **BOSS)


def withdraw(house: Hospital) -> None:
    house.do("participant.withdraw", "S-1", {"level": "treatment", "said": "no"})


HAPPENED: dict[str, Callable[[Hospital], None]] = {
    "role": revoke, "hold": hold, "site": close, "version": amend, "training": untrain, "withdrawal": withdraw,
}  # fmt: skip


@pytest.mark.parametrize("name", HAPPENED)
def test_what_forbids_counts_from_when_it_happened_for_a_device_that_did_not_know(
    where: str, name: str
) -> None:
    tablet = thawed(where)
    steps(tablet, before=HAPPENED[name])
    assert valid(tablet) == [False]


@pytest.mark.parametrize("name", HAPPENED)
def test_what_forbids_only_since_then_takes_nothing_from_a_dose_before_it(where: str, name: str) -> None:
    """The honest twin: the bag was given in order, and what happened at home happened after it."""
    tablet = thawed(where)
    steps(tablet, after=HAPPENED[name])
    assert valid(tablet) == [True]


BACK: dict[str, tuple[Callable[[Hospital], None], Callable[[Hospital], None]]] = {
    "role": (revoke, lambda h: h.do("staff.grant", "nurse-2", {"role": "nurse", "sites": ["north"]}, **BOSS)),
    "hold": (hold, lift),
    "hold lifted with an earlier time": (hold, lambda h: lift(h, at=ago(h, minutes=50), reason=WHY)),
    "site": (close, reopen),
    "training": (untrain, lambda h: h.do("staff.train", "nurse-2", {"training": "gcp", "valid_until": "2030-01-01"}, **BOSS)),
}  # fmt: skip


@pytest.mark.parametrize("name", BACK)
def test_what_forbade_then_and_was_taken_back_since_still_forbade_then(where: str, name: str) -> None:
    """A hold that stood when the bag was given, and is lifted when the tablet comes back, is no hold for whoever asks the last entry."""
    tablet = thawed(where)
    before, after = BACK[name]
    steps(tablet, before=before, after=after)
    assert valid(tablet) == [False]


@pytest.mark.parametrize("kind", ["role", "training", "site"])
def test_what_permits_and_was_entered_after_the_dose_documents_it(where: str, kind: str) -> None:
    """Somebody gives the bag who is made a physician only afterwards, with a time before it."""
    tablet = thawed(where, issued=False)
    house = tablet.house
    earlier = house._clock[0] - timedelta(hours=1)
    late = {"at": stamp(earlier), "reason": WHY}
    if kind != "site":
        house.do("staff.grant", "nurse-9", {"role": "watcher", "sites": ["north"]}, **BOSS)
        house.do(
            "staff.train", "nurse-9", {"training": "gcp", "valid_until": "2030-01-01"}, **BOSS
        ) if kind == "role" else None
        house.do(
            "staff.grant", "nurse-9", {"role": "nurse", "sites": ["north"]}, **BOSS
        ) if kind == "training" else None
    else:
        house.do("site.close", "north", at=stamp(earlier - timedelta(hours=1)), reason=WHY, **BOSS)

    def after(house: Hospital) -> None:
        if kind == "role":
            house.do("staff.grant", "nurse-9", {"role": "nurse", "sites": ["north"]}, **late, **BOSS)
        elif kind == "training":
            house.do(
                "staff.train", "nurse-9", {"training": "gcp", "valid_until": "2030-01-01"}, **late, **BOSS
            )
        else:
            house.do("site.reopen", "north", **late, **BOSS)

    tablet.issue()
    tablet.start()
    house.wait(minutes=20)
    with judging_nothing():
        tablet.check()
        data = {"participant": "S-1", "coi": tablet.coi, "wristband": "S-1", "bag": tablet.product, "route": "intrathecal", "dose": DOSE,
                "inputs": {"weight": {"value": 80.0, "unit": "kg"}}}  # fmt: skip
        who, role = ("dr-1", "physician") if kind == "site" else ("nurse-9", "nurse")
        assert tablet.bedside is not None
        tablet.bedside.execute(Command("product.administer", tablet.product, data, actor=who, role=role, site="north",
                                       signatures=[Signature(who, role, "scripted")]))  # fmt: skip
    house.wait(minutes=20)
    after(house)
    tablet.back()
    assert valid(tablet) == [False]
    (dose,) = house.record.state.participants["S-1"].doses
    assert dose.first_verdict == "documented afterwards", (dose.broken, dose.afterwards)
    assert dose.afterwards == ({"role": "authority"}.get(kind, kind),)


def test_whose_role_was_taken_enters_nothing_with_an_earlier_time(where: str) -> None:
    house = hospital(where)
    house.wait(days=3)
    house.do("staff.revoke", "dr-3", {"role": "physician"}, **BOSS)
    house.wait(hours=1)
    late: dict[str, Any] = {"actor": "dr-3", "role": "physician", "at": ago(house, days=2), "reason": WHY}
    assert gates_of(lambda: house.do("participant.refer", "S-1", **late)) == ["authority"]


def test_who_was_granted_a_role_later_did_nothing_in_it_before(where: str) -> None:
    house = hospital(where)
    house.wait(days=3)
    house.do("staff.grant", "dr-9", {"role": "physician", "sites": ["north"]}, **BOSS)
    house.do("staff.train", "dr-9", {"training": "gcp", "valid_until": "2030-01-01"}, **BOSS)
    mine: dict[str, Any] = {"actor": "dr-9", "role": "physician"}
    before = {"at": ago(house, days=2), "reason": WHY}
    assert gates_of(lambda: house.do("participant.refer", "S-1", **mine, **before)) == [
        "authority",
        "training",
    ]
    # on the day itself they are one, and harm of before they report as whoever they are now
    house.do("participant.refer", "S-1", at=ago(house, hours=3), **mine)
    house.do("participant.refer", "S-2", at=ago(house, days=2), reason=WHY)
    assert house.record.state.participants["S-2"]
    house.do("participant.die", "S-2", {"when": "two days ago", "cause": WHY}, **mine, **before)
    # a grant that says since when, by whoever may grant, makes them one since then
    house.do(
        "staff.grant",
        "dr-8",
        {"role": "physician", "sites": ["north"]},
        at=ago(house, days=2.5),
        reason=WHY,
        **BOSS,
    )
    house.do(
        "staff.train",
        "dr-8",
        {"training": "gcp", "valid_until": "2030-01-01"},
        at=ago(house, days=2.5),
        reason=WHY,
        **BOSS,
    )
    house.do("participant.refer", "S-3", actor="dr-8", role="physician", **before)
    replayed(house)


def test_a_grant_that_is_entered_last_does_not_beat_a_revocation_that_happened_last(where: str) -> None:
    house = hospital(where)
    house.wait(days=3)
    revoke(house, "nurse-1")
    house.wait(hours=2)
    house.do(
        "staff.grant",
        "nurse-1",
        {"role": "nurse", "sites": ["north"]},
        at=ago(house, days=1),
        reason=WHY,
        **BOSS,
    )
    assert "nurse" not in house.record.state.persons["nurse-1"].roles
    house.do("staff.grant", "nurse-1", {"role": "nurse", "sites": ["north"]}, **BOSS)
    assert "nurse" in house.record.state.persons["nurse-1"].roles


def test_a_site_that_was_closed_then_takes_nobody_in_with_a_time_of_then(where: str) -> None:
    house = hospital(where)
    house.wait(days=2)
    close(house)
    house.wait(days=1)
    reopen(house)
    house.wait(days=1)
    for days in (0.5, 2.5):
        house.do("participant.refer", f"S-{days}", at=ago(house, days=days), reason=WHY)
    late = {"at": ago(house, days=1.5), "reason": WHY}
    assert gates_of(lambda: house.do("participant.refer", "S-1", **late)) == ["site"]


def test_a_dose_at_a_time_when_its_bag_was_still_on_its_way_is_refused(where: str) -> None:
    house, product, coi, label = ready(where)
    house.do("site.open", "east", {"jurisdiction": "GB"}, **BOSS)
    house.do("staff.grant", "lab-1", {"role": "operator", "sites": ["*"]}, **BOSS)
    scans = {"label": label, "coi": coi}
    house.do("product.send", product, {"to": "east", "carrier": "van", **scans}, actor="lab-1")
    house.do("product.receive", product, {**scans, "in_range": True}, actor="lab-1", site="east")
    house.do("product.send", product, {"to": "north", "carrier": "van", **scans}, actor="lab-1", site="east")
    house.wait(minutes=2)
    at = house.now
    house.wait(minutes=3)
    house.do("product.receive", product, {**scans, "in_range": True}, actor="lab-1")
    house.wait(minutes=2)
    dose = {"participant": "S-01", "coi": coi, "wristband": "S-01", "bag": product, "route": "intrathecal", "dose": DOSE,
            "inputs": {"weight": {"value": 80.0, "unit": "kg"}}}  # fmt: skip
    assert gates_of(lambda: house.do("product.administer", product, dose, at=at)) == ["custody"]
    house.give(product, "S-01", coi)
    assert house.record.state.participants["S-01"].doses[-1].stands
    replayed(house)


def test_a_harm_that_is_entered_late_and_crosses_a_rule_questions_the_doses_given_since(where: str) -> None:
    house, product, coi, _ = ready(where)
    house.give(product, "S-01", coi)
    for n in (2, 3):
        house.wait(days=3)
        house.admit(f"S-0{n}")
        other, coi, _ = house.ready(f"S-0{n}", str(n))
        house.give(other, f"S-0{n}", coi)
    house.wait(days=1)
    for n in (1, 2):
        harm = {"event": f"AE-{n}", "term": "bleeding", "category": "other", "grade": 4, "serious": True, "expected": False,
                "onset": "2026-03-08", "aware_on": "2026-03-08"}  # fmt: skip
        house.do("adverse-event.report", f"S-0{n}", harm, at=ago(house, days=2), reason=WHY)
    doses = [house.record.state.participants[f"S-0{n}"].doses[0] for n in (1, 2, 3)]
    assert [one.standing for one in doses] == [None, None, "questioned"]
    assert doses[2].found == ("hold",)
    # harm of today crosses a rule from today on
    replayed(house)


def test_the_version_in_force_then_judges_a_dose_then(where: str) -> None:
    """Amended while the tablet was away, with a text that nobody there has read: the dose before it was in order."""
    tablet = thawed(where)
    steps(tablet, after=amend)
    (dose,) = tablet.house.record.state.participants["S-1"].doses
    assert dose.stands
    assert view("2.0.0").hash == tablet.house.record.state.programme
