"""The simulated hospital: a clock, staff in every role of the bundle, and scripts that go on in the order of simulated time."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from proband.programme import Programme
from proband.record.commands import COMMANDS, Command, Signature
from proband.record.events import stamp
from proband.record.executing import Receipt
from proband.record.programme_view import ProgrammeView
from proband.record.record import Record

#: the bundle that is played, and from which day to which
BUNDLE = "spinal-cord-autologous"
START = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
AMENDED = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
END = datetime(2028, 12, 1, 9, 0, tzinfo=UTC)
#: the site that makes the product, and all sites with their jurisdictions
LABORATORY = "north"
SITES = {"north": "GB", "east": "DE"}
PEOPLE = 12
#: fixed, so that the demonstration is the same everywhere; a live study draws its seed and seals it
SEED = bytes(range(100, 132))
#: what somebody lives through: each step goes on after the time that it yields
Script = Iterator[timedelta]


class Stage:
    """The simulated hospital: a clock, staff in every role of the bundle, and people who follow their scripts."""

    def __init__(self, record: Record, clock: list[datetime], programme: Programme) -> None:
        self.record = record
        self.clock = clock
        self.programme = programme
        #: the version that the study opened with
        self.opened = programme.version
        self.rng = random.Random(20261122)
        self.happenings: list[str] = []
        self.serial = 0
        self.sterility_failed = False
        self.shown = ""
        self._queue: list[tuple[datetime, int, Script]] = []
        self._order = 0

    @property
    def now(self) -> str:
        """The simulated time."""
        return stamp(self.clock[0])

    @property
    def view(self) -> ProgrammeView:
        """The programme's version in force."""
        view = self.record.state.view
        assert view is not None  # noqa: S101 - the study was opened with one
        return view

    def happened(self, what: str) -> None:
        """Note something for the story that is shown at the end."""
        self.happenings.append(f"{self.now[:10]} {what}")

    def begin(self, script: Script, at: datetime) -> None:
        """Let a script go on at a time."""
        self._order += 1
        heapq.heappush(self._queue, (at, self._order, script))

    def play(self, until: datetime | None = None) -> None:
        """Run every script in the order of simulated time; what goes on after ``until`` is left as it stands then."""
        while self._queue and (until is None or self._queue[0][0] <= until):
            at, _, script = heapq.heappop(self._queue)
            self.clock[0] = max(self.clock[0], at)
            for wait in script:
                self.begin(script, self.clock[0] + wait)
                break

    def do(self, role: str, verb: str, subject: str, data: dict[str, Any] | None = None, *, site: str = LABORATORY,
           reason: str | None = None, also: tuple[str, ...] = (), source: str = "online") -> Receipt:  # fmt: skip
        """A command by the person who holds a role at a site; ``also`` are roles whose holders sign with them."""
        self.clock[0] += timedelta(seconds=1)
        actor = "custodian-1" if role == "custodian" else f"{role}-{site}"
        signatures = []
        if COMMANDS[verb].signature:
            signatures = [
                Signature(actor, role, "scripted"),
                *(Signature(f"{other}-{site}", other, "scripted") for other in also),
            ]
        return self.record.execute(
            Command(verb, subject, data or {}, actor=actor, role=role, site="*" if role == "custodian" else site, reason=reason,
                    signatures=signatures, source=source, offset="+01:00" if site == "east" else "+00:00")
        )  # fmt: skip
