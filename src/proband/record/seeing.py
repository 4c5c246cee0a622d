"""What is shown to somebody who does not work at every site: one rule, for every door that shows rows, things and counts of a record.

A row is theirs where it is about somebody or something of a site of theirs, or about the study as a whole. What nobody can say the site of is shown
to those alone who work at all sites. Whether an arm may be told is another question, and asked apart (:mod:`proband.record.reading`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, Protocol

from proband.record.denominators import Flow, flow
from proband.record.state import State

#: the site of whoever works at all of them
EVERYWHERE = "*"
#: columns that name what a row is about, the first that is there; else the row's own key
_ABOUT = ("participant", "subject", "stock", "donor", "container", "product", "target", "scope")


class WorksAtSites(Protocol):
    """Somebody of the record: who they are, and the sites of all their roles (``*`` for all)."""

    @property
    def id(self) -> str:
        """Their name in the record."""
        ...

    @property
    def sites(self) -> frozenset[str]:
        """The sites of all their roles."""
        ...


def works_at(person: WorksAtSites, site: str) -> bool:
    """Whether somebody works at a site."""
    return bool({site, EVERYWHERE} & person.sites)


def works_everywhere(state: State, person: WorksAtSites) -> bool:
    """Whether what is of the whole study is theirs: they work at all sites, or at each that there is."""
    return EVERYWHERE in person.sites or (bool(state.sites) and state.sites.keys() <= person.sites)


def sees_row(state: State, person: WorksAtSites, row: Mapping[str, Any]) -> bool:
    """Whether a row is about somebody or something of a site where the person works, or about the study as a whole."""
    if EVERYWHERE in person.sites:
        return True
    named = next((row[column] for column in _ABOUT if row.get(column) is not None), next(iter(row.values())))
    return sees(state, person, str(named))


def sees(state: State, person: WorksAtSites, name: str) -> bool:
    """Whether a person works where something is: a participant, a product, an event of harm, a label, a query, a donor, a stock, a site; the study is everybody's."""
    if EVERYWHERE in person.sites:
        return True
    if name == EVERYWHERE:
        return works_everywhere(state, person)
    if name in (state.study, "study", "programme", ""):
        return True
    if name in state.participants:
        return works_at(person, state.participants[name].site)
    if name in state.products:
        product = state.products[name]
        places = {product.place, product.sent_to}
        return bool(places & person.sites) or bool(
            product.participant and sees(state, person, product.participant)
        )
    for entries in (state.adverse_events, state.queries):
        about = entries[name].participant if name in entries else None
        if name in entries:
            return about is not None and sees(state, person, about)
    if name in state.labels:
        return sees(state, person, state.labels[name].container)
    if name in state.therapies:
        return sees(state, person, state.therapies[name].participant)
    for places_of in (state.donors, state.stock):
        if name in places_of:
            return works_at(person, places_of[name].site)
    if name in state.sites:
        return works_at(person, name)
    if name in state.persons:
        return name == person.id
    return False


def rows_seen(state: State, who: WorksAtSites | None, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows that are about somebody or something of a site of theirs, or about the study; all of them where nobody is named."""
    return [row for row in rows if who is None or sees_row(state, who, row)]


def flow_seen(state: State, who: WorksAtSites | None) -> Flow:
    """The flow of those whom somebody sees; of everybody for whoever works at all sites, and where nobody is named."""
    return (
        flow(state) if who is None or works_everywhere(state, who) else flow(state, partial(sees, state, who))
    )
