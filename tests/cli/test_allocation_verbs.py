"""``proband allocation``: what a statistician does with a plan before the first person, and after the last one."""

from __future__ import annotations

import json

import numpy as np
import pytest

from proband.cli.app import run as program
from proband.trial.allocation import Placed, commitment, draw_arm, plan_of
from shipped import loaded

NAME, FORM = "liver-cells", "decompensated-cirrhosis"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def invoke(*words: str, ends: int = 0) -> str:
        code = program(["allocation", *words])
        said = capsys.readouterr()
        assert code == ends, said.out + said.err
        return said.out if ends < 2 else said.err

    return invoke


def people(seed: bytes, count: int = 40) -> list[Placed]:
    """People of all levels, allocated from a seed."""
    plan, rng = plan_of(loaded(NAME)), np.random.default_rng(1)
    placed: list[Placed] = []
    for _ in range(count):
        stratum = {factor.name: str(rng.choice(factor.levels)) for factor in plan.factors}
        placed.append(Placed(stratum, draw_arm(seed, plan, stratum, placed)))
    return placed


def table(placed: list[Placed], path, **columns: list[float]) -> str:
    names = list(placed[0].stratum)
    lines = [",".join([*names, "arm", *columns])]
    for at, each in enumerate(placed):
        lines.append(
            ",".join([*(each.stratum[n] for n in names), each.arm, *(str(c[at]) for c in columns.values())])
        )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def test_a_preview_shows_balance_and_draws_nobody_for_another_form(run) -> None:
    told = json.loads(run("preview", NAME, "--people", "60", "--form", FORM, "--replays", "300", "--json"))
    assert told["plan"] == plan_of(loaded(NAME)).hash
    low, half, high = told["counts"]["own-marrow-artery"]
    assert low <= half <= high <= 60
    assert half == pytest.approx(30, abs=2)
    assert told["counts"]["cord-vein"] == [0, 0, 0]
    assert 0.5 <= told["by_luck"] < told["guessed"] < 1
    assert "none of" in run("preview", NAME, "--form", "no-such-form", ends=2)
    assert "nobody is drawn" in run("preview", "mitochondria-hpdl", ends=2)


def test_a_list_is_its_keepers_alone_and_what_was_done_by_it_replays(run, tmp_path) -> None:
    said = run("list", NAME, "--places", "60", "--out", "list.json")
    file = tmp_path / "list.json"
    assert file.stat().st_mode & 0o077 == 0
    held = json.loads(file.read_text(encoding="utf-8"))
    assert held["commitment"] == commitment(bytes.fromhex(held["seed"]))
    assert held["commitment"] in said
    assert held["seed"] not in said
    assert "cannot write" in run("list", NAME, "--places", "60", "--out", "list.json", ends=2)
    placed = people(bytes.fromhex(held["seed"]))
    assert "0 places differ" in run(
        "audit", NAME, table(placed, tmp_path / "people.csv"), "--list", "list.json"
    )
    # the first person is put elsewhere: the sealed sequence says so
    other = "care-cirrhosis" if placed[0].arm != "care-cirrhosis" else "own-marrow-artery"
    moved = [Placed(placed[0].stratum, other), *placed[1:]]
    assert "place 1 is in" in run(
        "audit", NAME, table(moved, tmp_path / "moved.csv"), "--list", "list.json", ends=1
    )
    # a list of another plan, a seed that was exchanged, a table with a hole
    for changed, words in (
        ({"plan": "0" * 64}, "drawn for plan"),
        ({"seed": "00" * 32}, "its hash binds"),
        ({"seed": "x"}, "cannot use"),
    ):
        (tmp_path / "other.json").write_text(json.dumps({**held, **changed}), encoding="utf-8")
        assert words in run("audit", NAME, "people.csv", "--list", "other.json", ends=2)
    (tmp_path / "hole.csv").write_text("arm,cause\n,alcohol\n", encoding="utf-8")
    assert "an arm" in run("audit", NAME, "hole.csv", "--list", "list.json", ends=2)


def test_the_rerandomisation_test_from_a_table(run, tmp_path) -> None:
    placed = people(b"1" * 32, 60)
    rng = np.random.default_rng(2)
    noise = [float(x) for x in rng.standard_normal(60)]
    shifted = [x + 3.0 * (p.arm == "own-marrow-artery") for x, p in zip(noise, placed, strict=True)]
    path = table(placed, tmp_path / "people.csv", noise=noise, shifted=shifted)
    ask = ("--treated", "own-marrow-artery", "--replays", "400", "--json")
    assert json.loads(run("test", NAME, path, "--outcome", "noise", *ask))["p"] > 0.05
    assert json.loads(run("test", NAME, path, "--outcome", "shifted", *ask))["p"] == pytest.approx(1 / 401)
    assert "column" in run("test", NAME, path, "--outcome", "nothing", *ask[:-1], ends=2)
    assert "does not have" in run("test", NAME, path, "--outcome", "noise", "--treated", "no-arm", ends=2)
