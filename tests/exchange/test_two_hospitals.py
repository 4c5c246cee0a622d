"""One Patient id of two hospitals is not one person without a word: every fact is doubtful until the two are linked or agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from proband.exchange.reading import read


def _bundle(server: str, patient: dict[str, Any]) -> str:
    entries = [
        {"fullUrl": f"{server}/Patient/p", "resource": {"resourceType": "Patient", "id": "p", **patient}},
        {
            "fullUrl": f"{server}/Observation/o-{server[-1]}",
            "resource": {
                "resourceType": "Observation",
                "id": f"o-{server[-1]}",
                "status": "final",
                "subject": {"reference": "Patient/p"},
                "code": {"coding": [{"system": "http://loinc.org", "code": "777-3"}]},
                "effectiveDateTime": "2026-10-30",
                "valueQuantity": {"value": 90, "code": "10*9/L", "system": "http://unitsofmeasure.org"},
            },
        },
    ]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})


ANNA = {"gender": "female", "birthDate": "1980-05-05", "identifier": [{"system": "urn:mrn:a", "value": "1"}]}


@pytest.mark.parametrize(
    ("other", "doubted"),
    [
        ({**ANNA, "birthDate": "1991-01-01"}, True),
        ({**ANNA, "identifier": [{"system": "urn:mrn:b", "value": "7"}]}, True),
        (ANNA, False),  # a mirror
    ],
)
def test_an_id_of_two_servers_is_doubted_where_they_differ(
    tmp_path: Path, other: dict[str, Any], doubted: bool
) -> None:
    (tmp_path / "a.json").write_text(_bundle("https://hospital-a", ANNA))
    (tmp_path / "b.json").write_text(_bundle("https://hospital-b", other))
    facts = [f for f in read(tmp_path) if f.code in {"777-3", "birth-date"}]
    assert facts
    assert all(any("two servers" in p for p in f.problems) is doubted for f in facts)


def test_one_server_is_not_doubted(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(_bundle("https://hospital-a", ANNA))
    assert not any(f.problems for f in read(tmp_path))
