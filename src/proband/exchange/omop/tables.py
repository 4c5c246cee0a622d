"""Which table of the OMOP CDM rows are of, and the vocabulary that comes with them.

A table is known by its columns, never by the name of its file. The vocabulary (``concept``) is read where the hospital has it, and
never shipped: without it a concept stays a number that no criterion finds, and the report says so.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from proband.exchange.content import Content, check_lines, contents
from proband.exchange.report import Declined, FileReport, Severity, declined
from proband.exchange.rows.beside import Holds, LookedAt, looked_at
from proband.exchange.rows.tables import BLANK, LARGEST_CELL, delimiter, first_row
from proband.exchange.written_numbers import cell_text
from proband.terms import canonical_code, system_name

Row = Mapping[str, str]

#: table → columns that it alone has together; those of CDM 5.3 and 5.4
SIGNS: dict[str, tuple[str, ...]] = {
    "person": ("person_id", "year_of_birth"),
    "death": ("person_id", "death_date"),
    "visit_occurrence": ("visit_occurrence_id", "person_id", "visit_concept_id", "visit_start_date"),
    "condition_occurrence": ("condition_occurrence_id", "person_id", "condition_concept_id", "condition_start_date"),
    "drug_exposure": ("drug_exposure_id", "person_id", "drug_concept_id", "drug_exposure_start_date"),
    "procedure_occurrence": ("procedure_occurrence_id", "person_id", "procedure_concept_id", "procedure_date"),
    "measurement": ("measurement_id", "person_id", "measurement_concept_id", "measurement_date"),
    "observation": ("observation_id", "person_id", "observation_concept_id", "observation_date"),
    "observation_period": ("observation_period_id", "person_id", "observation_period_start_date"),
    "device_exposure": ("device_exposure_id", "device_concept_id"),
    "specimen": ("specimen_id", "specimen_concept_id"),
    "note": ("note_id", "note_text"),
    "concept": ("concept_id", "concept_name", "vocabulary_id", "concept_code"),
}  # fmt: skip
#: further tables, and why they give no facts
NOT_READ: dict[str, tuple[tuple[str, ...], str]] = {
    "visit_detail": (("visit_detail_id", "visit_detail_concept_id"), "the visit that it is part of is read"),
    "condition_era": (("condition_era_id", "condition_era_start_date"), "derived from the occurrences, which are read"),
    "drug_era": (("drug_era_id", "drug_era_start_date"), "derived from the exposures, which are read"),
    "dose_era": (("dose_era_id", "dose_era_start_date"), "derived from the exposures, which are read"),
    "episode": (("episode_id", "episode_concept_id"), "derived from events, which are read"),
    "episode_event": (("episode_id", "event_id"), "derived from events, which are read"),
    "note_nlp": (("note_nlp_id", "note_id"), "made from free text by a machine"),
    "fact_relationship": (("fact_id_1", "fact_id_2"), "how facts belong together is not read"),
    "payer_plan_period": (("payer_plan_period_id",), "billing, not a clinical fact"),
    "cost": (("cost_id", "cost_event_id"), "billing, not a clinical fact"),
    "location": (("location_id", "city"), "about someone or something other than the patient"),
    "care_site": (("care_site_id", "care_site_name"), "about someone or something other than the patient"),
    "provider": (("provider_id", "provider_name"), "about someone or something other than the patient"),
    "cdm_source": (("cdm_source_name", "cdm_version"), "about the database"),
    "metadata": (("metadata_concept_id", "metadata_type_concept_id"), "about the database"),
    "cohort": (("cohort_definition_id", "subject_id"), "a result of others, not a fact"),
    "cohort_definition": (("cohort_definition_id", "cohort_definition_name"), "a definition, not about a person"),
    **{
        name: (columns, "vocabulary")
        for name, columns in {
            "concept_relationship": ("concept_id_1", "concept_id_2"), "concept_ancestor": ("ancestor_concept_id", "descendant_concept_id"),
            "concept_synonym": ("concept_id", "concept_synonym_name"), "concept_class": ("concept_class_id", "concept_class_name"),
            "vocabulary": ("vocabulary_id", "vocabulary_name"), "domain": ("domain_id", "domain_name"), "relationship": ("relationship_id", "relationship_name"),
            "drug_strength": ("drug_concept_id", "ingredient_concept_id"), "source_to_concept_map": ("source_code", "target_concept_id"),
        }.items()
    },
}  # fmt: skip


#: table → the columns that are read, row by row and in columns
COLUMNS: dict[str, tuple[str, ...]] = {
    "person": ("person_id", "gender_concept_id", "year_of_birth", "month_of_birth", "day_of_birth", "birth_datetime", "person_source_value"),
    "death": ("person_id", "death_date", "cause_concept_id"),
    "visit_occurrence": ("visit_occurrence_id", "person_id", "visit_concept_id", "visit_start_date", "visit_end_date", "discharge_to_concept_id",
                         "discharge_to_source_value", "discharged_to_concept_id", "discharged_to_source_value"),
    "observation_period": ("observation_period_id", "person_id", "observation_period_start_date", "observation_period_end_date"),
    "condition_occurrence": ("condition_occurrence_id", "person_id", "condition_concept_id", "condition_source_concept_id", "condition_source_value",
                             "condition_start_date", "condition_end_date", "condition_status_concept_id"),
    "drug_exposure": ("drug_exposure_id", "person_id", "drug_concept_id", "drug_source_concept_id", "drug_source_value", "drug_exposure_start_date",
                      "drug_exposure_end_date", "verbatim_end_date", "days_supply", "refills", "stop_reason"),
    "procedure_occurrence": ("procedure_occurrence_id", "person_id", "procedure_concept_id", "procedure_source_concept_id", "procedure_source_value",
                             "procedure_date", "procedure_datetime"),
    "measurement": ("measurement_id", "person_id", "measurement_concept_id", "measurement_source_concept_id", "measurement_source_value", "measurement_date",
                    "measurement_datetime", "operator_concept_id", "value_as_number", "value_as_concept_id", "unit_concept_id", "unit_source_value",
                    "range_low", "range_high", "value_source_value"),
    "observation": ("observation_id", "person_id", "observation_concept_id", "observation_source_concept_id", "observation_source_value", "observation_date",
                    "observation_datetime", "value_as_number", "value_as_string", "value_as_concept_id", "unit_concept_id", "unit_source_value", "value_source_value",
                    "qualifier_concept_id", "qualifier_source_value"),
    "device_exposure": ("device_exposure_id", "person_id", "device_concept_id", "device_source_concept_id", "device_source_value", "device_exposure_start_date", "device_exposure_end_date"),
    "specimen": ("specimen_id", "person_id", "specimen_concept_id", "specimen_source_concept_id", "specimen_source_value", "specimen_date", "specimen_datetime", "disease_status_concept_id"),
    "note": ("note_id", "person_id", "note_date", "note_class_concept_id", "note_text"),
    "concept": ("concept_id", "concept_name", "vocabulary_id", "concept_code"),
}  # fmt: skip


def table_of(header: Iterable[str]) -> str | None:
    """The table whose columns a header has; ``None`` for anything else."""
    columns = {each.strip().lower() for each in header}
    for name, signs in SIGNS.items():
        if columns >= set(signs):
            return name
    return next((name for name, (signs, _) in NOT_READ.items() if columns >= set(signs)), None)


#: table → the table that it is derived from: without that, it holds what nobody here sees
DERIVED = {"condition_era": "condition_occurrence", "drug_era": "drug_exposure", "dose_era": "drug_exposure", "episode": "condition_occurrence"}  # fmt: skip


#: what a machine took from notes, of which the table does not say whose they are: the notes themselves do, where they are among the files
_FROM_NOTES = "finding that a machine took from a note, and nobody read"


def find_no_occurrences(reports: Iterable[FileReport]) -> None:
    """Say of derived tables that what they are derived from is not among the files of a reading, and of what was taken from notes that these are not."""
    given = list(reports)
    noted = any(each.format.startswith("OMOP") and each.read["note"] for each in given)
    for each in given:
        if each.format.startswith("OMOP") and each.read["note_nlp"] and not noted:
            each.lack(
                "omop.notes", "note_nlp holds what is known of people in words, and the notes that say whose it is are not among the files", "",
                "export note as well", what=_FROM_NOTES, n=each.read["note_nlp"],
            )  # fmt: skip
    for derived, table in DERIVED.items():
        if not any(each.read[table] for each in given):
            for each in given:
                if each.read[derived]:
                    each.lack(
                        "omop.derived", f"{derived} is among the files, and {table}, from which it is derived and which is read, is not", "",
                        f"export {table} as well", what=f"{table}, of which only {derived} is here",
                    )  # fmt: skip


def heard(columns: Iterable[str]) -> list[LookedAt]:
    """Columns of a table beside those of the model in which something may be said against a row."""
    own = (
        "valid_start_date",
        "valid_end_date",
        "invalid_reason",
    )  # of a concept, and of no row about a person
    looks = (looked_at(each) for each in columns if each and not each.endswith("_id") and each not in own)
    return [each for each in looks if each.holds is not Holds.WORDS or each.name]


@dataclass(frozen=True, slots=True)
class KnownConcept:
    """A concept of the vocabulary: the system under its short name (else as OMOP writes it), code, name."""

    system: str
    code: str
    name: str


#: OMOP's names of vocabularies that differ from ours in more than a hyphen
_VOCABULARIES = {
    "ICD10": "ICD-10",
    "ICD10CM": "ICD-10",
    "ICD10GM": "ICD-10",
    "ICD9CM": "ICD-9-CM",
    "HemOnc": "HemOnc",
}


class Vocabulary:
    """The concepts among the files of a reading; empty where no file is the table ``concept``."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._known: dict[str, KnownConcept] = {}
        for path in files:
            try:
                for content in contents(path):
                    for name, rows in tables_in(content):
                        if name == "concept":
                            for _, row in rows:
                                self._add(row)
            except Declined:
                continue

    @classmethod
    def of_rows(cls, rows: Iterable[Row]) -> Vocabulary:
        """The concepts of some rows of the table ``concept``."""
        made = cls(())
        for row in rows:
            made._add(row)
        return made

    def items(self) -> Iterable[tuple[str, KnownConcept]]:
        """Each number with its concept."""
        return self._known.items()

    def _add(self, row: Row) -> None:
        written = row.get("vocabulary_id", "")
        system = _VOCABULARIES.get(written) or system_name(written) or written
        code = canonical_code(system, row.get("concept_code", ""))
        self._known[whole(row.get("concept_id", ""))] = KnownConcept(
            system, code, row.get("concept_name", "")
        )

    def __bool__(self) -> bool:
        return bool(self._known)

    def of(self, concept_id: str) -> KnownConcept | None:
        """A concept by its number; ``None`` for 0, blank and what the vocabulary has not."""
        return self._known.get(whole(concept_id)) if concept_id not in {"", "0"} else None


