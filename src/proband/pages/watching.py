"""The bundle that somebody is writing, in the browser: what is wrong with it, its page, its schedule, who would pass; each anew after every save.

It is served on this machine only. The pages themselves hold no script for it: the server adds a few lines that ask whether the bundle
was built anew, and lets them ask.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from proband.pages.rendering import digest, document
from proband.pages.serving import HEADERS
from proband.programme import Programme
from proband.programme.problems import Problem
from proband.programme.schedule import Visit, VisitWindow
from proband.programme.todo import CODE as TODO

#: the first page: what is wrong, and links to the rest
STATUS = "index.html"
SCHEDULE = "watch-schedule.html"
FUNNEL = "watch-funnel.html"
#: how long a request waits for the next build, in seconds, before it is told that there was none
_PATIENCE = 20.0


@dataclass(frozen=True)
class WatchedBuild:
    """What one save made: its number, its pages by file name, and whether they are of this very save.

    ``fresh`` is false where the bundle has errors: then the pages are those of the last save that had none, and say so.
    """

    number: int = 0
    pages: Mapping[str, str] = field(default_factory=dict)
    fresh: bool = True


def status_page(
    folder: str,
    problems: Sequence[Problem],
    pages: Sequence[tuple[str, str]],
    *,
    built: str,
    fresh: bool,
    title: str = "",
) -> str:
    """What is wrong with a bundle, each with file, line and mend, and the links to what was made of it.

    Parameters
    ----------
    pages
        File name and title of each page.
    built
        When, as text.
    fresh
        Whether the pages are of this very save.
    """
    shown = [problem for problem in problems if problem.code != TODO]
    return document(
        "watch/status.html.j2", title or folder, "A bundle that is being written.",
        context={
            "folder": folder, "problems": shown, "todos": [problem for problem in problems if problem.code == TODO],
            "errors": sum(problem.severity == "error" for problem in shown), "pages": list(pages), "built": built, "fresh": fresh,
        },
    )  # fmt: skip


def schedule_page(programme: Programme) -> str:
    """The visits of a programme in the order of the file: from what they are counted, when, with which windows, what is done and for whom."""
    activities = {activity.id: activity.name for activity in programme.schedule.activities}
    arms = {arm.id: arm.name for arm in programme.head.arms}
    rows = [
        (
            visit.name,
            _when(visit),
            _window(visit.window),
            _window(visit.late_window),
            "; ".join(activities[id] for id in visit.activities),
            "; ".join(arms[id] for id in visit.arms) or "everybody",
        )
        for visit in programme.schedule.visits
    ]
    follow_up = programme.schedule.long_term_follow_up
    return document(
        "watch/schedule.html.j2", "Schedule", f"Visits of {programme.head.title}.", banners=programme.banners,
        context={"programme": programme, "rows": rows, "follow_up": follow_up},
    )  # fmt: skip


def _when(visit: Visit) -> str:
    day = visit.offset.value
    where = (
        f"{abs(day):g} {visit.offset.unit} {'before' if day < 0 else 'after'} {visit.anchor}"
        if day
        else f"the day of {visit.anchor}"
    )
    return f"{where}, then every {visit.repeats}" if visit.repeats else where


def _window(window: VisitWindow | None) -> str:
    return "" if window is None else f"{window.before} before to {window.after} after"


class Watched:
    """The newest build, and those who wait for the next one; safe to use from several threads."""

    def __init__(self) -> None:
        self._build = WatchedBuild()
        self._changed = threading.Condition()

    @property
    def build(self) -> WatchedBuild:
        """The newest build."""
        with self._changed:
            return self._build

    def show(self, pages: Mapping[str, str], *, fresh: bool) -> None:
        """Put a build in the place of the last; where it is not fresh, the pages that it lacks stay as they were."""
        with self._changed:
            kept = {} if fresh else self._build.pages
            self._build = WatchedBuild(self._build.number + 1, {**kept, **pages}, fresh)
            self._changed.notify_all()

    def after(self, number: int, patience: float = _PATIENCE) -> bool:
        """Whether there is a build after that of a number; waits for it, but not for ever."""
        with self._changed:
            return self._changed.wait_for(lambda: self._build.number > number, patience)


def served(html: str, number: int) -> str:
    """A page as it is served here: it asks whether there is a newer build, and is loaded again when there is."""
    script = (
        f'for(;;){{try{{if(await(await fetch("/changed?since={number}")).text()==="yes")location.reload()}}'
        "catch{await new Promise(done=>setTimeout(done,1000))}}"
    )

    def allowed(found: re.Match[str]) -> str:
        others = "" if found[1].strip() == "'none'" else found[1]
        return f"script-src {digest(script)} {others}; connect-src 'self'"

    html = re.sub(r"script-src ([^;\"]*)", allowed, html, count=1)
    return html.replace("</body>", f'<script type="module">{script}</script></body>', 1)


def server(watched: Watched, port: int = 0) -> ThreadingHTTPServer:
    """A server of the newest build, bound to 127.0.0.1; port 0 takes any free one."""

    class Handler(BaseHTTPRequestHandler):
        server_version = "proband"
        sys_version = ""

        def do_GET(self) -> None:
            """A page of the newest build, or, at ``/changed?since=N``, whether there is a newer one than N."""
            asked = urlsplit(self.path)
            if asked.path == "/changed":
                since = parse_qs(asked.query).get("since", [""])[0]
                newer = watched.after(int(since)) if since.isdecimal() and len(since) < 10 else False
                self._send(200, "yes" if newer else "no", "text/plain")
                return
            build = watched.build
            html = build.pages.get(asked.path.lstrip("/") or STATUS)
            if html is None:
                self._send(404, "there is no such page", "text/plain")
            else:
                self._send(200, served(html, build.number), "text/html")

        def _send(self, status: int, text: str, kind: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            for name, value in HEADERS.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing is logged."""

    running = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    running.daemon_threads = True
    return running
