"""Which facts are of one event: what is exported twice, or coded twice, happened once.

A fact is a row of a source. Two rows are surely of two events only where the source cannot have meant one: they are of
different days, and the one is over, with a day between them, before the other begins (a stay that begins while another lasts, or on the
day after it, may be its next ward); or, of a variant, which has no day, they are different changes of one reference sequence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

from proband.facts.observation import Observation

#: what a person bears and does not undergo: no day tells two of them apart
_BORNE = {("Proband", "variant"), ("Proband", "somatic-variant"), ("Proband", "rejected-variant")}
_GENE = re.compile(r"\(.*?\)$")
_BASES = re.compile(r"(del|dup)[acgtn0-9]+$")


def change_of(observation: Observation) -> tuple[str, str] | None:
    """Reference sequence and change of what a person bears, each empty where it is not written; ``None`` of an event.

    ``NM_000000.1(GENE):c.10delA`` and ``NM_000000.1:c.10del`` are one change: bases after *del* and *dup* may be left out.
    """
    if (observation.system, observation.code) not in _BORNE:
        return None
    written = str(observation.attributes.get("hgvs") or "")
    reference, colon, change = written.replace(" ", "").rpartition(":")
    if not colon or not change:
        return "", ""
    return _GENE.sub("", reference).lower(), _BASES.sub(r"\1", change.lower())


def least_events(facts: Iterable[Observation], perhaps: Iterable[Observation] = ()) -> int:
    """How many different events some facts are at least; ``perhaps`` are those that may be among them."""
    found = list(facts)
    changes = [change_of(o) for o in found]
    days = {o.day for o, change in zip(found, changes, strict=True) if change is None and o.day is not None}
    lasting = [_lasts(o) for o in {id(o): o for o in (*found, *perhaps)}.values() if o.persists]
    written = [change for change in changes if change is not None and change[1]]
    one_reference = len({reference for reference, _ in written}) == 1
    return max(
        1 if found else 0,
        _apart(days, lasting) if lasting else len(days),
        len({change for _, change in written}) if one_reference else 0,
    )


def _lasts(fact: Observation) -> tuple[date, date]:
    """The first day of something that lasts, and the last on which what begins may be a part of it."""
    ended = None if fact.until is None else fact.until.latest
    after = date.max if ended is None or ended == date.max else ended + timedelta(days=1)
    return fact.when.earliest or date.min, after


def _apart(days: Iterable[date], lasting: Iterable[tuple[date, date]]) -> int:
    """How many of some days begin an event after all that went before is over."""
    counted, over = 0, None
    events = sorted(
        [(day, day, True) for day in days] + [(*each, False) for each in lasting],
        key=lambda e: (e[0], not e[2]),
    )
    for begins, ends, is_counted in events:
        counted += is_counted and (over is None or begins > over)
        over = ends if over is None else max(over, ends)
    return counted


def most_events(facts: Iterable[Observation]) -> int:
    """How many different events some facts are at most: one record of a source on one day is one, however often exported."""
    found = list(facts)
    named = {(o.resource, o.when.earliest) for o in found if o.resource is not None}
    return len(named) + sum(1 for o in found if o.resource is None)
