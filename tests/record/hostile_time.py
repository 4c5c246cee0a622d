"""Further moves of the hostile hospital: clocks that are wrong, facts that come late, copies, closed sites, a second site; and the way on."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import nullcontext, suppress
from datetime import timedelta
from typing import Any

from proband.record.commands import Command, Signature
from proband.record.errors import RecordError, Refused
from proband.record.events import stamp
from proband.record.stock import kept_as_units

from .hostile import ATTACKS, MOVES, World, against, amend, boss, hostile_step, questioned, retract, settle
from .synthetic import CONSENT, ROLES, STAFF, WHY, q, shown, view
from .tablet import Tablet, judging_nothing

__all__ = ["ATTACKS", "MOVES", "WAYS_ON", "World", "go_on", "hostile_step"]

#: how what else there is in a world goes on, besides its people and their containers
WAYS_ON: list[Callable[[World, random.Random], None]] = []


def recover(world: World) -> None:
    """Where two must decide and one is left, the key in the envelope makes another custodian, after the alarm and the waiting time."""
    house = world.house
    if not world.state.shared or len(world.state.custodians()) > 1:
        return
    name, record = f"dm-r{world.state.seq}", house.record
    offer = record._offer(world.state.instance, name)
    for verb, data in (("recovery.announce", {"key": offer}), ("recovery.complete", {})):
        signed = [Signature("recovery", "recovery", "scripted", by=record.recovery)]
        record.execute(
            Command(
                verb, name, data, actor="recovery", role="recovery", site="*", reason=WHY, signatures=signed
            )
        )
        house.wait(days=8)


def employ(world: World, name: str, role: str, site: str = "north") -> None:
    person = world.state.persons.get(name)
    if person is None or person.held(role) is None:
        recover(world)
        boss(world, "staff.grant", name, {"role": role, "sites": [site]})
        for training in ("gcp", "gmp"):
            boss(world, "staff.train", name, {"training": training, "valid_until": "2032-01-01"})


# attacks


@against("authority")
def prepared_by_a_stranger(world: World) -> None:
    check(world, "nobody-1")


@against("second-check")
def prepared_by_a_nurse(world: World) -> None:
    check(world, "nurse-1")


def check(world: World, preparer: str) -> None:
    person = world.person()
    product, _, _ = world.bag(person, "release")
    data = {
        "participant": person,
        "dose": {"value": 8e7, "unit": "{cells}"},
        "inputs": {"weight": {"value": 80.0, "unit": "kg"}},
    }
    world.house.do("dose.check", product, data | {"prepared_by": preparer}, actor="qa-1")


@against("authority")
def dismissed_and_back_with_an_earlier_time(world: World) -> None:
    name, house = f"dr-gone-{world.attempts}", world.house
    employ(world, name, "physician")
    house.wait(hours=2)
    earlier = stamp(house._clock[0] - timedelta(hours=1))
    boss(world, "staff.revoke", name, {"role": "physician"})
    house.wait(minutes=10)
    world.people += 1
    house.do("participant.refer", f"S-{world.people}", actor=name, role="physician", at=earlier, reason=WHY)


@against("site")
def back_into_a_closure(world: World) -> None:
    house = world.house
    closed(world, "south")
    house.wait(hours=2)
    then = stamp(house._clock[0] - timedelta(hours=1))
    boss(world, "site.reopen", "south")
    world.people += 1
    house.do("participant.refer", f"S-{world.people}", actor="dr-2", site="south", at=then, reason=WHY)


@against("correction")
def a_custodian_rewrites_a_visit(world: World) -> None:
    person = world.person("consent")
    day = world.house.now[:10]
    done = world.house.do("visit.record", person, {"visit": "baseline", "on": day})
    boss(
        world,
        "event.correct",
        person,
        {"event": "visit.recorded", "data": {"visit": "baseline", "on": day, "note": WHY}},
        corrects=done.seq,
    )


# moves


def closed(world: World, site: str) -> None:
    if world.state.sites[site].open:
        boss(world, "site.close", site)


def site_closes(world: World, rng: random.Random) -> None:
    """A site closes, in the middle of everything; harm is still reported; it opens again, perhaps, and perhaps with an earlier time."""
    site = rng.choice(["north", "south", "south"])
    closed(world, site)
    world.house.wait(hours=rng.randrange(1, 30))
    doctor = "dr-1" if site == "north" else "dr-2"
    for name in [name for name, person in world.state.participants.items() if person.site == site][:3]:
        day = world.house.now[:10]
        harm = {
            "event": f"AE-c{world.attempts}-{name}",
            "term": "pain",
            "grade": 1,
            "serious": False,
            "expected": True,
            "onset": "unknown",
            "aware_on": day,
        }
        world.house.do("adverse-event.report", name, harm, actor=doctor, site=site)
    world.try_(lambda: world.house.refer(f"S-x{world.attempts}", site))
    if site == "north" or rng.random() < 0.6:
        late = {"at": stamp(world.house._clock[0] - timedelta(hours=1))} if rng.random() < 0.3 else {}
        boss(world, "site.reopen", site, reason=WHY, **late)


def at_the_second_site(world: World, rng: random.Random) -> None:
    """Made in the north, sent to the south, given there: by the people of the south."""
    world.apart()
    house = world.house
    for name in ("nurse-s1", "nurse-s2"):
        employ(world, name, "nurse", "south")
    world.people += 1
    world.bags += 1
    person, tag = f"S-{world.people}", f"s{world.bags}"
    house.refer(person, "south")
    house.screen(person, site="south")
    house.consent(person, world.text, "south")
    house.enrol(person, "south")
    house.allocate(person, site="south")
    product, coi, din = f"BAG-{tag}", f"COI-{tag}", f"DIN-{tag}"
    house.collect(person, coi, din, "south")
    house.make(product, coi, [din])
    house.test(product)
    label = house.label(product, coi)
    house.release(product)
    scans = {"label": label, "coi": coi}
    cold = {"value": 4.0, "unit": "Cel"}
    house.do(
        "product.send",
        product,
        {"to": "south", "carrier": "van", "temperature": cold, **scans},
        actor="lab-1",
    )
    nurse: dict[str, Any] = {"actor": "nurse-s1", "role": "nurse", "site": "south"}
    if rng.random() < 0.8:
        warmest = {"value": rng.choice([5.0, 5.0, 5.0, 37.0]), "unit": "Cel"}
        data = {**scans, "lowest": cold, "highest": warmest, "in_range": rng.random() < 0.8}
        house.do("product.receive", product, data, **nurse)
    where = rng.choice(["south", "south", "north"])
    house.check(product, person)
    scan = {"participant": person, "wristband": person, "bag": product, "label": label}
    house.do("bedside.verify", product, scan, also=[("nurse-s2", "nurse")], **nurse)
    doctor = "dr-2" if where == "south" else "dr-1"
    dose = {"participant": person, "coi": coi, "wristband": person, "bag": product, "route": "intrathecal", "dose": {"value": 8e7, "unit": "{cells}"},
            "inputs": {"weight": {"value": 80.0, "unit": "kg"}}}  # fmt: skip
    house.do("product.administer", product, dose, actor=doctor, site=where)


def clock_ahead(world: World, rng: random.Random) -> None:
    """The server's clock runs ahead, work goes on, it is put right; whoever came in meanwhile goes on as well."""
    house, hours = world.house, rng.choice([1, 30, 24 * 40, 24 * 365])
    recover(world)
    if len(world.state.custodians()) < 2:
        name = f"dm-c{world.attempts}"
        boss(world, "staff.grant", name, {"role": "custodian", "sites": ["*"]})
    house.wait(hours=hours)
    try:
        person = world.person("refer")
        with suppress(Refused):
            if rng.random() < 0.5:
                world.treat(world.person())
            else:
                house.screen(person)
    finally:
        house.wait(hours=-hours)
    refused = world.try_(lambda: house.screen(person))
    assert refused is not None
    assert "clock" in refused.gates
    boss(world, "clock.reset", "SYN", {"ahead": f"{hours} hours"}, reason=WHY)
    house.wait(minutes=1)
    house.screen(person)


