"""Dictionaries and lists of the state that lie in pages and are read when somebody asks for them.

What was asked for is held here, as an ordinary entry that a trial can change and take back; everything else stays in the base. So what is held is all
that can have changed since the base was written: a new base is made from the old one and these entries alone.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from operator import attrgetter
from typing import Any, Protocol, TypeVar

from proband.record.undo import UndoDict, UndoList, note_undo

K = TypeVar("K")
V = TypeVar("V")

ABSENT: Any = object()
#: so many keys that are not there are remembered of each table
MOST_ABSENT = 1 << 15


class Base(Protocol):
    """Tables as they were at one event; nothing in them changes."""

    def value(self, table: str, key: Any) -> Any:
        """A new copy of an entry, or :data:`ABSENT`."""
        ...

    def count(self, table: str) -> int:
        """How many entries there are."""
        ...

    def keys(self, table: str) -> Iterator[Any]:
        """Every key, in the order in which they came."""
        ...

    def items(self, table: str) -> Iterator[tuple[Any, Any]]:
        """Every entry, in the order in which they came, each a new copy."""
        ...

    def parts(self, table: str, keys: Iterable[Any], names: tuple[str, ...]) -> dict[Any, tuple[Any, ...]]:
        """Some fields of the entries of some keys, those that there are; each page is read once."""
        ...

    def element(self, table: str, place: int) -> Any:
        """What stands at a place of a list."""
        ...


class PagedDict(UndoDict[K, V]):
    """A dictionary over a base: the same entries in the same order as one that holds them all."""

    __slots__ = ("absent", "base", "gone", "name", "read")

    def __init__(self, base: Base, name: str) -> None:
        super().__init__()
        self.base = base
        self.name = name
        #: keys of the base that were taken out since
        self.gone: set[K] = set()
        #: keys of the base that were read from it: they are held, or gone
        self.read: set[K] = set()
        #: keys that were asked for and are not in the base, which never changes: they are not looked up again
        self.absent: set[K] = set()

    def held(self) -> list[tuple[K, V]]:
        """The entries that were asked for or put in since the base was made."""
        return list(dict.items(self))

    def is_new(self, key: K) -> bool:
        """Whether an entry that is held has no place in the base."""
        return key in self.gone or key not in self.read

    def _find(self, key: K) -> Any:
        if key in self.absent or key in self.gone:
            return ABSENT
        value = self.base.value(self.name, key)
        if value is not ABSENT:
            self.read.add(key)
            dict.__setitem__(self, key, value)
            return value
        if len(self.absent) >= MOST_ABSENT:
            # whoever asks for names that nobody has must not fill the memory
            self.absent.clear()
        self.absent.add(key)
        return value

    def peek(self, key: K) -> Any:
        """An entry, or :data:`ABSENT`, for reading alone: it is not held."""
        value = dict.get(self, key, ABSENT)
        if value is ABSENT and key not in self.gone:
            value = self.base.value(self.name, key)
        return value

    def glances(self, keys: Iterable[K], names: tuple[str, ...]) -> dict[K, tuple[Any, ...]]:
        """Some fields of some entries, for reading alone: none of them is held."""
        wanted = list(dict.fromkeys(keys))
        asked = [key for key in wanted if key not in self.gone and not dict.__contains__(self, key)]
        found = self.base.parts(self.name, asked, names)
        found.update(_parts_of(self, wanted, names))
        return found

    def browse(self) -> Iterator[tuple[K, V]]:
        """Every entry in order, for reading alone: what is not held yet is not held afterwards."""
        for key, value in self.base.items(self.name):
            if key not in self.gone:
                held = dict.get(self, key, ABSENT)
                yield key, (value if held is ABSENT else held)
        yield from ((key, value) for key, value in self.held() if self.is_new(key))

    def __missing__(self, key: K) -> V:
        value = self._find(key)
        if value is ABSENT:
            raise KeyError(key)
        found: V = value
        return found

    def get(self, key: K, default: Any = None) -> Any:
        """See :meth:`dict.get`."""
        value = dict.get(self, key, ABSENT)
        if value is ABSENT:
            value = self._find(key)
        return default if value is ABSENT else value

    def __contains__(self, key: object) -> bool:
        return dict.__contains__(self, key) or self._find(key) is not ABSENT  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[K]:
        yield from (key for key in self.base.keys(self.name) if key not in self.gone)
        yield from (key for key, _ in self.held() if self.is_new(key))

    def __reversed__(self) -> Iterator[K]:
        return reversed(list(self))

    def __len__(self) -> int:
        return self.base.count(self.name) + dict.__len__(self) - len(self.read)

    def keys(self) -> KeysView[K]:  # type: ignore[override]
        """See :meth:`dict.keys`."""
        return KeysView(self)

    def values(self) -> ValuesView[V]:  # type: ignore[override]
        """See :meth:`dict.values`; whoever changes one of them changes the dictionary's."""
        return _HeldValues(self)

    def items(self) -> ItemsView[K, V]:  # type: ignore[override]
        """See :meth:`dict.items`."""
        return _HeldItems(self)

    def holding(self) -> Iterator[tuple[K, V]]:
        """Every entry in order, held from then on."""
        for key, value in self.base.items(self.name):
            if key not in self.gone:
                held = dict.get(self, key, ABSENT)
                if held is ABSENT:
                    self.read.add(key)
                    dict.__setitem__(self, key, value)
                    held = value
                yield key, held
        yield from ((key, value) for key, value in self.held() if self.is_new(key))

    def __delitem__(self, key: K) -> None:
        self.pop(key)

    def pop(self, key: K, *default: Any) -> Any:
        """See :meth:`dict.pop`."""
        value = self.get(key, ABSENT)
        if value is ABSENT:
            if default:
                return default[0]
            raise KeyError(key)
        self._before()
        dict.pop(self, key)
        if key in self.read:
            self.gone.add(key)
        return value

    def popitem(self) -> tuple[K, V]:
        """See :meth:`dict.popitem`."""
        last = next(reversed(self), ABSENT)
        if last is ABSENT:
            raise KeyError("popitem(): dictionary is empty")
        return last, self.pop(last)

    def clear(self) -> None:
        """See :meth:`dict.clear`."""
        self._before()
        dict.clear(self)
        self.gone.update(self.base.keys(self.name))
        self.read.update(self.gone)

    def copy(self) -> dict[K, V]:
        """See :meth:`dict.copy`."""
        return dict(self.items())

    def _before(self) -> None:
        note_undo(_restore, self, self.held(), set(self.gone), set(self.read))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, dict) or len(self) != len(other):
            return False
        look = other.peek if isinstance(other, PagedDict) else lambda key: other.get(key, ABSENT)
        return all(look(key) == value for key, value in self.browse())

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{self.name}: {len(self)} entries, {dict.__len__(self)} held>"

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (list(self.browse()),)


