"""Verbs that begin a record and send commands to it: ``init``, ``append``, ``commands``."""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from proband.cli.output import JsonFlag, errors_as_text, print_json, print_table, say
from proband.cli.record.group import FOLDER, opened
from proband.cli.verbs import verb
from proband.programme import load, locate
from proband.record import COMMANDS, Command, CommandType, Record, RecordError, Signature, view_of
from proband.record.batch import BatchOutcome, send
from proband.record.declare.form import fields_of
from proband.record.enrolment import founding_anchor
from proband.record.gates import GATES
from proband.record.standing import standing_words
from proband.terms import ProbandError


@verb("record init")
def init(
    folder: Path = FOLDER,
    study: str = typer.Option(..., help="Identifier of the study."),
    programme: str = typer.Option(
        ..., help="Folder of a bundle, or the name of one that comes with Proband."
    ),
    custodian: str = typer.Option(..., help="Who opens sites and grants roles."),
    url: str | None = typer.Option(
        None, help="PostgreSQL URL of the application role; without it SQLite in the folder."
    ),
    owner_url: str | None = typer.Option(
        None, help="PostgreSQL URL of the owner: creates schema, triggers and application role first."
    ),
    mirror: Path | None = typer.Option(
        None, help="A second folder, best on another disk, that gets every signed head."
    ),
    as_json: bool = JsonFlag,
) -> None:
    """Create a record: keys, vault, log, and the first event, which adopts the programme.

    Example: proband record init ./sci --study SCI-1 --programme spinal-cord-autologous --custodian dm-1
    """
    with errors_as_text(as_json):
        if owner_url is not None:
            from proband.record.store.postgres import initialise

            initialise(owner_url)
        view = view_of(load(locate(programme)))
        record = Record.create(
            folder, study=study, programme=view, custodian=custodian, store=url, mirror=mirror
        )
        head = record.sign_head()
        anchor = founding_anchor(next(record.events()).body["data"])
        recovery = record.recovery.private_hex if record.recovery else ""
        words = standing_words(record.state)
        record.close()
        result = {
            "folder": str(folder),
            "study": study,
            "programme": view.hash,
            "version": view.version,
            "head": asdict(head) if head else None,
            "anchor": anchor,
            "recovery_key": recovery,
            "keys": words,
        }
        if as_json:
            print_json(result)
            return
        say(f"{folder}: study {study} under {view.id} {view.version} ({view.hash[:12]}).")
        say(words)
        say(
            f"Write down, and keep away from this machine: the anchor, by which anybody can verify the origin\n  {anchor}"
        )
        say(
            f"and, in a sealed envelope, the recovery key, which can only enrol a new custodian. It is shown once.\n  {recovery}"
        )
        say(
            f"Keep a copy of {folder / 'keys'} and {folder / 'keyring.db'} elsewhere: proband record keys {folder} TARGET"
        )


