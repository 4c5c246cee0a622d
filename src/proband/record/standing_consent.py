"""Whether the consent of somebody stands at a moment: for the gate of what touches the body, and for what is published."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from proband.record.errors import Refusal
from proband.record.events import day_begin, day_end, local_date
from proband.record.identity import look
from proband.record.known import KnownStatement
from proband.record.participant import Participant
from proband.record.programme_view import ProgrammeView, days


def consent_fault(
    view: ProgrammeView | None, person: Participant | None, at: str, day: str
) -> Refusal | None:
    """What is wrong with the consent of somebody at a moment, on its calendar day there; ``None`` where it stands."""
    said = person.true("consent", at) if person else None
    if person is None or said is None or view is None:
        return Refusal("gate.consent.none", person=person.id if person else "")
    given = said.value
    lapsed = person.true("lapse", at)
    # an event that asks for consent anew ends every consent that was given before it
    if lapsed is not None and (lapsed.at, lapsed.seq) > (said.at, said.seq):
        return Refusal("gate.consent.lapsed", person=person.id, why=lapsed.value)
    if not view.consent_stands(given.version, given.language, date.fromisoformat(day)):
        return Refusal("gate.consent.version", person=person.id, version=given.version)
    if given.majority_on and given.majority_on <= day:
        return Refusal("gate.consent.majority", person=person.id, day=given.majority_on)
    able = able_since(person, said, at)
    if able is not None:
        return Refusal("gate.consent.regained", person=person.id, since=able[:10])
    # that somebody else decided by then may have been entered after the consent
    other = given_by_another(said, person.true("guardians", said.at))
    return Refusal("gate.consent.guardian", person=person.id, guardian=other) if other else None


def able_since(person: Participant, said: KnownStatement, at: str) -> str | None:
    """Since when somebody for whom a representative consented can decide for themselves, up to a moment: from then on that consent carries nothing; ``None``: they cannot.

    Nobody represents somebody who was not found unable to decide by then. Who can decide and cannot again later is asked for by another consent.
    """
    if not said.value.represented:
        return None
    found = person.true("capacity", said.at)
    if found is None or found.value != "lacks":
        return said.at
    since = (one.at for one in person.known.get("capacity", ()) if one.until is None and one.value == "has")
    return min((one for one in since if said.at < one <= at), default=None)


def not_a_guardian(named: Iterable[str], decide: KnownStatement | None) -> str | None:
    """The first of some guardians who did not decide, by what was said of who does; ``None`` where all did, or no change was ever said."""
    if decide is None:
        return None
    deciding = set(map(look, decide.value))
    return next((one for one in named if look(one) not in deciding), None)


def given_by_another(said: KnownStatement, decide: KnownStatement | None) -> str | None:
    """Who of those who gave a consent did not decide any more when they did; ``None``: nobody."""
    if decide is None or (decide.at, decide.seq) > (said.at, said.seq):
        return None
    return not_a_guardian(said.value.guardians, decide)


def too_old(
    view: ProgrammeView | None, said: KnownStatement, blocked: str, day: str, offset: str
) -> tuple[int, float] | None:
    """How many days before a day consent was given, and after how many the programme asks for it anew for what is ``blocked``; ``None`` where it is not over."""
    passed = (date.fromisoformat(day) - date.fromisoformat(local_date(said.at, offset))).days
    limits = [
        days(rule.every)
        for rule in (view.consent.reconsent if view is not None else ())
        if rule.event == "interval" and rule.every is not None and blocked in rule.blocks
    ]
    limit = min(limits, default=None)
    return (passed, limit) if limit is not None and passed > limit else None


def too_old_to_collect_again(
    view: ProgrammeView | None, said: KnownStatement, taken: str | None, day: str, offset: str
) -> tuple[int, float] | None:
    """How many days before a day consent was given, and how old it may be, where it does not cover a collection after the one at ``taken``; ``None`` where it does."""
    rules = [
        rule
        for rule in (view.consent.reconsent if view is not None else ())
        if rule.event == "further-collection"
    ]
    if taken is None or not rules or said.at > taken:
        return None
    passed = (date.fromisoformat(day) - date.fromisoformat(local_date(said.at, offset))).days
    limit = min(days(rule.every) if rule.every is not None else 0.0 for rule in rules)
    return (passed, limit) if limit == 0 or passed > limit else None


def data_consent_fault(
    view: ProgrammeView, person: Participant, at: str, day: str, offset: str
) -> Refusal | None:
    """Why what is learnt of somebody on a day is covered by no consent; ``None`` where it is, or where nobody has consented yet."""
    by = min(at, day_end(day_begin(day, offset), offset))
    said = person.true("consent", by)
    if said is None:
        return None
    asked = [rule for rule in view.consent.reconsent if rule.event == "majority"]
    covered = bool(asked) and not any("data" in rule.blocks for rule in asked)
    if said.value.majority_on and said.value.majority_on <= day and not covered:
        return Refusal("gate.data-consent.majority", person=person.id, day=said.value.majority_on)
    lapsed = person.true("lapse-of-data", by)
    if lapsed is not None and (lapsed.at, lapsed.seq) > (said.at, said.seq):
        return Refusal("gate.data-consent.lapsed", person=person.id, why=lapsed.value)
    able = able_since(person, said, by)
    own = [rule for rule in view.consent.reconsent if rule.event == "capacity-regained"]
    if able is not None and (not own or any("data" in rule.blocks for rule in own)):
        return Refusal("gate.consent.regained", person=person.id, since=able[:10])
    other = given_by_another(said, person.true("guardians", said.at))
    if other is not None:
        return Refusal("gate.consent.guardian", person=person.id, guardian=other)
    old = too_old(view, said, "data", day, offset)
    return Refusal("gate.data-consent.interval", person=person.id, days=old[0], every=old[1]) if old else None
