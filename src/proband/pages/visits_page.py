"""The days and the years of somebody who takes part, as the plan has them: what is taken and given, the day of it, every visit to the last.

Everything comes from the bundle's schedule, arms and products. No amount and nothing of the making stands here: those are for the laboratory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from proband.pages.catalogue import Catalogue
from proband.pages.charts import Chart
from proband.pages.charts.steps import LineStep, steps
from proband.pages.declaration import ProgrammeInputs, page_of_programme
from proband.pages.markup import Voice
from proband.pages.rendering import Page
from proband.pages.wording import TIMES, number
from proband.programme import Programme
from proband.programme.design import Arm
from proband.programme.schedule import OwnAnchor, Visit
from proband.terms import Quantity, convert

#: the events from which visits are counted, in words for a family
ANCHORS = {
    "referral": "you were sent to the team",
    "screening": "it was first asked whether you fit",
    "consent": "you said yes",
    "enrolment": "you joined",
    "allocation": "your group was set",
    "collection": "cells were taken",
    "manufacture": "it was made",
    "release": "it was set free for use",
    "first-dose": "it was first given",
    "last-dose": "it was last given",
    "birth": "you were born",
    "diagnosis": "the illness was named",
    "onset": "the illness began",
    "relapse": "the illness came back",
}
#: units of a schedule by the name under which lengths of time are counted out loud
UNITS = {"d": "days", "wk": "weeks", "mo": "months", "a": "years"}
#: ways in that have a plain name; the others are called as the plan calls them
ROUTE_WORDS = {
    "oral": "by mouth",
    "intravenous": "into a vein",
    "intramuscular": "into a muscle",
    "subcutaneous": "under the skin",
    "intrathecal": "into the fluid around the nerves of the back",
    "inhalation": "breathed in",
}
#: days that families count as years: schedules write 365 days for one
_YEAR = 365.0
#: who gives what a product is made from
TAKEN = {
    "autologous-cells": "Taken from the person who takes part",
    "allogeneic-cells": "Taken from somebody else, who gives it",
}


@dataclass(frozen=True, slots=True)
class ArmCourse:
    """One arm: what is taken and given (nothing where ordinary care is compared), the day of it, and every visit with what is done at it."""

    arm: Arm
    way: Chart | None
    day: Chart | None
    years: Chart
    visits: tuple[tuple[str, str, tuple[str, ...]], ...]


def courses(programme: Programme, catalogue: Catalogue) -> list[ArmCourse]:
    """The arms of a programme in its own order, those that are given something first."""
    found = []
    for arm in sorted(programme.head.arms, key=lambda arm: arm.regimen is None):
        mine = [visit for visit in programme.schedule.visits if not visit.arms or arm.id in visit.arms]
        visits = tuple(
            (
                catalogue.text(visit.name),
                when(visit, programme, catalogue),
                tuple(_done(visit, arm, programme, catalogue)),
            )
            for visit in mine
        )
        if not visits:
            continue
        title = catalogue.text("From the first visit to the last")
        line = [LineStep(name, told) for name, told, _ in visits]
        found.append(
            ArmCourse(
                arm,
                _way(arm, programme, catalogue),
                _day(arm, mine, programme, catalogue),
                steps(f"years-{arm.id}", title, line),
                visits,
            )
        )
    return found


def when(visit: Visit, programme: Programme, catalogue: Catalogue) -> str:
    """When a visit is, in words: the day itself, or so long before or after it, and how often it comes again."""
    own, length = (
        _own(visit.anchor, programme),
        Quantity(value=abs(visit.offset.value), unit=visit.offset.unit),
    )
    what = catalogue.text(own or ANCHORS[visit.anchor])
    time = said(length, catalogue)
    if not visit.offset.value:
        told = catalogue.text("on this day: %(what)s" if own else "on the day when %(what)s", what=what)
    elif visit.offset.value < 0:
        told = catalogue.text(
            "%(time)s before this: %(what)s" if own else "%(time)s before the day when %(what)s",
            time=time,
            what=what,
        )
    else:
        told = catalogue.text(
            "%(time)s after this: %(what)s" if own else "%(time)s after the day when %(what)s",
            time=time,
            what=what,
        )
    if visit.repeats is None:
        return told
    again = catalogue.text("then again after each further %(time)s", time=said(visit.repeats, catalogue))
    return f"{told}, {again}"


def said(length: Quantity, catalogue: Catalogue) -> str:
    """A length of time as people count it."""
    value, unit = _counted(length)
    written = catalogue.figure(number(value))
    if unit not in UNITS:
        return catalogue.counted("%(n)s hour", "%(n)s hours", value, n=written)
    one, many = TIMES[UNITS[unit]]
    return catalogue.counted(one, many, value, n=written)


def _counted(length: Quantity) -> tuple[float, str]:
    """Whole years of 365 days as years, and whole weeks as weeks from two on; everything else as it is written, or as hours."""
    value, unit = length.value, length.unit
    if unit not in UNITS and unit != "h":
        return convert(value, unit, "h"), "h"
    if unit == "d" and value >= _YEAR and not value % _YEAR:
        return value / _YEAR, "a"
    if unit == "d" and value >= 14 and not value % 7:
        return value / 7, "wk"
    return value, unit


def _own(anchor: str, programme: Programme) -> str | None:
    """What an event of the programme's own is, in its words; nothing for one that every record knows."""
    own = programme.schedule.anchors.get(anchor)
    return own.what if isinstance(own, OwnAnchor) else own


