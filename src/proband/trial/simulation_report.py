"""The report of a simulation: aims, data-generating mechanism, estimands, methods, performance (ADEMP), as plain JSON values.

Morris TP, White IR, Crowther MJ. Stat Med 2019;38:2074-2102. Every number of the data-generating mechanism stands beside its source; every
figure of performance beside its Monte-Carlo error; what failed is counted; the whole can be run again from seed, hashes and versions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from proband.analysis.answers import analyse
from proband.analysis.result import AnalysisError
from proband.natural_history.forecast import ChangeForecast, ProportionForecast
from proband.programme.model import Based
from proband.programme.trials import PlannedTrial, SourcedNumber
from proband.terms import Level
from proband.trial.conduct import PER_ESTIMAND, STOPPED_FOR_EFFECT, STOPPED_FOR_HARM, run_shard
from proband.trial.operating import MonteCarlo, largest_error
from proband.trial.plan import SimulationPlan
from proband.trial.scenarios import Scenario
from proband.trial.simulation import TrialSimulation
from proband.trial.simulation_pictures import simulation_pictures
from proband.trial.written_trial import one_trial

#: trials that are looked through for the three that are told
SEARCHED = 200

EQUATIONS = {
    "score": "y(t) = start + slope·t + walk(t) + effect(t) + examiner + noise; start and slope normal between people; walk a random walk",
    "natural-history": "a new cohort is drawn for every trial from the predictive distribution of the natural history; people are drawn within it",
    "series": "y(t) = start + slope·t + change·t after the first dose + e(t); e autoregressive of order one in weeks",
    "event": "hazard(t) = daily · exp(per point · (y(t) − at)), constant between days of the grid; day rounded up to a whole day",
    "loss": "time to being lost exponential; visits missed independently; nothing is measured after death",
    "product": "for a share of people no product is made; the others get it after the delay if they are alive and in follow-up; everybody stays in the arm of allocation",
}


def simulation_report(simulation: TrialSimulation) -> dict[str, Any]:
    """The report of a finished simulation."""
    plan, found = simulation.plan, list(simulation.found)
    shown = _shown_scenario(simulation)
    return {
        "programme": {"id": plan.programme, "title": plan.title, "hash": plan.programme_hash},
        "aims": f"{plan.trial.title}: how often the plan errs where nothing is done to anybody, and what it could find.",
        "design": _design(plan),
        "mechanism": {
            "equations": {kind: EQUATIONS[kind] for kind in _kinds(plan.trial)},
            "parameters": _parameters(plan.trial),
            "cohorts": _cohorts(plan),
            "assumed": list(plan.assumed),
        },
        "estimands": [_estimand(stated) for stated in plan.estimands],
        "methods": "Each simulated trial is analysed by the estimand itself, by the code that analyses a record's table.",
        "scenarios": [each.as_dict() for each in found],
        "type_one_error": {
            stated.id: {"scenario": scenario, "value": error.value, "monte_carlo_error": error.error}
            for stated in plan.estimands
            for scenario, error in [largest_error(found, stated.id)]
        },
        "failures": {
            stated.id: sum(q.failed for each in found for q in each.questions if q.estimand == stated.id)
            for stated in plan.estimands
        },
        "sensitivity": [],
        "pictures": simulation_pictures(simulation),
        "trajectories": _trajectories(simulation, shown),
        "limits": list(plan.trial.limits),
        "summary": plain_summary(simulation),
        "run": {
            "trials_per_scenario": simulation.trials,
            "seed": simulation.seed,
            "streams": "Philox4x32-10 keyed by seed and scenario; counter: trial, participant, index, purpose",
            "key": simulation.key,
            "precision": "Monte-Carlo error of a share p over n trials is √(p(1−p)/n): "
            f"{100 * np.sqrt(0.05 * 0.95 / simulation.trials):.2f} points at 5 % here",
            **simulation.versions,
        },
    }


def _design(plan: SimulationPlan) -> dict[str, Any]:
    trial = plan.trial
    return {
        "id": trial.id,
        "title": trial.title,
        "arms": [
            {"arm": name, "people": count, "treated": name in plan.treated} for name, count in plan.arms
        ],
        "sites": trial.sites,
        "allocation": plan.placing.words if plan.placing else "one group",
        "questions": [stated.id for stated in plan.estimands],
        "looks": plan.estimands[0].estimand.looks.fractions if plan.estimands[0].estimand.looks else [],
        "harm_boundary": None
        if trial.harm is None
        else f"stops where the posterior probability that more than {trial.harm.limit.value:.0%} are harmed exceeds {trial.harm.probability.value:.0%} "
        f"(prior of the share: Beta({trial.harm.prior[0]:g}, {trial.harm.prior[1]:g}))",
    }


def _kinds(trial: PlannedTrial) -> list[str]:
    return [
        *dict.fromkeys(course.kind for course in trial.courses),
        *(["event"] if trial.events else []),
        "loss",
        "product",
    ]


def _level(piece: Based, trial: PlannedTrial) -> str:
    level = piece.level or trial.level
    return (level or Level.INFERENCE).value


def _number(name: str, number: SourcedNumber, trial: PlannedTrial) -> dict[str, Any]:
    return {
        "name": name,
        "value": number.value,
        "unit": number.unit,
        "source": number.source or trial.source,
        "level": _level(number, trial),
        "note": number.note,
    }


def _parameters(trial: PlannedTrial) -> list[dict[str, Any]]:
    named: list[tuple[str, object]] = [(name, getattr(trial, name)) for name in type(trial).model_fields]
    for course in trial.courses:
        named += [(f"{course.outcome}: {name}", getattr(course, name)) for name in type(course).model_fields]
    for event in trial.events:
        named += [(f"{event.event}: {name}", getattr(event, name)) for name in type(event).model_fields]
    if trial.harm:
        named += [(f"harm: {name}", getattr(trial.harm, name)) for name in type(trial.harm).model_fields]
    rows = [
        _number(name.replace("_", " "), value, trial)
        for name, value in named
        if isinstance(value, SourcedNumber)
    ]
    return rows + [
        {"name": f"effect on {e.on}, {e.scenario}", "value": e.value, "unit": None, "source": e.source,
         "level": _level(e, trial), "note": e.note} for e in trial.effects
    ]  # fmt: skip


def _cohorts(plan: SimulationPlan) -> list[dict[str, Any]]:
    out = []
    for outcome, found in plan.forecasts.items():
        every: list[tuple[int, ProportionForecast | ChangeForecast]] = [*found.shares, *found.changes]
        for people, forecast in every:
            low, high = forecast.interval()
            out.append(
                {"outcome": outcome, "people": people, "label": forecast.label, "mean": forecast.mean, "low": low, "high": high,
                 "sources": [source.citation for source in forecast.sources], "level": str(forecast.level.value),
                 "assumptions": list(forecast.assumptions)}
            )  # fmt: skip
    return out


def _estimand(stated: Any) -> dict[str, Any]:
    estimand = stated.estimand
    return {
        "id": estimand.id,
        "hash": stated.hash,
        "question": estimand.question,
        "population": estimand.population,
        "treatment": stated.treatment,
        "comparator": stated.comparator,
        "outcome": stated.outcome.name,
        "day": stated.day,
        "summary": estimand.summary,
        "missing": estimand.missing,
        "after": estimand.gate.after,
        "error": estimand.gate.error,
        "events": [
            {"event": e.event, "kind": e.kind, "strategy": e.strategy, "how": e.how}
            for e in estimand.intercurrent_events
        ],
    }


def _shown_scenario(simulation: TrialSimulation) -> Scenario:
    by_id = {each.scenario.id: each.scenario for each in simulation.found}
    return by_id.get("supposed") or by_id.get("expected") or simulation.found[0].scenario


def _trajectories(simulation: TrialSimulation, scenario: Scenario) -> list[dict[str, Any]]:
    """Three trials told in full: one that found something, one that did not, and the oddest."""
    plan, stated = simulation.plan, simulation.plan.estimands[0]
    shard = run_shard(
        plan, scenario, 0, min(SEARCHED, simulation.trials), simulation.seed, engine=simulation.engine
    )
    rejected = shard.answers[:, 0, PER_ESTIMAND.index("rejected")] == 1
    estimate, stop = shard.answers[:, 0, 0], shard.conduct[:, 0]
    far = (
        np.abs(estimate - np.nanmedian(estimate)) if np.isfinite(estimate).any() else np.zeros(len(estimate))
    )
    oddest = (
        np.flatnonzero(stop == STOPPED_FOR_HARM)
        if (stop == STOPPED_FOR_HARM).any()
        else np.flatnonzero(~np.isfinite(estimate))
    )
    picks = [
        ("it answered yes", np.flatnonzero(rejected)),
        ("it found nothing", np.flatnonzero(~rejected & np.isfinite(estimate))),
        ("the oddest", oddest if len(oddest) else np.argsort(-np.nan_to_num(far))[:1]),
    ]
    out: list[dict[str, Any]] = []
    for why, numbers in picks:
        if not len(numbers):
            out.append({"why": why, "number": None, "words": f"none of the first {len(rejected)} did"})
            continue
        number = int(numbers[0])
        rows = one_trial(plan, scenario, number, simulation.seed)
        picture = None
        try:
            result = analyse(stated, rows)
        except AnalysisError as refusal:
            words = refusal.message
        else:
            words, picture = result.words, result.picture.record() if result.picture else None
        people: dict[str, list[str]] = {}
        for row in rows:
            if row["kind"] != "person" and len(people) <= 4:
                value = row["text"] or ("" if row["value"] is None else f" {row['value']:.3g}")
                people.setdefault(row["participant"], []).append(f"{row['on']} {row['name']}{value}")
        ended = {STOPPED_FOR_HARM: "stopped for harm", STOPPED_FOR_EFFECT: "stopped early"}.get(
            int(stop[number]), "ran to its end"
        )
        out.append(
            {"why": why, "number": number, "scenario": scenario.id, "words": words, "ended": ended, "picture": picture,
             "people": [{"participant": name, "course": sorted(course)[:12]} for name, course in list(people.items())[:4]]}
        )  # fmt: skip
    return out


def _in_hundred(share: MonteCarlo, trials: int) -> str:
    """A share with twice its Monte-Carlo error: with few made-up studies it is a rough one, and says so.

    Where all or none of them said yes the error is 0 and says nothing: there it is the rule of three (Hanley, Lippman-Hand, JAMA
    1983;249:1743-5).
    """
    if share.value is None or share.error is None:
        return "no answer of 100"
    if share.error == 0:
        off = min(300 / trials, 100.0)
        return f"at most {off:.1f} of 100" if share.value == 0 else f"at least {100 - off:.1f} of 100"
    return f"{100 * share.value:.1f} (give or take {200 * share.error:.1f}) of 100"


def plain_summary(simulation: TrialSimulation) -> list[str]:
    """What it comes to, in short sentences."""
    plan, found = simulation.plan, list(simulation.found)
    primary = plan.estimands[0]
    scenario, error = largest_error(found, primary.id)
    allowed = primary.estimand.gate.error
    told = [
        f"We played {simulation.trials:,} made-up studies for each of {len(found)} cases. Nobody in them is real.",
        f"If the product does nothing, {_in_hundred(error, simulation.trials)} such studies would still say yes to the main question in the worst case "
        f"({scenario}). The plan allows {100 * allowed:.0f} of 100.",
    ]
    for each in found:
        if not each.scenario.is_null:
            basis = "; ".join(f"{e.on} {e.value:g}, {e.basis}" for e in each.scenario.effects)
            told.append(
                f"If the effect were {each.scenario.title.lower()} ({basis}), {_in_hundred(each.questions[0].rejected, simulation.trials)} studies would say yes."
            )
    if all(each.scenario.is_null for each in found):
        told.append(
            "No source gives an effect, so we assume none. We do not say how often the study would find one."
        )
    first = found[0]
    if first.untreated.value:
        told.append(
            f"On average {first.untreated.value:.1f} people who were to get the product would never get it. They are counted where chance put them."
        )
    lasting = first.days.value
    if lasting is not None:
        told.append(f"The study would take about {lasting / 365.25:.1f} years.")
    return told
