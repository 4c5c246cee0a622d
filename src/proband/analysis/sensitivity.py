"""The sensitivity analyses that an estimand fixed before: the same table, the same code, one assumption changed.

None of them is an answer instead of the primary one. What cannot be computed is said with its reason: a plan that failed is part of the result.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proband.analysis.answers import analyse
from proband.analysis.imputation import reference_based, tipping_point
from proband.analysis.joint_question import joint_difference
from proband.analysis.question_means import centred
from proband.analysis.result import AnalysisError, AnalysisResult, sentence
from proband.analysis.risk_difference import risk_difference
from proband.analysis.stated import StatedEstimand
from proband.analysis.strategies import reached, scores
from proband.analysis.trial_columns import TrialRow
from proband.analysis.trial_table import TrialArrays, arranged
from proband.analysis.unconditional import boschloo
from proband.programme.sensitivity import (
    CountsTippingPoint,
    DeltaTippingPoint,
    JointModel,
    MissingCounts,
    OtherBenchmark,
    OtherCourse,
    OtherStrategy,
    ReferenceBasedImputation,
    Sensitivity,
)

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SensitivityAnswer:
    """One sensitivity analysis: what was supposed and why, the sentence, the result where it is an estimate, and the tipping point where one was sought.

    ``tips_at`` is None where nothing that was looked at turns the answer, or none was sought; ``reason`` says why there is no answer.
    """

    kind: str
    why: str
    words: str
    result: AnalysisResult | None = None
    tips_at: float | None = None
    reason: str = ""

    def record(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "kind": self.kind,
            "why": self.why,
            "words": self.words,
            "result": self.result.record() if self.result else None,
            "tips_at": self.tips_at,
            "reason": self.reason,
        }


def sensitivity_answers(
    stated: StatedEstimand, rows: Iterable[TrialRow], *, engine: str = "plain"
) -> tuple[SensitivityAnswer, ...]:
    """Every sensitivity analysis of the estimand on the table of one trial, in the order of the plan.

    Raises
    ------
    AnalysisError
        Whatever refuses the table itself.
    """
    kept = list(rows)
    data = arranged(stated, kept)
    found = []
    for each in stated.estimand.sensitivity:
        try:
            found.append(_answer(each, stated, kept, data, engine))
        except AnalysisError as error:
            found.append(SensitivityAnswer(each.kind, each.why, "", reason=error.message))
    return tuple(found)


def _answer(
    each: Sensitivity, stated: StatedEstimand, rows: list[TrialRow], data: TrialArrays, engine: str
) -> SensitivityAnswer:
    match each:
        case ReferenceBasedImputation():
            y, arm, baseline = _measured(stated, data)
            result = reference_based(y, arm, baseline, strategy=each.assumption, engine=engine)
            return _told(each, stated, result)
        case DeltaTippingPoint():
            y, arm, baseline = _measured(stated, data)
            at = tipping_point(y, arm, baseline, worse=each.farthest, strategy=each.assumption, engine=engine)
            words = (
                "no answer to begin with: nothing can tip" if at == 0
                else f"no shift up to {each.farthest:g} of the missing values of the treated turns the answer" if at is None
                else f"the answer turns where the missing values of the treated are {at:.3g} from what was supposed"
            )  # fmt: skip
            return SensitivityAnswer(each.kind, each.why, words, tips_at=at)
        case MissingCounts():
            fill = {1: float(each.treated == "reached"), 0: float(each.controls == "reached")}
            got, open_ = _outcomes(stated, data)
            arm = np.broadcast_to(data.arm, data.shape)[0]
            got = np.where(open_, np.where(arm == 1, fill[1], fill[0]), got)
            return _told(each, stated, _shares(got, arm))
        case CountsTippingPoint():
            return _counts(each, stated, data)
        case OtherStrategy():
            events = [
                event.model_copy(update={"strategy": each.strategy, "score": each.score}) if event.kind == each.event else event
                for event in stated.estimand.intercurrent_events
            ]  # fmt: skip
            return _again(each, stated, rows, engine, {"intercurrent_events": events})
        case OtherBenchmark():
            benchmark = stated.estimand.benchmark
            changed = benchmark.model_copy(update={"share": each.share}) if benchmark else None
            return _again(each, stated, rows, engine, {"benchmark": changed})
        case JointModel():
            return _told(each, stated, joint_difference(stated, data, each.event, each.pieces))
        case OtherCourse():
            prior = stated.estimand.prior
            changed_prior = prior.model_copy(update={"slope": each.slope}) if prior else None
            return _again(each, stated, rows, engine, {"prior": changed_prior})


def _again(
    each: Sensitivity, stated: StatedEstimand, rows: list[TrialRow], engine: str, update: dict[str, Any]
) -> SensitivityAnswer:
    """The primary analysis itself with a changed estimand."""
    changed = replace(stated, estimand=stated.estimand.model_copy(update=update))
    return _told(each, stated, analyse(changed, rows, engine=engine))


def _told(each: Sensitivity, stated: StatedEstimand, result: AnalysisResult) -> SensitivityAnswer:
    return SensitivityAnswer(each.kind, each.why, result.words, result.for_estimand(stated.hash))


def _measured(stated: StatedEstimand, data: TrialArrays) -> tuple[Array, NDArray[np.int64], Array | None]:
    """Outcomes up to the visit of the question, arms and centred baselines of one trial."""
    id = stated.estimand.outcome
    y = scores(stated, data)[0][:, : stated.at(id) + 1]
    baseline = centred(data.baseline[id])[0]
    arm = np.broadcast_to(data.arm, data.shape)[0].astype(np.int64)
    return y, arm, baseline[:, None] if np.ptp(baseline) > 0 else None


def _outcomes(stated: StatedEstimand, data: TrialArrays) -> tuple[Array, NDArray[np.bool_]]:
    """Whether each person reached the outcome, and whose outcome nobody knows: where the two ways to count it differ."""
    ways = [
        reached(replace(stated, estimand=stated.estimand.model_copy(update={"missing": missing})), data)[0]
        for missing in ("not-reached", "reached")
    ]
    return ways[0], ways[0] != ways[1]


def _shares(got: Array, arm: NDArray[np.int64]) -> AnalysisResult:
    a, m, b, n = (int(v) for v in (got[arm == 1].sum(), (arm == 1).sum(), got[arm == 0].sum(), (arm == 0).sum()))  # fmt: skip
    found = risk_difference(a, m, b, n)
    p = boschloo(a, m, b, n).p
    return replace(found, p=p, words=sentence(found.quantity, found.shown, found.confidence, p, found.unit))


def _counts(each: CountsTippingPoint, stated: StatedEstimand, data: TrialArrays) -> SensitivityAnswer:
    """Over every number of missing outcomes that may have been reached in either group: how often the answer stays, and the nearest that turns it."""
    got, open_ = _outcomes(stated, data)
    arm = np.broadcast_to(data.arm, data.shape)[0]
    known = got * ~open_
    a, b = int(known[arm == 1].sum()), int(known[arm == 0].sum())
    m, n = int((arm == 1).sum()), int((arm == 0).sum())
    lost, lost_controls = int((open_ & (arm == 1)).sum()), int((open_ & (arm == 0)).sum())
    counted = 1.0 if stated.estimand.missing == "reached" else 0.0
    start = boschloo(a + int(counted) * lost, m, b + int(counted) * lost_controls, n).p <= 0.05
    turned = [
        (abs(k - counted * lost) + abs(j - counted * lost_controls), k, j)
        for k in range(lost + 1) for j in range(lost_controls + 1)
        if (boschloo(a + k, m, b + j, n).p <= 0.05) != start
    ]  # fmt: skip
    total = (lost + 1) * (lost_controls + 1)
    said = "significant" if start else "not significant"
    if not turned:
        return SensitivityAnswer(
            each.kind, each.why, f"{lost} treated and {lost_controls} controls have no outcome; whatever they were, the answer stays {said}",
        )  # fmt: skip
    distance, k, j = min(turned)
    words = (
        f"{lost} treated and {lost_controls} controls have no outcome; in {len(turned)} of {total} ways to fill them the answer is no longer {said}, "
        f"the nearest with {k} of the treated and {j} of the controls reached"
    )
    return SensitivityAnswer(each.kind, each.why, words, tips_at=float(distance))
