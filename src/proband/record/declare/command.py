"""How a command is declared: everything that anybody must know of it, in one place.

The keywords without a default must be said. What is not said is refused, when the module is imported, not when somebody
stands at a bed: a command that does not say which withdrawal forbids it would otherwise be forbidden by none, and one that
does not say whether it is signed would be done unsigned. A keyword has a default only where the default forbids more or
opens nothing: all gates of conduct, one's own site, not offline, no power of the custodian.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from proband.programme.product import Product as ProductRule
from proband.programme.regimen import Regimen
from proband.record.bounds import between, bounds, counter_of, midnights
from proband.record.declare.data import Data, staff_fields
from proband.record.declare.wording import TextPlace, text_places
from proband.record.errors import Refusal
from proband.record.events import JUDGED, SCHEMA_VERSION, local_date, moment
from proband.record.participant import Participant
from proband.record.product import Container
from proband.record.programme_view import ProgrammeView
from proband.record.state import State

Subject = Literal[
    "study",
    "participant",
    "product",
    "person",
    "site",
    "adverse-event",
    "hold",
    "query",
    "capsule",
    "label",
    "donor",
    "device",
    "key",
]
#: what a withdrawal may forbid
Withdrawable = Literal["procedures", "treatment", "new-data", "contact", "use-of-data"]
#: what a hold may stop
Holdable = Literal["enrolment", "collection", "release", "administration"]

#: which consent a command needs: to the text in force, for what touches the body; one that still covers new data
Consented = Literal["in-force", "data"]
CONSENT_GATES: dict[Consented, str] = {"in-force": "consent", "data": "data-consent"}

#: what every command passes: who, where, when, and under which programme
BASE = (
    "name",
    "authority",
    "training",
    "site",
    "clock",
    "programme",
    "reason",
    "signature",
    "capsule",
    "locked",
)


#: since which version of the envelope what is of its time is judged under the version then in force
THEN_SINCE_VERSION = 4


#: names the gates that refuse a body on the state that a gate sees
Again = Callable[[Mapping[str, Any]], list[str]]


class Context:
    """What a gate sees: the state before the event, the event's body, its declaration, and whom and what it concerns."""

    __slots__ = (
        "again",
        "aside",
        "at",
        "body",
        "command",
        "data",
        "early",
        "late",
        "now",
        "participant",
        "product",
        "state",
        "subject",
        "verb",
        "version",
        "view",
    )

    def __init__(
        self,
        state: State,
        body: Mapping[str, Any],
        command: CommandType,
        again: Again | None = None,
        *,
        at: str | None = None,
        aside: int | None = None,
    ) -> None:
        self.state = state
        #: the event that is judged again, and so does not stand in its own way
        self.aside = aside
        #: the names of the gates that refuse another body on the same state, for what says that it was refused
        self.again = again
        self.body = body
        self.command = command
        self.verb = command.verb
        self.data: dict[str, Any] = body["data"]
        self.subject: str = body["subject"]
        #: when it happened, as somebody or a device says; or the moment at which one asks
        self.at: str = body["at"] if at is None else at
        #: the earliest and the latest moment at which it can have happened, or was known to have
        self.early = self.late = self.at
        #: the version by which it is judged
        self.version = state.programme
        if at is not None:
            self.version = state.version_at(at)
        elif body["source"] == "online":
            # the later of the two clocks: a device that is slow does not make a bag younger
            self.late = max(self.at, body["recorded"])
            if command.of_its_time and self.written_since(THEN_SINCE_VERSION):
                self.version = state.version_at(self.at)
        else:
            self.early, self.late = bounds(state.capsule_of(body["source"]), body)
            self.version = state.version_at(self.at)
        self.now = self.late
        self.view: ProgrammeView | None = state.programmes.get(self.version)
        self.product: Container | None = None
        person: str = self.subject
        if command.subject == "product":
            self.product = state.products.get(self.subject)
            person = self.data.get("participant") or (self.product.participant if self.product else "")
        elif command.subject == "adverse-event":
            event = state.adverse_events.get(self.subject)
            person = event.participant if event else ""
        self.participant: Participant | None = state.participants.get(person)

    def written_since(self, version: int) -> bool:
        """Whether the event is of this version of the envelope or of a newer one: what an older one did not ask voids nothing of it."""
        written: int = self.body.get("v", SCHEMA_VERSION)
        return written >= version

    @property
    def day(self) -> str:
        """The calendar day on which it happened, where it happened."""
        if self.at != self.body["at"]:
            return local_date(self.at, self.body["offset"])
        day: str = self.body["day"]
        return day

    @property
    def brought_back(self) -> bool:
        """Whether it was done on a device, and the record takes it in now, or did: on the device itself nothing says yet by which rules it was judged."""
        return self.body["source"] != "online" and JUDGED in self.body

    def since(self, mark: Mapping[str, Any]) -> tuple[float, float]:
        """The fewest and the most seconds that may have passed since something (``at``; offline also ``source``, ``run``, ``ms``, ``early``, ``late``).

        Within one run of one device its counter says it exactly, whatever its clock says.
        """
        counter = counter_of(self.body) if self.body["source"] != "online" else None
        if counter is not None and mark.get("source") == self.body["source"]:
            if mark.get("run") == counter["run"]:
                passed = (counter["ms"] - mark["ms"]) / 1000
                return passed, passed
            # in order, as the chain of the device says; how long it was off in between nobody knows
            return 0.0, (moment(self.late) - moment(mark["early"])).total_seconds()
        first, last = mark.get("early") or mark["at"], mark.get("late") or mark["at"]
        at = moment(self.at)
        return (at - moment(last)).total_seconds(), (at - moment(first)).total_seconds()

    def moments(self) -> list[str]:
        """The bounds of what happened offline, and each moment between them from which something else is known to be true."""
        state, people = self.state, {self.body["actor"], *(one["signer"] for one in self.body["signatures"])}
        said = [one for kind in (self.participant.known.values() if self.participant else ()) for one in kind]
        for name in people & state.persons.keys():
            said += [one for kind in state.persons[name].known.values() for one in kind]
        place = state.sites.get(self.body["site"])
        said += [*(place.known if place else ()), *state.versions]
        midnight = midnights(self.early, self.late, self.body["offset"])
        return between((*(one.at for one in said if one.until is None), *midnight), self.early, self.late)

    def told(self, gate: str) -> Refusal | None:
        """What the command itself says to a gate that leaves the judgement to it (``says`` of its declaration)."""
        refusal: Refusal | None = self.command.says[gate](self)
        return refusal

    @property
    def regimen(self) -> Regimen | None:
        """The regimen under which the product was made; of a kit, what the regimens of all arms have in common."""
        return self.view.regimen_of(self.product) if self.view and self.product else None

    @property
    def course(self) -> Regimen | None:
        """The regimen whose number, spacing, steps and rules hold: that of the product, or the one in whose course it takes its turn."""
        return self.view.course_of(self.regimen) if self.view else None

    @property
    def rule(self) -> ProductRule | None:
        """The programme's own product, with its tests and limits."""
        return self.view.product.get(self.product.kind) if self.view and self.product else None


