"""The scan at the bed by HTTP: every way in which a bag can be spoilt stops it by the gate of the record, in its words, by the form on a phone and by the API."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from proband.record import COMMANDS
from record.synthetic import Hospital
from record.test_scanned_bags import SPOILT, label, made

from .conftest import PASSWORD

SCANNED = COMMANDS["bedside.verify"].event
#: each way by both doors in a nightly run; else one door for each, turn by turn
DOORS = ("form", "api")
CASES = [
    (name, door)
    for turn, name in enumerate([*SPOILT, "well"])
    for place, door in enumerate(DOORS)
    if os.environ.get("PROBAND_NIGHTLY") or turn % 2 == place
]


@pytest.fixture
def ward(house: Hospital) -> Iterator[Hospital]:
    """A hospital with a bag at the bed that lacks nothing but the scan, served in place of the other for a while."""
    from proband.registry import opened

    mine = made(":memory:")
    opened.use(mine.record)
    yield mine
    opened.use(house.record)


def by_form(client: Any, said: dict[str, str]) -> Any:
    """The page at the bed, then both passwords."""
    sent = client.post("/bed/", said | {"as": "nurse@north"})
    if sent.status_code != 302:
        return sent
    beside = {"second.person": "nurse-2", "second.role": "nurse", "second.password": PASSWORD}
    return client.post(sent["Location"], {"password": PASSWORD} | beside)


def by_api(client: Any, said: dict[str, str]) -> Any:
    data = {name: said[name] for name in ("participant", "wristband", "bag", "label")}
    command = {
        "verb": "bedside.verify", "subject": said["bag"], "role": "nurse", "site": "north", "data": data, "key": uuid.uuid4().hex, "password": PASSWORD,
        "beside": [{"person": "nurse-2", "role": "nurse", "password": PASSWORD}],
    }  # fmt: skip
    return client.post("/api/do", command, content_type="application/json")


@pytest.mark.parametrize(("name", "door"), CASES)
def test_a_spoilt_bag_is_stopped_by_either_door(ward: Hospital, browsing: Any, name: str, door: str) -> None:
    code, spoil = SPOILT.get(name, ("", lambda hospital: None))
    spoil(ward)
    said = {"participant": "S-1", "wristband": "S-1", "bag": "BAG-1", "label": label(ward)}
    answer = (by_form if door == "form" else by_api)(browsing("nurse-1"), said)
    page = re.sub(r"</?mark>", "", answer.content.decode())
    scans = [one.seq for one in ward.record.events() if one.body["event"] == SCANNED]
    stand = [seq for seq in scans if seq not in ward.record.state.invalid]
    if name == "well":
        assert answer.status_code in (200, 302), page
        assert len(stand) == 1
        return
    assert answer.status_code == 409, (answer.status_code, page[-800:])
    assert code in page
    assert not stand
    if door == "form":
        assert '<div class="stop" role="alert">' in page
        assert "<form" not in page, "no way on"
