"""Many allocations of the same people at once: for simulation, for judging a plan, and for the re-randomisation test.

The same plan as :func:`proband.trial.allocation.draw.allocate`, drawn for thousands of replays side by side. The numbers come
from a NumPy generator instead of a sealed seed: nothing is hidden here, and a test proves that both draw alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.analysis.proportions import clopper_pearson
from proband.analysis.result import AnalysisResult
from proband.trial.allocation.draw import coin_of, sequence_of
from proband.trial.allocation.plan import AllocationError, AllocationPlan

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

#: of many allocations (replays, people), the statistic of each
Statistic = Callable[[IntArray], FloatArray]

#: the chance of each arm, by which of the arms balance best
Coins = dict[tuple[int, ...], FloatArray]

_TIE = 1e-12


def arm_names(plan: AllocationPlan) -> tuple[str, ...]:
    """The plan's arms in alphabetical order: number ``k`` of :func:`sequences` is the ``k``-th."""
    return tuple(sorted(arm.id for arm in plan.arms))


def sequences(
    plan: AllocationPlan, people: Sequence[Mapping[str, str]], replays: int, generator: np.random.Generator
) -> IntArray:
    """Allocate the same people, in the same order, ``replays`` times.

    Parameters
    ----------
    plan
        How the next participant comes to an arm.
    people
        The levels of each participant, in the order of their coming (length n).
    replays
        How many allocations.
    generator
        Where the chance comes from; the same state gives the same allocations.

    Returns
    -------
    array, shape (replays, n)
        Numbers of arms as in :func:`arm_names`.
    """
    names = arm_names(plan)
    strata = [plan.checked(person) for person in people]
    if plan.method == "minimisation":
        return _minimised(plan, names, strata, replays, generator)
    found = np.empty((replays, len(strata)), dtype=np.int64)
    left: dict[str, IntArray] = {}
    for place, stratum in enumerate(strata):
        weights = _weights(plan, names, plan.form_of(stratum))
        if plan.method == "simple":
            chance = np.broadcast_to(weights / weights.sum(), (replays, len(names)))
            found[:, place] = drawn(chance, generator.random(replays))
            continue
        name = sequence_of(plan, stratum)
        rest = left.setdefault(name, np.zeros((replays, len(names)), dtype=np.int64))
        empty = rest.sum(axis=1) == 0
        sizes = generator.choice(np.array(plan.block_sizes), size=int(empty.sum()))
        rest[empty] = weights * (sizes[:, None] // weights.sum())
        # the next of a permuted block is any of what is left in it, each equally likely
        found[:, place] = drawn(rest / rest.sum(axis=1, keepdims=True), generator.random(replays))
        rest[np.arange(replays), found[:, place]] -= 1
    return found


def _weights(plan: AllocationPlan, names: Sequence[str], form: str | None) -> IntArray:
    arms = plan.open_to(form)
    return np.array([arms.get(name, 0) for name in names], dtype=np.int64)


def drawn(weights: FloatArray, point: FloatArray) -> IntArray:
    """One arm per row in proportion to its weight, by a uniform number each; an arm of weight nought is never drawn, whatever the rounding."""
    cumulated = np.cumsum(weights, axis=1)
    return np.asarray(np.sum((point * cumulated[:, -1])[:, None] >= cumulated, axis=1), dtype=np.int64)


def _minimised(
    plan: AllocationPlan,
    names: Sequence[str],
    strata: Sequence[dict[str, str]],
    replays: int,
    generator: np.random.Generator,
) -> IntArray:
    found = np.empty((replays, len(strata)), dtype=np.int64)
    margins: dict[tuple[str | None, str, str], IntArray] = {}
    coins: dict[str | None, Coins] = {}
    for place, stratum in enumerate(strata):
        form = plan.form_of(stratum)
        arms = plan.open_to(form)
        numbers = np.array([names.index(arm) for arm in arms])
        keys = [(form, factor.name, stratum[factor.name]) for factor in plan.factors]
        counts = [margins.setdefault(key, np.zeros((replays, len(names)), dtype=np.int64)) for key in keys]
        chance = minimised(plan, arms, [count[:, numbers] for count in counts], coins.setdefault(form, {}))
        found[:, place] = numbers[drawn(chance, generator.random(replays))]
        for count in counts:
            count[np.arange(replays), found[:, place]] += 1
    return found


def minimised(
    plan: AllocationPlan, arms: Mapping[str, int], counts: Sequence[IntArray], coins: Coins
) -> FloatArray:
    """How likely the next participant of each replay comes to each of some arms by minimisation (replays, arms).

    Parameters
    ----------
    arms
        The arms that are open to them, with their weights.
    counts
        By factor: how many of the participant's own level came to each arm so far (replays, arms).
    coins
        Chances by which of these arms balance best, as far as they were needed before; what is new is added.
    """
    weights = np.array(list(arms.values()), dtype=np.float64)
    imbalance = np.zeros(counts[0].shape)
    for candidate in range(len(arms)):
        for factor, count in zip(plan.factors, counts, strict=True):
            shares = count.astype(np.float64)
            shares[:, candidate] += 1
            imbalance[:, candidate] += factor.weight * spread(plan.measure, shares / weights)
    preferred = imbalance <= imbalance.min(axis=1, keepdims=True) + _TIE
    chance = np.empty(imbalance.shape)
    for pattern in np.unique(preferred, axis=0):
        key = tuple(int(each) for each in pattern)
        if key not in coins:
            best = [arm for arm, flag in zip(arms, pattern, strict=True) if flag]
            coins[key] = np.array(list(coin_of(plan, arms, best).values()))
        chance[np.all(preferred == pattern, axis=1)] = coins[key]
    return chance


def spread(measure: str, shares: FloatArray) -> FloatArray:
    """Pocock and Simon's measure of the imbalance of one margin (replays,) of shares by arm (replays, arms)."""
    if shares.shape[1] < 2:
        return np.zeros(len(shares))
    if measure == "range":
        return np.asarray(np.ptp(shares, axis=1), dtype=np.float64)
    found = np.var(shares, axis=1, ddof=1)
    return np.asarray(found if measure == "variance" else np.sqrt(found), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class PlanBalance:
    """What a plan does with people like these.

    Attributes
    ----------
    counts
        By arm: the 2.5 %, 50 % and 97.5 % points of how many come to it.
    margin
        The largest difference of shares per weight within one level of one factor: mean and 97.5 % point over replays, in
        people of an arm of weight 1.
    guessed
        How often somebody who knows the arms so far, and always guesses the one that is furthest behind, is right (Blackwell
        D, Hodges JL. Annals of Mathematical Statistics 1957;28:449-460); ``by_luck`` is what guessing the largest arm gives.
    """

    counts: dict[str, tuple[float, float, float]]
    margin: tuple[float, float]
    guessed: float
    by_luck: float


def balance(plan: AllocationPlan, people: Sequence[Mapping[str, str]], drawn: IntArray) -> PlanBalance:
    """Judge allocations of :func:`sequences` for balance and for how well they can be foreseen.

    Parameters
    ----------
    plan, people
        As given to :func:`sequences`.
    drawn
        Its answer, shape (replays, n).
    """
    names = arm_names(plan)
    strata = [plan.checked(person) for person in people]
    totals = np.stack([(drawn == number).sum(axis=1) for number in range(len(names))], axis=1)
    low, middle, high = np.quantile(totals, [0.025, 0.5, 0.975], axis=0)
    margins = np.zeros(len(drawn))
    for form in plan.forms:
        weights = _weights(plan, names, form)
        numbers = np.flatnonzero(weights)
        for factor in plan.factors:
            for level in factor.levels:
                here = [
                    i for i, s in enumerate(strata)
                    if s[factor.name] == level and (plan.forms == (None,) or plan.form_of(s) == form)
                ]  # fmt: skip
                if here:
                    shares = np.stack(
                        [(drawn[:, here] == n).sum(axis=1) / weights[n] for n in numbers], axis=1
                    )
                    margins = np.maximum(margins, np.ptp(shares, axis=1))
    guessed, luck = _guesses(plan, names, strata, drawn)
    return PlanBalance(
        {name: (float(low[k]), float(middle[k]), float(high[k])) for k, name in enumerate(names)},
        (float(margins.mean()), float(np.quantile(margins, 0.975))), guessed, luck,
    )  # fmt: skip


def _guesses(
    plan: AllocationPlan, names: Sequence[str], strata: Sequence[dict[str, str]], drawn: IntArray
) -> tuple[float, float]:
    right, luck = 0.0, 0.0
    so_far: dict[str, FloatArray] = {}
    for place, stratum in enumerate(strata):
        weights = _weights(plan, names, plan.form_of(stratum)).astype(np.float64)
        name = sequence_of(plan, stratum) if plan.method != "minimisation" else str(plan.form_of(stratum))
        counts = so_far.setdefault(name, np.zeros((len(drawn), len(names))))
        shares = np.where(weights > 0, counts / np.maximum(weights, 1.0), np.inf)
        behind = shares <= shares.min(axis=1, keepdims=True) + _TIE
        chance = behind * weights
        hits = chance[np.arange(len(drawn)), drawn[:, place]] / chance.sum(axis=1)
        right += float(hits.mean())
        luck += float(weights.max() / weights.sum())
        counts[np.arange(len(drawn)), drawn[:, place]] += 1
    n = max(len(strata), 1)
    return right / n, luck / n


def difference_in_means(values: Sequence[float], treated: int) -> Statistic:
    """The mean of those in arm number ``treated`` minus the mean of all others; ``values`` is one outcome per participant."""
    y = np.asarray(values, dtype=np.float64)

    def statistic(drawn: IntArray) -> FloatArray:
        inside = drawn == treated
        n = inside.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean_in, mean_out = (inside @ y) / n, (~inside @ y) / (len(y) - n)
        # with nobody in one of the groups there is no difference to speak of
        return np.where((n == 0) | (n == len(y)), 0.0, mean_in - mean_out)

    return statistic


def rerandomisation_test(
    plan: AllocationPlan,
    people: Sequence[Mapping[str, str]],
    arms: Sequence[str],
    statistic: Statistic,
    *,
    replays: int = 10_000,
    generator: np.random.Generator,
    quantity: str = "difference of means, treated minus the others",
) -> AnalysisResult:
    """Test of no effect on anybody, by allocating the very same people again as they were allocated.

    It rests on the allocation alone, not on a model of the outcome, and holds for minimisation and blocks, where the usual tests
    can be off when something drifts (Rosenberger WF, Lachin JM. Randomization in Clinical Trials. 2nd ed. Wiley 2016, chapter 6;
    Simon R, Simon NR. Statistics and Probability Letters 2011;81:767-772).

    Parameters
    ----------
    plan, people
        How they were allocated, and their levels as known then, in order.
    arms
        The arm that each got.
    statistic
        Of allocations (replays, n), one number each; what is seen is compared with it on both sides.
    replays
        How many allocations; the p value cannot be smaller than ``1 / (replays + 1)``.
    generator
        Where the chance comes from.
    quantity
        What the statistic is, in words.

    Returns
    -------
    AnalysisResult
        ``p`` is ``(1 + k) / (1 + replays)`` with ``k`` replays at least as far from nought, which is never too small
        (Phipson B, Smyth GK. Statistical Applications in Genetics and Molecular Biology 2010;9:39); ``diagnostics`` holds
        the 95 % interval that the number of replays leaves.

    Raises
    ------
    AllocationError
        ``allocation.people`` with fewer than two people or arms that do not match them; ``allocation.level``,
        ``allocation.history`` as :func:`proband.trial.allocation.draw.allocate`.
    """
    if len(people) < 2 or len(arms) != len(people):
        raise AllocationError("allocation.people", n=len(people))
    names = arm_names(plan)
    if set(arms) - set(names):
        raise AllocationError("allocation.history", arms=sorted(set(arms) - set(names)))
    seen = float(statistic(np.array([[names.index(arm) for arm in arms]]))[0])
    drawn = statistic(sequences(plan, people, replays, generator))
    as_far = int(np.sum(np.abs(drawn) >= abs(seen) * (1.0 - 1e-9)))
    p = (1 + as_far) / (1 + replays)
    exact = clopper_pearson(as_far, replays)
    return AnalysisResult(
        method=f"re-randomisation test, {plan.method}, {replays:,} allocations of the same {len(people)} people",
        quantity=quantity,
        estimate=seen,
        statistic=seen,
        p=p,
        diagnostics={
            "as_far": as_far, "replays": replays, "p_low": exact.low, "p_high": exact.high, "plan": plan.hash,
            "assumes": "the same people come in the same order, whatever they are given",
        },
        words=(
            f"Allocated again {replays:,} times as the plan says, the same people show a difference at least this large "
            f"{as_far:,} times."
        ),
    )  # fmt: skip
