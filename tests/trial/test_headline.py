"""The headline test from outside: exact answers, published comparisons, refusals."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, hypergeom

from proband.analysis.exact import at_least, sum_distribution
from proband.natural_history import OutsideDomain, ProportionForecast, QuestionUnclear
from proband.pages.headline.answer import answer_page
from proband.terms import Level
from proband.trial.headline import HeadlineResult
from proband.trial.headline.meaning import HeadlineUnclear
from proband.trial.replay import MOST_DRAWN, ExamModel, replay_counts
from shipped import headline

SPINAL = {"programme": "spinal-cord-autologous", "outcome": "ais-conversion"}
ACUTE = {"level": "cervical", "baseline_window": "14-28d", "follow_up": "1y"}


# --- exact answers -----------------------------------------------------------------------------------------------------


def test_monte_carlo_equals_the_exact_binomial_without_heterogeneity() -> None:
    r = headline("2 of 4", **SPINAL, **ACUTE, baseline="A", heterogeneity=False, trials=200_000)
    assert r.exact == pytest.approx(float(binom.sf(1, 4, r.natural)), abs=1e-12)
    assert abs(r.probability - r.exact) < 4 * r.monte_carlo_se


def test_monte_carlo_equals_the_poisson_binomial_for_a_mix() -> None:
    r = headline("9 of 13", **SPINAL, **ACUTE, baseline="A:6,B:2,C:5", heterogeneity=False, trials=200_000)
    assert abs(r.probability - r.exact) < 4 * r.monte_carlo_se
    shares = [s["mean"] for s in r.extra["strata"]]
    rng = np.random.default_rng(1)
    drawn = sum(rng.binomial(n, p, 400_000) for n, p in zip((6, 2, 5), shares, strict=True))
    assert np.mean(drawn >= 9) == pytest.approx(r.exact, abs=0.004)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 30), st.floats(0.02, 0.98) | st.sampled_from([0.0, 1.0])),
        min_size=1,
        max_size=4,
    ),
    st.integers(0, 2**63 - 1),
)
def test_replay_agrees_with_the_exact_distribution(groups: list[tuple[int, float]], seed: int) -> None:
    sizes = [n for n, _ in groups]
    tables = np.stack([np.full(400, p) for _, p in groups])
    counts = replay_counts(tables, sizes, [0] * len(groups), trials=4000, seed=seed, exam=ExamModel())[:, 0]
    exact = sum_distribution(sizes, [p for _, p in groups])
    mean = float(np.arange(len(exact)) @ exact)
    variance = float((np.arange(len(exact)) - mean) ** 2 @ exact)
    assert abs(counts.mean() - mean) <= 5.5 * np.sqrt(variance / 4000) + 1e-12
    assert counts.min() >= 0
    assert counts.max() <= sum(sizes)


def test_replay_draws_cohorts_evenly() -> None:
    """One person whose chance is the cohort's quantile itself: the mean over trials is the mean of the table."""
    table = np.linspace(0, 1, 400)[None]
    counts = replay_counts(table, [1000], [0], trials=20_000, seed=3, exam=ExamModel())[:, 0] / 1000
    assert counts.mean() == pytest.approx(0.5, abs=0.008)
    assert np.quantile(counts, [0.1, 0.9]) == pytest.approx([0.1, 0.9], abs=0.02)


def test_same_seed_same_answer_and_other_seed_other_trials() -> None:
    first, second = (headline("2 of 4", **SPINAL, **ACUTE, baseline="A") for _ in range(2))
    assert first.to_dict() == second.to_dict()
    other = headline("2 of 4", **SPINAL, **ACUTE, baseline="A", seed=7)
    assert other.frequencies != first.frequencies


def test_replay_is_pinned_bit_for_bit() -> None:
    """SplitMix64 is written out in the replay; these counts must never change without a note in the changelog."""
    table = np.full((1, 400), 0.5)
    counts = replay_counts(table, [10], [0], trials=8, seed=42, exam=ExamModel())[:, 0]
    assert counts.tolist() == PINNED


