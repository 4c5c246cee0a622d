"""Allocation: blocked, stratified, or by minimisation, from one sealed seed that replays every allocation.

The log holds a commitment to the seed (a hash) and, for each participant, the place in the sequence, the stratum and the
arm (open, or sealed under a key that comes from the seed). Nothing depends on a generator's hidden state: the arm at a
place is a function of seed, stratum, place and the allocations before it, so anyone who is given the seed afterwards can
work all of them out again.

Minimisation follows Pocock SJ, Simon R. Sequential treatment assignment with balancing for prognostic factors in the
controlled clinical trial. Biometrics 1975;31:103-115 (marginal totals, range as the measure of imbalance, biased coin).
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from proband.record.errors import RecordError

_LABEL = b"proband-allocation-1"
_PAD = 64


def new_seed() -> bytes:
    """A seed of 256 bits from the system's generator."""
    return secrets.token_bytes(32)


def commitment(seed: bytes) -> str:
    """What the log keeps of the seed: its hash, which binds and tells nothing."""
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


@dataclass(frozen=True, slots=True)
class Scheme:
    """A sealed scheme: method, arms with weights, block sizes, strata, and the coin of minimisation."""

    method: str
    arms: dict[str, int]
    block_sizes: tuple[int, ...] = ()
    strata: dict[str, tuple[str, ...]] | None = None
    probability: float = 0.8

    def __post_init__(self) -> None:
        total = sum(self.arms.values())
        if self.method not in ("blocked", "stratified-blocked", "minimisation") or total < 1:
            raise RecordError("record.allocation.scheme", method=self.method, total=total)
        if self.method != "minimisation" and (
            not self.block_sizes or any(size % total for size in self.block_sizes)
        ):
            raise RecordError("record.allocation.blocks", sizes=list(self.block_sizes), total=total)


@dataclass(frozen=True, slots=True)
class Allocated:
    """An earlier allocation: stratum and arm."""

    stratum: dict[str, str]
    arm: str


def stratum_name(stratum: dict[str, str]) -> str:
    """The stratum as one text, independent of the order of its factors."""
    return "&".join(f"{factor}={level}" for factor, level in sorted(stratum.items()))


def arm_at(seed: bytes, scheme: Scheme, stratum: dict[str, str], history: Sequence[Allocated]) -> str:
    """The arm of the next participant.

    Parameters
    ----------
    seed, scheme
        As sealed.
    stratum
        Level by factor; every factor of the scheme must be there, with a level that the scheme knows.
    history
        All allocations before this one, in order.

    Raises
    ------
    RecordError
        ``record.allocation.stratum`` for a missing factor or an unknown level.
    """
    for factor, levels in (scheme.strata or {}).items():
        if scheme.method != "blocked" and stratum.get(factor) not in levels:
            raise RecordError(
                "record.allocation.stratum", factor=factor, level=stratum.get(factor), levels=list(levels)
            )
    if scheme.method == "minimisation":
        return _minimise(seed, scheme, stratum, history)
    name = "" if scheme.method == "blocked" else stratum_name(stratum)
    before = sum(
        1 for earlier in history if scheme.method == "blocked" or stratum_name(earlier.stratum) == name
    )
    for place, arm in enumerate(_blocks(seed, scheme, name)):
        if place == before:
            return arm
    raise AssertionError("the sequence of blocks has no end")  # pragma: no cover


