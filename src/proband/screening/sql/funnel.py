"""How many persons each criterion lets pass, stops or leaves open, counted in one pass over the verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from proband.programme.eligibility import CriterionKind
from proband.screening.outcome import EligibilityStatus
from proband.screening.rules import Rules
from proband.screening.sql.dialects import DialectName


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


def funnel_sql(rules: Rules, name: DialectName) -> str:
    """One query over ``verdicts`` that counts everything."""

    def count(condition: exp.Expression, alias: str) -> exp.Expression:
        case = exp.Case().when(condition, exp.Literal.number(1))
        return exp.alias_(exp.Count(this=case), alias, copy=False)

    def verdict(outcome: EligibilityStatus) -> exp.Expression:
        return exp.EQ(this=exp.column("verdict"), expression=exp.Literal.string(outcome.value))

    columns: list[exp.Expression] = [exp.alias_(exp.Count(this=exp.Star()), "persons", copy=False)]
    columns += [count(verdict(o), o.value.replace("-", "_")) for o in EligibilityStatus]
    whole = [i for i in rules.instances if not i.criterion.cohorts]
    before: list[exp.Expression] = []
    for number, i in enumerate(rules.instances):
        column = exp.column(exp.to_identifier(i.key, quoted=True))
        good = column if i.criterion.kind is CriterionKind.INCLUDE else exp.not_(column)
        bad = exp.not_(column) if i.criterion.kind is CriterionKind.INCLUDE else column
        columns.append(count(good.copy(), f"p{number}"))
        columns.append(count(bad.copy(), f"s{number}"))
        if i.criterion.cohorts:
            continue
        stays = exp.not_(exp.Coalesce(this=bad.copy(), expressions=[exp.false()]), copy=False)
        before.append(stays)
        columns.append(count(exp.and_(*[b.copy() for b in before]), f"l{number}"))
        others = []
        for other in whole:
            if other is not i:
                c = exp.column(exp.to_identifier(other.key, quoted=True))
                fails = exp.not_(c) if other.criterion.kind is CriterionKind.INCLUDE else c
                others.append(exp.not_(exp.Coalesce(this=fails, expressions=[exp.false()]), copy=False))
        columns.append(count(exp.and_(bad.copy(), *others), f"o{number}"))
    return str(exp.select(*columns, copy=False).from_("verdicts").sql(dialect=name))


def funnel_of(rules: Rules, row: Mapping[str, Any]) -> Funnel:
    """The funnel from the one row that :func:`funnel_sql` gives."""
    persons = int(row["persons"])
    steps, left = [], persons
    for number, i in enumerate(rules.instances):
        passed, stopped = int(row[f"p{number}"]), int(row[f"s{number}"])
        left = int(row.get(f"l{number}", left))
        steps.append(
            FunnelStep(
                i.key, passed, stopped, persons - passed - stopped, left, int(row.get(f"o{number}", 0))
            )
        )
    return Funnel(
        persons, int(row["eligible"]), int(row["not_eligible"]), int(row["needs_data"]), tuple(steps)
    )