#: something that must already be so: a test, and what is missing where it fails
Need = tuple[Callable[[Context], object], str]
#: for a command that may happen at any stage of a life, a product or a study
AT_ANY_STAGE: tuple[Need, ...] = ()


class OpensSealed(Protocol):
    """What opens sealed things: called with a commitment, the seed of a list; :meth:`kit`, the content of a kit by its commitment."""

    def __call__(self, sealed: str, /) -> bytes:
        """The seed of a sealed list."""
        ...

    def kit(self, said: str, /) -> dict[str, str]:
        """The content of a kit."""
        ...


#: what a command leaves to the record: from the state, the subject, the data given, and what opens sealed things
Completion = Callable[[State, str, dict[str, Any], OpensSealed], dict[str, Any]]
#: how corrected data take the place of an earlier event's: state, participant, number of that event, the new data
Replacement = Callable[[State, Participant, int, dict[str, Any]], None]


class KeepsSecrets(Protocol):
    """What is asked of a vault."""

    def get(self, holder: str, field: str) -> Any:
        """A secret."""
        ...


#: whether what the hashes of an event stand for lies beside the log: from the folder of the record, its vault, and the data
HandedOver = Callable[[Path, KeepsSecrets | None, Mapping[str, Any]], bool]
#: since when what an event says is true, as far as it bears on doses; ``None``: it bears on none
Bearing = Callable[[Mapping[str, Any]], str | None]


