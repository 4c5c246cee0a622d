"""Hard places of the standard, one by one: each with the rule, and what the reference says where Node is
there.
"""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.isncsci_reference import ReferenceAbsentError, run_reference
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.instruments.isncsci import (
    DERMATOMES,
    KEY_MUSCLES,
    Exam,
    ExamBatch,
    ais_grade,
    classify,
    classify_batch,
    level_index,
)
from proband.instruments.isncsci.classification import GRADE_KEYS, LEVEL_KEYS, ZONE_KEYS
from proband.instruments.isncsci.grades import NT_GRADE
from proband.instruments.isncsci.levels import SIDES
from proband.instruments.isncsci.model import motor_key, prick_key, touch_key
from proband.instruments.isncsci.synthetic import random_exams


def injured(last: str, **changes: str) -> Exam:
    """Normal down to `last` on both sides and nothing below."""
    values = {}
    for side in SIDES:
        for level in DERMATOMES:
            if level_index(level) > level_index(last):
                values[touch_key(side, level)] = values[prick_key(side, level)] = "0"
        for level in KEY_MUSCLES:
            if level_index(level) > level_index(last):
                values[motor_key(side, level)] = "0"
    return Exam.uniform().with_values({"analContraction": "No", "analSensation": "No", **values, **changes})


NORMAL = Exam.uniform()
T5 = {
    touch_key(side, level): "0"
    for side in SIDES
    for level in DERMATOMES
    if level_index(level) > level_index("T11")
}

READINGS: dict[str, tuple[Exam, dict[str, str]]] = {
    "AIS E: everything normal": (
        NORMAL,
        {
            "asiaImpairmentScale": "E",
            "neurologicalLevelOfInjury": "INT",
            "injuryComplete": "I",
            "rightMotor": "INT",
        },
    ),
    "AIS E needs no deep anal pressure when the sphincter contracts": (
        NORMAL.with_values({"analSensation": "No"}),
        {"asiaImpairmentScale": "E", "rightSensoryZpp": "NA"},
    ),
    "AIS E with a star, when normal only by two stars": (
        NORMAL.with_values({"t6RightTouch": "1**"}),
        {"asiaImpairmentScale": "E*", "neurologicalLevelOfInjury": "INT*", "rightSensory": "INT*"},
    ),
    "no AIS E without a contracting sphincter, though the level is intact": (
        NORMAL.with_values({"analContraction": "No"}),
        {
            "asiaImpairmentScale": "B",
            "neurologicalLevelOfInjury": "INT",
            "rightMotor": "S3",
            "leftMotorZpp": "S3",
        },
    ),
    "AIS E or less, when the sphincter was not testable": (
        NORMAL.with_values({"analContraction": "NT"}),
        {"asiaImpairmentScale": "B,E", "rightMotor": "S3,INT", "rightMotorZpp": "NA,S3"},
    ),
    "AIS E or D, when one dermatome was not testable": (
        NORMAL.with_values({"s2LeftPrick": "NT"}),
        {"asiaImpairmentScale": "D,E", "neurologicalLevelOfInjury": "S1,INT", "leftSensory": "S1,INT"},
    ),
    "one altered dermatome is no AIS E": (
        NORMAL.with_values({"s2LeftPrick": "1"}),
        {"asiaImpairmentScale": "D", "neurologicalLevelOfInjury": "S1"},
    ),
    "complete at C5": (
        injured("C5"),
        {
            "asiaImpairmentScale": "A",
            "injuryComplete": "C",
            "neurologicalLevelOfInjury": "C5",
            "rightMotor": "C5",
            "rightSensoryZpp": "C5",
            "rightMotorZpp": "C5",
            "upperMotorTotal": "10",
            "touchTotal": "16",
        },
    ),
    "grade 3 is the motor level, when all above is normal": (
        injured("C5", c6RightMotor="3"),
        {"rightMotor": "C6", "leftMotor": "C5", "neurologicalLevelOfInjury": "C5"},
    ),
    "grade 4 above a grade 5 holds the motor level": (
        injured("C8", c6RightMotor="4"),
        {"rightMotor": "C6", "leftMotor": "C8", "neurologicalLevelOfInjury": "C6"},
    ),
    "exactly half of the muscles at grade 3 is D": (
        injured("T4", analSensation="Yes", **{motor_key("right", level): "3" for level in KEY_MUSCLES[5:]}),
        {"asiaImpairmentScale": "D"},
    ),
    "less than half at grade 3 is C": (
        injured("T4", analSensation="Yes", **{motor_key("right", level): "3" for level in KEY_MUSCLES[5:9]}),
        {"asiaImpairmentScale": "C"},
    ),
    "a non-key muscle more than three levels below makes B into C": (
        injured("C5", analSensation="Yes", leftLowestNonKeyMuscleWithMotorFunction="L2"),
        {"asiaImpairmentScale": "C", "leftMotorZpp": "L2", "rightMotorZpp": "C5"},
    ),
    "a non-key muscle three levels below does not": (
        injured("C5", analSensation="Yes", leftLowestNonKeyMuscleWithMotorFunction="C8"),
        {"asiaImpairmentScale": "B", "leftMotorZpp": "C5"},
    ),
    "a non-key muscle without sacral sparing leaves A": (
        injured("C5", leftLowestNonKeyMuscleWithMotorFunction="L2"),
        {"asiaImpairmentScale": "A", "leftMotorZpp": "C5"},
    ),
    "a non-key level that has no key muscle changes nothing": (
        injured("C5", analSensation="Yes", leftLowestNonKeyMuscleWithMotorFunction="T8"),
        {"asiaImpairmentScale": "B", "leftMotorZpp": "C5"},
    ),
    "a zone of C1 carries no star, though a starred zero was passed": (
        Exam.uniform("0", "0", vac="No", dap="No").with_values({"l2RightTouch": "0*"}),
        {"rightSensoryZpp": "C1,L2*", "leftSensoryZpp": "C1"},
    ),
    "a later possible level of the motor zone carries no star for a starred value far above": (
        injured("T11", c2LeftTouch="1**", c5LeftTouch="NT"),
        {"leftMotor": "T1*,T11*", "leftMotorZpp": "T1,T11", "leftSensory": "C4*,T11*"},
    ),
    "the first possible level of the motor zone does": (
        injured("T11", c2LeftTouch="1**"),
        {"leftMotor": "T11*", "leftMotorZpp": "T11*"},
    ),
}


