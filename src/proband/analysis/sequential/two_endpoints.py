"""Two endpoints watched at the same looks: both must be shown (co-primary), or the second is tested once the first is (hierarchical).

At look k the statistics of both endpoints are normal with correlation ρ, and each has the increments of a canonical process. Probabilities are
exact to about 1e-5 by recursion: the density of the pair that has not stopped is carried from look to look by Gauss and Legendre's rule in both directions.

*Co-primary*: success needs both statistics above their bounds at the same look; both are tested at the full level, so that the error cannot exceed it, and
power is what suffers. *Hierarchical*: the second endpoint is tested, with a boundary of its own, at the look at which the
first is rejected and at later ones. Testing it at the full level only once, at the look at which the first was rejected, does not hold its error (Hung,
Wang and O'Neill); a boundary of the second's own at the full level does.

References
----------
Hung HMJ, Wang SJ, O'Neill R. J Biopharm Stat 2007;17:1201-1210. Glimm E, Maurer W, Bretz F. Stat Med 2010;29:219-228 (hierarchical). Tamhane AC, Mehta CR, Liu L.
Biometrics 2010;66:1174-1184. Asakura K, Hamasaki T, et al. Stat Med 2014;33:2897-2913 (co-primary).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.analysis.result import AnalysisError
from proband.analysis.sequential.boundaries import SequentialDesign
from proband.analysis.sequential.recursion import carried, legendre

Array = NDArray[np.float64]

_REACH = 8.0
_NODES = 48


@dataclass(frozen=True, slots=True)
class TwoEndpoints:
    """Probabilities by look (K,).

    Attributes
    ----------
    first
        Of rejecting the first endpoint at this look, not before.
    second
        Of rejecting the second endpoint at this look, not before, under the rule.
    """

    first: Array
    second: Array

    @property
    def both(self) -> float:
        """Probability of rejecting both in the end."""
        return float(self.second.sum())


def hierarchical(
    first: SequentialDesign,
    second: SequentialDesign,
    correlation: float,
    drift: tuple[float, float] = (0.0, 0.0),
) -> TwoEndpoints:
    """The second endpoint is tested at the look at which the first is rejected and at later ones, by a boundary of its own.

    Parameters
    ----------
    first, second
        Designs with the same looks; only efficacy bounds count.
    correlation
        Of the two statistics at one look, between −1 and 1 exclusively.
    drift
        Effects times √(last information) of either endpoint; (0, 0) is no effect in both. The error of the second is largest under a finite
        drift of the first: look at a grid of them.

    Raises
    ------
    AnalysisError
        ``analysis.sequential.two`` where the looks differ or the correlation is none.
    """
    times = _looks(first, second, correlation)
    pair = _Pair(correlation, drift)
    waiting: tuple[Array, Array] | None = (
        None  # nodes and masses of Z₂ where the first is rejected and the second is not
    )
    out = np.zeros((2, len(times)))
    before = 0.0
    for k, t in enumerate(times):
        b1, b2 = float(first.upper[k]), float(second.upper[k])
        z1, w1 = _pieces(b1, drift[0] * np.sqrt(t))
        z2, w2 = _pieces(b2, drift[1] * np.sqrt(t))
        mass = pair.advance(before, t, z1, z2) * np.outer(w1, w2)
        crossed = mass[z1 >= b1].sum(axis=0)
        out[0, k] = crossed.sum()
        late = np.zeros(len(z2))
        if waiting is not None:
            late = carried(*waiting, before, t, drift[1], z2) * w2
        reached = crossed + late
        out[1, k] = reached[z2 >= b2].sum()
        waiting = z2[z2 < b2], reached[z2 < b2]
        pair.keep(z1, z2, np.where(z1[:, None] < b1, mass, 0.0))
        before = float(t)
    return TwoEndpoints(out[0], out[1])


def coprimary(
    first: SequentialDesign,
    second: SequentialDesign,
    correlation: float,
    drift: tuple[float, float] = (0.0, 0.0),
) -> TwoEndpoints:
    """Both endpoints must lie above their bounds at the same look; the trial goes on until they do. Parameters as of :func:`hierarchical`.

    ``first`` and ``second`` of the result are then the same: the chance of success at each look.
    """
    times = _looks(first, second, correlation)
    pair = _Pair(correlation, drift)
    out = np.zeros(len(times))
    before = 0.0
    for k, t in enumerate(times):
        b1, b2 = float(first.upper[k]), float(second.upper[k])
        z1, w1 = _pieces(b1, drift[0] * np.sqrt(t))
        z2, w2 = _pieces(b2, drift[1] * np.sqrt(t))
        mass = pair.advance(before, t, z1, z2) * np.outer(w1, w2)
        success = (z1[:, None] >= b1) & (z2[None, :] >= b2)
        out[k] = mass[success].sum()
        pair.keep(z1, z2, np.where(success, 0.0, mass))
        before = float(t)
    return TwoEndpoints(out, out)


def _looks(first: SequentialDesign, second: SequentialDesign, correlation: float) -> Array:
    same = len(first.fractions) == len(second.fractions) and np.allclose(first.fractions, second.fractions)
    if not same or not -1 < correlation < 1:
        raise AnalysisError("analysis.sequential.two", first=first.fractions.tolist(), second=second.fractions.tolist(), correlation=correlation)  # fmt: skip
    return first.fractions


def _pieces(bound: float, centre: float) -> tuple[Array, Array]:
    """Nodes and weights on either side of a bound, as far as the statistic reaches."""
    points, weights = legendre(_NODES // 2)
    low, high = min(centre - _REACH, bound - 1e-6), max(centre + _REACH, bound + 1e-6)
    nodes, masses = [], []
    for a, b in ((low, bound), (bound, high)):
        nodes.append((b - a) / 2 * points + (a + b) / 2)
        masses.append((b - a) / 2 * weights)
    return np.concatenate(nodes), np.concatenate(masses)


class _Pair:
    """The sub-density of both statistics on what has not stopped."""

    def __init__(self, correlation: float, drift: tuple[float, float]) -> None:
        self.correlation, self.drift = correlation, drift
        self.nodes: tuple[Array, Array] | None = None
        self.mass: Array = np.zeros((0, 0))

    def keep(self, z1: Array, z2: Array, mass: Array) -> None:
        """What goes on: nodes and masses."""
        self.nodes, self.mass = (z1, z2), mass

    def advance(self, before: float, t: float, z1: Array, z2: Array) -> Array:
        """Density at the nodes of the next look."""
        r = self.correlation
        if self.nodes is None:
            x, y = z1 - self.drift[0] * np.sqrt(t), z2 - self.drift[1] * np.sqrt(t)
            return _bivariate(x[:, None], y[None, :], r)
        spread = np.sqrt((t - before) / t)
        u1, u2 = self.nodes
        x = (z1[:, None] - (u1 * np.sqrt(before) + self.drift[0] * (t - before)) / np.sqrt(t)) / spread
        y = (z2[:, None] - (u2 * np.sqrt(before) + self.drift[1] * (t - before)) / np.sqrt(t)) / spread
        out = np.empty((len(z1), len(z2)))
        for j in range(len(z2)):
            # given the move of the second, that of the first is normal: one row of the second at a time
            weight = np.exp(-(y[j] ** 2) / 2) * self.mass
            part = (x[:, :, None] - r * y[j]) / np.sqrt(1 - r**2)
            out[:, j] = (np.exp(-(part**2) / 2) * weight).sum(axis=(1, 2))
        scaled: Array = out / (2 * np.pi * np.sqrt(1 - r**2) * spread**2)
        return scaled


def _bivariate(x: Array, y: Array, r: float) -> Array:
    out: Array = np.exp(-(x**2 - 2 * r * x * y + y**2) / (2 * (1 - r**2))) / (2 * np.pi * np.sqrt(1 - r**2))
    return out
