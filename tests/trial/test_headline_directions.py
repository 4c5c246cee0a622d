"""Which way a headline points, how two groups were made, and what is refused before anything is replayed."""

from __future__ import annotations

import shutil
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from proband.analysis.unconditional import boschloo
from proband.natural_history import OutsideDomain, QuestionUnclear
from proband.natural_history.special.trajectories import trajectory
from proband.programme import BundleError, load
from proband.trial.headline.claimed import claimed_headlines
from proband.trial.headline.groups import CIRCULAR, MADE
from proband.trial.headline.meaning import HeadlineUnclear
from proband.trial.headline.words import VERDICTS, verdict_key, what_would_tell
from proband.trial.replay import ExamModel, replay_counts
from shipped import headline, loaded

SPINAL = {"programme": "spinal-cord-autologous", "outcome": "ais-conversion"}
ACUTE = {"level": "cervical", "baseline_window": "14-28d", "follow_up": "1y"}
LIVER = {"programme": "liver-cells", "outcome": "survival", "baseline": "aclf", "follow_up": "24w"}


# --- direction -----------------------------------------------------------------------------------------------------------


def test_rare_harm_is_said_as_loudly_as_rare_benefit() -> None:
    harm = headline("2 of 60 alive", **LIVER)
    assert (harm.direction, harm.speaks_of, harm.surprise) == ("at most", "harm", "rare")
    assert "did much worse" in harm.words
    good = headline("59 of 60 alive", **LIVER)
    assert (good.direction, good.speaks_of, good.surprise) == ("at least", "benefit", "rare")
    told_as_deaths = headline("58 of 60 died", **LIVER)
    assert told_as_deaths.probability == harm.probability
    assert told_as_deaths.direction == harm.direction


def test_many_who_got_worse_are_harm_and_few_are_not() -> None:
    ask = {**ACUTE, "programme": "spinal-cord-autologous", "outcome": "ais-deterioration", "baseline": "D"}
    assert headline("6 of 12 got worse", **ask).speaks_of == "harm"
    assert headline("6 of 12 got worse", **ask).surprise == "rare"
    none = headline("none of 12 got worse", **ask)
    assert (none.direction, none.speaks_of, none.surprise) == ("at most", "benefit", "common")


def test_nobody_is_not_at_least_nobody() -> None:
    r = headline("none of 3 improved", **SPINAL, **ACUTE, baseline="A")
    assert r.direction == "at most"
    assert r.probability < 0.6
    assert "no gain to explain" in r.words
    assert r.opposite == 1.0


def test_a_score_that_rises_where_it_should_fall_is_harm() -> None:
    ask: dict[str, Any] = {**LIVER, "outcome": "meld-change", "baseline": "cirrhosis"}
    assert headline("MELD rose by 6 points in 40 people", **ask).speaks_of == "harm"
    assert headline("MELD worsened by 6 points in 40 people", **ask).observed == 6
    assert headline("MELD improved by 6 points in 40 people", **ask).observed == -6
    wide = headline("MELD fell by 1 point (SD 30) in 40 people", **ask)
    assert wide.probability > headline("MELD fell by 1 point in 40 people", **ask).probability
    assert any("larger is taken" in a for a in wide.assumptions)


# --- two groups ------------------------------------------------------------------------------------------------------------


def test_groups_made_by_chance_are_judged_by_the_exact_test() -> None:
    r = headline("9 of 20 against 2 of 19", **SPINAL, **ACUTE, baseline="A", groups="randomised")
    assert r.comparison is not None
    assert r.comparison.name == "Boschloo's exact test"
    assert r.comparison.directed == boschloo(9, 20, 2, 19, "greater").p
    assert r.verdict_from == r.comparison.two_sided == boschloo(9, 20, 2, 19, "two-sided").p
    harm = headline("2 of 19 against 9 of 20", **SPINAL, **ACUTE, baseline="A", groups="randomised")
    assert harm.speaks_of == "harm"
    assert harm.verdict_from == pytest.approx(r.verdict_from, abs=1e-6)


