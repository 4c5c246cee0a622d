"""The gate on the order of things, and what several commands need to have happened before."""

from __future__ import annotations

from collections.abc import Callable

from proband.record.declare.command import Context, Need
from proband.record.declare.gate import gate
from proband.record.errors import Refusal
from proband.record.participant import Participant


@gate("stage", mend="do the earlier step first")
def stage(c: Context) -> Refusal | None:
    """Things happen in their order: nothing is enrolled before consent, nothing collected before allocation."""
    needs = c.command.stage
    if not needs:
        # whoever asks this gate has something to say to it; silence is no permission
        return Refusal("gate.stage.undeclared", verb=c.verb)
    for holds, missing in needs:
        if not holds(c):
            return Refusal("gate.stage.missing", verb=c.verb, subject=c.subject, missing=missing)
    return None


def of_person(test: Callable[[Context, Participant], object], missing: str) -> Need:
    """A need of the participant: what must be so of them, and the words for what is missing where it is not."""
    return (lambda c: c.participant is not None and test(c, c.participant)), missing


REFERRED: Need = ((lambda c: c.participant), "a referral")
KNOWN_PERSON: Need = ((lambda c: c.participant), "such a participant")
SCREENED = of_person(lambda c, p: p.screenings or p.consented_at, "a screening")
ENROLLED = of_person(lambda c, p: p.true("enrolled", c.at), "enrolment by then")
ALLOCATED = of_person(lambda c, p: p.true("allocated", c.at), "an allocation by then")
PLANNED_VISIT: Need = (
    (lambda c: c.view and c.data["visit"] in c.view.planned_visits),
    "such a visit in the schedule, or such a surveillance",
)
KNOWN_PRODUCT: Need = ((lambda c: c.product), "such a product")
KNOWN_ADVERSE_EVENT: Need = ((lambda c: c.subject in c.state.adverse_events), "such an adverse event")
