"""The only source of chance in an allocation: numbers from a seed and a name, the same everywhere and for ever.

Nothing depends on a generator's hidden state. Whoever is given the seed afterwards can work every number out again, and
whoever is not can foresee none of them.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from hashlib import sha256
from typing import TypeVar

_LABEL = b"proband-allocation-1"

Thing = TypeVar("Thing")


def new_seed() -> bytes:
    """A seed of 256 bits from the system's generator."""
    return secrets.token_bytes(32)


def commitment(seed: bytes) -> str:
    """What may be shown of the seed: its hash, which binds and tells nothing."""
    return sha256(_LABEL + seed).hexdigest()


class Stream:
    """Uniform whole numbers from HMAC-SHA256 in counter mode: the same for the same seed and name, everywhere."""

    def __init__(self, seed: bytes, name: str) -> None:
        self._seed = seed
        self._name = name.encode()
        self._counter = 0

    def below(self, limit: int) -> int:
        """A number in ``0 … limit - 1``, each equally likely (by rejection, not by remainder)."""
        ceiling = (1 << 64) - (1 << 64) % limit
        while True:
            block = hmac.digest(self._seed, _LABEL + self._name + self._counter.to_bytes(8, "big"), "sha256")
            self._counter += 1
            value = int.from_bytes(block[:8], "big")
            if value < ceiling:
                return value % limit

    def unit(self) -> float:
        """A number in ``[0, 1)`` with 53 random bits."""
        return self.below(1 << 53) / (1 << 53)

    def shuffled(self, things: list[Thing]) -> list[Thing]:
        """A permutation of ``things``, each equally likely (Fisher and Yates)."""
        found = list(things)
        for last in range(len(found) - 1, 0, -1):
            swap = self.below(last + 1)
            found[last], found[swap] = found[swap], found[last]
        return found

    def weighted(self, weights: Mapping[Thing, int]) -> Thing:
        """One of the keys, by its whole-number weight, in the order of the mapping."""
        draw, upto, passed = self.below(sum(weights.values())), 0, 0
        things = list(weights)
        # every weight is looked at, whichever thing it will be: how long this takes would tell which arm was drawn
        for thing in things:
            upto += weights[thing]
            passed += draw >= upto
        return things[passed]
