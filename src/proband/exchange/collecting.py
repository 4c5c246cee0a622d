"""Reading with the collector of garbage at rest: what is read holds no cycles, and looking for them costs a quarter of the time.

A parsed document is many thousands of small objects, all of which are given back when nobody names them any more. The collector looks for what
is not given back that way, after every 700 new objects; while files are read it looks after every 20,000.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_RARELY = (20_000, 20, 100)
_lock = Lock()
_reading = 0
_before = gc.get_threshold()


@contextmanager
def collected_rarely() -> Iterator[None]:
    """Let the collector rest, of the whole process, until the last reading that is under way has ended; whoever turned it off keeps it off."""
    global _reading, _before
    with _lock:
        if not _reading:
            _before = gc.get_threshold()
            if 0 < _before[0] < _RARELY[0]:
                gc.set_threshold(*_RARELY)
        _reading += 1
    try:
        yield
    finally:
        with _lock:
            _reading -= 1
            if not _reading:
                gc.set_threshold(*_before)
