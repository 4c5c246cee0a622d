"""The vocabulary from outside: published conversion factors, dates as people say them, levels that never rise."""

from __future__ import annotations

import math
import runpy
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from proband.terms import (
    ANALYTES,
    Concept,
    Fact,
    Figure,
    Level,
    Quantity,
    Source,
    TermError,
    UncertainDate,
    applicable,
    convert,
    factor,
    jurisdiction,
    system_name,
    units,
    weakest,
)
from proband.terms.units import table

ROOT = Path(__file__).resolve().parents[2]

# factors as laboratories print them (SI conversion tables; to the digits that are printed there)
PRINTED = [
    ("bilirubin", "mg/dL", "umol/L", 17.1, 0.01),
    ("creatinine", "mg/dL", "umol/L", 88.4, 0.01),
    ("glucose", "mg/dL", "mmol/L", 0.0555, 0.0001),
    ("cholesterol", "mg/dL", "mmol/L", 0.0259, 0.0001),
    ("calcium", "mg/dL", "mmol/L", 0.2495, 0.0005),
    ("urea", "mg/dL", "mmol/L", 0.1665, 0.0005),
    ("sodium", "mEq/L", "mmol/L", 1.0, 0.0),
    ("calcium", "mEq/L", "mmol/L", 0.5, 0.0),
    (None, "g/dL", "g/L", 10.0, 0.0),
    (None, "K/uL", "10*9/L", 1.0, 0.0),
    (None, "/uL", "10*9/L", 1e-3, 0.0),
    (None, "ukat/L", "U/L", 60.0, 0.0),
    (None, "IU/L", "U/L", 1.0, 0.0),
    (None, "10*6/kg", "cells/kg", 1e6, 0.0),
    (None, "wk", "d", 7.0, 0.0),
    (None, "a", "d", 365.25, 0.0),
    (None, "mo", "d", 30.4375, 0.0),
    (None, "%", "1", 0.01, 0.0),
    (None, "µmol/L", "umol/L", 1.0, 0.0),
]  # fmt: skip


@pytest.mark.parametrize(("analyte", "source", "target", "factor", "slack"), PRINTED)
def test_conversions_are_the_printed_ones(
    analyte: str | None, source: str, target: str, factor: float, slack: float
) -> None:
    assert convert(1.0, source, target, analyte) == pytest.approx(factor, abs=slack or factor * 1e-12)


@given(st.sampled_from(PRINTED), st.floats(1e-3, 1e6))
def test_conversion_there_and_back(row: tuple[str | None, str, str, float, float], value: float) -> None:
    analyte, source, target, _, _ = row
    assert convert(convert(value, source, target, analyte), target, source, analyte) == pytest.approx(
        value, rel=1e-12
    )


def test_arrays_keep_shape_and_missing_values() -> None:
    values = np.array([[1.0, np.nan], [2.0, 0.0]])
    result = convert(values, "mg/dL", "umol/L", "bilirubin")
    assert result.shape == (2, 2)
    assert math.isnan(result[0, 1])
    assert result[1, 1] == 0.0
    assert convert(37.0, "Cel", "[degF]") == pytest.approx(98.6)


@pytest.mark.parametrize(
    ("source", "target", "analyte", "code"),
    [
        ("mg/dL", "umol/L", None, "terms.unit.analyte"),
        ("mg/dL", "umol/L", "moonlight", "terms.unit.analyte"),
        ("mg/dL", "d", None, "terms.unit.incompatible"),
        ("U/L", "umol/L", "bilirubin", "terms.unit.incompatible"),
        ("EU/mL", "U/mL", None, "terms.unit.incompatible"),
        ("EUR", "USD", None, "terms.unit.incompatible"),
        ("xULN", "1", None, "terms.unit.incompatible"),
        ("parsecs/fortnightly", "1", None, "terms.unit.unknown"),
        ("__import__('os')", "1", None, "terms.unit.unknown"),
    ],
)
def test_what_cannot_be_converted_is_refused(
    source: str, target: str, analyte: str | None, code: str
) -> None:
    with pytest.raises(TermError) as error:
        convert(1.0, source, target, analyte)
    assert error.value.code == code
    assert error.value.mend


