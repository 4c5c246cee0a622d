"""What allows something to be done at a site, and to a person: approvals with their days, consent that is asked anew, and which consent each command needs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from proband.record.commands import COMMANDS
from proband.record.declare.change import RESULTS, WHEN_VOID
from proband.record.declare.command import CONSENT_GATES
from proband.record.errors import Refused
from proband.record.events import stamp
from proband.record.programme_view import ProgrammeView

from .synthetic import CONSENT, GUARDIANS, WHY, Hospital, hospital, q, stands, view

KINDS = ("ethics", "authorisation", "insurance")


@pytest.fixture
def house(where: str) -> Iterator[Hospital]:
    made = hospital(where)
    yield made
    made.record.store.close()


def approve(house: Hospital, kind: str, since: str, expiry: str, **more: Any) -> None:
    data = {"kind": kind, "decided_by": WHY, "number": "2026/1", "since": since, "expiry": expiry, **more}
    house.do("site.approve", "north", data, actor="sys-1", site="*")


def refused(
    house: Hospital, gate: str, verb: str, subject: str, data: dict[str, Any] | None = None, **options: Any
) -> str:
    with pytest.raises(Refused) as found:
        house.do(verb, subject, data, **options)
    assert gate in found.value.gates, found.value.message
    return found.value.message


# approvals, authorisations, insurance


def test_an_approval_that_ran_out_stops_a_referral_and_a_dose(house: Hospital) -> None:
    for kind in KINDS:
        approve(house, kind, "2026-01-01", "2027-01-01")
    house.admit("S-1")
    product, coi, label = house.ready("S-1", "1")
    # the bag keeps for 60 days, so a short approval is the one that runs out first
    house.do("site.disapprove", "north", {"kind": "insurance", "on": "2026-03-02"}, actor="sys-1", site="*")
    approve(house, "insurance", "2026-03-01", "2026-03-20")
    house.wait(days=18)
    assert "2026-03-20" in refused(house, "approval", "participant.refer", "S-2", {})
    message = refused(house, "approval", "product.administer", product, {
        "participant": "S-1", "coi": coi, "wristband": "S-1", "bag": product, "route": "intrathecal", "dose": q(8e7, "{cells}"),
        "inputs": {"weight": q(80.0, "kg")},
    })  # fmt: skip
    assert "insurance" in message
    approve(house, "insurance", "2026-03-15", "2027-03-01")
    house.refer("S-2")
    house.screen("S-1")
    house.check(product, "S-1")
    house.bedside(product, "S-1", label)
    house.give(product, "S-1", coi)
    # 2026 is over, and with it the committee's approval
    house.wait(days=300)
    assert "ethics" in refused(house, "approval", "participant.refer", "S-3", {})
    # what became of somebody is recorded all the same
    house.do("visit.record", "S-1", {"visit": "year-1", "on": house.now[:10]})
    stands(house)


@pytest.mark.parametrize("kind", KINDS)
def test_each_of_them_stands_before_everything_that_takes_somebody_in_or_treats(
    house: Hospital, kind: str
) -> None:
    house.refer("S-1")
    house.screen("S-1")
    approve(house, kind, "2026-01-01", "2026-03-03")
    house.wait(days=1)
    refused(house, "approval", "participant.refer", "S-2", {})
    refused(
        house,
        "approval",
        "participant.screen",
        "S-1",
        {"outcome": "needs-data", "facts": {}, "reasons": [WHY]},
    )
    refused(house, "approval", "consent.give", "S-1", CONSENT)
    # elsewhere nothing was recorded, and nothing is asked
    house.refer("S-9", "south")
    due = [
        task
        for task in house.record.state.tasks.values()
        if task.kind == f"approval-{kind}" and task.done is None
    ]
    assert [(task.subject, task.due) for task in due] == [("north", "2026-03-03")]


def test_what_the_bundle_says_counts_where_nothing_was_recorded_of_the_site(where: str) -> None:
    decided = {"body": "committee", "id": "2026/1", "date": "2026-01-01", "expiry": "2026-12-01"}
    none = {"missing": "not-applicable", "why": WHY}
    house = hospital(
        where, programme=view(approvals={"ethics": decided, "authorisation": none, "insurance": None})
    )
    house.refer("S-1")
    house.wait(days=300)
    refused(house, "approval", "participant.refer", "S-2", {})
    approve(house, "ethics", "2026-12-01", "2027-12-01")
    house.refer("S-2")


def test_a_gap_in_the_bundle_is_no_decision(where: str) -> None:
    gap = {"missing": "pending", "why": WHY}
    house = hospital(where, programme=view(status="active", approvals={"ethics": gap, "authorisation": gap}))
    house.method = "password"
    assert "pending" in refused(house, "approval", "participant.refer", "S-1", {})
    approve(house, "ethics", "2026-01-01", "2027-01-01")
    assert "authorisation" in refused(house, "approval", "participant.refer", "S-1", {})
    approve(house, "authorisation", "2026-01-01", "2027-01-01")
    house.refer("S-1")


def test_a_substantial_amendment_needs_an_approval_of_its_own_and_a_lesser_one_goes_on_under_the_last(
    house: Hospital,
) -> None:
    approve(house, "ethics", "2026-01-01", "2027-01-01")
    same = {"consent": view().model_dump(mode="json")["consent"]}
    house.adopt(view("2.0.0", **same))
    house.refer("S-1")
    house.adopt(view("3.0.0", **same, verdict_valid_for=q(60, "d")))
    assert "does not cover" in refused(house, "approval", "participant.refer", "S-2", {})
    house.wait(minutes=1)
    approve(house, "ethics", "2026-01-01", "2027-01-01", versions=[house.record.state.programme])
    house.refer("S-2")
    stands(house)


def test_an_approval_recorded_after_a_dose_makes_nothing_clean(house: Hospital) -> None:
    house.admit("S-1")
    product, coi, _ = house.ready("S-1", "1")
    house.wait(minutes=2)
    at = house.now
    house.wait(minutes=2)
    approve(house, "ethics", "2026-01-01", "2027-01-01")
    house.wait(minutes=2)
    house.give(product, "S-1", coi, at=at)
    (dose,) = house.record.state.participants["S-1"].doses
    assert (dose.valid, dose.afterwards) == (False, ("approval",))


def test_an_approval_that_had_ended_before_a_dose_calls_it_into_question(house: Hospital) -> None:
    approve(house, "ethics", "2026-01-01", "2027-01-01")
    house.admit("S-1")
    product, coi, _ = house.ready("S-1", "1")
    house.give(product, "S-1", coi)
    house.wait(days=2)
    house.do("site.disapprove", "north", {"kind": "ethics", "on": "2026-03-01"}, actor="sys-1", site="*")
    (dose,) = house.record.state.participants["S-1"].doses
    assert (dose.valid, dose.standing, dose.found) == (True, "questioned", ("approval",))
    stands(house)


# consent that is asked anew


def asking(*rules: dict[str, Any]) -> dict[str, Any]:
    consent = view().model_dump(mode="json")["consent"]
    return {
        "consent": consent
        | {"reconsent": [*consent["reconsent"], *({"who": "all", "why": WHY} | rule for rule in rules)]}
    }


HALF_YEAR = {"id": "half-year", "event": "interval", "every": q(6, "mo"), "blocks": ["treatment", "data"]}
NEW_RISK = {"id": "risk", "event": "new-risk", "blocks": ["treatment", "procedures"]}
OF_AGE = {"id": "of-age", "event": "majority", "blocks": ["treatment", "procedures", "data"]}
PAIN = {"visit": "month-1", "instrument": "pain-nrs", "items": {"pain": 7}}


def outcome(house: Hospital, **changes: Any) -> dict[str, Any]:
    return {**PAIN, "on": house.now[:10], **changes}


def test_consent_is_asked_anew_after_its_time(where: str) -> None:
    house = hospital(where, changes=asking(HALF_YEAR))
    house.admit("S-1")
    product, coi, label = house.ready("S-1", "1")
    (asked,) = [task for task in house.record.state.tasks.values() if task.kind == "reconsent"]
    assert asked.due == "2026-08-31"
    house.wait(days=182)
    house.do("outcome.record", "S-1", outcome(house))
    house.wait(days=1)
    refused(house, "data-consent", "outcome.record", "S-1", outcome(house))
    refused(house, "data-consent", "visit.record", "S-1", {"visit": "year-1", "on": house.now[:10]})
    # that nobody was seen is nothing that was learnt, and what was seen in time may be entered
    house.do("visit.record", "S-1", {"visit": "year-1", "on": house.now[:10], "status": "missed"})
    house.do("outcome.record", "S-1", outcome(house, on="2026-08-30"))
    assert "consent" in refused(house, "consent", "product.administer", product, {
        "participant": "S-1", "coi": coi, "wristband": "S-1", "bag": product, "route": "intrathecal", "dose": q(8e7, "{cells}"),
        "inputs": {"weight": q(80.0, "kg")},
    })  # fmt: skip
    house.consent("S-1")
    assert house.record.state.tasks[asked.id].done is not None
    house.do("outcome.record", "S-1", outcome(house))
    del label
    stands(house)


def test_a_new_risk_asks_everybody_who_consented(where: str) -> None:
    house = hospital(where, changes=asking(NEW_RISK))
    house.admit("S-1")
    house.refer("S-2")
    house.refer("S-3")
    house.screen("S-3")
    house.consent("S-3")
    house.do("risk.announce", "SYN", {"risk": WHY}, actor="sys-1", site="*")
    tasks = [
        (task.kind, task.subject)
        for task in house.record.state.tasks.values()
        if task.kind in ("inform", "reconsent")
    ]
    assert sorted(tasks) == [("inform", "S-1"), ("inform", "S-3"), ("reconsent", "S-1"), ("reconsent", "S-3")]
    house.wait(minutes=1)
    refused(house, "consent", "participant.enrol", "S-3", {"number": 2})
    refused(
        house,
        "consent",
        "product.collect",
        "S-1",
        {"coi": "COI-1", "din": "DIN-1", "wristband": "S-1", "material": "marrow"},
    )
    # this programme's rule leaves data alone
    house.do("outcome.record", "S-1", outcome(house))
    house.consent("S-3")
    house.enrol("S-3")
    stands(house)


@pytest.mark.parametrize("rule", [OF_AGE, None])
def test_after_a_birthday_that_needs_a_new_consent_nothing_new_is_learnt(
    where: str, rule: dict[str, Any] | None
) -> None:
    """Guardians speak for a child until that day; then the person is asked, also about what is only looked at."""
    house = hospital(where, changes=asking(rule) if rule else {})
    birthday = (house._clock[0] + timedelta(days=10)).date().isoformat()
    house.refer("S-1")
    house.screen("S-1")
    house.consent("S-1", age_years=17.9, majority_on=birthday, assent="yes", **GUARDIANS)
    house.do("outcome.record", "S-1", outcome(house))
    house.wait(days=10)
    for verb, data in (("outcome.record", outcome(house)), ("visit.record", {"visit": "month-1", "on": house.now[:10]}),
                       ("milestone.record", {"milestone": "walks", "when": "2026", "reached": True})):  # fmt: skip
        assert birthday in refused(house, "data-consent", verb, "S-1", data)
    house.do("outcome.record", "S-1", outcome(house, on=stamp(house._clock[0] - timedelta(days=1))[:10]))
    # harm is recorded of everybody
    house.do(
        "adverse-event.report",
        "S-1",
        {
            "event": "AE-1",
            "term": WHY,
            "grade": 2,
            "serious": False,
            "expected": True,
            "onset": birthday,
            "aware_on": birthday,
        },
    )
    house.consent("S-1", age_years=18)
    house.do("outcome.record", "S-1", outcome(house))
    stands(house)


def test_a_programme_may_leave_data_to_the_consent_of_before(where: str) -> None:
    house = hospital(where, changes=asking({**OF_AGE, "blocks": ["treatment"]}))
    birthday = (house._clock[0] + timedelta(days=1)).date().isoformat()
    house.refer("S-1")
    house.screen("S-1")
    house.consent("S-1", age_years=17.9, majority_on=birthday, assent="yes", **GUARDIANS)
    house.wait(days=2)
    house.do("outcome.record", "S-1", outcome(house))


def test_every_command_about_a_person_says_which_consent_it_needs() -> None:
    """The table of the page, and the gate of each: whatever touches the body or brings new data needs one."""
    needed = {verb: one.consent for verb, one in COMMANDS.items() if one.consent}
    assert needed == {
        "participant.enrol": "in-force", "participant.allocate": "in-force", "therapy.open": "in-force", "product.collect": "in-force",
        "product.administer": "in-force", "publication.approve": "in-force", "kit.assign": "in-force", "kit.give": "in-force",
        "visit.record": "data", "outcome.record": "data", "milestone.record": "data", "cointervention.record": "data",
        "stock.dispense": "in-force", "measurement.record": "data", "companion.give": "data",
    }  # fmt: skip
    for verb, kind in needed.items():
        assert CONSENT_GATES[kind] in COMMANDS[verb].gates
    assert all(one.withdrawal is not None for one in COMMANDS.values() if one.consent)


def test_whatever_is_a_dose_asks_what_every_dose_asks() -> None:
    """A container or a kit: what is given to somebody passes the same gates of person and site, and its event says what the rules made of it."""
    doses = {
        verb: one
        for verb, one in COMMANDS.items()
        if one.event in WHEN_VOID and one.withdrawal == "treatment"
    }
    assert {"product.administer", "kit.give"} <= doses.keys()
    asked = {
        "alive",
        "approval",
        "capacity",
        "verdict",
        "confirmation",
        "consent",
        "withdrawal",
        "forecast",
        "hold",
        "interval",
        "dose",
    }
    for verb, one in doses.items():
        assert asked <= set(one.gates), (verb, asked - set(one.gates))
        assert one.event in RESULTS, verb


# starting material that is taken again


def _collects_again(every: dict[str, Any] | None) -> ProgrammeView:
    consent = view().model_dump(mode="json")["consent"]
    rule = {"id": "again", "event": "further-collection", "every": every, "who": "the-participant", "blocks": ["procedures"], "why": WHY}  # fmt: skip
    return view(consent=consent | {"reconsent": [*consent["reconsent"], rule]})


@pytest.mark.parametrize(("every", "waited", "asked"), [(q(28, "d"), 20, False), (q(28, "d"), 40, True), (None, 1, True)])  # fmt: skip
def test_a_further_collection_is_a_new_decision(where: str, every: Any, waited: int, asked: bool) -> None:
    """The first product failed; whoever consented too long ago, or before the first collection where the rule names no time, is asked again."""
    house = hospital(where, programme=_collects_again(every))
    house.admit("S-1")
    house.collect("S-1", "COI-1", "DIN-1")
    # the same harvest in a second vessel is no further one
    house.collect("S-1", "COI-1", "DIN-2")
    house.wait(days=waited)
    house.screen("S-1")
    if asked:
        with pytest.raises(Refused) as refused:
            house.collect("S-1", "COI-2", "DIN-3")
        assert [one.code for one in refused.value.refusals] == ["gate.consent.again"]
        house.consent("S-1")
    house.collect("S-1", "COI-2", "DIN-3")
    stands(house)


# whoever chooses the hour chooses the day


def test_no_site_of_real_people_is_opened_without_its_clocks(where: str) -> None:
    house = hospital(where, programme=view(status="active"))
    said = refused(house, "stage", "site.open", "east", {"jurisdiction": "GB"}, actor="sys-1", site="*")
    assert "offsets" in said
    house.method = "password"
    house.do("site.open", "east", {"jurisdiction": "GB", "offsets": ["+00:00"]}, actor="sys-1", site="*")


@pytest.mark.parametrize("offset", ["-12:00", "-07:00", "+14:00", "+05:45"])
def test_nobody_outlives_an_approval_or_a_birthday_by_another_offset(where: str, offset: str) -> None:
    """Six hours after the last day of an approval it is still that day in the middle of the Pacific; the site is not there."""
    house = hospital(where, programme=view(status="active"))
    house.method = "password"
    for kind in KINDS:
        approve(house, kind, "2026-01-01", "2026-03-03")
    house.refer("S-1")
    house.wait(hours=22)
    refused(house, "approval", "participant.refer", "S-2", {})
    refused(house, "clock", "participant.refer", "S-2", {}, offset=offset)


def test_an_approval_that_ends_between_preparation_and_dose_stops_the_dose(where: str) -> None:
    house = hospital(where)
    approve(house, "ethics", "2026-01-01", "2026-03-05")
    house.wait(days=2, hours=15, minutes=30)
    house.admit("S-1")
    product, coi, _ = house.ready("S-1", "1")
    house.wait(minutes=45)
    with pytest.raises(Refused) as stopped:
        house.give(product, "S-1", coi)
    assert "approval" in stopped.value.gates
    # with an earlier time it is entered as of yesterday, when it was allowed: late, and within the quarter of an hour that is live
    early = stamp(house._clock[0] - timedelta(minutes=20))
    with pytest.raises(Refused):
        house.give(product, "S-1", coi, at=early)
    stands(house)