def find_no_vocabulary(report: FileReport) -> None:
    """Say of a file that nothing among the files says what its concepts mean."""
    report.find(
        Severity.WARNING, "omop.vocabulary", "no table concept is among the files: concepts stay numbers",
        "", "give the vocabulary's CONCEPT.csv with the tables",
    )  # fmt: skip


def tables_in(content: Content) -> Iterator[tuple[str, Iterator[tuple[str, Row]]]]:
    """Tables of a file with their rows (position, cells by column in lower case): one of a CSV or Parquet file, all of DuckDB."""
    if content.kind == "text":
        sign = delimiter(content)
        name = table_of(first_row(content, sign))
        if name is not None:
            check_lines(content)
            yield name, _csv_rows(content, sign)
    elif content.member:
        return
    elif content.head.startswith(b"PAR1"):
        yield from _parquet(content)
    elif content.head[8:12] == b"DUCK":
        yield from _duckdb(content)


def header_as_written(content: Content, sign: str) -> list[str]:
    """The first line of a CSV file, cell by cell, with nothing left out before it."""
    head = content.head.decode("utf-8", "replace")
    stream = io.StringIO(head, newline="")
    reader = csv.reader(stream, delimiter=sign, quoting=csv.QUOTE_NONE if sign == "\t" else csv.QUOTE_MINIMAL)
    return next(reader, [])


