"""Arms whose comparator is given by a regimen, and arms that are hidden from those who give and cannot be given alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding

#: what a comparator is that a regimen can give
_GIVEN = ("placebo", "sham", "active")


@declare(
    "arms-given",
    "a comparator that is given by a regimen is a placebo, a sham or an active one, and not the product itself",
)
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Comparators that nobody can be given by a regimen, and comparators that are given what the other arms are."""
    products = {
        programme.regimens[turn].product
        for arm in programme.head.arms
        if not arm.is_control and (regimen := programme.regimens.get(arm.regimen or "")) is not None
        for turn in regimen.turns
        if turn in programme.regimens
    }
    for index, arm in enumerate(programme.head.arms):
        comparator, regimen = programme.comparators.get(arm.comparator or ""), programme.regimens.get(arm.regimen or "")  # fmt: skip
        if comparator is None or regimen is None:
            continue
        path = ("arms", index, "regimen")
        if comparator.kind not in _GIVEN:
            yield LintFinding(
                "programme.yaml", path, f"{arm.id} is compared by {comparator.kind}, and is given {regimen.product}.",
                "leave the regimen out, or name a comparator of kind placebo, sham or active", regimen.id,
            )  # fmt: skip
        elif comparator.kind != "active" and regimen.product in products:
            yield LintFinding(
                "programme.yaml", path, f"{arm.id} is a {comparator.kind} and is given {regimen.product}, as another arm is.",
                "write the placebo as a product of its own, with a regimen", regimen.id,
            )  # fmt: skip
