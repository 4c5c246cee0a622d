"""Liver scores where two printed rules meet: PT or INR, bilirubin of exactly 12.0, bands in SI units."""

from __future__ import annotations

from typing import Any

import pytest

from proband.instruments import get, score


@pytest.mark.parametrize(
    ("answers", "variant", "value"),
    [
        ({"inr": 1.5}, "triad-only", 0),
        ({"prothrombin_time": 40}, "triad-only", 0),
        ({"inr": 1.5}, "original", None),  # the pH could still decide
        ({"arterial_ph": 7.40, "inr": 3}, "original", 0),
        ({"arterial_ph": 7.40, "prothrombin_time": 60}, "original", 0),
        ({"arterial_ph": 7.40, "inr": 7}, "original", None),  # kidney and brain could still decide
        ({"arterial_ph": 7.40, "inr": 3, "prothrombin_time": 120}, "original", None),  # the two differ
        ({"arterial_ph": 7.25, "inr": 1.5}, "original", 1),
    ],
)
def test_kings_college_knows_inr_or_prothrombin_time(
    answers: dict[str, Any], variant: str, value: float | None
) -> None:
    assert score("kings-college-paracetamol", variant=variant, **answers).value == value


def test_kings_college_of_other_causes_takes_one_measure_of_clotting() -> None:
    none_else = {"age": 25, "aetiology": "other", "jaundice_to_encephalopathy": 3, "bilirubin": "5 mg/dL"}
    for clotting in ({"inr": 2}, {"prothrombin_time": 30}):
        assert score("kings-college-non-paracetamol", **none_else, **clotting).value == 0


ORGANS: dict[str, Any] = {
    "creatinine": "1.6 mg/dL", "renal_replacement": "no", "encephalopathy": "none", "inr": 1.4,
    "mean_arterial_pressure": "80 mm[Hg]", "vasopressors": "no", "spo2_fio2": 460,
}  # fmt: skip


@pytest.mark.parametrize(("bilirubin", "grade", "points"), [(11.9, 0, 2), (12.0, 1, 2), (12.1, 1, 3)])
def test_the_liver_fails_at_twelve_by_grade_and_above_it_by_score(
    bilirubin: float, grade: float, points: float
) -> None:
    value = f"{bilirubin} mg/dL"
    assert score("aclf-grade", bilirubin=value, **ORGANS).value == grade
    assert score("clif-c-of", bilirubin=value, **ORGANS).details["points_liver"] == points
    assert "exactly 12.0" in " ".join(get("aclf-grade").notes)


SIGNS: dict[str, Any] = {"albumin": "40 g/L", "inr": 1.2, "ascites": "none", "encephalopathy": "none"}


@pytest.mark.parametrize(
    ("variant", "bilirubin", "points"),
    [
        ("inr-2.3", "34.2 umol/L", 1),
        ("si-34-51-inr-2.3", "33.9 umol/L", 1),
        ("si-34-51-inr-2.3", "34 umol/L", 2),
        ("si-34-51-inr-2.3", "34.2 umol/L", 2),
        ("si-34-51-inr-2.3", "51 umol/L", 2),
        ("si-34-51-inr-2.3", "51.1 umol/L", 3),
        ("si-34-50-inr-2.2", "50 umol/L", 2),
        ("si-34-50-inr-2.2", "51 umol/L", 3),
    ],
)
def test_bands_of_bilirubin_belong_to_the_variant(variant: str, bilirubin: str, points: float) -> None:
    found = score("child-pugh", variant=variant, bilirubin=bilirubin, **SIGNS)
    assert found.details["points_bilirubin"] == points


def test_peld_does_not_claim_to_allocate() -> None:
    meanings = [variant.meaning for variant in get("peld").variants]
    assert all("allocation" not in meaning or "until 12 July 2023" in meaning for meaning in meanings)
    assert "no longer that of allocation" in get("peld").purpose
    for words in (get("meld-3").population, *get("meld-3").rules[:1]):
        assert "PELD Cr" in words


@pytest.mark.parametrize(
    ("written", "mend"), [("2,1mg/dL", "2.1mg/dL"), ("2,1 mg/dL", "2.1 mg/dL"), ("2,1", "2.1")]
)
def test_a_decimal_comma_gets_a_mend(written: str, mend: str) -> None:
    found = score("meld", bilirubin=written, creatinine="1.9 mg/dL", inr=1.8, dialysis="no")
    assert found.value is None
    assert found.reason is not None
    assert f"write '{mend}'" in found.reason.message
