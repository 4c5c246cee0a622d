"""Dose bands that leave a gap or overlap: a participant at exactly 12 years must have one dose, not none and not two."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding
from proband.programme.regimen import DoseBand, DoseRule
from proband.terms import convert


@declare("dose-bands", "the bands of a dose rule must meet without gap, overlap or unreachable band")
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Gaps, overlaps and empty bands in every banded dose rule."""
    for index, regimen in enumerate(programme.product_file.regimens):
        rule = regimen.dose
        if not isinstance(rule, DoseRule) or not rule.bands:
            continue
        unit = "a" if rule.kind == "by-age" else "kg"
        path = ("regimens", index, "dose", "bands")
        spans = [(*_span(band, unit), position) for position, band in enumerate(rule.bands)]
        for low, high, low_in, high_in, position in spans:
            if low > high or (low == high and not (low_in and high_in)):
                yield LintFinding(
                    "product.yaml",
                    (*path, position),
                    f"the band {rule.bands[position]} contains nothing.",
                    "correct its ends, or remove it",
                    regimen.id,
                )
        ordered = sorted(spans, key=lambda span: (span[0], span[1]))
        for (_, high, _, high_in, left), (low, _, low_in, _, right) in pairwise(ordered):
            a, b = rule.bands[left], rule.bands[right]
            if low > high or (low == high and not high_in and not low_in):
                gap = f"exactly {low:g} {unit}" if low == high else f"{high:g} to {low:g} {unit}"
                yield LintFinding(
                    "product.yaml",
                    (*path, right),
                    f"no dose at {gap}: there is a gap between {a} and {b}.",
                    "include the limit in one of the two bands",
                    regimen.id,
                )
            elif low < high or (low == high and high_in and low_in):
                yield LintFinding(
                    "product.yaml",
                    (*path, right),
                    f"two doses: the bands {a} and {b} overlap.",
                    "let each value belong to one band",
                    regimen.id,
                )


def _span(band: DoseBand, unit: str) -> tuple[float, float, bool, bool]:
    low = convert(band.low.value, band.low.unit, unit) if band.low else float("-inf")
    high = convert(band.high.value, band.high.unit, unit) if band.high else float("inf")
    return low, high, band.low_inclusive, band.high_inclusive
