"""The new identifiers that a command gives, and the ones that they could be taken for.

People read identifiers aloud, type them and scan them, and a label's check character knows no small letters. So what differs in case alone, or in signs that look
alike, is one identifier written twice, and never two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from proband.record.declare.command import Context
from proband.record.events import ASKED_SINCE_VERSION
from proband.record.identity import look
from proband.record.state import State

#: names within the body of an event
NamesOf = Callable[[Mapping[str, Any]], list[str]]


def subject_of(body: Mapping[str, Any]) -> list[str]:
    """The subject of an event, where it is the new name."""
    return [body["subject"]]


class NewNames:
    """What a command says to the gate ``unique``: into which table of the state its names go, and which they are.

    Parameters
    ----------
    table
        The table of the state, as ``participants``.
    of
        The names within a body; its subject, where nothing is said.
    known
        Whether a name may be one that is there already, as of somebody who gets a further role; it must be written as it was then.
    """

    __slots__ = ("known", "of", "table")

    def __init__(self, table: str, of: NamesOf = subject_of, *, known: bool = False) -> None:
        self.table = table
        self.of = of
        self.known = known

    def __call__(self, c: Context) -> list[str]:
        """The names that are taken already."""
        names = self.of(c.body)
        if self.known:
            return []
        there = getattr(c.state, self.table)
        return [name for name in names if name in there or names.count(name) > 1]

    def alike(self, c: Context) -> tuple[str, str] | None:
        """The first name that looks like another one of its kind, and that one."""
        if not c.written_since(ASKED_SINCE_VERSION):
            return None
        seen: dict[str, str] = {}
        for name in self.of(c.body):
            sight = look(name)
            other = seen.setdefault(sight, name)
            if other == name:
                other = c.state.looks.get(f"{self.table}:{sight}", name)
            # an entry that was taken back has set its name free
            if other != name and (other in seen.values() or other in getattr(c.state, self.table)):
                return name, other
        return None

    def note(self, state: State, body: Mapping[str, Any]) -> None:
        """Note how the names of an event look."""
        for name in self.of(body):
            note_look(state, self.table, name)


def note_look(state: State, table: str, name: str) -> None:
    """Note how a name looks that stands in a table of the state from now on."""
    state.looks[f"{table}:{look(name)}"] = name
