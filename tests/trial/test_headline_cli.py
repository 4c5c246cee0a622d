"""The verbs from outside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from proband.cli.app import app
from proband.programme import load

run = CliRunner()
ASK = [
    "--programme",
    "spinal-cord-autologous",
    "--outcome",
    "ais-conversion",
    "--baseline",
    "A",
    "--level",
    "cervical",
]
ASK += ["--baseline-window", "14-28d", "--follow-up", "1y"]


def test_headline_in_words(tmp_path: Path) -> None:
    page = tmp_path / "out.html"
    result = run.invoke(app, ["headline", "2 of 4", *ASK, "--html", str(page)])
    assert result.exit_code == 0, result.output
    assert "nobody was treated" in result.output
    assert "What this comparison cannot see" in result.output
    written = page.read_text(encoding="utf-8")
    assert written.startswith("<!doctype html>")
    # whoever reads the answer can tell from exactly which content of the bundle it came
    own = load("spinal-cord-autologous").hash
    assert own in result.output.replace("\n", "")
    assert f"<code>{own}</code>" in written


def test_without_an_outcome_all_of_them_are_named_with_what_else_is_missing() -> None:
    asked = run.invoke(
        app, ["headline", "2 of 4", "-p", "spinal-cord-autologous", "--baseline", "A", "--json"]
    )
    assert asked.exit_code == 2
    mend = json.loads(asked.stdout)["error"]["mend"]
    assert "ais-conversion (with --level --baseline-window --follow-up)" in mend
    assert "pinprick-change" in mend


@pytest.mark.parametrize("text", ["2 of 40", "40 of 40"])
def test_both_ends_that_read_alike_are_said_once(text: str) -> None:
    told = run.invoke(app, ["headline", text, *ASK])
    assert "less than 0.1 % to less than 0.1 %" not in told.output.replace("\u00a0", " ")
    assert "between less than" not in told.output


def test_headline_as_json_is_the_same_twice() -> None:
    first, second = (
        run.invoke(app, ["headline", "2 of 4", *ASK, "--json", "--seed", "5"]).stdout for _ in range(2)
    )
    assert first == second
    assert json.loads(first)["seed"] == 5


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (
            [
                "headline",
                "1 of 1",
                "--programme",
                "mitochondria-hpdl",
                "--outcome",
                "walking",
                "--baseline",
                "HPDL",
            ],
            3,
        ),
        (["headline", "2 of 4", "--programme", "nowhere", "--outcome", "x"], 2),
        (["headline", "5 of 4", *ASK], 2),
        (
            [
                "natural-history",
                "liver-cells",
                "--outcome",
                "survival",
                "--baseline",
                "ACLF-2",
                "--follow-up",
                "90d",
            ],
            3,
        ),
    ],
)
def test_refusals_end_with_their_code(arguments: list[str], code: int) -> None:
    result = run.invoke(app, [*arguments, "--json"])
    assert result.exit_code == code
    error = json.loads(result.stdout)["error"]
    assert error["mend"]
    if "nowhere" in arguments:
        assert "spinal-cord-autologous" in error["mend"]


def test_natural_history_lists_and_forecasts() -> None:
    listed = json.loads(run.invoke(app, ["natural-history", "spinal-cord-autologous", "--json"]).stdout)
    assert listed["tables"]["grade-conversion"]["usable"] > 60
    forecast = run.invoke(
        app,
        [
            "natural-history",
            *["spinal-cord-autologous"],
            "--outcome",
            "ais-conversion",
            *ASK[4:],
            "--people",
            "90",
            "--json",
        ],
    )
    assert forecast.exit_code == 0, forecast.output
    assert 0.1 < json.loads(forecast.stdout)[0]["mean"] < 0.6
    assert run.invoke(app, ["natural-history", "liver-cells"]).exit_code == 0


def test_therapies() -> None:
    found = json.loads(run.invoke(app, ["therapies", "POLG", "--json"]).stdout)
    assert found["contraindications"][0]["avoid"] == "valproate"
    assert "COQ4" in run.invoke(app, ["therapies", "COQ4"]).stdout
    assert run.invoke(app, ["therapies", "nonsense"]).exit_code == 1


def test_a_story_without_a_claim_is_listed_and_refused(tmp_path: Path) -> None:
    """What was found is said even where nothing of it is answered."""
    story = tmp_path / "story.txt"
    story.write_text(
        "Fewer than 2 of 4 improved. In 2023 many saw him run. It was a sunny day.", encoding="utf-8"
    )
    told = run.invoke(app, ["headline", "--from", str(story), *ASK])
    assert told.exit_code == 2
    assert "Read in part" in told.output
    assert "Not read" in told.output
    assert "sunny" not in told.output
    assert "no claim that was read whole" in told.output
    quiet = run.invoke(app, ["headline", "--from", str(story), *ASK, "--json"])
    assert "lines" in json.loads(quiet.stdout)["error"]["details"]