def test_quantities_are_read_as_people_write_them() -> None:
    assert Quantity.parse("2.1mg/dL") == Quantity(value=2.1, unit="mg/dL")
    assert Quantity.parse(" 1e6 cells/kg ") == Quantity(value=1e6, unit="cells/kg")
    assert Quantity.parse("3") == Quantity(value=3, unit="1")
    for bound in ("<5 mg/dL", "≥ 3 g/L"):
        with pytest.raises(TermError, match="it is a bound"):
            Quantity.parse(bound)


@pytest.mark.parametrize(
    "text",
    [
        "2,1 mg/dL",
        "2,1",
        "1,000 U/L",
        "1.000,5 g/L",
        "2'100 U/L",
        "2.1.3 mg/dL",
        "mg/dL",
        "1e 6 cells/kg; drop",
        "5 mg/dL and 6",
    ],
)
def test_what_could_lose_a_digit_is_refused(text: str) -> None:
    with pytest.raises(TermError):
        Quantity.parse(text)


@given(st.floats(1e-3, 1e6), st.sampled_from(["mg/dL", "U/L", "10*9/L", "cells/kg", "%", "d"]))
def test_a_quantity_written_and_read_again_is_the_same(value: float, unit: str) -> None:
    assert Quantity.parse(f"{value!r} {unit}") == Quantity(value=value, unit=unit)


def test_every_analyte_says_where_its_mass_is_from() -> None:
    assert all(analyte.source for analyte in ANALYTES.values())
    without = {name for name, analyte in ANALYTES.items() if not (analyte.molar_mass or 0) > 0}
    assert without == {"haemoglobin a1c"}  # two scales, between which no mass leads


# --- dates ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2023-09-12", "2023-09-12", "2023-09-12"),
        ("12 September 2023", "2023-09-12", "2023-09-12"),
        ("September 2023", "2023-09-01", "2023-09-30"),
        ("late Nov 2023", "2023-11-21", "2023-11-30"),
        ("early February 2024", "2024-02-01", "2024-02-10"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2023", "2023-01-01", "2023-12-31"),
        ("2023Q3", "2023-07-01", "2023-09-30"),
        ("2023-09-01..2023-10-15", "2023-09-01", "2023-10-15"),
    ],
)
def test_dates_are_intervals(text: str, first: str, last: str) -> None:
    parsed = UncertainDate.parse(text)
    assert (parsed.earliest, parsed.latest) == (date.fromisoformat(first), date.fromisoformat(last))
    assert UncertainDate.parse(str(parsed)) == parsed


@pytest.mark.parametrize(
    "text",
    ["2023-13", "2023-02-30", "spring 2023", "yesterday", "12/09/2023", "2024-05-02..2024-05-01", "0000"],
)
def test_unreadable_dates_are_refused(text: str) -> None:
    with pytest.raises(TermError):
        UncertainDate.parse(text)


DAYS = st.dates(date(1900, 1, 1), date(2100, 1, 1))


@given(DAYS, st.integers(0, 800), DAYS)
def test_comparison_agrees_with_every_day_of_the_interval(first: date, length: int, limit: date) -> None:
    last = first + timedelta(days=length)
    verdict = UncertainDate(first, last).before(limit)
    answers = {first < limit, last < limit}
    assert verdict is (answers.pop() if len(answers) == 1 else None)


@given(DAYS, st.integers(0, 400), DAYS, st.integers(0, 400))
def test_days_between_uncertain_dates_bound_every_choice(a: date, la: int, b: date, lb: int) -> None:
    one, two = UncertainDate(a, a + timedelta(days=la)), UncertainDate(b, b + timedelta(days=lb))
    least, most = one.days_until(two)
    assert least == (b - (a + timedelta(days=la))).days
    assert most == ((b + timedelta(days=lb)) - a).days


def test_open_intervals_stay_unknown() -> None:
    assert UncertainDate.parse("before 2023-09").before(date(2023, 9, 1)) is True
    assert UncertainDate.parse("after 2023-09-12").before(date(2023, 9, 1)) is False
    assert UncertainDate.unknown().before(date(2023, 1, 1)) is None
    assert UncertainDate.parse("2015").age_on(date(2023, 6, 1)) == (7, 8)
    assert UncertainDate.parse("2016-02-29").age_on(date(2023, 2, 28)) == (6, 6)


# --- sources, figures, facts ------------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from(list(Level)), min_size=1))
def test_a_level_never_rises_on_the_way(levels: list[Level]) -> None:
    assert all(weakest(*levels).rank >= level.rank for level in levels)
    assert weakest(*levels) in levels


