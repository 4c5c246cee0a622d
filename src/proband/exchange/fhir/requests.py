"""Conditional requests of bundles: what a DELETE or PATCH without an id names, as far as it can be told.

``DELETE Observation?identifier=urn:lab|7`` names every Observation with that identifier; ``?_id=7`` the one of that id. Of any
other condition a server alone knows what it meets: then every resource of its type is in doubt.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any
from urllib.parse import parse_qsl

from proband.exchange.json_values import items, obj, text

_CONDITIONAL = re.compile(r"^(?:https?://\S+/|/)?(?P<type>[A-Z][A-Za-z]+)\?(?P<query>.+)$")


class ConditionalRequests:
    """The conditional requests of a reading."""

    def __init__(self) -> None:
        #: type → identifiers as ``system|value``, or the value alone where the request names no system
        self._identifiers: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._ids: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._open: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._identifiers or self._ids or self._open)

    @staticmethod
    def can_be_told(url: str) -> bool:
        """Whether the resources that the condition of a request meets can be told."""
        probe = ConditionalRequests()
        probe.add("DELETE", url)
        return bool(probe) and not probe._open

    def add(self, method: str, url: str) -> None:
        """Take a request."""
        found = _CONDITIONAL.match(url)
        if found is None:
            return
        kind = found["type"]
        match parse_qsl(found["query"], keep_blank_values=True):
            case [("_id", ids)]:
                self._ids[method, kind] |= set(ids.split(","))
            case [("identifier", identifier)] if "," not in identifier:
                self._identifiers[method, kind].add(identifier)
            case _:  # also one parameter twice, which asks for both at once
                self._open.add(kind)

    def of(self, resource: dict[str, Any]) -> str | None:
        """Which request meets a resource: ``DELETE``, ``PATCH``, or ``unclear``; ``None`` where none does."""
        kind = str(resource.get("resourceType"))
        for method in ("DELETE", "PATCH"):
            if text(resource.get("id")) in self._ids.get((method, kind), ()):
                return method
            wanted = self._identifiers.get((method, kind))
            if wanted and not wanted.isdisjoint(_names(resource)):
                return method
        return "unclear" if kind in self._open else None


def _names(resource: dict[str, Any]) -> set[str]:
    """Every identifier of a resource with and without its system."""
    found: set[str] = set()
    given = resource.get("identifier")
    for each in items(given) if isinstance(given, list) else [given]:
        value, system = text(obj(each).get("value")), text(obj(each).get("system"))
        if value:
            found |= {value, f"{system or ''}|{value}"}
    return found
