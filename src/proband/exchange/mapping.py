"""The small mapping file that says what the columns of a table mean.

Wide tables have a column per fact, tall ones a row per fact; one file may hold both, told apart by their columns or, in
REDCap exports, by their instrument::

    subject: patient_id
    date: visit_date
    date_format: "%d.%m.%Y"          # else ISO (2024-05-01)
    decimal: ","                     # else "."
    missing: {"-99": unknown, "NASK": not-asked}
    ignore: [first_name, last_name]
    columns:
      bili:    {code: "LOINC|1975-2", unit: mg/dL}
      sex:     {code: "Proband|sex", values: {"1": male, "2": female}}
      born:    {code: "Proband|birth-date", kind: date}
      ascites: {code: "HPO|HP:0001541", kind: presence, values: {yes: present, no: absent}}
    tables:
      - when: {columns: [lab_test, lab_value]}
        rows:
          - {code_column: lab_test, codes: {INR: "LOINC|6301-6"}, value: lab_value, unit: lab_unit, date: lab_date}
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from proband.exchange.report import ReadError
from proband.facts.observation import Presence
from proband.programme.documents import read_yaml
from proband.terms import Location, TermError, check_unit, code_system

#: the column of OMOP's measurement that holds the comparator: it is read whether or not a mapping names it
OPERATOR = "operator_concept_id"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


@lru_cache(maxsize=4096)
def split_code(written: str) -> tuple[str, str]:
    """``LOINC|1975-2`` → (short name of the system or its URI, code).

    Raises
    ------
    ValueError
        Without a bar or with an unknown system.
    """
    system, bar, code = written.rpartition("|")
    if not bar or not code:
        raise ValueError(f"{written!r} is no code; write SYSTEM|code, such as LOINC|1975-2 or Proband|sex")
    name = code_system(system)
    if name is None:
        raise ValueError(
            f"{system!r} is no code system that Proband knows; write LOINC, HPO, ORPHA, …, Proband, or the absolute URI of your own"
        )
    return name, code


Code = Annotated[str, Field(description="SYSTEM|code")]


def _checked_code(value: str | None) -> str | None:
    if value is not None:
        split_code(value)
    return value


class ColumnRule(_Strict):
    """What one column of a wide table means."""

    code: Code
    unit: str | None = None
    unit_column: str | None = None
    comparator: Annotated[str | None, Field(description="Column with the comparator: <, <=, > or >=")] = None
    kind: Literal["auto", "number", "text", "date", "presence", "code"] = "auto"
    values: dict[str, str] = {}
    date: Annotated[str | None, Field(description="Column with the day of this fact")] = None
    system: Annotated[str | None, Field(description="Code system of the value, for kind: code")] = None

    @field_validator("code")
    @classmethod
    def _code(cls, value: str) -> str:
        split_code(value)
        return value

    @field_validator("unit")
    @classmethod
    def _unit(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                check_unit(value)
            except TermError as error:
                raise ValueError(f"{error.message}; {error.mend}") from error
        return value

    @model_validator(mode="after")
    def _presence(self) -> ColumnRule:
        if self.kind == "presence":
            for said in self.values.values():
                Presence(said)
        return self


class RowRule(_Strict):
    """What one row of a tall table means: exactly one fact, where its columns are not blank."""

    where: dict[str, str | list[str]] = {}
    code: str | None = None
    code_column: str | None = None
    codes: dict[str, Code] = {}
    system: Annotated[
        str | None, Field(description="System of the codes in code_column, where they are codes")
    ] = None
    strip: Annotated[str, Field(description="Prefix to take off the codes in code_column")] = ""
    value: str | None = None
    unit: Annotated[str | None, Field(description="Column with the unit")] = None
    unit_is: Annotated[str | None, Field(description="The unit of all values")] = None
    units: dict[str, str] = {}
    comparator: Annotated[str | None, Field(description="Column with the comparator: <, <=, > or >=")] = None
    comparators: Annotated[
        dict[str, str], Field(description="What the column writes → <, <=, >, >= or =")
    ] = {}
    text: str | None = None
    texts: dict[str, str] = {}
    value_code: str | None = None
    value_system: str | None = None
    value_codes: dict[str, str] = {}
    presence: str | None = None
    presences: dict[str, Presence] = {}
    range: Annotated[str | None, Field(description="Column with a reference range such as 6-16")] = None
    date: str | None = None
    date_is_value: bool = False
    attributes: dict[str, str] = {}
    attribute_values: dict[str, dict[str, str]] = {}

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns whose cells decide what a row says, but for the day."""
        own = (self.code_column, self.value, self.unit, self.comparator, self.text, self.value_code, self.presence, self.range)  # fmt: skip
        named = [*self.where, *(each for each in own if each), *self.attributes.values(), OPERATOR]
        return tuple(dict.fromkeys(named))

    @field_validator("code")
    @classmethod
    def _code(cls, value: str | None) -> str | None:
        return _checked_code(value)

    @field_validator("codes")
    @classmethod
    def _codes(cls, value: dict[str, str]) -> dict[str, str]:
        for each in value.values():
            split_code(each)
        return value

    @model_validator(mode="after")
    def _one_code(self) -> RowRule:
        if (self.code is None) == (self.code_column is None):
            raise ValueError("give either code (the same for all rows) or code_column")
        if self.code_column and not self.codes and not self.system:
            raise ValueError(
                "code_column needs codes (word → SYSTEM|code) or system (where the column holds codes)"
            )
        return self

    def used_columns(self) -> set[str]:
        """All columns that this rule looks at."""
        single = (
            self.code_column,
            self.value,
            self.unit,
            self.comparator,
            self.text,
            self.value_code,
            self.presence,
            self.range,
            self.date,
        )
        return {each for each in single if each} | set(self.attributes.values()) | set(self.where)


