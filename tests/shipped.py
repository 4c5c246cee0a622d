"""The programmes that come with Proband, each read once for all tests of a process."""

from __future__ import annotations

from functools import cache
from typing import Any

from proband.programme import Programme, load
from proband.trial.headline import HeadlineResult
from proband.trial.headline.answer import headline as of_programme


@cache
def loaded(name: str) -> Programme:
    """A programme by its name."""
    return load(name)


def headline(text: str, *, programme: str, **given: Any) -> HeadlineResult:
    """The headline test of a programme by its name."""
    return of_programme(text, programme=loaded(programme), **given)
