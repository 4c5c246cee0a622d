"""The four engines: what screening needs of a database, and how each gives it.

Each engine holds the same three tables under the same names: ``observations`` (long), ``observables`` (wide) and
``verdicts`` (one row per person, one three-valued column per criterion).
"""

# The names of tables are constants of this package; what stands in a query is written by sqlglot or given as a parameter.
# ruff: noqa: S608

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from proband.screening.sql.dialects import Dialect, dialect
from proband.screening.sql.facts import WANTED
from proband.screening.sql.observables import ObservableQuery
from proband.screening.sql.saying import CONVERSIONS
from proband.terms import ProbandError
from proband.terms.extras import require

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class EngineError(ProbandError):
    """An engine is not there, cannot be reached, or cannot hold what it is given."""


class Engine(ABC):
    """What running needs of a database."""

    dialect: Dialect

    @abstractmethod
    def load(self, name: str, frame: pl.DataFrame, *, key: str = "") -> None:
        """Make (or replace) a table from a frame; ``key`` is a column by which rows are looked up one by one."""

    def load_parquet(self, name: str, *paths: Path) -> None:
        """Make (or replace) a table from Parquet files, which stay where they are as long as the table is asked."""
        self.load(name, pl.read_parquet(list(paths)))

    def write_parquet(self, name: str, path: Path) -> None:
        """Write a table as a Parquet file."""
        self.fetch(f"SELECT * FROM {name}").write_parquet(path)

    @abstractmethod
    def create(self, name: str, select: str) -> None:
        """Make (or replace) a table from a query."""

    def create_wide(self, name: str, query: ObservableQuery, as_of: date) -> None:
        """Make the wide table; one query here, step by step where an engine plans long queries badly."""
        self.create(name, query.statement.on(as_of))

    @abstractmethod
    def fetch(self, query: str) -> pl.DataFrame:
        """The result of a query."""

    def close(self) -> None:  # noqa: B027  (nothing to close is the default)
        """Give the connection back."""

    def prepare(self, query: ObservableQuery, as_of: date) -> None:
        """Make the tables that the wide one is made from: ``wanted``, ``facts``, and the ``conversions`` of its units."""
        if not query.plan.reads_facts:
            return
        self.load("wanted", pl.DataFrame(query.wanted(as_of), schema=WANTED, orient="row"), key="code")
        self.create("facts", query.facts_text)
        if query.plan.numbers:
            rows = query.conversions(self.fetch(query.units_text).iter_rows())
            self.load("conversions", pl.DataFrame(rows, schema=CONVERSIONS, orient="row"), key="unit")


class DuckDBEngine(Engine):
    """DuckDB in this process; ``path`` for a database file, else in memory; what does not fit there goes to the folder ``spill``."""

    def __init__(
        self, path: str = ":memory:", *, threads: int | None = None, spill: Path | None = None
    ) -> None:
        import duckdb

        self.dialect = dialect("duckdb")
        self.connection = duckdb.connect(path)
        self.connection.execute(
            "SET enable_progress_bar = false"
        )  # else a slow query writes its bar between the lines of --json
        self.connection.execute(
            "SET preserve_insertion_order = false"
        )  # the tables have no order of their own
        if threads:
            self.connection.execute(f"SET threads = {int(threads)}")
        if spill:
            self.connection.execute("SET temp_directory = $folder", {"folder": str(spill)})

    def load_parquet(self, name: str, *paths: Path) -> None:
        """Make a view of Parquet files."""
        self.connection.read_parquet([str(each) for each in paths]).create_view(name, replace=True)

    def write_parquet(self, name: str, path: Path) -> None:
        """Write a table as a Parquet file."""
        self.connection.table(name).write_parquet(str(path), compression="zstd")

    def load(self, name: str, frame: pl.DataFrame, *, key: str = "") -> None:
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

    def load(self, name: str, frame: pl.DataFrame, *, key: str = "") -> None:
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
        if key:  # SQLite joins row by row
            self.connection.execute(f"CREATE INDEX {name}_{key} ON {name} ({key})")

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
            raise EngineError("screening.engine.unreachable", reason=str(error)) from error

    def load(self, name: str, frame: pl.DataFrame, *, key: str = "") -> None:
        """Make a temporary table from a frame, by COPY."""
        types = {pl.Float64: "DOUBLE PRECISION", pl.Int64: "BIGINT", pl.Boolean: "BOOLEAN", pl.Date: "DATE"}

        def kind(t: Any) -> str:
            return "TIMESTAMP" if isinstance(t, pl.Datetime) else types.get(t, "TEXT")

        columns = ", ".join(f'"{n}" {kind(t)}' for n, t in frame.schema.items())
        texts = frame.select(pl.col(pl.String).str.contains("\x00", literal=True).any())
        for column, holds in texts.to_dicts()[0].items() if texts.width else ():
            if holds:
                raise EngineError("screening.engine.nul", text=f"the column {column}")
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
    """Spark, by default in this process on two cores; ``master`` names another Spark."""

    def __init__(self, session: SparkSession | None = None, *, master: str = "local[2]") -> None:
        self.dialect = dialect("spark")
        self._own = session is None
        if session is None:
            builder = require("pyspark.sql").SparkSession.builder
            try:
                builder = (
                    builder.master(master)
                    .appName("proband")
                    .config("spark.ui.enabled", "false")
                    .config("spark.sql.shuffle.partitions", "2")
                    .config("spark.sql.ansi.enabled", "true")
                )
                if master.startswith("local"):
                    # nothing outside of this machine may reach it, and no name service is asked
                    builder = builder.config("spark.driver.bindAddress", "127.0.0.1").config(
                        "spark.driver.host", "127.0.0.1"
                    )
                session = builder.getOrCreate()
            except Exception as error:  # PySpark raises whatever the Java gateway gives
                raise EngineError("screening.engine.spark.start", reason=str(error)) from error
        session.sparkContext.setLogLevel("ERROR")
        session.conf.set("spark.sql.session.timeZone", "UTC")
        self.session = session

    def load_parquet(self, name: str, *paths: Path) -> None:
        """Make a view of Parquet files."""
        self.session.read.parquet(*(str(each) for each in paths)).createOrReplaceTempView(name)

    def load(self, name: str, frame: pl.DataFrame, *, key: str = "") -> None:
        """Make a view from a frame, through Arrow."""
        self.session.createDataFrame(frame.to_arrow()).createOrReplaceTempView(name)

    def create(self, name: str, select: str) -> None:
        """Make a cached view from a query."""
        self.session.sql(select).cache().createOrReplaceTempView(name)

    def create_wide(self, name: str, query: ObservableQuery, as_of: date) -> None:
        """Make the wide table step by step: Spark would expand every part at each use, and plan for minutes."""
        *parts, (_, last) = query.step_statements
        for part, statement in [*parts, (name, last)]:
            made = self.session.sql(statement.on(as_of)).localCheckpoint(eager=True)
            made.createOrReplaceTempView(part)

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
                raise EngineError("screening.engine.address")
            return PostgresEngine(dsn)
        case "spark":
            return SparkEngine()
    raise EngineError("screening.engine.unknown", name=name)
