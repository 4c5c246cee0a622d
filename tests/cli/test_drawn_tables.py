"""A table that is drawn without styles is, character by character, the one that the library of styles draws."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.cli import output
from proband.cli.layout import grid

CELLS = st.text(st.sampled_from("aB7 :[]/é→µ.│\\"), max_size=9)
STRANGE = ["語", "e\u0301", "a\nb", "\x1b[1m", "\u200b", "👍", "a\tb"]


class Stream(io.StringIO):
    """Standard output of a process: its encoding, and whether it is a terminal."""

    def __init__(self, encoding: str = "utf-8", *, terminal: bool = False) -> None:
        super().__init__()
        self._encoding, self._terminal = encoding, terminal

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return self._terminal


def printed(
    monkeypatch: pytest.MonkeyPatch,
    *table: Any,
    rich: bool = False,
    stream: Stream | None = None,
    **options: Any,
) -> str:
    with monkeypatch.context() as patched:
        for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "COLUMNS"):
            patched.delenv(name, raising=False)
        written = stream or Stream()
        patched.setattr(sys, "stdout", written)
        if rich:
            patched.setattr(output, "_drawn", lambda *_: None)
        output.print_table(*table, **options)
        return written.getvalue()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    title=st.sampled_from(
        ["", "a title", "a title that is longer than any table of a few narrow columns that are not folded"]
    ),
    rows=st.integers(1, 4).flatmap(
        lambda n: st.lists(
            st.lists(CELLS | st.none() | st.integers(), min_size=n, max_size=n), max_size=4
        ).map(lambda r: (n, r))
    ),
    numeric=st.sets(st.integers(0, 3)),
)
def test_the_same_table(title: str, rows: tuple[int, list[list[Any]]], numeric: set[int]) -> None:
    count, cells = rows
    table = (title, [f"column {n}" for n in range(count)], cells)
    with pytest.MonkeyPatch.context() as patched:
        options = {"numeric": sorted(n for n in numeric if n < count)}
        assert printed(patched, *table, **options) == printed(patched, *table, rich=True, **options)


def test_most_tables_are_drawn_here_and_no_strange_one() -> None:
    assert grid("t", ["a", "b"], [["1", "µ"]], [3, 1]) is not None
    for cell in [*STRANGE, "too wide"]:
        assert grid("", ["a"], [[cell]], [4]) is None, cell


@pytest.mark.parametrize("cell", STRANGE)
def test_what_is_not_one_column_each_is_left_to_the_library(
    monkeypatch: pytest.MonkeyPatch, cell: str
) -> None:
    table = ("", ["what", "n"], [[cell, 1]])
    assert printed(monkeypatch, *table) == printed(monkeypatch, *table, rich=True)


def test_a_terminal_and_an_old_encoding_have_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    short = ("", ["a", "b"], [["x", "y"]] * 3)
    long = ("", ["a", "b"], [["x", "y"]] * (output.LONG + 1))
    assert "┃" not in printed(monkeypatch, *short, stream=Stream("ascii"))
    assert "┃" not in printed(monkeypatch, *long, stream=Stream("ascii", terminal=True))
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b[1m" in printed(monkeypatch, *short, stream=Stream(terminal=True))
    drawn = printed(monkeypatch, *long, stream=Stream(terminal=True))
    assert drawn == printed(monkeypatch, *long)
    assert drawn.count("│x │ y│") == output.LONG + 1


def test_a_name_between_colons_stays_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    table = ("", ["lot"], [[":bug:"]])
    assert ":bug:" in printed(monkeypatch, *table)
    assert ":bug:" in printed(monkeypatch, *table, rich=True)
