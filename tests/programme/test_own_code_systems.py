"""A hospital's own code system, declared with a name and an absolute URI, is as good as a published one: read, checked, screened."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from proband.exchange import read
from proband.exchange.mapping import split_code
from proband.programme import BundleError, Programme, load
from proband.screening import EligibilityStatus, Screening

MINIMAL = Path(__file__).parent.parent / "bundles" / "minimal"
URI = "https://clinic.example/codes"


def written(folder: Path, systems: str, name: str = "CLINIC", code: str = "K 12/b") -> Path:
    """The minimal bundle whose laboratory value bears a code of the clinic's own."""
    shutil.copytree(MINIMAL, folder)
    head = folder / "programme.yaml"
    head.write_text(head.read_text(encoding="utf-8") + f"\ncode_systems: {systems}\n", encoding="utf-8")
    path = folder / "eligibility.yaml"
    text = path.read_text(encoding="utf-8")
    old = text[text.index("codes: [") : text.index("]", text.index("codes: [")) + 1]
    path.write_text(text.replace(old, f"codes: [{{system: {name}, code: '{code}'}}]", 1), encoding="utf-8")
    return folder


@pytest.fixture
def programme(tmp_path: Path) -> Programme:
    """A programme with a code system of its own."""
    return load(written(tmp_path / "own", f"{{CLINIC: '{URI}/'}}"))


def test_the_name_of_the_bundle_stands_for_the_uri(programme: Programme, tmp_path: Path) -> None:
    (concept,) = programme.eligibility.observables[1].codes  # type: ignore[union-attr]
    assert concept.key == (URI, "K 12/b")
    assert concept.uri == URI
    # the URI itself may be written too, and means the same
    same = load(written(tmp_path / "uri", "{}", name=f"'{URI}'"))
    assert same.eligibility.observables[1].codes[0].key == concept.key  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("systems", "name", "says"),
    [
        ("{CLINIC: codes}", "CLINIC", "absolute URI"),
        ("{CLINIC: 'http://loinc.org'}", "CLINIC", "absolute URI"),
        (f"{{LOINC: '{URI}'}}", "LOINC", "published code system"),
        (f"{{CLINIC: '{URI}', OTHER: '{URI}/'}}", "CLINIC", "two names"),
        (f"{{CLINIC: '{URI}'}}", "CLINICS", "code_systems"),
    ],
)
def test_what_is_no_code_system_is_refused(tmp_path: Path, systems: str, name: str, says: str) -> None:
    with pytest.raises(BundleError) as refused:
        load(written(tmp_path / "own", systems, name=name))
    assert any(says in p.message + p.mend for p in refused.value.problems), refused.value.problems


@pytest.mark.parametrize(
    ("system", "platelets", "expected"),
    [
        (URI, 300, EligibilityStatus.ELIGIBLE),
        (URI + "/", 30, EligibilityStatus.NOT_ELIGIBLE),
        ("https://other.example/codes", 300, EligibilityStatus.NEEDS_DATA),
    ],
)
def test_what_the_hospital_wrote_is_read_and_screened(
    programme: Programme, tmp_path: Path, system: str, platelets: int, expected: EligibilityStatus
) -> None:
    coded = {"coding": [{"system": system, "code": "K 12/b", "display": "as the clinic calls it"}]}
    quantity = {"value": platelets, "unit": "10*9/L", "system": "http://unitsofmeasure.org", "code": "10*9/L"}
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"resource": {"resourceType": "Patient", "id": "p", "birthDate": "1990-01-01"}},
            {"resource": {"resourceType": "Observation", "id": "o", "status": "final", "code": coded,
                          "subject": {"reference": "Patient/p"}, "effectiveDateTime": "2026-01-10", "valueQuantity": quantity}},
        ],
    }  # fmt: skip
    (tmp_path / "p.json").write_text(json.dumps(bundle), encoding="utf-8")
    found = list(read(tmp_path / "p.json"))
    assert (system.rstrip("/"), "K 12/b") in {(o.system, o.code) for o in found}
    assert Screening(programme).verdict(found, date(2026, 1, 15)).outcome is expected


def test_a_table_says_the_uri_in_its_mapping(programme: Programme, tmp_path: Path) -> None:
    """The same through a CSV file, whose mapping names the system by its URI."""
    assert split_code(f"{URI}|K 12/b") == (URI, "K 12/b")
    with pytest.raises(ValueError, match="no code system"):
        split_code("CLINIC|K 12/b")
