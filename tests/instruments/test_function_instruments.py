"""Scales of function, pain, goals and harms: sums, sides, gaps and contradictions."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from proband.instruments import get, score, score_batch
from proband.instruments.function.harms import SERIOUS
from proband.instruments.function.motor import GMFM_DIMENSIONS, gmfm_items


def test_sara_takes_the_mean_of_both_sides() -> None:
    answers = dict(get("sara").example)
    base = score("sara", **answers)
    answers["heel_shin_left"] += 1
    assert score("sara", **answers).value == base.value + 0.5
    assert base.details["axial"] + base.details["limb"] == base.value
    assert score("sara", **(answers | {"gait": 9})).reason.items == ("gait",)
    assert score("sara", **(answers | {"gait": 2.5})).reason.items == ("gait",)


def test_nmdas_items_run_to_five_not_three() -> None:
    """A public page of the adult scale gives 0 to 3, copied from the paediatric one."""
    answers = dict.fromkeys(get("nmdas").item_names, 5)
    assert score("nmdas", **answers).value == 145
    children = dict.fromkeys(get("npmds").item_names, 5)
    assert not score("npmds", variant="2-11-years", **children).ok


def test_npmds_versions_by_age() -> None:
    answers = {item.name: 1 for item in get("npmds").items}
    older = score("npmds", variant="12-18-years", **answers)
    infant = score("npmds", variant="0-24-months", **answers)
    assert (older.value, older.category) == (25, "moderate (15 to 25)")
    assert infant.value == 23
    del answers["education"]
    assert score("npmds", variant="0-24-months", **answers).value == 23
    gap = score("npmds", variant="2-11-years", **answers)
    assert gap.reason.items == ("education",)


def test_gmfm_percentages_and_items_not_tested() -> None:
    full = {name: 3 for letter in GMFM_DIMENSIONS for name in gmfm_items(letter)}
    assert len(full) == 88
    assert score("gmfm-88", **full).value == 100
    half = full | dict.fromkeys(gmfm_items("e"), 0)
    result = score("gmfm-88", **half)
    assert result.details["percent_e"] == 0
    assert result.value == pytest.approx(80)
    del half["e_24"]  # the last item: beyond the first 64, in the second word of the mask
    gap = score("gmfm-88", **half)
    assert gap.value is None
    assert gap.reason.items == ("e_24",)
    assert gap.details["percent_e"] is None
    assert gap.details["percent_a"] == 100, "a dimension that was fully tested keeps its per cent"


def test_ashworth_one_plus() -> None:
    ranks = [score("modified-ashworth", grade=grade).value for grade in ("0", "1", "1+", "2", "3", "4")]
    assert ranks == [0, 1, 2, 3, 4, 5]
    halves = [
        score("modified-ashworth", variant="one-and-a-half", grade=grade).value
        for grade in ("0", "1", "1+", "2", "3", "4")
    ]
    assert halves == [0, 1, 1.5, 2, 3, 4]
    assert score("modified-ashworth", grade="1+").category == "1+"
    assert not score("modified-ashworth", grade="5").ok


def test_tardieu_refuses_a_catch_beyond_the_range() -> None:
    assert score("modified-tardieu", r1=10, r2=35, quality=2).value == 25
    wrong = score("modified-tardieu", r1=40, r2=35, quality=2)
    assert "beyond R2" in wrong.reason.message


def test_six_minute_walk() -> None:
    body: dict[str, Any] = {"age": 50, "sex": "male", "height": "1.70 m", "weight": "80 kg"}
    predicted = score("6mwt-predicted", **body)
    assert predicted.value == pytest.approx(586.1)
    assert predicted.details["lower_limit"] == pytest.approx(433.1)
    walked = score("6mwt", distance=420, **body)
    assert walked.value == 420
    assert walked.details["percent_predicted"] == pytest.approx(100 * 420 / 586.1)
    alone = score("6mwt", distance=420)
    assert alone.value == 420
    assert alone.details["predicted"] is None
    # women: 2.11 h - 5.78 a - 2.29 w + 667, no lower limit seen in a source
    woman = score("6mwt-predicted", age=50, sex="f", height=165, weight=65)
    assert woman.value == pytest.approx(2.11 * 165 - 5.78 * 50 - 2.29 * 65 + 667)
    assert woman.details["lower_limit"] is None
    assert any("unusual" in warning for warning in score("6mwt-predicted", **(body | {"age": 30})).warnings)
    assert not score("6mwt-predicted", age=100, sex="male", height=60, weight=120).ok


def test_scim_subscales_add_up_to_their_published_maxima() -> None:
    top = {item.name: max(option.code for option in item.options) for item in get("scim-iii").items}
    result = score("scim-iii", **top)
    assert len(top) == 19
    assert result.value == 100
    assert dict(result.details) == {"sum_self_care": 20, "sum_respiration_sphincter": 40, "sum_mobility": 40}
    assert score("scim-iii", **(top | {"bowel": 7})).reason.items == ("bowel",)


def _t_score(levels: list[int], weights: list[float]) -> float:
    top = sum(w * x for w, x in zip(weights, levels, strict=True))
    bottom = math.sqrt(0.7 * sum(w * w for w in weights) + 0.3 * sum(weights) ** 2)
    return 50 + 10 * top / bottom


def test_goal_attainment_is_the_published_formula() -> None:
    rng = np.random.default_rng(4)
    for _ in range(200):
        n = int(rng.integers(1, 7))
        levels = rng.integers(-2, 3, n).tolist()
        weights = rng.integers(1, 5, n).astype(float).tolist()
        answers = {f"goal_{i}": level for i, level in enumerate(levels, 1)}
        more = {f"weight_{i}": weight for i, weight in enumerate(weights, 1)}
        assert score("goal-attainment", goals=n, **answers).value == pytest.approx(
            _t_score(levels, [1.0] * n)
        )
        weighted = score("goal-attainment", variant="weighted", goals=n, **answers, **more)
        assert weighted.value == pytest.approx(_t_score(levels, weights))
    # all goals as expected: 50
    assert score("goal-attainment", goals=3, goal_1=0, goal_2=0, goal_3=0).value == 50


def test_a_goal_that_was_set_counts() -> None:
    gap = score("goal-attainment", goals=3, goal_1=0, goal_3=1)
    assert "every goal that was set counts" in gap.reason.message
    surplus = score("goal-attainment", goals=1, goal_1=0, goal_2=1)
    assert "more goals" in surplus.reason.message


NOTHING = {name: "no" for name, _ in SERIOUS}


def test_adverse_event_classes() -> None:
    def classify(**changes: Any) -> str | None:
        answers: dict[str, Any] = NOTHING | {
            "severity": "moderate",
            "causality": "not related",
            "expected": "no",
        }
        return score("adverse-event", **(answers | changes)).category

    assert classify() == "adverse event"
    assert classify(hospitalisation="yes") == "serious adverse event"
    assert classify(causality="possible") == "adverse reaction"
    assert (
        classify(causality="possible", disability="yes", expected="yes")
        == "serious adverse reaction, expected"
    )
    assert classify(causality="definite", disability="yes").startswith("suspected unexpected")
    assert classify(severity="severe") == "adverse event", "severe is not serious"


def test_adverse_event_contradictions_and_gaps() -> None:
    base: dict[str, Any] = NOTHING | {"severity": "moderate", "causality": "possible"}
    assert "grade 5 is death" in score("adverse-event", **(base | {"severity": "death"})).reason.message
    assert "grade 5 is death" in score("adverse-event", **(base | {"death": "yes"})).reason.message
    assert "life-threatening" in score("adverse-event", **(base | {"severity": "grade 4"})).reason.message
    unknown = score("adverse-event", **(base | {"hospitalisation": "yes"}))
    assert "expectedness is unknown" in unknown.reason.message
    # where it decides nothing, expectedness may be missing
    assert score("adverse-event", **base).category == "adverse reaction"
    fatal = base | {"severity": "death", "death": "yes", "expected": "yes"}
    assert score("adverse-event", **fatal).category == "serious adverse reaction, expected"


def test_adverse_event_every_combination_has_a_class_or_a_reason() -> None:
    choices = [range(1, 6), *([0, 1] for _ in SERIOUS), range(5), [0.0, 1.0, math.nan]]
    grid = np.array(list(itertools.product(*choices)), dtype=float)
    names = ["severity", *(name for name, _ in SERIOUS), "causality", "expected"]
    batch = score_batch("adverse-event", dict(zip(names, grid.T, strict=True)))
    assert ((batch.category >= 0) == batch.scored).all()
    serious = grid[:, 1:7].any(axis=1)
    susar = batch.category == 4
    assert (susar <= (serious & (grid[:, 7] >= 2) & (grid[:, 8] == 0))).all()
    assert not (batch.scored & ((grid[:, 0] == 5) != (grid[:, 1] == 1))).any()


def test_global_impressions_and_pain() -> None:
    assert score("pgi-change", change="very much improved").value == 1
    assert score("pgi-change", change=7).category == "very much worse"
    assert score("pgi-severity", severity="none").category == "none"
    assert score("pain-nrs", pain=0).value == 0
    assert not score("pain-nrs", pain=11).ok
    assert not score("pain-nrs", pain="<5").ok
    assert score("wisci-ii", level=20).value == 20
    assert not score("wisci-ii", level=21).ok
