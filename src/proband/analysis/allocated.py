"""Whether the arms of a table are those that were allocated: a table rewritten "as treated" looks like any other, so that only the allocation itself can tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from proband.analysis.result import AnalysisError
from proband.analysis.trial_columns import WITHDRAWN, TrialRow

#: what is said of a table beside which nothing lies that would tell
NOT_PROVEN = "That the arms of this table are those that were allocated is not proven: no record's export and no allocation lies beside it."


def hold_to_allocation(rows: Iterable[TrialRow], arms: Mapping[str, str | None]) -> int:
    """Hold the arms of a table against the allocation; gives how many people were held.

    Parameters
    ----------
    rows
        Of a trial's table. Somebody whose arm it does not tell (sealed, or not allocated yet) is not held, and neither is who withdrew the use of their data.
    arms
        The arm of everybody who was allocated, by pseudonym.

    Raises
    ------
    AnalysisError
        ``analysis.table.arms`` where somebody stands in another arm than theirs, or in one though they were never allocated;
        ``analysis.table.left-out`` where somebody was allocated and the table does not have them.
    """
    people = {row["participant"]: row for row in rows if row["kind"] == "person"}
    told = {name: row["arm"] for name, row in people.items() if row["arm"] is not None}
    other = sorted(name for name, arm in told.items() if arms.get(name) != arm)
    if other:
        raise AnalysisError("analysis.table.arms", people=len(other), of=len(told), who=other[:5])
    # whoever withdrew may stand there under another name; under their own they stand for nobody else
    gone = sum(1 for name, row in people.items() if row["text"] == WITHDRAWN and name not in arms)
    absent = sorted(name for name, arm in arms.items() if arm is not None and name not in people)
    if told and len(absent) > gone:
        raise AnalysisError(
            "analysis.table.left-out", people=len(absent) - gone, of=len(arms), who=absent[:5]
        )
    return len(told)
