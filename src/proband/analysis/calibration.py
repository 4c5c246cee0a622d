"""Simulation-based calibration: whether a Bayesian analysis computes the posterior that its own model asks for.

A truth is drawn from the prior and data from the truth; then the posterior probability of lying below the truth is uniform, whatever the
prior. An analysis whose posterior is too narrow piles up at both ends, one that leans to a side piles up at an end. It says nothing of whether
the model fits patients: for that see the conflicts and drifts that a simulation varies.

References
----------
Cook SR, Gelman A, Rubin DB. J Comput Graph Stat 2006;15:675-692. Talts S, Betancourt M, Simpson D, Vehtari A, Gelman A. arXiv 1804.06788, 2018.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: below this p the ranks are not uniform: one false alarm in a thousand
ALARM = 1e-3


@dataclass(frozen=True, slots=True)
class PosteriorCalibration:
    """Ranks (rounds,) of the truths in their posteriors, between 0 and 1, how many fall into each bin, and p of Kolmogorov and Smirnov's test and of χ²."""

    ranks: NDArray[np.float64]
    counts: NDArray[np.int64]
    p_distance: float
    p_histogram: float

    @property
    def holds(self) -> bool:
        """Whether the ranks may be uniform by both tests."""
        return min(self.p_distance, self.p_histogram) >= ALARM / 2

    @property
    def words(self) -> str:
        """The finding in a sentence."""
        if self.holds:
            return f"The ranks of {len(self.ranks)} truths in their posteriors are even."
        ends = self.counts[[0, -1]].sum() / len(self.ranks) * len(self.counts) / 2
        lean = (
            "pile up at the ends: the posterior is too narrow"
            if ends > 1.3
            else "are not even: the posterior is not that of the model"
        )
        return f"The ranks of {len(self.ranks)} truths in their posteriors {lean}."


def calibrate(
    once: Callable[[np.random.Generator], float], rounds: int, *, seed: int = 0, bins: int = 10
) -> PosteriorCalibration:
    """Repeat ``once``, which draws a truth and data and returns the posterior probability of lying below the truth.

    Each round has a stream of its own, so that a longer run begins with the shorter one.
    """
    from scipy.stats import chi2, kstest

    streams = np.random.SeedSequence(seed).spawn(rounds)
    ranks = np.array([once(np.random.default_rng(stream)) for stream in streams])
    if not ((ranks >= -1e-9) & (ranks <= 1 + 1e-9)).all():
        # what is no probability is never calibrated
        return PosteriorCalibration(ranks, np.zeros(bins, dtype=np.int64), 0.0, 0.0)
    counts = np.bincount(np.minimum((ranks * bins).astype(np.int64), bins - 1).clip(0), minlength=bins)
    even = rounds / bins
    statistic = float(((counts - even) ** 2 / even).sum())
    return PosteriorCalibration(ranks, counts, float(kstest(ranks, "uniform").pvalue), float(chi2.sf(statistic, bins - 1)))  # fmt: skip
