"""Random numbers by counter: every draw is a function of scenario, trial, participant and purpose, and of nothing else.

Philox4x32 with ten rounds (Salmon, Moraes, Dror, Shaw, SC 2011), written out here so that no version of a library changes a result. The key
is seed and scenario; the counter is trial, participant, purpose and index. So the same trial is the same whatever runs beside it: results
depend neither on the number of workers nor on the size of shards, and any one trial can be shown again by its number.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Array = NDArray[np.float64]
Words = NDArray[np.uint64]

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = 0x9E3779B9, 0xBB67AE85
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)


def philox(
    counter: tuple[Words, Words, Words, Words], key: tuple[int, int]
) -> tuple[Words, Words, Words, Words]:
    """Ten rounds on counters of four 32-bit words (broadcast against one another), with a key of two."""
    c0, c1, c2, c3 = (np.array(each) for each in np.broadcast_arrays(*counter))
    k0, k1 = key
    for _ in range(10):
        p0, p1 = _M0 * c0, _M1 * c2
        # in place: (high of p1 ^ c1 ^ k0, low of p1, high of p0 ^ c3 ^ k1, low of p0)
        np.right_shift(p1, _HALF, out=c0)
        c0 ^= c1
        c0 ^= np.uint64(k0)
        np.bitwise_and(p1, _LOW, out=c1)
        np.right_shift(p0, _HALF, out=c2)
        c2 ^= c3
        c2 ^= np.uint64(k1)
        np.bitwise_and(p0, _LOW, out=c3)
        k0, k1 = (k0 + _W0) & 0xFFFFFFFF, (k1 + _W1) & 0xFFFFFFFF
    return c0, c1, c2, c3


@dataclass(frozen=True, slots=True)
class TrialStreams:
    """The draws of some trials of one scenario: ``trials`` (T,) are their numbers, ``people`` how many participants each has. ``engine`` is
    ``"plain"`` for the readable form, which gives the same words without a compiler.
    """

    seed: int
    scenario: str
    trials: NDArray[np.int64]
    people: int
    engine: str = "auto"

    def _key(self) -> tuple[int, int]:
        digest = hashlib.sha256(f"{self.seed}:{self.scenario}".encode()).digest()
        return int.from_bytes(digest[:4], "little"), int.from_bytes(digest[4:8], "little")

    def _pair(self, purpose: str, count: int, people: int) -> tuple[Array, Array]:
        """Two uniforms (T, people, count) in the open unit interval."""
        number = int.from_bytes(hashlib.sha256(purpose.encode()).digest()[:4], "little")
        if self.engine != "plain" and find_spec("numba") is not None:
            from proband.trial.streams_kernel import fill_pairs

            shape = (len(self.trials), people, count)
            pair = np.empty(shape), np.empty(shape)
            fill_pairs(self.trials, number, *self._key(), *pair)
            return pair
        trial = self.trials.astype(np.uint64)[:, None, None]
        person = np.arange(people, dtype=np.uint64)[None, :, None]
        index = np.arange(count, dtype=np.uint64)[None, None, :]
        words = philox((trial, person, index, np.array([[[number]]], dtype=np.uint64)), self._key())
        # 26 and 27 bits, moved off zero by half a step
        first = ((words[0] >> np.uint64(6)) * np.uint64(1 << 27) + (words[1] >> np.uint64(5))).astype(float)
        second = ((words[2] >> np.uint64(6)) * np.uint64(1 << 27) + (words[3] >> np.uint64(5))).astype(float)
        return (first + 0.5) * 2.0**-53, (second + 0.5) * 2.0**-53

    def uniform(self, purpose: str, count: int = 1, people: int | None = None) -> Array:
        """Uniform numbers (T, people, count) for one purpose; ``people=1`` gives one for each trial."""
        half = (count + 1) // 2
        first, second = self._pair(purpose, half, self.people if people is None else people)
        return np.concatenate([first, second], axis=2)[:, :, :count]

    def normal(self, purpose: str, count: int = 1, people: int | None = None) -> Array:
        """Standard normal numbers (T, people, count), by inversion."""
        out: Array = ndtri(self.uniform(purpose, count, people))
        return out

    def exponential(self, purpose: str, count: int = 1, people: int | None = None) -> Array:
        """Exponential numbers of mean one (T, people, count)."""
        out: Array = -np.log(self.uniform(purpose, count, people))
        return out
