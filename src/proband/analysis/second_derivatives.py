"""Second derivatives of a likelihood that has none in closed form."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def second_derivatives(function: Callable[[Array], float], at: Array, step: ArrayLike) -> Array:
    """Central differences (p, p) at a point (p,), with one ``step`` for all of its coordinates or one for each."""
    size = len(at)
    steps = np.broadcast_to(np.asarray(step, dtype=float), (size,))
    moves = np.diag(steps)
    out = np.empty((size, size))
    for i in range(size):
        for k in range(i + 1):
            out[i, k] = out[k, i] = (
                function(at + moves[i] + moves[k])
                - function(at + moves[i] - moves[k])
                - function(at - moves[i] + moves[k])
                + function(at - moves[i] - moves[k])
            ) / (4 * steps[i] * steps[k])
    return out