def _command(entry: dict[str, Any]) -> Command:
    if not isinstance(entry, dict) or not isinstance(entry.get("sign", []), list):
        raise RecordError("record.command.form", unknown=[])
    known = {
        "verb",
        "subject",
        "data",
        "actor",
        "role",
        "site",
        "at",
        "offset",
        "reason",
        "key",
        "seen",
        "corrects",
        "sign",
    }
    unknown = sorted(entry.keys() - known)
    if unknown or not {"verb", "subject", "actor", "role", "site"} <= entry.keys():
        raise RecordError("record.command.form", unknown=unknown)
    try:
        signatures = [
            Signature(str(one["signer"]), str(one["role"]), str(one.get("method", "password")))
            for one in entry.get("sign", [])
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise RecordError("record.command.form", unknown=[]) from error
    fields = {name: value for name, value in entry.items() if name != "sign" and value is not None}
    return Command(**fields, signatures=signatures)


@verb("record append")
def append(
    folder: Path = FOLDER,
    commands: Path = typer.Argument(
        ..., help="A file of commands, one JSON object per line; - for standard input.", metavar="COMMANDS"
    ),
    as_json: bool = JsonFlag,
) -> None:
    """Send commands through the gates; stops at the first refusal, says why and ends with 3.

    A command is {"verb", "subject", "data", "actor", "role", "site", "reason", "key", "sign": [{"signer", "role", "method"}]}.

    Example: echo '{"verb":"participant.refer","subject":"S-1","actor":"dr-1","role":"investigator","site":"north"}' | proband record append ./sci -
    """
    with errors_as_text(as_json):
        text = sys.stdin.read() if str(commands) == "-" else _read(commands)
        with opened(folder) as record:
            sent = send(record, _entries(text))
        receipts = [
            {"seq": one.seq, "event": one.body["event"], "subject": one.body["subject"], "repeated": one.repeated,
             "consequences": list(one.consequences)} for one in sent.receipts
        ]  # fmt: skip
        for note in record.notes:
            typer.echo(f"stored, but: {note}", err=True)
        if sent.error is not None:
            raise _stopped(sent, receipts)
        if as_json:
            print_json(receipts)
            return
        print_table("", ["event", "what", "subject", "done before", "led to"],
                    [(r["seq"], r["event"], r["subject"], "yes" if r["repeated"] else "", r["consequences"] or "") for r in receipts])  # fmt: skip


def _entries(text: str) -> Iterator[tuple[int, dict[str, Any], Command]]:
    """Every command of a file with its line: what is no command ends the batch like what is refused."""
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except ValueError as error:
            raise RecordError("record.command.json", line=number, error=str(error)) from error
        yield number, entry, _command(entry)


def _stopped(sent: BatchOutcome, receipts: list[dict[str, Any]]) -> ProbandError:
    """The refusal that ended a batch, with what is stored all the same; alone, where it was the only command."""
    error = sent.error
    assert error is not None  # noqa: S101 - asked by the caller
    if not receipts:
        return error
    stopped = RecordError(
        "record.command.stopped", line=sent.stopped_at, problem=error.message, stored=len(receipts),
        events=[str(one["seq"]) for one in receipts], correction=error.mend,
        details={**error.details, "code": error.code, "line": sent.stopped_at, "stored": receipts},
    )  # fmt: skip
    stopped.exit_code = error.exit_code
    return stopped


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecordError("record.command.file", path=path, error=str(error)) from error


@verb("record commands")
def commands(
    verb: str | None = typer.Argument(
        None, help="One command, with the form of its data and every gate that it passes.", metavar="[VERB]"
    ),
    as_json: bool = JsonFlag,
) -> None:
    """List every command: permission, event, whether it needs a reason or a signature, and its gates.

    Example: proband record commands product.release
    """
    with errors_as_text(as_json):
        chosen = list(COMMANDS.values()) if verb is None else [_declared(verb)]
        rows = [_row(one) for one in chosen]
        if as_json:
            print_json(rows if verb is None else rows[0])
        elif verb is None:
            print_table("", ["command", "permission", "reason", "signature", "what"],
                        [(r["verb"], r["permission"], "yes" if r["reason"] else "", r["signature"] or "", r["summary"]) for r in rows])  # fmt: skip
        else:
            _describe(chosen[0])


def _declared(verb: str) -> CommandType:
    if verb not in COMMANDS:
        near = difflib.get_close_matches(verb, COMMANDS, n=3)
        raise RecordError("record.command.misspelt", verb=verb, near=near)
    return COMMANDS[verb]


def _row(one: CommandType) -> dict[str, Any]:
    return {
        "verb": one.verb, "permission": one.permission, "event": one.event, "subject": one.subject, "reason": one.reason,
        "signature": one.signature, "before": [missing for _, missing in one.stage], "withdrawal": one.withdrawal, "hold": one.hold,
        "consent": one.consent, "current_version": one.current_version, "watched": one.watched, "gates": list(one.gates),
        "by_record": one.by_record, "custodian": one.custodian, "live": one.live, "offline": one.offline, "summary": one.summary,
        "data": one.data.model_json_schema(),
    }  # fmt: skip


def _describe(one: CommandType) -> None:
    """One command as people read it: what, who, before, its fields, its gates."""
    say(f"{one.verb}: {one.summary}")
    say(f"  Who: {'the record itself' if one.by_record else f'a role that may {one.permission}'}"
        + (", and the custodian" if one.custodian else ""))  # fmt: skip
    needs = [
        *(["a reason"] if one.reason else []),
        *([f"the signature “{one.signature}”"] if one.signature else []),
    ]
    if needs:
        say(f"  Needs: {', '.join(needs)}")
    before = [missing for _, missing in one.stage]
    if before:
        say(f"  Before: {'; '.join(before)}")
    print_table("Data", ["field", "", "meaning", "kind"], [
        (field.name, "required" if field.required else "", field.meaning, field.kind) for field in fields_of(one.data)
    ])  # fmt: skip
    print_table("Gates", ["gate", "holds"], [(name, GATES[name].text) for name in one.gates])
