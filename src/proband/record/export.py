"""Tables out: Parquet for analysis, with a purpose, a signed head, and without those who withdrew their data."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import orjson

from proband.analysis.trial_frame import trial_frame, trial_rows
from proband.record.audit import trail
from proband.record.commands import Command
from proband.record.errors import RecordError
from proband.record.exported import signed_manifest
from proband.record.locks import STUDY
from proband.record.paged import browse_values
from proband.record.record import Record
from proband.record.standing import standing
from proband.record.state import State
from proband.record.tables import TABLES, Row, table, visit_rows
from proband.terms.extras import missing

try:
    import polars as pl
except ModuleNotFoundError as error:
    raise missing(error) from error

#: what is left of a participant who withdrew the use of data: a place in the flow
_KEPT_IN = {
    "participants": ("participant", "number", "stage", "end", "withdrawn"),
    # who analyses counts everybody who was allocated, and needs nobody's pseudonym for it
    "trial": ("number", "kind", "text"),
}


def export(
    record: Record, folder: Path, command: Command, *, purpose: str, today: date | None = None
) -> dict[str, Any]:
    """Write every table as Parquet, note it in the log, sign a head; returns the manifest.

    Parameters
    ----------
    record
        The open record.
    folder
        Where the files go; created.
    command
        Who exports: a ``record.export`` without data.
    purpose
        For which purpose; an export without one is refused.
    today
        The day as of which visits are shown.

    Raises
    ------
    RecordError
        ``record.export.purpose``; and whatever the gates say.
    """
    if len(purpose.strip()) < 3:
        raise RecordError("record.export.purpose")
    record.catch_up()
    state = record.state
    day = today or date.fromisoformat(state.recorded[:10])
    places = {person.id: place for place, person in enumerate(browse_values(state.participants), start=1)
              if "data" in person.withdrawn}  # fmt: skip
    silent = set(places)
    theirs = _words_of(state, silent)
    names = [*TABLES, "visits", "events"]
    command.data = {"purpose": purpose, "tables": names, "upto": state.seq}
    record.execute(command)
    folder.mkdir(parents=True, exist_ok=True)
    counts: dict[str, int] = {}
    exported: list[Row] = []
    for name in names:
        rows = _rows(record, name, day)
        frame = [reduced for row in rows if (reduced := _reduced(name, row, theirs, places)) is not None]
        # what analyses read has one form, whatever is in it
        made = trial_frame(frame) if name == "trial" else pl.DataFrame(frame, infer_schema_length=None)
        made.write_parquet(folder / f"{name}.parquet")
        counts[name] = len(frame)
        exported = trial_rows(made) if name == "trial" else exported
    head = record.sign_head()
    manifest = {
        "study": record.study, "purpose": purpose, "events": state.seq, "head": head.hash if head else state.hash.hex(),
        "signature": head.signature if head else None, "programme": state.programme, "rows": counts,
        # whether arms may be compared without leave: who looks before, stands in the log
        "locked": STUDY in state.locked,
        **standing(state),
        "left_out": f"{len(silent)} who withdrew the use of their data keep their number and their end only",
    }  # fmt: skip
    manifest = signed_manifest(manifest, exported, record.key)
    (folder / "manifest.json").write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
    return manifest


def _rows(record: Record, name: str, day: date) -> Iterable[Row]:
    if name == "visits":
        return visit_rows(record.state, day)
    if name == "events":
        return trail(record)
    return [record.texts.revealed(row) for row in table(record.state, name)]


def _words_of(state: State, people: set[str]) -> set[str]:
    """Everything that points to some people: their pseudonyms, identifiers, containers, labels, events, tasks and holds."""
    words = set(people)
    for person in people:
        words.update(state.participants[person].therapies)
    words.update(product.id for product in browse_values(state.products) if product.participant in people)
    words.update(taken.din for taken in browse_values(state.collections) if taken.participant in people)
    words.update(label.id for label in browse_values(state.labels) if label.container in words)
    words.update(event.id for event in browse_values(state.adverse_events) if event.participant in people)
    words.update(task.id for task in browse_values(state.tasks) if task.subject in people)
    words.update(held.id for held in state.holds.values() if held.target in people)
    return words


def _reduced(name: str, row: Row, theirs: set[str], places: dict[str, int]) -> Row | None:
    """The row, what may be kept of it, or ``None`` where it points to somebody who withdrew the use of their data.

    In the table of the trial they keep a row under the place at which they were referred, and not under their pseudonym.
    """
    if not theirs:
        return row
    texts = [value for value in row.values() if isinstance(value, str)]
    points = any(text in theirs for text in texts) or (
        name == "deviations" and any(f'"{word}"' in row["details"] for word in theirs)
    )
    if not points:
        return row
    kept = _KEPT_IN.get(name if name != "trial" or row["kind"] == "person" else "", ())
    if not kept:
        return None
    left = {column: value if column in kept else None for column, value in row.items()}
    if name == "trial":
        left["participant"] = f"withdrawn-{places[row['participant']]}"
        left["row"] = f"{left['participant']}:person"
    return left