def late_results(world: World, rng: random.Random) -> None:
    """Results of the whole and of its part, entered in any order with any time; one is taken back; then a release and a dose are tried."""
    world.apart()
    house, person = world.house, world.person()
    whole, coi, _ = world.bag(person, "make")
    part = f"{whole}-p"
    house.wait(hours=12)

    def result(product: str) -> int:
        test = rng.choice(["viability", "viability", "sterility", "sterility-final"])
        good = rng.random() < 0.75
        value: Any = (92.0 if good else 61.0) if test == "viability" else "negative" if good else "positive"
        at = stamp(house._clock[0] - timedelta(minutes=rng.randrange(0, 700)))
        return house.do(
            "product.test", product, {"test": test, "result": value, "laboratory": "qc"}, actor="lab-1", at=at
        ).seq

    entered = [(whole, result(whole)) for _ in range(rng.randrange(2, 5))]
    with suppress(Refused):
        house.do(
            "product.split",
            whole,
            {"into": [{"id": part, "amount": {"value": 8e7, "unit": "{cells}"}}]},
            actor="lab-1",
        )
        label = house.label(part, coi)
        for _ in range(rng.randrange(0, 4)):
            product = rng.choice([whole, part])
            entered.append((product, result(product)))
        take = rng.random() < 0.4
        for moment in rng.sample(["before", "between", "after"], 1) if take else [""]:
            product, seq = rng.choice(entered)
            if moment == "before":
                taken(world, product, seq)
            if world.state.products[part].status == "quarantined" and rng.random() < 0.7:
                house.do("product.investigate", part, {"finding": WHY, "conclusion": "goes-on"}, actor="qa-1")
            house.do("product.release", part, {"route": "intrathecal"}, actor="qa-1")
            if moment == "between":
                taken(world, product, seq)
            house.do("product.release", part, {"route": "intrathecal"}, actor="qa-2")
            if moment == "after":
                taken(world, product, seq)
            house.check(part, person)
            house.bedside(part, person, label)
            house.give(part, person, coi)


