"""How many persons each criterion lets pass, stops or leaves open, counted in one pass over the verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from proband.programme.eligibility import CriterionKind
from proband.screening.outcome import EligibilityStatus
from proband.screening.rules import Rules
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
    null,
    number,
    opposite,
    select,
)
from proband.screening.sql.criteria import DECEASED
from proband.screening.sql.dialects import Dialect


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """One criterion of the funnel.

    ``passed``, ``stopped`` and ``unknown`` count everyone; ``left`` the living whom neither this nor an earlier criterion
    stops; ``only`` those of the living whom this criterion alone stops.
    """

    key: str
    passed: int
    stopped: int
    unknown: int
    left: int
    only: int

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "key": self.key,
            "passed": self.passed,
            "stopped": self.stopped,
            "unknown": self.unknown,
            "left": self.left,
            "only": self.only,
        }


@dataclass(frozen=True, slots=True)
class FunnelBranch:
    """The funnel of one cohort: every criterion that concerns it, those of all cohorts first.

    ``eligible`` and ``needs_data`` count the living for this cohort, and add up to whoever is ``left`` after its last step.
    """

    cohort: str
    eligible: int
    needs_data: int
    steps: tuple[FunnelStep, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        steps = [step.as_dict() for step in self.steps]
        return {
            "cohort": self.cohort,
            "eligible": self.eligible,
            "needs_data": self.needs_data,
            "steps": steps,
        }


@dataclass(frozen=True, slots=True)
class Funnel:
    """The funnel of a screening: everyone, step by step, and the verdicts.

    ``deceased`` had surely died, ``stopped`` are the living whom criteria stop in every cohort: together they are
    ``not_eligible``. The ``steps`` are the criteria of everyone; where there are cohorts, each has a branch of its own in ``branches``,
    and whoever is left in none of them is stopped.
    """

    persons: int
    eligible: int
    not_eligible: int
    needs_data: int
    steps: tuple[FunnelStep, ...]
    deceased: int = 0
    stopped: int = 0
    branches: tuple[FunnelBranch, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "persons": self.persons,
            "eligible": self.eligible,
            "not_eligible": self.not_eligible,
            "needs_data": self.needs_data,
            "deceased": self.deceased,
            "stopped": self.stopped,
            "steps": [step.as_dict() for step in self.steps],
            "branches": [branch.as_dict() for branch in self.branches],
        }


def funnel_text(rules: Rules, dialect: Dialect) -> str:
    """One query over ``verdicts`` that counts everything, written once for some rules and an engine."""
    key = ("funnel", dialect.name)
    if key not in rules.written:
        rules.written[key] = dialect.render(_funnel_select(rules))
    return str(rules.written[key])


def _ways(rules: Rules) -> list[tuple[str, list[int]]]:
    """The ways through the criteria: that of everyone (``""``), and one for each cohort; each with the numbers of its criteria, in order."""
    whole = [n for n, i in enumerate(rules.instances) if not i.criterion.cohorts]
    found = [("", whole)]
    for cohort in rules.eligibility.cohort_ids():
        if cohort is not None:
            own = [n for n, i in enumerate(rules.instances) if i.criterion.cohorts and i.concerns(cohort)]
            found.append((cohort, whole + own))
    return found


def _funnel_select(rules: Rules) -> exp.Select:
    """Counts over ``verdicts``, in which each row says, for each way, how many criteria stop the person, and which is the first."""

    def stops(n: int) -> exp.Expression:
        i = rules.instances[n]
        answer = exp.Column(this=exp.to_identifier(i.key, quoted=True))
        return opposite(answer) if i.criterion.kind is CriterionKind.INCLUDE else answer

    one, none = number(1), number(0)
    rows: list[exp.Expression] = [exp.Star()]
    ways = _ways(rules)
    for w, (_, criteria) in enumerate(ways):
        total: exp.Expression = none
        for n in criteria:
            total = exp.Add(this=total, expression=case((stops(n), one), otherwise=none))
        first = (
            case(*((stops(n), number(place)) for place, n in enumerate(criteria)))
            if criteria
            else null("int")
        )
        rows += [named(total, f"stops_{w}"), named(first, f"first_{w}")]
    columns = [named(exp.Count(this=exp.Star()), "persons")]
    for outcome in EligibilityStatus:
        same = equal(column("verdict"), exp.Literal.string(outcome.value))
        columns.append(named(count(same), outcome.value.replace("-", "_")))
    columns.append(named(count(column(DECEASED)), "died"))
    alive = opposite(column(DECEASED))
    for n in range(len(rules.instances)):
        columns.append(named(count(opposite(stops(n))), f"p{n}"))
        columns.append(named(count(stops(n)), f"s{n}"))
    for w, (cohort, criteria) in enumerate(ways):
        first = column(f"first_{w}")
        for place, n in enumerate(criteria):
            left = any_of(is_null(first), more(first, number(place)))
            columns.append(named(count(all_of(alive, left)), f"l{w}_{place}"))
            alone = all_of(alive, stops(n), equal(column(f"stops_{w}"), one))
            columns.append(named(count(alone), f"o{w}_{place}"))
        if cohort:
            passes = exp.Column(this=exp.to_identifier(f"cohort {cohort}", quoted=True))
            columns.append(named(count(all_of(alive, passes)), f"e{w}"))
            columns.append(named(count(all_of(alive, is_null(passes))), f"u{w}"))
    return select(columns, select(rows, "verdicts"), "v")


def funnel_of(rules: Rules, row: Mapping[str, Any]) -> Funnel:
    """The funnel from the one row that :func:`funnel_text` gives."""
    persons, died = int(row["persons"]), int(row["died"])

    def steps(way: int, criteria: list[int]) -> tuple[FunnelStep, ...]:
        found = []
        for place, n in enumerate(criteria):
            passed, stopped = int(row[f"p{n}"]), int(row[f"s{n}"])
            left, only = int(row[f"l{way}_{place}"]), int(row[f"o{way}_{place}"])
            key = rules.instances[n].key
            found.append(FunnelStep(key, passed, stopped, persons - passed - stopped, left, only))
        return tuple(found)

    ways = _ways(rules)
    branches = tuple(
        FunnelBranch(cohort, int(row[f"e{w}"]), int(row[f"u{w}"]), steps(w, criteria))
        for w, (cohort, criteria) in enumerate(ways)
        if cohort
    )
    out = int(row["not_eligible"])
    return Funnel(
        persons,
        int(row["eligible"]),
        out,
        int(row["needs_data"]),
        steps(0, ways[0][1]),
        died,
        out - died,
        branches,
    )
