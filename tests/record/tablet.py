"""A tablet in a ward, whose clock may say anything: for tests of work without network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from proband.record import capsule as offline
from proband.record.capsule import OfflineBedside, Reconciled, issue, reconcile
from proband.record.commands import Command, Signature
from proband.record.events import stamp
from proband.record.fold import advance
from proband.record.heads import SigningKey

from .synthetic import Hospital, q

CUSTODIAN: dict[str, Any] = {"actor": "sys-1", "role": "custodian", "site": "*"}
DOSE = {"value": 8e7, "unit": "{cells}"}


def scans(person: str, product: str, label: str, **changes: Any) -> Command:
    """Two nurses scan wristband and bag."""
    data = {"participant": person, "wristband": person, "bag": product, "label": label}
    nurses = [Signature("nurse-1", "nurse", "scripted"), Signature("nurse-2", "nurse", "scripted")]
    return Command("bedside.verify", product, data, actor="nurse-1", role="nurse", site="north", signatures=nurses, **changes)  # fmt: skip


def dose(person: str, product: str, coi: str, **changes: Any) -> Command:
    """A physician gives what is in the bag."""
    data = {"participant": person, "coi": coi, "wristband": person, "bag": product, "route": "intrathecal", "dose": DOSE, "inputs": {"weight": q(80.0, "kg")}}  # fmt: skip
    signed = [Signature("dr-1", "physician", "scripted")]
    return Command("product.administer", product, data, actor="dr-1", role="physician", site="north", signatures=signed, **changes)  # fmt: skip


@dataclass
class Tablet:
    """A device in a ward: its clock is ``wrong`` by so many seconds, its counter begins anew at each start and stands still while it sleeps."""

    house: Hospital
    product: str
    coi: str
    label: str
    person: str = "S-1"
    wrong: float = 0.0
    slept: float = 0.0
    key: SigningKey = field(default_factory=SigningKey.generate)
    file: bytes = b""
    bedside: OfflineBedside | None = None
    begun: float = 0.0

    def seconds(self) -> float:
        return self.house._clock[0].timestamp()

    def issue(self, hours: float = 48, name: str = "CAP-1") -> None:
        house = self.house
        if house.record.key is None:
            house.record.key = SigningKey.generate()
        until = stamp(house._clock[0] + timedelta(hours=hours))
        data = {"device": self.key.public.hex(), "participants": [self.person], "until": until}
        self.file = issue(house.record, Command("capsule.issue", name, data, **CUSTODIAN)).content

    def start(self, kept: bytes | None = None) -> None:
        record = self.house.record
        assert record.key is not None
        self.begun, self.slept = self.seconds(), 0.0
        self.bedside = OfflineBedside.open(
            self.file, self.key, {"r": record.key.public}, people=record.people, kept=kept,
            clock=lambda: self.house._clock[0] + timedelta(seconds=self.wrong),
            counter=lambda: 5_000 + round((self.seconds() - self.begun - self.slept) * 1000),
        )  # fmt: skip

    def sleep(self, hours: float) -> None:
        self.house.wait(hours=hours)
        self.slept += hours * 3600

    def restart(self, hours: float) -> None:
        assert self.bedside is not None
        kept = self.bedside.export()
        self.house.wait(hours=hours)
        self.start(kept)

    def check(self, **changes: Any) -> None:
        assert self.bedside is not None
        self.bedside.execute(scans(self.person, self.product, self.label, **changes))

    def give(self, **changes: Any) -> None:
        assert self.bedside is not None
        self.bedside.execute(dose(self.person, self.product, self.coi, **changes))

    def back(self, content: bytes | None = None, name: str = "CAP-1") -> Reconciled:
        assert self.bedside is not None
        return reconcile(
            self.house.record, content or self.bedside.export(), Command("capsule.return", name, **CUSTODIAN)
        )


@contextmanager
def judging_nothing() -> Iterator[None]:
    """A device whose own gates are switched off: whatever it is told, it queues."""
    with pytest.MonkeyPatch.context() as lax:
        lax.setattr(offline, "advance", lambda state, event, *_: advance(state, event, {}))
        yield
