"""Harm: adverse events, causality, expedited reports."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Annotated, Any

from pydantic import Field

from proband.programme.safety import CATEGORIES
from proband.record import safety
from proband.record.declare.change import Body, add_task, changes, task_done
from proband.record.declare.command import Context, WayBack, command, never
from proband.record.declare.data import Data, Day, Ref, RememberedDate, Words
from proband.record.declare.naming import NewNames
from proband.record.declare.wording import CAUSALITY, FREE, LISTED_EVENT
from proband.record.events import ASKED_SINCE_VERSION
from proband.record.gates.stages import KNOWN_ADVERSE_EVENT, KNOWN_PERSON
from proband.record.remembered import remembered
from proband.record.state import AdverseEvent, State

#: harm can always be reported, also of somebody who withdrew
of_harm = partial(command, permission="safety.report", when_locked="voids", at_closed_site=True, bears=never, withdrawal=None, hold=None, consent=None, current_version=False,
                  signature=None, reason=False, live=False)  # fmt: skip


def _possible_onset(c: Context) -> bool:
    """An onset that nobody can have seen (of tomorrow) or that is none of this programme's would cross no rule, and must not stand.

    What cannot be read, or is unknown, stays: it counts as within every time limit.
    """
    person, onset = c.participant, c.data["onset"]
    if person is None:
        return False
    when = remembered(onset)
    if when is None:
        return True
    if when.earliest is not None and when.earliest.isoformat() > c.data["aware_on"]:
        return False
    ours = person.origin == "referral"
    return not (ours and when.latest is not None and when.latest.isoformat() < person.referred_on)


def _aware_by_now(c: Context) -> bool:
    """Nobody becomes aware of something after they report it."""
    aware: str = c.data["aware_on"]
    return aware <= c.day


def _forget(state: State, subject: str, seq: int) -> str | None:
    """An adverse event that nobody had, or somebody else: its clocks stop; a hold that it placed is for those who lift holds."""
    mine = state.participants[subject].adverse_events
    for name in [name for name in mine if state.adverse_events[name].seq == seq]:
        mine.pop(name)
        state.adverse_events.pop(name)
        state.grave.pop(name, None)
        for task in list(state.tasks_of.get(("report", subject), ())):
            if task.startswith(f"report:{name}:"):
                task_done(state, task)
    return None


def _known_category(c: Context) -> bool:
    """A kind of event that somebody thought of is counted by no rule: the categories are the programme's, with those that every programme has."""
    name, grade = c.data["category"], c.data.get("category_grade")
    own = c.view.safety.category(name) if c.view is not None else None
    if own is None:
        return name in CATEGORIES and grade is None
    return (grade is None and own.highest_grade is None) or (
        grade is not None and grade <= (own.highest_grade or 0)
    )


CATEGORY = (
    _known_category,
    "a category that the programme knows, with a grade by its own grading where it has one",
)


def _is_listed(c: Context) -> bool:
    told = c.data.get("listed")
    return told is None or (c.view is not None and told in c.view.safety.expected_events)


LISTED = (_is_listed, "an event that the programme lists as expected, word for word")
AWARE = ((_aware_by_now), "a day of awareness that is not in the future")


@of_harm("adverse-event.report", "adverse-event.reported", subject="participant", way_back=WayBack(_forget), stage=(KNOWN_PERSON, AWARE, CATEGORY, LISTED, (_possible_onset, "an onset between referral and the day of awareness; what was there before belongs to the history, what nobody knows is \"unknown\"")), watched=True, gates=(),
         offline=True, unique=NewNames("adverse_events", lambda body: [body["data"]["event"]]))  # fmt: skip
