"""What the four engines spell differently: days since 1970 from dates, months, JSON attributes, texts that hold NUL.

All dates become whole days and all times whole seconds before anything is compared, so the rules above this module
are the same on every engine. Everything here takes and gives sqlglot expressions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlglot import exp

from proband.programme.eligibility import Offset
from proband.screening.sql.building import (
    apart,
    call,
    case,
    cast,
    floor,
    is_known,
    less,
    minus,
    moved,
    number,
    plus,
    times,
)
from proband.terms import ProbandError

DialectName = Literal["duckdb", "postgres", "sqlite", "spark"]
DIALECTS: tuple[DialectName, ...] = ("duckdb", "postgres", "sqlite", "spark")

#: begins and ends the name of a day that is filled in when a statement is run (see :mod:`.days`)
DAY_BEGINS, DAY_ENDS = "\x01", "\x02"
#: characters that do not stand in a literal: NUL ends the text of a statement, the other begins a day
_BY_CODE = re.compile(f"([\x00{DAY_BEGINS}])")


@dataclass(frozen=True, slots=True)
class Dialect:
    """One engine's spelling."""

    name: DialectName

    def render(self, statement: exp.Expression, *, pretty: bool = False) -> str:
        """The text of a statement that is not used for anything else."""
        return str(statement.sql(dialect=self.name, pretty=pretty, copy=False, comments=False))

    def text(self, value: str) -> exp.Expression:
        """A text as a literal; the only way in which a value of a bundle or a file enters a query.

        Raises
        ------
        ProbandError
            ``screening.engine.nul`` for NUL on PostgreSQL, whose texts cannot hold it.
        """
        pieces = [piece for piece in _BY_CODE.split(value) if piece]
        if "\x00" in pieces and self.name == "postgres":
            raise ProbandError("screening.engine.nul", text=value)
        code = {"duckdb": "chr", "postgres": "chr", "sqlite": "char", "spark": "char"}[self.name]
        found = [
            call(code, number(ord(piece))) if _BY_CODE.fullmatch(piece) else exp.Literal.string(piece)
            for piece in pieces
        ] or [exp.Literal.string("")]
        joined = found[0]
        for piece in found[1:]:
            joined = exp.DPipe(this=joined, expression=piece)
        return joined if len(found) == 1 else exp.Paren(this=joined)

    def texts(self, values: list[str] | tuple[str, ...] | frozenset[str]) -> list[exp.Expression]:
        """Literals of a list, in order, each once."""
        return [self.text(value) for value in sorted(set(values))]

    def printed(self, item: exp.Expression) -> exp.Expression:
        """A computed number as the decimal with 14 significant digits that it stands for (:func:`proband.terms.units.printed`)."""
        digits = exp.Literal.string("%.13e")
        match self.name:
            case "postgres":
                text = call("to_char", item, exp.Literal.string("9.9999999999999EEEE"))
            case "spark":
                text = call("format_string", digits, item)
            case _:
                text = call("printf", digits, item)
        return case((is_known(item), cast(text, "double")))

    def date(self, day: date) -> exp.Expression:
        """A day as a literal (ISO text in SQLite)."""
        text = exp.Literal.string(day.isoformat())
        return text if self.name == "sqlite" else cast(text, "date")

    def day(self, item: exp.Expression) -> exp.Expression:
        """Days since 1970-01-01 of a date (ISO text in SQLite)."""
        epoch = cast(exp.Literal.string("1970-01-01"), "date")
        match self.name:
            case "duckdb":
                return call("date_diff", exp.Literal.string("day"), epoch, item)
            case "postgres":
                return minus(item, epoch)
            case "sqlite":
                return cast(minus(call("julianday", item), number(2440587.5)), "bigint")
            case _:
                return call("datediff", item, epoch)

    def moment(self, item: exp.Expression) -> exp.Expression:
        """Seconds since 1970-01-01T00:00 of a timestamp without time zone (ISO text in SQLite)."""
        match self.name:
            case "duckdb":
                return cast(floor(call("epoch", item)), "bigint")
            case "postgres":
                return cast(floor(exp.Extract(this=exp.Var(this="epoch"), expression=item)), "bigint")
            case "sqlite":
                return cast(call("strftime", exp.Literal.string("%s"), item), "bigint")
            case _:
                return cast(
                    floor(
                        exp.Div(
                            this=call("unix_micros", item), expression=number(1e6), typed=True, safe=False
                        )
                    ),
                    "bigint",
                )

    def date_of(self, day: exp.Expression) -> exp.Expression:
        """The date of a day number (ISO text in SQLite)."""
        epoch = cast(exp.Literal.string("1970-01-01"), "date")
        match self.name:
            case "duckdb" | "postgres":
                return exp.Paren(this=plus(epoch, cast(day, "int")))
            case "sqlite":
                return call("date", plus(day, number(2440587.5)))
            case _:
                return call("date_add", epoch, cast(day, "int"))

    def month_index(self, day: exp.Expression) -> exp.Expression:
        """Year × 12 + month of a day number."""
        when = self.date_of(day)
        if self.name == "sqlite":
            year, month = (
                cast(call("strftime", exp.Literal.string(part), when), "bigint") for part in ("%Y", "%m")
            )
            return exp.Paren(this=plus(times(year, number(12)), month))
        year, month = (exp.Extract(this=exp.Var(this=part), expression=when) for part in ("YEAR", "MONTH"))
        return cast(plus(times(year, number(12)), month), "bigint")

    def month_start(self, day: exp.Expression, months: int) -> exp.Expression:
        """Day number of the first day of the month that lies some months after that of a day number."""
        when = self.date_of(day)
        match self.name:
            case "duckdb" | "postgres":
                start = call("date_trunc", exp.Literal.string("month"), when)
                ahead = exp.Interval(this=exp.Literal.string(str(months)), unit=exp.Var(this="MONTH"))
                return self.day(cast(plus(start, ahead), "date"))
            case "sqlite":
                start_of = exp.Literal.string("start of month")
                return self.day(call("date", when, start_of, exp.Literal.string(f"{months:+d} months")))
            case _:
                return self.day(
                    call("add_months", call("trunc", when, exp.Literal.string("MM")), number(months))
                )

    def shift(self, day: exp.Expression, offset: Offset) -> exp.Expression:
        """A day number moved by days, or by months (stopping at the last day of the month)."""
        if offset.days is not None:
            return moved(day, offset.days)
        n = offset.months or 0
        start, following = self.month_start(day, n), self.month_start(day, n + 1)
        inside = minus(plus(start, day), self.month_start(day, 0))
        return case((less(inside, following), inside), otherwise=moved(following, -1))

    def attribute(self, item: exp.Expression, key: str) -> exp.Expression:
        """One attribute of a JSON text, as text."""
        path = exp.Literal.string(f"$.{key}")
        match self.name:
            case "duckdb":
                return call("json_extract_string", item, path)
            case "postgres":
                return exp.Paren(
                    this=call("json_extract_path_text", cast_json(item), exp.Literal.string(key))
                )
            case "sqlite":
                return call("json_extract", item, path)
            case _:
                return call("get_json_object", item, path)


def cast_json(item: exp.Expression) -> exp.Expression:
    """A text as JSON."""
    return exp.Cast(this=apart(item), to=exp.DataType.build("json"))


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
