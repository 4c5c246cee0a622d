"""The scripted run: twelve simulated people of the spinal-cord programme, played into a new record and verified."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from proband.pages.product.batch_record_pdf import write_papers
from proband.programme import load, locate
from proband.record.batch_record import batch_record
from proband.record.confidential import arms_by_list
from proband.record.custody import CustodyLink, chain_of
from proband.record.denominators import Flow, flow
from proband.record.labels import Balance, balance
from proband.record.projection import rebuild
from proband.record.record import Record
from proband.record.verify import VerifyReport, verify_record
from proband.showcase.hospital.amendment import amendment
from proband.showcase.hospital.lives import participant
from proband.showcase.hospital.opening import seal, staff
from proband.showcase.hospital.stage import AMENDED, BUNDLE, END, PEOPLE, START, Stage


@dataclass(slots=True)
class ScriptedRun:
    """What a scripted run leaves behind, ready to be shown."""

    folder: Path
    study: str
    programme: str
    events: int
    flow: Flow
    product: str
    coi: str
    custody: list[CustodyLink]
    #: of the product that is shown, and of every product of the record
    labels: Balance
    all_labels: Balance
    refusals: list[dict[str, Any]]
    happenings: list[str]
    verify: VerifyReport
    batch_record_html: Path
    batch_record_pdf: Path | None
    notice: str = "Simulated people; no effect of cells was assumed; nothing here is evidence."
    tables_agree: bool = True
    allocation_replays: bool = True
    open_tasks: int = 0
    by_kind: dict[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The run as plain JSON values."""
        return {
            "folder": str(self.folder), "study": self.study, "programme": self.programme, "events": self.events, "flow": self.flow.as_dict(),
            "product": self.product, "coi": self.coi, "custody": [link.as_dict() for link in self.custody],
            "labels": {"printed": self.labels.printed, "applied": self.labels.applied, "spoiled": self.labels.spoiled,
                       "destroyed": self.labels.destroyed, "unaccounted": self.labels.open},
            "refusals": self.refusals, "happenings": self.happenings, "verify": self.verify.as_dict(),
            "batch_record": {"html": str(self.batch_record_html), "pdf": self.batch_record_pdf and str(self.batch_record_pdf)}, "notice": self.notice,
            "tables_agree": self.tables_agree, "allocation_replays": self.allocation_replays, "open_tasks": self.open_tasks,
        }  # fmt: skip


def run(
    folder: Path, *, store: str | None = None, progress: Callable[[int], None] | None = None
) -> ScriptedRun:
    """Play the script into a new record and verify it.

    Parameters
    ----------
    folder
        A folder without a record; log, heads, vault, tables and the batch record go there.
    store
        URL of a prepared PostgreSQL database; ``None``: SQLite in the folder.
    progress
        Called with the number of events now and then.

    Raises
    ------
    RecordError
        ``record.exists`` where the folder holds a record already.
    """
    clock = [START]
    record, stage = begin(folder, clock, store=store, progress=progress)
    stage.play()
    clock[0] = max(clock[0], END)
    played = _left_behind(record, stage, folder)
    record.close()
    played.verify = verify_record(folder)
    return played


def begin(
    folder: Path,
    clock: list[datetime],
    *,
    store: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> tuple[Record, Stage]:
    """A new record with its staff, its seals, and twelve people whose lives wait to be played; ``clock`` is its clock."""
    programme = load(locate(BUNDLE))
    record = Record.create(
        folder,
        study="SCI-DEMO",
        programme=programme,
        custodian="custodian-1",
        clock=lambda: clock[0],
        store=store,
    )
    stage = Stage(record, clock, programme)
    if progress is not None:
        record.listen(lambda seq, _: progress(seq))
    staff(stage)
    seal(stage)
    stage.begin(amendment(stage), AMENDED)
    for index in range(1, PEOPLE + 1):
        stage.begin(participant(stage, index), START + timedelta(days=4 + 9 * index))
    return record, stage


def _left_behind(record: Record, stage: Stage, folder: Path) -> ScriptedRun:
    """What there is to show of a record that was played to its end; it is verified once it is closed."""
    agree = rebuild(record).ok
    state = record.state
    shown = stage.shown or next(
        dose.product for person in state.participants.values() for dose in person.doses
    )
    coi = state.products[shown].coi
    html, pdf = write_papers(batch_record(record, shown), folder)
    kinds: dict[str, int] = {}
    for kind in state.kinds:
        kinds[kind] = kinds.get(kind, 0) + 1
    return ScriptedRun(
        folder, record.study, f"{stage.programme.id} {stage.opened} to {stage.view.version}", state.seq, flow(state), shown, coi,
        chain_of(record, coi, product=shown), balance(state, shown), balance(state), [{"seq": seq, **attempt} for seq, attempt in state.refused.items()], stage.happenings,
        VerifyReport(record.study), html, pdf, tables_agree=agree,
        allocation_replays=all(state.participants[name].arm == arm for name, arm in arms_by_list(record).items()),
        open_tasks=sum(1 for task in state.tasks.values() if task.done is None), by_kind=kinds,
    )  # fmt: skip
