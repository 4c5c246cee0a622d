"""Pages of the audit: search, one event with its bytes, the difference that it made, and whether chain, heads and rules hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from proband.pages.verifier import verifier_page
from proband.record import Record, State, verify_record
from proband.record.audit import trail_backwards
from proband.record.backup import log_line
from proband.record.history import history
from proband.record.paged import browse_values
from proband.record.seeing import EVERYWHERE, sees
from proband.registry.acting import ActingPerson
from proband.registry.event_names import name_of, own_event
from proband.registry.examining import form_of_entry
from proband.registry.models import PageRead, ReadFrom
from proband.registry.opened import record
from proband.registry.reading import NotShown, check_sees, check_sees_all, narrowing
from proband.registry.views.shown import PAGE, kept_as, looked_at, me


def search(request: HttpRequest) -> HttpResponse:
    """Every event that a person may see, the newest first, narrowed by what stands in the address."""
    kept = record()
    person = me(request, kept)
    with kept.reading() as state:
        check_sees(state, person, "")
        said = {
            key: request.GET.get(key, "").strip()
            for key in ("q", "actor", "event", "subject", "since", "until")
        }
    looked_at(request, "audit", said["subject"][:64])
    rows = list(islice(_found(kept, person, said), PAGE + 1))
    return render(request, "registry/audit.html", {
        "rows": rows[:PAGE], "more": len(rows) > PAGE, "most": PAGE, "said": said,
    })  # fmt: skip


def _found(kept: Record, person: ActingPerson, said: dict[str, str]) -> Iterator[dict[str, Any]]:
    """The events that are asked for, the newest first, one after the other: nobody waits for those that are not shown."""
    asked = [
        one
        for one in (
            narrowing(words=said["q"]),
            narrowing(column="actor", value=said["actor"]),
            narrowing(column="event", value=said["event"]),
        )
        if one is not None
    ]
    for row in trail_backwards(kept, said["subject"] or None):
        if (
            (not said["until"] or row["at"][:10] <= said["until"])
            and (not said["since"] or row["at"] >= said["since"])
            and all(one(row) for one in asked)
            and _sees(kept, person, row["subject"])
        ):
            yield row


def _sees(kept: Record, person: ActingPerson, subject: str) -> bool:
    with kept.reading() as state:
        return sees(state, person, subject)


def reads(request: HttpRequest) -> HttpResponse:
    """Who looked at what, the newest first; one's own, and everybody's for whoever works at all sites: that somebody looked at a bag tells an arm."""
    person = me(request, record())
    found = (
        PageRead.objects.all()
        if EVERYWHERE in person.sites and not person.blind
        else PageRead.objects.filter(person=person.id)
    )
    subject = request.GET.get("subject", "").strip()
    found = found.filter(subject=subject) if subject else found
    return render(request, "registry/reads.html", {"reads": found[:PAGE], "subject": subject, "most": PAGE})


def event(request: HttpRequest, seq: int) -> HttpResponse:
    """One event: what it says, its hash, its signatures, its exact bytes; by its number, so that whoever is masked is told of none whether it is there."""
    kept = record()
    person = me(request, kept)
    if person.blind:
        raise NotShown("registry.masked", person=person.id)
    return _event(request, kept, person, seq)


def own(request: HttpRequest, key: str) -> HttpResponse:
    """One event that one sent oneself, by the key of its form."""
    kept = record()
    person = me(request, kept)
    return _event(request, kept, person, own_event(kept, person, key))


def _event(request: HttpRequest, kept: Record, person: ActingPerson, seq: int) -> HttpResponse:
    found = kept.event(seq)
    if found is None:
        raise NotShown("registry.absent", what=f"event {seq}")
    body = found.body
    own = body["actor"] == person.id
    with kept.reading() as state:
        # what one has done oneself one may read again
        if not own:
            check_sees(state, person, "")
            if not sees(state, person, body["subject"]):
                # by its number: whom it is about is not told to whoever counts through them
                raise NotShown("registry.site", subject=f"event {seq}")
        void = state.invalid.get(seq)
        view = state.programmes.get(body["programme"])
        correctable = body["subject"] in state.participants
        examined = form_of_entry(state, body["subject"], seq)
        undone = _changed_after_all(state, seq)
    name = name_of(kept, person, seq)
    # one's own reads are shown again: what stands there of an event is no more than what was told of it here
    looked_at(request, f"event:{name}"[:64], body["subject"])
    corrects = name_of(kept, person, body["corrects"]) if body["corrects"] else ""
    # of a blind person's own event only what they typed: an allocation tells an arm
    data: Any = kept.texts.revealed(body["data"]) if not person.blind else None
    return render(request, "registry/event.html", {
        "seq": seq, "name": name, "corrects": corrects, "body": body, "reason": kept.texts.revealed(body["reason"]), "hash": found.hash.hex(), "void": void, "version": view.version if view else None,
        "data": json.dumps(data, indent=2, ensure_ascii=False) if data is not None else None, "raw": found.raw.decode() if not person.blind else None,
        "undone": undone, "correctable": correctable, "examined": examined if correctable else None,
        "read_from": ReadFrom.objects.filter(seq=seq).first() if not person.blind else None,
    })  # fmt: skip


def _changed_after_all(state: State, seq: int) -> int | None:
    """The event that changed what was locked, or signed as locked, by this one: lock and signatures count no longer."""
    for lock in browse_values(state.locks):
        if lock.voided is not None and seq in (lock.seq, *(one["seq"] for one in lock.signed)):
            return int(lock.voided)
    return None


def differences(request: HttpRequest, subject: str) -> HttpResponse:
    """Old value → new value of each field of a participant or a container, by whom, why, under which version."""
    kept = record()
    person = me(request, kept)
    with kept.reading() as state:
        check_sees(state, person, subject)
    field = request.GET.get("field", "").strip()
    entries = list(history(kept, subject, field or None))
    looked_at(request, "history", subject)
    return render(request, "registry/history.html", {"subject": subject, "field": field, "entries": entries})


def carried_log(request: HttpRequest) -> StreamingHttpResponse:
    """The whole log as it is hashed, to be carried away: pseudonyms and commitments, no text and no key."""
    kept = record()
    person = me(request, kept)
    with kept.reading() as state:
        check_sees_all(state, person, "the whole log")
    looked_at(request, "log")
    lines = (log_line(event) for event in kept.events())
    return StreamingHttpResponse(
        lines, content_type="application/jsonl", headers=kept_as(f"{kept.study}-log.jsonl")
    )


def verifier(request: HttpRequest) -> HttpResponse:
    """The page that checks it, to be kept beside it: it is opened from the disk, and works without us."""
    return HttpResponse(verifier_page(), headers=kept_as("verifier.html"))


@require_POST
def verified(request: HttpRequest) -> HttpResponse:
    """Check the whole log: chain, heads, seals, rules, texts."""
    kept = record()
    person = me(request, kept)
    with kept.reading() as state:
        check_sees(state, person, "")
    # what is checked is signed for as it stands now
    kept.sign_head()
    report = verify_record(settings.PROBAND_RECORD)
    looked_at(request, "verify")
    return render(
        request,
        "registry/verified.html",
        {"report": report, "words": str(report)},
        status=200 if report.ok else 409,
    )
