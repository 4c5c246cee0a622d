"""The three answers, and how criteria and cohorts combine to one of them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class EligibilityStatus(StrEnum):
    """The answer to "may this person take part?"."""

    ELIGIBLE = "eligible"
    NOT_ELIGIBLE = "not-eligible"
    NEEDS_DATA = "needs-data"


def outcome_of(passes: Iterable[bool | None]) -> EligibilityStatus:
    """The outcome of criteria that must all let pass; where none was asked, nothing is known and data are needed."""
    asked = tuple(passes)
    worst = EligibilityStatus.ELIGIBLE if asked else EligibilityStatus.NEEDS_DATA
    for each in asked:
        if each is False:
            return EligibilityStatus.NOT_ELIGIBLE
        if each is None:
            worst = EligibilityStatus.NEEDS_DATA
    return worst


def best_of(outcomes: Iterable[EligibilityStatus]) -> EligibilityStatus:
    """The outcome over cohorts: one that takes the person is enough."""
    found = set(outcomes)
    if EligibilityStatus.ELIGIBLE in found:
        return EligibilityStatus.ELIGIBLE
    return (
        EligibilityStatus.NEEDS_DATA
        if EligibilityStatus.NEEDS_DATA in found
        else EligibilityStatus.NOT_ELIGIBLE
    )