class ReportAdverseEvent(Data):
    """An adverse event: grade, seriousness, expectedness; the day of awareness starts the clocks.

    * ``event``: a new name for the event, as AE-7
    * ``term``: what happened, in the reporter's words; no name and nothing else that identifies a person
    * ``category``: what the stopping rules may count it as: other, neurological-worsening, new-mass, infection, or one of the programme's own
    * ``category_grade``: the grade by the grading of its own that the category has in the programme, where it has one
    * ``grade``: the severity, from 1 (mild) to 5 (death), by the programme's grading
    * ``serious``: whether it is serious: fatal, life-threatening, in hospital, disabling, a birth defect, or as grave
    * ``life_threatening``: whether life was in danger
    * ``expected``: whether the programme lists it as expected of its own product
    * ``listed``: as which of the events that the programme lists; without it nothing serious counts as expected, and the clocks of the unexpected run
    * ``onset``: when it began, as exactly as is known
    * ``aware_on``: the day on which the reporter became aware: day 0 of every clock
    """

    event: Ref
    term: Words
    category: Ref = "other"
    category_grade: Annotated[int, Field(ge=1, le=10)] | None = None
    grade: Annotated[int, Field(ge=1, le=5)]
    serious: bool
    life_threatening: bool = False
    expected: bool
    listed: Annotated[str | None, LISTED_EVENT] = None
    onset: RememberedDate
    aware_on: Day


def _is_serious(body: Body) -> bool:
    """What is fatal or was a danger to life is serious, whatever was ticked beside it (ICH E2A, II.B)."""
    data = body["data"]
    told = data["serious"] or data["grade"] == 5
    return bool(told or (data["life_threatening"] and body["v"] >= ASKED_SINCE_VERSION))


def _is_expected(state: State, body: Body, before: str | None = None) -> bool:
    """Whether an event is one that the programme lists; a tick alone stops no clock. What an earlier release wrote did not say as which, and stays as it was told."""
    data = body["data"]
    listed = data.get("listed") or before
    if not data["expected"] or "listed" not in data or not _is_serious(body):
        return bool(data["expected"])
    return state.view is not None and listed in state.view.safety.expected_events


@changes("adverse-event.reported")
def _reported(state: State, body: Body, data: dict[str, Any]) -> None:
    event = AdverseEvent(
        data["event"], body["subject"], data["term"], data["category"], data["grade"], _is_serious(body),
        data["grade"] == 5, data["life_threatening"], _is_expected(state, body), data["onset"], data["aware_on"], body["site"], state.seq,
        first_aware=data["aware_on"], latest=data["aware_on"], category_grade=data.get("category_grade"), listed=data.get("listed"),
    )  # fmt: skip
    state.adverse_events[event.id] = event
    state.participants[event.participant].adverse_events[event.id] = None
    _weigh(state, event)
    start_clocks(state, event)


def start_clocks(state: State, event: AdverseEvent) -> None:
    """Work out anew by when an adverse event must be reported to whom; who reports is said in the task."""
    view = state.view
    if view is None:
        return
    # a site that was closed since still reports the harm of its people, by the law of its place
    places = {site.jurisdiction for site in state.sites.values() if site.open or site.id == event.site}
    person = state.participants.get(event.participant)
    elsewhere = person is not None and person.only_elsewhere
    who = f"reported by {event.site}"
    if person is not None and elsewhere:
        last = person.elsewhere[-1] if person.elsewhere else {}
        told = (
            ", ".join(str(last[name]) for name in ("country", "product") if last.get(name))
            or "where and with what is unknown"
        )
        who += f" as those who learned of it; treated elsewhere ({told}), whoever treated them reports for themselves"
    running = set()
    for due in safety.reports_due(view, event, places, elsewhere=elsewhere):
        name = f"report:{event.id}:{due.clock}"
        running.add(name)
        task = state.tasks.get(name)
        if task is None:
            add_task(
                state,
                "report",
                event.participant,
                due.on,
                f"{due.to} ({due.jurisdiction}): {event.term}; {who}",
                name,
            )
        elif task.done is None:
            task.due = min(task.due, due.on)
    if event.related is False:
        # two people have excluded a relation: what was due only for a suspected relation falls away
        for name in state.tasks_of.get(("report", event.participant), ()):
            if name.startswith(f"report:{event.id}:") and name not in running:
                task_done(state, name)


def _who_judged(c: Context) -> Iterable[str]:
    event = c.state.adverse_events.get(c.subject)
    return event.assessments if event is not None else ()


