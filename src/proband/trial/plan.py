"""What a simulation is made of, resolved from a bundle once: questions, arms, visits, and what the natural history says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.analysis.stated import StatedEstimand, made, state_estimand, typed_estimands
from proband.natural_history import questions
from proband.programme import Programme
from proband.programme.trials import AskedCourse, PlannedTrial, SourcedNumber
from proband.terms import Level, ProbandError
from proband.trial.courses import CohortForecasts, ask
from proband.trial.placing import PlacingPlan, placing_of


@dataclass(frozen=True, slots=True)
class SimulationPlan:
    """A trial with everything that simulating it needs; plain values, so that it can be handed to other processes.

    Attributes
    ----------
    trial, estimands
        As the bundle has it; the estimands in the order of their gates, the primary one first.
    arms
        Arms in order, and how many people each has.
    treated
        Arms that are given a product.
    forecasts
        By outcome, for courses that ask the natural history.
    signs
        By outcome: 1 where more is better.
    programme, programme_hash, title
        Id, hash and title of the bundle.
    placing
        How people come to arms; None where there is one arm.
    assumed
        What the simulation had to assume because the bundle does not say.
    """

    trial: PlannedTrial
    estimands: tuple[StatedEstimand, ...]
    arms: tuple[tuple[str, int], ...]
    treated: frozenset[str]
    forecasts: Mapping[str, CohortForecasts]
    signs: Mapping[str, int]
    programme: str
    programme_hash: str
    title: str
    placing: PlacingPlan | None = None
    assumed: tuple[str, ...] = ()

    def to_treat(self, arm: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Who was allocated to a product; ``arm`` holds places of the arms in the plan."""
        return np.isin(arm, [i for i, (name, _) in enumerate(self.arms) if name in self.treated])

    @property
    def ratios(self) -> tuple[str, ...]:
        """Events, and outcomes that are the time to one: an effect on them is a ratio of hazards."""
        timed = [id for id, found in self.forecasts.items() if found.kind == "survival"]
        named = [
            name
            for id in timed
            for e in self.estimands
            if id in e.outcomes
            for name in made(e.outcomes[id]).names or (id,)
        ]
        return tuple(dict.fromkeys([*(event.event for event in self.trial.events), *timed, *named]))

    @property
    def acted_on(self) -> tuple[str, ...]:
        """Everything that an effect can be on."""
        return tuple(dict.fromkeys([*(course.outcome for course in self.trial.courses), *self.ratios]))

    @property
    def people(self) -> int:
        """All people."""
        return sum(count for _, count in self.arms)

    @property
    def horizon(self) -> float:
        """The last day that is asked of, or on which something is measured."""
        measured = [
            visit.day
            for stated in self.estimands
            for id, visits in stated.visits.items()
            if made(stated.outcomes[id]).form not in ("event", "free-of")
            for visit in visits
        ]
        return max(measured + [stated.day for stated in self.estimands])


def trials_of(programme: Programme) -> tuple[PlannedTrial, ...]:
    """The trials of a bundle: those of its ``trials.yaml``, or the one that its arms and tables make; each with source and level of its own.

    Raises
    ------
    ProbandError
        ``trial.simulate.nothing`` where the bundle has neither, with what is missing.
    """
    if programme.trials is None:
        return (_from_tables(programme),)
    head = {"source": programme.trials.source, "level": programme.trials.level}
    return tuple(
        trial if trial.source else trial.model_copy(update=head) for trial in programme.trials.trials
    )


