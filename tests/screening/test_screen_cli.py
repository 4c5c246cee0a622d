"""The verb ``screen``, as it is typed."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from proband.cli.app import app
from proband.programme import load
from proband.screening import Observation, to_frame
from proband.terms import UncertainDate

BUNDLE = "spinal-cord-autologous"


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["screen", *arguments])
    return result.exit_code, result.output


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Synthetic persons: the same few facts, of different age."""
    facts = []
    for n in range(40):
        born = date(1950, 1, 1) + timedelta(days=600 * n)
        facts += [
            Observation(f"p{n}", "Proband", "birth-date", when=UncertainDate.on(born)),
            Observation(f"p{n}", "Proband", "sex", text="male"),
            Observation(
                f"p{n}",
                "LOINC",
                "777-3",
                value=40.0 + 5 * n,
                unit="10*9/L",
                when=UncertainDate.on(date(2026, 10, 30)),
            ),
        ]
    path = tmp_path / "observations.parquet"
    to_frame(facts).write_parquet(path)
    return path


@pytest.mark.parametrize("name", ["duckdb", "postgres", "sqlite", "spark"])
def test_the_readable_sql_is_printed_for_each_engine(name: str) -> None:
    code, text = run(BUNDLE, "--sql", name)
    assert code == 0
    assert text.startswith(f"-- criteria of {load(BUNDLE).hash}\nSELECT subject,")
    assert text.rstrip().endswith("FROM observables")


def test_the_whole_statement_runs_where_it_is_pasted(table: Path) -> None:
    import duckdb

    code, text = run(BUNDLE, "--sql", "duckdb", "--full", "--as-of", "2026-11-01")
    assert code == 0
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE observations AS SELECT * FROM '{table}'")
    for statement in text.split(";\n"):
        if statement.strip():
            connection.execute(statement)
    assert connection.execute("SELECT COUNT(*) FROM verdicts").fetchall() == [(40,)]


def test_a_table_is_screened_and_the_funnel_adds_up(table: Path, tmp_path: Path) -> None:
    target = tmp_path / "result.csv"
    code, text = run(BUNDLE, str(table), "--as-of", "2026-11-01", "--json", "--out", str(target))
    data = json.loads(text)
    funnel = data["funnel"]
    assert code == 1  # nobody is eligible on three facts
    assert funnel["persons"] == 40 == funnel["eligible"] + funnel["not_eligible"] + funnel["needs_data"]
    assert funnel["not_eligible"] > 0
    assert funnel["needs_data"] > 0
    for step in funnel["steps"]:
        assert step["passed"] + step["stopped"] + step["unknown"] == 40
    assert len(pl.read_csv(target)) == 40
    assert {data["programme"]} == set(pl.read_csv(target)["programme_hash"]) == {load(BUNDLE).hash}


def test_engines_give_the_same_table(table: Path, tmp_path: Path) -> None:
    frames, own = [], load(BUNDLE).hash
    for name in ("duckdb", "sqlite"):
        target = tmp_path / f"{name}.parquet"
        run(BUNDLE, str(table), "--as-of", "2026-11-01", "--engine", name, "--json", "--out", str(target))
        frames.append(pl.read_parquet(target))
    assert frames[0].equals(frames[1])
    assert set(frames[0]["programme_hash"]) == {own}
    assert set(frames[0]["as_of"]) == {date(2026, 11, 1)}


def test_one_person_is_explained_in_three_forms(table: Path) -> None:
    arguments = (BUNDLE, str(table), "--as-of", "2026-11-01", "--explain", "p20")
    code, text = run(*arguments)
    assert code == 0
    assert "p20 on 2026-11-01" in text
    assert load(BUNDLE).hash in text
    code, text = run(*arguments, "--plain")
    assert code == 0
    assert "eligib" not in text.lower()
    code, text = run(*arguments, "--json")
    assert json.loads(text)["subject"] == "p20"
    assert json.loads(text)["programme"] == load(BUNDLE).hash


def test_a_page_is_written_with_everything_escaped(table: Path, tmp_path: Path) -> None:
    strange = pl.read_parquet(table).with_columns(pl.col("subject").str.replace("p1$", "<script>"))
    strange.write_parquet(table)
    target = tmp_path / "page.html"
    run(BUNDLE, str(table), "--as-of", "2026-11-01", "--out", str(target))
    page = target.read_text(encoding="utf-8")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert load(BUNDLE).hash in page


def test_an_explained_verdict_is_written_as_a_page(table: Path, tmp_path: Path) -> None:
    target = tmp_path / "verdict.html"
    arguments = (BUNDLE, str(table), "--as-of", "2026-11-01", "--explain", "p20", "--out")
    code, _ = run(*arguments, str(target))
    assert code == 0
    page = target.read_text(encoding="utf-8")
    assert "p20 on 2026-11-01" in page
    assert load(BUNDLE).hash in page
    assert "Content-Security-Policy" in page
    code, text = run(*arguments, "csv")
    assert code == 2
    assert "html" in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((BUNDLE,), "no source"),
        ((BUNDLE, "--sql", "oracle"), "oracle"),
        (("no-such-programme", "--sql", "duckdb"), "no-such-programme"),
    ],
)
def test_what_is_wrong_is_said_with_its_mend(arguments: tuple[str, ...], said: str) -> None:
    code, text = run(*arguments)
    assert code == 2
    assert said in text


def test_an_unknown_person_is_answered_with_the_nearest(table: Path) -> None:
    code, text = run(BUNDLE, str(table), "--explain", "p200", "--as-of", "2026-11-01")
    assert code == 2
    assert "p20" in text
