"""At the bed: what is scanned or typed, the check that is signed, and the full stop.

Nothing is judged here. What a field holds is read as a scanner or a hand gives it; what it means for somebody is for the gates of ``bedside.verify``.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from proband.record import COMMANDS, Command, Record, RecordError, Refused, State
from proband.record.declare.form import FieldFault, FormError
from proband.record.identity import is_whole, looks_made
from proband.record.labels import read_scan
from proband.registry.acting import check_authority, first_way, in_which_roles
from proband.registry.doing import command_of, keep_waiting, settle
from proband.registry.guarding import status_of, told, with_camera, with_live_script
from proband.registry.opened import record
from proband.registry.passkey_offers import origin_of
from proband.registry.served_pages import asked_again, check_not_recorded
from proband.registry.views.shown import me

VERB = "bedside.verify"
#: what is scanned or typed, in the order of the work, and what to do where it is missing
FIELDS = {
    "participant": "read it from the order, not from the wristband",
    "wristband": "scan the wristband",
    "bag": "scan the bag",
    "label": "scan the label",
}
#: what a code of a label begins with; no identifier has this sign in it
_CODE = "|"


def bed(request: HttpRequest) -> HttpResponse:
    """The check at the bed, one thing at a time: who is to be treated, the wristband, the bag, its label."""
    kept = record()
    person = me(request, kept)
    declared = COMMANDS[VERB]
    with kept.reading() as state:
        found = in_which_roles(state, person, declared)
        role, site = first_way(found, person)
        check_authority(state, declared, person.id, role, site, "", kept.clock())
        persons = persons_asked(state)
    ways = [f"{role}@{site}" for role, site in found]
    said = {name: seen_signs(request.POST.get(name, "")) for name in (*FIELDS, "as", "key")}
    faults: dict[str, FieldFault] = {}
    refusal, status = None, 200
    if request.method == "POST":
        with kept.reading() as state:
            faults = read_scanned(state, said)
        status = 422
    if request.method == "POST" and not faults:
        posted = {f"f.{name}": said[name] for name in FIELDS}
        try:
            command = command_of(
                declared, posted | {"subject": said["bag"], "as": said["as"], "key": said["key"]}, person.id
            )
            check_not_recorded(kept, command.key)
            settled, _ = settle(kept, command, origin_of(request))
        except FormError as error:
            faults = {one.field.removeprefix("data."): one for one in error.faults}
        except RecordError as error:
            served = asked_again(kept, person, error, said["key"])
            refusal, status = (told(error), status_of(error)) if served is None else (served[0], 409)
            said["key"] = said["key"] if served is None else served[1]
        else:
            keep_waiting(request, settled)
            return redirect("sign", key=settled.key)
    said["key"] = said["key"] or uuid.uuid4().hex
    return with_camera(render(request, "registry/bed.html", {
        "said": said, "ways": ways, "at_fault": faults, "refusal": refusal, "persons": persons,
        "other_faults": [one for name, one in faults.items() if name not in FIELDS],
    }, status=status))  # fmt: skip


def seen_signs(text: str) -> str:
    """What was scanned, without the signs that nobody sees: some printers fill a code up with them, some scanners begin with one."""
    return "".join(sign for sign in text if sign.isprintable()).strip()


def read_scanned(state: State, said: dict[str, str]) -> dict[str, FieldFault]:
    """Read the fields as a scanner or a hand gave them, and tell what cannot be sent yet, by field.

    The code of a label names container and label at once: both are filled in from it, and never over what stands there. An identifier of
    this record that is not known and does not end in its check character was typed wrongly; the code that was scanned before, once more,
    comes from a scanner that sent it twice. Neither is anybody's mismatch, and so neither is sent.
    """
    faults: dict[str, FieldFault] = {}
    for name, other in (("bag", "label"), ("label", "bag")):
        if _CODE not in said[name]:
            continue
        try:
            scan = read_scan(said[name])
        except RecordError as error:
            faults[name] = FieldFault(name, error.message, error.mend)
            continue
        found = {"bag": scan.container, "label": scan.label}
        said[name] = found[name]
        said[other] = said[other] or found[other]
    known: tuple[Mapping[str, object], ...] = (
        state.participants,
        state.participants,
        state.products,
        state.labels,
    )
    for name, before, nouns in zip(FIELDS, ("", "", "wristband", "bag"), known, strict=True):
        value = said[name]
        if not value:
            faults.setdefault(name, FieldFault(name, "is missing", FIELDS[name]))
        elif name in faults or value in nouns:
            continue
        elif before and value == said[before]:
            faults[name] = FieldFault(name, "is what was scanned before it", FIELDS[name])
        elif looks_made(value) and not is_whole(value):
            problem = "does not end in its check character: a sign of it is another one"
            faults[name] = FieldFault(name, problem, "read it again, sign by sign")
    return faults


def persons_asked(state: State) -> int | None:
    """How many people check at the bed; ``None`` where that differs from regimen to regimen, so that the number would tell one."""
    asked = {one.bedside_persons for one in state.view.regimens} if state.view is not None else set()
    return asked.pop() if len(asked) == 1 else None


def at_the_bed(response: HttpResponse) -> HttpResponse:
    """A page that stays where it is when the network is lost, and can be heard: its script may ask this registry, and nobody else."""
    return with_live_script(response)


def stop(request: HttpRequest, kept: Record, command: Command, error: Refused) -> HttpResponse:
    """The full stop: both identifiers, the letters that differ, the gates' own words, three things to do, and no way on."""
    data = command.data
    wristband, bag = (
        str(data.get("wristband", "")),
        str(data.get("bag") or data.get("kit") or command.subject),
    )
    with kept.reading() as state:
        product = state.products.get(bag)
        belongs = product.participant if product is not None else None
    refusal = told(error)
    # who it is for stands first, whatever else is wrong with it
    refusal["reasons"].sort(key=lambda one: not one["code"].startswith("gate.identity."))
    return at_the_bed(render(request, "registry/stop.html", {
        "treated": data.get("participant", ""), "wristband": differing(wristband, str(belongs or wristband)), "bag": bag,
        "belongs": differing(str(belongs), wristband) if belongs else None, "refusal": refusal,
    }, status=409))  # fmt: skip


def differing(one: str, other: str) -> list[tuple[str, bool]]:
    """A text by its letters, each with whether the other text has another one in its place."""
    return [(letter, place >= len(other) or other[place] != letter) for place, letter in enumerate(one)]


def script(request: HttpRequest) -> HttpResponse:
    """What serves scanners and the camera, sounds the stop, and says so when the network is lost; every page works without it."""
    return plain_script("bedside.js")


def code_reader(request: HttpRequest) -> HttpResponse:
    """The library that reads codes (ZXing, as its maintainers ship it): fetched when somebody uses the camera."""
    return plain_script("zxing.js")


def plain_script(name: str) -> HttpResponse:
    """A script as it lies beside this."""
    return HttpResponse(
        _script(name), content_type="text/javascript; charset=utf-8", headers={"Cache-Control": "private, max-age=3600"},
    )  # fmt: skip


@cache
def _script(name: str) -> str:
    return (files("proband.registry") / "assets" / name).read_text(encoding="utf-8")
