"""Slips in names that a programme may choose freely: one that nothing else bears, one letter from one that something else does.

What an activity feeds, what the events of a study are called and which form of the condition a claim is about may be names of the bundle's
own, so nothing lists them all. A slip is told by its neighbour: the same name, but for a letter or two, is known elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import date
from difflib import get_close_matches

from proband.programme.bundle import Programme
from proband.programme.estimand import DECIDING
from proband.programme.lint import declare
from proband.programme.linting import LintFinding
from proband.terms.units import ANALYTES
from proband.terms.yaml12 import KeyPath

#: how alike two names are that are one name with a slip (the ratio of difflib): "age" and "ages", not "new-clot" and "new-cancer"
ALIKE = 0.85
#: events that the tables of a record hold whatever the bundle says
RECORDED = ("consent", "allocation", "collection", "first-dose", "last-dose", "taken-over", "seen", *DECIDING)
Named = tuple[str, KeyPath, str]


@declare("names-alike", "a name that nothing else bears is no slip of one that something else does")
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Names of events, of what activities feed, of forms in claims, and of analytes."""
    yield from _slips(list(_events(programme)), {*RECORDED, *_co_interventions(programme)}, "event")
    yield from _slips(list(_fed(programme)), _measured(programme), "outcome, observable or co-intervention")
    forms = {form.id for form in programme.head.indication.sub_indications}
    yield from _slips(list(_forms_of_claims(programme)), forms, "sub-indication")
    for index, observable in enumerate(programme.eligibility.observables):
        analyte = getattr(observable, "analyte", None)
        if analyte is not None and analyte not in ANALYTES:
            yield LintFinding(
                "eligibility.yaml",
                ("observables", index, "analyte"),
                f"the molar mass of {analyte!r} is not known: mass and amount of substance cannot meet.",
                f"use one of: {', '.join(sorted(ANALYTES))}; or leave analyte out",
                analyte,
            )


def _slips(named: list[Named], known: Collection[str], what: str) -> Iterator[LintFinding]:
    times = Counter(name for _, _, name in named)
    for file, path, name in named:
        if name in known or times[name] > 1:
            continue
        others = sorted({*known, *(other for other in times if other != name)})
        if near := get_close_matches(name, others, n=1, cutoff=ALIKE):
            yield LintFinding(file, path, f"there is no {what} {name!r}.", f"did you mean {near[0]!r}?", name)


def _co_interventions(programme: Programme) -> set[str]:
    return {each.id for each in programme.outcomes.co_interventions}


def _measured(programme: Programme) -> set[str]:
    observables = {id.replace("_", "-") for id in programme.eligibility.by_id}
    return observables | _co_interventions(programme) | {each.id for each in programme.outcomes.outcomes}


def _events(programme: Programme) -> Iterator[Named]:
    for index, outcome in enumerate(programme.outcomes.outcomes):
        if outcome.made and outcome.made.event:
            yield "outcomes.yaml", ("outcomes", index, "made", "event"), outcome.made.event
            for position, name in enumerate(outcome.made.or_events):
                yield "outcomes.yaml", ("outcomes", index, "made", "or_events", position), name
    for index, estimand in enumerate(programme.outcomes.estimands):
        for at, event in enumerate(estimand.intercurrent_events):
            for position, name in enumerate(event.named):
                yield (
                    "outcomes.yaml",
                    ("estimands", index, "intercurrent_events", at, "named", position),
                    name,
                )
        for at, rung in enumerate(estimand.hierarchy):
            if rung.event:
                yield "outcomes.yaml", ("estimands", index, "hierarchy", at, "event"), rung.event
    for index, trial in enumerate(programme.trials.trials if programme.trials else ()):
        for at, course in enumerate(trial.events):
            yield "trials.yaml", ("trials", index, "events", at, "event"), course.event


def _fed(programme: Programme) -> Iterator[Named]:
    for index, activity in enumerate(programme.schedule.activities):
        for position, name in enumerate(activity.measures):
            yield "schedule.yaml", ("activities", index, "measures", position), name


def _forms_of_claims(programme: Programme) -> Iterator[Named]:
    file = programme.claims
    parts: dict[str, list[str | None]] = {
        "claims": [each.sub_indication for each in file.claims],
        "panels": [each.sub_indication for each in file.panels],
        "flows": [each.sub_indication for each in file.flows],
        "forests": [each.sub_indication for each in file.forests],
    }
    for key, forms in parts.items():
        for index, form in enumerate(forms):
            if form:
                yield "claims.yaml", (key, index, "sub_indication"), form
