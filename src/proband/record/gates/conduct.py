"""Gates on conduct: who acts, with which training, where, when, under which version, with which reason and signature."""

from __future__ import annotations

from proband.record.approvals import approval_fault
from proband.record.declare.command import Context
from proband.record.declare.gate import CUSTODIAN, gate, may, moments_of_acting, untrained, works_here
from proband.record.declare.naming import NewNames
from proband.record.errors import Refusal
from proband.record.events import moment
from proband.record.paged import browse_values
from proband.record.state import StudySite

#: a clock may be this much ahead of the record, beside the bounds of an offline event, or beside a signature (design choice: clocks kept by NTP differ by less)
AHEAD_SECONDS = 120
#: what happens live may be recorded this much later (design choice)
LIVE_SECONDS = 900
#: anything recorded later than this needs a reason (design choice)
LATE_SECONDS = 86_400


@gate("authority", mend="act in your own role at your own site, or have the role granted")
def authority(c: Context) -> Refusal | None:
    """The actor holds the role here, and the role may do this under the version in force; whoever else is named works here."""
    body = c.body
    actor, role, permission = body["actor"], body["role"], c.command.permission
    person = c.state.persons.get(actor)
    for at in moments_of_acting(c, role):
        held = person.held(role, at, body["offset"]) if person else None
        if held is None:
            if person is not None and person.held(role) is not None:
                return Refusal("gate.authority.then", actor=actor, role=role, at=at)
            return Refusal("gate.authority.role", actor=actor, role=role)
        if body["site"] not in held.value and "*" not in held.value:
            return Refusal(
                "gate.authority.site", actor=actor, role=role, sites=list(held.value), site=body["site"]
            )
    if not may(c.view, role, permission):
        return Refusal("gate.authority.permission", role=role, permission=permission)
    return _stranger(c)


def _stranger(c: Context) -> Refusal | None:
    """The first whom the data name as a member of staff and who has no role here, with its trainings, on the day."""
    for field in c.command.staff:
        said = c.data.get(field)
        for name in said if isinstance(said, list) else [said] if said is not None else []:
            if not _works_here(c, name):
                return Refusal("gate.authority.staff", field=field, name=name, site=c.body["site"], day=c.day)
    return None


def _works_here(c: Context, name: str) -> bool:
    person = c.state.persons.get(name)
    # who grants roles treats nobody
    return person is not None and any(
        role != CUSTODIAN and works_here(c, person, role, c.at) for role in person.roles_ever()
    )


@gate("training", mend="record the training")
def training(c: Context) -> Refusal | None:
    """Every training that the programme asks of the role, not run out on the day."""
    role = c.body["role"]
    person = c.state.persons.get(c.body["actor"])
    missing = untrained(c, person, role)
    if missing is None:
        return None
    name, until = missing
    if until is None:
        return Refusal("gate.training.missing", actor=c.body["actor"], training=name, role=role)
    return Refusal("gate.training.expired", actor=c.body["actor"], until=until, training=name, role=role)


@gate("site", mend="open the site, act at the participant's site, or transfer the participant")
def site(c: Context) -> Refusal | None:
    """The site is open, and the participant is one of this site's."""
    here = c.body["site"]
    if c.command.subject == "site" and c.subject not in c.state.sites:
        # a site that is being opened is not open yet
        return None
    place = c.state.sites.get(here)
    if here != "*" and (place is None or not (c.command.at_closed_site or _open(c, place))):
        return Refusal("gate.site.closed", site=here)
    if here == "*" and c.body["role"] != CUSTODIAN:
        return Refusal("gate.site.all")
    person = c.participant
    # for all sites at once the custodian may do paperwork, and nothing with a product
    everywhere = here == "*" and c.command.subject != "product"
    own = person.site_at(c.at) if person is not None and c.command.own_site else here
    if person is not None and here != own and not everywhere:
        return Refusal("gate.site.other", person=person.id, own=own, site=here)
    return None


