"""Sealing a forecast from a browser: the signed file is handed over, read and hashed by the record, and its hashes are signed into the log."""

from __future__ import annotations

import uuid
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from proband.record import COMMANDS, Command, RecordError
from proband.record.permissions import make_folder, write_private
from proband.registry.acting import check_authority, first_way, in_which_roles
from proband.registry.doing import keep_waiting, settle
from proband.registry.guarding import status_of, told
from proband.registry.opened import record
from proband.registry.passkey_offers import origin_of
from proband.registry.served_pages import asked_again, check_not_recorded
from proband.registry.study import LARGEST, SEALS
from proband.registry.views.shown import me
from proband.terms import ProbandError


def seal(request: HttpRequest) -> HttpResponse:
    """Hand a sealed forecast over: it is checked at once, and waits for the signature of whoever seals it."""
    kept, declared = record(), COMMANDS[SEALS]
    person = me(request, kept)
    with kept.reading() as state:
        ways = in_which_roles(state, person, declared)
        role, site = first_way(ways, person)
        chosen = request.POST.get("as", "")
        if chosen:
            role, _, site = chosen.partition("@")
        check_authority(state, declared, person.id, role, site, kept.study, kept.clock())
    refusal, status = None, 200
    handed = request.FILES.get("file")
    key = request.POST.get("key", "").strip() or uuid.uuid4().hex
    if request.method == "POST" and handed is not None and handed.size <= LARGEST:
        path = _held(handed.read())
        command = Command(SEALS, kept.study, {"file": str(path)}, person.id, role, site, key=key)
        try:
            check_not_recorded(kept, key)
            settled, _ = settle(kept, command, origin_of(request))
        except ProbandError as error:
            path.unlink(missing_ok=True)
            served = asked_again(kept, person, error, key) if isinstance(error, RecordError) else None
            refusal, status = (told(error), status_of(error)) if served is None else (served[0], 409)
            key = key if served is None else served[1]
        else:
            keep_waiting(request, settled)
            return redirect("sign", key=settled.key)
    elif request.method == "POST":
        absent = RecordError(
            "record.forecast.file",
            path="the file",
            error=f"none of at most {LARGEST:,} bytes was handed over",
        )
        refusal, status = told(absent), 422
    ways_said = [f"{one}@{place}" for one, place in ways]
    return render(
        request, "registry/forecast.html", {"ways": ways_said, "refusal": refusal, "key": key}, status=status
    )


def _held(content: bytes) -> Path:
    """The file, kept beside the record for the while until it is signed: the record reads it again when it is."""
    folder: Path = settings.PROBAND_RECORD / "registry" / "handed-over"
    make_folder(folder)
    path = folder / f"{sha256(content).hexdigest()}.json"
    write_private(path, content)
    return path
