"""In the programme: enrolled, brought to a new version, moved to another site."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import Field

from proband.record.commands.consent import lapse
from proband.record.declare.change import Body, add_task, changes, statement, task_done
from proband.record.declare.command import command
from proband.record.declare.data import Data, Ref
from proband.record.declare.wording import CODE
from proband.record.gates.stages import of_person
from proband.record.state import State


@command("participant.enrol", "participant.enrolled", subject="participant", withdrawal="procedures", hold="enrolment",
         consent="in-force", current_version=True, watched=False, signature=None, reason=False, live=False,
         gates=("alive", "approval", "capacity", "verdict"),
         stage=(
             of_person(lambda c, p: p.consented_at and p.number == c.data["number"], "consent and its sealed number"),
             of_person(lambda c, p: not p.enrolled_at, "somebody not yet enrolled"),
         ))  # fmt: skip
class Enrol(Data):
    """Enrol an eligible person who has consented.

    * ``number``: the number that was sealed at consent
    """

    number: Annotated[int, Field(ge=1)]


@changes("participant.enrolled")
def _enrolled(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.enrolled_at = body["at"]
    person.say("enrolled", statement(state, body, data["number"]))


@command("participant.migrate", "participant.migrated", permission="participant.migration.record", subject="participant",
         withdrawal="contact", hold=None, consent=None, current_version=False, watched=False, signature=None, reason=False,
         live=False, gates=("alive",), custodian=True,
         stage=(
             of_person(lambda c, p: p.programme == c.data["from_programme"] != c.state.programme, "a participant of that version"),
             (lambda c: c.data["to_programme"] == c.state.programme, "the version in force as the goal"),
         ))  # fmt: skip
class Migrate(Data):
    """Move a participant to the version in force, with a re-consent task where the amendment asks for one.

    * ``from_programme``: the hash of the version that they were on
    * ``to_programme``: the hash of the version in force
    """

    from_programme: Annotated[str, CODE]
    to_programme: Annotated[str, CODE]


@changes("participant.migrated")
def _migrated(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.programme = data["to_programme"]
    person.say("programme", statement(state, body, data["to_programme"]))
    task_done(state, f"migrate:{person.id}:{data['to_programme'][:12]}")
    view = state.view
    if view is None or person.consent is None:
        return
    day = date.fromisoformat(body["day"])
    if not view.consent_stands(person.consent.version, person.consent.language, day):
        current = view.consent.version_on(day, person.consent.language)
        add_task(state, "reconsent", person.id, body["at"][:10], f"consent to {current.id if current else 'the text in force'}",
              f"reconsent:{person.id}:{state.seq}")  # fmt: skip


@command("participant.transfer", "participant.transferred", at_closed_site=True, permission="participant.transfer.record", subject="participant",
         withdrawal=None, hold=None, consent=None, current_version=False, watched=False, signature=None, live=False,
         gates=("alive",), reason=True,
         stage=(
             (lambda c: c.data["to_site"] in c.state.sites and c.state.sites[c.data["to_site"]].open, "an open site to go to"),
         ))  # fmt: skip
class Transfer(Data):
    """Move a participant to another site.

    * ``to_site``: the site that takes over
    """

    to_site: Ref


@changes("participant.transferred")
def _transferred(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.site = data["to_site"]
    person.say("site", statement(state, body, data["to_site"]))
    lapse(state, body, person, "transfer", f"moved to {data['to_site']}")