def test_only_checked_levels_enter_a_calculation() -> None:
    assert [level.value for level in Level if level.may_enter_calculation] == ["read", "derived", "digitised"]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "needs a value"),
        ({"value": 0.5, "events": 1, "n": 4}, "disagrees with 1/4"),
        ({"events": 5, "n": 4}, "cannot exceed"),
        ({"events": 5}, "without a denominator"),
        ({"value": 1.0, "low": 3.0, "high": 2.0}, "above high"),
        ({"value": 1.0, "level": "derived"}, "must say in its note"),
        ({"value": 1.0, "level": "not-found"}, "cannot carry a value"),
    ],
)
def test_figures_that_do_not_hold_together(fields: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Figure.model_validate({"source": "s", "level": "read", **fields})


def test_sources_link_to_the_best_address() -> None:
    source = Source(
        id="marino-2020",
        citation="Marino 2020",
        level=Level.READ,
        pmid="32336210",
        doi="10.1016/j.apmr.2020.01.1",
    )
    assert source.link == "https://doi.org/10.1016/j.apmr.2020.01.1"
    assert str(source.model_copy(update={"level": Level.SECONDARY})) == "Marino 2020 [secondary]"


def test_facts_rot() -> None:
    fact = Fact(id="status", topic="status", statement="not allowed", source="s", level=Level.READ, checked_on=date(2026, 1, 1),
                checked_by="maintainers", expires=date(2026, 7, 1))  # fmt: skip
    assert fact.standing(date(2026, 6, 30)).startswith("checked 2026-01-01")
    assert fact.standing(date(2026, 7, 1)) == "not verified since 2026-01-01"


def test_codes_have_a_form_and_jurisdictions_a_name() -> None:
    assert Concept(system="http://loinc.org", code="6301-6").system == "LOINC"
    assert system_name("https://loinc.org/") == "LOINC"
    for system, code in (("LOINC", "abc"), ("HPO", "HP:1"), ("Zodiac", "leo")):
        with pytest.raises(ValidationError):
            Concept(system=system, code=code)
    assert applicable("DE") == ("DE", "EU", "any")
    assert jurisdiction("uk") == "GB"
    with pytest.raises(TermError):
        jurisdiction("Atlantis")


def test_the_table_of_usual_units_is_what_pint_says() -> None:
    """About 1 s: pint reads its definitions and computes every factor anew."""
    written = runpy.run_path(str(ROOT / "scripts" / "write_unit_table.py"))["unit_table"]()
    read = orjson.loads((Path(units.__file__).parent / "table.json").read_bytes())
    assert read == orjson.loads(orjson.dumps(written)), "stale: python scripts/write_unit_table.py"
    assert len(read["spellings"]) > 150
    assert len(read["offsets"]) == 1, "temperatures alone have an offset"


def test_factors_are_the_same_with_and_without_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = [("mg/dL", "mmol/L", "glucose"), ("umol/L", "mg/dL", "bilirubin"), ("mEq/L", "mmol/L", "calcium"),
             ("d", "wk", None), ("a", "d", None), ("10*9/L", "/uL", None), ("ukat/L", "U/L", None),
             ("g/dL", "g/L", None), ("mg/L", "mg/L", None), ("Cel", "[degF]", None), ("K", "degC", None), ("{INR}", "{any score}", None)]  # fmt: skip
    by_table = [factor(*pair) for pair in pairs]
    assert all(table.knows(unit) for one, other, _ in pairs for unit in (one, other))
    assert not table.knows("2,1 mg/dL")
    assert not table.knows("{größe}")
    monkeypatch.setattr(table, "_place", lambda spelling: None)
    factor.cache_clear()
    assert [factor(*pair) for pair in pairs] == by_table
    for one, other in [("mg/dL", "U/L"), ("d", "kg")]:
        with pytest.raises(TermError):
            factor(one, other)
    factor.cache_clear()


def test_checking_a_bundle_needs_neither_pint_nor_arrays() -> None:
    """A budget on modules: what a check imports, and what it must not."""
    code = (
        "import sys; from proband.programme import bundled, check\n"
        "assert not any(problem for name in bundled() for problem in check(name).errors)\n"
        "print([name for name in ('pint', 'numpy', 'scipy', 'polars', 'duckdb', 'ruamel.yaml') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
