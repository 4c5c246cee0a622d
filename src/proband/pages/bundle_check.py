"""What the pages of one programme find wrong, told in the file and line of its bundle: what stands on a page was written somewhere.

Whoever writes a bundle looks into its files. A page that fails its own check (a number without its source, a dose, a word that sells
hope) shows a text of the bundle; the problem is told where that text is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from proband.pages.site import check
from proband.programme import Programme
from proband.programme.problems import Problem, key_text
from proband.trial.headline.claimed import ClaimedHeadlines

#: where a text of a page comes from, the likeliest file first; the files that are not named come last
_ORDER = (
    "claims.yaml",
    "facts.yaml",
    "eligibility.yaml",
    "programme.yaml",
    "outcomes.yaml",
    "schedule.yaml",
    "safety.yaml",
)
#: a page says a sentence of the bundle with its numbers filled in: so many of its words must be there
_SHARED_WORDS = 0.6
_WORD = re.compile(r"\w+")


def page_problems(
    programme: Programme, headlines: ClaimedHeadlines, *, on: date | None = None
) -> list[Problem]:
    """Every rule that the claims, facts and pages of a programme break, each in the bundle's own file and line.

    Parameters
    ----------
    headlines
        The answers to the headlines that the claims put to the test (:func:`~proband.trial.headline.claimed.claimed_headlines`).
    on
        The day of the page; today where none is given.
    """
    found = [_in_bundle(problem, programme) for problem in check([programme], [headlines], on=on)]
    return sorted(dict.fromkeys(found))


def _in_bundle(problem: Problem, programme: Programme) -> Problem:
    own = f"{programme.id}/"
    if problem.file.startswith(own):
        return replace(problem, file=problem.file.removeprefix(own))
    said = f"{problem.file}: {problem.message}"
    for file, path in _written(problem.value, programme):
        document = programme.documents.get(file)
        return replace(
            problem,
            file=file,
            line=document.line_of(path) if document else 1,
            key=key_text(path),
            message=said,
        )
    return replace(problem, file="claims.yaml", line=1, message=said)


def _written(text: str, programme: Programme) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Where the text of a page is written: as it stands, else the text that shares most of its words."""
    wanted = " ".join(text.lower().split())
    words = set(_WORD.findall(wanted))
    if not words:
        return
    places = sorted(programme.texts(but=("evidence/",)), key=lambda place: _rank(place[0]))
    for file, path, written in places:
        if re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", " ".join(written.lower().split())):
            yield file, path
            return
    best, where = 0.0, None
    for file, path, written in places:
        shared = len(words & set(_WORD.findall(written.lower()))) / len(words)
        if shared > best:
            best, where = shared, (file, path)
    if where is not None and best >= _SHARED_WORDS:
        yield where


def _rank(file: str) -> int:
    return _ORDER.index(file) if file in _ORDER else len(_ORDER)
