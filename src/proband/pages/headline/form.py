"""The headline test as a form: the evaluator runs in the reader's own browser, on a table that was made beforehand.

A page with the form bears the table as a data block of the id :data:`TABLE`, and ``headline/form.html.j2`` where it stands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from proband.pages.rendering import asset

#: id of the data block that holds the table of :func:`~proband.trial.headline.table.headline_table`
TABLE = "headline-data"

#: most bytes of tables that one page bears for several programmes
HEAVIEST = 55_000

#: a comment that begins a line
_COMMENT = re.compile(r"^[ \t]*/\*.*?\*/", re.MULTILINE | re.DOTALL)
#: spaces beside marks that stand apart from words by themselves; a sign may belong to a number, and stays as it is
_SPACED = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')| ?([=*<>?:;,(){}\[\]|&!]) ?""")
_MOUNT = (
    'ProbandHeadline.mount(document.getElementById("headline-form"),'
    f'JSON.parse(document.getElementById("{TABLE}").textContent));'
)


def merged(forms: Sequence[dict[str, Any]], room: int = HEAVIEST) -> dict[str, Any] | None:
    """The tables of several programmes as one, the largest first, as many as one page can bear; ``None`` where there is none.

    ``room`` is what the page has left for them, in bytes.

    A programme that is left out has the same form on a page of its own.
    """
    programmes = {id: table for form in forms for id, table in form["programmes"].items()}
    weight = {id: len(json.dumps(table, separators=(",", ":"))) for id, table in programmes.items()}
    kept: dict[str, Any] = {}
    for id in sorted(programmes, key=lambda id: -weight[id]):
        if weight[id] <= room:
            kept[id] = programmes[id]
            room -= weight[id]
    return {**forms[0], "programmes": kept} if kept else None


def headline_script() -> str:
    """The reader, the chances and the evaluator, which need nothing else, and the line that mounts them; both run in Node too.

    Indentation, comments and, on lines without a slash or a backtick (an expression, a template), spaces beside marks outside of texts stay behind: a quarter of what a reader
    would have to load.
    """
    scripts = (asset("headline-reading.js"), asset("headline-chances.js"), asset("headline.js"), _MOUNT)
    lines = [line.strip() for script in scripts for line in _COMMENT.sub("", script).splitlines()]
    return "\n".join(
        line if re.search("[`/]", line) else _SPACED.sub(lambda found: found[1] or found[2], line)
        for line in lines
        if line
    )
