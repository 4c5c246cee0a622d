"""What was made of a donor, and how an entry about a donor is taken back that never happened, or not to them."""

from __future__ import annotations

from proband.record.declare.change import Body, task_done
from proband.record.family import given_of, not_given_up, take_finding_back
from proband.record.gates.product import OPEN_OR_RELEASED
from proband.record.product import Container
from proband.record.questions import call_into_question
from proband.record.state import State
from proband.record.stock import GRAVE


def lots_of(state: State, donor: str) -> list[Container]:
    """The lots that were made of what a donor gave, each once."""
    names = [one.used_by for one in state.donations.values() if one.donor == donor and one.used_by]
    return [state.products[name] for name in dict.fromkeys(names)]


def made_too_late(state: State, body: Body, donor: str) -> None:
    """What was made of a donor after a moment at which they had withdrawn, or were found unfit, and nobody had entered it: it is put aside, and its doses are in question."""
    for lot in lots_of(state, donor):
        if lot.made_at <= body["at"]:
            # what was made before stays made
            continue
        made = [lot, *state.made_of(lot.id)]
        for one in made:
            if one.status in OPEN_OR_RELEASED:
                one.set_aside()
        for person, dose in given_of(state, made):
            call_into_question(state, body, person, dose, body["at"])


def _not_found(state: State, donor: str, seq: int) -> None:
    """What was not found of a donor was found of nothing that was made of them; it stays aside until somebody has looked into it."""
    for lot in lots_of(state, donor):
        take_finding_back(state, lot.id, seq)


def not_tested(state: State, subject: str, seq: int) -> str | None:
    """Take back a test of a donor; gives since when it had counted.

    Of a finding everything that was made of the donor is free again, once it was looked into. What rested on a test without a finding
    rests on nothing: whoever was found fit after it must be found fit anew, and what was made of them is put aside.
    """
    donor = state.donors[subject]
    (wrong,) = [one for one in donor.tests if one["seq"] == seq]
    donor.tests = [one for one in donor.tests if one["seq"] != seq]
    since: str = wrong["at"]
    if wrong["result"] == "positive":
        _not_found(state, subject, seq)
        return since
    task_done(state, f"indeterminate:{subject}:{wrong['test']}:{seq}")
    if wrong["result"] == "negative":
        donor.determined = [one for one in donor.determined if one["seq"] < seq or not one["eligible"]]
        for lot in lots_of(state, subject):
            for one in (lot, *state.made_of(lot.id)):
                if one.status in OPEN_OR_RELEASED:
                    one.set_aside()
    return since


def not_followed(state: State, subject: str, seq: int) -> str | None:
    """Take back what was heard of a donor; gives since when it had counted, where it was a finding. They are asked again when they were to be."""
    donor = state.donors[subject]
    (wrong,) = [one for one in donor.followed if one["seq"] == seq]
    donor.followed = [one for one in donor.followed if one["seq"] != seq]
    for name in state.tasks_of.get(("donor", subject), ()):
        if state.tasks[name].done == seq:
            state.tasks[name].done = None
    if wrong["finding"] not in GRAVE:
        return None
    _not_found(state, subject, seq)
    since: str = wrong["at"]
    return since


def made_of_it(state: State, subject: str, seq: int) -> str:
    """The lot that was made of a donation, unless that was given up."""
    return not_given_up(state, [one.used_by for one in state.donations.values() if one.seq == seq])


def not_given(state: State, subject: str, seq: int) -> str | None:
    """Take back a donation: its number is free again, and nobody is asked how they are since."""
    for din in [one.din for one in state.donations.values() if one.seq == seq]:
        state.donations.pop(din)
    for name in state.tasks_of.get(("donor", subject), ()):
        if state.tasks[name].seq == seq and state.tasks[name].done is None:
            state.tasks[name].done = state.seq
    return None
