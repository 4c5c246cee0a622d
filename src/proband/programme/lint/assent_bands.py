"""Assent bands that leave an age between birth and majority uncovered, or cover it twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding
from proband.terms import convert


@declare("assent-bands", "assent bands meet without gap or overlap from birth to majority")
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Gaps and overlaps between bands; guardian rules without bands, and bands without guardian rules."""
    consent = programme.head.consent
    bands = sorted(
        ((convert(band.from_age.value, band.from_age.unit, "a"), convert(band.to_age.value, band.to_age.unit, "a"), index)
         for index, band in enumerate(consent.assent))
    )  # fmt: skip
    for (_, end, _), (start, _, index) in pairwise(bands):
        if start != end:
            word = "a gap" if start > end else "an overlap"
            yield LintFinding(
                "programme.yaml",
                ("consent", "assent", index, "from_age"),
                f"there is {word} between the assent bands at {min(start, end):g} to {max(start, end):g} years.",
                "let each band begin where the one before ends",
                consent.assent[index].id,
            )
    if bands and not consent.guardians:
        yield LintFinding(
            "programme.yaml",
            ("consent", "guardians"),
            "minors give assent, but no guardian rule says who consents.",
            "add a guardian rule for each jurisdiction",
        )
    for index, rule in enumerate(consent.guardians):
        majority = convert(rule.majority.value, rule.majority.unit, "a")
        if bands and bands[-1][1] < majority:
            yield LintFinding(
                "programme.yaml",
                ("consent", "guardians", index, "majority"),
                f"majority is at {majority:g} years in {rule.jurisdiction}, but assent bands end at {bands[-1][1]:g}.",
                "extend the bands to majority",
                rule.jurisdiction,
            )
        if bands and not any(item.event == "majority" for item in consent.reconsent):
            yield LintFinding(
                "programme.yaml",
                ("consent", "reconsent"),
                "minors take part, but nothing asks for consent anew at majority.",
                "add a reconsent rule with event: majority",
                rule.jurisdiction,
            )
            break
