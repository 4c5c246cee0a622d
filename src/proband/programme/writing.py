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
    data = programme.as_data()
    documents = {
        "programme.yaml": data["programme"],
        "eligibility.yaml": data["eligibility"],
        "product.yaml": data["product"],
        "schedule.yaml": data["schedule"],
        "outcomes.yaml": data["outcomes"],
        "safety.yaml": data["safety"],
        "claims.yaml": data["claims"],
        "facts.yaml": {"facts": data["facts"]},
        "evidence/sources.yaml": {"sources": list(data["sources"].values()), "figures": data["figures"]},
        **{f"natural_history/{name}.yaml": item for name, item in data["natural_history"].items()},
    }
    for name, content in documents.items():
        _write_text(folder / name, _yaml(_without_nothing(content)))
    for name, table in data["tables"].items():
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(table["header"])
        writer.writerows([row[column] or "" for column in table["header"]] for row in table["rows"])
        _write_text(folder / name, buffer.getvalue())
    for name, text in data["consent"].items():
        _write_text(folder / name, text)


def _write_text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8"))


def _without_nothing(value: Any) -> Any:
    """Leave out keys whose value is null: an absent key and an explicit nothing mean the same in every model."""
    if isinstance(value, dict):
        return {key: _without_nothing(child) for key, child in value.items() if child is not None}
    if isinstance(value, list):
        return [_without_nothing(child) for child in value]
    if (
        isinstance(value, str)
        and "\n" in value
        and not value.startswith((" ", "\n"))
        and all(line == line.rstrip() for line in value.splitlines())
    ):
        return LiteralScalarString(value)
    return value


def _yaml(value: Any) -> str:
    dumper = YAML(typ="rt", pure=True)
    dumper.width = 110
    dumper.allow_unicode = True
    dumper.indent(mapping=2, sequence=4, offset=2)
    buffer = io.StringIO()
    dumper.dump(value, buffer)
    return buffer.getvalue()
