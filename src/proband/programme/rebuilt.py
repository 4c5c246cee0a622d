"""A programme from its canonical bytes: what a log keeps of a bundle, read and checked like any folder, and the same by its hash.

Comments and layout are not in those bytes, nor which file of ``evidence/`` held a source or a figure: they are no part of the meaning, and the
hash says that the rest is whole. A figure that something points to stands again in the file that is named there.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from proband.programme.bundle import Programme
from proband.programme.folder import Contents
from proband.programme.problems import BundleError
from proband.programme.reading import read
from proband.programme.written import FACTS, FORMAT, OPTIONAL_PARTS, PARTS
from proband.terms import ProbandError

#: how one points to a figure: the file in ``evidence/``, and the key
_POINTER = re.compile(r"([\w./-]+)#([\w.-]+)")
#: where all sources and figures stand that nobody says the file of
EVIDENCE = "evidence/sources.yaml"


def programme_from(canonical: bytes) -> Programme:
    """The programme whose canonical bytes these are (:attr:`~proband.programme.bundle.Programme.canonical_bytes`).

    It was checked before it was sealed: form and references are read again, the lint checks of a day are not.

    Raises
    ------
    ProbandError
        ``bundle.canonical`` where they are the bytes of no bundle, or the programme that is read from them has another hash.
    """
    digest = hashlib.sha256(canonical).hexdigest()
    try:
        raw = _files(orjson.loads(canonical))
        problems, programme = read(Contents(digest, raw, {}, ()))
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise ProbandError("bundle.canonical", hash=digest[:12], why=str(error)[:200]) from error
    if programme is None:
        raise BundleError(digest[:12], list(problems))
    if programme.hash != digest:
        raise ProbandError("bundle.canonical", hash=digest[:12], why=f"it is read as {programme.hash[:12]}")
    return programme


def _files(data: Mapping[str, Any]) -> dict[str, bytes]:
    """The files of a folder that says the same; JSON is YAML."""
    if data["format"] != FORMAT:
        raise ValueError(f"its form is {data['format']!r}")
    beside = data["beside"]
    said = {file: data[part] for part, file in (PARTS | OPTIONAL_PARTS).items() if part in data}
    said[FACTS] = {"facts": data["facts"], **beside.get(FACTS, {})}
    said |= {name: dict(rest) for name, rest in beside.items() if name != FACTS}
    pointed = dict(_pointers(data))
    said[EVIDENCE] = {"sources": list(data["sources"].values())} | said.get(EVIDENCE, {})
    for key, figure in data["figures"].items():
        stands = f"evidence/{pointed[key]}.yaml" if key in pointed else EVIDENCE
        said.setdefault(stands, {}).setdefault("figures", {})[key] = figure
    said |= {f"natural_history/{name}.yaml": part for name, part in data["natural_history"].items()}
    files = {name: orjson.dumps(part) for name, part in said.items() if part}
    files |= {name: _csv(table["header"], table["rows"]) for name, table in data["tables"].items()}
    return files | {name: text.encode() for name, text in data["consent"].items()}


def _pointers(part: Any) -> Iterator[tuple[str, str]]:
    """Every figure that some data point to: its key, and the file."""
    if isinstance(part, str):
        yield from ((key, file) for file, key in _POINTER.findall(part))
    elif isinstance(part, Mapping | list):
        for one in part.values() if isinstance(part, Mapping) else part:
            yield from _pointers(one)


def _csv(header: list[str], rows: list[Mapping[str, Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([row[column] or "" for column in header] for row in rows)
    return text.getvalue().encode()
