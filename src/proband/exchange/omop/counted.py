"""The reading report of OMOP tables that were read in columns: what the reader that goes row by row would have counted.

Files, rows, facts, doubts and findings are the same; where in a file the first of several things stands is not known in columns, and left
empty. Contradictions are looked for among the facts of those people alone of whom the tables may say two things.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from proband.exchange.omop.reader import (
    DRUG_IN_WORDS,
    DRUG_IN_WORDS_ONLY,
    UNKNOWN_CONCEPT,
    UNKNOWN_CONCEPT_ONLY,
)
from proband.exchange.omop.statements import (
    CODED,
    COUNTS,
    DENIED,
    DOUBTFUL,
    DRUGS_IN_WORDS,
    IN_WORDS,
    LIVES,
    NARROWED,
    OUTSIDE,
    SEVERAL,
    TWICE,
    UNKNOWN_CONCEPTS,
)
from proband.exchange.omop.tables import NOT_READ, find_no_occurrences, find_no_vocabulary
from proband.exchange.report import Contradiction, FileReport
from proband.terms import SYSTEMS

if TYPE_CHECKING:
    from proband.exchange.omop.in_columns import CdmTables

#: people whose facts are compared at once
_AT_ONCE = 20_000


@dataclass(slots=True)
class Counts:
    """How many facts some tables give: by system and code; how many bear a day, and one after a given day."""

    codes: Counter[tuple[str, str]] = field(default_factory=Counter)
    dated: int = 0
    later: int = 0


def count(cdm: CdmTables, day: date) -> tuple[dict[str, FileReport], Counts]:
    """The report of each file that holds tables of the CDM, and what its facts are, counted in the database."""
    reports = {file: _of_rows(cdm, file) for file in cdm.read.tables}
    counts = Counts()
    unknown: dict[tuple[str, str], int] = {}
    for table, statements in COUNTS.items():
        for statement in filter(cdm.gives, statements) if cdm.holds(table) else ():
            given: dict[str, Any] = {"day": day} if "$day" in statement else {}
            for file, system, code, n, flagged, dated, later in cdm.run(statement, **given):
                counts.codes[system, code] += n
                counts.dated += dated
                counts.later += later
                reports[file].facts += n
                reports[file].flagged += flagged
                if system and system not in SYSTEMS:
                    unknown[file, system] = unknown.get((file, system), 0) + n
    for (file, system), n in sorted(unknown.items()):
        reports[file].find_unknown_system(system, n)
    if cdm.holds("condition_occurrence"):
        for file, n in cdm.run(IN_WORDS):
            reports[file].lack_code(n=n)
    if cdm.holds("drug_exposure"):
        for file, n in cdm.run(DRUGS_IN_WORDS):
            reports[file].lack("code.words-only", DRUG_IN_WORDS_ONLY, what=DRUG_IN_WORDS, n=n)
    for stem, statement in UNKNOWN_CONCEPTS.items() if cdm.read.has_vocabulary else ():
        for file, n in cdm.run(statement) if cdm.holds(CODED[stem]) else ():
            reports[file].lack("omop.unknown", UNKNOWN_CONCEPT_ONLY, what=UNKNOWN_CONCEPT, n=n)
    find_no_occurrences(reports.values())
    return reports, counts


def _of_rows(cdm: CdmTables, file: str) -> FileReport:
    report = FileReport(file)
    for table, n in cdm.read.tables[file].items():
        report.format = "OMOP CDM" if report.format else f"OMOP CDM {table}"
        if table == "concept" or table in NOT_READ:
            report.read[table] += n
            if n:
                report.ignore(table, NOT_READ[table][1] if table in NOT_READ else "vocabulary", "", n)
            continue
        if n:
            report.read[table] += n
        if nameless := cdm.read.nameless.get((file, table), 0):
            report.ignore(table, "it names nobody", "", nameless)
            report.lacking["row that names nobody"] += nameless
    if not cdm.read.has_vocabulary:
        find_no_vocabulary(report)
    return report


def suspects(cdm: CdmTables) -> list[str]:
    """The people of whom the tables may say two things at once: more than do, and none fewer."""
    cdm.run("CREATE OR REPLACE TEMP TABLE suspects (subject VARCHAR)")
    for statement in TWICE:
        cdm.run(statement)
    cdm.run(LIVES)
    cdm.run_each({table: (statement,) for table, statement in OUTSIDE.items()})
    cdm.run(DOUBTFUL)
    for kind, statement in (("denied", DENIED), ("several", SEVERAL)):
        for stem in CODED:
            cdm.run(NARROWED[kind][stem])
        if cdm.run(_ANY[kind])[0][0]:
            cdm.run(statement)
    return [subject for (subject,) in cdm.run(_WHO)]


_ANY = {
    "denied": "SELECT count(*) FROM doubtful WHERE denied",
    "several": "SELECT count(*) FROM doubtful WHERE several",
}
_WHO = "SELECT DISTINCT subject FROM suspects WHERE coalesce(subject, '') <> '' ORDER BY subject"


def disagreements(cdm: CdmTables) -> list[Contradiction]:
    """Contradictions among the facts (:func:`proband.exchange.disagreements.find_disagreements`), by person."""
    from proband.exchange.disagreements import find_disagreements

    found: list[Contradiction] = []
    for people in _in_parts(suspects(cdm)):
        found += find_disagreements(cdm.facts_of(people))
    return sorted(found, key=lambda each: (each.subject, each.fact))


def _in_parts(people: Sequence[str]) -> Iterator[Sequence[str]]:
    return (people[start : start + _AT_ONCE] for start in range(0, len(people), _AT_ONCE))
