"""The verbs on bundles as a person types them: exit codes, JSON, one clear paragraph per error."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from proband.cli.app import app

MINIMAL = Path(__file__).parent.parent / "bundles" / "minimal"
RUN = CliRunner()


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MINIMAL, tmp_path / "bundle"))


#: the smallest bundle has no whole page: what its files alone hold is looked at with --quick
def test_check_says_ok_and_ends_with_zero(bundle: Path) -> None:
    result = RUN.invoke(app, ["check", "--quick", str(bundle)])
    assert result.exit_code == 0
    assert "no errors" in " ".join(result.stdout.split())


def test_a_line_is_a_line_for_a_program_and_broken_on_a_narrow_terminal(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    (line,) = RUN.invoke(app, ["check", "--quick", str(bundle)]).stdout.splitlines()
    assert line.startswith(f"{bundle}: no errors, ")
    monkeypatch.setenv("COLUMNS", "40")
    assert max(map(len, RUN.invoke(app, ["list"]).stdout.splitlines())) <= 40


def test_check_lists_file_line_value_and_mend_and_ends_with_one(bundle: Path) -> None:
    path = bundle / "schedule.yaml"
    path.write_text(path.read_text().replace("{value: 12, unit: wk}", "{value: 12, unit: parsec-ish}"))
    result = RUN.invoke(app, ["check", "--quick", str(bundle), "--json"])
    assert result.exit_code == 1
    (problem,) = json.loads(result.stdout)[0]["problems"]
    assert problem["file"] == "schedule.yaml"
    assert problem["line"] == 1 + path.read_text()[: path.read_text().index("parsec-ish")].count("\n")
    assert problem["key"] == "visits[1].offset.unit"
    assert problem["value"] == "parsec-ish"
    assert problem["mend"]
    plain = RUN.invoke(app, ["check", "--quick", str(bundle)])
    assert f"schedule.yaml:{problem['line']}" in plain.stdout


def test_unknown_programme_is_one_paragraph_and_two(tmp_path: Path) -> None:
    result = RUN.invoke(app, ["show", str(tmp_path / "nothing")])
    assert result.exit_code == 2
    assert "there is no programme" in result.output
    assert "Traceback" not in result.output
    as_json = RUN.invoke(app, ["show", "nothing", "--json"])
    assert json.loads(as_json.stdout)["error"]["code"] == "bundle.not-found"


def test_every_output_of_a_demonstration_bears_its_banner(bundle: Path) -> None:
    assert "DEMONSTRATION" in RUN.invoke(app, ["show", str(bundle)]).stdout
    assert "DEMONSTRATION" in RUN.invoke(app, ["check", "--quick", str(bundle)]).output


def test_key_seal_verify_and_a_changed_byte(bundle: Path, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    public = RUN.invoke(app, ["key", str(key)]).stdout.split()[0]
    assert RUN.invoke(app, ["seal", str(bundle), "--key", str(key)]).exit_code == 0
    good = RUN.invoke(app, ["verify", str(bundle), "--public-key", public, "--json"])
    assert good.exit_code == 0
    assert json.loads(good.stdout)["holds"] is True
    consent = bundle / "consent" / "information.md"
    consent.write_bytes(consent.read_bytes().replace(b"Nobody", b"nobody"))
    bad = RUN.invoke(app, ["verify", str(bundle)])
    assert bad.exit_code == 1
    assert "consent/information.md was changed" in bad.stdout


def test_diff_shows_kinds_and_who_consents_again(bundle: Path) -> None:
    path = bundle / "safety.yaml"
    path.write_text(path.read_text().replace("events: 2, among: 5", "events: 3, among: 5"))
    result = RUN.invoke(app, ["diff", str(MINIMAL), str(bundle)])
    assert result.exit_code == 0
    assert "safety (1)" in result.stdout
    assert "stopping_rules[two-serious].events: 2 → 3" in result.stdout
    assert "consent again: nobody" in result.stdout
    assert "unresolved" in result.output


def test_schema_is_json_schema_for_every_file(tmp_path: Path) -> None:
    result = RUN.invoke(app, ["schema", "--out", str(tmp_path)])
    assert result.exit_code == 0
    for file in tmp_path.iterdir():
        body = json.loads(file.read_text())
        assert body["$schema"].endswith("2020-12/schema")
        assert body["properties"]
    one = RUN.invoke(app, ["schema", "product.yaml"])
    assert json.loads(one.stdout)["additionalProperties"] is False
    assert RUN.invoke(app, ["schema", "poetry.yaml"]).exit_code == 2
