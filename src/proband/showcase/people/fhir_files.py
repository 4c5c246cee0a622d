"""Synthetic people as FHIR R4: bundles of one person each, and NDJSON by resource type."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from proband.facts.observation import Observation, Presence
from proband.showcase.people.synthetic import SYNTHETIC
from proband.terms import SYSTEMS, system_uri


def write_bundles(persons: Sequence[list[Observation]], folder: Path) -> None:
    """A bundle of each person."""
    folder.mkdir(parents=True, exist_ok=True)
    for facts in persons:
        entries = [
            {"fullUrl": f"urn:proband:{r['resourceType']}:{r['id']}", "resource": r}
            for r in _resources(facts)
        ]
        bundle = {
            "resourceType": "Bundle",
            "type": "collection",
            "meta": {"tag": [{"display": SYNTHETIC}]},
            "entry": entries,
        }
        (folder / f"{facts[0].subject}.json").write_text(json.dumps(bundle, indent=1), encoding="utf-8")


def write_ndjson(persons: Sequence[list[Observation]], folder: Path) -> None:
    """A file of each resource type, one resource a line, as a bulk export writes them."""
    folder.mkdir(parents=True, exist_ok=True)
    lines: dict[str, list[str]] = {}
    for facts in persons:
        for resource in _resources(facts):
            lines.setdefault(resource["resourceType"], []).append(json.dumps(resource))
    for kind, rows in lines.items():
        (folder / f"{kind}.ndjson").write_text("\n".join(rows) + "\n", encoding="utf-8")


def _resources(facts: Sequence[Observation]) -> list[dict[str, Any]]:
    subject = facts[0].subject
    patient: dict[str, Any] = {
        "resourceType": "Patient",
        "id": subject,
        "meta": {"tag": [{"display": SYNTHETIC}]},
    }
    found: list[dict[str, Any]] = [patient]
    for index, fact in enumerate(facts):
        if fact.code == "birth-date":
            patient["birthDate"] = fact.text
        elif fact.code == "sex":
            patient["gender"] = fact.text
        else:
            found.append(_observation(f"{subject}-{index}", fact))
    return found


def _observation(id: str, fact: Observation) -> dict[str, Any]:
    if fact.code == "variant":
        return _variant_resource(id, fact)
    resource: dict[str, Any] = {
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "code": {
            "coding": [
                {"system": system_uri(fact.system), "code": fact.code, "display": fact.display or fact.code}
            ]
        },
        "subject": {"reference": f"Patient/{fact.subject}"},
    }
    if fact.day:
        resource["effectiveDateTime"] = fact.day.isoformat()
    if fact.value is not None:
        resource["valueQuantity"] = {"value": fact.value} | (
            {"unit": fact.unit, "system": SYSTEMS["UCUM"][0], "code": fact.unit} if fact.unit else {}
        )
        if fact.reference_high is not None:
            resource["referenceRange"] = [{"high": {"value": fact.reference_high, "unit": fact.unit}}]
    elif fact.text is not None:
        resource["valueString"] = fact.text
    else:
        resource["valueBoolean"] = fact.presence is Presence.PRESENT
    return resource


def _variant_resource(id: str, fact: Observation) -> dict[str, Any]:
    """A variant by the HL7 Genomics Reporting guide: LOINC 69548-6 with a component for each of its properties."""

    def concept(code: str) -> dict[str, Any]:
        return {"coding": [{"system": SYSTEMS["LOINC"][0], "code": code}]}

    parts = {"48018-6": "gene", "48004-6": "hgvs", "53034-5": "zygosity", "53037-8": "pathogenicity"}
    return {
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "code": concept("69548-6"),
        "subject": {"reference": f"Patient/{fact.subject}"},
        "component": [
            {"code": concept(code), "valueCodeableConcept": {"text": str(fact.attributes[name])}}
            for code, name in parts.items()
        ],
    }
