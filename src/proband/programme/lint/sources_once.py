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
    for file, index, source in _written(programme):
        for key in ("doi", "pmid", "pmcid"):
            identifier = str(source.get(key) or "").casefold()
            if not identifier:
                continue
            other = first.setdefault((key, identifier), str(source["id"]))
            if other != source["id"]:
                yield LintFinding(
                    file,
                    ("sources", index, key),
                    f"{source['id']!r} and {other!r} are one publication: {key} {source[key]}.",
                    "keep one of the two, let everything point to it, and say in seen what was read",
                    source[key],
                )


def _written(programme: Programme) -> Iterator[tuple[str, int, dict[str, object]]]:
    for name, document in programme.documents.items():
        if name.startswith("evidence/") and isinstance(document.data, dict):
            for index, source in enumerate(document.data.get("sources") or []):
                yield name, index, source
