"""The hash of a bundle is of what was written: no default of a later Proband changes it, and every written value does."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import create_model

from proband.programme import Programme, bundled, diff, files, load, locate
from proband.programme.bundle import walk
from proband.programme.documents import Document, Table
from proband.terms.canonical import canonical

MINIMAL = Path(__file__).parent.parent / "bundles" / "minimal"
ALL = [str(MINIMAL), *bundled()]


@pytest.mark.parametrize("name", ALL)
def test_a_new_optional_key_changes_no_hash(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = load(name).hash
    for models in (files.REQUIRED, files.IN_FOLDERS):
        for file, model in models.items():
            later = create_model(model.__name__, __base__=model, invented=(int, 7), also=(list[str], ["a"]))
            monkeypatch.setitem(models, file, later)
    again = load(name)
    assert again.head.invented == 7  # type: ignore[attr-defined]
    assert again.hash == before


def test_a_default_that_was_written_out_is_another_text(tmp_path: Path) -> None:
    """What is not written may mean something else one day; what is written may not. So they are not the same."""
    folder = Path(shutil.copytree(MINIMAL, tmp_path / "bundle"))
    with (folder / "claims.yaml").open("a", encoding="utf-8") as file:
        file.write("flows: []\n")
    assert load(folder).claims == load(MINIMAL).claims
    assert load(folder).hash != load(MINIMAL).hash
    assert [change.path for change in diff(load(MINIMAL), load(folder)).changes] == ["claims.flows"]


# --- layout -----------------------------------------------------------------------------------------------------------


def shuffled(value: Any, random_: random.Random) -> Any:
    """The same value with the keys of every mapping in another order."""
    if isinstance(value, dict):
        keys = list(value)
        random_.shuffle(keys)
        return {key: shuffled(value[key], random_) for key in keys}
    return [shuffled(inner, random_) for inner in value] if isinstance(value, list) else value


def spelt_otherwise(value: Any) -> Any:
    """The same value with whole numbers as decimals and white space around every text."""
    if isinstance(value, dict):
        return {key: spelt_otherwise(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [spelt_otherwise(inner) for inner in value]
    if isinstance(value, str):
        return f" {value}\n"
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


@pytest.mark.parametrize("name", ALL)
def test_layout_does_not_count(name: str, tmp_path: Path) -> None:
    """Every file as JSON on one line, keys in another order: no comment, other quotes, dates as texts, other lines."""
    before = load(name)
    folder = Path(shutil.copytree(locate(name), tmp_path / "bundle"))
    random_ = random.Random(1)
    for file, document in before.documents.items():
        text = json.dumps(shuffled(document.data, random_), ensure_ascii=False)
        (folder / file).write_text(f"# another layout\r\n{text}\r\n", encoding="utf-8-sig")
    for file in before.consent_texts:
        (folder / file).write_bytes(before.consent_texts[file].replace("\n", "\r\n").encode())
    assert load(folder).hash == before.hash
    assert diff(before, load(folder)).changes == ()


@pytest.mark.parametrize("name", ALL)
def test_the_spelling_of_numbers_and_white_space_around_texts_do_not_count(name: str) -> None:
    before = load(name)
    spelt = {file: replace(one, data=spelt_otherwise(one.data)) for file, one in before.documents.items()}
    assert replace(before, documents=spelt).hash == before.hash


def test_the_file_of_a_source_does_not_count(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(MINIMAL, tmp_path / "bundle"))
    data = load(MINIMAL).documents["evidence/sources.yaml"].data
    (folder / "evidence" / "sources.yaml").write_text(json.dumps({"sources": data["sources"]}))
    (folder / "evidence" / "more.yaml").write_text(json.dumps({"figures": data["figures"]}))
    assert load(folder).hash == load(MINIMAL).hash


def test_a_written_date_is_its_text(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(MINIMAL, tmp_path / "bundle"))
    path = folder / "programme.yaml"
    assert path.read_text().count("\ndate: 2026-01-15\n") == 1
    path.write_text(path.read_text().replace("\ndate: 2026-01-15\n", "\ndate: '2026-01-15'  # quoted\n"))
    assert load(folder).hash == load(MINIMAL).hash
    path.write_text(path.read_text().replace("\ndate: '2026-01-15'", "\ndate: '2026-01-16'"))
    assert load(folder).hash != load(MINIMAL).hash


# --- what counts ------------------------------------------------------------------------------------------------------


def changes(value: Any) -> Iterator[tuple[str, Any]]:
    """What a scalar might be changed into: other values, of the same kind and of others."""
    if isinstance(value, bool):
        yield from (("not", not value), ("as a number", int(value)), ("as a text", str(value).lower()))
    elif isinstance(value, int | float):
        yield from (
            ("a little more", value * (1 + 1e-12) + 1e-9),
            ("less", value - 1),
            ("as a text", str(value)),
            ("nothing", None),
        )
    elif isinstance(value, str):
        yield from (("one more letter", f"{value}x"), ("nothing", None), ("a list", [value]))
        if value.swapcase() != value:
            yield "in other letters", value.swapcase()
    else:
        yield from (("a text", "x"), ("nought", 0), ("no", False))


def placed(data: Any, path: tuple[str | int, ...], change: Callable[[Any, Any], None]) -> Any:
    copy = deepcopy(data)
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    change(inner, path[-1])
    return copy


def put(value: Any) -> Callable[[Any, Any], None]:
    def change(inner: Any, step: Any) -> None:
        inner[step] = value

    return change


def drop(inner: Any, step: Any) -> None:
    del inner[step]


def add_key(inner: Any, step: Any) -> None:
    if isinstance(inner, dict):
        inner[f"{step}-more"] = None
    else:
        inner.append(deepcopy(inner[-1]))


def rename(inner: Any, step: Any) -> None:
    if isinstance(inner, dict):
        inner[f"{step}s"] = inner.pop(step)
    else:
        inner.insert(0, "new")


def hash_with(programme: Programme, file: str, data: Any) -> bytes:
    changed = replace(programme, documents={**programme.documents, file: Document(file, data)})
    return canonical(changed.as_data())


@pytest.mark.parametrize("name", ALL)
def test_every_one_value_change_counts(name: str) -> None:
    """Every scalar of the minimal bundle, and a sample of the others, changed, dropped, doubled and renamed. About 1 s each."""
    programme = load(name)
    places = [
        (file, path, value)
        for file, document in programme.documents.items()
        for path, value in walk(document.data)
        if path[-1] != "id" or path[0] != "sources"
    ]
    if name != str(MINIMAL):
        places = random.Random(3).sample(places, 16)
    assert len(places) >= 16
    for file, path, value in places:
        data = programme.documents[file].data
        edits = [(what, placed(data, path, put(other))) for what, other in changes(value)]
        edits += [
            ("dropped", placed(data, path, drop)),
            ("doubled", placed(data, path, add_key)),
            ("renamed", placed(data, path, rename)),
        ]
        seen = {"as it was": programme.canonical_bytes}
        for what, edited in edits:
            if (raw := hash_with(programme, file, edited)) in seen.values():
                pytest.fail(f"{file} {path} {what}: not told apart")
            seen[what] = raw


@pytest.mark.parametrize("name", ALL)
def test_every_cell_and_every_consent_text_counts(name: str) -> None:
    programme = load(name)
    for file, table in programme.tables.items():
        for row in {0, len(table.rows) - 1}:
            for column in {table.header[0], table.header[-1]}:
                rows = deepcopy(table.rows)
                rows[row][column] = f"{rows[row][column]}0"
                tables = {**programme.tables, file: Table(file, table.header, rows, table.lines)}
                assert replace(programme, tables=tables).hash != programme.hash, (file, row, column)
        other_way = Table(file, table.header[::-1], table.rows, table.lines)
        assert replace(programme, tables={**programme.tables, file: other_way}).hash != programme.hash
    for file, text in programme.consent_texts.items():
        texts = {**programme.consent_texts, file: text[:-2] + text[-1:]}
        assert replace(programme, consent_texts=texts).hash != programme.hash


def test_what_stands_beside_facts_and_sources_counts(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(MINIMAL, tmp_path / "bundle"))
    for file in ("facts.yaml", "evidence/sources.yaml"):
        before = load(folder).hash
        with (folder / file).open("a", encoding="utf-8") as text:
            text.write("note: taken together\n")
        assert load(folder).hash != before
