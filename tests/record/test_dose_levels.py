"""Dose levels: people are allocated and treated at the level that was decided on, and nobody decides more boldly than what was seen allows."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pytest

from proband.programme.escalation import Escalation
from proband.record.errors import Refused
from proband.record.escalation import AtLevel, answer, at_level, closed_from
from proband.record.events import moment
from proband.record.fold import fold_all
from proband.record.tables import table

from .synthetic import WHY, Hospital, hospital, q, view

LEVELS = ("low", "middle", "high")
AMOUNTS = {"low": 1e6, "middle": 2e6, "high": 4e6}
THREE = {"kind": "three-plus-three"}
BOIN = {"kind": "boin", "target": 0.3, "cohort": 3, "at_one_level": 9, "in_all": 15}


def escalation(**changes: Any) -> dict[str, Any]:
    return {
        "levels": list(LEVELS), "rule": THREE, "counts": "grade-at-least", "grade_at_least": 3, "window": q(28, "d"),
        "staggering": {"first": 2, "wait": q(7, "d")}, "decided_by": "board", "source": "synthetic", "level": "inference",
    } | changes  # fmt: skip


def house_of(where: str = ":memory:", **changes: Any) -> Hospital:
    plain = view().model_dump(mode="json")
    regimen = plain["regimens"][0] | {"administrations": 1, "interval": None, "interval_tolerance": None}
    safety = plain["safety"] | {
        "staggering": None,
        "escalation": escalation(**changes),
        "stopping_rules": [plain["safety"]["stopping_rules"][1]],
    }
    house = hospital(
        where,
        programme=view(
            safety=safety,
            allocation={"method": "sequential", "concealment": WHY},
            arms=[{"id": name, "name": name, "regimen": name, "weight": 1} for name in LEVELS],
            regimens=[
                regimen | {"id": name, "dose": regimen["dose"] | {"amount": q(AMOUNTS[name], "{cells}/kg")}}
                for name in LEVELS
            ],
        ),
    )
    house.wait(days=2)
    return house


def refused(call: Any) -> list[str]:
    with pytest.raises(Refused) as caught:
        call()
    return [one.code for one in caught.value.refusals]


def number(house: Hospital) -> str:
    return f"S-{len(house.record.state.participants) + 1}"


def allocated(house: Hospital, arm: str | None = None) -> str:
    name = number(house)
    for step in (house.refer, house.screen, house.consent, house.enrol):
        step(name)
    house.do("participant.allocate", name, {} if arm is None else {"arm": arm})
    return name


def bagged(house: Hospital, name: str) -> Any:
    """What gives somebody the dose of their level, everything else being in order."""
    level = house.record.state.participants[name].arm
    coi, din, product = f"COI-{name}", f"DIN-{name}", f"BAG-{name}"
    amount = 80 * AMOUNTS[str(level)]
    house.do("therapy.open", name, {"coi": coi, "regimen": level})
    house.collect(name, coi, din)
    house.make(product, coi, [din], cells=amount)
    house.test(product)
    label = house.label(product, coi)
    house.release(product)

    def give() -> None:
        house.screen(name)
        house.check(product, name, dose=amount)
        house.bedside(product, name, label)
        house.give(product, name, coi, dose=amount)

    return give


def treated(house: Hospital, *, event: bool = False) -> str:
    name = allocated(house)
    bagged(house, name)()
    if event:
        harmed(house, name)
    return name


def harmed(house: Hospital, name: str, grade: int = 3) -> None:
    house.do("adverse-event.report", name, {"event": f"AE-{house.record.state.seq}", "term": WHY, "grade": grade, "serious": False, "expected": False,
                                            "onset": house.now[:10], "aware_on": house.now[:10]})  # fmt: skip


def cohort(house: Hospital, events: int = 0, people: int = 3) -> None:
    for place in range(people):
        treated(house, event=place < events)
        house.wait(days=8)
    house.wait(days=28)


def decide(house: Hospital, level: str | None, **options: Any) -> None:
    house.do("level.decide", "SYN", {"level": level, "why": WHY}, **({"actor": "board-1"} | options))


def test_up_one_level_after_three_without_an_event(where: str) -> None:
    house = house_of(where)
    first = allocated(house)
    assert house.record.state.participants[first].arm == "low", "the record gives the level in force"
    bagged(house, first)()
    # the next at this level waits, and somebody decides only when everybody was seen
    second = allocated(house)
    give = bagged(house, second)
    assert refused(give) == ["gate.interval.level-staggering"]
    house.wait(days=8)
    give()
    third = allocated(house)
    bagged(house, third)()
    assert refused(lambda: allocated(house)) == ["gate.scheme.cohort"]
    assert refused(lambda: decide(house, "middle")) == ["gate.escalation.unseen"]
    assert refused(lambda: decide(house, "low")) == ["gate.escalation.unseen"]
    assert [row["kind"] for row in table(house.record.state, "tasks") if row["kind"] == "level"] == ["level"]
    house.wait(days=29)
    assert refused(lambda: decide(house, "high")) == ["gate.escalation.bolder"], "no level is left out"
    assert refused(lambda: decide(house, "middle", actor="watch-1")) == ["gate.escalation.role"]
    decide(house, "middle")
    waiting = next(iter(sorted(house.record.state.participants.keys() - {first, second, third})))
    house.screen(waiting)
    assert refused(lambda: house.do("participant.allocate", waiting, {"arm": "low"})) == ["gate.scheme.level"]
    house.do("participant.allocate", waiting, {})
    assert house.record.state.participants[waiting].arm == "middle"
    state = house.record.state
    assert [one.valid for name in (first, second, third) for one in state.participants[name].doses] == [
        True
    ] * 3
    assert state.invalid == {}
    assert fold_all(house.record.events(), "SYN") == state


def test_one_of_three_asks_for_three_more_and_two_end_the_level(where: str) -> None:
    house = house_of(where, staggering=None)
    cohort(house)
    decide(house, "middle")
    cohort(house, events=1)
    assert refused(lambda: decide(house, "high")) == ["gate.escalation.bolder"]
    decide(house, "middle")
    late, later = allocated(house), allocated(house)
    give_late, give_later = bagged(house, late), bagged(house, later)
    give_late()
    harmed(house, late)
    # the level is closed as soon as that is on record, whoever has decided what
    assert refused(give_later) == ["gate.interval.level-closed"]
    assert refused(lambda: allocated(house)) == ["gate.scheme.level-closed"]
    assert refused(lambda: decide(house, "middle")) == ["gate.escalation.closed"]
    decide(house, "low")
    assert refused(give_later) == ["gate.interval.level"]
    treated(house)
    decide(house, None)
    assert refused(lambda: allocated(house)) == ["gate.scheme.level-over"]
    assert refused(lambda: decide(house, "middle")) == ["gate.escalation.over"]
    # a wrong end is taken back by a newer decision
    decide(house, "low")
    treated(house)


def test_whoever_is_lost_before_the_window_is_over_is_replaced() -> None:
    house = house_of(staggering=None)
    gone = treated(house)
    house.do("participant.lose", gone, {"attempts": 3, "last_contact": house.now[:10]})
    treated(house)
    treated(house)
    house.wait(days=30)
    assert refused(lambda: decide(house, "middle")) == ["gate.escalation.unseen"]
    treated(house)
    house.wait(days=30)
    decide(house, "middle")


@pytest.mark.parametrize(("sooner", "seen"), [(0, 1), (1, 0)])
def test_the_window_is_over_with_its_last_millisecond(sooner: int, seen: int) -> None:
    """Whoever leaves as it ends was seen for all of it; a moment was compared with one that was written otherwise, so that they were not."""
    house = house_of(staggering=None)
    gone = treated(house)
    begun = house.record.state.participants[gone].given[0].at
    house._clock[0] = moment(begun) + timedelta(days=28, milliseconds=-sooner)
    house.do("participant.lose", gone, {"attempts": 3, "last_contact": house.now[:10]})
    house.wait(days=1)
    assert at_level(house.record.state, rule(), "low", house.now).seen == seen


def test_an_event_of_a_low_grade_or_after_the_window_limits_nothing() -> None:
    house = house_of(staggering=None)
    mild, late = treated(house), treated(house)
    treated(house)
    harmed(house, mild, grade=2)
    house.wait(days=40)
    harmed(house, late)
    decide(house, "middle")


def rule(**changes: Any) -> Escalation:
    return Escalation.model_validate(escalation(**changes))


def seen(people: int, events: int, waiting: int = 0) -> AtLevel:
    return AtLevel("low", people, events, tuple(f"S-{one}" for one in range(waiting)), ())


@pytest.mark.parametrize(
    ("people", "events", "waiting", "says"),
    [(0, 0, 0, "wait"), (3, 0, 0, "up"), (3, 0, 1, "wait"), (3, 1, 0, "stay"), (2, 2, 1, "down"), (3, 2, 0, "down"), (4, 1, 0, "wait"),
     (6, 1, 0, "up"), (6, 2, 0, "down"), (6, 1, 1, "wait")],
)  # fmt: skip
def test_the_table_of_three_plus_three(people: int, events: int, waiting: int, says: str) -> None:
    assert answer(rule(), seen(people, events, waiting), people) == says


@pytest.mark.parametrize(
    ("people", "events", "says"),
    # table 1 of Liu and Yuan 2015 for a target of 0.3: escalate at 0, 1, 2; de-escalate at 2, 3, 4 of 3, 6, 9
    [(3, 0, "up"), (3, 1, "stay"), (3, 2, "down"), (6, 1, "up"), (6, 2, "stay"), (6, 3, "down"), (9, 2, "up"), (9, 3, "stay"), (9, 4, "down")],
)  # fmt: skip
def test_the_table_of_boin(people: int, events: int, says: str) -> None:
    assert answer(rule(rule=BOIN), seen(people, events), people) == says


def test_boin_closes_a_level_only_where_it_is_very_probably_too_toxic() -> None:
    one = rule(rule=BOIN)
    assert closed_from(one, [seen(3, 2), seen(0, 0)]) == 2
    assert closed_from(one, [seen(3, 3), seen(0, 0)]) == 0


def test_boin_stops_at_its_sizes() -> None:
    house = house_of(rule=BOIN | {"at_one_level": 3, "in_all": 6}, staggering=None)
    cohort(house, events=1)
    assert refused(lambda: decide(house, "low")) == ["gate.escalation.full"]
    decide(house, None)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_tried_nobody_is_treated_above_what_was_seen(seed: int) -> None:
    """Random moves; the doses are then read from the log alone, by arithmetic of its own."""
    rng, house = random.Random(seed), house_of(staggering=None)
    waiting: list[Any] = []
    for _ in range(30):
        move = rng.randrange(5)
        with suppress(Refused):
            if move == 0:
                waiting.append(bagged(house, allocated(house)))
            elif move == 1 and waiting:
                waiting.pop(rng.randrange(len(waiting)))()
            elif move == 2:
                decide(house, rng.choice(LEVELS))
            elif move == 3:
                house.wait(days=rng.choice([1, 9, 29]))
            else:
                given = [one.id for one in house.record.state.participants.values() if one.given]
                if given:
                    harmed(house, rng.choice(given))
    events = [event.body for event in house.record.events()]
    arm = {
        body["subject"]: body["data"]["arm"] for body in events if body["event"] == "participant.allocated"
    }
    told, harm = "low", dict.fromkeys(LEVELS, 0)
    hurt: set[str] = set()
    begun: dict[str, str] = {}
    for body in events:
        who = body["subject"]
        if body["event"] == "level.decided":
            told = body["data"]["level"]
        elif body["event"] == "adverse-event.reported" and who not in hurt:
            if (date.fromisoformat(body["data"]["onset"]) - date.fromisoformat(begun[who])).days <= 28:
                hurt.add(who)
                harm[arm[who]] += 1
        elif body["event"] == "product.administered":
            level = arm[body["data"]["participant"]]
            begun.setdefault(body["data"]["participant"], body["day"])
            assert LEVELS.index(level) <= LEVELS.index(told)
            assert all(harm[one] < 2 for one in LEVELS[: LEVELS.index(level) + 1])
    assert house.record.state.invalid == {}
