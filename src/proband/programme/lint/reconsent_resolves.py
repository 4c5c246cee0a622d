"""Rules on consent that never come true: a time without a length ends no consent, whatever its reason says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding


@declare("reconsent-resolves", "a rule that asks for consent after a time says after which")
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Rules with the event ``interval`` that have no length."""
    for index, rule in enumerate(programme.head.consent.reconsent):
        if rule.event == "interval" and rule.every is None:
            yield LintFinding(
                "programme.yaml",
                ("consent", "reconsent", index, "every"),
                f"{rule.id} asks for consent after a time and says none, so that nobody is ever asked.",
                "write every with its unit, or the event that is meant: further-collection where cells are collected again",
            )
