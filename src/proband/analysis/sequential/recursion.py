"""Probabilities of crossing sequential boundaries: the recursion of Armitage, McPherson and Rowe.

The statistics Z₁ … Z_K have the canonical joint distribution: means θ√I_k, and √I_k Z_k grows by independent normal increments. The
density of Z_k on the continuation region is carried from look to look by Gauss–Legendre quadrature.

References
----------
Armitage P, McPherson CK, Rowe BC. J R Stat Soc A 1969;132:235-244. Jennison C, Turnbull BW. Group Sequential Methods, 2000, chapter 19.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

Array = NDArray[np.float64]

#: how far from its mean a statistic is followed; beyond lies less than 1e-19
_REACH = 9.0
_NODES = 96


@lru_cache(maxsize=4)
def legendre(nodes: int) -> tuple[Array, Array]:
    """Points and weights (nodes,) of Gauss and Legendre's rule on −1 to 1."""
    points, weights = np.polynomial.legendre.leggauss(nodes)
    return points, weights


def carried(nodes: Array, mass: Array, before: float, information: float, drift: float, z: Array) -> Array:
    """Density at ``z`` of a statistic that had these masses on these nodes at the look with the information ``before``."""
    step = information - before
    mean = (nodes * np.sqrt(before) + drift * step) / np.sqrt(information)
    spread = np.sqrt(step / information)
    x = (z[:, None] - mean) / spread
    out: Array = (np.exp(-(x**2) / 2) / (spread * np.sqrt(2 * np.pi))) @ mass
    return out


@dataclass(frozen=True, slots=True)
class CrossingProbabilities:
    """Probability of first crossing ``upper`` and ``lower`` at each look (K,), and of reaching the end without crossing."""

    upper: Array
    lower: Array

    @property
    def none(self) -> float:
        """Probability of crossing nothing."""
        return float(1 - self.upper.sum() - self.lower.sum())


@dataclass(slots=True)
class Path:
    """The sub-density of the statistic on the continuation region, after some looks.

    ``nodes`` and ``mass`` (n,): points and probability masses of Z at the last look; empty before the first look.
    """

    drift: float
    information: float = 0.0
    nodes: Array | None = None
    mass: Array | None = None

    def tails(self, information: float, lower: float, upper: float) -> tuple[float, float]:
        """Probability of being below ``lower`` and above ``upper`` at the next look."""
        if self.nodes is None or self.mass is None:
            mean = self.drift * np.sqrt(information)
            return float(ndtr(lower - mean)), float(ndtr(mean - upper))
        step = information - self.information
        mean = (self.nodes * np.sqrt(self.information) + self.drift * step) / np.sqrt(information)
        spread = np.sqrt(step / information)
        return float(self.mass @ ndtr((lower - mean) / spread)), float(
            self.mass @ ndtr((mean - upper) / spread)
        )

    def advance(self, information: float, lower: float, upper: float) -> Path:
        """The path after a look at which it continued between the bounds."""
        centre = self.drift * np.sqrt(information)
        low, high = max(lower, centre - _REACH), min(upper, centre + _REACH)
        if high <= low:
            return Path(self.drift, information, np.zeros(1), np.zeros(1))
        points, weights = legendre(_NODES)
        nodes = (high - low) / 2 * points + (high + low) / 2
        weights = (high - low) / 2 * weights
        if self.nodes is None or self.mass is None:
            density = np.exp(-((nodes - centre) ** 2) / 2) / np.sqrt(2 * np.pi)
        else:
            density = carried(self.nodes, self.mass, self.information, information, self.drift, nodes)
        return Path(self.drift, information, nodes, weights * density)


def crossing(
    information: ArrayLike, lower: ArrayLike, upper: ArrayLike, drift: float = 0.0
) -> CrossingProbabilities:
    """Probabilities of crossing the bounds.

    Parameters
    ----------
    information, lower, upper
        (K,): information at each look and the bounds of Z there (±∞ for none).
    drift
        Effect per √information: E Z_k = ``drift`` √I_k.
    """
    i, a, b = (np.asarray(v, dtype=float) for v in (information, lower, upper))
    path, up, down = Path(drift), np.zeros(len(i)), np.zeros(len(i))
    for k in range(len(i)):
        down[k], up[k] = path.tails(i[k], a[k], b[k])
        path = path.advance(i[k], a[k], b[k])
    return CrossingProbabilities(up, down)
