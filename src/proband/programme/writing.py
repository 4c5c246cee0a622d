"""Writing a programme back as a bundle: the same meaning, hence the same hash, in files that a person can edit."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString

from proband.programme.bundle import Programme
from proband.terms import ProbandError


def write(programme: Programme, folder: Path) -> None:
    """Write a programme into an empty or new folder.

    Reading the folder again gives a programme with the same :attr:`~proband.programme.bundle.Programme.hash`. Comments
    and layout of the original files are not kept: they are no part of the meaning.

    Raises
    ------
    ProbandError
        ``bundle.folder.used`` if there is anything in the folder: a bundle is never overwritten.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ProbandError("bundle.folder.used", folder=folder)
    for name, document in programme.documents.items():
        _write_text(folder / name, yaml_text(document.data))
    for name, table in programme.tables.items():
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(table.header)
        writer.writerows([row[column] or "" for column in table.header] for row in table.rows)
        _write_text(folder / name, buffer.getvalue())
    for name, text in programme.consent_texts.items():
        _write_text(folder / name, text)


def _write_text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8"))


def yaml_text(value: Any) -> str:
    """Plain values as YAML that a person can edit; :func:`proband.terms.yaml12.data` gives the same values back."""
    dumper = YAML(typ="rt", pure=True)
    dumper.width = 110
    dumper.allow_unicode = True
    dumper.indent(mapping=2, sequence=4, offset=2)
    buffer = io.StringIO()
    dumper.dump(_laid_out(value), buffer)
    return buffer.getvalue()


def _laid_out(value: Any) -> Any:
    """The same values with texts of several lines marked to be written line by line, where nothing is lost by that."""
    if isinstance(value, dict):
        return {key: _laid_out(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_laid_out(child) for child in value]
    if (
        isinstance(value, str)
        and "\n" in value
        and not value.startswith((" ", "\n"))
        and all(line == line.rstrip() for line in value.splitlines())
    ):
        return LiteralScalarString(value)
    return value
