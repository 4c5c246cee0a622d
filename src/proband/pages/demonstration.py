"""The report of the demonstration: one self-contained page that shows what was run, with every answer and every refusal.

It shows results that were made before: whoever demonstrates collects them and hands them over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from proband.pages.headline.answer import answer_section
from proband.pages.headline.form import TABLE, headline_script
from proband.pages.rendering import data_block, document
from proband.programme import CheckReport
from proband.record.publishing import PeopleGroup
from proband.terms import ProbandError
from proband.trial.headline.result import HeadlineResult

if TYPE_CHECKING:  # who screened has the extra ``columns``; who builds the other pages may not
    from proband.screening.sql.funnel import Funnel

_BANNER = "DEMONSTRATION: these programmes treat nobody. Figures are published ones with their sources; every person is synthetic."


@dataclass(frozen=True)
class Asked:
    """A headline that was put to the test: why it is shown, and the answer or the refusal."""

    why: str
    text: str
    command: str
    answer: HeadlineResult | ProbandError


@dataclass(frozen=True)
class ScreeningShown:
    """One programme's funnel over the synthetic folder, with one person's verdict in words."""

    programme: str
    funnel: Funnel
    counts: dict[str, int]
    explained: str


@dataclass(frozen=True)
class RecordShown:
    """What the scripted record showed: everybody by what became of them, its last day, the story, a custody chain, verification; people by step."""

    people: PeopleGroup | None
    until: date
    story: Sequence[str]
    custody: Sequence[tuple[str, str, str, str]]
    custody_of: str
    verified: Sequence[str]
    steps: dict[str, int]


@dataclass(frozen=True)
class Report:
    """Everything that the page shows; ``form`` is the table of the interactive headline test, ``site`` titles and addresses."""

    made: datetime
    checks: Sequence[tuple[str, CheckReport]]
    headlines: Sequence[Asked]
    form: dict[str, Any]
    read: Sequence[str] = ()
    screened: Sequence[ScreeningShown] = ()
    record: RecordShown | None = None
    site: Sequence[tuple[str, str]] = ()
    seconds: float = 0.0
    forecast: Sequence[str] = ()
    simulated: dict[str, Any] | None = None


def report_page(report: Report) -> str:
    """The report as HTML; it works from the file system and keeps the strict content security policy of the public pages."""
    return document(
        "demonstration/report.html.j2", "Proband: demonstration report",
        "How often would this have happened if nobody had been treated?",
        banners=[_BANNER], styles=("document", "demonstration"), scripts=[headline_script()], data=[data_block(TABLE, report.form)],
        context={
            "report": report, "parts": _parts(report), "checks": [_checked(*each) for each in report.checks],
            "headlines": [(asked, _answer(asked, number)) for number, asked in enumerate(report.headlines)],
        },
    )  # fmt: skip


def _parts(report: Report) -> list[tuple[str, str]]:
    """Anchor and heading of each part that there is something to show in."""
    parts = [
        ("headlines", "What if nobody had been treated?", True),
        ("ask", "Ask of a headline yourself", True),
        ("screening", "Who could be considered, and who needs data", bool(report.screened)),
        ("record", "Twelve synthetic people, from referral to year two", report.record is not None),
        ("forecast", "A forecast, sealed and scored", bool(report.forecast)),
        ("simulation", "What a study could show, before it", report.simulated is not None),
        ("pages", "The public pages", bool(report.site)),
        ("programmes", "Three programmes, checked", True),
    ]
    return [(anchor, heading) for anchor, heading, shown in parts if shown]


def _checked(name: str, check: CheckReport) -> tuple[object, ...]:
    found = f"{len(check.errors)} errors, {len(check.warnings)} warnings"
    programme = check.programme
    if programme is None:
        return name, "does not load", found, 0, ""
    return name, programme.head.title, found, len(programme.sources), programme.hash[:16]


def _answer(asked: Asked, number: int) -> Markup | None:
    if isinstance(asked.answer, ProbandError):
        return None
    return answer_section(asked.answer, id=f"replay-{number}", level=3)