def taken(world: World, product: str, seq: int) -> None:
    data = {"event": "product.tested"}
    world.house.do(
        "product.retract", product, data, actor="qa-1", corrects=seq, reason=WHY, also=[("qa-2", "quality")]
    )


def corrected(world: World, rng: random.Random) -> None:
    """What a dose rested on is corrected: it is in question, and judged again at its own time."""
    world.apart()
    person, house = world.person(), world.house
    other = {"kind": "cells", "counts_for_washout": True, "start": "2020-01-01", "end": "2020-02-01"}
    told = house.do("cointervention.record", person, other)
    world.treat(person)
    house.wait(minutes=rng.randrange(1, 90))
    day = house.now[:10]
    house.do(
        "event.correct",
        person,
        {"event": "cointervention.recorded", "data": other | {"end": day}},
        corrects=told.seq,
    )
    dose = world.state.participants[person].doses[-1]
    assert (dose.standing, dose.valid) == ("questioned", True)
    assert "interval" in (dose.found or ())


def restored(world: World, rng: random.Random) -> None:
    """The log is restored from a backup: another instance; what a tablet brings back that was handed out by the one before is not believed."""
    world.apart()
    person = world.person()
    product, coi, label = world.bag(person, "check")
    tablet = Tablet(world.house, product, coi, label, person)
    tablet.issue(6, f"CAP-r{world.bags}")
    tablet.start()
    with suppress(Refused):
        tablet.check(key=f"r{world.attempts}-1")
    world.house.record.begin_anew(f"{world.attempts:064x}", known=rng.choice([0, world.state.seq - 1]))
    with suppress(RecordError):
        tablet.back(name=f"CAP-r{world.bags}")
    if rng.random() < 0.5:
        with suppress(Refused):
            world.treat(world.person())
    recover(world)
    settle(world)
    world.house.do("visit.record", person, {"visit": "baseline", "on": world.house.now[:10]})


def wrong_clocks(world: World, rng: random.Random) -> None:
    """A tablet whose clock is slow, fast or put right, that slept or was started anew, with or without gates of its own; and what happened at home meanwhile."""
    world.apart()
    house, person = world.house, world.person()
    cold = rng.random() < 0.7
    product, coi, label = world.bag(person, "release", cold=cold)
    if cold:
        house.thaw(product)
    house.check(product, person)
    name = f"CAP-w{world.bags}"
    tablet = Tablet(house, product, coi, label, person)
    tablet.issue(48, name)
    tablet.wrong = rng.choice([0, 0, 0, 30, -90, -600, -3600, 5400, -21 * 3600, 20 * 3600])
    tablet.start()
    for _ in range(rng.randrange(0, 3)):
        hours = rng.choice([0.1, 0.5, 1.5, 8.0])
        rng.choice(
            [
                lambda hours=hours: house.wait(hours=hours),
                lambda hours=hours: tablet.sleep(hours),
                lambda hours=hours: tablet.restart(hours),
            ]
        )()
        with suppress(Refused):
            at_home(world, rng, person, product)
    twin = (
        Tablet(house, product, coi, label, person, key=tablet.key, file=tablet.file)
        if rng.random() < 0.15
        else None
    )
    lax = rng.random() < 0.6
    for number, one in enumerate([tablet, twin] if twin else [tablet]):
        if one is twin:
            one.start()
        for step in ("check", "give"):
            key = f"w{world.bags}-{world.attempts}-{number}-{step}"
            world.checker.truth[key] = house.now
            with suppress(Refused), judging_nothing() if lax else nullcontext():
                getattr(one, step)(key=key)
    house.wait(minutes=rng.choice([1, 5, 90]))
    if rng.random() < 0.8:
        tablet.wrong = 0.0
    with suppress(Refused):
        at_home(world, rng, person, product)
    for one in [tablet, twin] if twin else [tablet]:
        with suppress(RecordError):
            one.back(name=name)


