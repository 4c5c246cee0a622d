"""The verb ``watch``: a bundle in the browser while it is written."""

from __future__ import annotations

import threading
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from proband.cli.output import NO, JsonFlag, errors_as_text, note, print_json, say
from proband.cli.verbs import verb
from proband.terms.errors import ProbandError

if TYPE_CHECKING:
    from proband.pages.watching import Watched
    from proband.programme import Programme
    from proband.programme.loading import CheckReport

#: how often the files are looked at, in seconds: their times and sizes, which costs next to nothing for a few dozen files
LOOK_EVERY = 0.4


@verb("watch")
def watch_verb(
    programme: str = typer.Argument(..., help="Folder of the bundle that is written.", metavar="PROGRAMME"),
    people: Path | None = typer.Option(
        None,
        "--people",
        help="Files of synthetic people: the funnel shows who of them would pass (extra columns).",
    ),
    port: int = typer.Option(
        8124, "--port", min=0, max=65535, help="Port on 127.0.0.1; 0 takes any free one."
    ),
    once: bool = typer.Option(
        False, "--once", help="Check and build once, serve nothing; ends with 1 if there is an error."
    ),
    as_json: bool = JsonFlag,
) -> None:
    """Show a bundle in the browser while it is written: problems with file, line and mend, its page, schedule and funnel, anew on every save.

    It is seen on this machine only (127.0.0.1), until Ctrl-C. Ends with 1 if --once finds an error.

    Example: proband watch ./my-programme
    """
    from proband.pages.watching import Watched, server
    from proband.programme.loading import locate

    with errors_as_text(as_json):
        folder = locate(programme)
        watched = Watched()
        report = rebuild(folder, watched, people)
    if once:
        pages = sorted(watched.build.pages)
        if as_json:
            print_json({"errors": len(report.errors), "problems": [problem.as_dict() for problem in report.problems],
                        "pages": pages, "fresh": watched.build.fresh})  # fmt: skip
        else:
            for problem in report.problems:
                say(str(problem))
            say(f"{len(report.errors)} errors; {', '.join(pages)}")
        raise typer.Exit(NO if report.errors else 0)
    running = server(watched, port)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    say(f"http://127.0.0.1:{running.server_address[1]}/ (Ctrl-C ends it)")
    try:
        follow(folder, watched, people)
    except KeyboardInterrupt:
        note("ended")
    finally:
        running.shutdown()
        running.server_close()


def follow(
    folder: Path, watched: Watched, people: Path | None, *, stop: threading.Event | None = None
) -> None:
    """Build anew whenever a file changed, until ``stop`` is set."""
    seen = _stamp(folder, people)
    while stop is None or not stop.is_set():
        time.sleep(LOOK_EVERY)
        now = _stamp(folder, people)
        if now != seen:
            seen = now
            report = rebuild(folder, watched, people)
            note(f"{datetime.now():%H:%M:%S} {len(report.errors)} errors, {len(report.warnings)} warnings")


def rebuild(folder: Path, watched: Watched, people: Path | None = None) -> CheckReport:
    """Check a bundle and show what was made of it; where it has errors, they are shown over the pages of the last save without."""
    from proband.cli.checking import whole_check
    from proband.pages.watching import FUNNEL, SCHEDULE, STATUS, schedule_page, status_page

    report = whole_check(folder)
    made: dict[str, tuple[str, str]] = {}
    lacks = ""
    if report.programme is not None:
        made[SCHEDULE] = ("Schedule", schedule_page(report.programme))
    if report.programme is not None and not report.errors:
        made |= _site(report.programme)
        if people is not None:
            try:
                made[FUNNEL], lacks = _funnel(report.programme, people)
            except (
                ProbandError
            ) as error:  # the people's files are no part of the bundle: its pages are shown all the same
                lacks = f"nobody of {people.name} was screened: {error.message}"
    fresh = not report.errors
    links = [(name, title) for name, (title, _) in made.items()]
    if not fresh:
        links += [(name, name) for name in watched.build.pages if name not in {STATUS, *made}]
    built = f"{datetime.now():%H:%M:%S}" + (f"; {lacks}" if lacks else "")
    status = status_page(str(folder), report.problems, links, built=built, fresh=fresh,
                         title=report.programme.head.title if report.programme else "")  # fmt: skip
    watched.show({STATUS: status, **{name: html for name, (_, html) in made.items()}}, fresh=fresh)
    return report


def _site(programme: Programme) -> dict[str, tuple[str, str]]:
    """The public pages of the bundle; the first page of the site gives way to that of its problems."""
    from proband.pages.site import build
    from proband.trial.headline.claimed import claimed_headlines

    site = build([programme], [claimed_headlines(programme)])
    return {page.name: (page.title, page.html) for page in site.pages if page.name != "index.html"}


def _funnel(programme: Programme, people: Path) -> tuple[tuple[str, str], str]:
    """The funnel of some people, and what could not be read of them."""
    from datetime import date

    from proband.exchange import gather
    from proband.pages.screening.funnel import screening_page
    from proband.screening.sql.many import screen_loaded

    with gather([people], programme, date.today(), through="screening") as facts:
        if facts.report is not None and not facts.report.facts:
            raise ProbandError("cli.screen.nothing", files=len(facts.report.files))
        screened = screen_loaded(programme, facts.on("duckdb"), date.today(), through="screening")
        unread = facts.report is not None and not facts.report.complete
        return ("Who would pass", screening_page(programme, screened)), (
            f"not everything of {people.name} could be read" if unread else ""
        )


def _stamp(folder: Path, people: Path | None) -> tuple[tuple[str, int, int], ...]:
    """The files of the bundle, and those of the people, with time and size."""
    found = []
    for root in [folder, *([people] if people else [])]:
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            try:
                stat = path.stat()
            except OSError:  # an editor that saves by renaming takes a file away for a moment
                continue
            found.append((str(path), stat.st_mtime_ns, stat.st_size))
    return tuple(found)
