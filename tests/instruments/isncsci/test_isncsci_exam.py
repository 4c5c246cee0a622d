"""An examination as it is given: what is read, what is refused and in which words."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.instruments.isncsci import (
    ANSWER_KEYS,
    Exam,
    ExamBatch,
    ExamError,
    ExamSide,
    classify,
    classify_batch,
)
from proband.instruments.isncsci.grades import ANORECTAL_VALUES, CODE, MOTOR_VALUES, SENSORY_VALUES, TEXT
from proband.instruments.isncsci.model import KEYS, OPTIONAL_KEYS, REQUIRED_KEYS
from proband.instruments.isncsci.synthetic import random_exams
from proband.terms import ProbandError


def normal(**changes: object) -> dict[str, object]:
    return {**Exam.uniform().to_dict(), **changes}


def refusal(data: dict[str, object]) -> ExamError:
    with pytest.raises(ExamError) as caught:
        Exam.from_dict(data, file="exam.json")
    assert isinstance(caught.value, ProbandError)
    return caught.value


def test_the_form_has_134_keys_and_two_optional_ones() -> None:
    assert len(REQUIRED_KEYS) == len(set(REQUIRED_KEYS)) == 28 * 2 * 2 + 10 * 2 + 2
    assert OPTIONAL_KEYS == (
        "rightLowestNonKeyMuscleWithMotorFunction",
        "leftLowestNonKeyMuscleWithMotorFunction",
    )
    assert {"c2RightTouch", "s4_5LeftPrick", "t1RightMotor", "analContraction", "analSensation"} <= set(
        REQUIRED_KEYS
    )


def test_codes_are_one_to_one_and_fit_a_mask() -> None:
    assert len(CODE) == len(TEXT) == len(MOTOR_VALUES) == 19
    assert max(CODE.values()) < 32
    assert set(SENSORY_VALUES) < set(MOTOR_VALUES)
    assert (CODE["3"], CODE["NT"], CODE["3*"], CODE["NT**"]) == (3, 6, 11, 22)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_what_is_written_is_read_back(seed: int) -> None:
    exam = random_exams(np.random.default_rng(seed), 1, "mixed").exam(0)
    assert Exam.from_dict(exam.to_dict()) == exam
    assert Exam.from_json(exam.to_json()) == exam
    assert json.loads(exam.to_json()) == exam.to_dict()


def test_numbers_case_and_spaces_are_read() -> None:
    exam = Exam.from_dict(
        normal(c5RightMotor=3, c6RightMotor=4.0, c2LeftTouch=" nt ", analContraction="yes", t4LeftPrick="1**")
    )
    assert exam.muscle("right", "C5") == "3"
    assert exam.muscle("right", "C6") == "4"
    assert exam.touch("left", "C2") == "NT"
    assert exam.vac() == "Yes"
    assert exam.prick("left", "T4") == "1**"


def test_keys_that_are_no_findings_are_passed_over() -> None:
    other = {"id": 7, "group": "x", "comments": "cast on the left wrist", "totals": {}}
    answers = dict.fromkeys(ANSWER_KEYS, "0")
    assert Exam.from_dict(normal(**other, **answers, isncsci_rightMotor="C5")) == Exam.uniform()


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("c5RightMotor", "6", "Write one of 0, 1, 2, 3, 4, 5, NT"),
        ("c5RightMotor", "5*", "carries no star"),
        ("c5RightMotor", "5**", "carries no star"),
        ("c2LeftTouch", "2*", "carries no star"),
        ("c2LeftTouch", "3", "Write one of 0, 1, 2, NT"),
        ("c2LeftTouch", "1!", "2011 rules"),
        ("c2LeftTouch", "1***", "never more"),
        ("c2LeftTouch", "ND", "Write NT"),
        ("c2LeftTouch", -1, "Write one of"),
        ("c2LeftTouch", 1.5, "Write one of"),
        ("c2LeftTouch", True, "Write one of"),
        ("analContraction", "maybe", "Write one of Yes, No, NT"),
        ("analSensation", "NT*", "Write one of Yes, No, NT"),
        ("leftLowestNonKeyMuscleWithMotorFunction", "C9", "Write a level"),
        ("leftLowestNonKeyMuscleWithMotorFunction", "INT", "Write a level"),
    ],
)
def test_an_impossible_value_is_refused_with_key_value_and_mend(key: str, value: object, words: str) -> None:
    error = refusal(normal(**{key: value}))
    assert error.code == "isncsci.exam.invalid"
    assert error.location is not None
    assert (error.location.file, error.location.key) == ("exam.json", key)
    assert words in error.mend
    text = str(error)
    assert key in text
    assert "exam.json" in text
    assert ("Yes" if value is True else str(value)) in text


@pytest.mark.parametrize("gap", [None, "", "  ", float("nan")])
def test_a_gap_is_refused_and_never_read_as_zero(gap: object) -> None:
    error = refusal(normal(t3RightPrick=gap))
    assert error.location is not None
    assert error.location.key == "t3RightPrick"
    assert "NT" in error.mend


def test_every_problem_is_reported_at_once() -> None:
    data = normal(c5RightMotor="9", analSensation="?")
    del data["s1LeftPrick"]
    error = refusal(data)
    assert {problem.key for problem in error.problems} == {"c5RightMotor", "analSensation", "s1LeftPrick"}
    assert "2 more" in error.message
    assert json.dumps(error.as_dict())


@pytest.mark.parametrize(
    ("typo", "near"),
    [
        ("c5rightMotor", "c5RightMotor"),
        ("s4-5LeftPrick", "s4_5LeftPrick"),
        ("analcontraction", "analContraction"),
        ("rightLowestNonKeyMuscle", "rightLowestNonKeyMuscleWithMotorFunction"),
        ("left_c5_motor", "c5LeftMotor"),
    ],
)
def test_a_misspelt_finding_is_not_passed_over(typo: str, near: str) -> None:
    error = refusal(normal(**{typo: "0"}))
    assert near in error.mend
    with pytest.raises(ExamError, match=typo):
        ExamBatch.from_columns({**{key: ["0"] for key in REQUIRED_KEYS}, typo: ["0"]})


def test_what_is_no_object_is_refused() -> None:
    for text in ("[]", "3", "{", ""):
        with pytest.raises(ExamError):
            Exam.from_json(text)


def test_a_side_of_the_wrong_length_is_refused() -> None:
    side = Exam.uniform().right
    with pytest.raises(ExamError, match="27 values"):
        Exam(ExamSide(side.light_touch[1:], side.pinprick, side.motor), side, "Yes", "Yes")
    with pytest.raises(ExamError):
        Exam(ExamSide(("7", *side.light_touch[1:]), side.pinprick, side.motor), side, "Yes", "Yes")


def test_changes_are_checked_too() -> None:
    with pytest.raises(ExamError):
        Exam.uniform().with_values({"c5RightMotor": "5*"})
    with pytest.raises(ExamError):
        Exam.uniform().with_values({"c4RightMotor": "5"})
    assert not Exam.uniform().with_values({"c5RightMotor": "NT"}).is_fully_testable
    assert not Exam.uniform().with_values({"c5RightMotor": "4**"}).is_fully_testable
    assert Exam.uniform().with_values({"analContraction": "No"}).is_fully_testable


# Tables.


def columns(exams: list[Exam]) -> dict[str, list[object]]:
    return {key: [exam.to_dict().get(key) for exam in exams] for key in KEYS}


def test_a_row_that_is_no_examination_gets_no_answer_and_holds_up_no_other() -> None:
    table = columns([Exam.uniform()] * 4)
    table["c5RightMotor"][1] = "7"
    table["analSensation"][1] = None
    table["t9LeftTouch"][3] = float("nan")
    batch = ExamBatch.from_columns(table)
    assert batch.valid.tolist() == [True, False, True, False]
    assert {(row, problem.key) for row, problem in batch.problems} == {
        (1, "c5RightMotor"),
        (1, "analSensation"),
        (3, "t9LeftTouch"),
    }
    found = classify_batch(batch)
    assert found.row(1) is None
    assert found.row(0) == classify(Exam.uniform()).to_dict()
    assert found.texts("asiaImpairmentScale") == ["E", None, "E", None]
    with pytest.raises(ExamError, match="c5RightMotor"):
        batch.exam(1)


def test_a_table_without_a_column_is_refused() -> None:
    table = columns([Exam.uniform()])
    del table["l3LeftMotor"]
    with pytest.raises(ExamError, match="l3LeftMotor"):
        ExamBatch.from_columns(table)
    for key in OPTIONAL_KEYS:
        table = columns([Exam.uniform()])
        del table[key]
        assert ExamBatch.from_columns(table).valid.all()


def test_an_empty_table_has_no_answers() -> None:
    found = classify_batch([])
    assert len(found) == 0
    assert found.texts("touchTotal") == []


@pytest.mark.parametrize(
    ("name", "code"),
    [("light_touch", 3), ("pinprick", 10), ("motor", 13), ("motor", -1), ("vac", 2), ("non_key", 29)],
)
def test_an_impossible_code_is_refused(name: str, code: int) -> None:
    good = random_exams(np.random.default_rng(1), 3, "mixed")
    arrays = {
        n: getattr(good, n).copy() for n in ("light_touch", "pinprick", "motor", "vac", "dap", "non_key")
    }
    arrays[name][2] = code
    with pytest.raises(ExamError, match=name):
        ExamBatch.from_arrays(**arrays)
    arrays[name] = arrays[name][:, :1] if arrays[name].ndim == 2 else arrays[name][:1]
    with pytest.raises(ExamError):
        ExamBatch.from_arrays(**arrays)


def test_vac_and_dap_values_are_three() -> None:
    assert set(ANORECTAL_VALUES) == {"Yes", "No", "NT"}