def at_home(world: World, rng: random.Random, person: str, product: str) -> None:
    """Something happens that the tablet does not know of; some of it is over before it comes back."""
    house, name = world.house, f"HOLD-h{world.attempts}-{rng.randrange(10**6)}"
    match rng.randrange(10):
        case 0:
            house.do("hold.place", name, {"hold": "stop-person", "target": person}, actor="board-1")
            house.wait(minutes=rng.choice([1, 120]))
            house.do("hold.lift", name, actor="board-1")
        case 1:
            house.do("capacity.assess", person, {"result": "lacks", "by_check": "ward"})
            house.wait(minutes=rng.choice([1, 120]))
            house.do("capacity.assess", person, {"result": "has", "by_check": "ward"})
        case 2:
            boss(world, "staff.revoke", "nurse-2", {"role": "nurse"})
            house.wait(minutes=rng.choice([1, 120]))
            recover(world)
            boss(world, "staff.grant", "nurse-2", {"role": "nurse", "sites": ["north"]})
        case 3 if world.version < 4:
            amend(world)
        case 4:
            house.screen(person, "needs-data")
        case 5:
            house.do("participant.withdraw", person, {"level": "treatment", "said": "no"})
        case _:
            house.wait(minutes=2)


def amended_clocks(world: World, rng: random.Random) -> None:
    """An amendment of the safety rules: other due days, another boundary; what was reported before keeps its reports."""
    if world.version > 4:
        return
    world.version += 1
    version = f"{world.version}.0.0"
    changes = world.house.changes
    safety = view(version).model_dump(mode="json")["safety"]
    for clock in safety["clocks"]:
        clock["due"]["value"] += rng.choice([-2, 3])
    before = {name for name, task in world.state.tasks.items() if task.kind == "report"}
    world.house.adopt(view(version, safety=safety, **changes))
    assert before <= world.state.tasks.keys()


def permitted_afterwards(world: World, rng: random.Random) -> None:
    """Somebody is treated, and what permits it is entered after it, in time for the dose: nothing of that is clean; an amendment may come between."""
    world.apart()
    house, person, what = (
        world.house,
        world.person(),
        rng.choice(["verdict", "second-check", "bedside", "training", "nothing", "consent", "release"]),
    )
    product, coi, label = world.bag(person, "label")
    doctor = "dr-1"

    def first(step: str, act: Callable[[], Any]) -> None:
        if step != what:
            act()

    def at(seconds: float) -> dict[str, Any]:
        return {"at": stamp(given - timedelta(seconds=seconds)), "reason": WHY}

    first("release", lambda: house.release(product))
    first("second-check", lambda: house.check(product, person))
    if what == "verdict":
        house.screen(person, "needs-data")
    if what == "training":
        doctor = f"dr-t{world.attempts}"
        boss(world, "staff.grant", doctor, {"role": "physician", "sites": ["north"]})
    if what != "release":
        first("bedside", lambda: house.bedside(product, person, label))
    house.wait(minutes=rng.choice([2, 5]))
    given = house._clock[0]
    house.wait(minutes=rng.choice([1, 3]))
    data: dict[str, Any] = {"participant": person, "wristband": person, "bag": product}
    match what:
        case "verdict":
            facts = {"outcome": "eligible", "facts": shown(as_of=house.now[:10]), "reasons": [WHY]}
            house.do("participant.screen", person, facts, **at(60))
        case "consent":
            text = CONSENT | {"version": world.text}
            house.do("consent.give", person, text, **at(60))
        case "release":
            for actor in ("qa-1", "qa-2"):
                house.do("product.release", product, {"route": "intrathecal"}, actor=actor, **at(90))
            house.do(
                "bedside.verify",
                product,
                data | {"label": label},
                actor="nurse-1",
                also=[("nurse-2", "nurse")],
                **at(60),
            )
        case "second-check":
            house.do("dose.check", product, {"participant": person, "dose": q(8e7, "{cells}"), "inputs": {"weight": q(80.0, "kg")}, "prepared_by": "lab-1"},
                     actor="qa-1", **at(60))  # fmt: skip
        case "bedside":
            house.do(
                "bedside.verify",
                product,
                data | {"label": label},
                actor="nurse-1",
                also=[("nurse-2", "nurse")],
                **at(60),
            )
        case "training":
            boss(world, "staff.train", doctor, {"training": "gcp", "valid_until": "2032-01-01"}, **at(3600))
    if world.version < 4 and rng.random() < 0.2:
        amend(world)
    house.wait(minutes=1)
    dose = {
        **data,
        "coi": coi,
        "route": "intrathecal",
        "dose": q(8e7, "{cells}"),
        "inputs": {"weight": q(80.0, "kg")},
    }
    house.do("product.administer", product, dose, actor=doctor, role="physician", at=stamp(given))
    done = world.state.participants[person].doses[-1]
    assert (done.first_verdict == "documented afterwards") == (what != "nothing"), (what, done)


