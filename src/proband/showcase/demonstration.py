"""The demonstration: check the programmes, ask of headlines, screen synthetic people, run the record, build the pages, report."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from proband.exchange import read
from proband.facts.table import from_row
from proband.pages.demonstration import Asked, RecordShown, Report, ScreeningShown, report_page
from proband.pages.site import BuiltSite, build
from proband.programme import BundleError, CheckReport, Programme, bundled, check, load
from proband.record import Record
from proband.record.labels import Balance
from proband.record.publishing import PublicRecord, published
from proband.screening.render import as_text
from proband.screening.sql.many import screen
from proband.screening.verdict import Screening
from proband.showcase.forecast import forecasts, scored
from proband.showcase.headlines import HEADLINES, ask
from proband.showcase.hospital import BUNDLE, ScriptedRun, run
from proband.showcase.hospital.stage import START
from proband.showcase.people.folder import write_folder
from proband.showcase.simulated import SIMULATED, simulated_study
from proband.terms import ProbandError
from proband.trial.headline.claimed import claimed_headlines
from proband.trial.headline.table import headline_table

#: what a demonstration tells while it goes on, a line at a time
Told = Callable[[str], None]

#: how many steps there are, for a bar that shows progress
STEPS = 7


@dataclass(frozen=True)
class Demonstration:
    """A demonstration that was run: where its report lies, and what the report shows."""

    path: Path
    report: Report

    @property
    def ok(self) -> bool:
        """Whether every programme was found without an error."""
        return all(not found.errors for _, found in self.report.checks)

    def as_dict(self) -> dict[str, Any]:
        """The chief results as plain JSON values."""
        report, path = self.report, self.path.resolve()
        return {
            "report": str(path),
            "url": path.as_uri(),
            "ok": self.ok,
            "programmes": {
                name: found.programme.hash if found.programme else None for name, found in report.checks
            },
            "headlines": [_headline(asked) for asked in report.headlines],
            "screened": {item.programme: item.counts for item in report.screened},
            "flow": dict(report.record.steps) if report.record else {},
            "site": [href for _, href in report.site],
            "simulated": report.simulated["type_one_error"] if report.simulated else {},
            "seconds": round(report.seconds, 1),
        }


def demonstrate(
    folder: Path, *, people: int = 80, told: Told = lambda _: None, advance: Callable[[], Any] = lambda: None
) -> Demonstration:
    """Run the main job on the programmes that come with Proband and write one report with everything that it shows.

    Parameters
    ----------
    folder
        Where the report goes (``index.html``), and beside it the synthetic people, the record and the public pages; what an
        earlier demonstration left there is replaced.
    people
        Synthetic people per programme.
    told, advance
        Called with each line that there is to tell, and after each of the :data:`STEPS`.
    """
    start = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    checks = _checks(told)
    programmes = {name: found.programme for name, found in checks if found.programme}
    advance()
    asked = [ask(shown, programmes) for shown in HEADLINES]
    for each in asked:
        told(_answer_in_words(each))
    # the form opens with the programme that the first headline is about
    first = HEADLINES[0].programme
    form = headline_table(sorted(programmes.values(), key=lambda programme: programme.id != first))
    advance()
    lines, screened = _screen(folder / "synthetic-people", list(programmes.values()), people, told)
    advance()
    record, view = _record(folder / "record", told)
    forecast = _forecast(programmes.get(BUNDLE), told)
    advance()
    simulated = simulated_study(folder, programmes[SIMULATED], told) if SIMULATED in programmes else None
    advance()
    site = _site(folder / "site", view, told)
    advance()
    seconds = time.perf_counter() - start
    report = Report(
        datetime.now(), checks, asked, form, lines, screened, record, site, seconds, forecast, simulated
    )
    path = folder / "index.html"
    path.write_text(report_page(report), encoding="utf-8")
    advance()
    return Demonstration(path, report)


def _checks(told: Told) -> list[tuple[str, CheckReport]]:
    found = [(name, check(name)) for name in bundled()]
    for name, report in found:
        state = f"hash {report.programme.hash[:16]}" if report.programme else "DOES NOT LOAD"
        told(f"checked {name}: {len(report.errors)} errors, {len(report.warnings)} warnings, {state}")
    return found


def _headline(asked: Asked) -> dict[str, Any]:
    if isinstance(asked.answer, ProbandError):
        return {"text": asked.text, "refused": asked.answer.message}
    return {
        "text": asked.text,
        "probability": asked.answer.probability,
        "interval": list(asked.answer.interval),
    }


def _answer_in_words(asked: Asked) -> str:
    answer = asked.answer
    if isinstance(answer, ProbandError):
        return f"“{asked.text}”: refused. {answer.message}"
    low, high = answer.interval
    return (
        f"“{asked.text}”: {answer.probability:.1%} of trials in which nobody was treated show {answer.direction} this "
        f"({low:.1%} to {high:.1%} over the cohorts)"
    )


def _screen(
    folder: Path, programmes: Sequence[Programme], people: int, told: Told
) -> tuple[list[str], list[ScreeningShown]]:
    """Write synthetic people, read their files, screen them, and explain one person of each programme."""
    shutil.rmtree(folder, ignore_errors=True)
    today = date.today()
    written = write_folder(programmes, folder, each=people, as_of=today)
    reading = read(folder, mapping=written.mapping)
    table = reading.table()
    line = (
        f"{sum(written.people.values())} synthetic people in {len(reading.report.files)} files ("
        + ", ".join(f"{count} as {kind}" for kind, count in written.formats.items())
        + f"): {table.height:,} facts read, {len(reading.report.declined)} files declined."
    )
    told(line)
    shown = []
    for programme in programmes:
        own = table.filter(table["subject"].str.starts_with(f"SYN-{programme.id}-"))
        result = screen(programme.eligibility, own, today, through="screening")
        subject = next(
            iter(result.table.filter(result.table["verdict"] == "needs-data")["subject"]), own["subject"][0]
        )
        facts = [from_row(row) for row in own.filter(own["subject"] == subject).iter_rows(named=True)]
        verdict = Screening(programme.eligibility, "screening").verdict(facts, today)
        counts = ", ".join(f"{count} {name}" for name, count in sorted(result.counts.items()))
        told(f"screened {programme.id}: {counts}")
        explained = as_text(verdict, programme.eligibility)
        shown.append(ScreeningShown(programme.id, result.funnel, result.counts, explained))
    return [line], shown


def _record(folder: Path, told: Told) -> tuple[RecordShown, PublicRecord]:
    """Play the scripted lives into a new record, verify it, and take from it what pages may see."""
    shutil.rmtree(folder, ignore_errors=True)
    played = run(folder)
    with Record.open(folder) as opened:
        view = published(opened.state, date.today())
    told(
        f"record of 12 simulated people, {played.events} events: "
        + ", ".join(f"{n} {step}" for step, n in played.flow.steps.items())
    )
    told(str(played.verify))
    custody = [
        (
            link.at[:16].replace("T", " "),
            f"{link.what} {link.container}",
            link.details,
            f"{link.actor}, {link.site}",
        )
        for link in played.custody
    ]
    shown = RecordShown(
        view.people, view.until, played.happenings, custody, f"{played.product} ({played.coi})", _verified(played),
        dict(played.flow.steps),
    )  # fmt: skip
    return shown, view


def _verified(played: ScriptedRun) -> list[str]:
    return [
        str(played.verify),
        _labels(played.product, played.labels),
        _labels("every product", played.all_labels),
        "tables rebuilt from the log equal the running ones"
        if played.tables_agree
        else "TABLES REBUILT FROM THE LOG DIFFER",
        "the allocation replays from its sealed seed"
        if played.allocation_replays
        else "THE ALLOCATION DOES NOT REPLAY",
        played.notice,
    ]


def _labels(what: str, found: Balance) -> str:
    return (
        f"labels of {what}: {found.printed} printed, {found.applied} applied, {found.spoiled} spoiled, "
        f"{found.destroyed} destroyed, {found.open} unaccounted for"
    )


def _forecast(programme: Programme | None, told: Told) -> list[str]:
    """The forecast that the record sealed and a hopeful one beside it, scored on a truth that was drawn from no effect."""
    if programme is None:
        return []
    documents = forecasts(programme, START.date())
    lines = []
    for document, result in zip(documents, scored(documents), strict=True):
        told(f"forecast {document.hash[:12]}: {result.words}")
        lines.append(result.words)
    return lines


def _site(folder: Path, view: PublicRecord, told: Told) -> list[tuple[str, str]]:
    """Build the public pages, today or as of the day on which the claims were last checked."""

    def built(on: date) -> BuiltSite:
        programmes = [load(name, on=on) for name in bundled()]
        answers = [claimed_headlines(programme) for programme in programmes]
        return build(programmes, answers, on=on, records=[view])

    shutil.rmtree(folder, ignore_errors=True)
    try:
        site = built(date.today())
    except BundleError as refusal:
        # facts rot: once they have expired the pages are built only as of the day on which they were last checked
        checked = max(load(name).claims.checked_on for name in bundled())
        told(f"the pages refuse to build today ({refusal.message}); shown as of {checked}")
        site = built(checked)
    site.write(folder)
    told(f"{len(site.pages)} public pages: every number resolves to a claim and a source")
    return [(page.title, f"{folder.name}/{page.name}") for page in site.pages]
