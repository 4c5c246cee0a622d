"""What is counted by arm: who was allocated, and to how many of them each event of the questions happened."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from proband.analysis.first_events import with_own
from proband.analysis.proportions import clopper_pearson
from proband.analysis.stated import StatedEstimand
from proband.analysis.trial_table import arranged
from proband.trial.plan import SimulationPlan
from proband.trial.study.table import Rows, people_of


@dataclass(frozen=True, slots=True)
class ArmCount:
    """How many people of an arm something happened to, with the exact 95 % interval of the share."""

    what: str
    arm: str
    events: int
    people: int
    low: float
    high: float


def sides(stated: StatedEstimand) -> tuple[int, ...]:
    """The arms of a question as tables code them: 1 the treatment, 0 the comparator where there is one."""
    return (1, 0) if stated.comparator else (1,)


def allocated_by_arm(study: SimulationPlan, rows: Rows) -> dict[str, int]:
    """People allocated to each arm of the study."""
    found = Counter(row["arm"] for row in people_of(rows).values() if row["number"] is not None)
    return {name: found[name] for name, _ in study.arms}


def counts_by_arm(study: SimulationPlan, rows: Rows) -> tuple[ArmCount, ...]:
    """Everything that the questions name, by arm, each once."""
    found: dict[tuple[str, str], ArmCount] = {}
    for stated in study.estimands:
        data = arranged(stated, rows)
        named = with_own(
            stated,
            {event.event: event.names for event in stated.estimand.intercurrent_events if event.names},
        )
        for side in sides(stated):
            arm, mine = (stated.treatment if side else str(stated.comparator)), data.arm[0] == side
            for event, names in named.items():
                happened, people = int((np.isfinite(data.day_of(names)[0]) & mine).sum()), int(mine.sum())
                if people:
                    exact = clopper_pearson(happened, people)
                    found[event, arm] = ArmCount(event, arm, happened, people, exact.low, exact.high)
    return tuple(found.values())
