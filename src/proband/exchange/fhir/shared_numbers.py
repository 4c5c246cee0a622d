"""Numbers that several Patient records bear: one person under two ids, each with half of what is known.

A hospital number (``identifier`` with its system) names one person. Where two records bear it, are not linked, and say nothing different of
birth and sex, they are probably one; nobody here joins them on that, and neither is screened as if nothing more were known.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from proband.exchange.json_values import items, obj, text

Resource = dict[str, Any]


def _numbers(patient: Resource) -> Iterator[str]:
    for each in items(patient.get("identifier")):
        entry = obj(each)
        system, value = text(entry.get("system")), text(entry.get("value"))
        if system and value and entry.get("use") != "old":
            yield f"{system}|{value}"


def _differ(one: Resource, other: Resource) -> bool:
    """Whether two records say that they are two people: another day of birth, another sex."""
    return any(
        (a := text(one.get(name))) is not None
        and (b := text(other.get(name))) is not None
        and not (a.startswith(b) or b.startswith(a))
        for name in ("birthDate", "gender")
    )


class SharedIdentifiers:
    """The numbers of the patients of a reading: :meth:`add` each, then :meth:`settle`. It costs sixteen bytes a number until then."""

    def __init__(self) -> None:
        self._numbers: array[int] = array("q")
        self._owners: array[int] = array("q")
        self._others: dict[str, str] = {}

    def add(self, patient: Resource) -> None:
        """Take the numbers of a Patient."""
        owner = hash(text(patient.get("id")))
        for each in _numbers(patient):
            self._numbers.append(hash(each))
            self._owners.append(owner)

    def settle(
        self, resources: Callable[[], Iterable[tuple[Resource, str]]], person: Callable[[str], str]
    ) -> None:
        """Look again for who bears a number of several, where there are any; ``person`` gives the id of the record that stands."""
        pairs = np.unique(np.array([self._numbers, self._owners], dtype=np.int64), axis=1)
        self._numbers, self._owners = array("q"), array("q")
        numbers, times = np.unique(pairs[0], return_counts=True)
        shared = set(numbers[times > 1].tolist())
        if not shared:
            return
        bearers: dict[str, dict[str, Resource]] = defaultdict(dict)
        for resource, name in resources():
            if resource.get("resourceType") == "Patient":
                for each in _numbers(resource):
                    if hash(each) in shared:
                        bearers[each][person(name.removeprefix("Patient/"))] = resource
        for number, told in bearers.items():
            for one, record in told.items():
                for other, another in told.items():
                    if one != other and not _differ(record, another):
                        self._others.setdefault(
                            one, f"Patient/{other[:64]} bears the same number ({number[:80]})"
                        )

    def other(self, identity: str) -> str | None:
        """Who else bears a number of a person; ``None`` where nobody does."""
        return self._others.get(identity) if self._others else None