class When(_Strict):
    """Which table a rule set is for: one with these columns, or rows of this REDCap instrument (``""``: the base rows)."""

    columns: list[str] = []
    instrument: str | None = None


class TableRule(_Strict):
    """Rules for one table."""

    when: When = When()
    subject: str | None = None
    date: str | None = None
    columns: dict[str, ColumnRule] = {}
    rows: list[RowRule] = []
    ignore: list[str] = []

    def holding_words(self) -> set[str]:
        """The columns that are read as words: among them may be some that take the row back."""
        wide = {
            name for name, each in self.columns.items() if each.kind in {"auto", "text"} and not each.values
        }
        return wide | {each for rule in self.rows for each in (rule.text, *rule.attributes.values()) if each}

    def used_columns(self) -> set[str]:
        """All columns that these rules look at."""
        used = set(self.columns) | {each for rule in self.rows for each in rule.used_columns()}
        for rule in self.columns.values():
            used |= {each for each in (rule.unit_column, rule.comparator, rule.date) if each}
        return used | {each for each in (self.subject, self.date) if each}


class Mapping(_Strict):
    """A whole mapping file."""

    subject: str
    subject_of: Annotated[
        str | None, Field(description="Column of the record id, where subject stands on one row only")
    ] = None
    date: str | None = None
    date_format: Annotated[
        str | None, Field(description="As %d.%m.%Y, or excel for Excel's count of days")
    ] = None
    decimal: Literal[".", ","] | None = None
    delimiter: str | None = None
    comment: Annotated[
        str | None, Field(description="Sign that begins a comment line or a remark at the line's end")
    ] = None
    missing: dict[str, Presence] = {}
    columns: dict[str, ColumnRule] = {}
    rows: list[RowRule] = []
    ignore: list[str] = []
    tables: list[TableRule] = []
    provenance: str = ""

    @property
    def whole(self) -> TableRule:
        """The rules outside ``tables``."""
        return TableRule(
            subject=self.subject, date=self.date, columns=self.columns, rows=self.rows, ignore=self.ignore
        )


class MappingError(ReadError):
    """A mapping file that is wrong; the location names file, line and key."""


def load_mapping(path: Path) -> Mapping:
    """Read a mapping file.

    Raises
    ------
    MappingError
        With file, line, key, value and mend of the first problem, the others in ``details``.
    """
    if not path.exists():
        raise MappingError("mapping.missing", path=path)
    document, problems = read_yaml(path, str(path))
    if document is None:
        first = problems[0]
        raise MappingError(
            "mapping.malformed",
            location=Location(str(path), first.line),
            problem=first.message,
            correction=first.mend,
        )
    try:
        return Mapping.model_validate(document.data)
    except ValidationError as error:
        found = []
        for item in error.errors():
            keys: tuple[str | int, ...] = tuple(item["loc"])
            message = item["msg"].removeprefix("Value error, ")
            if item["type"] == "extra_forbidden":
                message = f"{keys[-1]!r} is no key here"
            found.append((document.line_of(keys), ".".join(map(str, keys)), message, item.get("input")))
        line, key, message, value = found[0]
        shown = None if isinstance(value, dict | list) or value is None else repr(str(value)[:60])
        raise MappingError(
            "mapping.invalid",
            location=Location(str(path), line, None, key),
            details={"problems": [{"line": each[0], "key": each[1], "message": each[2]} for each in found]},
            problem=message,
            value=shown,
        ) from error


def builtin(name: str) -> Mapping:
    """A mapping that Proband ships (``rarelink_cdm``)."""
    return load_mapping(Path(__file__).parent / "mappings" / f"{name}.yaml")


def as_plain(value: Any) -> str:
    """A cell of a JSON row as text: ``true`` → ``1`` as REDCap writes it, ``null`` → blank."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)
