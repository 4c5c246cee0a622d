"""Verbs on records: ``proband record init``, ``append``, ``show``, ``rebuild``, ``export``, ``backup``, ``restore``, …"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import typer

from proband.cli.output import (
    NO,
    WRONG,
    JsonFlag,
    errors_as_text,
    note,
    print_json,
    print_table,
    progress,
    say,
)
from proband.programme import load, locate
from proband.record import (
    COMMANDS,
    Command,
    Record,
    RecordError,
    Signature,
    VerifyReport,
    flow,
    recall,
    verify_record,
    view_of,
)
from proband.record.tables import TABLES

FOLDER = typer.Argument(..., help="Folder of the record.", metavar="RECORD")
ACTOR = typer.Option(..., "--actor", help="Who does it (a person of the record).")
ROLE = typer.Option("custodian", "--role", help="In which role.")
SITE = typer.Option("*", "--site", help="At which site; * for all (the custodian's).")

app = typer.Typer(
    name="record",
    help="Keep a record: an append-only log that its gates guard, and everything that can be read from it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@contextmanager
def _record(folder: Path) -> Iterator[Record]:
    record = Record.open(folder)
    try:
        yield record
    finally:
        record.close()


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
        with _record(folder) as record:
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


@app.command("show")
def show(
    folder: Path = FOLDER,
    what: str = typer.Argument(
        "flow", help=f"flow, visits, custody, events, or a table: {', '.join(TABLES)}."
    ),
    of: str | None = typer.Option(
        None, help="custody: the chain-of-identity identifier; events: the subject."
    ),
    product: str | None = typer.Option(None, help="custody: one container only."),
    on: str | None = typer.Option(None, help="visits: as of this day (YYYY-MM-DD); today without it."),
    as_json: bool = JsonFlag,
) -> None:
    """Show the flow of participants, a table, the visits due, the custody of a product, or the events of a subject.

    Example: proband record show ./sci visits --on 2026-06-01
    """
    with errors_as_text(as_json), _record(folder) as record:
        rows: list[dict[str, Any]]
        if what == "flow":
            counts = flow(record.state)
            if as_json:
                print_json(counts.as_dict())
                return
            print_table(
                "What happened to everybody", ["step", "people"], list(counts.steps.items()), numeric=[1]
            )
            print_table(
                "What became of those who consented",
                ["end", "people"],
                list(counts.ends.items()),
                numeric=[1],
            )
            return
        if what == "custody":
            from proband.record.custody import chain_of

            if of is None or of not in record.state.therapies:
                raise RecordError(
                    f"{of!r} is no therapy event of this record",
                    mend="name its identifier with --of",
                    code="record.show.custody",
                )
            rows = [link.as_dict() for link in chain_of(record, of, product=product)]
        elif what == "events":
            rows = [
                {"seq": event.seq, "at": body["at"], "event": body["event"], "subject": body["subject"], "actor": body["actor"], "role": body["role"],
                 "site": body["site"], "reason": body["reason"], "programme": body["programme"][:12], "hash": event.hash.hex()[:12]}
                for event in record.events() if (body := event.body) and of in (None, body["subject"])
            ]  # fmt: skip
        else:
            from proband.record.projection import show as rows_of

            try:
                rows = rows_of(record.state, what, _day(on))
            except KeyError:
                raise RecordError(
                    f"there is no table {what!r}",
                    mend=f"one of flow, visits, custody, events, {', '.join(TABLES)}",
                    code="record.show.table",
                ) from None
        if as_json:
            print_json(rows)
            return
        columns = list(rows[0]) if rows else ["nothing"]
        print_table(
            "", columns, [["" if row[name] is None else row[name] for name in columns] for row in rows]
        )


def _day(text: str | None) -> date:
    try:
        return date.fromisoformat(text) if text else date.today()
    except ValueError:
        raise RecordError(f"{text!r} is no day", mend="write YYYY-MM-DD", code="record.show.day") from None


@app.command("rebuild")
def rebuild(folder: Path = FOLDER, as_json: bool = JsonFlag) -> None:
    """Rebuild every table from the log, compare with the running ones and the file, and replace the file.

    Ends with 1 where anything differed. Example: proband record rebuild ./sci
    """
    from proband.record.projection import rebuild as again

    with errors_as_text(as_json), _record(folder) as record:
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


@app.command("export")
def export(
    folder: Path = FOLDER,
    target: Path = typer.Argument(..., help="Folder for the Parquet files.", metavar="TARGET"),
    purpose: str = typer.Option(..., help="What the data are for; noted in the log."),
    actor: str = ACTOR,
    role: str = ROLE,
    site: str = SITE,
    as_json: bool = JsonFlag,
) -> None:
    """Write every table as Parquet, note the export in the log, and sign a head.

    Example: proband record export ./sci ./out --purpose "interim analysis" --actor dm-1
    """
    from proband.record.export import export as write

    with errors_as_text(as_json), _record(folder) as record:
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


@app.command("head")
def head(folder: Path = FOLDER, as_json: bool = JsonFlag) -> None:
    """Sign the head of the log now. Copy it to where the owner of the database cannot write.

    Example: proband record head ./sci --json
    """
    with errors_as_text(as_json), _record(folder) as record:
        signed = record.sign_head()
        assert signed is not None  # noqa: S101 - a record with a folder has a key
        if as_json:
            print_json(asdict(signed))
            return
        say(f"event {signed.seq} of {signed.study}: {signed.hash}")
        say(f"signed {signed.at} by {signed.key}: {signed.signature}")


@app.command("backup")
def backup(folder: Path = FOLDER, target: Path = typer.Argument(..., help="The backup file (.tar.gz).", metavar="FILE"),
           drill: bool = typer.Option(False, "--drill", help="Restore it into a scratch folder, verify, and compare."),
           as_json: bool = JsonFlag) -> None:  # fmt: skip
    """Write a signed backup: events, heads and ciphertexts, never a key. With --drill, show that it restores.

    Example: proband record backup ./sci ./sci-2026-11-22.tar.gz --drill
    """
    from proband.record.backup import backup as write
    from proband.record.backup import drill as rehearse

    with errors_as_text(as_json), _record(folder) as record:
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


@app.command("keys")
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


@app.command("restore")
def restore(
    file: Path = typer.Argument(..., help="A backup.", metavar="FILE"),
    folder: Path = typer.Argument(..., help="A new folder.", metavar="RECORD"),
    keys: Path = typer.Option(..., help="Folder of the current copy of the keys."),
    url: str | None = typer.Option(
        None, help="PostgreSQL URL of a prepared, empty database; without it SQLite."
    ),
    as_json: bool = JsonFlag,
) -> None:
    """Restore a backup into a new folder and verify it. Ends with 1 where it does not verify.

    Example: proband record restore ./sci-2026-11-22.tar.gz ./restored --keys /media/safe/sci-keys
    """
    from proband.record.backup import restore as read

    with errors_as_text(as_json):
        report = read(file, folder, keys=keys, store=url)
        if as_json:
            print_json(report.as_dict())
        else:
            say(str(report))
        if not report.ok:
            raise typer.Exit(NO)


@app.command("recall")
def recall_lot(
    folder: Path = FOLDER,
    lot: str = typer.Argument(..., help="Reagent lot.", metavar="LOT"),
    as_json: bool = JsonFlag,
) -> None:
    """From a reagent lot to the products that it touched and the people who got one.

    Example: proband record recall ./sci MEDIUM-202606
    """
    with errors_as_text(as_json), _record(folder) as record:
        rows = recall(record.state, lot)
        if as_json:
            print_json([row.as_dict() for row in rows])
            return
        given = {row.participant for row in rows if row.administered_at}
        print_table(f"lot {lot}: {len(rows)} products, {len(given)} people were given one", ["product", "participant", "number", "status", "given", "place"],
                    [(row.product, row.participant, row.number, row.status, row.administered_at, row.place) for row in rows])  # fmt: skip


@app.command("batch-record")
def batch_record(
    folder: Path = FOLDER,
    product: str = typer.Argument(..., help="Container.", metavar="PRODUCT"),
    target: Path = typer.Option(Path("."), "--out", help="Folder for the HTML and PDF."),
    as_json: bool = JsonFlag,
) -> None:
    """Write the batch record of a product as HTML and PDF. Ends with 1 where it is not complete.

    Example: proband record batch-record ./sci B01-1-a --out ./papers
    """
    from proband.record.batch_record import as_html, as_pdf
    from proband.record.batch_record import batch_record as collect

    with errors_as_text(as_json), _record(folder) as record:
        batch = collect(record, product)
        target.mkdir(parents=True, exist_ok=True)
        html, pdf = target / f"batch-record-{product}.html", target / f"batch-record-{product}.pdf"
        html.write_text(as_html(batch), encoding="utf-8")
        as_pdf(batch, pdf)
        if as_json:
            print_json(
                {"html": str(html), "pdf": str(pdf), "complete": batch.complete, "missing": batch.missing}
            )
        else:
            say(
                f"{html} and {pdf}"
                + ("" if batch.complete else f": NOT COMPLETE, {'; '.join(batch.missing)}")
            )
        if not batch.complete:
            raise typer.Exit(NO)


@app.command("labels")
def labels(
    folder: Path = FOLDER,
    product: str = typer.Argument(..., help="Container.", metavar="PRODUCT"),
    target: Path | None = typer.Option(None, "--out", help="Write a sheet of its labels as PDF."),
    as_json: bool = JsonFlag,
) -> None:
    """The balance of a container's labels, and a sheet to print. Ends with 1 while a label is unaccounted for.

    Example: proband record labels ./sci B01-1-a --out labels.pdf
    """
    from proband.record.labels import balance, sheet

    with errors_as_text(as_json), _record(folder) as record:
        made = record.state.products.get(product)
        if made is None:
            raise RecordError(
                f"there is no product {product}",
                mend="name a container of this record",
                code="record.labels.unknown",
            )
        count = balance(record.state, product)
        if target is not None:
            sheet([record.state.labels[name] for name in made.labels], target, notes=[record.study])
        if as_json:
            print_json({**asdict(count), "unaccounted": count.open, "pdf": str(target) if target else None})
        else:
            say(
                f"{product}: printed {count.printed} = applied {count.applied} + spoiled {count.spoiled} + destroyed {count.destroyed} + unaccounted for {count.open}"
            )
        if count.open:
            raise typer.Exit(NO)


@app.command("erase")
def erase(
    folder: Path = FOLDER,
    participant: str = typer.Argument(..., help="Whose personal data.", metavar="PARTICIPANT"),
    actor: str = ACTOR,
    reason: str = typer.Option(..., help="Why; goes into the log."),
    basis: str = typer.Option(..., help="Legal basis, in words."),
    yes: bool = typer.Option(False, "--yes", help="Do not ask. This cannot be undone."),
    as_json: bool = JsonFlag,
) -> None:
    """Erase a person's data by destroying their key. The chain of pseudonyms stays whole and still verifies.

    Example: proband record erase ./sci S-0007 --actor dm-1 --reason "asked in writing" --basis "GDPR art. 17"
    """
    with errors_as_text(as_json), _record(folder) as record:
        if not yes and not typer.confirm(f"Destroy the key of {participant} for good?", err=True):
            raise typer.Exit(WRONG)
        command = Command("participant.erase", participant, {"legal_basis": basis}, actor=actor, role="custodian", site="*", reason=reason,
                          signatures=[Signature(actor, "custodian")])  # fmt: skip
        receipt = record.erase(command)
        if as_json:
            print_json({"participant": participant, "event": receipt.seq})
        else:
            say(
                f"{participant}: erased with event {receipt.seq}. Bring the copy of the keys up to date: proband record keys {folder} TARGET"
            )


@app.command("verify")
def verify(
    record: str = typer.Argument(
        ..., help="A record's folder, an SQLite log, or a PostgreSQL URL.", metavar="RECORD"
    ),
    heads: Path | None = typer.Option(
        None, help="A further copy of the signed heads (second site, inspector)."
    ),
    trusted: Path | None = typer.Option(None, help='Public keys that are trusted, as {"keys": ["<hex>"]}.'),
    study: str | None = typer.Option(None, help="Which study, where there are several."),
    rules: bool = typer.Option(True, "--rules/--no-rules", help="Judge every event by its gates again."),
    as_json: bool = JsonFlag,
) -> None:
    """Verify chain, signed heads and rules, and say at which event it does not hold. Ends with 1 where it does not.

    Example: proband record verify ./sci --heads /media/second-site/SCI-1.jsonl
    """
    with errors_as_text(as_json):
        _report(verify_record(record, heads, study=study, trusted=trusted, rules=rules), as_json)


def verify_target(target: str, *, heads: Path | None = None, as_json: bool = False) -> None:
    """Verify a record and print the report: what ``proband verify`` does with one.

    Parameters
    ----------
    target
        A record's folder, an SQLite log (a path, or ``sqlite:PATH``), or a PostgreSQL URL.
    heads
        A file of signed heads, or a folder that holds ``<study>.jsonl`` (and, for a bare log, ``trusted.json``).
    as_json
        Print the report as JSON.

    Raises
    ------
    typer.Exit
        With 1 where the record does not verify.
    """
    place = target.removeprefix("sqlite:")
    file = heads
    if heads is not None and heads.is_dir():
        found = sorted(heads.glob("*.jsonl"))
        if len(found) != 1:
            raise RecordError(
                f"{heads} holds {len(found)} files of heads",
                mend="name one file with --heads",
                code="record.verify.heads",
            )
        file = found[0]
    _report(verify_record(place, file), as_json)


def _report(report: VerifyReport, as_json: bool) -> None:
    if as_json:
        print_json(report.as_dict())
    else:
        say(str(report), style=None if report.ok else "bold red")
        for finding in report.findings[:50]:
            say(f"  {'' if finding.seq is None else f'event {finding.seq}: '}{finding.message}")
    if not report.ok:
        raise typer.Exit(NO)


@app.command("demo")
def demo(
    folder: Path | None = typer.Argument(
        None, help="A new folder for the record; a temporary one without it.", metavar="[FOLDER]"
    ),
    as_json: bool = JsonFlag,
) -> None:
    """Play twelve simulated people of the spinal-cord programme from referral to year two, and verify the record.

    Example: proband record demo ./demo-record
    """
    from proband.showcase.hospital import run

    with errors_as_text(as_json):
        place = folder or Path(tempfile.mkdtemp(prefix="proband-record-"))
        with progress("Playing twelve lives", 900, quiet=as_json) as advance:
            result = run(place, progress=lambda _: advance(1))
        if as_json:
            print_json(result.as_dict())
        else:
            note(result.notice)
            for line in result.happenings:
                say(line)
            steps = result.flow.steps
            print_table("Flow", list(steps), [list(steps.values())])
            print_table("What became of them", list(result.flow.ends), [list(result.flow.ends.values())])
            print_table(f"Custody of {result.product} ({result.coi})", ["event", "at", "what", "container", "site", "by", "details"],
                        [(x.seq, x.at[:16], x.what, x.container, x.site, x.actor, x.details) for x in result.custody])  # fmt: skip
            say(
                f"Labels: {result.labels.printed} printed, {result.labels.open} unaccounted for. Batch record: {result.batch_record_pdf}"
            )
            say(f"verify: {result.verify}")
        if not result.verify.ok:
            raise typer.Exit(NO)


def register(parent: typer.Typer) -> None:
    """Add the verbs to the command line."""
    parent.add_typer(app, name="record")
