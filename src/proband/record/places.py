"""The places of an allocation as the log has them: who was given which, by which levels as they were known, and the arm that a sealed list gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from proband.record.errors import RecordError
from proband.record.locks import STUDY
from proband.record.paged import browse_values
from proband.record.participant import Participant
from proband.record.state import State
from proband.trial.allocation.draw import Placed, allocate, drawn_arms
from proband.trial.allocation.plan import AllocationError, AllocationPlan


@dataclass(slots=True)
class PlaceGiven:
    """A place: its number, whose it is, by which event, the levels as they were known then, and what was corrected of them since.

    ``corrected``: the number of the event, the factor, and the level that was right all along. ``arm`` is ``None`` where it is under seal.
    """

    place: int
    participant: str
    seq: int
    stratum: Mapping[str, str]
    arm: str | None
    commitment: str
    corrected: list[tuple[int, str, str]] = field(default_factory=list)

    def levels(self, seq: int) -> dict[str, str]:
        """The levels as they were known before an event."""
        return {**self.stratum, **{factor: level for at, factor, level in self.corrected if at < seq}}


def arms_are_told(state: State) -> bool:
    """Whether tables name arms: nobody is masked, or the study is locked. Who may know before is told by ``allocation.read``, and that is logged."""
    return state.view is None or not state.view.masks_somebody or STUDY in state.locked


def tells_arms(state: State) -> bool:
    """Whether what was made and given tells who is in which arm, while somebody must not know: no seal hides it, and the study is not locked."""
    return not arms_are_told(state) and state.view is not None and not state.view.is_allocation_masked


def plan_sealed(sealed: Mapping[str, Any]) -> AllocationPlan | None:
    """The plan of a sealed list; ``None`` for a scheme of an earlier version of the envelope."""
    written = sealed.get("plan")
    return AllocationPlan.read(written) if written else None


def scheme_in_force(state: State) -> Mapping[str, Any] | None:
    """The sealed list by which the record allocates: the last one of the plan of the version in force; else the last that was sealed, which is of another plan.

    Who goes back to an earlier plan goes on with its list, where it was left: another one of that plan is sealed by nobody.
    """
    try:
        wanted = state.view.plan.written() if state.view is not None and state.view.draws else None
    except AllocationError:
        wanted = None
    own = [one for one in state.schemes if wanted is not None and one.get("plan") == wanted]
    found = own or state.schemes
    return found[-1] if found else None


def place_of(person: Participant) -> PlaceGiven | None:
    """The place of a participant; ``None`` for somebody without one, or of an earlier version."""
    said = person.true("allocated")
    if said is None or person.place is None or person.allocation_index is None:
        return None
    corrected = [(one["seq"], one["factor"], one["level"]) for one in person.factors]
    return PlaceGiven(
        person.allocation_index, person.id, said.seq, person.stratum, person.arm, person.place, corrected
    )


def places_of(state: State, scheme: str) -> list[PlaceGiven]:
    """The places that were given by one sealed list, in their order."""
    found = [
        place
        for person in browse_values(state.participants)
        if person.scheme == scheme and (place := place_of(person)) is not None
    ]
    return sorted(found, key=lambda one: one.place)


def arms_of(seed: bytes, plan: AllocationPlan, places: Sequence[PlaceGiven]) -> list[str]:
    """The arms that a seed gives to places in their order, each by what was known when it was given.

    In blocks a place was taken in the sequence of the levels that were known then, whatever was corrected since. In minimisation each next
    person was balanced against the levels as they were known by then, so a correction counts from its event on.

    Raises
    ------
    AllocationError
        ``allocation.level`` for a place whose levels the plan does not know.
    """
    if plan.method != "minimisation":
        return drawn_arms(seed, plan, [one.stratum for one in places])
    found: list[str] = []
    for number, place in enumerate(places):
        history = [
            Placed(earlier.levels(place.seq), arm)
            for earlier, arm in zip(places[:number], found, strict=True)
        ]
        found.append(allocate(seed, plan, place.stratum, history).arm)
    return found


def next_arm(
    seed: bytes, plan: AllocationPlan, places: Sequence[PlaceGiven], stratum: Mapping[str, str], seq: int
) -> str:
    """The arm of whoever comes next.

    Raises
    ------
    RecordError
        ``record.allocation.stratum`` for a factor that is missing, or a level that the plan does not know.
    """
    try:
        levels = plan.checked(stratum)
        if plan.method != "minimisation":
            return drawn_arms(seed, plan, [*(one.stratum for one in places), levels])[-1]
        known = [one.arm for one in places if one.arm is not None]
        arms = known if len(known) == len(places) else arms_of(seed, plan, places)
        history = [Placed(one.levels(seq), arm) for one, arm in zip(places, arms, strict=True)]
        return allocate(seed, plan, levels, history).arm
    except AllocationError as error:
        if error.code != "allocation.level":
            raise RecordError("record.allocation.plan", problem=error.message) from error
        told = error.details
        raise RecordError(
            "record.allocation.stratum", factor=told["factor"], level=told["level"], levels=told["levels"]
        ) from error
