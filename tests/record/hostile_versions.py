"""Hostile and honest moves with versions, approvals, consent that runs out, and people who are taken over."""

from __future__ import annotations

import base64
import random
import zlib
from datetime import timedelta

from .hostile import World, against
from .hostile_time import MOVES, amend, boss
from .synthetic import CONSENT, GUARDIANS, WHY, view
from .whole_life import TAKEN_OVER


def _next(world: World, **changes):
    return view(f"{world.version + 1}.0.0", **world.house.changes | changes)


@against("amendment")
def every_test_optional_and_a_typo(world: World) -> None:
    products = _next(world).model_dump(mode="json")["products"]
    for test in products[0]["release_tests"]:
        test["required"] = False
    new = _next(world, products=products)
    data = {"programme": new.model_dump(mode="json"), "amends": world.state.programme, "changes": ["typo corrected"], "kind": "typo"}  # fmt: skip
    world.house.do("programme.adopt", "SYN", data, actor="sys-1", site="*", also=[("dr-1", "physician")])


@against("bundle")
def another_bundle_than_its_hash(world: World) -> None:
    lines = [base64.b64encode(zlib.compress(b'{"programme": {}}')).decode()]
    data = {"programme": _next(world).model_dump(mode="json"), "bundle": lines, "amends": world.state.programme, "changes": [WHY]}  # fmt: skip
    world.house.do("programme.adopt", "SYN", data, actor="sys-1", site="*", also=[("dr-1", "physician")])


def approve(world: World, kind: str, days: int, site: str = "north") -> None:
    house = world.house
    until = (house._clock[0] + timedelta(days=days)).date().isoformat()
    boss(world, "site.approve", site, {"kind": kind, "decided_by": WHY, "number": "1", "since": house.now[:10], "expiry": until})  # fmt: skip


@against("approval")
def under_an_approval_that_was_ended(world: World) -> None:
    approve(world, "insurance", 400)
    boss(world, "site.disapprove", "north", {"kind": "insurance", "on": world.house.now[:10]}, reason=WHY)
    try:
        world.person("refer")
    finally:
        world.house.renew()


@against("confirmation")
def nobody_looked_again(world: World) -> None:
    """Eligible through screening, and the criterion that is asked once more was never asked."""
    world.apart()
    house, person = world.house, world.person("refer")
    house.through = "screening"
    try:
        house.screen(person)
        house.consent(person, world.text)
        house.enrol(person)
        house.allocate(person)
        product, coi, _ = world.bag(person)
        house.give(product, person, coi)
    finally:
        house.through = "second-look"


@against("data-consent")
def looked_at_after_the_birthday(world: World) -> None:
    house, person = world.house, world.person("screen")
    birthday = (house._clock[0] + timedelta(days=1)).date().isoformat()
    child = {"version": world.text, "age_years": 17.9, "majority_on": birthday, "assent": "yes", **GUARDIANS}  # fmt: skip
    house.do("consent.give", person, CONSENT | child)
    house.wait(days=2)
    seen = {"visit": "baseline", "on": house.now[:10], "instrument": "pain-nrs", "items": {"pain": 7}}
    house.do("outcome.record", person, seen)


@against("historical")
def a_dose_of_now_taken_over(world: World) -> None:
    world.people += 1
    world.house.wait(days=1)
    given = TAKEN_OVER | {"doses": [{"product": "cells", "on": world.house.now[:10]}]}
    world.house.do("participant.take-over", f"S-{world.people}", given, also=[("dr-3", "physician")])


def taken_over(world: World, rng: random.Random) -> None:
    """Somebody comes from the study before; some go on here, by all the gates."""
    world.people += 1
    house, name = world.house, f"S-{world.people}"
    open_arm = not world.state.view.is_allocation_masked
    said = {"product": "cells"} if open_arm else {}
    doses = [{**said, "on": f"2025-0{month}-01"} for month in range(1, rng.randrange(1, 4))]
    ended = {"how": rng.choice(["completed", "lost", "withdrawn", "died"]), "on": "2025-12"} if rng.random() < 0.3 else None  # fmt: skip
    house.do(
        "participant.take-over",
        name,
        TAKEN_OVER | {"doses": doses, "ended": ended} | ({} if open_arm else {"arm": None}),
        also=[("dr-3", "physician")],
    )
    person = world.state.participants[name]
    assert [dose.first_verdict for dose in person.doses] == ["historical"] * len(doses)
    assert not any(dose.valid or dose.stands for dose in person.doses)
    if ended is None and rng.random() < 0.6:
        house.screen(name)
        house.consent(name, world.text)
        house.enrol(name)
        house.allocate(name)
        if rng.random() < 0.5:
            world.apart()
            world.treat(name)
    elif rng.random() < 0.2:
        house.do("event.retract", name, {"event": "participant.taken-over"}, corrects=person.historical["seq"], also=[("dr-3", "physician")])  # fmt: skip


def approvals_run_out(world: World, rng: random.Random) -> None:
    """An approval that holds for a while; it may end before, time passes, and honest people renew it."""
    kind, site = rng.choice(["ethics", "authorisation", "insurance"]), rng.choice(["north", "north", "south"])
    approve(world, kind, rng.choice([1, 3, 30, 400]), site)
    if rng.random() < 0.3:
        ended = (world.house._clock[0] - timedelta(days=rng.randrange(3))).date().isoformat()
        boss(world, "site.disapprove", site, {"kind": kind, "on": ended}, reason=WHY)
    world.house.wait(days=rng.choice([0, 1, 4]))
    world.try_(lambda: world.person("enrol"))
    if rng.random() < 0.7:
        world.house.renew()


def a_new_risk(world: World, rng: random.Random) -> None:
    boss(world, "risk.announce", "SYN", {"risk": WHY}, reason=WHY)
    if world.version < 4 and rng.random() < 0.3:
        amend(world)


MOVES += [taken_over, taken_over, approvals_run_out, approvals_run_out, a_new_risk]
