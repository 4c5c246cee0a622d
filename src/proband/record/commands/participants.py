"""Commands of the life of a participant, from referral to the end of follow-up."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from proband.record.commands.declare import Amount, Data, Day, Ref, Words, command


@command("participant.refer", "participant.referred", subject="participant", gates=("unique",))
class Refer(Data):
    """Somebody is referred, or comes back from treatment elsewhere; the pseudonym begins here."""

    origin: Literal["referral", "treated-elsewhere"] = "referral"
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")] = "en"


@command("elsewhere.record", "elsewhere.recorded", permission="participant.elsewhere.record", subject="participant",
         gates=("alive",))  # fmt: skip
class TreatedElsewhere(Data):
    """What is known of a treatment elsewhere; unknown stays unknown, and a warning sign asks for imaging."""

    country: str | None = None
    when: Words
    product: str | None = None
    records: Literal["none", "partial", "full"]
    outcome: Literal["unknown", "better", "same", "worse"]
    warning_signs: list[Words]


@command(
    "participant.screen",
    "participant.screened",
    subject="participant",
    gates=("stage", "alive", "withdrawal", "verdict-values"),
)
class Screen(Data):
    """The verdict on eligibility, with the facts it rests on; unknown is neither yes nor no.

    The three are what :func:`proband.record.verdicts.screening_data` gives.
    """

    outcome: Literal["eligible", "not-eligible", "needs-data"]
    facts: dict[str, Any]
    reasons: list[Words]


class Guardian(Data):
    """A guardian who agreed, under a pseudonym."""

    id: Ref
    relation: Words


@command("consent.give", "consent.given", permission="participant.consent", subject="participant",
         gates=("stage", "alive", "withdrawal", "number", "consent-form"), signature="consent")  # fmt: skip
class GiveConsent(Data):
    """Consent to one version of one text: by whom, assent, guardians, capacity, teach-back. Seals the number."""

    version: Ref
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]
    age_years: Annotated[float, Field(ge=0, le=120)]
    majority_on: Day | None = None
    by: Literal["participant", "guardians"]
    guardians: list[Guardian] = []
    assent: Literal["yes", "no", "not-asked"] = "not-asked"
    capacity: Literal["has", "lacks"]
    teach_back: Annotated[
        list[bool], Field(description="One entry per question: answered in their own words")
    ]
    publication: bool = False
    number: Annotated[int | None, Field(ge=1)] = None


@command("capacity.assess", "capacity.assessed", permission="participant.capacity.record", subject="participant",
         gates=("alive", "withdrawal"))  # fmt: skip
class AssessCapacity(Data):
    """Whether a person can consent now."""

    result: Literal["has", "lacks"]
    by_check: Ref


@command("participant.enrol", "participant.enrolled", subject="participant",
         gates=("stage", "alive", "withdrawal", "consent", "verdict", "hold"))  # fmt: skip
class Enrol(Data):
    """Enrol an eligible person who has consented."""

    number: Annotated[int, Field(ge=1)]


@command("participant.allocate", "participant.allocated", subject="participant",
         gates=("stage", "alive", "withdrawal", "consent", "verdict", "hold", "scheme"))  # fmt: skip
class Allocate(Data):
    """Allocate to an arm: the next place of the sealed sequence, open or sealed from those who must not know."""

    index: int | None = None
    stratum: dict[str, Ref | Words] = {}
    arm: Ref | None = None
    sealed_arm: str | None = None
    scheme: str | None = None


@command("allocation.unblind", "allocation.unblinded", permission="allocation.unblind", subject="participant",
         gates=("stage",), reason=True, signature="unblinding")  # fmt: skip
class Unblind(Data):
    """Open a sealed allocation: always signed, always with a reason, always alarmed."""

    urgency: Literal["emergency", "planned"]
    arm: Ref


@command("participant.migrate", "participant.migrated", permission="participant.migration.record", subject="participant",
         gates=("stage", "alive", "withdrawal"))  # fmt: skip
class Migrate(Data):
    """Move a participant to the version in force, with a re-consent task where the amendment asks for one."""

    from_programme: str
    to_programme: str


@command("participant.transfer", "participant.transferred", permission="participant.transfer.record", subject="participant",
         gates=("alive", "stage"), reason=True)  # fmt: skip
class Transfer(Data):
    """Move a participant to another site."""

    to_site: Ref


@command("participant.withdraw", "participant.withdrawn", permission="participant.withdrawal.record", subject="participant",
         gates=("stage", "alive"))  # fmt: skip
class Withdraw(Data):
    """Withdraw from treatment, from contact, or from the use of data: three levels, each blocks its own actions."""

    level: Literal["treatment", "contact", "data"]
    said: Words


@command("participant.lose", "participant.lost", permission="participant.status.record", subject="participant",
         gates=("stage", "alive"), reason=True)  # fmt: skip
class Lose(Data):
    """Lost to follow-up after the attempts that are named."""

    attempts: Annotated[int, Field(ge=1)]
    last_contact: Day


@command(
    "participant.find",
    "participant.found",
    permission="participant.status.record",
    subject="participant",
    gates=("stage",),
)
class Find(Data):
    """Found again after having been lost."""

    how: Words


@command(
    "participant.die",
    "participant.died",
    permission="participant.status.record",
    subject="participant",
    gates=("stage",),
)
class Die(Data):
    """Died: when (as exactly as known) and of what."""

    when: Words
    cause: Words


@command("participant.complete", "participant.completed", permission="participant.status.record", subject="participant",
         gates=("stage", "alive"))  # fmt: skip
class Complete(Data):
    """Completed the follow-up of the programme."""


@command("visit.record", "visit.recorded", subject="participant", gates=("stage", "alive", "withdrawal"))
class RecordVisit(Data):
    """A visit took place, or was missed for a reason; ``occurrence`` counts the repeats of a repeating visit from 0."""

    visit: Ref
    on: Day
    occurrence: Annotated[int, Field(ge=0)] = 0
    status: Literal["done", "missed"] = "done"
    note: str | None = None


@command(
    "outcome.record",
    "outcome.recorded",
    subject="participant",
    gates=("stage", "alive", "withdrawal"),
)
class RecordOutcome(Data):
    """A score or examination, with the version of the instrument that scored it."""

    visit: Ref
    on: Day
    instrument: Ref
    instrument_version: Words
    items: dict[str, Any]
    scores: dict[str, Any]


@command("milestone.record", "milestone.recorded", permission="participant.milestone.record", subject="participant",
         gates=("alive", "withdrawal"))  # fmt: skip
class RecordMilestone(Data):
    """Something of the past, with as much of its date as people remember."""

    milestone: Ref
    when: Words
    reached: bool


@command("cointervention.record", "cointervention.recorded", permission="participant.cointervention.record",
         subject="participant", gates=("alive", "withdrawal"))  # fmt: skip
class RecordCointervention(Data):
    """Another treatment: kind, dates, amount; another cell product or study drug counts for the washout."""

    kind: Words
    counts_for_washout: bool
    start: Day
    end: Day | None = None
    amount: Amount | None = None


@command(
    "decision.record",
    "decision.recorded",
    permission="participant.decision.record",
    subject="participant",
    signature="decision",
)
class RecordDecision(Data):
    """A case conference: who was there, the options, the decision, and the dissent."""

    present: Annotated[list[Ref], Field(min_length=2)]
    options: Annotated[list[Words], Field(min_length=2)]
    decision: Words
    dissent: list[Words]


CORRECTABLE = ("visit.recorded", "outcome.recorded", "milestone.recorded", "cointervention.recorded")


@command("event.correct", "event.corrected", permission="participant.correction.record", subject="participant",
         gates=("correction", "withdrawal"), reason=True)  # fmt: skip
class Correct(Data):
    """Correct an earlier event by a new one that names it; the old one stays."""

    event: Literal["visit.recorded", "outcome.recorded", "milestone.recorded", "cointervention.recorded"]
    data: dict[str, Any]


@command("query.open", "query.opened", subject="query", gates=("unique", "stage"))
class OpenQuery(Data):
    """Ask about a field of an event."""

    about: Annotated[int, Field(ge=1)]
    field: Words
    text: Words


@command("query.answer", "query.answered", permission="query.answer", subject="query", gates=("stage",))
class AnswerQuery(Data):
    """Answer in the thread."""

    text: Words


@command("query.close", "query.closed", subject="query", gates=("stage",))
class CloseQuery(Data):
    """Close the thread."""

    text: Words


@command(
    "task.close", "task.closed", permission="participant.task.record", subject="participant", gates=("stage",)
)
class CloseTask(Data):
    """A task was done: which, and how."""

    task: Ref
    how: Words
