"""Operating characteristics with their Monte-Carlo errors (Morris, White, Crowther, Stat Med 2019;38:2074-2102, table 6)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proband.analysis.stated import StatedEstimand, made
from proband.trial.conduct import (
    PER_ESTIMAND,
    STOPPED_FOR_EFFECT,
    STOPPED_FOR_HARM,
    ShardResult,
    event_names,
)
from proband.trial.plan import SimulationPlan
from proband.trial.scenarios import Scenario

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MonteCarlo:
    """A figure of a simulation and its Monte-Carlo standard error; both None where it does not exist."""

    value: float | None
    error: float | None

    @classmethod
    def share(cls, hits: NDArray[np.bool_]) -> MonteCarlo:
        """A share of trials."""
        value = float(hits.mean()) if len(hits) else None
        return cls(value, None if value is None else float(np.sqrt(value * (1 - value) / len(hits))))

    @classmethod
    def mean(cls, values: Array) -> MonteCarlo:
        """A mean over trials."""
        values = values[np.isfinite(values)]
        if len(values) < 2:
            return cls(None, None)
        return cls(float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values))))


@dataclass(frozen=True, slots=True)
class EstimandCharacteristics:
    """What one question showed under one scenario.

    ``rejected`` counts a question only where its place in the sequence was reached; it is type I error in a null and power elsewhere.
    ``bias`` and ``coverage`` are against ``truth``; None where the truth of the summary is not known in closed form. ``failed`` counts trials
    without an answer: they reject nothing.
    """

    estimand: str
    hash: str
    summary: str
    rejected: MonteCarlo
    estimate: MonteCarlo
    empirical_sd: float | None
    truth: float | None
    bias: MonteCarlo
    coverage: MonteCarlo
    missing: MonteCarlo
    failed: int


@dataclass(frozen=True, slots=True)
class ScenarioCharacteristics:
    """What a scenario showed: the questions, and how the trials went."""

    scenario: Scenario
    trials: int
    questions: tuple[EstimandCharacteristics, ...]
    stopped_for_effect: MonteCarlo
    stopped_for_harm: MonteCarlo
    people: MonteCarlo
    days: MonteCarlo
    treated: MonteCarlo
    untreated: MonteCarlo
    harmed: MonteCarlo
    held: MonteCarlo
    events: dict[str, dict[str, MonteCarlo]]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            **asdict(self),
            "scenario": {
                **asdict(self.scenario),
                "effects": [asdict(effect) for effect in self.scenario.effects],
            },
            "questions": [asdict(question) for question in self.questions],
        }


def characteristics(
    plan: SimulationPlan, scenario: Scenario, shards: list[ShardResult]
) -> ScenarioCharacteristics:
    """Put the shards of a scenario together."""
    answers = np.concatenate([shard.answers for shard in shards])
    conduct = np.concatenate([shard.conduct for shard in shards])
    events = np.concatenate([shard.events for shard in shards])
    weight = np.array([len(shard.answers) for shard in shards], dtype=float)
    applied = {
        name: np.average([shard.applied[name] for shard in shards], axis=0, weights=weight)
        for name in shards[0].applied
    }
    stop = conduct[:, 0]
    return ScenarioCharacteristics(
        scenario, len(answers),
        tuple(_question(stated, scenario, answers[:, at], applied) for at, stated in enumerate(plan.estimands)),
        MonteCarlo.share(stop == STOPPED_FOR_EFFECT), MonteCarlo.share(stop == STOPPED_FOR_HARM), MonteCarlo.mean(conduct[:, 1]),
        MonteCarlo.mean(conduct[:, 2]), MonteCarlo.mean(conduct[:, 3]), MonteCarlo.mean(conduct[:, 5]), MonteCarlo.mean(conduct[:, 4]), MonteCarlo.mean(conduct[:, 6]),
        {name: {"all": MonteCarlo.mean(events[:, at, 0]), "treated arms": MonteCarlo.mean(events[:, at, 1])}
         for at, name in enumerate(event_names(plan))},
    )  # fmt: skip


def _question(
    stated: StatedEstimand, scenario: Scenario, rows: Array, applied: dict[str, Array]
) -> EstimandCharacteristics:
    at = {name: rows[:, place] for place, name in enumerate(PER_ESTIMAND)}
    truth = _truth(stated, scenario, applied)
    ok = np.isfinite(at["p"])
    covered = (at["low"] <= truth) & (truth <= at["high"]) if truth is not None else np.zeros(0, bool)
    return EstimandCharacteristics(
        stated.id, stated.hash, stated.estimand.summary, MonteCarlo.share(at["rejected"] == 1.0), MonteCarlo.mean(at["estimate"][ok]),
        _spread(at["estimate"][ok]), truth,
        MonteCarlo.mean(at["estimate"][ok] - truth) if truth is not None else MonteCarlo(None, None),
        MonteCarlo.share(covered[ok]) if truth is not None else MonteCarlo(None, None), MonteCarlo.mean(at["missing"]), int((~ok).sum()),
    )  # fmt: skip


def _spread(values: Array) -> float | None:
    values = values[np.isfinite(values)]
    return float(values.std(ddof=1)) if len(values) > 1 else None


def _truth(stated: StatedEstimand, scenario: Scenario, applied: dict[str, Array]) -> float | None:
    """What the estimate should be: no difference under a null; under an effect, what was applied to those allocated, where that is a mean
    or a share. A ratio of hazards, odds or wins under an effect has no such number, nor has the share or mean of a single arm.
    """
    summary = stated.estimand.summary
    if summary in ("single-proportion", "single-mean"):
        return None
    if scenario.is_null:
        return 0.0
    if summary in ("difference-in-means", "difference-in-proportions") and made(stated.outcome).form in (
        "change",
        "value",
        "gain",
    ):
        effect = applied.get(stated.estimand.outcome)
        return None if effect is None else float(effect[stated.at(stated.estimand.outcome)])
    if summary == "within-person-change":
        effect = applied.get(stated.estimand.outcome)
        return None if effect is None else float(effect[-1])
    return None


def largest_error(found: list[ScenarioCharacteristics], estimand: str) -> tuple[str, MonteCarlo]:
    """The scenario without an effect in which a question is answered yes most often, and how often: the type I error over the grid."""
    nulls = [
        (each.scenario.id, question.rejected)
        for each in found
        if each.scenario.is_null
        for question in each.questions
        if question.estimand == estimand
    ]
    return max(nulls, key=lambda item: item[1].value or 0.0)
