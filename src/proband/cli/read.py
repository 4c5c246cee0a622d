"""The verb ``read``: what Proband understands of files of other systems, and what it does not."""

from __future__ import annotations

from pathlib import Path

import typer

from proband.cli.conditions import day_of
from proband.cli.output import NO, JsonFlag, errors_as_text, note, print_json, print_table, progress, say
from proband.cli.reading_notes import MAPPING_HELP, WHAT_IS_READ
from proband.cli.verbs import verb

_FILES_SHOWN = 25


@verb("read")
def read_verb(
    sources: list[Path] = typer.Argument(
        ...,
        help=f"{WHAT_IS_READ}.",
        metavar="SOURCE...",
    ),
    out: Path | None = typer.Option(
        None, "--out", help="Write the facts as a long table: observations.parquet or .csv."
    ),
    mapping: Path | None = typer.Option(None, "--mapping", help=MAPPING_HELP),
    ontology: Path | None = typer.Option(
        None, "--ontology", help="OBO graph (hp.json) to check terms against."
    ),
    as_of: str | None = typer.Option(
        None, "--as-of", help="Leave out facts dated after this day (YYYY-MM-DD)."
    ),
    details: int = typer.Option(3, "--details", min=0, help="Findings to show for each file."),
    as_json: bool = JsonFlag,
) -> None:
    """Read files into facts and print the reading report: read, declined, ignored and why. Ends with 1 if no file could be read.

    Example: proband read ./bundles ./redcap --mapping columns.yaml --out observations.parquet

    Example: proband read dm.xpt lb.xpt mh.xpt --json

    Example: proband read clinic.xlsx --mapping columns.yaml
    """
    from proband.exchange import FileStatus, Progress, ReadingReport, expand, read

    with errors_as_text(as_json):
        day = None if as_of is None else day_of(as_of)
        with progress("reading", len(expand(sources)), quiet=as_json) as advance:
            done = 0

            def tell(state: Progress) -> None:
                nonlocal done
                advance(state.files_done - done)
                done = state.files_done

            reading = read(sources, mapping=mapping, ontology=ontology, as_of=day, progress=tell)
            if out is not None:
                reading.write(out)
                report: ReadingReport = reading.report
            else:
                report = reading.survey()
        if as_json:
            print_json(report.as_dict() | {"out": str(out) if out else None})
        else:
            _show(report, details)
            if out is not None:
                say(f"{report.facts} facts written to {out}")
        if report.files and all(file.status is FileStatus.DECLINED for file in report.files):
            raise typer.Exit(NO)


def _show(report: object, details: int) -> None:
    from proband.exchange import FileStatus, ReadingReport, Severity

    assert isinstance(report, ReadingReport)  # noqa: S101 (imported late: the command line starts fast)
    counts = {status: sum(file.status is status for file in report.files) for status in FileStatus}
    say(
        f"{len(report.files)} files: "
        + ", ".join(f"{n} {status.value}" for status, n in counts.items() if n)
        + f". {report.facts} facts, of which {sum(file.flagged for file in report.files)} are flagged as doubtful."
    )
    if report.read:
        print_table("Understood", ["what", "n"], report.read.most_common(), numeric=[1])
    if report.declined:
        print_table(
            "Declined",
            ["file", "where", "reason", "mend"],
            [
                (_short(file.file), file.declined.position, file.declined.message, file.declined.mend)
                for file in report.declined[:_FILES_SHOWN]
                if file.declined
            ],
        )
        if len(report.declined) > _FILES_SHOWN:
            note(f"{len(report.declined) - _FILES_SHOWN} more declined: --json shows them all")
    rows = [
        (_short(file.file), finding.severity.value, finding.position, finding.message)
        for file in report.files
        for finding in sorted(file.findings, key=lambda each: list(Severity).index(each.severity))[:details]
    ]
    if rows:
        print_table("Findings", ["file", "kind", "where", "what"], rows[: _FILES_SHOWN * 2])
        if len(rows) > _FILES_SHOWN * 2:
            note(f"{len(rows) - _FILES_SHOWN * 2} more findings: --json shows them all")
    if report.ignored:
        print_table(
            "Ignored, and why",
            ["n", "what", "reason"],
            [(entry.n, entry.what, entry.reason) for entry in report.ignored[:_FILES_SHOWN]],
            numeric=[0],
        )
    if report.disagreements:
        print_table(
            "Sources disagree (nothing was averaged or chosen)",
            ["who", "fact", "what they say"],
            [
                (each.subject, each.fact, "; ".join(f"{value} ({source})" for value, source in each.values))
                for each in report.disagreements[:_FILES_SHOWN]
            ],
        )
    if len(report.ignored) > _FILES_SHOWN:
        note(f"{len(report.ignored) - _FILES_SHOWN} more kinds of things ignored: --json shows them all")
    if len(report.disagreements) > _FILES_SHOWN:
        note(f"{len(report.disagreements) - _FILES_SHOWN} more disagreements: --json shows them all")
    if report.hidden:
        note(f"{report.hidden} hidden files were left out.")
    if report.repeated:
        note(f"{report.repeated} facts stand identically in a further file: is the same export given twice?")
    unchecked = sorted(set().union(*(file.unchecked for file in report.files)))
    if unchecked:
        note(f"Not checked here: {', '.join(unchecked)}.")


def _short(file: str) -> str:
    parts = Path(file).parts
    return str(Path(*parts[-2:])) if len(parts) > 2 else file
