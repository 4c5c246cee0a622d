"""Threads over one record: what one of them tries is seen by none of the others."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from proband.record.errors import RecordError

from .synthetic import hospital


class SlowDisk:
    """A store whose next append waits, and then fails or goes on."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.slow = False
        self.fails = False
        self.inside, self.go_on = threading.Event(), threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def append(self, *arguments: Any, **options: Any) -> Any:
        if self.slow:
            self.inside.set()
            assert self.go_on.wait(30)
            if self.fails:
                raise RecordError("record.store.write", error="the disk is full")
        return self._store.append(*arguments, **options)


@pytest.mark.parametrize("fails", [True, False])
def test_what_is_being_tried_is_seen_by_no_other_thread(tmp_path, fails) -> None:
    house = hospital(tmp_path / "log.db")
    record = house.record
    disk = record.store = SlowDisk(record.store)  # type: ignore[assignment]
    disk.slow, disk.fails = True, fails
    seen: list[bool] = []
    looked = threading.Event()

    def refer() -> None:
        if fails:
            with pytest.raises(RecordError):
                house.refer("S-1")
        else:
            house.refer("S-1")

    def look() -> None:
        seen.append("S-1" in record.state.participants)
        looked.set()

    one, other = threading.Thread(target=refer), threading.Thread(target=look)
    one.start()
    assert disk.inside.wait(30)
    other.start()
    # nobody sees it before it is stored: whoever looks waits
    assert not looked.wait(0.2)
    disk.go_on.set()
    one.join(30)
    other.join(30)
    assert seen == [not fails]


def test_whoever_reads_reads_one_state() -> None:
    house = hospital()
    started, referred = threading.Event(), threading.Event()

    def refer() -> None:
        started.set()
        house.refer("S-1")
        referred.set()

    other = threading.Thread(target=refer)
    with house.record.reading() as state:
        other.start()
        assert started.wait(30)
        assert not referred.wait(0.2)
        assert list(state.participants) == []
    other.join(30)
    assert list(house.record.state.participants) == ["S-1"]