def undone_once_it_was_given(world: World, rng: random.Random) -> None:
    """A bag is given although something stands against it, which is put right before the dose is entered with its time."""
    world.apart()
    house, person, gate = (
        world.house,
        world.person(),
        rng.choice(["condition", "labels", "alive", "withdrawal"]),
    )
    product, coi, _ = world.bag(person, cold=gate == "condition")
    told = None
    if gate == "labels":
        loose = f"L-u{world.attempts}"
        house.do("label.print", product, {"labels": [loose], "coi": coi}, actor="lab-1")
    if gate == "alive":
        house.do("participant.lose", person, {"attempts": 3, "last_contact": house.now[:10]})
    if gate == "withdrawal":
        told = house.do("participant.withdraw", person, {"level": "treatment", "said": "no"}).seq
    house.wait(minutes=rng.choice([2, 5]))
    given = house._clock[0]
    house.wait(minutes=rng.choice([1, 3]))
    match gate:
        case "condition":
            house.thaw(product)
        case "labels":
            data = {"labels": [loose], "fate": "spoiled"}
            house.do("label.fate", product, data, actor="lab-1")
        case "alive":
            house.do("participant.find", person, {"how": WHY}, at=stamp(given - timedelta(seconds=30)))
        case "withdrawal":
            retract(world, person, told, "participant.withdrawn")
    house.wait(minutes=1)
    dose = {
        "participant": person,
        "wristband": person,
        "bag": product,
        "coi": coi,
        "route": "intrathecal",
        "dose": q(8e7, "{cells}"),
        "inputs": {"weight": q(80.0, "kg")},
    }
    house.do("product.administer", product, dose, at=stamp(given))
    assert world.state.participants[person].doses[-1].afterwards == (gate,)


MOVES += [
    undone_once_it_was_given, permitted_afterwards, permitted_afterwards, site_closes, at_the_second_site, clock_ahead, late_results, corrected, restored, wrong_clocks, wrong_clocks, wrong_clocks, amended_clocks,
]  # fmt: skip


# the way on: honest people, from wherever it has come to


SECOND = {"north": ("dr-3", "physician"), "south": ("dr-s2", "physician")}


def onwards(world: World, name: str) -> str:
    """Honest moves from wherever somebody stands, until they are treated in order or their life in the programme is closed."""
    house, state = world.house, world.state
    person = state.participants[name]
    doctor = "dr-1" if person.site == "north" else "dr-2"
    second, site = [SECOND[person.site]], person.site
    here: dict[str, Any] = {"actor": doctor, "site": site}
    for dose in person.doses:
        if dose.standing == "questioned":
            data = {"standing": "invalid" if dose.found else "upheld", "finding": WHY}
            house.do("dose.settle", name, data, corrects=dose.seq, also=second, **here)
    if any(dose.stands for dose in person.doses):
        return "treated"
    if person.ended == "lost":
        house.do("participant.find", name, {"how": WHY}, **here)
    if not person.ended and person.enrolled_at:
        house.do("participant.complete", name, **here)
    elif not person.ended and person.consented_at and not person.withdrawn:
        house.do("participant.withdraw", name, {"level": "data", "said": "no more"}, **here)
    return person.ended or ("withdrawn" if person.withdrawn else "")


