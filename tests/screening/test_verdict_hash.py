"""A verdict says under which programme it was given, for one person and for many, whoever judges."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from proband.pages.screening.verdict import verdict_article, verdict_page
from proband.programme import load, locate
from proband.programme.eligibility import Eligibility
from proband.screening import Screening, as_dict, as_text, screen, to_frame
from proband.screening.rules import Rules
from proband.screening.sql.criteria import readable
from proband.screening.sql.dialects import dialect
from proband.screening.sql.engines import engine
from shipped import loaded

DAY = date(2026, 11, 1)
NAME = "liver-cells"


def test_one_person() -> None:
    programme = loaded(NAME)
    verdict = Screening(programme, "screening").verdict([], DAY, subject="p")
    assert verdict.programme_hash == programme.hash
    assert as_dict(verdict, programme.eligibility)["programme"] == programme.hash
    for render in (as_text, verdict_article):
        assert programme.hash in render(verdict, programme.eligibility)
    assert programme.hash in verdict_page(verdict, programme)


@pytest.mark.parametrize("name", ["duckdb", "sqlite"])
def test_many_persons(name: str) -> None:
    programme = loaded(NAME)
    database = engine(name)
    try:
        screened = screen(programme, to_frame([]), DAY, on=database, through="screening")
    finally:
        database.close()
    assert screened.programme_hash == programme.hash
    assert {"programme_hash", "as_of"} == set(screened.rows().columns) - set(screened.table.columns)


def test_the_statement_that_leaves_the_house() -> None:
    programme = loaded(NAME)
    first, second = readable(Rules(programme), dialect("postgres")).splitlines()[:2]
    assert first == f"-- criteria of {programme.hash}"
    assert second == "SELECT subject,"


def test_a_changed_criterion_is_another_programme(tmp_path: Path) -> None:
    shutil.copytree(locate(NAME), tmp_path / NAME)
    file = tmp_path / NAME / "eligibility.yaml"
    before = Screening(load(tmp_path / NAME)).verdict([], DAY).programme_hash
    text = file.read_text(encoding="utf-8")
    assert "18 <= age <= 70" in text
    changed = text.replace("18 <= age <= 70", "19 <= age <= 70", 1).replace("18 to 70", "19 to 70", 1)
    file.write_text(changed, encoding="utf-8")
    after = Screening(load(tmp_path / NAME)).verdict([], DAY).programme_hash
    assert before == loaded(NAME).hash != after


def test_bare_criteria_bear_a_hash_that_is_no_programmes() -> None:
    """A draft can be judged; what it gives is never taken for the verdict of a programme."""
    whole = loaded(NAME).eligibility
    fewer = Eligibility.model_validate(
        {**whole.model_dump(mode="json"), "criteria": [whole.criteria[0].model_dump(mode="json")]}
    )
    hashes = [Screening(criteria).verdict([], DAY).programme_hash for criteria in (whole, fewer)]
    assert all(each.startswith("criteria:") for each in hashes)
    assert hashes[0] != hashes[1]
    assert hashes[0] == screen(whole, to_frame([]), DAY).programme_hash
