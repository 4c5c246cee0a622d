"""Running the two layers on an engine: load, observables, derived scores, criteria, verdict and funnel.

Each engine holds the same three tables under the same names: ``observations`` (long), ``observables`` (wide) and
``verdicts`` (one row per person, one three-valued column per criterion).
"""

# Table and column names are validated identifiers; every value goes through text_literal or a parameter.
# ruff: noqa: S608

from __future__ import annotations

import math
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from proband.facts.table import clean
from proband.programme import Programme
from proband.programme.eligibility import Eligibility, Observable, SaysLevel, Scored
from proband.screening.away import one_datum_away
from proband.screening.derived import both_columns, derive
from proband.screening.renaming import column_stem
from proband.screening.rules import Rules
from proband.screening.sql.criteria import Form, criteria_select, render, verdict_select
from proband.screening.sql.dialects import Dialect, DialectName, dialect
from proband.screening.sql.funnel import Funnel, funnel_of, funnel_sql
from proband.screening.sql.observables import ObservableQuery, depends_on_derived
from proband.terms import ProbandError

_CHUNK = 50_000


class EngineError(ProbandError):
    """An engine is not there, or cannot be reached."""

    default_code = "screening.engine"


class Engine(ABC):
    """What running needs of a database."""

    dialect: Dialect

    @abstractmethod
    def load(self, name: str, frame: pl.DataFrame) -> None:
        """Make (or replace) a table from a frame."""

    @abstractmethod
    def create(self, name: str, select: str) -> None:
        """Make (or replace) a table from a query."""

    def create_stepwise(self, name: str, query: ObservableQuery) -> None:
        """Make the wide table; one query here, step by step where an engine plans long queries badly."""
        self.create(name, query.sql())

    @abstractmethod
    def fetch(self, query: str) -> pl.DataFrame:
        """The result of a query."""

    def close(self) -> None:  # noqa: B027  (nothing to close is the default)
        """Give the connection back."""

    def prepare(self, query: ObservableQuery) -> None:
        """Make the table ``facts``, once, and tell the query which units occur in it."""
        if not query.slots:
            return
        self.create("facts", query.facts())
        query.facts_ready = True
        found: dict[tuple[str, str], list[str | None]] = {}
        for row in self.fetch("SELECT DISTINCT system, code, unit FROM facts").iter_rows():
            found.setdefault((row[0], row[1]), []).append(row[2])
        query.units = found


class DuckDBEngine(Engine):
    """DuckDB in this process; ``path`` for a database file, else in memory."""

    def __init__(self, path: str = ":memory:", *, threads: int | None = None) -> None:
        import duckdb

        self.dialect = dialect("duckdb")
        self.connection = duckdb.connect(path)
        self.connection.execute(
            "SET preserve_insertion_order = false"
        )  # the tables have no order of their own
        if threads:
            self.connection.execute(f"SET threads = {int(threads)}")

    def load(self, name: str, frame: pl.DataFrame) -> None:
        """Make a table from a frame, through Arrow."""
        self.connection.register("_incoming", frame.to_arrow())
        self.connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM _incoming")
        self.connection.unregister("_incoming")

    def create(self, name: str, select: str) -> None:
        """Make a table from a query."""
        self.connection.execute(f"CREATE OR REPLACE TABLE {name} AS {select}")

    def fetch(self, query: str) -> pl.DataFrame:
        """The result of a query."""
        found = pl.from_arrow(self.connection.sql(query).to_arrow_table())
        assert isinstance(found, pl.DataFrame)  # noqa: S101
        return found

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


