"""Commands about the study itself: opening, versions, sites, staff, seals, personal data, capsules."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from proband.record.commands.declare import Data, Day, Ref, Stamp, Words, command

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


@command("study.open", "study.opened", subject="study", base=("clock",), gates=("unique",))
class OpenStudy(Data):
    """Open the study: the first event, with the programme's first version and the first custodian."""

    programme: dict[str, Any]
    custodian: Ref
    head_key: str


@command(
    "programme.adopt",
    "programme.adopted",
    subject="study",
    gates=("stage", "unique"),
    reason=True,
    signature="adoption",
)
class AdoptProgramme(Data):
    """Adopt an amended version of the programme; participants migrate one by one, as events."""

    programme: dict[str, Any]
    amends: Hash
    substantial: bool
    changes: list[Words]


@command("site.open", "site.opened", subject="site", gates=("stage", "unique"))
class OpenSite(Data):
    """Open a site in a jurisdiction."""

    jurisdiction: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}$")]


@command("site.close", "site.closed", subject="site", gates=("stage",), reason=True)
class CloseSite(Data):
    """Close a site: nothing more is recorded there."""


@command("staff.grant", "staff.granted", permission="staff.manage", subject="person")
class GrantRole(Data):
    """Give a person a role at sites (``*``: all)."""

    role: Ref
    sites: Annotated[
        list[Annotated[str, Field(pattern=r"^(\*|[A-Za-z0-9][A-Za-z0-9._-]*)$")]], Field(min_length=1)
    ]


@command("staff.revoke", "staff.revoked", permission="staff.manage", subject="person", reason=True)
class RevokeRole(Data):
    """Take a role from a person."""

    role: Ref


@command("staff.train", "staff.trained", permission="staff.manage", subject="person")
class Train(Data):
    """Record a training and the last day on which it counts."""

    training: Ref
    valid_until: Day


@command("forecast.seal", "forecast.sealed", subject="study", signature="seal")
class SealForecast(Data):
    """Seal the forecast, comparator cohort and primary analysis before the first dose, by their hashes."""

    forecast: Hash
    comparator: Hash
    analysis: Hash
    estimand: Words


@command("allocation.seal", "allocation.sealed", subject="study", gates=("scheme",), signature="seal")
class SealAllocation(Data):
    """Seal the seed of the allocation: the log keeps the commitment, the vault the seed."""

    commitment: Hash
    method: Literal["blocked", "stratified-blocked", "minimisation"]
    arms: dict[str, int]
    block_sizes: list[int]
    strata: dict[str, list[str]]
    probability: Annotated[float, Field(ge=0.5, le=1.0)] = 0.8


@command(
    "personal.store",
    "personal.stored",
    permission="participant.personal.record",
    subject="participant",
    gates=("alive",),
)
class StorePersonal(Data):
    """Note that fields of personal data were put into the vault (their names, never their contents)."""

    fields: Annotated[list[Ref], Field(min_length=1)]


@command(
    "personal.read",
    "personal.read",
    permission="participant.personal.read",
    subject="participant",
    gates=("stage",),
    reason=True,
)
class ReadPersonal(Data):
    """Note who read personal data, and why."""

    fields: Annotated[list[Ref], Field(min_length=1)]


@command(
    "participant.erase",
    "participant.erased",
    subject="participant",
    gates=("stage",),
    reason=True,
    signature="erasure",
)
class Erase(Data):
    """Erase a person's data: the key is destroyed, the chain of pseudonyms stays whole."""

    legal_basis: Words


@command("record.export", "record.exported", subject="study")
class Export(Data):
    """Note that data left the record: for which purpose, what, up to which event."""

    purpose: Words
    tables: list[Ref]
    upto: int


@command("capsule.issue", "capsule.issued", permission="capsule.manage", subject="capsule", gates=("unique",))
class IssueCapsule(Data):
    """Hand out what a bedside needs offline, to one device, until a time."""

    device: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    participants: Annotated[list[Ref], Field(min_length=1)]
    until: Stamp


@command(
    "capsule.return", "capsule.returned", permission="capsule.manage", subject="capsule", gates=("stage",)
)
class ReturnCapsule(Data):
    """Take a capsule back: how many events it brought, how far its clock was off, what was in conflict."""

    events: int
    accepted: int
    conflicts: list[dict[str, Any]]
    clock_ms: int


@command(
    "capsule.conflict",
    "capsule.conflicted",
    permission="capsule.manage",
    subject="capsule",
    by_record=True,
    base=(),
)
class CapsuleConflict(Data):
    """What happened offline and cannot stand as recorded there: kept whole, and shown."""

    event: dict[str, Any]
    signature: str
    gates: list[str]
    messages: list[str]


@command("command.refuse", "command.refused", subject="study", by_record=True, base=())
class RefusedCommand(Data):
    """What was attempted and refused: who, what, by which gates, with both identifiers where two were scanned."""

    verb: Ref
    about: Ref
    gates: list[Ref]
    messages: list[Words]
    attempt: dict[str, Any]
