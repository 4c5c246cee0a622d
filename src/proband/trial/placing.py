"""Arms of simulated people by the bundle's own plan of allocation: blocks, strata, minimisation, drawn for many studies side by side.

The rules are those of :func:`proband.trial.allocation.draw.allocate`; the chance is the counter-based stream of the simulation, so that a
study is allocated alike whatever runs beside it. A test holds both ways of drawing against one another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from proband.programme import Programme
from proband.terms import ProbandError
from proband.trial.allocation.again import Coins, drawn, minimised
from proband.trial.allocation.plan import AllocationError, AllocationPlan, ArmShare, plan_of

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PlacingPlan:
    """How the people of a study come to its arms.

    Attributes
    ----------
    plan
        The bundle's plan, limited to the arms of the study.
    shares
        By factor of the plan: how common each of its levels is, in their order.
    words
        The plan in a line, for reports.
    """

    plan: AllocationPlan
    shares: Mapping[str, tuple[float, ...]]
    words: str


def placing_of(
    programme: Programme,
    people: Mapping[str, int],
    form: str | None,
    levels: Mapping[str, Mapping[str, float]],
) -> tuple[PlacingPlan, tuple[str, ...]]:
    """The plan of a study with so many people in each arm, and what had to be assumed for it.

    Raises
    ------
    ProbandError
        ``trial.simulate.levels`` where the study says how common a level is that the bundle does not know.
    """
    assumed: list[str] = []
    try:
        whole = plan_of(programme)
        arms = tuple(arm for arm in whole.arms if arm.id in people)
        # one form is simulated at a time: its own sequence is drawn, from its own arms
        mine = replace(whole, arms=tuple(replace(arm, forms=()) for arm in arms), form_factor=None)
        left = [arm.id for arm in whole.arms if arm not in arms and (not arm.forms or form in arm.forms)]
        if left:
            assumed.append(f"The bundle also allocates to {', '.join(left)}; nobody is, in this study.")
    except AllocationError as refusal:
        weights = {arm: programme.arms[arm].weight for arm in people}
        size = 2 * sum(weights.values())
        mine = AllocationPlan(
            "blocked", tuple(ArmShare(arm, weight) for arm, weight in weights.items()), (size,)
        )
        assumed.append(
            f"Allocation is in blocks of {size}, since the bundle's own plan does not serve here: {refusal.message}"
        )
    shares = {f.name: _shares(f.name, f.levels, form, levels.get(f.name)) for f in mine.factors}
    strange = [name for name in levels if name not in shares]
    if strange:
        raise ProbandError("trial.simulate.levels", factor=strange[0], factors=list(shares))
    even = [f.name for f in mine.factors if f.name not in levels and form not in f.levels]
    if even and mine.method != "blocked":
        assumed.append(
            f"The levels of {', '.join(even)} are equally common, and people of all levels fare alike."
        )
    planned, weight = sum(people.values()), sum(arm.weight for arm in mine.arms)
    off = [arm.id for arm in mine.arms if abs(people[arm.id] - planned * arm.weight / weight) >= 1]
    if off:
        assumed.append(
            f"The people planned in {', '.join(off)} are not in the ratio of the arms: the plan of allocation is followed."
        )
    return PlacingPlan(mine, shares, _words(mine)), tuple(assumed)


def _shares(
    factor: str, levels: Sequence[str], form: str | None, said: Mapping[str, float] | None
) -> tuple[float, ...]:
    if said is not None:
        strange = [level for level in said if level not in levels]
        if strange or min(said.values()) < 0 or sum(said.values()) <= 0:
            raise ProbandError("trial.simulate.levels", factor=factor, factors=list(levels))
        total = sum(said.values())
        return tuple(said.get(level, 0.0) / total for level in levels)
    if form in levels:
        return tuple(float(level == form) for level in levels)
    return (1.0 / len(levels),) * len(levels)


def _words(plan: AllocationPlan) -> str:
    ratio = ":".join(str(arm.weight) for arm in plan.arms)
    blocks = f", blocks of {' or '.join(map(str, plan.block_sizes))}" if plan.block_sizes else ""
    factors = (
        f", by {', '.join(f.name for f in plan.factors)}" if plan.factors and plan.method != "blocked" else ""
    )
    return f"{plan.method.replace('-', ' ')}, {ratio}{blocks}{factors}; drawn anew for each study"


def placed(placing: PlacingPlan, levels: Array, size: Array, draw: Array) -> IntArray:
    """Arms (T, P), by their place in ``placing.plan.arms``.

    Parameters
    ----------
    levels
        Uniform numbers (T, P, factors) that give everybody's levels.
    size, draw
        Uniform numbers (T, P): the size of the next block, and the arm.
    """
    plan = placing.plan
    studies, people = draw.shape
    strata = _strata(placing, levels)
    weights = np.array([arm.weight for arm in plan.arms], dtype=np.int64)
    out = np.empty((studies, people), dtype=np.int64)
    every = np.arange(studies)
    if plan.method == "minimisation":
        return _minimised(plan, strata, draw)
    sequence = np.zeros((studies, people), dtype=np.int64)
    if plan.method == "stratified-blocked":
        for at, factor in enumerate(plan.factors):
            sequence = sequence * len(factor.levels) + strata[:, :, at]
    left = np.zeros((studies, int(sequence.max(initial=0)) + 1, len(weights)), dtype=np.int64)
    sizes = np.array(plan.block_sizes or (int(weights.sum()),), dtype=np.int64)
    for place in range(people):
        if plan.method == "simple":
            out[:, place] = drawn(
                np.broadcast_to(weights.astype(float), (studies, len(weights))), draw[:, place]
            )
            continue
        mine = sequence[:, place]
        rest = left[every, mine]
        empty = rest.sum(axis=1) == 0
        chosen = sizes[np.minimum((size[:, place] * len(sizes)).astype(np.int64), len(sizes) - 1)]
        rest = np.where(empty[:, None], weights * (chosen // weights.sum())[:, None], rest)
        arm = drawn(rest.astype(float), draw[:, place])
        rest[every, arm] -= 1
        left[every, mine] = rest
        out[:, place] = arm
    return out


def _strata(placing: PlacingPlan, levels: Array) -> IntArray:
    """Everybody's level of each factor (T, P, factors)."""
    found = np.zeros(levels.shape, dtype=np.int64)
    for at, factor in enumerate(placing.plan.factors):
        edges = np.cumsum(placing.shares[factor.name])[:-1]
        found[:, :, at] = np.searchsorted(edges, levels[:, :, at], side="right")
    return found


def _minimised(plan: AllocationPlan, strata: IntArray, draw: Array) -> IntArray:
    studies, people = draw.shape
    every, arms = np.arange(studies), {arm.id: arm.weight for arm in plan.arms}
    counts = [np.zeros((studies, len(f.levels), len(arms)), dtype=np.int64) for f in plan.factors]
    coins: Coins = {}
    out = np.empty((studies, people), dtype=np.int64)
    for place in range(people):
        own = [count[every, strata[:, place, at]] for at, count in enumerate(counts)]
        out[:, place] = drawn(minimised(plan, arms, own, coins), draw[:, place])
        for at, count in enumerate(counts):
            count[every, strata[:, place, at], out[:, place]] += 1
    return out
