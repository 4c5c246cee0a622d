"""Symmetry: every option, doing nothing new included, has the same rows in every panel."""

from __future__ import annotations

from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.pages.wording import say
from proband.programme.linting import LintFinding
from proband.programme.slots import CountSlot, RateSlot


@declare(
    "options-asymmetric",
    "symmetry: every option, doing nothing new included, has the same rows in every panel",
)
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """Panels that lack an option, repeat one, show something that is no share of people, or show benefits only."""
    options = [option.id for option in ledger.claims.options]
    for index, panel in enumerate(ledger.claims.panels):
        shown = [cell.option for cell in panel.cells]
        if missing := [option for option in options if option not in shown]:
            yield LintFinding(
                "claims.yaml",
                ("panels", index),
                f"panel {panel.id} says nothing about {', '.join(missing)}.",
                "add a cell for each, with a figure or a gap",
                ", ".join(missing),
            )
        if repeated := sorted({option for option in shown if shown.count(option) > 1}):
            yield LintFinding(
                "claims.yaml",
                ("panels", index),
                f"panel {panel.id} shows {', '.join(repeated)} more than once.",
                "keep one",
            )
        for row, cell in enumerate(panel.cells):
            if cell.claim is None or cell.slot is None:
                continue
            slot = ledger.by_id[cell.claim].slots[cell.slot]
            if not isinstance(slot, CountSlot | RateSlot):
                yield LintFinding(
                    "claims.yaml",
                    ("panels", index, "cells", row),
                    f"panel {panel.id}: {cell.claim}.{cell.slot} is no share of people.",
                    "use an n-of-n or rate slot",
                    cell.slot,
                )
            elif say(ledger.by_id[cell.claim], cell.slot).withheld and not cell.gap:
                continue
    if ledger.claims.panels and len({panel.good for panel in ledger.claims.panels}) == 1:
        side = "benefits" if ledger.claims.panels[0].good else "harms"
        yield LintFinding(
            "claims.yaml",
            ("panels",),
            f"the panels show {side} only.",
            "add at least one panel for the other side",
        )