def _category_agrees(c: Context) -> bool:
    """Where the programme says from which of its categories on a relation is suspected, a judgement names one, and says the same as it."""
    told = c.data.get("category")
    grading = c.view.safety.grading if c.view is not None else None
    if grading is None or grading.suspected_from is None:
        return told is None or (grading is not None and told in grading.causality)
    return told is not None and grading.suspected(told) is c.data["related"]


JUDGED = (
    _category_agrees,
    "one of the programme's categories of causality, that says the same as the judgement",
)


@of_harm("adverse-event.judge", "adverse-event.judged", subject="adverse-event", stage=(KNOWN_ADVERSE_EVENT, JUDGED), watched=True,
         gates=(), two_persons=(_who_judged, "judged", "judge"), signature="causality")  # fmt: skip
class JudgeCausality(Data):
    """One person's judgement of causality; it is final when two have judged, and never automatic.

    * ``related``: whether a relation to the treatment is possible
    * ``category``: the category of causality, as the programme names it; asked for where it says from which on a relation is suspected
    * ``why``: why
    """

    related: bool
    category: Annotated[str | None, CAUSALITY] = None
    why: Words


@changes("adverse-event.judged")
def _judged(state: State, body: Body, data: dict[str, Any]) -> None:
    event = state.adverse_events[body["subject"]]
    event.assessments[body["actor"]] = data["related"]
    event.latest = max(event.latest, body["day"])
    start_clocks(state, event)


@of_harm("adverse-event.update", "adverse-event.updated", subject="adverse-event", stage=(KNOWN_ADVERSE_EVENT, AWARE, LISTED), watched=True,
         gates=(), reason=True)  # fmt: skip
class UpdateAdverseEvent(Data):
    """A change of grade or seriousness; the clocks are worked out anew.

    * ``grade``: the severity now, from 1 (mild) to 5 (death)
    * ``serious``: whether it is serious
    * ``life_threatening``: whether life was in danger
    * ``expected``: whether the programme lists it as expected of its own product
    * ``listed``: as which of the events that the programme lists, where it was not said before
    * ``aware_on``: the day on which the reporter became aware of the change
    * ``category_grade``: the grade by the grading of the category's own, where it has changed
    """

    grade: Annotated[int, Field(ge=1, le=5)]
    serious: bool
    life_threatening: bool
    expected: bool
    listed: Annotated[str | None, LISTED_EVENT] = None
    aware_on: Day
    category_grade: Annotated[int, Field(ge=1, le=10)] | None = None


@changes("adverse-event.updated")
def _updated(state: State, body: Body, data: dict[str, Any]) -> None:
    event = state.adverse_events[body["subject"]]
    event.grade, event.fatal = data["grade"], data["grade"] == 5
    event.serious = _is_serious(body)
    event.life_threatening = data["life_threatening"]
    event.expected = _is_expected(state, body, event.listed)
    event.listed = data.get("listed") or event.listed
    event.aware_on = data["aware_on"]
    if data.get("category_grade") is not None and event.category_grade is not None:
        event.category_grade = data["category_grade"]
    event.latest = max(event.latest, data["aware_on"])
    _weigh(state, event)
    start_clocks(state, event)


def _weigh(state: State, event: AdverseEvent) -> None:
    """Keep the events that some stopping rule may count apart from the many that none counts."""
    if event.serious or event.grade >= safety.LOWEST_COUNTED_GRADE or event.category != "other":
        state.grave[event.id] = None


@of_harm(
    "adverse-event.submit",
    "adverse-event.submitted",
    subject="adverse-event",
    stage=(KNOWN_ADVERSE_EVENT,),
    watched=False,
    gates=(),
)
class SubmitReport(Data):
    """A report was sent: by which clock, to whom, when.

    * ``clock``: the clock that the report answers, as the programme names it
    * ``to``: to whom it went
    * ``on``: the day on which it went
    * ``reference``: the receiver's number
    """

    clock: Ref
    to: Words
    on: Day
    reference: Annotated[str | None, FREE] = None


@changes("adverse-event.submitted")
def _submitted(state: State, body: Body, data: dict[str, Any]) -> None:
    task_done(state, f"report:{body['subject']}:{data['clock']}")
