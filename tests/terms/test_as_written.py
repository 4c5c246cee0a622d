"""Quantities as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.terms.units.written import as_written, unit_in_words


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (3e7, "{cells}", "30,000,000 cells"),
        (37.0, "Cel", "37 °C"),
        (-150.0, "Cel", "-150 °C"),
        (1.28e8, "{cells}", "128,000,000 cells"),
        (2.5, "10*6/kg", "2.5 million/kg"),
        (450.0, "{cells}/uL", "450 cells/µL"),
        (90.0, "%", "90 %"),
        (0.05, "umol/L", "0.05 µmol/L"),
        (1.0, "1", "1"),
        (4.0, "h", "4 hours"),
        (5.0, "m", "5 m"),
        (12.0, "u", "12 u"),
    ],
)
def test_a_quantity_is_written_as_people_write_it(value: float, unit: str, said: str) -> None:
    assert as_written(value, unit) == said


@given(st.floats(-1e11, 1e11).map(lambda x: float(f"{x:.10g}")))
def test_the_number_is_the_number_without_a_power_of_ten_where_it_is_large(value: float) -> None:
    said = as_written(value, "")
    assert float(said.replace(",", "")) == value
    assert "e+" not in said


def test_no_brace_and_no_star_is_left_of_a_unit() -> None:
    for unit in ("{cells}", "{cells}/kg", "10*9/L", "{score}", "ug/mL"):
        assert not set(unit_in_words(unit)) & set("{}*")
