"""Lin 2017 recomputed: from the published percentages to counts, difference, interval and two tests, as the shipped page says them."""

from __future__ import annotations

import pytest
from scipy import stats

from proband.analysis.exact import fisher
from proband.pages.ledger import Ledger
from proband.pages.wording import sentence
from proband.trial.headline.answer import headline
from shipped import loaded

CELLS, CARE = (41, 56), (30, 54)


def said(claim: str) -> str:
    return sentence(Ledger.of(loaded("liver-cells")).by_id[claim])


def test_the_counts_follow_from_the_published_percentages() -> None:
    rows = loaded("liver-cells").evidence
    for row, (events, people) in (
        ("results#lin-2017-cells-alive", CELLS),
        ("results#lin-2017-care-alive", CARE),
    ):
        published = float(rows[row].numbers["value"])
        assert rows[row].numbers["n"] == people
        assert round(100 * events / people, 1) == published
        assert round(people * published / 100) == events


def test_the_page_says_counts_difference_interval_and_that_the_test_chosen_decides() -> None:
    alive, tests = said("lin-alive"), said("lin-two-tests")
    assert "41 of 56" in alive
    assert "30 of 54" in alive
    assert "18 more of 100" in alive
    assert "range 0 to 34 more" in alive or "0 to 34 more of 100" in alive
    assert "open" in alive
    # Fisher's exact test of the counts, 0.07, beside the paper's own 0.03
    p = stats.fisher_exact([[41, 15], [30, 24]]).pvalue
    assert p == pytest.approx(0.07, abs=0.005)
    assert fisher(*CELLS, *CARE).two_sided == pytest.approx(p)
    assert f"{100 * p:.0f} of 100" in tests
    assert "3 of 100" in tests


def test_a_composite_is_split_and_a_missed_primary_result_is_said() -> None:
    """MATCH: alive without transplant 18 of 26 against 10 of 24, of which 5 transplants in the control group; 8 and 9 deaths."""
    whole, deaths, transplants = (
        said("match-alive-without-transplant"),
        said("match-deaths"),
        said("match-transplants"),
    )
    assert "18 of 26" in whole
    assert "10 of 24" in whole
    assert "28 more of 100" in whole
    assert "8 of 26" in deaths
    assert "9 of 24" in deaths
    assert "0 of 26" in transplants
    assert "5 of 24" in transplants
    assert 26 - 8 - 0 == 18
    assert 24 - 9 - 5 == 10


def test_it_is_never_held_against_its_own_control_group() -> None:
    answer = headline(
        "41 of 56 alive against 30 of 54", programme=loaded("liver-cells"), outcome="survival", baseline="aclf", follow_up="24w",
        sources=["lin-2017-abstract"], trials=200,
    )  # fmt: skip
    assert answer.surprise == "no verdict"
