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
        return Refusal(
            "authority",
            f"{actor} does not hold the role {role}",
            "have the role granted, or act in your own role",
        )
    if body["site"] not in sites and "*" not in sites:
        return Refusal(
            "authority",
            f"{actor} is {role} at {', '.join(sites)}, not at {body['site']}",
            "act at your own site",
        )
    if not may(c.view, role, permission):
        return Refusal(
            "authority", f"the role {role} may not {permission}", f"ask somebody whose role may {permission}"
        )
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
            problem = "has no" if until is None else f"has since {until} no longer the"
            return Refusal(
                "training",
                f"{c.body['actor']} {problem} training {name}, which {role} needs",
                f"record the training {name}",
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
        return Refusal("site", f"the site {here} is not open", "open the site first")
    if here == "*" and c.body["role"] != CUSTODIAN:
        return Refusal("site", "only the custodian acts for all sites", "name the site")
    person = c.participant
    # for all sites at once the custodian may do paperwork, and nothing with a product
    everywhere = here == "*" and c.command.subject != "product"
    if person is not None and c.command.own_site and here != person.site and not everywhere:
        return Refusal(
            "site",
            f"{person.id} belongs to {person.site}, not to {here}",
            "transfer the participant, or act at their site",
        )
    return None


@gate("clock", mend="correct the clock, or say why it is entered late")
def clock(c: Context) -> Refusal | None:
    """Times are possible: not ahead of the record, live things live, late entries with a reason."""
    body = c.body
    at, recorded = body["at"], body["recorded"]
    last = c.state.recorded
    if recorded < last and (moment(last) - moment(recorded)).total_seconds() > AHEAD_SECONDS:
        return Refusal(
            "clock",
            f"the record's own clock ({recorded}) is behind its last event ({last})",
            "set the server's clock",
        )
    if at == recorded:
        return None
    lag = (moment(recorded) - moment(at)).total_seconds()
    if lag < -AHEAD_SECONDS:
        return Refusal("clock", f"{at} is {-lag:.0f} s ahead of the record", "set the device's clock")
    if body["source"] != "online":
        return None
    if c.command.live and lag > LIVE_SECONDS:
        return Refusal("clock", f"{c.verb} is recorded as it happens; {at} is {lag:.0f} s ago",
                       "record what really happened as a deviation, or use a capsule offline")  # fmt: skip
    if lag > LATE_SECONDS and not body["reason"]:
        return Refusal(
            "clock", f"{at} is more than a day ago, and no reason is given", "say why it is entered late"
        )
    return None


@gate("programme", mend="reload under the version in force, and migrate the participant first")
def programme(c: Context) -> Refusal | None:
    """The command was made under the version in force, and the participant has been brought to it."""
    version = c.body["programme"]
    if version != c.state.programme:
        return Refusal("programme", f"this was made under {version[:12] or 'no version'}; {c.state.programme[:12]} is in force",
                       "reload, and judge again under the version in force")  # fmt: skip
    person = c.participant
    if person is not None and c.command.current_version and person.programme != c.state.programme:
        return Refusal(
            "programme",
            f"{person.id} has not been brought to the version in force",
            "migrate the participant first",
        )
    return None


@gate("reason", mend="say why")
def reason(c: Context) -> Refusal | None:
    """A reason, where the command asks for one."""
    if c.command.reason and len((c.body["reason"] or "").strip()) < 3:
        return Refusal("reason", f"{c.verb} needs a reason", "say why")
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
            return Refusal(
                "signature",
                f"the signature of {entry['signer']} is void: it covers something else",
                "sign again what is shown",
            )
        if entry["method"] not in METHODS:
            return Refusal(
                "signature", f"{entry['method']!r} is no way to sign", f"use one of {', '.join(METHODS)}"
            )
        if entry["method"] == "scripted" and c.view is not None and c.view.status != "demonstration":
            return Refusal(
                "signature", "a script cannot sign in a live programme", "sign with your own means"
            )
        person = c.state.persons.get(entry["signer"])
        if person is None or entry["role"] not in person.roles:
            return Refusal(
                "signature",
                f"{entry['signer']} does not hold the role {entry['role']}",
                "sign in your own role",
            )
        own = own or (
            entry["signer"] == c.body["actor"]
            and entry["role"] == c.body["role"]
            and entry["meaning"] == meaning
        )
    if meaning is not None and not own:
        return Refusal(
            "signature",
            f"{c.verb} needs the signature ({meaning}) of {c.body['actor']}",
            "sign with your own means",
        )
    return None


@gate("capsule", mend="issue a capsule for the participant before going offline")
def capsule(c: Context) -> Refusal | None:
    """What comes from offline work comes from a capsule that covers it, signed by the device that held it."""
    source = c.body["source"]
    if source == "online":
        return None
    held = c.state.capsules.get(source.partition(":")[2])
    if held is None or not source.startswith("capsule:"):
        return Refusal(
            "capsule", f"{source!r} is no capsule of this record", "issue a capsule before going offline"
        )
    if held.returned:
        return Refusal("capsule", f"capsule {held.id} was already returned", "a capsule returns once")
    if not held.issued_at <= c.at <= held.until:
        return Refusal(
            "capsule",
            f"{c.at} is outside capsule {held.id} ({held.issued_at} to {held.until})",
            "come online for a new capsule",
        )
    if not c.command.offline:
        return Refusal("capsule", f"{c.verb} is not done offline", "come online first")
    if c.participant is None or c.participant.id not in held.participants:
        return Refusal(
            "capsule", f"capsule {held.id} is not for this participant", "issue a capsule for the participant"
        )
    device = next((entry for entry in c.body["signatures"] if entry["meaning"] == "device"), None)
    if device is None or not device_signed(held.device, c.body, device):
        return Refusal(
            "capsule",
            f"the event is not signed by the device of capsule {held.id}",
            "bring the capsule's own file",
        )
    return None


@gate("unique", mend="choose a new identifier", says="which of the identifiers that it gives are taken")
def unique(c: Context) -> Refusal | None:
    """A new identifier was never used before, for anything of its kind."""
    taken = c.command.says["unique"](c)
    if taken:
        return Refusal(
            "unique",
            f"{', '.join(taken)} is already in this record",
            "an identifier is given once: choose a new one",
        )
    return None
