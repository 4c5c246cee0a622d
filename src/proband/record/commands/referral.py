"""The beginning of a life in the programme: a referral, and what was done elsewhere before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from proband.record.commands.harm import start_clocks
from proband.record.declare.change import Body, add_task, changes, statement
from proband.record.declare.command import AT_ANY_STAGE, WayBack, command
from proband.record.declare.data import Data, Language, RememberedDate, Words
from proband.record.declare.naming import NewNames
from proband.record.declare.wording import COUNTRY, FREE
from proband.record.events import day_begin
from proband.record.participant import Participant
from proband.record.remembered import remembered
from proband.record.state import State


@command("participant.refer", "participant.referred", subject="participant", stage=AT_ANY_STAGE, withdrawal=None, hold=None,
         consent=None, current_version=False, watched=False, signature=None, reason=False, live=False, gates=("approval",),
         own_site=False, unique=NewNames("participants"))  # fmt: skip
class Refer(Data):
    """Somebody is referred, or comes back from treatment elsewhere; the pseudonym begins here.

    * ``origin``: whether they are referred to the programme, or come after treatment elsewhere
    * ``language``: the language in which they are spoken to
    """

    origin: Literal["referral", "treated-elsewhere"] = "referral"
    language: Language = "en"


@changes("participant.referred")
def _referred(state: State, body: Body, data: dict[str, Any]) -> None:
    name = body["subject"]
    person = Participant(name, body["site"], data["origin"], body["at"], body["day"], body["programme"])
    # whatever is entered of before the referral is of people brought to that version
    person.say("programme", statement(state, body, body["programme"], ""))
    person.say("site", statement(state, body, body["site"], ""))
    state.participants[name] = person


def _since_treated(body: Mapping[str, Any]) -> str | None:
    """Every dose that may have followed it: the earliest day that it may have been; of an unknown day, any."""
    when = remembered(body["data"]["when"])
    earliest = when.earliest if when is not None else None
    return "" if earliest is None else day_begin(earliest.isoformat(), body["offset"])


def _not_elsewhere(state: State, subject: str, seq: int) -> str | None:
    kept = state.participants[subject].elsewhere
    for entry in [one for one in kept if one["seq"] == seq]:
        kept.remove(entry)
    return None


@command("elsewhere.record", "elsewhere.recorded", bears=_since_treated, way_back=WayBack(_not_elsewhere), permission="participant.elsewhere.record", subject="participant",
         stage=AT_ANY_STAGE, withdrawal=None, hold=None, consent=None, current_version=False, watched=False, signature=None,
         reason=False, live=False, gates=("alive",))  # fmt: skip
class TreatedElsewhere(Data):
    """What is known of a treatment elsewhere; unknown stays unknown, and a warning sign asks for imaging.

    * ``country``: where
    * ``when``: when, as exactly as is known
    * ``product``: what was given
    * ``records``: how much of it is documented
    * ``outcome``: how they are since
    * ``warning_signs``: what should not be there; an empty list where there is nothing
    """

    country: Annotated[str | None, COUNTRY] = None
    when: RememberedDate
    product: Annotated[str | None, FREE] = None
    records: Literal["none", "partial", "full"]
    outcome: Literal["unknown", "better", "same", "worse"]
    warning_signs: list[Words]


@changes("elsewhere.recorded")
def _elsewhere(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.elsewhere.append({**data, "at": body["at"], "seq": state.seq})
    # harm that was reported before anybody knew of it is now harm of something else than our own product
    for name in person.adverse_events:
        start_clocks(state, state.adverse_events[name])
    if data["warning_signs"]:
        add_task(state, "imaging", person.id, body["at"][:10],
              "treated elsewhere with " + ", ".join(data["warning_signs"]) + ": ask for imaging", f"imaging:{person.id}:{state.seq}")  # fmt: skip
