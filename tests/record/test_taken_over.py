"""Taking over a running study: what happened before the record stands in the denominators, apart, with its sources, and is valid by no gate."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from proband.record.denominators import flow
from proband.record.errors import Refused
from proband.record.tables import table

from .hostile_time import World
from .masked import MASKED, alike
from .synthetic import WHY, Hospital, hospital, stands, view
from .whole_life import CELLS, TAKEN_OVER

SECOND = [("dr-3", "physician")]


@pytest.fixture
def house(where: str) -> Iterator[Hospital]:
    made = hospital(where)
    yield made
    made.record.store.close()


def take(house: Hospital, name: str, **changes: Any) -> Any:
    return house.do("participant.take-over", name, {**TAKEN_OVER, **changes}, also=SECOND)


def refused(house: Hospital, code: str, **changes: Any) -> None:
    with pytest.raises(Refused) as found:
        take(house, "S-9", **changes)
    assert [one.code for one in found.value.refusals] == [code]
    assert "S-9" not in house.record.state.participants


def test_they_are_counted_shown_apart_and_valid_by_no_gate(house: Hospital) -> None:
    take(house, "H-1")
    take(
        house,
        "H-2",
        allocated_on=None,
        arm=None,
        doses=[],
        assessed_on=None,
        ended={"how": "lost", "on": "2025-11"},
    )
    house.admit("S-1")
    found = flow(house.record.state)
    assert found.steps == {
        "referred": 3, "screened": 3, "consented": 3, "enrolled": 3, "allocated": 2, "collected": 0, "manufactured": 0, "released": 0, "treated": 1, "assessed": 1,
    }  # fmt: skip
    assert found.historical == {
        "referred": 2,
        "screened": 2,
        "consented": 2,
        "enrolled": 2,
        "allocated": 1,
        "treated": 1,
        "assessed": 1,
    }
    # nobody vanishes, and nobody who was given something before is called a deviation of this record
    assert sum(found.ends.values()) == found.steps["consented"]
    assert found.ends["lost"] == 1
    assert found.in_deviation == 0
    (dose,) = house.record.state.participants["H-1"].doses
    assert (dose.valid, dose.stands, dose.first_verdict, dose.day) == (
        False,
        False,
        "historical",
        "2025-08-31",
    )
    assert [(row["valid"], row["first_verdict"]) for row in table(house.record.state, "doses")] == [
        (False, "historical")
    ]
    rows = [row for row in table(house.record.state, "historical") if row["participant"] == "H-1"]
    assert [row["what"] for row in rows] == [
        "referred",
        "screened",
        "consented",
        "enrolled",
        "allocated",
        "assessed",
        "dose",
    ]
    assert all(row["sources"] for row in rows)
    trial = [row for row in table(house.record.state, "trial") if row["participant"] == "H-1"]
    assert {row["name"] for row in trial if row["kind"] == "event"} >= {"consent", "taken-over", "first-dose"}
    stands(house)


def test_who_was_treated_before_a_forecast_makes_it_retrospective_for_ever(where: str) -> None:
    house = hospital(where, forecast=False)
    take(house, "H-1")
    house.seal_forecast()
    assert [one["retrospective"] for one in house.record.state.forecasts.values()] == [True]
    assert flow(house.record.state).retrospective


def test_who_goes_on_passes_every_gate_and_doses_of_before_count_for_the_interval(house: Hospital) -> None:
    day = date(2026, 3, 1).isoformat()
    take(house, "H-1", doses=[{"product": "cells", "on": day}])
    with pytest.raises(Refused) as found:
        house.do("participant.enrol", "H-1", {"number": 1})
    assert "stage" in found.value.gates
    house.screen("H-1")
    house.consent("H-1")
    house.enrol("H-1")
    house.allocate("H-1")
    product, coi, label = house.ready("H-1", "1")
    # thirty days between two doses, five more or less, whoever gave the first
    with pytest.raises(Refused) as found:
        house.give(product, "H-1", coi)
    assert found.value.gates == ["interval"]
    house.wait(days=27)
    house.screen("H-1")
    house.check(product, "H-1")
    house.bedside(product, "H-1", label)
    house.give(product, "H-1", coi)
    before, now = house.record.state.participants["H-1"].doses
    assert (before.valid, now.valid) == (False, True)
    # no entry of today calls into question what no gate ever judged
    late = {"at": "2026-03-02T08:00:00.000Z", "reason": WHY}
    house.do("participant.withdraw", "H-1", {"level": "treatment", "said": "no"}, **late)
    assert (before.standing, now.standing) == (None, "questioned")
    stands(house)


def test_what_may_have_happened_under_this_record_is_not_taken_over(house: Hospital) -> None:
    today = house.now[:10]
    for when in (today, "2026", "unknown", "after 2025-01"):
        refused(house, "gate.historical.later", doses=[{"product": "cells", "on": when}])
        refused(house, "gate.historical.later", ended={"how": "died", "on": when})
    refused(house, "gate.historical.date", consented_on="some time ago")
    refused(house, "gate.historical.arm", arm="gold")
    refused(house, "gate.historical.product", doses=[{"product": "gold", "on": "2025"}])
    yesterday = (house._clock[0] - timedelta(days=1)).date().isoformat()
    take(house, "H-1", doses=[{"product": "cells", "on": yesterday}])


def test_a_masked_arm_of_before_stands_in_no_event(where: str) -> None:
    masking = [{**one, "masked": True} for one in view().model_dump(mode="json")["masking"]]
    house = hospital(where, programme=view(masking=masking))
    refused(house, "gate.historical.masked")
    take(house, "H-1", arm=None, doses=[])


@pytest.mark.parametrize("given", ["cells", "vehicle"])
def test_what_somebody_was_given_before_tells_no_masked_arm(where: str, given: str) -> None:
    """A dose of before that named its product would say who had the cells and who had the vehicle."""
    house = hospital(where, programme=view(**alike(), masking=MASKED))
    doses = [{"product": given, "on": "before 2025-09", "dose": CELLS}]
    refused(house, "gate.historical.masked", arm=None, doses=doses)
    taken = take(house, "H-1", arm=None, doses=[{"on": "before 2025-09", "dose": CELLS}])
    assert "vehicle" not in str(taken.body["data"])
    assert [dose.happened for dose in house.record.state.participants["H-1"].doses] == [True]
    stands(house)


def test_where_nobody_is_masked_a_dose_of_before_says_what_it_was(house: Hospital) -> None:
    refused(house, "gate.historical.product", doses=[{"on": "before 2025-09"}])


def test_two_people_say_so_from_sources_and_two_take_it_back(house: Hospital) -> None:
    with pytest.raises(Refused) as found:
        house.do("participant.take-over", "H-1", TAKEN_OVER)
    assert found.value.gates == ["second-person"]
    done = take(house, "H-1")
    assert all(
        text.startswith("[vault:")
        for text in (done.body["data"]["sources"][0]["what"], done.body["data"]["sources"][0]["kept"])
    )
    house.do("event.retract", "H-1", {"event": "participant.taken-over"}, corrects=done.seq, also=SECOND)
    counts = flow(house.record.state)
    assert (counts.steps["consented"], counts.steps["treated"], counts.historical) == (0, 0, {})
    assert (house.record.state.treated, house.record.state.last_first_dose) == ([], None)
    stands(house)


@pytest.mark.parametrize("how", ["lost", "died", "completed", "withdrawn", None])
def test_how_it_had_ended_is_the_same_to_the_record_and_to_whoever_checks_it(how: str | None) -> None:
    """Somebody who had been lost is found; nobody else can be."""
    world = World()
    ended = {"how": how, "on": "2025-12"} if how else None
    world.house.do(
        "participant.take-over", "S-1", TAKEN_OVER | {"ended": ended}, also=[("dr-3", "physician")]
    )
    if how == "lost":
        world.house.do("participant.find", "S-1", {"how": WHY})
    else:
        with pytest.raises(Refused):
            world.house.do("participant.find", "S-1", {"how": WHY})
    assert world.audit() == []
