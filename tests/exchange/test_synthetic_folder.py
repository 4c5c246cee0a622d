"""A mixed folder of synthetic people, read and judged end to end: what is written is what is read, and it says that it is synthetic."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from proband.exchange import read
from proband.programme import bundled, load
from proband.screening.sql.many import screen
from proband.showcase.people.folder import write_folder
from proband.showcase.people.synthetic import SYNTHETIC

AS_OF = date(2026, 11, 1)
EACH = 24


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple:
    folder = tmp_path_factory.mktemp("people") / "mixed"
    programmes = [load(name) for name in bundled()]
    result = write_folder(programmes, folder, each=EACH, as_of=AS_OF)
    reading = read(folder, mapping=result.mapping)
    return result, programmes, reading, reading.table()


def test_every_file_is_read_and_nobody_is_lost(written: tuple) -> None:
    result, programmes, reading, table = written
    assert reading.report.declined == []
    assert reading.report.disagreements == []
    assert table["subject"].n_unique() == EACH * len(programmes) == sum(result.people.values())
    assert set(result.formats) == {"FHIR bundle", "FHIR NDJSON", "phenopacket", "CSV"}
    assert sum(result.formats.values()) == EACH * len(programmes)


def test_every_outcome_occurs_and_every_person_has_one(written: tuple) -> None:
    _, programmes, _, table = written
    seen: set[str] = set()
    for programme in programmes:
        own = table.filter(table["subject"].str.starts_with(f"SYN-{programme.id}-"))
        result = screen(programme.eligibility, own, AS_OF, through="screening")
        assert sum(result.counts.values()) == EACH
        seen |= set(result.counts)
    assert seen == {"eligible", "needs-data", "not-eligible"}


def test_every_json_file_says_that_it_is_synthetic(written: tuple) -> None:
    result, *_ = written
    for path in result.folder.rglob("*.json"):
        assert SYNTHETIC in path.read_text(encoding="utf-8"), path.name
    assert SYNTHETIC in result.mapping.read_text(encoding="utf-8")
    for path in result.folder.rglob("*.csv"):
        assert path.read_text(encoding="utf-8").startswith("synthetic_person,")


PROGRAM = """
import sys
from datetime import date
from pathlib import Path
from proband.showcase.people.folder import write_folder
from proband.programme import load
write_folder([load("spinal-cord-autologous")], Path(sys.argv[1]), each=12, as_of=date(2026, 11, 1))
"""


def test_the_same_seed_writes_the_same_files_in_another_process(tmp_path: Path) -> None:
    def digest(folder: Path, hash_seed: str) -> str:
        subprocess.run(
            [sys.executable, "-c", PROGRAM, str(folder)],
            check=True,
            env={"PYTHONHASHSEED": hash_seed, "PATH": ""},
        )
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return hashlib.sha256(b"".join(path.name.encode() + path.read_bytes() for path in files)).hexdigest()

    assert digest(tmp_path / "a", "1") == digest(tmp_path / "b", "2")
