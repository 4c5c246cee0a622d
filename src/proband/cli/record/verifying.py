"""Verbs that check a record: ``verify``, and what the general ``proband verify`` does with one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from proband.cli.output import NO, JsonFlag, errors_as_text, print_json, say
from proband.cli.verbs import verb

if TYPE_CHECKING:
    from proband.record import VerifyReport


@verb("record verify")
def verify(
    record: str = typer.Argument(
        ..., help="A record's folder, an SQLite log, or a PostgreSQL URL.", metavar="RECORD"
    ),
    heads: Path | None = typer.Option(
        None, help="A further copy of the signed heads (second site, inspector)."
    ),
    trusted: Path | None = typer.Option(None, help='Public keys that are trusted, as {"keys": ["<hex>"]}.'),
    study: str | None = typer.Option(None, help="Which study, where there are several."),
    anchor: list[str] = typer.Option(
        [], help="Fingerprint of the founding keys, as init printed it; kept outside it proves the origin."
    ),
    sealed_list: str | None = typer.Option(
        None,
        "--list",
        help="The sealed list, as a file, or vault for the record's own: every place and dose is held against its arm.",
    ),
    rules: bool = typer.Option(True, "--rules/--no-rules", help="Judge every event by its gates again."),
    as_json: bool = JsonFlag,
) -> None:
    """Verify chain, signed heads, seals, signatures and rules, and say at which event it does not hold. Ends with 1 where it does not.

    Example: proband record verify ./sci --heads /media/second-site/SCI-1.jsonl
    """
    from proband.record import verify_record

    with errors_as_text(as_json):
        _report(
            verify_record(
                record,
                heads,
                study=study,
                trusted=trusted,
                rules=rules,
                anchors=anchor,
                sealed_list=sealed_list,
            ),
            as_json,
        )


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
    from proband.record import RecordError, verify_record

    place = target.removeprefix("sqlite:")
    file = heads
    if heads is not None and heads.is_dir():
        found = sorted(heads.glob("*.jsonl"))
        if len(found) != 1:
            raise RecordError("record.verify.heads", folder=heads, files=len(found))
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
