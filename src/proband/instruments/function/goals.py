"""Goal attainment scaling: the T score of personal goals."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from proband.instruments.function.scales import rated, source
from proband.instruments.instrument import (
    Computed,
    Direction,
    FloatArray,
    Instrument,
    Item,
    ItemKind,
    Limits,
    Variant,
)
from proband.terms import Level

#: goals that one record can hold
GOALS = 6
#: assumed correlation between goals in the formula
CORRELATION = 0.3


def _goal_attainment(x: Mapping[str, FloatArray], variant: str) -> Computed:
    count = x["goals"]
    weighted: FloatArray = np.zeros_like(count)
    squares: FloatArray = np.zeros_like(count)
    weights: FloatArray = np.zeros_like(count)
    unscored = np.zeros(len(count), dtype=np.bool_)
    surplus = np.zeros(len(count), dtype=np.bool_)
    for number in range(1, GOALS + 1):
        level = x[f"goal_{number}"]
        weight = np.ones_like(count) if variant == "unweighted" else x[f"weight_{number}"]
        counts = number <= count
        unscored |= counts & (np.isnan(level) | np.isnan(weight))
        surplus |= ~counts & ~np.isnan(level)
        used = np.where(counts, weight, 0.0)
        weighted += used * np.where(counts, level, 0.0)
        squares += used * used
        weights += used
    spread = np.sqrt((1.0 - CORRELATION) * squares + CORRELATION * weights * weights)
    rule = np.where(unscored, 1, np.where(surplus, 2, np.where(spread == 0.0, 3, 0))).astype(np.uint8)
    return Computed(50.0 + 10.0 * weighted / spread, details={"sum_of_weights": weights}, rule=rule)


def _weight(number: int) -> Item:
    return Item(
        name=f"weight_{number}",
        label=f"Weight of goal {number}",
        kind=ItemKind.QUANTITY,
        unit="1",
        limits=Limits(possible_low=0.0, possible_high=100.0, usual_low=1.0, usual_high=9.0),
        required=False,
        help="Importance, or importance × difficulty, as agreed before treatment",
    )


GOAL_ATTAINMENT = Instrument(
    id="goal-attainment",
    name="Goal attainment scaling, T score",
    area="general",
    purpose="How far personal goals that were set beforehand were reached",
    items=(
        rated("goals", "Number of goals", GOALS, low=1),
        *(
            rated(
                f"goal_{number}",
                f"Goal {number}: attainment",
                2,
                low=-2,
                required=False,
                help="−2 much less than expected … 0 as expected … +2 much more than expected",
            )
            for number in range(1, GOALS + 1)
        ),
        *(_weight(number) for number in range(1, GOALS + 1)),
    ),
    value_name="T score",
    value_unit="{points}",
    direction=Direction.HIGHER_IS_BETTER,
    version="Kiresuk and Sherman 1968, correlation 0.3",
    licence="published method, free to use",
    sources=(
        source(
            "kiresuk-1968",
            "Kiresuk and Sherman 1968, as given by Turner-Stokes 2009 (practical guide, with erratum of its formulas)",
            doi="10.1177/0269215508101742",
        ),
    ),
    variants=(
        Variant(
            name="unweighted", meaning="all goals count the same", level=Level.READ, source="kiresuk-1968"
        ),
        Variant(
            name="weighted", meaning="goals count by their weights", level=Level.READ, source="kiresuk-1968"
        ),
    ),
    default_variant="unweighted",
    details={"sum_of_weights": "sum of the weights used"},
    rules=(
        "a goal (or its weight) is not scored: every goal that was set counts",
        "more goals are scored than were set",
        "all weights are zero",
    ),
    population="People with goals written down before treatment",
    formula="T = 50 + 10 Σ w x / √((1 − ρ) Σ w² + ρ (Σ w)²), ρ = 0.3, x from −2 to +2; 50: all goals as expected",
    notes=(
        "Goals and their five levels must be written before treatment; goals changed later make the score meaningless.",
    ),
    example={"goals": 3, "goal_1": 0, "goal_2": 1, "goal_3": -1},
    compute=_goal_attainment,
)
