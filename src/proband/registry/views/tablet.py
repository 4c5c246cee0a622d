"""A tablet at the bed that goes on without a network: handed out by a custodian, used by people with passkeys, taken back with what it queued.

The tablet judges nothing: it is handed the gates' own answers (:mod:`proband.record.foretold`), and everything that it brings is judged by the record.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from proband.record import COMMANDS, Command, Record, RecordError, State
from proband.record.capsule import issue, reconcile
from proband.record.declare.form import FieldFault, FormError
from proband.record.events import SCHEMA_VERSION, stamp
from proband.record.foretold import MOST, foretold, who_checks
from proband.record.keys import fingerprint
from proband.record.seeing import EVERYWHERE
from proband.registry.acting import check_authority
from proband.registry.guarding import status_of, told, with_live_script
from proband.registry.opened import record
from proband.registry.passkey_offers import asked_for, origin_of, passkey_here
from proband.registry.views.bedside import persons_asked, plain_script
from proband.registry.views.shown import looked_at, me

ISSUE, RETURN = "capsule.issue", "capsule.return"
#: in which role, and where: the only one who hands out what leaves the record
ROLE = "custodian"
#: so many hours a tablet is out at most, and where nothing is said (design choices: two shifts, one shift)
LONGEST, USUAL = 24, 8
#: more than any queue of one shift has, in bytes
_LARGEST = 900_000


def page(request: HttpRequest) -> HttpResponse:
    """The whole of it: it is kept on the device, and so holds nothing of anybody."""
    kept = record()
    with kept.reading() as state:
        sites = sorted(state.sites)
    return with_live_script(
        render(request, "registry/tablet.html", {"sites": sites, "usual": USUAL, "longest": LONGEST})
    )


@require_POST
def hand_out(request: HttpRequest) -> HttpResponse:
    """Hand a capsule out to the device that asks, with the answers of the gates for everybody in it.

    The log says first that it is out; what the device is told comes after.
    """
    kept = record()
    person = me(request, kept)
    try:
        with kept.reading() as state:
            check_authority(state, COMMANDS[ISSUE], person.id, ROLE, EVERYWHERE, "", kept.clock())
            site, people, hours = _asked(request, state)
        device = request.POST.get("device", "")
        until = stamp(kept.clock() + timedelta(hours=hours))
        name = f"TABLET-{uuid.uuid4().hex[:12].upper()}"
        data = {"device": device, "participants": people, "until": until}
        made = issue(kept, Command(ISSUE, name, data, person.id, ROLE, EVERYWHERE))
        looked_at(request, "tablet", name)
        return JsonResponse(_handed(kept, request, made.id, site, device))
    except FormError as error:
        faults = [{"field": one.field, "problem": one.problem, "mend": one.mend} for one in error.faults]
        return JsonResponse({"faults": faults}, status=422)
    except RecordError as error:
        return JsonResponse(told(error), status=status_of(error))


def _asked(request: HttpRequest, state: State) -> tuple[str, list[str], int]:
    site, hours = request.POST.get("site", ""), request.POST.get("hours", "")
    people = list(dict.fromkeys(request.POST.get("participants", "").split()))
    faults = []
    if site not in state.sites:
        faults.append(FieldFault("site", "is no site of this record", "choose one"))
    unknown = [one for one in people if one not in state.participants or state.participants[one].site != site]
    if not people or len(people) > MOST or unknown:
        problem = (
            f"{', '.join(unknown)} is nobody of this site"
            if unknown
            else f"are {len(people)}, of 1 to {MOST}"
        )
        faults.append(FieldFault("participants", problem, "name those who may be treated there, one a line"))
    if not (hours.isascii() and hours.isdecimal() and len(hours) <= 2 and 1 <= int(hours) <= LONGEST):
        faults.append(FieldFault("hours", f"is not from 1 to {LONGEST}", "say for how many hours"))
    if faults:
        raise FormError(ISSUE, faults)
    return site, people, int(hours)


def _handed(kept: Record, request: HttpRequest, capsule: str, site: str, device: str) -> dict[str, Any]:
    """What the device keeps: whose log it is, who may sign, and what the gates say."""
    with kept.reading() as state:
        checks = who_checks(state, capsule, site)
        signers = []
        for person, role in checks:
            key = passkey_here(state, person, origin_of(request))
            if key is not None:
                asked = asked_for(b"", [key])
                signers.append({"signer": person, "role": role, "name": key.name, "key": key.id, "algorithm": key.algorithm,
                                "credentials": asked.credentials, "party": asked.party})  # fmt: skip
        answers = foretold(state, capsule, site, checks[0]) if checks else []
        held = state.capsules[capsule]
        return {
            "version": SCHEMA_VERSION, "study": kept.study, "instance": state.instance, "programme": state.programme, "capsule": capsule, "site": site,
            "device": fingerprint(bytes.fromhex(device)), "issued": held.early, "until": held.until, "last": state.recorded,
            "persons": persons_asked(state) or max((one.bedside_persons for one in state.view.regimens), default=2) if state.view else 2,
            "signers": signers, "answers": [one.as_dict() for one in answers],
        }  # fmt: skip


@require_POST
def take_back(request: HttpRequest) -> HttpResponse:
    """Take back what a device queued: every event is judged again, what stands is in the log, what does not is kept and shown beside what is known."""
    kept = record()
    person = me(request, kept)
    with kept.reading() as state:
        check_authority(state, COMMANDS[RETURN], person.id, ROLE, EVERYWHERE, "", kept.clock())
    content = request.POST.get("queue", "")[:_LARGEST].encode()
    name = request.POST.get("capsule", "")[:64]
    try:
        done = reconcile(kept, content, Command(RETURN, name, {}, person.id, ROLE, EVERYWHERE))
    except RecordError as error:
        if error.code == "record.capsule.returned":
            # the answer was lost on its way: the device may forget, since all of it is here
            return render(request, "registry/tablet_back.html", {"again": True})
        return JsonResponse(told(error), status=status_of(error))
    accepted = []
    for seq in done.accepted:
        event = kept.event(seq)
        if event is not None:
            accepted.append(
                {
                    "seq": seq,
                    "subject": event.body["subject"],
                    "data": event.body["data"],
                    "at": event.body["at"],
                }
            )
    conflicts = [one | {"known": _known(kept, str(one["subject"]))} for one in done.conflicts]
    looked_at(request, "tablet-back", name)
    return render(request, "registry/tablet_back.html", {
        "accepted": accepted, "conflicts": conflicts, "seconds": round(done.clock_ms / 1000), "seq": done.receipt.seq,
    })  # fmt: skip


def _known(kept: Record, subject: str) -> dict[str, Any]:
    """What the log knows of a container now, to stand beside what the device says."""
    with kept.reading() as state:
        product = state.products.get(subject)
        if product is None:
            return {}
        return {"participant": product.participant, "status": product.status, "given": product.administered_at, "disposed": bool(product.disposed),
                "checked": (product.checked or {}).get("at")}  # fmt: skip


def script(request: HttpRequest) -> HttpResponse:
    """What keeps the answers and the queue on the device, and signs."""
    return plain_script("tablet.js")


def worker(request: HttpRequest) -> HttpResponse:
    """What keeps the page itself on the device."""
    answer = with_live_script(plain_script("worker.js"))
    answer["Cache-Control"] = "no-cache"
    return answer
