"""Where the secrets of an allocation lie: in the vault, under a key that is no person's, so that nobody's erasure reaches them.

The name of that key cannot be the name of a participant (it has a stroke in it). Seeds of earlier versions lay under the name of the study, which
could; they are read there once, and moved.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from proband.record.errors import RecordError
from proband.record.vault import Vault
from proband.terms.canonical import canonical
from proband.trial.allocation.stream import commitment

#: under which key the seeds lie, and under which the contents of kits
LISTS, KITS = "allocation/lists", "allocation/kits"
#: to a multiple of how many bytes the name of an arm is filled up
_WIDTH = 256
#: where seeds of earlier versions lie
_BEFORE = "study"


def _field(sealed: str) -> str:
    return f"seed-{sealed[:16]}"


def keep_seed(vault: Vault, seed: bytes) -> str:
    """Put a seed into the vault; returns the commitment that stands for it."""
    sealed = commitment(seed)
    vault.put(LISTS, _field(sealed), seed.hex())
    return sealed


def kept_seed(vault: Vault | None, sealed: str) -> bytes:
    """The seed of a commitment.

    Raises
    ------
    RecordError
        ``record.allocation.seed`` where no vault has it, or has another one in its place.
    """
    if vault is None:
        raise RecordError("record.allocation.seed")
    for holder in (LISTS, _BEFORE):
        if _field(sealed) not in vault.fields(holder):
            continue
        seed = bytes.fromhex(str(vault.get(holder, _field(sealed))))
        if commitment(seed) != sealed:
            continue
        if holder == _BEFORE:
            keep_seed(vault, seed)
            vault.drop(_BEFORE, _field(sealed))
        return seed
    raise RecordError("record.allocation.seed")


def is_of_an_allocation(field: str) -> bool:
    """Whether a field that lies under a person's name is a seed that an earlier version put there."""
    return field.startswith("seed-")


def kit_commitment(study: str, kit: str, content: Mapping[str, str]) -> str:
    """What the log says of the content of a kit (64 hexadecimal digits): bound to kit and study, under the salt that lies with it."""
    said = {"format": "proband-kit-1", "study": study, "kit": kit, "arm": content["arm"]}
    return hmac.new(bytes.fromhex(content["salt"]), canonical(said), sha256).hexdigest()


def keep_kit(vault: Vault, study: str, kit: str, arm: str) -> str:
    """Put the content of a kit into the vault, under a salt of 32 random bytes; returns the commitment to it."""
    content = {"arm": arm, "salt": secrets.token_bytes(32).hex()}
    said = kit_commitment(study, kit, content)
    # a kit that is refused after this leaves a content that no event speaks of, and never takes the place of another; what is sealed is of one
    # length whichever arm it is of: whoever has the file of the vault, or a backup, sees lengths
    vault.put(KITS, said, {"kit": kit, **content, "filled": " " * (-len(arm.encode()) % _WIDTH)})
    return said


def in_drawn_order(seed: bytes, participant: str, number: int, kits: Iterable[str]) -> list[str]:
    """Kits in an order that only whoever has the seed of the list can foretell, another one for each person and each of their kits.

    An order that can be seen (by number, by what expires first) would tell, by those that are passed over, who is in the same arm as whom.
    """

    def draw(kit: str) -> bytes:
        said = {"format": "proband-kit-draw-1", "participant": participant, "number": number, "kit": kit}
        return hmac.new(seed, canonical(said), sha256).digest()

    return sorted(kits, key=draw)


def kit_is_kept(vault: Vault, said: str) -> bool:
    """Whether the vault has the content of a commitment."""
    return said in vault.fields(KITS)


def kept_kit(vault: Vault | None, said: str) -> dict[str, str]:
    """The content of a kit (``arm``) and its salt, by the commitment.

    Raises
    ------
    RecordError
        ``record.kit.content`` where no vault has it.
    """
    if vault is None or said not in vault.fields(KITS):
        raise RecordError("record.kit.content")
    found: dict[str, str] = vault.get(KITS, said)
    return found


@dataclass(frozen=True, slots=True)
class Secrets:
    """What opens the sealed things of a vault: called, the seed of a commitment; :meth:`kit`, the content of a kit."""

    vault: Vault | None

    def __call__(self, sealed: str) -> bytes:
        """The seed of a commitment, as :func:`kept_seed`."""
        return kept_seed(self.vault, sealed)

    def kit(self, said: str) -> dict[str, str]:
        """The content of a kit by its commitment, as :func:`kept_kit`."""
        return kept_kit(self.vault, said)
