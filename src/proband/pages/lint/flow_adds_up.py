"""What became of everybody adds up: no stage holds more people than the one before it, and nobody is told of twice."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.programme.claims import StudyFlow
from proband.programme.linting import LintFinding
from proband.programme.slots import CountSlot, NumberSlot

#: the stages through which people go one after the other; who is lost or has died is counted among the treated
_ONE_AFTER_THE_OTHER = ("screened", "consented", "harvested", "manufactured", "treated", "assessed")


@declare(
    "flow-adds-up",
    "a flow adds up: no stage holds more people than the one before, and those who are not told of are named",
)
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """Flows whose counted stages grow, whose ends exceed the treated, or that lose people without a word."""
    for index, flow in enumerate(ledger.claims.flows):
        for fault, mend in _faults(flow, _people(ledger, flow)):
            yield LintFinding("claims.yaml", ("flows", index), f"flow {flow.id}: {fault}.", mend, flow.id)


def _people(ledger: Ledger, flow: StudyFlow) -> dict[str, int]:
    """How many people each counted stage holds."""
    found: dict[str, int] = {}
    for stage in flow.stages:
        if stage.claim is None or stage.slot is None:
            continue
        slot = ledger.by_id[stage.claim].slots[stage.slot]
        if isinstance(slot, CountSlot):
            found[stage.stage] = slot.events if stage.stage in {"lost", "died"} else slot.n
        elif isinstance(slot, NumberSlot) and slot.value is not None:
            found[stage.stage] = int(slot.value)
    return found


def _faults(flow: StudyFlow, people: dict[str, int]) -> Iterator[tuple[str, str]]:
    counted = [stage for stage in _ONE_AFTER_THE_OTHER if stage in people]
    for before, after in pairwise(counted):
        if people[after] > people[before]:
            yield (
                f"{people[after]} {after} of {people[before]} {before}",
                "count the same people in both stages",
            )
    treated = people.get("treated")
    if treated is None:
        return
    for end in ("lost", "died"):
        if people.get(end, 0) > treated:
            yield f"{people[end]} {end} of {treated} treated", "count the same people in both stages"
    told = people.get("assessed", 0) + people.get("lost", 0)
    if "assessed" in people and told < treated and "lost" not in people:
        yield (
            f"{treated - told} of {treated} treated are neither assessed nor told of",
            "count who was lost, and give the figures of benefit out of all who were treated",
        )
    if told > treated:
        yield f"assessed and lost are {told} of {treated} treated", "count each person once"
