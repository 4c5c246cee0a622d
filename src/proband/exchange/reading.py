"""Read files of any kind into facts: ``read(paths)``.

What a file is, its content says. Each file is read or declined with reason and position; what does not become a fact is
counted. Facts come as a stream: one file at a time, and of NDJSON and CSV one line at a time, so that memory is bounded
by the largest single JSON document.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar, cast

from proband.exchange.alike import spelt_alike
from proband.exchange.collecting import collected_rarely
from proband.exchange.content import Content, Span, contents, load_json, xml_root
from proband.exchange.disagreements import count_repeated, find_disagreements
from proband.exchange.fact_table import BATCH, batches, frame_of, write_csv, write_parquet
from proband.exchange.foreign import refuse_foreign
from proband.exchange.mapping import Mapping as RowMapping
from proband.exchange.mapping import load_mapping
from proband.exchange.omop.tables import find_no_occurrences
from proband.exchange.ontology import Ontology
from proband.exchange.plausibility import judged
from proband.exchange.readers import FileAtHand, FileKind, Finish, ReadingPass, reader_of
from proband.exchange.report import (
    Contradiction,
    Declined,
    FileReport,
    PartReport,
    ReadError,
    ReadingReport,
    Severity,
    declined,
)
from proband.exchange.two_names import Named, named_by, names_among, two_names
from proband.facts.called import called
from proband.facts.observation import Observation, Presence
from proband.facts.other_systems import recorded_in, says_where
from proband.terms import SYSTEMS, broader_codes
from proband.terms.extras import missing

try:
    import polars as pl
except ModuleNotFoundError as error:
    raise missing(error) from error

#: systems of which a finer code is the broader one besides
_WITH_BROADER = frozenset({"ICD-10", "ATC"})
#: what a pass gives: facts, or pieces of the long table among them
Read = TypeVar("Read", Observation, Observation | pl.DataFrame)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a reading is: files and bytes (as stored) done, of how many; facts so far; the file at hand."""

    files_done: int
    files: int
    bytes_done: int
    bytes: int
    facts: int
    file: str


def expand(paths: Sequence[str | Path] | str | Path) -> list[Path]:
    """The files behind paths: folders are walked in order of name, hidden files are left out.

    Raises
    ------
    ReadError
        ``exchange.missing`` for a path that does not exist.
    """
    return _expanded(paths)[0]


def _expanded(paths: Sequence[str | Path] | str | Path) -> tuple[list[Path], int]:
    """The files, and how many hidden ones were left out."""
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    found: list[Path] = []
    hidden = 0
    for each in given:
        path = Path(each)
        if path.is_dir():
            for inner in sorted(path.rglob("*")):
                if not inner.is_file():
                    continue
                if any(part.startswith(".") for part in inner.relative_to(path).parts):
                    hidden += 1
                else:
                    found.append(inner)
        elif path.exists():
            found.append(path)
        else:
            raise ReadError("exchange.missing", path=path)
    return list(dict.fromkeys(found)), hidden


