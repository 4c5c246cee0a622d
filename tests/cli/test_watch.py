"""``proband watch``: what a save makes is in the browser, an error with its line and mend, over the pages of the last save without one."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from proband.cli.app import run as program
from proband.cli.watch import follow, rebuild
from proband.pages.watching import FUNNEL, SCHEDULE, STATUS, Watched, server
from proband.programme.beginning import begin


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("watched") / "mine"
    begin(where, "device", condition="a rare weakness", jurisdictions=["GB"], minors=False)
    return where


def get(port: int, path: str) -> tuple[int, str, http.client.HTTPMessage]:
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    asked.request("GET", path)
    answer = asked.getresponse()
    return answer.status, answer.read().decode(), answer.headers


@pytest.fixture
def shown(folder: Path) -> Iterator[tuple[Watched, int]]:
    watched = Watched()
    rebuild(folder, watched)
    running = server(watched)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield watched, running.server_address[1]
    running.shutdown()
    running.server_close()


def test_once_builds_and_tells_what_is_wrong(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert program(["watch", str(folder), "--once", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["fresh"]
    assert {STATUS, SCHEDULE, "mine.html"} <= set(told["pages"])
    head = folder / "schedule.yaml"
    before = head.read_text()
    head.write_text(before.replace("instrument: goal-attainment", "instrument: goal-attainmen"))
    assert program(["watch", str(folder), "--once"]) == 1
    head.write_text(before)
    assert "no activity of the schedule uses the instrument" in " ".join(capsys.readouterr().out.split())


def test_a_save_reloads_and_an_error_is_shown_over_the_last_good_pages(
    folder: Path, shown: tuple[Watched, int]
) -> None:
    watched, port = shown
    status, page, headers = get(port, "/mine.html")
    assert status == 200
    assert "DRAFT" in page
    assert 'fetch("/changed?since=1")' in page
    assert "connect-src 'self'" in page
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Window" in get(port, f"/{SCHEDULE}")[1]
    stop = threading.Event()
    following = threading.Thread(target=follow, args=(folder, watched, None), kwargs={"stop": stop})
    following.start()
    file = folder / "schedule.yaml"
    before = file.read_text()
    try:
        time.sleep(0.6)
        file.write_text(before.replace("instrument: goal-attainment", "instrument: goal-attainmen"))
        assert get(port, "/changed?since=1")[1] == "yes"
        first = get(port, "/")[1]
        assert "1 error" in first
        assert "outcomes.yaml:" in first
        assert "did you mean" in first
        assert "last save without errors" in first
        assert get(port, "/mine.html")[0] == 200  # of the last save without errors
        file.write_text(before)
        assert get(port, "/changed?since=2")[1] == "yes"
        assert "No errors" in get(port, "/")[1]
    finally:
        file.write_text(before)
        stop.set()
        following.join(timeout=60)


@pytest.mark.parametrize(
    ("path", "status"),
    [("/../../etc/passwd", 404), ("/nothing.html", 404), ("/changed", 200), ("/changed?since=x", 200),
     ("/changed?since=99999999999999", 200), ("/index.html", 200)],
)  # fmt: skip
def test_only_what_was_made_is_served(path: str, status: int, shown: tuple[Watched, int]) -> None:
    assert get(shown[1], path)[0] == status


def test_people_of_a_funnel(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    person = {"resourceType": "Patient", "id": "synthetic-1", "birthDate": "1980-01-01"}
    people = tmp_path / "people.json"
    people.write_text(
        json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": person}]})
    )
    watched = Watched()
    assert rebuild(folder, watched, people).errors == ()
    assert "1 persons" in watched.build.pages[FUNNEL]
    assert "synthetic-1" in watched.build.pages[FUNNEL]
    people.write_text("{")  # what cannot be read is told, and takes no page away but the funnel
    rebuild(folder, watched, people)
    assert FUNNEL not in watched.build.pages
    assert "people.json" in watched.build.pages[STATUS]


def test_it_is_bound_to_this_machine() -> None:
    running = server(Watched())
    assert running.server_address[0] == "127.0.0.1"
    running.server_close()
