"""Verbs for keys and devices that are elsewhere: ``identity``, ``key``, ``offer``, ``prompt``, ``sign``, ``offline-begin``, ``offline-do``, ``offline-return``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from proband.cli.output import JsonFlag, errors_as_text, print_json, say
from proband.cli.record.asking import Given
from proband.cli.record.doing import TYPED, FormVerb, composed
from proband.cli.record.group import FOLDER, opened
from proband.cli.record.written import documents_of, lines_of, read_text
from proband.cli.verbs import verb
from proband.record.errors import RecordError

_OUT = typer.Option(None, "--out", help="The new file that is written; without it, it is shown.")
_WARD = typer.Argument(..., help="The folder of the device.", metavar="WARD")
_KEYFILE = typer.Argument(..., help="The file of the private key.", metavar="KEYFILE")


@contextmanager
def _at(path: Path) -> Iterator[None]:
    """What the system says of a file, as an error of that file."""
    try:
        yield
    except OSError as error:
        raise RecordError("record.capsule.file", path=path, error=error.strerror or str(error)) from error


def _given(text: str, out: Path | None, as_json: bool, told: str) -> None:
    """Show a text, or write it into a new file that is its owner's alone."""
    if out is None:
        typer.echo(text)
        return
    from proband.record.permissions import open_private

    with _at(out), open_private(out, "xb") as file:
        file.write(text.encode() + b"\n")
    if as_json:
        print_json({"file": str(out)})
    else:
        say(f"{out}: {told}")


@verb("record identity")
def identity(folder: Path = FOLDER, out: Path | None = _OUT, as_json: bool = JsonFlag) -> None:
    """What others need to know of a record to offer it a key, or to trust its capsules: instance, anchor, keys of its doors. Nothing of it is secret.

    Example: proband record identity ./sci --out sci-identity.json
    """
    from proband.record.elsewhere import identity_of

    with errors_as_text(as_json), opened(folder) as record:
        _given(json.dumps(identity_of(record)), out, as_json, "who this record is")


@verb("record key")
def key(file: Path = _KEYFILE, out: Path | None = _OUT, as_json: bool = JsonFlag) -> None:
    """Make a private key of a person or a device in a new file, for its owner alone; PROBAND_KEY_PASSWORD encrypts it. Shows the public key.

    Example: proband record key ./ward/device.key --out device.json
    """
    from proband.record.heads import SigningKey
    from proband.record.personal_keys import password_of_keys

    with errors_as_text(as_json):
        made = SigningKey.generate()
        with _at(file):
            made.save(file, password=password_of_keys())
        # the field of capsule.issue has this name
        _given(json.dumps({"device": made.public.hex()}), out, as_json, f"the public key {made.id}")


@verb("record offer")
def offer(
    file: Path = _KEYFILE,
    of: Path = typer.Option(..., "--to", help="The identity of the record, as record identity writes it."),
    holder: str = typer.Option(..., "--holder", help="Who holds the key, by the name that the record uses."),
    name: str = typer.Option(..., "--name", help="The printed name of the holder."),
    out: Path | None = _OUT,
    as_json: bool = JsonFlag,
) -> None:
    """Offer a key to a record, with the proof that one holds it: the field `key` of staff.grant, person.enrol or device.enrol. The private key stays where it is.

    Example: proband record offer ./my.key --to sci-identity.json --holder dr-9 --name "Dr Example" --out offer.json
    """
    from proband.record.elsewhere import offer as offered
    from proband.record.elsewhere import read_identity
    from proband.record.heads import SigningKey
    from proband.record.personal_keys import password_of_keys

    with errors_as_text(as_json):
        private = SigningKey.load(file, password=password_of_keys())
        made = offered(read_identity(read_text(of)), holder, private, name=name)
        _given(json.dumps(made), out, as_json, f"the key {private.id} of {holder}")


@verb("record prompt")
def prompt(
    folder: Path = FOLDER,
    command: Path = typer.Argument(
        ..., help="A file with one command, one JSON object; - for standard input.", metavar="COMMAND"
    ),
    out: Path | None = _OUT,
    as_json: bool = JsonFlag,
) -> None:
    """Write what must be signed of a command where a signer's private key is elsewhere; nothing is judged and nothing is recorded.

    Each signer signs the file (record sign), then it is sent: record append RECORD FILE. It says what is signed; free texts stand in it as the
    commitments that the log will hold.

    Example: proband record prompt ./sci consent.json --out to-sign.json
    """
    from proband.record.elsewhere import prompt as prompted

    with errors_as_text(as_json):
        entries = list(lines_of(read_text(command)))
        if len(entries) != 1:
            raise RecordError("record.command.file", path=command, error="it does not hold one command")
        with opened(folder) as record:
            _given(json.dumps(prompted(record, entries[0][2])), out, as_json, "to be signed")


