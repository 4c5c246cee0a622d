"""Publication: of real people only what the record's own state allows, and no number that could be taken apart into somebody."""

from __future__ import annotations

from datetime import date
from itertools import combinations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proband.record.courses import alive, courses
from proband.record.denominators import end_of, flow
from proband.record.errors import Refused
from proband.record.publishing import (
    PeopleGroup,
    course_in_words,
    everyone,
    line_now,
    protected,
    published,
    recognisable,
)

from .synthetic import CONSENT, WHY, Hospital, hospital
from .test_time import gates_of

ON = date(2026, 12, 1)
DOSE = {"value": 8e7, "unit": "{cells}"}


def real(people: int, *, publication: bool = True, sign: bool = True, **changes: Any) -> Hospital:
    """A record of a programme that treats people, with so many who were given something."""
    house = hospital(changes={"status": "active", **changes})
    house.method = "password"
    for index in range(1, people + 1):
        name = f"S-{index}"
        house.refer(name)
        house.screen(name)
        house.consent(name, publication=publication)
        house.enrol(name)
        house.allocate(name)
        house.collect(name, f"COI-{index}", f"DIN-{index}")
        house.make(f"BAG-{index}", f"COI-{index}", [f"DIN-{index}"])
        given_to(house, name, f"BAG-{index}")
        if sign:
            approve(house, name)
    return house


def given_to(house: Hospital, name: str, bag: str) -> None:
    said = {"participant": name, "route": "intrathecal", "dose": DOSE, "what_happened": WHY}
    house.do("deviation.record", bag, said, actor="dr-1")


def approve(house: Hospital, name: str, **options: Any) -> None:
    _, digest = line_now(house.record.state, name)
    house.do("publication.approve", name, {"preview": digest}, **options)


def lines(house: Hospital) -> int:
    return len(published(house.record.state, ON).courses)


def test_nothing_of_a_real_person_is_published_by_default() -> None:
    for people in (1, 4, 6):
        found = published(real(people, publication=False, sign=False).record.state, ON)
        assert not found.demonstration
        assert found.courses == ()
        assert found.treated is None
        assert (found.people is None) == (people < 5)
        assert found.kept_back
    # consent alone is no preview
    assert lines(real(6, sign=False)) == 0


def test_lines_are_shown_of_five_or_more_who_saw_and_signed_theirs_and_nobody_has_a_number_or_a_day() -> None:
    assert lines(real(4)) == 0
    house = real(6)
    found = published(house.record.state, ON)
    assert len(found.courses) == 6
    assert found.whole
    assert found.treated == 6
    assert all(course.number is None for course in found.courses)
    assert all(
        at % 3 == 0 for course in found.courses for at in (course.watched, *(m for m, _ in course.marks))
    )


WITHDRAWALS = {
    "publication": lambda house: house.do("publication.withdraw", "S-1", {"said": WHY}),
    "the use of data": lambda house: house.do("participant.withdraw", "S-1", {"level": "data", "said": WHY}),
    "a new consent without it": lambda house: house.consent("S-1", publication=False),
    "erasure of texts and a new consent": lambda house: house.consent("S-1", publication=True),
    "moved, so that consent is asked anew": lambda house: house.do("participant.transfer", "S-1", {"to_site": "south"}),
    "a new text that everybody is asked about": lambda house: house.amend(),
    "a harm since": lambda house: house.do(
        "adverse-event.report", "S-1",
        {"event": "AE-1", "term": WHY, "grade": 4, "serious": True, "expected": False, "onset": house.now[:10], "aware_on": house.now[:10]},
    ),
    "a death since": lambda house: house.do("participant.die", "S-1", {"when": house.now[:10], "cause": WHY}),
    "another dose since": lambda house: given_to(house, "S-1", "BAG-2"),
}  # fmt: skip


@pytest.mark.parametrize("what", WITHDRAWALS)
def test_what_no_longer_stands_is_gone_at_the_next_build(what: str) -> None:
    house = real(6)
    house.changes = {"status": "active"}
    assert lines(house) == 6
    house.wait(days=1)
    WITHDRAWALS[what](house)
    assert lines(house) in (0, 5)
    found = published(house.record.state, ON)
    assert not found.whole
    # five of six: saying that six were treated would say that one said no
    assert found.treated is None


def test_a_day_that_is_given_to_the_build_brings_no_consent_back() -> None:
    house = real(6)
    house.consent("S-1", publication=True, age_years=17, by="guardians", assent="yes", majority_on="2026-06-01",
                  guardians=[{"id": "G-1", "relation": "mother"}, {"id": "G-2", "relation": "father"}])  # fmt: skip
    approve(house, "S-1")
    for day in (date(2026, 3, 3), date(2027, 1, 1)):
        assert len(published(house.record.state, day).courses) == 5


def test_only_what_the_record_would_show_now_can_be_signed_and_only_with_consent_to_publication() -> None:
    house = real(2, sign=False)
    _, other = line_now(house.record.state, "S-2")
    for wrong in (other, "0" * 64):
        assert gates_of(lambda wrong=wrong: house.do("publication.approve", "S-1", {"preview": wrong})) == [
            "stage"
        ]
    house.do("publication.withdraw", "S-1", {"said": WHY})
    house.wait(minutes=1)
    assert gates_of(lambda: approve(house, "S-1")) == ["stage"]
    house.wait(minutes=1)
    house.do("consent.give", "S-1", CONSENT | {"publication": True})
    approve(house, "S-1")


