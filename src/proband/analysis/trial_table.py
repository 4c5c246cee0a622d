"""The one form of a trial's data: a table of people, measurements and events, the same from a record and from a simulation.

One row says one thing of one participant. ``person`` rows list everybody who consented, with the arm allocated and the place in the order of
allocation (1, 2, 3, … without a gap: who is missing is seen); ``measurement`` rows a score at a visit; ``event`` rows that something
happened (``consent``, ``allocation``, ``first-dose``, ``death``, …). Every row has a day; the clock of a question starts at the event that
its estimand names, so the table carries days and no times.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proband.analysis.result import AnalysisError
from proband.analysis.stated import StatedEstimand, made
from proband.programme.outcomes import OutcomeForm

Array = NDArray[np.float64]
TrialRow = Mapping[str, Any]

#: columns of the table, in order, and what each holds: text, whole number, number
COLUMNS: dict[str, str] = {
    "row": "text", "participant": "text", "number": "whole", "site": "text", "form": "text", "arm": "text", "kind": "text",
    "name": "text", "visit": "text", "on": "text", "value": "number", "text": "text",
}  # fmt: skip
#: text of the row of somebody who withdrew the use of their data: they are counted, and nothing else of them is known
WITHDRAWN = "data-withdrawn"
KINDS = ("person", "measurement", "event")


def trial_row(
    participant: str, kind: str, on: str | None, *, name: str | None = None, number: int | None = None, site: str | None = None,
    form: str | None = None, arm: str | None = None, visit: str | None = None, value: float | None = None, text: str | None = None,
    entry: str | int = "",
) -> dict[str, Any]:  # fmt: skip
    """A row with every column; ``entry`` makes its key unique where a thing is said more than once."""
    parts = (participant, kind, name, visit, entry)
    return {
        "row": ":".join(str(part) for part in parts if part not in (None, "")), "participant": participant, "number": number,
        "site": site, "form": form, "arm": arm, "kind": kind, "name": name, "visit": visit, "on": on, "value": value, "text": text,
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class TrialArrays:
    """Trials of one shape as arrays: T trials of P people.

    Attributes
    ----------
    arm
        (T, P): 1 treatment, 0 comparator.
    baseline
        By outcome (T, P); NaN where not measured, zeros where the outcome has none.
    values
        By outcome (T, P, V) at its visits; NaN where not measured.
    events
        Day from time zero of each named event (T, P); infinity where it did not happen.
    last_seen
        (T, P): last day known.
    withdrawn
        How many allocated people withdrew the use of their data (they are in no array).
    """

    arm: NDArray[np.int64]
    baseline: Mapping[str, Array]
    values: Mapping[str, Array]
    events: Mapping[str, Array]
    last_seen: Array
    withdrawn: int = 0

    @property
    def shape(self) -> tuple[int, int]:
        """Trials and people."""
        return self.last_seen.shape[0], self.last_seen.shape[1]

    def day_of(self, names: Iterable[str]) -> Array:
        """Day of the first of several events (T, P); infinity where none happened."""
        out: Array = np.full(self.shape, np.inf)
        for name in names:
            if name in self.events:
                out = np.minimum(out, self.events[name])
        return out


@dataclass
class _Person:
    number: int | None
    arm: str | None
    form: str | None
    days: dict[str, int] = field(default_factory=dict)
    measured: dict[tuple[str, str], Any] = field(default_factory=dict)
    measured_on: dict[tuple[str, str], int] = field(default_factory=dict)
    last: int = 0
    withdrawn: bool = False


def arranged(stated: StatedEstimand, rows: Iterable[TrialRow]) -> TrialArrays:
    """The people of a question as the arrays of one trial.

    Raises
    ------
    AnalysisError
        Columns or kinds of rows are not those of the form; allocated people are missing from the table; arms are sealed; a measurement
        follows a death; the clocks of people do not start at the event that the estimand names; an event that ends measurements is in the
        table and not in the estimand.
    """
    people = _people(rows)
    _everybody(people)
    arms = [stated.treatment] + ([stated.comparator] if stated.comparator else [])
    asked = stated.estimand.sub_indication
    # who is in the arm and whose form nobody wrote down is not dropped: the arm takes people of the form
    chosen = [p for p in people.values() if p.arm in arms and (asked is None or p.form in (None, asked))]
    if not chosen:
        raise AnalysisError("analysis.table.nobody", arms=arms)
    clocks = _clocks(stated, chosen)
    _deaths(people)
    events = _events(stated, chosen, clocks)
    baseline, values = {}, {}
    for id, outcome in stated.outcomes.items():
        form = made(outcome)
        if form.form in ("event", "free-of"):
            baseline[id], values[id] = (
                np.zeros((1, len(chosen))),
                np.full((1, len(chosen), len(stated.visits[id])), np.nan),
            )
            continue
        names = [f"{outcome.instrument}:{score}" for score in form.scores or [outcome.instrument]]
        baseline[id] = np.array(
            [[_score(p, names, form.baseline, form) if form.baseline else 0.0 for p in chosen]]
        )
        values[id] = np.array(
            [[[_score(p, names, visit.id, form) for visit in stated.visits[id]] for p in chosen]]
        )
        _baseline_in_time(stated, chosen, clocks, names, form)
    last = np.array([[float(p.last - clock) for p, clock in zip(chosen, clocks, strict=True)]])
    arm = np.array([[1 if p.arm == stated.treatment else 0 for p in chosen]], dtype=np.int64)
    withdrawn = sum(1 for p in people.values() if p.withdrawn and p.number is not None)
    return TrialArrays(arm, baseline, values, events, last, withdrawn)


def _people(rows: Iterable[TrialRow]) -> dict[str, _Person]:
    people: dict[str, _Person] = {}
    rest: list[TrialRow] = []
    for row in rows:
        missing = [column for column in COLUMNS if column not in row]
        if missing:
            raise AnalysisError("analysis.columns", missing=missing[0], columns=list(row))
        if row["kind"] not in KINDS:
            raise AnalysisError("analysis.choice", what="kind of row", value=row["kind"], known=list(KINDS))
        if row["kind"] == "person":
            people[row["participant"]] = _Person(
                row["number"], row["arm"], row["form"], withdrawn=row["text"] == WITHDRAWN
            )
        else:
            rest.append(row)
    for row in rest:
        person = people.get(row["participant"])
        if person is None:
            raise AnalysisError("analysis.table.stranger", participant=row["participant"])
        if row["on"] is None:
            continue
        day = date.fromisoformat(row["on"][:10]).toordinal()
        person.last = max(person.last, day)
        if row["kind"] == "event":
            person.days[row["name"]] = min(day, person.days.get(row["name"], day))
        else:
            key = (row["name"], row["visit"] or "")
            person.measured[key] = row["value"] if row["value"] is not None else row["text"]
            person.measured_on[key] = day
            # a status that is ticked at a visit says that the event has happened by that day
            if row["value"] is not None and row["value"] >= 1:
                person.days[row["name"]] = min(day, person.days.get(row["name"], day))
    # the order of rows means nothing: people stand in the order of allocation
    return dict(sorted(people.items(), key=lambda item: (item[1].number or 0, item[0])))


def _everybody(people: Mapping[str, _Person]) -> None:
    """Everybody who was allocated stands in the table: the places in the order of allocation have no gap."""
    numbers = sorted(person.number for person in people.values() if person.number is not None)
    if numbers != list(range(1, len(numbers) + 1)):
        gone = sorted(set(range(1, max(numbers, default=0) + 1)) - set(numbers))
        raise AnalysisError(
            "analysis.table.missing-people", people=len(gone) or len(numbers), places=gone[:10]
        )
    sealed = sum(
        1
        for person in people.values()
        if person.number is not None and person.arm is None and not person.withdrawn
    )
    if sealed:
        raise AnalysisError("analysis.table.sealed", people=sealed)


def _clocks(stated: StatedEstimand, chosen: list[_Person]) -> list[int]:
    without = sum(1 for person in chosen if stated.anchor not in person.days)
    if without:
        raise AnalysisError("analysis.table.clock", people=without, event=stated.anchor)
    ordered = sorted((p for p in chosen if p.number is not None), key=lambda p: p.number or 0)
    days = [person.days["allocation"] for person in ordered if "allocation" in person.days]
    backwards = sum(1 for before, after in pairwise(days) if after < before)
    if backwards:
        raise AnalysisError("analysis.table.order", people=backwards)
    return [person.days[stated.anchor] for person in chosen]


def _deaths(people: Mapping[str, _Person]) -> None:
    for name, person in people.items():
        dead = person.days.get("death")
        if dead is not None and any(on > dead for on in person.measured_on.values()):
            raise AnalysisError("analysis.table.after-death", participant=name)


def _events(stated: StatedEstimand, chosen: list[_Person], clocks: list[int]) -> dict[str, Array]:
    estimand = stated.estimand
    named = {name for event in estimand.intercurrent_events for name in event.names}
    named |= {rung.event for rung in estimand.hierarchy if rung.event}
    named |= {str(form.event) for form in map(made, stated.outcomes.values()) if form.event}
    if "death" not in named:
        died = sum(1 for person in chosen if "death" in person.days)
        if died:
            raise AnalysisError(
                "analysis.table.event-unnamed", people=died, event="death", estimand=estimand.id
            )
    out = {}
    for name in sorted(named):
        days = [
            float(person.days[name] - clock) if name in person.days else np.inf
            for person, clock in zip(chosen, clocks, strict=True)
        ]
        if name == "death" and any(day < 0 for day in days):
            raise AnalysisError(
                "analysis.table.before-zero", people=sum(day < 0 for day in days), event=stated.anchor
            )
        out[name] = np.array([days])
    return out


def _score(person: _Person, names: list[str], visit: str | None, form: OutcomeForm) -> float:
    total = 0.0
    for name in names:
        value = person.measured.get((name, visit or ""))
        if value is None:
            return float("nan")
        if form.grades:
            if value not in form.grades:
                return float("nan")
            value = form.grades.index(value)
        elif isinstance(value, str):
            return float("nan")
        total += float(value)
    return total


def _baseline_in_time(
    stated: StatedEstimand, chosen: list[_Person], clocks: list[int], names: list[str], form: OutcomeForm
) -> None:
    """The clock of a group whose baselines mostly lie outside their widest window was moved, or started at another event."""
    if stated.baseline_span is None or form.baseline is None:
        return
    first, last = stated.baseline_span
    for arm in {person.arm for person in chosen}:
        days = [
            person.measured_on[(names[0], form.baseline)] - clock
            for person, clock in zip(chosen, clocks, strict=True)
            if person.arm == arm and (names[0], form.baseline) in person.measured_on
        ]
        outside = sum(1 for day in days if not first <= day <= last)
        if days and outside * 2 > len(days):
            raise AnalysisError(
                "analysis.table.baseline-clock",
                arm=arm,
                outside=outside,
                people=len(days),
                event=stated.anchor,
            )
