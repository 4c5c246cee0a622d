"""Among the first few whom a programme treats one after the other: the word of whoever looks at what became of those before."""

from __future__ import annotations

from typing import Any

from proband.record.declare.change import Body, changes
from proband.record.declare.command import Context, command, never
from proband.record.declare.data import Data, StudyWords
from proband.record.declare.gate import NAMED_FOR, PART_OF
from proband.record.dosing import days_between
from proband.record.known import KnownStatement, known_at
from proband.record.programme_view import ProgrammeView, days
from proband.record.state import State

#: whoever may stop treatment says as well that it may go on, where no role of the programme names this permission
REVIEWING = "safety.review"
PART_OF[REVIEWING] = "hold.place"


def _those_named(view: ProgrammeView) -> frozenset[str]:
    """The roles that a programme names to say that the next person is treated, or at which dose level."""
    safety = view.safety
    review = {safety.staggering.review_by} if safety.staggering is not None else set()
    return frozenset(review | ({safety.escalation.decided_by} if safety.escalation is not None else set()))


NAMED_FOR[REVIEWING] = _those_named


def _named(c: Context) -> bool:
    """Whether the programme treats one after the other, and whoever acts does so in the role that it names for the review."""
    rule = c.view.safety.staggering if c.view is not None else None
    return rule is not None and c.body["role"] == rule.review_by


def _seen(c: Context) -> bool:
    """Whether there is something to look at: to say that it may go on, the whole time after the last first dose."""
    rule = c.view.safety.staggering if c.view is not None else None
    if rule is None or not c.data["go_on"]:
        return True
    last = c.state.last_first_dose
    return last is not None and last <= c.at and days_between(last, c.at) >= days(rule.wait)


@command(REVIEWING, "safety.reviewed", subject="study", withdrawal=None, hold=None, consent=None, current_version=False, watched=False, signature="review",
         reason=False, live=False, gates=(), bears=never, own_site=False, at_closed_site=True, everywhere=True, texts_of_study=True,
         stage=((_named, "the role that the programme names to review before the next person is treated"),
                (_seen, "a first dose whose time of waiting is over: what may still come nobody has seen")))  # fmt: skip
class ReviewSafety(Data):
    """Whether the next person may be treated, said after the time of waiting by the role that the programme names (``staggering.review_by``).

    It covers everybody who was treated for the first time by then, and counts from when it is on record; a newer one takes its place.

    * ``go_on``: whether the next may be treated
    * ``why``: on what that rests: what was seen of those who were treated
    """

    go_on: bool
    why: StudyWords


@changes("safety.reviewed")
def _reviewed(state: State, body: Body, data: dict[str, Any]) -> None:
    # it permits: it counts from when it was known, whatever time is written on it
    since = max(body["at"], known_at(body))
    state.reviews.append(KnownStatement(data["go_on"], since, state.seq, body["recorded"]))
