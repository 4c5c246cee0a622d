"""A mirror of heads at an address: the newest commit and the signed heads are put there by HTTP, and nobody waits for it.

A commit hands its line over and goes on. A thread of its own sends whatever is newest, so that what was missed in an outage is made up for with one
request: a head covers everything before it. What has arrived is noted beside the heads; as long as something has not, the record says that its mirror is
behind, refuses nothing, and tries again.
"""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from proband.record.errors import RecordError
from proband.record.permissions import make_folder, write_private

#: how long one request may take, how long closing waits for the last one, and the pauses between tries (design choices)
TIMEOUT, CLOSING, FIRST_PAUSE, LONGEST_PAUSE = 5.0, 3.0, 0.5, 60.0


def is_address(mirror: str | Path) -> bool:
    """Whether a mirror is an address and no folder."""
    return isinstance(mirror, str) and mirror.startswith(("http://", "https://"))


def checked_address(address: str) -> str:
    """An address, if it can be a mirror's.

    Raises
    ------
    RecordError
        ``record.mirror.address`` for one without a host, or with a password: a record's folder holds no secret of a server.
    """
    parts = urlsplit(address)
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or parts.password
        or parts.query
        or parts.fragment
    ):
        raise RecordError(
            "record.mirror.address", address=parts._replace(netloc=parts.hostname or "").geturl()
        )
    return address.rstrip("/")


@dataclass(frozen=True, slots=True)
class _Parcel:
    """What is to be put where: a name below the address, the bytes, and up to which event they speak."""

    name: str
    content: bytes
    seq: int


class UrlMirror:
    """Puts the newest line and the file of heads to an address, one after the other, each time the newest there is.

    Parameters
    ----------
    address
        What the names of the files are put below: ``https://heads.example/sci``.
    newest
        The name of the file of the newest commit; ``<study>.newest``.
    noted
        The file beside the heads in which is noted up to which event something has arrived.
    """

    def __init__(self, address: str, newest: str, noted: Path) -> None:
        self.address = checked_address(address)
        self.noted = noted
        self._name = newest
        self._waiting: dict[str, _Parcel] = {}
        self._change = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closing = False
        self._failure: str | None = None
        self.arrived = self._read_noted()

    def _read_noted(self) -> int:
        try:
            return int(self.noted.read_text())
        except (OSError, ValueError):
            return 0

    @property
    def behind(self) -> str | None:
        """Why something has not arrived yet; ``None`` where nothing waits or failed."""
        with self._change:
            if not self._waiting:
                return None
            latest = max(one.seq for one in self._waiting.values())
            why = f": {self._failure}" if self._failure else ""
            return f"{self.address}: it stands at event {self.arrived}, the record at event {latest}{why}"

    def put(self, name: str, content: bytes, seq: int) -> None:
        """Hand over what is to be sent; an older one of the same name that still waits is replaced."""
        with self._change:
            self._waiting[name] = _Parcel(name, content, seq)
            if self._thread is None or not self._thread.is_alive():
                self._closing = False
                self._thread = threading.Thread(target=self._run, name="mirror of heads", daemon=True)
                self._thread.start()
            self._change.notify_all()

    def write(self, seq: int, line: bytes) -> None:
        """Hand over the line of the newest commit."""
        self.put(self._name, line, seq)

    def close(self) -> None:
        """Wait a little for what is on its way; what does not arrive is sent when the record is opened again."""
        with self._change:
            self._closing = True
            self._change.notify_all()
            until = time.monotonic() + CLOSING
            while self._waiting and self._thread is not None and self._thread.is_alive():
                left = until - time.monotonic()
                if left <= 0 or not self._change.wait(left):
                    break

    def _run(self) -> None:
        pause = FIRST_PAUSE
        while True:
            with self._change:
                while not self._waiting:
                    if self._closing:
                        return
                    self._change.wait()
                parcel = min(self._waiting.values(), key=lambda one: one.name != self._name)
            failure = self._send(parcel)
            with self._change:
                self._failure = failure
                if failure is None:
                    pause = FIRST_PAUSE
                    if self._waiting.get(parcel.name) is parcel:
                        del self._waiting[parcel.name]
                    self._note(parcel)
                    self._change.notify_all()
                    continue
                if self._closing:
                    self._change.notify_all()
                    return
                self._change.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    def _note(self, parcel: _Parcel) -> None:
        if parcel.seq <= self.arrived:
            return
        self.arrived = parcel.seq
        # it is only a note: without it everything is sent once more
        with contextlib.suppress(OSError):
            make_folder(self.noted.parent)
            write_private(self.noted, str(parcel.seq).encode())

    def _send(self, parcel: _Parcel) -> str | None:
        # who has no mirror at an address need not wait for HTTP
        import urllib.error
        import urllib.request

        request = urllib.request.Request(  # noqa: S310 - checked to be http or https
            f"{self.address}/{parcel.name}", data=parcel.content, method="PUT",
            headers={"Content-Type": "application/json", "X-Proband-Event": str(parcel.seq)},
        )  # fmt: skip
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310 - checked to be http or https
                return None if 200 <= answer.status < 300 else f"it answered {answer.status}"
        except urllib.error.HTTPError as error:
            return f"it answered {error.code}"
        except (OSError, ValueError) as error:
            return str(getattr(error, "reason", error))
        except (
            Exception
        ) as error:  # whatever a server makes of HTTP, it is told and is no failure of the record
            return f"{type(error).__name__}: {error}"
