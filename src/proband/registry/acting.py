"""Who acts: a person of the record with the roles and sites that the log gives them, and what these may do and see.

Nothing is decided here. Whether a role may do something is asked of the record's own gate, with its own words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from proband.record import COMMANDS, CommandType, State
from proband.record.declare.command import GATES, Context
from proband.record.declare.gate import CUSTODIAN, may
from proband.record.errands import ERRANDS
from proband.record.errors import Refused
from proband.record.events import stamp
from proband.record.seeing import EVERYWHERE, works_at

#: errands whose forms name no file on the machine of the record; any other is done there, also one that is written tomorrow
FROM_ELSEWHERE = frozenset(
    {
        "allocation.read",
        "allocation.unblind",
        "kit.open",
        "kit.receive",
        "participant.erase",
        "personal.read",
        "personal.store",
        "programme.adopt",
    }
)


@dataclass(frozen=True, slots=True)
class ActingPerson:
    """A person who has signed in: their roles with the sites of each, and whether anything that tells an arm is kept from them."""

    id: str
    roles: Mapping[str, Sequence[str]]
    blind: bool

    @property
    def sites(self) -> frozenset[str]:
        """The sites of all their roles; ``*`` for all."""
        return frozenset(site for sites in self.roles.values() for site in sites)

    def sees_site(self, site: str) -> bool:
        """Whether they work at a site."""
        return works_at(self, site)


def acting(state: State, person: str, know_arms: Collection[str]) -> ActingPerson:
    """The person as the log has them now.

    Where the programme hides the arm from anybody, whoever holds a role that is not said to know it is blind, whatever other roles they hold.
    """
    found = state.persons.get(person)
    roles = dict(found.roles) if found is not None else {}
    hides = state.view is not None and any(mask.masked for mask in state.view.masking)
    return ActingPerson(person, roles, not roles or (hides and not set(roles) <= set(know_arms)))


def offered(state: State, person: ActingPerson) -> list[CommandType]:
    """The commands that one of the person's roles may do, in the order of their declaration."""
    return [
        one
        for one in COMMANDS.values()
        if is_done_here(one) and any(may(state.view, role, one.permission) for role in person.roles)
    ]


def may_sign(state: State, person: ActingPerson) -> bool:
    """Whether one of the person's roles does anything that is signed."""
    return any(one.signature is not None for one in offered(state, person))


def is_done_here(declared: CommandType) -> bool:
    """Whether a command is done in a browser: not where its form may name a file on the machine of the record."""
    return not declared.by_record and (declared.verb not in ERRANDS or declared.verb in FROM_ELSEWHERE)


def in_which_roles(state: State, person: ActingPerson, declared: CommandType) -> list[tuple[str, str]]:
    """Role and site of each way in which the person may do a command."""
    return [
        (role, site)
        for role, sites in person.roles.items()
        if may(state.view, role, declared.permission)
        for site in _places(state, role, sites)
    ]


def first_way(ways: Sequence[tuple[str, str]], person: ActingPerson) -> tuple[str, str]:
    """The first way in which somebody may do a command; where there is none, the role and site in which the gate will refuse it."""
    role, sites = next(iter(person.roles.items()), ("", ()))
    return ways[0] if ways else (role, next(iter(sites), EVERYWHERE))


def _places(state: State, role: str, sites: Sequence[str]) -> Iterator[str]:
    # nobody but a custodian acts for all sites: whoever works at all of them acts at one, and is offered that first
    if EVERYWHERE in sites and role != CUSTODIAN:
        yield from state.sites
    yield from (site for site in sites if site not in state.sites or EVERYWHERE not in sites)


def check_authority(
    state: State, declared: CommandType, actor: str, role: str, site: str, subject: str, now: Any
) -> None:
    """Ask the record's gate of authority, before a form is shown or read.

    Raises
    ------
    Refused
        With the words of the gate.
    """
    at = stamp(now)
    body: dict[str, Any] = {
        "actor": actor, "role": role, "site": site, "subject": subject, "data": {}, "at": at, "recorded": at, "offset": "+00:00",
        "day": at[:10], "source": "online", "signatures": [],
    }  # fmt: skip
    refusal = GATES["authority"].function(Context(state, body, declared))
    if refusal is not None:
        raise Refused(declared.verb, [refusal])
