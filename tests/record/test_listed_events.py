"""A serious event is expected where the programme lists it, and nowhere else: a tick alone stops no clock."""

from __future__ import annotations

from typing import Any

import pytest

from proband.record.errors import Refused
from proband.record.tables import table

from .synthetic import WHY, Hospital, hospital


def begun() -> Hospital:
    house = hospital()
    house.wait(days=2)
    house.admit("S-1")
    product, coi, _ = house.ready("S-1", "1")
    house.give(product, "S-1", coi)
    return house


def report(house: Hospital, **said: Any) -> None:
    told = {
        "event": "AE-1",
        "term": WHY,
        "grade": 3,
        "serious": True,
        "expected": True,
        "onset": house.now[:10],
        "aware_on": house.now[:10],
    }
    house.do("adverse-event.report", "S-1", told | said)


def running(house: Hospital) -> list[str]:
    return [
        row["task"]
        for row in table(house.record.state, "tasks")
        if row["kind"] == "report" and row["done"] is None
    ]


@pytest.mark.parametrize(
    ("said", "clocks"),
    [({}, ["report:AE-1:gb-15"]), ({"listed": WHY}, []), ({"listed": WHY, "expected": False}, ["report:AE-1:gb-15"]), ({"serious": False}, []),
     ({"serious": False, "life_threatening": True}, ["report:AE-1:gb-15", "report:AE-1:gb-7"])],
)  # fmt: skip
def test_the_clocks_of_the_unexpected_run_unless_it_is_listed(
    said: dict[str, Any], clocks: list[str]
) -> None:
    house = begun()
    report(house, **said)
    assert sorted(running(house)) == clocks


def test_what_is_listed_once_stays_so_when_it_becomes_worse() -> None:
    house = begun()
    report(house, serious=False, listed=WHY)
    worse = {
        "grade": 3,
        "serious": True,
        "life_threatening": False,
        "expected": True,
        "aware_on": house.now[:10],
    }
    house.do("adverse-event.update", "AE-1", worse)
    assert running(house) == []
    house.do("adverse-event.update", "AE-1", worse | {"expected": False})
    assert running(house) == ["report:AE-1:gb-15"]


def test_what_the_programme_does_not_list_is_refused_and_kept_out_of_the_log() -> None:
    house = begun()
    with pytest.raises(Refused) as caught:
        report(house, listed="Mary Smith was dizzy")
    assert [one.code for one in caught.value.refusals] == ["gate.stage.missing"]
    assert b"Mary Smith" not in b"".join(event.raw for event in house.record.events())
