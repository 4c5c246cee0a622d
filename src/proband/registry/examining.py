"""Instruments in the browser: the form of each, made from its own metadata; what was typed, as its answers; what follows from them.

Nothing about a single instrument stands here, and no rule: an answer is read by :func:`proband.instruments.answers.typed`, a score is what
:func:`proband.instruments.answers.scored` gives, and what is wrong with an answer is said in the catalogue's words, beside its input.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from proband.instruments.answers import MISSING, Answer, ScoredAnswers, scored, typed
from proband.instruments.catalogue import REGISTRY
from proband.instruments.instrument import Instrument, InstrumentError, Item, ItemKind
from proband.record import State
from proband.record.declare.form import FieldFault

#: before the names of inputs: an answer, its unit, why there is none
ANSWER, UNIT, WHY_NOT = "i.", "u.", "m."
#: more letters than any answer has
LONGEST = 64


@dataclass(slots=True)
class ItemInput:
    """One item of an instrument as an input: what was typed, in which unit, why not, and what is wrong with it."""

    item: Item
    required: bool
    value: str = ""
    unit: str = ""
    why_not: str = ""
    faults: list[FieldFault] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name of the input."""
        return f"{ANSWER}{self.item.name}"

    @property
    def id(self) -> str:
        """An identifier for the page."""
        return f"i-{self.item.name}"

    @property
    def choices(self) -> tuple[str, ...]:
        """What may be chosen; empty where something is typed."""
        if self.item.kind is ItemKind.YES_NO:
            return ("yes", "no")
        return tuple(option.label for option in self.item.options)

    @property
    def units(self) -> tuple[str, ...]:
        """The units among which one is chosen; empty where there is one or none."""
        units = self.item.entry_units
        return units if self.item.kind is ItemKind.QUANTITY and len(units) > 1 else ()

    @property
    def hint(self) -> str:
        """What may be typed."""
        if self.choices:
            return ""
        low, high = self.item.limits.possible_low, self.item.limits.possible_high
        bounds = f"{low:g} to {high:g}" if low > float("-inf") and high < float("inf") else ""
        unit = "" if self.item.unit.startswith("{") or self.item.unit == "1" else self.item.unit
        return " ".join(part for part in (bounds, unit) if part)


@dataclass(frozen=True, slots=True)
class FollowedScore:
    """What an instrument gives for the answers so far, by one of its variants."""

    instrument: Instrument
    told: ScoredAnswers
    meaning: str

    @property
    def value(self) -> str:
        """The score with its unit, or nothing."""
        found = self.told.scores.get(self.instrument.id)
        return "" if found is None else _with_unit(found, self.instrument.value_unit)

    @property
    def category(self) -> str:
        """The category, where there is one."""
        return str(self.told.scores.get("category") or "")

    @property
    def details(self) -> list[tuple[str, str]]:
        """What else it gives: meaning and value."""
        return [
            (meaning, "not known" if found is None else _with_unit(found, ""))
            for name, meaning in self.instrument.details.items()
            if (found := self.told.scores.get(name)) is not None or self.value
        ]


def _with_unit(value: float | str, unit: str) -> str:
    number = f"{value:.6g}" if isinstance(value, float | int) else str(value)
    return number if not unit or unit == "1" or unit.startswith("{") else f"{number} {unit}"


def sections(
    instrument: Instrument, posted: Mapping[str, str], faults: Mapping[str, FieldFault], variant: str | None
) -> list[tuple[str, list[ItemInput]]]:
    """The form: the items in their order, by section, with what was typed and what is wrong with it."""
    known = {one.name for one in instrument.variants}
    needed = set(instrument.required_items(variant if variant in known else instrument.variants[0].name))
    found: dict[str, list[ItemInput]] = {}
    for item in instrument.items:
        value, unit, why_not = (_said(posted, before, item.name) for before in (ANSWER, UNIT, WHY_NOT))
        wrong = [faults[item.name]] if item.name in faults else []
        made = ItemInput(item, item.name in needed, value, unit, why_not, wrong)
        found.setdefault(item.section, []).append(made)
    return list(found.items())


