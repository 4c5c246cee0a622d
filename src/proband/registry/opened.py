"""The record that this process has open: one, shared by its threads, brought up to date with what others appended before each read."""

from __future__ import annotations

import threading
from datetime import date

from django.conf import settings

from proband.record import Record

_LOCK = threading.Lock()
_OPEN: list[Record] = []


def record() -> Record:
    """The record, opened at the first request, with everything that any door has appended since."""
    with _LOCK:
        if not _OPEN:
            _OPEN.append(Record.open(settings.PROBAND_RECORD))
        found = _OPEN[0]
    found.catch_up()
    return found


def day_of(record: Record) -> date:
    """The day (UTC) by the clock of the record: what is due is worked out by the clock that its gates go by."""
    return record.clock().date()


def record_of_today() -> tuple[Record, date]:
    """The record, and its day."""
    found = record()
    return found, day_of(found)


def use(one: Record) -> None:
    """Take a record that is open already."""
    with _LOCK:
        _OPEN[:] = [one]


def close() -> None:
    """Close it, if it was opened."""
    with _LOCK:
        while _OPEN:
            _OPEN.pop().close()
