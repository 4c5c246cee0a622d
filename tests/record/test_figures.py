"""The figures of the record's page are the benchmark's own: its block, in its shape, and none beside it."""

from __future__ import annotations

import re

import pytest
from benchmarks.record import BEGIN, END, NOT_YET, PAGE, VERBS, Figures, block, written

RATES = dict.fromkeys((1, 10, 100, 1000), (1.0, 1.0))
ANY = Figures(
    "2 cores of A, 2026-01-01, load 1.0 when it began", {"SQLite": RATES, "PostgreSQL": RATES}, {"SQLite": 1.0, "PostgreSQL": 1.0},
    dict.fromkeys(("events", "commands", "folded", "rows", "written", "products", "recalled", "verified"), 1.0),
    {"events": 1.0} | {name + part: 1.0 for name in VERBS for part in ("", "_cpu", "_mib")},
)  # fmt: skip
#: a rate, a size or a time that somebody measured
MEASURED = re.compile(r"\d ?(/s|k/s|MiB|MB|GB|GiB|µs|ms)\b|events/s|\bin \d+(\.\d+)? s\b|\d\.\d+ s\b")


def shape(text: str) -> str:
    """A text with every number, and the machine, left out."""
    return re.sub(r"\d[\d,.]*", "N", re.sub(r"One run: .*?\. Event bodies", "One run. Event bodies", text))


def test_the_block_on_the_page_has_the_shape_of_the_benchmark_s() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page.count(BEGIN) == page.count(END) == 1
    on_page = page.partition(BEGIN)[2].partition(END)[0].strip()
    assert written(page, on_page) == page
    if on_page == NOT_YET:
        pytest.skip("the benchmark has not been written to the page yet")
    assert shape(on_page) == shape(block(ANY))


def test_no_measured_figure_stands_beside_the_block() -> None:
    page = PAGE.read_text(encoding="utf-8")
    beside = page.partition(BEGIN)[0] + page.partition(END)[2]
    assert [found.group() for found in MEASURED.finditer(beside)] == []
    # and the pattern knows a figure where it sees one
    assert len(MEASURED.findall(block(ANY))) > 10
