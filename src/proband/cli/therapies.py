"""The verb ``therapies``: what has been tried for a gene."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from proband.cli.output import JsonFlag, errors_as_text, print_json, print_table, say
from proband.cli.verbs import verb

if TYPE_CHECKING:
    pass


@verb("therapies")
def therapies_verb(
    query: str = typer.Argument("", help="Gene, disorder or therapy; empty lists everything."),
    programme: str | None = typer.Option(
        None,
        "--programme",
        "-p",
        help="Name of a bundle, or its folder; without it the bundle that comes with Proband and has such a table.",
    ),
    as_json: bool = JsonFlag,
) -> None:
    """Search the table gene → mechanism → candidate therapy, with what must be avoided. Never a dose, never advice.

    Ends with 1 if nothing is found.

    Example: proband therapies COQ4
    """
    from proband.natural_history.therapies import TABLE, search
    from proband.programme import bundled, load

    with errors_as_text(as_json):
        named_or_shipped = [load(programme)] if programme else [load(name) for name in bundled()]
        carriers = [p for p in named_or_shipped if f"evidence/{TABLE}.csv" in p.tables]
        found = search(query, programme=(carriers or named_or_shipped)[0])
        if as_json:
            print_json(found.to_dict())
            return
        for rule in found.contraindications:
            say(
                f"AVOID {rule.avoid} with {', '.join(rule.genes)}: {rule.why} [{rule.level.value}]",
                style="bold",
            )
        print_table(
            "",
            ["genes", "disorder", "therapy", "route", "grade", "outcome", "level"],
            [
                (", ".join(t.genes), t.disorder, t.therapy, t.route, t.grade, t.outcome, t.level.value)
                for t in found.therapies
            ],
        )
        for line in found.notes:
            say(line)
