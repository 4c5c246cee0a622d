"""The verb ``demo``: check the programmes, ask of headlines, screen synthetic people, run the record, build the pages."""

from __future__ import annotations

import os
import sys
import threading
import time
import webbrowser
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from proband.cli.output import NO, JsonFlag, errors_as_text, note, print_json, progress, say
from proband.cli.verbs import verb
from proband.terms.errors import ProbandError

if TYPE_CHECKING:
    from proband.pages.record_view import RecordView
    from proband.programme import CheckReport, Programme
    from proband.showcase.report import Asked, RecordShown, ScreeningShown

#: the headlines of the demonstration: why each is shown, its text, and what it is compared with
HEADLINES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (
        "A result that nature often gives",
        "2 of 4",
        {"programme": "spinal-cord-autologous", "outcome": "ais-conversion", "baseline": "A", "level": "cervical",
         "baseline_window": "14-28d", "follow_up": "1y"},
    ),
    (
        "A result that nature rarely gives, if the mix of people was as assumed",
        "12 of 13",
        {"programme": "spinal-cord-autologous", "outcome": "ais-conversion", "baseline": "A:6,B:2,C:5", "level": "cervical",
         "baseline_window": "14-28d", "follow_up": "220d"},
    ),
    (
        "Two groups compared with each other",
        "17 of 50 against 0 of 20",
        {"programme": "spinal-cord-autologous", "outcome": "ais-conversion", "baseline": "A:25,B:25", "level": "thoracic",
         "baseline_window": "1y", "follow_up": "18m"},
    ),
    (
        "A survival headline",
        "73 of 100 alive at 24 weeks against 56",
        {"programme": "liver-cells", "outcome": "survival", "baseline": "aclf", "follow_up": "24w"},
    ),
    (
        "A mean change",
        "MELD fell by 2 points",
        {"programme": "liver-cells", "outcome": "meld-change", "people": 20, "baseline": "cirrhosis", "follow_up": "24w"},
    ),
    (
        "A headline that cannot be answered",
        "1 of 1",
        {"programme": "mitochondria-hpdl", "outcome": "walking"},
    ),
)  # fmt: skip


@verb("demo")
def demo(
    folder: Path = typer.Option(
        Path("demo"), "--out", help="Where to write the report and everything it shows."
    ),
    people: int = typer.Option(80, min=12, max=5000, help="Synthetic people per programme."),
    serve: bool | None = typer.Option(
        None,
        "--serve/--no-serve",
        help="Serve the report on 127.0.0.1 until Ctrl-C; by default on a terminal only.",
    ),
    open_browser: bool = typer.Option(True, "--open/--no-open", help="Open a browser where there is one."),
    as_json: bool = JsonFlag,
) -> None:
    """Run the main job on the programmes that come with Proband and write one report. Ends with 1 where a part of it did not hold.

    Example: proband demo --out demo --no-serve
    """
    with errors_as_text(as_json):
        start = time.perf_counter()
        folder.mkdir(parents=True, exist_ok=True)
        report_path = folder / "index.html"
        with progress("Proband demonstration", 6, quiet=as_json) as advance:
            summary = _run(folder, people, report_path, start, advance, as_json)
        if as_json:
            print_json(summary)
        else:
            say(f"report: {report_path.resolve()}", "bold")
            say(f"        {report_path.resolve().as_uri()}")
            note(f"{summary['seconds']:.0f} s")
        if not summary["ok"]:
            raise typer.Exit(NO)
    if serve if serve is not None else (sys.stdout.isatty() and not as_json and not os.environ.get("CI")):
        _serve(folder, open_browser)


def _run(
    folder: Path, people: int, path: Path, start: float, advance: Callable[[], None], quiet: bool
) -> dict[str, Any]:
    from proband.showcase.report import Report, render

    def told(line: str) -> None:
        if not quiet:
            say(line)

    checks = _checks(told)
    programmes = {name: check.programme for name, check in checks if check.programme}
    advance()
    asked = [_ask(why, text, given, programmes, told) for why, text, given in HEADLINES]
    advance()
    read, screened = _screen(folder / "synthetic-people", list(programmes.values()), people, told)
    advance()
    record, view = _record(folder / "record", told)
    advance()
    site = _site(folder / "site", view, told)
    advance()
    report = Report(
        datetime.now(), checks, asked, list(programmes.values()), read, screened, record, site, time.perf_counter() - start
    )  # fmt: skip
    path.write_text(render(report), encoding="utf-8")
    advance()
    return {
        "report": str(path.resolve()),
        "url": path.resolve().as_uri(),
        "ok": all(not check.errors for _, check in checks),
        "programmes": {name: check.programme.hash if check.programme else None for name, check in checks},
        "headlines": [
            {"text": item.text, "refused": item.answer.message}
            if isinstance(item.answer, ProbandError)
            else {
                "text": item.text,
                "probability": item.answer.probability,
                "interval": list(item.answer.interval),
            }
            for item in asked
        ],
        "screened": {item.programme: item.counts for item in screened},
        "flow": dict(record.flow),
        "site": [href for _, href in site],
        "seconds": round(time.perf_counter() - start, 1),
    }


def _checks(told: Callable[[str], None]) -> list[tuple[str, CheckReport]]:
    from proband.programme import bundled, check

    found = [(name, check(name)) for name in bundled()]
    for name, report in found:
        state = f"hash {report.programme.hash[:16]}" if report.programme else "DOES NOT LOAD"
        told(f"checked {name}: {len(report.errors)} errors, {len(report.warnings)} warnings, {state}")
    return found


