"""What of outside allows a site to act: an ethics committee's approval, an authority's authorisation, an insurance; each with its days and its versions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Literal, get_args

from proband.programme.access import Approval, Missing
from proband.record.errors import Refusal
from proband.record.known import KnownStatement
from proband.record.programme_view import ProgrammeView
from proband.record.state import State, StudySite

ApprovalKind = Literal["ethics", "authorisation", "insurance"]
KINDS: tuple[ApprovalKind, ...] = get_args(ApprovalKind)


def covered_by(state: State, version: str) -> Iterator[str]:
    """The versions whose approvals cover a version: itself, and those before it back to the last substantial amendment."""
    yield version
    while version in state.amended:
        version, kind = state.amended[version]
        if kind == "substantial":
            return
        yield version


def standing_approvals(
    state: State, place: StudySite, kind: ApprovalKind, version: str, day: str
) -> list[KnownStatement]:
    """What was recorded of a site that holds on a day for a version, as known now."""
    said = [one for one in place.approvals if one.until is None and one.value["kind"] == kind]
    ends = [(one.seq, one.value["ended"]) for one in said if "ended" in one.value]
    versions = set(covered_by(state, version))
    return [
        one
        for one in said
        if "since" in one.value
        and one.value["since"] <= day < one.value["expiry"]
        and versions & set(one.value["versions"])
        and not any(seq > one.seq and ended <= day for seq, ended in ends)
    ]


def approval_fault(
    state: State, view: ProgrammeView, place: StudySite, version: str, day: str
) -> Refusal | None:
    """The first of what the programme or the site needs that does not hold on a day; ``None`` where all of it does.

    What was recorded of a site counts there, and before what the bundle says for all of them. A site of which nothing was recorded rests on the
    bundle: on the dates of a decision, or on the reason why none is needed; a gap is no decision.
    """
    brought = view.unauthorised(place.jurisdiction)
    if brought:
        return Refusal("gate.approval.place", products=brought, place=place.jurisdiction, site=place.id)
    for kind in KINDS:
        own = [one for one in place.approvals if one.until is None and one.value["kind"] == kind]
        if own:
            if not standing_approvals(state, place, kind, version, day):
                return _why(kind, place, own, day)
            continue
        stated = getattr(view.approvals, kind) if view.approvals is not None else None
        if isinstance(stated, Approval) and not stated.stands_on(date.fromisoformat(day)):
            return Refusal("gate.approval.days", kind=kind, site=place.id, day=day, since=stated.date.isoformat(), until=stated.expiry.isoformat())  # fmt: skip
        if (
            isinstance(stated, Missing)
            and stated.missing != "not-applicable"
            and view.status != "demonstration"
        ):
            return Refusal("gate.approval.missing", kind=kind, site=place.id, why=stated.missing)
    return None


def _why(kind: str, place: StudySite, own: list[KnownStatement], day: str) -> Refusal:
    ends = [(one.seq, one.value["ended"]) for one in own if "ended" in one.value]
    left = [one for one in own if "since" in one.value and not any(seq > one.seq and ended <= day for seq, ended in ends)]  # fmt: skip
    if not left:
        return Refusal("gate.approval.ended", kind=kind, site=place.id, on=max(ended for _, ended in ends))
    last = max(left, key=lambda one: str(one.value["expiry"])).value
    if any(one.value["since"] <= day < one.value["expiry"] for one in left):
        return Refusal("gate.approval.version", kind=kind, site=place.id)
    return Refusal("gate.approval.days", kind=kind, site=place.id, day=day, since=last["since"], until=last["expiry"])  # fmt: skip


def approvals_recorded(state: State, place: StudySite, version: str, day: str) -> str | None:
    """When the last of what holds on a day was recorded; ``None`` where nothing was recorded of the site."""
    first = [
        min(one.recorded for one in found)
        for kind in KINDS
        if (found := standing_approvals(state, place, kind, version, day))
    ]
    return max(first, default=None)