@pytest.mark.parametrize("share", [0.0, 1e-5, 0.004, 0.05, 0.4, 0.9999, 1.0])
def test_counts_of_very_many_people_are_drawn_as_if_one_by_one(share: float) -> None:
    """The largest distance of two distribution functions; with 30,000 trials chance alone stays below 0.012 in 999 of 1000 cases."""
    people = 4 * MOST_DRAWN
    table = np.full((1, 400), share)
    drawn = replay_counts(table, [people], [0], trials=30_000, seed=11, exam=ExamModel(examiners=1))[:, 0]
    at = np.unique(drawn)
    seen = np.searchsorted(np.sort(drawn), at, side="right") / len(drawn)
    assert np.max(np.abs(seen - binom.cdf(at, people, share))) < 0.012


@pytest.mark.parametrize("control", ["", " against 9 of 30", " against 20,000 of 80,000"])
def test_groups_of_a_million_are_answered_as_groups_of_thousands_are(control: str) -> None:
    """Where the people are many, only the cohorts still matter: a hundred times as many change the answer by less than counting does."""
    many, more = (
        headline(text + control, **SPINAL, **ACUTE, baseline="A")
        for text in ("3,000 of 10,000", "300,000 of 1,000,000")
    )
    assert more.probability == pytest.approx(more.predictive, abs=0.02)
    assert many.probability == pytest.approx(more.probability, abs=0.03)
    assert headline("3,000,000 of 10,000,000", **SPINAL, **ACUTE, baseline="A").people == 10_000_000


def test_years_that_nobody_names_are_the_newest_or_those_of_the_source() -> None:
    today, old = (
        headline("3 of 4", **SPINAL, **ACUTE, baseline="A", **k) for k in ({}, {"era": "2013-2015"})
    )
    assert today.probability == old.probability
    shown = {s.assumption: s.probability for s in today.sensitivity}
    assert shown["if the people were those of 1995-1997"] < today.probability
    told = headline("3 of 4", **SPINAL, **ACUTE, baseline="A", sources=["shin-2015"])
    assert told.probability == headline("3 of 4", **SPINAL, **ACUTE, baseline="A", era="2008").probability
    assert "2008" in told.domains[0]


@pytest.mark.parametrize("window", ["3d", "7d", "1-14d", "14d", "3-28d"])
def test_a_score_first_examined_in_the_first_days_is_refused(window: str) -> None:
    ask = SPINAL | ACUTE | {"outcome": "motor-score-change", "baseline": "D", "baseline_window": window}
    with pytest.raises(OutsideDomain, match="two weeks"):
        headline("motor score rose by 35.1 points in 25 people", **ask)


PINNED = [5, 5, 2, 4, 6, 4, 8, 6]


# --- published comparisons ---------------------------------------------------------------------------------------------


def test_two_of_four_is_common_without_treatment() -> None:
    r = headline("2 of 4", **SPINAL, **ACUTE, baseline="A")
    assert 0.25 < r.probability < 0.65
    assert r.surprise == "common"
    assert r.interval[0] < r.probability < r.interval[1]
    assert r.probability == pytest.approx(r.predictive, abs=0.02)


def test_twelve_of_thirteen_is_unusual_even_in_new_cohorts() -> None:
    """The exact reference for 12 of 13 with 6 A, 2 B, 5 C is about 0.002 for average cohorts."""
    r = headline(
        "12 of 13",
        **SPINAL,
        level="cervical",
        baseline_window="30d",
        follow_up="220d",
        baseline="A:6,B:2,C:5",
        era="1995-2015",  # the reference is of no particular years
    )
    assert 0.0005 < r.exact < 0.006
    assert r.exact < r.probability < 0.06  # cohorts differ, so the honest answer is less extreme
    assert r.surprise in {"unusual", "rare"}