def _done(visit: Visit, arm: Arm, programme: Programme, catalogue: Catalogue) -> Iterator[str]:
    activities = {activity.id: activity for activity in programme.schedule.activities}
    for id in visit.activities:
        asked_of = activities[id].arms
        if not asked_of or arm.id in asked_of:
            yield catalogue.text(activities[id].name)


def _way(arm: Arm, programme: Programme, catalogue: Catalogue) -> Chart | None:
    """What is taken, and what is given by which way; nothing of how it is made."""
    if arm.regimen is None:
        return None
    regimen = next(each for each in programme.regimens.values() if each.id == arm.regimen)
    product = programme.products[regimen.product]
    line = []
    if product.kind in TAKEN:
        line += [
            LineStep(catalogue.text(TAKEN[product.kind]), catalogue.text(product.source_material), full=True),
            LineStep(catalogue.text("Made ready and tested in a laboratory")),
        ]
    route = regimen.route.value
    route = catalogue.text(ROUTE_WORDS.get(route, route.replace("-", " ")))
    line.append(
        LineStep(catalogue.text("Given"), catalogue.text("the way in: %(route)s", route=route), full=True)
    )
    return steps(f"way-{arm.id}", catalogue.text("What is taken and what is given"), line)


def _day(arm: Arm, visits: list[Visit], programme: Programme, catalogue: Catalogue) -> Chart | None:
    """What is done on the day on which it is first given."""
    if arm.regimen is None:
        return None
    first = next((each for each in visits if each.anchor == "first-dose" and not each.offset.value), None)
    if first is None:
        return None
    done = [LineStep(name) for name in _done(first, arm, programme, catalogue)]
    return (
        steps(f"day-{arm.id}", catalogue.text("The day on which it is first given"), done) if done else None
    )


@page_of_programme("visits", "The days and the years")
def declared(made: ProgrammeInputs) -> Page | None:
    """The page, for every programme."""
    found = courses(made.programme, made.catalogue)
    if not found:
        return None
    follow_up = made.programme.schedule.long_term_follow_up
    return made.page(
        "visits", "visits.html.j2", made.catalogue.text("The days and the years"),
        made.catalogue.text("This is the plan for each group, and no promise. What it was like for people stands on the programme's own page."),
        voice=Voice(made.ledger, made.catalogue), courses=found, source=made.programme.schedule.source or made.programme.head.source or "",
        watched=said(follow_up.duration, made.catalogue),
    )  # fmt: skip
