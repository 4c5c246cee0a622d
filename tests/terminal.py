"""A record at a terminal: commands as somebody types them, by a clock that the test moves."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from proband.record import Record
from proband.record.ward import Ward as OpenWard


class Clock:
    """A clock that a test moves; every look at it takes ``step``."""

    def __init__(self, began: datetime | None = None, step: timedelta = timedelta(seconds=1)) -> None:
        self.now = began or datetime.now(UTC)
        self.step = step

    def __call__(self) -> datetime:
        self.now += self.step
        return self.now

    def wait(self, **parts: float) -> None:
        self.now += timedelta(**parts)

    def keeps_records(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Every record that is made or opened from here on goes by this clock."""
        for opening in (Record.open.__func__, Record.create.__func__, OpenWard.__init__):  # type: ignore[attr-defined]
            monkeypatch.setitem(opening.__kwdefaults__, "clock", self)


class Terminal:
    """Somebody who types commands into a folder, at the time of a clock."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.forms = 0

    @property
    def today(self) -> str:
        return self.clock.now.date().isoformat()

    @property
    def stamp(self) -> str:
        return self.clock.now.isoformat(timespec="seconds")

    def wait(self, **parts: float) -> None:
        self.clock.wait(**parts)

    def form(self, content: Any) -> str:
        """A file that is handed to a command; gives its name."""
        self.forms += 1
        path = Path(f"form-{self.forms}.json")
        path.write_text(json.dumps(content), encoding="utf-8")
        return str(path)

    def words(
        self, verb: str, subject: str, actor: str, *words: str, data: dict[str, Any] | None
    ) -> list[str]:
        """What is typed for a command of the record; where there is data, it stands in a file."""
        more = ("--from", self.form(data)) if data else ()
        return ["record", "do", "rec", verb, subject, "--actor", actor, *words, *more]
