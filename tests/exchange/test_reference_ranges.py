"""Whose reference range it is: by sex, age and type; a man is not held against the women's limit, and what cannot be told is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from one_person import ELIGIBLE, NEEDS_DATA, everywhere

from proband.exchange.reading import read
from proband.facts.observation import Observation
from proband.programme.eligibility import Eligibility
from proband.terms import UncertainDate

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
    # whom it is for stands in the text of the range alone
    ([limit(35, text="Female: < 35 U/L")], {"gender": "male"}, None),
    ([limit(35, text="Female: < 35 U/L"), limit(50, text="Male: < 50 U/L")], {"gender": "male"}, 50),
    ([limit(35, text="Frauen < 35"), limit(50, text="Männer < 50")], {"gender": "female"}, 35),
    ([limit(50, text="m < 50, f < 35")], {"gender": "male"}, None),
    ([limit(50, text="children up to 50")], {"gender": "male"}, None),
    ([limit(40, text="0 - 40 U/L")], {}, 40),
    ([limit(35, "weiblich"), limit(50, "männlich")], {"gender": "male"}, 50),
    # the same limit in another spelling or unit; one in a unit that never becomes U/L
    ([{"high": {"value": 40, "unit": "IU/L"}}], {}, 40),
    ([{"high": {"value": 0.6, "unit": "ukat/L"}}], {}, 36),
    ([{"high": {"value": 40, "unit": "mg/dL"}}], {}, None),
    ([{"high": {"value": 40, "unit": "U/L"}, "low": {"value": 4, "unit": "mg/dL"}}], {}, None),
    # what can be no limit of normal
    ([limit(10, low={"value": 40, "unit": "U/L"})], {}, None),
    ([limit(0)], {}, None),
    ([limit(-5)], {}, None),
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


@pytest.mark.parametrize(
    ("unit", "high", "expected"),
    [("U/L", 40, 40), ("IU/L", 40, 40), ("ukat/L", 0.6, 36), ("mg/dL", 40, None), (None, 40, 40)],
)
def test_the_range_of_a_phenopacket_has_a_unit_of_its_own(
    tmp_path: Path, unit: str | None, high: float, expected: float | None
) -> None:
    limits: dict[str, Any] = {"low": 0, "high": high}
    if unit is not None:
        limits["unit"] = {"id": f"UCUM:{unit}", "label": unit}
    quantity = {"unit": {"id": "UCUM:U/L", "label": "U/L"}, "value": 140, "referenceRange": limits}
    document = {
        "id": "p", "subject": {"id": "p"},
        "measurements": [{"assay": {"id": "LOINC:1742-6", "label": "ALT"}, "value": {"quantity": quantity}}],
        "metaData": {"created": "2026-10-31T00:00:00Z", "createdBy": "tests", "phenopacketSchemaVersion": "2.0", "resources": []},
    }  # fmt: skip
    (tmp_path / "p.json").write_text(json.dumps(document))
    (found,) = [f for f in read(tmp_path / "p.json") if f.code == "1742-6"]
    assert found.reference_high == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [("10-40", 40), ("0,5 - 1,2", 1.2), ("0-1,200", None), ("0-1.200", None), ("0.500-0.900", 0.9)],
)
def test_a_thousand_is_no_one_in_the_range_of_a_table(
    tmp_path: Path, written: str, expected: float | None
) -> None:
    (tmp_path / "t.csv").write_text(f'who,day,test,value,range\np,2026-10-30,ALT,140,"{written}"\n')
    (tmp_path / "mapping.yaml").write_text(
        "subject: who\ndate: day\ntables:\n  - when: {columns: [test, value]}\n    rows:\n"
        "      - {code_column: test, codes: {ALT: 'LOINC|1742-6'}, value: value, unit_is: U/L, range: range}\n"
    )
    found = [f for f in read(tmp_path / "t.csv", mapping=tmp_path / "mapping.yaml") if f.code == "1742-6"]
    assert [f.reference_high for f in found] == [expected]


@pytest.mark.parametrize(
    ("low", "high", "times"), [(None, 40.0, 3.5), (4.0, 40.0, 3.5), (40.0, 4.0, None), (None, 0.0, None), (None, -4.0, None)]
)  # fmt: skip
def test_limits_that_can_be_none_are_none_by_every_door(
    low: float | None, high: float, times: float | None
) -> None:
    asked = Eligibility.model_validate(
        {
            "source": "tests", "level": "inference",
            "observables": [{"id": "alt", "label": "ALT", "type": "number", "unit": "U/L", "relative_to": "uln", "codes": [{"system": "LOINC", "code": "1742-6"}]}],
            "criteria": [{"id": "K", "kind": "include", "purpose": "safety", "reason": "a test", "when": "alt >= 3"}],
        }
    )  # fmt: skip
    fact = Observation(
        "p", "LOINC", "1742-6", value=140, unit="U/L", when=UncertainDate.parse("2026-10-30"), reference_low=low, reference_high=high
    )  # fmt: skip
    (verdict,) = everywhere(asked, {"p": [fact]}).values()
    assert verdict is (NEEDS_DATA if times is None else ELIGIBLE)
