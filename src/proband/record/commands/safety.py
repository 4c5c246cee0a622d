"""Commands about harm: adverse events, causality, reports, findings, holds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from proband.record.commands.declare import Data, Day, Ref, Words, command

Category = Literal["other", "neurological-worsening", "new-mass", "infection"]


@command(
    "adverse-event.report",
    "adverse-event.reported",
    permission="safety.report",
    subject="participant",
    gates=("unique", "stage"),
    offline=True,
)
class ReportAdverseEvent(Data):
    """An adverse event: grade, seriousness, expectedness; the day of awareness starts the clocks."""

    event: Ref
    term: Words
    category: Category = "other"
    grade: Annotated[int, Field(ge=1, le=5)]
    serious: bool
    life_threatening: bool = False
    expected: bool
    onset: Words
    aware_on: Day


@command("adverse-event.judge", "adverse-event.judged", permission="safety.report", subject="adverse-event",
         gates=("stage", "two-persons"), signature="causality")  # fmt: skip
class JudgeCausality(Data):
    """One person's judgement of causality; it is final when two have judged, and never automatic."""

    related: bool
    why: Words


@command("adverse-event.update", "adverse-event.updated", permission="safety.report", subject="adverse-event", gates=("stage",),
         reason=True)  # fmt: skip
class UpdateAdverseEvent(Data):
    """A change of grade or seriousness; the clocks are worked out anew."""

    grade: Annotated[int, Field(ge=1, le=5)]
    serious: bool
    life_threatening: bool
    expected: bool
    aware_on: Day


@command(
    "adverse-event.submit",
    "adverse-event.submitted",
    permission="safety.report",
    subject="adverse-event",
    gates=("stage",),
)
class SubmitReport(Data):
    """A report was sent: by which clock, to whom, when."""

    clock: Ref
    to: Words
    on: Day
    reference: str | None = None


@command(
    "hold.place",
    "hold.placed",
    permission="hold.place",
    subject="hold",
    gates=("stage", "unique"),
    reason=True,
)
class PlaceHold(Data):
    """Place a hold of the programme on the study, a site, a product or a participant."""

    hold: Ref
    rule: str = ""
    target: str = ""


@command("hold.trigger", "hold.triggered", permission="hold.place", subject="hold", by_record=True, base=())
class TriggerHold(Data):
    """A stopping rule was crossed; the record places the hold at once, before the next command."""

    hold: Ref
    rule: Ref
    target: str
    counted: int
    because: Words


@command(
    "hold.lift",
    "hold.lifted",
    permission="hold.lift",
    subject="hold",
    gates=("lift",),
    reason=True,
    signature="lifting",
)
class LiftHold(Data):
    """One of the roles that the programme names signs that the hold may be lifted."""
