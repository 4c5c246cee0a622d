"""The final report of a study: its questions in the order of the plan, each at its limit, the primary one first whatever it showed.

A question is answered yes only where every question before it in the sequence was; a primary question that was missed stands first and is
called that. Composites are split. What an earlier look knew must still be there: a death that has vanished since is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date as Day
from typing import Any

from proband.analysis.allocated import NOT_PROVEN
from proband.analysis.answers import analyse, gives_no_answer
from proband.analysis.first_events import FirstEvents, split
from proband.analysis.result import AnalysisError
from proband.analysis.trial_columns import WITHDRAWN, TrialRow
from proband.analysis.trial_table import arranged
from proband.programme import Programme
from proband.trial.plan import SimulationPlan
from proband.trial.study.board import (
    StudyHead,
    better,
    due_by,
    head_of,
    limits_of,
    looked_at,
)
from proband.trial.study.counts import ArmCount, allocated_by_arm, counts_by_arm
from proband.trial.study.pictures import report_pictures
from proband.trial.study.plan import LockedPlan, StudyError, hold_to
from proband.trial.study.table import Rows, as_of, people_of, table_hash

#: how a question can end
BETTER, WORSE, NO, NOT_ASKED, NO_ANSWER = "yes-better", "yes-worse", "no", "not-asked", "no-answer"


@dataclass(frozen=True, slots=True)
class AnsweredQuestion:
    """A question and how it ended: ``verdict`` one of the five, ``limit`` the two-sided p at which it would have been yes."""

    id: str
    hash: str
    question: str
    outcome: str
    visit: str
    verdict: str
    limit: float
    said: str
    arms: tuple[str, str | None]
    split: tuple[FirstEvents, ...]
    result: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class FinalReport:
    """What a study showed: ``first`` is the sentence on the primary question, ``questions`` all of them in the order of the plan."""

    head: StudyHead
    first: str
    planned: dict[str, int]
    allocated: dict[str, int]
    questions: tuple[AnsweredQuestion, ...]
    counts: tuple[ArmCount, ...]
    looks: tuple[float, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        splits, arms = {q.id: q.split for q in self.questions}, {q.id: q.arms for q in self.questions}
        return {"kind": "final", **asdict(self), "pictures": report_pictures(self.counts, splits, arms)}


def final_report(
    plan: LockedPlan,
    programme: Programme,
    rows: Iterable[TrialRow],
    day: Day,
    *,
    earlier: Sequence[dict[str, Any]] = (),
    stopped: str | None = None,
    allocation: str = NOT_PROVEN,
) -> FinalReport:
    """The final report as of a day; ``earlier`` are the closed reports of all looks that were taken, ``stopped`` why the study ended early,
    ``allocation`` what shows that the arms are those that were allocated.

    Raises
    ------
    StudyError
        ``study.early`` where people are still to come or to be followed and nobody says why the study was stopped;
        ``study.look.order``; ``study.vanished`` where an event that a closed report counted is in the table no longer.
    AnalysisError
        Where the table is refused.
    """
    study = hold_to(plan, programme)
    every = [dict(row) for row in rows]
    known = as_of(every, day)
    looks = looked_at(plan, earlier, day)
    remarks = _since(study, plan, every, earlier)
    _over(study, plan, known, day, stopped)
    remarks += [f"The study was stopped before its end: {stopped}"] if stopped else []
    answered: list[AnsweredQuestion] = []
    for at, stated in enumerate(study.estimands):
        limit = limits_of(stated, looks if at == 0 else ())[-1]
        before = {each.id: each.verdict for each in answered}.get(str(stated.estimand.gate.after), BETTER)
        result, verdict, said = (
            None,
            NOT_ASKED,
            f"Not asked: {stated.estimand.gate.after} was not answered yes.",
        )
        if before in (BETTER, WORSE):
            try:
                result = analyse(stated, known)
            except AnalysisError as refusal:
                if not gives_no_answer(refusal):
                    raise
                verdict, said = NO_ANSWER, refusal.message
            else:
                yes = result.p is not None and result.p <= limit
                verdict = (BETTER if better(stated, result) else WORSE) if yes else NO
                said = result.words
        answered.append(
            AnsweredQuestion(
                stated.id, stated.hash, stated.estimand.question, stated.outcome.name, str(stated.estimand.visit), verdict, limit, said,
                (stated.treatment, stated.comparator), split(stated, arranged(stated, known)), result.record() if result else None,
            )
        )  # fmt: skip
    head = head_of(plan, study, known, day)
    head = replace(head, remarks=(*head.remarks, *remarks), allocation=allocation)
    return FinalReport(
        head, _first(answered[0]), dict(study.arms), allocated_by_arm(study, known), tuple(answered), counts_by_arm(study, known), looks
    )  # fmt: skip


def _over(study: SimulationPlan, plan: LockedPlan, rows: Rows, day: Day, stopped: str | None) -> None:
    """Nobody looks at arms under the name of a final report while the study goes on."""
    gone = sum(
        1 for row in people_of(rows).values() if row["number"] is not None and row["text"] == WITHDRAWN
    )
    allocated = sum(allocated_by_arm(study, rows).values()) + gone
    due = min(int(due_by(stated, rows, day).sum()) for stated in study.estimands)
    planned = sum(plan.people.values())
    if stopped is None and (allocated < planned or due + gone < allocated):
        raise StudyError("study.early", planned=planned, allocated=allocated, due=due, on=day.isoformat())


def _first(primary: AnsweredQuestion) -> str:
    ends = {
        BETTER: "The registered primary question was answered yes, for the better.",
        WORSE: "The registered primary question was answered: those treated did worse.",
        NO: "The registered primary question was not answered yes. What else was found cannot make up for that.",
        NO_ANSWER: "The registered primary question has no answer.",
    }
    return ends[primary.verdict]


def _since(
    study: SimulationPlan, plan: LockedPlan, rows: Rows, earlier: Sequence[dict[str, Any]]
) -> list[str]:
    """What changed since the looks: plans that were amended after one, rows that were corrected; a vanished event is refused."""
    remarks = []
    for report in earlier:
        head, on = report["head"], Day.fromisoformat(report["head"]["on"])
        then = as_of(rows, on)
        now = {(each.what, each.arm): each.events for each in counts_by_arm(study, then)}
        for each in report["counts"]:
            left = now.get((each["what"], each["arm"]), 0)
            if (each["what"], each["arm"]) in now and left < each["events"]:
                raise StudyError(
                    "study.vanished", event=each["what"], arm=each["arm"], then=each["events"], now=left, on=head["on"]
                )  # fmt: skip
        if table_hash(then) != head["table"]:
            remarks.append(f"What was known on {head['on']} was corrected after the look of that day.")
        if head["plan"] != plan.hash:
            remarks.append(
                f"The plan was amended after the look of {head['on']}, which was taken under plan {head['plan'][:12]}."
            )
    return remarks
