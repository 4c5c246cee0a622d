"""Back-tests on published studies: frozen rules, scored in the open, with every study that could not be tried."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from proband.cli.app import run as program
from proband.programme import bundled
from proband.programme.backtests import BackTest, BackTestsFile
from proband.programme.lint import references
from proband.trial.forecast.backtest import NOMINAL, BackTestBoard, back_tests
from shipped import loaded


@pytest.fixture(scope="module")
def board() -> BackTestBoard:
    return back_tests([loaded(name) for name in bundled()])


def other(name: str, **changed: dict) -> object:
    """A shipped programme with some of its back-tests changed."""
    programme = loaded(name)
    file = programme.backtests
    assert file is not None
    tests = [test.model_copy(update=changed.get(test.id.replace("-", "_"), {})) for test in file.tests]
    return replace(programme, backtests=file.model_copy(update={"tests": tests}))


def test_no_effect_stands_on_the_board_and_every_figure_has_its_source(board: BackTestBoard) -> None:
    assert [each.rule for each in board.rules] == ["no-effect", "earlier-studies"]
    tried = [each for each in board.studies if each.forecasts]
    assert board.comparisons == sum(each.kind == "comparison" for each in tried) == board.rules[0].n
    for each in board.studies:
        assert each.forecasts or each.why_not
        assert each.forecasts == () or each.forecasts[0].rule == "no-effect"
        source = loaded(each.programme).source(each.source)
        assert source.citation
        assert each.level != "unverified" or not each.forecasts  # nothing is scored on what nobody could open
    assert board.as_dict()["retrospective"] is True
    assert board.investigators == {"primary outcome": 0.25, "recruitment": 0.38}


def test_the_scores_by_hand(board: BackTestBoard) -> None:
    yes, no = (1 - NOMINAL) ** 2, NOMINAL**2
    n, k = board.comparisons, board.favourable
    assert board.rules[0].brier[0] == pytest.approx((k * yes + (n - k) * no) / n)
    # base rate of the others: for one in favour (k - 1) of (n - 1), for the rest k of (n - 1)
    by_hand = (k * (1 - (k - 1) / (n - 1)) ** 2 + (n - k) * (k / (n - 1)) ** 2) / n
    assert board.base_rate == pytest.approx(by_hand)
    # one success and one failure imagined, and what the years before showed
    said = {
        each.id: each.forecasts[1].prediction.probability
        for each in board.studies
        if each.kind == "comparison" and each.forecasts
    }
    assert said["lin-2017-survival"] == 0.5
    assert said["realistic-2018-meld"] == pytest.approx(2 / 3)
    assert said["match-2025-meld"] == pytest.approx(2 / 4)


def test_what_was_seen_of_a_study_changes_nothing_of_what_was_said_of_it(board: BackTestBoard) -> None:
    changed = back_tests(
        [
            other(
                "spinal-cord-autologous",
                shin_2015_gain={"events": 19},
                shin_2015_comparison={"favourable": True},
            )
        ]
    )
    spinal = back_tests([loaded("spinal-cord-autologous")])
    assert changed.frozen == spinal.frozen
    assert changed.changed == ()
    assert changed.rules[0].brier != spinal.rules[0].brier
    assert changed.rules[1].crps != spinal.rules[1].crps


def test_the_rules_say_what_they_said_when_they_were_frozen_and_a_change_is_shown(
    board: BackTestBoard,
) -> None:
    assert board.changed == ()
    moved = back_tests([other("spinal-cord-autologous", shin_2015_gain={"baseline": "A:19"})])
    assert moved.changed == ("spinal-cord-autologous",)


def test_a_study_is_never_held_against_itself_nor_against_what_is_not_published(board: BackTestBoard) -> None:
    left = {each.id: each.why_not for each in board.studies if not each.forecasts}
    assert "Circular" in left["lin-2017-alive"]
    assert "grade B" in left["el-kheir-2014-gain"]
    # without the word that it is the study itself it would be scored: the refusal is what keeps it off
    told = back_tests([other("liver-cells", lin_2017_alive={"itself": []})])
    assert next(each for each in told.studies if each.id == "lin-2017-alive").forecasts


def test_a_mixed_group_is_its_kinds_together(board: BackTestBoard) -> None:
    said = next(each for each in board.studies if each.id == "shin-2015-gain").forecasts[0].prediction
    assert sum(said.probabilities) == pytest.approx(1)
    mean = sum(k * p for k, p in enumerate(said.probabilities))
    alone = [
        back_tests(
            [other("spinal-cord-autologous", shin_2015_gain={"baseline": kind, "people": n, "events": 0})]
        ).studies
        for kind, n in (("A", 17), ("B", 2))
    ]
    parts = [next(e for e in s if e.id == "shin-2015-gain").forecasts[0].prediction for s in alone]
    assert mean == pytest.approx(
        sum(k * p for part in parts for k, p in enumerate(part.probabilities)), abs=1e-6
    )


@pytest.mark.parametrize(
    "broken",
    [
        {"kind": "comparison"},
        {"kind": "count", "people": 5, "events": 6, "left_out": "why not"},
        {"kind": "count", "people": 5},
    ],
)
def test_a_back_test_that_says_half_is_refused(broken: dict) -> None:
    with pytest.raises(ValueError, match=r"has no|of 5 people"):
        BackTest.model_validate({"id": "x", "study": "X", "question": "whether", **broken})


def test_the_scoreboard_from_the_command_line(board: BackTestBoard, tmp_path, capsys) -> None:
    page = tmp_path / "board.html"
    assert program(["forecast", "backtest", "--html", str(page), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["comparisons"] == board.comparisons
    html = page.read_text(encoding="utf-8")
    for words in ("RETROSPECTIVE, for ever", "0262862", "no target", "Circular", "No effect", "as frozen"):
        assert words in html
    assert program(["forecast", "backtest", "mitochondria-hpdl"]) == 0
    assert "0 comparisons" in capsys.readouterr().out
    assert isinstance(loaded("liver-cells").backtests, BackTestsFile)


def test_what_was_said_is_not_rounded_away(board: BackTestBoard) -> None:
    first = next(each for each in board.studies if each.id == "lin-2017-survival").forecasts[0]
    assert first.prediction.said().endswith(": 2.5 in a hundred")


def test_a_source_that_nobody_knows_is_refused_where_it_would_make_a_circle_unseen() -> None:
    told = other("liver-cells", lin_2017_alive={"itself": ["lin-2017-abstrac"]})
    (found,) = references.find(told, date(2026, 11, 29))
    assert "lin-2017-abstrac" in str(found)
    assert "did you mean 'lin-2017-abstract'?" in str(found)
