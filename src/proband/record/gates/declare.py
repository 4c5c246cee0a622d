"""How a gate is declared: a function of what it sees, under its name; and who may do what.

A gate sees the state before an event and the event's body, and nothing else, so that it says the same when a command is
tried, when the event is folded, and when an inspector replays the log years later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from proband.record.commands import CommandType
from proband.record.errors import Refusal
from proband.record.programme_view import ProgrammeView
from proband.record.state import Container, Participant, State

#: the role that opens sites, grants roles and adopts versions; it treats nobody
CUSTODIAN = "custodian"
CUSTODIAN_MAY = (
    "site.*", "staff.*", "programme.adopt", "forecast.seal", "allocation.seal", "capsule.*", "participant.erase",
    "participant.personal.*", "record.export", "participant.migration.record", "participant.correction.record",
)  # fmt: skip
#: actor and role of what the record itself adds
RECORD = "record"


class Context:
    """What a gate sees: the state before the event, the event's body, its declaration, and whom and what it concerns."""

    __slots__ = (
        "at",
        "body",
        "command",
        "data",
        "now",
        "participant",
        "product",
        "state",
        "subject",
        "verb",
        "view",
    )

    def __init__(self, state: State, body: Mapping[str, Any], command: CommandType) -> None:
        self.state = state
        self.body = body
        self.command = command
        self.verb = command.verb
        self.data: dict[str, Any] = body["data"]
        self.subject: str = body["subject"]
        self.at: str = body["at"]
        recorded: str = body["recorded"]
        # the later of the two clocks: a device that is slow does not make a bag younger
        self.now = self.at if self.at > recorded or body["source"] != "online" else recorded
        self.view: ProgrammeView | None = state.programmes.get(state.programme)
        self.product: Container | None = None
        person: str = self.subject
        if command.subject == "product":
            self.product = state.products.get(self.subject)
            person = self.data.get("participant") or (self.product.participant if self.product else "")
        elif command.subject == "adverse-event":
            event = state.adverse_events.get(self.subject)
            person = event.participant if event else ""
        self.participant: Participant | None = state.participants.get(person)

    @property
    def day(self) -> str:
        """The day by UTC."""
        return self.now[:10]


Gate = Callable[[Context], Refusal | None]
GATES: dict[str, Gate] = {}


def gate(name: str) -> Callable[[Gate], Gate]:
    """Register a gate under its name."""

    def register(function: Gate) -> Gate:
        GATES[name] = function
        return function

    return register


@lru_cache(maxsize=8192)
def _permits(patterns: frozenset[str], permission: str) -> bool:
    return any(pattern == permission or fnmatchcase(permission, pattern) for pattern in patterns)


_CUSTODIAN = frozenset(CUSTODIAN_MAY)


def may(view: ProgrammeView | None, role: str, permission: str) -> bool:
    """Whether a role has a permission: the custodian's by the record, every other by the programme in force."""
    if role == CUSTODIAN:
        return _permits(_CUSTODIAN, permission)
    return view is not None and _permits(view.permissions.get(role, frozenset()), permission)
