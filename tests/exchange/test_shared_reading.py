"""A reading shared among processes gives what one process gives, to the byte; it ends in order; its memory is bounded. Synthetic people."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from exchange_samples import PATIENT, observation
from one_person import bundle

from proband.exchange import Progress, gather, read, shared_reading
from proband.exchange.shared_reading import read_parts
from proband.programme import load

NIGHTLY = bool(os.environ.get("PROBAND_NIGHTLY"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files that speak of one another: corrections and retractions in later and earlier ones, copies, one that is declined."""
    monkeypatch.setattr(shared_reading, "_PART", 1)  # every file is a part of its own
    made = tmp_path / "records"
    made.mkdir()
    sodium = observation(code="2951-2")
    corrected = sodium | {"status": "corrected", "meta": {"versionId": "2"}, "valueQuantity": {"value": 140, "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"}}  # fmt: skip
    withdrawn = observation(code="777-3") | {"id": "gone"}
    (made / "a.json").write_text(json.dumps(bundle([corrected, withdrawn])))
    (made / "b.json").write_text(json.dumps(bundle([PATIENT, sodium | {"meta": {"versionId": "1"}}])))
    (made / "c.ndjson").write_text(
        json.dumps(withdrawn | {"status": "entered-in-error"}) + "\n" + json.dumps(PATIENT) + "\n"
    )
    (made / "d.txt").write_text("a letter\n")
    other = PATIENT | {
        "id": "other",
        "link": [{"other": {"reference": f"Patient/{PATIENT['id']}"}, "type": "replaced-by"}],
    }
    of_other = observation(code="1742-6") | {"id": "of-other", "subject": {"reference": "Patient/other"}}
    (made / "e.json").write_text(json.dumps(bundle([other, of_other])))
    (made / "f.json").write_text("{broken")
    return made


def read_by(workers: int, folder: Path, into: Path) -> tuple[list[bytes], dict[str, Any]]:
    """The bytes of the facts, and the report."""
    into.mkdir()
    reading = read(folder)
    return [each.read_bytes() for each in read_parts(reading, into, workers)], reading.report.as_dict()


def test_the_number_of_processes_changes_no_byte(folder: Path, tmp_path: Path) -> None:
    alone = read_by(1, folder, tmp_path / "1")
    assert alone[1]["merged"] == {"other": PATIENT["id"]}
    assert alone[1]["status"]["declined"] == 2
    one = read(folder)
    facts = list(one)
    assert len(facts) == alone[1]["facts"] > 3
    assert one.report.as_dict() == alone[1]
    for workers in (2, 3) if NIGHTLY else (3,):  # two: below
        assert read_by(workers, folder, tmp_path / str(workers)) == alone


def test_an_interruption_leaves_nothing_behind(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = tmp_path / "held"
    held.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(held))

    def interrupted(state: Progress) -> None:
        assert list(held.iterdir())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gather(folder, load("liver-cells"), date(2026, 11, 1), workers=2, progress=interrupted)
    assert multiprocessing.active_children() == []
    assert list(held.iterdir()) == []


def test_what_an_ended_process_had_left_is_read_all_the_same(folder: Path, tmp_path: Path) -> None:
    expected = read_by(1, folder, tmp_path / "1")
    (tmp_path / "2").mkdir()

    def ended(state: Progress) -> None:
        for each in multiprocessing.active_children():
            each.kill()

    reading = read(folder, progress=ended)
    found = [each.read_bytes() for each in read_parts(reading, tmp_path / "2", 2)]
    assert (found, reading.report.as_dict()) == expected


MEASURED = """
import resource, sys, tempfile
from pathlib import Path
from proband.exchange import read
from proband.exchange.shared_reading import read_parts
with tempfile.TemporaryDirectory() as folder:
    read_parts(read(sys.argv[1]), Path(folder), 1)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Lines of FHIR: beside the identity of each resource (eight bytes and what sorting them takes) nothing is held."""
    peak = []
    small, large = (100, 1000) if NIGHTLY else (1, 5)
    for megabytes in (small, large):
        path = tmp_path / f"{megabytes}.ndjson"
        with path.open("w") as stream:
            stream.write(json.dumps(PATIENT) + "\n")
            n = 0
            while stream.tell() < megabytes << 20:
                n += 1
                result = observation(code="2951-2") | {
                    "id": f"o-{n}",
                    "effectiveDateTime": f"20{n % 26:02}-{n % 12 + 1:02}-{n % 28 + 1:02}",
                }
                stream.write(json.dumps(result) + "\n")
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, str(path)], capture_output=True, text=True, check=True
        )
        peak.append(int(done.stdout) / 1024)
        path.unlink()
    # megabytes; of what the file grows by, a tenth at most, beside what is kept of values that repeat
    assert peak[1] - peak[0] < 60 + (large - small) / 10, peak
