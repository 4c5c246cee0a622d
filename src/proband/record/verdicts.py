"""A verdict on eligibility as the record keeps it: the values it rests on, so that it can be judged again from the log alone.

The log holds the *values* that the criteria saw (an age, not a birth date), under the person's pseudonym. Whoever says
"eligible" has to show them; :func:`outcome_of_values` evaluates the programme's own criteria on them and nothing else, so
a verdict that does not follow from its values is found at the command and again at every replay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from proband.facts.observation import Observation
from proband.programme import Programme
from proband.programme.eligibility import Eligibility, Scope
from proband.record.participant import VerdictOnRecord
from proband.screening.kleene import evaluate
from proband.screening.outcome import EligibilityStatus, best_of, outcome_of
from proband.screening.renaming import at_visit
from proband.screening.result import Verdict
from proband.screening.rules import Instance, rules_for
from proband.screening.values import Value
from proband.screening.verdict import Screening
from proband.terms import ProbandError

#: beyond this a number is no measurement, and arithmetic on it would overflow (neither it nor NaN nor infinity is read)
_MOST = 1e300
#: no more is said of what was not read: half of what a reason of a verdict may hold
_LONGEST = 2_000


def screening_data(
    programme: Programme | Eligibility,
    observations: Iterable[Observation],
    as_of: date,
    through: str = "screening",
) -> dict[str, Any]:
    """The data of a ``participant.screen`` command, computed by :mod:`proband.screening` from one person's facts.

    Parameters
    ----------
    programme
        The programme, or its criteria as the record keeps them.
    observations
        Everything on record about this one person.
    as_of
        The day of screening.
    through
        The last visit that is judged.
    """
    verdict = Screening(programme, through).verdict(observations, as_of, look_ahead=False)
    return verdict_data(verdict, through)


def verdict_data(verdict: Verdict, through: str) -> dict[str, Any]:
    """The data of a ``participant.screen`` command for a verdict through a visit."""
    values: dict[str, Any] = {}
    for result in verdict.results:
        for name, value in result.values.items():
            values[at_visit(name, result.instance.visit)] = written(value)
    # where data are missing, a group of the programme that is shut anyway is no reason for asking
    shut = () if verdict.outcome is EligibilityStatus.NEEDS_DATA else verdict.failing
    words = [each for each in (verdict.death, verdict.left) if each]
    words += [f"{result.instance.key}: {result.standing}" for result in (*shut, *verdict.unknown)]
    if verdict.unread:
        # by its criteria the verdict was eligible: what other groups of the programme ask is no reason
        words = [verdict.unread[:_LONGEST]]
    return {
        "outcome": verdict.outcome.value,
        "facts": {"through": through, "as_of": verdict.as_of.isoformat(), "values": values},
        "reasons": words if verdict.outcome is not EligibilityStatus.ELIGIBLE else [],
    }


def written(value: Value) -> dict[str, Any]:
    """A value as plain JSON: ``low``/``high`` (numbers, ranks, day numbers), ``truth``, ``code``; nothing where unknown."""
    found: dict[str, Any] = {}
    for key in ("low", "high", "truth", "code"):
        part = getattr(value, key)
        if part is not None:
            found[key] = part
    return found


def read_value(data: Mapping[str, Any]) -> Value:
    """The value that :func:`written` wrote.

    Raises
    ------
    ProbandError
        ``record.verdict.value`` for anything else: a value that cannot be read must not count as unknown silently.
    """
    if not set(data) <= {"low", "high", "truth", "code"}:
        raise ProbandError("record.verdict.keys", keys=sorted(data))
    truth, code = data.get("truth"), data.get("code")
    low, high = data.get("low"), data.get("high")
    for name, part, kind in (("truth", truth, bool), ("code", code, str)):
        if part is not None and not isinstance(part, kind):
            raise ProbandError("record.verdict.value", name=name, value=part)
    for name, part in (("low", low), ("high", high)):
        number = isinstance(part, int | float) and not isinstance(part, bool) and -_MOST <= part <= _MOST
        if part is not None and not number:
            raise ProbandError("record.verdict.value", name=name, value=part)
    # bounds the wrong way round would satisfy both ends of a criterion with values that nobody can have
    if low is not None and high is not None and low > high:
        raise ProbandError("record.verdict.order", low=low, high=high)
    return Value(low=low, high=high, truth=truth, code=code)


def outcome_of_values(eligibility: Eligibility, facts: Mapping[str, Any]) -> EligibilityStatus:
    """The outcome that stored facts give under a programme's criteria; a value that is not there is unknown.

    Raises
    ------
    ProbandError
        ``record.verdict.facts`` where the facts have no ``through`` and ``values``; ``record.verdict.value``;
        ``screening.visit`` for a visit that the programme does not have.
    """
    through, stored = facts.get("through"), facts.get("values")
    if not isinstance(through, str) or not isinstance(stored, Mapping):
        raise ProbandError("record.verdict.facts")
    passes = judged_values(eligibility, through, stored)
    return best_of(
        outcome_of(passed for instance, passed in passes if instance.concerns(cohort))
        for cohort in eligibility.cohort_ids()
    )


def judged_values(
    eligibility: Eligibility, through: str, stored: Mapping[str, Any]
) -> list[tuple[Instance, bool | None]]:
    """Each criterion through a visit, with whether stored values pass it (``None``: unknown).

    Raises
    ------
    ProbandError
        As :func:`outcome_of_values`.
    """
    # cheap: the expressions are checked once per eligibility, and the view in force keeps the eligibility
    rules = rules_for(eligibility, through)
    values = {str(name): read_value(value) for name, value in stored.items()}
    unknown = Value(reason="not stored")
    passes: list[tuple[Instance, bool | None]] = []
    for instance in rules.instances:
        seen = {
            name: values.get(at_visit(name, instance.visit), unknown) for name in instance.expression.names
        }
        truth = evaluate(instance.expression.root, seen)
        include = instance.criterion.kind.value == "include"
        passes.append((instance, truth if include or truth is None else not truth))
    return passes


def stops(eligibility: Eligibility, said: VerdictOnRecord) -> bool:
    """Whether a verdict found that somebody is to be given no more: by its values under the stopping criteria, or by what was said of those alone."""
    if not eligibility.of_scope(Scope.STOPPING):
        return False
    if (
        said.facts.get("through") == Scope.STOPPING.value
        and said.outcome == EligibilityStatus.NOT_ELIGIBLE.value
    ):
        return True
    try:
        found = outcome_of_values(eligibility, {**said.facts, "through": Scope.STOPPING.value})
    except ProbandError:
        return False
    return found is EligibilityStatus.NOT_ELIGIBLE


def mismatch(eligibility: Eligibility, data: Mapping[str, Any]) -> str | None:
    """Why a stored verdict does not follow from its stored values, or ``None`` where it does.

    Only what is *claimed* is checked strictly: "eligible" must follow; a more cautious claim than the values give
    ("needs data" although they would do) is a judgement that a person may make.
    """
    claimed = str(data.get("outcome"))
    if claimed != EligibilityStatus.ELIGIBLE.value:
        return None
    try:
        found = outcome_of_values(eligibility, data.get("facts") or {})
    except ProbandError as error:
        return error.message
    return (
        None
        if found is EligibilityStatus.ELIGIBLE
        else f"the values stored with it give {found.value}, not eligible"
    )


__all__ = [
    "mismatch",
    "outcome_of_values",
    "read_value",
    "screening_data",
    "stops",
    "verdict_data",
    "written",
]
