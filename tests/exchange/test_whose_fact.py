"""Whose fact it is: what stands on a person's record and is about another never becomes theirs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from proband.exchange.reading import read
from proband.facts.observation import Observation, Presence

SNOMED = "http://snomed.info/sct"


def _facts(folder: Path, *resources: dict[str, Any]) -> list[Observation]:
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": each} for each in ({"resourceType": "Patient", "id": "p"}, *resources)],
    }
    (folder / "a.json").write_text(json.dumps(bundle))
    return list(read(folder / "a.json"))


def _of(facts: list[Observation], code: str) -> list[Observation]:
    return [fact for fact in facts if fact.code == code]


def _observation(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": "o",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "6301-6"}]},
        "subject": {"reference": "Patient/p"},
        "effectiveDateTime": "2026-10-30",
        "valueQuantity": {"value": 1.2, "code": "{INR}", "system": "http://unitsofmeasure.org"},
        **more,
    }


@pytest.mark.parametrize(
    ("focus", "counts"),
    [
        ({"reference": "RelatedPerson/donor", "display": "living donor"}, 0),
        ({"reference": "Patient/fetus"}, 0),
        ({"reference": "Device/pump"}, 0),
        ({"display": "twin B"}, 0),
        ({"reference": "Patient/p"}, 1),
        ({"reference": "Patient/p/_history/2"}, 1),
    ],
)
def test_an_observation_is_of_its_focus(tmp_path: Path, focus: dict[str, Any], counts: int) -> None:
    assert len(_of(_facts(tmp_path, _observation(focus=[focus])), "6301-6")) == counts


@pytest.mark.parametrize(("owner", "counts"), [("Patient/donor", 0), ("Patient/p", 1)])
def test_a_result_from_the_specimen_of_another_is_not_the_persons(
    tmp_path: Path, owner: str, counts: int
) -> None:
    specimen = {"resourceType": "Specimen", "id": "s", "subject": {"reference": owner}}
    result = _observation(specimen={"reference": "Specimen/s"})
    assert len(_of(_facts(tmp_path, specimen, result), "6301-6")) == counts


@pytest.mark.parametrize(
    ("origin", "code"),
    [
        (None, "variant"),
        ("LA6683-2", "variant"),
        ("LA6684-0", "somatic-variant"),
        ("LA6685-7", "fetal-variant"),
    ],
)
def test_the_variant_of_a_tumour_or_a_fetus_is_not_the_persons(
    tmp_path: Path, origin: str | None, code: str
) -> None:
    loinc = "http://loinc.org"
    components = [
        {
            "code": {"coding": [{"system": loinc, "code": "48018-6"}]},
            "valueCodeableConcept": {
                "coding": [{"system": "http://www.genenames.org", "code": "HGNC:28242"}]
            },
        }
    ]
    if origin:
        components.append(
            {
                "code": {"coding": [{"system": loinc, "code": "48002-0"}]},
                "valueCodeableConcept": {"coding": [{"system": loinc, "code": origin}]},
            }
        )
    variant = _observation(code={"coding": [{"system": loinc, "code": "69548-6"}]}, component=components)
    del variant["valueQuantity"]
    found = [f.code for f in _facts(tmp_path, variant) if f.code.endswith("variant")]
    assert found == [code]


def _allergy(**more: Any) -> dict[str, Any]:
    confirmed = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
    return {
        "resourceType": "AllergyIntolerance",
        "id": "a",
        "patient": {"reference": "Patient/p"},
        "recordedDate": "2026-10-30",
        "verificationStatus": {"coding": [{"system": confirmed, "code": "confirmed"}]},
        "clinicalStatus": {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",
                    "code": "active",
                }
            ]
        },
        **more,
    }


@pytest.mark.parametrize(
    ("code", "fact"),
    [
        ({"coding": [{"system": SNOMED, "code": "716186003"}]}, "allergy"),
        ({"coding": [{"system": SNOMED, "code": "409137002"}]}, "drug-allergy"),
        ({"text": "No known allergies"}, "allergy"),
        ({"text": "NKDA"}, "drug-allergy"),
    ],
)
def test_no_known_allergies_is_no_allergy(tmp_path: Path, code: dict[str, Any], fact: str) -> None:
    (found,) = _of(_facts(tmp_path, _allergy(code=code)), fact)
    assert found.presence is Presence.ABSENT
    assert not [f for f in _facts(tmp_path, _allergy(code=code)) if f.presence is Presence.PRESENT]


def test_an_allergy_to_something_is_one(tmp_path: Path) -> None:
    (found,) = _of(_facts(tmp_path, _allergy(code={"text": "penicillin"})), "allergy")
    assert (found.presence, found.text) == (Presence.PRESENT, "penicillin")


@pytest.mark.parametrize(
    ("code", "presence"),
    [
        (
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/data-absent-reason",
                        "code": "masked",
                    }
                ]
            },
            Presence.MASKED,
        ),
        (
            {
                "extension": [
                    {
                        "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
                        "valueCode": "not-asked",
                    }
                ]
            },
            Presence.NOT_ASKED,
        ),
        (
            {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "code": "UNK"}]},
            Presence.UNKNOWN,
        ),
    ],
)
def test_a_withheld_code_names_no_disease(tmp_path: Path, code: dict[str, Any], presence: Presence) -> None:
    condition = {
        "resourceType": "Condition",
        "id": "c",
        "subject": {"reference": "Patient/p"},
        "onsetDateTime": "2026-10-01",
        "code": code,
    }
    (disease,) = _of(_facts(tmp_path, condition), "disease")
    assert (disease.presence, disease.value_code, disease.text) == (presence, None, None)


def _packet(folder: Path, holder: str, **more: Any) -> list[Observation]:
    packet = {
        "id": "pp",
        "subject": {"id": "pt"},
        "biosamples": [
            {"id": "blood", "individualId": "pt"},
            {
                "id": "tumour",
                "individualId": "pt",
                "tumorProgression": {"id": "NCIT:C84509", "label": "primary"},
            },
            {"id": "mother", "individualId": "other"},
        ],
        "interpretations": [
            {
                "id": "i",
                "progressStatus": "SOLVED",
                "diagnosis": {
                    "disease": {"id": "OMIM:619026", "label": "SPG83"},
                    "genomicInterpretations": [
                        {
                            "subjectOrBiosampleId": holder,
                            "interpretationStatus": "CAUSATIVE",
                            "variantInterpretation": {
                                "acmgPathogenicityClassification": "PATHOGENIC",
                                "variationDescriptor": {
                                    "id": "v",
                                    "geneContext": {"valueId": "HGNC:28242", "symbol": "HPDL"},
                                    "moleculeContext": "genomic",
                                },
                            },
                            **more,
                        }
                    ],
                },
            }
        ],
        "metaData": {
            "created": "2026-01-01T00:00:00Z",
            "createdBy": "a test",
            "resources": [],
            "phenopacketSchemaVersion": "2.0",
        },
    }
    (folder / "packet.json").write_text(json.dumps(packet))
    return list(read(folder / "packet.json"))


@pytest.mark.parametrize(
    ("holder", "status", "codes"),
    [
        ("pt", "CAUSATIVE", ["variant"]),
        ("blood", "CAUSATIVE", ["variant"]),
        ("tumour", "CAUSATIVE", ["somatic-variant"]),
        ("mother", "CAUSATIVE", []),
        ("nobody", "CAUSATIVE", ["unknown variant"]),  # a number that names nobody proves neither yes nor no
        ("pt", "REJECTED", ["rejected-variant"]),
    ],
)
def test_a_variant_of_a_phenopacket_is_of_its_holder(
    tmp_path: Path, holder: str, status: str, codes: list[str]
) -> None:
    facts = _packet(tmp_path, holder, interpretationStatus=status)
    found = [f for f in facts if f.code.endswith("variant")]
    assert [f.code if f.presence is Presence.PRESENT else f"{f.presence} {f.code}" for f in found] == codes
