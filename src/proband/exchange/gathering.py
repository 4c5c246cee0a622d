"""The facts of everybody in some files, gathered for screening outside of memory: ``gather(paths, …)``.

Tables of the OMOP CDM are read in columns, inside the database, where that can give what reading row by row gives; everything else is read as
a stream into a Parquet file. Either way the report, the facts and the verdicts are the same, and memory does not grow with the files.
"""

from __future__ import annotations

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path

from proband.exchange.alike import spelt_alike
from proband.exchange.content import contents
from proband.exchange.disagreements import find_disagreements
from proband.exchange.mapping import Mapping as RowMapping
from proband.exchange.omop.counted import Counts, count, disagreements
from proband.exchange.omop.in_columns import CdmTables, NotInColumns
from proband.exchange.reading import Progress, Reading, read
from proband.exchange.report import Declined, FileReport, ReadingReport
from proband.exchange.shared_reading import read_parts
from proband.facts.table import clean
from proband.programme import Programme
from proband.programme.eligibility import Eligibility
from proband.screening.rules import rules_for
from proband.screening.sql.engines import DuckDBEngine, Engine, engine
from proband.screening.sql.facts import reaches, wanted_rows
from proband.screening.sql.plan import QueryPlan
from proband.terms.extras import missing

try:
    import polars as pl
except ModuleNotFoundError as error:
    raise missing(error) from error

#: a file of one of these kinds gives facts of its own, so that all are read row by row
_NEVER_A_TABLE = {"json", "ndjson", "xml"}


