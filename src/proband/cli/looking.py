"""Who compares the arms of a study that is not over stands in the record, and the arms are those that were allocated: what the verbs ``analyse`` and ``study`` share.

A record's export lies beside a manifest, which says of which record it is and whether the study was locked by then. A table of a simulation has none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from proband.cli.output import note
from proband.terms.errors import ProbandError

RECORD = typer.Option(
    None, "--record", help="The record that the table was exported from: a look at arms before the study is locked is entered there first.",
    exists=True, file_okay=False,
)  # fmt: skip
ACTOR = typer.Option(None, "--actor", help="Who looks, as a person of that record.")
ROLE = typer.Option("safety-board", "--role", help="In which role; it must be one that may open arms.")
SITE = typer.Option("*", "--site", help="At which site of that record; * for all.")
ALLOCATION = typer.Option(
    None, "--allocation", help="The allocation itself (CSV: participant, arm), where no record is at hand: who stands in another arm is refused.",
    exists=True, dir_okay=False,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Looker:
    """Who looks, into which record that is entered, and for what."""

    record: Path | None
    actor: str | None
    role: str
    site: str
    why: str | None


def enter_look(table: Path, rows: Iterable[Mapping[str, Any]], looker: Looker) -> None:
    """Enter a look at arms into the record that the table comes from; nothing where arms are not told, the study was locked, or no record is behind it.

    Raises
    ------
    ProbandError
        ``cli.look.record`` where nobody says in which record, by whom and why; ``cli.look.other`` where the table is not of that record; and
        what the record refuses.
    """
    manifest = _manifest(table)
    arms = {row["arm"] for row in rows if row["kind"] == "person" and row["arm"] is not None}
    if manifest is None or manifest.get("locked") or len(arms) < 2:
        return
    if looker.record is None or not looker.actor or not looker.why:
        raise ProbandError("cli.look.record", study=str(manifest["study"]))
    from proband.cli.record.group import opened
    from proband.record import Command, Signature

    with opened(looker.record) as record:
        head = record.event(int(manifest["events"]))
        if record.study != manifest["study"] or head is None or head.hash.hex() != manifest["head"]:
            raise ProbandError("cli.look.other", table=table, record=looker.record)
        receipt = record.execute(
            Command(
                "allocation.read",
                record.study,
                {"participants": []},
                looker.actor,
                looker.role,
                looker.site,
                reason=looker.why,
                signatures=[Signature(looker.actor, looker.role)],
            )
        )
        note(f"entered in {looker.record} as event {receipt.seq}: arms of everybody read, {looker.why}")


def hold_arms(
    table: Path, rows: Iterable[Mapping[str, Any]], record: Path | None, people: Path | None = None
) -> str:
    """Hold a table against the manifest of its export, the record, and a file of the allocation, as far as they are at hand; gives what that proves, in words.

    Raises
    ------
    ProbandError
        Where the table is not the one that was exported, or somebody stands in another arm than theirs.
    """
    from proband.analysis.allocated import NOT_PROVEN, hold_to_allocation

    kept, manifest, proven = list(rows), _manifest(table), []
    if record is None:
        proven.append("" if manifest is None else _held_to_manifest(kept, manifest, None))
    else:
        from proband.cli.record.group import opened
        from proband.record.exported import hold_to_record

        with opened(record) as found:
            key = found.key.public if found.key else None
            proven.append("" if manifest is None else _held_to_manifest(kept, manifest, key))
            proven.append(hold_to_record(kept, found.state))
    if people is not None:
        held = hold_to_allocation(kept, _arms_in(people))
        proven.append(f"The arms of {held} people are those of the allocation in {people.name}.")
    return " ".join(each for each in proven if each) or NOT_PROVEN


def _held_to_manifest(rows: list[Mapping[str, Any]], manifest: Mapping[str, Any], key: bytes | None) -> str:
    from proband.record.exported import hold_to_manifest

    return hold_to_manifest(rows, manifest, key)


def _arms_in(path: Path) -> dict[str, str | None]:
    """The arm of each participant in a file of the allocation."""
    from proband.cli.people_file import allocated_people

    rows = allocated_people(path)
    names = [(row.get("participant") or "").strip() for row in rows]
    if not all(names) or not all(row["arm"].strip() for row in rows):
        raise ProbandError("allocation.file", path=path, reason="every row needs participant and arm")
    if len(set(names)) < len(names):
        raise ProbandError("allocation.file", path=path, reason="somebody stands in it twice")
    return {name: row["arm"].strip() for name, row in zip(names, rows, strict=True)}


def _manifest(table: Path) -> Mapping[str, Any] | None:
    """The manifest of the export in whose folder the table lies."""
    try:
        told = json.loads((table.parent / "manifest.json").read_bytes())
    except (OSError, ValueError):
        return None
    known = (
        isinstance(told, dict) and isinstance(told.get("study"), str) and isinstance(told.get("head"), str)
    )
    return told if known and isinstance(told.get("events"), int) and "trial" in told.get("rows", {}) else None
