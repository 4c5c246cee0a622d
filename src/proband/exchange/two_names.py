"""One person under two names, or two under one, by the names that sources keep beside the id of a record.

A phenopacket has an id of its own and names its subject; a study names a person anew who comes again. Where two records bear one name of their
subject and one day of birth, or where one bears the other's, half of what is known stands under each. Where records of one id name different subjects,
two people may be mixed. Nobody here joins or parts them: it is said, and the reading is not complete.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import orjson

from proband.facts.observation import Observation
from proband.terms.extras import missing

try:
    import polars as pl
except ModuleNotFoundError as error:
    raise missing(error) from error

#: more pairs than these are counted and not named
_MOST = 1000


class Named(NamedTuple):
    """A record: the id under which its facts stand, what it calls its subject, its other names, and between which days that was born."""

    subject: str
    called: str
    others: tuple[str, ...]
    first: date | None
    last: date | None


def named_by(fact: Observation) -> Named | None:
    """The names that a fact about the birth carries; ``None`` for every other fact."""
    if fact.code != "birth-date" or fact.system != "Proband" or "subject-id" not in fact.attributes:
        return None
    others = fact.attributes.get("identifiers") or ()
    return Named(
        fact.subject, str(fact.attributes["subject-id"]), tuple(map(str, others)), fact.when.earliest, fact.when.latest
    )  # fmt: skip


def names_in(paths: list[Path]) -> Iterator[Named]:
    """The same of long tables (Parquet), of which only these rows are taken into memory."""
    return names_among(pl.scan_parquet(paths))


def names_among(facts: pl.LazyFrame) -> Iterator[Named]:
    """The same of a long table."""
    rows = (
        facts.filter((pl.col("system") == "Proband") & (pl.col("code") == "birth-date") & pl.col("attributes").str.contains('"subject-id"', literal=True))
        .select("subject", "attributes", "first_day", "last_day")
        .collect(engine="streaming")
    )  # fmt: skip
    for subject, attributes, first, last in rows.iter_rows():
        told = orjson.loads(attributes)
        yield Named(
            subject, str(told["subject-id"]), tuple(map(str, told.get("identifiers") or ())), first, last
        )


def _may_be_one(one: Named, other: Named, *, surely: bool) -> bool:
    """Whether two records may be of one person by their days of birth; ``surely``: only where both say the very day."""
    if surely:
        return one.first is not None and one.first == one.last == other.first == other.last
    if one.first is None or one.last is None or other.first is None or other.last is None:
        return True
    return one.first <= other.last and other.first <= one.last


def two_names(given: Iterable[Named]) -> list[str]:
    """What is to be said of records whose names meet, in order."""
    records = sorted(set(given), key=lambda each: (each.subject, each.called, each.others, str(each.first)))
    said: set[str] = set()
    called: dict[str, list[Named]] = defaultdict(list)
    own: dict[str, list[Named]] = defaultdict(list)
    others: dict[str, list[Named]] = defaultdict(list)
    for each in records:
        own[each.subject].append(each)
        called[each.called].append(each)
        for name in each.others:
            others[name].append(each)
    for subject, same in own.items():
        names = sorted({each.called for each in same})
        if len(names) > 1:
            said.add(
                f"records of the id {subject!r} are of {' and of '.join(map(repr, names[:4]))}: two people may be mixed"
            )
    for groups, surely in ((called, True), (others, False)):
        for name, same in groups.items():
            for one, other in combinations(same[:_MOST], 2):
                if one.subject != other.subject and _may_be_one(one, other, surely=surely):
                    said.add(_one_person(one, other, name))
    for name, same in others.items():
        for one in same:
            for other in (*own.get(name, ()), *called.get(name, ())):
                if one.subject != other.subject and _may_be_one(one, other, surely=False):
                    said.add(_one_person(one, other, name))
    return sorted(said)[:_MOST]


def _one_person(one: Named, other: Named, name: str) -> str:
    first, second = sorted((one.subject, other.subject))
    return (
        f"{first!r} and {second!r} may be one person: both go by {name[:80]!r}; if so, send both under one id"
    )
