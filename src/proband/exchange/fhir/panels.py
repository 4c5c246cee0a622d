"""Examinations whose findings are Observations of their own, held together by a panel (``hasMember``), perhaps through panels of panels.

Which resources belong together is seen before the file is read; their facts are gathered as they are given, so that what is withdrawn or
replaced is not among them, and make one examination at the end, if the panel itself stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from proband.exchange.examinations import FEWEST, examined
from proband.exchange.fhir.observations import RESULT
from proband.exchange.json_values import items, obj, text
from proband.facts.observation import Observation


def _names(resource: dict[str, Any], url: str | None) -> Iterator[str]:
    identity = text(resource.get("id"))
    if identity:
        yield f"Observation/{identity}"
    if url:
        yield url


def _plain(reference: str) -> str:
    plain = reference.partition("/_history/")[0]
    return plain if plain.startswith("urn:") else "/".join(plain.split("/")[-2:])


class Panels:
    """The large panels of one file, and the facts of their members as they come."""

    def __init__(self, observations: Iterable[tuple[dict[str, Any], str | None]] = ()) -> None:
        """
        Parameters
        ----------
        observations
            Every Observation of the file that has members, with its ``fullUrl``.
        """
        held = {
            name: (resource, [_plain(each) for each in _members(resource)])
            for resource, url in observations
            for name in _names(resource, url)
        }
        self._panels: dict[str, set[str]] = defaultdict(set)
        for name, (resource, _) in held.items():
            together = self._closure(name, held)
            if len(together) >= FEWEST and text(resource.get("status")) in RESULT:
                for each in (name, *together):
                    self._panels[each].add(name)
        self._facts: dict[tuple[str, str], list[Observation]] = defaultdict(list)
        self._standing: set[str] = set()

    @staticmethod
    def _closure(name: str, held: dict[str, tuple[dict[str, Any], list[str]]]) -> set[str]:
        found: set[str] = set()
        stack = list(held[name][1])
        while stack:
            each = stack.pop()
            if each not in found:
                found.add(each)
                stack.extend(held[each][1] if each in held else ())
        return found

    def __bool__(self) -> bool:
        return bool(self._panels)

    def met(self, resource: dict[str, Any], url: str | None, facts: Iterable[Observation]) -> None:
        """An Observation that stands, with its facts."""
        for name in _names(resource, url):
            self._standing.add(name)
            for panel in self._panels.get(name, ()):
                for fact in facts:
                    self._facts[panel, fact.subject].append(fact)

    def examinations(self) -> Iterator[Observation]:
        """What the members of each panel that stands make together."""
        seen: set[tuple[str, ...]] = set()
        for (panel, subject), facts in self._facts.items():
            key = (subject, *sorted(str(each.origin) for each in facts))
            if panel in self._standing and key not in seen:
                seen.add(key)
                yield from examined(facts)


def _members(resource: dict[str, Any]) -> Iterator[str]:
    for each in items(resource.get("hasMember")):
        reference = text(obj(each).get("reference"))
        if reference:
            yield reference
