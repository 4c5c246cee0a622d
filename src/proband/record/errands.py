"""Errands: what a command does beside the log, so that no step of a programme needs a programmer.

Most commands are their event and nothing more. Some also move something that must not stand in the log: a seed, personal data, a capsule,
a bundle that is read. Such a command has an errand: a class of data of its own, which is the form that a person fills in, with what the log will hold of it
and what is done beside. Every door that takes commands sends them through :func:`carry_out`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeVar

import orjson
from pydantic import Field

from proband.record import confidential
from proband.record.capsule import issue, reconcile
from proband.record.commands import COMMANDS, Command, CommandType
from proband.record.declare.data import Data, Digest, Ref, Stamp, Words
from proband.record.declare.form import AskedField, FormError, faults_of, fields_of
from proband.record.errors import Conflict, RecordError
from proband.record.executing import Receipt
from proband.record.forecasts import hashes_of, keep
from proband.record.kept_bundle import handed_over
from proband.record.permissions import about_file, new_file, write_private
from proband.record.record import Record
from proband.terms import ProbandError
from proband.trial.allocation.lists import read_list
from proband.trial.allocation.stream import commitment, new_seed

if TYPE_CHECKING:  # a record that seals no forecast needs no numbers, one that adopts no version no bundle
    from proband.programme import Programme
    from proband.trial.forecast.document import SealedForecast

#: how a door opens a bundle of which it was told the folder or the name
OpenBundle = Callable[[str], "Programme"]


def no_bundle(name: str) -> Programme:
    """What opens bundles where no door does.

    Raises
    ------
    RecordError
        ``record.command.bundle``, always.
    """
    raise RecordError("record.command.bundle", name=name)


@dataclass(frozen=True, slots=True)
class Carried:
    """What came of a command: its receipt, and what is told to the one who sent it and to nobody else."""

    receipt: Receipt
    told: dict[str, Any] = field(default_factory=dict)


class Errand(Data):
    """What a person fills in for a command that does something beside the log."""

    #: whether what the log will hold is known before it is done, so that it can be shown, signed elsewhere, and done afterwards
    foreseen: ClassVar[bool] = True

    def command(self, record: Record, command: Command, bundle: OpenBundle = no_bundle) -> Command:
        """The command as the log will hold it; nothing is done yet."""
        return replace(command, data=self.model_dump(mode="json"))

    def carry_out(self, record: Record, command: Command, bundle: OpenBundle = no_bundle) -> Carried:
        """Do it: the event, and what is beside it."""
        return Carried(record.execute(self.command(record, command, bundle)))


ERRANDS: dict[str, type[Errand]] = {}
E = TypeVar("E", bound=type[Errand])


def errand(verb: str) -> Callable[[E], E]:
    """Declare the class below as the errand of a command."""

    def register(one: E) -> E:
        if verb not in COMMANDS or verb in ERRANDS:
            raise ValueError(f"{verb} is no command, or has two errands")
        ERRANDS[verb] = one
        return one

    return register


def form_of(declared: CommandType) -> type[Data]:
    """The class of data that a person fills in for a command: its errand's, or its own."""
    return ERRANDS.get(declared.verb, declared.data)


def asked_of(declared: CommandType) -> list[AskedField]:
    """The fields that a person is asked for, in the order of the form: what the record gives is not, and what it may fill in is not needed."""
    return [
        replace(one, required=False) if one.name in declared.fills else one
        for one in _fields(form_of(declared))
        if one.name not in declared.gives
    ]


@cache
def _fields(form: type[Data]) -> tuple[AskedField, ...]:
    return fields_of(form)


def errand_of(declared: CommandType, data: dict[str, Any]) -> Errand | None:
    """The errand of a command, filled in; ``None`` where it has none.

    What the log will hold of it is no form: who sends a hash, a list of fields or a view of a programme has handed nothing over.

    Raises
    ------
    FormError
        With every field of the errand that is not filled in as it asks.
    """
    form = ERRANDS.get(declared.verb)
    if form is None:
        return None
    faults = faults_of(form, data)
    if faults:
        raise FormError(declared.verb, faults)
    return form.model_validate(data)


def _errand(command: Command) -> Errand | None:
    declared = COMMANDS.get(command.verb) if isinstance(command.verb, str) else None
    return (
        errand_of(declared, command.data) if declared is not None and isinstance(command.data, dict) else None
    )


