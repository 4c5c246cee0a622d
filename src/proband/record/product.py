"""A product as the log has it: the therapy event, what was taken, the containers, their tests and labels."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from proband.record.known import KnownStatement, true_at
from proband.record.undo import Undoable
from proband.terms import ProbandError, convert

#: a share of an amount below which a difference is rounding
ROUNDING = 1e-9


@dataclass(slots=True)
class TherapyEvent(Undoable):
    """A therapy event: the chain-of-identity identifier, the person, what will be given by which regimen."""

    coi: str
    participant: str
    regimen: str
    product: str
    opened_at: str
    seq: int
    by: str = ""


@dataclass(slots=True)
class Collection(Undoable):
    """Starting material, by its donation number."""

    din: str
    coi: str
    participant: str
    at: str
    site: str
    seq: int
    used_by: str | None = None
    by: str = ""


@dataclass(slots=True)
class TestResult(Undoable):
    """A result of a release test: value, when, whether it was within the limit of the version in force when it was entered.

    ``of``: the container in which it was found. ``final``: no retest and no exception overturns it, under whatever version.
    """

    value: Any
    at: str
    seq: int
    passes: bool
    of: str = ""
    final: bool = False
    #: whether it counts among those after which nothing is tested again; entries of older logs do not
    counted: bool = False


@dataclass(slots=True)
class Container(Undoable):
    """A container of living product between collection and patient, with everything that was done to it."""

    id: str
    kind: str
    coi: str
    participant: str
    made_at: str
    collections: list[str]
    parents: list[str]
    regimen: str
    status: str = "in-process"
    amount: float | None = None
    unit: str = ""
    remaining: float = 0.0
    expires_at: str | None = None
    frozen: bool = False
    thawed_at: str | None = None
    prepared_at: str | None = None
    #: who prepared it
    prepared_by: str = ""
    lots: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    #: by step of the programme who did it last, and where work stops there, who agreed
    done: dict[str, list[str]] = field(default_factory=dict)
    agreed: dict[str, str] = field(default_factory=dict)
    #: what was counted while it was made, in order: at which step, how many cells, and whether the step told a deviation
    counted: list[tuple[str, float, bool]] = field(default_factory=list)
    #: whose hands it went through, as far as a dose of it rests on them: gate, permission, step or other work, who, when
    hands: list[tuple[str, str, str, str, str]] = field(default_factory=list)
    #: by gate when that was recorded by which the container passes it since: labels accounted for, taken over, thawed, agreed to
    permitted: dict[str, str] = field(default_factory=dict)
    #: by test every result that was ever entered, of this container and of what it was made from
    tests: dict[str, list[KnownStatement]] = field(default_factory=dict)
    investigated: bool = False
    release_route: str | None = None
    release_kind: str | None = None
    #: the tests outside their limits in spite of which it was released
    excepted: list[str] = field(default_factory=list)
    signers: list[str] = field(default_factory=list)
    released_at: str | None = None
    release_recorded: str | None = None
    place: str = ""
    sent_to: str | None = None
    #: when it was taken over where it is; before that it was on its way
    received_at: str | None = None
    excursion: bool = False
    checked: dict[str, Any] | None = None
    dose_checked: dict[str, Any] | None = None
    administered_at: str | None = None
    disposed: bool = False
    touched: int = 0
    #: of a kit the commitment to its content: which arm it is of stands nowhere in the log
    kit: str | None = None
    #: of a kit under which version it came in, and under which it was signed for last
    packed_under: str = ""
    released_under: str = ""
    #: a lot that serves many people: what is in one of its units, once it is filled
    serves_many: bool = False
    each: dict[str, Any] | None = None
    #: of what was dispensed of a lot: how many units, less those that came back
    units: int = 0
    #: what was made from it
    children: list[str] = field(default_factory=list)

    @property
    def condition(self) -> Literal["fresh", "frozen", "thawed", "prepared"]:
        """In which state it is kept."""
        if self.frozen:
            return "frozen"
        if self.prepared_at is not None:
            return "prepared"
        return "fresh" if self.thawed_at is None else "thawed"

    def handled(self, gate: str, permission: str, work: str, who: str, at: str) -> None:
        """Note whose hands it went through; whoever did the same work before did it in vain."""
        self.hands = [
            *(one for one in self.hands if one[:3] != (gate, permission, work)),
            (gate, permission, work, who, at),
        ]

    def take(self, amount: Mapping[str, Any]) -> None:
        """Take an amount out of it, in whatever unit it is told; one that says nothing of what is in it (a tablet) leaves what was counted."""
        if self.unit:
            with suppress(ProbandError):
                self.remaining = max(
                    0.0, self.remaining - convert(amount["value"], amount["unit"], self.unit)
                )

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left in it of what was counted."""
        return self.amount is not None and self.remaining <= self.amount * ROUNDING

    def set_aside(self) -> None:
        """Put it aside until somebody has looked into it: what was signed for it counts no longer."""
        self.status = "quarantined"
        self.investigated = False
        self.signers.clear()
        self.release_route = None

    def results(self, test: str) -> list[TestResult]:
        """Every result of a test that counts, its own and of what it was made from or with."""
        return [one.value for one in self.tests.get(test, ()) if one.until is None]

    @property
    def out_of_specification(self) -> list[str]:
        """The tests of which a result outside its limit stands, its own or its family's: one that was taken back is none."""
        return [test for test in self.tests if any(not one.passes for one in self.results(test))]

    def result(self, test: str) -> TestResult | None:
        """The result of a test that was had last, as known now, whichever was entered last."""
        last = true_at(self.tests.get(test, ()))
        found: TestResult | None = None if last is None else last.value
        return found


@dataclass(slots=True)
class Label(Undoable):
    """A printed label: the two identifiers on it, and what became of it."""

    id: str
    container: str
    coi: str
    serial: int
    fate: str = "printed"
