"""One ISNCSCI examination: 28 dermatomes and 10 key muscles on each side, the two anorectal findings, the
non-key muscles.

The exchange form is a flat object of texts (``c5RightTouch``, ``s4_5LeftPrick``, ``l2LeftMotor``,
``analContraction`` …), the form that the public test cases of the 2019 revision use. A missing or an
impossible value is refused, with the key, the value and the mend: an examination with a gap is written with
``NT`` ("not testable"), which widens the answer, and never with a zero, which falsifies it.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple, Self

from proband.instruments.isncsci.grades import ANORECTAL_VALUES, MOTOR_VALUES, SENSORY_VALUES
from proband.instruments.isncsci.levels import DERMATOMES, INDEX, KEY_MUSCLES, LEVELS, SIDES, Side
from proband.terms import Location, ProbandError
from proband.terms.errors import ErrorCode, entry

_KEY_MUSCLE_POSITION: Final = {level: i for i, level in enumerate(KEY_MUSCLES)}

VAC_KEY: Final = "analContraction"
DAP_KEY: Final = "analSensation"


def _level_key(level: str) -> str:
    return level.lower().replace("-", "_")


def touch_key(side: Side, level: str) -> str:
    """The exchange key of a light-touch value: ("right", "S4-5") → ``s4_5RightTouch``."""
    return f"{_level_key(level)}{side.capitalize()}Touch"


def prick_key(side: Side, level: str) -> str:
    """The exchange key of a pinprick value: ("left", "C2") → ``c2LeftPrick``."""
    return f"{_level_key(level)}{side.capitalize()}Prick"


def motor_key(side: Side, level: str) -> str:
    """The exchange key of a key muscle: ("left", "L2") → ``l2LeftMotor``."""
    return f"{_level_key(level)}{side.capitalize()}Motor"


def non_key_key(side: Side) -> str:
    """The exchange key of the lowest non-key muscle with motor function."""
    return f"{side}LowestNonKeyMuscleWithMotorFunction"


REQUIRED_KEYS: Final[tuple[str, ...]] = (
    *(touch_key(side, level) for side in SIDES for level in DERMATOMES),
    *(prick_key(side, level) for side in SIDES for level in DERMATOMES),
    *(motor_key(side, level) for side in SIDES for level in KEY_MUSCLES),
    VAC_KEY,
    DAP_KEY,
)
"""The 134 keys that every examination has."""
OPTIONAL_KEYS: Final[tuple[str, ...]] = tuple(non_key_key(side) for side in SIDES)
KEYS: Final[tuple[str, ...]] = REQUIRED_KEYS + OPTIONAL_KEYS

_KNOWN = frozenset(KEYS)
# What reads like a finding but is none of the keys is a misspelt finding, not a remark: it must not be passed over.
#: under which keys a record says by which revision it was made, without case, blanks and a leading "isncsci"
_REVISION_KEYS = {
    "revision",
    "version",
    "edition",
    "standard",
    "standards",
    "rules",
    "revisionyear",
    "formrevision",
}
_LOOKS_LIKE_A_FINDING = re.compile(
    r"^[clst]\d[\w-]*(left|right)|^(right|left)_?[clst]\d|^anal|nonkey|^(vac|dap)$", re.IGNORECASE
)


class ExaminationProblem(NamedTuple):
    """One thing that is wrong with an examination as it was given."""

    key: str
    value: object
    message: str
    mend: str
    code: ErrorCode

    def __str__(self) -> str:
        return f"{self.key}: {self.message} {self.mend}"


def examination_problem(code: ErrorCode, key: str, value: object, **parameters: Any) -> ExaminationProblem:
    """A problem of the catalogue under a key of the examination."""
    message, mend = entry(code).say({"value": value, **parameters})
    return ExaminationProblem(key, value, message, mend, code)


class ExamError(ProbandError):
    """The values given do not make an examination; `problems` lists every one of them."""

    def __init__(self, problems: list[ExaminationProblem], file: str | None = None) -> None:
        self.problems = tuple(problems)
        first = problems[0]
        super().__init__(
            "isncsci.exam.invalid",
            first=f"{first.key}: {first.message}",
            more=len(problems) - 1 or None,
            first_mend=first.mend,
            location=Location(file=file, key=first.key),
            details={"problems": [problem._asdict() for problem in problems]},
        )


@dataclass(frozen=True, slots=True)
class ExamSide:
    """The findings on one side.

    Attributes
    ----------
    light_touch, pinprick
        28 values each, C2 to S4-5 (see `grades.SENSORY_VALUES`).
    motor
        10 values, C5 to T1 and L2 to S1 (see `grades.MOTOR_VALUES`).
    non_key
        The lowest level with motor function in a non-key muscle, or None when none is recorded.
    """

    light_touch: tuple[str, ...]
    pinprick: tuple[str, ...]
    motor: tuple[str, ...]
    non_key: str | None = None


@dataclass(frozen=True, slots=True)
class Exam:
    """One examination. Build it with `from_dict`, `from_json` or `uniform`; every way refuses impossible
    values.

    Attributes
    ----------
    right, left
        The findings on each side.
    voluntary_anal_contraction, deep_anal_pressure
        VAC and DAP: ``Yes``, ``No`` or ``NT``.
    """

    right: ExamSide
    left: ExamSide
    voluntary_anal_contraction: str
    deep_anal_pressure: str

    def __post_init__(self) -> None:
        problems = [
            problem
            for key, value in self.items()
            if value is not None and (problem := _impossible(key, value)) is not None
        ]
        for side in SIDES:
            findings = self.side(side)
            for name, values, wanted in (
                ("light touch", findings.light_touch, len(DERMATOMES)),
                ("pinprick", findings.pinprick, len(DERMATOMES)),
                ("motor", findings.motor, len(KEY_MUSCLES)),
            ):
                if len(values) != wanted:
                    problems.append(
                        examination_problem(
                            "isncsci.findings.count", f"{side} {name}", len(values), wanted=wanted
                        )
                    )
        if problems:
            raise ExamError(problems)

    # Reading: the one way in which the rules look at an examination.

    def side(self, side: Side) -> ExamSide:
        """The findings on `side`."""
        return self.right if side == "right" else self.left

    def touch(self, side: Side, level: str) -> str:
        """Light touch at `level` (C2 … S4-5) on `side`."""
        return self.side(side).light_touch[INDEX[level] - 1]

    def prick(self, side: Side, level: str) -> str:
        """Pinprick at `level` (C2 … S4-5) on `side`."""
        return self.side(side).pinprick[INDEX[level] - 1]

    def muscle(self, side: Side, level: str) -> str:
        """The key muscle of `level` (C5 … T1, L2 … S1) on `side`."""
        return self.side(side).motor[_KEY_MUSCLE_POSITION[level]]

    def vac(self) -> str:
        """Voluntary anal contraction: Yes, No or NT."""
        return self.voluntary_anal_contraction

    def dap(self) -> str:
        """Deep anal pressure: Yes, No or NT."""
        return self.deep_anal_pressure

    def non_key(self, side: Side) -> str | None:
        """The lowest level with function in a non-key muscle on `side`, or None."""
        return self.side(side).non_key

    # Making and giving.

    @classmethod
    def uniform(
        cls, sensation: str = "2", strength: str = "5", *, vac: str = "Yes", dap: str = "Yes"
    ) -> Self:
        """An examination with one value everywhere, to be changed with `with_values`; by default a normal
        one.
        """
        side = ExamSide(
            (sensation,) * len(DERMATOMES), (sensation,) * len(DERMATOMES), (strength,) * len(KEY_MUSCLES)
        )
        return cls(side, side, vac, dap)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, file: str | None = None) -> Self:
        """Read an examination from its flat exchange form.

        Parameters
        ----------
        data
            The 134 keys of `REQUIRED_KEYS`, and `OPTIONAL_KEYS` where a non-key muscle is recorded. Values
            are texts; whole numbers without a star may be numbers. Keys that are no findings (id, date,
            remarks) are passed over; a key that reads like a finding but is none is refused, with the nearest
            real one.
        file
            Where the data stand, for the message.

        Raises
        ------
        ExamError
            Naming every missing, impossible or misspelt entry, with the mend.
        """
        problems: list[ExaminationProblem] = []
        values: dict[str, str | None] = {}
        for key in KEYS:
            values[key], problem = read_value(key, data.get(key))
            if problem is not None:
                problems.append(problem)
        problems += misspelt(data)
        problems += _older(data)
        if problems:
            raise ExamError(problems, file)

        def column(make_key: Any, side: Side, levels: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(str(values[make_key(side, level)]) for level in levels)

        right, left = (
            ExamSide(
                column(touch_key, side, DERMATOMES),
                column(prick_key, side, DERMATOMES),
                column(motor_key, side, KEY_MUSCLES),
                values[non_key_key(side)],
            )
            for side in SIDES
        )
        return cls(right, left, str(values[VAC_KEY]), str(values[DAP_KEY]))

    @classmethod
    def from_json(cls, text: str | bytes, *, file: str | None = None) -> Self:
        """Read an examination from a JSON object in the flat exchange form.

        Raises
        ------
        ExamError
            When the text is no JSON object, or the object no examination.
        """
        try:
            data = json.loads(text)
        except ValueError as error:
            problem = examination_problem("isncsci.file.json", "(file)", None, error=str(error))
            raise ExamError([problem], file) from None
        if not isinstance(data, dict):
            problem = examination_problem("isncsci.file.object", "(file)", None, kind=type(data).__name__)
            raise ExamError([problem], file)
        return cls.from_dict(data, file=file)

    def items(self) -> Iterator[tuple[str, str | None]]:
        """Every exchange key with its value; None for a non-key level that is not recorded."""
        for name, make_key, levels in (
            ("light_touch", touch_key, DERMATOMES),
            ("pinprick", prick_key, DERMATOMES),
            ("motor", motor_key, KEY_MUSCLES),
        ):
            for side in SIDES:
                yield from (
                    (make_key(side, level), value)
                    for level, value in zip(levels, getattr(self.side(side), name), strict=False)
                )
        yield VAC_KEY, self.voluntary_anal_contraction
        yield DAP_KEY, self.deep_anal_pressure
        for side in SIDES:
            yield non_key_key(side), self.side(side).non_key

    def to_dict(self) -> dict[str, str]:
        """The flat exchange form; `from_dict` reads it back unchanged."""
        return {key: value for key, value in self.items() if value is not None}

    def to_json(self) -> str:
        """The flat exchange form as JSON text."""
        return json.dumps(self.to_dict())

    def with_values(self, changes: Mapping[str, str | None]) -> Exam:
        """The same examination with some exchange keys changed: ``exam.with_values({"c5RightMotor": "3"})``.

        Raises
        ------
        ExamError
            When a key or a value is impossible.
        """
        unknown = [key for key in changes if key not in _KNOWN]
        if unknown:
            raise ExamError(
                [examination_problem("isncsci.key.unknown", key, changes[key]) for key in unknown]
            )
        return Exam.from_dict({**self.to_dict(), **changes})

    def without_stars(self) -> Exam:
        """The examination as measured, all stars taken off: what it would say if every impairment were due to
        the injury.
        """

        def bare(side: ExamSide) -> ExamSide:
            return replace(
                side,
                light_touch=tuple(v.rstrip("*") for v in side.light_touch),
                pinprick=tuple(v.rstrip("*") for v in side.pinprick),
                motor=tuple(v.rstrip("*") for v in side.motor),
            )

        return replace(self, right=bare(self.right), left=bare(self.left))

    @property
    def is_fully_testable(self) -> bool:
        """True when no value is NT and none carries a star: then every answer is one answer."""
        return not any("NT" in value or "*" in value for value in self.to_dict().values())


def _older(data: Mapping[str, Any]) -> list[ExaminationProblem]:
    """What in a record says that it was made by another revision than that of 2019."""
    found = []
    for key, value in data.items():
        name = re.sub(r"[^a-z]", "", key.lower()).removeprefix("isncsci")
        year = re.search(r"(?<!\d)(?:19|20)\d\d(?!\d)", str(value)) if name in _REVISION_KEYS else None
        if year is not None and year[0] != "2019":
            found.append(examination_problem("isncsci.revision", key, value, revision=year[0]))
    return found


def misspelt(keys: Iterable[str]) -> list[ExaminationProblem]:
    """What reads like a finding among `keys` but is none, each with the nearest real key."""
    return [
        examination_problem("isncsci.key.misspelt", key, None, near=_nearest(key))
        for key in keys
        if key not in _KNOWN and _LOOKS_LIKE_A_FINDING.search(key)
    ]


def _nearest(key: str) -> str | None:
    """The real key that was meant: the one with the same level, side and quality, or else the one that looks most alike."""
    parts = [
        re.search(pattern, key, re.IGNORECASE)
        for pattern in (r"s4[_-]?5|[clst]\d{1,2}", "right|left", "touch|prick|motor")
    ]
    if all(parts):
        level, side, quality = (part[0].lower() for part in parts if part is not None)
        level = "s4_5" if level.startswith("s4") else level
        exact = f"{level}{side.capitalize()}{quality.capitalize()}"
        if exact in _KNOWN:
            return exact
    near = difflib.get_close_matches(key, KEYS, n=1, cutoff=0.6)
    return near[0] if near else None


def read_value(key: str, raw: object) -> tuple[str | None, ExaminationProblem | None]:
    """Read one value as it was given: its text (None when nothing is recorded), and what is wrong with it, if
    anything.
    """
    if raw is None or raw != raw or (isinstance(raw, str) and not raw.strip()):  # a NaN is a gap in a table
        if key in OPTIONAL_KEYS:
            return None, None
        return None, examination_problem("isncsci.value.missing", key, None)
    text = _as_text(raw)
    return text, _impossible(key, text)


def _as_text(raw: object) -> str:
    if isinstance(raw, bool):
        return "Yes" if raw else "No"
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)  # a column of whole numbers with gaps
    text = str(raw).strip()
    upper = text.upper()
    if upper.startswith("NT"):
        return upper
    if upper in ("YES", "NO"):
        return upper.capitalize()
    return text


def _impossible(key: str, value: str) -> ExaminationProblem | None:
    """Say what is wrong with `value` under `key`; None when it is possible."""
    if key in OPTIONAL_KEYS:
        if value in LEVELS:
            return None
        return examination_problem("isncsci.level.unknown", key, value)
    if key in (VAC_KEY, DAP_KEY):
        allowed: tuple[str, ...] = ANORECTAL_VALUES
        what = "an anorectal finding"
    elif key.endswith("Motor"):
        allowed, what = MOTOR_VALUES, "a muscle grade"
    else:
        allowed, what = SENSORY_VALUES, "a sensory grade"
    if value in allowed:
        return None
    grade = value.rstrip("*!")
    if value.endswith("!"):
        return examination_problem("isncsci.value.mark", key, value, kind=what)
    if value.count("*") > 2:
        return examination_problem("isncsci.value.stars", key, value, kind=what)
    if value.endswith("*") and grade in allowed and what != "an anorectal finding":
        return examination_problem("isncsci.value.full-grade-star", key, value, kind=what, grade=grade)
    if value.upper() in ("UTD", "ND", "NA", "UNK"):
        return examination_problem("isncsci.value.not-tested", key, value, kind=what)
    return examination_problem("isncsci.value.impossible", key, value, kind=what, allowed=allowed)
