"""Consent: its form, its number, the capacity for it, and when it lapses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from proband.programme.consent import FewerGuardians
from proband.record.capacity import BY_CHECK
from proband.record.declare.change import STATEMENT, Body, add_task, all_done, changes, statement, task_done
from proband.record.declare.command import Context, command
from proband.record.declare.data import Data, Day, Language, Ref, Words
from proband.record.declare.gate import gate
from proband.record.errors import Refusal
from proband.record.events import ASKED_SINCE_VERSION, moment
from proband.record.gates.stages import of_person
from proband.record.identity import look
from proband.record.participant import ConsentGiven, Participant
from proband.record.programme_view import ProgrammeView, days
from proband.record.standing_consent import not_a_guardian
from proband.record.state import State
from proband.terms import convert

#: of the Julian year, by which ages are counted in UCUM (``a``)
DAYS_OF_A_YEAR = 365.25


@gate("consent-form", mend="take consent in the form that the programme asks for this person; it can wait")
def consent_form(c: Context) -> Refusal | None:
    """Consent is given in the form that the person needs: text in force, own words, guardians, assent, capacity."""
    view, data, person = c.view, c.data, c.participant
    if view is None or person is None:
        return Refusal("gate.consent-form.programme")
    text = view.consent.version_on(date.fromisoformat(c.day), data["language"])
    screened = _age_screened(c, person)
    if screened is not None and not screened[0] - 1 <= data["age_years"] <= screened[1] + 1:
        return Refusal("gate.consent-form.age", age=data["age_years"], low=screened[0], high=screened[1])
    if text is None or text.id != data["version"]:
        wanted = text.id if text else f"no text in {data['language']}"
        return Refusal("gate.consent-form.version", version=data["version"], wanted=wanted)
    if len(data["teach_back"]) != len(view.consent.teach_back) or not all(data["teach_back"]):
        return Refusal("gate.consent-form.teach-back", answered=sum(data['teach_back']), questions=len(view.consent.teach_back))  # fmt: skip
    place = c.state.sites.get(person.site)
    rule = view.guardian_rule(place.jurisdiction) if place else None
    # where the programme has no rule on guardians it takes adults only; 18 is the usual majority (design choice)
    majority = float(rule.majority.value) if rule else 18.0
    if data["age_years"] >= majority and data["by"] == "representative":
        return _represented(c, view, person)
    if data["age_years"] >= majority:
        assessed = person.true("capacity", c.at)
        if (
            data["by"] != "participant"
            or data["capacity"] != "has"
            or (assessed is not None and assessed.value == "lacks")
        ):
            return Refusal("gate.consent-form.adult")
        return None
    if rule is None:
        return Refusal("gate.consent-form.minor", age=data['age_years'])  # fmt: skip
    # one guardian under two spellings is one
    seen = look if c.written_since(ASKED_SINCE_VERSION) else str
    guardians = {seen(guardian["id"]) for guardian in data["guardians"]}
    # one is enough for a reason that the programme names, and for no other
    enough = 1 if data.get("fewer_guardians") in rule.fewer_when else rule.guardians
    if data["by"] != "guardians" or len(guardians) < enough:
        return Refusal("gate.consent-form.guardians", agreed=len(guardians), needed=rule.guardians)
    decide = person.true("guardians", c.at)
    other = not_a_guardian((guardian["id"] for guardian in data["guardians"]), decide)
    if other is not None and decide is not None:
        return Refusal("gate.consent-form.former", guardian=other, person=person.id, now=", ".join(decide.value), since=decide.at[:10])  # fmt: skip
    if not data["majority_on"] or data["majority_on"] <= c.day:
        return Refusal("gate.consent-form.majority")
    band = view.consent.assent_for(data["age_years"])
    if band is None:
        return Refusal("gate.consent-form.assent-band", age=data["age_years"])
    if band.form != "none" and (
        data["assent"] == "not-asked" or (data["assent"] == "no" and band.dissent_blocks)
    ):
        return Refusal("gate.consent-form.assent", assent=data["assent"])
    return None


def _represented(c: Context, view: ProgrammeView, person: Participant) -> Refusal | None:
    """Others consent for an adult who was found unable to, as the programme says for the place; who works in the study represents nobody in it (design choice)."""
    data, place = c.data, c.state.sites.get(person.site)
    rule = view.representative_rule(place.jurisdiction) if place else None
    if rule is None:
        return Refusal("gate.consent-form.unrepresented", person=person.id)
    assessed = person.true("capacity", c.at)
    if data["capacity"] != "lacks" or assessed is None or assessed.value != "lacks":
        return Refusal("gate.consent-form.able", person=person.id)
    agreed = {look(one["id"]) for one in data["representatives"]}
    if len(agreed) < rule.representatives:
        return Refusal("gate.consent-form.representatives", agreed=len(agreed), needed=rule.representatives)
    known = {look(name) for name in c.state.persons}
    staff = next((one["id"] for one in data["representatives"] if look(one["id"]) in known), None)
    if staff is not None:
        return Refusal("gate.consent-form.staff", name=staff)
    decide = person.true("guardians", c.at)
    other = not_a_guardian((one["id"] for one in data["representatives"]), decide)
    if other is not None and decide is not None:
        return Refusal("gate.consent-form.former", guardian=other, person=person.id, now=", ".join(decide.value), since=decide.at[:10])  # fmt: skip
    if data["assent"] == "no" and rule.refusal_blocks:
        return Refusal("gate.consent-form.assent", assent=data["assent"])
    return None


def _age_screened(c: Context, person: Participant) -> tuple[float, float] | None:
    """The age in years as screening saw it, brought to the day of consent; ``None`` where no criterion asked for it."""
    found = person.true("verdict", c.at)
    view = c.view
    if found is None or view is None or view.eligibility is None:
        return None
    values = found.value.facts.get("values")
    since = (date.fromisoformat(c.day) - moment(found.at).date()).days / DAYS_OF_A_YEAR
    for observable in view.eligibility.observables:
        elapsed = getattr(observable, "elapsed", None)
        value = values.get(observable.id) if isinstance(values, Mapping) else None
        if elapsed is None or elapsed.since != "birth" or not isinstance(value, Mapping):
            continue
        low, high = value.get("low"), value.get("high")
        if isinstance(low, int | float) and isinstance(high, int | float):
            return tuple(convert(float(one), elapsed.unit, "a") + since for one in (low, high))  # type: ignore[return-value]
    return None


@gate("number", mend="let the record give the number")
def number(c: Context) -> Refusal | None:
    """Numbers run 1, 2, 3 …: one per person, sealed at the first consent, none skipped, none given twice."""
    person = c.participant
    due = person.number if person and person.number is not None else c.state.numbers + 1
    if c.data["number"] != due:
        return Refusal("gate.number.next", number=c.data["number"], due=due)
    return None


def next_number(
    state: State, participant: str, given: dict[str, Any], seed_of: Callable[[str], bytes]
) -> dict[str, Any]:
    """The person's number, where none is given: the one that was sealed, or the next."""
    if given.get("number") is not None:
        return {}
    person = state.participants.get(participant)
    sealed = person.number if person else None
    return {"number": sealed if sealed is not None else state.numbers + 1}


