"""The flow of participants: who came, who got how far, and what became of everybody. Computed, never typed."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from proband.record.participant import Participant
from proband.record.state import State

STEPS = (
    "referred",
    "screened",
    "consented",
    "enrolled",
    "allocated",
    "collected",
    "manufactured",
    "released",
    "treated",
    "assessed",
)
ENDS = ("completed", "died", "lost", "withdrawn", "in follow-up", "before treatment")


@dataclass(frozen=True, slots=True)
class Flow:
    """Counts of people at each step, what became of those who consented, and of the products.

    ``ends`` sum to ``steps["consented"]``: nobody can vanish. ``treated`` counts everybody who was given anything, also in
    deviation; ``in_deviation`` says how many of them only so.
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

    @property
    def completeness(self) -> tuple[int, int]:
        """Assessed of treated: (x, y)."""
        return self.steps["assessed"], self.steps["treated"]

    def as_dict(self) -> dict[str, object]:
        """The flow as plain JSON values."""
        return asdict(self)


def end_of(state: State, person: Participant) -> str:
    """What became of somebody who consented: exactly one of :data:`ENDS`."""
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


def flow(state: State) -> Flow:
    """The flow of a study as its log has it."""
    people = list(state.participants.values())
    consented = [person for person in people if person.consented_at]
    steps = {
        "referred": len(people),
        "screened": sum(1 for person in people if person.screenings),
        "consented": len(consented),
        "enrolled": sum(1 for person in people if person.enrolled_at),
        "allocated": sum(1 for person in people if person.allocated_at),
        "collected": sum(1 for person in people if person.collected_at),
        "manufactured": sum(1 for person in people if person.manufactured_at),
        "released": sum(1 for person in people if person.released_at),
        "treated": sum(1 for person in people if person.given),
        "assessed": sum(1 for person in people if person.assessed_at),
    }
    ends = dict.fromkeys(ENDS, 0)
    for person in consented:
        ends[end_of(state, person)] += 1
    products: dict[str, int] = {}
    for product in state.products.values():
        products[product.status] = products.get(product.status, 0) + 1
    return Flow(
        steps, ends, {level: sum(1 for person in people if level in person.withdrawn) for level in ("treatment", "contact", "data")},
        sum(1 for person in people if person.given and not any(dose.stands for dose in person.given)),
        sum(1 for person in people if person.origin == "treated-elsewhere" or person.elsewhere), products, state.numbers, is_retrospective(state),
    )  # fmt: skip
