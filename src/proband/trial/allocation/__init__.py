"""Allocation: who comes to which arm, as a function of a sealed seed, the plan of the bundle and who came before.

One set of algorithms for the simulated trial and for the real one: the record calls them, and they replay.
"""

from __future__ import annotations

from proband.trial.allocation.draw import Placed, Placement, allocate, draw_arm, replayed
from proband.trial.allocation.plan import AllocationPlan, ArmShare, Factor, plan_of
from proband.trial.allocation.stream import Stream, commitment, new_seed

__all__ = [
    "AllocationPlan",
    "ArmShare",
    "Factor",
    "Placed",
    "Placement",
    "Stream",
    "allocate",
    "commitment",
    "draw_arm",
    "new_seed",
    "plan_of",
    "replayed",
]
