"""A hospital in the middle of its work: the scripted lives up to today, to be gone on with by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from proband.record.declare.gate import CUSTODIAN
from proband.showcase.hospital.scripted_run import begin
from proband.showcase.hospital.stage import END, START

#: roles of the bundle that its masking means by assessor and analyst: they must not know who gets what
MASKED = frozenset({"masked-examiner", "statistician"})


def working_hospital(
    folder: Path, until: datetime, *, store: str | None = None, progress: Callable[[int], None] | None = None
) -> list[str]:
    """Play the script into a new record until a moment; gives the roles that know who gets what.

    Parameters
    ----------
    folder, store, progress
        As for :func:`proband.showcase.hospital.scripted_run.run`.
    until
        What the script has later is left to whoever works there; after the end of the script nothing is left.
    """
    clock = [START]
    record, stage = begin(folder, clock, store=store, progress=progress)
    stage.play(min(until, END))
    roles = [role.id for role in stage.view.roles]
    record.close()
    return [CUSTODIAN, *(role for role in roles if role not in MASKED)]
