"""An estimand with everything that it refers to: what simulation, interim and final analysis are driven by, under one hash.

The hash speaks of what was *written* (the estimand, its outcomes, the days of their visits, the arms), in canonical JSON, so that a later
Proband with new defaults gives the same. It does not depend on the rest of the bundle: an amendment elsewhere leaves it as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from proband.analysis.result import AnalysisError
from proband.programme import Programme
from proband.programme.estimand import Estimand
from proband.programme.estimand_rules import faults
from proband.programme.outcomes import Outcome, OutcomeForm
from proband.terms.canonical import canonical

#: version of the form that is hashed
FORM = "proband-estimand-1"


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """A visit at which an outcome is measured: its id, its day from the estimand's time zero, and its widest window in days from there."""

    id: str
    day: float
    span: tuple[float, float]


@dataclass(frozen=True, slots=True)
class StatedEstimand:
    """An estimand, resolved.

    Attributes
    ----------
    estimand
        As the bundle has it.
    outcomes
        Its outcome, and those of its hierarchy, by id.
    visits
        The visits after time zero (for one patient: before it too) at which each outcome is measured, by outcome, in order of days.
    anchor
        The event that starts the clock of everybody.
    treatment, comparator
        Arms by id; the comparator is None where there is one group only.
    baseline_span
        First and last day on which the baseline may lie, from time zero.
    arms, forms
        Every arm of the programme, and every form of the condition that it knows: nobody can be in another.
    canonical_bytes, hash
        Of what was written.
    programme_hash
        Of the bundle that it comes from; it stands beside the estimand's own hash in every result.
    """

    estimand: Estimand
    outcomes: Mapping[str, Outcome]
    visits: Mapping[str, tuple[PlannedVisit, ...]]
    anchor: str
    treatment: str
    comparator: str | None
    baseline_span: tuple[float, float] | None
    arms: frozenset[str]
    forms: frozenset[str]
    canonical_bytes: bytes
    hash: str
    programme_hash: str

    @property
    def id(self) -> str:
        """The estimand's id."""
        return self.estimand.id

    @property
    def outcome(self) -> Outcome:
        """The outcome that it is about."""
        return self.outcomes[self.estimand.outcome]

    @property
    def day(self) -> float:
        """Day of the visit of the question, from time zero."""
        found = [visit.day for visit in self.visits[self.estimand.outcome] if visit.id == self.estimand.visit]
        return found[0]

    def at(self, outcome: str) -> int:
        """Which of an outcome's visits is the last one not after that of the question (from 0)."""
        return max(
            (i for i, visit in enumerate(self.visits[outcome]) if visit.day <= self.day + 1e-9), default=0
        )

    def good(self, outcome: str | None = None) -> int:
        """1 where more is better, −1 where less is."""
        direction = self.outcomes[outcome or self.estimand.outcome].direction
        return 1 if direction in ("higher-is-better", "event-is-good") else -1


def made(outcome: Outcome) -> OutcomeForm:
    """How an outcome is made from what is recorded.

    Raises
    ------
    AnalysisError
        Where the bundle does not say.
    """
    if outcome.made is None:
        raise AnalysisError("analysis.estimand.outcome", outcome=outcome.id)
    return outcome.made


def state_estimand(programme: Programme, estimand_id: str) -> StatedEstimand:
    """The estimand of that id, resolved.

    Raises
    ------
    AnalysisError
        ``analysis.choice`` for an id that the bundle does not have; ``analysis.estimand.words`` where it stands in words alone;
        ``analysis.estimand.fault`` where it breaks a rule of typed estimands.
    """
    by_id = {estimand.id: estimand for estimand in programme.outcomes.estimands}
    if estimand_id not in by_id:
        raise AnalysisError("analysis.choice", what="estimand", value=estimand_id, known=sorted(by_id))
    estimand = by_id[estimand_id]
    wrong = next(iter(faults(programme, estimand)), None)
    if wrong is not None:
        raise AnalysisError("analysis.estimand.fault", estimand=estimand_id, fault=wrong.message, change=wrong.mend)  # fmt: skip
    if not estimand.is_typed:
        raise AnalysisError("analysis.estimand.words", estimand=estimand_id)
    return _resolved(programme, estimand)


