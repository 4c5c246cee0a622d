"""``docs/errors.md``: the catalogue of errors as a page, room by room."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from proband.terms.errors import catalogue, entries
from proband.terms.errors.entry import Entry, Template
from proband.terms.markdown import WRITTEN, code, table

_HEAD = f"""# Errors

{WRITTEN}

Whatever Proband refuses has a code that programs may test, one sentence that says what is wrong, and one that says how it is
mended. With `--json` an error is `{{"error": {{"code", "message", "mend", "file", "line", "column", "key", "details"}}}}`; `details`
holds the parameters of the sentences. Words in braces stand for what is known in the case at hand; where several sentences are
given, the first one is said whose parameters are known.
"""


def errors_page() -> str:
    """The page: a section for each room with every code, what it says, its mend and the exit code."""
    lines, told = [_HEAD], set()
    for module in iter_modules(catalogue.__path__):
        room = import_module(f"{catalogue.__name__}.{module.name}")
        lines += [f"## {module.name.replace('_', ' ').capitalize()}", "", (room.__doc__ or "").strip(), ""]
        lines += table(("code", "says", "mend", "exit"), map(_row, sorted(room.ENTRIES, key=_code)))
        told |= {entry.code for entry in room.ENTRIES}
    elsewhere = [entry for entry in entries() if entry.code not in told]
    if elsewhere:
        lines += ["## Declared where they are raised", ""]
        lines += table(("code", "says", "mend", "exit"), map(_row, elsewhere))
    return "\n".join(lines)


def _code(entry: Entry) -> str:
    return entry.code


def _row(entry: Entry) -> tuple[str, str, str, int]:
    return code(entry.code), _said(entry.message), _said(entry.mend), entry.exit_code


def _said(template: Template) -> str:
    """Every sentence of a template, as text in which nothing is markup."""
    choices = (template,) if isinstance(template, str) else template
    return " · ".join(code(choice) for choice in choices)