def carry_out(record: Record, command: Command, bundle: OpenBundle = no_bundle) -> Carried:
    """Do a command with everything that belongs to it.

    Parameters
    ----------
    record
        The open record.
    command
        The command, with the data of its form (:func:`form_of`).
    bundle
        How the door opens a bundle.

    Raises
    ------
    FormError, Refused, RecordError
        As :meth:`~proband.record.record.Record.execute`, and for a form that is not filled in.
    """
    found = _errand(command)
    if found is None:
        return Carried(record.execute(command))
    earlier = _done_before(record, command)
    # whoever sends it again sends what they sent: what the log holds of it takes the place of nothing
    return Carried(earlier) if earlier is not None else found.carry_out(record, replace(command), bundle)


def _done_before(record: Record, command: Command) -> Receipt | None:
    """The receipt of the same errand under the same key: it is not run twice, and tells nothing the second time.

    Raises
    ------
    Conflict
        ``record.conflict.key`` where the key was used for something else.
    """
    found = (
        record.store.by_key(record.study, command.key)
        if isinstance(command.key, str) and command.key
        else None
    )
    if found is None:
        return None
    body = found.body
    said = (command.verb, command.subject, command.actor, command.role, command.site)
    stands = (body["command"], body["subject"], body["actor"], body["role"], body["site"])
    if said != stands or not record.texts.agree(command.reason, body["reason"]):
        raise Conflict(
            "record.conflict.key", key=command.key, command=body["command"], subject=body["subject"]
        )
    return Receipt(found.seq, body, repeated=True)


def in_the_log(record: Record, command: Command, bundle: OpenBundle = no_bundle) -> Command:
    """The command as the log would hold it, for a rehearsal: nothing beside the log is done.

    Raises
    ------
    FormError
        For a form that is not filled in as it asks.
    RecordError
        ``record.command.rehearsal`` for what cannot be tried without being done.
    """
    found = _errand(command)
    return command if found is None else found.command(record, command, bundle)


@errand("allocation.seal")
class SealList(Errand):
    """Seal the list of the allocation: the plan is the programme's, the seed is drawn by the record, or handed over; its hash goes into the log.

    * ``list``: a list that was drawn elsewhere, as `proband allocation list` writes it; the record reads it, checks and hashes it
    * ``seed``: a seed that was drawn elsewhere, in hexadecimal digits; without list and seed the record draws one
    """

    foreseen: ClassVar[bool] = False
    list: Words | None = None
    seed: Digest | None = None

    def _seed(self, record: Record) -> bytes:
        record.catch_up()
        view = record.state.view
        if self.list is not None and view is not None:
            try:
                handed = read_list(Path(self.list).read_bytes(), self.list, view.plan)
            except (ProbandError, OSError) as error:
                raise RecordError("record.allocation.plan", problem=str(error)) from error
            if self.seed not in (None, handed.seed.hex()):
                raise RecordError(
                    "record.allocation.plan", problem="the list has another seed than the one that is named"
                )
            return handed.seed
        return bytes.fromhex(self.seed) if self.seed else new_seed()

    def command(self, record: Record, command: Command, bundle: OpenBundle = no_bundle) -> Command:
        """See :meth:`Errand.command`; a seed that is only tried is forgotten."""
        return replace(command, data={"commitment": commitment(self._seed(record))})

    def carry_out(self, record: Record, command: Command, bundle: OpenBundle = no_bundle) -> Carried:
        """The seed goes into the vault before its hash goes into the log."""
        receipt = confidential.seal_allocation(record, replace(command, data={}), seed=self._seed(record))
        data = receipt.body["data"]
        return Carried(receipt, {"commitment": data["commitment"], "plan": data["plan"]})


@errand("allocation.unblind")
class OpenAllocation(Errand):
    """Open one person's allocation: the log says who opened it and why; the arm is told to that person at once, and stands nowhere else.

    * ``urgency``: whether treatment depends on it now, or it was planned
    """

    urgency: Literal["emergency", "planned"]

    def carry_out(self, record: Record, command: Command, bundle: OpenBundle = no_bundle) -> Carried:
        """The event, then the arm."""
        arm = confidential.arm_of(record, command.subject)
        return Carried(record.execute(self.command(record, command, bundle)), {"arm": arm()})


