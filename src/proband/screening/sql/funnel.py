"""How many persons each criterion lets pass, stops or leaves open, counted in one pass over the verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from proband.programme.eligibility import CriterionKind
from proband.screening.outcome import EligibilityStatus
from proband.screening.rules import Instance, Rules
from proband.screening.sql.building import (
    all_of,
    any_of,
    case,
    column,
    count,
    equal,
    is_null,
    more,
    named,
    number,
    opposite,
    select,
)
from proband.screening.sql.dialects import Dialect


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """One criterion of the funnel.

    ``passed``, ``stopped`` and ``unknown`` count everyone; ``left`` those whom neither this nor an earlier criterion
    stops; ``only`` those whom this criterion alone stops.
    """

    key: str
    passed: int
    stopped: int
    unknown: int
    left: int
    only: int


@dataclass(frozen=True, slots=True)
class Funnel:
    """The funnel of a screening: everyone, step by step, and the verdicts.

    With cohorts, ``left`` and ``only`` look at all criteria together and are given only for those that concern every
    cohort; a criterion of one cohort stops nobody by itself.
    """

    persons: int
    eligible: int
    not_eligible: int
    needs_data: int
    steps: tuple[FunnelStep, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "persons": self.persons,
            "eligible": self.eligible,
            "not_eligible": self.not_eligible,
            "needs_data": self.needs_data,
            "steps": [
                {
                    "key": s.key,
                    "passed": s.passed,
                    "stopped": s.stopped,
                    "unknown": s.unknown,
                    "left": s.left,
                    "only": s.only,
                }
                for s in self.steps
            ],
        }


def funnel_text(rules: Rules, dialect: Dialect) -> str:
    """One query over ``verdicts`` that counts everything, written once for some rules and an engine."""
    key = ("funnel", dialect.name)
    if key not in rules.written:
        rules.written[key] = dialect.render(_funnel_select(rules))
    return str(rules.written[key])


def _funnel_select(rules: Rules) -> exp.Select:
    """Counts over ``verdicts``, in which each row says how many criteria stop the person, and which is the first."""

    def stops(i: Instance) -> exp.Expression:
        answer = exp.Column(this=exp.to_identifier(i.key, quoted=True))
        return opposite(answer) if i.criterion.kind is CriterionKind.INCLUDE else answer

    one, none, first = number(1), number(0), column("first_stop")
    whole = [(n, i) for n, i in enumerate(rules.instances) if not i.criterion.cohorts]
    stopping = [(stops(i), number(n)) for n, i in whole]
    total: exp.Expression = none
    for condition, _ in stopping:
        total = exp.Add(this=total, expression=case((condition, one), otherwise=none))
    rows = select(
        [exp.Star(), named(total, "stops"), named(case(*stopping), "first_stop")],
        "verdicts",
    )
    columns = [named(exp.Count(this=exp.Star()), "persons")]
    for outcome in EligibilityStatus:
        same = equal(column("verdict"), exp.Literal.string(outcome.value))
        columns.append(named(count(same), outcome.value.replace("-", "_")))
    for n, i in enumerate(rules.instances):
        columns.append(named(count(opposite(stops(i))), f"p{n}"))
        columns.append(named(count(stops(i)), f"s{n}"))
    for n, i in whole:
        columns.append(named(count(any_of(is_null(first), more(first, number(n)))), f"l{n}"))
        columns.append(named(count(all_of(stops(i), equal(column("stops"), one))), f"o{n}"))
    return select(columns, rows, "v")


def funnel_of(rules: Rules, row: Mapping[str, Any]) -> Funnel:
    """The funnel from the one row that :func:`funnel_text` gives."""
    persons = int(row["persons"])
    steps, left = [], persons
    for n, i in enumerate(rules.instances):
        passed, stopped = int(row[f"p{n}"]), int(row[f"s{n}"])
        left = int(row.get(f"l{n}", left))
        steps.append(
            FunnelStep(i.key, passed, stopped, persons - passed - stopped, left, int(row.get(f"o{n}", 0)))
        )
    return Funnel(
        persons, int(row["eligible"]), int(row["not_eligible"]), int(row["needs_data"]), tuple(steps)
    )
