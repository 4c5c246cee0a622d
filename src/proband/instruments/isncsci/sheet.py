"""The examination sheet in words: what a screen reader reads instead of the picture, and what is printed without it."""

from __future__ import annotations

from collections.abc import Iterator

from proband.instruments.isncsci.classification import Classification, classify
from proband.instruments.isncsci.form import NOTES, TITLE
from proband.instruments.isncsci.levels import DERMATOMES, KEY_MUSCLE_ACTION, KEY_MUSCLES, SIDES
from proband.instruments.isncsci.model import Exam


def form_text(exam: Exam | None = None, *, classification: Classification | None = None) -> str:
    """The sheet in words, line by line: what a screen reader reads instead of the picture, and what is
    printed without it.
    """
    if exam is None and classification is not None:
        exam = classification.exam
    lines = [
        f"{TITLE}. Columns: level; right motor, light touch, pinprick; left light touch, pinprick, motor."
    ]
    if exam is None:
        lines.append("Empty sheet with one row for each level from C2 to S4-5.")
        lines += [f"{level}: {KEY_MUSCLE_ACTION.get(level, 'no key muscle')}" for level in DERMATOMES]
        lines.append(
            "Then voluntary anal contraction, deep anal pressure, and the lowest non-key muscle on each side."
        )
        return "\n".join((*lines, *NOTES))
    if classification is None:
        classification = classify(exam)
    for level in DERMATOMES:
        right, left = (
            [
                exam.touch(side, level),
                exam.prick(side, level),
                *([exam.muscle(side, level)] if level in KEY_MUSCLES else []),
            ]
            for side in SIDES
        )
        lines.append(f"{level}: right {_words(right)}; left {_words(left)}")
    lines.append(f"Voluntary anal contraction {exam.vac()}; deep anal pressure {exam.dap()}.")
    lines.append(
        "Lowest non-key muscle with function: "
        + "; ".join(f"{side} {exam.non_key(side) or 'not recorded'}" for side in SIDES)
        + "."
    )
    lines += [f"{label}: {answer}." for label, answer in _answers(classification)]
    return "\n".join((*lines, *classification.warnings, *NOTES))


def _words(values: list[str]) -> str:
    names = ("light touch", "pinprick", "motor")
    return ", ".join(f"{name} {value}" for name, value in zip(names, values, strict=False))


def _answers(found: Classification) -> Iterator[tuple[str, str]]:
    for derivation in found.derivations.values():
        title = (
            derivation.title
            if derivation.title.isupper()
            else derivation.title[0].upper() + derivation.title[1:]
        )
        yield title, derivation.result
