"""Kidney function, body surface and SOFA against values printed elsewhere, and each limit of the SOFA table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from proband.instruments import score, score_batch


@pytest.mark.parametrize(
    ("id", "answers", "printed", "tolerance"),
    [
        # creatinineclearancecalculator.net/equations/ckd-epi: 55 years, woman, 0.9 mg/dL: about 76
        ("ckd-epi-2021", {"creatinine": "0.9 mg/dL", "age": 55, "sex": "female"}, 76.0, 0.6),
        # calculatorlib.com/pediatric-gfr-calculator: 100 cm, 0.5 mg/dL: 82.6
        ("schwartz-bedside", {"creatinine": "0.5 mg/dL", "height": "100 cm"}, 82.6, 1e-9),
        # droracle.ai: 170 cm, 70 kg: 1.82; digicalcs.com: 175 cm, 70 kg: 1.845
        ("body-surface", {"height": "170 cm", "weight": "70 kg"}, 1.82, 0.005),
        ("body-surface", {"height": "175 cm", "weight": "70 kg"}, 1.845, 0.0005),
    ],
)
def test_printed_values(id: str, answers: dict[str, Any], printed: float, tolerance: float) -> None:
    assert score(id, **answers).value == pytest.approx(printed, abs=tolerance)


def test_du_bois_in_metres_and_in_centimetres_is_one_formula() -> None:
    """harderworld.com prints it as 0.20247 × h (m)^0.725 × w^0.425 too."""
    found = score("body-surface", height="1.7 m", weight="70 kg", variant="du-bois").value
    assert found == pytest.approx(0.20247 * 1.7**0.725 * 70**0.425, rel=5e-5)


def test_cockcroft_gault_is_the_printed_equation() -> None:
    """clincalc.com prints (140 − 78) × 47.6 / (72 × 1.56) × 0.85 for its example."""
    found = score("cockcroft-gault", creatinine="1.56 mg/dL", age=78, sex="female", weight="47.6 kg").value
    assert found == pytest.approx((140 - 78) * 47.6 / (72 * 1.56) * 0.85)
    male = score("cockcroft-gault", creatinine="1.56 mg/dL", age=78, sex="male", weight="47.6 kg").value
    assert found == pytest.approx(0.85 * male)


def test_ckd_epi_bends_at_kappa_and_falls_with_age_and_creatinine() -> None:
    """At Scr = κ both powers are 1, so the rate is 142 × 0.9938^age (× 1.012)."""
    assert score("ckd-epi-2021", creatinine="0.9 mg/dL", age=40, sex="male").value == pytest.approx(
        142 * 0.9938**40
    )
    assert score("ckd-epi-2021", creatinine="0.7 mg/dL", age=40, sex="female").value == pytest.approx(
        142 * 0.9938**40 * 1.012
    )
    rates = score_batch(
        "ckd-epi-2021",
        {"creatinine": np.linspace(0.3, 9.0, 200), "age": np.full(200, 50.0), "sex": ["male"] * 200},
        units={"creatinine": "mg/dL"},
    ).value
    assert np.all(np.diff(rates) < 0)


@pytest.mark.parametrize("id", ["ckd-epi-2021", "cockcroft-gault"])
def test_equations_for_adults_refuse_a_child(id: str) -> None:
    more = {"weight": "30 kg"} if id == "cockcroft-gault" else {}
    assert score(id, creatinine="0.5 mg/dL", age=9, sex="male", **more).value is None


NORMAL: dict[str, Any] = {
    "pao2_fio2": 450, "respiratory_support": "no", "platelets": "200 10*9/L", "bilirubin": "1.0 mg/dL",
    "mean_arterial_pressure": 80, "catecholamines": "no", "glasgow": 15, "creatinine": "1.0 mg/dL",
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "points"),
    [
        ({}, 0),
        ({"pao2_fio2": 400}, 0), ({"pao2_fio2": 399}, 1), ({"pao2_fio2": 299}, 2), ({"pao2_fio2": 199}, 2),
        ({"pao2_fio2": 199, "respiratory_support": "yes"}, 3), ({"pao2_fio2": 99, "respiratory_support": "yes"}, 4),
        ({"platelets": "150 10*9/L"}, 0), ({"platelets": "149 10*9/L"}, 1), ({"platelets": "99 10*9/L"}, 2),
        ({"platelets": "49 10*9/L"}, 3), ({"platelets": "19 10*9/L"}, 4),
        ({"bilirubin": "1.1 mg/dL"}, 0), ({"bilirubin": "1.2 mg/dL"}, 1), ({"bilirubin": "2.0 mg/dL"}, 2),
        ({"bilirubin": "6.0 mg/dL"}, 3), ({"bilirubin": "11.9 mg/dL"}, 3), ({"bilirubin": "12.0 mg/dL"}, 4),
        ({"mean_arterial_pressure": 70}, 0), ({"mean_arterial_pressure": 69}, 1),
        ({"catecholamines": "yes", "dobutamine": 3}, 2), ({"catecholamines": "yes", "dopamine": 5}, 2),
        ({"catecholamines": "yes", "dopamine": 5.1}, 3), ({"catecholamines": "yes", "norepinephrine": 0.1}, 3),
        ({"catecholamines": "yes", "epinephrine": 0.11}, 4), ({"catecholamines": "yes", "dopamine": 15.1}, 4),
        ({"glasgow": 14}, 1), ({"glasgow": 13}, 1), ({"glasgow": 12}, 2), ({"glasgow": 9}, 3), ({"glasgow": 5}, 4),
        ({"creatinine": "1.2 mg/dL"}, 1), ({"creatinine": "2.0 mg/dL"}, 2), ({"creatinine": "3.5 mg/dL"}, 3),
        ({"creatinine": "5.0 mg/dL"}, 4), ({"urine_output": 499}, 3), ({"urine_output": 199}, 4),
    ],
)  # fmt: skip
def test_each_limit_of_the_sofa_table(change: dict[str, Any], points: int) -> None:
    assert score("sofa", **(NORMAL | change)).value == points


@pytest.mark.parametrize(
    ("change", "points", "in_formula"),
    [
        ({"bilirubin": "19.9 umol/L"}, 0, 0), ({"bilirubin": "20 umol/L"}, 1, 0), ({"bilirubin": "32 umol/L"}, 1, 1), ({"bilirubin": "33 umol/L"}, 2, 1),
        ({"bilirubin": "101 umol/L"}, 2, 2), ({"bilirubin": "102 umol/L"}, 3, 2), ({"bilirubin": "204 umol/L"}, 3, 3),
        ({"bilirubin": "205 umol/L"}, 4, 3), ({"creatinine": "109 umol/L"}, 0, 1), ({"creatinine": "110 umol/L"}, 1, 1),
        ({"creatinine": "170 umol/L"}, 1, 1), ({"creatinine": "171 umol/L"}, 2, 1), ({"creatinine": "299 umol/L"}, 2, 2),
        ({"creatinine": "300 umol/L"}, 3, 2), ({"creatinine": "440 umol/L"}, 3, 3), ({"creatinine": "441 umol/L"}, 4, 3),
        ({"pao2_fio2": "53.3 kPa"}, 0, 1), ({"pao2_fio2": "53.2 kPa"}, 1, 1), ({"pao2_fio2": "40 kPa"}, 1, 1), ({"pao2_fio2": "39.9 kPa"}, 2, 2),
        ({"pao2_fio2": "26.7 kPa", "respiratory_support": "yes"}, 2, 2), ({"pao2_fio2": "26.6 kPa", "respiratory_support": "yes"}, 3, 3),
        ({"pao2_fio2": "13.3 kPa", "respiratory_support": "yes"}, 3, 4), ({"pao2_fio2": "13.2 kPa", "respiratory_support": "yes"}, 4, 4),
    ],
)  # fmt: skip
def test_the_sofa_table_prints_bands_of_its_own_in_si_units(
    change: dict[str, Any], points: int, in_formula: int
) -> None:
    """Singer 2016, Table 1, in the brackets: bands belong to the variant, not to the unit of entry."""
    assert score("sofa", variant="1996-si", **(NORMAL | change)).value == points
    assert score("sofa", **(NORMAL | change)).value == in_formula


@pytest.mark.parametrize(
    "missing",
    [
        {"catecholamines": "no", "dopamine": 10},
        {"creatinine": None, "urine_output": 600},
        {"creatinine": None, "urine_output": 400},
        {"pao2_fio2": 150, "respiratory_support": None},
        {"mean_arterial_pressure": None},
        {"catecholamines": "yes"},
        {"creatinine": None},
    ],
)
def test_an_organ_that_cannot_be_scored_leaves_no_sofa(missing: dict[str, Any]) -> None:
    assert score("sofa", **(NORMAL | missing)).value is None


def test_urine_tells_alone_where_it_is_the_worst() -> None:
    assert score("sofa", **(NORMAL | {"creatinine": None, "urine_output": 150})).value == 4
