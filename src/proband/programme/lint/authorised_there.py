"""Conditional approval: it holds for a product in a jurisdiction, and reaches nobody where it does not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.access import Route
from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding
from proband.terms import applicable


@declare(
    "authorised-there",
    "under a conditional approval every product that the arms bring is authorised wherever people are treated",
)
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Products that people are to be given by a conditional approval in a place where no regulator authorised them."""
    access = programme.head.access
    if access.route != Route.CONDITIONAL_APPROVAL:
        return
    brought = {
        programme.regimens[turn].product
        for arm in programme.head.arms
        if not arm.is_control and (regimen := programme.regimens.get(arm.regimen or "")) is not None
        for turn in regimen.turns
        if turn in programme.regimens
    }
    for index, product in enumerate(programme.product_file.products):
        left = [place for place in access.jurisdictions if not {place, *applicable(place)} & set(product.authorised_in)]  # fmt: skip
        if product.id in brought and left:
            yield LintFinding(
                "product.yaml", ("products", index, "authorised_in"),
                f"people reach {product.id} by a conditional approval, and it is authorised nowhere that covers {', '.join(left)}.",
                "name the jurisdictions whose regulator authorised this very use, or the route by which it is reached there", product.id,
            )  # fmt: skip
