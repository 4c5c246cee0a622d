"""Files dropped on a person or a programme: what was read, what was not, what disagrees; accepted row by row, and then sent through the gates."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from proband.exchange.intake import Intake, carry_out, intake, not_read
from proband.facts.observation import Observation
from proband.record import COMMANDS, Record
from proband.registry.acting import check_authority, first_way, in_which_roles
from proband.registry.deployment import DROPPED_BYTES, DROPPED_FILES
from proband.registry.dropped_files import (
    ENDINGS,
    KEPT_SECONDS,
    DropFault,
    Dropped,
    forget,
    keep,
    kept_for,
    read_dropped,
)
from proband.registry.guarding import status_of, told
from proband.registry.models import ReadFrom
from proband.registry.opened import record
from proband.registry.reading import NotShown, known_participants
from proband.registry.views.shown import looked_at, me
from proband.terms import ProbandError

#: rows on the page at most; what is beyond them is counted, and not accepted by itself
MOST_ROWS = 400
#: lines of what was not read, and of what disagrees, on the page at most; all of them are counted
MOST_LINES = 50
SCREEN, RECORD = "participant.screen", "outcome.record"


@dataclass(frozen=True, slots=True)
class Target:
    """Whom and what some files are for: the participant, their names in the files, the visit whose outcomes they are (else the verdict)."""

    participant: str
    persons: tuple[str, ...]
    visit: str | None

    @property
    def verb(self) -> str:
        """The command that the files become."""
        return RECORD if self.visit else SCREEN


def drop(request: HttpRequest) -> HttpResponse:
    """Drop files: on one participant (``?participant=``), or of many, of whom each is then assigned."""
    kept = record()
    person = me(request, kept)
    refusal, status = None, 200
    if request.method == "POST":
        try:
            mapping = request.FILES.get("mapping")
            files = [*request.FILES.getlist("files"), *([mapping] if mapping else [])]
            found = keep(person.id, files, mapping.name if mapping else None)
        except DropFault as fault:
            refusal, status = told(fault), status_of(fault)
        else:
            looked_at(request, "drop", request.POST.get("participant", "")[:64])
            asked = {
                name: text
                for name in ("participant", "visit")
                if (text := request.POST.get(name, "").strip())
            }
            return redirect(f"{reverse('dropped', kwargs={'token': found.token})}?{urlencode(asked)}")
    return render(request, "registry/drop.html", {
        "participant": request.GET.get("participant") or request.POST.get("participant", ""), "people": known_participants(kept, person),
        "visits": _visits(kept), "refusal": refusal, "endings": ",".join(ENDINGS), "most_files": DROPPED_FILES, "megabytes": DROPPED_BYTES // 1_000_000,
        "minutes": KEPT_SECONDS // 60,
    }, status=status)  # fmt: skip


def _visits(kept: Record) -> list[str]:
    with kept.reading() as state:
        return [one.id for one in state.view.schedule.visits] if state.view is not None else []


def preview(request: HttpRequest, token: str) -> HttpResponse:
    """What the files come to. Nothing is recorded before somebody accepts it, and then only the rows that they left marked."""
    kept = record()
    person = me(request, kept)
    dropped = kept_for(person.id, token)
    said = request.POST if request.method == "POST" else request.GET
    if request.method == "POST" and said.get("do") == "leave":
        forget(token)
        return redirect("home")
    target = _target(said)
    try:
        observations, report = read_dropped(dropped)
        called = {one.subject for one in observations}
        if not target.participant or (not target.persons and called and called != {target.participant}):
            return _whose(request, kept, dropped, observations, target)
        way = _check_may(request, kept, target, said)
        marked = _marked(said, observations) if request.method == "POST" else set(range(len(observations)))
        plan = _planned(kept, target, observations, report, marked)
        if said.get("do") == "accept":
            return _accept(request, kept, dropped, plan, way)
    except NotShown:
        raise
    except ProbandError as error:
        return render(request, "registry/dropped.html", {
            "target": target, "names": dropped.names, "refusal": told(error),
        }, status=status_of(error))  # fmt: skip
    return _shown(request, kept, dropped, target, plan, report, observations, marked, way)


def _target(said: QueryDict) -> Target:
    names = tuple(name for name in said.getlist("person") if name.strip())
    return Target(said.get("participant", "").strip(), names, said.get("visit", "").strip() or None)


def _check_may(request: HttpRequest, kept: Record, target: Target, said: QueryDict) -> tuple[str, str]:
    """The way in which it would be sent: whoever may not do the command, or not there, is shown nothing of the person."""
    person, declared = me(request, kept), COMMANDS[target.verb]
    with kept.reading() as state:
        known = state.participants.get(target.participant)
        if known is not None and not person.sees_site(known.site):
            raise NotShown("registry.site", subject=target.participant)
        ways = in_which_roles(state, person, declared)
        role, _, site = said.get("as", "").partition("@")
        if (role, site) not in ways:
            role, site = next(
                (way for way in ways if known is not None and way[1] == known.site), first_way(ways, person)
            )
        check_authority(state, declared, person.id, role, site, target.participant, kept.clock())
    return role, site


def _marked(said: QueryDict, observations: list[Observation]) -> set[int]:
    places = {
        int(text) for text in said.getlist("row") if text.isascii() and text.isdecimal() and len(text) < 9
    }
    return {place for place in places if place < len(observations)}


def _planned(
    kept: Record, target: Target, observations: list[Observation], report: Any, marked: set[int]
) -> Intake:
    """What the marked rows come to: a row that was left out is lacking, since what it says might be against it."""
    accepted = [one for place, one in enumerate(observations) if place in marked]
    left_out = len(observations) - len(accepted)
    lacking = [f"{left_out} rows were not accepted"] if left_out else []
    with kept.reading() as state:
        return intake(
            state, accepted, target.participant, persons=target.persons, visit=target.visit, today=kept.clock().date(), report=report, lacking=lacking
        )  # fmt: skip


def _whose(
    request: HttpRequest, kept: Record, dropped: Dropped, observations: list[Observation], target: Target
) -> HttpResponse:
    """Files of several people: whom they call what, and whose each is to be."""
    people = known_participants(kept, me(request, kept))
    known = {row["participant"] for row in people}
    found = Counter(one.subject for one in observations)
    rows = [
        {"name": name, "count": count, "same": name if name in known else target.participant}
        for name, count in found.most_common(MOST_ROWS)
    ]
    return render(request, "registry/drop_whose.html", {"token": dropped.token, "rows": rows, "names": dropped.names, "people": people, "visits": _visits(kept)})  # fmt: skip


def _shown(
    request: HttpRequest, kept: Record, dropped: Dropped, target: Target, plan: Intake, report: Any, observations: list[Observation],
    marked: set[int], way: tuple[str, str],
) -> HttpResponse:  # fmt: skip
    # the plan speaks of the person by their pseudonym: rows are found again by their place, in the order in which they were accepted
    accounts = dict(zip(sorted(marked), _in_order(plan, observations, marked, target), strict=False))
    rows = [
        {"place": place, "marked": place in marked, "account": accounts.get(place), "who": one.subject,
         "where": f"{one.origin.file.rpartition('/')[2]} {one.origin.position}" if one.origin else "", "what": _what(one)}
        for place, one in enumerate(observations[:MOST_ROWS])
    ]  # fmt: skip
    person = me(request, kept)
    with kept.reading() as state:
        ways = [f"{role}@{site}" for role, site in in_which_roles(state, person, COMMANDS[target.verb])]
    return render(request, "registry/dropped.html", {
        "target": target, "names": dropped.names, "plan": plan, "rows": rows, "more": max(0, len(observations) - MOST_ROWS),
        "beyond": sorted(place for place in marked if place >= MOST_ROWS), "ignored": report.ignored, "lacking": not_read(report),
        "disagreements": report.disagreements, "most": MOST_LINES, "ways": ways, "way": "@".join(way), "used": len(plan.used), "left": len(plan.left),
    })  # fmt: skip


def _in_order(plan: Intake, observations: list[Observation], marked: set[int], target: Target) -> list[Any]:
    """The accounts in the order of the accepted rows: a plan lists this person's first, then everybody else's."""
    from proband.exchange.intake.persons import own

    accepted = [observations[place] for place in sorted(marked)]
    chosen = set(map(id, own(accepted, target.participant, target.persons)))
    mine = iter(plan.accounts[: len(chosen)])
    others = iter(plan.accounts[len(chosen) :])
    return [next(mine if id(one) in chosen else others, None) for one in accepted]


def _what(one: Observation) -> str:
    from proband.exchange.intake.accounts import Accounted

    return Accounted(one, (), "").what


def _accept(
    request: HttpRequest, kept: Record, dropped: Dropped, plan: Intake, way: tuple[str, str]
) -> HttpResponse:
    role, site = way
    sent = carry_out(kept, plan, actor=request.user.username, role=role, site=site)
    files = [
        {"name": name, "sha256": digest} for name, digest in zip(dropped.names, dropped.hashes, strict=True)
    ]
    places = [
        {
            "system": one.observation.system,
            "code": one.observation.code,
            "where": one.place.rpartition("/")[2],
            "uses": list(one.uses),
        }
        for one in plan.used
    ]
    for one in sent:
        if not one.repeated:
            ReadFrom.objects.create(seq=one.seq, files=files, places=places, person=request.user.username)
    forget(dropped.token)
    return render(request, "registry/accepted.html", {"sent": sent, "plan": plan, "files": files})
