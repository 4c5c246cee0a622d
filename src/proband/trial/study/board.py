"""What the board of a study is shown at a look: an open report, which knows no arm, and a closed one, by arm.

The open report is made from a table out of which every arm was taken first (:func:`~proband.trial.study.table.without_arms`): permuting the
arms cannot change it. The closed one answers the primary question as :mod:`proband.trial.conduct` answers it in simulation: by the first
people in the order of allocation who have all reached the visit, at the limit that the error spent leaves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date as Day
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proband.analysis.allocated import NOT_PROVEN
from proband.analysis.answers import analyse, gives_no_answer
from proband.analysis.first_events import FirstEvents, split
from proband.analysis.result import AnalysisError, AnalysisResult
from proband.analysis.stated import StatedEstimand, made
from proband.analysis.trial_columns import WITHDRAWN, TrialRow
from proband.analysis.trial_table import TrialArrays, arranged
from proband.programme import Programme
from proband.programme.estimand import EventKind
from proband.trial.forecast.document import analysis_code
from proband.trial.plan import SimulationPlan
from proband.trial.study.counts import ArmCount, allocated_by_arm, counts_by_arm, sides
from proband.trial.study.harm import HarmLook, harm_look
from proband.trial.study.pictures import accrual_picture, recorded, report_pictures
from proband.trial.study.plan import LockedPlan, StudyError, hold_to
from proband.trial.study.table import Rows, as_of, people_of, table_hash, without_arms

#: kinds of events that an open report counts: none that only one arm can have
_OPEN_KINDS: tuple[EventKind, ...] = (
    "death",
    "competing",
    "loss-of-function",
    "co-intervention",
    "disturbance",
)
#: summaries that are larger where the treatment is better, whatever the outcome's own direction
_UP_IS_BETTER = ("win-odds", "ratio-of-odds")
#: summaries of being free of the event: larger is better, unless the event is what one hopes for
_FREE_OF_EVENT = ("restricted-mean-survival-time", "difference-in-survival")


@dataclass(frozen=True, slots=True)
class StudyHead:
    """Under what a report was made: programme, plan, questions, code, table, each by its hash; ``remarks`` say what differs, ``allocation`` what shows that the
    arms are those that were allocated."""

    programme: str
    title: str
    programme_hash: str
    study: str
    plan: str
    earlier_plans: tuple[str, ...]
    questions: tuple[tuple[str, str], ...]
    on: str
    table: str
    remarks: tuple[str, ...] = ()
    allocation: str = ""


@dataclass(frozen=True, slots=True)
class Followed:
    """How far people are followed for one question: due at its visit, ended before it (death or a competing event), measured, not measured."""

    question: str
    visit: str
    people: int
    due: int
    ended: int
    measured: int

    @property
    def missing(self) -> int:
        """Due, not ended before, and nothing is there."""
        return self.due - self.ended - self.measured


@dataclass(frozen=True, slots=True)
class OpenReport:
    """Everybody together: no number in it depends on who is in which arm."""

    head: StudyHead
    planned: int
    consented: int
    allocated: int
    withdrew: int
    sites: dict[str, int]
    months: dict[str, int]
    followed: tuple[Followed, ...]
    events: tuple[tuple[str, int, int], ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "kind": "open",
            **asdict(self),
            "followed": [{**asdict(f), "missing": f.missing} for f in self.followed],
            "pictures": {"accrual": recorded(accrual_picture(self.months, self.planned))},
        }


@dataclass(frozen=True, slots=True)
class LookAnswer:
    """The primary question at a look: after how many people, at which limit, what came, and how likely a yes still is.

    ``conditional_power`` is the chance that the rest of the study crosses a limit for the better: if what was seen goes on, and if nobody is
    helped from here on.
    """

    people: int
    fraction: float
    limit: float
    crossed: bool
    better: bool
    conditional_power: tuple[float, float] | None
    result: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ClosedReport:
    """By arm, for the board alone."""

    head: StudyHead
    open_table: str
    allocated: dict[str, int]
    followed: dict[str, tuple[Followed, ...]]
    counts: tuple[ArmCount, ...]
    splits: dict[str, tuple[FirstEvents, ...]]
    arms: dict[str, tuple[str, str | None]]
    looks: tuple[float, ...]
    look: LookAnswer | None
    no_look: str = ""
    harm: HarmLook | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "kind": "closed",
            **asdict(self),
            "pictures": report_pictures(self.counts, self.splits, self.arms),
        }


def head_of(plan: LockedPlan, study: SimulationPlan, rows: Rows, day: Day) -> StudyHead:
    """The head of a report; code that changed since the plan was locked is said."""
    remarks = []
    if plan.code != analysis_code():
        remarks.append("The code of the analyses is not the one under which the plan was locked.")
    if plan.why:
        remarks.append(f"The plan was amended: {plan.why}")
    return StudyHead(
        plan.programme, plan.title, plan.programme_hash, plan.study, plan.hash, tuple(plan.replaces),
        tuple((stated.id, stated.hash) for stated in study.estimands), day.isoformat(), table_hash(rows), tuple(remarks),
    )  # fmt: skip


def open_report(plan: LockedPlan, programme: Programme, rows: Iterable[TrialRow], day: Day) -> OpenReport:
    """The open report as of a day.

    Raises
    ------
    StudyError, AnalysisError
        Where the bundle is another; where the table is refused, whatever its arms.
    """
    study = hold_to(plan, programme)
    known = without_arms(as_of(rows, day))
    people = people_of(known).values()
    placed = [row for row in people if row["number"] is not None and row["text"] != WITHDRAWN]
    allocated_on = {
        r["participant"]: str(r["on"]) for r in known if r["kind"] == "event" and r["name"] == "allocation"
    }
    followed, events = [], {}
    for stated in study.estimands:
        everybody = _as_one(stated, known)
        if not any(row["kind"] == "person" and row["arm"] for row in everybody):
            continue
        data = arranged(stated, everybody)
        followed.append(_followed(stated, data, due_by(stated, everybody, day)))
        for event in stated.estimand.of_kind(*_OPEN_KINDS):
            events[event.event] = (int(np.isfinite(data.day_of(event.names)).sum()), data.shape[1])
    return OpenReport(
        head_of(plan, study, known, day), study.people, len(people), len(placed), sum(row["text"] == WITHDRAWN for row in people),
        dict(sorted(Counter(str(row["site"]) for row in placed).items())),
        dict(sorted(Counter(allocated_on[row["participant"]][:7] for row in placed).items())),
        tuple(followed), tuple((name, *counts) for name, counts in events.items()),
    )  # fmt: skip


def _as_one(stated: StatedEstimand, rows: Rows) -> Rows:
    """The rows with everybody who has a place in one group, so that the table can be read without any arm."""
    return [
        {**row, "arm": stated.treatment}
        if row["kind"] == "person" and row["number"] is not None and row["text"] != WITHDRAWN
        else row
        for row in rows
    ]


def _chosen(stated: StatedEstimand, rows: Rows) -> list[Any]:
    """The people of a question in the order in which :func:`~proband.analysis.trial_table.arranged` has them."""
    arms, asked = (stated.treatment, stated.comparator), stated.estimand.sub_indication
    chosen = [
        row for row in people_of(rows).values()
        if row["arm"] in arms and row["arm"] is not None and (asked is None or row["form"] in (None, asked))
    ]  # fmt: skip
    return sorted(chosen, key=lambda row: (row["number"] or 0, row["participant"]))


def due_by(stated: StatedEstimand, rows: Rows, day: Day) -> NDArray[np.bool_]:
    """Who has reached the visit of a question by a day (P,)."""
    zero = {
        row["participant"]: Day.fromisoformat(str(row["on"])[:10])
        for row in rows
        if row["kind"] == "event" and row["name"] == stated.anchor and row["on"]
    }
    return np.array([(day - zero.get(row["participant"], day)).days >= stated.day for row in _chosen(stated, rows)], dtype=bool)  # fmt: skip


def _followed(
    stated: StatedEstimand, data: TrialArrays, due: NDArray[np.bool_], arm: int | None = None
) -> Followed:
    mine = np.ones(len(due), dtype=bool) if arm is None else data.arm[0] == arm
    ends = [name for event in stated.estimand.of_kind("death", "competing") for name in event.names]
    ended = data.day_of(ends)[0] <= stated.day
    if made(stated.outcome).form in ("event", "free-of"):
        there = np.isfinite(data.day_of(made(stated.outcome).names)[0]) | (data.last_seen[0] >= stated.day - 1e-9)  # fmt: skip
    else:
        there = np.isfinite(data.values[stated.estimand.outcome][0, :, stated.at(stated.estimand.outcome)])
    return Followed(
        stated.id, str(stated.estimand.visit), int(mine.sum()), int((mine & due).sum()), int((mine & due & ended).sum()),
        int((mine & due & ~ended & there).sum()),
    )  # fmt: skip


def closed_report(
    plan: LockedPlan,
    programme: Programme,
    rows: Iterable[TrialRow],
    day: Day,
    *,
    earlier: Sequence[dict[str, Any]] = (),
    allocation: str = NOT_PROVEN,
) -> ClosedReport:
    """The closed report as of a day; ``earlier`` are the closed reports of the looks before, which have spent their part of the error, ``allocation``
    what shows that the arms are those that were allocated.

    Raises
    ------
    StudyError
        ``study.look.order`` where an earlier report is not of this study or not earlier.
    AnalysisError
        Where the table is refused: arms are sealed, people are missing, clocks were moved.
    """
    study = hold_to(plan, programme)
    known = as_of(rows, day)
    fractions = looked_at(plan, earlier, day)
    followed: dict[str, tuple[Followed, ...]] = {}
    for stated in study.estimands:
        data, due = arranged(stated, known), due_by(stated, known, day)
        followed[stated.id] = tuple(_followed(stated, data, due, arm) for arm in sides(stated))
    look, why = _look(plan, study, known, day, fractions)
    return ClosedReport(
        replace(head_of(plan, study, known, day), allocation=allocation), table_hash(without_arms(known)), allocated_by_arm(study, known), followed,
        counts_by_arm(study, known), {stated.id: split(stated, arranged(stated, known)) for stated in study.estimands},
        {stated.id: (stated.treatment, stated.comparator) for stated in study.estimands},
        (*fractions, look.fraction) if look else fractions, look, why, harm_look(study, known),
    )  # fmt: skip


def looked_at(plan: LockedPlan, earlier: Sequence[dict[str, Any]], day: Day) -> tuple[float, ...]:
    """The shares of the information at which the primary question was looked at before, from the closed reports of those looks."""
    before: tuple[float, ...] = ()
    for report in sorted(earlier, key=lambda report: str(report["head"]["on"])):
        head, looks = report["head"], tuple(float(each) for each in report["looks"])
        of_this = report.get("kind") == "closed" and head["study"] == plan.study and head["plan"] in plan.line
        follows = looks == before or looks[:-1] == before
        if not (of_this and follows and head["on"] < day.isoformat()):
            raise StudyError("study.look.order", on=head["on"], study=plan.study)
        before = looks
    return before


def limits_of(stated: StatedEstimand, fractions: Sequence[float]) -> tuple[float, ...]:
    """Two-sided p below which each look, and the last analysis, answers yes; ``fractions`` of the looks before the last."""
    from scipy.special import ndtr

    from proband.analysis.sequential.boundaries import spending

    looks = stated.estimand.looks
    if looks is None or not fractions:
        return (stated.estimand.gate.error,)
    design = spending([*fractions, 1.0], stated.estimand.gate.error, looks.spending, sided=2)
    return tuple(float(2 * ndtr(-z)) for z in design.upper)


def better(stated: StatedEstimand, result: AnalysisResult) -> bool:
    """Whether an estimate points to the better for those treated."""
    null = (stated.estimand.benchmark.value if stated.estimand.benchmark else None) or 0.0
    if stated.estimand.summary in _UP_IS_BETTER:
        sense = 1
    elif stated.estimand.summary in _FREE_OF_EVENT:
        sense = -1 if stated.outcome.direction == "event-is-good" else 1
    else:
        sense = stated.good()
    return bool((result.estimate - null) * sense > 0)


def _look(
    plan: LockedPlan, study: SimulationPlan, rows: Rows, day: Day, before: tuple[float, ...]
) -> tuple[LookAnswer | None, str]:
    stated = study.estimands[0]
    if stated.estimand.looks is None:
        return None, "The plan has no look at the primary question: it is not answered here."
    chosen, due = _chosen(stated, rows), due_by(stated, rows, day)
    people = len(due) if due.all() else int(np.argmin(due))
    planned = sum(plan.people.get(arm, 0) for arm in (stated.treatment, stated.comparator) if arm)
    fraction = people / planned if planned else 0.0
    if fraction >= 1.0:
        return None, "Everybody has reached the visit of the primary question: the final report answers it."
    if people < 2 or fraction <= max(before, default=0.0):
        return None, "Nobody new has reached the visit of the primary question: it is not answered again."
    last = chosen[people - 1]["number"] or 0
    early = {
        name for name, row in people_of(rows).items() if row["number"] is not None and row["number"] <= last
    }
    first = [row for row in rows if row["participant"] in early]
    try:
        result = analyse(stated, first)
    except AnalysisError as refusal:
        if not gives_no_answer(refusal):
            raise
        return None, refusal.message
    limit = limits_of(stated, (*before, fraction))[-2]
    p, good = 1.0 if result.p is None else float(result.p), better(stated, result)
    return LookAnswer(
        people, fraction, limit, p <= limit, good, _conditional(stated, (*before, fraction), p, good), result.record()
    ), ""  # fmt: skip


def _conditional(
    stated: StatedEstimand, fractions: tuple[float, ...], p: float, good: bool
) -> tuple[float, float] | None:
    from scipy.special import ndtri

    from proband.analysis.sequential.boundaries import spending
    from proband.analysis.sequential.monitoring import conditional_power

    looks = stated.estimand.looks
    if looks is None or not 0 < p <= 1:
        return None
    design = spending([*fractions, 1.0], stated.estimand.gate.error, looks.spending, sided=2)
    z = float(-ndtri(p / 2)) * (1 if good else -1)
    at = len(fractions)
    return conditional_power(design, at, z), conditional_power(design, at, z, 0.0)
