"""Verbs that begin a record and send commands to it: ``init``, ``append``, ``commands``."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from proband.cli.output import JsonFlag, errors_as_text, print_json, print_table, say
from proband.cli.record.group import FOLDER, app, opened
from proband.programme import load, locate
from proband.record import COMMANDS, Command, Record, RecordError, Signature, view_of


@app.command("init")
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
        record = Record.create(folder, study=study, programme=view, custodian=custodian, store=url)
        head = record.sign_head()
        record.close()
        result = {
            "folder": str(folder),
            "study": study,
            "programme": view.hash,
            "version": view.version,
            "head": asdict(head) if head else None,
        }
        if as_json:
            print_json(result)
            return
        say(f"{folder}: study {study} under {view.id} {view.version} ({view.hash[:12]}).")
        say(
            f"Keep a copy of {folder / 'keys'} and {folder / 'keyring.db'} elsewhere: proband record keys {folder} TARGET"
        )


def _command(entry: dict[str, Any]) -> Command:
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
        raise RecordError(
            f"a command needs verb, subject, actor, role and site; {', '.join(unknown) or 'one of them'} is "
            + ("not known" if unknown else "missing"),
            mend="see proband record commands",
            code="record.command.form",
        )
    signatures = [
        Signature(str(one["signer"]), str(one["role"]), str(one.get("method", "password")))
        for one in entry.get("sign", [])
    ]
    fields = {name: value for name, value in entry.items() if name != "sign" and value is not None}
    return Command(**fields, signatures=signatures)


@app.command("append")
def append(
    folder: Path = FOLDER,
    commands: Path = typer.Argument(
        ..., help="A file of commands, one JSON object per line; - for standard input.", metavar="COMMANDS"
    ),
    as_json: bool = JsonFlag,
) -> None:
    """Send commands through the gates; stops at the first refusal and says why (exit code 3).

    A command is {"verb", "subject", "data", "actor", "role", "site", "reason", "key", "sign": [{"signer", "role", "method"}]}.

    Example: echo '{"verb":"participant.refer","subject":"S-1","actor":"dr-1","role":"investigator","site":"north"}' | proband record append ./sci -
    """
    with errors_as_text(as_json):
        text = sys.stdin.read() if str(commands) == "-" else _read(commands)
        receipts = []
        with opened(folder) as record:
            for number, line in enumerate(text.splitlines(), start=1):
                if not line.strip():
                    continue
                try:
                    entry = json.loads(line)
                except json.JSONDecodeError as error:
                    raise RecordError(
                        f"line {number} is no JSON: {error}",
                        mend="write one object per line",
                        code="record.command.form",
                    ) from error
                receipt = record.execute(_command(entry))
                receipts.append({"seq": receipt.seq, "event": receipt.body["event"], "subject": receipt.body["subject"],
                                 "repeated": receipt.repeated, "consequences": list(receipt.consequences)})  # fmt: skip
        if as_json:
            print_json(receipts)
            return
        print_table("", ["event", "what", "subject", "done before", "led to"],
                    [(r["seq"], r["event"], r["subject"], "yes" if r["repeated"] else "", r["consequences"] or "") for r in receipts])  # fmt: skip


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecordError(
            f"{path} cannot be read: {error}", mend="give a text file", code="record.command.file"
        ) from error


@app.command("commands")
def commands(as_json: bool = JsonFlag) -> None:
    """List every command: permission, event, whether it needs a reason or a signature, and its gates.

    Example: proband record commands --json
    """
    rows = [
        {"verb": one.verb, "permission": one.permission, "event": one.event, "subject": one.subject, "reason": one.reason,
         "signature": one.signature, "gates": list(one.gates), "by_record": one.by_record, "offline": one.offline, "summary": one.summary,
         "data": one.data.model_json_schema()}
        for one in COMMANDS.values()
    ]  # fmt: skip
    if as_json:
        print_json(rows)
        return
    print_table("", ["command", "permission", "reason", "signature", "what"],
                [(r["verb"], r["permission"], "yes" if r["reason"] else "", r["signature"] or "", r["summary"]) for r in rows])  # fmt: skip
