"""A source that is said to have been read, at no place that a reader could open."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding


@declare("sources-place", "a source that was read has a place where a reader can open it")
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Sources of level read without doi, PubMed number, registration or address."""
    for name, path, source in programme.written_sources():
        if source.level == "read" and not (source.link or source.registration):
            yield LintFinding(
                name,
                (*path, "level"),
                f"{source.id!r} is said to have been read, and nothing says where it can be opened.",
                "give its doi, pmid, pmcid, registration or url, or a weaker level",
                source.level.value,
            )
