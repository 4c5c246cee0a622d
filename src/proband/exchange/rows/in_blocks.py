"""Rows of a large mapped table, read in blocks: what the same cells say is read once, and the facts are put together in columns.

A table repeats few contents many times: another person, another day, another line, and the same analyte with the same number and unit. So each
rule is asked once for each content, by the same :class:`~proband.exchange.rows.facts.RowReader` that reads row by row, and what it gives
is written down for every row of that content with the row's own person, day and line. Whatever is more than that (a cell that a rule looks at
and that is not of its content, something to report for the first time, a date that is none, a row that something is said against) is read row
by row, in its place: facts, their order and the report are those of reading row by row (``tests/exchange/test_read_in_blocks.py``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

import numpy as np

from proband.exchange.mapping import OPERATOR, ColumnRule, Mapping, RowRule
from proband.exchange.readers import Finish
from proband.exchange.report import FileReport
from proband.exchange.rows.beside import NOTHING_AGAINST, said_against
from proband.exchange.rows.facts import DataRow, Day, RowReader
from proband.exchange.rows.redcap import SYSTEM_COLUMNS
from proband.exchange.rows.tables import GivenList
from proband.facts.observation import Observation
from proband.facts.table import OBSERVATION_SCHEMA, clean, to_row
from proband.terms import UncertainDate
from proband.terms.extras import missing

try:
    import polars as pl
except ModuleNotFoundError as error:
    raise missing(error) from error

#: rows of a block; fewer than the second number are read one by one
_BLOCK, _WORTH_IT = 50_000, 200
#: how many different contents of one rule are kept from one block to the next
_MOST_KNOWN = 50_000
#: who, where and when of the row that stands for all of one content
_SOMEBODY, _SOMEWHERE = "\x00", "\x00"
_SOME_DAY = Day(UncertainDate.on(date(1, 1, 1)), datetime(1, 1, 1))


class Rows(Protocol):
    """What reads the rows of a table one by one (:mod:`proband.exchange.rows.files`)."""

    file: str
    report: FileReport
    mapping: Mapping | None
    records: set[str]
    unused: Counter[str]

    def begin(self) -> None:
        """Called before the first row."""

    def end(self) -> None:
        """Called after the last row."""

    def of_row(self, header: list[str], cells: dict[str, str], position: str) -> Iterator[Observation]:
        """The facts of one row."""

    def reader_for(self, header: list[str], instrument: str, position: str) -> RowReader:
        """The reader of rows under a header."""

    def whom(self, header: list[str], cells: dict[str, str], reader: RowReader) -> str | None:
        """Whom a row names."""


def facts_in_blocks(
    rows: Rows, given: Iterable[GivenList | None], finish: Finish
) -> Iterator[Observation | pl.DataFrame]:
    """The facts of all rows: pieces of the long table that are finished and counted, and facts that are neither.

    Parameters
    ----------
    rows
        Reads one row.
    given
        Header, cells and line of each row; ``None`` before something is reported of the rows themselves.
    finish
        What a reading does with each fact.
    """
    rows.begin()
    blocks: dict[tuple[str, ...], _Blocks | None] = {}
    held = _Held()
    source = iter(given)
    while True:
        try:
            each = next(source, _END)
        except Exception:
            yield from _read(rows, held, blocks, finish)  # what stands before the error is read
            raise
        if isinstance(each, tuple) and held.takes(each):
            continue
        yield from _read(rows, held, blocks, finish)
        held = _Held()
        if isinstance(each, tuple):
            held.takes(each)
        elif each is _END:
            break
    rows.end()


_END = object()


class _Held:
    """Rows under one header, column by column: what holds no further objects costs the collector of garbage nothing."""

    def __init__(self) -> None:
        self.header: list[str] = []
        self.lines: list[int] = []
        self._columns: list[list[str]] = []
        self._last: list[list[str]] = []

    def takes(self, given: GivenList) -> bool:
        """Take a row, unless it is of another table or the block is full."""
        header, row, line = given
        if header is not self.header:
            if self.lines:
                return False
            self.header = header
            self._columns = [[] for _ in header]
        elif len(self.lines) >= _BLOCK:
            return False
        self.lines.append(line)
        self._last.append(row)
        if len(self._last) >= 250:
            self._turn()
        return True

    def _turn(self) -> None:
        for column, cells in zip(self._columns, zip(*self._last, strict=True), strict=True):
            column.extend(cells)
        self._last.clear()

    def columns(self) -> dict[str, list[str]]:
        """The columns that have a name."""
        if self._last:
            self._turn()
        return {name: column for name, column in zip(self.header, self._columns, strict=True) if name}


def _read(
    rows: Rows, held: _Held, blocks: dict[tuple[str, ...], _Blocks | None], finish: Finish
) -> Iterator[Observation | pl.DataFrame]:
    if not held.lines:
        return
    key = tuple(held.header)
    if key not in blocks:
        blocks[key] = _Blocks.of(rows, held.header, f"line {held.lines[0]}", finish)
    block = blocks[key]
    columns = held.columns()
    if block is None or len(held.lines) < _WORTH_IT:
        for i, line in enumerate(held.lines):
            yield from rows.of_row(held.header, _cells(columns, i), f"line {line}")
    else:
        yield from block.read(columns, held.lines)


def _cells(columns: dict[str, list[str]], i: int) -> dict[str, str]:
    return {name: cells[i] for name, cells in columns.items()}


class _Content(dict[str, str]):
    """The cells of one content; looking at any other is noted."""

    def __init__(self, columns: Sequence[str], cells: Sequence[str], blank: Iterable[str]) -> None:
        super().__init__(zip(columns, cells, strict=True))
        self._known = {*columns, *blank}
        self.strayed = False

    def get(self, key: str, default: Any = None) -> Any:
        self.strayed |= key not in self._known
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self.strayed |= key not in self._known
        return super().__contains__(key)

    def __missing__(self, key: str) -> str:
        self.strayed |= key not in self._known
        raise KeyError(key)


@dataclass(slots=True)
class _Said:
    """What one content says: the rows of its facts, and what each row of it adds to the counts of the report; by row where nobody can tell."""

    facts: list[tuple[Any, ...]] = field(default_factory=list)
    flagged: int = 0
    ignored: list[tuple[str, str, int]] = field(default_factory=list)
    unknown_systems: Counter[str] = field(default_factory=Counter)
    by_row: bool = False


_BY_ROW = _Said(by_row=True)
_SCHEMA = {**OBSERVATION_SCHEMA, "_own_day": pl.Boolean}


class _Element(dict[tuple[str, ...], int]):
    """One rule with what each content of its columns says: the content → its number."""

    def __init__(self, columns: tuple[str, ...], day: str | None, ask: Callable[[_Content], Any], blank: tuple[str, ...]) -> None:  # fmt: skip
        super().__init__()
        self.columns = columns
        self.day = day
        self.said: list[_Said] = []
        self._ask = ask
        self._blank = blank
        self._frame: pl.DataFrame | None = None
        self._framed = 0
        self.asked: Callable[[_Content, Callable[[_Content], Any]], _Said]

    def __missing__(self, key: tuple[str, ...]) -> int:
        self[key] = number = len(self.said)
        self.said.append(self.asked(_Content(self.columns, key, self._blank), self._ask))
        return number

    def forget(self) -> None:
        """Keep no more than is worth keeping, between two blocks."""
        if len(self.said) > _MOST_KNOWN:
            self.clear()
            self.said.clear()
            self._frame, self._framed = None, 0

    def frame(self) -> pl.DataFrame:
        """The rows of all facts, in the order of contents."""
        new = pl.DataFrame(
            [row for each in self.said[self._framed :] for row in each.facts], schema=_SCHEMA, orient="row"
        )
        self._framed = len(self.said)
        self._frame = new if self._frame is None else pl.concat([self._frame, new])
        return self._frame


_OF_A_DAY = ("first_day", "last_day", "time", "utc_offset")


class _Days(dict[str, int]):
    """The days of one column: what is written → its number, -1 for what is no date."""

    def __init__(self, column: str, read: Callable[[str], Day]) -> None:
        super().__init__()
        self.column = column
        self.days: list[tuple[Any, ...]] = []
        self._read = read

    def __missing__(self, written: str) -> int:
        day = self._read(written)
        number = -1 if day.problem is not None else len(self.days)
        self[written] = number
        if number >= 0:
            self.days.append(to_row(Observation("", "", "", when=day.when, time=day.time)))
        return number

    def frame(self) -> pl.DataFrame:
        """What is written down of each day."""
        return pl.DataFrame(self.days, schema=OBSERVATION_SCHEMA, orient="row").select(_OF_A_DAY)


class _Against(dict[tuple[str, ...], bool]):
    """Whether something is said against a row, by what stands in the columns in which it may be."""

    def __init__(self, header: list[str], reader: RowReader) -> None:
        super().__init__()
        self.columns = [each.column for each in reader.beside if each.column in set(header)]
        self._looks = reader.beside

    def __missing__(self, key: tuple[str, ...]) -> bool:
        said = said_against(dict(zip(self.columns, key, strict=True)), self._looks) is not NOTHING_AGAINST
        self[key] = said
        return said


@dataclass(slots=True)
class _Blocks:
    """Blocks of rows under one header."""

    rows: Rows
    header: list[str]
    finish: Finish
    reader: RowReader
    elements: list[_Element]
    days: dict[str, _Days]
    against: _Against

    @classmethod
    def of(cls, rows: Rows, header: list[str], position: str, finish: Finish) -> _Blocks | None:
        """How rows under a header are read in blocks; ``None`` where each row is one of its own."""
        mapping = rows.mapping
        if mapping is None or mapping.subject_of is not None or SYSTEM_COLUMNS & set(header):
            return None
        reader = rows.reader_for(header, "", position)
        if reader.holds_examination or reader.boxes.groups:
            return None
        if any(each.date_is_value for rule in reader.rules for each in rule.rows):
            return None
        elements = list(_elements(reader, mapping, set(header)))
        named = {each.day for each in elements if each.day}
        days = {name: _Days(name, _reading_days(reader, mapping, name)) for name in named if name in header}
        made = cls(rows, header, finish, reader, elements, days, _Against(header, reader))
        for each in elements:
            each.asked = made._ask
        return made

    def _ask(self, cells: _Content, ask: Callable[[_Content], Any]) -> _Said:
        """What a content says."""
        report, own = FileReport(self.rows.report.file), self.reader.report
        self.reader.report = report
        try:
            fact = ask(cells)
            finished = list(self.finish(fact, report)) if fact is not None else []
        except Exception:  # whoever reads the row finds it again
            return _BY_ROW
        finally:
            self.reader.report = own
        if cells.strayed or report.lacking or report.own_names or report.declined or report.read:
            return _BY_ROW
        if report.found.total() != len(report.unknown_systems):
            return _BY_ROW
        said = _Said(
            flagged=report.flagged,
            ignored=[(each.what, each.reason, each.n) for each in report.ignored.values()],
            unknown_systems=report.unknown_systems,
        )
        for each in finished:
            row = _row(each, self.rows.file)
            if row is None:
                return _BY_ROW
            said.facts.append(row)
        return said

    def read(self, columns: dict[str, list[str]], lines: list[int]) -> Iterator[pl.DataFrame]:
        """The facts of some rows under this header.

        Raises
        ------
        Exception
            What reading one of the rows raises, when the facts of all before it are given.
        """
        n = len(lines)
        subjects, alone = self._subjects(columns, n)
        alone |= self._said_against(columns, n)
        days: dict[str, Any] = {}
        for name, known in self.days.items():
            days[name] = numbers = np.fromiter(map(known.__getitem__, columns[name]), np.int64, n)
            alone |= numbers < 0
        contents = []
        for element in self.elements:
            keys = (
                zip(*(columns[each] for each in element.columns), strict=True)
                if element.columns
                else [()] * n
            )
            numbers = np.fromiter(map(element.__getitem__, keys), np.int64, n)
            contents.append(numbers)
            odd = [i for i in np.unique(numbers) if self._must_be_read_alone(element.said[i])]
            if odd:
                alone |= np.isin(numbers, odd)
        pieces, n, error = self._alone(columns, lines, alone)
        together = np.flatnonzero(~alone[:n])
        named = pl.Series("line", lines, dtype=pl.Int64)
        for order, (element, numbers) in enumerate(zip(self.elements, contents, strict=True)):
            piece = self._together(
                element, numbers[:n], together, subjects, named, days.get(element.day or "")
            )
            if piece is not None:
                pieces.append(piece.with_columns(_order=pl.lit(order, pl.Int32)))
            element.forget()
        self._count(columns, subjects, together)
        if pieces:
            whole = pieces[0] if len(pieces) == 1 else pl.concat(pieces)
            whole = whole.sort("_row", "_order", maintain_order=True) if len(pieces) > 1 else whole
            yield clean(whole.select(list(OBSERVATION_SCHEMA)))
        if error is not None:
            raise error

    def _subjects(self, columns: dict[str, list[str]], n: int) -> tuple[list[str], Any]:
        """Whom each row names, and which rows name nobody."""
        column = self._whose()
        cells = columns.get(column) or [""] * n
        known = {each: self.rows.whom(self.header, {column: each}, self.reader) for each in set(cells)}
        found = [known[written] for written in cells]
        nobody = np.fromiter((each is None for each in found), np.bool_, len(found))
        return [each or "" for each in found], nobody

    def _whose(self) -> str:
        named = next((each.subject for each in self.reader.rules if each.subject), None)
        assert self.rows.mapping is not None  # noqa: S101
        return named or self.rows.mapping.subject

    def _said_against(self, columns: dict[str, list[str]], n: int) -> Any:
        """Which rows something is said against."""
        names = self.against.columns
        if not names:
            return np.zeros(n, np.bool_)
        keys = zip(*(columns[name] for name in names), strict=True)
        if len(self.against) > _MOST_KNOWN:
            self.against.clear()
        return np.fromiter(map(self.against.__getitem__, keys), np.bool_, n)

    def _must_be_read_alone(self, said: _Said) -> bool:
        """Whether nobody can tell what a content says, or it is reported for the first time and the place is told."""
        if said.by_row:
            return True
        report = self.rows.report
        return any((what, reason) not in report.ignored for what, reason, _ in said.ignored) or any(
            system not in report.unknown_systems for system in said.unknown_systems
        )

    def _alone(
        self, columns: dict[str, list[str]], lines: list[int], alone: Any
    ) -> tuple[list[pl.DataFrame], int, Exception | None]:
        """The facts of rows that are read one by one; how many rows stand before an error, and the error."""
        facts: list[Observation] = []
        places: list[int] = []
        for i in np.flatnonzero(alone):
            try:
                for fact in self.rows.of_row(self.header, _cells(columns, int(i)), f"line {lines[i]}"):
                    for each in self.finish(fact, self.rows.report):
                        facts.append(each)
                        places.append(int(i))
            except Exception as error:
                return _piece(facts, places), int(i), error
        return _piece(facts, places), len(lines), None

    def _together(
        self, element: _Element, numbers: Any, together: Any, subjects: list[str], lines: pl.Series, days: Any
    ) -> pl.DataFrame | None:
        """What one rule says of all rows that are not read one by one; counted in the report."""
        said = element.said
        counted = np.bincount(numbers[together], minlength=len(said))
        report = self.rows.report
        for number in np.flatnonzero(counted):
            each, times = said[number], int(counted[number])
            report.facts += len(each.facts) * times
            report.flagged += each.flagged * times
            for what, reason, n in each.ignored:
                report.ignore(what, reason, n=n * times)
            for system, n in each.unknown_systems.items():
                report.unknown_systems[system] += n * times
        made = np.fromiter((len(each.facts) for each in said), np.int64, len(said))
        frame = element.frame()
        of_each = made[numbers[together]]
        if not of_each.sum():
            return None
        rows = np.repeat(together, of_each)
        first = (np.cumsum(made) - made)[numbers[together]]
        within = np.arange(len(rows)) - np.repeat(np.cumsum(of_each) - of_each, of_each)
        found = frame[np.repeat(first, of_each) + within]
        place = pl.concat_str(pl.lit("line "), lines.gather(rows).cast(pl.String), "origin_position")
        found = found.with_columns(
            pl.Series("subject", subjects, dtype=pl.String).gather(rows),
            place.alias("origin_position"),
            pl.Series("_row", rows, dtype=pl.Int64),
        )
        none = pl.DataFrame(schema=OBSERVATION_SCHEMA).select(_OF_A_DAY).clear(len(rows))
        of_days = none if days is None else self.days[element.day or ""].frame()[days[rows]]
        own = pl.col("_own_day")
        dated: pl.DataFrame = found.with_columns(
            pl.when(own).then(pl.col(name)).otherwise(of_days[name]).alias(name) for name in _OF_A_DAY
        )
        return dated

    def _count(self, columns: dict[str, list[str]], subjects: list[str], together: Any) -> None:
        """Count rows, people, and columns that nobody reads."""
        self.rows.report.read["row"] += len(together)
        self.rows.records.update(subjects[i] for i in together)
        everyone = len(together) == len(subjects)
        for name, cells in columns.items():
            if name not in self.reader.looks_at:
                looked = cells if everyone else [cells[i] for i in together]
                n = sum(1 for each in looked if each and not each.isspace())
                if n:
                    self.rows.unused[name] += n


def _elements(reader: RowReader, mapping: Mapping, header: set[str]) -> Iterator[_Element]:
    """The rules of a table in their order, each with the columns whose cells decide what it says."""
    for rule in reader.rules:
        default = rule.date or mapping.date
        for column, meaning in rule.columns.items():
            read = (column, meaning.unit_column, meaning.comparator)
            yield _element(
                read, meaning.date or default, _by_column(reader, mapping, column, meaning), header
            )
        for each in rule.rows:
            yield _element(each.reads, each.date or default, _by_row(reader, mapping, each, default), header)


def _element(
    columns: Iterable[str | None], day: str | None, ask: Callable[[_Content], Any], header: set[str]
) -> _Element:
    named = dict.fromkeys(each for each in (*columns, OPERATOR) if each)
    there = tuple(each for each in named if each in header)
    blank = (*(each for each in named if each not in header), *([day] if day else ()))
    return _Element(there, day, ask, blank)


def _by_column(
    reader: RowReader, mapping: Mapping, column: str, meaning: ColumnRule
) -> Callable[[_Content], Observation | None]:
    def ask(cells: _Content) -> Observation | None:
        written = cells.get(column, "").strip()
        if not written:
            return None
        return reader.of_column(_somebody(cells), column, written, meaning, mapping, _SOME_DAY)

    return ask


def _by_row(
    reader: RowReader, mapping: Mapping, rule: RowRule, default: str | None
) -> Callable[[_Content], Observation | None]:
    return lambda cells: reader.of_rule(_somebody(cells), rule, mapping, default, _SOME_DAY)


def _somebody(cells: _Content) -> DataRow:
    return DataRow(cells, _SOMEWHERE, _SOMEBODY)


def _reading_days(reader: RowReader, mapping: Mapping, column: str) -> Callable[[str], Day]:
    return lambda written: reader.day_of(DataRow({column: written}, _SOMEWHERE), column, mapping)


def _row(fact: Observation, file: str) -> tuple[Any, ...] | None:
    """A fact as a row for all of its content: without who, where and when; ``None`` for one that is of its own row in another way."""
    origin = fact.origin
    if fact.subject != _SOMEBODY or origin is None or origin.file != file:
        return None
    if not origin.position.startswith(_SOMEWHERE):
        return None
    own_day = fact.when is not _SOME_DAY.when
    if own_day == (
        fact.time is _SOME_DAY.time
    ):  # a day of its own with the time of the row, or the other way round
        return None
    row = list(to_row(fact))
    row[_POSITION] = origin.position.removeprefix(_SOMEWHERE)
    return (*row, own_day)


_POSITION = list(OBSERVATION_SCHEMA).index("origin_position")


def _piece(facts: list[Observation], places: list[int]) -> list[pl.DataFrame]:
    if not facts:
        return []
    frame = pl.DataFrame([(*to_row(each), True) for each in facts], schema=_SCHEMA, orient="row")
    return [frame.with_columns(pl.Series("_row", places, dtype=pl.Int64), _order=pl.lit(0, pl.Int32))]