def plan_of(programme: Programme, trial_id: str | None = None) -> SimulationPlan:
    """The plan of a trial of a bundle, its first one where none is named.

    Raises
    ------
    ProbandError
        An unknown trial; arms, outcomes or estimands that are not the bundle's; whatever estimands and natural history refuse.
    """
    known = {trial.id: trial for trial in trials_of(programme)}
    if trial_id is not None and trial_id not in known:
        raise ProbandError("trial.simulate.unknown", trial=trial_id, trials=list(known))
    trial = known[trial_id] if trial_id else next(iter(known.values()))
    strange = [arm for arm in trial.people if arm not in programme.arms]
    if strange:
        raise ProbandError("trial.simulate.arm", arm=strange[0], arms=sorted(programme.arms))
    estimands = tuple(state_estimand(programme, id) for id in trial.estimands)
    outcomes = {id: outcome for stated in estimands for id, outcome in stated.outcomes.items()}
    fed = {course.outcome for course in trial.courses} | {event.event for event in trial.events}
    for id, outcome in outcomes.items():
        form = made(outcome)
        if id not in fed and not (form.names and set(form.names) <= fed):
            raise ProbandError("trial.simulate.course", outcome=id, trial=trial.id)
    for stated in estimands:
        missing = [arm for arm in (stated.treatment, stated.comparator) if arm and arm not in trial.people]
        if missing:
            raise ProbandError("trial.simulate.arm", arm=missing[0], arms=sorted(trial.people))
    people = sum(trial.people.values())
    forecasts = {c.outcome: ask(programme, c, people) for c in trial.courses if isinstance(c, AskedCourse)}
    for (
        id,
        found,
    ) in forecasts.items():  # a share says nothing of the course that a state or a best value is made of
        if made(outcomes[id]).form in ("state", "best") and not found.changes:
            raise ProbandError("trial.simulate.course", outcome=id, trial=trial.id)
    about = next((e.estimand.sub_indication for e in estimands if e.estimand.sub_indication), None)
    placing, allocated = (
        placing_of(programme, trial.people, about, trial.levels) if len(trial.people) > 1 else (None, ())
    )
    return SimulationPlan(
        trial, estimands, tuple(trial.people.items()),
        frozenset(arm for arm in trial.people if programme.arms[arm].regimen), forecasts,
        {id: stated.good(id) for stated in estimands for id in stated.outcomes}, programme.id, programme.hash, programme.head.title, placing,
        (*_without_the_one_before(estimands), *allocated) if programme.trials else ("The bundle has no trials.yaml: people as planned in its arms, nobody lost, no visit missed, every "
                                     "product made, one person in a month.", *allocated),
    )  # fmt: skip


def _without_the_one_before(estimands: tuple[StatedEstimand, ...]) -> tuple[str, ...]:
    """Questions that the plan asks only after another one, which this trial does not ask before."""
    return tuple(
        f"{stated.id} is asked here whatever the answer to {after}, which does not stand before it in this study."
        for at, stated in enumerate(estimands)
        if (after := stated.estimand.gate.after) and after not in [other.id for other in estimands[:at]]
    )


def _from_tables(programme: Programme) -> PlannedTrial:
    """The trial that a bundle's arms and tables make: its typed estimand with an outcome that a table answers, no effect, nobody lost."""
    answered = questions.outcomes(programme)
    by_id = {estimand.id: estimand for estimand in programme.outcomes.estimands}
    primary = programme.head.forecast.primary_estimand
    ids = sorted(typed_estimands(programme), key=lambda id: id != primary)
    chosen = next((id for id in ids if by_id[id].outcome in answered), None)
    if chosen is None:
        raise ProbandError("trial.simulate.nothing", programme=programme.id)
    estimand = by_id[chosen]
    asked = answered[estimand.outcome]
    offer = next((question for each in asked.offers for question in each.questions()), None)
    needs = dict(asked.needs)
    baseline = (offer.baseline if offer else None) or needs.get("baseline")
    arms = {estimand.treatment, state_estimand(programme, chosen).comparator} - {None}
    people = {arm.id: arm.planned for arm in programme.head.arms if arm.id in arms and arm.planned}
    if len(people) < len(arms):
        raise ProbandError("trial.simulate.people", programme=programme.id, arms=sorted(str(a) for a in arms))
    nothing = SourcedNumber(value=0.0, source="assumed")
    follow_up = (offer.follow_up if offer else None) or needs.get("follow_up", "1y")
    where = {name: value for name, value in needs.items() if name not in ("baseline", "follow_up", "window")}
    where |= {"level": offer.level} if offer and offer.level else {}
    course = AskedCourse(
        kind="natural-history", outcome=estimand.outcome, ask=asked.name, baseline=baseline,
        window=offer.window if offer else None, follow_up=follow_up,
        where=where,
        correlation=SourcedNumber(value=0.7, source="assumed"),
    )  # fmt: skip
    return PlannedTrial(
        id="as-planned", title="The arms as planned, by the bundle's own tables", estimands=[chosen], people=people, sites=1,
        per_site_month=SourcedNumber(value=1.0, source="assumed"), dropout_per_year=nothing, missed_visits=nothing, courses=[course],
        source="assumed", level=Level.INFERENCE,
    )  # fmt: skip
