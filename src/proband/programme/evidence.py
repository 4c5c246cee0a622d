"""Evidence: what reports the world stands once, in a row with the place where it was read, and who read it.

A row is a figure in ``evidence/*.yaml`` or a line with an ``id`` in a table of ``evidence/`` or ``natural_history/``. A pointer names it:
``results/vaquero-2017#ais-conversion`` is the figure *ais-conversion* of ``evidence/results/vaquero-2017.yaml``,
``natural_history/survival#reed-two-years`` a line of that table. Who read a row, and what they read there, is a reading: a row that was changed
afterwards no longer agrees with its readings, and the bundle is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from proband.programme.checks import FigureCheck
from proband.programme.controlled import EvidencePool
from proband.programme.documents import Document, Table
from proband.programme.model import Based, Model, Text
from proband.programme.problems import Problem, bundle_problem, key_text
from proband.programme.selection import EvidenceSelection
from proband.terms import Figure, Level, Source

#: the numbers of a row
NUMBERS = ("value", "low", "high", "events", "n", "control_events", "control_n", "on", "text")
#: a row by its pointer: its cells or keys
Rows = Mapping[str, "EvidenceRow"]
Quote = Annotated[str, Field(pattern=r"^\s*\S+(\s+\S+){0,14}\s*$", description="At most fifteen words")]
Pointer = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9_./-]+#[a-z0-9][a-z0-9._-]*$",
        description="FILE#ROW, without evidence/ and the ending",
    ),
]


class FigureDerivation(Model):
    """How a count follows from other rows, so that it is worked out and never typed.

    ``count-of-percent``: the whole number of people that is the printed percentage of n. ``rest-of-the-people``: n less those of every other row.
    ``total-less-the-others``: the first row's value less those of the others, among the row's own n.
    """

    formula: Annotated[
        Literal["count-of-percent", "rest-of-the-people", "total-less-the-others"],
        Field(description="What is worked out"),
    ]
    of: Annotated[list[Pointer], Field(min_length=1, description="The rows that it is worked out from")]


class PrintedEffect(Model):
    """Which two rows a printed effect compares, so that it can be held against them."""

    measure: Annotated[
        Literal["risk-difference", "risk-ratio", "odds-ratio", "mean-difference"],
        Field(
            description="What was printed; a risk difference is in the unit of the row, a mean difference in that of its parts",
            examples=["risk-difference"],
        ),
    ]
    of: Annotated[Pointer, Field(description="The treated", examples=["results#lin-cells"])]
    against: Annotated[
        Pointer, Field(description="Those whom they are compared with", examples=["results#lin-control"])
    ]


class EvidenceFigure(Figure):
    """A figure with the place where it was read; one that is worked out names its formula and bears no number of its own but ``n``."""

    interval: Annotated[
        Literal["ci95", "ci", "sd", "se", "iqr", "range", "stated-range", "pm-unstated"] | None,
        Field(description="What low and high are"),
    ] = None  # type: ignore[assignment]
    estimate: Annotated[
        Literal["counted", "kaplan-meier", "mean", "modelled", "pooled", "not-stated"] | None,
        Field(
            description="How a percentage came about; a counted one is a whole number of its people",
            examples=["kaplan-meier"],
        ),
    ] = None
    group: Annotated[
        str | None,
        Field(
            min_length=2,
            description="Who was counted: rows of one source and group count the same people",
            examples=["cells"],
        ),
    ] = None
    on: Annotated[str | None, Field(description="A day, a month or a year", examples=["2024-09"])] = None
    text: Annotated[
        str | None, Field(description="An identifier as it is printed", examples=["NCT00000000"])
    ] = None
    at: Annotated[
        str | None,
        Field(min_length=3, description="Where in the source it was read", examples=["page 4, table 2"]),
    ] = None
    quote: Annotated[
        Quote | None,
        Field(
            description="The cell or words as printed, at most fifteen words", examples=["7 of 10 patients"]
        ),
    ] = None
    checked: Annotated[
        FigureCheck | None,
        Field(
            description="When it was last held against its text, in which text, and what came of it",
            examples=[{"on": "2026-11-29", "found": "confirmed", "text": "abstract"}],
        ),
    ] = None
    derived: Annotated[
        FigureDerivation | None,
        Field(
            description="How it follows from other figures",
            examples=[{"formula": "count-of-percent", "of": ["results#lin-alive"]}],
        ),
    ] = None
    effect: Annotated[
        PrintedEffect | None,
        Field(
            description="The rows that a printed effect compares",
            examples=[
                {"measure": "risk-difference", "of": "results#lin-cells", "against": "results#lin-control"}
            ],
        ),
    ] = None
    parts: Annotated[
        list[Pointer],
        Field(
            description="Rows that make up the whole: their people and events add up to those of this row",
            examples=[["results#grade-a", "results#grade-b"]],
        ),
    ] = []

    @model_validator(mode="after")
    def _counts_agree(self) -> EvidenceFigure:
        if self.derived is not None:
            own = [
                k for k in ("value", "low", "high", "events", "on", "text") if getattr(self, k) is not None
            ]
            if own:
                raise ValueError(f"a derived figure is worked out: leave {', '.join(own)} out")
            if self.level is not Level.DERIVED or not self.note:
                raise ValueError("a derived figure has level: derived, and a note that says how")
            return self
        if self.on is None and self.text is None:
            Figure._counts_agree(self)  # type: ignore[operator]
        return self


class SourceReading(Model):
    """One person's reading of one row in its source: what stood there, where, and whether it is what the row says.

    ``read`` repeats the row's numbers as they were read. Nobody is invented: a row that nobody is known to have read has no reading.
    """

    row: Annotated[Pointer, Field(examples=["results/vaquero-2017#ais-conversion"])]
    by: Annotated[Text, Field(description="Who read", examples=["second reader, statistics"])]
    on: Annotated[date, Field(description="Day of the reading", examples=["2026-11-29"])]
    agrees: Annotated[bool, Field(description="Whether the source says what the row says", examples=[True])]
    read: Annotated[
        dict[str, float | str],
        Field(
            min_length=1,
            description="The numbers of the row when it was read",
            examples=[{"events": 7, "n": 10}],
        ),
    ]
    at: Annotated[str | None, Field(description="Where it was read", examples=["page 4, table 2"])] = None
    quote: Annotated[
        Quote | None, Field(description="The words as printed", examples=["7 of 10 patients"])
    ] = None


class EvidenceFile(Based):
    """``evidence/*.yaml`` and the folders in it: sources, figures that other files point to, and who read them."""

    sources: Annotated[list[Source], Field(description="Where figures and statements were seen")] = []
    figures: Annotated[
        dict[str, EvidenceFigure], Field(description="Figures that other files point to by id")
    ] = {}
    readings: Annotated[list[SourceReading], Field(description="Who read which row in its source")] = []
    pools: Annotated[
        list[EvidencePool],
        Field(description="Comparisons of evidence/controlled.csv that are put together by our own code"),
    ] = []
    selection: Annotated[
        EvidenceSelection | None,
        Field(description="How the evidence was chosen: rule, searches, what was left out"),
    ] = None


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One row as everything that points to it sees it.

    ``numbers`` are those of :data:`NUMBERS` that it has (worked out where it is derived). ``readers`` are the people who agreed that the source says so,
    ``disputed`` those who did not; a row of level *read* was read by at least one person, known or not.
    """

    pointer: str
    file: str
    line: int
    numbers: Mapping[str, float | str]
    unit: str
    interval: str | None
    source: str
    level: Level
    note: str | None
    at: str | None
    quote: str | None
    readers: tuple[str, ...] = ()
    disputed: tuple[str, ...] = ()

    @property
    def read_by(self) -> int:
        """By how many people it was read: 0, 1, or 2 for two and more."""
        known = min(len(self.readers), 2)
        return max(known, 1) if self.level is Level.READ else known

    def shown(self) -> str:
        """The numbers in one line."""
        return ", ".join(
            f"{k} {v:g}" if isinstance(v, float) else f"{k} {v}" for k, v in self.numbers.items()
        )


def evidence_rows(
    documents: Mapping[str, Document], tables: Mapping[str, Table], files: Mapping[str, EvidenceFile]
) -> tuple[dict[str, EvidenceRow], list[Problem]]:
    """Every row of a bundle by its pointer, with its readings; and what is wrong with derivations and readings."""
    problems: list[Problem] = []
    rows = {row.pointer: row for name, table in tables.items() for row in _lines(name, table)}
    derived: list[tuple[str, EvidenceFigure]] = []
    for name, file in files.items():
        for key, figure in file.figures.items():
            pointer = f"{_stem(name)}#{key}"
            rows[pointer] = EvidenceRow(
                pointer, name, documents[name].line_of(("figures", key)),
                _plain({k: v for k in NUMBERS if (v := getattr(figure, k, None)) is not None}),
                figure.unit, figure.interval, figure.source, figure.level, figure.note, figure.at, figure.quote,
            )  # fmt: skip
            if figure.derived is not None:
                derived.append((pointer, figure))
    for pointer, figure in derived:
        row = rows[pointer]
        try:
            rows[pointer] = replace(row, numbers=_worked_out(figure, rows))
        except ValueError as error:
            place = (row.file, row.line, f"figures.{pointer.partition('#')[2]}")
            problems.append(bundle_problem("bundle.figure.derived", *place, value=pointer, reason=str(error)))
    problems += _read(rows, documents, files)
    return rows, problems


def _stem(name: str) -> str:
    return name.removeprefix("evidence/").rsplit(".", 1)[0]


def _plain(numbers: Mapping[str, Any]) -> dict[str, float | str]:
    return {k: v if isinstance(v, str) else float(v) for k, v in numbers.items()}


def _lines(name: str, table: Table) -> Iterator[EvidenceRow]:
    """The lines of a table that have an id."""
    if "id" not in table.header:
        return
    for cells, line in zip(table.rows, table.lines, strict=True):
        if not cells["id"]:
            continue
        numbers: dict[str, float | str] = {}
        for column in NUMBERS:
            text = (cells.get(column) or "").strip()
            if text:
                numbers[column] = _number(text) if column not in {"on", "text"} else text
        pointer = f"{_stem(name)}#{cells['id']}"
        known = {v.value: v for v in Level}
        level = known.get(cells.get("level") or "", Level.UNVERIFIED)
        yield EvidenceRow(
            pointer, name, line, numbers, cells.get("unit") or "1", cells.get("interval"), cells.get("source") or "", level,
            cells.get("remark") or cells.get("note"), cells.get("at"), cells.get("quote"),
        )  # fmt: skip


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _worked_out(figure: EvidenceFigure, rows: Rows) -> dict[str, float | str]:
    """The numbers of a derived figure.

    Raises
    ------
    ValueError
        If a row that it needs is not there, is derived itself and stands further down, or does not have the numbers.
    """
    assert figure.derived is not None  # noqa: S101 (only called for derived figures)
    if absent := [pointer for pointer in figure.derived.of if pointer not in rows]:
        raise ValueError(f"there is no row {absent[0]}")
    parts = [rows[pointer].numbers for pointer in figure.derived.of]

    def has(part: Mapping[str, float | str], key: str) -> float:
        value = part.get(key)
        if not isinstance(value, float):
            raise ValueError(f"{figure.derived.of[parts.index(part)] if figure.derived else ''} has no {key}")
        return value

    match figure.derived.formula:
        case "count-of-percent":
            percent, n = has(parts[0], "value"), has(parts[0], "n")
            if rows[figure.derived.of[0]].unit != "%":
                raise ValueError(f"{figure.derived.of[0]} is no percentage")
            if not whole_number_gives(percent, n, digits_of(f"{percent:.9g}")):
                raise ValueError(f"no whole number of {n:g} people is {percent:g} %")
            return {"events": float(round(percent * n / 100.0)), "n": n}
        case "rest-of-the-people":
            if len({has(part, "n") for part in parts}) != 1:
                raise ValueError("the rows do not count the same people")
            n = has(parts[0], "n")
            return _checked(n - sum(has(part, "events") for part in parts), n)
        case _:
            if figure.n is None:
                raise ValueError("it needs its own n")
            left = has(parts[0], "value") - sum(has(part, "events") for part in parts[1:])
            return _checked(left, float(figure.n))


def digits_of(printed: str) -> int:
    """How many digits of a printed number stand after the point."""
    return len(printed.partition(".")[2])


def whole_number_gives(percent: float, n: float, digits: int) -> bool:
    """Whether some whole number of ``n`` gives a percentage as it is printed, to ``digits`` after the point, rounded either way."""
    events = round(percent * n / 100.0)
    return 0 <= events <= n and abs(100.0 * events / n - percent) <= 0.5 / 10**digits + 1e-9


def _checked(events: float, n: float) -> dict[str, float | str]:
    if not 0 <= events <= n:
        raise ValueError(f"it gives {events:g} of {n:g}")
    return {"events": events, "n": n}


def _read(
    rows: dict[str, EvidenceRow], documents: Mapping[str, Document], files: Mapping[str, EvidenceFile]
) -> Iterator[Problem]:
    """Give every row its readers; a reading of another row, or of other numbers, is a problem."""
    for name, file in files.items():
        for index, reading in enumerate(file.readings):
            place = (name, documents[name].line_of(("readings", index)), f"readings[{index}].row")
            row = rows.get(reading.row)
            if row is None:
                yield bundle_problem(
                    "bundle.row.unknown", *place, value=reading.row, row=reading.row, near=None
                )
            elif _plain(reading.read) != row.numbers:
                was = ", ".join(f"{k} {v}" for k, v in reading.read.items())
                yield bundle_problem(
                    "bundle.reading.differs", *place, value=reading.row, row=reading.row, was=was, now=row.shown(), by=reading.by
                )  # fmt: skip
            else:
                who = reading.by.casefold()
                if reading.agrees:
                    rows[row.pointer] = replace(row, readers=tuple(dict.fromkeys((*row.readers, who))))
                else:
                    rows[row.pointer] = replace(row, disputed=tuple(dict.fromkeys((*row.disputed, who))))


#: files in which the programme decides: a limit, a dose, a window stands there, and a claim points to it
DECIDING = (
    "programme.yaml",
    "eligibility.yaml",
    "product.yaml",
    "schedule.yaml",
    "outcomes.yaml",
    "safety.yaml",
)


def decided_rows(documents: Mapping[str, Document]) -> dict[str, EvidenceRow]:
    """What the programme decides, by pointer: ``schedule#long_term_follow_up.duration``, ``schedule#visits.month-6.offset``.

    Every value with a unit in a deciding file; a member of a list is named by its id.
    """
    rows: dict[str, EvidenceRow] = {}

    def walk(
        document: Document, value: Any, path: tuple[str | int, ...], name: str, basis: tuple[str, str]
    ) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("source"), str) and isinstance(value.get("level"), str):
                basis = (value["source"], value["level"])
            number, unit = value.get("value"), value.get("unit")
            known = {v.value: v for v in Level}
            if isinstance(number, int | float) and isinstance(unit, str) and basis[1] in known:
                pointer = f"{document.file.removesuffix('.yaml')}#{name}"
                rows[pointer] = EvidenceRow(
                    pointer, document.file, document.line_of(path), {"value": float(number)}, unit, None, basis[0], known[basis[1]],
                    None, None, None,
                )  # fmt: skip
            for key, inner in value.items():
                walk(document, inner, (*path, key), f"{name}.{key}" if name else str(key), basis)
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                called = inner.get("id", index) if isinstance(inner, dict) else index
                walk(document, inner, (*path, index), f"{name}.{called}", basis)

    for file in DECIDING:
        if file in documents:
            walk(documents[file], documents[file].data, (), "", ("", ""))
    return rows


_TIMES = {"d": "days", "wk": "weeks", "mo": "months", "a": "years"}
#: what a slot takes from its row, by type; the rest is how it is said, and stands in the claim
_TAKEN = {
    "n-of-n": ("events", "n"),
    "rate": ("value", "low", "high", "n"),
    "number": ("value", "low", "high"),
    "follow-up": ("value", "low", "high"),
    "money": ("value", "low", "high"),
    "date": ("on",),
    "identifier": ("text",),
}
#: what the bounds of a row can be, for slots that say them
_INTERVALS = {"rate": ("ci95", "range", "stated-range"), "number": ("ci95", "range", "iqr", "stated-range")}
_OWN = {*NUMBERS, "interval", "currency", "source", "level"}


def claims_with_numbers(document: Document, rows: Rows) -> tuple[Any, list[Problem]]:
    """The data of ``claims.yaml`` with every slot filled from the row that it points to; slots with numbers of their own are problems."""
    data, problems = document.data, []
    claims = data.get("claims") if isinstance(data, dict) else None
    if not isinstance(claims, list):
        return data, []
    filled = []
    for index, claim in enumerate(claims):
        slots = claim.get("slots") if isinstance(claim, dict) else None
        if not isinstance(slots, dict):
            filled.append(claim)
            continue
        made = {}
        for name, slot in slots.items():
            path = ("claims", index, "slots", name)
            made[name], found = _slot(document, path, slot, rows)
            problems += found
        filled.append({**claim, "slots": made})
    return {**data, "claims": filled}, problems


def _slot(
    document: Document, path: tuple[str | int, ...], slot: Any, rows: Rows
) -> tuple[Any, list[Problem]]:
    if not isinstance(slot, dict) or slot.get("type") not in _TAKEN:
        return slot, []
    place = (document.file, document.line_of(path), key_text(path))
    kind = str(slot["type"])
    own = [k for k in slot if k in _OWN or (k == "unit" and kind == "follow-up")]
    if own:
        return slot, [
            bundle_problem("bundle.claim.own-number", *place, value=f"{own[0]}: {slot[own[0]]}", keys=own)
        ]
    pointer = slot.get("from")
    if not isinstance(pointer, str) or pointer not in rows:
        near = next(iter(get_close_matches(str(pointer), rows, n=1)), None)
        return slot, [
            bundle_problem(
                "bundle.row.unknown", *place, value=str(pointer or ""), row=str(pointer), near=near
            )
        ]
    row = rows[pointer]
    out: dict[str, Any] = {
        "source": row.source,
        "level": row.level.value,
        "readers": row.read_by,
        "disputed": bool(row.disputed),
        **slot,
    }
    if row.note and row.level in {Level.DERIVED, Level.DIGITISED}:
        out["note"] = row.note
    for key in _TAKEN[kind]:
        if key in row.numbers:
            value = row.numbers[key]
            out[key] = int(value) if key in {"events", "n"} and isinstance(value, float) else value
    if "low" in out and row.interval in _INTERVALS.get(kind, ()):
        out["interval"] = row.interval
    elif (
        kind in _INTERVALS and "value" in out
    ):  # bounds that are no interval of this kind: a spread, an error
        out.pop("low", None)
        out.pop("high", None)
    if kind == "follow-up":
        out.pop("interval", None)
        out["unit"] = _TIMES.get(row.unit, row.unit)
    elif kind == "money":
        out.pop("interval", None)
        out["currency"] = row.unit
    elif kind == "rate" and row.unit != "%":
        return slot, [
            bundle_problem("bundle.row.unit", *place, value=pointer, row=pointer, unit=row.unit, needed="%")
        ]
    return out, []
