"""The versions of the programme: who is on which, and many people brought to the one in force, one command and one event each."""

from __future__ import annotations

import uuid
from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from proband.record import COMMANDS, Command, RecordError, State
from proband.record.paged import browse_values
from proband.record.participant import Participant
from proband.registry.acting import ActingPerson, check_authority, first_way, in_which_roles
from proband.registry.doing import send
from proband.registry.guarding import told
from proband.registry.opened import record
from proband.registry.reading import check_sees
from proband.registry.views.shown import looked_at, me

MIGRATE = "participant.migrate"


def versions(request: HttpRequest) -> HttpResponse:
    """Every version with the people on it, as a sum that closes; whoever is ticked is brought to the version in force, by the gates of that command alone."""
    kept = record()
    person = me(request, kept)
    with kept.reading() as state:
        check_sees(state, person, "")
    done = _brought(request, person) if request.method == "POST" else []
    with kept.reading() as state:
        here = [one for one in browse_values(state.participants) if person.sees_site(one.site)]
        ways = [f"{role}@{site}" for role, site in in_which_roles(state, person, COMMANDS[MIGRATE])]
        behind = _behind(state, here)
        rows = [
            {"version": view.version, "hash": name, "in_force": name == state.programme, "amendment": state.amended.get(name), "people": sum(one.programme == name for one in here)}
            for name, view in state.programmes.items()
        ]  # fmt: skip
        unplaced = sum(one.programme not in state.programmes for one in here)
        view, goal = state.view, state.programme
    looked_at(request, "versions")
    refused = sum(one["refusal"] is not None for one in done)
    return render(request, "registry/versions.html", {
        "rows": rows, "total": len(here), "unplaced": unplaced, "behind": behind, "ways": ways, "in_force": view, "goal": goal, "done": done,
        "moved": len(done) - refused, "refused": refused, "key": uuid.uuid4().hex,
    }, status=409 if done and refused == len(done) else 200)  # fmt: skip


def _behind(state: State, here: list[Participant]) -> list[dict[str, Any]]:
    """Who is on another version than the one in force, and has not ended."""
    return [
        {"id": one.id, "site": one.site, "version": state.programmes[one.programme].version if one.programme in state.programmes else "", "hash": one.programme}
        for one in here
        if one.programme != state.programme and not one.ended
    ]  # fmt: skip


def _brought(request: HttpRequest, person: ActingPerson) -> list[dict[str, Any]]:
    """Send the command for each who was ticked: from the version on which the page showed them to the one that it showed as in force.

    Sent again, the same page is the same events: the key of each is that of the page and of the participant.
    """
    kept, posted = record(), request.POST
    declared = COMMANDS[MIGRATE]
    role, _, site = posted.get("as", "").partition("@")
    with kept.reading() as state:
        if not role:
            role, site = first_way(in_which_roles(state, person, declared), person)
        check_authority(state, declared, person.id, role, site, "", kept.clock())
    done: list[dict[str, Any]] = []
    for name in dict.fromkeys(posted.getlist("participant")):
        key = sha256(f"{posted.get('key', '')}:{name}".encode()).hexdigest()[:32]
        data = {"from_programme": posted.get(f"from.{name}", ""), "to_programme": posted.get("to", "")}
        try:
            carried = send(kept, Command(MIGRATE, name, data, person.id, role, site, key=key))
            done.append({"participant": name, "seq": carried.receipt.seq, "refusal": None})
        except RecordError as error:
            done.append({"participant": name, "seq": None, "refusal": told(error)})
    return done
