"""One reading shared among processes: ``read_parts(reading, folder, workers)``.

The files are put into parts by their sizes alone, in their order; a large file of FHIR with a resource a line falls into several, at ends of lines. Each part is read by one process, and its facts are written beside its
report; put together in the order of files they are what one process alone gives, whatever the number of processes. What the files say
together (which version of a resource stands, who is one person) is found before, once, and given to each.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import orjson

from proband.exchange.alike import spelt_alike_in
from proband.exchange.collecting import collected_rarely
from proband.exchange.content import Span, contents, spans
from proband.exchange.fact_table import write_parquet
from proband.exchange.fhir.identities import Identities, holds_fhir
from proband.exchange.omop.tables import find_no_occurrences
from proband.exchange.readers import ReadingPass
from proband.exchange.reading import Reading
from proband.exchange.report import Declined, FileReport, PartReport, ReadingReport
from proband.exchange.two_names import names_in, two_names
from proband.terms.processors import usable

#: bytes of files (as stored) that make a part; below the second number a further process costs more than it saves (at 26 MB it did, at 110 MB it did not)
_PART, _WORTH_SHARING = 8 << 20, 64 << 20


@dataclass(frozen=True, slots=True)
class ReadPart:
    """What came of one part of the files: the file with its facts, their number, the reports, and who was found to be one person."""

    path: Path
    facts: int
    reports: list[FileReport]
    merged: dict[str, str]


def read_parts(reading: Reading, folder: Path, workers: int | None = None) -> list[Path]:
    """Read everything into Parquet files in a folder, and give these in the order of what was read.

    Parameters
    ----------
    workers
        How many processes read; ``None``: as many as there are processors, where the files are large enough to be worth it.

    The report of the reading is then complete, but for disagreements.
    """
    with collected_rarely():
        return _read_all(reading, folder, workers)


def _read_all(reading: Reading, folder: Path, workers: int | None) -> list[Path]:
    together = ReadingPass(reading.files)
    whole: frozenset[str] | None = None
    if any(holds_fhir(path) for path in reading.files):
        whole = frozenset(together.kept(Identities).with_panels)
    parts = list(_in_parts(reading.files, whole))
    job = _Job(replace(reading, progress=None), together, folder)
    report = ReadingReport(hidden=reading.hidden)
    sizes = [sum(each.size for each in part) for part in parts]
    done, files = 0, 0
    found: list[Path] = []
    for index, came in enumerate(_read(job, parts, _number(workers, sum(sizes), len(parts)))):
        report.merged |= came.merged
        first = parts[index][0]
        goes_on = first.span is not None and first.span.start > 0
        # whatever ends the reading of a file ends it: what stands behind is not read, as if one process read it
        if not (goes_on and report.files[-1].declined):
            _take(report, came.reports, goes_on=goes_on)
            found.append(came.path)
        files, done = files + sum(each.ends for each in parts[index]), done + sizes[index]
        reading.tell(files, done, sum(sizes), report.facts, parts[index][-1].path)
    report.alike = spelt_alike_in(found) if found else []
    report.two_names = two_names(names_in(found)) if found else []
    find_no_occurrences(report.files)
    report.finished = True
    reading.report = report
    return found


def _take(report: ReadingReport, given: list[FileReport], *, goes_on: bool) -> None:
    """Add the reports of a part; of the parts of one file one is made."""
    for each in given:
        if isinstance(each, PartReport):
            if not goes_on:
                report.files.append(FileReport(each.file))
            each.add_to(report.files[-1])
        else:
            report.files.append(each)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A file, or some lines of it."""

    path: Path
    size: int
    span: Span | None = None
    ends: bool = True


def _in_parts(files: Sequence[Path], whole: frozenset[str] | None) -> Iterator[list[_Piece]]:
    """Files put together by their sizes; a large one whose lines speak for themselves in several parts.

    ``whole``: the names of files whose lines belong together; ``None`` where there are no lines of FHIR.
    """
    part: list[_Piece] = []
    size = 0
    for path in files:
        length = path.stat().st_size
        split = spans_of(path) if whole is not None and length >= 2 * _PART and str(path) not in whole else []
        if split:
            if part:
                yield part
            part, size = [], 0
            for span in split:
                yield [_Piece(path, span.end - span.start, span, span is split[-1])]
            continue
        part.append(_Piece(path, length))
        size += length
        if size >= _PART:
            yield part
            part, size = [], 0
    if part:
        yield part


def spans_of(path: Path) -> list[Span]:
    """The parts of a file with one resource of FHIR a line; none for any other, or one that is read in one."""
    try:
        held = list(contents(path))
    except Declined:
        return []
    if len(held) != 1 or held[0].kind != "ndjson" or _first_kind(held[0].head) is None:
        return []
    return spans(held[0], _PART)


def _first_kind(head: bytes) -> str | None:
    """The type of the resource of the first line."""
    try:
        first = orjson.loads(head.partition(b"\n")[0])
    except orjson.JSONDecodeError:
        return None
    kind = first.get("resourceType") if isinstance(first, dict) else None
    return kind if isinstance(kind, str) else None


def _number(workers: int | None, size: int, parts: int) -> int:
    if workers is None:
        workers = usable()
        workers = workers if size >= _WORTH_SHARING else 1
    return max(1, min(workers, parts))


@dataclass(slots=True)
class _Job:
    reading: Reading
    together: ReadingPass
    folder: Path

    def read(self, index: int, pieces: Sequence[_Piece]) -> ReadPart:
        """Read a part of the files."""
        report = ReadingReport()
        facts = (
            fact
            for each in pieces
            for fact in self.reading.pieces_in(each.path, report, self.together, each.span)
        )
        path = self.folder / f"part-{index:06}.parquet"
        n = write_parquet(facts, path)
        return ReadPart(path, n, report.files, dict(self.together.merged))


def _read(job: _Job, parts: list[list[_Piece]], workers: int) -> Iterator[ReadPart]:
    if workers == 1:
        yield from (job.read(index, part) for index, part in enumerate(parts))
        return
    # not forked: the threads of the libraries that are loaded here would be missing there
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _begin, (job,))
    try:
        waiting = [pool.submit(_read_part, index, part) for index, part in enumerate(parts)]
        for index, each in enumerate(waiting):
            try:
                yield each.result()
            except BrokenProcessPool:  # a process was ended from outside: what it had left is read here
                yield job.read(index, parts[index])
    finally:
        pool.shutdown(cancel_futures=True)


_own: list[_Job] = []


def _begin(job: _Job) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that asked ends this one, once, in order
    _own[:] = [job]


def _read_part(index: int, pieces: list[_Piece]) -> ReadPart:
    with collected_rarely():
        return _own[0].read(index, pieces)
