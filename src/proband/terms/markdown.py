"""Tables and headings in Markdown, for the pages of the documentation that the program writes itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

#: stands at the head of every page that is written by the program
WRITTEN = "<!-- written from the code by make docs-write; do not edit -->"


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """The lines of a table, with an empty line after it."""
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    return [*lines, ""]


def code(text: str) -> str:
    """A piece of text as code; nothing for an empty one."""
    if not text:
        return ""
    fence = "``" if "`" in text else "`"
    space = " " if fence == "``" else ""
    return f"{fence}{space}{text}{space}{fence}"


def anchor(heading: str) -> str:
    """The anchor under which a heading is linked."""
    kept = "".join(letter for letter in heading.lower() if letter.isalnum() or letter in " -_")
    return kept.replace(" ", "-")


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")
