"""Every gate refuses its attack by name, and every gate is needed: left out, the independent checker sees the harm."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest

from proband.record.errors import Refused
from proband.record.gates import GATES
from proband.record.judge import declared_gates

from . import hostile_again as _again  # noqa: F401 - its moves and attacks are found by being there
from . import hostile_stock as _stock  # noqa: F401 - its moves and attacks are found by being there
from . import hostile_versions as _versions  # noqa: F401 - the same
from .hostile_time import ATTACKS, World, hostile_step

CASES = [(gate, attack) for gate, attacks in sorted(ATTACKS.items()) for attack in attacks]
NAMES = [f"{gate}-{attack.__name__}" for gate, attack in CASES]


def test_every_gate_is_declared_and_attacked() -> None:
    assert set(declared_gates()) == set(GATES) == set(ATTACKS)


@pytest.mark.parametrize(("gate", "attack"), CASES, ids=NAMES)
def test_the_attack_is_refused_by_that_gate_alone(gate: str, attack) -> None:
    world = World(forecast=gate != "forecast")
    with pytest.raises(Refused) as refused:
        attack(world)
    assert refused.value.gates == [gate]
    (refusal,) = refused.value.refusals
    assert refusal.code.split(".")[:2] == ["gate", gate]
    assert refusal.exit_code == 3
    assert refusal.message
    assert refusal.mend
    assert world.audit() == []
    assert world.state.invalid == {}


@pytest.mark.parametrize(("gate", "attack"), CASES, ids=NAMES)
def test_without_the_gate_the_harm_is_done_and_seen(gate: str, attack) -> None:
    world = World(
        {name: function for name, function in GATES.items() if name != gate}, forecast=gate != "forecast"
    )
    attack(world)
    found = world.audit()
    assert any(violation.startswith(f"{gate}:") for violation in found), found


@pytest.mark.parametrize("gate", sorted(GATES))
def test_the_machine_finds_a_violation_with_any_single_gate_off(gate: str) -> None:
    """The same random hostile moves as the state machine's, one gate off: a violation of that very kind turns up."""
    for seed in range(40):
        world = World(
            {name: function for name, function in GATES.items() if name != gate}, forecast=gate != "forecast"
        )
        rng = random.Random(seed)
        for _ in range(25):
            # a move may notice by itself that the gate is missing; what counts is that the checker finds it
            with suppress(AssertionError):
                hostile_step(world, rng)
            if any(violation.startswith(f"{gate}:") for violation in world.audit()):
                return
    pytest.fail(f"no violation of {gate} in 1,000 hostile moves: the gate is not shown to be needed")
