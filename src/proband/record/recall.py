"""Recall: from a reagent lot to the products that it touched and the people who got one, in one look-up."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from proband.record.paged import glances
from proband.record.pages import FRONTS
from proband.record.state import State


@dataclass(frozen=True, slots=True)
class Recalled:
    """One product that a lot touched: whose it is, what became of it, when it was given."""

    lot: str
    product: str
    coi: str
    participant: str
    number: int | None
    site: str
    status: str
    administered_at: str | None
    place: str

    def as_dict(self) -> dict[str, object]:
        """The row as plain JSON values."""
        return asdict(self)


def recall(state: State, lot: str) -> list[Recalled]:
    """Every product that a lot touched, itself or through what it was divided or pooled from; given ones first."""
    rows = []
    names = state.lots.get(state.lot_as_known(lot), ())
    touched = glances(state.products, names, FRONTS["products"])
    people = glances(state.participants, (one[1] for one in touched.values()), FRONTS["participants"])
    for name in names:
        coi, participant, status, administered_at, place = touched[name]
        number, site = people.get(participant, (None, ""))
        rows.append(Recalled(lot, name, coi, participant, number, site, status, administered_at, place))
    return sorted(rows, key=lambda row: (row.administered_at is None, row.administered_at or "", row.product))
