"""One publication that stands in the list of sources under two ids."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding


@declare(
    "sources-once", "a publication is one source: no two ids for one doi, PubMed or PubMed Central number"
)
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Sources that share an identifier with one that stands before them."""
    first: dict[tuple[str, str], str] = {}
    for name, path, source in programme.written_sources():
        for key, identifier in (("doi", source.doi), ("pmid", source.pmid), ("pmcid", source.pmcid)):
            if not identifier:
                continue
            other = first.setdefault((key, identifier.casefold()), source.id)
            if other != source.id:
                yield LintFinding(
                    name,
                    (*path, key),
                    f"{source.id!r} and {other!r} are one publication: {key} {identifier}.",
                    "keep one of the two, let everything point to it, and say in seen what was read",
                    identifier,
                )