@pytest.mark.parametrize("name", READINGS)
def test_the_reading(name: str) -> None:
    exam, expected = READINGS[name]
    found = classify(exam).to_dict()
    assert {key: found[key] for key in expected} == expected
    assert classify_batch([exam], engine="kernel").row(0) == found


@pytest.mark.node
def test_the_reference_reads_them_alike() -> None:
    """There is no known disagreement: see docs/instruments/isncsci_disagreements.md."""
    exams = [exam for exam, _ in READINGS.values()]
    try:
        reference = run_reference(exam.to_dict() for exam in exams)
    except ReferenceAbsentError as absent:
        pytest.skip(f"{absent}: {len(exams)} readings not compared with the reference")
    for name, exam, theirs in zip(READINGS, exams, reference.answers, strict=True):
        assert classify(exam).to_dict() == theirs, name


# AIS E is a clinical statement.


def test_ais_e_warns_that_it_needs_a_documented_deficit() -> None:
    assert any("documented earlier deficit" in warning for warning in classify(NORMAL).warnings)
    assert not classify(injured("T4")).warnings
    odd = classify(NORMAL.with_values({"analContraction": "No"}))
    assert any("clinically unusual" in warning for warning in odd.warnings)
    assert "Warning" in odd.explain()


def test_a_person_without_an_earlier_deficit_has_no_grade() -> None:
    assert ais_grade(NORMAL) == ("E",)
    assert ais_grade(NORMAL, prior_deficit=True) == ("E",)
    assert ais_grade(NORMAL, prior_deficit=False) == ("none",)
    open_ = NORMAL.with_values({"s2LeftPrick": "NT"})
    assert ais_grade(open_, prior_deficit=False) == ("D", "none")


def test_a_non_key_level_without_key_muscle_is_pointed_out() -> None:
    exam = NORMAL.with_values({"leftLowestNonKeyMuscleWithMotorFunction": "T8"})
    assert any("T8 on the left" in warning for warning in classify(exam).warnings)


# NT widens.


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_value_that_is_not_testable_never_loses_the_true_answer(seed: int) -> None:
    """Whatever an NT hides, the answer that the true value would give is among the possible ones."""
    rng = np.random.default_rng(seed)
    n = 400
    hidden = random_exams(rng, n, "nt")
    arrays = {}
    for name, top in (("light_touch", 2), ("pinprick", 2), ("motor", 5)):
        values = getattr(hidden, name).copy()
        drawn = np.where(
            rng.random(values.shape) < rng.choice([0.5, 0.9, 0.99], (n, 1)),
            top,
            rng.integers(0, top + 1, values.shape),
        )
        arrays[name] = np.where(values == NT_GRADE, drawn, values).astype(np.int8)
    for name in ("vac", "dap"):
        values = getattr(hidden, name)
        arrays[name] = np.where(values == NT_GRADE, rng.integers(0, 2, n), values).astype(np.int8)
    known = ExamBatch.from_arrays(**arrays)
    assert all(known.exam(row).is_fully_testable for row in range(0, n, 40))
    true, possible = (classify_batch(batch, engine="kernel") for batch in (known, hidden))
    for key in LEVEL_KEYS + GRADE_KEYS + ZONE_KEYS:
        lost = true.column(key) & ~possible.column(key)
        assert not lost.any(), (key, hidden.exam(int(np.flatnonzero(lost)[0])).to_json())