def _blocks(seed: bytes, scheme: Scheme, name: str) -> Iterator[str]:
    """The endless sequence of permuted blocks of a stratum."""
    stream = Stream(seed, f"blocks:{name}")
    total = sum(scheme.arms.values())
    while True:
        size = scheme.block_sizes[stream.below(len(scheme.block_sizes))]
        block = [arm for arm, weight in sorted(scheme.arms.items()) for _ in range(weight * size // total)]
        for last in range(len(block) - 1, 0, -1):
            swap = stream.below(last + 1)
            block[last], block[swap] = block[swap], block[last]
        yield from block


def _minimise(seed: bytes, scheme: Scheme, stratum: dict[str, str], history: Sequence[Allocated]) -> str:
    arms = sorted(scheme.arms)
    stream = Stream(seed, f"minimisation:{len(history)}")
    imbalance = {}
    for candidate in arms:
        total = 0.0
        for factor in scheme.strata or {}:
            counts = dict.fromkeys(arms, 0)
            for earlier in history:
                if earlier.stratum.get(factor) == stratum[factor]:
                    counts[earlier.arm] += 1
            counts[candidate] += 1
            shares = [counts[arm] / scheme.arms[arm] for arm in arms]
            total += max(shares) - min(shares)
        imbalance[candidate] = total
    best_value = min(imbalance.values())
    best = [arm for arm in arms if imbalance[arm] <= best_value + 1e-12]
    others = [arm for arm in arms if arm not in best]
    if not others:
        return _weighted(stream, {arm: scheme.arms[arm] for arm in best})
    group = best if stream.unit() < scheme.probability else others
    return _weighted(stream, {arm: scheme.arms[arm] for arm in group})


def _weighted(stream: Stream, weights: dict[str, int]) -> str:
    draw = stream.below(sum(weights.values()))
    for arm, weight in weights.items():
        if draw < weight:
            return arm
        draw -= weight
    raise AssertionError("a draw below the sum of the weights finds an arm")  # pragma: no cover


def _key(seed: bytes) -> AESGCM:
    return AESGCM(hmac.digest(seed, _LABEL + b"seal", "sha256"))


def seal_arm(seed: bytes, participant: str, index: int, arm: str) -> str:
    """The arm, encrypted to a fixed length so that its size says nothing; bound to participant and place."""
    padded = arm.encode().ljust(_PAD, b"\0")
    nonce = hmac.digest(seed, _LABEL + b"nonce" + index.to_bytes(8, "big"), "sha256")[:12]
    return base64.b64encode(_key(seed).encrypt(nonce, padded, f"{participant}#{index}".encode())).decode()


def open_arm(seed: bytes, participant: str, index: int, sealed: str) -> str:
    """The arm of a sealed allocation.

    Raises
    ------
    RecordError
        ``record.allocation.sealed`` where it does not open: another participant, another place, another seed.
    """
    nonce = hmac.digest(seed, _LABEL + b"nonce" + index.to_bytes(8, "big"), "sha256")[:12]
    try:
        plain = _key(seed).decrypt(nonce, base64.b64decode(sealed), f"{participant}#{index}".encode())
    except (InvalidTag, ValueError) as error:
        raise RecordError("record.allocation.sealed", participant=participant) from error
    return plain.rstrip(b"\0").decode()


def scheme_of(sealed: dict[str, Any]) -> Scheme:
    """The scheme of an ``allocation.sealed`` event's data."""
    return Scheme(
        sealed["method"], dict(sealed["arms"]), tuple(sealed["block_sizes"]),
        {factor: tuple(levels) for factor, levels in sealed["strata"].items()}, sealed["probability"],
    )  # fmt: skip


def replay(seed: bytes, bodies: Iterable[dict[str, Any]]) -> list[str]:
    """Work every allocation of a log out again from its seed; returns what differs, in words.

    Parameters
    ----------
    seed
        The seed, opened after the study.
    bodies
        The bodies of the log's events, in order.
    """
    scheme: Scheme | None = None
    history: list[Allocated] = []
    found: list[str] = []
    for body in bodies:
        data = body["data"]
        if body["event"] == "allocation.sealed":
            if data["commitment"] != commitment(seed):
                return ["the seed is not the one that was sealed"]
            scheme = scheme_of(data)
        elif body["event"] == "participant.allocated" and scheme is not None:
            arm = data["arm"] or open_arm(seed, body["subject"], data["index"], data["sealed_arm"])
            due = arm_at(seed, scheme, data["stratum"], history)
            if arm != due:
                found.append(
                    f"{body['subject']} (place {data['index']}) is in {arm}; the sealed sequence says {due}"
                )
            history.append(Allocated(data["stratum"], arm))
    return found