def _refuse_doubled(names: list[str]) -> None:
    """Refuse a table two columns of which have one name, or names that differ in case alone: nobody can tell which one counts."""
    for each in names:
        if each and names.count(each) > 1:
            raise declined("table.csv", line=1, error=f"two columns are named {each[:60]!r}")


def _csv_rows(content: Content, sign: str) -> Iterator[tuple[str, Row]]:
    csv.field_size_limit(LARGEST_CELL)
    with content.open() as raw:
        stream = io.TextIOWrapper(raw, encoding="utf-8-sig", errors="replace", newline="")
        # the vocabulary as it is distributed quotes nothing, and has quotes inside its names
        reader = csv.reader(
            stream, delimiter=sign, quoting=csv.QUOTE_NONE if sign == "\t" else csv.QUOTE_MINIMAL
        )
        header: list[str] = []
        try:
            for row in reader:
                if not header:
                    header = [each.strip().lower() for each in row]
                    _refuse_doubled(header)
                elif row:
                    if len(row) != len(header):
                        raise declined(
                            "table.csv",
                            line=reader.line_num,
                            error=f"{len(row)} cells where the header has {len(header)}",
                        )
                    yield f"line {reader.line_num}", dict(zip(header, row, strict=True))
        except csv.Error as error:
            raise declined("table.csv", line=reader.line_num, error=str(error)) from error


