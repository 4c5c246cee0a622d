"""The one-file verifier in a real Chromium, from the disk: it agrees with the record on sound logs, and finds what a forger did."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from proband.pages.verifier import verifier_page
from proband.record.backup import log_line
from proband.record.enrolment import founding_anchor
from record.synthetic import hospital
from record.whole_life import whole_life

pytestmark = pytest.mark.browser


@dataclass
class Carried:
    lines: list[list[Any]]
    anchor: str
    signatures: int


def carried(record: Any) -> Carried:
    lines = [json.loads(log_line(event)) for event in record.events()]
    bodies = [json.loads(line[2]) for line in lines]
    return Carried(lines, founding_anchor(bodies[0]["data"]), sum(len(body["signatures"]) for body in bodies))


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Carried:
    """A log with a door that seals every commit."""
    house = hospital(folder=tmp_path_factory.mktemp("log") / "record")
    house.admit("S-1")
    return carried(house.record)


@pytest.fixture(scope="module")
def looked(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A function that gives a log to the page, and what the page says of it."""
    folder: Path = tmp_path_factory.mktemp("disk")
    (folder / "verifier.html").write_text(verifier_page(), encoding="utf-8")
    context = browser.new_context(offline=True)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)

    def look(lines: list[list[Any]], anchor: str = "") -> tuple[bool, str]:
        log = folder / "log.jsonl"
        log.write_text(
            "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8"
        )
        page.goto((folder / "verifier.html").as_uri())
        page.set_input_files("#log", str(log))
        page.fill("#anchor", anchor)
        page.click("text=Check it")
        page.wait_for_selector("#verdict:not(:empty)")
        assert not faults
        return page.get_attribute("#verdict", "data-holds") == "true", page.inner_text("#result")

    yield look
    context.close()


def test_a_sound_log_holds_and_its_origin_is_proven(looked: Any, sealed: Carried) -> None:
    holds, said = looked(sealed.lines, sealed.anchor)
    assert holds, said
    assert f"{len(sealed.lines)} events" in said
    assert f"{sealed.signatures} signatures" in said
    assert f"up to event {len(sealed.lines)}" in said
    assert "origin proven" in said
    assert sealed.lines[-1][1] in said
    assert looked(sealed.lines)[0]
    assert not looked(sealed.lines, "0" * 64)[0]


def test_a_log_in_which_every_command_was_done_holds(looked: Any) -> None:
    """Keys that come, go and are replaced, a tablet, a recovery, numbers and letters of every kind: signed over what canonical bytes say."""
    house = hospital()
    whole_life(house)
    log = carried(house.record)
    assert log.signatures > 60
    assert len({json.loads(line[2])["command"] for line in log.lines}) > 70
    holds, said = looked([[*line[:3], None] for line in log.lines], log.anchor)
    assert holds, said


def rechained(lines: list[list[Any]]) -> list[list[Any]]:
    """Everything after a change hashed anew, as a forger would."""
    previous, made = bytes(32), []
    for place, (_, _, raw, seal) in enumerate(lines, start=1):
        previous = sha256(previous + raw.encode()).digest()
        made.append([place, previous.hex(), raw, seal])
    return made


def changed(lines: list[list[Any]], place: int, change: Callable[[dict[str, Any]], Any]) -> list[list[Any]]:
    body = json.loads(lines[place][2])
    change(body)
    raw = json.dumps(body, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
    return [*lines[:place], [*lines[place][:2], raw, lines[place][3]], *lines[place + 1 :]]


def last_signed(lines: list[list[Any]]) -> int:
    return max(place for place, line in enumerate(lines) if json.loads(line[2])["signatures"])


FORGERIES: dict[str, Callable[[list[list[Any]]], list[list[Any]]]] = {
    "a byte changed": lambda lines: changed(lines, 20, lambda body: body.update(reason="x")),
    "changed and hashed anew": lambda lines: rechained(
        changed(lines, 20, lambda body: body.update(reason="x"))
    ),
    "an event removed": lambda lines: lines[:20] + lines[21:],
    "removed and numbered anew": lambda lines: rechained(lines[:20] + lines[21:]),
    "the order exchanged": lambda lines: rechained([*lines[:20], lines[21], lines[20], *lines[22:]]),
    "signed data changed": lambda lines: rechained(
        changed(lines, last_signed(lines), lambda body: body["data"].update(forged=1))
    ),
    "a signature in another's name": lambda lines: rechained(
        changed(lines, last_signed(lines), lambda body: body["signatures"][0].update(signer="dr-2"))
    ),
    "a signature emptied": lambda lines: rechained(
        changed(lines, last_signed(lines), lambda body: body["signatures"][0].update(value=""))
    ),
    "a seal of another event": lambda lines: [*lines[:-2], [*lines[-2][:3], lines[-3][3]], lines[-1]],
    "all seals taken away": lambda lines: [[*line[:3], None] for line in lines],
    "the founding custodian's key replaced": lambda lines: rechained(
        changed(lines, 0, lambda body: body["data"]["key"].update(public="ab" * 32))
    ),
    "no log": lambda lines: [["x", "y", "z", None]],
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_what_a_forger_did_is_found(looked: Any, sealed: Carried, forgery: str) -> None:
    forged = FORGERIES[forgery](sealed.lines)
    assert forged != sealed.lines
    holds, said = looked(forged, sealed.anchor)
    assert not holds, said
    assert "■" in said


def test_the_limit_a_cut_tail_holds_and_shows_its_last_hash(looked: Any, sealed: Carried) -> None:
    holds, said = looked(sealed.lines[:-5], sealed.anchor)
    assert holds
    assert sealed.lines[-6][1] in said
    assert "whether later events were cut off" in said


def test_the_page_loads_nothing_and_runs_only_itself() -> None:
    page = unescape(verifier_page())
    assert "default-src 'none'" in page
    assert "connect-src" not in page
    assert "unsafe" not in page
    assert not [
        word for word in ("fetch(", "XMLHttpRequest", "import(", "http://", "https://") if word in page
    ]
