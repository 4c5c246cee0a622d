"""Release limits in a unit that is none of what the test measures: living cells in degrees, endotoxin in percent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding
from proband.terms import compatible

#: in units of what each attribute is measured that every product may be tested for; of others nobody but the programme knows
UNITS = {
    "viability": ("%",),
    "purity": ("%",),
    "identity": ("%",),
    "endotoxin": ("EU/mL", "EU/kg", "EU/kg/h"),
    "temperature": ("Cel",),
}


@declare("release-units", "the limit of a release test is in a unit of what the test measures")
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Limits in a unit of something else."""
    for index, product in enumerate(programme.product_file.products):
        for number, test in enumerate(product.release_tests):
            units = UNITS.get(test.attribute)
            if test.limit is None or units is None:
                continue
            if not any(compatible(test.limit.unit, unit) for unit in units):
                yield LintFinding(
                    "product.yaml",
                    ("products", index, "release_tests", number, "limit"),
                    f"{test.limit} is no measure of {test.attribute}.",
                    f"write the limit in {' or '.join(units)}",
                    str(test.limit),
                )
