"""The bare judgement of one person: every criterion at every visit, and the outcome by cohort; without explanation."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from proband.screening.kleene import evaluate
from proband.screening.outcome import EligibilityStatus, best_of, outcome_of
from proband.screening.person import PersonFacts
from proband.screening.result import CriterionResult
from proband.screening.rules import Rules
from proband.screening.vital import heeding_death


def criterion_results(rules: Rules, person: PersonFacts, as_of: date) -> tuple[CriterionResult, ...]:
    """Every criterion at every visit, as known on a day."""
    values = {visit: person.values(as_of, visit) for visit in rules.visits}
    return tuple(
        CriterionResult(
            instance,
            evaluate(instance.expression.root, values[instance.visit]),
            {name: values[instance.visit][name] for name in instance.expression.names},
        )
        for instance in rules.instances
    )


def by_cohort(rules: Rules, results: Iterable[CriterionResult]) -> dict[str | None, EligibilityStatus]:
    """The outcome by cohort (``None`` where the programme has one group only)."""
    every = tuple(results)
    return {
        cohort: outcome_of(r.passes for r in every if r.instance.concerns(cohort))
        for cohort in rules.eligibility.cohort_ids()
    }


def outcome_on(rules: Rules, person: PersonFacts, as_of: date) -> EligibilityStatus:
    """The outcome of one person on a day."""
    found = best_of(by_cohort(rules, criterion_results(rules, person, as_of)).values())
    return heeding_death(found, person.died(as_of), left=bool(person.left(as_of)))
