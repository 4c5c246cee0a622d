"""Gates on versions of the programme: the bundle is the one that is named, and an amendment is what it is said to be, signed as its kind asks."""

from __future__ import annotations

from proband.record.declare.command import Context
from proband.record.declare.gate import CUSTODIAN, gate, may
from proband.record.errors import Refusal
from proband.record.kept_bundle import bundle_fault, kind_and_difference
from proband.record.programme_view import ProgrammeView

#: who answers for the participants: whoever may record decisions about them signs what bears on them
ANSWERS = "participant.decision.record"


def view_told(c: Context) -> ProgrammeView | None:
    """The parts of the version that an event names; ``None`` where they are none."""
    try:
        return ProgrammeView.model_validate(c.data["programme"])
    except ValueError:
        return None


@gate("bundle", mend="hand the bundle over: the record hashes it itself")
def bundle(c: Context) -> Refusal | None:
    """The bundle of a version is kept whole, has the hash that is named, and says what the record judges by."""
    view, lines = view_told(c), c.data.get("bundle")
    if view is None:
        return Refusal("gate.bundle.view")
    if lines is None:
        # a log that was begun without bundles takes the hashes of its versions as told, and says so; one with bundles never goes back to that
        return Refusal("gate.bundle.absent", version=view.version) if c.state.bundles else None
    fault = bundle_fault(view, lines)
    return (
        Refusal("gate.bundle.other", version=view.version, hash=view.hash[:12], fault=fault)
        if fault
        else None
    )


@gate(
    "amendment",
    mend="raise the version, say what the record finds that changed, and have it signed by those whom that asks for",
)
def amendment(c: Context) -> Refusal | None:
    """An amendment is what it is said to be: a later version of the same standing, its difference and kind worked out, signed as that kind asks."""
    view, now = view_told(c), c.view
    if view is None or now is None:
        return Refusal("gate.bundle.view")
    if view.hash in c.state.programmes:
        # the gate on what is there once says so
        return None
    if _numbers(view.version) <= max(_numbers(one.version) for one in c.state.programmes.values()):
        return Refusal("gate.amendment.version", version=view.version, before=now.version)
    if ("demonstration" in (view.status, now.status) and view.status != now.status) or (
        view.status == "draft" and not c.state.begun_as_draft
    ):
        return Refusal("gate.amendment.status", status=view.status, before=now.status)
    try:
        kind, difference = kind_and_difference(c.state, view, c.data.get("bundle"))
    except (LookupError, TypeError, ValueError):
        # the gate on the bundle says what is wrong with it
        return None
    if c.data["kind"] != kind:
        return Refusal("gate.amendment.kind", said=c.data["kind"], kind=kind, difference=difference[:3])
    if c.data["difference"] != difference:
        return Refusal("gate.amendment.difference", difference=difference[:3])
    return _unsigned(c, kind)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _unsigned(c: Context, kind: str) -> Refusal | None:
    """Words that were spelt wrong are the custodian's; whatever else changes takes two; what bears on participants, somebody who answers for them."""
    others = [one for one in c.body["signatures"] if one["signer"] != c.body["actor"]]
    answering = [one for one in others if may(c.view, one["role"], ANSWERS) and one["role"] != CUSTODIAN]
    if kind == "substantial" and not answering:
        return Refusal("gate.amendment.answering", kind=kind)
    if kind == "non-substantial" and not answering and not any(one["role"] == CUSTODIAN for one in others):
        return Refusal("gate.amendment.second", kind=kind)
    return None
