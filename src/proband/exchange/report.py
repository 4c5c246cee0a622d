"""What a reader tells about its work: each file read or declined with reason and position, each thing ignored and why.

Nothing is dropped silently: whatever does not become a fact is counted in :attr:`FileReport.ignored` under the kind of
thing it was (a resource type, an element, a column) and the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from proband.terms import Location, ProbandError
from proband.terms.errors import ErrorCode

#: findings kept in full per file; further ones are counted only
FINDINGS_KEPT = 200

#: what a diagnosis is called that no code says
WORDS_ONLY = "diagnosis in words without a code"

#: what answers are called that stand under a form's own name, for which no criterion asks
UNSEEN_ANSWERS = "answer of a questionnaire under the form's own name, which no code explains"

#: what diagnoses and drugs are called whose codes are all of systems that no criterion asks for
UNSEEN_CODES = "diagnosis or drug under codes of {systems} alone, for which nobody asks"

#: what ids are called that are spelt alike and kept apart
SPELT_ALIKE = (
    "persons whose ids are spelt alike are kept apart: {ids}; if they are one person, send both under one id"
)

#: why a file is refused that by its nature holds no record of a person
NO_RECORDS = frozenset(
    {
        "exchange.ontology",
        "exchange.schema",
        "exchange.usdm",
        "xdm.metadata",
        "redcap.events",
        "redcap.arms",
        "redcap.dictionary",
    }
)


class Severity(StrEnum):
    """How bad a finding is: an ``error`` breaks a rule of the format, a ``warning`` is suspicious, a ``note`` informs."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class FileStatus(StrEnum):
    """What became of a file."""

    READ = "read"
    READ_WITH_PROBLEMS = "read with problems"
    DECLINED = "declined"


class ReadError(ProbandError):
    """A file, or a whole reading, that cannot be read."""


class Declined(ReadError):
    """A file that is understood well enough to be refused: the reason is the message, the place is the location."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or noteworthy: where (line, FHIR path, row and column), what, and what to do."""

    severity: Severity
    code: str
    message: str
    position: str = ""
    mend: str = ""

    def as_dict(self) -> dict[str, str]:
        """The finding as plain JSON values."""
        return {
            "severity": self.severity.value,
            "code": self.code,
            "message": self.message,
            "position": self.position,
            "mend": self.mend,
        }

    def __str__(self) -> str:
        place = f"{self.position}: " if self.position else ""
        return f"{self.severity.value}: {place}{self.message}" + (f" Mend: {self.mend}" if self.mend else "")


@dataclass(slots=True)
class Ignored:
    """How many things of one kind were ignored for one reason, and where the first of them stands."""

    what: str
    reason: str
    n: int = 0
    first_position: str = ""


