"""Whose reference range it is: by sex, age and type; a man is not held against the women's limit, and what cannot be told is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from proband.exchange.reading import read

SNOMED = "http://snomed.info/sct"


def limit(high: float, *words: Any, age: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """One range, with an upper limit in U/L."""
    found: dict[str, Any] = {"high": {"value": high, "unit": "U/L"}, **more}
    if words:
        found["appliesTo"] = [each if isinstance(each, dict) else {"text": each} for each in words]
    if age is not None:
        found["age"] = {name: {"value": value, "code": "a"} for name, value in age.items()}
    return found


MALE = {"coding": [{"system": SNOMED, "code": "248153007"}]}
FEMALE = {"coding": [{"system": SNOMED, "code": "248152002", "display": "Female"}]}
CASES: list[tuple[list[dict[str, Any]], dict[str, Any], float | None]] = [
    ([limit(50, "female"), limit(35, "male")], {"gender": "male"}, 35),
    ([limit(35, "male"), limit(50, "female")], {"gender": "female"}, 50),
    ([limit(50, FEMALE), limit(35, MALE)], {"gender": "male"}, 35),
    ([limit(50, "Women"), limit(35, "Men")], {}, None),
    ([limit(50, "female")], {"gender": "male"}, None),
    ([limit(40), limit(35, "male")], {"gender": "male"}, 35),  # the more particular one
    ([limit(40), limit(35, "male")], {"gender": "female"}, 40),
    ([limit(40), limit(35)], {"gender": "male"}, None),  # two that both claim everyone
    ([limit(40), limit(40)], {"gender": "male"}, 40),
    ([limit(30, "pregnant"), limit(40)], {"gender": "female"}, 40),
    ([limit(30, age={"high": 17}), limit(40, age={"low": 18})], {"birthDate": "1980-05-05"}, 40),
    ([limit(30, age={"high": 17}), limit(40, age={"low": 18})], {"birthDate": "2015-05-05"}, 30),
    ([limit(30, age={"high": 17}), limit(40, age={"low": 18})], {"birthDate": "2009-01-01"}, 30),  # 17 years and 9 months
    ([limit(30, age={"high": 17}), limit(40, age={"low": 18})], {}, None),
    ([limit(99, type={"coding": [{"code": "treatment"}]}), limit(40)], {}, 40),
    ([limit(99, type={"coding": [{"code": "critical"}]})], {}, None),
]  # fmt: skip


@pytest.mark.parametrize(("ranges", "patient", "expected"), CASES)
def test_the_limit_is_the_persons_or_none(
    tmp_path: Path, ranges: list[dict[str, Any]], patient: dict[str, Any], expected: float | None
) -> None:
    result = {
        "resourceType": "Observation", "id": "o", "status": "final", "subject": {"reference": "Patient/p"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "1742-6"}]}, "effectiveDateTime": "2026-10-30",
        "valueQuantity": {"value": 140, "unit": "U/L", "system": "http://unitsofmeasure.org", "code": "U/L"},
        "referenceRange": ranges,
    }  # fmt: skip
    entries = [{"resource": {"resourceType": "Patient", "id": "p", **patient}}, {"resource": result}]
    for order in (entries, entries[::-1]):
        (tmp_path / "a.json").write_text(
            json.dumps({"resourceType": "Bundle", "type": "collection", "entry": order})
        )
        (found,) = [f.reference_high for f in read(tmp_path / "a.json") if f.code == "1742-6"]
        assert found == expected
