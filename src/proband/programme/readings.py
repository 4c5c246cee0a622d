"""Recording that somebody read a row of evidence in its source: the second pair of eyes of a bundle."""

from __future__ import annotations

from pathlib import Path

from proband.programme.bundle import Programme
from proband.programme.evidence import EvidenceRow, SourceReading
from proband.programme.files import SEAL_FILE
from proband.programme.loading import check
from proband.programme.problems import BundleError
from proband.programme.writing import yaml_text
from proband.terms import Level, ProbandError

#: the file that readings are added to
READINGS = "evidence/readings.yaml"
#: rows that somebody can look up in a source
_LOOKED_UP = frozenset((Level.READ, Level.SECONDARY, Level.DIGITISED))


def to_read(programme: Programme, reader: str | None = None) -> list[EvidenceRow]:
    """The rows that fewer than two people read, in the order of the bundle; with a ``reader`` only those that this person has not read yet.

    Rows that are worked out, judged or were not found stand in no source and are not among them, nor are those that hold no number.
    """
    who = reader.casefold() if reader else None
    return [
        row
        for row in programme.evidence.values()
        if row.level in _LOOKED_UP
        and row.numbers
        and row.read_by < 2
        and (who is None or who not in (*row.readers, *row.disputed))
    ]


def record(folder: Path, reading: SourceReading) -> Programme:
    """Add a reading to a bundle, and load it again.

    Raises
    ------
    ProbandError
        ``bundle.reading.sealed`` for a sealed bundle: evidence is read before the seal, and afterwards in an amendment.
    BundleError
        If the bundle does not load with the reading: a row that is not there, or other numbers than the row's. Nothing is changed then.
    """
    if (folder / SEAL_FILE).exists():
        raise ProbandError("bundle.reading.sealed", folder=folder)
    path = folder / READINGS
    before = path.read_text(encoding="utf-8") if path.exists() else None
    entry = yaml_text([reading.model_dump(mode="json", exclude_none=True)])
    start = (before if before is not None else "readings:\n").rstrip("\n") + "\n"
    path.write_text(start + entry, encoding="utf-8")
    report = check(folder)
    if report.programme is None:
        if before is None:
            path.unlink()
        else:
            path.write_text(before, encoding="utf-8")
        raise BundleError(report.folder, list(report.problems))
    return report.programme
