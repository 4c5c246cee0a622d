"""The verb ``import-registry``: an entry of a registry as the beginning of a programme."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from proband.cli.output import JsonFlag, errors_as_text, note, print_json, say
from proband.cli.verbs import verb
from proband.terms.errors import ProbandError


@verb("import-registry")
def import_registry(
    entry: Path = typer.Argument(
        ..., help="JSON of one study (ClinicalTrials.gov, API v2).", exists=True, dir_okay=False
    ),
    folder: Path = typer.Argument(..., help="Folder to write; its name is the id of the programme."),
    jurisdiction: list[str] = typer.Option(
        ..., help="Where people are to be treated (GB, US, DE, …); may be given again."
    ),
    kind: str | None = typer.Option(None, help="Kind to begin with; the nearest by default."),
    condition: str | None = typer.Option(None, help="Name of the condition; the entry's first by default."),
    as_json: bool = JsonFlag,
) -> None:
    """Begin a programme from an entry of a registry: what it says is put where it belongs, as notes that somebody must make computable.

    Nothing of the entry decides about anybody: criteria, ages, arms and outcomes are todos that `check` counts. What was not taken over is listed.

    Example: proband import-registry NCT00000000.json my-programme --jurisdiction GB
    """
    from proband.programme.beginning import KINDS, begin, read_entry

    with errors_as_text(as_json):
        try:
            data = json.loads(entry.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ProbandError("new.entry.form", missing="JSON") from error
        read = read_entry(data)
        chosen = kind or read.kind
        if chosen is None:
            raise ProbandError("new.entry.kind", id=read.id, kinds=list(KINDS))
        begun = begin(
            folder, chosen, condition=condition or read.condition, jurisdictions=jurisdiction, minors=read.minors, entry=read
        )  # fmt: skip
        if as_json:
            print_json({**begun.as_dict(), "entry": read.as_dict()})
            return
        say(f"{folder}: a draft of kind {chosen} from {read.id}, {len(begun.todos)} things to write")
        for name, notes in read.notes.items():
            say(f"  {name}: {len(notes)} notes from the entry")
        say(f"not taken over: {sum(read.left.values())} values in {len(read.left)} places")
        for place, values in read.left.items():
            say(f"  {place}: {values}")
        note(f"what is left: proband check {folder}")
