"""Gates on the person: in the programme, not withdrawn, consenting, able to, found eligible, under no hold."""

from __future__ import annotations

from datetime import date

from proband.record import safety
from proband.record.declare.command import Context
from proband.record.declare.gate import gate
from proband.record.errors import Refusal
from proband.record.events import moment


@gate("alive", mend="record them as found, or correct the entry")
def alive(c: Context) -> Refusal | None:
    """The participant is in the programme: not dead, not lost, not completed."""
    person = c.participant
    if person is None:
        return Refusal("alive", f"there is no participant for {c.subject}", "refer the person first")
    if person.ended:
        return Refusal("alive", f"{person.id} is recorded as {person.ended} since {(person.ended_at or '')[:10]}",
                       "record them as found, or correct the entry")  # fmt: skip
    return None


@gate("withdrawal", mend="do not: the person has withdrawn from it")
def withdrawal(c: Context) -> Refusal | None:
    """Each level of withdrawal blocks exactly its own actions."""
    person = c.participant
    if person is None or not person.withdrawn or c.view is None:
        return None
    kind = c.command.withdrawal
    for level, since in person.withdrawn.items():
        if kind in c.view.blocks_of(level):
            return Refusal(
                "withdrawal",
                f"{person.id} withdrew from {level} on {since[:10]}",
                f"do not: it blocks {kind}",
            )
    return None


@gate("consent", mend="take consent to the text in force")
def consent(c: Context) -> Refusal | None:
    """Consent to the version in force today, or to an earlier one that nobody was asked to renew."""
    person = c.participant
    given = person.consent if person else None
    if person is None or given is None or c.view is None:
        return Refusal(
            "consent",
            f"{c.participant.id if c.participant else c.subject} has not consented",
            "take consent first",
        )
    if given.lapsed:
        return Refusal(
            "consent", f"the consent of {person.id} has lapsed: {given.lapsed}", "take consent anew"
        )
    if not c.view.consent_stands(given.version, given.language, date.fromisoformat(c.day)):
        return Refusal(
            "consent",
            f"{person.id} consented to {given.version}, which is not the text in force",
            "take consent to the text in force",
        )
    if person.minor and person.majority_on and person.majority_on <= c.day:
        return Refusal("consent", f"{person.id} came of age on {person.majority_on}; the guardians' consent has ended",
                       "ask the participant for their own consent")  # fmt: skip
    return None


@gate("capacity", mend="assess again; do not treat today")
def capacity(c: Context) -> Refusal | None:
    """Nobody is treated who, by the last assessment, cannot consent."""
    person = c.participant
    if person is not None and person.capacity == "lacks" and not person.minor:
        return Refusal(
            "capacity",
            f"{person.id} lacks capacity by the last assessment",
            "assess again; do not treat today",
        )
    return None


@gate("verdict", mend="screen under the version in force")
def verdict(c: Context) -> Refusal | None:
    """Eligible, under the version in force, and recently enough; unknown is not eligible."""
    person = c.participant
    found = person.verdict if person else None
    if person is None or found is None or c.view is None:
        return Refusal("verdict", f"{c.subject} has no verdict on eligibility", "screen first")
    if found.outcome != "eligible":
        return Refusal(
            "verdict",
            f"the verdict on {person.id} is {found.outcome}",
            "nobody proceeds who is not found eligible",
        )
    if found.programme != c.state.programme:
        return Refusal(
            "verdict",
            f"the verdict on {person.id} was reached under another version",
            "screen again under the version in force",
        )
    age = (moment(c.now) - moment(found.at)).total_seconds() / 86_400
    if age > c.view.verdict_days:
        return Refusal(
            "verdict",
            f"the verdict on {person.id} is {age:.0f} days old; it holds for {c.view.verdict_days:g}",
            "screen again",
        )
    return None


@gate("hold", mend="wait until those whom the programme names have lifted it")
def hold(c: Context) -> Refusal | None:
    """No hold stands in the way, and no stopping rule is crossed that would place one."""
    kind = c.command.hold
    for held in c.state.holds.values():
        if held.lifted_at is None and kind in held.blocks and _touches(c, held.scope, held.target):
            return Refusal(
                "hold",
                f"hold {held.id} ({held.hold}) stands since {held.at[:10]}",
                "it is lifted by those whom the programme names",
                hold=held.id,
            )
    view = c.view
    if view is not None:
        for crossing in safety.crossed(c.state):
            declared = view.holds.get(crossing.hold)
            if (
                declared is not None
                and kind in declared.blocks
                and _touches(c, declared.scope, crossing.target)
            ):
                return Refusal(
                    "hold",
                    f"the stopping rule {crossing.rule} is crossed",
                    "place the hold; the safety board decides",
                )
    return None


def _touches(c: Context, scope: str, target: str) -> bool:
    if scope == "programme":
        return True
    if scope == "site":
        return target in (c.body["site"], "")
    if scope == "participant":
        return c.participant is not None and target == c.participant.id
    kind = c.product.kind if c.product else ""
    if not kind and c.view is not None and c.participant is not None:
        # before there is a container, the product that the person's arm leads to is what a hold on it concerns
        arm = c.view.arm.get(c.participant.arm or "")
        regimen = c.view.regimen.get(arm.regimen) if arm and arm.regimen else None
        kind = regimen.product if regimen else ""
    return target in (kind, c.subject if c.product else kind, "")
