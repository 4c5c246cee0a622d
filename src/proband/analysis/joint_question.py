"""A question about means, by the joint model: the difference of the arms' courses, with the hazard of what ends them in the same model.

Whoever gets worse dies earlier, so the courses that are still seen are the better ones. The straight courses of the model go on behind the
event: what is estimated is the difference of courses *had nobody had the event*, which is another question than that of the plan, and stands
beside its answer only.
"""

from __future__ import annotations

import numpy as np

from proband.analysis.joint import JointFit, joint_model
from proband.analysis.result import AnalysisError, AnalysisResult, wald
from proband.analysis.stated import StatedEstimand, made
from proband.analysis.trial_table import TrialArrays
from proband.programme.estimand import EventKind


def joint_difference(
    stated: StatedEstimand, data: TrialArrays, kind: EventKind = "death", pieces: int = 2
) -> AnalysisResult:
    """Difference of the arms' straight courses at the visit of the question, and below it the association with the hazard.

    Parameters
    ----------
    data
        One trial.
    kind
        Kind of the events whose hazard goes with the course; every other event that the estimand does not leave to treatment policy ends
        what is watched, as does the last day known.
    pieces
        Of the baseline hazard.

    Raises
    ------
    AnalysisError
        ``analysis.joint.few`` for too few events, and whatever :func:`~proband.analysis.joint.joint_model` refuses.
    """
    fit = joint_fit(stated, data, kind, pieces)
    at = fit.names.index("slope:arm")
    found = wald(
        method=f"joint model of {stated.outcome.name} and {kind}, straight courses, piecewise constant hazard",
        quantity=f"difference of courses, {stated.treatment} minus {stated.comparator}, at {stated.estimand.visit}, had nobody had the event",
        estimate=float(fit.slope[1]) * stated.day,
        error=float(np.sqrt(fit.covariance[at, at])) * stated.day,
        diagnostics={"people": fit.people, "events": fit.events, "measurements": fit.measurements, "quadrature": fit.quadrature},
    )  # fmt: skip
    return AnalysisResult(
        **{name: getattr(found, name) for name in found.__slots__ if name != "parts"},
        parts=(fit.result("association"),),
    )


def joint_fit(stated: StatedEstimand, data: TrialArrays, kind: EventKind, pieces: int) -> JointFit:
    """The model of one trial: level in common, as chance made the groups, and a slope with the arm; times in days."""
    id = stated.estimand.outcome
    form, last = made(stated.outcome), stated.at(id)
    if form.form not in ("value", "change"):
        raise AnalysisError(
            "analysis.choice", what="form of an outcome for a joint model", value=form.form, known=["value", "change"]
        )  # fmt: skip
    days = np.array([visit.day for visit in stated.visits[id]][: last + 1], dtype=float)
    y = data.values[id][0, :, : last + 1]
    if form.baseline:
        days, y = np.concatenate([[0.0], days]), np.column_stack([data.baseline[id][0], y])
    own = [name for event in stated.estimand.of_kind(kind) for name in event.names]
    other = [name for event in stated.estimand.intercurrent_events if event.kind != kind and event.strategy != "treatment-policy" for name in event.names]  # fmt: skip
    happened = data.day_of(own)[0]
    end = np.minimum(np.minimum(data.last_seen[0], data.day_of(other)[0]), stated.day)
    time = np.maximum(np.minimum(happened, end), 1.0)
    seen = np.isfinite(y) & (days[None, :] <= time[:, None])
    who, visit = np.nonzero(seen)
    return joint_model(
        y[who, visit], days[visit], who, time, happened <= end, slope=data.arm[0].astype(float), pieces=pieces, names=["arm"]
    )  # fmt: skip
