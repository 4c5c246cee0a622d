"""Nouns of the state as JSON and back, without anything that a reader would execute.

A list begins with its tag, so that nothing that somebody typed is ever taken for a noun: ``[""…]`` a list, ``["("…]`` a tuple, ``["{"…]`` pairs of a
dictionary whose keys are no texts, ``["b", hex]`` bytes, ``["ProgrammeView", {…}]`` a view, ``[name, field…]`` a noun. A value that is none of these is
refused when it is written: a state that cannot be kept is folded anew, never kept in part.
"""

from __future__ import annotations

from dataclasses import fields
from functools import lru_cache
from math import isfinite
from typing import Any

from proband.record.programme_view import ProgrammeView
from proband.record.undo import Undoable, UndoDict, UndoList

_LIST, _TUPLE, _PAIRS, _BYTES, _VIEW = "", "(", "{", "b", "ProgrammeView"
_PLAIN = frozenset({str, int, bool, type(None)})
_SHAPES: dict[type, tuple[str, ...]] = {}
_NAMED: dict[str, type[Undoable]] = {}


class UnknownShape(TypeError):
    """A value that has no form here, or bytes that are no form of a value."""


def encode(value: Any) -> Any:
    """A value of the state as what JSON knows.

    Raises
    ------
    UnknownShape
        For a value that no noun of the state holds.
    """
    kind = type(value)
    if kind in _PLAIN:
        return value
    if isinstance(value, dict):
        if all(type(key) is str for key in value):
            return {key: one if type(one) in _PLAIN else encode(one) for key, one in value.items()}
        return [_PAIRS, *([encode(key), encode(one)] for key, one in value.items())]
    if isinstance(value, list):
        return [_LIST, *(one if type(one) in _PLAIN else encode(one) for one in value)]
    if kind is tuple:
        return [_TUPLE, *map(encode, value)]
    if kind is float and isfinite(value):
        return value
    if isinstance(value, Undoable):
        found = [kind.__name__]
        for name in _SHAPES.get(kind) or _learn(kind):
            one = getattr(value, name)
            found.append(one if type(one) in _PLAIN else encode(one))
        return found
    if kind is bytes:
        return [_BYTES, value.hex()]
    if kind is ProgrammeView:
        return [_VIEW, value.model_dump(mode="json")]
    raise UnknownShape(f"{kind.__name__} has no form in a snapshot")


def decode(value: Any) -> Any:
    """A value from what :func:`encode` made of it; lists and dictionaries take part in trials again.

    Raises
    ------
    UnknownShape
        For what :func:`encode` does not write.
    """
    kind = type(value)
    if kind is dict:
        found: UndoDict[Any, Any] = UndoDict()
        for key, one in value.items():
            dict.__setitem__(found, key, one if type(one) in _PLAIN else decode(one))
        return found
    if kind is not list:
        return value
    if not value:
        raise UnknownShape("a list without its tag")
    tag, rest = value[0], value[1:]
    if tag == _LIST:
        return UndoList([one if type(one) in _PLAIN else decode(one) for one in rest])
    if tag == _TUPLE:
        return tuple(map(decode, rest))
    if tag == _PAIRS:
        return UndoDict({decode(key): decode(one) for key, one in rest})
    if tag == _BYTES:
        return bytes.fromhex(rest[0])
    if tag == _VIEW:
        return ProgrammeView.model_validate(rest[0])
    noun = _NAMED.get(tag) or _find(tag)
    shape = _SHAPES.get(noun) or _learn(noun)
    if len(shape) != len(rest):
        raise UnknownShape(f"{tag} has {len(shape)} fields, not {len(rest)}")
    made = noun.__new__(noun)
    for name, one in zip(shape, rest, strict=True):
        object.__setattr__(made, name, one if type(one) in _PLAIN else decode(one))
    return made


def parts(value: Any, names: tuple[str, ...]) -> tuple[Any, ...]:
    """Some fields of a noun from what :func:`encode` made of it; the others are not looked at.

    Raises
    ------
    UnknownShape
        For what is no noun, and for a field that it does not have.
    """
    return all_decoded(fields_of(value, names))


def all_decoded(values: list[Any]) -> tuple[Any, ...]:
    """Values from what :func:`encode` made of them."""
    return tuple([one if type(one) in _PLAIN else decode(one) for one in values])


def fields_of(value: Any, names: tuple[str, ...]) -> list[Any]:
    """The same fields as they were encoded.

    Raises
    ------
    UnknownShape
        For what is no noun, and for a field that it does not have.
    """
    if type(value) is not list or not value or type(value[0]) is not str:
        raise UnknownShape("no noun")
    size, places = _places(value[0], names)
    if size != len(value):
        raise UnknownShape(f"{value[0]} has {size - 1} fields, not {len(value) - 1}")
    return [value[place] for place in places]


@lru_cache(maxsize=256)
def _places(tag: str, names: tuple[str, ...]) -> tuple[int, tuple[int, ...]]:
    """How long the list of a noun is, and where some of its fields stand in it: the tag comes first."""
    noun = _NAMED.get(tag) or _find(tag)
    shape = _SHAPES.get(noun) or _learn(noun)
    try:
        return len(shape) + 1, tuple(shape.index(name) + 1 for name in names)
    except ValueError as error:
        raise UnknownShape(f"{tag}: {error}") from error


def _learn(noun: type[Any]) -> tuple[str, ...]:
    _SHAPES[noun] = shape = tuple(one.name for one in fields(noun))
    return shape


def _find(name: object) -> type[Undoable]:
    """The noun of a name: one that derives from :class:`Undoable`, and nothing else in the program."""
    waiting: list[type[Undoable]] = [Undoable]
    while waiting:
        for noun in waiting.pop().__subclasses__():
            # dataclasses with slots are made twice; the first one is nobody's
            if noun.__name__ == name and "__dataclass_fields__" in vars(noun) and "__slots__" in vars(noun):
                _NAMED[noun.__name__] = noun
                return noun
            waiting.append(noun)
    raise UnknownShape(f"{str(name)[:40]} is no noun of the state")
