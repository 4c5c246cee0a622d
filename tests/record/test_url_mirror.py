"""The mirror at an address: it gets what is newest, nobody waits for it, and what an outage kept back arrives afterwards."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson
import pytest

from proband.record import url_mirror, verify_record
from proband.record.errors import RecordError
from proband.record.record import Record

from .synthetic import Hospital, hospital


class Site:
    """A second site that takes PUT requests on 127.0.0.1: what it got, and how it answers."""

    def __init__(self) -> None:
        self.got: dict[str, bytes] = {}
        self.kept: dict[str, int] = {}
        self.answer = 204
        self.hold = threading.Event()
        self.hold.set()
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                site.hold.wait(20)
                seq = int(self.headers["X-Proband-Event"])
                # as a second site does: what arrives late, from another door, replaces nothing newer
                if site.answer < 300 and seq >= site.kept.get(self.path, 0):
                    site.got[self.path], site.kept[self.path] = content, seq
                self.send_response(site.answer)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/heads"

    def newest(self) -> int:
        return int(orjson.loads(self.got["/heads/SYN.newest"])["seq"]) if self.got else 0


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.hold.set()
    made.server.shutdown()
    made.server.server_close()


def soon(holds: Callable[[], bool]) -> bool:
    """Whether something comes to hold; the limit is for a machine that hangs, and no test waits for it."""
    until = time.monotonic() + 20
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def test_every_commit_reaches_the_address_and_the_heads_prove_the_log(site: Site, tmp_path: Path) -> None:
    house = hospital(folder=tmp_path / "record", mirror=site.address)
    house.refer("S-1")
    assert soon(lambda: site.newest() == house.record.state.seq)
    house.record.close()
    assert soon(lambda: "/heads/SYN.jsonl" in site.got)
    # the copy of the second site is one that verification takes
    (tmp_path / "copy.jsonl").write_bytes(site.got["/heads/SYN.jsonl"])
    assert verify_record(tmp_path / "record", tmp_path / "copy.jsonl").ok
    assert house.record.heads is not None
    assert house.record.heads.behind is None


def test_an_outage_refuses_nothing_is_told_and_is_made_up_for(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(url_mirror, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(url_mirror, "CLOSING", 0.2)
    house = hospital(folder=tmp_path / "record", mirror=site.address)
    heads = house.record.heads
    assert heads is not None
    assert soon(lambda: heads.behind is None)
    site.answer = 503
    before = site.newest()
    house.refer("S-1")
    house.refer("S-2")
    assert soon(lambda: heads.behind is not None and "503" in heads.behind)
    assert f"the record at event {house.record.state.seq}" in str(heads.behind)
    assert f"it stands at event {before}" in str(heads.behind)
    # while it lasts the record is closed and opened: it is still told
    house.record.close()
    record = Record.open(tmp_path / "record", clock=house.record.clock)
    assert record.heads is not None
    again = record.heads
    assert soon(lambda: again.behind is not None)
    site.answer = 204
    assert soon(lambda: again.behind is None and site.newest() == record.state.seq)
    record.close()


def test_a_server_that_does_not_answer_holds_nobody_up(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands are acknowledged while the mirror hangs; the order of events shows it, no clock is read."""
    monkeypatch.setattr(url_mirror, "CLOSING", 0.1)
    house = hospital(folder=tmp_path / "record", mirror=site.address)
    assert soon(lambda: site.newest() == house.record.state.seq)
    site.hold.clear()
    for n in range(20):
        house.refer(f"S-{n}")
    assert site.newest() < house.record.state.seq
    assert house.record.heads is not None
    assert house.record.heads.behind is not None
    house.record.close()
    assert not site.hold.is_set()
    site.hold.set()
    assert verify_record(tmp_path / "record").ok


def test_nobody_at_the_address_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(url_mirror, "CLOSING", 0.1)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        house = hospital(
            folder=tmp_path / "record", mirror=f"http://127.0.0.1:{unused.getsockname()[1]}/heads"
        )
        house.refer("S-1")
        heads = house.record.heads
        assert heads is not None
        assert soon(lambda: heads.behind is not None and "refused" in heads.behind.lower())
        house.record.close()
    assert house.record.notes == []


@pytest.mark.parametrize(
    "address", ["http://", "https://user:secret@heads.example/x", "http://heads.example/x?key=1", "https:///heads", "http://heads.example/#a"]
)  # fmt: skip
def test_what_can_be_no_address_is_refused_before_anything_is_made(address: str, tmp_path: Path) -> None:
    with pytest.raises(RecordError) as error:
        hospital(folder=tmp_path / "record", mirror=address)
    assert error.value.code == "record.mirror.address"
    assert "secret" not in str(error.value)
    assert not (tmp_path / "record").exists()


def test_two_doors_may_share_a_mirror(site: Site, tmp_path: Path) -> None:
    house = hospital(folder=tmp_path / "record", mirror=site.address)
    other = Hospital(Record.open(tmp_path / "record", clock=house.record.clock), house._clock)
    house.refer("S-1")
    other.refer("S-2")
    assert soon(lambda: site.newest() == other.record.state.seq)
    other.record.close()
    house.record.close()
