"""Exact unconditional tests of two shares: Boschloo's and Barnard's, with the supremum over the nuisance share bounded between grid points.

Two groups were made by chance; under the hypothesis both have the same unknown share π. The tail probability of the tables at least as
extreme is a polynomial in π. Its supremum is not read from a grid: in Bernstein's form over an interval a polynomial is nowhere larger than
its largest coefficient, so intervals are halved until that bound is within ``TOLERANCE`` of a value that was reached. The p value returned
is the bound, so it is never too small.

References
----------
Boschloo RD. Statistica Neerlandica 1970;24:1-35. Barnard GA. Biometrika 1947;34:123-138 (here with the pooled score statistic).
Farouki RT. Comput Aided Geom Des 2012;29:379-419 (Bernstein's form). Lydersen S, Fagerland MW, Laake P. Stat Med 2009;28:1159-1175.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from proband.analysis.elementary import log_choose
from proband.analysis.exact import Direction, check_counts, fisher_table

Array = NDArray[np.float64]

#: how far the returned p value may lie above the supremum
TOLERANCE = 1e-7
#: tables whose statistics agree to this are equally extreme
_TIE = 1e-9


@dataclass(frozen=True, slots=True)
class UnconditionalTest:
    """Result of an exact unconditional test.

    ``p`` is an upper bound of the supremum, at most ``TOLERANCE`` above it; ``nuisance`` the share of both groups at which it is (nearly)
    reached; ``statistic`` orders the tables (Fisher's p for Boschloo, the pooled z for Barnard).
    """

    name: str
    direction: Direction
    statistic: float
    p: float
    nuisance: float


def boschloo(
    events: int, people: int, control_events: int, control_people: int, direction: Direction = "two-sided"
) -> UnconditionalTest:
    """Boschloo's test of ``events`` of ``people`` against ``control_events`` of ``control_people``.

    Direction ``"greater"``: the first group has the larger share. Tables are ordered by Fisher's p value in the same direction (two-sided:
    his two-sided one). It is never less powerful than Fisher's test.
    """
    check_counts(events, people, control_events, control_people)
    order = fisher_table(people, control_people, direction)
    return _test("Boschloo", order, events, control_events, direction)


def barnard(
    events: int, people: int, control_events: int, control_people: int, direction: Direction = "two-sided"
) -> UnconditionalTest:
    """Barnard's test with the pooled score statistic."""
    check_counts(events, people, control_events, control_people)
    z = score_table(people, control_people)
    order = {"greater": -z, "less": z, "two-sided": -np.abs(z)}[direction]
    return _test("Barnard", order, events, control_events, direction, shown=float(z[events, control_events]))


def _test(
    name: str,
    order: Array,
    events: int,
    control_events: int,
    direction: Direction,
    *,
    shown: float | None = None,
) -> UnconditionalTest:
    here = float(order[events, control_events])
    region = order <= here + _TIE * max(1.0, abs(here)) if name == "Barnard" else order <= here * (1 + _TIE)
    p, nuisance = supremum(region)
    return UnconditionalTest(name, direction, here if shown is None else shown, p, nuisance)


@lru_cache(maxsize=256)
def score_table(people: int, control_people: int) -> Array:
    """The pooled z statistic of every table; 0 where nobody or everybody had the event."""
    a, b = np.arange(people + 1)[:, None], np.arange(control_people + 1)[None, :]
    pooled = (a + b) / (people + control_people)
    variance = pooled * (1 - pooled) * (1 / people + 1 / control_people)
    gap = a / people - b / control_people
    out: Array = np.where(variance > 0, gap / np.sqrt(np.where(variance > 0, variance, 1.0)), 0.0)
    out.setflags(write=False)
    return out


def supremum(region: NDArray[np.bool_], tolerance: float = TOLERANCE) -> tuple[float, float]:
    """Largest probability of a region of tables over the common share, as an upper bound within ``tolerance``, and where it is reached.

    Parameters
    ----------
    region
        (n₁ + 1, n₂ + 1): which tables belong to it.
    """
    n1, n2 = region.shape[0] - 1, region.shape[1] - 1
    if region.all():
        return 1.0, 0.5
    # the coefficients of the polynomial in Bernstein's form: the share of the tables with k events that belong to the region
    log1, log2 = log_choose(n1, np.arange(n1 + 1)), log_choose(n2, np.arange(n2 + 1))
    k = np.add.outer(np.arange(n1 + 1), np.arange(n2 + 1))
    weights = np.exp(np.add.outer(log1, log2) - log_choose(n1 + n2, k))
    pieces: Array = np.bincount(k[region], weights=weights[region], minlength=n1 + n2 + 1)[None, :].astype(
        np.float64
    )
    low, width = np.zeros(1), 1.0
    best, where = float(max(pieces[0, 0], pieces[0, -1])), float(pieces[0, 0] < pieces[0, -1])
    while len(pieces):
        left, right = _halves(pieces)
        width /= 2
        reached = left[:, -1]
        if float(reached.max()) > best:
            best, where = float(reached.max()), float(low[int(reached.argmax())] + width)
        pieces, low = np.concatenate([left, right]), np.concatenate([low, low + width])
        open_ = pieces.max(axis=1) > best + tolerance
        pieces, low = pieces[open_], low[open_]
    return min(1.0, best + tolerance), where


def _halves(pieces: Array) -> tuple[Array, Array]:
    """De Casteljau's halving of polynomials in Bernstein's form, (pieces, degree + 1) each: they are convex mixtures, so nothing cancels."""
    left, right = np.empty_like(pieces), np.empty_like(pieces)
    now = pieces
    for step in range(pieces.shape[1]):
        left[:, step], right[:, -1 - step] = now[:, 0], now[:, -1]
        now = (now[:, :-1] + now[:, 1:]) / 2
    return left, right


def critical_level(order: Array, alpha: float) -> tuple[float, float]:
    """Largest statistic whose region still has a supremum of at most ``alpha``, and that supremum: the test's size.

    ``order`` (n₁ + 1, n₂ + 1) is small for extreme tables; −∞ and 0 where even the most extreme table exceeds ``alpha``.
    """
    levels = np.unique(order)
    low, high, size = -1, len(levels) - 1, 0.0
    while low < high:
        middle = (low + high + 1) // 2
        p, _ = supremum(
            order <= levels[middle] * (1 + _TIE) if levels[middle] >= 0 else order <= levels[middle] + _TIE
        )
        if p <= alpha:
            low, size = middle, p
        else:
            high = middle - 1
    return (float("-inf"), 0.0) if low < 0 else (float(levels[low]), size)