def _ask(
    why: str,
    text: str,
    given: dict[str, Any],
    programmes: Mapping[str, Programme],
    told: Callable[[str], None],
) -> Asked:
    from proband.programme import load
    from proband.showcase.report import Asked
    from proband.trial.headline.answer import headline

    command = f'proband headline "{text}" ' + " ".join(
        f"--{key.replace('_', '-')} {value}" for key, value in given.items()
    )
    try:
        # a bundle that does not load today is refused here with its reasons, like any other question
        name = given["programme"]
        answer = headline(text, **{**given, "programme": programmes.get(name) or load(name)})
    except ProbandError as refusal:
        told(f"“{text}”: refused. {refusal.message}")
        return Asked(why, text, command, refusal)
    low, high = answer.interval
    told(
        f"“{text}”: {answer.probability:.1%} of trials in which nobody was treated show {answer.direction} this ({low:.1%} to {high:.1%} over the cohorts)"
    )
    return Asked(why, text, command, answer)


def _screen(
    folder: Path, programmes: list[Programme], people: int, told: Callable[[str], None]
) -> tuple[list[str], list[ScreeningShown]]:
    import shutil

    from proband.exchange import read
    from proband.facts.table import from_row
    from proband.screening.render import as_text
    from proband.screening.sql.engines import screen
    from proband.screening.verdict import Screening
    from proband.showcase.folder import write_folder
    from proband.showcase.report import ScreeningShown

    shutil.rmtree(folder, ignore_errors=True)
    today = date.today()
    written = write_folder(programmes, folder, each=people, as_of=today)
    reading = read(folder, mapping=written.mapping)
    table = reading.table()
    lines = [
        f"{sum(written.people.values())} synthetic people in {len(reading.report.files)} files ("
        + ", ".join(f"{count} as {kind}" for kind, count in written.formats.items())
        + f"): {table.height:,} facts read, {len(reading.report.declined)} files declined.",
    ]
    told(lines[0])
    shown = []
    for programme in programmes:
        own = table.filter(table["subject"].str.starts_with(f"SYN-{programme.id}-"))
        result = screen(programme, own, today, through="screening")
        subject = next(
            iter(result.table.filter(result.table["verdict"] == "needs-data")["subject"]), own["subject"][0]
        )
        facts = [from_row(row) for row in own.filter(own["subject"] == subject).iter_rows(named=True)]
        screening = Screening(programme, "screening")
        verdict = screening.verdict(facts, today)
        told(
            f"screened {programme.id}: "
            + ", ".join(f"{count} {name}" for name, count in sorted(result.counts.items()))
        )
        shown.append(
            ScreeningShown(
                programme.id, result.funnel, result.counts, as_text(verdict, programme.eligibility)
            )
        )
    return lines, shown


def _record(folder: Path, told: Callable[[str], None]) -> tuple[RecordShown, RecordView]:
    import shutil

    from proband.pages.record_view import view_of_record
    from proband.record import Record
    from proband.showcase.hospital import run
    from proband.showcase.report import RecordShown

    shutil.rmtree(folder, ignore_errors=True)
    played = run(folder)
    with Record.open(folder) as opened:
        view = view_of_record(
            opened.state,
            str(played.programme),
            date.fromisoformat(opened.state.recorded[:10]),
            synthetic=True,
        )
    told(
        f"record of 12 simulated people, {played.events} events: "
        + ", ".join(f"{n} {step}" for step, n in played.flow.steps.items())
    )
    told(str(played.verify))
    verified = [
        str(played.verify),
        f"labels of {played.product}: {played.labels.printed} printed, {played.labels.applied} applied, {played.labels.spoiled} spoiled, "
        f"{played.labels.destroyed} destroyed, {played.labels.open} unaccounted for",
        "tables rebuilt from the log equal the running ones"
        if played.tables_agree
        else "TABLES REBUILT FROM THE LOG DIFFER",
        "the allocation replays from its sealed seed"
        if played.allocation_replays
        else "THE ALLOCATION DOES NOT REPLAY",
        played.notice,
    ]
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
        list(played.flow.steps.items()),
        list(played.flow.ends.items()),
        played.happenings,
        custody,
        f"{played.product} ({played.coi})",
        verified,
    )
    return shown, view


def _site(folder: Path, view: RecordView, told: Callable[[str], None]) -> list[tuple[str, str]]:
    import shutil

    from proband.pages.site import PROGRAMMES, BuiltSite, build
    from proband.programme import BundleError, bundled, load
    from proband.trial.headline.claimed import claimed_headlines

    def built(on: date) -> BuiltSite:
        programmes = [load(name, on=on) for name in PROGRAMMES]
        answers = [claimed_headlines(programme) for programme in programmes]
        return build(programmes, answers, on=on, records={"spinal-cord-autologous": view})

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
    return [(page.title, f"site/{page.name}") for page in site.pages]


def _serve(folder: Path, open_browser: bool) -> None:
    from proband.pages.serving import server

    running = server(folder)
    url = f"http://127.0.0.1:{running.server_address[1]}/"
    say(f"served at {url} (Ctrl-C ends it)", "bold")
    if open_browser:
        threading.Timer(0.3, webbrowser.open, [url]).start()
    try:
        running.serve_forever()
    except KeyboardInterrupt:
        note("ended")
    finally:
        running.server_close()