def test_shin_is_compatible_with_natural_recovery() -> None:
    r = headline("5 of 19 against 1 of 15", **SPINAL, **ACUTE, baseline="A:17,B:2", control_baseline="A:15")
    assert r.fisher is not None
    assert r.fisher.two_sided == pytest.approx(0.20, abs=0.005)  # Shin 2015, doi:10.1155/2015/630932
    assert r.probability > 0.05


def test_el_kheir_lies_above_and_says_that_no_history_fits() -> None:
    r = headline(
        "17 of 50 against 0 of 20",
        **SPINAL,
        level="thoracic",
        baseline="A:15,B:35",
        control_baseline="A:10,B:10",
        baseline_window="13-23m",
        follow_up="36m",
    )
    assert r.fisher is not None
    assert r.fisher.two_sided == pytest.approx(0.0016, abs=0.00005)  # El-Kheir 2014 through Liau 2020
    assert r.natural_history_refused is not None
    assert "grade B" in r.natural_history_refused
    assert r.probability < 0.01
    assert r.basis == "the two arms alone"


def test_two_arm_with_history_replays_both_arms() -> None:
    r = headline("17 of 50 against 0 of 20", **SPINAL, **ACUTE, baseline="A")
    assert r.control_probability is not None
    assert r.control_probability < 0.05
    assert "did worse than expected" in r.words


def test_fewer_is_better_for_deterioration() -> None:
    r = headline(
        "0 of 20", programme="spinal-cord-autologous", outcome="ais-deterioration", **ACUTE, baseline="C"
    )
    assert r.direction == "at most"
    assert r.probability > 0.2


# --- examinations ------------------------------------------------------------------------------------------------------


def test_examiners_widen_the_replay_without_moving_it() -> None:
    table = np.full((1, 400), 0.3)
    even = replay_counts(table, [30], [0], trials=20_000, seed=1, exam=ExamModel())[:, 0]
    leaning = replay_counts(
        table, [30], [0], trials=20_000, seed=1, exam=ExamModel(examiners=1, examiner_sd=0.5)
    )[:, 0]
    assert leaning.std() > 1.2 * even.std()
    assert leaning.mean() == pytest.approx(even.mean(), rel=0.06)


def test_an_examiner_who_knows_makes_headlines_more_common() -> None:
    r = headline("3 of 4", **SPINAL, **ACUTE, baseline="A")
    knows = [s.probability for s in r.sensitivity if "knows" in s.assumption]
    assert r.probability < knows[0] < knows[1]


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 12), st.data())
def test_more_events_are_never_more_probable(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n - 1))
    low, high = (
        headline(f"{e} of {n}", **SPINAL, **ACUTE, baseline="A", trials=2000, difference=0.3)
        for e in (k, k + 1)
    )
    assert _at_least(high) <= _at_least(low)
    if low.direction == high.direction == "at least":
        assert high.exact <= low.exact + 1e-12


def _at_least(result: HeadlineResult) -> float:
    """P(at least so many), whichever way the answer points."""
    return result.probability if result.direction == "at least" else result.opposite


# --- refusals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"baseline": "E"},
        {"level": "L3"},
        {"baseline_window": "3-6m"},
        {"follow_up": "10d"},
        {"follow_up": "9y"},
        {"era": "1950-1960"},
        {"outcome": "bladder"},
    ],
)
def test_refuses_outside_the_data(change: dict[str, str]) -> None:
    with pytest.raises(OutsideDomain) as refused:
        headline("2 of 4", **({**SPINAL, **ACUTE, "baseline": "A"} | change))
    assert refused.value.exit_code == 3
    assert refused.value.nearest