@verb("record sign")
def sign(
    file: Path = typer.Argument(
        ..., help="What record prompt wrote, or somebody has signed.", metavar="PROMPT"
    ),
    key: Path = typer.Option(..., "--key", help="The file of your private key."),
    out: Path | None = _OUT,
    yes: bool = typer.Option(False, "--yes", help="Do not ask."),
    as_json: bool = JsonFlag,
) -> None:
    """Sign a command with your own key, away from the record: shows what is signed, works its hash out anew, and asks.

    Example: proband record sign to-sign.json --key ./my.key --out signed.json
    """
    from proband.record.elsewhere import read_prompt, signed_elsewhere
    from proband.record.heads import SigningKey
    from proband.record.personal_keys import password_of_keys

    with errors_as_text(as_json):
        prompt = read_prompt(read_text(file))
        made = signed_elsewhere(prompt, SigningKey.load(key, password=password_of_keys()))
        if not yes:
            line = prompt["command"]
            shown = {
                name: line[name]
                for name in ("verb", "subject", "data", "actor", "site", "at", "reason")
                if line[name]
            }
            say(
                "\n".join(
                    f"  {name}: {json.dumps(value, ensure_ascii=False)}" for name, value in shown.items()
                )
            )
            typer.confirm("Sign this?", abort=True, err=True)
        _given(json.dumps(made), out, as_json, "signed")


@verb("record offline-begin")
def offline_begin(
    ward: Path = _WARD,
    capsule: Path = typer.Option(..., "--capsule", help="The file that capsule.issue wrote for this device."),
    of: Path = typer.Option(
        ..., "--of", help="The identity of the record, brought here by another way than the capsule."
    ),
    as_json: bool = JsonFlag,
) -> None:
    """Take a capsule in on its device, where its key was made (record key WARD/device.key); a capsule that no door of that record signed is refused.

    Example: proband record offline-begin ./ward --capsule cap-1.json --of sci-identity.json
    """
    from proband.record.elsewhere import read_identity
    from proband.record.ward import Ward

    with errors_as_text(as_json):
        with _at(capsule):
            content = capsule.read_bytes()
        name = Ward(ward).begin(content, read_identity(read_text(of)))
        if as_json:
            print_json({"capsule": name})
        else:
            say(f"{ward}: capsule {name} is open.")


@verb("record offline-do", cls=FormVerb)
def offline_do(
    context: typer.Context,
    ward: Path = _WARD,
    command: str = typer.Argument(..., help="What is done, as bedside.verify.", metavar="COMMAND"),
    subject: str = typer.Argument(..., help="To whom or what.", metavar="SUBJECT"),
    actor: str = typer.Option(..., "--actor", help="Who does it."),
    role: str | None = typer.Option(
        None, "--role", help="In which role; not needed by whoever has only one."
    ),
    site: str | None = typer.Option(
        None, "--site", help="At which site; not needed by whoever works at only one."
    ),
    offset: str | None = typer.Option(
        None, "--offset", help="Where the clock on the wall stood from UTC: +01:00."
    ),
    reason: str | None = typer.Option(None, "--reason", help="Why, where the command asks for it."),
    sign: list[str] = typer.Option(
        [], "--sign", help="Who signs besides the actor, as PERSON:ROLE; repeat it."
    ),
    keys: Path = typer.Option(..., "--keys", help="The folder with the private keys of those who work here."),
    means: str = typer.Option(
        "password", "--means", help="How those who sign have shown that they are who they are."
    ),
    source: Path | None = typer.Option(None, "--from", help="A file with the fields (YAML, JSON)."),
    as_json: bool = JsonFlag,
) -> None:
    """Do one command at a bed without network, by the gates of the record as far as the capsule knows; it is queued, signed by the device.

    Fields are given as in record do. Ends with 3 if a gate says no.

    Example: proband record offline-do ./ward bedside.verify B-1 --participant S-1 --wristband S-1 --bag B-1 --label L-1 --actor nurse-1 --sign nurse-2:bedside-nurse --keys ./keys
    """
    from proband.record.personal_keys import PersonalKeys
    from proband.record.unbroken import unbroken
    from proband.record.ward import Ward

    given = Given(command, subject, actor, role, site, None, offset, reason, None, None, None)
    typed: list[Any] = context.meta[TYPED]
    with errors_as_text(as_json), Ward(ward).at_work(PersonalKeys(keys)) as bedside:
        values = documents_of(source)[0] if source is not None else {}
        made = composed(bedside.state, given, typed, values, sign, means, None)
        with unbroken():
            body = bedside.execute(made)
        queued = len(bedside.queue)
    if as_json:
        print_json({"queued": queued, "event": body["event"], "subject": body["subject"], "at": body["at"]})
    else:
        say(f"queued as {queued} of this device: {body['event']} of {body['subject']}, {body['at']}")


@verb("record offline-return")
def offline_return(ward: Path = _WARD, out: Path = typer.Option(..., "--out", help="The new file with the queue."),
                   as_json: bool = JsonFlag) -> None:  # fmt: skip
    """Write the queue of a device as it goes back, with its clock and counter of now; hand it back at once: record do RECORD capsule.return CAPSULE --queue FILE.

    Example: proband record offline-return ./ward --out queue.json
    """
    from proband.record.ward import Ward

    with errors_as_text(as_json):
        _given(Ward(ward).hand_back().decode(), out, as_json, "the queue of this device")
