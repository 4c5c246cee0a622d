"""Allocation: balanced, unpredictable without the seed, and the same again with it."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.record.errors import RecordError
from proband.record.randomisation import (
    Placed,
    Scheme,
    Stream,
    arm_at,
    commitment,
    new_seed,
    open_arm,
    replay,
    seal_arm,
)

seeds = st.binary(min_size=32, max_size=32)
STRATA = {"grade": ("A", "B"), "level": ("cervical", "thoracic", "lumbar")}


def allocate(seed: bytes, scheme: Scheme, people: list[dict[str, str]]) -> list[Placed]:
    history: list[Placed] = []
    for stratum in people:
        history.append(Placed(stratum, arm_at(seed, scheme, stratum, history)))
    return history


people = st.lists(
    st.fixed_dictionaries({name: st.sampled_from(levels) for name, levels in STRATA.items()}),
    min_size=1,
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(seeds, people)
def test_blocks_are_balanced_within_every_stratum(seed: bytes, persons) -> None:
    scheme = Scheme("stratified-blocked", {"x": 2, "y": 1}, (3, 6), STRATA)
    by_stratum: dict[tuple[str, ...], Counter[str]] = {}
    for one in allocate(seed, scheme, persons):
        counts = by_stratum.setdefault(tuple(sorted(one.stratum.items())), Counter())
        counts[one.arm] += 1
        # within a block of 6 with weights 2:1 the difference from 2:1 is at most 4 of x or 2 of y
        assert abs(counts["x"] - 2 * counts["y"]) <= 4


@settings(max_examples=40, deadline=None)
@given(seeds, st.integers(1, 40))
def test_a_full_sequence_of_single_blocks_is_exactly_balanced(seed: bytes, blocks: int) -> None:
    scheme = Scheme("blocked", {"x": 1, "y": 1}, (4,))
    counts = Counter(one.arm for one in allocate(seed, scheme, [{}] * (4 * blocks)))
    assert counts["x"] == counts["y"] == 2 * blocks


def test_minimisation_keeps_the_margins_closer_than_chance() -> None:
    import random

    rng = random.Random(5)
    scheme = Scheme("minimisation", {"x": 1, "y": 1}, strata=STRATA, probability=0.8)
    worst = []
    for n in range(12):
        persons = [{name: rng.choice(levels) for name, levels in STRATA.items()} for _ in range(60)]
        history = allocate(n.to_bytes(32, "big"), scheme, persons)
        for factor, levels in STRATA.items():
            for level in levels:
                counts = Counter(one.arm for one in history if one.stratum[factor] == level)
                worst.append(abs(counts["x"] - counts["y"]))
    # under a fair coin the mean absolute margin difference for about 24 people is about sqrt(2 × 24 / pi) = 3.9
    assert sum(worst) / len(worst) < 2.5
    assert max(worst) < 12


def test_minimisation_at_certainty_always_takes_the_better_arm() -> None:
    scheme = Scheme("minimisation", {"x": 1, "y": 1}, strata={"grade": ("A", "B")}, probability=1.0)
    history = [Placed({"grade": "A"}, "x"), Placed({"grade": "B"}, "y")]
    for n in range(50):
        assert arm_at(n.to_bytes(32, "big"), scheme, {"grade": "A"}, history) == "y"


@settings(max_examples=30, deadline=None)
@given(seeds, people)
def test_the_seed_replays_and_another_does_not_pass_for_it(seed: bytes, persons) -> None:
    scheme = {
        "method": "minimisation",
        "arms": {"x": 1, "y": 1},
        "block_sizes": [],
        "strata": {k: list(v) for k, v in STRATA.items()},
        "probability": 0.8,
    }
    history = allocate(seed, Scheme("minimisation", {"x": 1, "y": 1}, strata=STRATA), persons)
    bodies = [
        {"event": "allocation.sealed", "subject": "s", "data": {**scheme, "commitment": commitment(seed)}}
    ]
    for index, one in enumerate(history, start=1):
        name = f"S-{index}"
        bodies.append({"event": "participant.allocated", "subject": name,
                       "data": {"arm": None, "sealed_arm": seal_arm(seed, name, index, one.arm), "stratum": one.stratum, "index": index}})  # fmt: skip
    assert replay(seed, bodies) == []
    assert replay(bytes(32) if seed != bytes(32) else b"\1" * 32, bodies) == [
        "the seed is not the one that was sealed"
    ]
    swapped = {"x": "y", "y": "x"}[history[-1].arm]
    bodies[-1]["data"]["sealed_arm"] = seal_arm(seed, f"S-{len(history)}", len(history), swapped)
    assert len(replay(seed, bodies)) == 1


def test_a_sealed_arm_tells_nothing_by_its_length_and_opens_only_in_its_place() -> None:
    seed = new_seed()
    short, long = seal_arm(seed, "S-1", 1, "a"), seal_arm(seed, "S-1", 1, "a-much-longer-arm")
    assert len(short) == len(long)
    assert open_arm(seed, "S-1", 1, short) == "a"
    for participant, index, key in (("S-2", 1, seed), ("S-1", 2, seed), ("S-1", 1, bytes(32))):
        with pytest.raises(RecordError):
            open_arm(key, participant, index, short)


def test_the_stream_is_uniform() -> None:
    stream = Stream(bytes(32), "test")
    counts = Counter(stream.below(6) for _ in range(60_000))
    # chi-square with 5 degrees of freedom: 20.5 is the 0.999 quantile
    assert sum((count - 10_000) ** 2 / 10_000 for count in counts.values()) < 20.5


def test_schemes_that_cannot_balance_are_refused() -> None:
    for bad in ({"block_sizes": (3,)}, {"block_sizes": ()}, {"method": "dice"}):
        with pytest.raises(RecordError):
            Scheme(**{"method": "blocked", "arms": {"x": 1, "y": 1}, "block_sizes": (4,), **bad})
    with pytest.raises(RecordError, match="grade"):
        arm_at(
            bytes(32), Scheme("minimisation", {"x": 1, "y": 1}, strata={"grade": ("A",)}), {"grade": "Z"}, []
        )
