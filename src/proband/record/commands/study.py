"""The study: its opening, what leaves the record, and attempts that were refused."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from proband.record.commands.allocation import note_reading
from proband.record.commands.keys import RECOVERY, note_device, note_key
from proband.record.declare.change import Body, changes, statement
from proband.record.declare.command import AT_ANY_STAGE, CustodyWords, command, never
from proband.record.declare.data import Data, KeptBundle, Ref, Words
from proband.record.declare.naming import note_look
from proband.record.declare.wording import ATTEMPT, CODE, EVENT, OF_THE_STUDY, is_code, open_where
from proband.record.enrolment import KeyOffer, enrolled
from proband.record.gates.derived import refused_again
from proband.record.keys import fingerprint
from proband.record.known import known_at
from proband.record.places import tells_arms
from proband.record.programme_view import ProgrammeView
from proband.record.state import EnrolledKey, StaffMember, State


@command("study.open", "study.opened", subject="study", stage=AT_ANY_STAGE, withdrawal=None, hold=None, consent=None,
         current_version=False, watched=False, signature=None, reason=False, live=False, gates=("bundle",), base=("clock",),
         everywhere=True, unique=lambda c: [c.state.study] if c.state.seq else [],
         enrolment=lambda c: [(c.data["instance"], c.data["custodian"], c.data["key"])])  # fmt: skip
class OpenStudy(Data):
    """Open the study: the first event, with the programme's first version, the first custodian, and the founding keys.

    ``device`` is the key of the first door, whose seal every event carries from here on; a record without one (in memory, for
    a study of the rules) has no seals and says so when it is verified. ``recovery`` is a key that lies in an envelope.

    * ``programme``: the programme as the gates need it
    * ``custodian``: the first custodian
    * ``instance``: which copy of the record this is
    * ``key``: the first custodian's key
    * ``device``: the key of the first door
    * ``recovery``: the key in the envelope
    * ``bundle``: the bundle itself, compressed
    """

    programme: Annotated[dict[str, Any], OF_THE_STUDY]
    custodian: Ref
    instance: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    key: KeyOffer
    device: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    recovery: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    bundle: KeptBundle | None = None


def take_bundle(state: State, data: dict[str, Any]) -> None:
    """Keep the bundle of a version, where it was handed over."""
    if data.get("bundle"):
        state.bundles[data["programme"]["hash"]] = list(data["bundle"])


def in_force(state: State, body: Body, view: ProgrammeView) -> None:
    """A version permits: it is in force from when it was known to be, whatever time is written on its adoption."""
    state.programme = view.hash
    # doors whose clocks differ adopt in the order of the log
    at = max(known_at(body), state.versions[-1].at if state.versions else "")
    state.versions.append(statement(state, body, view.hash, at))


@changes("study.opened")
def _opened(state: State, body: Body, data: dict[str, Any]) -> None:
    view = ProgrammeView.model_validate(data["programme"])
    state.study = body["study"]
    state.programmes[view.hash] = view
    state.begun_as_draft = view.status == "draft"
    take_bundle(state, data)
    in_force(state, body, view)
    custodian = state.persons[data["custodian"]] = StaffMember(data["custodian"])
    custodian.say("role:custodian", statement(state, body, ["*"]))
    note_look(state, "persons", custodian.id)
    state.instance = data["instance"]
    note_key(state, enrolled(data["key"], data["custodian"], "person", state.seq))
    if data["device"]:
        note_device(state, "first", data["device"], "the device that the record was begun on")
    if data["recovery"]:
        key = fingerprint(bytes.fromhex(data["recovery"]))
        state.keys[key] = EnrolledKey(
            key, "ed25519", data["recovery"], RECOVERY, "recovery", "recovery key", "elsewhere", state.seq
        )


@command("record.export", "record.exported", bears=never, at_closed_site=True, subject="study", stage=AT_ANY_STAGE, withdrawal=None, hold=None, consent=None,
         current_version=False, watched=False, signature=None, reason=False, live=False, gates=(), custodian=True)  # fmt: skip
class Export(Data):
    """Note that data left the record: for which purpose, what, up to which event.

    * ``purpose``: what the data are for
    * ``tables``: which tables
    * ``upto``: up to which event
    """

    purpose: Words
    tables: list[Ref]
    upto: int


@changes("record.exported")
def _exported(state: State, body: Body, data: dict[str, Any]) -> None:
    """Whoever carries tables away in which it stands who was given what, while somebody must not know, has read arms."""
    if tells_arms(state):
        note_reading(state, {**body, "reason": data["purpose"]}, "exported", None)


@command("command.refuse", "command.refused", bears=never, at_closed_site=True, subject="study", stage=AT_ANY_STAGE, withdrawal=None, hold=None, consent=None,
         current_version=False, watched=False, signature=None, reason=False, live=False, gates=(), by_record=True, base=(), derived=refused_again,
         custody=CustodyWords("REFUSED", lambda data: f"{data['verb']}: {' | '.join(data['messages'])}"))  # fmt: skip
class RefusedCommand(Data):
    """What was attempted and refused: who, what, by which gates, with both identifiers where two were scanned."""

    verb: Annotated[str, Field(min_length=1, max_length=4000), CODE]
    about: Annotated[
        str, Field(max_length=4000, description="As it was scanned or typed"), open_where(is_code)
    ]
    gates: list[Ref]
    messages: list[Words]
    attempt: Annotated[dict[str, Any], ATTEMPT]
    #: the body of the event that was not appended: whoever replays the log judges it again; ``None`` where none could be made of it
    body: Annotated[dict[str, Any], EVENT] | None = None


@changes("command.refused")
def _refused(state: State, body: Body, data: dict[str, Any]) -> None:
    state.refused[state.seq] = {**data, "at": body["at"], "site": body["site"]}
