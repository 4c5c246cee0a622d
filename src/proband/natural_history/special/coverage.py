"""How well the models predict published cohorts: the report that stands in the documentation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.analysis.exact import predicted_at_least, predicted_counts
from proband.natural_history.cohorts import CohortRows, Posterior, fit
from proband.natural_history.forecast import CohortCheck, quantile_table
from proband.natural_history.special.spinal_cord import grade_forecast
from proband.natural_history.special.spinal_grades import (
    ModelAssumptions,
    assemble,
    fitted_rows,
    grade_model,
    priors_for,
)
from proband.natural_history.special.spinal_words import GradeQuestion
from proband.programme import Programme

#: fitted grade and outcome pairs of the spinal-cord table
FITTED = (
    ("A", "ais-conversion"),
    ("A", "motor-incomplete"),
    ("B", "ais-conversion"),
    ("C", "ais-conversion"),
    ("C", "ais-deterioration"),
    ("D", "ais-conversion"),
    ("D", "ais-deterioration"),
)


def _interval_of_counts(
    post: Posterior, data: CohortRows, i: int, n: int, width: float = 0.95
) -> tuple[float, float]:
    """Central predictive interval of the count in a new cohort that looks like row ``i``."""
    low, high = predicted_counts(n, predicted_shares(post, data, i), width)
    return float(low), float(high)


def predicted_shares(post: Posterior, data: CohortRows, i: int) -> NDArray[np.float64]:
    """Plausible shares, each as likely, of a new cohort that looks like row ``i``."""
    rng = np.random.Generator(np.random.Philox([11, i]))
    draws = []
    for _ in range(5):
        z, zd = rng.standard_normal((2, len(post.tau)))
        share = np.zeros(len(post.tau))
        for stratum, weight in enumerate(data.mix[i]):
            if weight:
                share += weight * post.new_cohort(stratum, data.covariates[i], float(data.time[i]), z, zd)
        draws.append(share)
    grid = quantile_table(np.concatenate(draws))
    shares: NDArray[np.float64] = grid[::2] / 2 + grid[1::2] / 2
    return shares


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A published row and how likely so many or more, and so few or fewer, are to a model that was fitted without its cohort."""

    cohort: str
    published: int
    at_least: float
    at_most: float


def left_out_tails(programme: Programme, grade: str, outcome: str) -> list[LeftOut]:
    """Every fitted row of a grade and outcome, predicted without its whole cohort."""
    model = grade_model(programme, grade, outcome)
    data, out = model.data, []
    refits: dict[int, Posterior] = {}
    for i, row in enumerate(model.rows):
        cohort = int(data.cohort[i])
        if cohort not in refits:
            refits[cohort] = fit(data.without(cohort), priors_for(grade, outcome))
        shares = predicted_shares(refits[cohort], data, i)
        n, events = round(float(data.n[i])), round(float(data.events[i]))
        above = predicted_at_least(events + 1, n, shares) if events < n else 0.0
        out.append(
            LeftOut(
                row.text("cohort"),
                int(row.number("published") or 0),
                predicted_at_least(events, n, shares),
                1.0 - above,
            )
        )
    return out


def check_cohorts(
    programme: Programme,
    grade: str,
    outcome: str = "ais-conversion",
    *,
    leave_out: bool = False,
    width: float = 0.95,
) -> list[CohortCheck]:
    """Every published row against the predictive interval for a new cohort, of a registry never seen, of its kind.

    Rows shown for context (parts or wholes of fitted rows, series without a number of people) are checked too. With
    ``leave_out`` the model is refitted without the row's whole cohort and asked to predict it; only fitted rows take part. A row
    without a printed denominator is checked at the stand-in weight.

    Parameters
    ----------
    programme, grade, outcome
        As for :func:`grade_model`.
    leave_out
        Leave the row's cohort out of the fit.
    width
        Probability of the central interval.
    """
    model = grade_model(programme, grade, outcome)
    rows = model.rows
    if not leave_out:
        rows = (
            rows
            + fitted_rows(programme, grade, outcome, "whole")
            + fitted_rows(programme, grade, outcome, "context")
        )
    data, _ = assemble(rows, grade)
    out: list[CohortCheck] = []
    refits: dict[int, Posterior] = {}
    for i, row in enumerate(rows):
        cohort = int(data.cohort[i])
        if leave_out:
            if cohort not in refits:
                refits[cohort] = fit(model.data.without(cohort), priors_for(grade, outcome))
            post = refits[cohort]
        else:
            post = model.posterior
        n = round(float(data.n[i]))
        low, high = _interval_of_counts(post, data, i, n, width)
        out.append(
            CohortCheck(
                cohort=row.text("cohort"),
                stratum=f"AIS {grade}, {row.text('level_group')}"
                + (f", {row.text('period_from')}-{row.text('period_to')}" if row.text("period_from") else ""),
                n=n,
                events=float(round(float(data.events[i]))),
                low=low,
                high=high,
                programme_hash=programme.hash,
                left_out=leave_out,
            )
        )
    return out


