"""When the visits of a question were made: a clock that was moved, visits in another order, and how many lie out of their windows."""

from __future__ import annotations

from itertools import pairwise

from proband.analysis.result import AnalysisError
from proband.analysis.stated import StatedEstimand, made
from proband.analysis.trial_people import TrialPerson


def in_time(
    stated: StatedEstimand, id: str, chosen: list[TrialPerson], clocks: list[int], names: list[str], remarks: dict[str, int]
) -> None:  # fmt: skip
    """Look at the days of an outcome's measurements.

    A measurement out of the widest window of its visit stands, as it would for whoever reads the record, and is counted in ``remarks``; where
    most of an arm lie out of it, the clock of this arm is another one; of one patient, whose answer goes by the days of the plan, where most
    of the visits do. A visit that was made before the one that comes before it in the plan
    is a visit under a wrong name.

    Raises
    ------
    AnalysisError
        ``analysis.table.baseline-clock``, ``analysis.table.visit-window``, ``analysis.table.visit-order``, ``analysis.table.undated``.
    """
    baseline = made(stated.outcomes[id]).baseline
    planned: list[tuple[str, tuple[float, float] | None]] = [(visit.id, visit.span) for visit in stated.visits[id]]  # fmt: skip
    if baseline is not None and baseline not in dict(planned):
        planned.insert(0, (baseline, stated.baseline_span))
    days = [_days(person, clock, names[0], [visit for visit, _ in planned]) for person, clock in zip(chosen, clocks, strict=True)]  # fmt: skip
    for person, of_one in zip(chosen, days, strict=True):
        for (visit, on), (later, after) in pairwise(of_one.items()):
            if after < on:
                raise AnalysisError("analysis.table.visit-order", participant=person.name, visit=visit, later=later)  # fmt: skip
    _one_clock(chosen, days, planned)
    for visit, span in planned:
        if span is None:
            continue
        for arm in sorted({person.arm or "" for person in chosen}):
            mine = [of_one[visit] for person, of_one in zip(chosen, days, strict=True) if person.arm == arm and visit in of_one]  # fmt: skip
            outside = sum(1 for day in mine if not span[0] <= day <= span[1])
            if visit == baseline and outside * 2 > len(mine):
                raise AnalysisError(
                    "analysis.table.baseline-clock", arm=arm, outside=outside, people=len(mine), event=stated.anchor
                )  # fmt: skip
            # one or two late visits say nothing of a clock
            if outside * 2 > len(mine) and outside > 2:
                raise AnalysisError(
                    "analysis.table.visit-window", arm=arm, outside=outside, people=len(mine), visit=visit
                )
            if outside:
                what = f"measured out of the window of {visit}"
                remarks[what] = remarks.get(what, 0) + outside


def _one_clock(chosen: list[TrialPerson], days: list[dict[str, int]], planned: list[tuple[str, tuple[float, float] | None]]) -> None:  # fmt: skip
    """One patient has one measurement at a visit: a clock that was moved shows over the visits."""
    if len(chosen) != 1:
        return
    spans = [(day, span) for visit, span in planned if span is not None and (day := days[0].get(visit)) is not None]  # fmt: skip
    outside = sum(1 for day, span in spans if not span[0] <= day <= span[1])
    if outside * 2 > len(spans) and outside > 2:
        raise AnalysisError(
            "analysis.table.visit-window", arm=chosen[0].arm or "", outside=outside, people=len(spans), visit="their visits"
        )  # fmt: skip


def _days(person: TrialPerson, clock: int, name: str, visits: list[str]) -> dict[str, int]:
    """The day of each visit at which a score was measured, from time zero, in the order of the plan."""
    found = {}
    for visit in visits:
        one = person.score(name, visit)
        if one is None:
            continue
        if one.day is None:
            raise AnalysisError("analysis.table.undated", participant=person.name, event=f"{name} at {visit}")
        found[visit] = one.day - clock
    return found
