"""Extras: what is not installed is named with the extra that brings it."""

from __future__ import annotations

import sys

import pytest

from proband.terms import ProbandError
from proband.terms.extras import ExtraMissing, extra_of, extras, missing, require


def test_every_extra_of_the_core_names_modules_that_import() -> None:
    found = extras()
    assert {"columns", "postgres", "pdf", "speed"} <= found.keys()
    for extra in ("columns", "postgres", "pdf", "speed"):
        for library in found[extra]:
            assert require(library).__name__ == library


def test_the_smallest_extra_is_named() -> None:
    assert extra_of("duckdb") == "columns"
    assert extra_of("psycopg") == "postgres"
    assert extra_of("numpy") is None, "the core brings it"


def test_what_is_missing_is_a_refusal_that_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("reportlab", "reportlab.pdfgen.canvas"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ExtraMissing) as caught:
        require("reportlab.pdfgen.canvas")
    assert isinstance(caught.value, ProbandError)
    assert isinstance(caught.value, ImportError), "code that asks politely for a library still works"
    assert "pip install 'proband[pdf]'" in caught.value.mend
    assert caught.value.as_dict()["details"] == {"library": "reportlab", "extra": "pdf"}


def test_a_missing_module_of_no_extra_stays_what_it_is() -> None:
    error = ModuleNotFoundError("No module named 'nowhere'", name="nowhere")
    assert missing(error) is error