class SQLiteEngine(Engine):
    """SQLite in this process."""

    def __init__(self, path: str = ":memory:") -> None:
        self.dialect = dialect("sqlite")
        self.connection = sqlite3.connect(path)

    def load(self, name: str, frame: pl.DataFrame) -> None:
        """Make a table from a frame; days and times become ISO text, yes and no become 1 and 0."""
        ready = frame.with_columns(
            pl.col(pl.Date).dt.strftime("%Y-%m-%d"), pl.col(pl.Datetime).dt.strftime("%Y-%m-%d %H:%M:%S")
        )
        types = {pl.Float64: "REAL", pl.Int64: "INTEGER", pl.Boolean: "INTEGER"}
        columns = ", ".join(f'"{n}" {types.get(t, "TEXT")}' for n, t in ready.schema.items())  # type: ignore[call-overload]
        self.connection.execute(f"DROP TABLE IF EXISTS {name}")
        self.connection.execute(f"CREATE TABLE {name} ({columns})")
        marks = ", ".join("?" * len(ready.columns))
        self.connection.executemany(f"INSERT INTO {name} VALUES ({marks})", ready.iter_rows())

    def create(self, name: str, select: str) -> None:
        """Make a table from a query."""
        self.connection.execute(f"DROP TABLE IF EXISTS {name}")
        self.connection.execute(f"CREATE TABLE {name} AS {select}")

    def fetch(self, query: str) -> pl.DataFrame:
        """The result of a query."""
        cursor = self.connection.execute(query)
        names = [d[0] for d in cursor.description]
        rows = cursor.fetchall()
        return pl.DataFrame(
            {n: pl.Series(n, [r[i] for r in rows], strict=False) for i, n in enumerate(names)}
        )

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


class PostgresEngine(Engine):
    """A PostgreSQL server; tables are temporary and go with the connection."""

    def __init__(self, dsn: str) -> None:
        import psycopg

        self.dialect = dialect("postgres")
        try:
            self.connection = psycopg.connect(dsn, autocommit=True, prepare_threshold=None)
        except psycopg.OperationalError as error:
            raise EngineError(
                f"PostgreSQL does not answer: {error}", mend="check the address and that it runs"
            ) from error

    def load(self, name: str, frame: pl.DataFrame) -> None:
        """Make a temporary table from a frame, by COPY."""
        types = {pl.Float64: "DOUBLE PRECISION", pl.Int64: "BIGINT", pl.Boolean: "BOOLEAN", pl.Date: "DATE"}

        def kind(t: Any) -> str:
            return "TIMESTAMP" if isinstance(t, pl.Datetime) else types.get(t, "TEXT")

        columns = ", ".join(f'"{n}" {kind(t)}' for n, t in frame.schema.items())
        with self.connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {name}".encode())
            cursor.execute(f"CREATE TEMPORARY TABLE {name} ({columns})".encode())
            with cursor.copy(f"COPY {name} FROM STDIN".encode()) as copy:
                for row in frame.iter_rows():
                    copy.write_row(row)
            cursor.execute(f"ANALYZE {name}".encode())

    def create(self, name: str, select: str) -> None:
        """Make a temporary table from a query."""
        with self.connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {name}".encode())
            cursor.execute(f"CREATE TEMPORARY TABLE {name} AS {select}".encode())

    def fetch(self, query: str) -> pl.DataFrame:
        """The result of a query."""
        with self.connection.cursor() as cursor:
            cursor.execute(query.encode())
            names = [d.name for d in cursor.description or ()]
            rows = cursor.fetchall()
        return pl.DataFrame(
            {n: pl.Series(n, [r[i] for r in rows], strict=False) for i, n in enumerate(names)}
        )

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