class Gathered(ABC):
    """Facts of some files, held outside of memory until :meth:`close`; a context manager.

    Attributes
    ----------
    report
        What was read, declined and ignored, with contradictions; ``None`` where long tables were given, which were read before.
    in_columns
        Whether tables were read in columns.
    why_by_row
        Why tables of the CDM were not; empty where they were, or where there are none.
    """

    report: ReadingReport | None = None
    in_columns = False
    why_by_row = ""

    def __init__(self) -> None:
        self._held = ExitStack()
        self._folder = Path(self._held.enter_context(tempfile.TemporaryDirectory()))

    def __enter__(self) -> Gathered:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back files and connections, those of engines included."""
        self._held.close()

    @abstractmethod
    def on(self, name: str, *, dsn: str | None = None) -> Engine:
        """An engine (:func:`proband.screening.sql.engines.engine`) that holds the table ``observations``; closed by :meth:`close`."""

    @abstractmethod
    def codes(self) -> set[tuple[str, str]]:
        """The codes under which there are facts."""

    @abstractmethod
    def later_than(self, day: date) -> tuple[int, int]:
        """How many facts are of a day after one; and how many are of a day at all."""

    @abstractmethod
    def facts_of(self, subject: str) -> pl.DataFrame:
        """All facts of one person as a long table; empty for somebody of whom there are none."""

    @abstractmethod
    def subjects(self) -> list[str]:
        """Everybody of whom there are facts."""

    def _engine(self, name: str, dsn: str | None) -> Engine:
        made = engine(name, dsn=dsn)
        self._held.callback(made.close)
        return made


class _InParquet(Gathered):
    """Facts in Parquet files of their own."""

    def __init__(self) -> None:
        super().__init__()
        self._paths: list[Path] = []

    def hold(self, reading: Reading, workers: int | None) -> None:
        self._paths = read_parts(reading, self._folder, workers)
        self.report = reading.report
        if self._paths:
            self.report.disagreements = find_disagreements(self._facts())

    def hold_tables(self, tables: Iterable[pl.DataFrame]) -> None:
        self._paths = [self._folder / "facts.parquet"]
        clean(pl.concat(list(tables), how="diagonal_relaxed")).write_parquet(self._paths[0])

    def on(self, name: str, *, dsn: str | None = None) -> Engine:
        made = self._engine(name, dsn)
        made.load_parquet("observations", *self._paths)
        return made

    def _facts(self) -> pl.LazyFrame:
        return pl.scan_parquet(self._paths)

    def codes(self) -> set[tuple[str, str]]:
        return set(self._facts().select("system", "code").unique().collect(engine="streaming").iter_rows())

    def later_than(self, day: date) -> tuple[int, int]:
        first = pl.col("first_day")
        counted = self._facts().select(later=(first > day).sum(), dated=first.count())
        later, dated = counted.collect(engine="streaming").row(0)
        return later, dated

    def facts_of(self, subject: str) -> pl.DataFrame:
        return self._facts().filter(pl.col("subject") == subject).collect(engine="streaming")

    def subjects(self) -> list[str]:
        return (
            self._facts().select(pl.col("subject").unique()).collect(engine="streaming")["subject"].to_list()
        )


class _InColumns(Gathered):
    """Tables of the CDM in a DuckDB, with the facts that a programme asks for."""

    in_columns = True

    def __init__(self) -> None:
        super().__init__()
        self._database = DuckDBEngine(spill=self._folder)
        self._held.callback(self._database.close)
        self._counts = Counts()

    def hold(self, files: Sequence[Path], hidden: int, plan: QueryPlan, day: date) -> None:
        """Read files in columns.

        Raises
        ------
        NotInColumns
            Where reading row by row may give something else.
        """
        self._cdm = CdmTables(self._database.connection, files)
        if not self._cdm.read.tables:
            raise NotInColumns("")
        others = _that_hold_nothing(self._cdm.read.left)
        reports, self._counts = count(self._cdm, day)
        reports |= others
        self._day = day
        self.report = ReadingReport(
            [reports[str(path)] for path in files], hidden=hidden, asked=plan.rules.asked
        )
        counting = {slot.number for slot in plan.counts}
        counted = frozenset((system, code) for system, code, k, *_ in wanted_rows(plan, day) if k in counting)
        self._cdm.make_observations(reaches(plan, day), counted)
        self.report.disagreements = disagreements(self._cdm)
        self.report.alike = spelt_alike(self.subjects())
        self.report.finished = True

    def on(self, name: str, *, dsn: str | None = None) -> Engine:
        if name == "duckdb":
            return self._database
        made = self._engine(name, dsn)
        path = self._folder / "observations.parquet"
        self._database.write_parquet("observations", path)
        made.load_parquet("observations", path)
        return made

    def codes(self) -> set[tuple[str, str]]:
        return set(self._counts.codes)

    def later_than(self, day: date) -> tuple[int, int]:
        counts = self._counts if day == self._day else count(self._cdm, day)[1]
        return counts.later, counts.dated

    def facts_of(self, subject: str) -> pl.DataFrame:
        return clean(self._cdm.facts_of([subject]))

    def subjects(self) -> list[str]:
        return self._cdm.subjects()


def gather(
    paths: Sequence[str | Path] | str | Path,
    programme: Programme | Eligibility,
    as_of: date,
    *,
    through: str | None = None,
    mapping: str | Path | RowMapping | None = None,
    progress: Callable[[Progress], None] | None = None,
    in_columns: bool = True,
    workers: int | None = 1,
) -> Gathered:
    """Read files for screening, and hold what they say.

    Parameters
    ----------
    paths, mapping, progress
        As :func:`proband.exchange.read`; or long tables that :meth:`Reading.write <proband.exchange.Reading.write>` made (Parquet).
    programme, as_of, through
        What is going to be asked, and of which day: of tables that are read in columns only the facts are made that matter to it, and the
        report is complete where what it lacks is not asked for.
    in_columns
        Whether tables of the CDM may be read in columns; false: row by row, whatever the files are.
    workers
        How many processes read what is read row by row (``None``: as many as are worth it); the facts are the same whatever their number.
        A script that asks for more than one is guarded by ``if __name__ == "__main__"``.

    Raises
    ------
    ReadError
        As :func:`proband.exchange.read`.
    """
    given = [Path(paths)] if isinstance(paths, str | Path) else [Path(each) for each in paths]
    if given and all(each.is_file() and each.suffix == ".parquet" and _is_long_table(each) for each in given):
        tables = _InParquet()
        tables.hold_tables(pl.read_parquet(each) for each in given)
        return tables
    reading = read(given, mapping=mapping, progress=progress)
    why = ""
    if in_columns and mapping is None and _may_be_tables(reading.files):
        held = _InColumns()
        try:
            held.hold(reading.files, reading.hidden, QueryPlan(rules_for(programme, through)), as_of)
            return held
        except NotInColumns as error:
            why = str(error)
            held.close()
        except BaseException:
            held.close()
            raise
    streamed = _InParquet()
    try:
        streamed.hold(reading, workers)
        reading.report.asked = rules_for(programme, through).asked
    except BaseException:  # an interruption too leaves nothing behind
        streamed.close()
        raise
    streamed.why_by_row = why
    return streamed


def _is_long_table(path: Path) -> bool:
    """Whether a Parquet file is a long table of observations, and not one of another system's tables."""
    try:
        return {"subject", "system", "code"} <= set(pl.read_parquet_schema(path))
    except (pl.exceptions.PolarsError, OSError):
        return False


def _may_be_tables(files: Sequence[Path]) -> bool:
    """Whether none of the files is of a kind that is no table."""
    try:
        return all(
            each.kind not in _NEVER_A_TABLE and not each.member for path in files for each in contents(path)
        )
    except Declined:
        return False


def _that_hold_nothing(files: Sequence[Path]) -> dict[str, FileReport]:
    """The reports of files beside tables of the CDM, none of which gives facts.

    Raises
    ------
    NotInColumns
        For one that gives facts, or is a table of the CDM in a form that columns are not read from.
    """
    if not files:
        return {}
    reading = read(files)
    for fact in reading:
        where = fact.origin.file if fact.origin else ""
        raise NotInColumns(f"{Path(where).name} is no table of the CDM and gives facts")
    for each in reading.report:
        if each.format.startswith("OMOP"):
            raise NotInColumns(f"{Path(each.file).name} is compressed or encoded in another way")
    return {each.file: each for each in reading.report}