@pytest.mark.parametrize("groups", sorted(set(MADE) - {"randomised"}))
def test_groups_that_chance_did_not_make_come_from_cohorts_of_their_own(groups: str) -> None:
    r = headline("60 of 80 alive against 44 of 80", **LIVER, groups=groups)
    by_chance = headline("60 of 80 alive against 44 of 80", **LIVER, groups="randomised")
    assert r.probability > 3 * by_chance.probability
    assert r.verdict_from == r.interval[1]
    assert MADE[groups] in r.words
    assert r.probability == pytest.approx(r.predictive, abs=0.02)


def test_untreated_people_who_do_as_most_do_are_not_better_than_expected() -> None:
    """Nobody worse is what one expects where hardly anyone gets worse; a tail that is always one says nothing."""
    ask = {**ACUTE, "programme": "spinal-cord-autologous", "outcome": "ais-deterioration", "baseline": "D"}
    rare = headline("5 of 10 against 0 of 10 got worse", **ask, groups="randomised")
    assert "about as expected" in rare.words
    assert "hardly anyone has the outcome" in what_would_tell(rare)
    assert "nearly everyone" not in what_would_tell(rare)
    good = headline("9 of 20 alive against 20 of 20", **LIVER, groups="randomised")
    assert "better than expected" in good.words
    poor = headline("9 of 20 alive against 1 of 20", **LIVER, groups="randomised")
    assert "worse than expected" in poor.words


def test_without_chance_and_without_history_there_is_no_verdict() -> None:
    ask = {**SPINAL, "level": "thoracic", "baseline": "B", "baseline_window": "13-23m", "follow_up": "36m"}
    r = headline("17 of 50 against 0 of 20", **ask)
    assert r.surprise == "no verdict"
    assert "no verdict" in r.words
    assert headline("17 of 50 against 0 of 20", **ask, groups="randomised").surprise == "rare"


def test_arms_apart_are_independent_draws() -> None:
    table = np.linspace(0, 1, 400)[None].repeat(2, axis=0)
    drawn = {
        apart: replay_counts(table, [500, 500], [0, 1], trials=8000, seed=3, exam=ExamModel(), apart=apart)
        / 500
        for apart in (False, True)
    }
    assert np.corrcoef(drawn[False].T)[0, 1] > 0.99
    assert abs(np.corrcoef(drawn[True].T)[0, 1]) < 0.05


def test_a_study_is_not_its_own_yardstick() -> None:
    claimed = claimed_headlines(loaded("liver-cells"), trials=200).answers[0].result
    assert claimed is not None
    assert claimed.natural_history_refused == CIRCULAR
    assert CIRCULAR in claimed.words
    assert claimed.surprise != "no verdict"  # its groups were made by chance
    typed = headline("41 of 56 alive against 30 of 54", **LIVER, sources=["lin-2017-abstract"])
    assert typed.surprise == "no verdict"


def test_the_best_of_many_tries_is_less_surprising() -> None:
    one = headline("9 of 10", **SPINAL, **ACUTE, baseline="A")
    many = headline("9 of 10", **SPINAL, **ACUTE, baseline="A", outcomes=6, looks=3)
    assert many.verdict_from == pytest.approx(min(1.0, 18 * one.probability))
    assert "best of 18 tries" in many.words


# --- asked in vain -----------------------------------------------------------------------------------------------------------


def test_all_missing_conditions_are_named_at_once() -> None:
    with pytest.raises(QuestionUnclear) as asked:
        headline("2 of 4", **SPINAL)
    for option in ("baseline", "level", "baseline-window", "follow-up"):
        assert option in asked.value.message
        assert "--" + option in asked.value.mend


