"""The neurological examination on a screen: its two tables, what follows from what was typed so far, and what is drawn of it.

The form is that of :func:`proband.instruments.isncsci.form.form_layout`, the classification that of :func:`proband.instruments.isncsci.classify`. What
is not entered yet counts as not testable while one types, so that an answer is called certain only where nothing that is still to come can change it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from proband.instruments.answers import Answer
from proband.instruments.isncsci import Classification, Exam, classify
from proband.instruments.isncsci.form import FormField, form_layout
from proband.instruments.isncsci.grades import without_stars
from proband.instruments.isncsci.levels import DERMATOMES, SIDES, Side
from proband.instruments.isncsci.model import OPTIONAL_KEYS, REQUIRED_KEYS, motor_key, prick_key, touch_key
from proband.instruments.isncsci.totals import TOTAL_MAXIMUM
from proband.record.declare.form import FieldFault
from proband.registry.examining import ANSWER

#: what is shown of the classification for each side: words, then the ends of the keys
_BY_SIDE = (
    ("Sensory level", "Sensory"),
    ("Motor level", "Motor"),
    ("Upper limbs", "UpperMotorTotal"),
    ("Lower limbs", "LowerMotorTotal"),
    ("Light touch", "TouchTotal"),
    ("Pin prick", "PrickTotal"),
    ("Zone, sensory", "SensoryZpp"),
    ("Zone, motor", "MotorZpp"),
)
_WORDS = {
    "ND": "not known",
    "NA": "does not apply",
    "UTD": "not known",
    "C": "complete",
    "I": "incomplete",
    "INT": "intact",
}


@dataclass(frozen=True, slots=True)
class NeurologicalCell:
    """One cell of the tables: its key, what it is called, what stands in it, whether that is no value of it."""

    name: str
    label: str
    value: str
    fault: FieldFault | None
    pattern: str = ""

    @property
    def look(self) -> str:
        """How it is drawn: hatched where changed, grey where absent, dashed where not testable."""
        return look_of(self.value, "Motor" if self.name.endswith("Motor") else "")


@dataclass(frozen=True, slots=True)
class LevelRow:
    """A level of one side: light touch, pin prick, and the key muscle where there is one."""

    level: str
    touch: NeurologicalCell
    prick: NeurologicalCell
    motor: NeurologicalCell | None
    muscle: str
    begins: bool


def look_of(value: str, kind: str = "") -> str:
    """The look of a value: ``full``, ``s1`` (changed), ``s0`` (absent), ``nt``, or nothing where nothing stands there."""
    grade = without_stars(value.strip().upper())
    if grade == "NT":
        return "nt"
    if not grade.isdecimal():
        return ""
    return {"0": "s0", ("5" if kind else "2"): "full"}.get(grade, "s1")


@cache
def _fields() -> dict[str, FormField]:
    return {one.key: one for one in form_layout().fields}


def cell(key: str, posted: Mapping[str, str], faults: Mapping[str, FieldFault]) -> NeurologicalCell:
    """The cell of a key of the examination."""
    field = _fields()[key]
    pattern = "|".join(choice.value.replace("*", r"\*") for choice in field.choices)
    return NeurologicalCell(
        f"{ANSWER}{key}", field.label, posted.get(f"{ANSWER}{key}", ""), faults.get(key), pattern
    )


def tables(posted: Mapping[str, str], faults: Mapping[str, FieldFault]) -> list[tuple[str, list[LevelRow]]]:
    """The tables of both sides, C2 to S4-5."""
    return [(side, [_row(side, level, posted, faults) for level in DERMATOMES]) for side in SIDES]


def _row(side: Side, level: str, posted: Mapping[str, str], faults: Mapping[str, FieldFault]) -> LevelRow:
    key = motor_key(side, level)
    muscle = _fields().get(key)
    return LevelRow(
        level,
        cell(touch_key(side, level), posted, faults),
        cell(prick_key(side, level), posted, faults),
        cell(key, posted, faults) if muscle else None,
        muscle.help if muscle else "",
        level in ("C5", "T2", "L2", "S2"),
    )


def below(
    posted: Mapping[str, str], faults: Mapping[str, FieldFault]
) -> list[tuple[NeurologicalCell, tuple[str, ...]]]:
    """What stands below the tables: the anorectal findings and the non-key muscles, with what may be chosen."""
    return [
        (cell(one.key, posted, faults), tuple(choice.value for choice in one.choices))
        for one in form_layout().fields
        if one.row >= len(DERMATOMES)
    ]


@dataclass(frozen=True, slots=True)
class NeurologicalResult:
    """The classification so far, in words."""

    grades: tuple[str, ...]
    entered: int
    asked: int
    not_tested: int
    complete: str
    level: str
    rows: tuple[tuple[str, str, str], ...]
    warnings: tuple[str, ...]
    why: tuple[str, ...]
    #: whether a non-key muscle, which need not be recorded, could still make another grade of it
    open_by_non_key: bool

    @property
    def certain(self) -> bool:
        """Whether exactly one grade is possible, whatever is still to come."""
        return len(self.grades) == 1


def result_so_far(answers: Mapping[str, Answer]) -> NeurologicalResult:
    """The classification of what was entered, where everything else is taken for not testable."""
    given = {name: str(answer) for name, answer in answers.items() if not isinstance(answer, dict)}
    found = classify(Exam.from_dict(dict.fromkeys(REQUIRED_KEYS, "NT") | given))
    grades = tuple(dict.fromkeys(one.rstrip("*") for one in found.answers("asiaImpairmentScale")))
    rows = tuple((words, _side(found, "right", end), _side(found, "left", end)) for words, end in _BY_SIDE)
    return NeurologicalResult(
        grades,
        sum(key in given for key in REQUIRED_KEYS),
        len(REQUIRED_KEYS),
        sum(value.startswith("NT") for value in given.values()),
        _told(found, "injuryComplete"),
        _told(found, "neurologicalLevelOfInjury"),
        rows,
        found.warnings,
        tuple(found.explain("asiaImpairmentScale").splitlines()),
        grades == ("B",) and not all(key in given for key in OPTIONAL_KEYS),
    )


def _side(found: Classification, side: str, end: str) -> str:
    key = f"{side}{end}"
    said = _told(found, key)
    return f"{said} of {TOTAL_MAXIMUM[key]}" if key in TOTAL_MAXIMUM and said.isdecimal() else said


def _told(found: Classification, key: str) -> str:
    """An answer in words: one, a few as alternatives, or how many are possible."""
    answers = list(dict.fromkeys(found.answers(key)))
    if not answers:
        return "none"
    words = [_WORDS.get(one, one) for one in answers]
    if len(words) <= 3:
        return " or ".join(words)
    return f"open: {words[0]} to {words[-1]}"


def feeling(answers: Mapping[str, Answer]) -> dict[tuple[str, str], str]:
    """How feeling is kept in each dermatome: ``normal``, ``changed``, ``absent``, ``untested`` (one is not testable), ``open`` (one is not entered)."""
    found: dict[tuple[str, str], str] = {}
    for side in SIDES:
        for level in DERMATOMES:
            both = [str(answers.get(make(side, level), "")) for make in (touch_key, prick_key)]
            looks = {look_of(one) for one in both}
            found[side, level] = (
                "open"
                if "" in looks
                else "untested"
                if "nt" in looks
                else {frozenset({"full"}): "normal", frozenset({"s0"}): "absent"}.get(
                    frozenset(looks), "changed"
                )
            )
    return found
