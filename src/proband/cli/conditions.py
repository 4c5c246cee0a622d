"""What verbs about untreated people share: the options that say who they are, and days as options give them."""

from __future__ import annotations

from datetime import date

import typer

from proband.terms.errors import ProbandError

BASELINE = typer.Option(None, "--baseline", help="Grade, stage, score or disease at the start.")
LEVEL = typer.Option(None, "--level", help="Level, where the bundle's tables tell people apart by one.")
WHERE = typer.Option([], "--where", help="Anything else that tells people apart, as NAME=VALUE.")
BASELINE_WINDOW = typer.Option(
    None, "--baseline-window", help="Time from the start to the first examination."
)
FOLLOW_UP = typer.Option(None, "--follow-up", help="Time from the start to the last examination.")
ERA = typer.Option(None, "--era", help="Calendar years.")


def named(pairs: list[str]) -> dict[str, str]:
    """``NAME=VALUE`` texts as a mapping.

    Raises
    ------
    ProbandError
        If a text is not of that form.
    """
    out: dict[str, str] = {}
    for text in pairs:
        name, mark, value = text.partition("=")
        if not (mark and name.strip() and value.strip()):
            raise ProbandError("cli.headline.where", text=text)
        out[name.strip()] = value.strip()
    return out


def day_of(text: str) -> date:
    """A day as an option gives it.

    Raises
    ------
    ProbandError
        ``cli.date`` where it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ProbandError("cli.date", text=text) from None
