"""What an administration stands at, beside its first verdict: questioned by what was entered later, upheld, invalid, taken back.

The first verdict never changes. An event that is entered after a dose and says something that was true before it calls the dose
into question, with a task; two people then say whether it stands. Which events bear on a dose, and since when what they say is true, each
command declares: one that says nothing bears on every dose of its subject from the moment at which it happened.
"""

from __future__ import annotations

from collections.abc import Iterator

from proband.record.declare.change import Body, add_task
from proband.record.declare.command import CommandType
from proband.record.participant import Administration, Participant
from proband.record.state import State


def question(state: State, body: Body, declared: CommandType) -> None:
    """Call into question the doses on which an event bears that was entered after them."""
    since = declared.bears(body)
    # nearly every event is of now: then there is no dose after what it says
    if since is None or since >= state.latest_dose:
        return
    for person, dose in list(_concerned(state, body, declared)):
        if since < dose.at:
            call_into_question(state, body, person, dose, since)


def call_into_question(
    state: State, body: Body, person: Participant, dose: Administration, since: str
) -> None:
    """Call one dose into question, where what is said now was true before it and was not known when it was given."""
    if dose.seq >= state.seq or not dose.happened:
        return
    dose.questions.append({"seq": state.seq, "event": body["event"], "since": since})
    if dose.standing in (None, "upheld"):
        dose.standing = "questioned"
    add_task(state, "standing", person.id, body["day"], f"{dose.product} of {dose.at[:16]}: {body['event']}, true from {since[:16] or 'an unknown day'}, was entered later",
             f"standing:{dose.seq}:{state.seq}")  # fmt: skip


def _concerned(
    state: State, body: Body, declared: CommandType
) -> Iterator[tuple[Participant, Administration]]:
    """The doses that an event is about: of its participant, from its container, at its site, by its member of staff, or all."""
    subject, data = body["subject"], body["data"]
    person = state.participants.get(str(data.get("participant") or subject))
    product = state.products.get(subject)
    for one in state.participants.values():
        for dose in one.doses:
            match declared.subject:
                case "participant":
                    about = one is person
                case "product":
                    about = one is person or (
                        product is not None and subject in {each.id for each in state.made_from(dose.product)}
                    )
                case "person":
                    about = subject in dose.people
                case "site":
                    about = one.site == subject
                case "hold":
                    about = data.get("target") in ("", one.id, one.site, dose.product) or _kind(
                        state, dose
                    ) == data.get("target")
                case _:
                    about = True
            if about:
                yield one, dose


def _kind(state: State, dose: Administration) -> str | None:
    product = state.products.get(dose.product)
    return product.kind if product else None


def forget_dose(state: State, person: Participant, dose: Administration) -> None:
    """A dose that never happened: it stays in the list, taken back, and counts for nothing; its bag is put aside, to be looked into."""
    dose.standing = "taken-back"
    product = state.products.get(dose.product)
    if product is not None and product.administered_at == dose.at:
        product.administered_at = None
        product.status = "quarantined"
        product.investigated = False
        product.signers.clear()
        product.release_route = product.checked = product.dose_checked = None
    if not person.given and person.id in state.treated:
        state.treated.remove(person.id)
    firsts = [one.given[0].at for one in state.participants.values() if one.given]
    state.last_first_dose = max(firsts, default=None)
