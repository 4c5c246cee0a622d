"""Instruments that a bundle names and that nobody lists: neither Proband nor the bundle itself.

The bundle is loaded in a room that knows no instruments, so what it names of them is held against the catalogue here: the same rule for
the check of a bundle as for screening by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from proband.instruments.answers import outputs
from proband.instruments.catalogue import REGISTRY
from proband.programme import Programme
from proband.programme.problems import Problem, bundle_problem, key_text
from proband.screening.derived import check_derivation
from proband.terms.errors import ErrorCode
from proband.terms.yaml12 import KeyPath


def instrument_problems(programme: Programme) -> list[Problem]:
    """What a bundle says of instruments that is not so, each with file and line.

    An instrument is one of Proband's (``proband instruments``), or the programme's own: then an activity uses it **and** an outcome is
    measured by it, under one name. A derived observable, and a score from which an outcome is made, are held to what the catalogue says
    the instrument takes and gives.
    """
    return sorted([*_derived(programme), *_own(programme), *_scores(programme)])


def _problem(
    programme: Programme, code: ErrorCode, file: str, path: KeyPath, value: str, **parameters: object
) -> Problem:
    line = programme.documents[file].line_of(path)
    return bundle_problem(code, file, line, key_text(path), value=value, **parameters)


def _derived(programme: Programme) -> Iterator[Problem]:
    for index, observable in enumerate(programme.eligibility.observables):
        for why in check_derivation(observable):
            yield _problem(programme, "bundle.derived", "eligibility.yaml", ("observables", index, "derived"),
                           observable.id, why=why)  # fmt: skip


def _own(programme: Programme) -> Iterator[Problem]:
    measured = {outcome.instrument for outcome in programme.outcomes.outcomes}
    known = sorted({*REGISTRY, *measured})
    for index, activity in enumerate(programme.schedule.activities):
        name = activity.instrument
        if name is None or name in REGISTRY or name in measured:
            continue
        near = get_close_matches(name, known, n=1)
        yield _problem(programme, "bundle.instrument", "schedule.yaml", ("activities", index, "instrument"), name,
                       name=name, near=near[0] if near else None)  # fmt: skip


def _scores(programme: Programme) -> Iterator[Problem]:
    for index, outcome in enumerate(programme.outcomes.outcomes):
        instrument = REGISTRY.get(outcome.instrument)
        if instrument is None or outcome.made is None:
            continue
        given = outputs(instrument)
        for position, score in enumerate(outcome.made.scores):
            if score not in given:
                path = ("outcomes", index, "made", "scores", position)
                yield _problem(programme, "bundle.score", "outcomes.yaml", path, score,
                               instrument=instrument.id, score=score, known=list(given))  # fmt: skip