class SparkEngine(Engine):
    """Spark, by default in this process on two cores."""

    def __init__(self, session: Any = None) -> None:
        self.dialect = dialect("spark")
        self._own = session is None
        if session is None:
            try:
                from pyspark.sql import SparkSession
            except ImportError as error:
                raise EngineError(
                    "PySpark is not installed",
                    mend="install the optional extra: pip install 'proband[spark]'",
                ) from error
            try:
                session = (
                    SparkSession.builder.master("local[2]")
                    .appName("proband")
                    .config("spark.ui.enabled", "false")
                    .config("spark.sql.shuffle.partitions", "2")
                    .config("spark.driver.bindAddress", "127.0.0.1")
                    .config("spark.driver.host", "127.0.0.1")
                    .config("spark.sql.ansi.enabled", "true")
                    .getOrCreate()
                )
            except Exception as error:  # PySpark raises whatever the Java gateway gives
                raise EngineError(
                    f"Spark does not start: {error}", mend="it needs Java 17 or later"
                ) from error
        session.sparkContext.setLogLevel("ERROR")
        session.conf.set("spark.sql.session.timeZone", "UTC")
        self.session = session

    def load(self, name: str, frame: pl.DataFrame) -> None:
        """Make a view from a frame, through Arrow."""
        self.session.createDataFrame(frame.to_arrow()).createOrReplaceTempView(name)

    def create(self, name: str, select: str) -> None:
        """Make a cached view from a query."""
        self.session.sql(select).cache().createOrReplaceTempView(name)

    def create_stepwise(self, name: str, query: ObservableQuery) -> None:
        """Make the wide table step by step: Spark would expand every part at each use, and plan for minutes."""
        *parts, (_, last) = query.steps()
        for part, text in parts:
            self.session.sql(text).localCheckpoint(eager=True).createOrReplaceTempView(part)
        self.session.sql(last).localCheckpoint(eager=True).createOrReplaceTempView(name)

    def fetch(self, query: str) -> pl.DataFrame:
        """The result of a query."""
        found = pl.from_arrow(self.session.sql(query).toArrow())
        assert isinstance(found, pl.DataFrame)  # noqa: S101
        return found

    def close(self) -> None:
        """Stop the session, if it is this engine's own."""
        if self._own:
            self.session.stop()


def engine(name: str, *, dsn: str | None = None) -> Engine:
    """An engine by name: ``duckdb``, ``sqlite``, ``postgres`` (needs ``dsn``), ``spark``.

    Raises
    ------
    EngineError
        For an unknown name, a missing address or an engine that is not installed.
    """
    match name:
        case "duckdb":
            return DuckDBEngine()
        case "sqlite":
            return SQLiteEngine()
        case "postgres" | "postgresql":
            if not dsn:
                raise EngineError(
                    "PostgreSQL needs an address", mend="give --dsn postgresql://user@host/database"
                )
            return PostgresEngine(dsn)
        case "spark":
            return SparkEngine()
    raise EngineError(f"no engine {name!r}", mend="choose duckdb, postgres, sqlite or spark")


@dataclass(frozen=True, slots=True)
class Screened:
    """The result for many: one row per person and the funnel, under one programme.

    ``table``: ``subject``, one nullable boolean per criterion as it is written (an exclusion that is true means out),
    ``cohort <id>`` where there are cohorts, and ``verdict``. ``programme_hash`` as in :class:`~proband.screening.Verdict`.
    """

    table: pl.DataFrame
    funnel: Funnel
    as_of: date
    dialect: DialectName
    programme_hash: str

    @property
    def counts(self) -> dict[str, int]:
        """Persons by verdict."""
        return {str(k): int(v) for k, v in self.table["verdict"].value_counts().iter_rows()}

    def rows(self) -> pl.DataFrame:
        """The table as it may leave the process: each row also says under which programme and on which day it was judged."""
        return self.table.with_columns(
            pl.lit(self.programme_hash).alias("programme_hash"), pl.lit(self.as_of).alias("as_of")
        )


def screen(
    programme: Programme | Eligibility,
    observations: pl.DataFrame,
    as_of: date,
    *,
    on: Engine | None = None,
    through: str | None = None,
) -> Screened:
    """Screen everyone in a long table of observations.

    Parameters
    ----------
    programme
        The programme whose criteria are judged (or bare criteria, see :class:`~proband.screening.rules.Rules`).
    observations
        Columns of :data:`~proband.facts.table.OBSERVATION_SCHEMA`; cleaned here.
    as_of
        The day of screening; later facts do not count.
    on
        The engine; a fresh DuckDB otherwise.
    through
        The last visit that is judged (see :class:`~proband.screening.rules.Rules`).
    """
    database = on or DuckDBEngine()
    try:
        database.load("observations", clean(observations))
        return screen_loaded(programme, database, as_of, through=through)
    finally:
        if on is None:
            database.close()


