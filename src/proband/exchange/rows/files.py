"""Which table a text file is, and whose rows they are: REDCap dictionary and export, JSON rows, mapped CSV."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Mapping as Mapping_
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proband.exchange.content import Content, look
from proband.exchange.examinations import FEWEST, examination_facts, exchange_key
from proband.exchange.mapping import OPERATOR, Mapping, TableRule, as_plain, builtin, split_code
from proband.exchange.may_name import through
from proband.exchange.readers import FileAtHand, Finish, reader
from proband.exchange.report import Declined, FileReport, Severity, declined
from proband.exchange.rows import isncsci
from proband.exchange.rows.attached import Attached
from proband.exchange.rows.beside import (
    NOTHING_AGAINST,
    Holds,
    LookedAt,
    SaidAgainst,
    attached_to,
    holds_remarks,
    looked_at,
    of_the_same,
    plain_name,
    said_against,
)
from proband.exchange.rows.checkboxes import Boxes
from proband.exchange.rows.declared import PLACES, of_place
from proband.exchange.rows.doubts import of_findings
from proband.exchange.rows.facts import DataRow, RowReader, spelt
from proband.exchange.rows.redcap import (
    MISSING_CODES,
    SYSTEM_COLUMNS,
    Dictionary,
    is_dictionary,
    read_dictionary,
)
from proband.exchange.rows.tables import LARGEST_CELL, Given, Tables, delimiter, first_row
from proband.exchange.rows.unmapped import Unmapped
from proband.facts.left import LEFT
from proband.facts.observation import Observation, Origin, Presence
from proband.facts.result_names import measured_under
from proband.terms import TermError, UncertainDate

if TYPE_CHECKING:
    import polars as pl

_RARELINK = re.compile(r"^rarelink_\d\w*_complete$")
#: what programs put behind the name of a second column of one name: ``na.1``, ``na...2``, ``na_duplicated_0``
_SECOND = re.compile(r"(?:\.{1,3}[0-9]+|_duplicated_[0-9]+)$")
#: bytes of a table from which on it is read in blocks, where the whole long table is wanted
_WORTH_BLOCKS = 1 << 18
_NO_COLUMNS: dict[str, str] = {}
_UNMAPPED = "not in the mapping"
_FORM_STATE = re.compile(r"(_complete|_timestamp)$")


class Surroundings:
    """The data dictionaries among the files of a reading: a table is explained by one in its own folder."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = files
        self._found: dict[Path, list[Dictionary]] = {}

    def dictionary_for(self, path: Path, header: list[str]) -> Dictionary | None:
        """The dictionary that explains a header: in the same folder (whether or not it was named), else in the reading."""
        candidates = self._in_folder(path.parent)
        for each in self._files:
            if each.parent != path.parent and not candidates:
                candidates = [*candidates, *self._in_folder(each.parent)]
        fitting = [each for each in candidates if each.explains(header)]
        return fitting[0] if fitting else None

    def _in_folder(self, folder: Path) -> list[Dictionary]:
        if folder not in self._found:
            self._found[folder] = []
            for each in sorted(folder.iterdir()):
                if each.is_file() and each.stat().st_size < LARGEST_CELL:
                    self._try(each, folder)
        return self._found[folder]

    def _try(self, path: Path, folder: Path) -> None:
        try:
            content = look(path)
            if content.kind != "text" or not is_dictionary(first_row(content)):
                return
            quiet = FileReport(str(path))
            self._found[folder].append(read_dictionary(content.read_text(quiet), str(path), quiet))
        except Declined:
            return


