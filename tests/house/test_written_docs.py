"""The pages of docs/ that the program writes are as it writes them, and say something about everything that they list."""

from __future__ import annotations

import ast
import json
import re
import runpy
from collections.abc import Callable
from pathlib import Path

import pytest
from library_source import ROOT, modules
from typer.testing import CliRunner

from proband.cli.app import app
from proband.cli.documentation import exit_codes
from proband.cli.verbs import declared
from proband.exchange.fhir.structure import table
from proband.programme.documentation import fields_page
from proband.programme.json_schema import FILES
from proband.programme.standards import STANDARDS

PAGES: dict[str, Callable[[], str]] = runpy.run_path(str(ROOT / "scripts" / "write_docs.py"))["PAGES"]


@pytest.mark.parametrize("name", PAGES)
def test_a_written_page_is_as_the_program_writes_it(name: str) -> None:
    written = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert written == PAGES[name](), f"docs/{name} is stale: make docs-write"


def test_every_key_of_a_bundle_says_what_it_means() -> None:
    silent = [
        f"{model.__module__}.{model.__name__}.{name}"
        for model in _models()
        for name, info in model.model_fields.items()
        if not info.description
    ]
    assert not silent, silent


def test_every_key_has_an_example_or_a_default_or_a_table_of_its_own() -> None:
    rows = [line[2:-2].split(" | ") for line in fields_page().splitlines() if line.startswith("| `")]
    keys = [row for row in rows if len(row) == 7]
    assert len(keys) > 700
    bare = [row for row in keys if "](#" not in row[1] and row[2] in {"", "yes"} and not row[4]]
    assert not bare, bare


def test_the_table_of_fields_names_every_file_and_links_only_what_it_has() -> None:
    page = fields_page()
    headings = {line.lstrip("# ") for line in page.splitlines() if line.startswith("##")}
    assert set(FILES) <= headings
    assert {model.__name__ for model in _models() if model not in FILES.values()} <= headings
    assert "`verdict_valid_for`" in page
    assert "{value: 7, unit: d}" in page, "examples come from the bundles that are shipped"


def _models() -> list[type]:
    from proband.programme.documentation import pieces

    return list(dict.fromkeys(piece for model in FILES.values() for piece in pieces(model)))


def test_the_places_in_other_standards_are_of_fields_that_exist() -> None:
    fields = {f"{base.__name__}.{name}" for model in _models() for base in model.__mro__
              for name in getattr(base, "model_fields", {})}  # fmt: skip
    assert set(STANDARDS) <= fields, set(STANDARDS) - fields


def test_the_elements_of_fhir_exist_in_r4() -> None:
    types = table().types
    for field, places in STANDARDS.items():
        if not places.fhir:
            continue
        kind, *steps = places.fhir.split(".")
        for step in steps:
            assert step in types[kind].elements, f"{field}: {places.fhir}"
            inner = f"{kind}.{step}"
            kind = inner if inner in types else types[kind].elements[step].kind


def test_the_attributes_of_usdm_exist_in_version_4(acceptance: Path) -> None:
    published = acceptance / "09_protocols_forms" / "usdm_v4_cdisc" / "Deliverables" / "API" / "USDM_API.json"
    schemas = json.loads(published.read_text(encoding="utf-8"))["components"]["schemas"]
    for field, places in STANDARDS.items():
        if places.usdm:
            kind, attribute = places.usdm.split(".")
            assert attribute in schemas[f"{kind}-Input"]["properties"], f"{field}: {places.usdm}"


def test_every_verb_and_option_stands_in_the_page_of_the_command_line() -> None:
    page = PAGES["cli.md"]()
    for one in declared():
        if one.is_group:
            continue
        (section,) = re.findall(rf"## proband {one.name}\n(.*?)(?=\n## |\Z)", page, flags=re.DOTALL)
        assert one.example, f"{one.name} gives no example"
        assert one.example.removesuffix("…") in section
        shown = CliRunner().invoke(app, [*one.name.split(), "--help"], env={"COLUMNS": "200"})
        assert shown.exit_code == 0
        for option in set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", shown.output.partition("Options:")[2])) - {
            "--help"
        }:
            assert f"`{option}" in section, f"{one.name} {option}"


def test_a_verb_says_with_which_exit_codes_it_may_end() -> None:
    """A verb whose code ends with *no* or *refused* says so in its help."""
    for one in declared():
        if one.is_group:
            continue
        tree = modules()[one.module]
        (function,) = [
            node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and _is_verb(node, one.name)
        ]
        names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
        ends = {code for name, code in (("NO", 1), ("REFUSED", 3), ("NOT_ALL_READ", 4)) if name in names}
        assert ends <= set(exit_codes(one)), f"{one.name} may end with {ends}"
    assert {one.name for one in declared() if not one.is_group and 3 in exit_codes(one)} == {
        "evidence due", "forecast draft", "headline", "natural-history", "record append", "record case", "record do", "record erase", "record export", "record offline-do", "score",
    }  # fmt: skip


def _is_verb(function: ast.FunctionDef, name: str) -> bool:
    return any(ast.unparse(each).startswith(f"verb({name!r}") for each in function.decorator_list)
