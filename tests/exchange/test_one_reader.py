"""A new reader is one file: what a file is, its content says, and the reader that knows it is found by itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from proband import exchange
from proband.exchange import read
from proband.exchange.readers import readers

#: a file as a hospital would write it: a format of its own, with an error of its own
READER = '''
"""Vital signs as one synthetic monitor writes them: VITALS 1, then a subject, a day and a heart rate on each line."""

from proband.exchange.readers import FileAtHand, reader
from proband.exchange.report import declined
from proband.facts.observation import Observation
from proband.terms import UncertainDate
from proband.terms.errors import Entry, declare

declare(Entry("vitals.line", "this line holds no heart rate", "write subject, day and rate"))


@reader("vital signs of a monitor", "text", looks=lambda file: file.content.head.startswith(b"VITALS 1"))
def declared(file: FileAtHand):
    file.report.format = "VITALS 1"
    for number, line in enumerate(file.content.read_text(file.report).splitlines()[1:], start=2):
        parts = line.split()
        if len(parts) != 3:
            raise declined("vitals.line", line=number)
        file.report.read["line"] += 1
        yield Observation(parts[0], "LOINC", "8867-4", float(parts[2]), "/min", when=UncertainDate.parse(parts[1]))
'''


@pytest.fixture
def monitor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    from proband.terms.errors import catalogue

    folder = tmp_path / "readers"
    folder.mkdir()
    (folder / "vitals.py").write_text(READER, encoding="utf-8")
    monkeypatch.setattr(exchange, "__path__", [*exchange.__path__, str(folder)])
    known = dict(catalogue.registry())
    readers.cache_clear()
    yield tmp_path
    readers.cache_clear()
    sys.modules.pop("proband.exchange.vitals", None)
    catalogue.registry().clear()
    catalogue.registry().update(known)


def test_one_file_adds_a_reader(monitor: Path) -> None:
    file = monitor / "ward.txt"
    file.write_text("VITALS 1\nS-1 2026-03-01 72\nS-2 2026-03-02 64\n")
    reading = read(file)
    assert [(fact.subject, fact.value) for fact in reading] == [("S-1", 72), ("S-2", 64)]
    (report,) = reading.report.files
    assert (report.format, report.read["line"], report.facts) == ("VITALS 1", 2, 2)


def test_what_it_refuses_is_declined_with_line_and_mend(monitor: Path) -> None:
    file = monitor / "ward.txt"
    file.write_text("VITALS 1\nS-1 2026-03-01 72\nS-2 sleeping\n")
    reading = read(file)
    assert len(list(reading)) == 1
    refused = reading.report.files[0].declined
    assert refused is not None
    assert (refused.code, refused.position, refused.mend) == (
        "vitals.line",
        "line 3",
        "write subject, day and rate",
    )


def test_the_readers_that_come_with_proband_are_found() -> None:
    found = {each.name: each.kind for each in readers()}
    assert found == {
        "Dataset-JSON": "json",
        "Dataset-JSON, one row a line": "ndjson",
        "Excel workbook": "binary",
        "FHIR R4": "json",
        "FHIR R4 in XML": "xml",
        "FHIR R4, one resource a line": "ndjson",
        "OMOP CDM": "text",
        "OMOP CDM, Parquet or DuckDB": "binary",
        "SAS transport file": "binary",
        "phenopackets 2": "json",
        "phenopackets 2 in YAML": "text",
        "rows in JSON": "json",
        "tables and REDCap exports": "text",
    }
    assert [each.last for each in readers()] == sorted(each.last for each in readers())
