"""What is on record of a participant or a container, as plain values: what is locked, what is signed, what a history compares.

An entry keeps its place when it is corrected: it stands under the number of the event that first made it, whichever event says it now. So a
correction is a change of a value, and a retraction its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

from proband.record.paged import peek
from proband.record.participant import Participant
from proband.record.product import Container
from proband.record.state import State
from proband.record.undo import plain

Entries = dict[str, Any]


def entries_of_person(state: State, person: Participant) -> Entries:
    """Everything that is on record of a participant; an arm under seal stays under it."""

    def by_entry(kept: Mapping[int, Any]) -> Entries:
        return {str(peek(state.first_events, seq) or seq): plain(data) for seq, data in sorted(kept.items())}

    said: Entries = {}
    for kind, statements in sorted(person.known.items()):
        said[kind] = {
            str(one.seq): {"value": _values(one.value), "from": one.at, "taken_back": one.until is not None}
            for one in statements
        }
    return {
        "site": person.site, "origin": person.origin, "referred_on": person.referred_on, "number": person.number,
        "said": said, "consented_at": person.consented_at, "enrolled_at": person.enrolled_at,
        "allocation": {"at": person.allocated_at, "arm": person.arm, "index": person.allocation_index, "stratum": plain(person.stratum), **_corrected(person)},
        "visits": {name: {key: value for key, value in visit.items() if key != "seq"} for name, visit in sorted(person.visits.items())},
        "outcomes": by_entry(person.outcomes), "milestones": by_entry(person.milestones), "cointerventions": by_entry(person.cointerventions),
        "elsewhere": {str(one["seq"]): {key: plain(value) for key, value in one.items() if key != "seq"} for one in person.elsewhere},
        "doses": {
            str(dose.seq): {"product": dose.product, "at": dose.at, "first_verdict": dose.first_verdict, "standing": dose.standing,
                            "stands": dose.stands, "broken_gates": list(dose.broken)}
            for dose in person.doses
        },
        "adverse_events": {
            event.id: {key: value for key, value in plain_of(event).items() if key not in ("id", "participant", "seq") and (key != "category_grade" or value is not None)}
            for name in person.adverse_events
            if (event := peek(state.adverse_events, name)) is not None
        },
    }  # fmt: skip


def _corrected(person: Participant) -> Entries:
    """What was corrected of the levels by which they were allocated; where nothing was, nothing is said, as in records of before."""
    return (
        {
            "corrected": {
                str(one["seq"]): {"factor": one["factor"], "level": one["level"]} for one in person.factors
            }
        }
        if person.factors
        else {}
    )


def entries_of_product(state: State, product: Container) -> Entries:
    """Everything that is on record of a container."""
    found = plain_of(product)
    tests = {
        test: {str(one.seq): {"result": one.value.value, "passes": one.value.passes, "at": one.at, "taken_back": one.until is not None}
               for one in results}
        for test, results in product.tests.items()
    }  # fmt: skip
    labels = {name: state.labels[name].fate for name in product.labels if name in state.labels}
    return {key: value for key, value in found.items() if key not in ("id", "touched")} | {
        "tests": tests,
        "labels": labels,
    }


def plain_of(noun: Any) -> Entries:
    """A noun of the state as plain values."""
    found: Entries = plain(asdict(noun))
    return found


def _values(value: Any) -> Any:
    return plain_of(value) if is_dataclass(value) and not isinstance(value, type) else plain(value)


def leaves(value: Any, path: str = "") -> dict[str, Any]:
    """The single values of entries by their paths: ``outcomes.17.items.pain``."""
    if isinstance(value, Mapping):
        found: dict[str, Any] = {}
        for key, one in value.items():
            found |= leaves(one, f"{path}.{key}" if path else str(key))
        return found
    if isinstance(value, list | tuple) and any(isinstance(one, Mapping | list | tuple) for one in value):
        return leaves(dict(enumerate(value)), path)
    if isinstance(value, list | tuple):
        return {path: ", ".join(map(str, value)) or None}
    return {path: value}
