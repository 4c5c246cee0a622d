"""How a table is laid out where lines have an end: columns that fold between words, or one block a row; an identifier is never cut."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

#: what stands between two columns, and around all of them
_BETWEEN, _AROUND = 3, 3


def column_widths(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[int] | None:
    """The width of each column so that the table fits and no word is cut; ``None`` where it cannot."""
    cells = [[column, *(row[index] for row in rows)] for index, column in enumerate(columns)]
    natural = [max(len(line) for cell in column for line in (cell.splitlines() or [""])) for column in cells]
    least = [max((len(word) for cell in column for word in cell.split()), default=1) for column in cells]
    room = width - _BETWEEN * (len(columns) - 1) - _AROUND
    if sum(least) > room:
        return None
    widths = natural
    while sum(widths) > room:
        widest = max(
            (index for index in range(len(widths)) if widths[index] > least[index]),
            key=lambda index: widths[index],
        )
        widths[widest] -= 1
    return [max(1, one) for one in widths]


def blocks(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> str:
    """Every row as a block of ``name  value`` lines; what is empty is left out."""
    label = max(map(len, columns), default=0) + 2
    lines = [title] if title else []
    for row in rows:
        if lines:
            lines.append("")
        for column, cell in zip(columns, row, strict=True):
            if not cell:
                continue
            # a word that does not fit beside the name stands below it
            if max(map(len, cell.split()), default=0) > width - label:
                below = wrap(cell, width - 2, break_long_words=False, break_on_hyphens=False)
                lines += [column, *(f"  {part}" for part in below)]
                continue
            parts = [
                part
                for line in cell.splitlines()
                for part in wrap(line, max(20, width - label), break_long_words=False, break_on_hyphens=False)
            ]
            lines += [f"{column if index == 0 else '':<{label}}{part}" for index, part in enumerate(parts)]
    return "\n".join(lines)
