"""List the identifiers of every source of some bundles, and what is wrong with them: syntax, checks, duplicates.

``python scripts/identifiers.py [BUNDLE…]`` (every shipped one by default); ends with 1 where something is wrong. Nothing is looked up: what cannot be
right is found from the identifiers themselves. A DOI that bears a year is held against the year of its source; PubMed and PubMed Central number
publications one after the other, so a number whose neighbours are years away belongs to another publication.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from proband.programme import Programme, bundled, load
from proband.terms import Source

#: how many years a publication may lie from the year in its DOI (acceptance and printing), and from its neighbours in PubMed (late entry)
DOI_YEARS, NEIGHBOUR_YEARS = 2, 3
#: neighbours on each side that a number is held against
NEIGHBOURS = 2
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>]*[^\s\"<>.,;:)]")
#: where publishers write a year into a DOI: j.hep.2020.06.013, fmed.2024.1451297, tjg.2021.19694, s41586-025-09246-x
_DOI_YEAR = (
    re.compile(r"[a-z]\.(?P<year>(?:19|20)\d\d)\.\d"),
    re.compile(r"/s\d{4,5}-0(?P<short>\d\d)-\d"),
)
_REGISTRATION = re.compile(
    r"NCT\d{8}|ISRCTN\d{8}|jRCT[a-zA-Z0-9]{10}|ChiCTR[-A-Za-z0-9]+|(?P<eudract>(?P<year>\d{4})-\d{6}-\d{2})(?:-\d{2})?|ACTRN\d{14}|CTRI/\d{4}/\d{2,3}/\d{6}|KCT\d{7}|TCTR\d{11}|IRCT\S+"
)
#: the first year of EudraCT (Directive 2001/20/EC applied from May 2004); its successor goes on in the same form, year by year
FIRST_EUDRACT = 2004
#: numbers that are given out one after the other
RUNNING = ("pmid", "pmcid")


@dataclass(frozen=True, slots=True)
class IdentifierFinding:
    """What is wrong with an identifier: of which bundle and source, which one, and why."""

    bundle: str
    source: str
    identifier: str
    why: str

    def __str__(self) -> str:
        return f"{self.bundle}: {self.source}: {self.identifier or 'no identifier'}: {self.why}"


def findings(programmes: Iterable[Programme]) -> list[IdentifierFinding]:
    """Everything that is wrong with the identifiers of the sources of these programmes."""
    named = [(programme.id, source) for programme in programmes for source in programme.sources.values()]
    found = [finding for bundle, source in named for finding in _of_one(bundle, source)]
    return [*found, *_out_of_order(named), *_twice(named)]


def _of_one(bundle: str, source: Source) -> Iterator[IdentifierFinding]:
    def wrong(identifier: str, why: str) -> IdentifierFinding:
        return IdentifierFinding(bundle, source.id, identifier, why)

    if source.doi and not _DOI.fullmatch(source.doi):
        yield wrong(source.doi, "is no DOI: a prefix and a suffix, without address or full stop at its end")
    if source.doi and source.year and (year := _year_of(source.doi)) is not None:
        if abs(year - source.year) > DOI_YEARS:
            yield wrong(
                source.doi, f"bears the year {year}, and the source says {source.year}: one of the two is of another text"
            )  # fmt: skip
    if source.pmid and source.pmid.startswith("0"):
        yield wrong(source.pmid, "is no PubMed number: it begins with 0")
    if source.pmcid and source.pmcid.startswith("PMC0"):
        yield wrong(source.pmcid, "is no PubMed Central number: it begins with 0")
    if source.registration:
        known = _REGISTRATION.fullmatch(source.registration)
        if known is None:
            yield wrong(source.registration, "is no number of a register that is known here")
        elif known["year"] and not FIRST_EUDRACT <= int(known["year"]) <= date.today().year:
            yield wrong(
                source.registration, "its year lies outside those in which EudraCT and its successor gave out numbers"
            )  # fmt: skip
    for kind, written in (("citation", source.citation), ("url", source.url or "")):
        for doi in _DOI.findall(written):
            if source.doi is None or doi.casefold() != source.doi.casefold():
                if kind == "citation":
                    yield wrong(doi, "stands in the citation and is not the DOI of the source")
                elif "doi.org/" in written:
                    yield wrong(doi, "stands in the address: write it as doi")


def _year_of(doi: str) -> int | None:
    for pattern in _DOI_YEAR:
        if match := pattern.search(doi.casefold()):
            groups = match.groupdict()
            return int(groups["year"]) if groups.get("year") else 2000 + int(groups["short"])
    return None


def _out_of_order(named: list[tuple[str, Source]]) -> Iterator[IdentifierFinding]:
    """Running numbers whose neighbours, before and after, all are of years far from the source's own."""
    for key in RUNNING:
        known = sorted(
            {
                (int(number.removeprefix("PMC")), source.year)
                for _, source in named
                if (number := getattr(source, key)) and source.year
            }
        )
        for bundle, source in named:
            written = getattr(source, key)
            if not written or not source.year:
                continue
            at = bisect_left(known, (int(written.removeprefix("PMC")), 0))
            before = [year for _, year in known[max(at - NEIGHBOURS, 0) : at]]
            after = [year for _, year in known[at + 1 : at + 1 + NEIGHBOURS]]
            late = before and min(before) - source.year > NEIGHBOUR_YEARS
            early = after and source.year - max(after) > NEIGHBOUR_YEARS
            if late or early:
                near = sorted({*before, *after})
                yield IdentifierFinding(
                    bundle, source.id, written,
                    f"lies among publications of {near[0]} to {near[-1]}, and the source says {source.year}: one of the two is of another text",
                )  # fmt: skip


def _twice(named: list[tuple[str, Source]]) -> Iterator[IdentifierFinding]:
    """One text under two ids, in one bundle or in two; bundles may share a source under one id."""
    first: dict[tuple[str, str], tuple[str, str]] = {}
    for bundle, source in named:
        keys = [("doi", source.doi), ("pmid", source.pmid), ("pmcid", source.pmcid)]
        if not any(value for _, value in keys) and not source.registration:
            keys += [("url", (source.url or "").rstrip("/")), ("citation", source.citation)]
        for kind, value in keys:
            if not value or (kind == "url" and value.count("/") < 3):  # the front page of a site is no text
                continue
            where, other = first.setdefault((kind, value.casefold()), (bundle, source.id))
            if other != source.id:
                yield IdentifierFinding(
                    bundle, source.id, value, f"is {other!r} of {where} too: one text, two ids"
                )


def listed(programmes: Iterable[Programme]) -> Iterator[str]:
    """One line for each source: bundle, id, its identifiers, and its place where it has no identifier."""
    for programme in programmes:
        for source in programme.sources.values():
            marks = [
                f"{kind} {value}"
                for kind, value in (
                    ("doi", source.doi), ("pmid", source.pmid), ("pmcid", source.pmcid), ("registration", source.registration),
                )
                if value
            ]  # fmt: skip
            place = ", ".join(marks) or source.url or f"no place ({source.level.value})"
            yield f"{programme.id}\t{source.id}\t{place}"


def main(names: list[str]) -> int:
    """Print the list and the findings; 1 where there are any."""
    programmes = [load(name) for name in names or bundled()]
    for line in listed(programmes):
        print(line)
    found = findings(programmes)
    for each in found:
        print(each, file=sys.stderr)
    print(f"{len(found)} findings", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
