"""``proband forecast``: from a draft to a sealed forecast in a record, scored with the order proven, and the league."""

from __future__ import annotations

import json

import pytest

from proband.cli.app import run as program

DRAFT = [
    "forecast", "draft", "spinal-cord-autologous", "--outcome", "ais-conversion", "--baseline", "A", "--level", "T1-9",
    "--baseline-window", "30d", "--follow-up", "1y", "--people", "30", "--by", "trial statistician", "--on", "2026-03-01",
]  # fmt: skip


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def invoke(*words: str, ends: int = 0) -> str:
        code = program(list(words))
        said = capsys.readouterr()
        assert code == ends, said.out + said.err
        return said.out if ends == 0 else said.err

    return invoke


def test_a_forecast_from_draft_to_league(run, tmp_path) -> None:
    said = run(*DRAFT, "--share", "0.25", "--worth", "20")
    assert "own judgement" in said
    assert "If nobody is helped" in said
    run("forecast", "seal", "forecast.json", "--key", "me.pem", "--programme", "spinal-cord-autologous")
    assert (tmp_path / "me.pem").stat().st_mode & 0o077 == 0
    said = run("forecast", "score", "forecast.sealed.json", "--seen", "7", "--out", "scores.json")
    assert said.startswith("Retrospective forecast")
    assert "no record was given" in said
    (tmp_path / "scores").mkdir()
    (tmp_path / "scores.json").rename(tmp_path / "scores" / "one.json")
    told = json.loads(run("forecast", "league", "scores", "--html", "league.html", "--json"))
    assert told["sealed"]["n"] == 0
    assert told["retrospective"]["n"] == 1
    page = (tmp_path / "league.html").read_text()
    assert "None yet." in page
    assert "0262862" in page


def test_a_score_that_was_changed_in_its_file_does_not_count(run, tmp_path) -> None:
    run(*DRAFT)
    run("forecast", "seal", "forecast.json", "--key", "me.pem")
    (tmp_path / "scores").mkdir()
    run("forecast", "score", "forecast.sealed.json", "--seen", "7", "--out", "scores/one.json")
    told = json.loads((tmp_path / "scores" / "one.json").read_text())
    told["scores"]["crps"] = 0.0
    (tmp_path / "scores" / "one.json").write_text(json.dumps(told))
    shown = json.loads(run("forecast", "league", "scores", "--json"))
    assert shown["forecasts"][0]["scores"]["crps"] > 1
    told["sealed"]["forecast"]["made_by"] = "somebody else"
    (tmp_path / "scores" / "one.json").write_text(json.dumps(told))
    assert "changed after sealing" in run("forecast", "league", "scores", ends=2)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["forecast", "seal", "missing.json", "--key", "me.pem"], "missing.json: No such file"),
        (["forecast", "score", "forecast.json", "--seen", "7"], "no sealed forecast"),
        (["forecast", "league", "."], "it holds no score"),
    ],
)
def test_what_is_no_forecast_is_refused_with_its_name(run, words, says) -> None:
    run(*DRAFT)
    assert says in " ".join(run(*words, ends=2).split())


def test_where_nobody_published_what_happens_untreated_there_is_no_forecast(run, tmp_path) -> None:
    said = run("forecast", "draft", "liver-cells", "--outcome", "meld-change", "--baseline", "MELD 20", "--follow-up", "90d",
               "--people", "5", "--by", "me", ends=3)  # fmt: skip
    assert "No published natural history" in said
    assert not (tmp_path / "forecast.json").exists()


def test_nothing_is_overwritten(run) -> None:
    run(*DRAFT)
    assert "is there already" in run(*DRAFT, ends=2)


def test_the_record_hashes_what_is_handed_over_and_proves_the_order(run, tmp_path) -> None:
    run(
        "record",
        "init",
        "sci",
        "--study",
        "SCI-1",
        "--programme",
        "spinal-cord-autologous",
        "--custodian",
        "dm-1",
    )
    run("record", "do", "sci", "site.open", "north", "--jurisdiction", "DE", "--actor", "dm-1")
    run("record", "do", "sci", "staff.grant", "stat-1", "--data.role", "statistician", "--sites", "north", "--actor", "dm-1")  # fmt: skip
    run("record", "do", "sci", "staff.train", "stat-1", "--training", "good-clinical-practice", "--valid_until", "2035-12-31", "--actor", "dm-1")  # fmt: skip
    run(*DRAFT)
    run("forecast", "seal", "forecast.json", "--key", "me.pem")
    sealed = json.loads((tmp_path / "forecast.sealed.json").read_text())
    seal = [
        "record",
        "do",
        "sci",
        "forecast.seal",
        "SCI-1",
        "--file",
        "forecast.sealed.json",
        "--actor",
        "stat-1",
    ]
    out = run(*seal, "--json")
    assert sealed["hash"] in out
    assert (tmp_path / "sci" / "forecasts" / f"{sealed['hash']}.json").is_file()
    said = run("forecast", "score", "forecast.sealed.json", "--seen", "7", "--record", "sci")
    assert said.startswith("Forecast:")
    # another forecast, changed on the way, is not sealed
    told = json.loads((tmp_path / "forecast.sealed.json").read_text())
    told["forecast"]["made_by"] = "somebody else"
    (tmp_path / "forecast.sealed.json").write_text(json.dumps(told))
    assert "changed after sealing" in " ".join(run(*seal, ends=2).split())
