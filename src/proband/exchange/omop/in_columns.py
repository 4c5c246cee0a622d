"""Tables of the OMOP CDM to the long table of observations inside DuckDB: no person and no row passes through Python.

The rules are those of :mod:`proband.exchange.omop.reader`, and a test holds the two to one another, fact by fact. What has few
different values (concepts, units, comparators) is looked up once a value, by the reader's own functions, and joined.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from proband.exchange.content import contents
from proband.exchange.fhir.values import units_differ
from proband.exchange.may_name import of_family
from proband.exchange.omop.beside import called_otherwise, said_beside
from proband.exchange.omop.reader import (
    ACT_CODE,
    FINDINGS,
    NO_CONCEPTS,
    RESULTS,
    SEXES,
    VISITS,
    YES_CONCEPTS,
    asks_in_words,
    concepts_of,
    ended_by_death,
    kind_of_note,
    may_be_results,
    may_be_unnamed,
    named_by_source,
    named_by_value,
    odd_unit,
    says_left,
    unit_of,
    where_recorded,
)
from proband.exchange.omop.statements import (
    ANY_NAMES,
    CODED,
    DISCHARGED,
    MACROS,
    NAMED_ELSEWHERE,
    OF_PEOPLE,
    STATEMENTS,
    WHOLE_NUMBERS,
)
from proband.exchange.omop.tables import (
    COLUMNS,
    NOT_READ,
    SIGNS,
    KnownConcept,
    Vocabulary,
    header_as_written,
    heard,
    is_of_a_concept,
    table_of,
    whole,
)
from proband.exchange.plausibility import is_an_amount, judgement_of, signed
from proband.exchange.rows.facts import COMPARATORS
from proband.exchange.rows.tables import delimiter, first_row
from proband.exchange.written_numbers import cell_text
from proband.facts.called import called_what
from proband.facts.other_systems import says_where
from proband.facts.table import to_frame
from proband.terms import broader_codes
from proband.terms.answers import Answer
from proband.terms.extras import missing
from proband.terms.plausible import limits

try:
    import duckdb
    import polars as pl
    from duckdb import ColumnExpression, ConstantExpression, FunctionExpression
except ModuleNotFoundError as error:
    raise missing(error) from error


class HoldsConnection(Protocol):
    """What holds a connection to DuckDB: an engine of screening, or whatever else."""

    connection: duckdb.DuckDBPyConnection


#: table → the stem of its concept
_STEMS = {table: stem for stem, table in CODED.items()}
#: code → the first and the last day that can matter; ``None`` is open
Reaches = Mapping[tuple[str, str], tuple[date | None, date | None]]
#: table → columns of it in which the source's own words stand beside a value or an answer, in the rows that have one
BESIDE = {"measurement": ("value_source_value",), "observation": ("value_as_string", "value_source_value")}
_ANSWERED = (
    "(num(value_as_number) IS NOT NULL OR ident(value_as_concept_id) IN ("
    + ", ".join(sorted(YES_CONCEPTS | NO_CONCEPTS))
    + "))"
)
_NO_ROW = "SELECT 1 AS nothing WHERE FALSE"
_KEYS: dict[str, Any] = {"system": pl.String, "code": pl.String}
#: the columns of ``every_<stem>`` and ``codes_<stem>``
_CODES: dict[str, Any] = {
    "concept": pl.Int64, "source": pl.Int64, "word": pl.String, "system": pl.String, "code": pl.String, "name": pl.String, "lead": pl.String, "broader": pl.Boolean,
    "signed": pl.Boolean, "finding": pl.Boolean, "named": pl.Boolean, "untold": pl.Boolean, "of_unit": pl.String, "least": pl.Float64, "most": pl.Float64, "first_reach": pl.Date, "last_reach": pl.Date,
}  # fmt: skip


def _needed(table: str, columns: Sequence[str]) -> list[str]:
    """The columns of a table that are read, as they are written in it."""
    return [
        each
        for each in columns
        if each.strip().lower() in COLUMNS.get(table, ()) or each.strip().lower() in SIGNS.get(table, ())
    ] or list(columns)


class NotInColumns(Exception):
    """These files cannot be read in columns; the message says why."""


@dataclass(slots=True)
class ColumnsRead:
    """What became of the files: rows by file and table, rows that name nobody, files left for the reader that goes row by row."""

    tables: dict[str, dict[str, int]] = field(default_factory=dict)
    """File → each table in it, in their order there, with its rows."""
    nameless: dict[tuple[str, str], int] = field(default_factory=dict)
    """File and table → rows that name nobody."""
    left: list[Path] = field(default_factory=list)
    has_vocabulary: bool = False

    @property
    def rows(self) -> dict[str, int]:
        """Rows by table."""
        found: dict[str, int] = {}
        for tables in self.tables.values():
            for table, n in tables.items():
                found[table] = found.get(table, 0) + n
        return found

    @property
    def nobody(self) -> int:
        """Rows that name nobody."""
        return sum(self.nameless.values())


def observations_into(
    engine: HoldsConnection,
    files: Sequence[Path],
    *,
    wanted: Reaches | None = None,
    counted: frozenset[tuple[str, str]] | None = None,
) -> ColumnsRead:
    """Make the table ``observations`` of an engine from OMOP tables in CSV, Parquet or DuckDB files.

    Parameters
    ----------
    wanted
        The codes that matter, each with its days (:func:`proband.screening.sql.facts.reaches`): facts of no other code or day are made,
        but for who a person is. ``None``: all.
    counted
        Codes whose events are counted, for which the names of measurements are kept; ``None``: all.

    What is no table of the CDM, or a member of an archive, is named in ``left`` and not read.

    Raises
    ------
    NotInColumns
        For a file that only the reader that goes row by row can judge: one with a broken line, say.
    """
    tables = CdmTables(engine.connection, files)
    tables.make_observations(wanted, counted)
    return tables.read


class CdmTables:
    """Tables of the CDM, opened in a DuckDB: views over their files, and what their few different values mean.

    Raises
    ------
    NotInColumns
        As :func:`observations_into`.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> None:
        self._connection = connection
        self._found: dict[str, list[tuple[str, list[str], str]]] = {}
        self._every: dict[str, pl.DataFrame] = {}
        self._nameless: set[str] = set()
        self.read = ColumnsRead()
        try:
            self._open_all(files)
        except duckdb.Error as error:
            raise NotInColumns(str(error).split("\n", 1)[0][:200]) from error

    def _open_all(self, files: Sequence[Path]) -> None:
        for macro in MACROS:
            self._connection.execute(macro)
        for number, path in enumerate(files):
            if not self._open(path, number):
                self.read.left.append(path)
        for table in SIGNS:
            self._view(table)
        self._name_people()
        for table in self._found:
            self._count(table)
        vocabulary = self._vocabulary()
        self.read.has_vocabulary = self.read.rows.get("concept", 0) > 0
        self._lookups(vocabulary)

    def make_observations(
        self, wanted: Reaches | None = None, counted: frozenset[tuple[str, str]] | None = None
    ) -> None:
        """Make the table ``observations``; parameters as :func:`observations_into`."""
        self._want(wanted, counted)
        self._empty("observations")
        self.run_each(STATEMENTS)
        if wanted is not None:
            self.run_each({table: (statement,) for table, statement in NAMED_ELSEWHERE.items()})

    def facts_of(self, subjects: Sequence[str]) -> pl.DataFrame:
        """Every fact of some people; the place of a fact is the name of its row."""
        self._load("asked", pl.DataFrame({"subject": list(subjects)}, schema={"subject": pl.String}))
        self._empty("facts_of_people")
        self.run_each(OF_PEOPLE)
        found = pl.from_arrow(self._connection.table("facts_of_people").to_arrow_table())
        assert isinstance(found, pl.DataFrame)  # noqa: S101
        return found.with_columns(origin_position=pl.coalesce("origin_position", "resource"))

    def subjects(self) -> list[str]:
        """Everybody of whom a table has a row."""
        named = [
            self._connection.view(f"cdm_{table}").select(_subject()).distinct()
            for table in self._found
            if "person_id" in COLUMNS[table]
        ]
        return sorted({who for each in named for (who,) in each.fetchall() if who})

    def holds(self, table: str) -> bool:
        """Whether a table of the CDM is among the files."""
        return table in self._found

    def run_each(self, statements: Mapping[str, Sequence[str]]) -> None:
        """Run the statements of every table that is here."""
        for table, own in statements.items():
            if table in self._found:
                for statement in filter(self.gives, own):
                    self.run(statement)

    def gives(self, statement: str) -> bool:
        """Whether a statement can give anything: one that joins what values or words name cannot, where none of them names a diagnosis."""
        return not any(f"_{name} " in statement for name in self._nameless)

    def run(self, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """Run one statement and give its rows.

        Raises
        ------
        NotInColumns
            As :func:`observations_into`.
        """
        try:
            found: list[tuple[Any, ...]] = self._connection.execute(statement, parameters or None).fetchall()
        except duckdb.Error as error:
            raise NotInColumns(str(error).split("\n", 1)[0][:200]) from error
        return found

    def _empty(self, name: str) -> None:
        self._load(name, to_frame(()))
        self._connection.execute("ALTER TABLE " + name + " ALTER persists SET DEFAULT FALSE")
        self._connection.execute("ALTER TABLE " + name + " ALTER ended SET DEFAULT FALSE")

    # -- files ------------------------------------------------------------------------------------------------------

    def _open(self, path: Path, number: int) -> bool:
        """Make a view of each table of a file; false where it is none of the CDM."""
        (content, *others) = contents(path)
        if others or content.member:
            return False
        if content.head.startswith(b"PAR1"):
            names = self.run(
                "SELECT lower(trim(name)) FROM parquet_schema($file) WHERE num_children IS NULL",
                file=str(path),
            )
            if len(set(names)) < len(names):
                raise NotInColumns(f"two columns of {path.name} have one name")
            return self._add(self._connection.read_parquet(str(path)), str(path), f"file_{number}")
        if content.head[8:12] == b"DUCK":
            return self._database(path, number)
        if content.kind != "text" or content.encoding != "utf-8" or content.packed == "zlib":
            return False
        sign = delimiter(content)
        header = first_row(content, sign)
        if table_of(header) is None:
            return False
        if header != header_as_written(content, sign) or len({each.lower() for each in header}) < len(header):
            raise NotInColumns(f"the header of {path.name} is not plain")
        # the dialect is that of the reader that goes row by row, and nothing is guessed
        relation = self._connection.read_csv(
            str(path), header=True, auto_detect=False, columns=dict.fromkeys(header, "VARCHAR"), delimiter=sign,
            quotechar="" if sign == "\t" else '"', escapechar="" if sign == "\t" else '"', compression=content.packed or "none",
        )  # fmt: skip
        return self._add(relation, str(path), f"file_{number}", copy=True)

    def _database(self, path: Path, number: int) -> bool:
        """Tables of a database file that somebody else wrote; a copy of each in Arrow, batch by batch, for it stays a file of its own."""
        with duckdb.connect(str(path), read_only=True) as other:
            other.execute("SET enable_progress_bar = false")
            tables = other.execute(
                "SELECT schema_name, table_name FROM duckdb_tables() ORDER BY ALL"
            ).fetchall()
            taken = False
            for index, (schema, table) in enumerate(tables):
                relation = other.table(f'"{schema}"."{table}"')
                name = table_of(relation.columns)
                if name is None:
                    continue
                batches = relation.select(*map(ColumnExpression, _needed(name, relation.columns)))
                self._connection.register("_incoming", batches.to_arrow_reader(1_000_000))
                taken |= self._add(
                    self._connection.view("_incoming"), str(path), f"file_{number}_{index}", copy=True
                )
                self._connection.unregister("_incoming")
            return taken

    def _add(self, relation: duckdb.DuckDBPyRelation, file: str, name: str, *, copy: bool = False) -> bool:
        """Hold a table under a name: as a copy of what is needed of it, where reading it again would be slow."""
        table = table_of(relation.columns)
        if table is None:
            return False
        own = self.read.tables.setdefault(file, {})
        if table in NOT_READ:
            own[table] = own.get(table, 0) + relation.aggregate("count(*)").fetchall()[0][0]
            return True
        own.setdefault(table, 0)
        spoken = heard({each.strip().lower() for each in relation.columns} - set(COLUMNS[table]))
        if spoken:
            raise NotInColumns(f"the column {spoken[0].column[:40]} may say something against its row")
        columns = _needed(table, relation.columns)
        if copy:
            relation.select(*map(ColumnExpression, columns)).create(name)
        else:
            relation.create_view(name)
        self._found.setdefault(table, []).append((name, columns, file))
        return True

    def _view(self, table: str) -> None:
        """One view of a table over all its files, with every column that is read."""
        parts: list[duckdb.DuckDBPyRelation] = []
        for view, columns, file in self._found.get(table, [("", [], "")]):
            own = {each.strip().lower(): each for each in columns}
            selected = [
                (
                    ColumnExpression(own[name]) if name in own else ConstantExpression(None).cast("VARCHAR")
                ).alias(name)
                for name in COLUMNS[table]
            ]
            source = self._connection.view(view) if view else self._connection.query(_NO_ROW)
            parts.append(source.select(*selected, ConstantExpression(file).alias("origin_file")))
        whole = parts[0]
        for each in parts[1:]:
            whole = whole.union(each)
        whole.create_view(f"cdm_{table}", replace=True)

    def _name_people(self) -> None:
        """Numbers of people that are whole in every file need no looking into."""
        kinds = {
            str(self._connection.view(f"cdm_{table}").select(ColumnExpression("person_id")).types[0])
            for table in self._found
            if "person_id" in COLUMNS[table]
        }
        self._connection.execute(WHOLE_NUMBERS if kinds <= {"BIGINT", "INTEGER"} else ANY_NAMES)

    def _count(self, table: str) -> None:
        nobody = "0" if table == "concept" else "count(*) FILTER (coalesce(subject_of(person_id), '') = '')"
        counts = self._connection.view(f"cdm_{table}").aggregate(
            f"origin_file, count(*), {nobody}", "origin_file"
        )
        for file, rows, nameless in counts.fetchall():
            self.read.tables[file][table] += rows
            if nameless:
                self.read.nameless[file, table] = nameless

    # -- what few values mean -------------------------------------------------------------------------------------------

    def _distinct(self, table: str, *columns: duckdb.Expression) -> list[tuple[Any, ...]]:
        if table not in self._found:
            return []
        found: list[tuple[Any, ...]] = (
            self._connection.view(f"cdm_{table}").select(*columns).distinct().fetchall()
        )
        return found

    def _vocabulary(self) -> Vocabulary:
        """The concepts that the tables name, out of the vocabulary."""
        named = {
            _whole_number(found)
            for table, columns in COLUMNS.items()
            for each in columns
            if each.endswith("_concept_id")
            for (found,) in self._distinct(table, ColumnExpression(each))
        }
        self._load("named", pl.DataFrame({"concept": sorted(named)}, schema={"concept": pl.Int64}))
        rows = self._connection.execute(
            "SELECT CAST(ident(concept_id) AS VARCHAR), txt(concept_name), txt(vocabulary_id), txt(concept_code), concept_id FROM cdm_concept JOIN named ON concept = ident(concept_id)"
        ).fetchall()
        for row in rows:
            _whole_number(row[4])
        rows = [row[:4] for row in rows]
        if len({row[0] for row in rows}) < len(set(rows)):  # which one stands depends on their order
            raise NotInColumns("the vocabulary says different things of one concept")
        return Vocabulary.of_rows(
            dict(zip(("concept_id", "concept_name", "vocabulary_id", "concept_code"), row, strict=True))
            for row in rows
        )

    def _lookups(self, vocabulary: Vocabulary) -> None:
        text, number = pl.String, pl.Int64
        known = [(int(each), found.system, found.code, found.name) for each, found in vocabulary.items()]
        known_columns = {"concept": number, "system": text, "code": text, "name": text}
        self._load("known", pl.DataFrame(known, schema=known_columns, orient="row"))
        self._load(
            "sexes",
            pl.DataFrame(
                [(int(k), v) for k, v in SEXES.items()],
                schema={"concept": number, "word": text},
                orient="row",
            ),
        )
        kinds = [(int(concept), kind, ACT_CODE) for concept, kind in VISITS.items()]
        self._load(
            "visit_kinds",
            pl.DataFrame(kinds, schema={"concept": number, "kind": text, "system": text}, orient="row"),
        )
        signs = [(word, None if sign == "=" else sign) for word, sign in COMPARATORS.items()]
        self._load("operators", pl.DataFrame(signs, schema={"word": text, "sign": text}, orient="row"))
        self._meanings(vocabulary)
        units = self._units(vocabulary)
        self._beside(units)
        self._materials()
        self._ended_by_death(vocabulary)
        self._notes(vocabulary)
        self._by_row_alone(vocabulary)
        codes: set[tuple[str, str]] = set()
        for table, stem in _STEMS.items():
            codes |= self._codes(vocabulary, table, stem)
        self._mentions(vocabulary)
        judged = [
            (system, code, unit or "", *judgement)
            for system, code in sorted(codes)
            for unit in sorted(units, key=lambda each: each or "")
            if (judgement := judgement_of(system, code, unit)) is not None
        ]
        schema = {"system": text, "code": text, "unit": text, "problem": text, "analyte": text, "scale": pl.Float64, "shift": pl.Float64,
                  "low": pl.Float64, "high": pl.Float64, "target": text}  # fmt: skip
        self._load("judgements", pl.DataFrame(judged, schema=schema, orient="row"))

    def _meanings(self, vocabulary: Vocabulary) -> None:
        rows: list[tuple[int, str | None, str | None, str | None, str | None, str | None]] = []
        found = {
            each
            for table in ("measurement", "observation")
            for (each,) in self._distinct(table, _ident("value_as_concept_id"))
        }
        for concept in sorted(found - {0}):
            known = vocabulary.of(str(concept))
            if str(concept) in YES_CONCEPTS | NO_CONCEPTS:
                yes = str(concept) in YES_CONCEPTS
                says = Answer.YES if yes else Answer.NO
                rows.append((concept, "present" if yes else "absent", None, None, None, says.value))
            elif known is not None:
                rows.append((concept, None, known.system, known.code, known.name, None))
            else:
                rows.append((concept, None, "OMOP", str(concept), None, None))
        schema = {
            "concept": pl.Int64,
            "presence": pl.String,
            "system": pl.String,
            "code": pl.String,
            "name": pl.String,
            "says": pl.String,
        }
        self._load("meanings", pl.DataFrame(rows, schema=schema, orient="row"))

    def _beside(self, units: Iterable[str | None]) -> None:
        """The tables ``beside``, words of the source that say something which may not be what the other columns say, and ``odd_pairs``, units of theirs that are surely others."""
        words = {
            word
            for table, columns in BESIDE.items()
            if table in self._found
            for column in columns
            for (word,) in self._connection.execute(
                f"SELECT DISTINCT txt({column}) FROM cdm_{table} WHERE {column} IS NOT NULL AND num({column}) IS NULL AND {_ANSWERED}"  # noqa: S608 (names of this module)
            ).fetchall()
        }
        said = [(word, said_beside(word)) for word in sorted(words)]
        rows = [
            (word, each.sign, each.answer, each.problem, list(each.numbers), each.unit)
            for word, each in said
            if each
        ]
        schema: dict[str, Any] = {"word": pl.String, "sign": pl.String, "answer": pl.String, "problem": pl.String, "numbers": pl.List(pl.Float64), "unit": pl.String}  # fmt: skip
        self._load("beside", pl.DataFrame(rows, schema=schema, orient="row"))
        printed = sorted({each.unit for _, each in said if each.unit})
        odd = [(one, unit) for one in printed for unit in units if unit and units_differ(unit, one)]
        self._load(
            "odd_pairs", pl.DataFrame(odd, schema={"said": pl.String, "unit": pl.String}, orient="row")
        )

    def _materials(self) -> None:
        """The table ``materials``: the source's names of tests that say of what they are, with the codes that cannot be of it."""
        words = {word for (word,) in self._distinct("measurement", _text("measurement_source_value")) if word}
        rows = [
            (word, code)
            for word in sorted(words)
            for code in sorted(limits())
            if called_otherwise(word, code)
        ]
        self._load(
            "materials", pl.DataFrame(rows, schema={"word": pl.String, "code": pl.String}, orient="row")
        )

    def _ended_by_death(self, vocabulary: Vocabulary) -> None:
        """The table ``by_death``: how visits ended, by concept and word, where that was by death."""
        found = (
            self._connection.execute(
                f"SELECT DISTINCT {DISCHARGED[0]}, {DISCHARGED[1]} FROM cdm_visit_occurrence v"  # noqa: S608 (names of this package)
            ).fetchall()
            if "visit_occurrence" in self._found
            else []
        )
        rows = [(to, word) for to, word in sorted(found) if ended_by_death(vocabulary.of(str(to)), word)]
        self._load(
            "by_death", pl.DataFrame(rows, schema={"concept": pl.Int64, "word": pl.String}, orient="row")
        )

    def _notes(self, vocabulary: Vocabulary) -> None:
        """The table ``notes_say``: of what kinds of records notes may speak, by their class."""
        rows = [
            (concept, code, name)
            for (concept,) in sorted(self._distinct("note", _ident("note_class_concept_id")))
            for name, kinds in (kind_of_note(vocabulary, str(concept)),)
            for _, code in kinds
        ]
        schema: dict[str, Any] = {"concept": pl.Int64, "code": pl.String, "name": pl.String}
        self._load("notes_say", pl.DataFrame(rows, schema=schema, orient="row"))

    def _by_row_alone(self, vocabulary: Vocabulary) -> None:
        """What few sites have is read row by row.

        Raises
        ------
        NotInColumns
            For specimens of a state of disease, and for diagnoses that stand in words as the value of an observation.
        """
        if any(state for (state,) in self._distinct("specimen", _ident("disease_status_concept_id"))):
            raise NotInColumns("a specimen has a state of disease")
        named = [f"observation_{each}" for each in ("concept_id", "source_concept_id", "source_value")]
        word_of = FunctionExpression("word_of", *map(ColumnExpression, named))
        spoken = FunctionExpression("length", _text("value_as_string")) > ConstantExpression(0)
        for concept, source, word, has_words in self._distinct(
            "observation", *map(_ident, named[:2]), word_of, spoken
        ):
            known = concepts_of(vocabulary, str(concept), str(source), word)
            if says_left(known):
                raise NotInColumns("an observation says that somebody left a study")
            if has_words and asks_in_words(known):
                raise NotInColumns("an observation names a diagnosis in words")

    def _units(self, vocabulary: Vocabulary) -> set[str | None]:
        pairs = {
            pair
            for table in ("measurement", "observation")
            for pair in self._distinct(table, _ident("unit_concept_id"), _text("unit_source_value"))
        }
        rows = [
            (concept, printed, unit_of(vocabulary, str(concept), printed))
            for concept, printed in sorted(pairs)
        ]
        schema = {
            "concept": pl.Int64, "printed": pl.String, "unit": pl.String, "amount": pl.Boolean, "odd": pl.Boolean,
        }  # fmt: skip
        self._load(
            "units",
            pl.DataFrame(
                [
                    (
                        *row,
                        row[2] is not None and is_an_amount(row[2]),
                        odd_unit(vocabulary.of(str(row[0])), row[1]) is not None,
                    )
                    for row in rows
                ],
                schema=schema,
                orient="row",
            ),
        )
        return {unit for _, _, unit in rows} | {None}

    def _codes(self, vocabulary: Vocabulary, table: str, stem: str) -> set[tuple[str, str]]:
        """The table ``every_<stem>``: concept, source concept and word of a row → each code that it stands for."""
        named = [f"{stem}_concept_id", f"{stem}_source_concept_id", f"{stem}_source_value"]
        word_of = FunctionExpression("word_of", *map(ColumnExpression, named))
        rows: list[tuple[Any, ...]] = []
        for concept, source, word in sorted(self._distinct(table, *map(_ident, named[:2]), word_of)):
            own = concepts_of(vocabulary, str(concept), str(source), word)
            leading = f"{own[0].system}|{own[0].code}"
            further = [
                KnownConcept(each.system, code, each.name)
                for each in own
                for code in broader_codes(each.system, each.code)
            ]
            for index, each in enumerate(dict.fromkeys([*own, *where_recorded(stem, own), *further])):
                rows.append((concept, source, word, each.system, each.code, each.name or None, leading if index else "", each not in own,
                             signed(each.system, each.code), own[0].system in FINDINGS, True, (says_where(each.system, each.code) or called_what(each.system, each.code)) is not None, None, None, None, None, None))  # fmt: skip
        if stem in RESULTS:
            rows += self._results_named(vocabulary, table, stem, word_of)
        frame = pl.DataFrame(rows, schema=_CODES, orient="row")
        self._every[stem] = frame
        self._load(f"every_{stem}", frame)
        if stem == "condition":
            self._load("whole_condition", frame.filter(~pl.col("broader")))
        return set(frame.select("system", "code").iter_rows())

    def _results_named(
        self, vocabulary: Vocabulary, table: str, stem: str, word_of: duckdb.Expression
    ) -> list[tuple[Any, ...]]:
        """The rows of ``every_<stem>`` for what a result may be that its concepts do not say: by its name, or by its unit where nothing names it."""
        named = [f"{stem}_concept_id", f"{stem}_source_concept_id"]
        rows: dict[tuple[Any, ...], None] = {}
        units = (_ident("unit_concept_id"), _text("unit_source_value"))
        for concept, source, word, unit_concept, printed in sorted(
            self._distinct(table, *map(_ident, named), word_of, *units)
        ):
            own = concepts_of(vocabulary, str(concept), str(source), word)
            leading, unit = f"{own[0].system}|{own[0].code}", unit_of(vocabulary, str(unit_concept), printed)
            found: list[tuple[KnownConcept, str | None, float | None, float | None]]
            found = [(each, None, None, None) for each in may_be_results(own)]
            found += [(each, unit or "", low, high) for each, low, high in may_be_unnamed(own, unit)]
            for each, of_unit, low, high in found:
                rows[concept, source, word, each.system, each.code, each.name or None, leading, True, signed(each.system, each.code),
                     own[0].system in FINDINGS, True, False, of_unit, low, high, None, None] = None  # fmt: skip
        return list(rows)

    def _mentions(self, vocabulary: Vocabulary) -> None:
        """The tables ``every_named_<stem>``: what the source's word of a condition, or the value of a row, may name; and which rows are about relatives."""
        named = [f"condition_{each}" for each in ("concept_id", "source_concept_id", "source_value")]
        found: list[tuple[int, int, str, KnownConcept]] = []
        for concept, source, word in sorted(
            self._distinct("condition_occurrence", _ident(named[0]), _ident(named[1]), _text(named[2]))
        ):
            own = concepts_of(vocabulary, str(concept), str(source), word)
            found += [(concept, source, word, each) for each in named_by_source(own, word)]
        self._load_mentions("named_condition", found)
        for stem in ("measurement", "observation"):
            values = sorted(value for (value,) in self._distinct(stem, _ident("value_as_concept_id")))
            meant = [
                (value, vocabulary.of(str(value)))
                for value in values
                if str(value) not in YES_CONCEPTS | NO_CONCEPTS
            ]
            found = [
                (value, 0, "", each) for value, known in meant if known for each in named_by_value([], known)
            ]
            self._load_mentions(f"named_{stem}", found)
            about = [
                (each["concept"], each["source"], each["word"])
                for each in self._every[stem].iter_rows(named=True)
                if of_family(each["code"], each["name"])
            ]
            keys: dict[str, Any] = {name: _CODES[name] for name in ("concept", "source", "word")}
            self._load(f"family_{stem}", pl.DataFrame(about, schema=keys, orient="row").unique())

    def _load_mentions(self, name: str, found: Iterable[tuple[int, int, str, KnownConcept]]) -> None:
        rows = [
            (concept, source, word, each.system, each.code, each.name or None, "", False, False, False, True, False, None, None, None, None, None)
            for concept, source, word, each in found
        ]  # fmt: skip
        self._every[name] = pl.DataFrame(rows, schema=_CODES, orient="row")
        self._nameless |= set() if rows else {name}
        self._load(f"every_{name}", self._every[name])

    def _want(self, wanted: Reaches | None, counted: frozenset[tuple[str, str]] | None) -> None:
        """The tables ``codes_<stem>``: the codes that are wanted, with their days."""
        names = None if counted is None else pl.DataFrame(sorted(counted), schema=_KEYS, orient="row")
        days = None if wanted is None else pl.DataFrame(
            [(*key, *days) for key, days in sorted(wanted.items())], schema=_KEYS | {"first_reach": pl.Date, "last_reach": pl.Date}, orient="row"
        )  # fmt: skip
        for stem, frame in self._every.items():
            own = frame
            if days is not None:
                own = own.drop("first_reach", "last_reach").join(days, on=list(_KEYS))
            if names is not None:
                own = own.with_columns(named=pl.struct(*_KEYS).is_in(names.to_struct().implode()))
            self._load(f"codes_{stem}", own.select(list(_CODES)))
            if stem == "condition":
                asked = wanted is None or ("Proband", "disease") in wanted
                whole = frame.filter(~pl.col("broader"))
                self._load("diseases_condition", whole if asked else whole.clear())

    def _load(self, name: str, frame: pl.DataFrame) -> None:
        self._connection.register("_incoming", frame.to_arrow())
        self._connection.execute(f"DROP TABLE IF EXISTS {name}")
        self._connection.view("_incoming").create(name)
        self._connection.unregister("_incoming")


def _whole_number(written: Any) -> int:
    """The number of a concept, 0 where none is given.

    Raises
    ------
    NotInColumns
        For a concept of 12.7, say, which a database would round to another's number.
    """
    text = whole(cell_text(written))
    if not is_of_a_concept(text):
        raise NotInColumns(f"{text[:20]!r} is the number of no concept")
    return int(text or 0)


def _ident(column: str) -> duckdb.Expression:
    return FunctionExpression("ident", ColumnExpression(column))


def _subject() -> duckdb.Expression:
    return FunctionExpression("subject_of", ColumnExpression("person_id"))


def _text(column: str) -> duckdb.Expression:
    return FunctionExpression("txt", ColumnExpression(column))
