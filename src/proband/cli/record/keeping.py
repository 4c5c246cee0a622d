"""Verbs that keep a record safe: ``rebuild``, ``export``, ``head``, ``backup``, ``keys``, ``restore``, ``erase``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import typer

from proband.cli.output import NO, WRONG, JsonFlag, errors_as_text, print_json, say
from proband.cli.record.group import ACTOR, FOLDER, READER, READER_KEY, ROLE, SITE, opened, shown_to
from proband.cli.verbs import verb


@verb("record rebuild")
def rebuild(folder: Path = FOLDER, as_json: bool = JsonFlag) -> None:
    """Rebuild every table from the log, compare with the running ones and the file, and replace the file.

    Ends with 1 where anything differed.

    Example: proband record rebuild ./sci
    """
    from proband.record.projection import rebuild as again

    with errors_as_text(as_json), opened(folder) as record:
        report = again(record)
        if as_json:
            print_json({**asdict(report), "ok": report.ok})
        else:
            say(
                f"{report.events} events, {report.rows} rows: "
                + ("running tables and file agree with the log." if report.ok else "DIFFERENCES")
            )
            for key in [*report.running_differs, *report.file_differs][:50]:
                say(f"  {key}")
        if not report.ok:
            raise typer.Exit(NO)


@verb("record export")
def export(
    folder: Path = FOLDER,
    target: Path = typer.Argument(..., help="Folder for the Parquet files.", metavar="TARGET"),
    purpose: str = typer.Option(..., help="What the data are for; noted in the log."),
    actor: str = ACTOR,
    role: str = ROLE,
    site: str = SITE,
    person: str | None = READER,
    key: Path | None = READER_KEY,
    as_json: bool = JsonFlag,
) -> None:
    """Write every table as Parquet, note the export in the log, and sign a head. Ends with 3 if a gate says no.

    Where anybody is masked, or arms are drawn, whoever exports shows who they are (--as); tables are of every site, and for whoever works at all of them.

    Example: proband record export ./sci ./out --purpose "interim analysis" --actor dm-1
    """
    from proband.record import Command
    from proband.record.export import export as write

    with errors_as_text(as_json), opened(folder) as record:
        shown_to(record, person, key, "export", None, None, actor)
        manifest = write(
            record,
            target,
            Command("record.export", record.study, actor=actor, role=role, site=site),
            purpose=purpose,
        )
        if as_json:
            print_json(manifest)
            return
        say(
            f"{target}: {sum(manifest['rows'].values())} rows in {len(manifest['rows'])} tables as of event {manifest['events']}. {manifest['left_out']}."
        )


@verb("record head")
def head(folder: Path = FOLDER, as_json: bool = JsonFlag) -> None:
    """Sign the head of the log now. Copy it to where the owner of the database cannot write.

    Example: proband record head ./sci --json
    """
    with errors_as_text(as_json), opened(folder) as record:
        signed = record.sign_head()
        assert signed is not None  # noqa: S101 - a record with a folder has a key
        if as_json:
            print_json(asdict(signed))
            return
        say(f"event {signed.seq} of {signed.study}: {signed.hash}")
        say(f"signed {signed.at} by {signed.key}: {signed.signature}")


@verb("record backup")
def backup(folder: Path = FOLDER, target: Path = typer.Argument(..., help="The backup file (.tar.gz).", metavar="FILE"),
           drill: bool = typer.Option(False, "--drill", help="Restore it into a scratch folder, verify, and compare."),
           as_json: bool = JsonFlag) -> None:  # fmt: skip
    """Write a signed backup: events, heads and ciphertexts, never a key. With --drill, show that it restores.

    Ends with 1 where the drill fails.

    Example: proband record backup ./sci ./sci-2026-11-22.tar.gz --drill
    """
    from proband.record.backup import backup as write
    from proband.record.backup import drill as rehearse

    with errors_as_text(as_json), opened(folder) as record:
        made = write(record, target)
        shown = rehearse(record) if drill else None
        if as_json:
            print_json(
                {
                    "file": str(made.path),
                    "events": made.events,
                    "head": made.head,
                    "drill": None if shown is None else shown.ok,
                }
            )
        else:
            say(
                f"{made.path}: {made.events} events, head {made.head[:16]}. Keys are not in it: proband record keys {folder} TARGET"
            )
            if shown is not None:
                say(
                    "drill: restored, verified, same head, same tables."
                    if shown.ok
                    else f"drill FAILED: {shown.verified}"
                )
        if shown is not None and not shown.ok:
            raise typer.Exit(NO)


@verb("record keys")
def keys(
    folder: Path = FOLDER,
    target: Path = typer.Argument(..., help="Folder for the one current copy.", metavar="TARGET"),
    as_json: bool = JsonFlag,
) -> None:
    """Bring the one current copy of the keys up to date (after every erasure, and before every restore).

    Example: proband record keys ./sci /media/safe/sci-keys
    """
    from proband.record.backup import copy_keys

    with errors_as_text(as_json):
        copy_keys(folder, target)
        if as_json:
            print_json({"keys": str(target)})
        else:
            say(f"{target}: head key, master key and keyring are current. There must be no older copy.")


@verb("record restore")
def restore(
    file: Path = typer.Argument(..., help="A backup.", metavar="FILE"),
    folder: Path = typer.Argument(..., help="A new folder.", metavar="RECORD"),
    keys: Path = typer.Option(..., help="Folder of the current copy of the keys."),
    url: str | None = typer.Option(
        None, help="PostgreSQL URL of a prepared, empty database; without it SQLite."
    ),
    later: list[Path] = typer.Option(
        [],
        "--later",
        help="Heads of the record that lie elsewhere (mirror, second site): they say how many events the copy lacks.",
    ),
    as_json: bool = JsonFlag,
) -> None:
    """Restore a backup into a new folder and verify it. Ends with 1 where it does not verify.

    What was done after the backup is not in the copy: nobody is treated until it is settled what that was (record.settle).

    Example: proband record restore ./sci-2026-11-22.tar.gz ./restored --keys /media/safe/sci-keys
    """
    from proband.record.backup import restore as read

    with errors_as_text(as_json):
        report = read(file, folder, keys=keys, store=url, later=later)
        if as_json:
            print_json(report.as_dict())
        else:
            say(str(report))
            if report.ok:
                say(_what_it_lacks(report.events, report.as_of, report.lacking, asked=bool(later)))
        if not report.ok:
            raise typer.Exit(NO)


def _what_it_lacks(events: int, as_of: str, lacking: int, *, asked: bool) -> str:
    known = (
        f"{lacking} later events are known to be missing."
        if lacking
        else "No head that was given names a later event."
        if asked
        else "Whether anything was done after it is not known: a head that lies elsewhere (mirror, second site) says so, with --later."
    )
    return (
        f"This is the record as of event {events}, recorded at {as_of}. {known} Nobody is enrolled, collected from, released for or treated"
        " until it is settled what it lacks (proband record do RECORD record.settle STUDY --last N --lacking nothing --how …)."
    )


@verb("record erase")
def erase(
    folder: Path = FOLDER,
    participant: str = typer.Argument(..., help="Whose personal data.", metavar="PARTICIPANT"),
    actor: str = ACTOR,
    reason: str = typer.Option(..., help="Why; goes into the log."),
    basis: str = typer.Option(..., help="Legal basis, in words."),
    scope: str = typer.Option(
        "all",
        "--scope",
        help="texts: contact data and what people typed, at any time; all: identity too, once no product must be traced any more.",
    ),
    yes: bool = typer.Option(False, "--yes", help="Do not ask. This cannot be undone."),
    as_json: bool = JsonFlag,
) -> None:
    """Erase a person's data by destroying their keys. The chain of pseudonyms stays whole and still verifies.

    Identity is kept as long as the law wants a product of cells or genes traced to this person; the refusal says until when.
    Ends with 3 if a gate says no.

    Example: proband record erase ./sci S-0007 --actor dm-1 --reason "asked in writing" --basis "GDPR art. 17"
    """
    from proband.record import Command, Signature, confidential

    with errors_as_text(as_json), opened(folder) as record:
        if not yes and not typer.confirm(
            f"Destroy the {'keys' if scope == 'all' else 'key of the texts'} of {participant} for good?",
            err=True,
        ):
            raise typer.Exit(WRONG)
        command = Command("participant.erase", participant, {"legal_basis": basis, "scope": scope}, actor=actor, role="custodian", site="*", reason=reason,
                          signatures=[Signature(actor, "custodian")])  # fmt: skip
        receipt = confidential.erase(record, command)
        if as_json:
            print_json({"participant": participant, "event": receipt.seq, "scope": scope})
        else:
            say(
                f"{participant}: {'all' if scope == 'all' else 'contact data and texts'} erased with event {receipt.seq}. Bring the copy of the keys up to date: proband record keys {folder} TARGET"
            )