@gate("approval", mend="have it renewed, or approved for this version, and record that of the site")
def approval(c: Context) -> Refusal | None:
    """Ethics approval, authorisation and insurance hold at the site on the day, for the version under which it is done; under a conditional approval the product is authorised there; the use in a single patient is for one person."""
    here = c.participant.site_at(c.at) if c.participant is not None else c.body["site"]
    place = c.state.sites.get(here)
    if place is None or c.view is None:
        # the gate on sites says so
        return None
    fault = approval_fault(c.state, c.view, place, c.version, c.day)
    return fault or (
        _for_somebody_else(c) if c.view.single and c.command.verb == "participant.enrol" else None
    )


def _for_somebody_else(c: Context) -> Refusal | None:
    """The refusal of a second person in a use that is approved for a single patient, whatever has become of the first."""
    # few people stand in the record of one patient: those who were referred
    for other in browse_values(c.state.participants):
        if other.id != c.subject and (other.enrolled_at or "enrolled" in other.historical):
            return Refusal("gate.approval.one-person", person=c.subject, other=other.id)
    return None


def _open(c: Context, place: StudySite) -> bool:
    """Whether a site was open when it happened, and is when it is said."""
    moments = moments_of_acting(c, c.body["role"])
    return all(place.opened(at, c.body["offset"]) is not None for at in moments)


@gate("clock", mend="correct the clock, or say why it is entered late")
def clock(c: Context) -> Refusal | None:
    """Times are possible: not ahead of the record, live things live, late entries with a reason."""
    body = c.body
    at, recorded = body["at"], body["recorded"]
    last = c.state.recorded
    if recorded < last and (moment(last) - moment(recorded)).total_seconds() > AHEAD_SECONDS:
        return Refusal("gate.clock.record", recorded=recorded, last=last)
    place = c.state.sites.get(body["site"])
    if place is not None and place.offsets and body["offset"] not in place.offsets:
        # by another clock on the wall it could be another day
        return Refusal("gate.clock.offset", site=place.id, offset=body["offset"], offsets=list(place.offsets))
    if at == recorded:
        return None
    lag = (moment(recorded) - moment(at)).total_seconds()
    if lag < -AHEAD_SECONDS:
        return Refusal("gate.clock.ahead", at=at, seconds=-lag)
    if body["source"] != "online":
        return None
    if c.command.live and lag > LIVE_SECONDS:
        return Refusal("gate.clock.late", verb=c.verb, at=at, seconds=lag)  # fmt: skip
    if lag > LATE_SECONDS and not body["reason"]:
        return Refusal("gate.clock.unexplained", at=at)
    return None


@gate("programme", mend="reload under the version in force, and migrate the participant first")
def programme(c: Context) -> Refusal | None:
    """The command was made under the version in force, and the participant has been brought to it."""
    version = c.body["programme"]
    if version != c.version:
        return Refusal("gate.programme.version", version=version[:12], programme=c.version[:12])
    person = c.participant
    if person is not None and c.command.current_version and person.programme_at(c.at) != c.version:
        return Refusal("gate.programme.migration", person=person.id)
    return None


@gate("reason", mend="say why")
def reason(c: Context) -> Refusal | None:
    """A reason, where the command asks for one."""
    if c.command.reason and len((c.body["reason"] or "").strip()) < 3:
        return Refusal("gate.reason.missing", verb=c.verb)
    return None


@gate("unique", mend="choose a new identifier", says="which of the identifiers that it gives are taken")
def unique(c: Context) -> Refusal | None:
    """A new identifier was never used before, for anything of its kind, and looks like none that is there."""
    names = c.command.says["unique"]
    taken = names(c)
    if taken:
        return Refusal("gate.unique.taken", taken=taken)
    alike = names.alike(c) if isinstance(names, NewNames) else None
    return Refusal("gate.unique.alike", name=alike[0], known=alike[1]) if alike is not None else None
