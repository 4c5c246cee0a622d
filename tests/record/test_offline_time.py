"""Whatever the clock of a device says: what was given offline is valid only where it was in order at every moment at which it can have been given."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from proband.record import capsule as offline
from proband.record.capsule import reconcile
from proband.record.commands import Command
from proband.record.errors import RecordError, Refused
from proband.record.events import canonical
from proband.record.fold import fold_all
from proband.record.signing import challenge

from .synthetic import hospital
from .tablet import CUSTODIAN, Tablet, judging_nothing

EXAMPLES = 300 if os.environ.get("PROBAND_NIGHTLY") else 30


def thawed(where: str = ":memory:", *, issued: bool = True) -> Tablet:
    """A bag that was thawed just now and is good for two hours, its owner and a tablet that was handed a capsule."""
    house = hospital(where)
    house.wait(days=2)
    house.admit("S-1")
    product, coi, label = house.ready("S-1", "1", cold=True)
    house.thaw(product)
    tablet = Tablet(house, product, coi, label)
    if issued:
        tablet.issue()
    return tablet


def valid(tablet: Tablet) -> list[bool]:
    state = tablet.house.record.state
    assert state.invalid == {}
    assert fold_all(tablet.house.record.events(), "SYN") == state
    return [dose.stands for dose in state.participants["S-1"].doses]


# a bag that has expired is valid by no clock


def slow(tablet: Tablet) -> None:
    tablet.wrong = -21 * 3600
    tablet.start()
    tablet.house.wait(hours=22)
    tablet.check()
    tablet.give()
    tablet.wrong = 0.0


def slow_from_a_restart_on(tablet: Tablet) -> None:
    tablet.start()
    tablet.house.wait(hours=1)
    tablet.restart(21)
    tablet.wrong = -21 * 3600
    tablet.check()
    tablet.give()
    tablet.wrong = 0.0


def fast_the_day_before_the_thawing(tablet: Tablet) -> None:
    """By its clock the next day, when the bag is good again: there is none such, so the time lies behind the return."""
    tablet.wrong = 20 * 3600
    tablet.start()
    tablet.house.wait(hours=3)
    tablet.check()
    tablet.give()
    tablet.wrong = 0.0


def asleep_since_the_morning(tablet: Tablet) -> None:
    tablet.start()
    tablet.sleep(20)
    tablet.wrong = -20 * 3600
    tablet.check()
    tablet.give()
    tablet.wrong = 0.0


@pytest.mark.parametrize(
    "how", [slow, slow_from_a_restart_on, fast_the_day_before_the_thawing, asleep_since_the_morning], ids=lambda how: how.__name__
)  # fmt: skip
def test_a_bag_that_expired_is_valid_by_no_clock(where: str, how: Callable[[Tablet], None]) -> None:
    tablet = thawed(where)
    with judging_nothing():
        how(tablet)
    tablet.house.wait(minutes=1)
    done = tablet.back()
    assert not any(valid(tablet))
    assert done.conflicts
    tasks = [
        task
        for task in tablet.house.record.state.tasks.values()
        if task.kind == "conflict" and task.done is None
    ]
    assert len(tasks) == len(done.conflicts)
    assert tablet.house.record.state.participants["S-1"].doses, "what was given is shown"


def test_a_slow_device_notices_itself(where: str) -> None:
    tablet = thawed(where)
    with pytest.raises(Refused) as refused:
        slow(tablet)
    assert refused.value.gates[0] == "capsule"


@pytest.mark.parametrize("minutes", [1, 40, 110])
def test_a_right_device_and_a_bag_that_is_good_at_every_possible_moment_are_valid(
    where: str, minutes: int
) -> None:
    tablet = thawed(where)
    tablet.start()
    tablet.house.wait(minutes=minutes)
    tablet.check()
    tablet.house.wait(minutes=2)
    tablet.give()
    tablet.house.wait(hours=9)
    done = tablet.back()
    assert (len(done.accepted), done.conflicts) == (2, ())
    assert valid(tablet) == [True]


@pytest.mark.parametrize(("before", "doses"), [(True, []), (False, [True])])
def test_a_clock_that_is_a_little_slow_does_not_put_a_dose_before_what_forbids_it(
    where: str, before: bool, doses: list[bool]
) -> None:
    """Ninety seconds are no fault of a clock: which came first, the counter says, and not the clock."""
    tablet = thawed(where)
    house = tablet.house
    tablet.start()
    house.wait(hours=1)
    tablet.wrong = -90

    def needs_data() -> None:
        house.screen("S-1", "needs-data")

    def gives() -> None:
        with judging_nothing():
            tablet.check()
            tablet.give()

    for step in (needs_data, gives) if before else (gives, needs_data):
        step()
        house.wait(seconds=30)
    tablet.wrong = 0.0
    tablet.back()
    assert [one for one in valid(tablet) if one] == doses


def test_what_the_bounds_do_not_settle_is_a_conflict() -> None:
    """The clock is right, the bag was good; but the file lay for a day before it was taken in, and nothing else says when."""
    tablet = thawed()
    tablet.start()
    tablet.check()
    tablet.give()
    assert tablet.bedside is not None
    content = tablet.bedside.export()
    tablet.house.wait(hours=24)
    done = reconcile(
        tablet.house.record,
        content,
        Command("capsule.return", "CAP-1", **CUSTODIAN),
        now=lambda: tablet.house._clock[0],
    )
    assert valid(tablet) == [False]
    assert all("clock" in one["gates"] or "capsule" in one["gates"] for one in done.conflicts)


def test_a_restart_costs_nothing_where_the_bag_is_good_either_way() -> None:
    tablet = thawed()
    tablet.start()
    tablet.house.wait(minutes=5)
    tablet.check()
    tablet.restart(0.25)
    tablet.give()
    tablet.house.wait(minutes=20)
    done = tablet.back()
    assert (len(done.accepted), done.conflicts) == (2, ())
    assert valid(tablet) == [True]


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None)
@given(
    wrong=st.floats(-26, 26), put_right=st.booleans(), given_at=st.floats(0, 30), asleep=st.floats(0, 1),
    restart=st.none() | st.floats(0, 1), later=st.floats(0, 3), lax=st.booleans(),
)  # fmt: skip
@example(wrong=-21.0, put_right=True, given_at=22.0, asleep=0.0, restart=None, later=0.0, lax=True)
@example(wrong=-21.0, put_right=True, given_at=22.0, asleep=1.0, restart=0.0, later=0.0, lax=True)
@example(wrong=0.0, put_right=True, given_at=1.0, asleep=0.0, restart=None, later=3.0, lax=False)
@example(wrong=0.01, put_right=False, given_at=0.5, asleep=0.3, restart=0.5, later=0.1, lax=False)
def test_no_clock_makes_an_expired_bag_valid_and_a_right_one_loses_nothing(
    wrong: float,
    put_right: bool,
    given_at: float,
    asleep: float,
    restart: float | None,
    later: float,
    lax: bool,
) -> None:
    """Hours: how wrong the clock is, when the bag (good for two) is given, which shares of that the tablet slept or was off, how long until the return."""
    tablet = thawed()
    tablet.wrong = wrong * 3600
    tablet.start()
    off = given_at * restart if restart is not None else 0.0
    tablet.sleep((given_at - off) * asleep)
    tablet.house.wait(hours=(given_at - off) * (1 - asleep))
    if restart is not None:
        tablet.restart(off)
    try:
        if lax:
            with judging_nothing():
                tablet.check()
                tablet.give()
        else:
            tablet.check()
            tablet.give()
    except Refused:
        assert abs(wrong) * 3600 > 120 or given_at >= 2, "a right device and a good bag are refused nothing"
        return
    tablet.house.wait(hours=later)
    if put_right:
        tablet.wrong = 0.0
    tablet.back()
    (stands,) = valid(tablet)
    assert not stands or given_at < 2
    if abs(wrong) * 3600 < 60 and given_at < 1.99:
        assert stands


# what the counter says of the queue itself


def edited(tablet: Tablet, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> bytes:
    """The queue as another device with the same key would have written it: its chain and signatures hold."""
    assert tablet.bedside is not None
    inner = orjson.loads(base64.b64decode(orjson.loads(tablet.bedside.export())["content"]))
    inner["queue"] = change(inner["queue"])
    previous = ""
    for entry in inner["queue"]:
        previous = sha256(previous.encode() + canonical(entry["body"])).hexdigest()
        entry["chain"] = previous
    raw = canonical(inner)
    return orjson.dumps({"content": base64.b64encode(raw).decode(), "signature": tablet.key.sign(raw)})


def recount(tablet: Tablet, body: dict[str, Any], count: dict[str, Any] | None) -> dict[str, Any]:
    kept = [one for one in body["signatures"] if one["meaning"] != "device"]
    bare = {**body, "signatures": kept}
    entry = offline.device_signature(tablet.key, bare, tablet.house.record.state.instance, count or {})
    if count is None:
        del entry["counter"]
        entry["value"] = tablet.key.sign(challenge(entry["shown"], entry))
    return {**bare, "signatures": [*kept, entry]}


def counted(body: dict[str, Any]) -> dict[str, Any]:
    (found,) = [one["counter"] for one in body["signatures"] if one["meaning"] == "device"]
    return dict(found)


FAULTS: dict[str, tuple[Callable[[Tablet, list[dict[str, Any]]], list[dict[str, Any]]], str]] = {
    "no counter": (lambda t, q: [{"body": recount(t, one["body"], None)} for one in q], "missing"),
    "a hole": (lambda t, q: q[1:], "hole"),
    "a number twice": (lambda t, q: [q[0], {"body": recount(t, q[1]["body"], {**counted(q[1]["body"]), "n": 1})}], "repeated"),
    "counted back": (lambda t, q: [q[0], {"body": recount(t, q[1]["body"], {**counted(q[1]["body"]), "ms": 0})}], "back"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_counter_that_does_not_go_on_is_said_and_nothing_behind_it_counts(where: str, name: str) -> None:
    tablet = thawed(where)
    tablet.start()
    tablet.house.wait(minutes=5)
    tablet.check()
    tablet.house.wait(minutes=1)
    tablet.give()
    change, fault = FAULTS[name]
    done = tablet.back(edited(tablet, lambda queue: change(tablet, queue)))
    assert valid(tablet) == [False]
    state = tablet.house.record.state
    assert state.capsules["CAP-1"].broken == fault
    assert done.conflicts[-1]["gates"][0] == "capsule"
    said = [
        event.body for event in tablet.house.record.events() if event.body["event"] == "capsule.conflicted"
    ]
    told = tablet.house.record.texts.revealed([one["data"]["messages"] for one in said])
    assert any(fault in message for messages in told for message in messages)


def test_a_count_of_more_time_than_there_was_is_said() -> None:
    tablet = thawed()
    tablet.start()
    tablet.check()
    tablet.give()
    tablet.house.wait(minutes=1)
    ahead = edited(
        tablet,
        lambda queue: [
            {"body": recount(tablet, one["body"], {**counted(one["body"]), "ms": 10**9})} for one in queue
        ],
    )
    done = tablet.back(ahead)
    assert [one["gates"][0] for one in done.conflicts] == ["capsule", "capsule"]
    assert valid(tablet) == [False]


def test_two_devices_with_one_capsule_and_one_key_are_both_kept_and_said(where: str) -> None:
    """The tablet was copied: each copy gives the bag. What the second one did is no secret because the first came back before."""
    tablet = thawed(where)
    other = Tablet(tablet.house, tablet.product, tablet.coi, tablet.label, key=tablet.key, file=tablet.file)
    for one in (tablet, other):
        one.start()
        one.check()
        one.give()
    tablet.back()
    assert valid(tablet) == [True]
    done = other.back()
    assert (done.accepted, len(done.conflicts)) == ((), 2)
    assert valid(tablet) == [True, False]
    # a third time it brings nothing new
    with pytest.raises(RecordError, match="already taken back"):
        other.back()
    assert valid(tablet) == [True, False]


def test_what_a_device_does_after_its_return_is_kept_as_a_conflict() -> None:
    tablet = thawed()
    tablet.start()
    tablet.check()
    tablet.back()
    tablet.give()
    done = tablet.back()
    assert [one["event"] for one in done.conflicts] == ["product.administered"]
    assert valid(tablet) == [False]


def test_a_return_that_broke_off_is_taken_up_and_nothing_doubles(monkeypatch: pytest.MonkeyPatch) -> None:
    tablet = thawed()
    tablet.start()
    tablet.check()
    tablet.give()
    tablet.house.do("participant.withdraw", "S-1", {"level": "treatment", "said": "no"})
    record = tablet.house.record
    with monkeypatch.context() as broken:
        broken.setattr(record, "execute", lambda command: (_ for _ in ()).throw(OSError("power cut")))
        with pytest.raises(OSError, match="power"):
            tablet.back()
    first = list(record.state.deviations.values())
    done = tablet.back()
    assert record.state.capsules["CAP-1"].returned
    assert list(record.state.deviations.values()) == first
    assert (len(done.accepted) + len(done.conflicts), valid(tablet)) == (2, [False])


def test_another_event_under_a_known_key_is_kept_and_not_taken_for_it() -> None:
    tablet = thawed()
    tablet.start()
    tablet.check()
    tablet.give(key="dose-1")
    tablet.house.do("visit.record", "S-1", {"visit": "baseline", "on": tablet.house.now[:10]}, key="dose-1")
    done = tablet.back()
    assert [one["gates"] for one in done.conflicts] == [["capsule"]]
    assert valid(tablet) == [False]
