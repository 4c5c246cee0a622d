"""An allocation list of its own: what a statistician would keep beside a record, written a second time from the description and importing none of its code.

Numbers: HMAC-SHA256 of the seed over a label, a name and a counter of eight bytes; the first eight bytes of each block, rejected where they would favour a
number. Blocks: sizes and orders from the stream of the sequence, shuffled from the end (Fisher and Yates). Minimisation: the range of the margins per
weight, equal factors, the coin of Han and others for two equal arms.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable
from typing import Any


class Numbers:
    """The stream of one name."""

    def __init__(self, seed: bytes, name: str) -> None:
        self.seed, self.name, self.count = seed, name.encode(), 0

    def up_to(self, limit: int) -> int:
        while True:
            text = b"proband-allocation-1" + self.name + self.count.to_bytes(8, "big")
            self.count += 1
            number = int.from_bytes(hmac.new(self.seed, text, "sha256").digest()[:8], "big")
            if number < 2**64 - 2**64 % limit:
                return number % limit


class AllocationList:
    """Two arms of weight one, blocks of 2 and 4 by grade, or minimisation by grade: gives the arm of whoever comes next."""

    def __init__(self, seed: bytes, arms: tuple[str, str], method: str) -> None:
        self.seed, self.arms, self.method = seed, tuple(sorted(arms)), method
        self.given: dict[str, str] = {}
        self.levels: dict[str, str] = {}
        self.sequences: dict[str, tuple[Numbers, list[str]]] = {}

    def next(self, person: str, grade: str) -> str:
        arm = self._minimised(grade) if self.method == "minimisation" else self._of_block(grade)
        self.given[person], self.levels[person] = arm, grade
        return arm

    def _of_block(self, grade: str) -> str:
        stream, waiting = self.sequences.setdefault(grade, (Numbers(self.seed, f"blocks:grade={grade}"), []))
        if not waiting:
            size = (2, 4)[stream.up_to(2)]
            block = [arm for arm in self.arms for _ in range(size // 2)]
            for last in range(size - 1, 0, -1):
                other = stream.up_to(last + 1)
                block[last], block[other] = block[other], block[last]
            waiting += block
        return waiting.pop(0)

    def _minimised(self, grade: str) -> str:
        here = [arm for person, arm in self.given.items() if self.levels[person] == grade]
        gap = here.count(self.arms[0]) - here.count(self.arms[1])
        stream = Numbers(self.seed, f"minimisation:{len(self.given)}")
        if gap == 0:
            return self.arms[stream.up_to(2)]
        better, worse = (self.arms[1], self.arms[0]) if gap > 0 else self.arms
        stream.up_to(1)
        return better if stream.up_to(2**53) / 2**53 < 0.8 else worse

    def commitment(self, study: str, place: int, person: str) -> str:
        salt = hmac.new(self.seed, b"proband-place-1" + place.to_bytes(8, "big"), "sha256").digest()
        said = {
            "arm": self.given[person],
            "format": "proband-place-1",
            "participant": person,
            "place": place,
            "study": study,
        }
        return hmac.new(
            salt, json.dumps(said, sort_keys=True, separators=(",", ":")).encode(), "sha256"
        ).hexdigest()


class MaskedChecker:
    """Reads the bodies of a masked trial beside its own list: every place, every kit and every dose, and no arm in any of them."""

    def __init__(self, seed: bytes, arms: tuple[str, str], method: str) -> None:
        self.list = AllocationList(seed, arms, method)
        self.arms = arms
        #: what the test put into each kit
        self.kits: dict[str, str] = {}
        self.violations: list[str] = []
        self.assigned: dict[str, str] = {}
        self.used: set[str] = set()
        self.signed: dict[str, set[str]] = {}
        self.expires: dict[str, str] = {}
        self.place_of: dict[str, str] = {}
        self.void: set[int] = set()
        self.events = 0

    def check(self, bodies: Iterable[dict[str, Any]]) -> list[str]:
        for b in bodies:
            self.events += 1
            if self.events in self.void:
                continue
            d = b["data"]
            speaks = b["event"] in (
                "participant.allocated",
                "allocation.unblinded",
                "allocation.opened",
                "allocation.corrected",
            ) or b["event"].startswith("kit.")
            if speaks and any(f'"{arm}"' in json.dumps(d) for arm in self.arms):
                self.violations.append(f"{self.events}: an arm stands in {b['event']}")
            getattr(self, "_" + b["event"].replace(".", "_"), lambda b, d: None)(b, d)
        return self.violations

    def bad(self, what: str) -> None:
        self.violations.append(f"{self.events}: {what}")

    def _participant_allocated(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        if b["subject"] in self.list.given:
            self.bad(f"{b['subject']} has two places")
        self.list.next(b["subject"], d["stratum"]["grade"])
        if d["index"] != len(self.list.given):
            self.bad(f"place {d['index']} out of order")
        if d["place"] != self.list.commitment(b["study"], d["index"], b["subject"]):
            self.bad(f"place {d['index']} is not that of the list")

    def _allocation_corrected(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        if self.list.method == "minimisation":
            self.list.levels[b["subject"]] = d["level"]

    def _kit_received(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self.expires[b["subject"]], self.place_of[b["subject"]], self.signed[b["subject"]] = (
            d["expires_at"],
            b["site"],
            set(),
        )

    def _kit_released(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self.signed[b["subject"]].add(b["actor"])

    def _kit_assigned(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        kit, person = d["kit"], b["subject"]
        if self.kits[kit] != self.list.given[person]:
            self.bad(f"{person} is assigned {kit}, which is of another arm")
        if (
            kit in self.assigned
            or len(self.signed[kit]) < 2
            or self.expires[kit] <= b["at"]
            or self.place_of[kit] != b["site"]
        ):
            self.bad(f"{kit} was not free to be assigned")
        if any(other == person and one not in self.used for one, other in self.assigned.items()):
            self.bad(f"{person} has two kits at once")
        self.assigned[kit] = person

    def _kit_given(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        kit, person = b["subject"], d["participant"]
        if self.assigned.get(kit) != person or d["kit"] != kit or d["wristband"] != person:
            self.bad(f"{kit} given to {person}, to whom it was not assigned")
        if self.kits.get(kit) != self.list.given.get(person):
            self.bad(f"{person} got another arm than the list gives")
        if (
            kit in self.used
            or self.expires.get(kit, "") <= b["at"]
            or len({one["signer"] for one in b["signatures"]} | {b["actor"]}) < 2
        ):
            self.bad(f"{kit} given twice, after its time, or by one person")
        self.used.add(kit)