@pytest.mark.parametrize("missing", ["baseline", "level", "baseline_window", "follow_up"])
def test_missing_conditions_are_asked_for(missing: str) -> None:
    given_ = {**ACUTE, "baseline": "A"}
    del given_[missing]
    with pytest.raises(QuestionUnclear) as asked:
        headline("2 of 4", **SPINAL, **given_)
    assert asked.value.mend


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("2 of 4 got worse", {}),
        ("2 of 4 died", {}),
        ("2 of 4 alive", {}),
        ("2 of 4 improved", {"outcome": "ais-deterioration", "baseline": "C"}),
        ("MELD fell by 2 points in 9 people", {"outcome": "motor-score-change"}),
        ("motor score rose by 2 points in 9 people", {}),
        ("2 of 4", {"outcome": "motor-score-change"}),
        ("2 of 4", {"trials": 0}),
        ("2 of 4", {"examiners": 0}),
        ("2 of 4", {"late_exams": 2.0}),
    ],
)
def test_headline_and_outcome_must_speak_of_the_same_thing(text: str, change: dict) -> None:  # type: ignore[type-arg]
    with pytest.raises(HeadlineUnclear):
        headline(text, **({**SPINAL, **ACUTE, "baseline": "A"} | change))


def test_two_times_must_agree() -> None:
    with pytest.raises(HeadlineUnclear):
        headline(
            "7 of 10 alive at 24 weeks",
            programme="liver-cells",
            outcome="survival",
            baseline="aclf",
            follow_up="1y",
        )


def test_decompensation_headline() -> None:
    r = headline(
        "3 of 100 decompensated",
        programme="liver-cells",
        outcome="decompensation",
        baseline="compensated",
        follow_up="2y",
    )
    assert r.direction == "at most"
    assert 0.01 < r.probability < 0.5


# --- the page ----------------------------------------------------------------------------------------------------------


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag not in {"meta", "br", "rect", "line", "link"}:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in {"rect", "line"}:
            return
        assert self.stack.pop() == tag


def test_page_is_self_contained_and_accessible() -> None:
    r = headline("2 of 4 improved", **SPINAL, **ACUTE, baseline="A")
    html = answer_page(r)
    tags = _Tags()
    tags.feed(html)
    assert not tags.stack
    assert "script" not in tags.seen
    assert "Understood: 2 of 4 people improved" in html
    assert "src=" not in html
    assert not re.search(r"url\((?!#)", html)
    assert 'role="img"' in html
    assert "<title id=" in html
    assert "<desc id=" in html
    assert "prefers-color-scheme" in html
    assert 'lang="en"' in html


def test_result_is_plain_json_with_sources() -> None:
    r = headline("2 of 4", **SPINAL, **ACUTE, baseline="A")
    again = json.loads(json.dumps(r.to_dict(), allow_nan=False))
    assert again["sources"]
    assert again["level"] == Level.DERIVED.value
    assert again["cannot_see"]
    assert sum(again["frequencies"]) == r.trials


def test_complement_of_a_forecast() -> None:
    f = ProportionForecast("x", np.linspace(0.1, 0.4, 400), 0.2, "d", (), Level.DERIVED, "no programme")
    c = f.complement("not x")
    assert c.mean == pytest.approx(1 - f.mean)
    assert np.all(np.diff(c.quantiles) >= 0)
    assert at_least(sum_distribution([3], [0.5]), 4) == 0.0
    assert hypergeom.pmf(1, 4, 2, 2) == pytest.approx(4 / 6)


def test_words_are_plain() -> None:
    """Reading grade of what a family reads: 8 or below, by the Flesch-Kincaid formula with a simple syllable count."""

    def grade(text: str) -> float:
        words = re.findall(r"[A-Za-z']+", text)
        sentences = max(1, len(re.findall(r"[.!?](?:\s|$)", text)))
        syllables = sum(max(1, len(re.findall(r"[aeiouy]+", re.sub(r"e$", "", w.lower())))) for w in words)
        return 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59

    for text in ("2 of 4", "12 of 13", "17 of 50 against 0 of 20"):
        r = headline(text, **SPINAL, **ACUTE, baseline="A")
        assert grade(r.words) <= 8.0
        assert grade(" ".join(r.cannot_see)) <= 8.0
