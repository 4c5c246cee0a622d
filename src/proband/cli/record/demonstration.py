"""The verb that plays a demonstration into a record: ``demo``."""

from __future__ import annotations

import tempfile
from pathlib import Path

import typer

from proband.cli.output import NO, JsonFlag, errors_as_text, note, print_json, print_table, progress, say
from proband.cli.record.group import NO_PDF
from proband.cli.verbs import verb


@verb("record demo")
def demo(
    folder: Path | None = typer.Argument(
        None, help="A new folder for the record; a temporary one without it.", metavar="[FOLDER]"
    ),
    as_json: bool = JsonFlag,
) -> None:
    """Play twelve simulated people of the spinal-cord programme from referral to year two, and verify the record.

    Ends with 1 where it does not verify.

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
                f"Labels: {result.labels.printed} printed, {result.labels.open} unaccounted for. Batch record: {result.batch_record_pdf or result.batch_record_html}"
            )
            if result.batch_record_pdf is None:
                note(NO_PDF)
            say(f"verify: {result.verify}")
        if not result.verify.ok:
            raise typer.Exit(NO)
