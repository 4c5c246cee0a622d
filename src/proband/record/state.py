"""What the log amounts to at one event: the nouns of the record, as plain objects.

Nothing here decides anything. :mod:`proband.record.fold` makes this from events, :mod:`proband.record.gates` judges by it,
:mod:`proband.record.tables` shows it. Times are UTC stamps (text order is time order), days are ``YYYY-MM-DD``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from proband.programme.product import Product
from proband.record.chain import GENESIS
from proband.record.identity import look
from proband.record.known import ALWAYS, KnownStatement, true_at, true_that_day
from proband.record.participant import Participant
from proband.record.product import Collection, Container, Label, TherapyEvent
from proband.record.programme_view import ProgrammeView
from proband.record.stock import Donation, Donor, Holding
from proband.record.undo import Undoable


@dataclass(slots=True)
class StaffMember(Undoable):
    """A member of staff: which role where since when, which training until when; what was said of them once is never overwritten."""

    id: str
    #: by kind (``role:<role>``: the sites, none where it was taken; ``training:<training>``: its last day) everything that was said
    known: dict[str, list[KnownStatement]] = field(default_factory=dict)

    def say(self, kind: str, statement: KnownStatement) -> None:
        """Keep a statement beside all others of its kind."""
        self.known.setdefault(kind, []).append(statement)

    def held(self, role: str, at: str = ALWAYS, offset: str = "+00:00") -> KnownStatement | None:
        """The statement that gives them a role at a moment (on its day, where it is the first), its value the sites; else ``None``."""
        statements = self.known.get(f"role:{role}", ())
        found = true_at(statements, at) if at == ALWAYS else true_that_day(statements, at, offset)
        return found if found is not None and found.value else None

    def trained(self, training: str, at: str, offset: str) -> KnownStatement | None:
        """The statement on a training that is true at a moment (on its day, where it is the first), its value the last day on which it counts."""
        return true_that_day(self.known.get(f"training:{training}", ()), at, offset)

    def roles_ever(self) -> list[str]:
        """Every role that they were ever given."""
        return [kind[5:] for kind in self.known if kind.startswith("role:")]

    @property
    def roles(self) -> dict[str, list[str]]:
        """Which roles they hold by what was said to be true last, and where."""
        return {
            role: list(found.value) for role in self.roles_ever() if (found := self.held(role)) is not None
        }

    @property
    def trainings(self) -> dict[str, str]:
        """Until when each training counts, by what was said to be true last."""
        kinds = [kind for kind in self.known if kind.startswith("training:")]
        return {kind[9:]: found.value for kind in kinds if (found := true_at(self.known[kind])) is not None}


@dataclass(slots=True)
class EnrolledKey(Undoable):
    """A public key of somebody whose signature may count: whose, since which event, until which (``None``: still)."""

    id: str
    algorithm: str
    public: str
    holder: str
    kind: Literal["person", "device", "recovery"]
    name: str
    kept: str
    since: int
    until: int | None = None
    relying_party: str = ""
    origins: tuple[str, ...] = ()


@dataclass(slots=True)
class StudySite(Undoable):
    """A site, its jurisdiction, and whether it is open."""

    id: str
    jurisdiction: str
    #: where the clocks on its walls may stand, from UTC; empty: nobody has said
    offsets: list[str] = field(default_factory=list)
    #: since when it was open, closed, open again
    known: list[KnownStatement] = field(default_factory=list)
    #: what of outside allows it to act, each with its dates, and what ended before its time (:mod:`proband.record.approvals`)
    approvals: list[KnownStatement] = field(default_factory=list)

    def opened(self, at: str = ALWAYS, offset: str = "+00:00") -> KnownStatement | None:
        """The statement by which it is open at a moment (on its day, where it is the first); ``None`` where it is not."""
        found = true_at(self.known, at) if at == ALWAYS else true_that_day(self.known, at, offset)
        return found if found is not None and found.value else None

    @property
    def open(self) -> bool:
        """Whether it is open, by what was said to be true last."""
        return self.opened() is not None


@dataclass(slots=True)
class AdverseEvent(Undoable):
    """An adverse event; causality is final when two people have judged."""

    id: str
    participant: str
    term: str
    category: str
    grade: int
    serious: bool
    fatal: bool
    life_threatening: bool
    expected: bool
    onset: str
    aware_on: str
    site: str
    seq: int
    assessments: dict[str, bool] = field(default_factory=dict)
    #: the days on which anybody first became aware of it, and on which the newest of it came: a change, or a judgement
    first_aware: str = ""
    latest: str = ""
    #: by the grading of its own that its category has in the programme
    category_grade: int | None = None
    #: as which of the events that the programme lists as expected it was reported
    listed: str | None = None

    @property
    def related(self) -> bool | None:
        """Final causality: ``None`` until two people have judged; where they differ, related."""
        if len(self.assessments) < 2:
            return None
        return any(self.assessments.values())

    @property
    def suspected(self) -> bool:
        """Whether a relation cannot be excluded yet: until two people have said no, it is suspected."""
        return self.related is not False


#: the kind of hold under which a restored copy stands until somebody has said what it lacks; no programme can name it, and none lifts it
COPY = "restored copy"


@dataclass(slots=True)
class StandingHold(Undoable):
    """A hold that stands until it is lifted by the roles that the programme names; that of a restored copy, until it is settled."""

    id: str
    rule: str
    hold: str
    scope: str
    target: str
    blocks: tuple[str, ...]
    at: str
    seq: int
    counted: int = 0
    lifted_by: dict[str, str] = field(default_factory=dict)
    #: lifting permits: it counts from when it was known, whatever time is written on it
    lifted_at: str | None = None

    def stood(self, early: str, late: str) -> bool:
        """Whether it stood at any moment from one to another."""
        return self.at <= late and (self.lifted_at is None or early < self.lifted_at)


@dataclass(slots=True)
class Query(Undoable):
    """A question about a field of an event, as a thread."""

    id: str
    about: int
    field: str
    participant: str | None
    status: str = "open"
    posts: int = 1


@dataclass(slots=True)
class DataLock(Undoable):
    """A range that was locked: a visit, a participant, or the study (``participant`` is ``None``), with the hash of what was on record there.

    ``voided``: the event that changed it after all; lock and signatures then count no longer, and the range stays closed.
    ``ended``: the event that unlocked it, or locked it again.
    """

    seq: int
    scope: str
    participant: str | None
    visit: str | None
    occurrence: int
    digest: str
    at: str
    by: str
    signed: list[dict[str, Any]] = field(default_factory=list)
    voided: int | None = None
    voided_by: str = ""
    ended: int | None = None

    @property
    def standing(self) -> str:
        """In a word: ``locked``, ``signed``, ``void``, ``ended``."""
        if self.ended is not None:
            return "ended"
        if self.voided is not None:
            return "void"
        return "signed" if self.signed else "locked"


@dataclass(slots=True)
class Task(Undoable):
    """Something that somebody must do by a day."""

    id: str
    kind: str
    subject: str
    due: str
    about: str
    seq: int
    done: int | None = None


@dataclass(slots=True)
class Capsule(Undoable):
    """Offline work that was handed out: to which device, for whom, until when; and how far what it brought has come.

    ``count``, ``run`` and ``ms`` are the device's counter at the last event that was taken in, ``early`` the earliest moment at which that
    event can have happened; ``broken`` says what was wrong with the counter, from there on. ``brought``: by the device's signature
    each event that was taken in, and the gates that refused it.
    """

    id: str
    site: str
    device: str
    participants: tuple[str, ...]
    until: str
    issued_at: str
    seq: int
    returned: bool = False
    count: int = 0
    run: str = ""
    ms: int = 0
    early: str = ""
    broken: str = ""
    brought: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Recovery(Undoable):
    """An alarm: with the recovery key somebody wants to enrol a new custodian, and may from a time on."""

    custodian: str
    offer: dict[str, Any]
    not_before: str
    seq: int


@dataclass(slots=True)
class State(Undoable):
    """Everything that the log of one study amounts to after event ``seq``."""

    study: str = ""
    seq: int = 0
    hash: bytes = GENESIS
    recorded: str = ""
    #: the version of the envelope of the last event: an older one cannot follow
    version: int = 0
    programme: str = ""
    #: which version was in force since when
    versions: list[KnownStatement] = field(default_factory=list)
    #: when the last event happened that may have crossed a stopping rule
    alarmed: str = ""
    #: of which copy of the record this is the log; a restored copy has another one
    instance: str = ""
    #: every key that was ever enrolled, by its short name
    keys: dict[str, EnrolledKey] = field(default_factory=dict)
    recovery: Recovery | None = None
    #: whether two custodians have had keys: from then on two decide who may do what
    shared: bool = False
    programmes: dict[str, ProgrammeView] = field(default_factory=dict)
    #: the bundles of those versions that were handed over whole, compressed, in lines
    bundles: dict[str, list[str]] = field(default_factory=dict)
    #: by version the one that it amends, and of which kind that was
    amended: dict[str, tuple[str, str]] = field(default_factory=dict)
    #: whether the study was begun under a draft: it is one for ever, whatever is adopted later
    begun_as_draft: bool = False
    persons: dict[str, StaffMember] = field(default_factory=dict)
    sites: dict[str, StudySite] = field(default_factory=dict)
    participants: dict[str, Participant] = field(default_factory=dict)
    therapies: dict[str, TherapyEvent] = field(default_factory=dict)
    collections: dict[str, Collection] = field(default_factory=dict)
    products: dict[str, Container] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)
    #: by the commitment to its content the number of each kit
    kits: dict[str, str] = field(default_factory=dict)
    donors: dict[str, Donor] = field(default_factory=dict)
    donations: dict[str, Donation] = field(default_factory=dict)
    #: by lot and site the units of a lot that are there, and what came and went
    stock: dict[str, Holding] = field(default_factory=dict)
    #: by number what was sent from site to site: lot, from, to, units, how many arrived
    shipments: dict[str, dict[str, Any]] = field(default_factory=dict)
    adverse_events: dict[str, AdverseEvent] = field(default_factory=dict)
    holds: dict[str, StandingHold] = field(default_factory=dict)
    queries: dict[str, Query] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    capsules: dict[str, Capsule] = field(default_factory=dict)
    #: every data lock by the number of its event, and by scope the one that closes it now
    locks: dict[int, DataLock] = field(default_factory=dict)
    locked: dict[str, int] = field(default_factory=dict)
    forecasts: dict[str, dict[str, Any]] = field(default_factory=dict)
    schemes: list[dict[str, Any]] = field(default_factory=list)
    #: by the number of the event who was told an arm: whose, why, when
    unblindings: dict[int, dict[str, Any]] = field(default_factory=dict)
    allocations: int = 0
    numbers: int = 0
    #: by table and look the name that stands there: what looks like it is the same name, written otherwise
    looks: dict[str, str] = field(default_factory=dict)
    lots: dict[str, list[str]] = field(default_factory=dict)
    #: recalled reagent lots, with the event that recalled them
    recalled: dict[str, int] = field(default_factory=dict)
    treated: list[str] = field(default_factory=list)
    #: what stood against doses by its time (a dose, another treatment) until it was taken back or corrected: of whom, until which day
    set_free: list[KnownStatement] = field(default_factory=list)
    last_first_dose: str | None = None
    #: the time of the latest dose: what is true only since then bears on none
    latest_dose: str = ""
    #: what those who review between the first few said: whether the next may be treated
    reviews: list[KnownStatement] = field(default_factory=list)
    #: the dose levels that were decided on, each from when it was known; none: nobody is treated any more
    levels: list[KnownStatement] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)
    corrected: dict[int, int] = field(default_factory=dict)
    #: by the number of each correction the number of the event that it stands for in the end
    first_events: dict[int, int] = field(default_factory=dict)
    #: while the study is locked: by participant the hash of what is on record now
    locked_content: dict[str, str] = field(default_factory=dict)
    invalid: dict[int, tuple[str, ...]] = field(default_factory=dict)
    #: events that stand as other rules judged them, with the gates of now that would refuse them
    differs: dict[int, tuple[str, ...]] = field(default_factory=dict)
    #: by which rules events were judged, each with its first event; "": those of a release that did not say so yet
    rules: dict[str, int] = field(default_factory=dict)
    deviations: dict[int, dict[str, Any]] = field(default_factory=dict)
    decisions: dict[int, dict[str, Any]] = field(default_factory=dict)
    refused: dict[int, dict[str, Any]] = field(default_factory=dict)
    #: events whose texts were erased one by one, with the event that erased them
    texts_erased: dict[int, int] = field(default_factory=dict)
    #: names of tasks by kind and subject
    tasks_of: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    #: adverse events that some stopping rule may count, people who died, people whose product failed
    grave: dict[str, None] = field(default_factory=dict)
    deaths: list[str] = field(default_factory=list)
    #: whose key was ordered to be destroyed
    erased: dict[str, None] = field(default_factory=dict)
    product_failures: dict[str, None] = field(default_factory=dict)
    #: for whom a product was made: of them those are counted whose product failed
    made_for: dict[str, None] = field(default_factory=dict)

    def replace_event(self, target: int) -> None:
        """Note that the event of now takes the place of an earlier one."""
        self.corrected[target] = self.seq
        self.first_events[self.seq] = self.first_events.get(target, target)

    def free_from(self, participant: str, at: str, known: str, *, dose: bool, end: str | None = None) -> None:
        """Note that a dose, or another treatment until ``end``, does not count any more as this is known (``known``)."""
        value = {"participant": participant, "dose": dose, "end": end}
        self.set_free.append(KnownStatement(value, at, self.seq, "", self.seq, known))

    def custodians(self) -> list[str]:
        """Those who hold the role of custodian and a key that counts."""
        able = {key.holder for key in self.keys.values() if key.kind == "person" and key.until is None}
        return sorted(
            person.id
            for person in self.persons.values()
            if person.id in able and person.held("custodian") is not None
        )

    def capsule_of(self, source: str) -> Capsule | None:
        """The capsule that an event came with, by its source (``capsule:…``); ``None`` for one that was done online or that nobody handed out."""
        return self.capsules.get(source.partition(":")[2])

    def version_at(self, at: str) -> str:
        """The version of the programme that was in force at a moment; before the first, the first."""
        found = true_at(self.versions, at)
        if found is None:
            return str(self.versions[0].value) if self.versions else self.programme
        return str(found.value)

    def lot_as_known(self, lot: str) -> str:
        """A reagent lot as it was written first: a recall reaches it however it is written later."""
        return self.looks.get(f"lots:{look(lot)}", lot)

    def note_lot(self, lot: str) -> str:
        """Note how a lot looks, where none that looks so is known; gives it as it was written first."""
        return self.looks.setdefault(f"lots:{look(lot)}", lot)

    def made_from(self, product: str) -> list[Container]:
        """A container and everything that it was made from, each once."""
        found: dict[str, Container] = {}
        waiting = [product]
        while waiting:
            name = waiting.pop()
            made = self.products.get(name)
            if made is not None and name not in found:
                found[name] = made
                waiting.extend(made.parents)
        return list(found.values())

    def made_of(self, product: str) -> list[Container]:
        """Everything that was made from a container: its parts, the pool that it went into, their parts, each once."""
        found: dict[str, Container] = {}
        waiting = list(self.products[product].children)
        while waiting:
            name = waiting.pop(0)
            if name not in found:
                found[name] = self.products[name]
                waiting.extend(found[name].children)
        return list(found.values())

    @property
    def draft(self) -> bool:
        """Whether it was begun under a draft of the programme, or one person alone decides who may do what: that proves nothing against that person."""
        return self.begun_as_draft or len(self.custodians()) < 2

    @property
    def view(self) -> ProgrammeView | None:
        """The programme's version in force."""
        return self.programmes.get(self.programme)

    def rule_of(self, product: Container) -> Product | None:
        """The product of a container as the version in force has it, with its steps, tests and limits."""
        return self.view.product.get(product.kind) if self.view is not None else None
