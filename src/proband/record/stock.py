"""Donors, what they gave, and the stock of lots: how many units of which lot are where, and what became of every one.

A lot serves many people. It is a container like any other (it is tested, released, recalled), without a participant of its own. Its units
are kept by site: each move takes them out of one place and puts them into another, so that what came in is always what is there and what left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from proband.programme.donors import DonorTest
from proband.record.known import ALWAYS
from proband.record.undo import Undoable
from proband.terms import convert

#: where units of a lot can be at a site, and the ways in which they leave it
Place = Literal["usable", "aside", "returned"]
PLACES: tuple[Place, ...] = ("usable", "aside", "returned")
#: what is found of a donor later, and is so of everything that was made of them
GRAVE = ("infection", "malignancy", "genetic")


@dataclass(slots=True)
class Donor(Undoable):
    """Somebody who gave cells or tissue for others, under a pseudonym: consent, tests, whether they were found fit to give."""

    id: str
    site: str
    registered_at: str
    consents: list[dict[str, Any]] = field(default_factory=list)
    #: by what they had agreed to, each moment at which they withdrew that
    withdrawn: dict[str, list[str]] = field(default_factory=dict)
    tests: list[dict[str, Any]] = field(default_factory=list)
    #: whether they may give, for which product, since which day, and who said so
    determined: list[dict[str, Any]] = field(default_factory=list)
    followed: list[dict[str, Any]] = field(default_factory=list)

    def agrees(self, cover: str, at: str = ALWAYS) -> bool:
        """Whether they agree to something at a moment: what happened last counts, in whatever order it was entered; of two at one moment the withdrawal."""
        given = [one["at"] for one in self.consents if cover in one["covers"] and one["at"] <= at]
        gone = [one for one in self.withdrawn.get(cover, ()) if one <= at]
        return bool(given) and max(given) > max(gone, default="")

    def fit_for(self, product: str, at: str = ALWAYS) -> bool:
        """Whether they were found fit to give for a product, and not found otherwise since, up to a moment."""
        said = [one for one in self.determined if one["product"] == product and one["at"] <= at]
        return bool(said) and bool(max(said, key=lambda one: (one["at"], one["seq"]))["eligible"])

    def last_of(self, test: str) -> str | None:
        """What the newest sample of a test gave: of two the one that was taken later, in whatever order they were entered; ``None`` where there is none."""
        own = [one for one in self.tests if one["test"] == test]
        newest = max(own, key=lambda one: (one["sampled_on"], one["at"], one["seq"]), default=None)
        return newest["result"] if newest is not None else None

    @property
    def against(self) -> str:
        """What was found of them that no later finding overturns: a positive test, or what they learnt of themselves; empty where nothing was."""
        positive = [one["test"] for one in self.tests if one["result"] == "positive"]
        return next(
            iter([*positive, *(one["finding"] for one in self.followed if one["finding"] in GRAVE)]), ""
        )


@dataclass(slots=True)
class Donation(Undoable):
    """What a donor gave, by its donation number."""

    din: str
    donor: str
    product: str
    on: str
    site: str
    seq: int
    used_by: str | None = None

    def may_become(self, donor: Donor, at: str) -> bool:
        """Whether something could be made of it at a moment, as known now: its donor agreed, was found fit, and nothing was found of them."""
        # a withdrawal holds as for everything else that is done with a donor: until they agree again
        return donor.fit_for(self.product, at) and donor.agrees("donation", at) and not donor.against

    def unsampled(self, donor: Donor, tests: Iterable[DonorTest]) -> DonorTest | None:
        """The first test of which no negative sample was taken near enough to the donation, or whose newest sample leaves it open; ``None``: each is answered."""
        for test in tests:
            days = convert(test.within.value, test.within.unit, "d")
            own = (one for one in donor.tests if one["test"] == test.id and one["result"] == "negative")
            if donor.last_of(test.id) != "negative" or not any(abs((date.fromisoformat(one["sampled_on"]) - date.fromisoformat(self.on)).days) <= days for one in own):  # fmt: skip
                return test
        return None


@dataclass(slots=True)
class Holding(Undoable):
    """The units of one lot at one site: where they are, and how many came and went, each for ever.

    ``came`` counts by origin (``made``, ``supplied``, ``sent``, ``found``, ``brought-back``), ``left`` by what became of them (``sent``,
    ``dispensed``, ``packed``, ``destroyed``, ``lost``); ``usable``, ``aside`` and ``returned`` are what is there.
    """

    lot: str
    site: str
    usable: int = 0
    aside: int = 0
    returned: int = 0
    came: dict[str, int] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)
    #: when it was counted last
    counted_at: str = ""

    @property
    def there(self) -> int:
        """How many units are here."""
        return self.usable + self.aside + self.returned

    @property
    def balance(self) -> int:
        """What came, less what left, less what is here: nothing, or units have vanished."""
        return sum(self.came.values()) - sum(self.left.values()) - self.there

    def come(self, origin: str, units: int, place: Place = "usable") -> None:
        """Take units in."""
        self.came = {**self.came, origin: self.came.get(origin, 0) + units}
        setattr(self, place, getattr(self, place) + units)

    def leave(self, how: str, units: int, place: Place = "usable") -> None:
        """Let units go."""
        self.left = {**self.left, how: self.left.get(how, 0) + units}
        setattr(self, place, getattr(self, place) - units)

    def shift(self, units: int, source: Place, target: Place) -> None:
        """Put units from one place of the site into another."""
        setattr(self, source, getattr(self, source) - units)
        setattr(self, target, getattr(self, target) + units)


def holding_key(lot: str, site: str) -> str:
    """Under which key the stock of a lot at a site stands."""
    return f"{lot}@{site}"


def kept_as_units(lot: str, stock: Mapping[str, Holding], shipments: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether units of a lot are at any site, or on their way to one: what becomes of them is said of the units, and not of the lot as one thing."""
    there = any(one.there for one in stock.values() if one.lot == lot)
    return there or any(one["lot"] == lot and one["arrived"] is None for one in shipments.values())