@errand("allocation.read")
class ReadOfArms(Errand):
    """Read the arms of some people, or of all: who read them, and why, stands in the log before they are told.

    * ``participants``: whose; of everybody, where none is named
    """

    participants: list[Ref] = []

    def carry_out(self, record: Record, command: Command, bundle: OpenBundle = no_bundle) -> Carried:
        """The event, then the arms."""
        record.catch_up()
        arms = {name: confidential.arm_of(record, name) for name in self.participants}
        every = {} if arms else confidential.arms_of_all(record)
        receipt = record.execute(self.command(record, command, bundle))
        return Carried(receipt, {"arms": {name: arm() for name, arm in arms.items()} or every})


@errand("allocation.disclose")
class HandOutList(Errand):
    """Hand the sealed list out into a file that only its owner can read, once the study is locked.

    * ``out``: the new file that is written
    """

    out: Words

    def command(self, record: Record, command: Command, bundle: OpenBundle = no_bundle) -> Command:
        """See :meth:`Errand.command`."""
        return replace(command, data={})

    def carry_out(self, record: Record, command: Command, bundle: OpenBundle = no_bundle) -> Carried:
        """The event, then the file."""
        target = new_file(self.out)
        record.catch_up()
        told = confidential.list_of(record)
        receipt = record.execute(self.command(record, command, bundle))
        with about_file(target):
            write_private(target, orjson.dumps(told.as_dict(), option=orjson.OPT_INDENT_2))
        return Carried(receipt, {"file": str(target)})


@errand("kit.receive")
class KitIntoStock(Errand):
    """A kit comes into the stock: what is in it goes into the vault, and a commitment to it into the log.

    * ``arm``: the arm that it is of; it stands in no event, and nobody is told who does not keep the kits
    * ``expires_at``: until when it may be given
    * ``lots``: the lots that are printed on it; one that only the kits of one arm have would tell them apart, and does not belong here
    """

    foreseen: ClassVar[bool] = False
    arm: Ref
    expires_at: Stamp
    lots: list[Ref] = []

    def command(self, record: Record, command: Command, bundle: OpenBundle = no_bundle) -> Command:
        """See :meth:`Errand.command`; a content that is only tried is forgotten."""
        return replace(
            command, data={"commitment": new_seed().hex(), "expires_at": self.expires_at, "lots": self.lots}
        )

    def carry_out(self, record: Record, command: Command, bundle: OpenBundle = no_bundle) -> Carried:
        """The content goes into the vault before the commitment goes into the log."""
        return Carried(
            confidential.receive_kit(
                record, command, arm=self.arm, expires_at=self.expires_at, lots=self.lots
            )
        )


@errand("kit.open")
class ReadOfKits(Errand):
    """Read what is in kits, and for whom they are: who read it, and why, stands in the log before it is told.

    * ``kits``: which; all, where none is named
    """

    kits: list[Ref] = []

    def carry_out(self, record: Record, command: Command, bundle: OpenBundle = no_bundle) -> Carried:
        """The event, then the contents."""
        record.catch_up()
        contents = confidential.contents_of(record, self.kits)
        return Carried(record.execute(self.command(record, command, bundle)), {"kits": contents()})


@errand("personal.store")
class StoreOfPerson(Errand):
    """Put personal data into the vault, under the participant's own key; the log holds the names of the fields.

    * ``values``: each field with what is kept of it: values.name, values.telephone
    """

    values: Annotated[dict[Ref, Words], Field(min_length=1)]

    def command(self, record: Record, command: Command, bundle: OpenBundle = no_bundle) -> Command:
        """See :meth:`Errand.command`."""
        return replace(command, data={"fields": sorted(self.values)})

    def carry_out(self, record: Record, command: Command, bundle: OpenBundle = no_bundle) -> Carried:
        """The event, then the vault."""
        return Carried(confidential.store_personal(record, command, dict(self.values)))


@errand("personal.read")
class ReadOfPerson(Errand):
    """Read personal data from the vault; who read what, and why, stands in the log before it is shown.

    * ``fields``: the names of the fields that are read
    """

    fields: Annotated[list[Ref], Field(min_length=1)]

    def carry_out(self, record: Record, command: Command, bundle: OpenBundle = no_bundle) -> Carried:
        """The event, then what is kept."""
        return Carried(*confidential.read_personal(record, self.command(record, command, bundle)))


@errand("participant.erase")
class EraseOfPerson(Errand):
    """Erase a person's data: the event, then the destruction of the keys for good.

    * ``legal_basis``: on which ground, in words
    * ``scope``: ``texts`` erases contact data and free texts, at any time; ``all`` identity too, once no product of this person must be traced any more
    """

    legal_basis: Words
    scope: Literal["texts", "all"] = "all"

    def carry_out(self, record: Record, command: Command, bundle: OpenBundle = no_bundle) -> Carried:
        """The event, then the destruction of the keys."""
        return Carried(confidential.erase(record, self.command(record, command, bundle)))


