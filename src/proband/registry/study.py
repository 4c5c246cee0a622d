"""A study's locked plan and the reports of its board, kept beside the record; what they are made of is the record's own table, and the library makes them.

Whoever has the folder of a record has what it keeps: the closed reports lie there as the sealed list does, readable by the owner of the process alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings

from proband.programme import Programme
from proband.record import COMMANDS, Record, State
from proband.record.confidential import arms_of_all
from proband.record.events import moment
from proband.record.permissions import make_folder, write_private
from proband.record.places import arms_are_told
from proband.record.trial_rows import trial_rows_of
from proband.registry.acting import ActingPerson, check_authority, first_way, in_which_roles
from proband.registry.reading import NotShown
from proband.trial.study.board import closed_report, open_report
from proband.trial.study.final import final_report
from proband.trial.study.plan import LockedPlan, SealedPlan, hold_to, read_plan

#: who keeps a plan, and who opens arms, by the commands that they may do
SEALS, OPENS = "forecast.seal", "allocation.read"
#: what shows the arms of a report that is made here
_OF_RECORD = "The arms are those that the record allocated: no file lies in between."
#: so long after arms were read a closed report may be made of them (design choice: what was read for one report is not a key for the next)
LOOK = timedelta(hours=1)
#: a locked plan, like a sealed forecast, is a page of text (design choice)
LARGEST = 1_000_000


def _folder() -> Path:
    folder: Path = settings.PROBAND_RECORD / "registry" / "study"
    make_folder(folder)
    return folder


def keep_plan(content: bytes, programme: Programme) -> SealedPlan:
    """Keep a locked plan under its hash.

    Raises
    ------
    StudyError
        Where it is none, its signature does not hold, or it is of another programme or version.
    """
    sealed = read_plan(content)
    hold_to(sealed.document, programme)
    write_private(_folder() / f"plan-{sealed.document.hash}.json", content)
    return sealed


def plans() -> list[LockedPlan]:
    """Every plan that was kept, the last amendment of each study first."""
    found = [read_plan(path.read_bytes()).document for path in sorted(_folder().glob("plan-*.json"))]
    return sorted(found, key=lambda plan: (plan.study, -len(plan.replaces)))


def plan_of_hash(digest: str) -> LockedPlan:
    """The plan of a hash.

    Raises
    ------
    NotShown
        ``registry.absent``.
    """
    for plan in plans():
        if plan.hash == digest:
            return plan
    raise NotShown("registry.absent", what=f"locked plan {digest[:12]}")


def closed_reports(plan: LockedPlan) -> Iterator[dict[str, Any]]:
    """The closed reports that were made under a plan and under those before it, by day."""
    for path in sorted(_folder().glob("closed-*.json")):
        report = orjson.loads(path.read_bytes())
        if report["head"]["plan"] in plan.line:
            yield report


def table_with_arms(kept: Record) -> list[dict[str, Any]]:
    """The record as the table of a trial, with the arm of everybody: for a page of somebody who may open arms, after they have."""
    with kept.reading() as state:
        rows = list(trial_rows_of(state))
        told = arms_are_told(state)
        known = {} if told else {one.id: one.arm for one in state.participants.values() if one.arm}
    arms = {} if told else known | arms_of_all(kept)
    return [
        {**row, "arm": arms[row["participant"]]} if row["kind"] == "person" and row["participant"] in arms else row
        for row in rows
    ]  # fmt: skip


def may_open(state: State, person: ActingPerson, kept: Record) -> None:
    """Refuse whoever may not open arms, in the words of the gate of authority."""
    declared = COMMANDS[OPENS]
    role, site = first_way(in_which_roles(state, person, declared), person)
    check_authority(state, declared, person.id, role, site, kept.study, kept.clock())


def look_of(kept: Record, person: ActingPerson) -> dict[str, Any] | None:
    """The last time that somebody read the arms of everybody, within the hour; nothing where arms are told anyway."""
    with kept.reading() as state:
        if arms_are_told(state):
            return None
        own = [
            {**one, "seq": seq}
            for seq, one in state.unblindings.items()
            if one["kind"] == "read" and one["participant"] is None and one["by"] == person.id
        ]
    now = kept.clock()
    fresh = [one for one in own if now - moment(one["at"]) <= LOOK]
    if not fresh:
        raise NotShown("registry.look")
    return fresh[-1]


def made_open(kept: Record, plan: LockedPlan, programme: Programme, on: date) -> dict[str, Any]:
    """The open report as of a day: no arm goes into it."""
    with kept.reading() as state:
        rows = list(trial_rows_of(state))
    return open_report(plan, programme, rows, on).as_dict()


def made_closed(kept: Record, plan: LockedPlan, programme: Programme, person: ActingPerson, on: date) -> dict[str, Any]:  # fmt: skip
    """The closed report as of a day, kept; the one that was made on that day, where there is one.

    Raises
    ------
    NotShown
        ``registry.look`` where the person has not read the arms, signed and with a reason, within the hour.
    StudyError, AnalysisError
        What the library refuses.
    """
    look = look_of(kept, person)
    path = _folder() / f"closed-{plan.study}-{on.isoformat()}.json"
    if path.exists():
        found: dict[str, Any] = orjson.loads(path.read_bytes())
        return found
    earlier = [one for one in closed_reports(plan) if one["head"]["on"] < on.isoformat()]
    report = closed_report(plan, programme, table_with_arms(kept), on, earlier=earlier, allocation=_OF_RECORD).as_dict()  # fmt: skip
    report["access"] = f"event {look['seq']}" if look else "arms are told"
    write_private(path, orjson.dumps(report))
    return report


def made_final(
    kept: Record, plan: LockedPlan, programme: Programme, person: ActingPerson, on: date, stopped: str
) -> dict[str, Any]:
    """The final report as of a day, kept; see :func:`proband.trial.study.final.final_report`."""
    look = look_of(kept, person)
    earlier = list(closed_reports(plan))
    report = final_report(plan, programme, table_with_arms(kept), on, earlier=earlier, stopped=stopped or None, allocation=_OF_RECORD).as_dict()  # fmt: skip
    report["access"] = f"event {look['seq']}" if look else "arms are told"
    write_private(_folder() / f"final-{plan.study}.json", orjson.dumps(report))
    return report


def final_of(plan: LockedPlan) -> dict[str, Any] | None:
    """The final report that was made last of a study, if one was."""
    path = _folder() / f"final-{plan.study}.json"
    if not path.exists():
        return None
    found: dict[str, Any] = orjson.loads(path.read_bytes())
    return found
