"""Frozen logs: whole records as a release of Proband wrote them, kept so that every later one must open them, verify them and go on.

A frozen log is one compressed JSON file: the events (exact bytes and seals), and the files beside them (heads, keys, vault: all of a
synthetic hospital). It is thawed into a folder over either engine. ``python -m tests.record.frozen_logs NAME`` freezes a log of the release at hand.
"""

from __future__ import annotations

import base64
import gzip
import json
import sys
import tempfile
from pathlib import Path

from proband.record.events import Event
from proband.record.folder import read_settings, write_settings
from proband.record.permissions import make_folder, write_private
from proband.record.store import open_store

FROZEN = Path(__file__).parent / "frozen"
#: what is worked out from the log, or is the log itself
_NOT_KEPT = {"events.db", "events.db-wal", "events.db-shm", "state.db", "tables.db", "record.json"}


def freeze(folder: Path, name: str) -> Path:
    """Write the record of a folder as a frozen log."""
    settings = read_settings(folder)
    store = open_store(folder / settings["store"])
    events = [
        {
            "raw": event.raw.decode(),
            "seal": event.seal.hex() if event.seal else None,
            "key": event.body["key"],
        }
        for event in store.events(settings["study"], 0)
    ]
    store.close()
    files = {
        str(path.relative_to(folder)): base64.b64encode(path.read_bytes()).decode()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in _NOT_KEPT
    }
    target = FROZEN / f"{name}.json.gz"
    FROZEN.mkdir(exist_ok=True)
    whole = json.dumps({"study": settings["study"], "events": events, "files": files}).encode()
    target.write_bytes(gzip.compress(whole, 9, mtime=0))
    return target


def thaw(name: str, folder: Path, where: str | None = None) -> list[Event]:
    """Lay a frozen log out as a record's folder, its events in SQLite or at ``where``; gives the events."""
    told = json.loads(gzip.decompress((FROZEN / f"{name}.json.gz").read_bytes()))
    study = told["study"]
    make_folder(folder)
    for path, content in told["files"].items():
        make_folder((folder / path).parent)
        write_private(folder / path, base64.b64decode(content))
    write_settings(folder, study, where)
    store = open_store(where or folder / "events.db", create=True)
    try:
        for one in told["events"]:
            seq, previous = store.head(study)
            seal = bytes.fromhex(one["seal"]) if one["seal"] else None
            store.append(
                study, [one["raw"].encode()], [one["key"]], expected=seq, previous=previous, seal=seal
            )
        return list(store.events(study, 0))
    finally:
        store.close()


def short_life(folder: Path) -> None:
    """A short life in the synthetic hospital: a dose, its follow-up, harm, an amendment, and what it asks for."""
    from .synthetic import WHY, hospital, view

    house = hospital(folder=folder)
    house.admit("S-1")
    product, coi, _ = house.ready("S-1", "1")
    house.give(product, "S-1", coi)
    house.wait(hours=1)
    house.do("visit.record", "S-1", {"visit": "month-1", "on": house.now[:10]})
    harm = {"event": "AE-1", "term": WHY, "grade": 2, "serious": False, "expected": True, "onset": house.now[:10], "aware_on": house.now[:10]}  # fmt: skip
    house.do("adverse-event.report", "S-1", harm)
    house.refer("S-2")
    house.screen("S-2", "needs-data")
    house.wait(days=1)
    first = house.record.state.programme
    house.adopt(view("2.0.0"))
    house.do("participant.migrate", "S-1", {"from_programme": first, "to_programme": house.record.state.programme}, actor="sys-1", site="*")  # fmt: skip
    house.consent("S-1", "text-2")
    house.screen("S-1")
    house.record.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        short_life(Path(made) / "record")
        print(freeze(Path(made) / "record", sys.argv[1]))
