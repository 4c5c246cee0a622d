"""Tables of the OMOP CDM to the long table of observations inside DuckDB: no person and no row passes through Python.

The rules are those of :mod:`proband.exchange.omop.reader`, and a test holds the two to one another, fact by fact. What has few
different values (concepts, units, comparators) is looked up once a value, by the reader's own functions, and joined.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from proband.exchange.content import contents
from proband.exchange.omop.reader import (
    ACT_CODE,
    FINDINGS,
    NO_CONCEPTS,
    SEXES,
    VISITS,
    YES_CONCEPTS,
    concepts_of,
    unit_of,
)
from proband.exchange.omop.statements import MACROS, STATEMENTS
from proband.exchange.omop.tables import NOT_READ, SIGNS, KnownConcept, Vocabulary, table_of
from proband.exchange.plausibility import is_an_amount, judgement_of, signed
from proband.exchange.rows.facts import COMPARATORS
from proband.exchange.rows.tables import delimiter
from proband.facts.table import to_frame
from proband.terms import broader_codes
from proband.terms.extras import missing

try:
    import duckdb
    import polars as pl
    from duckdb import ColumnExpression, ConstantExpression, FunctionExpression
except ModuleNotFoundError as error:
    raise missing(error) from error


class HoldsConnection(Protocol):
    """What holds a connection to DuckDB: an engine of screening, or whatever else."""

    connection: duckdb.DuckDBPyConnection


#: table → the columns that its statements read
_COLUMNS: dict[str, tuple[str, ...]] = {
    "person": ("person_id", "gender_concept_id", "year_of_birth", "month_of_birth", "day_of_birth", "birth_datetime", "person_source_value"),
    "death": ("person_id", "death_date", "cause_concept_id"),
    "visit_occurrence": ("visit_occurrence_id", "person_id", "visit_concept_id", "visit_start_date", "visit_end_date"),
    "observation_period": ("observation_period_id", "person_id", "observation_period_start_date", "observation_period_end_date"),
    "condition_occurrence": ("condition_occurrence_id", "person_id", "condition_concept_id", "condition_source_concept_id", "condition_source_value",
                             "condition_start_date", "condition_end_date", "condition_status_concept_id"),
    "drug_exposure": ("drug_exposure_id", "person_id", "drug_concept_id", "drug_source_concept_id", "drug_source_value", "drug_exposure_start_date",
                      "drug_exposure_end_date", "verbatim_end_date", "days_supply", "stop_reason"),
    "procedure_occurrence": ("procedure_occurrence_id", "person_id", "procedure_concept_id", "procedure_source_concept_id", "procedure_source_value",
                             "procedure_date", "procedure_datetime"),
    "measurement": ("measurement_id", "person_id", "measurement_concept_id", "measurement_source_concept_id", "measurement_source_value", "measurement_date",
                    "measurement_datetime", "operator_concept_id", "value_as_number", "value_as_concept_id", "unit_concept_id", "unit_source_value",
                    "range_low", "range_high"),
    "observation": ("observation_id", "person_id", "observation_concept_id", "observation_source_concept_id", "observation_source_value", "observation_date",
                    "observation_datetime", "value_as_number", "value_as_string", "value_as_concept_id", "unit_concept_id", "unit_source_value"),
    "concept": ("concept_id", "concept_name", "vocabulary_id", "concept_code"),
}  # fmt: skip
#: table → the stem of its concept
_STEMS = {
    "condition_occurrence": "condition", "drug_exposure": "drug", "procedure_occurrence": "procedure", "measurement": "measurement",
    "observation": "observation",
}  # fmt: skip
#: code → the first and the last day that can matter; ``None`` is open
Reaches = Mapping[tuple[str, str], tuple[date | None, date | None]]
_COPIES, _NO_ROW = "CREATE TABLE _copy AS SELECT * FROM _incoming", "SELECT 1 AS nothing WHERE FALSE"


@dataclass(slots=True)
class ColumnsRead:
    """What became of the files: rows by table, rows that name nobody, files left for the reader that goes row by row."""

    rows: dict[str, int] = field(default_factory=dict)
    nobody: int = 0
    left: list[Path] = field(default_factory=list)
    has_vocabulary: bool = False


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
    """
    return _Loading(engine.connection, wanted, counted).run(files)


