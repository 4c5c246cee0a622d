"""What the verbs on records share: their group, the record that they open, and the options that several take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from proband.cli.output import note
from proband.cli.verbs import group

if TYPE_CHECKING:
    from proband.programme import Programme
    from proband.record import Record
    from proband.record.reading import RecordReader

FOLDER = typer.Argument(..., help="Folder of the record.", metavar="RECORD")
ACTOR = typer.Option(..., "--actor", help="Who does it (a person of the record).")
ROLE = typer.Option("custodian", "--role", help="In which role.")
SITE = typer.Option("*", "--site", help="At which site; * for all (the custodian's).")
READER = typer.Option(
    None,
    "--as",
    help="Who reads: a person of the record, whose key is on this machine. Asked for where anybody is masked, or arms are drawn.",
    metavar="PERSON",
)
READER_KEY = typer.Option(None, "--key", help="The file of the reader's own key, where it lies elsewhere.")
WHY_READ = typer.Option(
    None, "--reason", help="Why who may open arms reads what tells them: it is logged as a read, and alarms."
)
#: beside a batch record that is written as a page only
NO_PDF = "no PDF of it: install the extra with pip install 'proband[pdf]'"

group(
    "record",
    "Keep a record: an append-only log that its gates guard, and everything that can be read from it.",
)


def opened_bundle(name: str) -> Programme:
    """The bundle in a folder, or the one that comes with Proband under a name."""
    from proband.programme import load, locate

    return load(locate(name))


@contextmanager
def opened(folder: Path) -> Iterator[Record]:
    """A record for the time of one verb."""
    from proband.record import Record

    record = Record.open(folder)
    try:
        yield record
    finally:
        record.close()
        if record.heads is not None and record.heads.behind is not None:
            note(f"the second copy of the heads is behind: {record.heads.behind}")


def shown_to(
    record: Record,
    person: str | None,
    key: Path | None,
    what: str,
    of: str | None,
    reason: str | None,
    actor: str | None = None,
) -> tuple[RecordReader | None, tuple[str, ...] | None]:
    """Who reads, and which columns of what is read tell them nothing that is hidden from them; ``None`` for all of it.

    Where it leaves the record in somebody's name (``actor``), it is they who show who they are.
    """
    from proband.record import RecordError
    from proband.record.heads import SigningKey
    from proband.record.personal_keys import password_of_keys
    from proband.record.reading import columns_for, reader

    own = SigningKey.load(key, password=password_of_keys()) if key is not None else None
    who = reader(record, person, own)
    if who is not None and actor not in (None, who.id):
        raise RecordError("record.reader.actor", person=who.id, actor=actor)
    return who, columns_for(record, who, what, of=of, reason=reason, key=own)
