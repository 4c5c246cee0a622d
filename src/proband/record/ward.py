"""The folder of a device that works without network: its key, its capsule, its queue, and where its counter stood.

Each step opens the folder, does one thing and closes it, as a command line does. Between two steps of one start of the machine the
counter goes on in the same run, since a machine counts from its start; after another start it is another run, and less is known of when things happened.
Nothing here judges: :mod:`proband.record.capsule` does, and the record once more when the queue is back.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from proband.record.appending import Clock, utc_now
from proband.record.capsule import OfflineBedside, uptime
from proband.record.errors import RecordError
from proband.record.heads import SigningKey, locked_file
from proband.record.permissions import make_folder, open_private, write_private
from proband.record.personal_keys import PersonalKeys, password_of_keys

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def this_start() -> str | None:
    """Which start of the machine this is; ``None`` where the system does not say."""
    try:
        return _BOOT.read_text(encoding="ascii").strip() or None
    except OSError:
        return None


class Ward:
    """The folder of one capsule on its device.

    Parameters
    ----------
    folder
        ``device.key``, ``capsule.json``, ``doors.json``, ``queue.json`` and ``run.json`` lie in it, for their owner alone.
    clock
        The clock of the device.
    """

    def __init__(self, folder: Path, *, clock: Clock = utc_now) -> None:
        self.folder = folder
        self.clock = clock

    @property
    def device(self) -> SigningKey:
        """The key of the device."""
        return SigningKey.load(self.folder / "device.key", password=password_of_keys())

    def begin(self, capsule: bytes, identity: Mapping[str, Any]) -> str:
        """Take a capsule in; gives its name. A capsule of another record, or for another device, is refused.

        Raises
        ------
        RecordError
            ``record.ward.begun`` where the folder holds a capsule, and as :meth:`OfflineBedside.open` does.
        """
        make_folder(self.folder)
        doors = dict(identity["doors"])
        with self._alone():
            if (self.folder / "capsule.json").exists():
                raise RecordError("record.ward.begun", path=self.folder)
            bedside = OfflineBedside.open(capsule, self.device, _trusted(doors), clock=self.clock)
            if bedside.state.instance != identity["instance"]:
                raise RecordError("record.ward.instance")
            write_private(self.folder / "doors.json", json.dumps(doors).encode())
            self._keep(bedside)
            write_private(self.folder / "capsule.json", capsule)
        return bedside.capsule

    @contextmanager
    def at_work(self, people: PersonalKeys | None = None) -> Iterator[OfflineBedside]:
        """The bedside for one step: what it queued is on the disk before anybody is told that it was done.

        Raises
        ------
        RecordError
            ``record.ward.empty`` where no capsule was taken in.
        """
        with self._alone():
            bedside = self._open(people)
            before = len(bedside.queue)
            yield bedside
            if len(bedside.queue) != before:
                self._keep(bedside)

    def hand_back(self) -> bytes:
        """The queue as it goes back now, with the clock and the counter of now."""
        with self._alone():
            return self._open(None).export()

    def _open(self, people: PersonalKeys | None) -> OfflineBedside:
        try:
            capsule = (self.folder / "capsule.json").read_bytes()
            kept = (self.folder / "queue.json").read_bytes()
            doors = json.loads((self.folder / "doors.json").read_bytes())
            run = json.loads((self.folder / "run.json").read_bytes())
        except (OSError, ValueError) as error:
            raise RecordError("record.ward.empty", path=self.folder) from error
        goes_on = run.get("start") is not None and run["start"] == this_start() and run["begun"] <= uptime()
        return OfflineBedside.open(
            capsule, self.device, _trusted(doors), people=people, clock=self.clock, kept=kept,
            run=(str(run["run"]), int(run["begun"])) if goes_on else None,
        )  # fmt: skip

    def _keep(self, bedside: OfflineBedside) -> None:
        # the run first: a queue whose run is not known would count as one of another start
        run = {"start": this_start(), "run": bedside.run, "begun": bedside.begun}
        _replace(self.folder / "run.json", json.dumps(run).encode())
        _replace(self.folder / "queue.json", bedside.export())

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One step at a time: two would count the same number twice."""
        if not self.folder.is_dir():
            raise RecordError("record.ward.empty", path=self.folder)
        with open_private(self.folder / "lock", "ab") as file:
            locked_file(file)
            yield


def _trusted(doors: Mapping[str, str]) -> dict[str, bytes]:
    return {name: bytes.fromhex(public) for name, public in doors.items()}


def _replace(path: Path, content: bytes) -> None:
    """Replace a file as a whole, and on the disk: it is never half of one and half of another."""
    new = path.with_suffix(".new")
    with open_private(new, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
