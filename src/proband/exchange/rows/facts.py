"""Rows to facts: by the rules of a mapping, or, for REDCap without one, each field as a code of Proband's own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from proband.exchange.mapping import OPERATOR, ColumnRule, RowRule, TableRule, split_code
from proband.exchange.mapping import Mapping as TableMapping
from proband.exchange.report import FileReport
from proband.exchange.rows.beside import NOTHING_AGAINST, LookedAt, SaidAgainst
from proband.exchange.rows.checkboxes import Boxes, stands_for_missing, ticked
from proband.exchange.rows.declared import against_rule
from proband.exchange.rows.redcap import (
    MISSING_CODES,
    CellValue,
    Dictionary,
    DictionaryField,
    checkbox_of,
    read_cell,
    unescape,
)
from proband.exchange.rows.tables import BLANK
from proband.exchange.variants import acmg_class, zygosity_of
from proband.exchange.written_numbers import Decimal, WrittenNumber, field_code, read_number
from proband.facts.observation import Observation, Origin, Presence
from proband.facts.other_systems import kind_listed, recorded_in, says_where
from proband.facts.result_names import may_be
from proband.terms import TermError, UncertainDate, canonical_code, code_system, is_unit, same_unit
from proband.terms.answers import NO_WORDS, YES_WORDS, Answer, answer_in_label, answer_of

_WITH_CLOCK = re.compile(r"^\d{4}-\d{2}-\d{2}[T ]\d")
_RANGE = re.compile(r"^\s*(-?\d+(?:[.,]\d+)?)\s*[-–]\s*(\d+(?:[.,]\d+)?)\s*$")
#: comparators as tables write them; the numbers are the concepts of OMOP's ``operator_concept_id``
COMPARATORS = {
    **{each: each for each in ("<", "<=", ">", ">=", "=")},
    "≤": "<=",
    "≥": ">=",
    "LT": "<",
    "LE": "<=",
    "GT": ">",
    "GE": ">=",
    "EQ": "=",
    "0": "=",
    "4171756": "<",
    "4171754": "<=",
    "4172704": ">",
    "4171755": ">=",
    "4172703": "=",
}


@dataclass(slots=True)
class DataRow:
    """One row: cells by column name, where it stands, and what REDCap says about its place."""

    cells: dict[str, str]
    position: str
    subject: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    instrument: str = ""
    unanswered: Mapping[str, Presence] = field(default_factory=dict)
    """Empty boxes of checkbox groups that nobody answered: no "no", but that null flavour."""
    against: SaidAgainst = NOTHING_AGAINST
    """What cells that no rule names say against the row."""


@dataclass(frozen=True, slots=True)
class _RowSays:
    """What a row of a tall table says, but for whom, when and where in the file."""

    system: str
    code: str
    column: str
    value: float | None = None
    unit: str | None = None
    comparator: str | None = None
    text: str | None = None
    value_system: str | None = None
    value_code: str | None = None
    presence: Presence = Presence.PRESENT
    reference_low: float | None = None
    reference_high: float | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    answered: bool = True


#: how many different rows of one rule are kept
_MOST_KNOWN = 20_000


@dataclass(slots=True)
class RowReader:
    """Turns rows of one table into facts; what cannot be turned is counted in the report."""

    file: str
    report: FileReport
    mapping: TableMapping | None = None
    rules: tuple[TableRule, ...] = ()
    dictionary: Dictionary | None = None
    holds_examination: bool = False
    looks_at: frozenset[str] = frozenset()
    beside: tuple[LookedAt, ...] = ()
    """Columns in which something may be said against a row."""
    boxes: Boxes = field(default_factory=Boxes)
    missing: Mapping[str, Presence] = field(default_factory=dict)
    _known: dict[int, tuple[tuple[str, ...], dict[tuple[str | None, ...], _RowSays]]] = field(
        default_factory=dict
    )

    def facts(self, row: DataRow) -> Iterator[Observation]:
        """Facts of one row by the rules; without rules by field."""
        if row.subject is None:
            self.report.ignore("row", "it names no subject", row.position)
            self.report.lacking["row that names nobody"] += 1
            return
        if row.against is not NOTHING_AGAINST:
            yield from map(row.against.of, self._facts(row))
        else:
            yield from self._facts(row)

    def _facts(self, row: DataRow) -> Iterator[Observation]:
        if self.mapping is None:
            yield from self._by_field(row)
            return
        for rule in self.rules:
            yield from self._by_rule(row, rule, self.mapping)

    def _fact(self, row: DataRow, system: str, code: str, column: str, **rest: Any) -> Observation:
        attributes = {**row.attributes, **rest.pop("attributes", {})}
        problems = tuple(each for each in (*rest.pop("problems", ()), rest.pop("problem", None)) if each)
        return Observation(
            subject=row.subject or "",
            system=system,
            code=code,
            attributes={name: value for name, value in attributes.items() if value not in (None, "", [])},
            origin=Origin(self.file, f"{row.position}, column {column}"),
            problems=problems,
            **rest,
        )

    # -- REDCap without a mapping ----------------------------------------------------------------------------------

    def _by_field(self, row: DataRow) -> Iterator[Observation]:
        blank = 0
        for column, written in row.cells.items():
            if not written.strip():
                blank += 1
                continue
            about, choice = self.dictionary.field_of(column) if self.dictionary else (None, None)
            if about is not None and about.identifier:
                self.report.ignore(
                    f"field {column}",
                    "marked as an identifier in the dictionary: not needed, not kept",
                    row.position,
                )
                continue
            if about is not None and about.kind in {"file", "descriptive", "signature"}:
                self.report.ignore(f"field {column}", f"a {about.kind} field", row.position)
                continue
            group = checkbox_of(column)
            if group and (about is None or about.kind == "checkbox"):
                yield from self._checkbox(row, column, written, about, choice or group[1])
                continue
            cell = read_cell(written, about, {})
            yield self._by_cell(row, column, cell, about)
        if blank:
            self.report.ignore("blank cell", "nothing was entered", row.position, blank)

    def _checkbox(
        self, row: DataRow, column: str, written: str, about: DictionaryField | None, choice: str
    ) -> Iterator[Observation]:
        name = (checkbox_of(column) or (column, ""))[0]
        text = written.strip()
        said = ticked(text)
        if column in self.boxes.missing:
            if said:  # it stands for missing data: it answers for the whole group, and is no finding itself
                flavour = self.boxes.missing[column]
                attributes = {"missing": choice}
                yield self._fact(
                    row, "Proband", field_code(name), column, presence=flavour, attributes=attributes
                )
            else:
                self.report.ignore(f"field {column}", "a box for missing data, not ticked", row.position)
            return
        if said:
            self.report.own_names[f"Proband|{field_code(name)}"] += 1
        problem = None
        if said is None and text not in MISSING_CODES:
            problem = f"{text[:20]!r} in a checkbox column"
        if said:
            presence = Presence.PRESENT
        elif said is False:
            presence = row.unanswered.get(column, Presence.ABSENT)
        else:
            presence = MISSING_CODES.get(text, Presence.UNKNOWN)
        yield self._fact(
            row,
            "Proband",
            field_code(name),
            column,
            presence=presence,
            value_code=choice,
            text=about.choices.get(choice) if about else None,
            problem=problem,
        )

    def _by_cell(
        self, row: DataRow, column: str, cell: CellValue, about: DictionaryField | None
    ) -> Observation:
        rest: dict[str, Any] = {"value": cell.value, "text": cell.text, "problem": cell.problem}
        if cell.missing is not None:
            rest = {"presence": cell.missing, "attributes": {"missing": cell.text}}
        elif cell.when is not None:
            rest["when"] = cell.when
        if cell.code is not None:
            rest["value_code"] = cell.code
        if cell.missing is None:
            self.report.own_names[f"Proband|{field_code(column)}"] += 1
        return self._fact(row, "Proband", field_code(column), column, display=_plain_label(about), **rest)

    # -- by rules ---------------------------------------------------------------------------------------------------

    def _by_rule(self, row: DataRow, rule: TableRule, mapping: TableMapping) -> Iterator[Observation]:
        default = rule.date or mapping.date
        for column, meaning in rule.columns.items():
            written = row.cells.get(column, "").strip()
            if not written:
                continue
            day = self.day_of(row, meaning.date or default, mapping)
            yield self.of_column(row, column, written, meaning, mapping, day)
        for each in rule.rows:
            fact = self.of_rule(row, each, mapping, default)
            if fact is not None:
                yield fact

    def day_of(self, row: DataRow, column: str | None, mapping: TableMapping) -> Day:
        """What stands in a column of days."""
        written = row.cells.get(column, "").strip() if column else ""
        if not written or written.lower() in BLANK or written in self.missing:
            return _NO_DAY
        return _read_day(written, mapping.date_format, column or "")

    def _number(self, written: str, mapping: TableMapping, column: str) -> WrittenNumber:
        about = self.dictionary.field_of(column)[0] if self.dictionary else None
        if about is not None and about.is_number:
            own: Decimal = "," if about.decimal_comma else "."
            found = read_number(written, own, sure=True)
            return read_number(written, ".", sure=True) if found.value is None else found
        return read_number(written, mapping.decimal)

    def _measured(
        self,
        row: DataRow,
        written: str,
        unit: str | None,
        mapping: TableMapping,
        column: str,
        compared: str | None,
    ) -> dict[str, Any] | str:
        """A number with unit and comparator as fields of a fact, or what is wrong with it."""
        found = self._number(written, mapping, column)
        if found.value is None:
            return f"{column}: {written[:40]!r} {found.problem}"
        if found.unit is not None:
            if not is_unit(found.unit):
                return f"{column}: {written[:40]!r} is no number: {found.unit[:20]!r} is no unit"
            if unit is not None and not same_unit(found.unit, unit):
                return f"{column}: {written[:40]!r} has the unit {found.unit!r}, and elsewhere it is {unit!r}"
            unit = unit or found.unit
        said = row.cells.get(compared, "").strip() if compared else ""
        beside = COMPARATORS.get(said)
        if said and beside is None:
            return f"{compared}: {said[:20]!r} is no comparator"
        beside = None if beside == "=" else beside
        if beside and found.comparator and beside != found.comparator:
            return f"{column}: {written[:40]!r} beside the comparator {said[:20]!r}"
        comparator = found.comparator or beside
        fields: dict[str, Any] = {"value": found.value, "unit": unit}
        return {**fields, "comparator": comparator, "text": written} if comparator else fields

    def of_column(
        self, row: DataRow, column: str, written: str, rule: ColumnRule, mapping: TableMapping, on: Day
    ) -> Observation:
        """What a cell of a wide table says by its rule, on a day."""
        system, code = split_code(rule.code)
        fields = {
            "when": on.when,
            "time": on.time,
            **self._meaning(row, column, unescape(written), rule, mapping),
        }
        about = self.dictionary.field_of(column)[0] if self.dictionary else None
        nobody = _nobody_answered(column, written, fields, about) if about is not None else None
        problems = (on.problem, fields.pop("problem", None), against_rule(column, rule, about), nobody)
        return self._fact(row, system, code, column, problems=problems, **fields)

    def _meaning(
        self, row: DataRow, column: str, written: str, rule: ColumnRule, mapping: TableMapping
    ) -> dict[str, Any]:
        """What a cell says by its rule, as fields of the fact."""
        kind = rule.kind
        if column in row.unanswered:
            return {"presence": row.unanswered[column]}
        about = self.dictionary.field_of(column)[0] if self.dictionary else None
        if rule.values and written not in rule.values and about is not None:
            # an export of labels where the mapping knows the codes
            written = about.code_of(written) or written
        if written in self.missing and written not in rule.values:
            return {"presence": self.missing[written]}
        said = rule.values.get(written, written)
        if rule.values and written not in rule.values and kind in {"auto", "presence", "code"}:
            known = ", ".join(rule.values)
            stray = f"{column}: {written[:40]!r} is none of the values in the mapping ({known})"
            return {"presence": Presence.UNKNOWN, "text": written, "problem": stray}
        if (
            rule.values
            and about is not None
            and about.kind != "checkbox"
            and _contradicted(said, about.choices.get(written, ""))
        ):
            other = f"{column}: the mapping calls {written[:20]!r} {said[:20]!r}, and the dictionary {about.choices[written][:40]!r}"
            return {"presence": Presence.UNKNOWN, "text": written, "problem": other}
        if kind == "presence":
            if rule.values:
                return {"presence": Presence(said)}
            if (
                about is not None
                and about.kind in _OF_CHOICES
                and not about.choices
                and said.lstrip("-").isdigit()
            ):
                nobody = f"{column}: nobody can tell what the choice {said[:20]!r} is: the dictionary does not list it"
                return {"presence": Presence.UNKNOWN, "text": said, "problem": nobody}
            if said == "None" and about is None:  # how Python writes a cell in which nothing stands
                return {
                    "presence": Presence.UNKNOWN,
                    "text": said,
                    "problem": f"{column}: 'None' is how a program writes that nothing is there",
                }
            label = about.choices.get(said) if about is not None and about.kind != "checkbox" else None
            return {"presence": _yes_no(said) if label is None else _chosen(said, label)}
        if kind == "code":
            return {
                "value_system": rule.system and (code_system(rule.system) or rule.system),
                "value_code": said,
            }
        if kind == "date":
            day = _read_day(said, mapping.date_format, column)
            if day.problem is None:
                return {"when": day.when, "time": day.time, "text": str(day.when)}
            return {"when": day.when, "text": said, "presence": Presence.UNKNOWN, "problem": day.problem}
        if kind == "text":
            return {"text": said}
        unit = rule.unit
        if unit is None and rule.unit_column:
            unit = row.cells.get(rule.unit_column, "").strip() or None
        measured = self._measured(row, said, unit, mapping, column, rule.comparator)
        if not isinstance(measured, str):
            if kind == "auto" and unit is None and measured["unit"] is not None:
                return {
                    "text": said
                }  # words that begin with a number, in a column of which nobody says that it holds numbers
            return measured
        if kind == "auto" and unit is None and not rule.comparator and "may be" not in measured:
            return {"text": said}
        return {"text": said, "unit": unit, "presence": Presence.UNKNOWN, "problem": measured}

    def of_rule(
        self,
        row: DataRow,
        rule: RowRule,
        mapping: TableMapping,
        default: str | None,
        on: Day | None = None,
    ) -> Observation | None:
        """What a row says by a rule of tall tables, on a day that is read from the row where it is not given; ``None`` for nothing."""
        day = rule.date or default
        if rule.date_is_value or row.unanswered:
            said = self._said(row, rule, mapping, day)
        else:
            # but for whom, when and where, the same cells say the same: a table repeats few of them many times
            known = self._known.get(id(rule))
            if known is None:
                known = self._known[id(rule)] = (rule.reads, {})
            cells = row.cells
            key = tuple([cells.get(each) for each in known[0]])
            said = known[1].get(key)
            if said is None:
                said = self._said(row, rule, mapping, day)
                if said is not None:
                    if len(known[1]) >= _MOST_KNOWN:
                        known[1].clear()
                    known[1][key] = said
        if said is None:
            return None
        on = on or self.day_of(row, day, mapping)
        doubted = on.problem is not None and said.answered
        problems = (str(on.problem), *said.problems) if doubted else said.problems
        attributes = {**row.attributes, **said.attributes} if row.attributes else dict(said.attributes)
        return Observation(
            row.subject or "", said.system, said.code, said.value, said.unit, said.text, said.value_system, said.value_code, said.comparator,
            said.presence, on.when, on.time, False, None, said.reference_low, said.reference_high, None, attributes,
            Origin(self.file, f"{row.position}, column {said.column}"), None, None, problems,
        )  # fmt: skip

    def _said(self, row: DataRow, rule: RowRule, mapping: TableMapping, day: str | None) -> _RowSays | None:
        """What a row says by a rule; ``None`` for one that is not of it, has nothing in it, or a code that nobody knows."""
        cells = row.cells
        for column, wanted in rule.where.items():
            allowed = [wanted] if isinstance(wanted, str) else wanted
            if cells.get(column, "").strip() not in allowed:
                return None
        content = (rule.code_column, rule.value, rule.text, rule.value_code, rule.presence)
        if not any(cells.get(column, "").strip() for column in content if column) and not (
            rule.date_is_value and cells.get(rule.date or "", "").strip()
        ):
            return None
        where = rule.code_column or rule.value or rule.value_code or rule.text or rule.date or "row"
        found = self._code_of(row, rule)
        if found is None:
            return None
        system, code, otherwise = found
        problems: list[str | None] = [otherwise] if otherwise else []
        value, unit, comparator, text = self._value(row, rule, mapping, problems)
        presence = Presence.PRESENT
        silent = [row.unanswered[each] for each in content if each and each in row.unanswered]
        if silent:
            return _RowSays(system, code, where, presence=silent[0], answered=False)
        if rule.presence:
            said = cells.get(rule.presence, "").strip()
            presence = rule.presences.get(said, Presence.UNKNOWN)
            if said and said not in rule.presences:
                problems.append(f"{rule.presence}: {said[:40]!r} is none of the presences in the mapping")
        value_code = cells.get(rule.value_code, "").strip() or None if rule.value_code else None
        value_code = rule.value_codes.get(value_code, value_code) if value_code else None
        if rule.value and value is None and presence is Presence.PRESENT and not rule.value_code:
            presence = Presence.UNKNOWN
        if otherwise:
            value, comparator, presence = None, None, Presence.UNKNOWN
        if rule.date_is_value:
            on = self.day_of(row, day, mapping)
            text = text if on.when.earliest is None else str(on.when)
        low, high = _limits(cells.get(rule.range, "")) if rule.range else (None, None)
        attributes: dict[str, Any] = {}
        for name, column in rule.attributes.items():
            said = cells.get(column, "").strip()
            if said and said.lower() not in BLANK:
                attributes[name] = rule.attribute_values.get(name, {}).get(said, said)
        if code == "variant" and system == "Proband":
            _tidy_variant(attributes)
        if (listed := _listed(rule)) is not None:
            attributes |= {"listed": listed, "called": _called(rule, cells)}
            if says_where(system, code) is not None and presence is Presence.PRESENT:
                presence = Presence.UNKNOWN
        return _RowSays(
            system,
            code,
            where,
            value=value,
            unit=unit,
            comparator=comparator,
            text=text,
            value_system=rule.value_system if value_code else None,
            value_code=value_code,
            presence=presence,
            reference_low=low,
            reference_high=high,
            attributes={name: said for name, said in attributes.items() if said not in (None, "", [])},
            problems=tuple(each for each in problems if each),
        )

    def _code_of(self, row: DataRow, rule: RowRule) -> tuple[str, str, str | None] | None:
        """System and code of a row, and what is doubtful about them: a word spelt otherwise than in the mapping (``Na`` for ``NA``)."""
        if rule.code is not None:
            return *split_code(rule.code), None
        column = rule.code_column or ""
        written = row.cells.get(column, "").strip()
        if written in rule.codes:
            return *split_code(rule.codes[written]), None
        if rule.system and written:
            system = code_system(rule.system) or rule.system
            return system, canonical_code(system, written.removeprefix(rule.strip)), None
        if not written:
            return None
        near = [each for each in rule.codes if spelt(each) == spelt(written)]
        if near:
            meant = (
                f"{column}: {written[:40]!r} is none of the words in the mapping, which has {near[0][:40]!r}"
            )
            return *split_code(rule.codes[near[0]]), meant
        # what the mapping does not list may be what one of its codes stands for, by its name
        named = next(may_be((), [written]), None)
        listed = _listed(rule)
        if named is None and listed is not None and not self._is_blank(written):
            named = recorded_in(listed, ())
        if named is not None:
            return *named, None
        self.report.ignore(f"{column} {written[:40]!r}", "no code for it in the mapping", row.position)
        return None

    def _is_blank(self, written: str) -> bool:
        return written.lower() in BLANK or written.lower() in NO_WORDS or written in self.missing

    def _value(
        self, row: DataRow, rule: RowRule, mapping: TableMapping, problems: list[str | None]
    ) -> tuple[float | None, str | None, str | None, str | None]:
        cells = row.cells
        unit = rule.unit_is or (cells.get(rule.unit, "").strip() or None if rule.unit else None)
        unit = rule.units.get(unit, unit) if unit else None
        text = cells.get(rule.text, "").strip() or None if rule.text else None
        text = rule.texts.get(text, text) if text else None
        written = unescape(cells.get(rule.value, "")).strip() if rule.value else ""
        if not written or written in self.missing:
            return None, unit, None, text
        compared = rule.comparator or (OPERATOR if OPERATOR in cells else None)
        if rule.comparators and compared:
            cells = {
                **cells,
                compared: rule.comparators.get(cells.get(compared, "").strip(), cells.get(compared, "")),
            }
        row = replace(row, cells=cells)
        measured = self._measured(row, written, unit, mapping, rule.value or "", compared)
        if isinstance(measured, str):
            problems.append(measured)
            return None, unit, None, text or written
        return measured["value"], measured["unit"], measured.get("comparator"), text or measured.get("text")


def _listed(rule: RowRule) -> str | None:
    """Of which kind the entries of a list are, one of diagnoses or drugs in the rows of a tall table; ``None`` for any other rule."""
    if rule.code_column is None or rule.value or rule.value_code:
        return None
    systems = {split_code(each)[0] for each in rule.codes.values()}
    return kind_listed(systems | ({code_system(rule.system) or rule.system} if rule.system else set()))


def _called(rule: RowRule, cells: Mapping[str, str]) -> str | None:
    """What an entry of a list is called: its word, and the text beside it."""
    found = [cells.get(each, "").strip() for each in (rule.code_column, rule.text) if each]
    return " | ".join(each for each in found if each) or None


def spelt(word: str) -> str:
    """A word without what nobody means by writing it otherwise: capitals, spaces, hyphens, underscores."""
    return re.sub(r"[\W_]+", "", word.casefold()) or word


@dataclass(frozen=True, slots=True)
class Day:
    """A date cell: the day or interval, the clock time where one stands there, or why it cannot be read."""

    when: UncertainDate
    time: datetime | None = None
    problem: str | None = None


_NO_DAY = Day(UncertainDate.unknown())


@lru_cache(maxsize=65536)
def _read_day(written: str, form: str | None, column: str) -> Day:
    if form == "excel":
        if (
            not re.fullmatch(r"\d{1,7}(\.\d+)?", written) or float(written) < 61
        ):  # Excel has a 29 February 1900
            return Day(
                UncertainDate.unknown(), None, f"{column}: {written[:40]!r} is no day of Excel's count"
            )
        return Day(UncertainDate.on(date(1899, 12, 30) + timedelta(days=min(int(float(written)), 2_000_000))))
    if form:
        try:
            moment = datetime.strptime(written, form)
            if "%y" in form and moment.date() > date.today():
                return Day(
                    UncertainDate.unknown(),
                    None,
                    f"{column}: the two digits of {written[:40]!r} fall in the future",
                )
        except ValueError:
            return Day(
                UncertainDate.unknown(), None, f"{column}: {written[:40]!r} is no date of the form {form}"
            )
        return Day(UncertainDate.on(moment.date()), moment if "%H" in form or "%I" in form else None)
    try:
        if _WITH_CLOCK.match(written):
            moment = datetime.fromisoformat(written)
            return Day(UncertainDate.on(moment.date()), moment)
        return Day(UncertainDate.parse(written))
    except (TermError, ValueError):
        return Day(
            UncertainDate.unknown(),
            None,
            f"{column}: {written[:40]!r} is no date, write 2024-05-01 or give date_format",
        )


#: fields whose cells are numbers of choices
_OF_CHOICES = {"sql", "radio", "dropdown", "select"}


def _nobody_answered(
    column: str, written: str, fields: Mapping[str, Any], about: DictionaryField
) -> str | None:
    """Why a cell may be no answer of anybody's: the form fills it in, or a "no" is computed, which takes what is unanswered for zero."""
    if about.default is not None and written.strip() == about.default:
        return f"{column}: {written[:20]!r} is what the form fills in by itself, so nobody may have answered"
    if about.is_calculated and fields.get("presence") is Presence.ABSENT:
        return f"{column}: a computed no: unanswered questions are reckoned as zero"
    return None


