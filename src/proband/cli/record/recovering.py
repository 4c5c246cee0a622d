"""The verb that gives a record a custodian again whose keys are all gone: ``recover``."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import typer

from proband.cli.output import NO, JsonFlag, errors_as_text, print_json, say
from proband.cli.record.group import FOLDER, opened
from proband.cli.verbs import verb


@verb("record recover")
def recover(
    folder: Path = FOLDER,
    custodian: str = typer.Option(
        ..., "--custodian", help="Who is to be a custodian: somebody who treats nobody."
    ),
    reason: str = typer.Option(..., "--reason", help="Why; whoever reads the alarm reads it."),
    envelope: Path | None = typer.Option(
        None,
        "--envelope",
        help="A file with the recovery key, - for standard input; without it the key is asked for and not shown.",
    ),
    means: str = typer.Option(
        "password", "--means", help="How whoever holds the envelope has shown who they are."
    ),
    as_json: bool = JsonFlag,
) -> None:
    """Make a new custodian with the recovery key that init printed: first the alarm, seven days later the custodian. It can do nothing else.

    The first run raises the alarm and makes a key for the new custodian on this machine; a run before the time says how long it lasts; a run after it
    makes the custodian. As long as the alarm lasts any custodian stops it: proband record do RECORD recovery.refuse STUDY --actor … --reason …
    Ends with 1 while it waits, with 3 if a gate says no.

    Example: proband record recover ./sci --custodian dm-2 --reason "the only custodian has left" --envelope ./recovery-key.txt
    """
    from proband.record.heads import SigningKey
    from proband.record.recovering import recover as take_step

    with errors_as_text(as_json), opened(folder) as record:
        key = SigningKey.from_hex(_text(envelope))
        taken = take_step(record, custodian, key, reason=reason, method=means)
        if as_json:
            print_json(asdict(taken))
        elif taken.step == "alarm":
            say(
                f"Alarm, event {taken.seq}: {custodian} becomes a custodian after {taken.not_before}, unless a custodian refuses it."
            )
            say(
                f"Run this again then. To stop it: proband record do {folder} recovery.refuse {record.study} --actor CUSTODIAN --reason WHY"
            )
        elif taken.step == "waiting":
            say(f"The alarm lasts until {taken.not_before}; run this again then.")
        else:
            say(
                f"{custodian} is a custodian, event {taken.seq}. Revoke the keys that are lost: proband record do {folder} key.revoke KEY --cause lost"
            )
            say(
                "Once a record has had two custodians, two decide: where all keys were lost, recover a second one in the same way."
            )
        if taken.step != "done":
            raise typer.Exit(NO)


def _text(envelope: Path | None) -> str:
    from proband.record import RecordError

    if envelope is None:
        typed: str = typer.prompt("Recovery key", hide_input=True, err=True)
        return typed
    if str(envelope) == "-":
        return sys.stdin.read()
    try:
        return envelope.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecordError("record.command.file", path=envelope, error=str(error)) from error
