"""The decision on the dose level: one up, more people at the same, down, or nobody any more."""

from __future__ import annotations

from typing import Any

from proband.record.commands.review import REVIEWING
from proband.record.declare.change import Body, changes
from proband.record.declare.command import AT_ANY_STAGE, Context, command, never
from proband.record.declare.data import Data, Ref, StudyWords
from proband.record.declare.gate import gate
from proband.record.errors import Refusal
from proband.record.escalation import all_levels, answer, closed_from, level_in_force
from proband.record.known import KnownStatement, known_at
from proband.record.state import State


@gate("escalation", mend="wait until everybody was seen, or decide more cautiously")
def escalation(c: Context) -> Refusal | None:
    """The dose level is decided on by the role that the programme names, when everybody of the cohort was seen, and never more boldly than its rule."""
    rule = c.view.safety.escalation if c.view is not None else None
    if rule is None:
        return Refusal("gate.escalation.none")
    if c.body["role"] != rule.decided_by:
        return Refusal("gate.escalation.role", role=rule.decided_by, own=c.body["role"])
    current, wanted = level_in_force(c.state, rule, c.at), c.data["level"]
    if current is None:
        # decided too boldly the other way, or by a slip of a key: back to what was in force before, and no higher
        before = [one.value for one in c.state.levels if one.at <= c.at and one.value is not None]
        current = before[-1] if before else rule.levels[0]
        if (
            wanted is None
            or wanted not in rule.levels
            or rule.levels.index(wanted) > rule.levels.index(current)
        ):
            return Refusal("gate.escalation.over", level=current)
        if rule.levels.index(wanted) < closed_from(rule, all_levels(c.state, rule, c.at)):
            return None
    if wanted is None:
        return None
    if wanted not in rule.levels:
        return Refusal("gate.escalation.unknown", level=wanted, levels=rule.levels)
    found = all_levels(c.state, rule, c.at)
    now, then = rule.levels.index(current), rule.levels.index(wanted)
    closed = closed_from(rule, found)
    if then >= closed:
        return Refusal("gate.escalation.closed", level=wanted, events=found[closed].events, seen=found[closed].seen, first=rule.levels[closed])  # fmt: skip
    if then < now:
        return None
    here, in_all = found[now], sum(one.seen for one in found)
    says = answer(rule, here, in_all)
    if says == "wait":
        return Refusal("gate.escalation.unseen", level=current, seen=here.seen, waiting=list(here.waiting), cohort=rule.rule.cohort)  # fmt: skip
    if then > now + 1 or (then > now and says != "up") or says == "down":
        return Refusal("gate.escalation.bolder", level=wanted, current=current, events=here.events, seen=here.seen, says=says)  # fmt: skip
    most, many = rule.rule.at_one_level, rule.rule.in_all
    if then == now and here.seen >= most:
        return Refusal("gate.escalation.full", seen=here.seen, most=most)
    if many is not None and in_all >= many:
        return Refusal("gate.escalation.full", seen=in_all, most=many)
    return None


@command("level.decide", "level.decided", permission=REVIEWING, subject="study", stage=AT_ANY_STAGE, withdrawal=None, hold=None, consent=None,
         current_version=False, watched=False, signature="dose level", reason=False, live=False, gates=("escalation",), bears=never, own_site=False,
         at_closed_site=True, everywhere=True, texts_of_study=True)  # fmt: skip
class DecideLevel(Data):
    """At which dose level people are allocated and treated from now on; it counts from when it is on record.

    * ``level``: the level, as the programme names it; none: nobody is treated at any level any more
    * ``why``: on what that rests: what was seen of those who were treated
    """

    level: Ref | None = None
    why: StudyWords


@changes("level.decided")
def _decided(state: State, body: Body, data: dict[str, Any]) -> None:
    since = max(body["at"], known_at(body))
    state.levels.append(KnownStatement(data["level"], since, state.seq, body["recorded"]))
