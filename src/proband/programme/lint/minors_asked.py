"""People below majority who may enter by the criteria, in a programme that has no assent, no guardians, no day of majority."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.criteria_checks import below_age
from proband.programme.lint import declare
from proband.programme.linting import LintFinding
from proband.terms import convert

#: below this age a person is a child, where the law does not set majority earlier (Convention on the Rights of the Child, Article 1)
CHILD_BELOW = 18.0


@declare(
    "minors-asked",
    "whoever may enter below majority gives assent, has guardians, and is asked again at majority",
)
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """What the consent lacks for the minors whom the criteria let in; how its bands fit together is another lint."""
    consent = programme.head.consent
    majorities = [convert(rule.majority.value, rule.majority.unit, "a") for rule in consent.guardians]
    age = max(majorities, default=CHILD_BELOW)
    asked = {
        "assent": (bool(consent.assent), "assent bands from birth to majority"),
        "guardians": (bool(consent.guardians), "a guardian rule for each jurisdiction"),
        "reconsent": (any(rule.event == "majority" for rule in consent.reconsent), "a reconsent rule with event: majority"),
    }  # fmt: skip
    if all(there for there, _ in asked.values()) or not below_age(programme.eligibility, age):
        return
    for key, (there, mend) in asked.items():
        if not there:
            yield LintFinding(
                "programme.yaml",
                ("consent", key),
                f"the criteria let in people below {age:g} years, and consent has no {key if key != 'reconsent' else 'rule for majority'}.",
                f"write {mend}, or let the criteria keep them out",
            )
