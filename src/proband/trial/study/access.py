"""The log of everybody who looked at a study by arm: who, why, when, at what; each entry bound to the one before by its hash."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from proband.terms.canonical import canonical
from proband.trial.study.plan import StudyError

#: what the first entry is bound to
START = "0" * 64


@dataclass(frozen=True, slots=True)
class ClosedAccess:
    """One entry: ``at`` a moment, ``plan`` and ``table`` hashes, ``before`` the hash of the entry before, ``hash`` its own."""

    who: str
    why: str
    at: str
    report: str
    plan: str
    table: str
    before: str
    hash: str


def next_entry(log: str, *, who: str, why: str, at: str, report: str, plan: str, table: str) -> str:
    """The line to write after a log, before the report is written.

    Raises
    ------
    StudyError
        ``study.access.broken`` where the log was changed.
    """
    entries = read_log(log)
    body = {
        "who": who, "why": why, "at": at, "report": report, "plan": plan, "table": table, "before": entries[-1].hash if entries else START,
    }  # fmt: skip
    return json.dumps({**body, "hash": _hash(body)}, ensure_ascii=False) + "\n"


def read_log(log: str) -> tuple[ClosedAccess, ...]:
    """The entries of a log, checked one by one.

    What was cut off at its end is not seen by the log itself: the last hash stands in every closed report, and the next one shows it.

    Raises
    ------
    StudyError
        ``study.access.broken`` with the first entry (from 1) that does not follow from the ones before it.
    """
    found: list[ClosedAccess] = []
    for at, line in enumerate(log.splitlines(), start=1):
        try:
            told = json.loads(line)
            body = {key: told[key] for key in ClosedAccess.__slots__ if key != "hash"}
            sound = _hash(body) == told["hash"] and body["before"] == (found[-1].hash if found else START)
        except (ValueError, KeyError, TypeError):
            sound = False
        if not sound:
            raise StudyError("study.access.broken", path="access.jsonl", entry=at)
        found.append(ClosedAccess(**told))
    return tuple(found)


def _hash(body: dict[str, Any]) -> str:
    return hashlib.sha256(canonical(body)).hexdigest()
