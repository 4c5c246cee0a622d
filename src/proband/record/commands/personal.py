"""Personal data: that they were stored, read, erased; never what they are."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from proband.record.declare.change import Body, changes
from proband.record.declare.command import AT_ANY_STAGE, command, never
from proband.record.declare.data import Data, Ref, Words
from proband.record.gates.stages import KNOWN_PERSON, of_person
from proband.record.state import State


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


@command("participant.erase", "participant.erased", bears=never, at_closed_site=True, subject="participant", withdrawal=None, hold=None, consent=None,
         current_version=False, watched=False, live=False, gates=(), reason=True, signature="erasure", custodian=True,
         stage=(of_person(lambda c, p: not p.erased, "a participant who is not yet erased"),))  # fmt: skip
class Erase(Data):
    """Erase a person's data: the key is destroyed, the chain of pseudonyms stays whole.

    * ``legal_basis``: on which ground, in words
    """

    legal_basis: Words


@changes("participant.erased")
def _erased(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants.get(body["subject"])
    if person is not None:
        person.erased = True
        state.erased[person.id] = None