def read_text(
    content: Content,
    path: Path,
    report: FileReport,
    surroundings: Surroundings,
    mapping: Mapping | None,
    finish: Finish | None = None,
) -> Iterator[Observation | pl.DataFrame]:
    """Facts of a text file that is a table; of a large one in pieces of the long table where ``finish`` is given.

    Raises
    ------
    Declined
        ``table.no-mapping`` for a CSV that nothing explains, ``table.no-rule`` for one that no rule of the mapping
        fits, ``redcap.*`` for REDCap files that hold no records, ``exchange.unknown`` for plain text.
    """
    sign = (mapping.delimiter if mapping else None) or delimiter(content)
    header = first_row(content, sign)
    if is_dictionary(header):
        read_dictionary(content.read_text(report), str(path), report)
        report.find(
            Severity.NOTE,
            "redcap.dictionary",
            "a data dictionary: it explains the export beside it, and holds no records",
        )
        return
    _refuse_known_others(header)
    tables = Tables(content, path, report, sign, mapping)
    dictionary = surroundings.dictionary_for(path, header)
    if mapping is None:
        mapping = _rarelink(header, report)
    if mapping is None and dictionary is None and not _looks_like_redcap(header):
        if len(header) < 2:
            raise declined("exchange.plain-text")
        columns = ", ".join(header[:8]) + (" …" if len(header) > 8 else "")
        raise declined("table.no-mapping", line=1, columns=columns[:300])
    reading = _TableReading(report.file, report, dictionary, mapping)
    if mapping is not None and mapping.subject_of is not None:
        for row_header, cells, position in tables.rows(quiet=True):
            reading.learn(row_header, cells, position)
    if finish is not None and (content.packed or path.stat().st_size > _WORTH_BLOCKS):
        from proband.exchange.rows.in_blocks import facts_in_blocks

        yield from facts_in_blocks(reading, tables.lists(), finish)
    else:
        yield from reading.facts(tables.rows())


def read_given(
    file: FileAtHand, header: list[str], rows: Callable[[], Iterator[Given]]
) -> Iterator[Observation]:
    """Facts of rows that stand in no text file (a sheet, a dataset), by the caller's mapping as those of a CSV file.

    Parameters
    ----------
    rows
        Gives header, cells by column and position of each row; asked twice where the mapping says so (``subject_of``).

    Raises
    ------
    Declined
        ``table.no-mapping`` where nothing explains the columns, ``table.no-rule`` where no rule of the mapping fits them.
    """
    mapping = file.mapping or _rarelink(header, file.report)
    surroundings = file.reading.kept(Surroundings)
    dictionary = surroundings.dictionary_for(file.path, header)
    if mapping is None and dictionary is None and not _looks_like_redcap(header):
        columns = ", ".join(header[:8]) + (" …" if len(header) > 8 else "")
        raise declined("table.no-mapping", columns=columns[:300])
    reading = _TableReading(file.name, file.report, dictionary, mapping)
    if mapping is not None and mapping.subject_of is not None:
        for given in rows():
            reading.learn(*given)
    yield from reading.facts(rows())


def _rarelink(header: Iterable[str], report: FileReport) -> Mapping | None:
    if sum(_RARELINK.match(each) is not None for each in header) < 3:
        return None
    report.find(
        Severity.NOTE,
        "mapping.builtin",
        "fields of the RareLink common data model: read by the mapping that Proband ships",
    )
    return builtin("rarelink_cdm")


def _looks_like_redcap(header: list[str]) -> bool:
    named = [each for each in header if each]
    if not named or not re.fullmatch(r"[a-z][a-z0-9_]*", named[0]):
        return False
    return bool(SYSTEM_COLUMNS & set(named)) or any(each.endswith("_complete") for each in named)


def _refuse_known_others(header: list[str]) -> None:
    if {"unique_event_name", "arm_num"} <= set(header):
        raise declined("redcap.events")
    if header[:2] == ["arm_num", "name"]:
        raise declined("redcap.arms")


def read_json_rows(
    root: list[Any],
    path: Path,
    report: FileReport,
    mapping: Mapping | None,
    surroundings: Surroundings | None = None,
) -> Iterator[Observation]:
    """Facts of a JSON array of flat rows (REDCap's JSON export).

    Raises
    ------
    Declined
        For an array that is something else, with what it looks like.
    """
    report.format = "JSON rows"
    rows = [each for each in root if isinstance(each, dict)]
    if len(rows) != len(root) or not rows:
        raise declined("exchange.array")
    if any("resourceType" in each for each in rows):
        raise declined("fhir.array")
    keys = list(dict.fromkeys(str(key) for each in rows for key in each))
    if "error" in keys and len(keys) <= 3:
        raise declined("exchange.log")
    if any(isinstance(value, dict | list) for each in rows for value in each.values()):
        raise declined("redcap.nested")
    if mapping is None:
        mapping = _rarelink(keys, report)
    dictionary = surroundings.dictionary_for(path, keys) if surroundings else None
    if mapping is None and dictionary is None and not _looks_like_redcap(keys):
        raise declined("table.no-mapping.json", keys=", ".join(keys[:8])[:300])
    reading = _TableReading(report.file, report, dictionary, mapping)
    rows_given = [
        (keys, {str(key): as_plain(value) for key, value in each.items()}, f"[{index}]")
        for index, each in enumerate(rows)
    ]
    if mapping is not None and mapping.subject_of is not None:
        for given in rows_given:
            reading.learn(*given)
    yield from reading.facts(iter(rows_given))


