"""Answers as they are kept: typed by the instrument's own form, in plain JSON values, and the scores that follow from them.

Each answer has one form, by what its item asks, so that what was recorded can be judged again years later:

=============  ===========================================================================================
quantity       ``{"value": 2.1, "unit": "mg/dL"}``, in a unit that can become the item's, within its limits
points         ``3.0``, within the limits and on the steps of the item
choice         the label of one of its options
yes or no      ``true`` or ``false``
not answered   ``{"missing": "not-asked"}``: one of :data:`MISSING`; an item that is left out was not given
=============  ===========================================================================================
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from proband.facts.observation import Presence
from proband.instruments.entry import read_value, unit_factor
from proband.instruments.instrument import Instrument, InstrumentError, Item, ItemKind
from proband.instruments.isncsci import Exam, classify
from proband.instruments.isncsci.model import ExamError
from proband.instruments.scoring import is_possible, score_one
from proband.terms import Quantity, TermError

#: why an item was not answered: the null flavours of observations
MISSING = tuple(each.value for each in Presence if not each.is_known)

Answer: TypeAlias = dict[str, Any] | float | str | bool


@dataclass(frozen=True, slots=True)
class ScoredAnswers:
    """What an instrument gives for some answers.

    ``scores`` are its outputs by name: the score under the instrument's id, ``category``, and its details; ``None`` where
    an output is not determined. ``reason`` says why there is no score, ``warnings`` which answers ask for a second look.
    """

    variant: str
    scores: dict[str, float | str | None]
    reason: str | None = None
    warnings: tuple[str, ...] = ()


def typed(instrument: Instrument, given: Mapping[str, Any]) -> dict[str, Answer]:
    """Answers in the forms above, from those and from what people write (``"2.1 mg/dL"``, ``"yes"``, a label, a number).

    Raises
    ------
    InstrumentError
        ``instruments.item.unknown`` for an item that the instrument does not have; ``instruments.answer.invalid`` for
        an answer that is not readable, not possible, or without the unit that it needs; ``instruments.unit.wrong``.
    """
    found: dict[str, Answer] = {}
    for name, raw in given.items():
        answer = _typed(instrument.item(name), raw)
        if answer is not None:
            found[name] = answer
    return found


def _typed(item: Item, raw: Any) -> Answer | None:
    if isinstance(raw, Mapping) and set(raw) == {"missing"}:
        if raw["missing"] not in MISSING:
            raise _invalid(item, raw["missing"], f"no reason for what is missing ({', '.join(MISSING)})")
        return {"missing": raw["missing"]}
    if item.kind is ItemKind.QUANTITY:
        return _quantity(item, raw)
    if isinstance(raw, str) and any(option.label == raw for option in item.options):
        return raw
    if isinstance(raw, Mapping):
        raise _invalid(item, dict(raw), f"no {item.kind.value}")
    read = read_value(item, raw)
    if read.missing:
        return None
    _check_possible(item, read.value, raw)
    if item.kind is ItemKind.YES_NO:
        return read.value == 1.0
    if item.kind is ItemKind.CHOICE:
        return next(option.label for option in item.options if option.code == read.value)
    return read.value


def _quantity(item: Item, raw: Any) -> Answer | None:
    if isinstance(raw, Mapping):
        if set(raw) != {"value", "unit"}:
            raise _invalid(item, dict(raw), "no value with its unit")
        try:
            raw = Quantity(value=raw["value"], unit=raw["unit"])
        except (TermError, ValueError) as error:
            if isinstance(raw["unit"], str):
                # a unit that nobody knows is told as one that cannot be the item's, as it is where both are typed as one text
                unit_factor(item, raw["unit"])
            raise _invalid(item, dict(raw), f"no quantity: {error}") from error
    read = read_value(item, raw)
    if read.missing:
        return None
    _check_possible(item, read.value, raw)
    if not isinstance(raw, Quantity):
        if not isinstance(raw, str):
            raw = f"{raw[0]} {raw[1]}" if isinstance(raw, list | tuple) else f"{raw!r}"
        raw = Quantity.parse(raw)
        if raw.unit == "1" and item.unit != "1":
            if item.unit_must_be_said:
                units = " or ".join(item.entry_units)
                raise _invalid(item, raw.value, f"without its unit ({units})")
            raw = Quantity(value=raw.value, unit=item.unit)
    return {"value": float(raw.value), "unit": raw.unit}


def _check_possible(item: Item, value: float, raw: Any) -> None:
    if math.isinf(value):
        raise _invalid(item, raw, f"not readable as {item.kind.value}")
    if not is_possible(item, value):
        low, high = item.limits.possible_low, item.limits.possible_high
        among = ", ".join(option.label for option in item.options) or f"{low:g} to {high:g} {item.unit}"
        raise _invalid(item, raw, f"not possible ({among})")


def _invalid(item: Item, answer: Any, problem: str) -> InstrumentError:
    return InstrumentError("instruments.answer.invalid", item=item.name, answer=answer, problem=problem)


def outputs(instrument: Instrument) -> tuple[str, ...]:
    """The names of everything that an instrument gives: the score under its id, then what further there is."""
    if instrument.compute is None:
        return (instrument.id, *_EXAMINATION)
    return (instrument.id, *(("category",) if instrument.categories else ()), *instrument.details)


#: what an examination of the spinal cord gives besides the grade: numbers, then words
_TOTALS = (
    "rightMotorTotal",
    "leftMotorTotal",
    "upperMotorTotal",
    "lowerMotorTotal",
    "touchTotal",
    "prickTotal",
)
_WORDS = (
    "neurologicalLevelOfInjury",
    "injuryComplete",
    "rightSensory",
    "leftSensory",
    "rightMotor",
    "leftMotor",
)
_EXAMINATION = ("motorTotal", *_TOTALS, *_WORDS)


def scored(
    instrument: Instrument, answers: Mapping[str, Answer], variant: str | None = None
) -> ScoredAnswers:
    """Everything that an instrument gives for answers in their kept form.

    Raises
    ------
    InstrumentError
        For an unknown item, variant or unit. An answer that is missing is no error: the result then says why there is
        no score.
    """
    chosen = instrument.variant(variant).name
    if instrument.compute is None:
        return _examined(instrument, answers, chosen)
    plain = {name: _plain(answer) for name, answer in answers.items()}
    result = score_one(instrument, plain, variant=chosen)
    scores: dict[str, float | str | None] = {instrument.id: result.value}
    if instrument.categories:
        scores["category"] = result.category
    # without a score its parts are those of no score
    scores |= {name: value if result.ok else None for name, value in result.details.items()}
    why = None if result.reason is None else result.reason.message
    return ScoredAnswers(chosen, scores, why, result.warnings)


def _plain(answer: Answer) -> Any:
    if not isinstance(answer, dict):
        return answer
    return None if "missing" in answer else (answer["value"], answer["unit"])


def _examined(instrument: Instrument, answers: Mapping[str, Answer], variant: str) -> ScoredAnswers:
    """The classification of an examination: grade, levels and totals where exactly one answer is possible."""
    findings = {name: str(answer) for name, answer in answers.items() if not isinstance(answer, dict)}
    try:
        classification = classify(Exam.from_dict(findings))
    except ExamError as error:
        return ScoredAnswers(variant, dict.fromkeys(outputs(instrument)), error.message)
    scores: dict[str, float | str | None] = {}
    grades = {grade.rstrip("*") for grade in classification.answers("asiaImpairmentScale")}
    scores[instrument.id] = grades.pop() if len(grades) == 1 else None
    totals = {name: classification.total(name) for name in _TOTALS}
    right, left = totals["rightMotorTotal"], totals["leftMotorTotal"]
    scores["motorTotal"] = None if right is None or left is None else float(right + left)
    scores |= {name: None if total is None else float(total) for name, total in totals.items()}
    for name in _WORDS:
        possible = {one.rstrip("*") for one in classification.answers(name)}
        scores[name] = possible.pop() if len(possible) == 1 else None
    undecided = scores[instrument.id] is None
    return ScoredAnswers(variant, scores, "the examination leaves the grade open" if undecided else None)
