"""The record as tables: participants, visits, products, adverse events, queries, holds, tasks, and what lies beneath.

Rows are plain values with a stable primary key, so that the running tables can be compared with a full rebuild and
written as SQLite or Parquet alike. ``visits`` depends on the day it is asked for and is computed when it is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from itertools import chain
from typing import Any

from proband.record.capacity import capacity_tasks
from proband.record.denominators import STEPS, end_of
from proband.record.escalation import level_tasks
from proband.record.findings import aftercare_rows, finding_rows, watch_rows
from proband.record.locks import STUDY
from proband.record.paged import browse, browse_values, peek
from proband.record.participant import Participant
from proband.record.places import arms_are_told
from proband.record.product import Container, Label
from proband.record.remembered import remembered_days
from proband.record.staggered import review_tasks
from proband.record.state import AdverseEvent, DataLock, Query, StandingHold, State, Task
from proband.record.undo import plain
from proband.record.visits import visits

Row = dict[str, Any]


def _participant(state: State, person: Participant) -> Row:
    return {
        "participant": person.id, "number": person.number, "site": person.site, "origin": person.origin, "stage": person.stage,
        "end": end_of(state, person) if STEPS["consented"](person) else None, "verdict": person.verdict.outcome if person.verdict else None,
        "verdict_at": person.verdict.at if person.verdict else None, "consent_version": person.consent.version if person.consent else None,
        "consent_at": person.consent.at if person.consent else None, "consented_at": person.consented_at, "enrolled_at": person.enrolled_at, "allocated_at": person.allocated_at, "arm": person.arm if arms_are_told(state) else None,
        "collected_at": person.collected_at, "released_at": person.released_at, "doses": len(person.given),
        "first_dose": person.given[0].at if person.given else None, "last_dose": person.given[-1].at if person.given else None,
        "valid_doses": sum(1 for dose in person.doses if dose.stands), "withdrawn": ",".join(sorted(person.withdrawn)) or None,
        "ended": person.ended, "ended_at": person.ended_at, "programme": person.programme, "erased": person.erased,
        "data_lock": _locked(state, person.id), "historical": ", ".join(f"{name} {told}" for name, told in _before(person)) or None,
    }  # fmt: skip


def _before(person: Participant) -> Iterable[tuple[str, str]]:
    """What somebody had done before the record was begun, each with its day as the source says it."""
    return ((name, told) for name, told in person.historical.items() if name in STEPS)


def _historical(state: State) -> Iterable[Row]:
    for person in browse_values(state.participants):
        if not person.historical:
            continue
        told = [
            *_before(person),
            *(("dose", dose.at[:10]) for dose in person.doses if dose.historical and dose.happened),
        ]
        sources = "; ".join(f"{one['what']} ({one['kept']})" for one in person.historical["sources"])
        for place, (what, when) in enumerate(told):
            yield {
                "entry": f"{person.id}:{place}", "participant": person.id, "number_then": person.historical["number"], "what": what, "when": when,
                "arm": person.historical["arm"], "valid": False, "sources": sources, "event": person.historical["seq"],
            }  # fmt: skip


def _locked(state: State, participant: str) -> str | None:
    """What the lock of a participant, or of everybody, stands at."""
    found = [
        state.locks[seq].standing
        for scope in (participant, STUDY)
        if (seq := state.locked.get(scope)) is not None
    ]
    return found[0] if found else None


def _product(product: Container) -> Row:
    return {
        "product": product.id, "kind": product.kind, "coi": product.coi, "participant": product.participant, "status": product.status,
        "collections": ",".join(product.collections), "parents": ",".join(product.parents), "amount": product.amount,
        "remaining": product.remaining, "unit": product.unit, "expires_at": product.expires_at, "place": product.place,
        "sent_to": product.sent_to, "lots": ",".join(product.lots), "release_kind": product.release_kind,
        "release_route": product.release_route, "signers": ",".join(product.signers), "released_at": product.released_at,
        "out_of_specification": ",".join(product.out_of_specification), "administered_at": product.administered_at,
    }  # fmt: skip


def _adverse_event(event: AdverseEvent) -> Row:
    return {
        "adverse_event": event.id, "participant": event.participant, "term": event.term, "category": event.category, "grade": event.grade,
        "serious": event.serious, "fatal": event.fatal, "life_threatening": event.life_threatening, "expected": event.expected,
        "onset": event.onset, "aware_on": event.aware_on, "judged_by": len(event.assessments), "related": event.related,
    }  # fmt: skip


def _hold(held: StandingHold) -> Row:
    return {
        "hold": held.id, "kind": held.hold, "rule": held.rule or None, "scope": held.scope, "target": held.target or None,
        "blocks": ",".join(held.blocks), "placed_at": held.at, "lifted_at": held.lifted_at, "signed": ",".join(sorted(held.lifted_by)),
    }  # fmt: skip


def _query(query: Query) -> Row:
    return {
        "query": query.id,
        "about": query.about,
        "field": query.field,
        "participant": query.participant,
        "status": query.status,
        "posts": query.posts,
    }


def _lock(lock: DataLock) -> Row:
    return {
        "lock": str(lock.seq), "scope": lock.scope, "participant": lock.participant, "standing": lock.standing, "locked_at": lock.at,
        "locked_by": lock.by, "hash": lock.digest, "signed_by": ",".join(one["by"] for one in lock.signed) or None,
        "void_by": f"{lock.voided_by} (event {lock.voided})" if lock.voided is not None else None, "ended": lock.ended,
    }  # fmt: skip


def _task(task: Task) -> Row:
    return {
        "task": task.id,
        "kind": task.kind,
        "subject": task.subject,
        "due": task.due,
        "about": task.about,
        "done": task.done,
    }


def _label(label: Label) -> Row:
    return {
        "label": label.id,
        "container": label.container,
        "coi": label.coi,
        "serial": label.serial,
        "fate": label.fate,
    }


def _outcomes(state: State) -> Iterable[Row]:
    for person in browse_values(state.participants):
        for seq, data in person.outcomes.items():
            for score, value in data["scores"].items():
                yield {
                    "outcome": f"{seq}:{score}", "participant": person.id, "number": person.number, "visit": data["visit"],
                    "on": data["on"], "instrument": data["instrument"], "instrument_version": data["instrument_version"], "score": score,
                    "value": value if isinstance(value, int | float) and not isinstance(value, bool) else None,
                    "text": value if isinstance(value, str) else None, "event": seq,
                }  # fmt: skip


def _doses(state: State) -> Iterable[Row]:
    for person in browse_values(state.participants):
        for dose in person.doses:
            yield {
                "dose": f"{dose.seq}", "participant": person.id, "number": person.number, "product": dose.product, "at": dose.at,
                "valid": dose.stands, "first_verdict": dose.first_verdict, "standing": dose.standing,
                "documented_afterwards": ",".join(dose.afterwards) or None, "judged_again": None if dose.found is None else ", ".join(dose.found) or "stands", "broken_gates": ",".join(dose.broken) or None, "event": dose.seq,
            }  # fmt: skip


def _milestones(state: State) -> Iterable[Row]:
    for person in browse_values(state.participants):
        for seq, data in person.milestones.items():
            first, last = remembered_days(data["when"])
            yield {
                "entry": str(seq), "participant": person.id, "number": person.number, "milestone": data["milestone"], "reached": data["reached"],
                "when": data["when"], "earliest": first, "latest": last,
            }  # fmt: skip


def _cointerventions(state: State) -> Iterable[Row]:
    for person in browse_values(state.participants):
        for seq, data in person.cointerventions.items():
            amount = data["amount"]
            yield {
                "entry": str(seq), "participant": person.id, "number": person.number, "kind": data["kind"],
                "counts_for_washout": data["counts_for_washout"], "start": data["start"], "end": data["end"],
                "amount": amount["value"] if amount else None, "unit": amount["unit"] if amount else None,
            }  # fmt: skip


def _told(what: Any) -> str:
    """As JSON whose lines can be folded: between two entries stands a blank."""
    return json.dumps(plain(what), ensure_ascii=False)


def _deviations(state: State) -> Iterable[Row]:
    for seq, deviation in browse(state.deviations):
        yield {
            "deviation": str(seq),
            "kind": deviation["kind"],
            "subject": deviation["subject"],
            "details": _told(deviation),
        }
    for seq, gates in browse(state.invalid):
        yield {
            "deviation": str(seq),
            "kind": "invalid event",
            "subject": state.subjects[seq - 1],
            "details": _told({"gates": gates}),
        }
    for seq, attempt in browse(state.refused):
        yield {
            "deviation": str(seq),
            "kind": "refused attempt",
            "subject": attempt["about"],
            "details": _told(attempt),
        }


def _allocations(state: State) -> Iterable[Row]:
    """Who has which place, by which levels, and what was corrected of them since; no arm stands in it."""
    for person in browse_values(state.participants):
        if person.allocated_at is None:
            continue
        yield {
            "participant": person.id, "number": person.number, "place": person.allocation_index, "at": person.allocated_at,
            "levels": ", ".join(f"{name}: {level}" for name, level in sorted(person.stratum.items())) or None,
            "corrected": ", ".join(f"{one['factor']}: {one['level']} (event {one['seq']})" for one in person.factors) or None,
            "unblinded": person.unblinded,
        }  # fmt: skip


def _unblindings(state: State) -> Iterable[Row]:
    """Who was told an arm, when, and why."""
    for seq, one in browse(state.unblindings):
        yield {"event": str(seq), **one}


def _kits(state: State) -> Iterable[Row]:
    """The stock of kits by their numbers; what is in them stands nowhere."""
    for product in browse_values(state.products):
        if product.kit is not None:
            yield {
                "kit": product.id, "place": product.place, "expires_at": product.expires_at, "status": product.status,
                "participant": product.participant or None, "signers": ",".join(product.signers), "given_at": product.administered_at,
            }  # fmt: skip


def _is_dispensable(state: State, lot: Container) -> bool:
    """Whether units of a lot may be given to anybody, as of the last event: it is released, not expired, and touched by no lot that was recalled."""
    fresh = lot.expires_at is not None and lot.expires_at > state.recorded
    return lot.status == "released" and fresh and not state.recalled.keys() & set(lot.lots)


def _accountability(state: State) -> Iterable[Row]:
    """The stock of lots by site: what came, what became of it, what is there, and whether it comes to nothing."""
    packs = [
        one
        for one in browse_values(state.products)
        if one.parents
        and (parent := peek(state.products, one.parents[0]))
        and parent.serves_many
        and one.participant
    ]
    for key, held in browse(state.stock):
        lot = peek(state.products, held.lot)
        if lot is None:  # a stock is of a lot that came: the checks of the fold have said so
            continue
        mine = [one for one in packs if one.parents[0] == held.lot and one.place == held.site]
        given = sum(one.units for one in mine if one.administered_at)
        yield {
            "stock": key, "lot": held.lot, "product": lot.kind, "site": held.site, "status": lot.status, "expires_at": lot.expires_at,
            "came": sum(held.came.values()), **{name: held.left.get(name, 0) for name in ("dispensed", "packed", "sent", "destroyed", "lost")},
            "given": given, "brought_back": held.came.get("brought-back", 0), "thrown_away": (gone := sum(one.units for one in mine if one.disposed and not one.administered_at)),
            "with_people": sum(one.units for one in mine) - given - gone, "dispensable": held.usable if _is_dispensable(state, lot) else 0, "usable": held.usable, "aside": held.aside, "returned": held.returned, "counted_at": held.counted_at or None,
            "unaccounted": held.balance,
        }  # fmt: skip


def _donor_rows(state: State) -> Iterable[Row]:
    """The donors: what they agreed to, what was found, whether they may give, what they gave."""
    for donor in browse_values(state.donors):
        given = [one for one in browse_values(state.donations) if one.donor == donor.id]
        yield {
            "donor": donor.id, "site": donor.site, "agreed_to": ",".join(sorted(each for each in {each for one in donor.consents for each in one["covers"]} if donor.agrees(each))),
            "tests": ",".join(f"{one['test']}: {one['result']}" for one in donor.tests),
            "fit_for": ",".join(each for each in dict.fromkeys(one["product"] for one in donor.determined) if donor.fit_for(each)), "donations": ",".join(one.din for one in given),
            "lots": ",".join(sorted({one.used_by for one in given if one.used_by})), "followed": max((one["on"] for one in donor.followed), default=None),
            "learnt": ",".join(sorted({one["finding"] for one in donor.followed} - {"well", "not-reached"})),
        }  # fmt: skip


def _trial(state: State) -> Iterable[Row]:
    # the form of a trial's table brings NumPy: whoever asks for another table need not wait for it
    from proband.record.trial_rows import trial_rows_of

    return trial_rows_of(state)


TABLES: dict[str, Callable[[State], Iterable[Row]]] = {
    "participants": lambda state: (
        _participant(state, person) for person in browse_values(state.participants)
    ),
    "products": lambda state: map(_product, browse_values(state.products)),
    "adverse_events": lambda state: map(_adverse_event, browse_values(state.adverse_events)),
    "findings": finding_rows,
    "watches": watch_rows,
    "aftercare": aftercare_rows,
    "queries": lambda state: map(_query, browse_values(state.queries)),
    "holds": lambda state: map(_hold, state.holds.values()),
    "tasks": lambda state: map(
        _task,
        chain(browse_values(state.tasks), capacity_tasks(state), review_tasks(state), level_tasks(state)),
    ),
    "locks": lambda state: map(_lock, browse_values(state.locks)),
    "labels": lambda state: map(_label, browse_values(state.labels)),
    "allocations": _allocations,
    "unblindings": _unblindings,
    "kits": _kits,
    "accountability": _accountability,
    "donors": _donor_rows,
    "outcomes": _outcomes,
    "doses": _doses,
    "historical": _historical,
    "milestones": _milestones,
    "cointerventions": _cointerventions,
    "deviations": _deviations,
    "trial": _trial,
}


def table(state: State, name: str) -> list[Row]:
    """One table as rows; the first column is the primary key.

    Raises
    ------
    KeyError
        For a name that is not in :data:`TABLES`.
    """
    return list(TABLES[name](state))


def rows_about(state: State, name: str, key: str) -> list[Row]:
    """The rows of a table about one participant, or with one key: only what they need is read.

    Raises
    ------
    KeyError
        For a name that is not in :data:`TABLES`.
    """
    entries = getattr(state, name, None)
    if name in _OF_PERSONS and key in state.participants:
        state = about(state, key)
    elif isinstance(entries, dict) and key in entries:
        one: dict[str, Any] = {name: {key: entries[key]}}
        state = replace(state, **one)
    return [row for row in TABLES[name](state) if key in (next(iter(row.values())), row.get("participant"))]


#: tables whose every row is read from one participant
_OF_PERSONS = ("participants", "outcomes", "doses", "historical", "milestones", "cointerventions")


def about(state: State, participant: str) -> State:
    """The state as if there were one participant only, for reading."""
    person = state.participants.get(participant)
    return replace(state, participants={} if person is None else {participant: person})


def visit_rows(state: State, today: date) -> list[Row]:
    """The visits as they stand on a day."""
    return list(visits_row_by_row(state, today))


def visits_row_by_row(state: State, today: date) -> Iterator[Row]:
    """The same, one after the other."""
    for row in visits(state, today):
        yield {
            "visit": f"{row.participant}:{row.visit}", "participant": row.participant, "number": row.number, "name": row.visit, "target": row.target,
            "opens": row.opens, "closes": row.closes, "late_until": row.late_until, "status": row.status, "on": row.on,
        }  # fmt: skip
