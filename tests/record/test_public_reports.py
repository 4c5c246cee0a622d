"""Faults that users of other systems reported in public, tried here as shapes: electronic consent, data capture, stock of medicines, work without network.

Each test names the report by repository and number; only the shape is taken from it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from proband.record.errors import RecordError, Refused
from proband.record.events import stamp
from proband.record.tables import table

from .synthetic import WHY, Hospital, hospital
from .test_offline_time import thawed, valid
from .test_standing import SECOND, retract
from .test_time import ago, gates_of, ready, replayed


def row(house: Hospital, person: str = "S-01") -> dict[str, Any]:
    (found,) = [one for one in table(house.record.state, "participants") if one["participant"] == person]
    return found


def test_a_phone_whose_clock_was_put_right_before_the_app_was_opened_is_found_by_what_it_counted() -> None:
    """medic/cht-core 6300: errors of phone clocks are underestimated where the clock is put right before the synchronisation."""
    tablet = thawed()
    tablet.wrong = -1800
    tablet.start()
    tablet.house.wait(minutes=50)
    with pytest.raises(Refused) as refused:
        tablet.check()
    assert refused.value.gates == ["capsule"]
    tablet.wrong = 0.0
    tablet.check()
    tablet.give()
    tablet.back()
    assert valid(tablet) == [True]


def test_scans_that_come_after_the_round_was_closed_are_neither_dropped_nor_believed() -> None:
    """LiinooRF/Guard 73: what wins, if the round was closed and late scans come in afterwards."""
    tablet = thawed()
    tablet.start()
    tablet.back()
    tablet.check()
    tablet.give()
    # the scan counts no more than the dose that rests on it
    assert [one["gates"] for one in tablet.back().conflicts] == [["capsule"], ["capsule", "bedside"]]
    assert valid(tablet) == [False]


def test_a_second_event_for_the_same_thing_is_not_taken_for_the_first() -> None:
    """ecotask-network/EcoTask-app 54: a queue that knows its entries by one name silently drops the second."""
    tablet = thawed()
    tablet.start()
    tablet.check(key="S-1")
    tablet.give(key="S-1")
    done = tablet.back()
    assert (len(done.accepted), [one["event"] for one in done.conflicts]) == (1, ["product.administered"])
    assert valid(tablet) == [False]


def test_a_queue_that_was_taken_in_and_whose_answer_was_lost_is_sent_again_and_nothing_doubles() -> None:
    """Expensify/App 98314 and SandeepVashishtha/Eventra 16262: the answer is lost, the queue is replayed."""
    tablet = thawed()
    tablet.start()
    tablet.check()
    tablet.give()
    assert tablet.bedside is not None
    content = tablet.bedside.export()
    tablet.back(content)
    before = tablet.house.record.state.seq
    with pytest.raises(RecordError, match="already taken back"):
        tablet.back(content)
    assert (tablet.house.record.state.seq, valid(tablet)) == (before, [True])


def test_a_new_consent_is_shown_with_its_own_day_and_not_with_that_of_the_first() -> None:
    """GoogleCloudPlatform/fda-mystudies 4562: after the updated consent the day of enrolment was shown as the day of consent."""
    house = ready()[0]
    first = row(house)["consent_at"]
    house.amend()
    house.wait(days=3)
    house.consent("S-01", "text-2")
    shown = row(house)
    assert (shown["consent_version"], shown["consent_at"]) == ("text-2", house.now)
    assert shown["consented_at"] == first


def test_a_withdrawal_that_is_dated_before_a_consent_still_withdraws() -> None:
    """aces/Loris 6993: a withdrawal was dated before the answer that it withdraws, and the two contradicted each other."""
    house, product, coi, _ = ready()
    house.do(
        "participant.withdraw",
        "S-01",
        {"level": "treatment", "said": "no"},
        at=ago(house, hours=5),
        reason=WHY,
    )
    assert gates_of(lambda: house.give(product, "S-01", coi)) == ["withdrawal"]
    # who did not mean it takes it back with a second person, and does not consent over it
    assert row(house)["withdrawn"] == "treatment"
    replayed(house)


def test_where_the_newest_consent_never_was_the_one_before_it_stands_again() -> None:
    """Sage-Bionetworks/BridgePF 1196: an older consent is looked for where the signature of the newest is broken."""
    house, product, coi, _ = ready()
    house.do("staff.train", "dr-3", {"training": "gcp", "valid_until": "2030-01-01"}, actor="sys-1", site="*")
    assert SECOND
    first = row(house)["consent_at"]
    house.wait(minutes=5)
    house.consent("S-01")
    newest = house.record.state.participants["S-01"].consent
    assert newest is not None
    retract(house, "S-01", newest.seq, "consent.given")
    assert row(house)["consent_at"] == first
    house.give(product, "S-01", coi)
    assert house.record.state.participants["S-01"].doses[0].stands


def test_what_is_entered_in_retrospect_keeps_the_day_on_which_it_was_seen() -> None:
    """DouglasNeuroInformatics/OpenDataCapture 1277: the day of entry was kept as the day of collection."""
    house = ready()[0]
    house.wait(days=20)
    data = {"visit": "baseline", "on": "2026-03-05", "instrument": "pain-nrs", "items": {"pain": 3}}
    house.do("outcome.record", "S-01", data, at=ago(house, days=19), reason=WHY)
    (outcome,) = table(house.record.state, "outcomes")
    assert outcome["on"] == "2026-03-05"


@pytest.mark.parametrize("verb", ["product.thaw", "product.release", "bedside.verify", "product.administer"])
def test_an_expired_bag_leaves_the_shelf_by_no_other_way(verb: str) -> None:
    """third-culture-software/bhima 4749 and hmislk/hmis 4640: one way out refused expired stock, another let it through."""
    house = hospital()
    house.admit("S-01")
    house.collect("S-01", "COI-1", "DIN-1")
    house.make("BAG-1", "COI-1", ["DIN-1"])
    house.test("BAG-1")
    label = house.label("BAG-1", "COI-1")
    if verb in {"bedside.verify", "product.administer"}:
        house.release("BAG-1")
    if verb == "product.thaw":
        house.freeze("BAG-1")
    house.wait(days=61)
    if verb == "product.thaw":
        assert gates_of(lambda: house.do(verb, "BAG-1", {"equipment": "bath"}, actor="lab-1")) == ["expiry"]
    elif verb == "product.release":
        assert gates_of(lambda: house.release("BAG-1")) == ["expiry"]
    else:
        house.screen("S-01")
        house.check("BAG-1", "S-01")
        if verb == "bedside.verify":
            assert gates_of(lambda: house.bedside("BAG-1", "S-01", label)) == ["expiry"]
        else:
            # nobody scans it, since a scan says stop already
            assert gates_of(lambda: house.give("BAG-1", "S-01", "COI-1")) == ["expiry", "bedside"]


@pytest.mark.parametrize(
    "written",
    ["2026-03-03T02:00:00+10:00", "2026-03-02T16:00:00Z", "20260302T160000Z", "2026-03-02T11:00:00-05:00"],
)
def test_an_expiry_is_the_same_moment_however_its_zone_is_written(written: str) -> None:
    """nirzaf/Stockpile 428: lots of one expiry were two where their day had been written in another zone."""
    house = hospital()
    house.admit("S-01")
    house.collect("S-01", "COI-1", "DIN-1")
    house.do("product.make", "BAG-1", {"coi": "COI-1", "collections": ["DIN-1"]}, actor="lab-1")
    house.steps("BAG-1")
    amount = {"value": 8e7, "unit": "{cells}"}
    house.do("product.finish", "BAG-1", {"amount": amount, "expires_at": written}, actor="lab-1")
    assert house.record.state.products["BAG-1"].expires_at == "2026-03-02T16:00:00.000Z"
    assert stamp(house._clock[0] + timedelta(hours=8)) == "2026-03-02T16:00:00.000Z"