def screen_loaded(
    programme: Programme | Eligibility,
    database: Engine,
    as_of: date,
    *,
    form: Form = "bounded",
    through: str | None = None,
) -> Screened:
    """Screen everyone in an engine that already holds the table ``observations`` (cleaned)."""
    rules = Rules(programme, through)
    make_observables(rules, database, as_of)
    return judge(rules, database, as_of, form=form)


def make_observables(rules: Rules, database: Engine, as_of: date) -> None:
    """Make the table ``observables`` from ``observations``: one row per person, derived scores included."""
    query = ObservableQuery(rules, database.dialect, as_of)
    database.prepare(query)
    if not depends_on_derived(rules):
        database.create_stepwise("observables", query)
        return
    database.create_stepwise("observed", query)
    frame = database.fetch("SELECT * FROM observed")
    kinds = dict(query.wide_columns())
    database.load("observables", with_derived(rules, _typed(frame, kinds)))


def judge(rules: Rules, database: Engine, as_of: date, *, form: Form = "bounded") -> Screened:
    """Make the table ``verdicts`` from ``observables`` and count the funnel in one pass over it."""
    name = database.dialect.name
    statement = verdict_select(rules, criteria_select(rules, form=form, name=name))
    database.create("verdicts", render(statement, name))
    counted = database.fetch(funnel_sql(rules, name))
    table = database.fetch("SELECT * FROM verdicts")
    booleans = [c for c in table.columns if c not in {"subject", "verdict"}]
    table = table.with_columns(pl.col(c).cast(pl.Boolean) for c in booleans).sort("subject")
    return Screened(table, funnel_of(rules, counted.row(0, named=True)), as_of, name, rules.programme_hash)


def _typed(frame: pl.DataFrame, kinds: Mapping[str, str]) -> pl.DataFrame:
    types: dict[str, Any] = {
        "number": pl.Float64,
        "boolean": pl.Boolean,
        "code": pl.String,
        "count": pl.Int64,
    }
    return frame.with_columns(pl.col(n).cast(types[k]) for n, k in kinds.items())


def with_derived(rules: Rules, frame: pl.DataFrame) -> pl.DataFrame:
    """The wide table with the scores that instruments compute, beside or instead of those on record."""
    by_id = rules.eligibility.by_id
    for visit in rules.visits:
        for o in rules.order:
            if not isinstance(o, Scored) or o.id not in rules.used.get(visit, frozenset()):
                continue
            columns: dict[str, Any] = {
                n: _input(by_id[n], frame, column_stem(n, visit)) for n in o.derived.inputs.values()
            }
            results, _ = derive(o, by_id, columns)
            frame = frame.with_columns(both_columns(o, column_stem(o.id, visit), results, frame.columns))
    return frame


def _input(o: Observable, frame: pl.DataFrame, stem: str) -> list[Any]:
    if o.type == "boolean":
        return [None if v is None else ("yes" if v else "no") for v in frame[stem]]
    if o.type == "code":
        return frame[stem].to_list()
    exact = zip(frame[f"{stem}_lo"], frame[f"{stem}_hi"], strict=True)
    values = [low if low is not None and low == high else None for low, high in exact]
    if isinstance(o, SaysLevel):
        return [None if v is None else o.values[int(v)] for v in values]
    return [math.nan if v is None else v for v in values]


def nearly(
    programme: Programme | Eligibility, database: Engine, *, most: int = 100_000, through: str | None = None
) -> pl.DataFrame:
    """Who is one datum away, after :func:`screen_loaded`: see :func:`proband.screening.away.one_datum_away`.

    At most ``most`` of the persons who need data are looked at; ``through`` as in :func:`screen_loaded`.
    """
    rules = Rules(programme, through)
    wide = database.fetch(
        "SELECT o.* FROM observables o JOIN verdicts v ON v.subject = o.subject"
        f" WHERE v.verdict = 'needs-data' ORDER BY o.subject LIMIT {int(most)}"
    )
    return one_datum_away(rules, wide)
