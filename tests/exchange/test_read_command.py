"""The verb ``read`` from outside."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
from exchange_samples import PATIENT, bundle, observation, write
from typer.testing import CliRunner

from proband.cli.app import app

RUNNER = CliRunner()


def test_report_and_output(tmp_path: Path) -> None:
    source = write(tmp_path, "b.json", bundle(PATIENT, observation("777-3", 250_000, "10*9/L")))
    write(tmp_path, "notes.txt", "plain words")
    out = tmp_path / "observations.parquet"
    result = RUNNER.invoke(app, ["read", str(source), str(tmp_path / "notes.txt"), "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "1 declined" in result.stdout
    assert "flagged as doubtful" in result.stdout
    assert pl.read_parquet(out).height == 4


def test_json_and_exit_codes(tmp_path: Path) -> None:
    source = write(tmp_path, "old.json", bundle(PATIENT | {"name": [{"family": ["Doe"]}]}))
    result = RUNNER.invoke(app, ["read", str(source), "--json"])
    assert result.exit_code == 1  # nothing could be read
    report = json.loads(result.stdout)
    assert report["reports"][0]["declined"]["code"] == "fhir.version"
    missing = RUNNER.invoke(app, ["read", str(tmp_path / "nowhere"), "--json"])
    assert missing.exit_code == 2
    assert json.loads(missing.stdout)["error"]["code"] == "exchange.missing"
    wrong = RUNNER.invoke(app, ["read", str(source), "--as-of", "yesterday"])
    assert wrong.exit_code == 2