class _HeldValues(ValuesView[V]):
    def __iter__(self) -> Iterator[V]:
        return (value for _, value in self._mapping.holding())  # type: ignore[attr-defined]


class _HeldItems(ItemsView[K, V]):
    def __iter__(self) -> Iterator[tuple[K, V]]:
        return self._mapping.holding()  # type: ignore[attr-defined,no-any-return]


def _restore(target: PagedDict[K, V], held: list[tuple[K, V]], gone: set[K], read: set[K]) -> None:
    dict.clear(target)
    dict.update(target, held)
    target.gone, target.read = gone, read


class PagedList(UndoList[V]):
    """A list that only grows, over a base: what lies in the base is read and never changed."""

    __slots__ = ("base", "before", "name")

    def __init__(self, base: Base, name: str) -> None:
        super().__init__()
        self.base = base
        self.name = name
        #: how many elements lie in the base
        self.before = base.count(name)

    def held(self) -> list[V]:
        """The elements that were appended since the base was made."""
        return list(list.__iter__(self))

    def __len__(self) -> int:
        return self.before + list.__len__(self)

    def __iter__(self) -> Iterator[V]:
        yield from (value for _, value in self.base.items(self.name))
        yield from self.held()

    browse = __iter__

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        at = place + len(self) if place < 0 else place
        if at >= self.before:
            return list.__getitem__(self, at - self.before)
        if at < 0:
            raise IndexError("list index out of range")
        return self.base.element(self.name, at)

    def __setitem__(self, place: Any, value: Any) -> None:
        at = place + len(self) if place < 0 else place
        if at < self.before:
            raise TypeError(f"{self.name}: what lies in the base does not change")
        at -= self.before
        note_undo(list.__setitem__, self, at, list.__getitem__(self, at))
        list.__setitem__(self, at, value)

    def __contains__(self, value: object) -> bool:
        return any(one == value for one in self)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, list)
            and len(self) == len(other)
            and all(one == another for one, another in zip(self, other, strict=True))
        )

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{self.name}: {len(self)} elements>"

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (list(self),)

    def _before(self) -> None:
        raise TypeError(f"{self.name} only grows")


def peek(entries: Mapping[K, V], key: K) -> V | None:
    """An entry of a table of the state for reading alone, ``None`` where there is none: what lies in pages is not held."""
    found = entries.peek(key) if isinstance(entries, PagedDict) else entries.get(key, ABSENT)
    return None if found is ABSENT else found


def browse(entries: dict[K, V]) -> Iterator[tuple[K, V]]:
    """Every entry of a table of the state in order, for reading alone: a table that lies in pages stays there."""
    return entries.browse() if isinstance(entries, PagedDict) else iter(entries.items())


def browse_values(entries: dict[Any, V]) -> Iterable[V]:
    """Every value of a table of the state in order, for reading alone."""
    return (value for _, value in browse(entries)) if isinstance(entries, PagedDict) else entries.values()


def glances(entries: dict[K, V], keys: Iterable[K], names: tuple[str, ...]) -> dict[K, tuple[Any, ...]]:
    """Some fields (two or more) of the entries of some keys, those that there are: what lies in pages is not made into nouns for it."""
    return entries.glances(keys, names) if isinstance(entries, PagedDict) else _parts_of(entries, keys, names)


def _parts_of(entries: dict[K, V], keys: Iterable[K], names: tuple[str, ...]) -> dict[K, tuple[Any, ...]]:
    fields = attrgetter(*names)
    return {key: fields(value) for key in keys if (value := dict.get(entries, key, ABSENT)) is not ABSENT}
