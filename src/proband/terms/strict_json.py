"""JSON that means one thing: a key that stands twice, or values within values without end, are an error of the file.

RFC 8259 (section 4) leaves open what becomes of a name that stands twice in an object; readers take the last and say nothing. Where a file says who is
to be treated, it says it once.
"""

from __future__ import annotations

import json
from typing import Any


def read_strictly(text: str | bytes) -> Any:
    """The value of a JSON text.

    Raises
    ------
    ValueError
        For what is no JSON, for a key that an object has twice, and for values that are nested too deeply.
    """
    try:
        return json.loads(text, object_pairs_hook=_once)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(name for name in names if names.count(name) > 1)!r} stands twice")
    return found
