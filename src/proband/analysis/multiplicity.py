"""Several hypotheses with one error: fixed sequence, Holm, and graphs of Bretz and colleagues.

References
----------
Holm S. Scand J Stat 1979;6:65-70. Maurer W, Hothorn LA, Lehmacher W. 1995 (fixed sequence).
Bretz F, Maurer W, Brannath W, Posch M. Stat Med 2009;28:586-604 (graphs; algorithm 1; adjusted p values, algorithm 2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from proband.analysis.given import column, share
from proband.analysis.result import AnalysisError


@dataclass(frozen=True, slots=True)
class MultipleTest:
    """Hypotheses in the order given: adjusted p values and which are rejected at ``alpha``."""

    names: tuple[str, ...]
    adjusted: tuple[float, ...]
    alpha: float

    @property
    def rejected(self) -> tuple[str, ...]:
        """Names of the rejected hypotheses."""
        return tuple(name for name, p in zip(self.names, self.adjusted, strict=True) if p <= self.alpha)


def fixed_sequence(p: Mapping[str, float], alpha: float = 0.05) -> MultipleTest:
    """Test in the order given, each at the full level, until one is not rejected: the adjusted p is the largest so far."""
    values = column("p", list(p.values()), low=0, high=1).tolist()
    share("error", alpha)
    return MultipleTest(tuple(p), tuple(float(v) for v in np.maximum.accumulate(values)), alpha)


def graphical(
    p: Mapping[str, float],
    weights: Sequence[float],
    transitions: Sequence[Sequence[float]],
    alpha: float = 0.05,
) -> MultipleTest:
    """Sequentially rejective graph.

    ``weights`` share the level at the start (sum at most 1); row i of ``transitions`` says how the share of hypothesis i is passed on when it
    is rejected (zero diagonal, sum at most 1).
    """
    names, values = tuple(p), column("p", list(p.values()), low=0, high=1).tolist()
    share("error", alpha)
    w, g = np.array(weights, dtype=float), np.array(transitions, dtype=float)
    bad = g.shape != (len(names), len(names)) or len(w) != len(names)
    if (
        bad
        or w.sum() > 1 + 1e-12
        or (w < 0).any()
        or (g < 0).any()
        or (np.diag(g) != 0).any()
        or (g.sum(axis=1) > 1 + 1e-12).any()
    ):
        raise AnalysisError("analysis.multiplicity.graph", hypotheses=len(names))
    left, adjusted, largest = list(range(len(names))), np.ones(len(names)), 0.0
    while left:
        ratio = [values[i] / w[i] if w[i] > 0 else np.inf for i in left]
        j = left[int(np.argmin(ratio))]
        largest = max(largest, min(1.0, float(min(ratio))))
        adjusted[j] = largest
        left.remove(j)
        old_w, old_g = w.copy(), g.copy()
        for i in left:
            w[i] = old_w[i] + old_w[j] * old_g[j, i]
            for k in left:
                loop = 1 - old_g[i, j] * old_g[j, i]
                g[i, k] = 0.0 if i == k or loop <= 0 else (old_g[i, k] + old_g[i, j] * old_g[j, k]) / loop
        w[j] = 0.0
    return MultipleTest(names, tuple(float(v) for v in adjusted), alpha)


def holm(p: Mapping[str, float], alpha: float = 0.05) -> MultipleTest:
    """Holm's procedure: the graph that shares equally and passes on equally."""
    n = len(p)
    share = [[0.0 if i == k else 1 / (n - 1) for k in range(n)] for i in range(n)] if n > 1 else [[0.0]]
    return graphical(p, [1 / n] * n, share, alpha)