def _plain_label(about: DictionaryField | None) -> str | None:
    return re.sub(r"<[^>]*>", " ", about.label).strip()[:120] or None if about else None


_TAG = re.compile(r"<[^>]*>")
#: what a mapping may write for a choice that is a yes or a no
_MEANT = {Presence.PRESENT.value: Answer.YES, Presence.ABSENT.value: Answer.NO}
#: how forms tick and untick, beside the words of :mod:`proband.terms.answers`
_TICKED, _UNTICKED = {"y", "checked", "x"}, {"n", "unchecked"}


def _yes_no(said: str) -> Presence:
    word = " ".join(said.strip().lower().split())
    if word in _TICKED or word in YES_WORDS:
        return Presence.PRESENT
    return Presence.ABSENT if word in _UNTICKED or word in NO_WORDS else Presence.UNKNOWN


def _chosen(code: str, label: str) -> Presence:
    """What a choice of a dictionary says: its label decides and not its number (``1, No``); a label that is no answer leaves it unknown."""
    answer = answer_in_label(_TAG.sub("", label))
    if answer is not None:
        return {Answer.YES: Presence.PRESENT, Answer.NO: Presence.ABSENT}.get(answer, Presence.UNKNOWN)
    return stands_for_missing(code, label, {}) or Presence.UNKNOWN


