"""Personal data: that they were stored, read, erased; never what they are."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from proband.record.declare.change import Body, changes
from proband.record.declare.command import AT_ANY_STAGE, Context, command, never
from proband.record.declare.data import Data, Ref, Words
from proband.record.declare.gate import gate
from proband.record.errors import Refusal
from proband.record.gates.stages import KNOWN_PERSON, of_person
from proband.record.state import State
from proband.record.traceability import TracingLimit, limits

#: since this version of the envelope an erasure is judged by the terms of tracing
TERMS_SINCE_VERSION = 3


@command("personal.store", "personal.stored", bears=never, at_closed_site=True, permission="participant.personal.record", subject="participant",
         stage=AT_ANY_STAGE, withdrawal=None, hold=None, consent=None, current_version=False, watched=False, signature=None,
         reason=False, live=False, gates=("alive",), custodian=True, for_the_reader=True)  # fmt: skip
class StorePersonal(Data):
    """Note that fields of personal data were put into the vault (their names, never their contents).

    * ``fields``: the names of the fields
    """

    fields: Annotated[list[Ref], Field(min_length=1)]


@command("personal.read", "personal.read", bears=never, at_closed_site=True, permission="participant.personal.read", subject="participant",
         stage=(KNOWN_PERSON,), withdrawal=None, hold=None, consent=None, current_version=False, watched=False, signature=None,
         live=False, gates=(), reason=True, custodian=True, for_the_reader=True)  # fmt: skip
class ReadPersonal(Data):
    """Note who read personal data, and why.

    * ``fields``: the names of the fields that are read
    """

    fields: Annotated[list[Ref], Field(min_length=1)]


@gate("traceability", mend="wait until the day, or erase contact data and free texts alone: scope texts")
def traceability(c: Context) -> Refusal | None:
    """Identity is not erased before the day until which the law wants the person's products traced."""
    person = c.participant
    # an erasure of an earlier version was not judged by any term
    if person is None or c.data.get("scope", "all") != "all" or c.body["v"] < TERMS_SINCE_VERSION:
        return None
    first = next(
        (one for one in limits(c.state, person) if one.until is None or one.until.isoformat() > c.day), None
    )
    if first is None:
        return None
    if first.until is None:
        return _nobody_can_say(person.id, first)
    term = first.term
    return Refusal("gate.traceability.until", person=person.id, product=first.product, until=first.until.isoformat(),
                   years=term.years if term else 0, after=term.after if term else "", jurisdiction=first.jurisdiction,
                   source=term.source if term else "", level=str(term.level) if term else "")  # fmt: skip


def _nobody_can_say(person: str, limit: TracingLimit) -> Refusal:
    product, place, term = limit.product, limit.jurisdiction, limit.term
    if term is None:
        return Refusal("gate.traceability.term", person=person, product=product, jurisdiction=place)
    if limit.missing == "level":
        return Refusal(
            "gate.traceability.level", person=person, product=product, jurisdiction=place, term=term.id
        )
    return Refusal("gate.traceability.date", person=person, product=product, jurisdiction=place)


@command("participant.erase", "participant.erased", bears=never, at_closed_site=True, subject="participant", withdrawal=None, hold=None, consent=None,
         current_version=False, watched=False, live=False, gates=("traceability",), reason=True, signature="erasure", custodian=True, texts_of_study=True, erases=True, when_locked="voids",
         stage=(of_person(lambda c, p: not p.erased, "a participant who is not yet erased"),))  # fmt: skip
class Erase(Data):
    """Erase a person's data: the keys are destroyed, the chain of pseudonyms stays whole.

    * ``legal_basis``: on which ground, in words
    * ``scope``: ``texts`` erases contact data and free texts, at any time; ``all`` identity too, once no product of this person must be traced any more
    """

    legal_basis: Words
    scope: Literal["texts", "all"] = "all"


@changes("participant.erased")
def _erased(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants.get(body["subject"])
    if person is not None:
        person.texts_erased += 1
        person.erased = data.get("scope", "all") == "all"
        state.erased[person.id] = None


def _known_events(c: Context) -> bool:
    return all(seq <= c.state.seq for seq in c.data["events"])


@command("text.erase", "text.erased", bears=never, at_closed_site=True, permission="participant.erase", subject="study", withdrawal=None, hold=None,
         consent=None, current_version=False, watched=False, live=False, gates=(), reason=True, signature="erasure", custodian=True, erases=True,
         stage=((_known_events, "events that are there"),))  # fmt: skip
class EraseTexts(Data):
    """Erase the free texts of single events: a name that somebody typed where it does not belong.

    * ``events``: the numbers of the events whose texts go; what tracing asks for stays
    * ``legal_basis``: on which ground, in words
    """

    events: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1, max_length=500)]
    legal_basis: Words


@changes("text.erased")
def _texts_erased(state: State, body: Body, data: dict[str, Any]) -> None:
    for seq in data["events"]:
        state.texts_erased.setdefault(seq, state.seq)
