"""What must not be broken off in the middle: an interrupt from the keyboard is heard after it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def unbroken() -> Iterator[None]:
    """Do a block to its end, and raise :class:`KeyboardInterrupt` after it where somebody pressed Ctrl-C meanwhile.

    A command and what is beside it (the vault, a file, a head) belong together: half of it would be neither done nor not done.
    Outside the main thread, where Python hears no signals, the block is done as it is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[int] = []

    def hear(number: int, _: Any) -> None:
        heard.append(number)

    before = signal.signal(signal.SIGINT, hear)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before if before is not None else signal.SIG_DFL)
        if heard:
            raise KeyboardInterrupt
