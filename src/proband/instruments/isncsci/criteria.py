"""What an eligibility criterion asks of an examination: a grade, a level, and whether either lies within
limits.

An examination may leave an answer open. A question then has three answers: yes for every possibility, no for
every possibility, or unknown (None); unknown is never taken for yes or no.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from proband.instruments.isncsci.classification import Classification, classify
from proband.instruments.isncsci.levels import is_at_or_caudal, is_at_or_rostral, is_between, level_index
from proband.instruments.isncsci.model import Exam

NO_GRADE: Final = "none"
"""Stands for "this person has no AIS grade", because a normal examination without an earlier deficit is no
AIS E.
"""

_GRADES = ("A", "B", "C", "D", "E")


def ais_grade(found: Classification | Exam, *, prior_deficit: bool | None = None) -> tuple[str, ...]:
    """The AIS grades that can be true, in order, without stars.

    Parameters
    ----------
    found
        The examination or its classification.
    prior_deficit
        Whether an earlier deficit from a spinal cord injury is documented. AIS E requires it: with False, E
        becomes `NO_GRADE`. With None (not said), E stays and the classification warns.
    """
    grades = (grade.rstrip("*") for grade in _classified(found).answers("asiaImpairmentScale"))
    return tuple(NO_GRADE if grade == "E" and prior_deficit is False else grade for grade in grades)


def neurological_level(found: Classification | Exam) -> tuple[str, ...]:
    """The neurological levels of injury that can be true, rostral → caudal, without stars."""
    return tuple(level.rstrip("*") for level in _classified(found).answers("neurologicalLevelOfInjury"))


def has_grade(
    found: Classification | Exam, grades: Iterable[str], *, prior_deficit: bool | None = None
) -> bool | None:
    """Whether the AIS grade is one of `grades`; None when the examination does not decide it.

    Raises
    ------
    ValueError
        When a grade is none of A to E, because such a criterion would silently be false for everyone.
    """
    wanted = set(grades)
    if unknown := wanted - set(_GRADES):
        raise ValueError(f"{sorted(unknown)} is no AIS grade: write A, B, C, D or E")
    return _all_or_none(ais_grade(found, prior_deficit=prior_deficit), lambda grade: grade in wanted)


def level_at_or_rostral(found: Classification | Exam, limit: str) -> bool | None:
    """Whether the neurological level lies at `limit` or nearer to the head; None when the examination does
    not decide it.
    """
    level_index(limit)
    return _all_or_none(neurological_level(found), lambda level: is_at_or_rostral(level, limit))


def level_at_or_caudal(found: Classification | Exam, limit: str) -> bool | None:
    """Whether the neurological level lies at `limit` or nearer to the feet; None when the examination does
    not decide it.
    """
    level_index(limit)
    return _all_or_none(neurological_level(found), lambda level: is_at_or_caudal(level, limit))


def level_between(found: Classification | Exam, rostral: str, caudal: str) -> bool | None:
    """Whether the neurological level lies from `rostral` to `caudal`, both included; None when it is not
    decided.
    """
    return _all_or_none(neurological_level(found), lambda level: is_between(level, rostral, caudal))


def _classified(found: Classification | Exam) -> Classification:
    return classify(found) if isinstance(found, Exam) else found


def _all_or_none(possibilities: tuple[str, ...], question: Callable[[str], bool]) -> bool | None:
    answers = {question(possibility) for possibility in possibilities}
    return answers.pop() if len(answers) == 1 else None
