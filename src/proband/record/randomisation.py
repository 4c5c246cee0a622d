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
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from proband.record.errors import RecordError
from proband.trial.allocation.draw import Placed, blocks, stratum_name
from proband.trial.allocation.stream import Stream, commitment, new_seed

_LABEL = b"proband-allocation-1"
_PAD = 64

__all__ = [
    "Placed",
    "Scheme",
    "Stream",
    "arm_at",
    "commitment",
    "new_seed",
    "open_arm",
    "replay",
    "scheme_of",
    "seal_arm",
    "stratum_name",
]


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


def arm_at(seed: bytes, scheme: Scheme, stratum: dict[str, str], history: Sequence[Placed]) -> str:
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
    sequence = (arm for block in blocks(seed, scheme.block_sizes, scheme.arms, name) for arm in block)
    for place, arm in enumerate(sequence):
        if place == before:
            return arm
    raise AssertionError("the sequence of blocks has no end")  # pragma: no cover


def _minimise(seed: bytes, scheme: Scheme, stratum: dict[str, str], history: Sequence[Placed]) -> str:
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
        return stream.weighted({arm: scheme.arms[arm] for arm in best})
    group = best if stream.unit() < scheme.probability else others
    return stream.weighted({arm: scheme.arms[arm] for arm in group})


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
    history: list[Placed] = []
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
            history.append(Placed(data["stratum"], arm))
    return found
