"""Verbs that write papers about products: ``batch-record``, ``labels``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import typer

from proband.cli.output import NO, JsonFlag, errors_as_text, note, print_json, say
from proband.cli.record.group import FOLDER, NO_PDF, READER, READER_KEY, WHY_READ, opened, shown_to
from proband.cli.verbs import verb


@verb("record batch-record")
def batch_record(
    folder: Path = FOLDER,
    product: str = typer.Argument(..., help="Container.", metavar="PRODUCT"),
    target: Path = typer.Option(Path("."), "--out", help="Folder for the HTML and PDF."),
    person: str | None = READER,
    key: Path | None = READER_KEY,
    reason: str | None = WHY_READ,
    as_json: bool = JsonFlag,
) -> None:
    """Write the batch record of a product as HTML, and as PDF where the extra pdf is installed. Ends with 1 where it is not complete.

    Example: proband record batch-record ./sci B01-1-a --out ./papers --as qa-1
    """
    from proband.pages.product.batch_record_pdf import write_papers
    from proband.record.batch_record import batch_record as collect

    with errors_as_text(as_json), opened(folder) as record:
        shown_to(record, person, key, "batch-record", product, reason)
        batch = collect(record, product)
        target.mkdir(parents=True, exist_ok=True)
        html, pdf = write_papers(batch, target)
        if as_json:
            print_json({"html": str(html), "pdf": str(pdf) if pdf else None, "complete": batch.complete, "missing": batch.missing})  # fmt: skip
        else:
            say(
                (f"{html} and {pdf}" if pdf else f"{html}")
                + ("" if batch.complete else f": NOT COMPLETE, {'; '.join(batch.missing)}")
            )
            if pdf is None:
                note(NO_PDF)
        if not batch.complete:
            raise typer.Exit(NO)


@verb("record labels")
def labels(
    folder: Path = FOLDER,
    product: str = typer.Argument(..., help="Container.", metavar="PRODUCT"),
    target: Path | None = typer.Option(None, "--out", help="Write a sheet of its labels as PDF."),
    person: str | None = READER,
    key: Path | None = READER_KEY,
    reason: str | None = WHY_READ,
    as_json: bool = JsonFlag,
) -> None:
    """The balance of a container's labels, and a sheet to print. Ends with 1 while a label is unaccounted for.

    Example: proband record labels ./sci B01-1-a --out labels.pdf --as qa-1
    """
    from proband.pages.product.labels import write_labels
    from proband.record.errors import RecordError
    from proband.record.labels import balance

    with errors_as_text(as_json), opened(folder) as record:
        shown_to(record, person, key, "labels", product, reason)
        made = record.state.products.get(product)
        if made is None:
            raise RecordError("record.labels.unknown", product=product)
        count = balance(record.state, product)
        if target is not None:
            write_labels([record.state.labels[name] for name in made.labels], target, notes=[record.study])
        if as_json:
            print_json({**asdict(count), "unaccounted": count.open, "pdf": str(target) if target else None})
        else:
            say(
                f"{product}: printed {count.printed} = applied {count.applied} + spoiled {count.spoiled} + destroyed {count.destroyed} + unaccounted for {count.open}"
            )
        if count.open:
            raise typer.Exit(NO)