class _Loading:
    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        wanted: Reaches | None,
        counted: frozenset[tuple[str, str]] | None,
    ) -> None:
        self._connection, self._wanted, self._counted = connection, wanted, counted
        self._found: dict[str, list[tuple[str, list[str], str]]] = {}
        self.report = ColumnsRead()

    def run(self, files: Sequence[Path]) -> ColumnsRead:
        for macro in MACROS:
            self._connection.execute(macro)
        for number, path in enumerate(files):
            if not self._open(path, number):
                self.report.left.append(path)
        for table in SIGNS:
            self._view(table)
        vocabulary = self._vocabulary()
        self.report.has_vocabulary = bool(vocabulary)
        self._lookups(vocabulary)
        self._load("observations", to_frame(()))
        for defaulted in (
            "ALTER TABLE observations ALTER persists SET DEFAULT FALSE",
            "ALTER TABLE observations ALTER ended SET DEFAULT FALSE",
        ):
            self._connection.execute(defaulted)
        for table, statements in STATEMENTS.items():
            self._count(table)
            for statement in statements:
                self._connection.execute(statement)
        return self.report

    # -- files ------------------------------------------------------------------------------------------------------

    def _open(self, path: Path, number: int) -> bool:
        """Make a view of each table of a file; false where it is none of the CDM."""
        (content, *others) = contents(path)
        if others or content.member:
            return False
        if content.head.startswith(b"PAR1"):
            return self._add(self._connection.read_parquet(str(path)), str(path), f"file_{number}")
        if content.head[8:12] == b"DUCK":
            return self._database(path, number)
        if content.kind != "text" or content.encoding != "utf-8":
            return False
        sign = delimiter(content)
        quoted: dict[str, Any] = {"quotechar": ""} if sign == "\t" else {}
        relation = self._connection.read_csv(
            str(path), header=True, all_varchar=True, delimiter=sign, **quoted
        )
        return self._add(relation, str(path), f"file_{number}")

    def _database(self, path: Path, number: int) -> bool:
        """Tables of a database file that somebody else wrote; a copy of each in Arrow, batch by batch, for it stays a file of its own."""
        with duckdb.connect(str(path), read_only=True) as other:
            tables = other.execute(
                "SELECT schema_name, table_name FROM duckdb_tables() ORDER BY ALL"
            ).fetchall()
            taken = False
            for index, (schema, table) in enumerate(tables):
                relation = other.table(f'"{schema}"."{table}"')
                name = table_of(relation.columns)
                if name is None:
                    continue
                needed = [
                    each
                    for each in relation.columns
                    if each.lower() in _COLUMNS.get(name, ()) or each.lower() in SIGNS.get(name, ())
                ]
                needed = needed or list(relation.columns)
                batches = relation.select(*(ColumnExpression(each) for each in needed)).to_arrow_reader(
                    1_000_000
                )
                self._connection.register("_incoming", batches)
                self._connection.execute(_COPIES)
                self._connection.unregister("_incoming")
                copy = f"copy_{number}_{index}"
                self._connection.execute("ALTER TABLE _copy RENAME TO " + copy)
                taken |= self._add(self._connection.table(copy), str(path), f"file_{number}_{index}")
            return taken

    def _add(self, relation: duckdb.DuckDBPyRelation, file: str, view: str) -> bool:
        name = table_of(relation.columns)
        if name is None:
            return False
        if name in NOT_READ:
            self.report.rows[name] = self.report.rows.get(name, 0)
            return True
        relation.create_view(view)
        self._found.setdefault(name, []).append((view, list(relation.columns), file))
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
                for name in _COLUMNS[table]
            ]
            source = self._connection.view(view) if view else self._connection.query(_NO_ROW)
            parts.append(source.select(*selected, ConstantExpression(file).alias("origin_file")))
        whole = parts[0]
        for each in parts[1:]:
            whole = whole.union(each)
        whole.create_view(f"cdm_{table}", replace=True)

    def _count(self, table: str) -> None:
        if table in self._found:
            people = self._connection.view(f"cdm_{table}").aggregate(
                "count(*), count(*) FILTER (WHERE txt(person_id) = '')"
            )
            rows, nobody = people.fetchall()[0]
            self.report.rows[table] = rows
            self.report.nobody += nobody

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
        named: set[int] = set()
        for table, columns in _COLUMNS.items():
            if table == "concept":
                continue
            for each in columns:
                if each.endswith("_concept_id"):
                    named |= {found for (found,) in self._distinct(table, _ident(each))}
        self._load("named", pl.DataFrame({"concept": sorted(named)}, schema={"concept": pl.Int64}))
        rows = self._connection.execute(
            "SELECT CAST(ident(concept_id) AS VARCHAR), txt(concept_name), txt(vocabulary_id), txt(concept_code) FROM cdm_concept JOIN named ON concept = ident(concept_id)"
        ).fetchall()
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
        codes: set[tuple[str, str]] = set()
        for table, stem in _STEMS.items():
            codes |= self._codes(vocabulary, table, stem)
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
        rows: list[tuple[int, str | None, str | None, str | None, str | None]] = []
        found = {
            each
            for table in ("measurement", "observation")
            for (each,) in self._distinct(table, _ident("value_as_concept_id"))
        }
        for concept in sorted(found - {0}):
            known = vocabulary.of(str(concept))
            if str(concept) in YES_CONCEPTS | NO_CONCEPTS:
                rows.append(
                    (concept, "present" if str(concept) in YES_CONCEPTS else "absent", None, None, None)
                )
            elif known is not None:
                rows.append((concept, None, known.system, known.code, known.name))
            else:
                rows.append((concept, None, "OMOP", str(concept), None))
        schema = {
            "concept": pl.Int64,
            "presence": pl.String,
            "system": pl.String,
            "code": pl.String,
            "name": pl.String,
        }
        self._load("meanings", pl.DataFrame(rows, schema=schema, orient="row"))

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
        schema = {"concept": pl.Int64, "printed": pl.String, "unit": pl.String, "amount": pl.Boolean}
        self._load(
            "units",
            pl.DataFrame(
                [(*row, row[2] is not None and is_an_amount(row[2])) for row in rows],
                schema=schema,
                orient="row",
            ),
        )
        return {unit for _, _, unit in rows} | {None}

    def _codes(self, vocabulary: Vocabulary, table: str, stem: str) -> set[tuple[str, str]]:
        """The table ``codes_<stem>``: concept, source concept and word of a row → each code that it stands for."""
        zero = ConstantExpression(0)
        concept_of, source_of = _ident(f"{stem}_concept_id"), _ident(f"{stem}_source_concept_id")
        neither = (concept_of == zero) & (source_of == zero)
        word_of = duckdb.CaseExpression(neither, _text(f"{stem}_source_value")).otherwise(
            ConstantExpression("")
        )
        rows: list[tuple[Any, ...]] = []
        whole: list[tuple[Any, ...]] = []
        for concept, source, word in sorted(self._distinct(table, concept_of, source_of, word_of)):
            own = concepts_of(vocabulary, str(concept), str(source), word)
            leading = f"{own[0].system}|{own[0].code}"
            further = [
                KnownConcept(each.system, code, each.name)
                for each in own
                for code in broader_codes(each.system, each.code)
            ]
            for index, each in enumerate(dict.fromkeys([*own, *further])):
                row = (concept, source, word, each.system, each.code, each.name or None, leading if index else "", each not in own,
                       signed(each.system, each.code), own[0].system in FINDINGS,
                       self._counted is None or (each.system, each.code) in self._counted)  # fmt: skip
                if not row[7]:
                    whole.append((*row, None, None))
                if self._wanted is None:
                    rows.append((*row, None, None))
                elif (each.system, each.code) in self._wanted:
                    rows.append((*row, *self._wanted[each.system, each.code]))
        text, flag = pl.String, pl.Boolean
        schema = {"concept": pl.Int64, "source": pl.Int64, "word": text, "system": text, "code": text, "name": text, "lead": text, "broader": flag,
                  "signed": flag, "finding": flag, "named": flag, "first_reach": pl.Date, "last_reach": pl.Date}  # fmt: skip
        self._load(f"codes_{stem}", pl.DataFrame(rows, schema=schema, orient="row"))
        if stem == "condition":
            asked = self._wanted is None or ("Proband", "disease") in self._wanted
            self._load(
                "diseases_condition", pl.DataFrame(whole if asked else [], schema=schema, orient="row")
            )
        return {(row[3], row[4]) for row in rows}

    def _load(self, name: str, frame: pl.DataFrame) -> None:
        self._connection.register("_incoming", frame.to_arrow())
        self._connection.execute(f"DROP TABLE IF EXISTS {name}")
        self._connection.view("_incoming").create(name)
        self._connection.unregister("_incoming")


def _ident(column: str) -> duckdb.Expression:
    return FunctionExpression("ident", ColumnExpression(column))


def _text(column: str) -> duckdb.Expression:
    return FunctionExpression("txt", ColumnExpression(column))
