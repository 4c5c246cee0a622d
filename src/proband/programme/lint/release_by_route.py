"""Release limits by route: a product given by a route needs its own endotoxin and sterility limits for that route."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding
from proband.programme.routes import CENTRAL_NERVOUS_ROUTES
from proband.terms import compatible, convert

#: what every cell or gene product is tested for before it goes into a body, whatever the route
ALWAYS = ("sterility", "endotoxin", "identity", "viability")


@declare(
    "release-by-route",
    "cells, tissues and gene products have required release tests for every permitted route",
)
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Permitted routes without required tests, and central nervous limits that are no tighter than another route's."""
    for index, product in enumerate(programme.product_file.products):
        if not product.kind.is_biological:
            continue
        wanted = [attribute for attribute in ALWAYS if product.kind.is_cells or attribute != "viability"]
        for position, route in enumerate(product.routes):
            covered = {test.attribute for test in product.release_tests_for(route) if test.required}
            missing = [attribute for attribute in wanted if attribute not in covered]
            if missing:
                yield LintFinding(
                    "product.yaml",
                    ("products", index, "routes", position),
                    f"{product.id} may be given {route}, but no required release test of {', '.join(missing)} is written for that route.",
                    "write the limit for this route, or take the route away",
                    route,
                )
        endotoxin = [
            (number, test)
            for number, test in enumerate(product.release_tests)
            if test.attribute == "endotoxin" and test.limit
        ]
        for number, test in endotoxin:
            central = CENTRAL_NERVOUS_ROUTES & set(test.routes)
            if central and set(test.routes) - CENTRAL_NERVOUS_ROUTES:
                yield LintFinding(
                    "product.yaml",
                    ("products", index, "release_tests", number, "routes"),
                    "one endotoxin limit serves a central nervous route and another route.",
                    "write a limit of its own for the intrathecal or intraspinal route",
                    test.id,
                )
            for _, other in endotoxin:
                if (
                    not central
                    or CENTRAL_NERVOUS_ROUTES & set(other.routes)
                    or test.limit is None
                    or other.limit is None
                ):
                    continue
                if compatible(other.limit.unit, test.limit.unit) and test.limit.value > convert(
                    other.limit.value, other.limit.unit, test.limit.unit
                ):
                    yield LintFinding(
                        "product.yaml",
                        ("products", index, "release_tests", number, "limit"),
                        f"the endotoxin limit {test.limit} for {', '.join(sorted(central))} is laxer than {other.limit} for {', '.join(other.routes)}.",
                        "the central nervous system tolerates far less: correct the limit",
                        str(test.limit),
                    )
