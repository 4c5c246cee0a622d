"""One simulated trial written out as the table of a trial: the same form in which a record shows its own people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np

from proband.analysis.stated import StatedEstimand, made
from proband.analysis.trial_columns import RELATED_HARM, trial_row
from proband.trial.participants import SimulatedTrials, simulate_people
from proband.trial.plan import SimulationPlan
from proband.trial.scenarios import Scenario

#: the first day of the calendar of simulated trials; nobody is real
FIRST_DAY = date(2000, 1, 1)


def one_trial(plan: SimulationPlan, scenario: Scenario, number: int, seed: int) -> list[dict[str, Any]]:
    """The rows of the trial of that number: everybody, what was measured of them, and what happened to them."""
    return list(
        _rows(plan, simulate_people(plan, scenario, np.array([number], dtype=np.int64), seed, engine="plain"))
    )


def _rows(plan: SimulationPlan, found: SimulatedTrials) -> Iterator[dict[str, Any]]:
    names, data = [name for name, _ in plan.arms], found.data
    form = next((e.estimand.sub_indication for e in plan.estimands if e.estimand.sub_indication), None)
    clock = plan.estimands[0].anchor
    for i in range(data.shape[1]):
        who, zero = f"V-{i + 1:04d}", FIRST_DAY + timedelta(days=int(found.entered[0, i]))

        def on(day: float, zero: date = zero) -> str:
            return (zero + timedelta(days=int(day))).isoformat()

        yield trial_row(
            who,
            "person",
            on(0),
            number=i + 1,
            site=f"site-{found.site[0, i] + 1}",
            form=form,
            arm=names[data.arm[0, i]],
        )
        happened = {"consent": 0.0, "allocation": 0.0, clock: 0.0}
        if np.isfinite(found.first_dose[0, i]) and clock != "first-dose":
            happened["first-dose"] = float(found.first_dose[0, i])
        if found.harmed[0, i]:
            happened[RELATED_HARM] = float(found.first_dose[0, i])
        happened |= {name: float(day[0, i]) for name, day in data.events.items() if np.isfinite(day[0, i])}
        happened["seen"] = float(data.last_seen[0, i])
        for name, day in happened.items():
            yield trial_row(who, "event", on(day), name=name)
        yield from _measured(plan, found, i, who, on)


def _baseline_day(stated: StatedEstimand) -> float:
    """The day of the baseline: that on which the clock starts, or the nearest one that its window has."""
    low, high = stated.baseline_span or (0.0, 0.0)
    return float(np.clip(0.0, np.ceil(low), np.floor(high)))


def _measured(
    plan: SimulationPlan, found: SimulatedTrials, i: int, who: str, on: Any
) -> Iterator[dict[str, Any]]:
    done = set()
    for stated in plan.estimands:
        for id, outcome in stated.outcomes.items():
            form = made(outcome)
            if id in done or form.form in ("event", "free-of"):
                continue
            done.add(id)
            values = found.data.values[id][0, i]
            visits = [
                (visit.id, visit.day, value) for visit, value in zip(stated.visits[id], values, strict=True)
            ]
            if form.baseline:
                visits.insert(0, (form.baseline, _baseline_day(stated), found.data.baseline[id][0, i]))
            for visit, day, value in visits:
                if np.isnan(value):
                    continue
                # the parts of a sum are not simulated apart: the whole stands under the first
                for at, score in enumerate(form.scores or [outcome.instrument]):
                    number = float(value) if at == 0 else 0.0
                    grade = (
                        form.grades[int(np.clip(number, 0, len(form.grades) - 1))] if form.grades else None
                    )
                    yield trial_row(
                        who, "measurement", on(day), name=f"{outcome.instrument}:{score}", visit=visit, value=None if grade else number, text=grade,
                    )  # fmt: skip
