"""A verdict on eligibility as the record keeps it, explained again: each criterion on the values that it rests on, and what to ask for next.

It is worked out from the log alone, under the criteria of the version in force, by the same functions that judge the verdict.
"""

from __future__ import annotations

from dataclasses import dataclass

from proband.programme.eligibility import Eligibility
from proband.programme.expression import And, Node, Or
from proband.record.participant import VerdictOnRecord
from proband.record.verdicts import judged_values, read_value
from proband.screening.missing import settling_sets
from proband.screening.renaming import at_visit
from proband.screening.render import value_words
from proband.screening.rules import Instance
from proband.screening.values import Value


@dataclass(frozen=True, slots=True)
class SeenValue:
    """A value that a criterion saw: of what, in words, and what it takes to learn it where it is not known."""

    name: str
    label: str
    words: str
    known: bool
    effort: str


@dataclass(frozen=True, slots=True)
class CriterionOnRecord:
    """A criterion on the values of the record: ``passed`` is true, false or unknown (``None``)."""

    key: str
    kind: str
    expression: str
    why: str
    passed: bool | None
    seen: tuple[SeenValue, ...]
    #: the groups that it is of; empty: everybody's
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExplainedVerdict:
    """A verdict with its criteria (what is unknown or not met first) and the smallest sets of values that could settle it, the least effort first."""

    through: str
    as_of: str
    criteria: tuple[CriterionOnRecord, ...]
    ask: tuple[tuple[SeenValue, ...], ...]

    def count(self, passed: bool | None) -> int:
        """How many criteria stand so."""
        return sum(one.passed is passed for one in self.criteria)

    @property
    def sums(self) -> tuple[int, int, int]:
        """Met, not met, unknown: together all."""
        return self.count(True), self.count(False), self.count(None)


def explained(eligibility: Eligibility, verdict: VerdictOnRecord) -> ExplainedVerdict:
    """The verdict under these criteria.

    Raises
    ------
    ProbandError
        As :func:`proband.record.verdicts.judged_values`.
    """
    through, stored = str(verdict.facts["through"]), verdict.facts["values"]
    judged = judged_values(eligibility, through, stored)
    values = {str(name): read_value(value) for name, value in stored.items()}
    criteria = [
        CriterionOnRecord(
            instance.key, instance.criterion.kind.value, instance.criterion.when, instance.criterion.reason, passed,
            tuple(_seen(eligibility, values, name, instance.visit) for name in instance.expression.names),
            tuple(instance.criterion.cohorts),
        )
        for instance, passed in judged
    ]  # fmt: skip
    order = {None: 0, False: 1, True: 2}
    criteria.sort(key=lambda one: order[one.passed])
    return ExplainedVerdict(
        through, str(verdict.facts.get("as_of", "")), tuple(criteria), _ask(eligibility, judged, values)
    )


def _seen(eligibility: Eligibility, values: dict[str, Value], name: str, visit: str | None) -> SeenValue:
    observable = eligibility.by_id[name]
    value = values.get(at_visit(name, visit))
    empty = value is None or (value.truth, value.low, value.high, value.code) == (None, None, None, None)
    words = "not known" if value is None or empty else value_words(observable, value)
    return SeenValue(at_visit(name, visit), observable.label, words, not empty, observable.effort.value)


def _ask(
    eligibility: Eligibility, judged: list[tuple[Instance, bool | None]], values: dict[str, Value]
) -> tuple[tuple[SeenValue, ...], ...]:
    """The smallest sets of unknown values that could make somebody eligible, in the groups that are still open."""
    ways: list[Node] = []
    for cohort in eligibility.cohort_ids():
        asked = [(instance, passed) for instance, passed in judged if instance.concerns(cohort)]
        if (
            asked
            and all(passed is not False for _, passed in asked)
            and any(passed is None for _, passed in asked)
        ):
            ways.append(And(tuple(instance.condition for instance, _ in asked)))
    if not ways:
        return ()
    places = {
        at_visit(name, instance.visit): (name, instance.visit)
        for instance, _ in judged
        for name in instance.expression.names
    }
    found = settling_sets(
        ways[0] if len(ways) == 1 else Or(tuple(ways)), values,
        {place: eligibility.signatures[name] for place, (name, _) in places.items()},
        {place: eligibility.by_id[name].effort.rank for place, (name, _) in places.items()},
    )  # fmt: skip
    sets = [
        tuple(
            sorted(
                (_seen(eligibility, values, *places[place]) for place in names),
                key=lambda one: (eligibility.by_id[places[one.name][0]].effort.rank, one.name),
            )
        )
        for names in found.sets
    ]
    return tuple(sets)
