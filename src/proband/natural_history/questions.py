"""One door to every model: which outcomes a bundle can be asked about, and the forecast for a case mix.

Which models a bundle offers follows from the tables that it carries, not from its name, so that an external bundle with the
same tables is answered in the same way.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from proband.natural_history import special
from proband.natural_history.askable import AskableOutcome, Changes, Offer, Proportions, special_outcomes
from proband.natural_history.conditions import Conditions
from proband.natural_history.domain import OutsideDomain
from proband.natural_history.kinds.outcomes import table_outcomes
from proband.programme import Programme

__all__ = ["AskableOutcome", "Changes", "Conditions", "Offer", "Proportions", "outcome", "outcomes"]


@cache
def _declared() -> None:
    """Every file of questions declares its model when it is read."""
    for found in iter_modules(special.__path__):
        if found.name.endswith("_questions"):
            import_module(f"{special.__name__}.{found.name}")


def outcomes(programme: Programme) -> dict[str, AskableOutcome]:
    """The outcomes that a bundle can be asked about, by name."""
    _declared()
    words = {name: w for table in programme.natural_history.values() for name, w in table.words.items()}
    found = [*special_outcomes(programme), *table_outcomes(programme)]
    return {o.name: replace(o, words=words.get(o.name)) for o in found}


def outcome(programme: Programme, name: str) -> AskableOutcome:
    """One outcome of a bundle.

    An outcome that ``outcomes.yaml`` declares and no table answers has no natural history: two groups that chance made can still be compared
    with one another, and any other question about it is refused.

    Raises
    ------
    OutsideDomain
        If the bundle knows no outcome of that name.
    """
    known = outcomes(programme)
    if name in known:
        return known[name]

    def nothing(programme: Programme, conditions: Conditions, people: int | None) -> Proportions:
        raise _unknown(programme, name)

    for declared in programme.outcomes.outcomes:
        if declared.id == name:
            better = "more" if declared.direction in {"higher-is-better", "event-is-good"} else "fewer"
            return AskableOutcome(name, "proportion", better, f"had the outcome {declared.name}", nothing)
    raise _unknown(programme, name)


def _unknown(programme: Programme, name: str) -> OutsideDomain:
    return OutsideDomain(
        f"the outcome {name!r} in programme {programme.id}",
        nearest=", ".join(outcomes(programme)) or "none: no table of the bundle answers an outcome",
        differs=["no natural-history table of the bundle gives this outcome"],
    )
