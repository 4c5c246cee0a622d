"""Panels that mislead by what they show: a figure under the wrong option, half of a comparison, an order, or bases that differ."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.programme.claims import Claim, ClaimKind, Option, Panel
from proband.programme.linting import LintFinding
from proband.programme.slots import CountSlot, RateSlot

#: a group that was not given what is tried
_WITHOUT = re.compile(
    r"\b(?:usual care|ordinary care|not given|given none|without|control|placebo|untreated)\b", re.IGNORECASE
)
#: words of names that tell nothing apart
_COMMON = {"the", "and", "own", "from", "with", "of", "a"}


@declare(
    "panel-figures",
    "a panel shows each option's own figure, both sides of what was compared, in the order of the options and out of one base",
)
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """Panels against the claims that they show, against one another, and against the order of the options."""
    options = {option.id: option for option in ledger.claims.options}
    order = list(options)
    kinds = [option.kind == "experimental" for option in options.values()]
    if kinds != sorted(kinds):
        yield LintFinding("claims.yaml", ("options",), "an experiment stands before what people have already.",
                          "put the experimental options last", "options")  # fmt: skip
    if len({panel.per for panel in ledger.claims.panels}) > 1:
        yield LintFinding("claims.yaml", ("panels",), "panels are drawn out of different numbers of people.",
                          "use the same per for all of them", "per")  # fmt: skip
    groups: defaultdict[tuple[str | None, str], set[str]] = defaultdict(set)
    for index, panel in enumerate(ledger.claims.panels):
        shown = [cell.option for cell in panel.cells]
        if shown != sorted(shown, key=lambda id: order.index(id) if id in order else -1):
            yield LintFinding("claims.yaml", ("panels", index, "cells"), f"panel {panel.id} has an order of its own.",
                              f"use the order of the options: {', '.join(order)}", panel.id)  # fmt: skip
        for fault, mend in _faults(ledger, panel, options):
            yield LintFinding("claims.yaml", ("panels", index), f"panel {panel.id} {fault}.", mend, panel.id)
        for claim, slot, option in _figures(ledger, panel):
            if who := getattr(claim.slots[slot], "who", None):
                groups[(claim.population, who)].add(option)
    for (_, who), found in groups.items():
        if len(found) > 1:
            yield LintFinding("claims.yaml", ("panels",), f"the same {who} stand under {' and '.join(sorted(found))}.",
                              "show each group under the option that it was given", who)  # fmt: skip


def _figures(ledger: Ledger, panel: Panel) -> Iterator[tuple[Claim, str, str]]:
    for cell in panel.cells:
        if cell.claim and cell.slot:
            yield ledger.by_id[cell.claim], cell.slot, cell.option


def _faults(ledger: Ledger, panel: Panel, options: dict[str, Option]) -> Iterator[tuple[str, str]]:
    figures = list(_figures(ledger, panel))
    used = [(claim.id, slot) for claim, slot, _ in figures]
    if twice := sorted({slot for claim, slot in used if used.count((claim, slot)) > 1}):
        yield f"shows {', '.join(twice)} under two options", "show each group once"
    kinds = {claim.kind for claim, _, _ in figures}
    if {ClaimKind.BENEFIT, ClaimKind.HARM} <= kinds:
        yield "mixes figures of benefit with figures of harm", "show one outcome in a panel"
    if panel.good and ClaimKind.HARM in kinds:
        yield "shows a harm as something to wish for", "write good: false"
    if not panel.good and any(c.kind is ClaimKind.BENEFIT and not _is_loss(c) for c, _, _ in figures):
        yield "shows a benefit as something to fear", "write good: true"
    gaps = {cell.option for cell in panel.cells if cell.claim is None}
    for claim, slot, id in figures:
        who = getattr(claim.slots[slot], "who", None) or ""
        option = options.get(id)
        if option and option.kind == "experimental" and _WITHOUT.search(who):
            yield f"shows {who!r} under {option.name}", "show each group under the option that it was given"
        if (
            option
            and option.kind != "experimental"
            and not _WITHOUT.search(who)
            and _names_experiment(who, options)
        ):
            yield f"shows {who!r} under {option.name}", "show each group under the option that it was given"
        others = [
            name for name, other in claim.slots.items()
            if name != slot and isinstance(other, CountSlot | RateSlot) and getattr(other, "n", None) and (claim.id, name) not in used
        ]  # fmt: skip
        compared = claim.design in {"randomised", "concurrent-control"} and claim.comparator not in {
            None,
            "none",
        }
        if (
            compared
            and len(others) == 1
            and gaps
            and (claim.option in gaps or not _first_without(options) - gaps)
        ):
            yield (
                f"shows one side of claim {claim.id} and leaves {others[0]} out",
                "show both groups of the study",
            )


def _first_without(options: dict[str, Option]) -> set[str]:
    return {id for id, option in options.items() if option.kind in {"no-treatment", "ordinary-care"}}


def _names_experiment(who: str, options: dict[str, Option]) -> bool:
    words = set(re.findall(r"[a-z]{3,}", who.lower())) - _COMMON
    names = [set(re.findall(r"[a-z]{3,}", o.name.lower())) - _COMMON for o in options.values() if o.kind == "experimental"]  # fmt: skip
    plain = [set(re.findall(r"[a-z]{3,}", o.name.lower())) - _COMMON for o in options.values() if o.kind != "experimental"]  # fmt: skip
    return any(name & words for name in names) and not any(name & words for name in plain)


def _is_loss(claim: Claim) -> bool:
    """Whether a claim of benefit counts what people fear: fewer deaths are a benefit."""
    return bool(re.search(r"death|die[sd]?\b|dying|infection|trouble|worse|fail|relapse", claim.outcome or "", re.IGNORECASE))  # fmt: skip
