"""Dose levels that cannot be gone through: arms without a dose, doses that do not rise, an allocation that draws, an event that nobody counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from proband.programme.bundle import Programme
from proband.programme.dose import DoseRule
from proband.programme.lint import declare
from proband.programme.linting import LintFinding
from proband.programme.safety import COUNTED
from proband.terms import compatible, convert


@declare(
    "dose-levels",
    "dose levels are arms whose doses rise, to which nobody is drawn",
)
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Levels whose doses do not rise, an allocation that draws, and an unknown event."""
    safety, head = programme.safety, programme.head
    rule = safety.escalation
    if rule is None:
        return
    if head.allocation.method != "sequential":
        yield LintFinding(
            "programme.yaml",
            ("allocation", "method"),
            f"{head.allocation.method} does not go through dose levels one after the other.",
            "write method: sequential: the record allocates to the level in force",
            head.allocation.method,
        )
    if rule.counts not in {*COUNTED, *(one.id for one in safety.event_categories)}:
        yield LintFinding(
            "safety.yaml",
            ("escalation", "counts"),
            f"{rule.counts} is nothing that is counted.",
            f"use one of {', '.join(COUNTED)}, or write it under event_categories",
            rule.counts,
        )
    doses: list[tuple[int, DoseRule]] = []
    for index, level in enumerate(rule.levels):
        arm = programme.arms.get(level)
        regimen = programme.regimens.get(arm.regimen or "") if arm is not None else None
        if arm is not None and (regimen is None or arm.is_control):
            yield LintFinding(
                "safety.yaml",
                ("escalation", "levels", index),
                f"{level} is no arm in which the product is given.",
                "name arms with a regimen and without a comparator",
                level,
            )
        elif regimen is not None and isinstance(regimen.dose, DoseRule):
            doses.append((index, regimen.dose))
    for (_, low), (index, high) in pairwise(doses):
        if low.kind != high.kind or low.amount is None or high.amount is None or not compatible(low.amount.unit, high.amount.unit):  # fmt: skip
            yield LintFinding("safety.yaml", ("escalation", "levels", index), f"the dose of {rule.levels[index]} cannot be compared with that of the level before it.", "write the doses of the levels by one rule, in one unit", rule.levels[index])  # fmt: skip
        elif convert(high.amount.value, high.amount.unit, low.amount.unit) <= low.amount.value:
            yield LintFinding("safety.yaml", ("escalation", "levels", index), f"{high.amount} is no higher than the dose of the level before it, {low.amount}.", "write the levels from the lowest dose", rule.levels[index])  # fmt: skip
