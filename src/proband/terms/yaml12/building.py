"""Values and lines built straight from the events of a parser; nodes between them would cost half as much again."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from proband.terms.yaml12.core_schema import BEGINNINGS, scalar
from proband.terms.yaml12.faults import fault

#: key path inside a document
KeyPath = tuple[str | int, ...]

#: a document whose aliases, written out, hold more values than this is refused
MOST_VALUES = 1_000_000

_CORE = "tag:yaml.org,2002:"
_MERGE = "<<"


class Building:
    """The values of one document while its events come in."""

    def __init__(self, following: Callable[[], Any]) -> None:
        self.following = following
        self.lines: dict[KeyPath, int] = {(): 1}
        # anchor → its value, and the lines of what stands in it by the path below it
        self.anchors: dict[str, tuple[Any, dict[KeyPath, int]]] = {}
        self.unfinished: set[str] = set()
        self.copied = 0

    def document(self) -> Any:
        """The one document of the stream; ``None`` for an empty one."""
        self.following()  # the stream starts
        start = self.following()
        if start.__class__ is StreamEndEvent:
            return None
        if start.version not in (None, (1, 2)):
            said = ".".join(map(str, start.version))
            raise fault(
                f"the file says that it is YAML {said}, whose words mean other things", start.start_mark
            )
        value = self.value(self.following(), ())
        self.following()  # the document ends
        another = self.following()
        if another.__class__ is not StreamEndEvent:
            raise fault(
                "expected a single document in the stream but found another document", another.start_mark
            )
        return value

    def value(self, event: Any, path: KeyPath) -> Any:
        """The value that begins with an event."""
        kind = event.__class__
        if kind is ScalarEvent:
            value = self.scalar(event)
        elif kind is AliasEvent:
            return self.alias(event, path)
        else:
            if event.anchor is not None:
                self.unfinished.add(event.anchor)
            value = self.mapping(event, path) if kind is MappingStartEvent else self.sequence(event, path)
        if event.anchor is not None:
            depth = len(path)
            below = {
                at[depth:]: line for at, line in self.lines.items() if len(at) > depth and at[:depth] == path
            }
            self.anchors[event.anchor] = (value, below)
            self.unfinished.discard(event.anchor)
        return value

    def scalar(self, event: Any) -> Any:
        """The value of a scalar: a plain word by the core schema, anything quoted as a text, a tagged word as its tag says."""
        word: str = event.value
        if event.tag is not None and event.tag != "!":
            return _tagged(event)
        if not event.implicit[0] or (word and word[0] not in BEGINNINGS):
            return word
        if event.style:  # quoted behind a bare "!", which the parsers take for a plain word
            return word
        try:
            return scalar(word)
        except ValueError:
            raise fault("a number of more than 4300 digits", event.start_mark) from None

    def mapping(self, start: Any, path: KeyPath) -> dict[str, Any]:
        """A mapping up to its end."""
        _check_tag(start, "map")
        following, lines = self.following, self.lines
        result: dict[str, Any] = {}
        merges: list[tuple[dict[str, Any], dict[KeyPath, int]]] = []
        while (event := following()).__class__ is not MappingEndEvent:
            if event.__class__ is not ScalarEvent:
                if event.__class__ is not AliasEvent:
                    raise fault("a key must be a word or a text, not a list or a mapping", event.start_mark)
                raise fault("a key must be written out, not an alias", event.start_mark)
            key: str = event.value
            if event.tag not in (None, "!", f"{_CORE}str"):
                raise fault(
                    f"the tag {_written(event.tag)} is not read at a key, which is a text", event.start_mark
                )
            if event.implicit[0]:
                if key == "":
                    raise fault("a key is empty", event.start_mark)
                if key == _MERGE:
                    merges += self.merged(path)
                    continue
            if key in result:
                raise fault(f'while constructing a mapping found duplicate key "{key}"', event.start_mark)
            if event.anchor is not None:
                self.anchors[event.anchor] = (key, {})
            child = (*path, key)
            lines[child] = event.start_mark.line + 1  # type: ignore[union-attr]
            result[key] = self.value(following(), child)
        for source, below in merges:
            for key, value in source.items():
                if key not in result:
                    result[key] = value
                    lines[(*path, key)] = lines[path]
                    lines |= {
                        (*path, *at): line for at, line in below.items() if len(at) > 1 and at[0] == key
                    }
        return result

    def sequence(self, start: Any, path: KeyPath) -> list[Any]:
        """A sequence up to its end."""
        _check_tag(start, "seq")
        following, lines = self.following, self.lines
        items: list[Any] = []
        while (event := following()).__class__ is not SequenceEndEvent:
            place = (*path, len(items))
            lines[place] = event.start_mark.line + 1
            items.append(self.value(event, place))
        return items

    def alias(self, event: Any, path: KeyPath) -> Any:
        """What an alias stands for, written out, with the lines of its anchor."""
        if event.anchor in self.unfinished:
            raise fault("an alias stands inside its own anchor", event.start_mark)
        if event.anchor not in self.anchors:
            raise fault(f"found undefined alias {event.anchor!r}", event.start_mark)
        value, below = self.anchors[event.anchor]
        self.copied += 1 + len(below)
        if self.copied > MOST_VALUES:
            raise fault(f"its aliases multiply to more than {MOST_VALUES:,} values", event.start_mark)
        self.lines |= {(*path, *at): line for at, line in below.items()}
        return deepcopy(value)

    def merged(self, path: KeyPath) -> list[tuple[dict[str, Any], dict[KeyPath, int]]]:
        """The mappings that stand behind a merge key, the strongest first, each with the lines of what stands in it."""
        apart = Building(self.following)
        apart.anchors, apart.unfinished, apart.copied = self.anchors, self.unfinished, self.copied
        event = self.following()
        value = apart.value(event, ())
        self.copied = apart.copied
        if isinstance(value, dict):
            return [(value, apart.lines)]
        if isinstance(value, list) and all(isinstance(one, dict) for one in value):
            return [
                (one, {at[1:]: line for at, line in apart.lines.items() if at[:1] == (index,)})
                for index, one in enumerate(value)
            ]
        raise fault("a merge (<<) needs a mapping, or a list of mappings", event.start_mark)


def _check_tag(event: Any, kind: str) -> None:
    if event.tag not in (None, "!", f"{_CORE}{kind}"):
        raise fault(f"the tag {_written(event.tag)} is not read here", event.start_mark)


def _tagged(event: Any) -> Any:
    """A scalar with a tag of the core schema: the word must be of that kind."""
    kinds = {"str": str, "null": type(None), "bool": bool, "int": int, "float": float}
    wanted = kinds.get(event.tag.removeprefix(_CORE)) if event.tag.startswith(_CORE) else None
    if wanted is None:
        raise fault(f"the tag {_written(event.tag)} is not read here", event.start_mark)
    if wanted is str:
        return event.value
    value = scalar(event.value)
    if wanted is float and type(value) is int:
        return float(value)
    if type(value) is not wanted:
        raise fault(f"{event.value!r} is not what its tag {_written(event.tag)} says", event.start_mark)
    return value


def _written(tag: str) -> str:
    return f"!!{tag.removeprefix(_CORE)}" if tag.startswith(_CORE) else tag