@pytest.mark.parametrize(
    "given",
    [
        {"trials": 1},
        {"difference": 0.0},
        {"difference": float("nan")},
        {"difference": 5.0},
        {"groups": "lottery"},
        {"looks": 0},
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_mend(given: dict[str, Any]) -> None:
    with pytest.raises(HeadlineUnclear) as refused:
        headline("2 of 4", **SPINAL, **ACUTE, baseline="A", **given)
    assert refused.value.mend


def test_a_score_between_two_whole_numbers_is_refused() -> None:
    with pytest.raises(QuestionUnclear, match="whole number"):
        headline("5 of 10 alive", **{**LIVER, "baseline": "MELD 29.5", "follow_up": "90d"})


def test_one_year_after_injury_is_that_time() -> None:
    late = {**SPINAL, "baseline": "A", "level": "all", "follow_up": "5y"}
    at_one_year = headline("1 of 20", **late, baseline_window="1y")
    assert at_one_year.natural == headline("1 of 20", **late, baseline_window="12-12m").natural


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("not_happened: [died, die, dies, dead]", "not_happened: [died, alive]", "happened and of those"),
        ("    not_happened:", "    measure: [survival score]\n    not_happened:", "counts people"),
        ("happened: [alive,", "happened: [Alive!,", "not of the form"),
    ],
)
def test_words_that_contradict_themselves_are_found_at_their_line(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    source = Path(str(resources.files("proband"))) / "programmes" / "liver-cells"
    bundle = tmp_path / "liver-cells"
    shutil.copytree(source, bundle)
    path = bundle / "natural_history" / "mortality-by-score.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(BundleError, match=r"mortality-by-score\.yaml:\d+") as broken:
        load(bundle)
    assert says in str(broken.value)


def test_a_study_of_one_group_is_not_compared_with_itself() -> None:
    ask: dict[str, Any] = {**LIVER, "outcome": "survival"}
    with pytest.raises(OutsideDomain, match="compared with itself"):
        headline("30 of 54 alive", **ask, sources=["lin-2017-abstract"])
    with pytest.raises(OutsideDomain, match="compared with itself"):
        headline(
            "MELD fell by 2 points in 20 people",
            **{**ask, "outcome": "meld-change", "baseline": "cirrhosis"},
            sources=["nh-pbc"],
        )
    assert headline("30 of 54 alive", **ask).surprise  # nobody says where it comes from


def test_the_course_before_two_weeks_is_what_an_early_examination_would_add() -> None:
    """Why a first examination before day 14 is refused: the ranges that the documentation names."""
    programme = loaded("spinal-cord-autologous")

    def times(measure: str, grade: str) -> float:
        course = trajectory(programme, measure, grade, "tetraplegia")
        slope = (course.at(4).mean - course.at(2).mean) / np.log(2)
        return 1 + slope * np.log(14 / 3) / (course.at(52).mean - course.at(2).mean)

    assert all(1.35 <= times("motor-total", g) <= 1.75 for g in "ABCD")
    assert all(1.85 <= times("pinprick", g) <= 2.05 for g in "AC")


def test_a_printed_mean_may_have_been_rounded_up() -> None:
    """A printed 2 may be 1.5: with whole points more replays reach it than with one decimal, and never fewer."""
    ask: dict[str, Any] = {**LIVER, "outcome": "meld-change", "baseline": "cirrhosis"}
    whole, tenth = (headline(f"MELD fell by {v} points in 20 people", **ask) for v in ("2", "2.0"))
    assert whole.probability > tenth.probability
    assert whole.probability == pytest.approx(whole.predictive, abs=0.02)
    assert any("rounded to 1 points" in a for a in whole.assumptions)
    assert all(v == round(v) for v in whole.values)  # a bar for each result that can be printed
    two = [
        headline(f"MELD fell by {v} points in 20 people against {w} in 20", **ask, groups="randomised")
        for v, w in (("2", "0"), ("2.0", "0.0"))
    ]
    assert two[0].verdict_from is not None
    assert two[1].verdict_from is not None
    assert two[0].verdict_from > two[1].verdict_from
    for r in (whole, tenth, *two):
        reached = sum(
            n
            for v, n in zip(r.values, r.frequencies, strict=True)
            if (v <= r.seen + 1e-9 if r.direction == "at most" else v >= r.seen - 1e-9)
        )
        assert reached / r.trials == pytest.approx(r.probability, abs=1e-9)


def test_the_words_follow_the_number_without_a_cliff() -> None:
    """From chance to chance the words change by one step, and on both sides of a limit they name both grades."""
    grades = [
        "common",
        "common or not unusual",
        "not unusual",
        "not unusual or unusual",
        "unusual",
        "unusual or rare",
        "rare",
    ]
    said = [verdict_key(p) for p in np.geomspace(0.9, 0.0005, 4000)]
    places = [grades.index(s) for s in said]
    assert set(places) == set(range(7))
    assert all(0 <= b - a <= 1 for a, b in pairwise(places))
    for limit in (0.2, 0.05, 0.01):
        assert verdict_key(limit * 1.01) == verdict_key(limit * 0.99)
    for words in VERDICTS.values():
        assert set(words) == set(grades)
        assert len(set(words.values())) == 7
