"""The three answers, and how criteria and cohorts combine to one of them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Outcome(StrEnum):
    """The answer to "may this person take part?"."""

    ELIGIBLE = "eligible"
    NOT_ELIGIBLE = "not-eligible"
    NEEDS_DATA = "needs-data"


def outcome_of(passes: Iterable[bool | None]) -> Outcome:
    """The outcome of criteria that must all let pass; where none was asked, nothing is known and data are needed."""
    asked = tuple(passes)
    worst = Outcome.ELIGIBLE if asked else Outcome.NEEDS_DATA
    for each in asked:
        if each is False:
            return Outcome.NOT_ELIGIBLE
        if each is None:
            worst = Outcome.NEEDS_DATA
    return worst


def best_of(outcomes: Iterable[Outcome]) -> Outcome:
    """The outcome over cohorts: one that takes the person is enough."""
    found = set(outcomes)
    if Outcome.ELIGIBLE in found:
        return Outcome.ELIGIBLE
    return Outcome.NEEDS_DATA if Outcome.NEEDS_DATA in found else Outcome.NOT_ELIGIBLE
