"""Several workers over one log, on SQLite and on PostgreSQL; and a worker that is killed while people work."""

from __future__ import annotations

import http.cookiejar
import json
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from proband.record import Record, verify_record
from record.synthetic import Hospital, hospital
from record.tampering import flip

from .conftest import PASSWORD

#: how often a worker is killed
KILLS = 50


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_what_another_worker_recorded_is_there_at_the_next_click(
    house: Hospital,
    browsing: Callable[[str], Any],
    tmp_path: Path,
    engine: str,
    request: pytest.FixtureRequest,
) -> None:
    from proband.registry import opened

    store = request.getfixturevalue("postgres_database")()[1] if engine == "postgres" else None
    mine = hospital(folder=tmp_path / "record", store=store)
    other = Record.open(tmp_path / "record", clock=mine.record.clock)
    opened.use(mine.record)
    try:
        client = browsing("dr-1")

        def send(verb: str, subject: str, data: dict[str, Any], **more: Any) -> Any:
            said = {
                "verb": verb,
                "subject": subject,
                "role": "physician",
                "site": "north",
                "data": data,
                **more,
            }
            return client.post("/api/do", said, content_type="application/json")

        assert send("participant.refer", "P-1", {"language": "en"}).status_code == 200
        opened.use(other)
        assert "P-1" in client.get("/table/participants/").content.decode(), "the other worker has read on"
        assert send("participant.refer", "P-2", {"language": "en"}).status_code == 200
        opened.use(mine.record)
        assert "P-2" in client.get("/table/participants/").content.decode()
        mine.screen("P-1")
        consent = {
            "version": "text-1",
            "language": "en",
            "age_years": 40,
            "by": "participant",
            "capacity": "has",
            "teach_back": [True, True],
        }
        signed = send("consent.give", "P-1", consent, password=PASSWORD, key="once")
        assert signed.status_code == 200, signed.content
        opened.use(other)
        again = send("consent.give", "P-1", consent, password=PASSWORD, key="once")
        assert (again.json()["seq"], again.json()["repeated"]) == (signed.json()["seq"], True), (
            "also at another worker"
        )
        mine.record.sign_head()
    finally:
        opened.use(house.record)
        mine.record.close()
        other.close()
    assert verify_record(tmp_path / "record").ok


def test_one_flipped_byte_is_on_the_page_with_its_event(
    house: Hospital, browsing: Callable[[str], Any], tmp_path: Path
) -> None:
    from django.test import override_settings

    from proband.registry import opened

    mine = hospital(folder=tmp_path / "record")
    mine.refer("F-1")
    opened.use(mine.record)
    try:
        with override_settings(PROBAND_RECORD=tmp_path / "record"):
            client = browsing("sys-1")
            assert "The log holds" in client.post("/audit/verify/").content.decode()
            flip(tmp_path / "record", 7)
            broken = client.post("/audit/verify/")
            assert broken.status_code == 409
            page = broken.content.decode()
            assert "The log does not hold" in page
            assert "<b>Event 7</b>" in page
    finally:
        opened.use(house.record)


class Visitor:
    """Somebody with a browser without scripts: cookies, forms and their tokens."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._open = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        ).open
        self.token = ""

    def get(self, path: str) -> str:
        page: str = self._open(f"{self.address}{path}", timeout=30).read().decode()
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        self.token = found[1] if found else self.token
        return page

    def post(self, path: str, fields: dict[str, str]) -> str:
        said = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": self.token}).encode()
        page: str = self._open(f"{self.address}{path}", said, timeout=30).read().decode()
        return page

    def do(self, command: dict[str, Any]) -> dict[str, Any]:
        asked = urllib.request.Request(
            f"{self.address}/api/do", json.dumps(command).encode(), {"Content-Type": "application/json", "X-CSRFToken": self.token}
        )  # fmt: skip
        with self._open(asked, timeout=30) as answer:
            found: dict[str, Any] = json.load(answer)
        return found


def serving(folder: Path) -> tuple[subprocess.Popen[str], str, str]:
    """A server in a process of its own, where it listens, and what it told before."""
    running = subprocess.Popen(
        [sys.executable, "-m", "proband", "serve", str(folder), "--stay", "--port", "0"], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "COLUMNS": "200"},
    )  # fmt: skip
    assert running.stdout is not None
    told = ""
    while "http://localhost:" not in told:
        line = running.stdout.readline()
        assert line, told
        told += line
    (address,) = re.findall(r"http://localhost:\d+", told)
    return running, address, told


def signed_in(address: str, password: str) -> Visitor:
    visitor = Visitor(address)
    visitor.get("/sign-in/")
    visitor.post("/sign-in/", {"username": "dr-1", "password": password})
    visitor.get("/password/")
    return visitor


@pytest.mark.skipif(
    not os.environ.get("PROBAND_NIGHTLY"),
    reason="workers are killed nightly (PROBAND_NIGHTLY=1): each must be started anew",
)
def test_nothing_acknowledged_is_lost_when_a_worker_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "record"
    hospital(folder=folder).record.close()
    running, address, told = serving(folder)
    (once,) = re.findall(r"│\s*dr-1\s*│[^│]*│\s*([a-z2-7-]{19})\s*│", told)
    visitor = signed_in(address, once)
    visitor.post("/password/", {"old": once, "new": PASSWORD, "again": PASSWORD})
    acknowledged: dict[str, int] = {}
    for turn in range(KILLS):
        if turn:
            running, address, _ = serving(folder)
        workers = [signed_in(address, PASSWORD) for _ in range(2)]

        def refer(worker: Visitor) -> None:
            while True:
                key = uuid.uuid4().hex
                command = {
                    "verb": "participant.refer",
                    "subject": f"K-{key[:12]}",
                    "role": "physician",
                    "site": "north",
                    "key": key,
                }
                try:
                    done = worker.do(command)
                except (OSError, urllib.error.URLError, ValueError):
                    return
                acknowledged[key] = done["seq"]

        threads = [threading.Thread(target=refer, args=(worker,)) for worker in workers]
        before = len(acknowledged)
        for thread in threads:
            thread.start()
        while len(acknowledged) < before + 10 and any(thread.is_alive() for thread in threads):
            threads[0].join(0.02)
        running.send_signal(signal.SIGKILL)
        running.wait()
        for thread in threads:
            thread.join()
        assert len(acknowledged) >= before + 10, "people did work"
        with Record.open(folder) as record:
            kept = {event.body["key"]: event.seq for event in record.events()}
        assert acknowledged.items() <= kept.items()
    assert verify_record(folder).ok