_FLOATING = re.compile(r"^([0-9]+)\.0+$")


def whole(written: str) -> str:
    """The number of a person, a concept or a row; whole again where a frame made it floating for its gaps (``3019550.0``)."""
    plain = _FLOATING.sub(r"\1", written.strip()) if "." in written else written.strip()
    return "" if plain.lower() in BLANK else plain


_CONCEPT = re.compile(r"0|-?[1-9][0-9]{0,17}")


@lru_cache(maxsize=65536)
def is_of_a_concept(written: str) -> bool:
    """Whether a cell holds the number of a concept, or nothing: 12.7 is none, and a database would round it to another's."""
    text = whole(written)
    return not text or _CONCEPT.fullmatch(text) is not None


def _parquet(content: Content) -> Iterator[tuple[str, Iterator[tuple[str, Row]]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(content.path)
        names = [each.strip().lower() for each in file.schema_arrow.names]
    except (pa.ArrowException, OSError) as error:
        raise declined("exchange.damaged", error=str(error)[:200]) from error
    name = table_of(names)
    if name is None:
        return
    _refuse_doubled(names)

    def rows() -> Iterator[tuple[str, Row]]:
        number = 0
        try:
            for batch in file.iter_batches(batch_size=20_000):
                for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    number += 1
                    yield f"row {number}", dict(zip(names, map(cell_text, values), strict=True))
        except (pa.ArrowException, OSError) as error:
            raise declined("exchange.damaged", error=str(error)[:200]) from error

    yield name, rows()


def _duckdb(content: Content) -> Iterator[tuple[str, Iterator[tuple[str, Row]]]]:
    from proband.exchange.omop.database_file import DatabaseFile, UnreadableDatabase

    try:
        database = DatabaseFile(content.path)
    except UnreadableDatabase as error:
        raise declined("exchange.damaged", error=str(error)) from error
    try:
        for schema, table, columns in database.tables():
            name = table_of(columns)
            if name is not None:
                yield name, _numbered(table, [each.lower() for each in columns], database.rows(schema, table))
    finally:
        database.close()


def _numbered(table: str, names: list[str], rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[str, Row]]:
    for number, values in enumerate(rows, start=1):
        yield f"{table} row {number}", dict(zip(names, map(cell_text, values), strict=True))
