"""Whether the log still stands where its reader saw it stand."""

from __future__ import annotations

from proband.record.errors import Conflict, RecordError


def check_head(study: str, expected: int, previous: bytes | None, seq: int, digest: bytes) -> None:
    """Compare what a writer has seen with what is there, before it appends.

    Raises
    ------
    Conflict
        Somebody else appended: read and try again.
    RecordError
        ``record.store.replaced``: the log is shorter than what was read from it, or has another event there.
    """
    if seq < expected or (seq == expected and previous is not None and digest != previous):
        raise RecordError("record.store.replaced", where=study)
    if seq > expected:
        raise Conflict("record.conflict.moved", study=study, expected=expected, head=seq)
