"""Pages that show: what is due, the matrix, tables, a participant, a product; each keeps its address, and each read is kept."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from io import StringIO
from itertools import chain
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from proband.record import CommandType, Record, State
from proband.record.audit import trail
from proband.record.seeing import flow_seen, works_everywhere
from proband.registry.acting import ActingPerson, acting, offered
from proband.registry.drafts import drafts_of, named
from proband.registry.models import PageRead
from proband.registry.opened import day_of, record, record_of_today
from proband.registry.reading import (
    NAMES,
    Row,
    cell,
    check_sees,
    check_table,
    in_order,
    known_participants,
    narrowed,
    narrowing,
    rows_for,
    rows_naming,
)
from proband.registry.streaming import SpooledTable
from proband.registry.templatetags.registry_words import MARKS
from proband.registry.whole_bundles import is_asked_of_one

#: rows on one page of a list
PAGE = 100
#: visits on the page of today; the others are in the table
MOST = 30
#: so many days ahead it is said that something goes out of date
AHEAD = 30
#: how a visit stands that somebody must see to: what can still be done in time first
URGENT = ("due", "late", "overdue")


def me(request: HttpRequest, kept: Record) -> ActingPerson:
    """The person who has signed in, as the log has them now."""
    with kept.reading() as state:
        return acting(state, request.user.username, settings.PROBAND_KNOW_ARMS)


def looked_at(request: HttpRequest, page: str, subject: str = "") -> None:
    """Keep that somebody looked at something."""
    PageRead.objects.create(person=request.user.username, page=page, subject=subject)


def kept_as(name: str) -> dict[str, str]:
    """The header with which a browser keeps an answer as a file."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def home(request: HttpRequest) -> HttpResponse:
    """What is due today, for whoever has signed in; and what they may do."""
    kept = record()
    person = me(request, kept)
    with kept.reading() as state:
        doable = offered(state, person)
        trainings = _trainings(state, person, day_of(kept))
        drafts = drafts_of(state, person.id)
    context: dict[str, Any] = {
        "verbs": doable, "trainings": trainings, "today": day_of(kept), "drafts": named(kept, person, drafts), "examines": _examines(doable),
    }  # fmt: skip
    if person.blind:
        context["people"] = known_participants(kept, person)
    else:
        looked_at(request, "home")
        today = day_of(kept)
        visits = [row for row in rows_for(kept, person, "visits", today) if row["status"] in URGENT]
        context |= {
            "visits": _by_urgency(visits)[:MOST],
            "more_visits": max(0, len(visits) - MOST),
            "tasks": in_order(
                [row for row in rows_for(kept, person, "tasks", today) if row["done"] is None], "due"
            ),
            "holds": [row for row in rows_for(kept, person, "holds", today) if row["lifted_at"] is None],
            "bags": _going_off(rows_for(kept, person, "products", today), today),
            "flow": flow_seen(kept.state, person),
            "flow_of": "" if works_everywhere(kept.state, person) else ", ".join(sorted(person.sites)),
        }
    return render(request, "registry/home.html", context)


def _examines(doable: Iterable[CommandType]) -> bool:
    return any(one.verb == "outcome.record" for one in doable)


def _by_urgency(visits: list[Row]) -> list[Row]:
    """What can still be done in time, the first to close first; then what cannot, the newest first."""
    late = sorted(
        (row for row in visits if row["status"] == "overdue"), key=lambda row: row["closes"], reverse=True
    )
    return (
        sorted(
            (row for row in visits if row["status"] != "overdue"),
            key=lambda row: (URGENT.index(row["status"]), row["closes"]),
        )
        + late
    )


def _trainings(state: State, person: ActingPerson, today: date) -> list[tuple[str, str]]:
    found = state.persons.get(person.id)
    last = (today + timedelta(days=AHEAD)).isoformat()
    return (
        sorted((day, name) for name, day in found.trainings.items() if day <= last)
        if found is not None
        else []
    )


def _going_off(products: list[Row], today: date) -> list[Row]:
    last = (today + timedelta(days=AHEAD)).isoformat()
    ready = [
        row
        for row in products
        if row["status"] in ("released", "in transit", "received", "thawed", "prepared")
    ]
    return in_order(
        [row for row in ready if row["expires_at"] and row["expires_at"][:10] <= last], "expires_at"
    )


def matrix(request: HttpRequest) -> HttpResponse:
    """Participants by visits, each with how it stands."""
    kept, today = record_of_today()
    person = me(request, kept)
    said = {"q": request.GET.get("q", "")}
    check_table(person, "visits")
    looked_at(request, "matrix")
    people = narrowed(rows_for(kept, person, "participants", today), words=said["q"])
    number = _page_number(request)
    lines = []
    # the visits of whoever stands on this page, and of nobody else, are worked out
    for one in people[(number - 1) * PAGE : number * PAGE]:
        rows = {row["name"]: row for row in rows_naming(kept, person, "visits", today, one["participant"])}
        coming = sorted(rows.values(), key=lambda row: row["target"])
        due = next((row for row in coming if row["status"] in ("due", "late", "upcoming")), None)
        lines.append((one, rows, due))
    names = list(dict.fromkeys(name for _, rows, _ in lines for name in rows if "#" not in name))
    return render(request, "registry/matrix.html", {
        "names": names, "q": said["q"], "marks": list(MARKS.items()), "count": len(people),
        "lines": [{"person": one, "cells": [(name, rows.get(name)) for name in names], "next": due} for one, rows, due in lines],
        "before": _address(said, page=number - 1) if number > 1 else None,
        "after": _address(said, page=number + 1) if number * PAGE < len(people) else None,
    })  # fmt: skip


