"""Units as laboratories print them: what they stand for, and what pint would make of them and nobody means."""

from __future__ import annotations

import pytest

from proband.terms import TermError, check_unit, factor, same_unit
from proband.terms.units import pint_units
from proband.terms.units.analytes import analyte_of
from proband.terms.units.spellings import PRINTED


@pytest.mark.parametrize("spelling", PRINTED)
def test_each_printed_form_is_what_it_stands_for_and_says_where_it_was_seen(spelling: str) -> None:
    stands_for, seen = PRINTED[spelling]
    assert seen
    expected = pint_units.registry().Quantity(1.0, "" if stands_for == "dimensionless" else stands_for)
    assert pint_units.registry().Quantity(1.0, pint_units.unit(spelling)).to(
        expected.units
    ).magnitude == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("printed", "ucum"),
    [("gr/dl", "g/dL"), ("MG/DL", "mg/dL"), ("K/UL", "10*9/L"), ("x10E3/uL", "10*9/L"), ("10 9/L", "10*9/L"), ("Kg", "kg"), ("mm Hg", "mm[Hg]"),
     ("IU/ml", "[IU]/mL"), ("INR", "1"), ("ratio", "{ratio}"), ("mEq/l", "mEq/L")],
)  # fmt: skip
def test_everyday_spellings(printed: str, ucum: str) -> None:
    assert same_unit(printed, ucum)


@pytest.mark.parametrize(
    "spelling",
    [
        "Mg/dL",
        "Mg/L",
        "Gg/L",
        "{log}[IU]/mL",
        "log IU/mL",
        "log10 IU/mL",
        "lg[IU]/mL",
        "109/L",
        "10 7/L",
        "9 10/L",
        "grain/dL",
    ],
)
def test_what_nobody_means_is_no_unit(spelling: str) -> None:
    with pytest.raises(TermError):
        check_unit(spelling)


@pytest.mark.parametrize(
    "spelling",
    ["mg", "mg/dL", "pg/mL", "kg", "10*9/L", "{beats}/min", "mL/min/{1.73_m2}", "[lb_av]", "ng/mL"],
)
def test_what_is_meant_stays_a_unit(spelling: str) -> None:
    check_unit(spelling)


def test_charge_is_an_amount_where_the_code_says_of_what() -> None:
    assert analyte_of([("LOINC", "2951-2"), ("LOINC", "2947-0")]) == "sodium"
    assert factor("mEq/L", "mmol/L", "sodium") == (1.0, 0.0)
    assert analyte_of([("LOINC", "2951-2"), ("LOINC", "2823-3")]) is None
    assert analyte_of([("Proband", "2951-2")]) is None
