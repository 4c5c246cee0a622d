"""The gates: conditions that the record itself enforces, each with a name, a text and a mend.

A gate sees the state before an event and the event's body, and nothing else, so that it says the same when a command is
tried, when the event is folded, and when an inspector replays the log years later. An event that a gate refuses cannot be
appended by a command; appended in some other way it is void for every projection and is reported by the verification.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from proband.record.commands import BY_EVENT, COMMANDS, CommandType
from proband.record.errors import Refusal
from proband.record.events import SCHEMA_VERSION
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


def judge(
    state: State, body: Mapping[str, Any], gates: Mapping[str, Gate] = GATES, *, first_only: bool = False
) -> list[Refusal]:
    """Every refusal of an event's body by the gates of its command, in the order of the declaration.

    Parameters
    ----------
    state
        What the log amounts to before the event.
    body
        The event's body.
    gates
        The gates in force; the tests leave one out to show that it is needed.
    first_only
        Stop at the first refusal.
    """
    command = BY_EVENT.get(body["event"])
    if command is None or body["command"] != command.verb:
        return [Refusal("known", f"{body['event']!r} is no event of this record", "append through a command")]
    if body["study"] != state.study or body["v"] != SCHEMA_VERSION:
        return [
            Refusal(
                "form",
                f"this is an event of {body['study']}, version {body['v']}",
                "append through a command of this study",
            )
        ]
    malformed = _malformed(body, command)
    if malformed is not None:
        return [malformed]
    context = Context(state, body, command)
    refusals = []
    for name, function in _plan(command, gates):
        refusal = function(context)
        if refusal is not None:
            refusals.append(refusal)
            # without the right person, product or study there is nothing further to judge
            if first_only or name == "stage":
                break
    return refusals


_PLANS: dict[str, tuple[tuple[str, Gate], ...]] = {}


def _plan(command: CommandType, gates: Mapping[str, Gate]) -> tuple[tuple[str, Gate], ...]:
    """The gates of a command as functions, worked out once for the full set."""
    plan = _PLANS.get(command.verb) if gates is GATES else None
    if plan is None:
        plan = tuple(
            (name, gates[name])
            for name in command.gates
            if name in gates and (name != "reason" or command.reason)
        )
        if gates is GATES:
            _PLANS[command.verb] = plan
    return plan


def _malformed(body: Mapping[str, Any], command: CommandType) -> Refusal | None:
    """Whether the body is not of the form that its command writes: then no gate could read it."""
    try:
        command.data.__pydantic_validator__.validate_python(body["data"])
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        return Refusal(
            "form", f"{command.verb}: {place}: {first['msg']}", "give the data that the command asks for"
        )
    return None


def declared_gates() -> Iterable[str]:
    """The names of all gates that some command declares."""
    return sorted({name for command in COMMANDS.values() for name in command.gates})


# the gates themselves, by what they guard
from proband.record import gates_bedside, gates_conduct, gates_participant, gates_product  # noqa: E402

__all__ = [
    "CUSTODIAN", "GATES", "RECORD", "Context", "Gate", "declared_gates", "gate", "gates_bedside", "gates_conduct", "gates_participant",
    "gates_product", "judge", "may",
]  # fmt: skip