def test_a_line_that_was_signed_stays_true_while_nothing_but_time_passes() -> None:
    house = real(6)
    house.wait(days=200)
    house.refer("S-99")
    assert lines(house) == 6


@pytest.mark.parametrize("scope", ["participant", "study"])
def test_publication_neither_breaks_a_lock_nor_is_in_its_way(scope: str) -> None:
    house = real(1, sign=False)
    house.do(f"{scope}.lock", "S-1" if scope == "participant" else "SYN", {}, actor="sys-1", site="*")
    approve(house, "S-1")
    house.do("publication.withdraw", "S-1", {"said": WHY})
    state = house.record.state
    assert state.participants["S-1"].true("publication-withdrawn") is not None
    assert [lock.standing for lock in state.locks.values()] == ["locked"]


def test_nothing_that_would_tell_an_arm_is_shown_while_somebody_is_masked() -> None:
    masking = [
        {"role": role, "masked": role == "assessor", "why": WHY}
        for role in ("participant", "treating-team", "assessor")
    ]
    house = real(6, masking=masking)
    found = published(house.record.state, ON)
    assert found.courses == ()
    assert found.treated is None
    assert found.people is not None
    assert not any("cells" in group.name or "treated" in group.name for group in found.people.walk())
    assert any("masked" in line for line in found.kept_back)
    house.do("study.lock", "SYN", {}, actor="sys-1", site="*")
    assert len(published(house.record.state, ON).courses) == 6


def test_the_dead_are_not_alive_however_their_death_was_entered() -> None:
    house = real(4, sign=False)
    harm = {
        "event": "AE-1",
        "term": WHY,
        "grade": 5,
        "serious": True,
        "expected": False,
        "onset": "unknown",
        "aware_on": house.now[:10],
    }
    house.wait(days=40)
    house.do("adverse-event.report", "S-1", harm)
    house.do("participant.die", "S-2", {"when": house.now[:10], "cause": WHY})
    at = house.now
    house.wait(days=40)
    house.do("participant.lose", "S-3", {"attempts": 3, "last_contact": house.now[:10]})
    house.do("participant.die", "S-3", {"when": at[:10], "cause": WHY}, at=at, reason=WHY)
    state = house.record.state
    assert [end_of(state, state.participants[f"S-{n}"]) for n in (1, 2, 3, 4)] == ["died"] * 3 + [
        "in follow-up"
    ]
    assert flow(state).ends["died"] == 3
    found = courses(state, ON)
    assert [course.died for course in found] == [True, True, True, False]
    survived = alive(found)
    assert survived is not None
    assert survived.share[-1] == pytest.approx(0.25)


def test_a_record_is_a_demonstration_only_if_every_version_of_its_programme_was_one() -> None:
    house = hospital()
    house.admit("S-1")
    state = house.record.state
    assert published(state, ON).demonstration
    house.changes = {"status": "active"}
    with pytest.raises(Refused, match="a version that is active cannot follow"):
        house.amend()
    # a log of before that rule may hold both
    (view,) = state.programmes.values()
    state.programmes["f" * 64] = view.model_copy(update={"status": "active"})
    assert not published(state, ON).demonstration


def test_everybody_stands_in_exactly_one_place_of_their_arm() -> None:
    house = hospital()
    for index in range(1, 7):
        house.admit(f"S-{index}")
    house.collect("S-1", "COI-1", "DIN-1")
    house.refer("S-7")
    tree = everyone(house.record.state)
    assert tree.people == 7
    (arm,) = [group for group in tree.walk() if group.name == "allocated: cells"]
    assert arm.people == 6
    (kept,) = arm.groups
    assert {group.name: group.people for group in kept.groups} == {
        "cells or tissue taken, nothing made": 1,
        "nothing taken": 5,
    }


trees = st.recursive(
    st.integers(0, 12).map(lambda people: PeopleGroup("leaf", people)),
    lambda inner: st.lists(inner, min_size=1, max_size=4).map(
        lambda groups: PeopleGroup("group", sum(group.people for group in groups), tuple(groups))
    ),
    max_leaves=12,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(trees)
def test_no_number_and_no_difference_of_numbers_counts_one_to_four_people(tree: PeopleGroup) -> None:
    shown = protected(tree)
    if shown is None:
        assert 0 < tree.people < 5
        return
    assert shown.people == tree.people
    for group in shown.walk():
        assert group.people == 0 or group.people >= 5
        # what is left of a group when any of those within it are taken away
        for size in range(1, len(group.groups)):
            for away in combinations(group.groups, size):
                left = group.people - sum(one.people for one in away)
                assert left == 0 or left >= 5


def test_who_could_be_known_is_said_with_by_what() -> None:
    house = real(6)
    house.wait(days=100)
    house.do("participant.die", "S-1", {"when": house.now[:10], "cause": WHY})
    approve(house, "S-1")
    found = published(house.record.state, ON)
    assert len(found.courses) == 6
    (said,) = [line for line in found.recognised if "died in months 3 to 6" in line]
    assert said.startswith("line ")
    assert "died" in course_in_words(next(course for course in found.courses if course.died))
    assert list(recognisable([course for course in found.courses if not course.died])) == []
