"""Changes of the state that can be taken back: an undo log beneath its nouns, so that an event can be tried on the state itself.

A state is a large tree. To find out whether an event stands, it is neither copied nor guessed at: the event is folded, with
the very code of every replay, while each change writes down what was there before; what does not stand is taken back
step by step. Whoever declares a noun of the state derives it from :class:`Undoable`; lists and dictionaries that are put
into it take part by themselves, also those of a study's own commands.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

K = TypeVar("K")
V = TypeVar("V")

#: how to take one change back: a function and its arguments
Step = tuple[Callable[..., Any], tuple[Any, ...]]


class _Running(threading.local):
    """The undo log of the trial that runs in this thread; ``None`` where none runs."""

    log: list[Step] | None = None


_RUNNING = _Running()
_ABSENT = object()


class Trial:
    """What was changed since a trial began; :meth:`take_back` brings everything to what it was."""

    __slots__ = ("_log", "_mark")

    def __init__(self, log: list[Step]) -> None:
        self._log = log
        self._mark = len(log)

    def take_back(self) -> None:
        """Undo every change since the trial began, the last one first."""
        log = self._log
        while len(log) > self._mark:
            function, arguments = log.pop()
            function(*arguments)


@contextmanager
def trial() -> Iterator[Trial]:
    """Write down every change until the block ends; a trial within a trial is a part of it.

    What the block neither takes back nor raises over stands.
    """
    outer = _RUNNING.log
    log: list[Step] = [] if outer is None else outer
    _RUNNING.log = log
    running = Trial(log)
    try:
        yield running
    except BaseException:
        _RUNNING.log = None
        running.take_back()
        raise
    finally:
        _RUNNING.log = outer


def note_undo(function: Callable[..., Any], *arguments: Any) -> None:
    """Write down how to take back a change that is about to be made, where a trial runs."""
    if _RUNNING.log is not None:
        _RUNNING.log.append((function, arguments))


@contextmanager
def apart() -> Iterator[None]:
    """For what is made anew beside the state while a trial runs: it is no part of the trial."""
    outer = _RUNNING.log
    _RUNNING.log = None
    try:
        yield
    finally:
        _RUNNING.log = outer


class Undoable:
    """A noun of the state: setting a field can be taken back, and lists and dictionaries put into it can as well."""

    __slots__ = ()

    def __setattr__(self, name: str, value: Any) -> None:
        kind = type(value)
        if kind is dict or kind is list:
            value = _kept(value)
        log = _RUNNING.log
        if log is not None:
            before = getattr(self, name, _ABSENT)
            # a noun that is new in this trial goes with whatever holds it
            if before is not _ABSENT:
                log.append((object.__setattr__, (self, name, before)))
        object.__setattr__(self, name, value)


def _kept(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return UndoDict({key: _kept(one) for key, one in value.items()})
    if kind is list:
        return UndoList([_kept(one) for one in value])
    return value


class UndoDict(dict[K, V]):
    """A dictionary of the state; its order is restored as well."""

    __slots__ = ()

    def _before(self) -> None:
        """Write down the whole: for the rare changes that a single entry does not describe."""
        log = _RUNNING.log
        if log is not None:
            log.append((_refill, (self, list(self.items()))))

    def __setitem__(self, key: K, value: V) -> None:
        log = _RUNNING.log
        if log is not None:
            before = self.get(key, _ABSENT)
            log.append(
                (dict.pop, (self, key, None))
                if before is _ABSENT
                else (dict.__setitem__, (self, key, before))
            )
        kind = type(value)
        dict.__setitem__(self, key, _kept(value) if kind is dict or kind is list else value)

    def __delitem__(self, key: K) -> None:
        self._before()
        dict.__delitem__(self, key)

    def setdefault(self, key: K, default: Any = None) -> Any:
        """See :meth:`dict.setdefault`."""
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key: K, *default: Any) -> Any:
        """See :meth:`dict.pop`."""
        if key in self:
            self._before()
        return dict.pop(self, key, *default)

    def popitem(self) -> tuple[K, V]:
        """See :meth:`dict.popitem`."""
        self._before()
        return dict.popitem(self)

    def clear(self) -> None:
        """See :meth:`dict.clear`."""
        self._before()
        dict.clear(self)

    def update(self, *others: Any, **named: Any) -> None:
        """See :meth:`dict.update`."""
        for key, value in dict(*others, **named).items():
            self[key] = value

    def __ior__(self, other: Any) -> UndoDict[K, V]:  # type: ignore[override,misc]
        self.update(other)
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (list(self.items()),)


class UndoList(list[V]):
    """A list of the state."""

    __slots__ = ()

    def _before(self) -> None:
        log = _RUNNING.log
        if log is not None:
            log.append((_relist, (self, list(self))))

    def append(self, value: V) -> None:
        """See :meth:`list.append`."""
        log = _RUNNING.log
        if log is not None:
            log.append((list.pop, (self,)))
        kind = type(value)
        list.append(self, _kept(value) if kind is dict or kind is list else value)

    def __setitem__(self, place: Any, value: Any) -> None:
        log = _RUNNING.log
        if isinstance(place, slice):
            self._before()
            list.__setitem__(self, place, map(_kept, value))
            return
        if log is not None:
            log.append((list.__setitem__, (self, place, self[place])))
        list.__setitem__(self, place, _kept(value))

    def __delitem__(self, place: Any) -> None:
        self._before()
        list.__delitem__(self, place)

    def __iadd__(self, others: Iterable[V]) -> UndoList[V]:  # type: ignore[misc,override]
        self.extend(others)
        return self

    def __imul__(self, times: Any) -> UndoList[V]:  # type: ignore[misc]
        self._before()
        list.__imul__(self, times)
        return self

    def extend(self, others: Iterable[V]) -> None:
        """See :meth:`list.extend`."""
        for value in list(others):
            self.append(value)

    def insert(self, place: Any, value: V) -> None:
        """See :meth:`list.insert`."""
        self._before()
        list.insert(self, place, _kept(value))

    def pop(self, place: Any = -1) -> V:
        """See :meth:`list.pop`."""
        self._before()
        return list.pop(self, place)

    def remove(self, value: V) -> None:
        """See :meth:`list.remove`."""
        self._before()
        list.remove(self, value)

    def clear(self) -> None:
        """See :meth:`list.clear`."""
        self._before()
        list.clear(self)

    def sort(self, **options: Any) -> None:
        """See :meth:`list.sort`."""
        self._before()
        list.sort(self, **options)

    def reverse(self) -> None:
        """See :meth:`list.reverse`."""
        self._before()
        list.reverse(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (list(self),)


def _refill(target: dict[K, V], items: list[tuple[K, V]]) -> None:
    dict.clear(target)
    dict.update(target, items)


def _relist(target: list[V], items: list[V]) -> None:
    list.__setitem__(target, slice(None), items)


def plain(value: Any) -> Any:
    """A value without undo log, all the way down: for those who hand the state's dictionaries on as data."""
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value
