"""The pages of docs/ that the program writes are as it writes them, and say something about everything that they list."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from pathlib import Path

import pytest
from library_source import ROOT

from proband.exchange.fhir.structure import table
from proband.programme.documentation import fields_page
from proband.programme.schema import FILES
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
