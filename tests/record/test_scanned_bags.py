"""What would stop the dose for the bag's sake stops the scan at the bed already, by the same gate in the same words: online, on a tablet, on either engine."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import nullcontext, suppress
from typing import Any

import pytest

from proband.record.commands import COMMANDS
from proband.record.commands.bag import OF_THE_BAG, SAID_OF_THE_BAG
from proband.record.declare.command import Context
from proband.record.errors import Refused
from proband.record.gates import GATES
from proband.record.state import StandingHold
from proband.record.tables import table

from .hostile_time import World, hostile_step
from .synthetic import Hospital, hospital, q, stands
from .tablet import Tablet, judging_nothing
from .test_kits import given as kit_given
from .test_kits import ready as ready_kit

SCAN, GIVE = COMMANDS["bedside.verify"], COMMANDS["product.administer"]
#: the gates of a dose that look at the bag: each is one of the scan
BAG = {*OF_THE_BAG, *SAID_OF_THE_BAG, "hold", "identity"}
#: those that look at the person, at the plan, at the amount and at who does it, each for its own moment
NOT_BAG = {
    "name", "authority", "training", "site", "clock", "programme", "reason", "signature", "capsule", "locked", "stage", "withdrawal", "alive",
    "consent", "approval", "capacity", "verdict", "confirmation", "forecast", "course", "dose", "companions", "interval", "second-check", "bedside",
}  # fmt: skip


def test_every_gate_of_a_dose_is_of_the_bag_and_asked_at_the_scan_or_is_not_of_the_bag() -> None:
    """A gate that is added to a dose tomorrow is sorted here, or this fails."""
    assert set(GIVE.gates) == BAG | NOT_BAG
    assert not BAG & NOT_BAG
    assert set(SCAN.gates) >= BAG
    for name in SAID_OF_THE_BAG:
        assert SCAN.says[name] is GIVE.says[name]
    assert SCAN.hold == GIVE.hold


def made(where: str, released: bool = True) -> Hospital:
    """A bag at the bed that lacks nothing but the scan."""
    house = hospital(where)
    for person in ("S-1", "S-2"):
        house.admit(person)
    house.wait(days=2)
    house.collect("S-1", "COI-1", "DIN-1")
    house.make("BAG-1", "COI-1", ["DIN-1"])
    house.test("BAG-1")
    house.label("BAG-1", "COI-1")
    if released:
        house.release("BAG-1")
    house.check("BAG-1", "S-1")
    return house


def label(house: Hospital) -> str:
    return next(one.id for one in house.record.state.labels.values() if one.fate == "applied")


def scanned(house: Hospital, person: str = "S-1") -> list[str]:
    """What the gates say of the scan, in their words; nothing where it passes."""
    return told(lambda: house.bedside("BAG-1", person, label(house)))


def dosed(house: Hospital, person: str = "S-1") -> list[str]:
    return told(lambda: house.give("BAG-1", person, "COI-1"))


def told(act: Callable[[], Any]) -> list[str]:
    try:
        act()
    except Refused as refused:
        return [f"{one.code}: {one.message} {one.mend}" for one in refused.refusals if one.gate in BAG]
    return []


def sent(house: Hospital) -> None:
    data = {"label": label(house), "coi": "COI-1", "to": "south", "carrier": "van", "temperature": None}
    house.do("product.send", "BAG-1", data, actor="lab-1")


def by_hand(**changes: Any) -> Callable[[Hospital], Any]:
    """What an amendment, an earlier log or a device can lead to, put into the state at once."""

    def spoil(house: Hospital) -> None:
        for name, value in changes.items():
            setattr(house.record.state.products["BAG-1"], name, value)

    return spoil


def held(house: Hospital) -> None:
    house.record.state.holds["H-1"] = StandingHold("H-1", "", "a hold", "product", "BAG-1", ("administration",), house.now, 1)  # fmt: skip


def extra_label(house: Hospital) -> None:
    house.do("label.print", "BAG-1", {"labels": ["L-90"], "coi": "COI-1"}, actor="lab-1")


SPOILT: dict[str, tuple[str, Callable[[Hospital], Any]]] = {
    "quarantined": ("gate.release.status", lambda house: house.do("product.quarantine", "BAG-1", {}, actor="qa-1", reason="a leak")),
    "rejected": ("gate.release.status", lambda house: house.do("product.reject", "BAG-1", {}, actor="qa-1", reason="a leak")),
    "a test after the release": ("gate.release.status", lambda house: house.test("BAG-1", sterility="positive")),
    "recalled": ("gate.recalled.lot", lambda house: house.do("lot.recall", "SYN", {"lot": "LOT-1", "notified_on": house.now[:10]}, actor="qa-1")),
    "expired": ("gate.expiry.passed", lambda house: by_hand(expires_at=house.now)(house)),
    "frozen": ("gate.condition.frozen", by_hand(frozen=True)),
    "sent away": ("gate.custody.sent", sent),
    "at another site": ("gate.custody.place", by_hand(place="south")),
    "too warm on its way": ("gate.custody.temperature", by_hand(excursion=True)),
    "a loose label": ("gate.labels.loose", extra_label),
    "disposed of": ("gate.used.given", lambda house: house.do("product.dispose", "BAG-1", {"amount": q(8e7, "{cells}"), "method": "burnt"}, actor="nurse-1")),
    "released for another route": ("gate.route.released", by_hand(release_route="intravenous")),
    "made for another arm": ("gate.arm.other", lambda house: setattr(house.record.state.participants["S-1"], "arm", "care")),
    "under a hold": ("gate.hold.standing", held),
    "somebody else's": ("gate.identity.different", by_hand(participant="S-2")),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILT)
def test_what_stops_the_dose_for_the_bag_s_sake_stops_the_scan(name: str, where: str) -> None:
    code, spoil = SPOILT[name]
    house = made(where)
    spoil(house)
    said = scanned(house)
    assert code in [one.split(": ")[0] for one in said]
    assert house.record.state.products["BAG-1"].checked is None
    # word for word what they are told who try to give it all the same
    assert said == dosed(house)


@pytest.mark.parametrize("name", SPOILT)
def test_what_is_spoilt_after_the_scan_stops_the_dose_as_ever(name: str) -> None:
    code, spoil = SPOILT[name]
    house = made(":memory:")
    assert scanned(house) == []
    spoil(house)
    said = dosed(house)
    assert code in [one.split(": ")[0] for one in said]
    assert scanned(house) == said
    assert house.record.state.participants["S-1"].doses == []


def test_nobody_scans_what_nobody_released_and_the_bag_is_fetched_that_was(where: str) -> None:
    house = made(where, released=False)
    assert scanned(house) == [
        "gate.release.status: STOP: BAG-1 is not released (manufactured) wait for the release"
    ]
    house.release("BAG-1")
    assert scanned(house) == []
    house.give("BAG-1", "S-1", "COI-1")
    # and what was given is given to nobody again
    assert "gate.used.given" in [one.split(": ")[0] for one in scanned(house)]
    stands(house)


@pytest.mark.parametrize("name", [*SPOILT, "well"])
def test_another_s_bag_is_told_at_the_bed_and_nothing_else_of_it(name: str) -> None:
    """Nobody is told to thaw a bag, or to have it released, that is to be put aside."""
    house = made(":memory:")
    if name in SPOILT and name not in ("somebody else's", "a loose label"):
        SPOILT[name][1](house)
    (said,) = scanned(house, "S-2")
    assert said.startswith("gate.identity.different: ")
    assert "S-2" in said
    assert "BAG-1" in said


def test_in_every_state_of_a_random_life_the_bag_is_judged_alike_at_scan_and_dose() -> None:
    """For each bag and each person of lives that nobody wrote: the gates of the bag say the same of the scan as of the dose."""
    seen: set[str] = set()
    for seed in range(5):
        world, rng = World(), random.Random(seed)
        for _ in range(50):
            with suppress(AssertionError):
                hostile_step(world, rng)
        state, now = world.state, world.house.now
        for product in table(state, "products"):
            for person in list(state.participants)[:6]:
                common = {"at": now, "recorded": now, "day": now[:10], "offset": "+00:00", "source": "online", "site": "north", "signatures": [], "subject": product["product"]}  # fmt: skip
                scan = {"participant": person, "wristband": person, "bag": product["product"]}
                regimen = Context(state, {**common, "data": scan}, SCAN).regimen
                dose = {**scan, "coi": product["coi"], "route": regimen.route.value if regimen else None, "dose": q(0.0, "{cells}")}  # fmt: skip
                for gate in BAG - {"identity"}:
                    one, other = (
                        GATES[gate].function(Context(state, {**common, "data": data, "command": declared.verb}, declared))
                        for data, declared in ((scan, SCAN), (dose, GIVE))
                    )  # fmt: skip
                    said = [(each.code, each.details) for each in (one, other) if each is not None]
                    assert said in ([], said[:1] * 2), (seed, gate, product)
                    seen |= {code for code, _ in said}
    assert len(seen) > 6, seen


# without network


@pytest.mark.parametrize("name", ["quarantined", "recalled", "frozen", "sent away", "a loose label", "disposed of", "too warm on its way"])  # fmt: skip
def test_a_tablet_that_was_told_stops_at_the_scan(name: str) -> None:
    code, spoil = SPOILT[name]
    house = made(":memory:")
    tablet = Tablet(house, "BAG-1", "COI-1", label(house))
    house.wait(minutes=1)
    if name in ("frozen", "too warm on its way"):
        # not by an event: put into what the tablet holds
        tablet.issue()
        tablet.start()
        assert tablet.bedside is not None
        bag = tablet.bedside.state.products["BAG-1"]
        bag.frozen, bag.excursion = name == "frozen", name != "frozen"
    else:
        spoil(house)
        tablet.issue()
        tablet.start()
    assert code in [one.split(": ")[0] for one in told(tablet.check)]
    assert tablet.bedside is not None
    assert tablet.bedside.queue == []


def test_a_bag_that_expires_on_the_way_is_told_by_the_tablet_itself(where: str) -> None:
    house = made(where)
    tablet = Tablet(house, "BAG-1", "COI-1", label(house))
    tablet.issue(hours=24 * 90)
    tablet.start()
    house.wait(days=59)
    tablet.check()
    house.wait(days=2)
    assert [one.split(": ")[0] for one in told(tablet.check)] == ["gate.expiry.passed"]


@pytest.mark.parametrize("name", ["quarantined", "recalled", "a loose label"])
@pytest.mark.parametrize("lax", [False, True])
def test_what_is_learnt_while_a_tablet_is_away_stands_against_the_dose_and_undoes_no_scan(
    name: str, lax: bool, where: str
) -> None:
    """Two people did scan. The dose is refused by what is wrong, and not as if nobody had stood at the bed; also where the tablet judged nothing."""
    code, spoil = SPOILT[name]
    house = made(where)
    tablet = Tablet(house, "BAG-1", "COI-1", label(house))
    tablet.issue()
    tablet.start()
    house.wait(minutes=5)
    spoil(house)
    house.wait(minutes=5)
    with judging_nothing() if lax else nullcontext():
        tablet.check()
        tablet.give()
    done = tablet.back()
    gate = code.split(".")[1]
    refused = {one["event"]: set(one["gates"]) for one in done.conflicts}
    assert gate in refused["product.administered"]
    if name != "a loose label":
        # what concerns the label was asked of a scan that comes home before, and is
        assert "bedside.verified" not in refused
        assert "bedside" not in refused["product.administered"]
    assert [dose.stands for dose in house.record.state.participants["S-1"].doses] == [False]


# kits: scan and dose are one act


def test_a_kit_is_told_all_of_it_as_it_is_given_and_is_scanned_as_no_bag() -> None:
    for spoil, code in (
        ({"status": "quarantined"}, "gate.kit.taken"), ({"place": "south"}, "gate.kit.place"), ({"expires_at": "2020-01-01T00:00:00.000Z"}, "gate.kit.expired"),
        ({"lots": ["LOT-R"]}, "gate.kit.recalled"), ({"packed_under": "0" * 64}, "gate.kit.packed"), ({"administered_at": "2020-01-01T00:00:00.000Z"}, "gate.kit.taken"),
    ):  # fmt: skip
        house, kit = ready_kit(":memory:")
        house.record.state.recalled["LOT-R"] = house.now
        for name, value in spoil.items():
            setattr(house.record.state.products[kit], name, value)
        with pytest.raises(Refused) as refused:
            kit_given(house, "S-1", kit)
        assert code in [one.code for one in refused.value.refusals], spoil
        scan = {"participant": "S-1", "wristband": "S-1", "bag": kit, "label": "L-1"}
        with pytest.raises(Refused) as refused:
            house.do("bedside.verify", kit, scan, actor="nurse-1", also=[("nurse-2", "nurse")])
        assert refused.value.gates == ["labels", "identity"]
