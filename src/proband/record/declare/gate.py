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


#: of which permission another one was a part, said beside the command that asks for it: where no role of a programme names it, whoever has the whole has it
PART_OF: dict[str, str] = {}
#: which roles a programme names for what a permission allows, said beside the command that asks for it: to be named is to be permitted
NAMED_FOR: dict[str, Callable[[ProgrammeView], frozenset[str]]] = {}


def may(view: ProgrammeView | None, role: str, permission: str) -> bool:
    """Whether a role has a permission: the custodian's by the declarations, every other by the programme in force.

    A permission that was a part of another one (:data:`PART_OF`) is still that of whoever has the whole, until some role of the programme names it;
    what the programme names a role for (:data:`NAMED_FOR`), that role may do.
    """
    if role == CUSTODIAN:
        return any(one.custodian and one.permission == permission for one in COMMANDS.values())
    if view is None:
        return False
    if permission in NAMED_FOR and role in NAMED_FOR[permission](view):
        return True
    patterns, whole = view.permissions.get(role, frozenset()), PART_OF.get(permission)
    if whole is not None and not any(permission in named for named in view.permissions.values()):
        return _permits(patterns, permission) or _permits(patterns, whole)
    return _permits(patterns, permission)


def untrained(c: Context, person: StaffMember | None, role: str) -> tuple[str, str | None] | None:
    """The first training that the programme asks of a role and a person does not have on the day, with the last day on which it counted.

    The day is ``None`` where the training was never recorded; ``None`` alone: nothing is missing.
    """
    if role == CUSTODIAN or c.view is None:
        return None
    for name in c.view.trainings.get(role) or ():
        at = c.late if c.command.at_closed_site else c.at
        held = person.trained(name, at, c.body["offset"]) if person is not None else None
        if held is None or held.value < c.day:
            return name, held.value if held is not None else None
    return None


def moments_of_acting(c: Context, role: str = "") -> tuple[str, ...]:
    """When whoever acts must hold their role: when it happened, and when they say so.

    Whose role was taken enters nothing with an earlier time; who got one later did nothing in it before. A custodian decides when it
    is recorded, whatever time that is about; and what is still recorded at a closed site (harm, ends, deviations, follow-up) is a report of
    whoever makes it, not their act: no harm is unreportable because the one who hears of it came later.
    """
    if c.at == c.late or role == CUSTODIAN or c.command.at_closed_site:
        return (c.late,)
    return (c.at, c.late)


def works_here(c: Context, person: StaffMember | None, role: str, at: str) -> bool:
    """Whether somebody holds a role at the event's site at a moment, and its trainings on the event's day."""
    held = person.held(role, at, c.body["offset"]) if person is not None else None
    here = held is not None and (c.body["site"] in held.value or "*" in held.value)
    return here and untrained(c, person, role) is None
