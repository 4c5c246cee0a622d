"""Doing: from a filled form to a command of the record, to the page on which it is signed, to its event.

A command that is signed is settled by the record before it is shown: the hash that the page shows is the hash that the keys sign. It waits in the
session without its texts, which are in the vault by then. A page that is sent twice bears the same idempotency key, and so is one event.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.http import HttpRequest

from proband.programme import Programme, bundled, load, locate
from proband.record import COMMANDS, Command, CommandType, Record, RecordError, Signature
from proband.record.declare.form import FieldFault, FormError, filled
from proband.record.errands import ERRANDS, Carried, carry_out, form_of, in_the_log
from proband.record.signatories import SignaturePrompt
from proband.registry.accounts import admit, key_of, without_account
from proband.registry.acting import is_done_here
from proband.registry.forms import typed
from proband.registry.passkey_offers import live_passkeys, passkey_here, read_assertion
from proband.registry.reading import NotShown

#: commands that wait for a signature in one session; the oldest goes
WAITING = 8
#: the command with which somebody is given a role, and under what its one-time password is told
GRANTS, ONE_TIME = "staff.grant", "one-time password"


@dataclass(frozen=True, slots=True)
class PresentSigner:
    """Somebody who signs at this screen: with a password of their own, or with the assertion of their passkey (JSON)."""

    person: str
    role: str
    password: str = ""
    assertion: str = ""


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
    """Whether the form itself is signed: what the log will hold of some errands is not known before they are done."""
    found = ERRANDS.get(declared.verb)
    return declared.signature is not None and found is not None and not found.foreseen


def command_of(
    declared: CommandType, posted: Mapping[str, str], actor: str, *, corrects: int | None = None, faults: Sequence[FieldFault] = ()
) -> Command:  # fmt: skip
    """The command that a form says; ``corrects`` is the event that it means, and ``faults`` what is wrong with that already.

    Raises
    ------
    FormError
        With everything that is wrong, each beside its field.
    """
    faults = list(faults)
    role, _, site = posted.get("as", "").partition("@")
    subject = posted.get("subject", "").strip()
    if not subject:
        faults.append(FieldFault("subject", "is missing", f"give the {declared.subject}", "missing"))
    seen = number_of(posted, "seen", faults)
    data: dict[str, Any] = {}
    try:
        data = filled(
            declared.verb,
            form_of(declared),
            typed(declared, posted),
            filled_in=declared.gives | declared.fills,
        )
    except FormError as error:
        faults += error.faults
    if faults:
        raise FormError(declared.verb, faults)
    return Command(
        declared.verb, subject, data, actor, role, site, at=posted.get("at", "").strip() or None,
        reason=posted.get("reason", "").strip() or None, key=posted.get("key", "").strip() or None, seen=seen, corrects=corrects,
    )  # fmt: skip


def number_of(posted: Mapping[str, str], name: str, faults: list[FieldFault]) -> int | None:
    """The number of an event that a form names, if it names one; what is no number is put among the faults."""
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


def settle(record: Record, command: Command, origin: str) -> tuple[Command, list[SignaturePrompt]]:
    """The command as it will stand, and what its signers are to sign: nothing is judged and nothing recorded yet.

    Whose signature it has already keeps what it says of itself: the challenge of a passkey stays the one that was shown. Its actor is asked
    where nobody was yet. ``origin`` is that of the page: a passkey answers at no other.

    Raises
    ------
    Refused, RecordError
        As :meth:`proband.record.record.Record.prompts`.
    """
    asked = command.signatures or [signature_of(record, command.actor, command.role, origin)]
    logged = in_the_log(record, command, bundle_that_ships)
    settled, prompts = record.prompts(replace(logged, signatures=list(asked)))
    if command.verb not in ERRANDS:
        return replace(settled), list(prompts)
    # what an errand takes in stays with it, with commitments for the texts that the log holds as they were typed; a field of the log that
    # has the same name and holds something else (a bundle, where the form names one) is not what was typed
    data = {
        name: settled.data[name] if name in logged.data and logged.data[name] == value else value
        for name, value in command.data.items()
    }
    return replace(settled, data=data), list(prompts)


def signature_of(record: Record, person: str, role: str, origin: str) -> Signature:
    """The signature that somebody can make at this address: by their passkey, or by the key under their password."""
    with record.reading() as state:
        # whoever has one signs with nothing less, whatever address the page is opened at
        passkey = passkey_here(state, person, origin) or next(iter(live_passkeys(state, person)), None)
        if passkey is not None:
            return Signature(person, role, "passkey", key=passkey.id)
        here = [
            key.id
            for key in state.keys.values()
            if key.holder == person
            and key.kind == "person"
            and key.until is None
            and key.kept == "this-machine"
        ]
    return Signature(person, role, "password", key=here[-1] if here else None)


def with_second(record: Record, command: Command, second: PresentSigner, origin: str) -> tuple[Command, bool]:
    """The command with a second person's signature prepared, and whether they still have to make it: a passkey must be asked, and so be known, first."""
    wanted = signature_of(record, second.person, second.role, origin)
    own, others = command.signatures[:1], command.signatures[1:]
    if wanted.method != "passkey":
        return replace(command, signatures=own), False
    kept = [
        one for one in others if (one.signer, one.role, one.key) == (second.person, second.role, wanted.key)
    ]
    return replace(command, signatures=[*own, *(kept or [wanted])]), not (kept and second.assertion)


