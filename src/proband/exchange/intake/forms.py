"""Which observation answers which item of which instrument, by the forms that the instruments themselves make.

Three forms are known: a field of a form made from the instrument's data dictionary (``meld_bilirubin``, its unit in
``meld_bilirubin_unit``), as REDCap exports it or as a mapping names it; an item of a questionnaire whose address ends with the
instrument's id; and an examination by the international standards, which is read as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from proband.exchange.written_numbers import field_code, slug
from proband.facts.observation import Observation, Presence
from proband.instruments.catalogue import REGISTRY
from proband.instruments.dictionaries import field_name
from proband.instruments.instrument import Instrument, Item, ItemKind

_ARM = re.compile(r"_arm_\d+$")
_NULL = {Presence.UNKNOWN, Presence.NOT_ASKED, Presence.MASKED, Presence.NOT_APPLICABLE}


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer as read: the item, the observations it stands in, and its value as the form would take it."""

    instrument: str
    item: str
    observations: tuple[Observation, ...]
    raw: Any
    problem: str = ""


@cache
def fields() -> dict[str, tuple[str, str]]:
    """Code of an unmapped field → (instrument, item); with ``-unit`` behind it the field of its unit."""
    found: dict[str, tuple[str, str]] = {}
    for instrument in REGISTRY.values():
        for item in instrument.items:
            found[field_code(field_name(instrument, item))] = (instrument.id, item.name)
    return found


@cache
def links() -> dict[tuple[str, str], str]:
    """(instrument, code of a questionnaire's item) → item."""
    return {
        (instrument.id, f"item.{slug(item.name)}"): item.name
        for instrument in REGISTRY.values()
        for item in instrument.items
    }


def answers(observations: Sequence[Observation]) -> Iterator[Answered]:
    """Every answer that stands in some observations, in the order in which they were read."""
    units = {
        (_row(each), each.code.removesuffix("-unit")): each
        for each in observations
        if each.system == "Proband"
        and each.code.endswith("-unit")
        and each.code.removesuffix("-unit") in fields()
    }
    for each in observations:
        if each.system != "Proband":
            continue
        if each.code == "isncsci-exam":
            yield from _examination(each)
            continue
        place = fields().get(each.code)
        if place is None:
            form = (
                str(each.attributes.get("questionnaire", "")).partition("|")[0].rstrip("/").rpartition("/")[2]
            )
            item = links().get((form, each.code))
            place = (form, item) if item else None
        if place is not None:
            instrument = REGISTRY[place[0]]
            unit = units.get((_row(each), each.code))
            yield _answer(instrument, instrument.item(place[1]), each, unit)


def is_answer(observation: Observation) -> bool:
    """Whether an observation can be an answer at all."""
    return any(True for _ in answers([observation]))


def visit_of(observation: Observation) -> str:
    """The visit that the form names (REDCap's event, without its arm), as an id; empty where it names none."""
    event = observation.attributes.get("event")
    return slug(_ARM.sub("", str(event))) if event else ""


def _row(observation: Observation) -> tuple[str, str]:
    origin = observation.origin
    return (origin.file, origin.position.rpartition(", column ")[0]) if origin else ("", "")


def _examination(observation: Observation) -> Iterator[Answered]:
    findings = observation.attributes.get("exam")
    problem = "; ".join(observation.problems)
    for name, value in findings.items() if isinstance(findings, dict) else ():
        yield Answered("isncsci", str(name), (observation,), value, problem)


def _answer(instrument: Instrument, item: Item, each: Observation, unit: Observation | None) -> Answered:
    seen = (each,) if unit is None else (each, unit)

    def problem(words: str) -> Answered:
        return Answered(instrument.id, item.name, seen, None, words)

    if each.problems:
        return problem("it is flagged: " + "; ".join(each.problems))
    if each.comparator:
        return problem(f"it says only that the value is {each.comparator} {each.value:g}")
    return Answered(instrument.id, item.name, seen, _raw(item, each, unit))


def _raw(item: Item, each: Observation, unit: Observation | None) -> Any:
    """The value as the form of the item takes it; its units and limits are judged by the form itself."""
    if each.presence in _NULL:
        return {"missing": each.presence.value}
    if item.kind is ItemKind.YES_NO:
        if each.presence is Presence.ABSENT:
            return False
        word = each.text or each.value_code or (f"{each.value:g}" if each.value is not None else "")
        return word or True
    if item.kind is ItemKind.CHOICE:
        labels = {option.code: option.label for option in item.options}
        if each.text and each.text in labels.values():
            return each.text
        code = each.value if each.value is not None else _number(each.value_code)
        return (
            labels.get(code, each.text or each.value_code)
            if code is not None
            else each.text or each.value_code
        )
    if each.value is None:
        return each.text
    if item.kind is ItemKind.POINTS:
        return each.value
    written = each.unit or (unit.text or unit.value_code if unit else None)
    return {"value": each.value, "unit": written} if written else each.value


def _number(written: str | None) -> float | None:
    try:
        return float(written) if written else None
    except ValueError:
        return None
