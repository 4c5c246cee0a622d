"""Verbs that begin a record and send commands to it: ``init``, ``append``, ``commands``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from proband.cli.output import JsonFlag, errors_as_text, print_json, print_table, say
from proband.cli.record.group import FOLDER, opened
from proband.cli.record.written import declared_as, lines_of, read_text, told_rehearsed, told_sent, usage_of
from proband.cli.verbs import verb
from proband.programme import load, locate
from proband.record import COMMANDS, CommandType, Record
from proband.record.declare.form import fields_of
from proband.record.enrolment import founding_anchor
from proband.record.errands import form_of
from proband.record.gates import GATES
from proband.record.standing import standing_words


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
    mirror: str | None = typer.Option(
        None,
        help="A second folder, best on another disk, or an address (https://…) that takes PUT requests: it gets every signed head.",
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
        bundle = load(locate(programme))
        record = Record.create(
            folder, study=study, programme=bundle, custodian=custodian, store=url, mirror=mirror
        )
        head = record.sign_head()
        anchor = founding_anchor(next(record.events()).body["data"])
        recovery = record.recovery.private_hex if record.recovery else ""
        words = standing_words(record.state)
        record.close()
        result = {
            "folder": str(folder),
            "study": study,
            "programme": bundle.hash,
            "version": bundle.version,
            "head": asdict(head) if head else None,
            "anchor": anchor,
            "recovery_key": recovery,
            "keys": words,
        }
        if as_json:
            print_json(result)
            return
        say(f"{folder}: study {study} under {bundle.id} {bundle.version} ({bundle.hash[:12]}).")
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


@verb("record append")
def append(
    folder: Path = FOLDER,
    commands: Path = typer.Argument(
        ..., help="A file of commands, one JSON object per line; - for standard input.", metavar="COMMANDS"
    ),
    dry_run: bool = typer.Option(False, "--dry-run", help="Judge every command, and record nothing."),
    as_json: bool = JsonFlag,
) -> None:
    """Send commands through the gates; stops at the first refusal, says why and ends with 3.

    A command is {"verb", "subject", "data", "actor", "role", "site", "reason", "key", "sign": [{"signer", "role", "method"}]}.

    Example: echo '{"verb":"participant.refer","subject":"S-1","actor":"dr-1","role":"investigator","site":"north"}' | proband record append ./sci -
    """
    with errors_as_text(as_json):
        entries = lines_of(read_text(commands))
        with opened(folder) as record:
            if dry_run:
                told_rehearsed(record, [command for _, _, command in entries], as_json)
            else:
                told_sent(record, entries, as_json)


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
        chosen = list(COMMANDS.values()) if verb is None else [declared_as(verb)]
        rows = [_row(one) for one in chosen]
        if as_json:
            print_json(rows if verb is None else rows[0])
        elif verb is None:
            print_table("", ["command", "permission", "reason", "signature", "what"],
                        [(r["verb"], r["permission"], "yes" if r["reason"] else "", r["signature"] or "", r["summary"]) for r in rows])  # fmt: skip
        else:
            _describe(chosen[0])


def _row(one: CommandType) -> dict[str, Any]:
    return {
        "verb": one.verb, "permission": one.permission, "event": one.event, "subject": one.subject, "reason": one.reason,
        "signature": one.signature, "before": [missing for _, missing in one.stage], "withdrawal": one.withdrawal, "hold": one.hold,
        "consent": one.consent, "current_version": one.current_version, "watched": one.watched, "gates": list(one.gates),
        "by_record": one.by_record, "custodian": one.custodian, "live": one.live, "offline": one.offline, "summary": one.summary,
        "data": one.data.model_json_schema(), "form": form_of(one).model_json_schema(),
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
        (field.name, "required" if field.required else "", field.meaning, field.kind) for field in fields_of(form_of(one))
    ])  # fmt: skip
    if not one.by_record:
        say(f"  Form: proband record do RECORD {one.verb} SUBJECT {usage_of(one)}")
    print_table("Gates", ["gate", "holds"], [(name, GATES[name].text) for name in one.gates])