def _page_number(request: HttpRequest) -> int:
    number = request.GET.get("page", "1")
    return max(1, int(number)) if number.isascii() and number.isdecimal() and len(number) < 7 else 1


def listing(request: HttpRequest, name: str) -> HttpResponse | StreamingHttpResponse:
    """A table of the record: narrowed, sorted, by pages, or whole as CSV; all of it stands in the address."""
    kept = record()
    person = me(request, kept)
    said = {key: request.GET.get(key, "") for key in ("q", "column", "value", "sort", "down")}
    if request.GET.get("as") == "csv" and not said["sort"]:
        return _streamed(request, kept, person, name, said)
    rows = rows_for(kept, person, name, day_of(kept))
    looked_at(request, f"table:{name}")
    columns = list(rows[0]) if rows else []
    rows = narrowed(rows, words=said["q"], column=said["column"], value=said["value"])
    if said["sort"] in columns:
        rows = in_order(rows, said["sort"], down=bool(said["down"]))
    if request.GET.get("as") == "csv":
        return _as_csv(f"{kept.study}-{name}.csv", columns, rows, len(rows))
    page = _page_number(request)
    return render(request, "registry/listing.html", {
        "name": name, "names": NAMES, "columns": columns, "said": said, "count": len(rows),
        "rows": [[(column, row[column]) for column in columns] for row in rows[(page - 1) * PAGE : page * PAGE]],
        "sorting": [(column, _sorted_by(said, column)) for column in columns], "csv": _address(said, **{"as": "csv"}),
        "before": _address(said, page=page - 1) if page > 1 else None,
        "after": _address(said, page=page + 1) if page * PAGE < len(rows) else None,
    })  # fmt: skip


def _address(said: dict[str, str], **changes: Any) -> str:
    return "?" + urlencode({key: value for key, value in {**said, **changes}.items() if value})


def _sorted_by(said: dict[str, str], column: str) -> str:
    down = "1" if said["sort"] == column and not said["down"] else ""
    return _address(said, sort=column, down=down)


def _streamed(
    request: HttpRequest, kept: Record, person: ActingPerson, name: str, said: dict[str, str]
) -> StreamingHttpResponse:
    """A whole table in its own order, sent row by row."""
    wanted = narrowing(words=said["q"], column=said["column"], value=said["value"])
    found = SpooledTable(kept, person, name, day_of(kept), wanted=wanted)
    looked_at(request, f"table:{name}")
    return _as_csv(f"{kept.study}-{name}.csv", found.columns, found, found.count)


def _as_csv(name: str, columns: list[str], rows: Iterable[Row], count: int) -> StreamingHttpResponse:
    """The rows as a file, counted beforehand."""
    return StreamingHttpResponse(
        _csv_lines(columns, rows),
        content_type="text/csv; charset=utf-8",
        headers={**kept_as(name), "X-Proband-Rows": str(count)},
    )


def _csv_lines(columns: list[str], rows: Iterable[Row]) -> Iterator[str]:
    line = StringIO()
    writer = csv.writer(line)
    for row in chain([columns], ([cell(row[column]) for column in columns] for row in rows)):
        writer.writerow(row)
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def participant(request: HttpRequest, subject: str) -> HttpResponse:
    """A participant: facts left, what happened right, each entry with its difference on a page of its own."""
    return _subject(
        request,
        subject,
        "participants",
        ("visits", "outcomes", "doses", "adverse_events", "queries", "tasks", "products"),
    )


def product(request: HttpRequest, subject: str) -> HttpResponse:
    """A container: what it is, and what happened with it."""
    return _subject(request, subject, "products", ("labels", "findings", "tasks"))


def _subject(request: HttpRequest, subject: str, table: str, beside: tuple[str, ...]) -> HttpResponse:
    kept, today = record_of_today()
    person = me(request, kept)
    with kept.reading() as state:
        check_sees(state, person, subject)
        doable = [one for one in offered(state, person) if one.subject == table.removesuffix("s")]
    facts = rows_for(kept, person, table, today, subject)
    looked_at(request, table.removesuffix("s"), subject)
    return render(request, "registry/subject.html", {
        "gives_link": any(one.verb == "consent.give" for one in doable), "examines": _examines(doable), "one_person": table == "participants" and is_asked_of_one(kept), "subject": subject, "kind": table.removesuffix("s"), "facts": facts[0] if facts else None, "verbs": doable,
        "beside": [(name, rows) for name in beside if (rows := rows_naming(kept, person, name, today, subject))],
        "events": list(trail(kept, subject))[::-1],
    }, status=200 if facts else 404)  # fmt: skip
