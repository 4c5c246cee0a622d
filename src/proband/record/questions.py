"""What an administration stands at, beside its first verdict: questioned by what was entered later, upheld, invalid, taken back.

The first verdict never changes. An event that is entered after a dose and says something that was true before it calls the dose
into question, with a task; two people then say whether it stands. Which events bear on a dose, and since when what they say is true, each
command declares: one that says nothing bears on every dose of its subject from the moment at which it happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from orjson import loads

from proband.record.declare.change import Body, add_task, count_first_doses_again
from proband.record.declare.command import BY_EVENT, GATES, CommandType, Context
from proband.record.declare.gate import may, works_here
from proband.record.events import local_date
from proband.record.known import true_at
from proband.record.paged import browse_values
from proband.record.participant import Administration, Participant
from proband.record.product import Container
from proband.record.specification import outside
from proband.record.state import State


def question(state: State, body: Body, declared: CommandType) -> None:
    """Call into question the doses on which an event bears that was entered after them."""
    since = declared.bears(body)
    # nearly every event is of now: then there is no dose after what it says
    if since is None or since >= state.latest_dose:
        return
    for person, dose in list(concerned(state, body, declared)):
        if since < dose.late:
            call_into_question(state, body, person, dose, since)


def question_under_hold(state: State, body: Body, hold: str, target: str, since: str) -> None:
    """Call into question the doses that were given under a stopping rule that was crossed already, and nobody knew."""
    if since >= state.latest_dose:
        return
    view = state.view
    declared = view.holds.get(hold) if view else None
    if declared is None or "administration" not in declared.blocks:
        return

    def under_it(person: Participant, dose: Administration) -> bool:
        return since < dose.late and _covers(state, target, person, dose)

    for person, dose in list(_doses_of(state, browse_values(state.participants), under_it)):
        call_into_question(state, body, person, dose, since)


def call_into_question(
    state: State, body: Body, person: Participant, dose: Administration, since: str
) -> None:
    """Call one dose into question, where what is said now was true before it and was not known when it was given."""
    if dose.seq < state.seq and dose.happened and not dose.historical:
        _in_question(state, body, person, dose, since)


def question_at_once(state: State, body: Body, person: Participant, dose: Administration, since: str) -> None:
    """Call a dose into question with the very event that says it: what stands against it was entered before."""
    _in_question(state, body, person, dose, since)


def question_of_another_version(state: State, body: Body) -> None:
    """Call a dose into question that was given under one version of the programme and recorded under the next: nobody knew then what is known now."""
    person = state.participants.get(str(body["data"].get("participant")))
    if person is None or body["source"] != "online" or body["programme"] == state.programme:
        return
    _in_question(state, body, person, person.doses[-1], state.versions[-1].at)


def _in_question(state: State, body: Body, person: Participant, dose: Administration, since: str) -> None:
    if any(one["seq"] == state.seq for one in dose.questions):
        # the same event has said it already
        return
    dose.questions.append({"seq": state.seq, "event": body["event"], "since": since})
    if dose.standing in (None, "upheld"):
        dose.standing = "questioned"
    dose.found = judged_again(state, dose)
    finds = (
        f"by what is known now refused by {', '.join(dose.found)}"
        if dose.found
        else "by what is known now no gate refuses it"
    )
    add_task(state, "standing", person.id, body["day"], f"{dose.product} of {dose.at[:16]}: {body['event']}, true from {since[:16] or 'an unknown day'}, was entered later; {finds}",
             f"standing:{dose.seq}:{state.seq}")  # fmt: skip


#: what a dose needs that can have been otherwise than was known when it was given; the rest was there to be seen, by two people
AGAIN = ("authority", "training", "site", "approval", "programme", "stage", "alive", "withdrawal", "capacity", "consent", "verdict", "confirmation", "forecast", "hold",
         "expiry", "course", "dose", "companions", "interval")  # fmt: skip


def judged_again(state: State, dose: Administration) -> tuple[str, ...]:
    """The gates that would refuse a dose by what is known now: at its own time, under the version then in force, as if it were not there.

    What is worked out decides nothing: two people settle what the dose stands at, and see this.
    """
    if not dose.said:
        # it never passed its gates
        return dose.broken
    body = loads(dose.said)
    declared = BY_EVENT[body["event"]]
    then = Context(state, body, declared, at=dose.at, aside=dose.seq)
    found = [name for name in AGAIN if name in GATES and GATES[name].function(then) is not None]
    if any(not _could_sign(then, entry) for entry in body["signatures"]):
        found.append("signature")
    found += _checked_by_nobody(state, then, dose)
    if _of_an_unfit_donor(state, dose):
        found.append("origin")
    if _failed_by_then(state, dose):
        found.append("release")
    return tuple(dict.fromkeys(found))


class Hand(NamedTuple):
    """Somebody's work on a container on which a dose of it rests: the gate that asks for it, the permission that it needs, what it was, who, when."""

    gate: str
    permission: str
    work: str
    who: str
    at: str


