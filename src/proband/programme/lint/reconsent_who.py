"""Rules for asking anew that name other people than those whom their event concerns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding

#: what happens to one person, and what concerns everybody who consented to a text
_OF_ONE_PERSON = ("majority", "capacity-regained", "transfer", "further-collection", "guardian-changed")
_OF_EVERYBODY = ("amendment", "new-risk")


@declare("reconsent-who", "a rule for asking anew names those whom its event concerns")
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """The record lets the consent lapse of everybody whom an event concerns, whatever stands here: so nothing else may stand here."""
    for index, rule in enumerate(programme.head.consent.reconsent):
        path = ("consent", "reconsent", index, "who")
        if rule.event in _OF_ONE_PERSON and rule.who != "the-participant":
            yield LintFinding("programme.yaml", path, f"{rule.event} happens to one person, and that person's consent lapses.", "write who: the-participant", rule.who)  # fmt: skip
        elif rule.event in _OF_EVERYBODY and rule.who == "the-participant":
            yield LintFinding("programme.yaml", path, f"{rule.event} concerns everybody under the text.", "write who: active, or all", rule.who)  # fmt: skip
