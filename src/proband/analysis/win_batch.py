"""Hierarchical composites of many data sets at once: the kernel where Numba is installed, otherwise the plain reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from proband.analysis.win import Component, win_statistics

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

KINDS = ("time", "count", "value")


@dataclass(frozen=True, slots=True)
class WinBatch:
    """Shares of wins and losses, log win odds with standard error, log win ratio with standard error, net benefit; each (data sets,)."""

    wins: Array
    losses: Array
    log_win_odds: Array
    log_win_odds_error: Array
    log_win_ratio: Array
    log_win_ratio_error: Array
    net_benefit_error: Array

    @property
    def net_benefit(self) -> Array:
        """Share of wins minus share of losses."""
        return self.wins - self.losses


def win_batch(
    kinds: Sequence[str],
    values: Array,
    event: BoolArray,
    arm: IntArray,
    *,
    lower_is_better: Sequence[bool] | None = None,
    margins: Sequence[float] | None = None,
    recurrent: Array | None = None,
    strata: IntArray | None = None,
    engine: str = "auto",
) -> WinBatch:
    """Win statistics of arm 1 against arm 0.

    Parameters
    ----------
    kinds
        (components,): ``"time"``, ``"count"`` (at most one) or ``"value"``, the most important first.
    values, event
        (data sets, components, people), as in :class:`~proband.analysis.win.Component`.
    recurrent
        (data sets, people, events): rising times of the count component, NaN after the last.
    """
    sets, components, people = values.shape
    arms = np.atleast_2d(np.asarray(arm, dtype=np.int64))
    levels = (
        np.zeros((1, people), np.int64)
        if strata is None
        else np.atleast_2d(np.asarray(strata, dtype=np.int64))
    )
    lower, margin = list(lower_is_better or [False] * components), list(margins or [0.0] * components)
    times = (
        np.full((1, people, 1), np.nan) if recurrent is None else np.ascontiguousarray(recurrent, dtype=float)
    )
    out = np.empty((sets, 6))
    if engine == "kernel" or (engine == "auto" and find_spec("numba") is not None):
        from proband.analysis.win_kernel import win_many

        win_many(
            np.array([KINDS.index(kind) for kind in kinds]), np.where(lower, -1.0, 1.0), np.array(margin, dtype=float),
            np.ascontiguousarray(values, dtype=float), np.ascontiguousarray(event, dtype=bool), times, arms, levels,
            int(levels.max()) + 1, out,
        )  # fmt: skip
        return _batch(out)
    for d in range(sets):
        hierarchy = [
            Component(
                kinds[c],
                values[d, c],
                event[d, c],
                [row[np.isfinite(row)] for row in times[d % len(times)]] if kinds[c] == "count" else None,
                lower[c],
                margin[c],
            )
            for c in range(components)
        ]
        test = win_statistics(hierarchy, arms[d % len(arms)], strata=levels[d % len(levels)])
        out[d] = test.shares
    return _batch(out)


def _batch(out: Array) -> WinBatch:
    won, lost, vw, vl, cov = out[:, 0], out[:, 1], out[:, 2], out[:, 3], out[:, 4]
    difference = np.sqrt(np.maximum(vw + vl - 2 * cov, 0.0))
    probability = (1 + won - lost) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        return WinBatch(
            won,
            lost,
            np.log(probability / (1 - probability)),
            difference / 2 / (probability * (1 - probability)),
            np.log(won / lost),
            np.sqrt(np.maximum(vw / won**2 + vl / lost**2 - 2 * cov / (won * lost), 0.0)),
            difference,
        )
