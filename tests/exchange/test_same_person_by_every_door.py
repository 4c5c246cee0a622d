"""One person by every door: what changes nothing in what is known changes no verdict, and what is not known lets nobody in."""

from __future__ import annotations

from pathlib import Path

import pytest
from one_person import (
    ANSWERS,
    DOORS,
    ELIGIBLE,
    facts,
    outcome,
)


@pytest.mark.parametrize("door", DOORS)
def test_the_person_is_eligible_by_every_door(door: str, tmp_path: Path) -> None:
    DOORS[door](tmp_path, facts())
    assert outcome(tmp_path) is ELIGIBLE


@pytest.mark.parametrize("what", sorted(ANSWERS))
@pytest.mark.parametrize("door", DOORS)
def test_without_the_facts_of_an_observable_nobody_is_eligible(door: str, what: str, tmp_path: Path) -> None:
    said = {name: value for name, value in facts().items() if name != ANSWERS[what]}
    DOORS[door](tmp_path, said)
    assert outcome(tmp_path) is not ELIGIBLE
