"""The figures of the record's page are the benchmark's own: its block, in its shape, and none beside it."""

from __future__ import annotations

import re
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

import pytest
from benchmarks import record as benchmark
from benchmarks.record import BATCHES, BEGIN, END, NOT_YET, PAGE, VERBS, Figures, block, written
from benchmarks.record_signatures import KINDS, SignatureRates
from benchmarks.record_writers import WriterRates

EACH = dict.fromkeys(map(str, BATCHES), 1.0)
ENGINE = {"log": EACH, "ratio": EACH, "chain": 1.0}
ANY = Figures(
    [("2 cores of A", "2026-01-01", 1.0)], {"SQLite": ENGINE, "PostgreSQL": ENGINE},
    dict.fromkeys(("events", "commands", "folded", "rows", "written", "products", "recalled", "verified"), 1.0),
    {"events": 1.0} | {name + part: 1.0 for name in VERBS for part in ("", "_cpu", "_mib")},
    dict.fromkeys(KINDS, asdict(SignatureRates(1.0, 1.0, 1.0, 1.0))),
    dict.fromkeys(("SQLite", "PostgreSQL"), asdict(WriterRates(1.0, 1.0, 1.0))),
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


def test_a_part_that_was_measured_is_kept_for_this_code_and_these_sizes_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[int] = []

    def measure(options: Namespace) -> dict[str, float]:
        measured.append(options.events)
        return {"events": options.events}

    monkeypatch.setattr(benchmark, "KEPT", tmp_path / "kept")
    monkeypatch.setitem(benchmark.PARTS, "first", measure)
    options = Namespace(events=5, memory=1, walk=1, signatures=1, writers=1, anew=False)
    first = benchmark.part("first", options)
    assert benchmark.part("first", options) == first
    assert (measured, first["found"]) == ([5], {"events": 5})
    monkeypatch.setattr(benchmark, "code", lambda: "other")
    assert benchmark.part("first", options)["found"] == {"events": 5}
    assert benchmark.part("first", Namespace(**{**vars(options), "events": 6}))["found"] == {"events": 6}
    benchmark.part("first", Namespace(**{**vars(options), "events": 6, "anew": True}))
    assert measured == [5, 5, 6, 6]
