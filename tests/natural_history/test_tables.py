"""Tables: every row has a source and a level, weak rows stay out of calculations, external bundles work."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from proband.natural_history import (
    NaturalHistoryTableError,
    evidence_table,
    published,
    published_tables,
)
from proband.programme import BundleError, bundled, load, locate
from proband.terms import Level
from proband.trial.headline.answer import headline
from shipped import loaded

SHIPPED = ["liver-cells", "mitochondria-hpdl", "spinal-cord-autologous"]
SPINAL = "spinal-cord-autologous"
ASK = {
    "outcome": "ais-conversion",
    "baseline": "A",
    "level": "cervical",
    "baseline_window": "14d",
    "follow_up": "1y",
}


def changed(folder: Path, old: str, new: str) -> Path:
    """A copy of the spinal-cord bundle, one text in its table of grades replaced once (or put at its end)."""
    shutil.copytree(locate(SPINAL), folder)
    table = folder / "natural_history" / "grade-conversion.csv"
    text = table.read_text(encoding="utf-8")
    assert old in text
    table.write_text(text.replace(old, new, 1) if old else text + new, encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", SHIPPED)
def test_every_row_has_source_level_and_described_columns(name: str) -> None:
    tables = published_tables(loaded(name))
    assert set(tables) == {path.stem for path in (locate(name) / "natural_history").glob("*.csv")}
    for table in tables.values():
        assert table.domain, table.name
        assert table.licence, table.name
        assert len(table) > 0
        for row in table:
            assert row.source.citation
            assert set(row.cells) == set(table.columns), table.name
            if row.level in {Level.DERIVED, Level.DIGITISED} and "note" in row.cells:
                assert row.text("note"), f"{row.location}: a derived figure must say how"


@pytest.mark.parametrize("name", SHIPPED)
def test_weak_rows_never_enter_a_calculation(name: str) -> None:
    for table in published_tables(loaded(name)).values():
        for row in table.usable():
            assert row.level in {Level.READ, Level.DERIVED, Level.DIGITISED}


def test_bsd_notice_travels_with_the_aggregates() -> None:
    description = published(loaded(SPINAL), "score-trajectories").description
    assert description is not None
    assert "Redistributions in binary form must reproduce" in str(description.licence_notice)


def test_a_level_never_rises() -> None:
    """A forecast from derived counts is derived, whatever else is read."""
    assert headline("2 of 4", programme=loaded(SPINAL), **ASK).level is Level.DERIVED


def test_external_bundle_answers_like_the_shipped_one(tmp_path: Path) -> None:
    shutil.copytree(locate(SPINAL), tmp_path / "my-programme")
    own = headline("2 of 4", programme=load(tmp_path / "my-programme"), **ASK)
    assert own == headline("2 of 4", programme=loaded(SPINAL), **ASK)


def test_an_unverified_row_does_not_change_the_answer(tmp_path: Path) -> None:
    row = "Rumour 2024,X,2024,,,A,tetraplegia,14,1y,improved,5000,4900,98.0,recorded,fit,kirshblum-2021,{level},not checked,,,,\n"
    shipped = headline("2 of 4", programme=loaded(SPINAL), **ASK)
    weak = load(changed(tmp_path / "weak", "", row.format(level="unverified")))
    assert headline("2 of 4", programme=weak, **ASK).probability == shipped.probability
    read = load(changed(tmp_path / "read", "", row.format(level="read")))
    assert headline("2 of 4", programme=read, **ASK).probability != shipped.probability


@pytest.mark.parametrize("word", ["nobody-2021,derived", "kirshblum-2021,certain"])
def test_broken_rows_are_refused_with_file_and_line(tmp_path: Path, word: str) -> None:
    """A row without source or level does not load, so that no model can meet one."""
    folder = changed(tmp_path / "broken", ",kirshblum-2021,derived", f",{word}")
    with pytest.raises(BundleError) as refused:
        load(folder)
    (problem,) = refused.value.problems
    assert (problem.file, problem.line) == ("natural_history/grade-conversion.csv", 2)
    assert problem.value in word
    assert problem.mend


def test_a_table_without_description_is_refused(tmp_path: Path) -> None:
    shutil.copytree(locate(SPINAL), tmp_path / "bare")
    (tmp_path / "bare" / "natural_history" / "grade-conversion.yaml").unlink()
    with pytest.raises(BundleError) as refused:
        load(tmp_path / "bare")
    assert "bundle.table.undescribed" in {problem.code for problem in refused.value.problems}


def test_a_cell_that_is_no_number_is_refused_with_its_line(tmp_path: Path) -> None:
    folder = changed(tmp_path / "typo", ",A,all,7,1y,improved,", ",A,all,one week,1y,improved,")
    with pytest.raises(NaturalHistoryTableError) as refused:
        headline("2 of 4", programme=load(folder), **ASK)
    assert "one week" in refused.value.message
    where = refused.value.location
    assert where is not None
    line = (folder / str(where.file)).read_text(encoding="utf-8").splitlines()[int(where.line or 0) - 1]
    assert "one week" in line


def test_unknown_tables_and_columns() -> None:
    liver = loaded("liver-cells")
    with pytest.raises(NaturalHistoryTableError) as refused:
        published(liver, "nothing")
    assert "meld-change" in refused.value.mend
    with pytest.raises(NaturalHistoryTableError):
        evidence_table(liver, "none")
    with pytest.raises(NaturalHistoryTableError):
        published(liver, "meld-change").rows[0].text("nothing")
    assert set(SHIPPED) <= set(bundled())