#: assumptions that the sensitivity table varies one at a time
VARIED = (
    ("as it is", ModelAssumptions()),
    ("stand-in weight 20 instead of 40", ModelAssumptions(stand_in_weight=20.0)),
    ("stand-in weight 100", ModelAssumptions(stand_in_weight=100.0)),
    ("publication 4 years after enrolment instead of 7", ModelAssumptions(publication_lag=4.0)),
    ("publication 10 years after enrolment", ModelAssumptions(publication_lag=10.0)),
    ("prior of differences between cohorts half as wide", ModelAssumptions(tau_scale=0.5)),
    ("prior of differences twice as wide", ModelAssumptions(tau_scale=2.0)),
    ("registries drift alike (SD 0.1 instead of 0.4)", ModelAssumptions(drift_sd=0.1)),
)


def sensitivity_report(programme: Programme) -> str:
    """How far the assumptions move the answer, as Markdown: grade A, cervical, examined by day 28, one year, no years given."""
    lines = [
        "| assumption | natural share (95 % over new cohorts) | P(at least 2 of 4) | P(at least 8 of 10) |",
        "|---|---|---|---|",
    ]
    for name, assumptions in VARIED:
        f = grade_forecast(
            programme, "A", "tetraplegia", GradeQuestion((14.0, 28.0), 365.25), assumptions=assumptions
        )
        low, high = f.interval()
        two, eight = (predicted_at_least(k, n, f.quantiles) for k, n in ((2, 4), (8, 10)))
        lines.append(f"| {name} | {f.mean:.2f} ({low:.2f} to {high:.2f}) | {two:.2f} | {eight:.3f} |")
    return "\n".join(lines) + "\n"


def _share(checks: list[CohortCheck]) -> str:
    return f"{sum(c.covered for c in checks)} of {len(checks)}"


def coverage_report(programme: Programme, advance: Callable[[], object] | None = None) -> str:
    """Coverage of predictive intervals as Markdown: own intervals, and every cohort predicted without itself.

    The numbers are the same on every run: fits and draws are seeded. ``advance`` is called after each grade and outcome.
    """
    lines = [
        "| baseline grade, outcome | SD between cohorts (logit), 95 % | own 95 % interval | left out: 50 % | left out: 80 % | left "
        "out: 95 % |",
        "|---|---|---|---|---|---|",
    ]
    total: dict[float, list[CohortCheck]] = {0.5: [], 0.8: [], 0.95: []}
    own_all: list[CohortCheck] = []
    missed: list[str] = []
    for grade, outcome in FITTED:
        own = check_cohorts(programme, grade, outcome)
        own_all += own
        left = {w: check_cohorts(programme, grade, outcome, leave_out=True, width=w) for w in total}
        for w, checks in left.items():
            total[w] += checks
        missed += [
            f"{c.cohort} ({c.stratum}, {outcome}): {c.events:.0f} of {c.n:.0f}, predicted {c.low:.0f} to {c.high:.0f}"
            for c in left[0.95]
            if not c.covered
        ]
        tau = sorted(float(v) for v in grade_model(programme, grade, outcome).posterior.tau)
        mean = sum(tau) / len(tau)
        low, high = tau[int(0.025 * len(tau))], tau[int(0.975 * len(tau))]
        lines.append(
            f"| {grade}, {outcome} | {mean:.1f} ({low:.1f} to {high:.1f}) | {_share(own)} | {_share(left[0.5])} | "
            f"{_share(left[0.8])} | {_share(left[0.95])} |"
        )
        if advance is not None:
            advance()
    lines.append(
        f"| **all** | | **{_share(own_all)}** | **{_share(total[0.5])}** | **{_share(total[0.8])}** | **{_share(total[0.95])}** |"
    )
    lines += ["", "Outside when left out:", ""]
    lines += [f"* {m}" for m in missed] or ["* none"]
    return "\n".join(lines) + "\n"
