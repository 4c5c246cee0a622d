"""Pictures of a simulation, as data: how often each question is answered yes in each scenario, and how far its estimates lie from the truth."""

from __future__ import annotations

from typing import Any

from proband.analysis.pictures import PictureLine, ResultPicture
from proband.analysis.proportions import clopper_pearson
from proband.analysis.stated import StatedEstimand
from proband.trial.operating import EstimandCharacteristics, ScenarioCharacteristics
from proband.trial.simulation import TrialSimulation

_Z = 1.959963984540054


def simulation_pictures(simulation: TrialSimulation) -> dict[str, Any]:
    """By question, plain JSON values: ``yes``, and ``bias`` where the truth is known in any scenario (None elsewhere)."""
    out = {}
    for stated in simulation.plan.estimands:
        rows = [(each, q) for each in simulation.found for q in each.questions if q.estimand == stated.id]
        bias = _bias(stated, rows)
        out[stated.id] = {
            "yes": _yes(stated, rows).record(),
            "bias": None if bias is None else bias.record(),
        }
    return out


def _yes(
    stated: StatedEstimand, rows: list[tuple[ScenarioCharacteristics, EstimandCharacteristics]]
) -> ResultPicture:
    """Shares of studies with the exact interval that so many made-up studies leave; the line is the error that the plan allows."""
    lines = []
    for each, question in rows:
        yes = round((question.rejected.value or 0.0) * each.trials)
        exact = clopper_pearson(yes, each.trials)
        name = f"{each.scenario.title} ({each.scenario.id})"
        words = f"{yes:,} of {each.trials:,} studies, {100 * yes / each.trials:.1f} in a hundred, {100 * exact.low:.1f} to {100 * exact.high:.1f}"
        lines.append(PictureLine(name, 100 * yes / each.trials, 100 * exact.low, 100 * exact.high, words))
    return ResultPicture(
        f"{stated.id}: how often the answer is yes",
        f"studies in a hundred; the dashed line is the error that the plan allows, {100 * stated.estimand.gate.error:g}",
        tuple(lines), 100 * stated.estimand.gate.error,
    )  # fmt: skip


def _bias(
    stated: StatedEstimand, rows: list[tuple[ScenarioCharacteristics, EstimandCharacteristics]]
) -> ResultPicture | None:
    lines = []
    for each, question in rows:
        value, error = question.bias.value, question.bias.error
        if value is None or error is None:
            continue
        low, high = value - _Z * error, value + _Z * error
        name = f"{each.scenario.title} ({each.scenario.id})"
        words = f"{value:.3g} beside an effect of {question.truth:.3g}, {low:.3g} to {high:.3g}"
        lines.append(PictureLine(name, value, low, high, words))
    if not lines:
        return None
    axis = "mean estimate less the effect applied, on the scale of analysis; the dashed line is no bias"
    return ResultPicture(f"{stated.id}: bias", axis, tuple(lines), 0.0)