def as_it_happened(body: Mapping[str, Any]) -> str | None:
    """It bears on every dose of its subject that was given after it happened."""
    at: str = body["at"]
    return at


def never(body: Mapping[str, Any]) -> str | None:
    """It bears on no dose."""
    return None


def nothing_stands_on_it(state: State, subject: str, seq: int) -> str:
    """It can be taken back whatever followed."""
    return ""


@dataclass(frozen=True, slots=True)
class WayBack:
    """How an entry is taken back that never happened.

    ``take``: from the state, the subject and the number of the entry; gives since when it had been true, where that permitted or
    forbade anything. ``blocked``: what stands on the entry and must go first, in words; empty where nothing does.
    """

    take: Callable[[State, str, int], str | None]
    blocked: Callable[[State, str, int], str] = nothing_stands_on_it


@dataclass(frozen=True, slots=True)
class CustodyWords:
    """How an event reads in the chain of custody of a product: in a word, and its particulars from the data.

    ``decides`` marks a decision on the product: its signatures stand under "Release" in the batch record.
    """

    word: str
    details: Callable[[Mapping[str, Any]], str] | None = None
    decides: bool = False


@dataclass(frozen=True, slots=True)
class CommandType:
    """The declaration of one command; the parameters are those of :func:`command`."""

    verb: str
    permission: str
    event: str
    subject: Subject
    data: type[Data]
    gates: tuple[str, ...]
    stage: tuple[Need, ...]
    withdrawal: Withdrawable | None
    hold: Holdable | None
    consent: Consented | None
    current_version: bool
    watched: bool
    reason: bool
    signature: str | None
    live: bool
    own_site: bool = True
    offline: bool = False
    custodian: bool = False
    by_record: bool = False
    keeps_refusal: bool = False
    everywhere: bool = False
    for_the_reader: bool = False
    completion: Completion | None = None
    #: what the completion fills in and nobody is asked for; and what is asked for and may be left to it
    gives: frozenset[str] = frozenset()
    fills: frozenset[str] = frozenset()
    replacement: Replacement | None = None
    custody: CustodyWords | None = None
    bears: Bearing = as_it_happened
    way_back: WayBack | None = None
    at_closed_site: bool = False
    voids_locks: bool = False
    texts_of_study: bool = False
    erases: bool = False
    of_its_time: bool = False
    handed_over: HandedOver | None = None
    draws: bool = False
    signed_at_any_site: bool = False
    names_event: bool = False
    on_the_spot: frozenset[str] = frozenset()
    #: where in the data texts may stand that are kept apart; ``None``: nowhere
    texts: TextPlace | None = None
    summary: str = ""
    #: the fields that name members of staff
    staff: tuple[str, ...] = ()
    says: Mapping[str, Any] = field(default_factory=dict)