@dataclass(slots=True)
class Reading:
    """Facts of some files, read when they are asked for.

    Iterate over it for :class:`~proband.facts.observation.Observation` values, or take :meth:`table`,
    :meth:`batches`, :meth:`write`. Every pass reads the files anew and fills :attr:`report` anew; the report is complete
    when the pass has come to its end (``report.complete``).
    """

    files: list[Path]
    mapping: RowMapping | None = None
    as_of: date | None = None
    progress: Callable[[Progress], None] | None = None
    ontology: Ontology | None = None
    subjects: Mapping[str, str] = field(default_factory=dict)
    hidden: int = 0
    report: ReadingReport = field(default_factory=ReadingReport)

    def __iter__(self) -> Iterator[Observation]:
        return self._all(self.facts_in)

    def _all(self, read_file: Callable[[Path, ReadingReport, ReadingPass], Iterator[Read]]) -> Iterator[Read]:
        """What all files give, one after the other; the report is filled along the way."""
        with collected_rarely():
            yield from self._each(read_file)

    def _each(
        self, read_file: Callable[[Path, ReadingReport, ReadingPass], Iterator[Read]]
    ) -> Iterator[Read]:
        self.report = report = ReadingReport(hidden=self.hidden)
        sizes = [path.stat().st_size for path in self.files]
        together = ReadingPass(self.files)
        done = facts = 0
        subjects: set[str] = set()
        names: set[Named] = set()
        for index, path in enumerate(self.files):
            self.tell(index, done, sum(sizes), facts, path)
            for each in read_file(path, report, together):
                if isinstance(each, Observation):
                    facts += 1
                    subjects.add(each.subject)
                    if each.code == "birth-date" and (named := named_by(each)) is not None:
                        names.add(named)
                else:
                    facts += each.height
                    subjects.update(each["subject"].unique())
                    names.update(names_among(each.lazy()))
                yield each
            done += sizes[index]
        self.tell(len(self.files), done, sum(sizes), facts, None)
        report.merged = together.merged
        report.alike = spelt_alike(subjects)
        report.two_names = two_names(names)
        find_no_occurrences(report.files)
        report.finished = True

    def facts_in(self, path: Path, report: ReadingReport, together: ReadingPass) -> Iterator[Observation]:
        """The facts of one of the files; what became of it is added to a report."""
        for file, fact in self._inside(path, report, together, None):
            yield from self._finish(cast(Observation, fact), file)

    def pieces_in(
        self, path: Path, report: ReadingReport, together: ReadingPass, span: Span | None = None
    ) -> Iterator[Observation | pl.DataFrame]:
        """The same, where a reader may give pieces of the long table instead of facts: what is large and repeats itself is read faster.

        ``span``: some lines alone, of a file that is read in parts; its report is then a :class:`~proband.exchange.report.PartReport`.
        """
        whole = self.as_of is None and not self.subjects
        for file, each in self._inside(path, report, together, self._finish if whole else None, span):
            if isinstance(each, Observation):
                yield from self._finish(each, file)
            else:
                yield each

    def _finish(self, given: Observation, file: FileReport) -> Iterator[Observation]:
        """A fact and what it is besides, with the doubts about it; counted."""
        for fact in (given,) if _stands_alone(given) else _with_all(given):
            if self.as_of is not None and fact.when.earliest is not None and fact.when.earliest > self.as_of:
                file.ignore(f"{fact.system} {fact.code}"[:80], f"dated after {self.as_of}", _place(fact))
                continue
            checked = judged(fact)
            # the long table joins problems with ";"
            if checked.problems and any(";" in problem for problem in checked.problems):
                plain = tuple(problem.replace(";", ",") for problem in checked.problems)
                checked = replace(checked, problems=plain)
            if self.subjects and checked.subject in self.subjects:
                checked = replace(checked, subject=self.subjects[checked.subject])
            if checked.system not in SYSTEMS and checked.system:
                file.find_unknown_system(checked.system, 1, _place(checked))
            file.facts += 1
            if checked.problems:
                file.flagged += 1
            yield checked

    def _inside(
        self,
        path: Path,
        report: ReadingReport,
        together: ReadingPass,
        finish: Finish | None,
        span: Span | None = None,
    ) -> Iterator[tuple[FileReport, Observation | pl.DataFrame]]:
        """The facts of a file, or of each member of an archive, with the report that each belongs to."""
        held = contents(path)
        while True:
            file = FileReport(str(path)) if span is None else PartReport(str(path))
            try:
                content = next(held, None)
            except Declined as error:
                content = None
                file.decline_error(error)
                report.files.append(file)
            if content is None:
                return
            content.span = span
            file.file = content.name
            report.files.append(file)
            for fact in self._file(content, file, together, finish):
                yield file, fact

    def tell(self, index: int, done: int, total: int, facts: int, path: Path | None) -> None:
        """Say how far the reading is."""
        if self.progress:
            self.progress(Progress(index, len(self.files), done, total, facts, str(path) if path else ""))

    def _file(
        self, content: Content, report: FileReport, together: ReadingPass, finish: Finish | None
    ) -> Iterator[Observation | pl.DataFrame]:
        try:
            yield from self._facts(content, report, together, finish)
        except Declined as error:
            report.decline_error(error)
        except (
            Exception
        ) as error:  # one file that trips a reader must not stop a folder of thousands, nor pass as read
            defect = declined("exchange.defect", kind=type(error).__name__, error=str(error)[:200])
            report.decline_error(defect)

    def _facts(
        self, content: Content, report: FileReport, together: ReadingPass, finish: Finish | None
    ) -> Iterator[Observation | pl.DataFrame]:
        if content.bom:
            report.find(
                Severity.NOTE, "text.byte-order-mark", "a byte-order mark stands in front; it was skipped"
            )
        if content.kind == "empty":
            report.format = "empty"
            report.read["row"] += 0
            report.find(Severity.NOTE, "exchange.empty", "the file is empty: 0 records")
            return
        refuse_foreign(content)
        root = _root(content, report) if content.kind == "json" else None
        file = FileAtHand(content, content.path, report, together, self.mapping, self.ontology, root, finish)
        found = reader_of(file, cast(FileKind, content.kind))
        if found is None:
            raise _nobody_reads(file)
        del root
        yield from found.read(file)

    def table(self) -> pl.DataFrame:
        """All facts as one long table in memory; disagreements among them are put into the report."""
        pieces = list(self.batches())
        table = pl.concat(pieces) if pieces else frame_of(())
        self._compare(table)
        return table

    def batches(self, size: int = BATCH) -> Iterator[pl.DataFrame]:
        """The long table in pieces; memory is bounded by one piece."""
        return batches(self._all(self.pieces_in), size)

    def write(self, path: str | Path) -> int:
        """Write the long table to ``.parquet`` or ``.csv`` in batches, look for disagreements, give the rows written.

        Raises
        ------
        ReadError
            ``exchange.output`` for another ending.
        """
        target = Path(path)
        if target.suffix == ".parquet":
            rows = write_parquet(self._all(self.pieces_in), target)
            self._compare(pl.scan_parquet(target))
        elif target.suffix == ".csv":
            rows = write_csv(self._all(self.pieces_in), target)
            schema = frame_of(()).schema
            self._compare(pl.scan_csv(target, schema=schema))
        else:
            raise ReadError("exchange.output", file=target.name)
        return rows

    def _compare(self, table: pl.LazyFrame | pl.DataFrame) -> None:
        self.report.disagreements = find_disagreements(table)
        self.report.repeated = count_repeated(table)

    def survey(self) -> ReadingReport:
        """Read everything, keep nothing: the report with its disagreements, in bounded memory (by a temporary file)."""
        with tempfile.TemporaryDirectory() as folder:
            self.write(Path(folder) / "facts.parquet")
        return self.report

    def disagreements(self) -> list[Contradiction]:
        """Disagreements of the last :meth:`table` or :meth:`write`."""
        return self.report.disagreements


