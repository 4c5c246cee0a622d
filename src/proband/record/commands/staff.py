"""Sites and the people who work there: opening, closing, roles, trainings."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from pydantic import Field

from proband.record.commands.keys import OF_PERSONS, note_custodians, note_key
from proband.record.declare.change import Body, changes, statement
from proband.record.declare.command import AT_ANY_STAGE, Context, Need, command, never
from proband.record.declare.data import Data, Day, Ref
from proband.record.declare.gate import CUSTODIAN
from proband.record.declare.naming import NewNames
from proband.record.enrolment import KeyOffer, enrolled
from proband.record.events import ASKED_SINCE_VERSION, is_offset
from proband.record.state import StaffMember, State, StudySite
from proband.terms import ProbandError, jurisdiction

#: what all of this has in common: it concerns no participant, and every bedside must know it
by_custodian = partial(command, withdrawal=None, hold=None, consent=None, current_version=False, watched=False, signature=None,
                       reason=False, live=False, custodian=True, everywhere=True)  # fmt: skip


def _is_jurisdiction(code: str) -> bool:
    try:
        return jurisdiction(code) == code
    except ProbandError:
        return False


def _stand_somewhere(c: Context) -> bool:
    return all(is_offset(one) for one in c.data["offsets"]) or not c.written_since(ASKED_SINCE_VERSION)


def _days_are_known(c: Context) -> bool:
    """Whether it is known when a day begins there: who could choose the offset of an event could choose its day, and so outlive an approval or a birthday."""
    tried = c.view is None or c.view.status in ("demonstration", "draft")
    return tried or bool(c.data["offsets"]) or not c.written_since(ASKED_SINCE_VERSION)


@by_custodian("site.open", "site.opened", subject="site",
              stage=((lambda c: _is_jurisdiction(c.data["jurisdiction"]), "a jurisdiction that is known, by its code"),
                     (_stand_somewhere, "offsets at which a clock on a wall stands, in their one form: +00:00, and not -00:00"),
                     (_days_are_known, "the offsets at which its clocks stand: they say when a day begins there, on which approvals, ages and consents end")),
              unique=NewNames("sites"), gates=())  # fmt: skip
class OpenSite(Data):
    """Open a site in a jurisdiction.

    * ``jurisdiction``: the jurisdiction by whose law it works, as GB
    * ``offsets``: where its clocks stand from UTC, in winter and in summer: ``+10:00``; only a demonstration or a draft may leave them out
    """

    jurisdiction: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}$")]
    offsets: Annotated[
        list[Annotated[str, Field(pattern=r"^[+-](0[0-9]|1[0-4]):[0-5][0-9]$")]],
        Field(
            max_length=4, description="Where its clocks stand from UTC, in winter and in summer: ``+10:00``"
        ),
    ] = []


@changes("site.opened")
def _site_opened(state: State, body: Body, data: dict[str, Any]) -> None:
    state.sites[body["subject"]] = StudySite(
        body["subject"],
        data["jurisdiction"],
        offsets=list(data.get("offsets", ())),
        known=[statement(state, body, True)],
    )


@by_custodian("site.reopen", "site.reopened", subject="site", gates=(), reason=True, bears=never, at_closed_site=True,
              stage=((lambda c: c.subject in c.state.sites and not c.state.sites[c.subject].open, "a site that is closed"),))  # fmt: skip
class ReopenSite(Data):
    """Open a site again that was closed."""


@changes("site.reopened")
def _site_reopened(state: State, body: Body, data: dict[str, Any]) -> None:
    state.sites[body["subject"]].known.append(statement(state, body, True))


@by_custodian("site.close", "site.closed", subject="site", stage=((lambda c: c.subject in c.state.sites, "such a site"),),
              reason=True, gates=())  # fmt: skip
class CloseSite(Data):
    """Close a site: nobody is taken in or treated there any more; harm, ends, follow-up and paperwork go on."""


@changes("site.closed")
def _site_closed(state: State, body: Body, data: dict[str, Any]) -> None:
    state.sites[body["subject"]].known.append(statement(state, body, False))


def _somebody_keeps(c: Context) -> bool:
    """Whether somebody is left who may open sites and grant roles everywhere."""
    if c.data["role"] != CUSTODIAN or "*" in c.data.get("sites", ()):
        return True
    return any(
        "*" in person.roles.get(CUSTODIAN, ())
        for person in c.state.persons.values()
        if person.id != c.subject
    )


KEPT: Need = (_somebody_keeps, "another custodian of all sites who stays")


def _offers(c: Context) -> list[tuple[str, str, dict[str, Any]]]:
    return [(c.state.instance, c.subject, c.data["key"])] if c.data["key"] is not None else []


@by_custodian("staff.grant", "staff.granted", permission="staff.manage", subject="person", stage=(KEPT,), signature="grant",
              gates=("second-key", "apart"), enrolment=_offers, unique=OF_PERSONS)  # fmt: skip
class GrantRole(Data):
    """Give a person a role at sites (``*``: all), and with the first role the key that the person signs with.

    * ``role``: the role, as the programme names it
    * ``sites``: at which sites; * for all
    * ``key``: the key that the person signs with; the record makes one where none is given
    """

    role: Ref
    sites: Annotated[
        list[Annotated[str, Field(pattern=r"^(\*|[A-Za-z0-9][A-Za-z0-9._-]*)$")]], Field(min_length=1)
    ]
    key: KeyOffer | None = None


@changes("staff.granted")
def _granted(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.persons.setdefault(body["subject"], StaffMember(body["subject"]))
    person.say(f"role:{data['role']}", statement(state, body, list(data["sites"])))
    if data["key"] is not None:
        note_key(state, enrolled(data["key"], body["subject"], "person", state.seq))
    note_custodians(state)


@by_custodian("staff.revoke", "staff.revoked", permission="staff.manage", subject="person", stage=AT_ANY_STAGE, signature="revocation",
              reason=True, gates=("stays",))  # fmt: skip
class RevokeRole(Data):
    """Take a role from a person.

    * ``role``: the role that is taken away
    """

    role: Ref


@changes("staff.revoked")
def _revoked(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.persons.get(body["subject"])
    if person is not None:
        person.say(f"role:{data['role']}", statement(state, body, []))


@by_custodian(
    "staff.train",
    "staff.trained",
    permission="staff.manage",
    subject="person",
    stage=AT_ANY_STAGE,
    gates=(),
    unique=OF_PERSONS,
)
class Train(Data):
    """Record a training and the last day on which it counts.

    * ``training``: the training, as the programme names it
    * ``valid_until``: the last day on which it counts
    """

    training: Ref
    valid_until: Day


@changes("staff.trained")
def _trained(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.persons.setdefault(body["subject"], StaffMember(body["subject"]))
    person.say(f"training:{data['training']}", statement(state, body, data["valid_until"]))
