"""A safety board's study from the command line, whole: plan, look, open and closed report, amendment, final report, lay summary."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from proband.cli.app import run as program
from proband.programme import load, locate
from proband.trial.plan import plan_of

LIVER = ("liver-cells", "sim/trial.parquet")
LOOK, END = "2001-06-01", "2010-01-01"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def invoke(*words: str, ends: int = 0) -> str:
        code = program(list(words))
        said = capsys.readouterr()
        assert code == ends, said.out + said.err
        return said.out if ends == 0 else said.err

    return invoke


def _text(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


def test_a_safety_board_from_the_locked_plan_to_the_lay_summary(run, tmp_path) -> None:
    # simulate, lock
    run(
        "simulate",
        "liver-cells",
        "--study",
        "cirrhosis",
        "--scenario",
        "global-null",
        "--trials",
        "10",
        "--out",
        "sim",
    )
    lock = ("study", "lock", "liver-cells", "--study", "cirrhosis", "--by", "statistician", "--key", "me.pem")
    sealed = json.loads(run(*lock, "--simulation", "sim/report.json", "--json"))
    plan = sealed["plan"]
    assert plan["simulation"]["key"] == json.loads(_text("sim/report.json"))["run"]["key"]
    programme = load("liver-cells")
    assert plan["programme_hash"] == programme.hash
    assert [q["hash"] for q in plan["questions"]] == [
        e.hash for e in plan_of(programme, "cirrhosis").estimands
    ]
    assert "there already" in run(*lock, ends=2)
    # the look
    at = ("--plan", "plan.json", "--on", LOOK)
    opened = json.loads(run("study", "open", *LIVER, *at, "--json"))
    closed = json.loads(
        run("study", "closed", *LIVER, *at, "--by", "board statistician", "--why", "first look", "--json")
    )
    assert closed["open_table"] == opened["head"]["table"]
    open_page, closed_page = _text(f"board/open-{LOOK}.html"), _text(f"board/closed-{LOOK}.html")
    for page, report in ((open_page, opened), (closed_page, closed)):
        for hash in (
            programme.hash,
            sealed["hash"],
            *(q["hash"] for q in plan["questions"]),
            report["head"]["table"],
        ):
            assert hash[:16] in page
    assert "own-marrow-artery" in closed_page
    assert "own-marrow-artery" not in open_page
    assert "for the board alone" in closed_page
    assert f"{opened['allocated']} of 60 planned people" in open_page
    assert closed["look"]["limit"] < 0.05
    assert "limit at this look" in closed_page
    # who looked is logged, and a report is made once
    run("study", "closed", *LIVER, *at, "--by", "board statistician", "--why", "first look", ends=2)
    entries = json.loads(run("study", "access", "board", "--json"))
    assert [(e["who"], e["why"], e["report"]) for e in entries] == [
        ("board statistician", "first look", f"closed-{LOOK}")
    ]
    assert entries[0]["hash"] == closed["access"]
    assert closed["access"][:16] in closed_page
    # an amendment: the bundle is another, the old plan is refused, the new one names it
    shutil.copytree(locate("liver-cells"), tmp_path / "amended")
    head = tmp_path / "amended" / "programme.yaml"
    head.write_text(
        head.read_text(encoding="utf-8").replace("version: 1.0.0", "version: 1.1.0", 1), encoding="utf-8"
    )
    final = (
        "study",
        "final",
        "amended",
        "sim/trial.parquet",
        "--by",
        "statistician",
        "--earlier",
        f"board/closed-{LOOK}.json",
    )
    assert "lock an amended plan" in run(*final, "--plan", "plan.json", "--on", END, ends=2)
    run("study", "lock", "amended", "--study", "cirrhosis", "--by", "statistician", "--key", "me.pem", "--replaces", "plan.json",
        "--why", "a third site joined", "--out", "plan-2.json")  # fmt: skip
    # the final report: not before the end, then the primary question first
    assert "planned people are allocated" in run(
        *final, "--plan", "plan-2.json", "--on", "2001-07-01", ends=2
    )
    told = json.loads(run(*final, "--plan", "plan-2.json", "--on", END, "--json"))
    assert told["questions"][0]["id"] == "cirrhosis-meld-3m"
    assert told["questions"][0]["limit"] < 0.05
    assert told["looks"] == [closed["look"]["fraction"]]
    page = _text("final/final.html")
    assert page.index(told["first"]) < page.index("The questions, in the order of the plan")
    assert "a third site joined" in page
    assert "amended after the look" in page
    for part in told["questions"][0]["split"]:
        assert part["what"] in page
    assert [e["who"] for e in json.loads(run("study", "access", "final", "--json"))] == ["statistician"]
    # the lay summary: ten elements, the result in words, synthetic and said so
    run("study", "lay", "amended", "final/final.json", "--synthetic", "--on", "2026-11-22")
    lay = _text("lay-summary.html")
    assert all(f'id="v{number}"' in lay for number in range(1, 11))
    assert told["first"] in lay
    assert "SYNTHETIC" in lay
    # people do not read ids
    assert "own-marrow-artery" not in lay.partition('id="v4"')[2].replace("arms.own-marrow-artery", "")
    assert "no results of its own yet" not in lay
    assert "p = 0" not in lay.replace("stop = 0", "")


def test_a_plan_or_report_that_is_none_is_refused(run, tmp_path) -> None:
    (tmp_path / "plan.json").write_text("[1, 2]", encoding="utf-8")
    (tmp_path / "trial.parquet").write_bytes(b"")
    run("study", "open", "liver-cells", "trial.parquet", "--plan", "plan.json", ends=2)
    (tmp_path / "final.json").write_text("[]", encoding="utf-8")
    assert "no JSON object" in run("study", "lay", "liver-cells", "final.json", ends=2)
