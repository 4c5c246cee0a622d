"""Doing: from a filled form to a command of the record, to the page on which it is signed, to its event.

A command that is signed is settled by the record before it is shown: the hash that the page shows is the hash that the keys sign. It waits in the
session without its texts, which are in the vault by then. A page that is sent twice bears the same idempotency key, and so is one event.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.contrib.auth import authenticate
from django.http import HttpRequest

from proband.programme import Programme, bundled, load, locate
from proband.record import COMMANDS, Command, CommandType, Record, RecordError, Signature
from proband.record.declare.form import FieldFault, FormError, filled
from proband.record.errands import ERRANDS, Carried, carry_out, form_of
from proband.record.signatories import SignaturePrompt
from proband.registry.accounts import admit, key_of, without_account
from proband.registry.acting import is_done_here
from proband.registry.forms import typed
from proband.registry.reading import NotShown

#: commands that wait for a signature in one session; the oldest goes
WAITING = 8
#: the command with which somebody is given a role, and under what its one-time password is told
GRANTS, ONE_TIME = "staff.grant", "one-time password"


@dataclass(frozen=True, slots=True)
class SecondSigner:
    """A second person at the same screen, with a password of their own."""

    person: str
    role: str
    password: str


def done_here(verb: str) -> CommandType:
    """The command of a verb, if it is one that is done in a browser.

    Raises
    ------
    RecordError
        ``record.command.unknown``.
    NotShown
        ``registry.machine`` for one whose form names a file on the machine of the record.
    """
    declared = COMMANDS.get(verb)
    if declared is None or declared.by_record:
        raise RecordError("record.command.unknown", verb=verb[:64])
    if not is_done_here(declared):
        raise NotShown("registry.machine", verb=verb)
    return declared


def signed_at_once(declared: CommandType) -> bool:
    """Whether the form itself is signed: what an errand does beside the log cannot be settled before it is done."""
    return declared.signature is not None and declared.verb in ERRANDS


def command_of(declared: CommandType, posted: Mapping[str, str], actor: str) -> Command:
    """The command that a form says.

    Raises
    ------
    FormError
        With everything that is wrong, each beside its field.
    """
    faults: list[FieldFault] = []
    role, _, site = posted.get("as", "").partition("@")
    subject = posted.get("subject", "").strip()
    if not subject:
        faults.append(FieldFault("subject", "is missing", f"give the {declared.subject}", "missing"))
    corrects, seen = _number(posted, "corrects", faults), _number(posted, "seen", faults)
    data: dict[str, Any] = {}
    try:
        data = filled(
            declared.verb,
            form_of(declared),
            typed(declared, posted),
            completed=declared.completion is not None,
        )
    except FormError as error:
        faults += error.faults
    if faults:
        raise FormError(declared.verb, faults)
    return Command(
        declared.verb, subject, data, actor, role, site, at=posted.get("at", "").strip() or None,
        reason=posted.get("reason", "").strip() or None, key=posted.get("key", "").strip() or None, seen=seen, corrects=corrects,
    )  # fmt: skip


def _number(posted: Mapping[str, str], name: str, faults: list[FieldFault]) -> int | None:
    text = posted.get(name, "").strip()
    if text and not (text.isascii() and text.isdecimal() and len(text) < 16):
        faults.append(
            FieldFault(
                name,
                f"{text[:20]!r} is no number of an event",
                "give the number that stands beside the event",
            )
        )
        return None
    return int(text) if text else None


def bundle_that_ships(name: str) -> Programme:
    """A bundle that comes with Proband: a browser names no folder of the machine.

    Raises
    ------
    RecordError
        ``record.command.bundle`` for any other name.
    """
    if name not in bundled():
        raise RecordError("record.command.bundle", name=name)
    return load(locate(name))


def send(record: Record, command: Command) -> Carried:
    """Do it, by the function through which every door sends commands.

    Whoever is given a first role gets an account with it: its one-time password is told to whoever granted, and to nobody else.
    """
    carried = carry_out(record, command, bundle_that_ships)
    person = carried.receipt.body["subject"]
    if carried.receipt.body["command"] == GRANTS and person in without_account(record):
        return replace(carried, told={**carried.told, ONE_TIME: admit(record, person)})
    return carried


# waiting for a signature


def settle(record: Record, declared: CommandType, command: Command) -> tuple[Command, SignaturePrompt]:
    """The command as it will stand, and what its actor is to sign: nothing is judged and nothing recorded yet.

    Raises
    ------
    Refused, RecordError
        As :meth:`proband.record.record.Record.prompts`.
    """
    mine = Signature(command.actor, command.role, "password", key=_key_here(record, command.actor))
    settled, prompts = record.prompts(replace(command, signatures=[mine]))
    return settled, prompts[0]


def _key_here(record: Record, person: str) -> str | None:
    """The key of a person that lies on this machine, by what the log says of it: it is shown before any password opens it."""
    with record.reading() as state:
        own = [
            key
            for key in state.keys.values()
            if key.holder == person and key.kind == "person" and key.until is None
        ]
    here = [key.id for key in own if key.kept == "this-machine"]
    return here[-1] if here else None


def keep_waiting(request: HttpRequest, command: Command) -> None:
    """Let a settled command wait in the session of whoever is to sign it; it holds commitments and no texts."""
    waiting = dict(request.session.get("waiting", {}))
    waiting[command.key] = asdict(replace(command, signatures=[]))
    request.session["waiting"] = dict(list(waiting.items())[-WAITING:])


def waiting(request: HttpRequest, key: str) -> Command | None:
    """The command that waits under an idempotency key."""
    found = request.session.get("waiting", {}).get(key)
    return Command(**found) if found is not None else None


def done_with(request: HttpRequest, key: str) -> None:
    """It waits no longer."""
    left = {name: one for name, one in request.session.get("waiting", {}).items() if name != key}
    request.session["waiting"] = left


def signatures(
    request: HttpRequest,
    record: Record,
    actor: str,
    role: str,
    password: str,
    others: Sequence[SecondSigner] = (),
) -> list[Signature]:
    """The signatures of the actor and of whoever signs beside them, each with the key that their own password opens, now.

    Raises
    ------
    FormError
        Where a password is not that person's, beside its field. So many wrong ones lock the account, as at the entrance.
    """
    signers = [("password", SecondSigner(actor, role, password))]
    signers += [("second.password", one) for one in others]
    made = []
    for field, one in signers:
        # the second person says who they are: the account of whoever has signed in is never asked in their place
        account = authenticate(request, username=one.person, password=one.password)
        if account is None:
            fault = FieldFault(
                field, f"this is not the password of {one.person or 'anybody'}", "type it again"
            )
            raise FormError("signature", [fault])
        if account.one_time:
            fault = FieldFault(
                field, f"{one.person} has not chosen a password of their own", "sign in once and choose one"
            )
            raise FormError("signature", [fault])
        made.append(Signature(one.person, one.role, "password", by=key_of(record, one.person, one.password)))
    return made