def typed_estimands(programme: Programme) -> tuple[str, ...]:
    """Ids of the estimands of a bundle that can be analysed, in its order."""
    return tuple(estimand.id for estimand in programme.outcomes.estimands if estimand.is_typed)


def _resolved(programme: Programme, estimand: Estimand) -> StatedEstimand:
    named = [estimand.outcome, *(rung.outcome for rung in estimand.hierarchy if rung.outcome)]
    outcomes = {outcome.id: outcome for outcome in programme.outcomes.outcomes if outcome.id in named}
    schedule = {visit.id: visit for visit in programme.schedule.visits}
    anchor = schedule[estimand.visit].anchor
    comparator = _comparator(programme, estimand)
    visits = {
        outcome.id: _visits(programme, outcome, estimand, anchor, comparator) for outcome in outcomes.values()
    }
    if estimand.visit not in {visit.id for visit in visits[estimand.outcome]}:
        raise AnalysisError("analysis.estimand.visit", estimand=estimand.id, visit=estimand.visit, outcome=estimand.outcome)  # fmt: skip
    start = outcomes[estimand.outcome].made
    baseline = schedule.get(start.baseline or "") if start else None
    span = baseline.late_span if baseline is not None and baseline.anchor == anchor else None
    data = _written(programme, estimand, outcomes, visits, comparator)
    whole = canonical(data)
    return StatedEstimand(
        estimand, outcomes, visits, anchor, estimand.treatment, comparator, span, frozenset(programme.arms),
        frozenset(form.id for form in programme.head.indication.sub_indications), whole, hashlib.sha256(whole).hexdigest(),
        programme.hash,
    )  # fmt: skip


def _comparator(programme: Programme, estimand: Estimand) -> str | None:
    if estimand.summary in ("within-person-change", "single-proportion", "single-mean"):
        return None
    if estimand.comparator in programme.arms:
        return estimand.comparator
    arms = [arm.id for arm in programme.head.arms if arm.comparator == estimand.comparator]
    if not arms:
        raise AnalysisError("analysis.estimand.comparator", estimand=estimand.id, comparator=estimand.comparator)  # fmt: skip
    return arms[0]


def _visits(
    programme: Programme, outcome: Outcome, estimand: Estimand, anchor: str, comparator: str | None
) -> tuple[PlannedVisit, ...]:
    arms = {estimand.treatment, comparator} - {None}
    one_patient = estimand.summary == "within-person-change"
    last = next(visit.target_day for visit in programme.schedule.visits if visit.id == estimand.visit)
    found = [
        PlannedVisit(visit.id, visit.target_day, visit.late_span)
        for visit in programme.schedule.visits
        if visit.id in outcome.timepoints and visit.anchor == anchor and not visit.repeats
        and (not visit.arms or arms <= set(visit.arms)) and (one_patient or visit.target_day > 0)
        and (not one_patient or visit.target_day <= last)
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda visit: visit.day))


def _written(
    programme: Programme, estimand: Estimand, outcomes: Mapping[str, Outcome], visits: Mapping[str, tuple[PlannedVisit, ...]],
    comparator: str | None,
) -> dict[str, Any]:  # fmt: skip
    document = programme.documents["outcomes.yaml"].data
    written = {item["id"]: item for item in document["outcomes"]}
    question = next(item for item in document["estimands"] if item["id"] == estimand.id)
    return {
        "form": FORM,
        "estimand": question,
        "outcomes": {id: written[id] for id in sorted(outcomes)},
        "visits": {id: [[visit.id, visit.day] for visit in of] for id, of in sorted(visits.items())},
        "arms": [estimand.treatment, comparator],
    }
