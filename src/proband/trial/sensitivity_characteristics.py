"""Operating characteristics of the sensitivity analyses that an estimand fixed before: the same simulated studies, one assumption changed.

They cost far more than the primary answer (imputation, tipping points, a joint model), so they run over the first studies of a scenario only,
each written out as a table and analysed by the call that a record's table goes through.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from proband.analysis.sensitivity import SensitivityAnswer, sensitivity_answers
from proband.analysis.stated import StatedEstimand
from proband.trial.operating import MonteCarlo
from proband.trial.plan import SimulationPlan
from proband.trial.scenarios import Scenario
from proband.trial.written_trial import one_trial


@dataclass(frozen=True, slots=True)
class SensitivityCharacteristics:
    """How one sensitivity analysis did in one scenario.

    ``rejected`` is how often its own two-sided p was at most the question's error, ``covered`` how often its interval held no difference in a
    scenario where there is none; both None for an analysis that gives no estimate. ``tipped`` is how often a value was found at which the answer
    turns, ``failed`` counts studies without an answer, which reject nothing.
    """

    scenario: str
    estimand: str
    kind: str
    why: str
    studies: int
    rejected: MonteCarlo
    estimate: MonteCarlo
    covered: MonteCarlo
    tipped: MonteCarlo
    failed: int

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


def sensitivity_characteristics(
    plan: SimulationPlan, scenario: Scenario, studies: int, seed: int, *, engine: str = "plain",
    advance: Callable[[int], object] = lambda count: None,
) -> tuple[SensitivityCharacteristics, ...]:  # fmt: skip
    """Run every sensitivity analysis of every question over the first studies of a scenario.

    Parameters
    ----------
    studies
        Studies 0 to ``studies`` - 1, the same that the simulation itself has under these numbers.
    advance
        Called with 1 after each study.
    """
    found: list[list[tuple[SensitivityAnswer, ...]]] = [[] for _ in plan.estimands]
    for number in range(studies):
        rows = one_trial(plan, scenario, number, seed)
        for at, stated in enumerate(plan.estimands):
            if stated.estimand.sensitivity:
                found[at].append(sensitivity_answers(stated, rows, engine=engine))
        advance(1)
    return tuple(
        _characteristics(scenario, stated, [answers[at] for answers in of_one])
        for stated, of_one in zip(plan.estimands, found, strict=True)
        for at in range(len(stated.estimand.sensitivity))
        if of_one
    )


def _characteristics(
    scenario: Scenario, stated: StatedEstimand, answers: list[SensitivityAnswer]
) -> SensitivityCharacteristics:
    error = stated.estimand.gate.error
    results = [each.result for each in answers if each.result is not None]
    estimates = bool(results)
    p = np.array([1.0 if each.result is None or each.result.p is None else each.result.p for each in answers])
    null = (stated.estimand.benchmark.value if stated.estimand.benchmark else None) or 0.0
    held = np.array([each.low <= null <= each.high for each in results], dtype=bool)
    nothing = MonteCarlo(None, None)
    return SensitivityCharacteristics(
        scenario.id, stated.id, answers[0].kind, answers[0].why, len(answers),
        MonteCarlo.share(p <= error) if estimates else nothing,
        MonteCarlo.mean(np.array([each.estimate for each in results])) if estimates else nothing,
        MonteCarlo.share(held) if estimates and scenario.is_null and stated.comparator else nothing,
        MonteCarlo.share(np.array([each.tips_at is not None for each in answers])) if not estimates else nothing,
        sum(bool(each.reason) for each in answers),
    )  # fmt: skip
