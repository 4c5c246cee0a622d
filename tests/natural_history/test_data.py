"""Tables: every row has a source and a level, weak rows stay out of calculations, external bundles work."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from proband.natural_history import NaturalHistoryTableError, UnknownProgramme, load
from proband.natural_history.data import bundle_folder, load_table, shipped_programmes
from proband.terms import Level
from proband.trial.headline.answer import headline

SHIPPED = ["liver-cells", "mitochondria-hpdl", "spinal-cord-autologous"]


@pytest.mark.parametrize("name", SHIPPED)
def test_every_row_has_source_level_and_described_columns(name: str) -> None:
    data = load(name)
    assert data.tables
    for table in data.tables.values():
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
    for table in load(name).tables.values():
        for row in table.usable():
            assert row.level in {Level.READ, Level.DERIVED, Level.DIGITISED}


def test_bsd_notice_travels_with_the_aggregates() -> None:
    description = load("spinal-cord-autologous").table("score-trajectories").description
    assert "Redistributions in binary form must reproduce" in description["licence_notice"]


def test_a_level_never_rises() -> None:
    """A forecast from derived counts is derived, whatever else is read."""
    r = headline(
        "2 of 4",
        programme="spinal-cord-autologous",
        outcome="ais-conversion",
        baseline="A",
        level="cervical",
        baseline_window="14d",
        follow_up="1y",
    )
    assert r.level is Level.DERIVED


def test_external_bundle_by_path_answers_like_the_shipped_one(tmp_path: Path) -> None:
    copy = tmp_path / "my-programme"
    shutil.copytree(bundle_folder("spinal-cord-autologous"), copy)
    ask = {
        "outcome": "ais-conversion",
        "baseline": "A",
        "level": "cervical",
        "baseline_window": "14d",
        "follow_up": "1y",
    }
    own = headline("2 of 4", programme=copy, **ask)
    shipped = headline("2 of 4", programme="spinal-cord-autologous", **ask)
    assert own.programme == "my-programme"
    assert own.probability == shipped.probability


def test_an_unverified_row_does_not_change_the_answer(tmp_path: Path) -> None:
    copy = tmp_path / "weak"
    shutil.copytree(bundle_folder("spinal-cord-autologous"), copy)
    table = copy / "natural_history" / "grade-conversion.csv"
    text = table.read_text(encoding="utf-8")
    row = "Rumour 2024,X,2024,,,A,tetraplegia,14,1y,improved,5000,4900,98.0,recorded,fit,kirshblum-2021,{level},not checked\n"
    table.write_text(text + row.format(level="unverified"), encoding="utf-8")
    ask = {
        "outcome": "ais-conversion",
        "baseline": "A",
        "level": "cervical",
        "baseline_window": "14d",
        "follow_up": "1y",
    }
    shipped = headline("2 of 4", programme="spinal-cord-autologous", **ask)
    assert headline("2 of 4", programme=copy, **ask).probability == shipped.probability
    other = tmp_path / "read"
    shutil.copytree(bundle_folder("spinal-cord-autologous"), other)
    (other / "natural_history" / "grade-conversion.csv").write_text(
        text + row.format(level="read"), encoding="utf-8"
    )
    assert headline("2 of 4", programme=other, **ask).probability != shipped.probability


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        (",kirshblum-2021,derived", ",nobody-2021,derived", "nobody-2021"),
        (",kirshblum-2021,derived", ",kirshblum-2021,certain", "certain"),
    ],
)
def test_broken_rows_are_refused_with_file_and_line(tmp_path: Path, old: str, new: str, word: str) -> None:
    copy = tmp_path / "broken"
    shutil.copytree(bundle_folder("spinal-cord-autologous"), copy)
    table = copy / "natural_history" / "grade-conversion.csv"
    table.write_text(table.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(NaturalHistoryTableError) as refused:
        load(copy)
    assert word in refused.value.message
    assert refused.value.location is not None
    assert refused.value.location.line == 2


def test_a_table_without_description_is_refused(tmp_path: Path) -> None:
    copy = tmp_path / "bare"
    shutil.copytree(bundle_folder("spinal-cord-autologous"), copy)
    (copy / "natural_history" / "grade-conversion.yaml").unlink()
    with pytest.raises(NaturalHistoryTableError):
        load(copy)


def test_unknown_programme_and_table() -> None:
    with pytest.raises(UnknownProgramme):
        load("nowhere")
    with pytest.raises(NaturalHistoryTableError):
        load("liver-cells").table("nothing")
    with pytest.raises(NaturalHistoryTableError):
        load_table("liver-cells", "evidence/none.csv")
    assert set(SHIPPED) <= set(shipped_programmes())
