"""Dates of evidence that cannot be: read before it was published, reported before the study began."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding


@declare(
    "evidence-dates",
    "nothing was read before it was published, and nothing was published or happened before its study began",
)
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Sources whose days contradict one another, and figures dated before the study of their source began."""
    for name, path, source in programme.written_sources():
        year, place = source.year, (name, (*path, "year"))
        if year is None:
            continue
        if source.retrieved is not None and source.retrieved.year < year:
            yield LintFinding(
                *place, f"it was read on {source.retrieved} and published in {year}.", "correct one of the two", year
            )  # fmt: skip
        if year > on.year:
            yield LintFinding(*place, f"{year} is in the future.", "correct the year", year)
        if source.began is not None and str(year) < source.began[:4]:
            yield LintFinding(
                *place, f"it was published in {year}, before its study began in {source.began}.", "correct one of the two", year
            )  # fmt: skip
    for name, data in programme.evidence_files():
        for key in data.get("figures") or {}:
            figure = programme.figures[key]
            began = programme.sources[figure.source].began
            if began is None or figure.on is None:
                continue
            shorter = min(len(figure.on), len(began))
            if figure.on[:shorter] < began[:shorter]:
                yield LintFinding(
                    name, ("figures", key, "on"), f"{figure.on} is before the study of {figure.source!r} began in {began}.", "correct one of the two", figure.on
                )  # fmt: skip