@dataclass(slots=True)
class FileReport:
    """One file: what it was taken for, what was read, what was ignored, what is wrong with it.

    ``read`` counts what was understood (resources by type, records, rows); ``facts`` the observations made of it;
    ``unchecked`` names what this reader cannot check (``terminology``, ``profiles``, ``signatures``, ``ontology``).
    """

    file: str
    format: str = ""
    declined: Finding | None = None
    read: Counter[str] = field(default_factory=Counter)
    facts: int = 0
    flagged: int = 0
    findings: list[Finding] = field(default_factory=list)
    found: Counter[Severity] = field(default_factory=Counter)
    unchecked: set[str] = field(default_factory=set)
    ignored: dict[tuple[str, str], Ignored] = field(default_factory=dict)
    unknown_systems: Counter[str] = field(default_factory=Counter)
    """Code systems that Proband does not know, with the number of facts whose code is of them: no criterion finds those."""
    lacking: Counter[str] = field(default_factory=Counter)
    """What should have been read and was not, in words, with how often: pages, lines, rows, resources without a person."""
    own_names: Counter[str] = field(default_factory=Counter)
    """Answers of forms under names of their own (``Proband|item.<linkId>``) that no code explains: a criterion must name them to see them."""

    local_only: Counter[str] = field(default_factory=Counter)
    """Code systems (joined by ``and`` where there are several) of diagnoses and drugs that stand under no other: unknown ones, and forerunners."""

    @property
    def status(self) -> FileStatus:
        """Read, read with problems (an error or a warning was found), or declined."""
        if self.declined:
            return FileStatus.DECLINED
        if self.found[Severity.ERROR] or self.found[Severity.WARNING]:
            return FileStatus.READ_WITH_PROBLEMS
        return FileStatus.READ

    @property
    def accepted_as_clean(self) -> bool:
        """Whether the file was read, nothing was found wrong, *and* nothing was left unchecked."""
        return self.status is FileStatus.READ and not self.unchecked

    def find(self, severity: Severity, code: str, message: str, position: str = "", mend: str = "") -> None:
        """Record a finding."""
        self.found[severity] += 1
        if len(self.findings) < FINDINGS_KEPT:
            self.findings.append(Finding(severity, code, message, position, mend))

    def lack(
        self, code: str, message: str, position: str = "", mend: str = "", what: str = "", n: int = 1
    ) -> None:
        """Record a warning that something of the source is not here, ``n`` times: facts of people may be missing, so nothing is complete."""
        known = self.lacking[what or message]
        self.lacking[what or message] += n
        if not known:
            self.find(Severity.WARNING, code, message, position, mend)

    def lack_code(self, position: str = "", n: int = 1) -> None:
        """Count diagnoses that stand in words alone: criteria ask for codes, and nobody sees them."""
        self.lack(
            "code.words-only", "a diagnosis stands in words alone, and criteria ask for codes: nobody sees it", position,
            "send its code, or let somebody read it", what=WORDS_ONLY, n=n,
        )  # fmt: skip

    def find_unknown_system(self, system: str, n: int, position: str = "") -> None:
        """Count facts of a code system that Proband does not know; the first of them is a finding."""
        if system not in self.unknown_systems:
            self.find(
                Severity.NOTE,
                "code.system",
                f"the code system {system[:80]!r} is not known: only a criterion that names it finds its codes",
                position,
                "send the codes of a system that the programme names as well",
            )
        self.unknown_systems[system] += n

    def ignore(self, what: str, reason: str, position: str = "", n: int = 1) -> None:
        """Count something that did not become a fact."""
        entry = self.ignored.get((what, reason))
        if entry is None:
            entry = self.ignored[what, reason] = Ignored(what, reason, 0, position)
        entry.n += n

    def decline_error(self, error: ProbandError) -> None:
        """Refuse the file for an error that a reader raised; facts that were already given stay counted."""
        place = error.location
        where = ""
        if place:
            where = "".join(
                (
                    f"line {place.line}" if place.line is not None else "",
                    f" column {place.column}" if place.column else "",
                )
            ) + (f" {place.key}" if place.key else "")
        self.declined = Finding(Severity.ERROR, error.code, error.message, where.strip(), error.mend)

    def as_dict(self) -> dict[str, Any]:
        """The report of this file as plain JSON values."""
        return {
            "file": self.file,
            "status": self.status.value,
            "format": self.format,
            "declined": self.declined.as_dict() if self.declined else None,
            "read": dict(sorted(self.read.items())),
            "facts": self.facts,
            "flagged_facts": self.flagged,
            "errors": self.found[Severity.ERROR],
            "warnings": self.found[Severity.WARNING],
            "notes": self.found[Severity.NOTE],
            "unchecked": sorted(self.unchecked),
            "lacking": dict(sorted(self.lacking.items())),
            "unknown_systems": dict(sorted(self.unknown_systems.items())),
            "own_names": dict(sorted(self.own_names.items())),
            "findings": [finding.as_dict() for finding in self.findings],
            "findings_left_off": self.found.total() - len(self.findings),
            "ignored": [
                {
                    "what": entry.what,
                    "reason": entry.reason,
                    "n": entry.n,
                    "first_position": entry.first_position,
                }
                for entry in self.ignored.values()
            ],
        }