@dataclass(slots=True)
class _TableReading:
    """Facts of the rows of one file, with what is counted along the way."""

    file: str
    report: FileReport
    dictionary: Dictionary | None
    mapping: Mapping | None
    records: set[str] = field(default_factory=set)
    """Whom rows named."""
    unused: Counter[str] = field(default_factory=Counter)
    """Columns in which something stands that nobody reads, with the number of rows."""
    _subjects: dict[str, str] = field(default_factory=dict)
    _readers: dict[tuple[tuple[str, ...], str], RowReader] = field(default_factory=dict)
    _last: list[str] | None = None
    _own: list[str] = field(default_factory=list)
    _reader_of_last: RowReader | None = None
    _seen_headers: set[tuple[str, ...]] = field(default_factory=set)
    _named_findings: dict[str, str] = field(init=False)
    """Columns that the mapping names as findings of an examination (``Proband|isncsci.c5-right-touch``), with their exchange keys."""

    def __post_init__(self) -> None:
        self._named_findings = _findings_named(self.mapping)

    def learn(self, header: list[str], cells: dict[str, str], position: str) -> None:
        """Note which subject a record id stands for, where only one of its rows says so."""
        mapping = self.mapping
        if mapping is not None and mapping.subject_of is not None:
            record, subject = (
                cells.get(mapping.subject_of, "").strip(),
                cells.get(mapping.subject, "").strip(),
            )
            if record and subject:
                known = self._subjects.setdefault(record, subject)
                if known != subject:
                    self.report.find(
                        Severity.ERROR,
                        "table.subject",
                        f"record {record!r} is called {known!r} and {subject!r}",
                        position,
                    )

    def facts(self, rows: Iterator[Given]) -> Iterator[Observation]:
        """Facts of all rows; counts rows and records."""
        self.begin()
        for header, cells, position in rows:
            yield from self.of_row(header, cells, position)
        self.end()

    def begin(self) -> None:
        """Say what is read, before the first row."""
        self.report.format = self.report.format or "table"
        self.report.read["row"] += 0
        self.report.read["record"] += 0

    def end(self) -> None:
        """Say how many records were read and which columns were not, after the last row."""
        self.report.read["record"] += len(self.records)
        for column, n in sorted(self.unused.items()):
            why = self._why_unused(column)
            self.report.ignore(f"column {column}", why, "", n)
            if why == _UNMAPPED and of_findings(plain_name(column)):
                self.report.lack(
                    "table.unread-findings", f"the column {column[:60]} is by its name one of diagnoses or drugs, and the mapping does not read it", "",
                    "map it, or name it under ignore", what="column of diagnoses or drugs that the mapping does not read",
                )  # fmt: skip

    def of_row(self, header: list[str], cells: dict[str, str], position: str) -> Iterator[Observation]:
        """Facts of one row."""
        if header is not self._last:
            self._last = header
            self._own = [name for name in SYSTEM_COLUMNS if name in header]
            self._reader_of_last = None
        own = self._own
        redcap = {name: cells[name].strip() for name in own if name in cells} if own else _NO_COLUMNS
        instrument = redcap.get("redcap_repeat_instrument", "")
        reader = self._reader_of_last
        if reader is None or own:
            reader = self._reader_of_last = self.reader_for(header, instrument, position)
        self.report.read["row"] += 1
        subject = self.whom(header, cells, reader)
        if subject:
            self.records.add(subject)
        against = said_against(cells, reader.beside) if reader.beside else NOTHING_AGAINST
        if against.withdrawn:
            self.report.ignore(
                "row", f"the column {against.withdrawn[:60]} says that it was taken back", position
            )
            return
        if against.another:
            self.report.ignore("row", f"about another, not the person: {against.another}", position)
            return
        row_of = self._of_place(redcap) if redcap else NOTHING_AGAINST
        if row_of.another:
            self.report.ignore("row", f"about another, not the person: {row_of.another}", position)
            return
        silent = reader.boxes.unanswered(cells) if reader.boxes.groups else {}
        place = _redcap_place(redcap) if redcap else {}
        row = DataRow(self._given(cells, reader), position, subject, place, instrument, silent, against)
        told = reader.facts(row)
        if subject and against.death:
            told = chain(told, [self._death(row, against.death)])
        if subject and (against.left or against.may_be):
            told = chain(told, self._unmapped(row, against))
        if subject and reader.holds_examination:
            told = chain(map(against.of, self._examination(row, cells)), told)
        yield from told if row_of is NOTHING_AGAINST else map(row_of.of, told)

    def _death(self, row: DataRow, said: str) -> Observation:
        """That a column which no rule reads says that the person died: nobody knows."""
        problem = f"{said}: it says that the person died, and the mapping does not read it"
        return Observation(
            row.subject or "",
            "Proband",
            "vital-status",
            text="deceased",
            origin=Origin(self.file, row.position),
            problems=(problem,),
        )

    def _unmapped(self, row: DataRow, against: SaidAgainst) -> Iterator[Observation]:
        """What columns say that no rule reads: that the person left a study, or may have what a question asks for."""
        day = self.mapping.date if self.mapping is not None else None
        reader = self._reader_of_last or self.reader_for(self._last or [], row.instrument, row.position)
        when = (
            reader.day_of(DataRow({**row.cells}, row.position), day, self.mapping).when
            if self.mapping is not None
            else UncertainDate.unknown()
        )
        of_row = Observation(
            row.subject or "",
            "",
            "",
            when=when,
            attributes={**row.attributes, "kind": "unmapped"},
            origin=Origin(self.file, row.position),
        )
        if against.left:
            yield replace(of_row, system=LEFT[0], code=LEFT[1], text=against.left)
        for system, code, said in dict.fromkeys(against.may_be):
            yield replace(
                of_row,
                system=system,
                code=code,
                text=said,
                presence=Presence.UNKNOWN,
                persists=True,
                until=through(when),
            )

    def _of_place(self, redcap: Mapping_[str, str]) -> SaidAgainst:
        """What event, arm and instrument say against a row, but for those that the mapping leaves out by name."""
        left_out = self.mapping.ignore if self.mapping is not None else ()
        found = (of_place(each, redcap[each]) for each in PLACES if redcap.get(each) and each not in left_out)
        return next((each for each in found if each is not NOTHING_AGAINST), NOTHING_AGAINST)

    def reader_for(self, header: list[str], instrument: str, position: str) -> RowReader:
        """The reader of rows under a header, of one instrument of REDCap."""
        key = (tuple(header), instrument)
        reader = self._readers.get(key)
        if reader is None:
            reader = self._readers[key] = self._reader(header, instrument, position)
        return reader

    def _why_unused(self, column: str) -> str:
        if column in SYSTEM_COLUMNS:
            return "REDCap's own column; event, instrument and instance go into the attributes"
        if _FORM_STATE.search(column):
            return "the state of a form or the time of a survey"
        if self.mapping is not None:
            listed = {*self.mapping.ignore, *(each for table in self.mapping.tables for each in table.ignore)}
            return "named under ignore in the mapping" if column in listed else _UNMAPPED
        return "the id of the record, or part of an examination that is read as a whole"

    def _reader(self, header: list[str], instrument: str, position: str) -> RowReader:
        mapping = self.mapping
        if mapping is None:
            self.report.format = "REDCap export"
            return self._made(header, ())
        rules: list[TableRule] = [mapping.whole] if mapping.columns or mapping.rows else []
        rules.extend(
            table
            for table in mapping.tables
            if set(table.when.columns) <= set(header) and table.when.instrument in (None, instrument)
        )
        self.report.format = "REDCap export (mapped)" if SYSTEM_COLUMNS & set(header) else "mapped table"
        if (
            not rules
            and tuple(header) not in self._seen_headers
            and not any(each.when.instrument is not None for each in mapping.tables)
        ):
            raise declined("table.no-rule", key=position, columns=", ".join(header[:8])[:200])
        self._seen_headers.add(tuple(header))
        for rule in rules:
            missing = sorted(rule.used_columns() - set(header))
            subject = rule.subject or mapping.subject
            if subject not in header and not self._subjects:
                close = get_close_matches(subject, header, 1)
                raise declined(
                    "table.no-subject",
                    key=position,
                    subject=subject,
                    near=close[0] if close else None,
                    columns=", ".join(header[:12])[:200],
                )
            self._lack_twins(header, rule, position)
            self._lack_fit(header, rule, subject, position)
            for column in missing:
                close = get_close_matches(column, header, 1)
                self.report.find(
                    Severity.WARNING,
                    "mapping.no-column",
                    f"the mapping names a column {column!r} that the table has not",
                    position,
                    f"did you mean {close[0]!r}?" if close else "",
                )
        return self._made(header, tuple(rules))

    def _lack_fit(self, header: list[str], rule: TableRule, subject: str, position: str) -> None:
        """Miss what stands in a table that has the column of persons and nothing else that a rule reads: a second export under the mapping of the first."""
        assert self.mapping is not None  # noqa: S101
        who_and_when = {subject, rule.date, self.mapping.subject, self.mapping.subject_of, self.mapping.date}
        left = (
            {each for each in header if each}
            - {*self.mapping.ignore, *rule.ignore, *SYSTEM_COLUMNS}
            - who_and_when
        )
        left = {each for each in left if not _FORM_STATE.search(each)}
        if left and not self._named_findings and not (rule.used_columns() - who_and_when) & set(header):
            self.report.lack(
                "table.no-rule-fits", f"the table has the column {subject[:60]!r} and none of the others that the mapping reads", position,
                "give it a rule of its own (tables:), or name its columns under ignore", what="table that no rule of the mapping fits",
            )  # fmt: skip

    def _lack_twins(self, header: list[str], rule: TableRule, position: str) -> None:
        """Miss the columns that are named like one of the mapping but for case, signs or a number that a program put behind the second of one name."""
        assert self.mapping is not None  # noqa: S101
        named = {*self.mapping.ignore, *rule.ignore, *rule.used_columns()}
        kept = {spelt(each): each for each in rule.used_columns() if each in header}
        for each in header:
            one = kept.get(spelt(_SECOND.sub("", each))) if each and each not in named else None
            if one is not None:
                self.report.lack(
                    "table.twin-column", f"the column {each[:60]!r} is named almost like {one[:60]!r}, which alone is read", position,
                    "name it in the mapping, or under ignore", what="column named almost like one of the mapping",
                )  # fmt: skip

    def _made(self, header: list[str], rules: tuple[TableRule, ...]) -> RowReader:
        """A reader of rows with this header, and the columns that it is to look at."""
        examined = isncsci.is_examination(header) or len(self._named_findings.keys() & set(header)) >= FEWEST
        if self.mapping is not None:
            used = {each for rule in rules for each in rule.used_columns()} | {OPERATOR}
            used |= {
                each for each in (self.mapping.subject, self.mapping.subject_of, self.mapping.date) if each
            }
        else:
            first = next((each for each in header if each), "")
            first = next(iter(self.dictionary.fields), first) if self.dictionary else first
            used = {
                name
                for name in header
                if name not in SYSTEM_COLUMNS
                and name != first
                and not _FORM_STATE.search(name)
                and not (examined and isncsci.belongs(name))
            }
        own = self.mapping.missing if self.mapping is not None else {}
        is_redcap = self.dictionary is not None or _looks_like_redcap(header)
        missing = {**(MISSING_CODES if is_redcap else {}), **own}
        return RowReader(
            self.file,
            self.report,
            self.mapping,
            rules,
            self.dictionary,
            examined,
            frozenset(used),
            self._beside(header, used, rules),
            Boxes.of(header, self.dictionary, own),
            missing,
        )

    def _beside(
        self, header: list[str], used: set[str], rules: tuple[TableRule, ...]
    ) -> tuple[LookedAt, ...]:
        """The columns in which something may be said against a row, and how each is looked at."""
        named = [
            each for each in header if each and each not in SYSTEM_COLUMNS and not _FORM_STATE.search(each)
        ]
        if self.mapping is None:  # every field is a fact of its own: only remarks and marks are about the row
            found = [looked_at(each, faintly=True) for each in named]
            return tuple(
                each for each in found if each.holds is not Holds.WORDS or holds_remarks(each.column)
            )
        words = {each for rule in rules for each in rule.holding_words()}
        ignored = {*self.mapping.ignore, *(each for table in self.mapping.tables for each in table.ignore)}
        results = any(each.value for rule in rules for each in rule.rows)
        of_people = {self.mapping.subject, self.mapping.subject_of}
        values = [each for rule in rules for each in rule.columns] + [
            each.value for rule in rules for each in rule.rows if each.value
        ]
        mapped = {plain_name(each): each for each in values}
        measured = _measured_in(rules)
        found = [
            LookedAt(each, Holds.WORDS, faintly=True)
            if each in words
            else of_the_same(
                attached_to(
                    looked_at(each, of_results=results, faintly=each in ignored), mapped, self.mapping.date
                ),
                measured,
            )
            for each in named
            if (each not in used or each in words) and each not in of_people
        ]
        return tuple(map(self._heard_itself, found))

    def _heard_itself(self, look: LookedAt) -> LookedAt:
        """The same column, with what it says by itself where no rule names it and it is no column of another."""
        if (
            look.faintly
            or look.holds not in {Holds.WORDS, Holds.STATUS}
            or look.name
            or look.attached not in {None, Attached.LIFE}
        ):
            return look
        about, _ = self.dictionary.field_of(look.column) if self.dictionary else (None, None)
        label, choices = (
            (re.sub(r"<[^>]*>", " ", about.label), about.choices) if about is not None else ("", {})
        )
        own = Unmapped.of(
            look.column, plain_name(look.column), label, choices, remark=holds_remarks(look.column)
        )
        return replace(look, unmapped=own) if own.is_heard else look

    def whom(self, header: list[str], cells: dict[str, str], reader: RowReader) -> str | None:
        """Whom a row names; ``None`` for nobody, and for signs that are no name (a ditto mark)."""
        found = self._named(header, cells, reader)
        return found if found is None or found.isalnum() or any(map(str.isalnum, found)) else None

    def _named(self, header: list[str], cells: dict[str, str], reader: RowReader) -> str | None:
        mapping = self.mapping
        if mapping is None:
            first = next(iter(self.dictionary.fields), None) if self.dictionary else None
            column = first if first in cells else next((each for each in header if each), "")
            return cells.get(column, "").strip() or None
        if mapping.subject_of is not None:
            record = cells.get(mapping.subject_of, "").strip()
            return self._subjects.get(record) or record or None
        named = mapping.subject
        for each in reader.rules:
            if each.subject:
                named = each.subject
                break
        return cells.get(named, "").strip() or None

    def _given(self, cells: dict[str, str], reader: RowReader) -> dict[str, str]:
        """The cells that the reader is to look at; the others are counted as unused where something stands in them."""
        if reader.looks_at.issuperset(cells):
            return cells
        given: dict[str, str] = {}
        for name, written in cells.items():
            if name in reader.looks_at:
                given[name] = written
            elif written.strip():
                self.unused[name] += 1
        return given

    def _examination(self, row: DataRow, cells: dict[str, str]) -> Iterator[Observation]:
        found, problems = isncsci.examination(cells, self._named_findings)
        if not found:
            return
        try:
            when = UncertainDate.parse(cells.get("exam_date", ""))
        except TermError:
            when = UncertainDate.unknown()
        pattern = Observation(
            row.subject or "",
            "Proband",
            "isncsci-exam",
            when=when,
            attributes=row.attributes,
            origin=Origin(self.file, row.position),
        )
        yield from examination_facts(found, isncsci.revision(cells), tuple(problems), pattern)


