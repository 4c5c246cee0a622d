"""Two examinations of one person, and what criteria ask of one."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.instruments.isncsci import (
    DERMATOMES,
    KEY_MUSCLES,
    Exam,
    ais_conversion,
    beyond_measurement_error,
    change_since_baseline,
    classify,
    has_grade,
    is_at_or_caudal,
    is_at_or_rostral,
    is_between,
    level_at_or_caudal,
    level_at_or_rostral,
    level_between,
    level_index,
    measurement_error,
    motor_level_gain,
    neurological_level,
    possible,
)
from proband.instruments.isncsci.classification import TOTAL_KEYS
from proband.instruments.isncsci.levels import LEVELS, SIDES
from proband.instruments.isncsci.model import motor_key, prick_key, touch_key
from proband.instruments.isncsci.synthetic import random_exams
from proband.terms import Level


def injured(last: str, **changes: str) -> Exam:
    values = {}
    for side in SIDES:
        for level in DERMATOMES:
            if level_index(level) > level_index(last):
                values[touch_key(side, level)] = values[prick_key(side, level)] = "0"
        for level in KEY_MUSCLES:
            if level_index(level) > level_index(last):
                values[motor_key(side, level)] = "0"
    return Exam.uniform().with_values({"analContraction": "No", "analSensation": "No", **values, **changes})


C5 = classify(injured("C5"))


def test_sums_change_by_what_was_gained() -> None:
    after = classify(injured("C5", c6RightMotor="3", c7RightMotor="1", c6LeftTouch="1"))
    changes = change_since_baseline(C5, after)
    assert set(changes) == set(TOTAL_KEYS)
    assert changes["upperMotorTotal"].change == 4
    assert (changes["upperMotorTotal"].low, changes["upperMotorTotal"].high) == (4, 4)
    assert changes["touchTotal"].change == 1
    assert changes["prickTotal"].change == 0
    assert changes["lowerMotorTotal"].change == 0
    back = change_since_baseline(after, C5)
    assert back["upperMotorTotal"].change == -4


def test_an_untested_value_leaves_bounds_and_a_reason() -> None:
    after = classify(injured("C5", c6RightMotor="NT", c7RightMotor="1"))
    change = change_since_baseline(C5, after)["upperMotorTotal"]
    assert change.change is None
    assert (change.low, change.high) == (1, 6)
    assert "follow-up" in change.reason
    both = change_since_baseline(after, after)["rightUpperMotorTotal"]
    assert (both.low, both.high) == (-5, 5)
    assert "baseline and follow-up" in both.reason


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_bounds_hold_the_change(seed: int) -> None:
    rng = np.random.default_rng(seed)
    batch = random_exams(rng, 2, "mixed")
    before, after = batch.exam(0), batch.exam(1)

    def fill(exam: Exam) -> Exam:
        values = {}
        for key, value in exam.to_dict().items():
            if value.startswith("NT") and not key.startswith("anal"):
                values[key] = str(rng.integers(0, 6 if key.endswith("Motor") else 3))
        return exam.with_values(values)

    bounds = change_since_baseline(classify(before), classify(after))
    true = change_since_baseline(classify(fill(before)), classify(fill(after)))
    for key in TOTAL_KEYS:
        change = true[key].change
        assert change is not None
        assert bounds[key].low <= change <= bounds[key].high
        if bounds[key].change is not None:
            assert bounds[key].low == bounds[key].high == change == bounds[key].change


def test_motor_levels_are_counted_per_side() -> None:
    after = classify(injured("C5", c6RightMotor="5", c7RightMotor="3"))
    gains = motor_level_gain(C5, after)
    # The block sensation below C5 is absent, which the arm's own levels do not ask for.
    assert gains["right"].levels == 2
    assert gains["left"].levels == 0
    assert gains["right"].at_least(2) is True
    assert gains["left"].at_least(1) is False
    assert not gains["right"].by_sensation
    assert motor_level_gain(after, C5)["right"].levels == -2


def test_an_open_motor_level_leaves_the_gain_open() -> None:
    after = classify(injured("C5", c6RightMotor="NT", c7RightMotor="3"))
    gain = motor_level_gain(C5, after)["right"]
    assert gain.follow_up == ("C5", "C6", "C7")
    assert (gain.low, gain.high, gain.levels) == (0, 2, None)
    assert gain.at_least(1) is None
    assert gain.at_least(3) is False


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_bounds_of_a_gain_hold_for_every_pair_of_possible_levels(seed: int) -> None:
    batch = random_exams(np.random.default_rng(seed), 2, "nt")
    order = [*LEVELS[:-1], "INT"]
    for gain in motor_level_gain(classify(batch.exam(0)), classify(batch.exam(1))).values():
        pairs = [order.index(a) - order.index(b) for b in gain.baseline for a in gain.follow_up]
        assert (gain.low, gain.high) == (min(pairs), max(pairs))


def test_levels_without_a_key_muscle_are_marked() -> None:
    gain = motor_level_gain(classify(injured("T4")), classify(injured("T6")))["left"]
    assert gain.levels == 2
    assert gain.by_sensation
    normal = classify(Exam.uniform())
    weak = classify(Exam.uniform().with_values({"analContraction": "No"}))
    assert motor_level_gain(weak, normal)["right"].levels == 1, "from S3 to INT is one level"


def test_stars_are_carried() -> None:
    starred = classify(injured("T4", c3RightTouch="1**"))
    assert motor_level_gain(C5, starred)["right"].starred
    assert not motor_level_gain(C5, starred)["left"].starred


def test_ais_conversion() -> None:
    b = classify(injured("C5", s4_5LeftTouch="1"))
    ab = classify(injured("C5", s4_5LeftTouch="NT"))
    assert (C5.ais, b.ais, ab.ais) == ("A", "B", "A,B")
    up = ais_conversion(C5, b)
    assert (up.grades, up.improved(), up.improved(2), up.worsened, up.became_incomplete) == (
        1,
        True,
        False,
        False,
        True,
    )
    down = ais_conversion(b, C5)
    assert (down.grades, down.improved(), down.worsened, down.became_incomplete) == (-1, False, True, False)
    open_ = ais_conversion(C5, ab)
    assert (open_.grades, open_.improved(), open_.worsened, open_.became_incomplete) == (
        None,
        None,
        False,
        None,
    )
    was_open = ais_conversion(ab, b)
    assert (was_open.improved(), was_open.became_incomplete) == (None, None)
    assert ais_conversion(b, b).became_incomplete is False
    assert ais_conversion(C5, C5).grades == 0


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_decided_conversion_holds_for_every_pair_of_possible_grades(seed: int) -> None:
    batch = random_exams(np.random.default_rng(seed), 2, "nt")
    found = ais_conversion(classify(batch.exam(0)), classify(batch.exam(1)))
    pairs = [("ABCDE".index(a) - "ABCDE".index(b)) for b in found.baseline for a in found.follow_up]
    for grades in (1, 2):
        answers = {pair >= grades for pair in pairs}
        assert found.improved(grades) == (answers.pop() if len(answers) == 1 else None)
    answers = {pair < 0 for pair in pairs}
    assert found.worsened == (answers.pop() if len(answers) == 1 else None)


# Measurement error.


def test_every_figure_has_a_source_and_a_level() -> None:
    figures = measurement_error()
    assert len(figures) == 15
    for figure in figures.values():
        assert figure.source.citation
        assert (figure.figure.value is None) == (figure.figure.level is Level.NOT_FOUND)
        assert figure.figure.level is not Level.UNVERIFIED, (
            "an unchecked figure has no place in a calculation"
        )
    assert "not found" in str(figures["important-difference"])
    assert "[derived]" in str(figures["sd-complete-motor"])


@pytest.mark.acceptance
def test_the_figures_are_those_of_the_evidence(evidence: Path) -> None:
    with (evidence / "spinal-cord" / "measurement_error.csv").open(encoding="utf-8") as rows:
        known = {(row["value"], row["verified"]) for row in csv.DictReader(rows)}
    for figure in measurement_error().values():
        value = figure.figure.value
        number = (
            "" if value is None else f"{value:g}" + (f"–{figure.figure.high:g}" if figure.figure.high else "")
        )
        assert (number, figure.figure.level.value) in known, figure.id


def test_only_complete_injuries_have_a_limit() -> None:
    after = classify(injured("C5", c6RightMotor="2"))
    judged = beyond_measurement_error(C5, after)
    assert judged["motor"].beyond is True
    assert judged["motor"].limit is not None
    assert judged["motor"].limit.figure.value == 2
    assert judged["light touch"].beyond is False
    one = beyond_measurement_error(C5, classify(injured("C5", c6RightMotor="1")))
    assert one["motor"].beyond is False
    worse = beyond_measurement_error(after, C5)
    assert worse["motor"].beyond is True
    open_ = beyond_measurement_error(C5, classify(injured("C5", c6RightMotor="NT")))
    assert open_["motor"].beyond is None
    assert "may or may not" in open_["motor"].reason
    incomplete = beyond_measurement_error(C5, classify(injured("C5", c6RightMotor="2", s4_5LeftTouch="1")))
    assert incomplete["motor"].beyond is None
    assert incomplete["motor"].limit is None
    assert "no repeatability" in incomplete["motor"].reason


def test_sensation_needs_seven_points() -> None:
    six = {prick_key("right", level): "1" for level in ("C6", "C7", "C8", "T1", "T2", "T3")}
    assert beyond_measurement_error(C5, classify(injured("C5", **six)))["pinprick"].beyond is False
    seven = {**six, "t4RightPrick": "1"}
    assert beyond_measurement_error(C5, classify(injured("C5", **seven)))["pinprick"].beyond is True


# Criteria.


def test_the_order_of_levels() -> None:
    assert LEVELS[0] == "C1"
    assert LEVELS[-1] == "S4-5"
    assert len(LEVELS) == 29
    assert is_at_or_rostral("C4", "C5")
    assert is_at_or_rostral("C5", "C5")
    assert not is_at_or_rostral("T1", "C8")
    assert is_at_or_caudal("INT", "S4-5")
    assert is_at_or_rostral("T6*", "T6")
    assert is_between("T10", "T2", "T12"), "levels are no texts: T10 lies below T2"
    with pytest.raises(ValueError, match="rostral limit first"):
        is_between("T3", "T6", "T1")
    with pytest.raises(ValueError, match="no spinal level"):
        level_index("C9")
    assert possible(["S3", "T6*", "T6"]) == ("T6", "S3")


def test_criteria_have_three_answers() -> None:
    assert has_grade(C5, "A") is True
    assert has_grade(C5, ["B", "C"]) is False
    open_ = classify(injured("C5", s4_5LeftTouch="NT"))
    assert has_grade(open_, "A") is None
    assert has_grade(open_, ["A", "B"]) is True
    assert has_grade(open_, ["C", "D"]) is False
    with pytest.raises(ValueError, match="no AIS grade"):
        has_grade(C5, ["F"])
    assert neurological_level(C5) == ("C5",)
    unsure = classify(injured("C6", c6RightTouch="NT"))
    assert neurological_level(unsure) == ("C5", "C6")
    assert level_at_or_rostral(unsure, "C5") is None
    assert level_at_or_rostral(unsure, "C6") is True
    assert level_at_or_caudal(unsure, "C7") is False
    assert level_between(unsure, "C4", "T1") is True
    assert level_between(unsure, "C6", "T1") is None
    with pytest.raises(ValueError):
        level_at_or_rostral(unsure, "neck")


def test_no_grade_fits_no_criterion() -> None:
    assert has_grade(Exam.uniform(), "ABCDE", prior_deficit=False) is False
    assert has_grade(Exam.uniform(), "E") is True