class Guardian(Data):
    """A guardian who agreed, under a pseudonym.

    * ``id``: a pseudonym
    * ``relation``: the relation to the participant
    """

    id: Ref
    relation: Words


@command("consent.give", "consent.given", of_its_time=True, way_back=STATEMENT, permission="participant.consent", subject="participant", withdrawal="contact",
         hold=None, consent=None, current_version=False, watched=False, reason=False, live=False,
         gates=("alive", "approval", "number", "consent-form"), signature="consent",
         stage=(of_person(lambda c, p: p.screenings, "a screening"),), completion=next_number, gives=("number",))  # fmt: skip
class GiveConsent(Data):
    """Consent to one version of one text: by whom, assent, guardians, capacity, teach-back. Seals the number.

    * ``version``: the text that was consented to
    * ``language``: in which language it was explained
    * ``age_years``: the age in years
    * ``majority_on``: when a minor comes of age
    * ``by``: who consents
    * ``guardians``: the guardians who agreed, each under a pseudonym, with the relation
    * ``fewer_guardians``: why one guardian is enough where the programme asks for two: one of the reasons that it names
    * ``representatives``: who agreed for an adult who was found unable to decide, each under a pseudonym, with the relation or appointment
    * ``assent``: whether the child, or the adult for whom others decide, agrees
    * ``capacity``: whether the person can consent
    * ``teach_back``: for each question of the programme, whether it was answered in their own words
    * ``publication``: whether data may be published
    * ``number``: the participant's number; the record gives it
    """

    version: Ref
    language: Language
    age_years: Annotated[float, Field(ge=0, le=120)]
    majority_on: Day | None = None
    by: Literal["participant", "guardians", "representative"]
    guardians: list[Guardian] = []
    fewer_guardians: FewerGuardians | None = None
    representatives: list[Guardian] = []
    assent: Literal["yes", "no", "not-asked"] = "not-asked"
    capacity: Literal["has", "lacks"]
    teach_back: Annotated[
        list[bool], Field(description="One entry per question: answered in their own words")
    ]
    publication: bool = False
    number: Annotated[int | None, Field(ge=1)] = None


