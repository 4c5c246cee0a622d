"""What the four engines spell differently: days since 1970 from dates, months, JSON attributes, types.

All dates become whole days and all times whole seconds before anything is compared, so the rules above this module
are the same text on every engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DialectName = Literal["duckdb", "postgres", "sqlite", "spark"]
DIALECTS: tuple[DialectName, ...] = ("duckdb", "postgres", "sqlite", "spark")


@dataclass(frozen=True, slots=True)
class Dialect:
    """One engine's spelling; every method takes and gives SQL text."""

    name: DialectName

    @property
    def double(self) -> str:
        """The name of the 64-bit floating type."""
        return {"duckdb": "DOUBLE", "postgres": "DOUBLE PRECISION", "sqlite": "REAL", "spark": "DOUBLE"}[
            self.name
        ]

    @property
    def string(self) -> str:
        """The name of the text type."""
        return "STRING" if self.name == "spark" else "TEXT"

    def as_double(self, text: str) -> str:
        """A value as a 64-bit floating number."""
        return f"CAST({text} AS {self.double})"

    def day(self, date_column: str) -> str:
        """Days since 1970-01-01 of a date column (ISO text in SQLite)."""
        match self.name:
            case "duckdb":
                return f"date_diff('day', DATE '1970-01-01', {date_column})"
            case "postgres":
                return f"({date_column} - DATE '1970-01-01')"
            case "sqlite":
                return f"CAST(julianday({date_column}) - 2440587.5 AS INTEGER)"
            case _:
                return f"datediff({date_column}, DATE'1970-01-01')"

    def moment(self, time_column: str) -> str:
        """Seconds since 1970-01-01T00:00 of a timestamp without time zone (ISO text in SQLite)."""
        match self.name:
            case "duckdb":
                return f"CAST(floor(epoch({time_column})) AS BIGINT)"
            case "postgres":
                return f"CAST(floor(extract(epoch FROM {time_column})) AS BIGINT)"
            case "sqlite":
                return f"CAST(strftime('%s', {time_column}) AS INTEGER)"
            case _:
                return f"CAST(floor(unix_micros({time_column}) / 1000000) AS BIGINT)"

    def date_of(self, day: str) -> str:
        """The date of a day number (ISO text in SQLite)."""
        match self.name:
            case "duckdb":
                return f"(DATE '1970-01-01' + CAST({day} AS INTEGER))"
            case "postgres":
                return f"(DATE '1970-01-01' + CAST({day} AS INTEGER))"
            case "sqlite":
                return f"date({day} + 2440587.5)"
            case _:
                return f"date_add(DATE'1970-01-01', CAST({day} AS INT))"

    def month_index(self, day: str) -> str:
        """Year × 12 + month of a day number."""
        date = self.date_of(day)
        if self.name == "sqlite":
            return f"(CAST(strftime('%Y', {date}) AS INTEGER) * 12 + CAST(strftime('%m', {date}) AS INTEGER))"
        return f"CAST(extract(YEAR FROM {date}) * 12 + extract(MONTH FROM {date}) AS BIGINT)"

    def month_start(self, day: str, months: int) -> str:
        """Day number of the first day of the month that lies some months after that of a day number."""
        date = self.date_of(day)
        match self.name:
            case "duckdb":
                return self.day(f"CAST(date_trunc('month', {date}) + INTERVAL ({months}) MONTH AS DATE)")
            case "postgres":
                return f"(CAST(date_trunc('month', {date}) + INTERVAL '{months} month' AS DATE) - DATE '1970-01-01')"
            case "sqlite":
                return self.day(f"date({date}, 'start of month', '{months:+d} months')")
            case _:
                return self.day(f"add_months(trunc({date}, 'MM'), {months})")

    def shift(self, day: str, days: int | None, months: int | None) -> str:
        """A day number moved by days, or by months (stopping at the last day of the month)."""
        if days is not None:
            return f"({day} {'-' if days < 0 else '+'} {abs(days)})" if days else day
        n = months or 0
        start, following = self.month_start(day, n), self.month_start(day, n + 1)
        inside = f"({start} + {day} - {self.month_start(day, 0)})"
        return f"(CASE WHEN {inside} < {following} THEN {inside} ELSE {following} - 1 END)"

    def attribute(self, name: str) -> str:
        """One attribute of an observation as text."""
        match self.name:
            case "duckdb":
                return f"json_extract_string(o.attributes, '$.{name}')"
            case "postgres":
                return f"(CAST(o.attributes AS json) ->> '{name}')"
            case "sqlite":
                return f"json_extract(o.attributes, '$.{name}')"
            case _:
                return f"get_json_object(o.attributes, '$.{name}')"


def text_literal(value: str) -> str:
    """A text as an SQL literal (quotes doubled; no engine here reads backslashes once they are doubled for Spark)."""
    return "'" + value.replace("'", "''") + "'"


def spark_safe(value: str) -> str:
    """A text as a Spark literal: its string literals read backslashes and adjacent quotes otherwise."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def number_literal(value: float) -> str:
    """A number that every engine reads as the same 64-bit value."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return repr(float(value))


def dialect(name: str) -> Dialect:
    """The dialect of that name.

    Raises
    ------
    ValueError
        For an unknown one.
    """
    if name == "postgresql":
        name = "postgres"
    if name not in DIALECTS:
        raise ValueError(f"no dialect {name!r}; known: {', '.join(DIALECTS)}")
    return Dialect(name)
