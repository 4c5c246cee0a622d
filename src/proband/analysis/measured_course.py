"""Every measurement of a score in the order of its days, also those of no planned visit: what a statement about the course is judged by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from proband.analysis.course_state import StateCourse, followed, truth
from proband.analysis.result import AnalysisError
from proband.analysis.trial_people import TrialPerson
from proband.programme.outcomes import OutcomeForm

#: what instruments say where they were used and nothing follows: not determinable, not testable, unable to determine
NOT_DETERMINED = ("ND", "NT", "UTD")


def as_number(
    person: TrialPerson, name: str, visit: str, value: float | str, form: OutcomeForm
) -> float | None:
    """A measured value as the number that its outcome is made of: the place of a grade; ``None`` where it could not be determined.

    Raises
    ------
    AnalysisError
        ``analysis.table.score`` for a text that is no grade, or a number where grades are asked.
    """
    if value in NOT_DETERMINED:
        return None
    if form.grades and value in form.grades:
        return float(form.grades.index(str(value)))
    if isinstance(value, str) or form.grades:
        raise AnalysisError(
            "analysis.table.score", participant=person.name, score=name, visit=visit, value=value, allowed=" ".join(form.grades) or "a number"
        )  # fmt: skip
    return float(value)


def measured_course(
    form: OutcomeForm, names: Sequence[str], people: Sequence[TrialPerson], clocks: Sequence[int], baseline: NDArray[np.float64], remarks: dict[str, int]
) -> StateCourse:  # fmt: skip
    """When the statement of an outcome came true for each person.

    Parameters
    ----------
    names
        The scores that are added: a day on which one of them is missing counts as not measured.
    clocks
        The day of time zero of each person.
    baseline
        The sum at baseline (1, P).

    Raises
    ------
    AnalysisError
        As :func:`as_number`; ``analysis.table.two-values`` where two values stand on one day, ``analysis.table.undated`` without a day.
    """
    found = [_by_day(form, names, person, remarks) for person in people]
    widest = max((len(of_one) for of_one in found), default=0) or 1
    days, values = np.full((1, len(people), widest), np.inf), np.full((1, len(people), widest), np.nan)
    for at, (of_one, clock) in enumerate(zip(found, clocks, strict=True)):
        for place, (day, value) in enumerate(sorted(of_one.items())):
            days[0, at, place], values[0, at, place] = float(day - clock), value
    return followed(form, truth(form, values, baseline), days)


def _by_day(
    form: OutcomeForm, names: Sequence[str], person: TrialPerson, remarks: dict[str, int]
) -> dict[int, float]:
    """The sum of the scores on each day on which all of them were determined."""
    parts: dict[int, dict[str, float]] = defaultdict(dict)
    for (name, visit), measured in person.measured.items():
        if name not in names:
            continue
        for one in measured:
            if one.day is None:
                raise AnalysisError(
                    "analysis.table.undated", participant=person.name, event=f"{name} at {visit}"
                )
            value = as_number(person, name, visit, one.value, form)
            if value is None:
                if not visit:  # those of a planned visit are counted where its values are read
                    remarks["could not be determined"] = remarks.get("could not be determined", 0) + 1
            elif parts[one.day].setdefault(name, value) != value:
                raise AnalysisError(
                    "analysis.table.two-values", participant=person.name, score=name, visit=visit, values=sorted({str(value), str(parts[one.day][name])})
                )  # fmt: skip
    return {day: sum(of_day.values()) for day, of_day in parts.items() if len(of_day) == len(names)}
