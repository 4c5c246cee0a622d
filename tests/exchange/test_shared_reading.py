"""A reading shared among processes gives what one process gives, to the byte; it ends in order; its memory is bounded. Synthetic people."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from exchange_samples import PATIENT, observation
from one_person import bundle

from proband.exchange import Progress, gather, read, shared_reading
from proband.exchange.fhir.reader import FhirReader
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
    assert len(shared_reading.spans_of(folder / "c.ndjson")) == 2  # one file by two processes
    alone = read_by(1, folder, tmp_path / "1")
    assert alone[1]["merged"] == {"other": PATIENT["id"]}
    assert alone[1]["status"]["declined"] == 2
    one = read(folder)
    facts = list(one)
    assert len(facts) == alone[1]["facts"] > 3
    assert one.report.as_dict() == alone[1]
    for workers in (2, 3) if NIGHTLY else (3,):  # two: below
        assert read_by(workers, folder, tmp_path / str(workers)) == alone


R5 = {"resourceType": "Encounter", "class": [{"text": "x"}]}


def lines_of_all_kinds(r: random.Random, n: int) -> str:
    """Lines of which many are told once for the file, some each time, more than a report keeps; and some that end or change others."""
    written = [json.dumps(PATIENT)]
    for i in range(n):
        one = observation(code="2951-2") | {"id": f"o-{r.randrange(n)}"}
        match r.choices(range(10), [4, 1, 1, 1, 1, 1, 1, 1, 1, 1])[0]:
            case 1:
                written.append("{broken")
                continue
            case 2:
                written.append(json.dumps({"no": "resource"}))
                continue
            case 3:
                one = R5 if i > 250 else one  # among the first lines it would decline the file
            case 4:
                one["code"] = {"coding": [{"system": f"urn:of-nobody:{r.randrange(3)}", "code": "1"}]}
            case 5:
                del one["subject"]
            case 6:
                one = {"resourceType": "Condition", "id": f"c-{i}", "subject": one["subject"], "code": {"text": "words"}}  # fmt: skip
            case 7:
                one["status"] = "entered-in-error"
            case 8:
                one["colour"] = "blue"
            case 9:
                one = {"resourceType": "Encounter", "id": f"e-{i}", "status": "finished", "class": {"code": "AMB"}, "subject": one["subject"],
                       "diagnosis": [{"condition": {"reference": f"Condition/{r.randrange(4)}"}}]}  # fmt: skip
        written.append(json.dumps(one))
    return "\n".join(written) + "\n" * r.randrange(2)


@pytest.mark.parametrize("seed", range(20 if NIGHTLY else 2))
def test_one_file_in_parts_is_the_file(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    r = random.Random(seed)
    records = tmp_path / "records"
    records.mkdir()
    (records / "a.json").write_text(json.dumps(bundle([observation(code="777-3")])))
    (records / "b.ndjson").write_text(lines_of_all_kinds(r, 800))
    (records / "c.ndjson").write_text(json.dumps(PATIENT) + "\n")
    whole = read(records)
    table = whole.table().drop("problems")
    expected = whole.report.as_dict() | {"disagreements": [], "repeated_facts": 0}
    assert expected["reports"][1]["findings_left_off"] > 0
    monkeypatch.setattr(shared_reading, "_PART", r.choice([3_000, 20_000, 90_000]))
    assert len(shared_reading.spans_of(records / "b.ndjson")) > 1
    (tmp_path / "1").mkdir()
    reading = read(records)
    parts = read_parts(reading, tmp_path / "1", 1)
    assert reading.report.as_dict() == expected
    assert pl.concat(pl.read_parquet(each) for each in parts).drop("problems").equals(table)


@pytest.mark.parametrize("sign", [3, 650])
def test_what_ends_a_file_ends_it_in_parts_too(
    sign: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sign of another version among the first lines declines the file; a reader that trips on a line of a part reads nothing behind it."""
    lines = [json.dumps(observation(code="2951-2") | {"id": f"o-{n}"}) for n in range(900)]
    path = tmp_path / "a.ndjson"
    if sign == 3:
        lines[sign] = json.dumps(R5)
    else:
        kept = FhirReader._resource

        def trips(self: Any, node: Any, path: str, *rest: Any) -> Any:
            if node.get("id") == f"o-{sign}":
                raise ZeroDivisionError
            return kept(self, node, path, *rest)

        monkeypatch.setattr(FhirReader, "_resource", trips)
    path.write_text("\n".join(lines))
    whole = read(path)
    n = sum(1 for _ in whole)
    assert whole.report.declined
    monkeypatch.setattr(shared_reading, "_PART", 20_000)
    assert len(shared_reading.spans_of(path)) > 4
    (tmp_path / "1").mkdir()
    reading = read(path)
    parts = read_parts(reading, tmp_path / "1", 1)
    assert reading.report.as_dict() == whole.report.as_dict()
    assert sum(pl.read_parquet(each).height for each in parts) == n


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
from proband.exchange.fhir.reader import FhirReader
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
