"""The verdict on one person: eligible, not eligible or needs data, with everything that it rests on.

``eligible`` demands that every inclusion is known to hold and every exclusion is known not to; an unknown anywhere
makes ``needs data``, unless something known rules the person out already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from proband.facts.observation import Observation
from proband.programme import Programme
from proband.programme.eligibility import Eligibility, Scored
from proband.programme.expression import And, Node, Not, Or
from proband.screening.judging import by_cohort, criterion_results, outcome_on
from proband.screening.missing import Sets, settling_sets
from proband.screening.near import near_miss
from proband.screening.outcome import EligibilityStatus, best_of
from proband.screening.person import PersonFacts
from proband.screening.renaming import at_visit
from proband.screening.result import CriterionResult, MissingItem, MissingSet, Verdict
from proband.screening.rules import rules_for
from proband.screening.values import Value
from proband.screening.vital import death_words, heeding_death, leaving_words


class Screening:
    """The criteria of a programme, made ready to judge any number of persons, through one of its visits (or all).

    ``programme`` and ``through`` as in :class:`~proband.screening.rules.Rules`.
    """

    def __init__(self, programme: Programme | Eligibility, through: str | None = None) -> None:
        self.rules = rules_for(programme, through)

    @property
    def eligibility(self) -> Eligibility:
        """The criteria as they are written."""
        return self.rules.eligibility

    def results(self, person: PersonFacts, as_of: date) -> tuple[CriterionResult, ...]:
        """Every criterion at every visit, as known on a day."""
        return criterion_results(self.rules, person, as_of)

    def cohorts(self, results: Iterable[CriterionResult]) -> dict[str | None, EligibilityStatus]:
        """The outcome by cohort."""
        return by_cohort(self.rules, results)

    def outcome(self, person: PersonFacts, as_of: date) -> EligibilityStatus:
        """The bare outcome, without explanation."""
        return outcome_on(self.rules, person, as_of)

    def verdict(
        self,
        observations: Iterable[Observation],
        as_of: date,
        *,
        subject: str | None = None,
        look_ahead: bool = True,
    ) -> Verdict:
        """Judge one person on one day.

        Parameters
        ----------
        observations
            Everything on record about this person, in any order; what is dated after ``as_of`` does not count.
        look_ahead
            Whether to ask also what later days would change (:class:`NearMiss`).

        Raises
        ------
        ValueError
            If the observations are of more than one person.
        """
        own = list(observations)
        subjects = {o.subject for o in own}
        if len(subjects) > 1:
            raise ValueError(f"observations of {len(subjects)} persons; give those of one")
        person = PersonFacts(self.rules, own)
        results = self.results(person, as_of)
        cohorts = self.cohorts(results)
        died, left = person.died(as_of), person.left(as_of)
        outcome = heeding_death(best_of(cohorts.values()), died, left=bool(left))
        confirm = rule_out = Sets(())
        if outcome is EligibilityStatus.NEEDS_DATA:
            confirm, rule_out = self._missing(person, as_of, cohorts)
        missing = self._item_maker(person, as_of)
        return Verdict(
            subject=subject or next(iter(subjects), ""),
            as_of=as_of,
            programme_hash=self.rules.programme_hash,
            outcome=outcome,
            results=results,
            cohorts=cohorts,
            to_confirm=missing(confirm),
            to_rule_out=missing(rule_out),
            death=death_words(person.deaths) if died is not False else "",
            left=leaving_words(left),
            complete=confirm.complete and rule_out.complete,
            near=near_miss(self.rules, person, results, outcome, as_of) if look_ahead else None,
        )

    def _missing(
        self, person: PersonFacts, as_of: date, cohorts: Mapping[str | None, EligibilityStatus]
    ) -> tuple[Sets, Sets]:
        values: dict[str, Value] = {}
        signatures = {}
        effort = {}
        for visit in self.rules.visits:
            for name, value in person.values(as_of, visit).items():
                values[at_visit(name, visit)] = value
                signatures[at_visit(name, visit)] = self.eligibility.signatures[name]
                effort[at_visit(name, visit)] = self.eligibility.by_id[name].effort.rank
        open_cohorts = [c for c, outcome in cohorts.items() if outcome is EligibilityStatus.NEEDS_DATA]
        passing: list[Node] = []
        for cohort in open_cohorts:
            conditions = tuple(i.condition for i in self.rules.instances if i.concerns(cohort))
            if conditions:
                passing.append(And(conditions))
        if not passing:  # nothing is asked of any open cohort: nothing can settle it
            return Sets(()), Sets(())
        could_pass: Node = passing[0] if len(passing) == 1 else Or(tuple(passing))
        confirm = settling_sets(could_pass, values, signatures, effort)
        if len(passing) < len(open_cohorts):
            return confirm, Sets(())
        return confirm, settling_sets(Not(could_pass), values, signatures, effort)

    def _item_maker(self, person: PersonFacts, as_of: date) -> _Items:
        return _Items(self, person, as_of)


class _Items:
    """Makes :class:`MissingSet` from sets of names; a derived value is replaced by its unknown inputs."""

    def __init__(self, screening: Screening, person: PersonFacts, as_of: date) -> None:
        self.screening, self.person, self.as_of = screening, person, as_of
        self._values: dict[str | None, dict[str, Value]] = {}

    def __call__(self, found: Sets) -> tuple[MissingSet, ...]:
        sets = {frozenset(leaf for name in names for leaf in self._leaves(name)) for names in found.sets}
        minimal = [s for s in sets if not any(other < s for other in sets)]
        made = [
            MissingSet(tuple(sorted((self._item(n) for n in s), key=lambda i: (i.effort.rank, i.name))))
            for s in minimal
        ]
        return tuple(sorted(made, key=lambda s: (s.cost, [i.name for i in s.items])))

    def _values_at(self, visit: str | None) -> dict[str, Value]:
        if visit not in self._values:
            self._values[visit] = self.person.values(self.as_of, visit)
        return self._values[visit]

    def _item(self, name: str) -> MissingItem:
        id, _, visit = name.partition("@")
        return MissingItem(
            self.screening.eligibility.by_id[id], visit or None, self._values_at(visit or None)[id].reason
        )

    def _leaves(self, name: str) -> list[str]:
        """The name itself, or the unknown values that it is computed from."""
        id, _, visit_text = name.partition("@")
        visit = visit_text or None
        values, observable = self._values_at(visit), self.screening.eligibility.by_id[id]
        inputs = [i for i in observable.needs if not values[i].is_known]
        stands = {
            (f.observation.system, f.observation.code) for f in (*values[id].used, *values[id].unusable)
        }
        if not inputs or (isinstance(observable, Scored) and stands & set(observable.code_keys)):
            return [name]  # a score on record that cannot be used covers whatever would be computed
        own = [name] if not isinstance(observable, Scored) and not values[id].used else []
        return own + [leaf for i in inputs for leaf in self._leaves(at_visit(i, visit))]
