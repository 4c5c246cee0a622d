"""Pages on which something is done: the list of what one may do, the form of a command, the page on which it is signed, the bedside."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters

from proband.record import COMMANDS, Command, CommandType, Record, RecordError, Refused, State
from proband.record.declare.form import FieldFault, FormError
from proband.record.errands import Carried
from proband.record.events import moment
from proband.record.signatories import SignaturePrompt
from proband.registry.acting import (
    ActingPerson,
    check_authority,
    first_way,
    in_which_roles,
    offered,
)
from proband.registry.doing import (
    PresentSigner,
    command_of,
    done_here,
    done_with,
    keep_waiting,
    send,
    settle,
    signatures,
    signed_at_once,
    waiting,
    with_second,
)
from proband.registry.event_names import address_of, check_no_number, meant, name_of
from proband.registry.forms import as_posted, parts
from proband.registry.guarding import status_of, told, with_script
from proband.registry.opened import record
from proband.registry.passkey_offers import asked_for, origin_of
from proband.registry.reading import NotShown
from proband.registry.served_pages import asked_again, check_not_recorded
from proband.registry.views.bedside import VERB as AT_BED
from proband.registry.views.bedside import at_the_bed, persons_asked, stop
from proband.registry.views.shown import me

#: commands whose refusal fills the screen: somebody stands at a bed with a bag in hand
AT_THE_BED = frozenset({"bedside.verify", "kit.give", "product.administer"})


def index(request: HttpRequest) -> HttpResponse:
    """Everything that one may do, by what it is about."""
    kept = record()
    person = me(request, kept)
    with kept.reading() as state:
        doable = offered(state, person)
    groups: dict[str, list[CommandType]] = {}
    for one in doable:
        groups.setdefault(one.subject, []).append(one)
    return render(request, "registry/do_index.html", {"groups": groups.items()})


@sensitive_post_parameters()
def do(request: HttpRequest, verb: str) -> HttpResponse:
    """The form of a command, and what comes of it."""
    kept, declared = record(), done_here(verb)
    person = me(request, kept)
    posted = request.POST if request.method == "POST" else request.GET
    with kept.reading() as state:
        ways = in_which_roles(state, person, declared)
        role, _, site = posted.get("as", "").partition("@")
        if not role or request.method != "POST":
            role, site = first_way(ways, person)
        check_authority(state, declared, person.id, role, site, posted.get("subject", ""), kept.clock())
    if request.method != "POST":
        return _form(request, kept, declared, person, as_posted(posted) | {
            name: posted.get(name, "") for name in ("subject", "corrects", "reason", "at", "as")
        } | {"key": uuid.uuid4().hex})  # fmt: skip
    try:
        check_no_number(person, posted.get("seen"))
        faults: list[FieldFault] = []
        corrects = meant(kept, person, posted.get("corrects", ""), faults)
        command = command_of(declared, posted, person.id, corrects=corrects, faults=faults)
        if declared.signature is None:
            return _after(request, kept, person, send(kept, command))
        if signed_at_once(declared):
            command.signatures = signatures(request, kept, command, _signers(command, posted))
            return _after(request, kept, person, send(kept, command))
        check_not_recorded(kept, command.key)
        settled, _ = settle(kept, command, origin_of(request))
        keep_waiting(request, settled)
        return redirect("sign", key=settled.key)
    except FormError as error:
        return _form(request, kept, declared, person, posted, error.faults, 422)
    except RecordError as error:
        served = asked_again(kept, person, error, posted.get("key", "").strip())
        if served is not None:
            anew = {**posted.dict(), "key": served[1]}
            return _form(request, kept, declared, person, anew, None, 409, served[0])
        return _form(request, kept, declared, person, posted, None, status_of(error), told(error))


def _signers(command: Command, posted: Mapping[str, str]) -> list[PresentSigner]:
    """The actor, and a second person where one is named."""
    own = PresentSigner(command.actor, command.role, posted.get("password", ""), posted.get("assertion", ""))
    second = {name: posted.get(f"second.{name}", "").strip() for name in ("person", "role", "assertion")}
    if not second["person"]:
        return [own]
    return [own, PresentSigner(**second, password=posted.get("second.password", ""))]


def _form(
    request: HttpRequest, kept: Record, declared: CommandType, person: ActingPerson, posted: Mapping[str, str],
    faults: list[FieldFault] | None = None, status: int = 200, refusal: dict[str, Any] | None = None,
) -> HttpResponse:  # fmt: skip
    made, left = parts(declared, posted, faults or [])
    with kept.reading() as state:
        ways = [f"{role}@{site}" for role, site in in_which_roles(state, person, declared)]
    said = {
        name: posted.get(name, "") for name in ("subject", "corrects", "seen", "reason", "at", "key", "as")
    }
    said["second_person"], said["second_role"] = (
        posted.get("second.person", ""),
        posted.get("second.role", ""),
    )
    return render(request, "registry/do.html", {
        "declared": declared, "parts": made, "left": left, "ways": ways, "said": said, "refusal": refusal,
        "at_fault": {one.field.replace("second.", "second_"): one for one in left}, "names_an_event": declared.names_event,
        "signed_at_once": signed_at_once(declared), "faulty": bool(faults),
    }, status=status)  # fmt: skip


def _after(request: HttpRequest, kept: Record, person: ActingPerson, carried: Carried) -> HttpResponse:
    """The event, or what is told to the one who did it and to nobody else: that page is not kept, and not shown again."""
    at = address_of(kept, person, carried.receipt.seq)
    if carried.told:
        told_once = [(name.replace("_", " "), value) for name, value in carried.told.items()]
        said = {"told": told_once, "seq": carried.receipt.seq, "address": at}
        return render(request, "registry/told.html", said)
    return redirect(at)


@sensitive_post_parameters()
def sign(request: HttpRequest, key: str) -> HttpResponse:
    """What is signed is shown: meaning, content, version, time, and the hash that the keys sign; then the passwords that open the keys."""
    kept = record()
    person = me(request, kept)
    command = waiting(request, key)
    if command is None:
        earlier = kept.store.by_key(kept.study, key)
        if earlier is not None and earlier.body["actor"] == person.id:
            return redirect(address_of(kept, person, earlier.seq))
        raise NotShown("registry.absent", what="a command that waits for your signature")
    declared = COMMANDS[command.verb]
    if request.method != "POST":
        return _to_sign(request, kept, declared, command)
    signers = _signers(command, request.POST)
    try:
        for second in signers[1:]:
            command, open_still = with_second(kept, command, second, origin_of(request))
            if open_still:
                command, _ = settle(kept, command, origin_of(request))
                keep_waiting(request, command)
                return _to_sign(request, kept, declared, command)
        command.signatures = signatures(request, kept, command, signers)
        carried = send(kept, command)
    except FormError as error:
        return _to_sign(request, kept, declared, command, error.faults, 422)
    except Refused as error:
        if declared.verb in AT_THE_BED:
            done_with(request, key)
            return stop(request, kept, command, error)
        return _to_sign(request, kept, declared, command, None, status_of(error), told(error))
    except RecordError as error:
        return _to_sign(request, kept, declared, command, None, status_of(error), told(error))
    done_with(request, key)
    return _after(request, kept, person, carried)


def _to_sign(
    request: HttpRequest, kept: Record, declared: CommandType, command: Command, faults: list[FieldFault] | None = None, status: int = 200,
    refusal: dict[str, Any] | None = None,
) -> HttpResponse:  # fmt: skip
    unsigned = replace(command, signatures=[replace(one, value=None, by=None) for one in command.signatures])
    settled, prompts = settle(kept, unsigned, origin_of(request))
    said = {name: request.POST.get(f"second.{name}", "") for name in ("person", "role", "assertion")}
    with kept.reading() as state:
        view = state.programmes.get(prompts[0].programme)
        asked = [_passkey_asked(state, prompt) for prompt in prompts]
        persons = persons_asked(state) if declared.verb == AT_BED else None
    mine, others = prompts[0], asked[1:]
    answer = render(request, "registry/sign.html", {
        "declared": declared, "command": settled, "hash": mine.shown, "corrects": name_of(kept, me(request, kept), settled.corrects) if settled.corrects else "", "version": view.version if view else "",
        "rows": list(_readable(kept.texts.revealed(settled.data)).items()), "reason": kept.texts.revealed(settled.reason), "meaning": declared.signature,
        "local": _local(str(settled.at), str(settled.offset)), "second": said, "assertion": request.POST.get("assertion", ""),
        "at_fault": {one.field.replace("second.", "second_"): one for one in faults or []}, "refusal": refusal, "mine": mine.block,
        "bytes": json.dumps(_readable(settled.data), indent=2, ensure_ascii=False), "bed": declared.verb in AT_THE_BED,
        "persons": persons, "passkey": asked[0], "second_passkey": others[0] if others else None, "here": origin_of(request),
    }, status=status)  # fmt: skip
    if declared.verb in AT_THE_BED:
        return at_the_bed(answer)
    return with_script(answer) if any(asked) else answer


def _readable(data: Mapping[str, Any]) -> dict[str, Any]:
    """What is shown of the data: a file that was handed over by its name, which is its hash, and not by where it lies on the machine."""
    return {name: Path(str(value)).name if name == "file" else value for name, value in data.items()}


def _passkey_asked(state: State, prompt: SignaturePrompt) -> dict[str, Any] | None:
    """What the page asks a passkey for; ``None`` where it is no passkey that signs."""
    if prompt.signature.method != "passkey":
        return None
    key = state.keys[str(prompt.signature.key)]
    return {"asked": asked_for(prompt.challenge, [key]), "key": key.id, "origins": key.origins}


def _local(at: str, offset: str) -> str:
    there = datetime.strptime(offset.replace(":", ""), "%z").tzinfo
    return moment(at).astimezone(there).strftime("%Y-%m-%d %H:%M:%S") + f" ({offset})"
