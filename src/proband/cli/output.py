"""How every verb speaks: JSON or tables on standard output, everything else on standard error, documented exit codes.

Exit codes: 0 done · 1 the answer is no (a check found errors, a seal does not hold, nobody is eligible where that was
asked) · 2 the command or its input is wrong · 3 refused with a reason (outside every domain, a gate said no), or something is due · 4 done, but not everything
could be read · 70 a fault of Proband itself · 130 interrupted · 141 nobody reads the output any more (``proband list | head -1``), as shells say it of a
program that the closed pipe ended. What draws tables is imported when a table is drawn.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from shutil import get_terminal_size
from textwrap import wrap
from typing import TYPE_CHECKING, Any, NoReturn, TextIO, cast

import typer

from proband.terms.errors import ProbandError

if TYPE_CHECKING:
    from rich.console import Console

#: ``--json`` of every verb that prints results
JsonFlag = typer.Option(
    False, "--json", help="Print the result as JSON on standard output, and nothing else."
)

OK, NO, WRONG, REFUSED = 0, 1, 2, 3
#: it was done, but not everything could be read: people or facts may be missing
NOT_ALL_READ = 4

FAULT, INTERRUPTED, CLOSED = 70, 130, 141

#: a table with more rows is drawn without styles wherever it goes: a hundred times faster
LONG = 1000
#: columns of a line that nobody breaks
_UNBROKEN = 100_000


class PipeClosed(BaseException):
    """Nobody reads the output any more; no error, so nothing that handles errors may take it for one."""


class _WatchedStream:
    """A stream whose closed other end is told as :class:`PipeClosed`."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, as the stream does."""
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            raise PipeClosed from None

    def flush(self) -> None:
        """Flush, as the stream does."""
        try:
            self._stream.flush()
        except BrokenPipeError:
            raise PipeClosed from None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def watch_pipe() -> None:
    """Tell a closed pipe from an answer: from here on, writing into one raises :class:`PipeClosed`."""
    sys.stdout = cast(TextIO, _WatchedStream(sys.stdout))
    sys.stderr = cast(TextIO, _WatchedStream(sys.stderr))


def out() -> Console:
    """The console for results (standard output), made anew so that a redirected stream is respected."""
    from rich.console import Console

    return Console(file=sys.stdout, highlight=False, emoji=False, width=_width(sys.stdout))


def err() -> Console:
    """The console for everything that is not a result (standard error)."""
    from rich.console import Console

    return Console(file=sys.stderr, highlight=False, stderr=True, width=_width(sys.stderr))


def _width(stream: TextIO) -> int | None:
    """A terminal's lines are broken at its width; where a program reads them, a line is a line, however long."""
    return None if stream.isatty() or "COLUMNS" in os.environ else _UNBROKEN


def print_json(data: Any) -> None:
    """Print plain values as indented JSON (UTF-8, keys in the order given)."""
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False, default=str, allow_nan=False) + "\n")


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, numeric: Sequence[int] = ()
) -> None:
    """Print a table; columns whose index is in ``numeric`` are aligned right.

    Where lines have an end the cells fold between words; a table whose words do not fit beside one another is printed as one block a row. No word is cut.
    """
    from proband.cli.layout import blocks, column_widths

    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    width = _width(sys.stdout) or get_terminal_size().columns
    widths = column_widths(columns, cells, width)
    if widths is None:
        sys.stdout.write(blocks(title, columns, cells, width) + "\n")
        return
    drawn = _drawn(title, columns, cells, widths, numeric)
    if drawn is not None:
        sys.stdout.write(drawn)
        return
    from rich.markup import escape
    from rich.table import Table

    table = Table(
        title=title or None, title_justify="left", header_style="bold", pad_edge=False, expand=False
    )
    for index, column in enumerate(columns):
        table.add_column(
            column, justify="right" if index in numeric else "left", overflow="fold", width=widths[index]
        )
    for row in cells:
        table.add_row(*map(escape, row))
    out().print(table)


def _drawn(
    title: str,
    columns: Sequence[str],
    cells: Sequence[Sequence[str]],
    widths: Sequence[int],
    numeric: Sequence[int],
) -> str | None:
    """A table as text, where it needs nobody who draws styles: a program reads it, or it is long; ``None`` where it does."""
    from proband.cli.layout import grid

    styled = sys.stdout.isatty() or any(name in os.environ for name in ("FORCE_COLOR", "TTY_COMPATIBLE"))
    if not (sys.stdout.encoding or "").lower().startswith("utf") or (styled and len(cells) <= LONG):
        return None
    return grid(title, columns, cells, widths, numeric)


def say(text: str, style: str | None = None) -> None:
    """Print a line of a result as plain text, in a style such as ``bold red``."""
    sys.stdout.write(_shown(text, style, sys.stdout))


def note(text: str) -> None:
    """Print a remark on standard error."""
    sys.stderr.write(_shown(text, "dim", sys.stderr))


def _shown(text: str, style: str | None, stream: TextIO) -> str:
    """The text as the stream shows it: broken between words and styled on a terminal, as it is where a program reads."""
    width = _width(stream)
    lines = [text] if width == _UNBROKEN else [
        part
        for line in text.split("\n")
        for part in wrap(line, width or get_terminal_size().columns, replace_whitespace=False, break_on_hyphens=False) or [""]
    ]  # fmt: skip
    return _styled("\n".join(lines), style, stream) + "\n"


def _styled(text: str, style: str | None, stream: TextIO) -> str:
    if not style or not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    words = style.split()
    colour = next((word for word in words if word not in {"bold", "dim"}), None)
    return typer.style(text, fg=colour, bold="bold" in words or None, dim="dim" in words or None)


def report_error(error: ProbandError, *, as_json: bool = False) -> int:
    """Print an error as one clear paragraph (what, where, and the mend) or as JSON; gives its exit code."""
    if as_json:
        print_json({"error": {**error.as_dict(), "exit_code": error.exit_code}})
        return error.exit_code
    place = f"{error.location}: " if error.location and str(error.location) else ""
    told = [("Error", " ", f"{place}{error.message}", "bold red")]
    if error.mend:
        told.append(("Mend", "  ", error.mend, "bold"))
    for word, space, text, style in told:
        shown = _shown(f"{word}{space}{text}", None, sys.stderr)
        sys.stderr.write(_styled(word, style, sys.stderr) + shown.removeprefix(word))
    return error.exit_code


def fail(error: ProbandError, *, as_json: bool = False) -> NoReturn:
    """Report an error and end with its exit code."""
    raise typer.Exit(report_error(error, as_json=as_json))


@contextmanager
def errors_as_text(as_json: bool = False) -> Iterator[None]:
    """Turn a :class:`ProbandError` raised inside into one clear paragraph (or JSON) and its exit code."""
    try:
        yield
    except ProbandError as error:
        fail(error, as_json=as_json)


@contextmanager
def progress(title: str, total: int | None = None, *, quiet: bool = False) -> Iterator[Any]:
    """A progress bar on standard error for what takes longer than a second; ``advance(n)`` moves it.

    Shown only on a terminal, so that logs and pipes stay clean.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda n=1: None
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    bar = Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=err(), transient=True,
    )  # fmt: skip
    with bar:
        task = bar.add_task(title, total=total)
        yield lambda n=1: bar.advance(task, n)
