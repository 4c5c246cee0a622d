"""The next arm, and all of them again: blocks, strata, minimisation, each a pure function of seed, plan and history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from statistics import stdev, variance

from proband.trial.allocation.plan import AllocationError, AllocationPlan, Measure
from proband.trial.allocation.stream import Stream

_TIE = 1e-12


@dataclass(frozen=True, slots=True)
class Placed:
    """Somebody who was allocated before: the levels *as they were known then*, and the arm."""

    stratum: Mapping[str, str]
    arm: str


@dataclass(frozen=True, slots=True)
class Placement:
    """The next place: the arm, and why it was that one.

    Attributes
    ----------
    arm
        The arm.
    open_arms
        The arms that somebody with this form could come to, with their weights.
    place
        The place within the sequence of the stratum (blocks) or of the study, from 1.
    block
        Size of the block and place within it; None where there are no blocks.
    imbalance
        By arm, what the total imbalance would be (minimisation).
    preferred
        The arms that balance best, and how likely each arm was, given the history (minimisation, simple).
    chance
        The probability with which each arm was drawn, given seed unseen and history known: what somebody who knows the plan
        could foresee.
    """

    arm: str
    open_arms: Mapping[str, int]
    place: int
    chance: Mapping[str, float]
    block: tuple[int, int] | None = None
    imbalance: Mapping[str, float] | None = None
    preferred: tuple[str, ...] = ()


def stratum_name(stratum: Mapping[str, str]) -> str:
    """The stratum as one text, independent of the order of its factors."""
    return "&".join(f"{factor}={level}" for factor, level in sorted(stratum.items()))


def allocate(
    seed: bytes, plan: AllocationPlan, stratum: Mapping[str, str], history: Sequence[Placed]
) -> Placement:
    """The next participant's place.

    Parameters
    ----------
    seed, plan
        As sealed.
    stratum
        Level by factor, each known.
    history
        Everybody allocated before, in order.

    Raises
    ------
    AllocationError
        ``allocation.level`` where a level is missing or unknown; ``allocation.history`` where the history holds an arm
        that the plan does not have.
    """
    known = plan.checked(stratum)
    strange = {earlier.arm for earlier in history} - {arm.id for arm in plan.arms}
    if strange:
        raise AllocationError("allocation.history", arms=sorted(strange))
    open_arms = plan.open_to(plan.form_of(known))
    if plan.method == "minimisation":
        return _minimised(seed, plan, known, open_arms, history)
    if plan.method == "simple":
        total = sum(open_arms.values())
        arm = Stream(seed, f"simple:{len(history)}").weighted(open_arms)
        return Placement(arm, open_arms, len(history) + 1, {a: w / total for a, w in open_arms.items()})
    return _blocked(seed, plan, known, open_arms, history)


def draw_arm(seed: bytes, plan: AllocationPlan, stratum: Mapping[str, str], history: Sequence[Placed]) -> str:
    """The arm of :func:`allocate` alone."""
    return allocate(seed, plan, stratum, history).arm


def _blocked(
    seed: bytes,
    plan: AllocationPlan,
    stratum: dict[str, str],
    open_arms: dict[str, int],
    history: Sequence[Placed],
) -> Placement:
    name = sequence_of(plan, stratum)
    before = [earlier for earlier in history if sequence_of(plan, earlier.stratum) == name]
    place = len(before)
    start = 0
    for block in blocks(seed, plan.block_sizes, open_arms, name):
        if place < start + len(block):
            left = Counter(block)
            left.subtract(earlier.arm for earlier in before[start:] if earlier.arm in left)
            # who knows the history and not the sizes of the blocks sees less than this: it is the most that can be foreseen
            remaining = {arm: max(left[arm], 0) for arm in open_arms}
            total = sum(remaining.values()) or 1
            return Placement(
                block[place - start], open_arms, place + 1, {a: n / total for a, n in remaining.items()},
                (len(block), place - start + 1),
            )  # fmt: skip
        start += len(block)
    raise AssertionError("the sequence of blocks has no end")  # pragma: no cover


def drawn_arms(seed: bytes, plan: AllocationPlan, strata: Sequence[Mapping[str, str]]) -> list[str]:
    """The arms of people in their order, where nobody's arm depends on the arms before: in blocks, and by a simple draw.

    Raises
    ------
    AllocationError
        ``allocation.level``; ``allocation.no-list`` for minimisation.
    """
    if plan.method == "minimisation":
        raise AllocationError("allocation.no-list", method=plan.method)
    running: dict[str, Iterator[str]] = {}
    found = []
    for place, stratum in enumerate(map(plan.checked, strata)):
        arms = plan.open_to(plan.form_of(stratum))
        if plan.method == "simple":
            found.append(Stream(seed, f"simple:{place}").weighted(arms))
            continue
        name = sequence_of(plan, stratum)
        if name not in running:
            running[name] = chain.from_iterable(blocks(seed, plan.block_sizes, arms, name))
        found.append(next(running[name]))
    return found


def sequence_of(plan: AllocationPlan, stratum: Mapping[str, str]) -> str:
    """Which sequence a participant draws from: one per stratum, or one per form where the plan has no strata."""
    if plan.method == "stratified-blocked":
        return stratum_name({factor.name: stratum.get(factor.name, "") for factor in plan.factors})
    if plan.forms == (None,):
        return ""
    return stratum_name({plan.form_factor or "": stratum.get(plan.form_factor or "", "")})


def blocks(seed: bytes, sizes: Sequence[int], arms: Mapping[str, int], name: str) -> Iterator[list[str]]:
    """The endless sequence of permuted blocks of a stratum; size and order both come from the seed."""
    stream = Stream(seed, f"blocks:{name}")
    total = sum(arms.values())
    while True:
        size = sizes[stream.below(len(sizes))]
        yield stream.shuffled(
            [arm for arm, weight in sorted(arms.items()) for _ in range(weight * size // total)]
        )


def _minimised(
    seed: bytes,
    plan: AllocationPlan,
    stratum: dict[str, str],
    open_arms: dict[str, int],
    history: Sequence[Placed],
) -> Placement:
    """Pocock and Simon's choice among the arms open to the participant.

    Only people who could have come to the same arms are compared: an arm that is closed to a form has no imbalance there.
    """
    form = plan.form_of(stratum)
    rivals = [
        earlier for earlier in history if plan.forms == (None,) or plan.form_of(earlier.stratum) == form
    ]
    imbalance = {arm: _imbalance(plan, stratum, open_arms, rivals, arm) for arm in open_arms}
    least = min(imbalance.values())
    preferred = tuple(arm for arm in open_arms if imbalance[arm] <= least + _TIE)
    stream = Stream(seed, f"minimisation:{len(history)}")
    chance = coin_of(plan, open_arms, preferred)
    if len(preferred) == len(open_arms):
        arm = stream.weighted(open_arms)
    else:
        chosen = stream.weighted({arm: open_arms[arm] for arm in preferred})
        others = {arm: weight for arm, weight in open_arms.items() if arm != chosen}
        if plan.coin == "by-weight":
            others = {arm: weight for arm, weight in open_arms.items() if arm not in preferred}
        high = high_probability(plan, open_arms, chosen)
        arm = chosen if stream.unit() < high else stream.weighted(others)
    return Placement(arm, open_arms, len(history) + 1, chance, None, imbalance, preferred)


def high_probability(plan: AllocationPlan, arms: Mapping[str, int], preferred: str) -> float:
    """How likely the preferred arm is: ``p`` for the arm of the smallest share, more for larger shares.

    With ratio ``r`` and ``p_H`` for the arm of the smallest ratio ``r_1``, arm ``i`` is taken with probability
    ``1 − (1 − p_H) · Σ_{j≠i} r_j / Σ_{j≠1} r_j``, and another arm ``k`` with ``(1 − p_H) · r_k / Σ_{j≠1} r_j``: then an
    arm that is preferred as often as its share asks is reached as often as its share asks (Han, Enas and McEntegart 2009).
    """
    if plan.coin == "by-weight" or len(set(arms.values())) == 1:
        return plan.probability
    total, smallest = sum(arms.values()), min(arms.values())
    return 1.0 - (1.0 - plan.probability) * (total - arms[preferred]) / (total - smallest)


def coin_of(plan: AllocationPlan, arms: Mapping[str, int], preferred: Sequence[str]) -> dict[str, float]:
    """The probability of each arm when ``preferred`` balance best; sums to one."""
    total = sum(arms.values())
    if len(preferred) == len(arms):
        return {arm: weight / total for arm, weight in arms.items()}
    share = sum(arms[arm] for arm in preferred)
    found = dict.fromkeys(arms, 0.0)
    for chosen in preferred:
        part = arms[chosen] / share
        high = high_probability(plan, arms, chosen)
        found[chosen] += part * high
        others = [arm for arm in arms if arm != chosen and (plan.coin != "by-weight" or arm not in preferred)]
        rest = sum(arms[arm] for arm in others)
        for other in others:
            found[other] += part * (1.0 - high) * arms[other] / rest
    return found


def _imbalance(
    plan: AllocationPlan,
    stratum: dict[str, str],
    arms: dict[str, int],
    history: Sequence[Placed],
    candidate: str,
) -> float:
    total = 0.0
    for factor in plan.factors:
        counts = dict.fromkeys(arms, 0)
        for earlier in history:
            if earlier.arm in counts and earlier.stratum.get(factor.name) == stratum[factor.name]:
                counts[earlier.arm] += 1
        counts[candidate] += 1
        total += factor.weight * _spread(plan.measure, [counts[arm] / arms[arm] for arm in arms])
    return total


def _spread(measure: Measure, shares: Sequence[float]) -> float:
    if len(shares) < 2:
        return 0.0
    if measure == "range":
        return max(shares) - min(shares)
    return variance(shares) if measure == "variance" else stdev(shares)


def replayed(seed: bytes, plan: AllocationPlan, people: Iterable[Placed]) -> list[str]:
    """Work an allocation out again from its seed; what differs, in words, each with its place.

    The history that each place is judged by is what was done, not what should have been: one wrong place is named once.
    """
    found: list[str] = []
    history: list[Placed] = []
    for place, person in enumerate(people, start=1):
        try:
            due = draw_arm(seed, plan, person.stratum, history)
        except AllocationError as error:
            found.append(f"place {place}: {error}")
        else:
            if due != person.arm:
                found.append(f"place {place} is in {person.arm}; the sealed sequence says {due}")
        history.append(person)
    return found


def sealed_list(seed: bytes, plan: AllocationPlan, places: int) -> dict[str, list[str]]:
    """The list that a pharmacy keeps: for each sequence of a blocked plan, its first ``places`` arms.

    Raises
    ------
    AllocationError
        ``allocation.no-list`` for minimisation, whose next arm is not fixed before the next person is known.
    """
    if plan.method not in ("blocked", "stratified-blocked"):
        raise AllocationError("allocation.no-list", method=plan.method)
    found = {}
    for stratum in _strata(plan):
        arms = plan.open_to(plan.form_of(stratum))
        name = sequence_of(plan, stratum)
        if name not in found:
            sequence = (arm for block in blocks(seed, plan.block_sizes, arms, name) for arm in block)
            found[name] = list(islice(sequence, places))
    return found


def _strata(plan: AllocationPlan) -> Iterator[dict[str, str]]:
    found: list[dict[str, str]] = [{}]
    for factor in plan.factors:
        found = [{**stratum, factor.name: level} for stratum in found for level in factor.levels]
    yield from found