def read(
    paths: Sequence[str | Path] | str | Path,
    *,
    mapping: str | Path | RowMapping | None = None,
    as_of: date | None = None,
    progress: Callable[[Progress], None] | None = None,
    ontology: str | Path | Ontology | None = None,
    subjects: Mapping[str, str] | None = None,
) -> Reading:
    """Open files and folders for reading.

    Parameters
    ----------
    paths
        Files and folders, and zip archives of them: FHIR R4 (bundles and single resources in JSON or XML, NDJSON), phenopackets v2
        (JSON, YAML), REDCap exports with their data dictionary beside them, OMOP CDM, SDTM (SAS transport files, Dataset-JSON), CSV
        and Excel with a mapping. All may be compressed.
    mapping
        A mapping file (YAML) that says what the columns of CSV, Excel and REDCap files mean.
    as_of
        Facts dated after this day are not given, and counted.
    progress
        Called before each file and at the end.
    ontology
        An OBO graph (``hp.json``): then terms of phenopackets are checked against it.
    subjects
        Ids as the sources write them → common ids, where sources name people differently.

    Returns
    -------
    Reading
        Nothing is read until it is iterated over, or written.

    Raises
    ------
    ReadError
        ``exchange.missing`` for a path that does not exist; ``mapping.*`` for a mapping that is wrong.
    """
    rules = load_mapping(Path(mapping)) if isinstance(mapping, str | Path) else mapping
    graph = Ontology.load(Path(ontology)) if isinstance(ontology, str | Path) else ontology
    files, hidden = _expanded(paths)
    return Reading(files, rules, as_of, progress, graph, dict(subjects or {}), hidden)


