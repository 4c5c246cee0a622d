"""Forms in the browser: the fields of a command's own declaration, as inputs; what comes back, as it would be typed on the command line.

Nothing about a single command stands here. A field of several lines takes one entry a line; named values take ``name = value`` a line, or JSON;
several objects are rows of inputs, and an empty row is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from proband.record import CommandType
from proband.record.declare.form import AskedField, FieldFault, Typed
from proband.record.errands import asked_of

#: rows of objects that are empty when a form opens
EMPTY_ROWS = 3
#: before the names of inputs that are fields of the form
OWN = "f."


@dataclass(slots=True)
class FormInput:
    """One input: its name, what it asks for, what stands in it, what is wrong with it."""

    name: str
    label: str
    meaning: str
    kind: str
    widget: str
    required: bool
    value: str = ""
    choices: Sequence[str] = ()
    faults: list[FieldFault] = field(default_factory=list)

    @property
    def id(self) -> str:
        """An identifier for the page."""
        return self.name.replace(".", "-")


@dataclass(slots=True)
class FormPart:
    """A field of the form with its inputs: one, or rows of several."""

    label: str
    meaning: str
    rows: list[list[FormInput]]
    is_table: bool = False
    faults: list[FieldFault] = field(default_factory=list)

    @property
    def inputs(self) -> list[FormInput]:
        """Every input of it."""
        return [one for row in self.rows for one in row]


def parts(
    declared: CommandType, posted: Mapping[str, str], faults: Iterable[FieldFault] = ()
) -> tuple[list[FormPart], list[FieldFault]]:
    """The form with what was filled in and what is wrong with it; and the faults for which it has no place."""
    made = [_part(one, posted) for one in asked_of(declared)]
    left = []
    for fault in faults:
        path = OWN + fault.field.replace("-", "_")
        there = [
            one for part in made for one in part.inputs if path == one.name or path.startswith(f"{one.name}.")
        ]
        whole = [part for part in made if any(one.name.startswith(f"{path}.") for one in part.inputs)]
        if there:
            max(there, key=lambda one: len(one.name)).faults.append(fault)
        elif whole:
            whole[0].faults.append(fault)
        else:
            left.append(fault)
    return made, left


def _part(asked: AskedField, posted: Mapping[str, str]) -> FormPart:
    name = f"{OWN}{asked.name}"
    if asked.inner and asked.several:
        filled = _filled_rows(asked, name, posted)
        rows = [
            [
                _input(one, f"{name}.{place}.{one.name}", row.get(one.name, ""), required=False)
                for one in asked.inner
            ]
            for place, row in enumerate([*filled, *([{}] * EMPTY_ROWS)])
        ]
        return FormPart(_label(asked), asked.meaning, rows, is_table=True)
    if asked.inner:
        row = [
            _input(one, f"{name}.{one.name}", posted.get(f"{name}.{one.name}", ""), required=False)
            for one in asked.inner
        ]
        return FormPart(_label(asked), asked.meaning, [row], is_table=True)
    return FormPart(
        _label(asked), asked.meaning, [[_input(asked, name, posted.get(name, ""), required=asked.required)]]
    )


def _filled_rows(asked: AskedField, name: str, posted: Mapping[str, str]) -> list[dict[str, str]]:
    """The rows in which anything stands, closed up in their order."""
    places = sorted(
        {int(place) for key in posted if key.startswith(f"{name}.") and (place := key[len(name) + 1 :].partition(".")[0]).isdecimal() and len(place) < 4}
    )  # fmt: skip
    rows = [
        {one.name: posted.get(f"{name}.{place}.{one.name}", "").strip() for one in asked.inner}
        for place in places
    ]
    return [row for row in rows if any(row.values())]


def _input(asked: AskedField, name: str, value: str, *, required: bool) -> FormInput:
    return FormInput(
        name, _label(asked), asked.meaning, _hint(asked), _widget(asked), required, value, _choices(asked)
    )


def _label(asked: AskedField) -> str:
    words = asked.name.replace("_", " ")
    return words[:1].upper() + words[1:]


def _choices(asked: AskedField) -> Sequence[str]:
    if asked.several:
        return ()
    return asked.choices or (("yes", "no") if asked.kind == "yes or no" else ())


def _widget(asked: AskedField) -> str:
    if asked.several or asked.parts or asked.kind == "words":
        return "lines"
    if _choices(asked):
        return "choice"
    return "day" if asked.kind.startswith("day,") else "line"


def _hint(asked: AskedField) -> str:
    if asked.several:
        return f"one a line: {asked.kind.removeprefix('list of ')}"
    return "name = value, one a line" if asked.parts else asked.kind


def typed(declared: CommandType, posted: Mapping[str, str]) -> list[Typed]:
    """What was filled in, as it would be typed: ``("into.0.amount", "3e7 {cells}")``; what was left empty is not there."""
    found: list[Typed] = []
    for asked in asked_of(declared):
        name = f"{OWN}{asked.name}"
        if asked.inner and asked.several:
            for place, row in enumerate(_filled_rows(asked, name, posted)):
                found += [(f"{asked.name}.{place}.{part}", text) for part, text in row.items() if text]
        elif asked.inner:
            found += [
                (f"{asked.name}.{one.name}", text)
                for one in asked.inner
                if (text := posted.get(f"{name}.{one.name}", "").strip())
            ]
        else:
            found += _typed_of(asked, posted.get(name, "").strip())
    return found


def _typed_of(asked: AskedField, text: str) -> list[Typed]:
    if not text:
        # a list that must be given may be empty: then it is said
        return [(asked.name, "[]")] if asked.several and asked.required else []
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if asked.parts and not text.startswith("{"):
        pairs = [line.partition("=") for line in lines]
        return [(f"{asked.name}.{part.strip()}", value.strip()) for part, _, value in pairs]
    if asked.several and not text.startswith("["):
        return [(asked.name, line) for line in lines]
    return [(asked.name, text)]


def as_posted(data: Mapping[str, Any]) -> dict[str, str]:
    """The fields of an address (``?f.visit=baseline``) as a form that is filled in beforehand."""
    return {str(name): str(value) for name, value in data.items() if str(name).startswith(OWN)}