#: the checks before a dose, each declared beside its command
HANDS: list[Callable[[Container], Iterable[Hand]]] = []


def hands_of(product: Container) -> list[Hand]:
    """Every hand that a container went through, and on which a dose of it rests: its making, its release, the checks."""
    return [*(Hand(*one) for one in product.hands), *(hand for seen in HANDS for hand in seen(product))]


def _checked_by_nobody(state: State, c: Context, dose: Administration) -> list[str]:
    """The gates of the work before a dose by somebody who, as known now, held no role then that may do it."""
    product = state.products.get(dose.product)
    hands = hands_of(product) if product is not None else []
    return [hand.gate for hand in hands if not might(c, hand.who, hand.permission, hand.at)]


def might(c: Context, name: str, permission: str, at: str) -> bool:
    """Whether somebody could do something at a moment, as known now: in a role that they held and its trainings, under the version then in force."""
    person, offset = c.state.persons.get(name), c.body["offset"]
    view = c.state.programmes.get(c.state.version_at(at))
    if person is None or view is None:
        return False
    day = local_date(at, offset)

    def trained(role: str) -> bool:
        held = (person.trained(one, at, offset) for one in view.trainings.get(role) or ())
        return all(one is not None and one.value >= day for one in held)

    roles = [role for role in person.roles_ever() if may(view, role, permission)]
    return any(person.held(role, at, offset) is not None and trained(role) for role in roles)


def done_by_nobody(c: Context, gate: str, work: str | None = None) -> Hand | None:
    """The work before a dose (all that a gate asks for, or one of it) whose hand could not do it then, as known now: their role had been taken; ``None``: none."""
    hands = hands_of(c.product) if c.product is not None else []
    asked = (hand for hand in hands if hand.gate == gate and work in (None, hand.work))
    return next((hand for hand in asked if not might(c, hand.who, hand.permission, hand.at)), None)


def _could_sign(c: Context, entry: Body) -> bool:
    return works_here(c, c.state.persons.get(entry["signer"]), entry["role"], c.at)


def _of_an_unfit_donor(state: State, dose: Administration) -> bool:
    """Whether a lot that it was made from was begun of a donation of which nothing could be made then, as known now: no consent, not found fit, a finding, no sample."""
    for lot in state.made_from(dose.product):
        view = state.programmes.get(state.version_at(lot.made_at))
        rule = view.product.get(lot.kind) if view is not None else None
        tests = rule.donors.tests if rule is not None and rule.donors is not None else ()
        for given in (state.donations[din] for din in lot.collections if din in state.donations):
            donor = state.donors[given.donor]
            if not given.may_become(donor, lot.made_at) or given.unsampled(donor, tests) is not None:
                return True
    return False


def _failed_by_then(state: State, dose: Administration) -> bool:
    """Whether what its release needs was missing or outside its limit when it was given, as known now; an exceptional release knew what it excepted."""
    product, view = state.products.get(dose.product), state.programmes.get(state.version_at(dose.at))
    rule = view.product.get(product.kind) if view is not None and product is not None else None
    if product is None or rule is None:
        return False
    needed = [test for test in rule.release_tests if test.required]
    if set(outside(product, rule, needed, dose.at)) - set(product.excepted):
        return True
    return product.release_kind != "exceptional" and any(
        test.timing == "before-release" and true_at(product.tests.get(test.id, ()), dose.at) is None
        for test in needed
    )


