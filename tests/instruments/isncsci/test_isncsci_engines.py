"""The two engines are one, the explanation tells what was used, and the answers keep the laws that the
standard implies.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.instruments.isncsci import (
    ANSWER_KEYS,
    DERMATOMES,
    INTACT,
    KEY_MUSCLES,
    LEVELS,
    TOTAL_MAXIMUM,
    Exam,
    ExamBatch,
    classify,
    classify_batch,
    level_index,
)
from proband.instruments.isncsci.batch_answers import encode
from proband.instruments.isncsci.classification import GRADE_KEYS, LEVEL_KEYS, TOTAL_KEYS, ZONE_KEYS
from proband.instruments.isncsci.derivation import Derivation
from proband.instruments.isncsci.grades import ANORECTAL_VALUES, MOTOR_VALUES, SENSORY_VALUES
from proband.instruments.isncsci.impairment import completeness, impairment_scale
from proband.instruments.isncsci.levels import SIDES, Side
from proband.instruments.isncsci.model import KEYS, motor_key, prick_key, touch_key
from proband.instruments.isncsci.neurological_levels import motor_level, neurological_level, sensory_level
from proband.instruments.isncsci.synthetic import KINDS, Kind, random_exams
from proband.instruments.isncsci.totals import totals
from proband.instruments.isncsci.zones import motor_zone, sensory_zone
from proband.terms.extras import ExtraMissing


@st.composite
def exams(draw: st.DrawFn) -> Exam:
    """Any examination at all: a normal stretch per side, something below it, and up to twenty values changed
    to anything.
    """
    values: dict[str, str | None] = {}
    for side in SIDES:
        end = draw(st.integers(0, 29))
        sensation, strength = draw(st.sampled_from(SENSORY_VALUES)), draw(st.sampled_from(MOTOR_VALUES))
        for level in DERMATOMES:
            for key in (touch_key, prick_key):
                values[key(side, level)] = "2" if level_index(level) <= end else sensation
        for level in KEY_MUSCLES:
            values[motor_key(side, level)] = "5" if level_index(level) <= end else strength
    for key in draw(st.lists(st.sampled_from(KEYS), max_size=20)):
        pool = (
            LEVELS
            if "NonKey" in key
            else ANORECTAL_VALUES
            if key.startswith("anal")
            else MOTOR_VALUES
            if key.endswith("Motor")
            else SENSORY_VALUES
        )
        values[key] = draw(st.sampled_from(pool))
    values.setdefault("analContraction", draw(st.sampled_from(ANORECTAL_VALUES)))
    values.setdefault("analSensation", draw(st.sampled_from(ANORECTAL_VALUES)))
    return Exam.from_dict(values)


# One engine.


@settings(max_examples=400, deadline=None)
@given(exams())
def test_the_engines_agree_on_any_examination(exam: Exam) -> None:
    assert classify_batch([exam], engine="kernel").row(0) == classify(exam).to_dict()


@pytest.mark.parametrize("kind", KINDS)
def test_the_engines_agree_on_random_examinations(kind: Kind, fresh: np.random.Generator) -> None:
    batch = random_exams(fresh, 1_500, kind)
    answers = classify_batch(batch, engine="kernel").to_columns()
    for row in range(len(batch)):
        exam = batch.exam(row)
        assert {key: column[row] for key, column in answers.items()} == classify(exam).to_dict(), (
            exam.to_json()
        )


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_compiler_the_arrays_are_the_same(kind: Kind, fresh: np.random.Generator) -> None:
    """What is compiled is an extra: without it the same codes come out, bit for bit, and unread rows stay unread."""
    drawn = random_exams(fresh, 400, kind)
    batch = replace(drawn, valid=np.arange(400) % 7 != 3)
    compiled, plain = (classify_batch(batch, engine=engine) for engine in ("kernel", "readable"))
    for (_, ours), (_, theirs) in zip(compiled.by_keys(), plain.by_keys(), strict=True):
        assert ours.dtype == theirs.dtype
        assert (ours[batch.valid] == theirs[batch.valid]).all()
    assert compiled.to_columns() == plain.to_columns()


def test_without_the_extra_everything_is_classified_and_only_the_kernel_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batch = random_exams(np.random.default_rng(4), 1_100, "plain")
    compiled = classify_batch(batch)
    monkeypatch.setattr("proband.instruments.isncsci.batch.is_compiled", lambda: False)
    monkeypatch.setitem(sys.modules, "numba", None)
    assert classify_batch(batch).to_columns() == compiled.to_columns()
    with pytest.raises(ExtraMissing, match="numba"):
        classify_batch(batch, engine="kernel")


def test_what_is_no_answer_has_no_code() -> None:
    for key, text in (("bloodPressure", "1"), ("asiaImpairmentScale", "F"), ("rightMotor", "C9")):
        with pytest.raises(KeyError):
            encode(key, text)


def test_the_random_examinations_reach_every_kind_of_answer() -> None:
    """A comparison on examinations that never reach a rule would show nothing about it."""
    rng = np.random.default_rng(20190101)
    seen: dict[str, set[str]] = {key: set() for key in ANSWER_KEYS}
    for kind in KINDS:
        for key, column in classify_batch(random_exams(rng, 20_000, kind)).to_columns().items():
            seen[key] |= {member for text in column for member in str(text).split(",")}
    assert seen["asiaImpairmentScale"] == {"A", "A*", "B", "B*", "C", "C*", "D", "D*", "E", "E*"}
    assert seen["injuryComplete"] == {"C", "C*", "I", "I*"}
    levels = {*LEVELS[:-1], INTACT}
    for key in LEVEL_KEYS:
        assert {level.rstrip("*") for level in seen[key]} == levels
    assert {"C2*", "C5*", "T1*", "T6*", "S3*", "INT*"} <= seen["rightMotor"] & seen["rightSensory"]
    assert {"NA", "C1", "C2", "T7*", "S3"} <= seen["leftSensoryZpp"]
    assert {"NA", "C1", "C5", "C5*", "T3", "S1*", "S3*"} <= seen["leftMotorZpp"]
    assert all({"ND", "0"} <= seen[key] for key in TOTAL_KEYS)


# The explanation.


class Watched:
    """An examination that notes every finding that is looked at."""

    def __init__(self, exam: Exam, log: set[str]) -> None:
        self.exam = exam
        self.log = log

    def touch(self, side: Side, level: str) -> str:
        value = self.exam.touch(side, level)
        self.log.add(f"{side} {level} light touch {value}")
        return value

    def prick(self, side: Side, level: str) -> str:
        value = self.exam.prick(side, level)
        self.log.add(f"{side} {level} pinprick {value}")
        return value

    def muscle(self, side: Side, level: str) -> str:
        value = self.exam.muscle(side, level)
        self.log.add(f"{side} {level} motor {value}")
        return value

    def vac(self) -> str:
        self.log.add(f"voluntary anal contraction {self.exam.vac()}")
        return self.exam.vac()

    def dap(self) -> str:
        self.log.add(f"deep anal pressure {self.exam.dap()}")
        return self.exam.dap()

    def non_key(self, side: Side) -> str | None:
        value = self.exam.non_key(side)
        self.log.add(f"{side} lowest non-key muscle with function {value or 'not recorded'}")
        return value

    def without_stars(self) -> Watched:
        return Watched(self.exam.without_stars(), self.log)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Watched) and self.exam == other.exam

    __hash__ = None  # type: ignore[assignment]


def said(text: str, finding: str) -> bool:
    # "motor 1" must not be found in "motor 1*", nor "C" in "C5".
    return re.search(rf"(?<!\w){re.escape(finding)}(?![\w*])", text) is not None


@settings(max_examples=150, deadline=None)
@given(exams())
def test_the_explanation_contains_every_value_that_was_used(exam: Exam) -> None:
    log: set[str] = set()
    watched: Exam = Watched(exam, log)  # type: ignore[assignment]
    known = classify(exam)
    motor = {side: known.answers(f"{side}Motor") for side in SIDES}
    derivations: list[Callable[[], Derivation]] = [
        *(lambda side=side: sensory_level(watched, side) for side in SIDES),
        *(lambda side=side: motor_level(watched, side) for side in SIDES),
        lambda: neurological_level(watched),
        lambda: completeness(watched),
        lambda: impairment_scale(
            watched, known.answers("injuryComplete"), dict(motor), known.answers("neurologicalLevelOfInjury")
        ),
        *(lambda side=side: sensory_zone(watched, side) for side in SIDES),
        *(
            lambda side=side: motor_zone(watched, side, motor[side], known.answers("asiaImpairmentScale"))
            for side in SIDES
        ),
    ]
    for derive in derivations:
        log.clear()
        derivation = derive()
        assert log, "the rule looked at nothing"
        text = known.explain(derivation.key)
        missing = {finding for finding in log if not said(text, finding)}
        assert not missing, f"{derivation.key}: {missing} not in {text}"
        assert derivation.result in text.replace(" or ", ",")
    log.clear()
    sums = list(totals(watched))
    assert len(log) == 112 + 20
    for finding in log:
        assert any(said(known.explain(derivation.key), finding) for derivation in sums)
    whole = known.explain()
    assert all(said(whole, finding) for finding in log)


def test_the_reason_names_the_level_and_the_muscle() -> None:
    exam = Exam.uniform().with_values({"c6LeftMotor": "3", "c7LeftMotor": "0"})
    reason = classify(exam).derivations["leftMotor"].because
    assert reason.startswith("left motor level C6 because C6 has at least grade 3 but is not normal")
    assert "left C6 motor 3" in reason
    assert "left C7 motor 0" in reason


# The laws.


@settings(max_examples=150, deadline=None)
@given(exams())
def test_the_sides_may_be_exchanged(exam: Exam) -> None:
    mirrored = Exam(exam.left, exam.right, exam.voluntary_anal_contraction, exam.deep_anal_pressure)
    ours, other = classify(exam).to_dict(), classify(mirrored).to_dict()
    swap = {"right": "left", "left": "right"}
    for key in ANSWER_KEYS:
        side = next((side for side in swap if key.startswith(side)), None)
        assert ours[key] == other[swap[side] + key.removeprefix(side) if side else key]


@settings(max_examples=150, deadline=None)
@given(exams())
def test_answers_are_well_formed(exam: Exam) -> None:
    answers = classify(exam).to_dict()
    assert set(answers) == set(ANSWER_KEYS)
    assert len(ANSWER_KEYS) == 25
    for key in TOTAL_KEYS:
        assert answers[key] == "ND" or 0 <= int(answers[key]) <= TOTAL_MAXIMUM[key]
    for key in LEVEL_KEYS + ZONE_KEYS:
        found = [member.rstrip("*") for member in answers[key].split(",")]
        order = [-1 if level == "NA" else level_index(level) for level in found]
        assert order == sorted(set(order)), f"{key}: {answers[key]}"
    grades = [grade.rstrip("*") for grade in answers["asiaImpairmentScale"].split(",")]
    assert grades == sorted(set(grades))
    assert ("A" in grades) == ("C" in answers["injuryComplete"])


@settings(max_examples=100, deadline=None)
@given(exams())
def test_a_sum_is_not_determinable_exactly_when_a_value_is_missing(exam: Exam) -> None:
    answers = classify(exam).to_dict()
    for side in SIDES:
        findings = exam.side(side)
        for key, values in (
            (f"{side}TouchTotal", findings.light_touch),
            (f"{side}PrickTotal", findings.pinprick),
            (f"{side}MotorTotal", findings.motor),
            (f"{side}UpperMotorTotal", findings.motor[:5]),
            (f"{side}LowerMotorTotal", findings.motor[5:]),
        ):
            bare = [value.rstrip("*") for value in values]
            assert answers[key] == ("ND" if "NT" in bare else str(sum(map(int, bare))))


def plain(exam: Exam) -> dict[str, str]:
    """The answers for a fully testable examination, from the definitions rather than from the scans."""

    def normal(side: Side, level: str) -> bool:
        return level == "C1" or exam.touch(side, level) == exam.prick(side, level) == "2"

    def grade(side: Side, level: str) -> int:
        return int(exam.muscle(side, level))

    def sensory(side: Side) -> str:
        good = [i for i in range(29) if all(normal(side, level) for level in LEVELS[: i + 1])]
        return INTACT if good[-1] == 28 else LEVELS[good[-1]]

    def motor_reaches(side: Side, i: int) -> bool:
        level = LEVELS[i]
        above = LEVELS[:i]
        if level in KEY_MUSCLES:
            # Grade 3 here, everything above normal. Sensation above the block counts, and that of the arms for the legs.
            blocks = (
                LEVELS[: LEVELS.index("C4") + 1]
                if level_index(level) <= 8
                else LEVELS[: LEVELS.index("L1") + 1]
            )
            return (
                grade(side, level) >= 3
                and all(grade(side, up) == 5 for up in above if up in KEY_MUSCLES)
                and all(normal(side, up) for up in blocks)
            )
        return all(normal(side, up) for up in LEVELS[: i + 1]) and all(
            grade(side, up) == 5 for up in above if up in KEY_MUSCLES
        )

    def motor(side: Side) -> str:
        good = [i for i in range(29) if motor_reaches(side, i)]
        if good[-1] == 28:
            return INTACT if exam.vac() == "Yes" else "S3"
        return LEVELS[good[-1]]

    levels = {side: (sensory(side), motor(side)) for side in SIDES}
    sacral = [value for side in SIDES for value in (exam.touch(side, "S4-5"), exam.prick(side, "S4-5"))]
    senses = exam.dap() == "Yes" or any(value != "0" for value in sacral)
    complete = not senses and exam.vac() == "No"
    every = [level for pair in levels.values() for level in pair]
    # The neurological level asks nothing of the anal sphincter: a motor level S3 for its want alone does not lower it.
    reached = min(every, key=level_index)
    if all(level in (INTACT, "S3") for level in every) and all(pair[0] == INTACT for pair in levels.values()):
        reached = INTACT
    far = any(
        grade(side, level) > 0
        for side in SIDES
        for level in KEY_MUSCLES
        if levels[side][1] != INTACT and level_index(level) > level_index(levels[side][1]) + 3
    )
    below = [
        grade(side, level)
        for side in SIDES
        for level in KEY_MUSCLES
        if level_index(level) > level_index(reached)
    ]
    if reached == INTACT and exam.vac() == "Yes":
        ais = "E"
    elif complete:
        ais = "A"
    elif exam.vac() == "No" and not (senses and far):
        ais = "B"
    else:
        ais = "D" if sum(value >= 3 for value in below) * 2 >= len(below) else "C"
    return {
        "rightSensory": levels["right"][0],
        "leftSensory": levels["left"][0],
        "rightMotor": levels["right"][1],
        "leftMotor": levels["left"][1],
        "neurologicalLevelOfInjury": reached,
        "injuryComplete": "C" if complete else "I",
        "asiaImpairmentScale": ais,
    }


def test_plain_examinations_follow_the_definitions(fresh: np.random.Generator) -> None:
    """A third way to the same answers, from the definitions: no scan, no flag, no set."""
    batch = random_exams(fresh, 2_000, "plain")
    answers = classify_batch(batch, engine="kernel")
    for row in range(len(batch)):
        exam = batch.exam(row)
        ours = answers.row(row)
        assert ours is not None
        expected = plain(exam)
        assert {key: ours[key] for key in expected} == expected, exam.to_json()


def test_plain_examinations_have_one_answer_and_no_star(fresh: np.random.Generator) -> None:
    for kind in ("plain", "nonkey"):
        answers = classify_batch(random_exams(fresh, 5_000, kind)).to_columns()
        for key in LEVEL_KEYS + GRADE_KEYS:
            assert not any("," in str(text) or "*" in str(text) for text in answers[key])


def test_two_stars_read_as_normal_where_one_star_does_not() -> None:
    normal = Exam.uniform()
    one = classify(normal.with_values({"t6RightTouch": "1*"}))
    two = classify(normal.with_values({"t6RightTouch": "1**"}))
    assert one["rightSensory"] == "T5"
    assert two["rightSensory"] == "INT*"
    assert one["rightTouchTotal"] == two["rightTouchTotal"] == "55"


def test_arrays_and_tables_give_the_same_examinations(fresh: np.random.Generator) -> None:
    batch = random_exams(fresh, 300, "mixed")
    exams = [batch.exam(row) for row in range(len(batch))]
    again = ExamBatch.from_exams(exams)
    columns = {key: [exam.to_dict().get(key) for exam in exams] for key in KEYS}
    table = ExamBatch.from_columns(columns)
    for name in ("light_touch", "pinprick", "motor", "vac", "dap", "non_key", "valid"):
        assert (getattr(batch, name) == getattr(again, name)).all()
        assert (getattr(batch, name) == getattr(table, name)).all()


def test_all_cores_give_what_one_core_gives_also_to_two_callers_at_once() -> None:
    batch = random_exams(np.random.default_rng(8), 12_000, "mixed")
    with ThreadPoolExecutor(2) as callers:
        whole, again = callers.map(classify_batch, [batch, batch])
    arrays = ("light_touch", "pinprick", "motor", "vac", "dap", "non_key")
    for start in range(0, len(batch), 3_000):
        rows = slice(start, start + 3_000)
        part = classify_batch(ExamBatch.from_arrays(*(getattr(batch, name)[rows] for name in arrays)))
        for name in ("totals", "levels", "grades", "zones"):
            assert (getattr(whole, name)[rows] == getattr(part, name)).all()
            assert (getattr(again, name)[rows] == getattr(part, name)).all()


def test_bounds_of_levels_and_grades_are_those_of_the_answers() -> None:
    batch = random_exams(np.random.default_rng(9), 300, "mixed")
    found = classify_batch(batch)
    texts = found.to_columns()
    for key in LEVEL_KEYS + ZONE_KEYS:
        low, high = found.level_bounds(key)
        for row, text in enumerate(texts[key]):
            order = [level_index(member) for member in str(text).split(",") if member != "NA"] or [-1]
            assert (low[row], high[row]) == (order[0], order[-1])
    low, high = found.grade_bounds()
    for row, text in enumerate(texts["asiaImpairmentScale"]):
        grades = ["ABCDE".index(grade[0]) for grade in str(text).split(",")]
        assert (low[row], high[row]) == (grades[0], grades[-1])
    with pytest.raises(KeyError):
        found.level_bounds("touchTotal")
    with pytest.raises(KeyError):
        found.column("nli")
