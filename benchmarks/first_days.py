"""What the published tables say, and do not say, of a motor or sensory score in the first days after an injury.

``python -m benchmarks.first_days`` rewrites the tables of docs/headline.md: mean changes in other registries beside what is predicted of them, and how far a
prediction from two weeks on would be off for people who were first examined earlier.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from benchmarks.calibration import write_block
from benchmarks.held_out import scores
from proband.natural_history import OutsideDomain
from proband.natural_history.special.spinal_grades import TABLE
from proband.natural_history.special.trajectories import (
    CHANGES,
    MEASURES,
    TRAJECTORIES,
    ScoreTrajectory,
    trajectory,
)
from proband.natural_history.tables import published
from proband.programme import load

_SPINE = "spinal-cord-autologous"
#: the course's first point is taken as day 14; the registry's first visit was any day up to the 15th (its rows of grades say so)
NOMINAL, LATEST = 14.0, 15.0


def courses() -> list[ScoreTrajectory]:
    """Every published course of a score."""
    out = []
    for measure, grade, plegia in product(MEASURES, "ABCD", ("tetraplegia", "paraplegia")):
        try:
            out.append(trajectory(load(_SPINE), measure, grade, plegia))
        except OutsideDomain:
            continue
    return out


def carried_back(course: ScoreTrajectory, day: float) -> float:
    """The gain to a year from a first examination on a day before the 14th, were the slope of weeks 2 to 4 (in the logarithm of time) also that
    of the first days, over the gain from day 14."""
    two, four, last = (course.at(week).mean for week in (2, 4, 52))
    return float(1.0 + (four - two) / np.log(2.0) * np.log(NOMINAL / day) / (last - two))


def first_visit_earlier(course: ScoreTrajectory, day: float) -> float:
    """The gain to a year from day 21, had the course's first point been seen on that day, over what is predicted (day 14)."""
    two, four, last = (course.at(week).mean for week in (2, 4, 52))

    def gain(first: float) -> float:
        return float(last - four + (four - two) * np.log(28.0 / 21.0) / np.log(28.0 / first))

    return gain(day) / gain(NOMINAL)


def _range(values: list[float]) -> str:
    return f"{min(values):.2f} to {max(values):.2f}"


def ratios() -> str:
    """Mean changes in other registries, observed and predicted."""
    lines = [
        "| cohort | observed | predicted | observed / predicted | inside 95 % |",
        "|---|---|---|---|---|",
    ]
    rows = scores()
    for r in rows:
        inside = "yes" if min(r.at_least, r.at_most) > 0.025 else "no"
        lines.append(
            f"| {r.cohort} | {r.observed:+.1f} | {r.expected:+.1f} | {r.observed / r.expected:.2f} | {inside} |"
        )
    shares = [r.observed / r.expected for r in rows]
    covered = sum(min(r.at_least, r.at_most) > 0.025 for r in rows)
    middle = float(np.exp(np.mean(np.log(shares))))
    lines.append(
        f"| **all** (geometric mean, range) | | | {middle:.2f} ({_range(shares)}) | {covered} of {len(rows)} |"
    )
    return "\n".join(lines) + "\n"


def early() -> str:
    """What is published of the first two weeks, and how far the course would be off there."""
    programme, found = load(_SPINE), courses()
    weeks = [r.number("week") or 0.0 for r in published(programme, TRAJECTORIES).usable()]
    changes = published(programme, CHANGES).usable()
    dated = [r for r in changes if r.text("interval")[:1].isdigit() and "-" in r.text("interval")]
    grades = [r.number("window_days") for r in published(programme, TABLE).usable()]
    lines = [
        "| table | rows | of them first examined before day 14 |",
        "|---|---|---|",
        f"| scores by week | {len(weeks)} | {sum(w < 2 for w in weeks)} (the first point is any day up to the {LATEST:.0f}th, which of them is not published) |",
        f'| change of a score in the same people | {len(changes)} | 0 of the {len(dated)} that say when; the others say "admission" or are chronic |',
        f"| change of the grade | {len(grades)} | {sum(d is not None and d < 14 for d in grades)} (grades alone: no score beside them) |",
        "",
        "| score | gain from day 3 over gain from day 14, carried back | from day 7 | gain from day 21 over the predicted one, had the first point been day 7 |",
        "|---|---|---|---|",
    ]
    for measure in MEASURES:
        own = [c for c in found if c.measure == measure]
        cells = [_range([carried_back(c, day) for c in own]) for day in (3.0, 7.0)]
        cells.append(_range([first_visit_earlier(c, 7.0) for c in own]))
        lines.append(f"| {measure} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def write() -> None:
    """Rewrite the tables in docs/headline.md."""
    write_block("mean-ratios", ratios())
    write_block("first-days", early())


if __name__ == "__main__":
    write()
