"""Which dose comes next to somebody: of the planned course or of a further one, and which verdicts it needs.

Where no criterion says when it is asked, every dose needs what came in once needed: a fresh verdict on all of them. Where criteria have scopes,
the first dose needs the verdict on entry, every dose a verdict on what is asked before each dose, found since the dose before it; the
first dose of a further course needs one on the criteria that open it; and whoever was found to be stopped gets none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proband.programme.eligibility import LATER_SCOPES, Scope
from proband.programme.regimen import FurtherCourse, Regimen
from proband.record.approvals import covered_by
from proband.record.dosing import COURSE, OMITTED, counts, said
from proband.record.known import KnownStatement
from proband.record.participant import Administration, Participant
from proband.record.state import State

if TYPE_CHECKING:
    from proband.record.programme_view import ProgrammeView

#: the kind under which a verdict on entry is kept of a person
ENTRY = "verdict"


def verdict_kind(through: object) -> str:
    """Under which kind a verdict is kept of a person: those of later scopes apart, since none of them lets anybody in."""
    return f"{ENTRY}:{through}" if through in LATER_SCOPES else ENTRY


def scope_of(kind: str) -> str:
    """The scope of a kind of verdict, in a word."""
    return kind.partition(":")[2] or Scope.ENTRY.value


@dataclass(frozen=True, slots=True)
class NextDose:
    """The dose that comes next.

    ``course``: the further course of which it is, ``None`` of the planned one; ``opens``: whether it is the first of that course;
    ``last``: the dose before it; ``ours``: whether somebody had a dose of the programme that counts; ``complete``: how many
    were planned, where all of them were given or left out and nothing opens another course; ``since``: when the last dose before a retreatment
    was given, where this one is of it: it is a course of its own, with its own steps.
    """

    course: FurtherCourse | None
    opens: bool
    last: Administration | None
    ours: bool
    complete: int | None
    since: str = ""


def given_before(person: Participant, at: str, aside: int | None = None) -> list[Administration]:
    """What somebody was given, in its order; to a dose that is judged again (``aside``), what they had been given before it."""
    if aside is None:
        return person.given
    return [dose for dose in person.given if dose.seq != aside and dose.at <= at]


def next_dose(state: State, person: Participant, regimen: Regimen | None, given: Iterable[Administration], at: str, version: str) -> NextDose:  # fmt: skip
    """The dose that comes next at a moment, after those that were given, in their order, as known now.

    A further course is opened by a verdict between the last dose of the course before it and its own first dose; a dose that nothing
    opened stays one too many.
    """
    course: FurtherCourse | None = None
    planned = regimen.administrations if regimen is not None else None
    count, used, last, ours, since = 0, dict[str, int](), None, False, ""
    for dose in _marks(person, regimen, given, at):
        if not isinstance(dose, Administration):
            # a course that begins anew is counted anew, a dose that is left out is counted
            count = 0 if dose == COURSE else count + 1
            continue
        opened = _opened(state, person, regimen, used, last, dose.at, state.version_at(dose.at)) if planned is not None and count >= planned else None  # fmt: skip
        if opened is not None:
            course, planned, count = opened, opened.administrations, 0
            used[opened.id] = used.get(opened.id, 0) + 1
            since = last.at if last is not None and opened.on == "retreatment" else since
        count += 1
        last = dose
        # a deviation only ever restricts: it makes no first dose of the programme a second one
        ours = ours or counts(dose)
    if planned is None or count < planned:
        return NextDose(course, False, last, ours, None, since)
    opened = _opened(state, person, regimen, used, last, at, version)
    if opened is None:
        return NextDose(course, False, last, ours, planned, since)
    since = last.at if last is not None and opened.on == "retreatment" else since
    return NextDose(opened, True, last, ours, None, since)


def _marks(person: Participant, regimen: Regimen | None, given: Iterable[Administration], at: str) -> list[Administration | str]:  # fmt: skip
    """The doses, the doses that were left out and the courses that began anew, in the order in which they happened."""
    marks: list[tuple[str, int, Administration | str]] = [(dose.at, dose.seq, dose) for dose in given]
    if regimen is not None:
        for kind in (OMITTED, COURSE):
            marks += [(one.at, one.seq, kind) for one in said(person, kind + regimen.id, at)]
    return [mark for _, _, mark in sorted(marks, key=lambda one: one[:2])]


def _opened(state: State, person: Participant, regimen: Regimen | None, used: dict[str, int], last: Administration | None, at: str, version: str) -> FurtherCourse | None:  # fmt: skip
    for one in regimen.further if regimen is not None else ():
        if used.get(one.id, 0) < one.at_most and opening(state, person, one.on, last, at, version):
            return one
    return None


def opening(state: State, person: Participant, scope: str, last: Administration | None, at: str, version: str) -> list[KnownStatement]:  # fmt: skip
    """The verdicts of a scope that somebody passed after a dose and until a moment, the newest of which stands, under a version or one that covers it."""
    versions = set(covered_by(state, version))
    said = [
        one
        for one in person.known.get(verdict_kind(scope), ())
        if one.until is None and one.at <= at and (last is None or one.at > last.at)
    ]
    newest = max(said, key=lambda one: (one.at, one.seq), default=None)
    if newest is None or newest.value.outcome != "eligible":
        return []
    return [one for one in said if one.value.outcome == "eligible" and one.value.programme in versions]


def needed(view: ProgrammeView, coming: NextDose) -> list[str]:
    """Which kinds of verdict a dose needs: on entry, on what is asked before each dose; what opens a further course is part of which dose comes next."""
    criteria = view.eligibility
    if criteria is None or not criteria.has_scopes:
        return [ENTRY]
    found = [] if coming.ours else [ENTRY]
    if criteria.of_scope(Scope.BEFORE_DOSE):
        found.append(verdict_kind(Scope.BEFORE_DOSE.value))
    return found


def stopped(state: State, person: Participant, at: str, *, known: str | None = None) -> KnownStatement | None:
    """The verdict by which somebody was stopped for good before a moment: its values meet a stopping criterion of the version under which it was reached.

    ``known``: as known at that moment, and not as known now.
    """
    # imported here: screening brings the table engines with it, and most programmes stop nobody
    from proband.record.verdicts import stops

    kinds = (verdict_kind(Scope.BEFORE_DOSE.value), verdict_kind(Scope.STOPPING.value))
    for one in (each for kind in kinds for each in person.known.get(kind, ())):
        if known is None:
            stands = one.until is None
        else:
            stands = one.recorded <= known and (one.until is None or one.gone > known)
        view = state.programmes.get(one.value.programme)
        criteria = view.eligibility if view is not None else None
        if stands and one.at <= at and criteria is not None and stops(criteria, one.value):
            return one
    return None
