"""A story in a file: which of its claims is asked, and what is said of the others."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from proband.terms.errors import ProbandError

if TYPE_CHECKING:
    from proband.programme import Programme


@dataclass(frozen=True, slots=True)
class ClaimOfStory:
    """The one claim of a story that is asked, and what is said of the story before."""

    text: str
    outcome: str
    lines: tuple[str, ...]


def one_claim(
    story: Path, programme: Programme, outcome: str | None, tell: Callable[[str], None] | None
) -> ClaimOfStory:
    """The first claim that was read whole; everything else of the story that carries a number is listed beside it.

    Where no claim was read whole, what was found is told before the refusal.
    """
    from proband.natural_history.questions import outcome as find
    from proband.trial.headline.reading import forms
    from proband.trial.headline.story import read_story

    try:
        told = sys.stdin.read() if str(story) == "-" else story.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProbandError("cli.read", path=story, reason=str(error)) from error
    found = read_story(told, programme, outcome=outcome)
    lines = [f"Read whole: “{c.text}” ({c.outcome}). {c.read.understood}" for c in found.understood]
    for claim in found.partly:
        rest = " … ".join(f"“{w}”" for w in claim.left_out)
        lines.append(f"Read in part: “{claim.text}” ({claim.outcome}). Not read, and not answered: {rest}.")
    lines += [f"Not read: “{s.sentence}”: {s.why}." for s in found.not_understood]
    if not found.understood:
        if tell is not None:
            for line in lines:
                tell(line)
        raise ProbandError(
            "trial.headline.story-empty",
            claims=[f'"{c.text}" --outcome {c.outcome}' for c in found.partly],
            forms=forms(find(programme, outcome)) if outcome else ['"2 of 4 improved"'],
            details={"lines": lines},
        )
    first = found.understood[0]
    return ClaimOfStory(first.text, first.outcome, tuple(lines))
