"""Small synthetic files for the tests of the readers: invented people, invented values."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "synthetic-1",
    "identifier": [{"system": "urn:example:mrn", "value": "S-0001"}],
    "gender": "female",
    "birthDate": "1980-02",
}


def observation(code: str = "1975-2", value: float = 2.1, unit: str = "mg/dL", **more: Any) -> dict[str, Any]:
    """A laboratory result of the synthetic patient."""
    return {
        "resourceType": "Observation",
        "id": f"o-{code}",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "subject": {"reference": "Patient/synthetic-1"},
        "effectiveDateTime": "2024-05-01T08:30:00+02:00",
        "valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit},
        **more,
    }


def concept(system: str, code: str) -> dict[str, Any]:
    """A CodeableConcept with one coding."""
    return {"coding": [{"system": system, "code": code}]}


CONDITION: dict[str, Any] = {
    "resourceType": "Condition",
    "id": "c-1",
    "clinicalStatus": concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "active"),
    "verificationStatus": concept("http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed"),
    "code": concept("http://hl7.org/fhir/sid/icd-10", "K74.6"),
    "subject": {"reference": "Patient/synthetic-1"},
    "onsetDateTime": "2019",
}

ONE_OF_EACH: list[dict[str, Any]] = [
    PATIENT,
    observation(),
    CONDITION,
    {
        "resourceType": "Procedure",
        "id": "p-1",
        "status": "not-done",
        "code": concept("http://snomed.info/sct", "18027006"),
        "subject": {"reference": "Patient/synthetic-1"},
        "performedDateTime": "2023-03-04",
    },
    {
        "resourceType": "MedicationRequest",
        "id": "m-1",
        "status": "active",
        "intent": "order",
        "medicationReference": {"reference": "#med"},
        "contained": [
            {
                "resourceType": "Medication",
                "id": "med",
                "code": concept("http://www.nlm.nih.gov/research/umls/rxnorm", "11289"),
            }
        ],
        "subject": {"reference": "Patient/synthetic-1"},
        "authoredOn": "2024-01-02",
    },
    {
        "resourceType": "MedicationStatement",
        "id": "m-2",
        "status": "not-taken",
        "medicationCodeableConcept": concept("http://www.whocc.no/atc", "B01AA03"),
        "subject": {"reference": "Patient/synthetic-1"},
    },
    {
        "resourceType": "Immunization",
        "id": "i-1",
        "status": "completed",
        "vaccineCode": concept("http://hl7.org/fhir/sid/cvx", "140"),
        "patient": {"reference": "Patient/synthetic-1"},
        "occurrenceDateTime": "2022-10-01",
    },
    {
        "resourceType": "AllergyIntolerance",
        "id": "a-1",
        "clinicalStatus": concept(
            "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "active"
        ),
        "code": concept("http://www.nlm.nih.gov/research/umls/rxnorm", "11289"),
        "patient": {"reference": "Patient/synthetic-1"},
    },
    {
        "resourceType": "FamilyMemberHistory",
        "id": "f-1",
        "status": "completed",
        "patient": {"reference": "Patient/synthetic-1"},
        "relationship": {"text": "mother"},
        "condition": [{"code": concept("http://hl7.org/fhir/sid/icd-10", "C22.0")}],
    },
    {
        "resourceType": "Encounter",
        "id": "e-1",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
        "subject": {"reference": "Patient/synthetic-1"},
        "period": {"start": "2024-04-28", "end": "2024-05-06"},
    },
    {
        "resourceType": "DiagnosticReport",
        "id": "d-1",
        "status": "final",
        "code": concept(LOINC, "24325-3"),
        "subject": {"reference": "Patient/synthetic-1"},
        "effectiveDateTime": "2024-05-01",
    },
    {
        "resourceType": "Consent",
        "id": "k-1",
        "status": "active",
        "scope": concept("http://terminology.hl7.org/CodeSystem/consentscope", "research"),
        "category": [concept(LOINC, "57016-8")],
        "patient": {"reference": "Patient/synthetic-1"},
        "dateTime": "2024-04-01",
        "provision": {"type": "permit"},
    },
    {
        "resourceType": "Specimen",
        "id": "s-1",
        "status": "available",
        "type": concept("http://snomed.info/sct", "119297000"),
        "subject": {"reference": "Patient/synthetic-1"},
        "collection": {"collectedDateTime": "2024-05-01"},
    },
    {
        "resourceType": "QuestionnaireResponse",
        "id": "q-1",
        "status": "completed",
        "subject": {"reference": "Patient/synthetic-1"},
        "authored": "2024-05-01",
        "item": [
            {"linkId": "sex", "answer": [{"valueString": "f"}]},
            {"linkId": "/44250-9", "answer": [{"valueInteger": 2}]},
        ],
    },
    {
        "resourceType": "AdverseEvent",
        "id": "ae-1",
        "actuality": "actual",
        "event": {"text": "fever", "coding": [{"system": "http://snomed.info/sct", "code": "386661006"}]},
        "subject": {"reference": "Patient/synthetic-1"},
        "date": "2024-05-03",
    },
]


def bundle(*resources: dict[str, Any], kind: str = "collection") -> dict[str, Any]:
    """A bundle with urn:uuid fullUrls."""
    entries = [
        {"fullUrl": f"urn:uuid:00000000-0000-4000-8000-{index:012d}", "resource": copy.deepcopy(each)}
        for index, each in enumerate(resources, start=1)
    ]
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


PACKET: dict[str, Any] = {
    "id": "packet-1",
    "subject": {
        "id": "II-1",
        "dateOfBirth": "2010-03-15T00:00:00Z",
        "timeAtLastEncounter": {"age": {"iso8601duration": "P8Y2M"}},
        "sex": "MALE",
    },
    "phenotypicFeatures": [
        {"type": {"id": "HP:0001250", "label": "Seizure"}, "onset": {"age": {"iso8601duration": "P1Y"}}},
        {"type": {"id": "HP:0001252", "label": "Hypotonia"}, "excluded": True},
    ],
    "measurements": [
        {
            "assay": {"id": "LOINC:2524-7", "label": "Lactate"},
            "value": {"quantity": {"unit": {"id": "UCUM:mmol/L", "label": "mmol/L"}, "value": 3.4}},
        }
    ],
    "interpretations": [
        {
            "id": "i",
            "progressStatus": "SOLVED",
            "diagnosis": {
                "disease": {"id": "OMIM:619027", "label": "a synthetic diagnosis"},
                "genomicInterpretations": [
                    {
                        "subjectOrBiosampleId": "II-1",
                        "interpretationStatus": "CAUSATIVE",
                        "variantInterpretation": {
                            "acmgPathogenicityClassification": "LIKELY_PATHOGENIC",
                            "variationDescriptor": {
                                "id": "v",
                                "geneContext": {"valueId": "HGNC:28242", "symbol": "HPDL"},
                                "expressions": [{"syntax": "hgvs.c", "value": "NM_032756.4:c.1A>G"}],
                                "allelicState": {"id": "GENO:0000136", "label": "homozygous"},
                            },
                        },
                    }
                ],
            },
        }
    ],
    "diseases": [{"term": {"id": "OMIM:619027", "label": "a synthetic diagnosis"}}],
    "metaData": {
        "created": "2024-01-01T00:00:00Z",
        "createdBy": "tests",
        "phenopacketSchemaVersion": "2.0",
        "resources": [
            {"id": each.lower(), "namespacePrefix": each}
            for each in ("HP", "OMIM", "GENO", "LOINC", "UCUM", "HGNC")
        ],
    },
}


def write(folder: Path, name: str, content: Any) -> Path:
    """Write a JSON value (or a text) to a file."""
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path