def read_answers(
    instrument: Instrument, posted: Mapping[str, str]
) -> tuple[dict[str, Answer], dict[str, FieldFault]]:
    """The answers that can be read, in their kept form; and what is wrong with each of the others, in the catalogue's words."""
    found: dict[str, Answer] = {}
    faults: dict[str, FieldFault] = {}
    for name in _named(instrument, posted):
        value, unit, why_not = (_said(posted, before, name) for before in (ANSWER, UNIT, WHY_NOT))
        if value and why_not:
            faults[name] = FieldFault(name, f"{value!r} and “{why_not}” stand beside each other", "leave one")
            continue
        if not value and not why_not:
            continue
        raw = {"missing": why_not} if why_not else f"{value} {unit}".strip()
        try:
            found |= typed(instrument, {name: raw})
        except InstrumentError as error:
            faults[name] = FieldFault(name, error.message, error.mend)
    return found, faults


def _named(instrument: Instrument, posted: Mapping[str, str]) -> Iterator[str]:
    """Every item, and whatever else was sent as one: a page of another version of the instrument must not lose an answer silently."""
    yield from instrument.item_names
    known = set(instrument.item_names)
    for key in posted:
        if key.startswith((ANSWER, WHY_NOT)) and key[len(ANSWER) :] not in known and posted[key].strip():
            yield key[len(ANSWER) :]


def _said(posted: Mapping[str, str], before: str, name: str) -> str:
    return posted.get(f"{before}{name}", "").strip()[: LONGEST + 1]


def as_inputs(answers: Mapping[str, Answer]) -> dict[str, str]:
    """Answers in their kept form, as they would be typed."""
    found: dict[str, str] = {}
    for name, answer in answers.items():
        if isinstance(answer, dict) and "missing" in answer:
            found[f"{WHY_NOT}{name}"] = answer["missing"]
        elif isinstance(answer, dict):
            found |= {f"{ANSWER}{name}": f"{answer['value']:.12g}", f"{UNIT}{name}": answer["unit"]}
        elif isinstance(answer, bool):
            found[f"{ANSWER}{name}"] = "yes" if answer else "no"
        else:
            found[f"{ANSWER}{name}"] = f"{answer:.12g}" if isinstance(answer, float) else answer
    return found


def outcomes(instrument: Instrument, answers: Mapping[str, Answer]) -> list[FollowedScore]:
    """What follows by each variant of an instrument."""
    return [
        FollowedScore(instrument, scored(instrument, answers, one.name), one.meaning)
        for one in instrument.variants
    ]


def relatives(instrument: Instrument, answers: Mapping[str, Answer]) -> list[FollowedScore]:
    """What other instruments give that ask for nothing but items of this one, and for more than one of them: MELD beside MELD 3.0."""
    mine = {item.name: item for item in instrument.items}
    found = []
    for other in REGISTRY.values():
        shared = all(
            item.name in mine and _alike(item, mine[item.name]) for item in other.items if item.required
        )
        if other is instrument or other.compute is None or not shared or len(other.items) < 2:
            continue
        if not any(item.required for item in other.items) or other.default_variant is None:
            continue
        taken = {
            item.name: answers[item.name]
            for item in other.items
            if item.name in answers and item.name in mine and _alike(item, mine[item.name])
        }
        if set(other.required_items(other.default_variant)) <= taken.keys():
            told = scored(other, taken, other.default_variant)
            found.append(FollowedScore(other, told, other.variant().meaning))
    return found


def _alike(one: Item, other: Item) -> bool:
    """Whether two items ask for the same thing in the same way."""
    return (one.kind, one.unit, one.analyte, one.options) == (
        other.kind,
        other.unit,
        other.analyte,
        other.options,
    )


def form_of_entry(state: State, subject: str, seq: int) -> str | None:
    """The instrument whose form puts an entry right, where the entry stands and the form is known."""
    person = state.participants.get(subject)
    entry = person.outcomes.get(seq) if person is not None else None
    return entry["instrument"] if entry is not None and entry["instrument"] in REGISTRY else None


def why_not_words() -> tuple[str, ...]:
    """Why an item was not answered, as the record takes it."""
    return MISSING
