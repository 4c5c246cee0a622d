"""How well the models predict published cohorts: the report that stands in the documentation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from proband.natural_history.forecast import CohortCheck
from proband.natural_history.spinal_cord import check_cohorts, grade_model

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


def _share(checks: list[CohortCheck]) -> str:
    return f"{sum(c.covered for c in checks)} of {len(checks)}"


def coverage_report(
    programme: str | Path = "spinal-cord-autologous", advance: Callable[[], object] | None = None
) -> str:
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
