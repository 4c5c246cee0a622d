"""What a record lets anybody publish of it: groups of people that are large enough, and the courses of those who saw and signed theirs.

Nothing here is switched by whoever builds a page. That a record shows made-up people is said by the log itself: every version of the programme
that it ever ran under calls itself a demonstration. Of real people three things stand in the way of each line: consent to publication in force,
a preview of exactly this line signed, and enough others beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from itertools import groupby

from proband.programme.slots import SMALLEST_CELL
from proband.record.courses import Course, Happening, course_of
from proband.record.denominators import ENDS, end_of
from proband.record.errors import RecordError
from proband.record.known import ALWAYS
from proband.record.paged import browse_values
from proband.record.participant import Participant
from proband.record.places import arms_are_told
from proband.record.standing_consent import consent_fault
from proband.record.state import State
from proband.terms.canonical import canonical

#: the group of those who were given something, and what stands between the names of groups that are counted together
TREATED = "treated"
JOINED = " · "
#: months within which something happened, as far as anybody is told of a real person
COARSE = 3
_WORDS: dict[Happening, str] = {"dose": "given", "harm": "serious harm", "death": "died"}


@dataclass(frozen=True, slots=True)
class PeopleGroup:
    """So many people, and the groups that they fall into: each person stands in exactly one of them."""

    name: str
    people: int
    groups: tuple[PeopleGroup, ...] = ()

    def __post_init__(self) -> None:
        """Nobody vanishes and nobody is counted twice."""
        if self.groups and sum(group.people for group in self.groups) != self.people:
            raise ValueError(f"{self.name}: {self.people} people, and {[g.people for g in self.groups]}")

    def walk(self) -> Iterator[PeopleGroup]:
        """This group and every group within it."""
        yield self
        for group in self.groups:
            yield from group.walk()


@dataclass(frozen=True, slots=True)
class PublicRecord:
    """What may be shown of a record.

    ``people`` is everybody by what became of them; ``None`` where they are so few that not even their number is said. ``courses`` are
    those of people who may be shown, ``agreed`` how many they are of ``treated`` (``None``: not said). ``kept_back`` says in words what is not shown, and
    ``recognised`` for whoever publishes (never for the page) who could be known by what.
    """

    programme: str
    versions: tuple[str, ...]
    title: str
    demonstration: bool
    until: date
    people: PeopleGroup | None
    courses: tuple[Course, ...]
    treated: int | None
    whole: bool
    kept_back: tuple[str, ...] = ()
    recognised: tuple[str, ...] = ()


def is_demonstration(state: State) -> bool:
    """Whether nobody in the record is real: each version of the programme that it ran under is a demonstration."""
    return bool(state.programmes) and all(
        view.status == "demonstration" for view in state.programmes.values()
    )


def may_be_published(state: State, person: Participant, day: str, at: str = ALWAYS) -> bool:
    """Whether consent to publication is in force on a day: given last and to a text that stands, nothing withdrawn, nobody come of age since, nothing erased."""
    said = person.true("consent", at)
    view = state.programmes.get(state.version_at(at)) if at != ALWAYS else state.view
    if said is None or view is None or not said.value.publication or person.erased:
        return False
    taken_back = person.true("publication-withdrawn", at)
    if taken_back is not None and (taken_back.at, taken_back.seq) > (said.at, said.seq):
        return False
    blocked = any("use-of-data" in view.blocks_of(level) for level in person.withdrawn)
    return not blocked and consent_fault(view, person, at, day) is None


def coarse(course: Course) -> Course:
    """A course in steps of three months: when exactly somebody was treated, harmed or died is told to nobody."""

    def step(months: float) -> float:
        return float(months // COARSE * COARSE)

    return Course(
        None, step(course.watched), tuple((step(at), kind) for at, kind in course.marks), course.ongoing
    )


def course_in_words(course: Course) -> str:
    """A coarse course in the words that stand on the page and in the preview."""
    marks = [
        f"{_WORDS[kind]} in months {at:g} to {at + COARSE:g}" + (f" ({count} times)" if count > 1 else "")
        for (at, kind), same in groupby(course.marks)
        if (count := len(list(same)))
    ]
    watched = f"watched {course.watched:g} to {course.watched + COARSE:g} months"
    return (
        f"{watched}{' and still watched' if course.ongoing else ''}: {'; '.join(marks) or 'nothing recorded'}"
    )


def previewed(state: State, person: Participant, course: Course) -> str:
    """The hash of the bytes that somebody sees and signs before their line is published: this study, this person, this line and no other."""
    line = {"study": state.study, "participant": person.id, "line": course_in_words(course)}
    return sha256(canonical(line)).hexdigest()


def lines_of(state: State, person: Participant, until: date) -> dict[str, Course]:
    """The lines of somebody that would be true on a day, by the hash of their preview.

    Of somebody who is still watched an earlier line stays true as long as nothing but time has passed; whatever happened since makes it one that
    leaves something out, and it is none of these.
    """
    if not person.given:
        return {}
    now = coarse(course_of(state, person, until))
    found = {previewed(state, person, now): now}
    if now.ongoing:
        last = max((at for at, _ in now.marks), default=0.0)
        for step in range(int(last), int(now.watched), COARSE):
            earlier = Course(None, float(step), now.marks, ongoing=True)
            found[previewed(state, person, earlier)] = earlier
    return found


def line_now(state: State, participant: str) -> tuple[Course, str]:
    """The line that would be published of somebody today, and the hash of its bytes.

    Raises
    ------
    RecordError
        ``record.publish.nobody`` where there is no such participant, or nothing was given to them.
    """
    person = state.participants.get(participant)
    if person is None or not person.given:
        raise RecordError("record.publish.nobody", participant=participant)
    now = coarse(course_of(state, person, date.fromisoformat(state.recorded[:10])))
    return now, previewed(state, person, now)


def published(state: State, on: date) -> PublicRecord:
    """What may be shown of a record on a day; of real people nothing that consent does not cover today, whatever day is given."""
    view = state.view
    until = date.fromisoformat(state.recorded[:10])
    told = is_demonstration(state) or arms_are_told(state)
    everybody = everyone(state, told=told)
    treated = [person for person in browse_values(state.participants) if person.given]
    head = (view.id if view else "", tuple(one for one in state.programmes), view.title if view else "")
    if is_demonstration(state):
        shown = tuple(course_of(state, person, until) for person in treated)
        return PublicRecord(*head, True, until, everybody, shown, len(treated), whole=True)
    people = protected(everybody)
    day = max(on, until, date.today()).isoformat()
    agreed = [
        line
        for person in (treated if told else ())
        if (line := _signed(state, person, until, day)) is not None
    ]
    # how many were treated is said only where the groups say it too: a difference of the two would count the others
    counted = people is not None and len(treated) == sum(
        group.people for group in people.walk() if group.name == TREATED
    )
    whole = counted and len(agreed) == len(treated)
    kept_back = (
        []
        if told
        else [
            "arms, and whatever would tell them, are not shown: somebody is masked until the study is locked"
        ]
    )
    if people is None:
        kept_back.append(f"fewer than {SMALLEST_CELL} people are in the record: nobody is counted")
    elif any(JOINED in group.name for group in people.walk()):
        kept_back.append(f"groups of fewer than {SMALLEST_CELL} people are counted together with others")
    if len(agreed) < SMALLEST_CELL:
        agreed = []
        kept_back.append(f"no course is shown: fewer than {SMALLEST_CELL} people have agreed to theirs")
    elif not whole:
        kept_back.append(
            "courses are shown of those alone who agreed; how the others fared they do not tell, and no curve is drawn"
        )
    lost = len(treated) - len(agreed)
    said = len(treated) if counted and agreed and not 0 < lost < SMALLEST_CELL else None
    return PublicRecord(
        *head, False, until, people, tuple(agreed), said, whole=whole and bool(agreed), kept_back=tuple(kept_back),
        recognised=tuple(recognisable(agreed)),
    )  # fmt: skip


def _signed(state: State, person: Participant, until: date, day: str) -> Course | None:
    """The line of somebody that they saw and signed, if it may be published and is still the whole of it."""
    signed = person.true("preview")
    if signed is None or not may_be_published(state, person, day):
        return None
    consent = person.true("consent")
    # a consent that was given anew asks for a look anew
    if consent is None or (signed.at, signed.seq) < (consent.at, consent.seq):
        return None
    return lines_of(state, person, until).get(str(signed.value))


def everyone(state: State, *, told: bool = True) -> PeopleGroup:
    """Everybody who was referred, by arm, by how far they came, and by what became of them; where arms are not ``told``, by none of what depends on them."""
    view = state.view
    names = {arm.id: arm.name for arm in view.arms} if view else {}
    places: dict[tuple[str, ...], int] = {}
    for person in browse_values(state.participants):
        place = _place(state, person, names, told=told)
        places[place] = places.get(place, 0) + 1
    return _grouped("referred", places)


def _place(state: State, person: Participant, names: dict[str, str], *, told: bool) -> tuple[str, ...]:
    if not person.consented_at:
        outcome = person.verdict.outcome if person.verdict else "not screened"
        return "no consent", outcome.replace("-", " ")
    end = end_of(state, person)
    if not person.allocated_at:
        return "consented", "not allocated", end
    if not told:
        return "consented", "allocated, arm not told yet", end
    sealed = person.arm is None
    arm = "allocated, arm sealed" if sealed else f"allocated: {names.get(person.arm or '', person.arm)}"
    if person.given:
        return "consented", arm, TREATED, "assessed" if person.assessed else "not assessed", end
    regimen = state.view.arm.get(person.arm or "") if state.view else None
    if not sealed and regimen is not None and regimen.regimen is None:
        return "consented", arm, "assessed" if person.assessed_untreated else "not assessed", end
    return "consented", arm, "not treated", _furthest(person), end


def _furthest(person: Participant) -> str:
    if person.released_at:
        return "product released, not given"
    if person.manufactured_at:
        return "product made, not released"
    return "cells or tissue taken, nothing made" if person.collected_at else "nothing taken"


def _grouped(name: str, places: dict[tuple[str, ...], int]) -> PeopleGroup:
    inner: dict[str, dict[tuple[str, ...], int]] = {}
    for place, people in places.items():
        if place:
            within = inner.setdefault(place[0], {})
            within[place[1:]] = within.get(place[1:], 0) + people
    groups = tuple(_grouped(one, within) for one, within in sorted(inner.items(), key=_order))
    return PeopleGroup(name, sum(places.values()), groups)


def _order(item: tuple[str, object]) -> tuple[int, str]:
    """Ends in their own order, the rest by name."""
    return (ENDS.index(item[0]) if item[0] in ENDS else -1, item[0])


def protected(group: PeopleGroup) -> PeopleGroup | None:
    """A tree of groups in which no group, and nothing that groups could be taken apart into, holds one to four people.

    Small groups are put together with their neighbours until enough people stand in them; what is put together is not divided further. As every
    group is the sum of those below it, no difference of what is shown is smaller than what is shown. ``None`` where all together are too few.
    """
    if 0 < group.people < SMALLEST_CELL:
        return None
    rest = sorted(
        (place for place, one in enumerate(group.groups) if one.people),
        key=lambda place: group.groups[place].people,
    )
    together: list[int] = []
    while rest and (
        group.groups[rest[0]].people < SMALLEST_CELL or 0 < _people(group, together) < SMALLEST_CELL
    ):
        together.append(rest.pop(0))
    if not rest:
        return PeopleGroup(group.name, group.people)
    kept = tuple(found for place in sorted(rest) if (found := protected(group.groups[place])) is not None)
    if together:
        name = JOINED.join(group.groups[place].name for place in sorted(together))
        kept = (*kept, PeopleGroup(name, _people(group, together)))
    return PeopleGroup(group.name, group.people, kept)


def _people(group: PeopleGroup, places: list[int]) -> int:
    return sum(group.groups[place].people for place in places)


def recognisable(courses: list[Course]) -> Iterator[str]:
    """Who could be known by what: each line that no other line equals, the whole line or something that happened in it to nobody else.

    Somebody who knows one thing of a person (that she died, that he was harmed in the first months) finds that person where nobody else has it.
    """
    lines = [course_in_words(course) for course in courses]
    for index, course in enumerate(courses):
        others = [other for place, other in enumerate(courses) if place != index]
        single = [mark for mark in course.marks if not any(mark in other.marks for other in others)]
        if single:
            told = "; ".join(f"{_WORDS[kind]} in months {at:g} to {at + COARSE:g}" for at, kind in single)
            yield f"line {index + 1} could be known by: {told}"
        elif lines.count(lines[index]) == 1:
            yield f"line {index + 1} could be known by all of it together: {lines[index]}"