@dataclass(slots=True)
class PartReport(FileReport):
    """What one part of a file gave, so that the parts in their order (:meth:`add_to`) say what the file read whole says."""

    kept: list[tuple[str, Finding]] = field(default_factory=list)
    """Findings in their order, each with that of which it is told once (a kind of what is lacking, a code system); empty: each time."""
    _of: str = ""
    _plain: int = 0
    _left_off: Counter[Severity] = field(default_factory=Counter)

    def find(self, severity: Severity, code: str, message: str, position: str = "", mend: str = "") -> None:
        """Record a finding; of those that are told each time no more than a whole file keeps."""
        FileReport.find(self, severity, code, message, position, mend)
        if self._of or self._plain < FINDINGS_KEPT:
            self.kept.append((self._of, Finding(severity, code, message, position, mend)))
            self._plain += not self._of
        else:
            self._left_off[severity] += 1

    def lack(
        self, code: str, message: str, position: str = "", mend: str = "", what: str = "", n: int = 1
    ) -> None:
        """As of a whole file; that its finding is told once is noted."""
        self._of = f"lacking {what or message}"
        FileReport.lack(self, code, message, position, mend, what, n)
        self._of = ""

    def find_unknown_system(self, system: str, n: int, position: str = "") -> None:
        """As of a whole file; that its finding is told once is noted."""
        self._of = f"system {system}"
        FileReport.find_unknown_system(self, system, n, position)
        self._of = ""

    def add_to(self, whole: FileReport) -> None:
        """Add this part, the next one, to what is known of the file."""
        told = {f"lacking {name}" for name, n in whole.lacking.items() if n}
        told |= {f"system {name}" for name in whole.unknown_systems}
        for once, each in self.kept:
            if once not in told:
                whole.find(each.severity, each.code, each.message, each.position, each.mend)
        whole.found.update(self._left_off)
        whole.format, whole.declined = self.format, self.declined
        whole.facts += self.facts
        whole.flagged += self.flagged
        # a reader says at the end of a file what it could not check; of one that it refuses, it does not come to that
        whole.unchecked = set() if self.declined else whole.unchecked | self.unchecked
        for name in ("read", "unknown_systems", "lacking", "own_names", "local_only"):
            getattr(whole, name).update(getattr(self, name))
        for entry in self.ignored.values():
            whole.ignore(entry.what, entry.reason, entry.first_position, entry.n)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two sources say different things of one fact of one person; neither is chosen, nothing is averaged."""

    subject: str
    fact: str
    values: tuple[tuple[str, str], ...]  # (what is said, file and position)

    def as_dict(self) -> dict[str, Any]:
        """The disagreement as plain JSON values."""
        return {
            "subject": self.subject,
            "fact": self.fact,
            "values": [{"value": value, "source": source} for value, source in self.values],
        }

    def __str__(self) -> str:
        said = "; ".join(f"{value} ({source})" for value, source in self.values)
        return f"{self.subject}, {self.fact}: {said}"


@dataclass(slots=True)
class ReadingReport:
    """All files of one reading, and the disagreements among them."""

    files: list[FileReport] = field(default_factory=list)
    disagreements: list[Contradiction] = field(default_factory=list)
    hidden: int = 0
    """Hidden files (``.name``) in the folders given: never read."""
    repeated: int = 0
    """Facts that stand identically in a further file (known after :meth:`Reading.table`, ``write`` or ``survey``)."""
    finished: bool = False
    """Whether the pass has come to its end."""
    asked: frozenset[str] = frozenset()
    """Codes (``system|code``) that a programme asks for: an answer under such a name is seen."""
    alike: list[tuple[str, ...]] = field(default_factory=list)
    """Ids of persons that differ in spelling alone: their facts are kept apart, and nothing is complete."""
    two_names: list[str] = field(default_factory=list)
    """Records whose names meet: one person under two ids, or two under one (:mod:`proband.exchange.two_names`)."""
    merged: dict[str, str] = field(default_factory=dict)
    """Ids of persons as written → the id under which their facts are given, where sources say that two are one person."""

    def __iter__(self) -> Iterator[FileReport]:
        return iter(self.files)

    @property
    def unread(self) -> list[FileReport]:
        """The files that were refused and may speak of people: not those that are known to hold no records."""
        return [each for each in self.declined if each.declined and each.declined.code not in NO_RECORDS]

    @property
    def complete(self) -> bool:
        """Whether everything was read: the pass came to its end, no file was declined, and nothing is lacking in any."""
        return self.finished and not self.unread and not self.lacking

    @property
    def lacking(self) -> Counter[str]:
        """What should have been read and was not, in words, over all files; answers that nobody asks for by name are among it."""
        found = sum((file.lacking for file in self.files), Counter())
        unseen = sum(n for name, n in self.own_names.items() if name not in self.asked)
        spelt = Counter(SPELT_ALIKE.format(ids=" and ".join(map(repr, ids))) for ids in self.alike)
        systems = {each.partition("|")[0] for each in self.asked}
        local = sum((file.local_only for file in self.files), Counter())
        codes = Counter({UNSEEN_CODES.format(systems=name[:120]): n for name, n in local.items() if systems.isdisjoint(name.split(" and "))})  # fmt: skip
        return (
            found
            + codes
            + spelt
            + Counter(self.two_names)
            + Counter({UNSEEN_ANSWERS: unseen} if unseen else {})
        )

    @property
    def own_names(self) -> Counter[str]:
        """Answers of forms under names of their own, over all files."""
        return sum((file.own_names for file in self.files), Counter())

    @property
    def unknown_systems(self) -> Counter[str]:
        """Code systems that Proband does not know, with the number of facts, over all files."""
        return sum((file.unknown_systems for file in self.files), Counter())

    @property
    def facts(self) -> int:
        """Observations made, over all files."""
        return sum(file.facts for file in self.files)

    @property
    def read(self) -> Counter[str]:
        """What was understood (resources by type, records, rows), over all files."""
        return sum((file.read for file in self.files), Counter())

    @property
    def declined(self) -> list[FileReport]:
        """The files that were refused."""
        return [file for file in self.files if file.status is FileStatus.DECLINED]

    @property
    def ignored(self) -> list[Ignored]:
        """What did not become a fact, by kind and reason, over all files, most frequent first."""
        merged: dict[tuple[str, str], Ignored] = {}
        for file in self.files:
            for key, entry in file.ignored.items():
                if key not in merged:
                    place = f"{file.file} {entry.first_position}".strip()
                    merged[key] = Ignored(entry.what, entry.reason, 0, place)
                merged[key].n += entry.n
        return sorted(merged.values(), key=lambda entry: (-entry.n, entry.what, entry.reason))

    def as_dict(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        counts = Counter(file.status.value for file in self.files)
        return {
            "complete": self.complete,
            "lacking": dict(sorted(self.lacking.items())),
            "unknown_systems": dict(sorted(self.unknown_systems.items())),
            "merged": dict(sorted(self.merged.items())),
            "files": len(self.files),
            "status": {status.value: counts[status.value] for status in FileStatus},
            "facts": self.facts,
            "flagged_facts": sum(file.flagged for file in self.files),
            "read": dict(sorted(self.read.items())),
            "unchecked": sorted(set().union(*(file.unchecked for file in self.files))),
            "ignored": [
                {"what": entry.what, "reason": entry.reason, "n": entry.n, "first": entry.first_position}
                for entry in self.ignored
            ],
            "hidden_files_left_out": self.hidden,
            "repeated_facts": self.repeated,
            "disagreements": [entry.as_dict() for entry in self.disagreements],
            "reports": [file.as_dict() for file in self.files],
        }


def declined(
    code: ErrorCode,
    *,
    line: int | None = None,
    column: int | None = None,
    key: str | None = None,
    **parameters: Any,
) -> Declined:
    """A :class:`Declined` of the catalogue with its place inside the file."""
    return Declined(code, location=Location(None, line, column, key), **parameters)
