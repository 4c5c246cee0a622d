"""The verb ``new``: a folder to begin a programme with."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from proband.cli.output import JsonFlag, errors_as_text, note, print_json, say
from proband.cli.verbs import verb
from proband.terms.errors import ProbandError


@verb("new")
def new_programme(
    folder: Path = typer.Argument(..., help="Folder to write; its name is the id of the programme."),
    kind: str | None = typer.Option(
        None, help="n-of-1, single-arm-cells, randomised-masked, gene-therapy or device."
    ),
    condition: str | None = typer.Option(None, help="Name of the condition, in words."),
    jurisdiction: list[str] = typer.Option(
        None, help="Where people are treated (GB, US, DE, …); may be given again."
    ),
    minors: bool | None = typer.Option(
        None, "--minors/--adults", help="Whether people below majority may take part."
    ),
    title: str | None = typer.Option(
        None, help="Title of the programme; made of product and condition by default."
    ),
    as_json: bool = JsonFlag,
) -> None:
    """Begin a programme: a folder that checks clean as a draft, each gap with a todo that `check` counts and no seal lets pass.

    What is not said is asked, where somebody is there to be asked.

    Example: proband new my-programme --kind single-arm-cells --condition "a rare weakness" --jurisdiction GB --adults
    """
    from proband.programme.beginning import KINDS, begin

    with errors_as_text(as_json):
        asked = sys.stdin.isatty() and not as_json
        open_ = {"--kind": kind is None, "--condition": condition is None, "--jurisdiction": not jurisdiction,
                 "--minors or --adults": minors is None}  # fmt: skip
        if not asked and any(open_.values()):
            raise ProbandError(
                "new.unasked", options=", ".join(name for name, missing in open_.items() if missing)
            )
        if kind is None:
            for each in KINDS.values():
                note(f"{each.id}: {each.about}")
            kind = typer.prompt("Which kind?", err=True)
        if condition is None:
            condition = typer.prompt("Which condition?", err=True)
        if not jurisdiction:
            told = typer.prompt("Where are people treated (GB, US, DE, …)?", err=True)
            jurisdiction = [place for part in told.split(",") if (place := part.strip())]
        if minors is None:
            minors = typer.confirm("May children take part?", default=False, err=True)
        begun = begin(
            folder, kind, condition=condition, jurisdictions=jurisdiction, minors=minors, title=title
        )
        if as_json:
            print_json(begun.as_dict())
            return
        for name in begun.files:
            say(str(folder / name))
        say(f"{len(begun.todos)} things to write; the first: {begun.todos[0].file}:{begun.todos[0].line}")
        note(f"what is left: proband check {folder}")
