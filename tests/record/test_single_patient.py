"""The use in a single patient enrols one person, once."""

from __future__ import annotations

from proband.programme import load
from proband.record.fold import fold_all
from proband.record.programme_view import view_of

from .synthetic import hospital
from .test_course import refused


def test_a_second_person_is_not_enrolled() -> None:
    house = hospital(changes={"single": True})
    house.admit("S-1")
    house.refer("S-2")
    house.screen("S-2")
    house.consent("S-2")
    assert refused(lambda: house.enrol("S-2")) == ["gate.approval.one-person"]
    assert house.record.state.participants["S-2"].enrolled_at is None
    assert fold_all(list(house.record.events()), "SYN") == house.record.state


def test_any_other_programme_enrols_as_many_as_it_plans() -> None:
    house = hospital()
    house.admit("S-1")
    house.admit("S-2")
    assert all(house.record.state.participants[name].enrolled_at for name in ("S-1", "S-2"))


def test_a_bundle_says_by_its_single_patient_that_it_is_one() -> None:
    assert view_of(load("mitochondria-hpdl")).single
    assert not view_of(load("liver-cells")).single
