"""Cohorts that a table's model has not seen, from worlds whose cohorts differ as the model believes, less, or twice as much.

No second published cohort of most kinds exists to hold out (docs/headline.md says of which). So cohorts are drawn: some are published in a table, the generic
model of the kind is fitted to them, and the next cohort is judged as a headline about it would be. ``python -m benchmarks.registries --write`` rewrites the
table of docs/headline.md.
"""  # fmt: skip

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from benchmarks.calibration import write_block
from proband.analysis.elementary import expit
from proband.analysis.exact import predicted_at_least
from proband.analysis.rates import events_distribution
from proband.natural_history.cohorts import CohortRows, fit
from proband.natural_history.forecast import quantile_table
from proband.natural_history.kinds.forecasts import (
    CHANGE_DRIFT,
    CHANGE_SCALE,
    PRIORS,
    RATE_DRIFT,
    RATE_SCALE,
)
from proband.natural_history.kinds.means import mixture
from proband.natural_history.kinds.rows import DISPERSION

Array = NDArray[np.float64]
#: people of a published cohort, and of the headline about the next one
PUBLISHED, NEXT = 60, 20
#: how far cohorts truly differ, in units of the scale of the model's prior
SPREADS = (0.0, 1.0, 2.0)
TABLES = (1, 3, 6)


@dataclass(frozen=True, slots=True)
class Unseen:
    """Shares of worlds in which the next cohort has P(at least this), or P(at most this), of 5 % or less."""

    kind: str
    published: int
    spread: float
    worlds: int
    at_least: float
    at_most: float


def _share(rng: np.random.Generator, published: int, spread: float) -> tuple[float, float]:
    middle = rng.normal(-0.5, 1.0)
    true = expit(middle + spread * PRIORS.tau_scale * rng.standard_normal(published + 1))
    events = rng.binomial(PUBLISHED, true[:-1]).astype(float).clip(0.5, PUBLISHED - 0.5)
    data = CohortRows(
        events=events,
        n=np.full(published, float(PUBLISHED)),
        mix=np.ones((published, 1)),
        covariates=np.zeros((published, 0)),
        time=np.zeros(published),
        registry=np.arange(published),
        cohort=np.arange(published),
    )
    posterior, none = fit(data, PRIORS), np.zeros(0)
    draws = [
        posterior.new_cohort(0, none, 0.0, *rng.standard_normal((2, len(posterior.tau)))) for _ in range(5)
    ]
    shares = quantile_table(np.concatenate(draws))
    seen = int(rng.binomial(NEXT, true[-1]))
    more = predicted_at_least(seen, NEXT, shares)
    return more, 1.0 - (predicted_at_least(seen + 1, NEXT, shares) if seen < NEXT else 0.0)


def _change(rng: np.random.Generator, published: int, spread: float) -> tuple[float, float]:
    sd, scale = 8.0, CHANGE_SCALE * 8.0
    true = rng.normal(0.0, 5.0) + spread * scale * rng.standard_normal(published + 1)
    error = np.full(published, sd / np.sqrt(PUBLISHED))
    y = true[:-1] + error * rng.standard_normal(published)
    weight, centre, spread_, _ = mixture(
        y, error, np.zeros(published), 0.0, tau_scale=scale, drift_sd=CHANGE_DRIFT * sd
    )
    own = sd / np.sqrt(NEXT)
    wide = np.hypot(spread_, own)
    seen = round(float(true[-1] + own * rng.standard_normal()))
    return (
        float(weight @ ndtr((centre - (seen - 0.5)) / wide)),
        float(weight @ ndtr(((seen + 0.5) - centre) / wide)),
    )


def _events(rng: np.random.Generator, published: int, spread: float) -> tuple[float, float]:
    true = np.exp(rng.normal(-0.3, 0.7) + spread * RATE_SCALE * rng.standard_normal(published + 1))

    def counted(people: int, rate: float) -> int:
        return int(rng.poisson(rate * rng.gamma(1 / DISPERSION, DISPERSION, people)).sum())

    seen = np.array([counted(PUBLISHED, r) for r in true[:-1]], dtype=float)
    weight, centre, sd, _ = mixture(
        np.log((seen + 0.5) / PUBLISHED),
        np.sqrt(1 / (seen + 0.5) + DISPERSION / PUBLISHED),
        np.zeros(published),
        0.0,
        tau_scale=RATE_SCALE,
        drift_sd=RATE_DRIFT,
    )
    part = rng.choice(len(weight), 300, p=weight)
    found = np.exp(rng.normal(centre[part], sd[part]))
    k = counted(NEXT, float(true[-1]))
    below = np.cumsum(events_distribution(NEXT, found * NEXT, DISPERSION, k), axis=1)
    return float(np.mean(1.0 - (below[:, k - 1] if k else 0.0))), float(np.mean(below[:, k]))


KINDS = {"mean change": _change, "number of events": _events, "share or time to an event": _share}
#: fitting a share takes longest
WORLDS = {"share or time to an event": 120, "mean change": 600, "number of events": 600}


def unseen(kind: str, published: int, spread: float, worlds: int, seed: int = 3) -> Unseen:
    """Judge the next cohort in many worlds."""
    rng = np.random.default_rng([seed, published, round(10 * spread), list(KINDS).index(kind)])
    tails = np.array([KINDS[kind](rng, published, spread) for _ in range(worlds)])
    share = np.mean(tails <= 0.05, axis=0)
    return Unseen(kind, published, spread, worlds, float(share[0]), float(share[1]))


def report() -> str:
    """The table by kind, number of published cohorts, and how far cohorts truly differ."""
    named = {0.0: "not at all", 1.0: "as much", 2.0: "twice as much"}
    lines = [
        "| kind | published cohorts | "
        + " | ".join(f"cohorts differ {named[s]} as the prior's scale" if s else "cohorts do not differ" for s in SPREADS)
        + " |",
        "|---|---|" + "---|" * len(SPREADS),
    ]  # fmt: skip
    for kind, published in product(KINDS, TABLES):
        made = [unseen(kind, published, s, WORLDS[kind]) for s in SPREADS]
        cells = " | ".join(f"{100 * u.at_least:.1f} / {100 * u.at_most:.1f}" for u in made)
        lines.append(f"| {kind} | {published} | {cells} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if "--write" in sys.argv:
        write_block("registries", report())
    else:
        print(report())
