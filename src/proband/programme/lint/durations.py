"""Lengths of time that are none: something waits for them, and nothing passes, or time runs backwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any, get_args, get_type_hints

from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding
from proband.programme.model import Model, OfTime
from proband.terms import Quantity, convert
from proband.terms.yaml12 import KeyPath


@declare(
    "durations",
    "where something waits for a length of time, it is more than none, and none runs backwards that cannot",
)
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Every quantity that its model declares to be a length of time (:class:`proband.programme.model.OfTime`)."""
    parts: tuple[tuple[str, Model], ...] = (
        ("programme.yaml", programme.head),
        ("product.yaml", programme.product_file),
        ("schedule.yaml", programme.schedule),
        ("safety.yaml", programme.safety),
    )
    for file, part in parts:
        for path, quantity, mark in _lengths(part, ()):
            wrong = _fault(quantity, mark)
            if wrong:
                yield LintFinding(file, path, f"{path[-1]} is {quantity}: {wrong}.", "write a length of time, such as 7 d, 6 mo or 1 a", quantity)  # fmt: skip


def _fault(quantity: Quantity, mark: OfTime) -> str | None:
    length = convert(quantity.value, quantity.unit, "d")
    if mark.sign == "more than none" and length <= 0:
        return "no time passes"
    return "time does not run backwards here" if mark.sign == "none or more" and length < 0 else None


def _lengths(model: Model, path: KeyPath) -> Iterator[tuple[KeyPath, Quantity, OfTime]]:
    marks = _marks(type(model))
    for name in type(model).model_fields:
        for at, value in _members(getattr(model, name), (*path, name)):
            if isinstance(value, Quantity) and name in marks:
                yield at, value, marks[name]
            elif isinstance(value, Model):
                yield from _lengths(value, at)


def _members(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    """The value itself, or what is in a list or a mapping of them."""
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield from _members(one, (*path, index))
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _members(one, (*path, key))
    else:
        yield path, value


@cache
def _marks(kind: type[Model]) -> dict[str, OfTime]:
    """Which fields of a model are lengths of time."""
    hints = get_type_hints(kind, include_extras=True)
    return {name: mark for name in kind.model_fields if (mark := _mark(hints[name])) is not None}


def _mark(hint: Any) -> OfTime | None:
    """The mark within an annotation: of the field, of one side of a union, of the members of a list."""
    if isinstance(hint, OfTime):
        return hint
    return next((mark for one in get_args(hint) if (mark := _mark(one)) is not None), None)