def _stands_alone(fact: Observation) -> bool:
    """Whether nothing stands beside a fact, by a glance: so it is of most."""
    attributes = fact.attributes
    return fact.system not in _WITH_BROADER and (
        not attributes or ("listed" not in attributes and "called" not in attributes and attributes.get("kind") != "where-recorded")
    )  # fmt: skip


def _with_all(given: Observation) -> Iterator[Observation]:
    """A fact with what it is besides."""
    return (each for one in _with_names(given) for each in _with_broader(one))


def _with_broader(fact: Observation) -> Iterator[Observation]:
    """A fact, and what a finer code of ICD-10 or ATC is besides: who has or may have ``K74.60`` has or may have ``K74.6``, and one of ``K74``."""
    yield fact
    if fact.system in _WITH_BROADER and fact.presence is not Presence.ABSENT:
        for code in broader_codes(fact.system, fact.code):
            leading = fact.attributes.get("same-as", f"{fact.system}|{fact.code}")
            yield replace(fact, code=code, attributes={**fact.attributes, "same-as": leading})


def _with_names(fact: Observation) -> Iterator[Observation]:
    """A fact, and under which name its record stands (:mod:`proband.facts.called`); of a list in a table in which system too."""
    yield fact
    if fact.presence is Presence.ABSENT or fact.presence.is_silent:
        return
    attributes = fact.attributes
    kind, names = attributes.get("listed"), attributes.get("called")
    if kind is not None:
        told = {**attributes, "kind": "where-recorded"}
        if says_where(fact.system, fact.code) is None:
            yield replace(
                fact, **_key(recorded_in(kind, {fact.system})), presence=Presence.UNKNOWN, attributes=told
            )
    elif attributes.get("kind") == "where-recorded":
        names, told = fact.display, attributes
    for key in called(names.split(" | ")) if names else ():
        yield replace(fact, **_key(key), presence=Presence.UNKNOWN, attributes=told)


def _key(key: tuple[str, str]) -> dict[str, Any]:
    return {"system": key[0], "code": key[1]}


def _place(fact: Observation) -> str:
    return fact.origin.position if fact.origin else ""


def _root(content: Content, report: FileReport) -> Any:
    data = content.read_bytes()
    if content.encoding != "utf-8":
        raise declined("json.utf-16")
    return load_json(data, report)


def _nobody_reads(file: FileAtHand) -> Declined:
    """Why a file is declined that no reader knows."""
    if file.content.kind == "binary":
        return declined("exchange.archive" if file.content.head.startswith(b"PK") else "exchange.binary")
    if file.content.kind == "xml":
        return _xml(file.content)
    if not isinstance(file.root, dict):
        return declined("exchange.bare-json", kind=type(file.root).__name__)
    keys = [repr(str(key)[:30]) for key in list(file.root)[:5]]
    return _kind_of_object(file.root) or declined("exchange.unknown-object", keys=keys)


def _kind_of_object(root: dict[str, Any]) -> Declined | None:
    if "graphs" in root:
        return declined("exchange.ontology")
    if "$schema" in root and ("properties" in root or "definitions" in root or "allOf" in root):
        return declined("exchange.schema")
    if "usdmVersion" in root:
        return declined("exchange.usdm")
    return None


def _xml(content: Content) -> Declined:
    name = xml_root(content.head)
    if name.rpartition(":")[2] == "ODM":
        return declined("odm.not-read")
    return declined("exchange.unknown-xml", element=name[:40])
