"""What became of every observation: each is accounted for once, with all its uses or with why it was left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from proband.facts.observation import Observation, Presence


@dataclass(frozen=True, slots=True)
class Accounted:
    """One observation and what became of it: what it was used for, or why it was left (one of the two is empty)."""

    observation: Observation
    uses: tuple[str, ...]
    left: str

    @property
    def what(self) -> str:
        """What was observed, what it says, and when."""
        o = self.observation
        name = f"{o.display} ({o.system} {o.code})" if o.display else f"{o.system} {o.code}"
        when = f" on {o.when}" if o.when.earliest or o.when.latest else ""
        return f"{name}: {value_words(o)}{when}"

    @property
    def place(self) -> str:
        """Where it was read."""
        origin = self.observation.origin
        return f"{origin.file} {origin.position}".strip() if origin else ""

    def as_dict(self) -> dict[str, Any]:
        """The account as plain JSON values."""
        o = self.observation
        return {
            "system": o.system, "code": o.code, "value": value_words(o), "when": str(o.when), "where": self.place,
            "uses": list(self.uses), "left": self.left or None,
        }  # fmt: skip


def value_words(o: Observation) -> str:
    """What an observation says, in a few words."""
    if o.presence is not Presence.PRESENT:
        return o.presence.value
    if o.value is not None:
        return f"{o.comparator or ''}{o.value:g}{f' {o.unit}' if o.unit else ''}"
    return o.text or o.value_code or o.presence.value


class Accounts:
    """The accounts while they are made: by observation, uses and the first reason for leaving it."""

    def __init__(self, observations: Iterable[Observation]) -> None:
        self._observations = list(observations)
        self._uses: dict[int, list[str]] = {}
        self._left: dict[int, str] = {}

    def use(self, observation: Observation, what: str) -> None:
        """It was used."""
        uses = self._uses.setdefault(id(observation), [])
        if what not in uses:
            uses.append(what)

    def leave(self, observation: Observation, why: str) -> None:
        """It was left; the first reason stands, and a use takes the place of any."""
        self._left.setdefault(id(observation), why)

    def is_settled(self, observation: Observation) -> bool:
        """Whether something was said of it."""
        return id(observation) in self._uses or id(observation) in self._left

    def __iter__(self) -> Iterator[Accounted]:
        for observation in self._observations:
            uses = self._uses.get(id(observation))
            if uses:
                yield Accounted(observation, tuple(uses), "")
            else:
                yield Accounted(
                    observation, (), self._left.get(id(observation), "nothing of the programme asks for it")
                )
