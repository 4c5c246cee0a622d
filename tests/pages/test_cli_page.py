"""The verbs of ``page`` as a person meets them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from proband.cli.app import app
from proband.pages.catalogue import read_po
from proband.programme import locate

RUN = CliRunner()


def test_check_says_that_the_shipped_pages_are_sound() -> None:
    result = RUN.invoke(app, ["page", "check", "--on", "2026-11-22"])
    assert result.exit_code == 0, result.output
    assert "0 errors" in result.output


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    folder = tmp_path / "liver-cells"
    shutil.copytree(locate("liver-cells"), folder)
    claims = folder / "claims.yaml"
    text = claims.read_text(encoding="utf-8")
    claims.write_text(
        text.replace("The planned main result was not met.", "A breakthrough in 9 of 10 people."),
        encoding="utf-8",
    )
    return folder


def test_check_lists_every_broken_rule_with_file_and_line(broken: Path) -> None:
    result = RUN.invoke(app, ["page", "check", str(broken), "--on", "2026-11-22", "--json"])
    assert result.exit_code == 1
    problems = json.loads(result.output)["problems"]
    text = (broken / "claims.yaml").read_text(encoding="utf-8").splitlines()
    found = {problem["code"]: problem for problem in problems}
    assert {"page.banned-word", "page.number-outside-slot"} <= set(found)
    for code in ("page.banned-word", "page.number-outside-slot"):
        assert found[code]["file"] == "liver-cells/claims.yaml"
        assert "breakthrough" in text[found[code]["line"] - 1]


def test_build_writes_nothing_when_a_rule_is_broken(broken: Path, tmp_path: Path) -> None:
    out = tmp_path / "site"
    result = RUN.invoke(app, ["page", "build", str(broken), "--out", str(out), "--on", "2026-11-22"])
    assert result.exit_code == 1
    assert "nothing was written" in result.output
    assert not out.exists()


def test_build_writes_pages_and_a_report(tmp_path: Path) -> None:
    out = tmp_path / "site"
    result = RUN.invoke(
        app,
        [
            "page",
            "build",
            "liver-cells",
            "--out",
            str(out),
            "--on",
            "2026-11-22",
            "--json",
            "--for-investigators",
        ],
    )
    assert result.exit_code == 0, result.output
    report = json.loads(result.output)
    assert report["built"]
    assert (out / "liver-cells.html").is_file()
    assert (out / "investigators" / "liver-cells-handbook.html").is_file()
    assert report["programmes"][0]["ipdas"] == "12/12"


def test_serve_refuses_a_folder_without_a_site(tmp_path: Path) -> None:
    result = RUN.invoke(app, ["page", "serve", str(tmp_path)])
    assert result.exit_code == 2
    assert "build it first" in result.output


def test_strings_makes_a_template_that_a_translator_can_fill(tmp_path: Path) -> None:
    out = tmp_path / "messages.pot"
    result = RUN.invoke(app, ["page", "strings", "liver-cells", "--out", str(out), "--on", "2026-11-22"])
    assert result.exit_code == 0, result.output
    text = out.read_text(encoding="utf-8")
    assert 'msgid "What could go wrong"' in text
    assert 'msgid "The planned main result was not met.' in text
    assert read_po(text) == {}


def test_every_verb_has_help_with_an_example() -> None:
    for verb in ("check", "build", "serve", "strings"):
        assert "Example: proband page" in RUN.invoke(app, ["page", verb, "--help"]).output
