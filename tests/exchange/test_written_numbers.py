"""Numbers as cells have them: bounds, grouped thousands, decimal signs, units behind them; what is not consumed whole is unread."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.exchange import read
from proband.exchange.written_numbers import Decimal, number_in, read_number
from proband.facts.observation import Observation, Presence


@pytest.mark.parametrize(
    ("written", "decimal", "value"),
    [
        ("10 000", None, 10000), ("10\u202f000", None, 10000), ("10'000", None, 10000), ("10 000,5", None, 10000.5),
        ("1,234,567", None, 1234567), ("1.234.567", None, 1234567), ("1,234.5", None, 1234.5), ("1.234,5", None, 1234.5),
        ("10,000", ".", 10000), ("10.000", ",", 10000), ("10.000", ".", 10), ("0.125", None, 0.125), ("0,125", ",", 0.125),
        ("2,5", ",", 2.5), ("2.5", None, 2.5), ("-3", None, -3), ("−3", None, -3), ("1e5", None, 100000), (".5", None, 0.5), ("5.", None, 5),
    ],
)  # fmt: skip
def test_numbers_that_can_be_read(written: str, decimal: Decimal | None, value: float) -> None:
    found = read_number(written, decimal)
    assert (found.value, found.unit, found.problem) == (value, None, None)


@pytest.mark.parametrize(
    ("written", "decimal"),
    [
        ("10.000", None), ("10,000", None), ("10,000", ","), ("25,500", ","), ("<10.000", None), ("< 10,000", None), ("2,5", None),
        ("1,23,456", None), ("1.2.3", None), ("12,34.5", None), ("NaN", None), ("inf", None), ("1e999", None), ("", None), ("five", None),
        ("~5", None), ("5-7", None) , ("10,0000", None),
    ],
)  # fmt: skip
def test_numbers_that_are_not_guessed(written: str, decimal: Decimal | None) -> None:
    found = read_number(written, decimal)
    assert (
        found.value is None or found.unit is not None
    )  # "5-7": what stands behind the five is no unit, and is said
    assert found.unit != "-"


def test_the_decimal_comma_is_not_proposed_for_what_may_be_thousands() -> None:
    assert "decimal: ','" not in (read_number("10,000", ".").problem or "")
    assert "10000 or 10.000" in (read_number("10,000").problem or "")
    assert "decimal: ','" in (read_number("2,5").problem or "")


@settings(max_examples=200, deadline=None)
@given(
    st.integers(1, 999_999_999),
    st.sampled_from([",", ".", " ", "'", "\u202f"]),
    st.sampled_from(["<", ">", "≤", "less than ", ""]),
)
def test_grouped_thousands_are_never_read_as_a_small_number(number: int, group: str, sign: str) -> None:
    found = read_number(f"{sign}{number:,}".replace(",", group))
    assert found.value is None or found.value == number


@settings(max_examples=200, deadline=None)
@given(st.decimals(0, 10_000, allow_nan=False, places=2), st.sampled_from([".", ","]))
def test_what_the_source_declares_is_read_as_it_says(number: object, sign: Decimal) -> None:
    found = read_number(str(number).replace(".", sign), sign, sure=True)
    assert found.value is not None
    assert math.isclose(found.value, float(str(number)))


@pytest.mark.parametrize(
    "written", ["under 2 weeks ago", "<4.0 log IU/mL", "<50 who knows", "less than before", "<"]
)
def test_a_bound_that_is_not_consumed_whole_is_no_bound(written: str) -> None:
    assert number_in(written) is None


def cell(folder: Path, written: str, rule: str, header: str = "id,day,v", more: str = "") -> Observation:
    """The fact of one cell of a mapped table."""
    (folder / "a.csv").write_text(f'{header}\nsyn-1,2026-10-20,"{written}"{more}\n')
    (folder / "m.yaml").write_text(
        f'subject: id\ndate: day\ncolumns:\n  v: {{code: "LOINC|5009-6", {rule}}}\n'
    )
    (fact,) = [each for each in read(folder / "a.csv", mapping=folder / "m.yaml") if each.code == "5009-6"]
    return fact


@pytest.mark.parametrize(
    ("written", "unit", "value", "kept"),
    [("<50 /uL", "/uL", 50, "/uL"), ("<50", "10*9/L", 50, "10*9/L"), ("136 mmol/L", "mmol/L", 136, "mmol/L"), ("<10 000 IU/mL", "IU/mL", 10000, "IU/mL")],
)  # fmt: skip
def test_a_unit_in_the_cell_that_is_the_unit_of_the_column(
    written: str, unit: str, value: float, kept: str, tmp_path: Path
) -> None:
    fact = cell(tmp_path, written, f'unit: "{unit}"')
    assert (fact.value, fact.unit, fact.problems) == (value, kept, ())


@pytest.mark.parametrize(("written", "unit"), [("<50 /uL", "10*9/L"), ("12 g/L", "g/dL"), ("<4.0 log IU/mL", "IU/mL"), ("<10.000", "IU/mL"), ("under 2 weeks ago", "wk")])  # fmt: skip
def test_a_cell_that_says_something_else_is_unread_and_says_so(
    written: str, unit: str, tmp_path: Path
) -> None:
    fact = cell(tmp_path, written, f'unit: "{unit}"')
    assert fact.problems
    assert fact.value is None
    assert fact.presence is Presence.UNKNOWN


@pytest.mark.parametrize(("sign", "comparator"), [("<", "<"), ("≥", ">="), ("4172704", ">"), ("4171756", "<"), ("=", None), ("", None), ("4172703", None)])  # fmt: skip
def test_a_column_may_hold_the_comparator(sign: str, comparator: str | None, tmp_path: Path) -> None:
    fact = cell(tmp_path, "1000", "unit: IU/mL, comparator: op", "id,day,v,op", f",{sign}")
    assert (fact.value, fact.comparator, fact.problems) == (1000, comparator, ())
    assert cell(tmp_path, "1000", "unit: IU/mL, comparator: op", "id,day,v,op", ",perhaps").problems


def test_excels_first_line_and_utf_16_are_read(tmp_path: Path) -> None:
    table = "id;day;v\r\nsyn-1;2026-10-20;120\r\n"
    (tmp_path / "m.yaml").write_text(
        'subject: id\ndate: day\ncolumns:\n  v: {code: "LOINC|777-3", unit: "10*9/L"}\n'
    )
    for name, data in {
        "sep": f"sep=;\r\n{table}".encode(), "bom": table.encode("utf-16"), "le": table.encode("utf-16-le"), "be": table.encode("utf-16-be"),
        "utf8": f"\ufeffsep=;\r\n{table}".encode(),
    }.items():  # fmt: skip
        (tmp_path / name).write_bytes(data)
        (fact,) = read(tmp_path / name, mapping=tmp_path / "m.yaml")
        assert (fact.value, fact.subject, str(fact.when)) == (120, "syn-1", "2026-10-20"), name


def test_days_of_excel_and_years_of_two_digits(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,day,v\nsyn-1,46315,120\n")
    (tmp_path / "m.yaml").write_text(
        'subject: id\ndate: day\ndate_format: excel\ncolumns:\n  v: {code: "LOINC|777-3", unit: "10*9/L"}\n'
    )
    (fact,) = read(tmp_path / "a.csv", mapping=tmp_path / "m.yaml")
    assert str(fact.when) == "2026-10-20"
    (tmp_path / "a.csv").write_text("id,day,v\nsyn-1,20.10.68,120\n")
    (tmp_path / "m.yaml").write_text(
        'subject: id\ndate: day\ndate_format: "%d.%m.%y"\ncolumns:\n  v: {code: "LOINC|777-3", unit: "10*9/L"}\n'
    )
    (fact,) = read(tmp_path / "a.csv", mapping=tmp_path / "m.yaml")
    assert fact.when.earliest is None
    assert fact.problems
