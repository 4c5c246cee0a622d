"""What a person is shown of the record: its own tables, narrowed to the sites where the person works (:mod:`proband.record.seeing`, the rule of every door).

The tables are those of :mod:`proband.record.tables`. Whoever is kept from knowing an arm is shown none of them: which participants there are,
by identifier, number and site, and nothing that was done with anybody, since a visit or a bag tells as much as an arm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from proband.record import TABLES, Record, RecordError, State
from proband.record.paged import browse_values
from proband.record.projection import row_by_row
from proband.record.seeing import sees, sees_row, works_everywhere
from proband.registry.acting import ActingPerson
from proband.terms.errors import ProbandError

Row = dict[str, Any]
#: tables by name; visits are worked out for the day
NAMES = ("participants", "visits", *(name for name in TABLES if name != "participants"))

#: tables of which the rows that name a participant are all made from that participant
OF_ONE = ("participants", "visits", "outcomes", "doses", "milestones", "cointerventions", "historical")


class NotShown(ProbandError):
    """Something is not shown to this person."""


def rows_for(
    record: Record, person: ActingPerson, name: str, today: date, of: str | None = None
) -> list[Row]:
    """The rows of a table that a person may see, with the texts in them.

    Raises
    ------
    NotShown
        ``registry.masked`` for whoever must not know an arm.
    RecordError
        ``record.show.table`` for a name that is no table.
    """
    check_table(person, name)
    with record.reading() as state:
        rows = [row for row in row_by_row(state, name, today, of) if sees_row(state, person, row)]
    shown: list[Row] = record.texts.revealed(rows)
    return shown


def rows_naming(record: Record, person: ActingPerson, name: str, today: date, subject: str) -> list[Row]:
    """The rows of a table that a person may see and in which somebody or something is named; no other row is made readable.

    Raises
    ------
    NotShown, RecordError
        As :func:`rows_for`.
    """
    check_table(person, name)
    with record.reading() as state:
        found = [
            row
            for row in row_by_row(state, name, today, subject if name in OF_ONE else None)
            if subject in row.values() and sees_row(state, person, row)
        ]
    shown: list[Row] = record.texts.revealed(found)
    return shown


def check_table(person: ActingPerson, name: str) -> None:
    """Refuse a table to whoever must not know an arm, and one that there is not.

    Raises
    ------
    NotShown, RecordError
        As :func:`rows_for`.
    """
    if person.blind:
        raise NotShown("registry.masked", person=person.id)
    if name not in NAMES:
        raise RecordError("record.show.table", table=name, tables=list(NAMES))


def check_sees(state: State, person: ActingPerson, name: str) -> None:
    """Refuse to show what belongs to a site where the person does not work, or tells an arm to whoever must not know it.

    Raises
    ------
    NotShown
        ``registry.masked`` or ``registry.site``.
    """
    if person.blind:
        raise NotShown("registry.masked", person=person.id)
    if not sees(state, person, name):
        raise NotShown("registry.site", subject=name)


def check_works_with(state: State, person: ActingPerson, participant: str) -> None:
    """Refuse a form about a participant who is not there, or at a site where the person does not work; it shows nothing, so that whoever is blind may have it.

    Raises
    ------
    NotShown
        ``registry.site``, or ``registry.absent`` to whoever works at all sites: nobody learns who is at another one.
    """
    if not sees(state, person, participant):
        raise NotShown("registry.site", subject=participant[:64])
    if participant not in state.participants:
        raise NotShown("registry.absent", what=f"participant {participant[:64]}")


def check_sees_all(state: State, person: ActingPerson, what: str) -> None:
    """Refuse what is of the whole study to whoever does not work at all sites, or must not know an arm.

    Raises
    ------
    NotShown
        ``registry.masked`` or ``registry.site``.
    """
    check_sees(state, person, "")
    if not works_everywhere(state, person):
        raise NotShown("registry.site", subject=what)


def known_participants(record: Record, person: ActingPerson) -> list[Row]:
    """Identifier, number and site of each participant where the person works: all that whoever is blind is shown."""
    with record.reading() as state:
        return [
            {"participant": one.id, "number": one.number, "site": one.site}
            for one in browse_values(state.participants)
            if person.sees_site(one.site)
        ]


def narrowing(*, words: str = "", column: str = "", value: str = "") -> Callable[[Row], bool] | None:
    """Whether in a row all words stand somewhere, and a value in its column; ``None`` where nothing is asked."""
    wanted, part = words.casefold().split(), value.casefold()
    asks = bool(column and value)
    if not (wanted or asks):
        return None

    def found(row: Row) -> bool:
        text = " ".join(str(one) for one in row.values() if one is not None).casefold()
        return all(word in text for word in wanted) and (
            not asks or part in str(row.get(column, "")).casefold()
        )

    return found


def narrowed(rows: Iterable[Row], *, words: str = "", column: str = "", value: str = "") -> list[Row]:
    """The rows in which all words stand somewhere, and a value in its column."""
    found = narrowing(words=words, column=column, value=value)
    return list(rows) if found is None else [row for row in rows if found(row)]


def in_order(rows: list[Row], column: str, *, down: bool = False) -> list[Row]:
    """The rows sorted by a column; what is not there stands last either way."""
    there = [row for row in rows if row.get(column) is not None]
    missing = [row for row in rows if row.get(column) is None]
    numbers = all(isinstance(row[column], int | float) for row in there)
    key = (lambda row: row[column]) if numbers else (lambda row: str(row[column]).casefold())
    return sorted(there, key=key, reverse=down) + missing


def cell(value: Any) -> str:
    """A value as a spreadsheet may read it: a text that begins like a formula is none (OWASP, CSV injection)."""
    if value is None:
        return ""
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