def _contradicted(said: str, label: str) -> bool:
    """Whether a mapping calls a choice yes or no and the dictionary calls it something else that is known: the other, or untold."""
    meant = _MEANT.get(said) or answer_of(said)
    answer = answer_in_label(_TAG.sub("", label)) if meant in {Answer.YES, Answer.NO} else None
    return answer is not None and answer is not meant


#: one and a half or one and a half thousand: three digits behind a sign that may stand between thousands
_THOUSANDS = re.compile(r"(?<!\d)[1-9]\d{0,2}[.,]\d{3}(?!\d)")


def _limits(written: str) -> tuple[float | None, float | None]:
    found = None if _THOUSANDS.search(written) else _RANGE.match(written)
    return (float(found[1].replace(",", ".")), float(found[2].replace(",", "."))) if found else (None, None)


def _tidy_variant(attributes: dict[str, Any]) -> None:
    """Words of zygosity and class as all variants carry them; a gene's name without the word "Gene" before it."""
    if "zygosity" in attributes:
        attributes.setdefault("allelic-state", attributes["zygosity"])
        attributes["zygosity"] = zygosity_of(str(attributes["zygosity"]))
    if "pathogenicity" in attributes:
        attributes["pathogenicity"] = acmg_class(str(attributes["pathogenicity"]))
    gene = attributes.get("gene")
    if isinstance(gene, str) and gene.lower().startswith("gene "):
        attributes["gene"] = gene[5:].strip()