@errand("programme.adopt")
class AdoptBundle(Errand):
    """Adopt an amended version of the programme, from its bundle; the record keeps it, and works out what differs. Participants are brought to it one by one.

    * ``bundle``: the folder of the bundle, or the name of one that comes with Proband
    * ``kind``: what the amendment is; the record works it out, and refuses another word for it
    * ``changes``: what changes, in words
    """

    bundle: Words
    kind: Literal["typo", "non-substantial", "substantial"] | None = None
    changes: Annotated[list[Words], Field(min_length=1)]

    def command(self, record: Record, command: Command, bundle: OpenBundle = no_bundle) -> Command:
        """See :meth:`Errand.command`."""
        record.catch_up()
        view, lines = handed_over(bundle(self.bundle))
        data = {
            "programme": view.model_dump(mode="json"),
            "bundle": lines,
            "amends": record.state.programme,
            "kind": self.kind,
            "changes": self.changes,
        }
        return replace(command, data=data)


@errand("capsule.issue")
class HandOutCapsule(Errand):
    """Hand out what a bedside needs offline, as a signed file for one device.

    * ``device``: the public key of the device
    * ``participants``: whom the device may treat
    * ``until``: until when
    * ``out``: the new file that is written for the device
    """

    device: Digest
    participants: Annotated[list[Ref], Field(min_length=1)]
    until: Stamp
    out: Words

    def command(self, record: Record, command: Command, bundle: OpenBundle = no_bundle) -> Command:
        """See :meth:`Errand.command`."""
        return replace(command, data=self.model_dump(mode="json", exclude={"out"}))

    def carry_out(self, record: Record, command: Command, bundle: OpenBundle = no_bundle) -> Carried:
        """The file is there before the event says that it was handed out, and is filled after it."""
        target = new_file(self.out)
        with about_file(target):
            write_private(target, b"")
        try:
            made = issue(record, self.command(record, command, bundle))
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        write_private(target, made.content)
        return Carried(made.receipt, {"file": str(target)})


@errand("capsule.return")
class TakeBackCapsule(Errand):
    """Take back what was done offline: every event is judged again, and what does not stand is kept as a conflict.

    * ``queue``: the file that the device has written
    """

    foreseen: ClassVar[bool] = False
    queue: Words

    def command(self, record: Record, command: Command, bundle: OpenBundle = no_bundle) -> Command:
        """What came back is judged by being taken back, and not before."""
        raise RecordError("record.command.rehearsal", verb=command.verb)

    def carry_out(self, record: Record, command: Command, bundle: OpenBundle = no_bundle) -> Carried:
        """Every event of the queue, then the return itself."""
        queue = Path(self.queue)
        with about_file(queue):
            content = queue.read_bytes()
        done = reconcile(record, content, command)
        return Carried(
            done.receipt,
            {"accepted": list(done.accepted), "conflicts": list(done.conflicts), "clock_ms": done.clock_ms},
        )


@errand("forecast.seal")
class SealOfForecast(Errand):
    """Seal a forecast: the record reads it, checks its signature, hashes it, and keeps it beside the log.

    * ``file``: the signed forecast, as `proband forecast seal` writes it
    """

    file: Words

    def _read(self, record: Record) -> tuple[bytes, SealedForecast]:
        from proband.trial.forecast.document import read_sealed

        try:
            told = Path(self.file).read_bytes()
        except OSError as error:
            raise RecordError("record.forecast.file", path=self.file, error=str(error)) from error
        sealed = read_sealed(told)
        record.catch_up()
        if sealed.document.programme_hash != record.state.programme:
            raise RecordError(
                "record.forecast.programme",
                forecast=sealed.document.programme_hash[:12],
                record=str(record.state.programme)[:12],
            )
        return told, sealed

    def command(self, record: Record, command: Command, bundle: OpenBundle = no_bundle) -> Command:
        """See :meth:`Errand.command`."""
        return replace(command, data=hashes_of(self._read(record)[1].document))

    def carry_out(self, record: Record, command: Command, bundle: OpenBundle = no_bundle) -> Carried:
        """What was read once is kept, then its hash goes into the log."""
        told, sealed = self._read(record)
        keep(record.folder, told, sealed.document)
        receipt = record.execute(replace(command, data=hashes_of(sealed.document)))
        return Carried(receipt, {"forecast": sealed.document.hash})
