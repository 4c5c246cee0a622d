"""Hostile moves around what is to be looked at again and again: whether people can decide, and whether harm comes late."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import timedelta

from proband.record.errors import Refused
from proband.record.events import stamp

from .hostile import MOVES, World, against, retract
from .synthetic import WHY


@against("capacity")
def treated_long_after_anybody_looked(world: World) -> None:
    world.apart()
    person = world.person()
    product, coi, label = world.bag(person)
    world.house.wait(days=45)
    world.house.screen(person)
    world.house.check(product, person)
    world.house.bedside(product, person, label)
    world.house.give(product, person, coi)


@against("capacity")
def collected_from_somebody_who_cannot_decide(world: World) -> None:
    person = world.person()
    world.house.do("capacity.assess", person, {"result": "lacks", "by_check": "ward"})
    world.house.collect(person, f"COI-c{world.people}", f"DIN-c{world.people}")


@against("capacity")
def enrolled_long_after_consent(world: World) -> None:
    person = world.person("consent")
    world.house.wait(days=45)
    world.house.screen(person)
    world.house.enrol(person)


def looked_at_again(world: World, rng: random.Random) -> None:
    """Somebody's capacity is looked at again, in time or not, taken back or not, and then something is to be done that rests on it."""
    house, person = world.house, world.person(rng.choice(["consent", "allocate"]))
    for _ in range(rng.randrange(1, 4)):
        house.wait(days=rng.choice([1, 20, 39, 40, 41, 60]))
        said = {"result": rng.choice(["has", "has", "lacks"]), "by_check": rng.choice(["ward", "at-the-bed"])}
        back = timedelta(days=rng.choice([0, 0, 5, 30]))
        with suppress(Refused):
            done = house.do("capacity.assess", person, said, at=stamp(house._clock[0] - back), reason=WHY)
            if rng.random() < 0.3:
                retract(world, person, done.seq, "capacity.assessed")
        with suppress(Refused):
            house.screen(person)
            house.enrol(person)
        with suppress(Refused):
            house.collect(
                person, f"COI-a{house.serial}-{world.people}", f"DIN-a{house.serial}-{world.people}"
            )
        with suppress(Refused):
            scan = {"visit": "spine-scan", "occurrence": rng.randrange(4), "on": house.now[:10]}
            house.do("visit.record", person, scan)


MOVES += [looked_at_again]
