"""An intention: what somebody wants recorded, before any gate has seen it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from proband.record.heads import SigningKey


@dataclass(slots=True)
class Signature:
    """A signature in the making: who, in which role, by which means they showed again that they are who they are."""

    signer: str
    role: str
    method: str = "password"
    at: str | None = None
    #: the private key, where it is at hand and not among the keys that the record keeps
    by: SigningKey | None = None
    #: a signature that was made elsewhere over the challenge of :meth:`proband.record.record.Record.prompts`, by the key of this short name
    key: str | None = None
    value: Any = None


@dataclass(slots=True)
class Command:
    """An intention: what somebody wants recorded.

    Parameters
    ----------
    verb, subject, data
        What, about whom or what, and the particulars.
    actor, role, site
        Who says so, in which role, where.
    at, offset
        When it happened (any ordinary form of ISO 8601 with its zone; ``None``: now) and where the clock on the wall stood
        (``None``: as ``at`` says, else UTC).
    reason, signatures
        Where the declaration asks for them.
    key
        Idempotency key: the same command sent twice is done once.
    seen
        The number of the last event about this subject that the actor has seen; a later one is a conflict.
    corrects
        The event that this one corrects.
    source
        ``online`` or ``capsule:<id>``.
    """

    verb: str
    subject: str
    data: dict[str, Any] = field(default_factory=dict)
    actor: str = ""
    role: str = ""
    site: str = ""
    at: str | None = None
    offset: str | None = None
    reason: str | None = None
    signatures: list[Signature] = field(default_factory=list)
    key: str | None = None
    seen: int | None = None
    corrects: int | None = None
    source: str = "online"