@changes("consent.given")
def _consented(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    if person.number is None:
        person.number = data["number"]
        state.numbers = max(state.numbers, data["number"])
    minor, represented = data["by"] == "guardians", data["by"] == "representative"
    others = data["guardians"] if minor else data.get("representatives", []) if represented else []
    given = ConsentGiven(
        data["version"], data["language"], body["at"], body["programme"], state.seq, data["publication"], minor,
        data["majority_on"] if minor else None, tuple(one["id"] for one in others), represented,
    )  # fmt: skip
    person.say("consent", statement(state, body, given))
    person.consented_at = person.consented_at or body["at"]
    all_done(state, "reconsent", person.id)
    if minor:
        add_task(
            state,
            "majority",
            person.id,
            data["majority_on"],
            "ask for their own consent on coming of age",
            f"majority:{person.id}",
        )
    else:
        task_done(state, f"majority:{person.id}")
    view = state.programmes.get(body["programme"])
    for rule in view.consent.reconsent if view is not None else ():
        if rule.every is not None:
            due = date.fromisoformat(body["day"]) + timedelta(days=int(days(rule.every)))
            add_task(state, "reconsent", person.id, due.isoformat(), f"ask whether they go on: {rule.id}", f"reconsent:{person.id}:{rule.id}:{state.seq}")  # fmt: skip


@command("guardian.change", "guardian.changed", of_its_time=True, way_back=STATEMENT, permission="participant.consent", subject="participant",
         stage=(of_person(lambda c, p: p.consent and p.consent.by_others, "somebody for whom others consented"),), withdrawal=None, hold=None, consent=None,
         current_version=False, watched=False, signature=None, reason=True, live=False, gates=("alive",), at_closed_site=True)  # fmt: skip
class ChangeGuardian(Data):
    """Somebody else decides for a minor, or for an adult who cannot, from now on: nobody else's consent counts after it. What was consented to before stands, unless the programme asks anew.

    * ``guardians``: everybody who decides from now on, each under a pseudonym, with the relation
    """

    guardians: Annotated[list[Guardian], Field(min_length=1)]


@changes("guardian.changed")
def _guardian(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.say("guardians", statement(state, body, tuple(one["id"] for one in data["guardians"])))
    # whoever decides now has not been told of anything
    add_task(state, "inform", person.id, body["day"], "somebody else decides for them: tell them of the study, and that they may withdraw", f"guardian:{person.id}:{state.seq}")  # fmt: skip
    lapse(state, body, person, "guardian-changed", "somebody else decides for them")


def _declared(c: Context) -> bool:
    """Whether an assessment is by a check that the programme names, where it names any; that somebody cannot decide is never refused."""
    checks = c.view.consent.capacity if c.view is not None else []
    return not checks or c.data["result"] == "lacks" or any(c.data["by_check"] == one.id for one in checks)


@command("capacity.assess", "capacity.assessed", of_its_time=True, way_back=STATEMENT, permission="participant.capacity.record", subject="participant",
         stage=((_declared, "one of the checks of capacity that the programme names"),), withdrawal="procedures", hold=None, consent=None, current_version=False, watched=False,
         signature=None, reason=False, live=False, gates=("alive",))  # fmt: skip
class AssessCapacity(Data):
    """Whether a person can consent now.

    * ``result``: whether the person can consent now
    * ``by_check``: by which check, as consent.capacity of the programme names it; that somebody cannot decide may be said by any
    """

    result: Literal["has", "lacks"]
    by_check: Ref


@changes("capacity.assessed")
def _capacity(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    before = person.true("capacity", body["at"])
    person.say("capacity", statement(state, body, data["result"]))
    person.say(BY_CHECK, statement(state, body, data["by_check"]))
    if data["result"] == "lacks" and state.view is not None:
        for check in state.view.consent.capacity:
            add_task(state, "capacity-lost", person.id, body["day"], check.if_lost, f"capacity-lost:{person.id}:{check.id}:{state.seq}")  # fmt: skip
    if before is not None and before.value == "lacks" and data["result"] == "has":
        lapse(state, body, person, "capacity-regained", "capacity was regained")
    if data["result"] == "has" and person.consent is not None and person.consent.represented:
        add_task(state, "reconsent", person.id, body["day"], "they can decide for themselves: ask them, for nobody consents for them any more", f"reconsent:{person.id}:{state.seq}")  # fmt: skip


def lapse(state: State, body: Body, person: Participant, event: str, why: str) -> None:
    """Let consent lapse where the programme says that this event asks for it anew."""
    view = state.view
    if view is None or person.consent is None:
        return
    rules = [rule for rule in view.consent.reconsent if rule.event == event]
    if not rules:
        return
    blocked = {what for rule in rules for what in rule.blocks}
    if {"treatment", "procedures"} & blocked:
        person.say("lapse", statement(state, body, why))
    if "data" in blocked:
        person.say("lapse-of-data", statement(state, body, why))
    add_task(state, "reconsent", person.id, body["day"], why, f"reconsent:{person.id}:{state.seq}")
