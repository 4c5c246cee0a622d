"""What is due for somebody as a calendar (RFC 5545): visits by their windows and tasks by their days, where the person works; pseudonyms alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from proband.registry.reading import Row

#: octets of a line before it is folded (RFC 5545, section 3.1)
_LINE = 75


def calendar_of(study: str, visits: Iterable[Row], tasks: Iterable[Row], now: datetime) -> str:
    """The calendar: one event for each visit that is due or to come and for each open task."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Proband//registry//EN",
        f"X-WR-CALNAME:{_text(study)}",
    ]
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    for row in visits:
        if row["status"] in ("due", "late", "upcoming", "overdue"):
            words = f"{row['name']}, {row['participant']} ({row['status']})"
            detail = f"Target {row['target']}; late until {row['late_until']}"
            lines += _event(f"visit-{row['visit']}", stamp, row["opens"], row["closes"], words, detail, study)
    for row in tasks:
        if row["done"] is None and row["due"]:
            words = f"{row['kind']}, {row['subject']}"
            lines += _event(
                f"task-{row['task']}", stamp, row["due"], row["due"], words, str(row["about"]), study
            )
    lines.append("END:VCALENDAR")
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def _event(uid: str, stamp: str, first: str, last: str, words: str, detail: str, study: str) -> Iterator[str]:
    until = date.fromisoformat(last[:10]) + timedelta(days=1)
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(uid)}@{_text(study)}"
    yield f"DTSTAMP:{stamp}"
    yield f"DTSTART;VALUE=DATE:{date.fromisoformat(first[:10]):%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{until:%Y%m%d}"
    yield f"SUMMARY:{_text(words)}"
    yield f"DESCRIPTION:{_text(detail)}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _text(words: str) -> str:
    """Escaped (section 3.3.11)."""
    plain = "".join(sign if sign.isprintable() else " " for sign in words.replace("\n", " "))
    return plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def _folded(line: str) -> Iterator[str]:
    """The line in pieces of at most 75 octets, each further one begun with a blank; no character is cut."""
    piece, size = "", 0
    for sign in line:
        octets = len(sign.encode())
        if size + octets > _LINE:
            yield piece
            piece, size = " ", 1
        piece, size = piece + sign, size + octets
    yield piece
