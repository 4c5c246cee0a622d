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
    """Two arms of weight one, blocks by grade, or minimisation by grade: gives the arm of whoever comes next."""

    def __init__(
        self, seed: bytes, arms: tuple[str, str], method: str, sizes: tuple[int, ...] = (2, 4)
    ) -> None:
        self.seed, self.arms, self.method, self.sizes = seed, tuple(sorted(arms)), method, sizes
        self.plan: dict[str, Any] | None = None
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
            size = self.sizes[stream.up_to(len(self.sizes))]
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
    """Reads the bodies of a masked trial beside its own lists: every place, every kit and every dose, and no arm in any of them."""

    def __init__(self, arms: tuple[str, str]) -> None:
        self.arms = arms
        #: the lists that were sealed, by their hash, each with the plan of which it is
        self.lists: dict[str, AllocationList] = {}
        self.places = 0
        #: what the test put into each kit
        self.kits: dict[str, str] = {}
        self.violations: list[str] = []
        self.assigned: dict[str, str] = {}
        self.used: set[str] = set()
        self.aside: set[str] = set()
        self.signed: dict[str, set[str]] = {}
        self.lots: dict[str, set[str]] = {}
        self.expires: dict[str, str] = {}
        self.place_of: dict[str, str] = {}
        self.void: set[int] = set()
        self.events = 0

    def sealed(self, commitment: str, seed: bytes, method: str, sizes: tuple[int, ...]) -> None:
        """A list that was sealed under a hash."""
        self.lists[commitment] = AllocationList(seed, self.arms, method, sizes)

    def arm(self, person: str) -> str | None:
        """The arm of somebody, by whichever list they have their place."""
        return next((one.given[person] for one in self.lists.values() if person in one.given), None)

    def check(self, bodies: Iterable[dict[str, Any]]) -> list[str]:
        for b in bodies:
            self.events += 1
            if self.events in self.void:
                continue
            d = b["data"]
            if b["event"] not in NAMES_ARMS and any(f'"{arm}"' in json.dumps(d) for arm in self.arms):
                self.violations.append(f"{self.events}: an arm stands in {b['event']}")
            getattr(self, "_" + b["event"].replace(".", "_").replace("-", "_"), lambda b, d: None)(b, d)
        return self.violations

    def bad(self, what: str) -> None:
        self.violations.append(f"{self.events}: {what}")

    def _allocation_sealed(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self.lists[d["commitment"]].plan = d["plan"]

    def _participant_allocated(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        if self.arm(b["subject"]) is not None:
            self.bad(f"{b['subject']} has two places")
        mine = self.lists.get(d["scheme"])
        if mine is None or mine.plan is None:
            self.bad(f"{b['subject']} has a place by a list that nobody sealed")
            return
        if self.programme is not None and sorted(mine.plan["block_sizes"]) != sorted(
            self.programme.get("block_sizes") or []
        ):
            self.bad(f"{b['subject']} has a place by the list of another plan")
        self.places += 1
        mine.next(b["subject"], d["stratum"]["grade"])
        if d["index"] != self.places:
            self.bad(f"place {d['index']} out of order")
        if d["place"] != mine.commitment(b["study"], d["index"], b["subject"]):
            self.bad(f"place {d['index']} is not that of the list")

    #: how the version in force draws
    programme: dict[str, Any] | None = None

    def _study_opened(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self.programme = d["programme"]["allocation"]

    _programme_adopted = _study_opened

    def _allocation_corrected(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        for one in self.lists.values():
            if one.method == "minimisation" and b["subject"] in one.levels:
                one.levels[b["subject"]] = d["level"]

    def _kit_received(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self.expires[b["subject"]], self.place_of[b["subject"]], self.signed[b["subject"]] = (
            d["expires_at"],
            b["site"],
            set(),
        )
        self.lots[b["subject"]] = {lot.upper() for lot in d["lots"]}

    def _lot_recalled(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        """What a recalled lot is printed on stays aside until it was looked into, whatever becomes of the recall."""
        for kit, lots in self.lots.items():
            if d["lot"].upper() in lots and kit not in self.used:
                self.signed[kit] = set()
                self.aside.add(kit)

    def _kit_released(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self.signed[b["subject"]].add(b["actor"])
        if len(self.signed[b["subject"]]) > 1:
            self.aside.discard(b["subject"])

    def _product_quarantined(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self.signed[b["subject"]] = set()
        self.aside.add(b["subject"])

    _product_rejected = _product_quarantined

    def _product_retracted(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self._product_quarantined(b, d)
        self.used.discard(b["subject"])

    def _kit_assigned(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        kit, person = d["kit"], b["subject"]
        if self.kits[kit] != self.arm(person):
            self.bad(f"{person} is assigned {kit}, which is of another arm")
        if (
            kit in self.assigned
            or len(self.signed[kit]) < 2
            or self.expires[kit] <= b["at"]
            or self.place_of[kit] != b["site"]
        ):
            self.bad(f"{kit} was not free to be assigned")
        left = [
            one
            for one, other in self.assigned.items()
            if other == person and one not in self.used | self.aside
        ]
        if left:
            self.bad(f"{person} has {left} and {kit} at once")
        self.assigned[kit] = person

    def _kit_given(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        kit, person = b["subject"], d["participant"]
        if self.assigned.get(kit) != person or d["kit"] != kit or d["wristband"] != person:
            self.bad(f"{kit} given to {person}, to whom it was not assigned")
        if self.kits.get(kit) != self.arm(person):
            self.bad(f"{person} got another arm than the list gives")
        if (
            kit in self.used
            or self.expires.get(kit, "") <= b["at"]
            or len({one["signer"] for one in b["signatures"] if one["meaning"] != "device"} | {b["actor"]})
            < 2
        ):
            self.bad(f"{kit} given twice, after its time, or by one person")
        self.used.add(kit)

    def _deviation_recorded(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self.used.add(b["subject"])

    def _capsule_conflicted(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        if d["event"]["event"] == "kit.given":
            self.used.add(d["event"]["subject"])


#: what says the plan with its arms, or on which product a hold is
NAMES_ARMS = {"study.opened", "programme.adopted", "allocation.sealed", "hold.placed", "hold.triggered"}
