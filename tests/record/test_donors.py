"""What was typed for the wrong donor is taken back by two people, with what it had spread to; and what a donor says last counts, in whatever order it is entered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from proband.record.errors import Refused
from proband.record.stock import Donor
from proband.record.tables import table

from .synthetic import WHY, Hospital, hospital, stands
from .test_stock import changes, dispensed, donor, lab, lot, refusals, treated

GOES_ON = {"finding": WHY, "conclusion": "goes-on"}
FIT = {"product": "cells", "eligible": True}
BY_TWO = {"actor": "qa-1", "also": [("qa-2", "quality")]}


@pytest.fixture
def house(where: str) -> Iterator[Hospital]:
    made = hospital(where, changes=changes())
    yield made
    made.record.store.close()


def entered(house: Hospital, verb: str, name: str = "D-1", **data: Any) -> int:
    """The number of an entry about a donor."""
    lab(house, verb, name, **data)
    return next(one.seq for one in reversed(list(house.record.events())) if one.body["command"] == verb)


def a_test(house: Hospital, result: str, name: str = "D-1") -> int:
    return entered(house, "donor.test", name, test="hiv", result=result, sampled_on=house.now[:10], laboratory="x")  # fmt: skip


def retract(house: Hospital, event: str, seq: int, name: str = "D-1", **options: Any) -> None:
    house.do("donor.retract", name, {"event": event}, corrects=seq, **{**BY_TWO, **options})


def of_two_people(house: Hospital) -> None:
    """A lot of which one person was given a pack, and another has one."""
    donor(house)
    lot(house)
    for person in ("S-1", "S-2"):
        house.admit(person)
    treated(house, "S-1", "PACK-1")
    dispensed(house, "S-2", "PACK-2")


@pytest.mark.parametrize(("event", "finding"), [("donor.tested", "positive"), ("donor.followed", "malignancy"), ("donor.followed", "genetic"), ("donor.followed", "infection")])  # fmt: skip
def test_a_finding_of_another_donor_is_taken_back_with_all_that_it_reached(
    house: Hospital, event: str, finding: str
) -> None:
    of_two_people(house)
    house.wait(hours=1)
    seq = a_test(house, finding) if event == "donor.tested" else entered(house, "donor.follow", finding=finding)  # fmt: skip
    state = house.record.state
    (dose,) = state.participants["S-1"].doses
    assert dose.standing == "questioned"
    assert "release" in (dose.found or ())
    assert state.product_failures
    assert refusals(house, "product.investigate", "LOT-A", GOES_ON, actor="qa-1") == ["gate.way-out.final"]
    lab(house, "donor.collect", "D-1", din="DIN-2", product="cells", material="fat")
    again = {"product": "cells", "donations": ["DIN-2"]}
    assert refusals(house, "lot.begin", "LOT-B", again, actor="lab-1") == ["gate.origin.unfit"]
    assert refusals(house, "donor.determine", "D-1", FIT, actor="qa-1") == ["gate.donor.unfit"]
    # not by one person, not by whoever may not, not for another donor, and not as another entry
    wrong = {"event": event}
    assert refusals(house, "donor.retract", "D-1", wrong, actor="qa-1", corrects=seq) == ["gate.second-person.missing"]  # fmt: skip
    with pytest.raises(Refused) as refused:
        retract(house, event, seq, actor="pharm-1")
    assert "authority" in refused.value.gates
    lab(house, "donor.register", "D-2")
    assert refusals(house, "donor.retract", "D-2", wrong, corrects=seq, **BY_TWO) == ["gate.retraction.event"]
    assert refusals(house, "donor.retract", "D-1", {"event": "donor.consented"}, corrects=seq, **BY_TWO) == ["gate.retraction.kind"]  # fmt: skip
    retract(house, event, seq)
    assert refusals(house, "donor.retract", "D-1", wrong, corrects=seq, **BY_TWO) == ["gate.retraction.corrected"]  # fmt: skip
    # what it reached is free of it, and stays aside until somebody has looked into it; two people settle the dose
    assert [state.products[name].status for name in ("LOT-A", "PACK-2")] == ["quarantined", "quarantined"]
    assert (dose.standing, dose.found) == ("questioned", ())
    assert state.product_failures == {}
    assert not [task for task in state.tasks.values() if task.kind == "watch" and task.done is None]
    house.do("product.investigate", "LOT-A", GOES_ON, actor="qa-1")
    assert state.products["LOT-A"].status == "manufactured"
    house.do("dose.settle", "S-1", {"standing": "upheld", "finding": WHY}, corrects=dose.seq, actor="dr-1", also=[("dr-3", "physician")])  # fmt: skip
    assert dose.stands
    # the donor is what they were before
    lab(house, "lot.begin", "LOT-B", **again)
    stands(house)


def test_what_rested_on_a_negative_test_of_another_donor_is_put_aside_and_found_fit_anew(
    house: Hospital,
) -> None:
    of_two_people(house)
    house.wait(hours=1)
    seq = next(one.seq for one in house.record.events() if one.body["event"] == "donor.tested")
    retract(house, "donor.tested", seq)
    state = house.record.state
    assert [state.products[name].status for name in ("LOT-A", "PACK-2")] == ["quarantined", "quarantined"]
    assert state.participants["S-1"].doses[0].standing == "questioned"
    assert [row["fit_for"] for row in table(state, "donors")] == [""]
    assert refusals(house, "donor.determine", "D-1", FIT, actor="qa-1") == ["gate.donor.unfit"]
    lab(house, "donor.collect", "D-1", din="DIN-2", product="cells", material="fat")
    again = {"product": "cells", "donations": ["DIN-2"]}
    a_test(house, "negative")
    assert refusals(house, "lot.begin", "LOT-B", again, actor="lab-1") == ["gate.origin.unfit"]
    house.do("donor.determine", "D-1", FIT, actor="qa-1")
    lab(house, "lot.begin", "LOT-B", **again)
    stands(house)


def test_a_dose_of_another_donor_is_not_asked_about(house: Hospital) -> None:
    of_two_people(house)
    house.wait(hours=1)
    donor(house, "D-2", "DIN-2")
    lab(house, "lot.begin", "LOT-B", product="cells", donations=["DIN-2"])
    mine = [one.seq for one in house.record.events() if (one.body["event"], one.body["subject"]) == ("donor.tested", "D-2")]  # fmt: skip
    retract(house, "donor.tested", mine[0], "D-2")
    state = house.record.state
    assert state.products["LOT-B"].status == "quarantined"
    assert state.products["PACK-2"].status == "released"
    assert state.participants["S-1"].doses[0].standing is None
    stands(house)


def test_a_donation_of_another_donor_is_taken_back_and_its_number_is_free(house: Hospital) -> None:
    donor(house)
    lot(house)
    donor(house, "D-2", "DIN-2")
    by_din = {one.body["data"]["din"]: one.seq for one in house.record.events() if one.body["event"] == "donor.collected"}  # fmt: skip
    wrong = {"event": "donor.collected"}
    assert refusals(house, "donor.retract", "D-1", wrong, corrects=by_din["DIN-1"], **BY_TWO) == ["gate.retraction.stands"]  # fmt: skip
    retract(house, "donor.collected", by_din["DIN-2"], "D-2")
    state = house.record.state
    lab(house, "donor.collect", "D-1", din="din-2", product="cells", material="fat")
    assert state.donations["din-2"].donor == "D-1"
    # who gave it is asked how they are, and nobody else
    asked = [task.subject for task in state.tasks.values() if task.kind == "donor" and task.done is None]
    assert asked == ["D-1", "D-1"]
    # what was made of it is given up first
    house.do("product.reject", "LOT-A", actor="qa-1")
    retract(house, "donor.collected", by_din["DIN-1"])
    assert "DIN-1" not in state.donations
    stands(house)


@pytest.mark.parametrize(
    ("verb", "subject", "event", "who"),
    [
        ("event.retract", "LOT-A", "product.tested", {"actor": "dr-1", "also": [("dr-3", "physician")]}),
        ("event.retract", "LOT-A", "product.tested", {"actor": "sys-1", "site": "*", "also": [("dr-3", "physician")]}),
        ("donor.retract", "LOT-A", "product.tested", BY_TWO), ("product.retract", "D-1", "donor.tested", BY_TWO),
        ("event.retract", "D-1", "donor.tested", {"actor": "dr-1", "also": [("dr-3", "physician")]}),
        ("product.retract", "S-1", "participant.screened", BY_TWO), ("donor.retract", "S-1", "participant.screened", BY_TWO),
    ],
)  # fmt: skip
def test_nothing_is_taken_back_by_the_command_for_something_else(
    house: Hospital, verb: str, subject: str, event: str, who: dict[str, Any]
) -> None:
    """Whoever may take back what is said of one kind of thing may not do so of another."""
    donor(house)
    lot(house)
    house.admit("S-1")
    seq = next(one.seq for one in house.record.events() if (one.body["event"], one.body["subject"]) == (event, subject))  # fmt: skip
    with pytest.raises(Refused) as refused:
        house.do(verb, subject, {"event": event}, corrects=seq, **who)
    assert "gate.retraction.kind" in [one.code for one in refused.value.refusals]


def test_whoever_was_not_asked_after_all_is_asked(house: Hospital) -> None:
    donor(house)
    house.wait(days=31)
    seq = entered(house, "donor.follow", finding="well")
    tasks = [task for task in house.record.state.tasks.values() if task.kind == "donor"]
    assert [task.done for task in tasks] == [seq]
    retract(house, "donor.followed", seq)
    assert [task.done for task in tasks] == [None]
    stands(house)


def test_whoever_agrees_again_gives_again_and_whoever_withdrew_does_not(house: Hospital) -> None:
    donor(house)
    begin = {"product": "cells", "donations": ["DIN-1"]}
    said = {"version": "donor-1", "language": "en", "on": house.now[:10], "by": "donor", "covers": ["donation"]}  # fmt: skip
    lab(house, "donor.withdraw", "D-1", covers=["donation"])
    assert refusals(house, "lot.begin", "LOT-A", begin, actor="lab-1") == ["gate.origin.unfit"]
    assert [row["agreed_to"] for row in table(house.record.state, "donors")] == ["contact"]
    house.wait(minutes=1)
    lab(house, "donor.consent", "D-1", **said)
    assert [row["agreed_to"] for row in table(house.record.state, "donors")] == ["contact,donation"]
    lab(house, "lot.begin", "LOT-A", **begin)
    stands(house)


@pytest.mark.parametrize(
    ("consents", "withdrawals", "agrees"),
    [("1", "", "1234"), ("1", "2", "1"), ("13", "2", "134"), ("31", "2", "134"), ("1", "1", ""), ("13", "42", "13"), ("1", "24", "1"), ("3", "1", "34")],
)  # fmt: skip
def test_what_happened_last_counts_in_whatever_order_it_is_entered(
    consents: str, withdrawals: str, agrees: str
) -> None:
    one = Donor("D-1", "north", "0")
    one.consents = [{"covers": ["donation"], "at": at} for at in consents]
    one.withdrawn = {"donation": list(withdrawals)}
    assert "".join(at for at in "1234" if one.agrees("donation", at)) == agrees
    assert not one.agrees("research", "4")


def open_tasks(house: Hospital, kind: str) -> list[str]:
    return [
        name for name, task in house.record.state.tasks.items() if task.kind == kind and task.done is None
    ]


def told(house: Hospital) -> None:
    (name,) = open_tasks(house, "inform")
    house.do("task.close", "S-1", {"task": name, "how": WHY}, actor="dr-1")


def test_nobody_is_told_of_a_finding_that_was_none(house: Hospital) -> None:
    of_two_people(house)
    house.wait(hours=1)
    first = a_test(house, "positive")
    house.wait(minutes=1)
    second = a_test(house, "positive")
    assert open_tasks(house, "inform") == ["inform:PACK-1:hiv"]
    retract(house, "donor.tested", first)
    assert open_tasks(house, "inform") == ["inform:PACK-1:hiv"], "the other finding of the same stands"
    retract(house, "donor.tested", second)
    assert open_tasks(house, "inform") == []
    # one that is found after that is told, though an earlier one was taken back
    third = a_test(house, "positive")
    assert open_tasks(house, "inform") == [f"inform:PACK-1:hiv:{third}"]
    retract(house, "donor.tested", third)
    assert open_tasks(house, "inform") == []
    stands(house)


def test_whoever_was_told_of_a_finding_that_was_none_is_told_so(house: Hospital) -> None:
    of_two_people(house)
    house.wait(hours=1)
    wrong = a_test(house, "positive")
    told(house)
    retract(house, "donor.tested", wrong)
    (name,) = open_tasks(house, "inform")
    assert "did not fail after all" in house.record.state.tasks[name].about
    told(house)
    again = a_test(house, "positive")
    assert open_tasks(house, "inform") == [f"inform:PACK-1:hiv:{again}"]
    retract(house, "donor.tested", again)
    assert open_tasks(house, "inform") == []
    stands(house)


def test_a_dose_is_judged_again_by_whether_its_donor_could_give(house: Hospital) -> None:
    of_two_people(house)
    house.wait(hours=1)
    seqs = [one.seq for one in house.record.events() if one.body["event"] == "donor.tested"]
    retract(house, "donor.tested", seqs[0])
    (dose,) = house.record.state.participants["S-1"].doses
    # a negative test that never was: nobody found them fit by it, and no sample was taken
    assert (dose.standing, dose.found) == ("questioned", ("origin",))
    stands(house)


@pytest.mark.parametrize(
    ("verb", "data", "who"),
    [("donor.withdraw", {"covers": ["donation"]}, {"actor": "lab-1"}), ("donor.determine", FIT | {"eligible": False}, {"actor": "qa-1"})],
)  # fmt: skip
@pytest.mark.parametrize("before", [True, False])
def test_what_ends_a_donation_and_is_entered_late_reaches_what_was_made_after_it(
    house: Hospital, verb: str, data: dict[str, Any], who: dict[str, Any], before: bool
) -> None:
    donor(house)
    house.wait(minutes=20)
    then = [house.now]
    house.wait(minutes=20)
    lot(house)
    house.wait(minutes=20)
    then.append(house.now)
    for person in ("S-1", "S-2"):
        house.admit(person)
    treated(house, "S-1", "PACK-1")
    dispensed(house, "S-2", "PACK-2")
    house.wait(hours=1)
    house.do(verb, "D-1", data, at=then[0 if before else 1], reason=WHY, **who)
    state = house.record.state
    (dose,) = state.participants["S-1"].doses
    statuses = [state.products[name].status for name in ("LOT-A", "PACK-2")]
    if before:
        assert statuses == ["quarantined", "quarantined"]
        assert (dose.standing, dose.found) == ("questioned", ("origin",))
        assert len(open_tasks(house, "standing")) == 1
    else:
        # what was made before they withdrew stays made
        assert statuses == ["released", "released"]
        assert dose.standing is None
    stands(house)


def test_what_a_donor_withdraws_besides_giving_ends_nothing_that_was_made(house: Hospital) -> None:
    donor(house)
    house.wait(minutes=20)
    then = house.now
    house.wait(minutes=20)
    lot(house)
    house.do("donor.withdraw", "D-1", {"covers": ["research", "contact"]}, at=then, reason=WHY, actor="lab-1")
    assert house.record.state.products["LOT-A"].status == "released"


def test_of_two_samples_the_later_one_counts_in_whatever_order_they_are_entered(house: Hospital) -> None:
    donor(house, result="indeterminate")
    assert refusals(house, "donor.determine", "D-1", FIT, actor="qa-1") == ["gate.donor.unfit"]
    earlier = (date.fromisoformat(house.now[:10]) - timedelta(days=1)).isoformat()
    sample = {"test": "hbv", "result": "negative", "laboratory": "x"}
    lab(house, "donor.test", "D-1", sampled_on=earlier, **sample)
    assert refusals(house, "donor.determine", "D-1", FIT, actor="qa-1") == ["gate.donor.unfit"]
    house.wait(minutes=1)
    lab(house, "donor.test", "D-1", sampled_on=house.now[:10], **sample)
    house.do("donor.determine", "D-1", FIT, actor="qa-1")
    stands(house)


@pytest.mark.parametrize("entered", ["in order", "late"])
def test_a_newer_sample_that_leaves_it_open_stops_what_rests_on_the_one_before(
    house: Hospital, entered: str
) -> None:
    donor(house)
    begin = {"product": "cells", "donations": ["DIN-1"]}
    sample = {"test": "hbv", "laboratory": "x"}
    house.wait(days=2)
    if entered == "late":
        # a later negative sample is there already when the one between is entered
        lab(house, "donor.test", "D-1", sampled_on=house.now[:10], result="negative", **sample)
        before = (date.fromisoformat(house.now[:10]) - timedelta(days=1)).isoformat()
        lab(house, "donor.test", "D-1", sampled_on=before, result="indeterminate", **sample)
        lab(house, "lot.begin", "LOT-A", **begin)
        stands(house)
        return
    lab(house, "donor.test", "D-1", sampled_on=house.now[:10], result="indeterminate", **sample)
    assert refusals(house, "lot.begin", "LOT-A", begin, actor="lab-1") == ["gate.origin.sample"]
    open_ = [
        one for one in house.record.state.tasks.values() if one.kind == "donor-test" and one.done is None
    ]
    assert [one.subject for one in open_] == ["D-1"]
    house.wait(days=1)
    lab(house, "donor.test", "D-1", sampled_on=house.now[:10], result="negative", **sample)
    assert all(one.done for one in house.record.state.tasks.values() if one.kind == "donor-test")
    lab(house, "lot.begin", "LOT-A", **begin)
    stands(house)


def test_what_a_newer_sample_leaves_open_is_put_aside_and_given_to_nobody_until_it_was_looked_into(
    house: Hospital,
) -> None:
    donor(house)
    lot(house)
    house.admit("S-1")
    treated(house, "S-1", "PACK-1")
    house.admit("S-2")
    dispensed(house, "S-2", "PACK-2")
    house.wait(days=1)
    lab(
        house,
        "donor.test",
        "D-1",
        test="hbv",
        result="indeterminate",
        sampled_on=house.now[:10],
        laboratory="x",
    )
    state = house.record.state
    assert [state.products[name].status for name in ("LOT-A", "PACK-2")] == ["quarantined", "quarantined"]
    more = {"participant": "S-2", "lot": "LOT-A", "units": 1, "regimen": "spinal"}
    assert refusals(house, "stock.dispense", "PACK-9", more, actor="pharm-1") == ["gate.stock.status"]
    # nothing was found: who got some is not told of a finding, and their dose stands
    assert state.participants["S-1"].doses[0].standing is None
    assert not [one for one in state.tasks.values() if one.kind in ("inform", "watch")]
    house.do("product.investigate", "LOT-A", {"finding": WHY, "conclusion": "goes-on"}, actor="qa-1")
    house.release("LOT-A")
    assert house.record.state.products["LOT-A"].status == "released"
    stands(house)