def keep_waiting(request: HttpRequest, command: Command) -> None:
    """Let a settled command wait in the session of whoever is to sign it; it holds commitments and no texts."""
    waiting = dict(request.session.get("waiting", {}))
    waiting[command.key] = asdict(command)
    request.session["waiting"] = dict(list(waiting.items())[-WAITING:])


def waiting(request: HttpRequest, key: str) -> Command | None:
    """The command that waits under an idempotency key."""
    found = request.session.get("waiting", {}).get(key)
    return (
        Command(**found | {"signatures": [Signature(**one) for one in found["signatures"]]})
        if found
        else None
    )


def done_with(request: HttpRequest, key: str) -> None:
    """It waits no longer."""
    left = {name: one for name, one in request.session.get("waiting", {}).items() if name != key}
    request.session["waiting"] = left


def signatures(
    request: HttpRequest, record: Record, command: Command, signers: Sequence[PresentSigner]
) -> list[Signature]:
    """The signatures of the actor (the first of the signers) and of whoever signs beside them, each by what only that person has.

    Raises
    ------
    FormError
        Where a password is not that person's, or their passkey has not answered, beside its field. So many wrong passwords lock the account, as
        at the entrance.
    """
    made = []
    for field, one in zip(("password", *["second.password"] * len(signers)), signers, strict=False):
        prepared = next((kept for kept in command.signatures if kept.signer == one.person), None)
        if prepared is not None and prepared.method == "passkey":
            made.append(_by_passkey(field, prepared, one))
        else:
            made.append(_by_password(request, record, command, field, one))
    return made


def _by_passkey(field: str, prepared: Signature, signer: PresentSigner) -> Signature:
    assertion = read_assertion(signer.assertion)
    if assertion is None:
        raise _fault(field, f"the passkey of {signer.person} has not answered", "let it sign, on this page")
    return replace(prepared, value=assertion)


def _by_password(
    request: HttpRequest, record: Record, command: Command, field: str, signer: PresentSigner
) -> Signature:
    if not signer.password:
        # a key that was struck twice is no try: so many tries lock the account
        raise _fault(field, f"the password of {signer.person or 'the second person'} is missing", "type it")
    # the second person says who they are: the account of whoever has signed in is never asked in their place
    account = authenticate(request, username=signer.person, password=signer.password)
    if account is None:
        raise _fault(field, f"this is not the password of {signer.person or 'anybody'}", "type it again")
    if account.one_time:
        problem = f"{signer.person} has not chosen a password of their own"
        raise _fault(field, problem, "sign in once and choose one")
    # the first passkey of a registry is enrolled by somebody who has none
    if settings.PROBAND_PASSKEYS_REQUIRED and command.verb != "person.enrol":
        problem = f"{signer.person} has no passkey that answers at this address"
        raise _fault(field, problem, "make one on the page of your keys, and have a custodian enrol it")
    return Signature(
        signer.person, signer.role, "password", by=key_of(record, signer.person, signer.password)
    )


def _fault(field: str, problem: str, mend: str) -> FormError:
    return FormError("signature", [FieldFault(field, problem, mend)])
