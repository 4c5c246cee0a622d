"""Follow-up too short for a product that stays: at least 15 years for persisting cells and gene therapies, or a reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding
from proband.programme.routes import CENTRAL_NERVOUS_ROUTES

#: design choice of Proband (guardrail on safety): masses have been found 8 and 12 years after cell transplants into the cord
YEARS = 15.0


@declare(
    "follow-up-length",
    "persisting cells and gene therapies are followed for at least 15 years, with imaging where cells enter the nervous system",
)
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Persisting products with a shorter follow-up and no reason, and central nervous routes without surveillance."""
    persisting = [product for product in programme.product_file.products
                  if product.persists and (product.kind.is_cells or product.kind.is_gene)]  # fmt: skip
    follow_up = programme.schedule.long_term_follow_up
    if persisting and follow_up.years < YEARS and not follow_up.shorter_because:
        yield LintFinding(
            "schedule.yaml",
            ("long_term_follow_up", "duration"),
            f"{persisting[0].id} persists, but people are followed for {follow_up.years:g} years only.",
            f"follow for at least {YEARS:g} years, or write shorter_because",
            follow_up.duration,
        )
    for index, product in enumerate(programme.product_file.products):
        if (
            product in persisting
            and CENTRAL_NERVOUS_ROUTES & set(product.routes)
            and not programme.safety.surveillance
        ):
            yield LintFinding(
                "product.yaml",
                ("products", index, "routes"),
                f"{product.id} enters the nervous system and stays, but safety.yaml plans no surveillance.",
                "add imaging under surveillance in safety.yaml",
                product.id,
            )
