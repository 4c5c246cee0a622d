"""Gates on conduct: who acts, with which training, where, when, under which version, with which reason and signature."""

from __future__ import annotations

from proband.record.declare.command import Context
from proband.record.declare.gate import CUSTODIAN, gate, may
from proband.record.errors import Refusal
from proband.record.events import moment
from proband.record.signatures import METHODS, device_signed, shown

#: a device may be this much ahead of the record (design choice: clocks kept by NTP differ by less)
AHEAD_SECONDS = 120
#: what happens live may be recorded this much later (design choice)
LIVE_SECONDS = 900
#: anything recorded later than this needs a reason (design choice)
LATE_SECONDS = 86_400


@gate("authority", mend="act in your own role at your own site, or have the role granted")
def authority(c: Context) -> Refusal | None:
    """The actor holds the role here, and the role may do this under the version in force."""
    body = c.body
    actor, role, permission = body["actor"], body["role"], c.command.permission
    person = c.state.persons.get(actor)
    sites = person.roles.get(role) if person else None
    if not sites:
        return Refusal("gate.authority.role", actor=actor, role=role)
    if body["site"] not in sites and "*" not in sites:
        return Refusal("gate.authority.site", actor=actor, role=role, sites=sites, site=body["site"])
    if not may(c.view, role, permission):
        return Refusal("gate.authority.permission", role=role, permission=permission)
    return None


@gate("training", mend="record the training")
def training(c: Context) -> Refusal | None:
    """Every training that the programme asks of the role, not run out on the day."""
    role = c.body["role"]
    if role == CUSTODIAN or c.view is None:
        return None
    needed = c.view.trainings.get(role)
    if not needed:
        return None
    person = c.state.persons.get(c.body["actor"])
    held = person.trainings if person else {}
    for name in needed:
        until = held.get(name)
        if until is None or until < c.day:
            if until is None:
                return Refusal("gate.training.missing", actor=c.body["actor"], training=name, role=role)
            return Refusal(
                "gate.training.expired", actor=c.body["actor"], until=until, training=name, role=role
            )
    return None


@gate("site", mend="open the site, act at the participant's site, or transfer the participant")
def site(c: Context) -> Refusal | None:
    """The site is open, and the participant is one of this site's."""
    here = c.body["site"]
    if c.command.subject == "site" and c.subject not in c.state.sites:
        # a site that is being opened is not open yet
        return None
    place = c.state.sites.get(here)
    if here != "*" and (place is None or not place.open):
        return Refusal("gate.site.closed", site=here)
    if here == "*" and c.body["role"] != CUSTODIAN:
        return Refusal("gate.site.all")
    person = c.participant
    # for all sites at once the custodian may do paperwork, and nothing with a product
    everywhere = here == "*" and c.command.subject != "product"
    if person is not None and c.command.own_site and here != person.site and not everywhere:
        return Refusal("gate.site.other", person=person.id, own=person.site, site=here)
    return None


@gate("clock", mend="correct the clock, or say why it is entered late")
def clock(c: Context) -> Refusal | None:
    """Times are possible: not ahead of the record, live things live, late entries with a reason."""
    body = c.body
    at, recorded = body["at"], body["recorded"]
    last = c.state.recorded
    if recorded < last and (moment(last) - moment(recorded)).total_seconds() > AHEAD_SECONDS:
        return Refusal("gate.clock.record", recorded=recorded, last=last)
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
    if version != c.state.programme:
        return Refusal("gate.programme.version", version=version[:12], programme=c.state.programme[:12])  # fmt: skip
    person = c.participant
    if person is not None and c.command.current_version and person.programme != c.state.programme:
        return Refusal("gate.programme.migration", person=person.id)
    return None


@gate("reason", mend="say why")
def reason(c: Context) -> Refusal | None:
    """A reason, where the command asks for one."""
    if c.command.reason and len((c.body["reason"] or "").strip()) < 3:
        return Refusal("gate.reason.missing", verb=c.verb)
    return None


@gate("signature", mend="sign with your own means what is shown")
def signature(c: Context) -> Refusal | None:
    """The actor's signature with the right meaning over exactly this, and no signature that does not cover it."""
    meaning = c.command.signature
    signatures = c.body["signatures"]
    if meaning is None and not signatures:
        return None
    seen = shown(c.body)
    own = False
    for entry in signatures:
        if entry["meaning"] == "device":
            continue
        if entry["shown"] != seen:
            return Refusal("gate.signature.void", signer=entry["signer"])
        if entry["method"] not in METHODS:
            return Refusal("gate.signature.method", method=entry["method"], methods=list(METHODS))
        if entry["method"] == "scripted" and c.view is not None and c.view.status != "demonstration":
            return Refusal("gate.signature.script")
        person = c.state.persons.get(entry["signer"])
        if person is None or entry["role"] not in person.roles:
            return Refusal("gate.signature.role", signer=entry["signer"], role=entry["role"])
        own = own or (
            entry["signer"] == c.body["actor"]
            and entry["role"] == c.body["role"]
            and entry["meaning"] == meaning
        )
    if meaning is not None and not own:
        return Refusal("gate.signature.missing", verb=c.verb, meaning=meaning, actor=c.body["actor"])
    return None


@gate("capsule", mend="issue a capsule for the participant before going offline")
def capsule(c: Context) -> Refusal | None:
    """What comes from offline work comes from a capsule that covers it, signed by the device that held it."""
    source = c.body["source"]
    if source == "online":
        return None
    held = c.state.capsules.get(source.partition(":")[2])
    if held is None or not source.startswith("capsule:"):
        return Refusal("gate.capsule.unknown", source=source)
    if held.returned:
        return Refusal("gate.capsule.returned", capsule=held.id)
    if not held.issued_at <= c.at <= held.until:
        return Refusal(
            "gate.capsule.outside", at=c.at, capsule=held.id, issued_at=held.issued_at, until=held.until
        )
    if not c.command.offline:
        return Refusal("gate.capsule.online", verb=c.verb)
    if c.participant is None or c.participant.id not in held.participants:
        return Refusal("gate.capsule.participant", capsule=held.id)
    device = next((entry for entry in c.body["signatures"] if entry["meaning"] == "device"), None)
    if device is None or not device_signed(held.device, c.body, device):
        return Refusal("gate.capsule.device", capsule=held.id)
    return None


@gate("unique", mend="choose a new identifier", says="which of the identifiers that it gives are taken")
def unique(c: Context) -> Refusal | None:
    """A new identifier was never used before, for anything of its kind."""
    taken = c.command.says["unique"](c)
    if taken:
        return Refusal("gate.unique.taken", taken=taken)
    return None
