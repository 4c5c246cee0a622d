"""Upcasters: how the data of an event that an older release wrote become what its command says now.

The log is never written anew. What is folded and judged is brought up to date; what was signed, sealed and chained stays what it was, and is what
signatures are checked against.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Upcast = Callable[[dict[str, Any]], dict[str, Any]]

#: by event the versions of the envelope before which data are brought up, in their order
UPCASTS: dict[str, list[tuple[int, Upcast]]] = {}
#: where the data as they were written stand beside those that were brought up
WRITTEN = "written"


def upcast(event: str, *, before: int) -> Callable[[Upcast], Upcast]:
    """Declare how the data of an event become those of version ``before`` of the envelope, where they are of an older one."""

    def register(function: Upcast) -> Upcast:
        known = UPCASTS.setdefault(event, [])
        if any(version >= before for version, _ in known):
            raise ValueError(f"{event}: upcasters are declared in the order of their versions")
        known.append((before, function))
        return function

    return register


def brought_up(body: dict[str, Any]) -> dict[str, Any]:
    """The body with its data as they are said now; the very body where nothing has changed since."""
    known = UPCASTS.get(body["event"])
    version = body["v"]
    if known is None or type(version) is not int or version >= known[-1][0]:
        return body
    data = body["data"]
    for before, function in known:
        if version < before:
            data = function(data)
    return {**body, "data": data, WRITTEN: body["data"]}


def as_written(body: Mapping[str, Any]) -> Any:
    """The data of an event as they were written: what was signed."""
    return body.get(WRITTEN, body["data"])
