"""Taking over a running study: what happened to somebody before the record was begun, from its sources; counted, shown apart, never valid by our gates."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from proband.record.declare.change import (
    Body,
    add_task,
    changes,
    count_first_doses_again,
    statement,
    take_statement,
)
from proband.record.declare.command import AT_ANY_STAGE, Context, WayBack, command, never
from proband.record.declare.data import Amount, Data, Digest, Ref, RememberedDate, Words
from proband.record.declare.gate import gate
from proband.record.declare.naming import NewNames
from proband.record.errors import Refusal
from proband.record.events import day_begin, day_end, local_date
from proband.record.participant import HISTORICAL, Administration, Participant
from proband.record.programme_view import ProgrammeView
from proband.record.remembered import remembered, remembered_days
from proband.record.state import State

#: the steps of a life that may have been taken before, each with the field that says when
STEPS = ("referred", "screened", "consented", "enrolled", "allocated", "assessed")


def _dates(data: dict[str, Any]) -> list[str]:
    told = [data[f"{step}_on"] for step in STEPS] + [one["on"] for one in data["doses"]]
    return [one for one in (*told, (data["ended"] or {}).get("on")) if one is not None]


@gate(
    "historical",
    mend="take over what happened before the record, from its sources; record what came later by its own command",
)
def historical(c: Context) -> Refusal | None:
    """What is taken over was over when the record was begun, fits the programme, and opens no masked arm."""
    data, view = c.data, c.view
    begun = local_date(c.state.versions[0].at, c.body["offset"])
    for told in _dates(data):
        when = remembered(told)
        if when is None:
            return Refusal("gate.historical.date", when=told)
        # a day that nobody can bound might be one on which the gates were asked
        if when.latest is None or when.latest >= date.fromisoformat(begun):
            return Refusal("gate.historical.later", when=told, begun=begun)
    if view is not None and data["arm"] is not None:
        if view.is_allocation_masked:
            return Refusal("gate.historical.masked", person=c.subject)
        if data["arm"] not in view.arm:
            return Refusal("gate.historical.arm", arm=data["arm"], arms=sorted(view.arm))
    given = {one["product"] for one in data["doses"]}
    if _hidden(view) and given - {None}:
        # what somebody was given says in which arm they are
        return Refusal("gate.historical.masked", person=c.subject)
    unknown = sorted(
        str(one) for one in given - set(view.product if view is not None else ()) if one or not _hidden(view)
    )
    return Refusal("gate.historical.product", products=unknown) if unknown else None


def _hidden(view: ProgrammeView | None) -> bool:
    return view is not None and view.is_allocation_masked


class HistoricalDose(Data):
    """Something of the programme that somebody was given before the record was begun.

    * ``product``: the product, as the programme names it; not where the arm is masked: it would tell it
    * ``on``: when, as exactly as the source says
    * ``dose``: how much; nothing where the source does not say
    """

    product: Ref | None = None
    on: RememberedDate
    dose: Amount | None = None


class HistoricalSource(Data):
    """Where something that is taken over stands.

    * ``what``: which document or register
    * ``kept``: where it is kept
    * ``sha256``: the hash of the file, where it is one
    """

    what: Words
    kept: Words
    sha256: Digest | None = None


class HistoricalEnd(Data):
    """What had become of somebody before the record was begun.

    * ``how``: how it ended
    * ``on``: when, as exactly as the source says
    """

    how: Literal["completed", "died", "lost", "withdrawn"]
    on: RememberedDate


def _not_taken_over(state: State, subject: str, seq: int) -> str | None:
    person = state.participants[subject]
    take_statement(state, subject, seq)
    person.historical = {}
    for dose in person.doses:
        if dose.historical:
            dose.standing = "taken-back"
    if subject in state.deaths:
        state.deaths.remove(subject)
    count_first_doses_again(state, person)
    return None


@command("participant.take-over", "participant.taken-over", subject="participant", permission="participant.refer", stage=AT_ANY_STAGE, withdrawal=None, hold=None,
         consent=None, current_version=False, watched=True, reason=True, signature="take-over", live=False, gates=("second-person", "historical"),
         bears=never, way_back=WayBack(_not_taken_over), own_site=False,
         unique=NewNames("participants"))  # fmt: skip
class TakeOver(Data):
    """Take somebody over from a study that ran before this record: the steps that they had taken, from the sources that say so.

    They stand in every denominator, and apart; nothing of it is valid by the gates of this record, which nobody asked. Whatever is done from now on
    passes them: they are screened, consent and are enrolled here before they are treated here.

    * ``number``: the number that they had
    * ``referred_on``: when they were referred
    * ``screened_on``: when they were screened
    * ``consented_on``: when they consented
    * ``enrolled_on``: when they were enrolled
    * ``allocated_on``: when they were allocated
    * ``arm``: to which arm; not where that is masked
    * ``doses``: what they were given of the programme
    * ``assessed_on``: when they were assessed after it
    * ``ended``: what had become of them
    * ``sources``: where all this stands
    """

    number: Ref | None = None
    referred_on: RememberedDate
    screened_on: RememberedDate | None = None
    consented_on: RememberedDate | None = None
    enrolled_on: RememberedDate | None = None
    allocated_on: RememberedDate | None = None
    arm: Ref | None = None
    doses: Annotated[list[HistoricalDose], Field(max_length=200)] = []
    assessed_on: RememberedDate | None = None
    ended: HistoricalEnd | None = None
    sources: Annotated[list[HistoricalSource], Field(min_length=1, max_length=50)]


def _latest(told: str, body: Body) -> str:
    return day_begin(str(remembered_days(told)[1]), body["offset"])


@changes("participant.taken-over")
def _taken_over(state: State, body: Body, data: dict[str, Any]) -> None:
    name = body["subject"]
    person = state.participants[name] = Participant(
        name, body["site"], "taken-over", body["at"], body["day"], state.programme
    )
    person.say("programme", statement(state, body, state.programme, ""))
    person.say("site", statement(state, body, body["site"], ""))
    person.historical = {
        **{step: data[f"{step}_on"] for step in STEPS if data[f"{step}_on"] is not None},
        "number": data["number"], "arm": data["arm"], "sources": [dict(one) for one in data["sources"]], "seq": state.seq,
    }  # fmt: skip
    for given in data["doses"]:
        at = _latest(given["on"], body)
        person.doses.append(
            Administration(
                f"historical:{given['product'] or 'under-seal'}",
                at,
                state.seq,
                False,
                (HISTORICAL,),
                day=at[:10],
                late=day_end(at, body["offset"]),
            )
        )
    if person.given:
        state.last_first_dose = max(person.given[0].at, state.last_first_dose or "")
        state.treated.append(name)
        state.made_for.setdefault(name)
    ended = data["ended"]
    if ended is not None:
        at = _latest(ended["on"], body)
        # how far they had withdrawn nobody can say: from everything
        kind, value = (
            ("withdrawn:data", HISTORICAL) if ended["how"] == "withdrawn" else ("ended", ended["how"])
        )
        person.say(kind, statement(state, body, value, at))
        if ended["how"] == "died":
            state.deaths.append(name)
    else:
        add_task(
            state,
            "take-over",
            name,
            body["day"],
            "taken over: screen them and ask for consent here before anything is done",
            f"take-over:{name}",
        )