def _treated_newcomer(world: World, most: int = 20) -> str:
    """Somebody new, treated as soon as the time between two first doses has passed: a fast tablet may have dated one ahead."""
    for _ in range(most):
        world.apart()
        newcomer = world.person()
        try:
            world.treat(newcomer)
        except Refused as refused:
            if set(refused.gates) != {"interval"}:
                raise
        else:
            return newcomer
    raise AssertionError(f"nobody can be treated within {2 * most} days")


def put_away(world: World, name: str) -> None:
    """Whatever state a container is in, honest people can end it: what is aside is looked into and rejected, the rest is rejected or disposed of."""
    house, product = world.house, world.state.products[name]
    if product.sent_to is not None or product.place != "north":
        # it is taken over where it arrives, by the people there
        return
    if product.status == "quarantined":
        house.do("product.investigate", name, {"finding": WHY, "conclusion": "rejected"}, actor="qa-1")
    elif product.status in ("in-process", "manufactured", "released"):
        house.do("product.reject", name, actor="qa-1")
    if kept_as_units(name, world.state.stock, world.state.shipments):
        # what became of a lot's units is said where they are
        return
    if product.status != "used" and not product.disposed:
        rest = {"amount": {"value": 0.0, "unit": "{cells}"}, "method": "incinerated"}
        house.do("product.dispose", name, rest, actor="nurse-1")
    assert product.disposed or product.status == "used"


def retrain(world: World) -> None:
    """Trainings run out in a world that lives for years: whoever works is trained again."""
    until = f"{world.house._clock[0].year + 3}-01-01"
    for name, (role, _) in STAFF.items():
        for training in ROLES.get(role, ([], []))[1]:
            known = world.state.persons[name].trained(training, world.house.now, "+00:00")
            if known is not None and known.value < stamp(world.house._clock[0] + timedelta(days=300))[:10]:
                recover(world)
                boss(world, "staff.train", name, {"training": training, "valid_until": until})


def go_on(world: World, rng: random.Random, most: int = 4) -> None:
    """Sites are opened, holds lifted, some who were there are treated or closed, containers put away, and a newcomer is treated from referral to dose."""
    house, state = world.house, world.state
    for site in state.sites.values():
        if not site.open:
            boss(world, "site.reopen", site.id)
    house.renew()
    retrain(world)
    for name, (second, role) in SECOND.items():
        employ(world, second, role, name)
    employ(world, "nurse-2", "nurse")
    # where two must settle it and one is left, the key in the envelope makes another
    recover(world)
    settle(world)
    for name, held in list(state.holds.items()):
        for actor in ("board-1", "pharm-1"):
            if held.lifted_at is None:
                with suppress(Refused):
                    house.do("hold.lift", name, actor=actor)
        assert held.lifted_at is not None, held
    for name in rng.sample(sorted(state.participants), min(most, len(state.participants))):
        reached = onwards(world, name)
        person = state.participants[name]
        assert reached or not person.consented_at, person
    for task in [task for task in state.tasks.values() if task.done is None][:most]:
        name = task.subject if task.subject in state.participants else next(iter(state.participants), None)
        if name is not None:
            site = state.participants[name].site
            actor = "dr-1" if site == "north" else "dr-2"
            house.do("task.close", name, {"task": task.id, "how": WHY}, actor=actor, site=site)
            assert task.done is not None
    for name in rng.sample(sorted(state.products), min(2, len(state.products))):
        put_away(world, name)
    newcomer = _treated_newcomer(world)
    assert state.participants[newcomer].doses[-1].stands
    for way in WAYS_ON:
        way(world, rng)


def kept_in_question(world: World, rng: random.Random) -> None:
    """What was questioned and is retracted again is judged again: the withdrawal was somebody else's."""
    person, seq = questioned(world)
    retract(world, person, world.state.seq, "participant.withdrawn")
    dose = next(one for one in world.state.participants[person].doses if one.seq == seq)
    assert (dose.standing, dose.found) == ("questioned", ())


MOVES.append(kept_in_question)
