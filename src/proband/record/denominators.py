"""The flow of participants: who came, who got how far, and what became of everybody. Computed, never typed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from proband.record.paged import browse_values, peek
from proband.record.participant import Participant
from proband.record.remembered import remembered_days
from proband.record.state import State

#: what has happened to somebody who is counted at a step, here or before the record was begun
STEPS: dict[str, Callable[[Participant], object]] = {
    "referred": lambda person: True,
    "screened": lambda person: person.screenings or "screened" in person.historical,
    "consented": lambda person: person.consented_at or "consented" in person.historical,
    "enrolled": lambda person: person.enrolled_at or "enrolled" in person.historical,
    "allocated": lambda person: person.allocated_at or "allocated" in person.historical,
    "collected": lambda person: person.collected_at,
    "manufactured": lambda person: person.manufactured_at,
    "released": lambda person: person.released_at,
    "treated": lambda person: person.given,
    "assessed": lambda person: person.assessed or "assessed" in person.historical,
}
#: the same as far as the record itself has seen it
_HERE: dict[str, Callable[[Participant], object]] = {
    "referred": lambda person: not person.historical,
    "screened": lambda person: person.screenings,
    "consented": lambda person: person.consented_at,
    "enrolled": lambda person: person.enrolled_at,
    "allocated": lambda person: person.allocated_at,
    "treated": lambda person: any(not dose.historical for dose in person.given),
    "assessed": lambda person: person.assessed,
}
ENDS = ("completed", "died", "lost", "withdrawn", "in follow-up", "before treatment")


@dataclass(frozen=True, slots=True)
class Flow:
    """Counts of people at each step, what became of those who consented, and of the products.

    ``ends`` sum to ``steps["consented"]``: nobody can vanish. ``treated`` counts everybody who was given anything, also in
    deviation; ``in_deviation`` says how many of them only so. ``historical`` says of each step how many are in it only by what happened before the
    record was begun: they are in every denominator, and valid by no gate.
    """

    steps: dict[str, int]
    ends: dict[str, int]
    withdrawn: dict[str, int]
    in_deviation: int
    treated_elsewhere: int
    products: dict[str, int]
    numbers: int
    #: whether any version declared itself retrospective, or nothing was sealed before the first dose; nothing removes it
    retrospective: bool = False
    historical: dict[str, int] = field(default_factory=dict)

    @property
    def completeness(self) -> tuple[int, int]:
        """Assessed of treated: (x, y)."""
        return self.steps["assessed"], self.steps["treated"]

    def as_dict(self) -> dict[str, object]:
        """The flow as plain JSON values."""
        return asdict(self)


def died_on(state: State, person: Participant) -> str | None:
    """The day on which somebody died, as far as the record has it; ``None`` for the living.

    Whoever is recorded as dead is, whatever was entered later (lost, completed); so is whoever had an adverse event that ended in
    death, also where nobody has entered the death itself. Where that event's day is unknown it is the day on which somebody learned of it.
    """
    dead = [one.at[:10] for one in person.known.get("ended", ()) if one.value == "died" and one.until is None]
    if not dead:
        events = (peek(state.adverse_events, name) for name in person.adverse_events)
        dead = [
            remembered_days(one.onset)[1] or one.aware_on for one in events if one is not None and one.fatal
        ]
    return min(dead, default=None)


def end_of(state: State, person: Participant) -> str:
    """What became of somebody who consented: exactly one of :data:`ENDS`."""
    if died_on(state, person) is not None:
        return "died"
    if person.ended == "completed":
        return "completed"
    if person.ended:
        return person.ended
    if {"contact", "data"} & person.withdrawn.keys() or (
        "treatment" in person.withdrawn and not person.given
    ):
        return "withdrawn"
    arm = state.view.arm.get(person.arm or "") if state.view else None
    # an arm without a product is followed up from its allocation on
    followed = bool(person.given) or (arm is not None and arm.regimen is None)
    return "in follow-up" if followed else "before treatment"


def is_retrospective(state: State) -> bool:
    """Whether results of this study must be shown as retrospective, for ever."""
    declared = any(view.forecast.declared == "retrospective" for view in state.programmes.values())
    sealed = any(not seal["retrospective"] for seal in state.forecasts.values())
    return declared or (bool(state.treated) and not sealed)


def flow(state: State, shown: Callable[[str], bool] | None = None) -> Flow:
    """The flow of a study as its log has it.

    Parameters
    ----------
    state
        The state.
    shown
        Which people and products are counted, by their names, for whoever does not work at every site (:mod:`proband.record.seeing`); all of them where nothing is said.
    """
    steps = dict.fromkeys(STEPS, 0)
    historical = dict.fromkeys(_HERE, 0)
    ends, withdrawn = dict.fromkeys(ENDS, 0), dict.fromkeys(("treatment", "contact", "data"), 0)
    not_standing = elsewhere = numbered = 0
    # one after the other: a record of a million events has them all in no memory
    for person in browse_values(state.participants):
        if shown is not None and not shown(person.id):
            continue
        numbered += person.number is not None
        for step, reached in STEPS.items():
            steps[step] += bool(reached(person))
        if person.historical:
            for step, here in _HERE.items():
                historical[step] += bool(STEPS[step](person)) and not here(person)
        if STEPS["consented"](person):
            ends[end_of(state, person)] += 1
        for level in withdrawn:
            withdrawn[level] += level in person.withdrawn
        ours = [dose for dose in person.given if not dose.historical]
        not_standing += bool(ours) and not any(dose.stands for dose in ours)
        elsewhere += person.origin == "treated-elsewhere" or bool(person.elsewhere)
    products: dict[str, int] = {}
    for product in browse_values(state.products):
        if shown is not None and not shown(product.id):
            continue
        products[product.status] = products.get(product.status, 0) + 1
    return Flow(
        steps,
        ends,
        withdrawn,
        not_standing,
        elsewhere,
        products,
        state.numbers if shown is None else numbered,
        is_retrospective(state),
        historical if any(historical.values()) else {},
    )


def known_elsewhere(state: State, shown: Callable[[str], bool] | None = None) -> int:
    """People treated elsewhere of whom it is known how they have been since: what was said last of each counts; ``shown`` as in :func:`flow`."""
    return sum(
        bool(one.elsewhere) and one.elsewhere[-1]["outcome"] != "unknown"
        for one in browse_values(state.participants)
        if shown is None or shown(one.id)
    )