def _measured_in(rules: Iterable[TableRule]) -> dict[str, str]:
    """The columns that a mapping reads as results of laboratories, by what is measured."""
    return {
        analyte: column
        for rule in rules
        for column, each in rule.columns.items()
        for analyte in measured_under([split_code(each.code)])
    }


def _findings_named(mapping: Mapping | None) -> dict[str, str]:
    if mapping is None:
        return {}
    rules = [mapping.whole, *mapping.tables]
    named = {column: each.code for rule in rules for column, each in rule.columns.items()}
    return {
        column: key
        for column, code in named.items()
        if code.startswith("Proband|isncsci.")
        and (key := exchange_key(code.removeprefix("Proband|isncsci.")))
    }


def _redcap_place(redcap: dict[str, str]) -> dict[str, Any]:
    names = {
        "redcap_event_name": "event",
        "redcap_repeat_instrument": "instrument",
        "redcap_repeat_instance": "instance",
        "redcap_data_access_group": "group",
    }
    return {short: redcap[name] for name, short in names.items() if redcap.get(name)}


@reader("rows in JSON", "json", looks=lambda file: isinstance(file.root, list), last=True)
def read_rows(file: FileAtHand) -> Iterator[Observation]:
    """Facts of an array of flat rows."""
    return read_json_rows(file.root, file.path, file.report, file.mapping, file.reading.kept(Surroundings))


@reader("tables and REDCap exports", "text", looks=lambda file: True, last=True)
def read_table(file: FileAtHand) -> Iterator[Observation | pl.DataFrame]:
    """Facts of a text file that is a table."""
    surroundings = file.reading.kept(Surroundings)
    return read_text(file.content, file.path, file.report, surroundings, file.mapping, file.finish)
