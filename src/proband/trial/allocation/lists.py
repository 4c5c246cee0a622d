"""The sealed list: the seed of an allocation with what binds it, and commitments to single places that open one by one.

Whoever has the list works every place out again. Whoever is told one place is given its arm and its salt, and shows with them that it is the arm
that was committed to when the place was given; neither tells anything of any other place.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from proband.terms.canonical import canonical
from proband.terms.errors import ProbandError
from proband.trial.allocation.draw import sealed_list
from proband.trial.allocation.plan import AllocationPlan
from proband.trial.allocation.stream import commitment

_LABEL = b"proband-place-1"


def place_salt(seed: bytes, place: int) -> bytes:
    """The salt (32 bytes) of a place: nobody without the seed can foresee it, and it tells nothing of any other place."""
    return hmac.digest(seed, _LABEL + place.to_bytes(8, "big"), sha256)


def place_commitment(salt: bytes, study: str, place: int, participant: str, arm: str) -> str:
    """What a log says of an arm (64 hexadecimal digits): it binds the arm to place, participant and study, and without its salt no guess can be tested."""
    content = {
        "format": "proband-place-1",
        "study": study,
        "place": place,
        "participant": participant,
        "arm": arm,
    }
    return hmac.new(salt, canonical(content), sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class SealedList:
    """A sealed list: the seed, the hash that binds it, the hash of its plan; of masked products the content of each kit with its salt.

    ``earlier``: the lists of earlier plans of the same study by which people have places.
    """

    seed: bytes
    plan: str
    kits: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    earlier: tuple[SealedList, ...] = ()

    @property
    def commitment(self) -> str:
        """The hash that binds the seed."""
        return commitment(self.seed)

    def as_dict(self) -> dict[str, Any]:
        """The list as plain JSON values."""
        found: dict[str, Any] = {"plan": self.plan, "commitment": self.commitment, "seed": self.seed.hex()}
        if self.kits:
            found["kits"] = {name: dict(one) for name, one in self.kits.items()}
        if self.earlier:
            found["earlier"] = [one.as_dict() for one in self.earlier]
        return found


def read_list(content: bytes, path: object, plan: AllocationPlan | None = None) -> SealedList:
    """A sealed list (with those of earlier plans) out of the content of its file, as ``proband allocation list`` or a record writes it.

    Parameters
    ----------
    content, path
        What stands in the file, and where it lies, for what is said of it.
    plan
        The plan that it must be of; what the file lists must then be the places of its seed.

    Raises
    ------
    ProbandError
        ``allocation.file`` for what is none, ``allocation.seed`` where the seed is not the one of its hash, ``allocation.other-plan``,
        ``allocation.sequences``.
    """
    try:
        told: dict[str, Any] = json.loads(content)
        seed = bytes.fromhex(told["seed"])
        earlier = tuple(read_list(json.dumps(one).encode(), path) for one in told.get("earlier") or ())
        bound, of, kits = str(told["commitment"]), str(told["plan"]), dict(told.get("kits") or {})
        listed = {str(name): list(arms) for name, arms in (told.get("sequences") or {}).items()}
        if len(seed) != 32:
            raise ValueError("the seed has not 32 bytes")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ProbandError("allocation.file", path=path, reason=str(error)) from error
    if commitment(seed) != bound:
        raise ProbandError("allocation.seed", path=path)
    if plan is not None and of != plan.hash:
        raise ProbandError("allocation.other-plan", path=path, named=of[:12], given=plan.hash[:12])
    if plan is not None and listed:
        places = max(len(arms) for arms in listed.values())
        if listed != sealed_list(seed, plan, places):
            raise ProbandError("allocation.sequences", path=path)
    return SealedList(seed, of, kits, earlier)
