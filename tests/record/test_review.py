"""Among the first few, one after the other: the next person waits for the time that the programme sets, and for the word of whoever reviews."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from proband.record.declare.gate import may
from proband.record.errors import Refused
from proband.record.fold import fold_all
from proband.record.gates import GATES
from proband.record.tables import table

from .hostile_time import World
from .synthetic import ROLES, WHY, Hospital, hospital, q


def refused(call: Any) -> list[str]:
    with pytest.raises(Refused) as caught:
        call()
    return [one.code for one in caught.value.refusals]


def say(house: Hospital, go_on: bool = True, **options: Any) -> None:
    house.do("safety.review", "SYN", {"go_on": go_on, "why": WHY}, **({"actor": "board-1"} | options))


def due(house: Hospital) -> list[str]:
    return [row["due"] for row in table(house.record.state, "tasks") if row["kind"] == "review"]


def second(where: str = ":memory:") -> tuple[Hospital, Any]:
    """A hospital that has treated one person, and would treat the next."""
    house = hospital(where)
    house.reviewed = lambda: None  # type: ignore[method-assign]
    house.wait(days=2)
    house.admit("S-1")
    product, coi, _ = house.ready("S-1", "1")
    house.give(product, "S-1", coi)
    house.admit("S-2")
    product, coi, label = house.ready("S-2", "2")

    def treat() -> None:
        house.check(product, "S-2")
        house.bedside(product, "S-2", label)
        house.give(product, "S-2", coi)

    return house, treat


def test_the_time_alone_is_not_enough(where: str) -> None:
    house, treat = second(where)
    assert due(house) == [house._clock[0].date().replace(day=house._clock[0].day + 2).isoformat()]
    assert refused(lambda: say(house)) == ["gate.stage.missing"], "what may still come nobody has seen"
    assert refused(treat) == ["gate.interval.staggering"]
    house.wait(days=3)
    assert refused(treat) == ["gate.interval.review"]
    say(house)
    assert due(house) == []
    treat()
    state = house.record.state
    assert [dose.valid for name in ("S-1", "S-2") for dose in state.participants[name].doses] == [True, True]
    assert state.invalid == {}
    assert fold_all(house.record.events(), "SYN") == state


def test_a_dose_in_deviation_brings_nobody_nearer_to_the_last_review() -> None:
    house, _ = second()
    house.wait(days=3)
    house.do(
        "deviation.record",
        "BAG-2",
        {"participant": "S-2", "route": "intrathecal", "dose": q(8e7, "{cells}"), "what_happened": WHY},
    )
    assert len(house.record.state.treated) == 2
    assert due(house) == [(house._clock[0] + timedelta(days=2)).date().isoformat()]


def test_a_no_stands_until_somebody_says_that_it_may_go_on() -> None:
    house, treat = second()
    house.wait(days=3)
    say(house)
    say(house, go_on=False)
    assert refused(treat) == ["gate.interval.stopped"]
    house.wait(days=1)
    assert refused(treat) == ["gate.interval.stopped"]
    say(house)
    treat()


def test_nobody_else_says_it() -> None:
    house, treat = second()
    house.wait(days=3)
    for actor in ("dr-1", "qa-1"):
        assert "gate.authority.permission" in refused(
            lambda actor=actor: say(house, actor=actor, site="north")
        )
    assert refused(treat) == ["gate.interval.review"]


def test_to_be_named_for_the_review_is_to_be_permitted() -> None:
    """A programme that names a role for the review and lists no permission for it could treat one person and nobody after."""
    roles = [
        {"id": id, "name": id, "training": training, "may": [one for one in allowed if one not in ("hold.*", "safety.review")]}
        for id, (allowed, training) in ROLES.items()
    ]  # fmt: skip
    house = hospital(changes={"roles": roles})
    view = house.record.state.view
    assert may(view, "board", "safety.review")
    assert not may(view, "nurse", "safety.review")
    assert not may(view, "board", "hold.lift")


def test_what_is_said_counts_from_when_it_is_on_record() -> None:
    house, _ = second()
    house.wait(days=4)
    early = house.now
    house.wait(hours=1)
    say(house, at=early, reason=WHY)
    assert house.record.state.reviews[-1].at > early


def test_each_of_the_first_needs_its_own_word_and_whoever_comes_after_them_none() -> None:
    house, treat = second()
    house.wait(days=3)
    say(house)
    treat()
    house.admit("S-3")
    product, coi, _ = house.ready("S-3", "3")
    house.give(product, "S-3", coi)
    assert due(house) == []
    assert house.record.state.participants["S-3"].doses[0].valid


def the_next_is_treated_though_nobody_said_so(world: World) -> None:
    world.house.reviewed = lambda: None  # type: ignore[method-assign]
    world.apart()
    world.treat(world.person())
    world.apart()
    world.treat(world.person())


def test_the_attack_is_refused_and_seen_by_the_checker_where_the_gate_is_left_out() -> None:
    kept, open_to_all = World(), World({name: gate for name, gate in GATES.items() if name != "interval"})
    with pytest.raises(Refused) as caught:
        the_next_is_treated_though_nobody_said_so(kept)
    assert [one.code for one in caught.value.refusals] == ["gate.interval.review"]
    assert kept.audit() == []
    the_next_is_treated_though_nobody_said_so(open_to_all)
    assert any("nobody had said" in one for one in open_to_all.audit())
