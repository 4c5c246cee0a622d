"""The examination form as data: every field with its place, its allowed values and its words, for screens,
paper and dictionaries.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from proband.instruments.isncsci.grades import (
    ANORECTAL_VALUES,
    MOTOR_VALUES,
    SENSORY_VALUES,
    stars,
    without_stars,
)
from proband.instruments.isncsci.levels import DERMATOMES, KEY_MUSCLE_ACTION, KEY_MUSCLES, SIDES, Side
from proband.instruments.isncsci.model import (
    DAP_KEY,
    VAC_KEY,
    motor_key,
    non_key_key,
    prick_key,
    touch_key,
)

Column = Literal[
    "right motor",
    "right light touch",
    "right pinprick",
    "left light touch",
    "left pinprick",
    "left motor",
    "anorectal",
    "non-key muscle",
]

TITLE: Final = "ISNCSCI examination, revision of 2019"

_SENSORY_MEANING: Final = {"0": "absent", "1": "altered", "2": "normal", "NT": "not testable"}
_MOTOR_MEANING: Final = {
    "0": "no contraction",
    "1": "a flicker of contraction",
    "2": "moves with gravity eliminated",
    "3": "moves against gravity",
    "4": "moves against some resistance",
    "5": "normal",
    "NT": "not testable",
}
_STAR_MEANING: Final = {
    0: "",
    1: ", for another reason than the injury: counts as not normal",
    2: ", for another reason than the injury: counts as normal",
}

NOTES: Final[tuple[str, ...]] = (
    "Write NT for what cannot be tested, never 0: NT widens the answer, 0 falsifies it.",
    "One star: impaired or not testable for another reason than the injury, counts as not normal. Two stars: counts as normal. "
    "State the reason in the remarks.",
    "Score first, then add stars: the sums use the measured number.",
    "The examination is not usable in children below 6 years (Mulcahey et al. 2011).",
    "Not for clinical use unless a clinician verifies the classification.",
)


@dataclass(frozen=True, slots=True)
class Choice:
    """One value that a field takes, and its meaning in words."""

    value: str
    meaning: str


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of the form.

    Attributes
    ----------
    key
        The exchange key that it fills.
    label
        Its full name, for screen readers and dictionaries: "Right C5 light touch".
    column
        The column of the sheet in which it stands.
    row
        Its row, 0-based: C2 is 0 and S4-5 is 27; the fields below the grid count on.
    side, level
        Where on the body, or None for the anorectal findings.
    choices
        The values that it takes; every other value is refused.
    required
        False only for the non-key muscles.
    help
        What is tested, where that is not said by the label.
    """

    key: str
    label: str
    column: Column
    row: int
    side: Side | None
    level: str | None
    choices: tuple[Choice, ...]
    required: bool = True
    help: str = ""


@dataclass(frozen=True, slots=True)
class FormLayout:
    """The whole form.

    Attributes
    ----------
    title
        Its heading.
    columns
        The grid's columns from left to right: the person's right side stands on the left, as the examiner
        faces the person.
    rows
        The names of the grid's rows, C2 to S4-5.
    fields
        All 136 fields in the order of entry: the right side downwards, the left side, the anorectal findings,
        the non-key muscles.
    notes
        What stands at the foot of the form.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[str, ...]
    fields: tuple[FormField, ...]
    notes: tuple[str, ...]

    def field(self, key: str) -> FormField:
        """The field that fills `key`.

        Raises
        ------
        KeyError
            When there is none.
        """
        for form_field in self.fields:
            if form_field.key == key:
                return form_field
        raise KeyError(key)

    def as_dict(self) -> dict[str, Any]:
        """The layout as plain JSON values."""
        return asdict(self)


def meaning(key: str, value: str) -> str:
    """The meaning of `value` in the field `key`, in words: ("c5RightMotor", "3*") → "moves against gravity,
    for …".
    """
    if key in (VAC_KEY, DAP_KEY):
        return {"Yes": "present", "No": "absent", "NT": "not testable"}[value]
    words = _MOTOR_MEANING if key.endswith("Motor") else _SENSORY_MEANING
    return words[without_stars(value)] + _STAR_MEANING[stars(value)]


def form_layout() -> FormLayout:
    """The examination form as data."""
    fields: list[FormField] = []
    for side in SIDES:
        for row, level in enumerate(DERMATOMES):
            if level in KEY_MUSCLES:
                key = motor_key(side, level)
                action = KEY_MUSCLE_ACTION[level]
                label = f"{side.capitalize()} {level} motor: {action}"
                fields.append(
                    FormField(
                        key,
                        label,
                        _column(side, "motor"),
                        row,
                        side,
                        level,
                        _choices(key, MOTOR_VALUES),
                        help=action,
                    )
                )
            for name, make_key in (("light touch", touch_key), ("pinprick", prick_key)):
                key = make_key(side, level)
                label = f"{side.capitalize()} {level} {name}"
                fields.append(
                    FormField(
                        key, label, _column(side, name), row, side, level, _choices(key, SENSORY_VALUES)
                    )
                )
    below = len(DERMATOMES)
    for offset, (key, label) in enumerate(
        ((VAC_KEY, "Voluntary anal contraction"), (DAP_KEY, "Deep anal pressure"))
    ):
        fields.append(
            FormField(key, label, "anorectal", below + offset, None, "S4-5", _choices(key, ANORECTAL_VALUES))
        )
    fields += [
        FormField(
            non_key_key(side),
            f"{side.capitalize()} lowest non-key muscle with motor function",
            "non-key muscle",
            below + 2,
            side,
            None,
            tuple(Choice(level, f"a non-key muscle of {level}") for level in KEY_MUSCLES),
            required=False,
            help="Leave empty when none is recorded. It can change AIS B to C and the motor zone, nothing else.",
        )
        for side in SIDES
    ]
    columns: tuple[Column, ...] = (
        "right motor",
        "right light touch",
        "right pinprick",
        "left light touch",
        "left pinprick",
        "left motor",
    )
    return FormLayout(TITLE, columns, DERMATOMES, tuple(fields), NOTES)


def _column(side: Side, name: str) -> Column:
    column: Column = f"{side} {name}"  # type: ignore[assignment]
    return column


def _choices(key: str, values: tuple[str, ...]) -> tuple[Choice, ...]:
    return tuple(Choice(value, meaning(key, value)) for value in values)
