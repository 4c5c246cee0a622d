"""Criteria that are asked at a later visit are asked: a verdict through screening lets nobody be given anything."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from proband.record.errors import Refused
from proband.record.events import stamp

from .synthetic import SECOND_LOOK, WHY, Hospital, hospital, shown, stands, view


@pytest.fixture
def house(where: str) -> Iterator[Hospital]:
    made = hospital(where, changes={"eligibility": SECOND_LOOK})
    yield made
    made.record.store.close()


def test_nobody_is_given_anything_before_the_criteria_of_every_visit_were_asked(house: Hospital) -> None:
    house.admit("S-1")
    product, coi, label = house.ready("S-1", "1")
    with pytest.raises(Refused) as refused:
        house.give(product, "S-1", coi)
    assert [one.code for one in refused.value.refusals] == ["gate.confirmation.none"]
    assert "second-look" in refused.value.message
    # whoever says so without what was found there is refused
    facts = shown(as_of=house.now[:10]) | {"through": "second-look"}
    with pytest.raises(Refused) as refused:
        house.screen("S-1", facts=facts)
    assert refused.value.gates == ["verdict-values"]
    house.through = "second-look"
    house.screen("S-1")
    # once is enough: before each dose the verdict is taken anew, through screening
    house.through = "screening"
    house.wait(minutes=1)
    house.screen("S-1")
    house.give(product, "S-1", coi)
    assert [dose.valid for dose in house.record.state.participants["S-1"].doses] == [True]
    del label
    stands(house)


def test_a_second_look_that_is_entered_after_the_dose_makes_nothing_clean(house: Hospital) -> None:
    house.admit("S-1")
    product, coi, _ = house.ready("S-1", "1")
    house.wait(minutes=3)
    given = house.now
    house.wait(minutes=1)
    facts = shown(as_of=house.now[:10], through="second-look")
    before = stamp(house._clock[0].replace(minute=0))
    house.do(
        "participant.screen",
        "S-1",
        {"outcome": "eligible", "facts": facts, "reasons": []},
        at=before,
        reason=WHY,
    )
    house.wait(minutes=1)
    house.give(product, "S-1", coi, at=given)
    (dose,) = house.record.state.participants["S-1"].doses
    assert not dose.valid
    assert "confirmation" in dose.afterwards
    stands(house)


def test_a_substantial_amendment_asks_again(house: Hospital) -> None:
    house.through = "second-look"
    house.admit("S-1")
    product, coi, label = house.ready("S-1", "1")
    first = house.record.state.programme
    house.adopt(
        view(
            "2.0.0",
            eligibility=SECOND_LOOK,
            consent=view().model_dump(mode="json")["consent"],
            verdict_valid_for={"value": 20.0, "unit": "d"},
        )
    )
    house.do(
        "participant.migrate",
        "S-1",
        {"from_programme": first, "to_programme": house.record.state.programme},
        actor="sys-1",
        site="*",
    )
    house.through = "screening"
    house.wait(minutes=1)
    house.screen("S-1")
    with pytest.raises(Refused) as refused:
        house.give(product, "S-1", coi)
    assert "confirmation" in refused.value.gates
    house.through = "second-look"
    house.screen("S-1")
    house.check(product, "S-1")
    house.bedside(product, "S-1", label)
    house.give(product, "S-1", coi)
    stands(house)
