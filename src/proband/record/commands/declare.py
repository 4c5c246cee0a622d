"""How a command is declared: its verb, permission, event, reason, signatures and gates, all in one place.

A command is a class of data with a :func:`command` line above it. Nothing else registers, permits or guards it: the
executor, the verification, the documentation and the test that walks all commands read the same declaration.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

#: an identifier of the record: participant, product, site, person, donation number
Ref = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._=&-]{0,63}$")]
#: a calendar day
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
#: a UTC time to the millisecond
Stamp = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$")]
Words = Annotated[str, Field(min_length=1, max_length=4000)]

Subject = Literal[
    "study", "participant", "product", "person", "site", "adverse-event", "hold", "query", "capsule", "label"
]


class Data(BaseModel):
    """What a command says beyond who, where, when and about whom; unknown keys are refused, absent ones are ``null``."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, allow_inf_nan=False)


class Amount(Data):
    """A quantity with its unit."""

    value: float
    unit: Annotated[str, Field(min_length=1, max_length=32)]


@dataclass(frozen=True, slots=True)
class CommandType:
    """The declaration of one command.

    ``reason`` and ``signature`` say whether a reason and a signature are needed (``signature`` is its meaning);
    ``live`` marks what happens at the moment it is recorded, so that a late entry is not possible; ``by_record`` marks
    what the record itself adds as a consequence, and what no person may send.
    """

    verb: str
    permission: str
    event: str
    subject: Subject
    data: type[Data]
    gates: tuple[str, ...]
    reason: bool = False
    signature: str | None = None
    live: bool = False
    by_record: bool = False
    keeps_refusal: bool = False
    summary: str = ""
    offline: bool = False


#: every command by verb
COMMANDS: dict[str, CommandType] = {}
#: every command by the event that it appends
BY_EVENT: dict[str, CommandType] = {}

#: what every command passes: who, where, when, and under which programme
BASE = ("authority", "training", "site", "clock", "programme", "reason", "signature", "capsule")

D = TypeVar("D", bound=type[Data])


def command(
    verb: str,
    event: str,
    *,
    permission: str | None = None,
    subject: Subject,
    gates: tuple[str, ...] = (),
    base: tuple[str, ...] = BASE,
    **options: Any,
) -> Callable[[D], D]:
    """Declare the class below as the data of a command."""

    def register(data: D) -> D:
        if verb in COMMANDS or event in BY_EVENT:
            raise ValueError(f"{verb} or {event} is declared twice")
        summary = (data.__doc__ or "").strip().split("\n")[0]
        declared = CommandType(
            verb, permission or verb, event, subject, data, (*base, *gates), summary=summary, **options
        )
        COMMANDS[verb] = declared
        BY_EVENT[event] = declared
        return data

    return register


@dataclass(slots=True)
class Signature:
    """A signature in the making: who, in which role, by which means they showed again that they are who they are."""

    signer: str
    role: str
    method: str = "password"
    at: str | None = None


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
        When it happened (UTC stamp; ``None``: now) and where the clock on the wall stood.
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
    offset: str = "+00:00"
    reason: str | None = None
    signatures: list[Signature] = field(default_factory=list)
    key: str | None = None
    seen: int | None = None
    corrects: int | None = None
    source: str = "online"