#: every command by verb
COMMANDS: dict[str, CommandType] = {}
#: every command by the event that it appends
BY_EVENT: dict[str, CommandType] = {}


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition that the record enforces: its name, what it holds to, what to do where it says no, and the function.

    ``says`` is what a command that passes it must tell it, in words; empty where it asks nothing.
    """

    name: str
    text: str
    mend: str
    function: Callable[[Context], Refusal | None]
    says: str = ""


#: every gate by name
GATES: dict[str, Gate] = {}

D = TypeVar("D", bound=type[Data])


def command(
    verb: str,
    event: str,
    *,
    subject: Subject,
    stage: tuple[Need, ...],
    withdrawal: Withdrawable | None,
    hold: Holdable | None,
    consent: Consented | None,
    current_version: bool,
    watched: bool,
    reason: bool,
    signature: str | None,
    live: bool,
    gates: tuple[str, ...],
    permission: str | None = None,
    base: tuple[str, ...] = BASE,
    own_site: bool = True,
    offline: bool = False,
    custodian: bool = False,
    by_record: bool = False,
    keeps_refusal: bool = False,
    everywhere: bool = False,
    for_the_reader: bool = False,
    completion: Completion | None = None,
    gives: Iterable[str] = (),
    fills: Iterable[str] = (),
    replacement: Replacement | None = None,
    custody: CustodyWords | None = None,
    bears: Bearing = as_it_happened,
    way_back: WayBack | None = None,
    at_closed_site: bool = False,
    when_locked: Literal["refused", "voids"] | None = None,
    texts_of_study: bool = False,
    erases: bool = False,
    of_its_time: bool = False,
    handed_over: HandedOver | None = None,
    draws: bool = False,
    signed_at_any_site: bool = False,
    names_event: bool = False,
    on_the_spot: Iterable[str] = (),
    **says: Any,
) -> Callable[[D], D]:
    """Declare the class below as the data of a command.

    Parameters
    ----------
    verb, event
        What is done (``product.release``) and what has then happened (``product.released``).
    subject
        What kind of thing the command's subject is.
    stage
        What must already have happened, each with the words for what is missing; :data:`AT_ANY_STAGE` where nothing must.
    withdrawal
        What it is to somebody who withdraws (the programme says what each level blocks); ``None``: no level blocks it.
    hold
        Which holds stop it; ``None``: no hold does.
    consent
        ``in-force``: consent to the text in force is needed, and none that lapsed; ``data``: of whoever consented, a consent that still
        covers what is learnt of them; ``None``: it is done without, or before.
    current_version
        Whether the participant must have been brought to the version in force.
    watched
        Whether it may cross a stopping rule, so that the record looks at them after it.
    reason, signature
        Whether a reason is needed; the meaning of the signature that is needed, ``None``: it is done without.
    live
        Whether it happens at the moment it is recorded, so that a late entry is not possible.
    gates
        Further gates, by name, that ask nothing of the command; none is said as ``()``.
    permission
        What a role must be allowed; the verb, which no role has by itself, where nothing is said.
    base
        The gates of conduct that it passes; all of :data:`BASE` where nothing is said.
    own_site
        Whether it is done at the participant's own site only, as where nothing is said. A laboratory works for all sites.
    offline
        It may be done at a bedside without network.
    custodian
        The custodian of the record may do it, besides the roles that the programme names.
    by_record
        The record itself adds it as a consequence; no person may send it.
    keeps_refusal
        An attempt that was refused stays in the log.
    everywhere
        Its events go into every capsule, whomever that is for.
    for_the_reader
        Its event is kept for the reader and changes no projection.
    completion
        What only the record may give: the next number, the next place of a sealed sequence.
    gives, fills
        Fields that the completion fills in. What it gives nobody is asked for; what it fills somebody may know better, and is asked for and
        not needed.
    replacement
        How a correction takes the place of what was recorded; ``None``: it is not corrected by ``event.correct``.
    custody
        How it reads in the chain of custody of a product; ``None``: it is no link of it.
    bears
        Since when what it says is true, so that doses given later are called into question where it is entered after them; of the time
        at which it happened where nothing is said.
    way_back
        How an entry that never happened is taken back; ``None``: by another command, or not at all.
    at_closed_site
        Whether it is still done at a site that is closed, as harm, ends and follow-up are.
    when_locked
        What becomes of it where it would change locked data: it is ``refused``, or it goes in and ``voids`` the lock. Where nothing is said,
        whatever is about a participant or a container is refused; what is about the study, its staff and sites goes in.
    texts_of_study
        Whether its texts are kept under the key of the study although it is about a participant, as those of an erasure are.
    erases
        Whether it destroys keys or texts: every door does so as soon as it reads the event.
    of_its_time
        Whether it is judged under the version that was in force when it happened, also where it is recorded after an amendment: what is true of
        a person from then on, and what was done at a bed. Where nothing is said, under the version in force when it is recorded.
    handed_over
        Whether that lies beside the log which the hashes of its data stand for: a record with a folder takes no hash of what nobody has handed over.
    draws
        Whether the record opens something sealed to do it: then it is not prepared, and what would follow it is not tried, for either would tell.
    signed_at_any_site
        Whether who signs it beside the actor may hold their role at any site, where it is done for all of them at once.
    names_event
        It is about an earlier event, whose number somebody gives (``corrects``).
    on_the_spot
        The gates that are asked where and when it is done, on what is known there, and not again when a device brings it back: what has been
        learnt in between stands against what was done with it (the dose), and makes nothing undone that two people did.
    says
        What a gate asks of the commands that pass it, by the gate's name (``-`` written ``_``); the command passes the gate.

    Raises
    ------
    ValueError
        Where a verb or event is declared twice, a gate is not known, a gate is not told what it asks, or a field that holds a text does not
        say what kind of text.
    """
    asked = {name.replace("_", "-"): value for name, value in says.items()}
    if completion is None and (gives or fills):
        raise ValueError(f"{verb}: nothing completes it, so that nothing is given")
    implied = [
        *(["stage"] if stage else []),
        *(["withdrawal"] if withdrawal else []),
        *([CONSENT_GATES[consent]] if consent else []),
        *gates,
        *(["hold"] if hold else []),
        *asked,
    ]
    passed = (*base, *dict.fromkeys(implied))
    if not set(on_the_spot := tuple(on_the_spot)) <= set(passed):
        raise ValueError(f"{verb}: what is asked on the spot is a gate that it passes")
    for name in passed:
        if name not in GATES:
            raise ValueError(f"{verb}: there is no gate {name!r}; declare it before the command")
        if bool(GATES[name].says) != (name in asked):
            raise ValueError(
                f"{verb}: the gate {name} asks {GATES[name].says or 'nothing'} of its commands;"
                f" {'nothing' if name not in asked else repr(asked[name])} is said"
            )

    def register(data: D) -> D:
        if verb in COMMANDS or event in BY_EVENT:
            raise ValueError(f"{verb} or {event} is declared twice")
        places = text_places(data)
        declared = CommandType(
            verb, permission or verb, event, subject, data, passed, stage, withdrawal, hold, consent, current_version, watched,
            reason, signature, live, own_site=own_site, offline=offline, custodian=custodian,
            by_record=by_record, keeps_refusal=keeps_refusal, everywhere=everywhere, for_the_reader=for_the_reader,
            completion=completion, gives=frozenset(gives), fills=frozenset(fills), replacement=replacement, custody=custody, bears=bears, way_back=way_back, at_closed_site=at_closed_site,
            voids_locks=(when_locked or ("refused" if subject in ("participant", "product") else "voids")) == "voids", says=asked,
            texts_of_study=texts_of_study, erases=erases, of_its_time=of_its_time, handed_over=handed_over, draws=draws, signed_at_any_site=signed_at_any_site, names_event=names_event, on_the_spot=frozenset(on_the_spot), texts=None if places.empty else places,
            staff=staff_fields(data), summary=(data.__doc__ or "").strip().split("\n")[0],
        )  # fmt: skip
        COMMANDS[verb] = declared
        BY_EVENT[event] = declared
        return data

    return register
