"""Visits hang on whatever the record knows: milestones of the programme's own, adverse events, each relapse; and only on what is asked of somebody."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from proband.programme.schedule import Schedule
from proband.record.visits import visits

from .synthetic import WHY, Hospital, hospital, q, stands, view


def schedule(*told: dict[str, Any], **changes: Any) -> dict[str, Any]:
    found = view().model_dump(mode="json")["schedule"]
    window = {
        "window": {"before": q(3, "d"), "after": q(3, "d")},
        "outside": WHY,
        "activities": ["exam"],
        "offset": q(30, "d"),
    }
    return found | {"visits": [*found["visits"], *({"id": f"v{n}", "name": f"visit {n}", **window, **one} for n, one in enumerate(told))]} | changes  # fmt: skip


def house_of(*told: dict[str, Any], **changes: Any) -> Hospital:
    categories = [{"id": "reaction", "name": "reaction", "definition": WHY}]
    safety = view().model_dump(mode="json")["safety"] | {"event_categories": categories}
    house = hospital(changes={"schedule": schedule(*told, **changes), "safety": safety})
    house.admit("S-1")
    return house


def rows(house: Hospital, visit: str = "v0", after: int = 0) -> dict[str, tuple[str, str]]:
    today = date.fromisoformat(house.now[:10]) + timedelta(days=after)
    return {
        row.visit: (row.opens, row.status)
        for row in visits(house.record.state, today)
        if row.visit.split("#")[0] == visit
    }


def happened(house: Hospital, milestone: str, when: str, reached: bool = True) -> None:
    house.do("milestone.record", "S-1", {"milestone": milestone, "when": when, "reached": reached})


@pytest.mark.parametrize("anchor", ["birth", "diagnosis", "onset", "injury"])
def test_a_visit_hangs_on_a_milestone_and_falls_due(anchor: str) -> None:
    house = house_of({"anchor": anchor}, anchors={"injury": "day of the injury"})
    assert rows(house) == {}
    happened(house, anchor, "2026-02-20", reached=False)
    assert rows(house) == {}
    happened(house, anchor, "2026-02-20")
    assert rows(house) == {"v0": ("2026-03-19", "upcoming")}
    assert rows(house, after=20)["v0"][1] == "due"
    assert rows(house, after=60)["v0"][1] == "overdue"
    stands(house)


def test_each_relapse_has_its_own_visit() -> None:
    house = house_of({"anchor": "relapse"})
    house.wait(days=60)
    happened(house, "relapse", "2026-03-10")
    assert rows(house) == {"v0": ("2026-04-06", "overdue")}
    house.do("visit.record", "S-1", {"visit": "v0", "on": "2026-04-09"})
    happened(house, "relapse", "2026-04-20")
    assert rows(house) == {"v0": ("2026-04-06", "done"), "v0#1": ("2026-05-17", "upcoming")}
    house.wait(days=30)
    house.do("visit.record", "S-1", {"visit": "v0", "on": house.now[:10], "occurrence": 1})
    assert rows(house)["v0#1"][1] == "done"
    stands(house)


@pytest.mark.parametrize(("which", "opens"), [("first", ["2026-04-01"]), ("last", ["2026-04-11"]), ("each", ["2026-04-01", "2026-04-11"])])  # fmt: skip
def test_an_anchor_of_the_programmes_own_is_the_first_the_last_or_each_event_of_a_category(
    which: str, opens: list[str]
) -> None:
    anchor = {"what": "a reaction", "event_category": "reaction", "which": which}
    house = house_of({"anchor": "reaction"}, anchors={"reaction": anchor})
    house.wait(days=30)
    for number, day in enumerate(("2026-03-15", "2026-03-05")):
        house.do("adverse-event.report", "S-1", {"event": f"AE-{number}", "term": WHY, "category": "reaction", "grade": 1, "serious": False, "expected": True,
                                                 "onset": day, "aware_on": house.now[:10]})  # fmt: skip
    assert sorted(opened for opened, _ in rows(house).values()) == opens


def test_a_day_that_is_known_roughly_opens_with_the_first_and_closes_with_the_last_that_it_may_be() -> None:
    house = house_of({"anchor": "diagnosis"})
    happened(house, "diagnosis", "2026-02")
    assert rows(house) == {"v0": ("2026-02-28", "due")}
    last = (date(2026, 2, 28) + timedelta(days=33) - date.fromisoformat(house.now[:10])).days
    assert rows(house, after=last)["v0"][1] == "due"
    assert rows(house, after=last + 1)["v0"][1] == "overdue"
    happened(house_of({"anchor": "diagnosis"}), "diagnosis", "unknown")


def test_a_visit_at_which_nothing_is_asked_of_somebody_is_none_of_theirs() -> None:
    told = view().model_dump(mode="json")["schedule"]["activities"]
    activities = [told[0] | {"arms": ["cells"]}, told[1]]
    house = house_of(
        {"anchor": "allocation"},
        {"anchor": "allocation", "activities": ["exam", "diary"]},
        activities=activities,
    )
    for step in (house.refer, house.screen, house.consent, house.enrol):
        step("S-2")
    house.allocate("S-2", "care")
    later = date.fromisoformat(house.now[:10]) + timedelta(days=90)
    found = {
        (row.participant, row.visit): row.status
        for row in visits(house.record.state, later)
        if row.visit in ("v0", "v1")
    }
    assert found == {("S-1", "v0"): "overdue", ("S-1", "v1"): "overdue", ("S-2", "v1"): "overdue"}


def test_whoever_withdrew_from_what_visits_are_for_is_not_overdue() -> None:
    consent = view().model_dump(mode="json")["consent"]
    levels = [
        one | {"blocks": ["new-data"]} if one["id"] == "treatment" else one for one in consent["withdrawal"]
    ]
    house = hospital(
        changes={"consent": consent | {"withdrawal": levels}, "schedule": schedule({"anchor": "allocation"})}
    )
    house.admit("S-1")
    house.do("participant.withdraw", "S-1", {"level": "treatment", "said": WHY})
    assert rows(house, after=90)["v0"][1] == "not-due"


def test_a_schedule_that_cannot_be_meant_is_refused() -> None:
    one_of_two = "an anchor is a milestone, or an adverse event of a category"
    both = {"what": "a flare", "milestone": "flare", "event_category": "flare"}
    for why, changes in (
        ("relapse can come several times", schedule({"anchor": "relapse", "repeats": q(30, "d")})),
        ("flare is no event that the record knows", schedule({"anchor": "flare"})),
        (one_of_two, schedule(anchors={"flare": {"what": "a flare"}})),
        (one_of_two, schedule(anchors={"flare": both})),
    ):
        with pytest.raises(ValueError, match=why):
            Schedule.model_validate(changes)
