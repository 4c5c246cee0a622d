"""What the questions of a bundle name and its natural history does not know: outcomes, conditions, and trials that nobody could simulate.

A question that natural history refuses is an answer too (nothing is published on such people), so a slip in a name would look like one. It is
told by its neighbour: a name that is no outcome or condition of the tables, but for a letter or two, is one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches

from proband.natural_history import OutsideDomain
from proband.natural_history.questions import outcomes
from proband.programme import Programme
from proband.programme.lint.names_alike import ALIKE
from proband.programme.problems import Problem, bundle_problem, key_text
from proband.programme.trials import AskedCourse, PlannedTrial
from proband.terms import ProbandError
from proband.terms.yaml12 import KeyPath
from proband.trial.courses import ask
from proband.trial.forecast.backtest import untreated
from proband.trial.plan import plan_of


def question_problems(programme: Programme) -> list[Problem]:
    """Questions of claims, back-tests and trials that cannot be meant as they are written, each with file and line."""
    return sorted([*_headlines(programme), *_backtests(programme), *_trials(programme)])


def _at(
    programme: Programme, file: str, path: KeyPath, value: str, *, why: str, mend: str | None = None
) -> Problem:
    line = programme.documents[file].line_of(path)
    return bundle_problem(
        "bundle.question", file, line, key_text(path), value=value, why=why, correction=mend
    )


def _headlines(programme: Programme) -> Iterator[Problem]:
    for index, test in enumerate(programme.claims.headlines):
        yield from _names(programme, "claims.yaml", ("headlines", index), "outcome", test.outcome, test.where)


def _backtests(programme: Programme) -> Iterator[Problem]:
    for index, test in enumerate(programme.backtests.tests if programme.backtests else ()):
        path: KeyPath = ("tests", index)
        if test.ask is not None and test.left_out is None and test.ask not in outcomes(programme):
            yield _at(programme, "backtests.yaml", (*path, "ask"), test.ask,
                      why=f"the natural history of this bundle has no outcome {test.ask!r}", mend=_listed(outcomes(programme)))  # fmt: skip
        elif test.ask is not None:
            found = list(_names(programme, "backtests.yaml", path, "ask", test.ask, test.where))
            yield from found
            if not found and test.left_out is None:
                try:
                    untreated(programme, test)
                except OutsideDomain:
                    continue  # nothing is published on such people: the board of back-tests says so
                except ProbandError as error:  # a question that cannot be read, a table that lacks a row
                    yield _at(programme, "backtests.yaml", path, test.id, mend=error.mend,
                              why=f"back-test {test.id} cannot be tried: {error.message.rstrip('.')}")  # fmt: skip
                except ValueError:
                    continue  # the table is this very study: the board of back-tests calls it circular


def _names(
    programme: Programme, file: str, path: KeyPath, key: str, outcome: str, where: Mapping[str, str]
) -> Iterator[Problem]:
    known = outcomes(programme)
    if outcome not in known:
        if near := get_close_matches(outcome, known, n=1, cutoff=ALIKE):
            yield _at(programme, file, (*path, key), outcome, mend=f"did you mean {near[0]!r}?",
                      why=f"the natural history of this bundle has no outcome {outcome!r}")  # fmt: skip
        return
    levels = sorted({level for offer in known[outcome].offers for level in offer.level if level})
    for name, value in where.items():
        if name == "level" and value not in levels and (near := get_close_matches(value, levels, n=1, cutoff=ALIKE)):  # fmt: skip
            yield _at(programme, file, (*path, "where", name), value, mend=f"did you mean {near[0]!r}?",
                      why=f"nobody of {name} {value!r} stands in its tables")  # fmt: skip


def _trials(programme: Programme) -> Iterator[Problem]:
    for index, trial in enumerate(programme.trials.trials if programme.trials else ()):
        found = list(_courses(programme, index, trial))
        yield from found
        if not found:
            try:
                plan_of(programme, trial.id)
            except ProbandError as error:
                yield _at(programme, "trials.yaml", ("trials", index), trial.id,
                          why=f"trial {trial.id} cannot be simulated: {error.message}", mend=error.mend)  # fmt: skip


def _courses(programme: Programme, index: int, trial: PlannedTrial) -> Iterator[Problem]:
    people = sum(trial.people.values())
    for position, course in enumerate(trial.courses):
        if not isinstance(course, AskedCourse):
            continue
        path: KeyPath = ("trials", index, "courses", position)
        if course.ask not in outcomes(programme):
            yield _at(programme, "trials.yaml", (*path, "ask"), course.ask,
                      why=f"the natural history of this bundle has no outcome {course.ask!r}", mend=_listed(outcomes(programme)))  # fmt: skip
            continue
        try:
            ask(programme, course, people)
        except ProbandError as error:
            wrong = next(
                (("where", name) for name, value in course.where.items() if value in error.message), ()
            )
            yield _at(programme, "trials.yaml", (*path, *wrong), course.ask, why=error.message.rstrip("."), mend=error.mend)  # fmt: skip


def _listed(names: Collection[str]) -> str:
    return f"use one of: {', '.join(names) or 'none is answered by its tables'}"
