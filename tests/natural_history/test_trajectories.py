"""Scores over the first year: the simulator stays with the cells that it claims to follow."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from proband.natural_history import OutsideDomain, QuestionUnclear
from proband.natural_history.special import trajectories as tr
from shipped import headline, loaded

SPINAL = "spinal-cord-autologous"
WEEKS = np.array([2.0, 4.0, 12.0, 26.0, 52.0])
GROUPS = [(g, p) for g in "ABCD" for p in ("tetraplegia", "paraplegia")]


@pytest.mark.parametrize(("grade", "plegia"), GROUPS)
@pytest.mark.parametrize("measure", ["motor-total", "lems", "light-touch", "pinprick"])
def test_drawn_people_follow_their_cell(measure: str, grade: str, plegia: str) -> None:
    course = tr.trajectory(loaded(SPINAL), measure, grade, plegia)
    drawn = course.draw(6000, WEEKS, seed=1)
    low, high = tr.MEASURES[measure]
    assert drawn.min() >= low
    assert drawn.max() <= high
    for i, point in enumerate(course.points):
        tolerance = 3 * point.sd * np.sqrt(1 / point.n + 1 / 6000)
        assert abs(drawn[:, i].mean() - point.mean) < tolerance, (measure, grade, plegia, point.week)
        assert drawn[:, i].std() == pytest.approx(point.sd, rel=0.06, abs=0.05)


def test_motor_total_in_paraplegia_keeps_the_full_upper_limb_score() -> None:
    assert tr.trajectory(loaded(SPINAL), "motor-total", "A", "paraplegia").draw(500, WEEKS, 2).min() >= 50


def test_within_person_correlation_is_kept() -> None:
    drawn = tr.trajectory(loaded(SPINAL), "motor-total", "A", "tetraplegia").draw(
        20_000, np.array([4.0, 52.0]), seed=3
    )
    assert np.corrcoef(drawn.T)[0, 1] == pytest.approx(0.901, abs=0.05)


def test_change_spread_uses_the_correlation() -> None:
    a = tr.score_change(loaded(SPINAL), "motor-total", "A", "tetraplegia", 2, 52)
    assert a.pooled == pytest.approx(28.46 - 17.534, abs=0.01)
    assert a.sd < np.hypot(16.439, 21.014)


def test_rehabilitation_is_a_confounder_with_a_size() -> None:
    gain = tr.rehabilitation_gain(loaded(SPINAL))
    assert (gain.mean, gain.hours_per_week, gain.correlation_with_hours) == (4.8, 7.3, 0.53)
    assert gain.sd == pytest.approx(1.0 * np.sqrt(21), abs=0.05)


def test_motor_level_gain_is_marked_and_bounded() -> None:
    gain = tr.motor_level_gain(loaded(SPINAL))
    assert gain.low < gain.two_or_more < gain.high
    assert gain.none + gain.one + gain.two_or_more == pytest.approx(1.0)
    assert "inference" in gain.note
    with pytest.raises(OutsideDomain):
        tr.motor_level_gain(loaded(SPINAL), "C")


def test_registries_are_compared_not_assumed_alike() -> None:
    assert tr.between_registry_sd(loaded(SPINAL)) >= tr.LEAST_BETWEEN


@pytest.mark.parametrize(
    ("measure", "grade", "level", "first", "last"),
    [
        ("uems", "A", "paraplegia", 4, 52),
        ("motor-total", "A", "all", 4, 52),
        ("motor-total", "A", "tetraplegia", 4, 80),
        ("motor-total", "A", "tetraplegia", 20, 10),
        ("lems", "A", "tetraplegia", 60, 90),
    ],
)
def test_refusals(measure: str, grade: str, level: str, first: float, last: float) -> None:
    with pytest.raises(OutsideDomain):
        tr.score_change(loaded(SPINAL), measure, grade, level, first, last)


def test_unknown_score() -> None:
    with pytest.raises(QuestionUnclear):
        tr.trajectory(loaded(SPINAL), "happiness", "A", "tetraplegia")


def test_motor_headlines() -> None:
    kw = {"programme": SPINAL, "outcome": "motor-score-change", "baseline": "A", "level": "cervical"}
    r = headline("motor score rose by 9 points in 12 people", **kw, baseline_window="14-28d", follow_up="1y")
    assert r.probability > 0.3
    chronic = headline(
        "motor score rose by 5 points in 20 people", **kw, baseline_window="18-18m", follow_up="24m"
    )
    assert chronic.probability < 0.05
    assert any("exercise" in a for a in chronic.assumptions)


@pytest.mark.acceptance
def test_courses_agree_with_the_independent_tables(acceptance: Path) -> None:
    """Mean ± 3 SD/√n of the cell in the published tables (07_sci), for every drawn group."""
    folder = acceptance / "07_sci" / "emsci_sygen_published_tables"
    names = {"lems": "lems", "uems": "uems", "motor-total": "tms", "light-touch": "tlt", "pinprick": "tpp"}
    checked = 0
    for measure, short in names.items():
        found = list(folder.rglob(f"*longitudinal.data.{short}*.csv"))
        assert found, short
        with found[0].open(encoding="utf-8-sig", newline="") as stream:
            for cells in csv.reader(stream):
                values = [c.strip() for c in cells]
                if not values or values[0].strip('"') not in set("ABCD") or len(values) < 6:
                    continue
                grade, week, plegia, n, mean, sd = (
                    values[0],
                    float(values[1]),
                    values[2].lower(),
                    *map(float, values[3:6]),
                )
                course = tr.trajectory(loaded(SPINAL), measure, grade, plegia)
                drawn = course.draw(8000, np.array([week]), seed=int(week))[:, 0]
                assert abs(drawn.mean() - mean) <= 3 * sd / np.sqrt(n) + 3 * sd / np.sqrt(8000)
                checked += 1
    assert checked >= 160


def test_predicted_group_mean() -> None:
    change = tr.score_change(loaded(SPINAL), "motor-total", "C", "tetraplegia", 4, 52)
    rng = np.random.default_rng(5)
    drawn = rng.choice(change.quantiles, 200_000) + change.sd / np.sqrt(25) * rng.standard_normal(200_000)
    assert change.group_mean(25) == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.4)
    assert change.group_mean(10_000)[0] == pytest.approx(change.interval()[0], abs=0.4)


@pytest.mark.parametrize(("window", "follow_up"), [("1y", "1y"), ("1-5y", "1y"), ("14-28d", "14d")])
def test_a_last_examination_before_the_first_is_named_as_that(window: str, follow_up: str) -> None:
    with pytest.raises(OutsideDomain, match="last examination after the first"):
        headline(
            "motor score rose by 9 points in 12 people",
            programme="spinal-cord-autologous",
            outcome="motor-score-change",
            baseline="A",
            level="cervical",
            baseline_window=window,
            follow_up=follow_up,
        )
