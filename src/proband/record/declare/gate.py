"""How a gate is declared: a function of what it sees, under its name; and who may do what.

A gate sees the state before an event and the event's body, and nothing else, so that it says the same when a command is
tried, when the event is folded, and when an inspector replays the log years later.
"""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import lru_cache

from proband.record.declare.command import COMMANDS, GATES, Context, Gate
from proband.record.errors import Refusal
from proband.record.programme_view import ProgrammeView
from proband.record.state import StaffMember

#: the role that opens sites, grants roles and adopts versions; it treats nobody
CUSTODIAN = "custodian"
#: actor and role of what the record itself adds
RECORD = "record"

Judgement = Callable[[Context], Refusal | None]


def gate(name: str, *, mend: str, says: str = "") -> Callable[[Judgement], Judgement]:
    """Declare the function below as a gate; the first line of its docstring is what it holds to.

    Parameters
    ----------
    name
        Its name; a refusal's code is ``gate.<name>``.
    mend
        What to do where it says no, in a few words; a refusal says it for the case at hand.
    says
        What each command that passes it must say to it, in words; it is then ``context.command.says[name]``. A gate that
        asks something is never passed by a command that says nothing.

    Raises
    ------
    ValueError
        For a name that is taken, or a gate without a text.
    """

    def register(function: Judgement) -> Judgement:
        text = (function.__doc__ or "").strip().split("\n")[0]
        if name in GATES or not text or not mend:
            raise ValueError(f"the gate {name} is declared twice, or has no text or no mend")
        GATES[name] = Gate(name, text, mend, function, says)
        return function

    return register


@lru_cache(maxsize=8192)
def _permits(patterns: frozenset[str], permission: str) -> bool:
    return any(pattern == permission or fnmatchcase(permission, pattern) for pattern in patterns)


def may(view: ProgrammeView | None, role: str, permission: str) -> bool:
    """Whether a role has a permission: the custodian's by the declarations, every other by the programme in force."""
    if role == CUSTODIAN:
        return any(one.custodian and one.permission == permission for one in COMMANDS.values())
    return view is not None and _permits(view.permissions.get(role, frozenset()), permission)


def untrained(c: Context, person: StaffMember | None, role: str) -> str | None:
    """The first training that the programme asks of a role and a person does not have on the day; ``None`` where none is missing."""
    if role == CUSTODIAN or c.view is None:
        return None
    held = person.trainings if person is not None else {}
    return next((name for name in c.view.trainings.get(role) or () if held.get(name, "") < c.day), None)
