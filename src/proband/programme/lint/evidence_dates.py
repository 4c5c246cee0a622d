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
    for name, document in programme.documents.items():
        if not name.startswith("evidence/") or not isinstance(document.data, dict):
            continue
        for index, written in enumerate(document.data.get("sources") or []):
            source = programme.sources[written["id"]]
            place = (name, ("sources", index, "year"))
            if (
                source.year is not None
                and source.retrieved is not None
                and source.retrieved.year < source.year
            ):
                yield LintFinding(
                    *place, f"it was read on {source.retrieved} and published in {source.year}.", "correct one of the two", source.year
                )  # fmt: skip
            if source.year is not None and source.year > on.year:
                yield LintFinding(*place, f"{source.year} is in the future.", "correct the year", source.year)
            if source.began is not None and source.year is not None and str(source.year) < source.began[:4]:
                yield LintFinding(
                    *place, f"it was published in {source.year}, before its study began in {source.began}.", "correct one of the two", source.year
                )  # fmt: skip
        for key, figure in (document.data.get("figures") or {}).items():
            day, began = figure.get("on"), programme.sources[figure["source"]].began
            if began is not None and day is not None:
                shorter = min(len(str(day)), len(began))
                if str(day)[:shorter] < began[:shorter]:
                    yield LintFinding(
                        name, ("figures", key, "on"), f"{day} is before the study of {figure['source']!r} began in {began}.", "correct one of the two", day
                    )  # fmt: skip