#: what an earlier step of a life needs that an entry which never was may have given it
_STEPS = ("alive", "withdrawal", "capacity", "consent", "verdict")


def question_what_followed(state: State, body: Body, person: Participant, target: int) -> None:
    """Ask again of each step that somebody took after an entry which never was: what does not stand without it is a task for people.

    Enrolment, identifiers and collections are asked; allocation is never judged again.
    """
    enrolled = [(one.seq, one.at) for one in person.known.get("enrolled", ())]
    opened = [(one.seq, one.opened_at) for one in map(state.therapies.__getitem__, person.therapies)]
    taken = [(one.seq, one.at) for one in map(state.collections.__getitem__, person.collections)]
    for seq, at in sorted((*enrolled, *opened, *taken)):
        if seq < target:
            continue
        step = BY_EVENT[state.kinds[seq - 1]]
        like = {
            **body,
            "at": at,
            "day": local_date(at, body["offset"]),
            "recorded": at,
            "data": {},
            "signatures": [],
        }
        then = Context(state, like, step, at=at)
        gates = [name for name in _STEPS if name in step.gates and GATES[name].function(then) is not None]
        if gates:
            add_task(state, "standing", person.id, body["day"], f"{step.verb} of {at[:16]} (event {seq}) no longer stands without what was taken back: {', '.join(gates)}",
                     f"followed:{seq}:{state.seq}")  # fmt: skip


def concerned(
    state: State, body: Body, declared: CommandType
) -> Iterator[tuple[Participant, Administration]]:
    """The doses that an event is about: of its participant, from its container, at its site, by its member of staff, or all.

    ``declared`` is the event's command, or of one that takes an entry back, that of the entry.
    """
    subject: str = body["subject"]
    data = body["data"]
    person = state.participants.get(str(data.get("participant") or subject))
    product = state.products.get(subject)

    def about(one: Participant, dose: Administration) -> bool:
        mine = person is not None and one.id == person.id
        match declared.subject:
            case "participant":
                return mine
            case "product":
                return mine or (
                    product is not None and subject in {each.id for each in state.made_from(dose.product)}
                )
            case "donor":
                return any(
                    din in state.donations and state.donations[din].donor == subject
                    for each in state.made_from(dose.product)
                    for din in each.collections
                )
            case "person":
                return subject in dose.people
            case "site":
                return one.site == subject
            case "hold":
                return _covers(state, str(data.get("target", "")), one, dose)
            case _:
                return True

    if declared.subject == "participant":
        yield from _doses_of(state, [person] if person is not None else [], about)
    else:
        yield from _doses_of(state, browse_values(state.participants), about)


def _doses_of(
    state: State, people: Iterable[Participant], about: Callable[[Participant, Administration], bool]
) -> Iterator[tuple[Participant, Administration]]:
    """Every dose that something is about; of a state in pages those who have one are held, and nobody else."""
    for name in [one.id for one in people if any(about(one, dose) for dose in one.doses)]:
        person = state.participants[name]
        yield from ((person, dose) for dose in person.doses if about(person, dose))


def _covers(state: State, target: str, person: Participant, dose: Administration) -> bool:
    return target in ("", person.id, person.site, dose.product) or _kind(state, dose) == target


def _kind(state: State, dose: Administration) -> str | None:
    product = state.products.get(dose.product)
    return product.kind if product else None


def forget_dose(state: State, person: Participant, dose: Administration) -> None:
    """A dose that never happened: it stays in the list, taken back, and counts for nothing; its bag is put aside, to be looked into."""
    dose.standing = "taken-back"
    product = state.products.get(dose.product)
    if product is not None and product.administered_at == dose.at:
        product.administered_at = None
        product.set_aside()
        product.checked = product.dose_checked = None
    count_first_doses_again(state, person)
