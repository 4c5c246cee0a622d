"""Distortions of FHIR that were reported or feared: none lets anybody in, and each has a twin in which everything is proven.

The person is synthetic. ``attacked`` is never ELIGIBLE, ``twin`` always is; evaluator and DuckDB agree on both.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from one_person import (
    ELIGIBLE,
    ICD10,
    NAME,
    YESNO,
    bundle,
    facts,
    outcomes,
    resources,
)

Resource = dict[str, Any]
Files = dict[str, Any]
INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
VALUE_TAG = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue"
SNOMED = "http://snomed.info/sct"


def concept(system: str, code: str, **more: Any) -> Resource:
    """A CodeableConcept."""
    return {"coding": [{"system": system, "code": code}], **more}


def with_(what: str, **more: Any) -> Files:
    """The person, one resource of whom has other elements; ``None`` takes an element away."""
    given = resources(facts())
    changed = {**given[what], **more}
    given[what] = {key: value for key, value in changed.items() if value is not None}
    return {"a.json": bundle(given.values())}


def beside(*further: Resource) -> Files:
    """The person with further resources."""
    return {"a.json": bundle([*resources(facts()).values(), *further])}


def without(what: str, *instead: Resource) -> Files:
    """The person without one resource, and others in its place."""
    return {
        "a.json": bundle([each for name, each in resources(facts()).items() if name != what] + list(instead))
    }


def hosted(own: str, reference: str) -> Files:
    """A bundle of one server, in which the platelets are of a reference."""
    whole = with_("platelets", subject={"reference": reference})["a.json"]
    for entry in whole["entry"]:
        kind, name = entry["resource"]["resourceType"], entry["resource"]["id"]
        entry["fullUrl"] = f"{own}/{kind}/{name}"
    return {"a.json": whole}


def condition(code: str, verification: str = "confirmed", system: str = ICD10, **more: Any) -> Resource:
    """A condition of the person."""
    return {
        "resourceType": "Condition", "id": f"c-{code}-{verification}", "subject": {"reference": f"Patient/{NAME}"},
        "verificationStatus": concept("http://terminology.hl7.org/CodeSystem/condition-ver-status", verification),
        "code": concept(system, code), "onsetDateTime": "2026-10-20", "recordedDate": "2026-10-20", **more,
    }  # fmt: skip


def certain(code: str, mark: str, **more: Any) -> Resource:
    """A condition with the German mark of certainty, and no other status."""
    found = condition(code, **more)
    del found["verificationStatus"]
    system = "https://fhir.kbv.de/CodeSystem/KBV_CS_SFHIR_ICD_DIAGNOSESICHERHEIT"
    extension = {
        "url": "http://fhir.de/StructureDefinition/icd-10-gm-diagnosesicherheit",
        "valueCoding": {"system": system, "code": mark},
    }
    found["code"] = {
        "coding": [
            {"system": "http://fhir.de/CodeSystem/bfarm/icd-10-gm", "code": code, "extension": [extension]}
        ]
    }
    return found


def says(code: str, text: str | None = None, system: str = YESNO) -> Files:
    """The cancer question answered by a code and a text."""
    coded = {"coding": [{"system": system, "code": code}], **({"text": text} if text else {})}
    return with_("cancer", valueBoolean=None, valueCodeableConcept=coded)


def tagged(what: str, place: str, system: str, code: str) -> Files:
    return with_(what, meta={place: [{"system": system, "code": code}]})


def request(method: str, url: str, **more: Any) -> Resource:
    return {"request": {"method": method, "url": url}, **more}


def transaction(*entries: Resource) -> Files:
    """The person with named results, and a bundle of requests in a second file."""
    given = resources(facts())
    given["platelets"] = {**given["platelets"], "identifier": [{"system": "urn:lab", "value": "plt-7"}]}
    return {
        "a.json": bundle(given.values()),
        "b.json": {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)},
    }


#: name → (attacked, twin)
CASES: dict[str, tuple[Files, Files]] = {
    "a reference to another server": (hosted("https://a.example/fhir", f"https://b.example/fhir/Patient/{NAME}"),
                                      hosted("https://a.example/fhir", f"https://a.example/fhir/Patient/{NAME}")),
    "another server, versioned": (hosted("https://a.example/fhir", f"https://b.example/r4/Patient/{NAME}/_history/3"),
                                  hosted("https://a.example/fhir", f"https://a.example/fhir/Patient/{NAME}/_history/3")),
    "another server, the same spelt otherwise": (hosted("https://a.example/fhir", f"https://b.example/fhir/Patient/{NAME}"),
                                                 hosted("https://a.example/fhir", f"http://A.example:80/fhir/Patient/{NAME}")),
    "two servers in the references alone": (
        {"a.json": bundle([{**each, "subject": {"reference": f"https://{'a' if n % 2 else 'b'}.example/fhir/Patient/{NAME}"}} if "subject" in each else each
                           for n, each in enumerate(resources(facts()).values())])},
        {"a.json": bundle([{**each, "subject": {"reference": f"https://a.example/fhir/Patient/{NAME}"}} if "subject" in each else each
                           for each in resources(facts()).values()])},
    ),
    "false beside POS": (with_("cancer", interpretation=[concept(INTERPRETATION, "POS")]), with_("cancer", interpretation=[concept(INTERPRETATION, "NEG")])),
    "false beside detected": (with_("cancer", interpretation=[concept(INTERPRETATION, "DET")]), with_("cancer", interpretation=[concept(INTERPRETATION, "ND")])),
    "false beside positive in words": (with_("cancer", interpretation=[{"text": "Positive"}]), with_("cancer", interpretation=[{"text": "Negative"}])),
    "no, in words unknown": (says("N", "unknown"), says("N", "No")),
    "no, in words yes": (says("N", "Yes, confirmed by biopsy"), says("N", "nein")),
    "no, in words unclear": (says("N", "nicht beurteilbar"), says("N", "nicht nachweisbar")),
    "negative, in words positive": (says("260385009", "positive", SNOMED), says("260385009", "negative", SNOMED)),
    "not asked, in words": (says("N", "not asked"), says("N")),
    "a test record": (tagged("platelets", "tag", REASON, "HTEST"), tagged("platelets", "tag", REASON, "TREAT")),
    "a test record by its label": (tagged("platelets", "security", REASON, "HTEST"), tagged("platelets", "security", REASON, "HRESCH")),
    "a test person": (tagged("born", "tag", REASON, "HTEST"), tagged("born", "tag", REASON, "TREAT")),
    "elements left out": (tagged("cancer", "tag", VALUE_TAG, "SUBSETTED"), tagged("cancer", "tag", VALUE_TAG, "UNCERTREL")),
    "elements left out of the person": (tagged("born", "tag", VALUE_TAG, "SUBSETTED"), tagged("born", "tag", VALUE_TAG, "UNCERTREL")),
    "creatinine of urine": (with_("creatinine", specimen={"reference": "#s"}, contained=[{"resourceType": "Specimen", "id": "s", "type": concept(SNOMED, "122575003")}]),
                            with_("creatinine", specimen={"reference": "#s"}, contained=[{"resourceType": "Specimen", "id": "s", "type": concept(SNOMED, "119364003")}])),
    "sodium of urine, in words": (with_("sodium", specimen={"display": "24h urine"}), with_("sodium", specimen={"display": "serum"})),
    "a broader disease beside the no": (beside(condition("C22")), beside(condition("C22.1"))),
    "deleted by identifier": (transaction(request("DELETE", "Observation?identifier=urn:lab|plt-7")), transaction(request("DELETE", "Observation?identifier=urn:lab|plt-8"))),
    "deleted by identifier without a system": (transaction(request("DELETE", "Observation?identifier=plt-7")), transaction(request("DELETE", "Observation?identifier=plt-8"))),
    "deleted by id in a query": (transaction(request("DELETE", f"Observation?_id={NAME}-platelets")), transaction(request("DELETE", "Observation?_id=x"))),
    "deleted by a query that cannot be followed": (transaction(request("DELETE", "Observation?code=777-3")), transaction(request("DELETE", "Device?status=inactive"))),
    "patched by identifier": (transaction(request("PATCH", "Observation?identifier=urn:lab|plt-7")), transaction(request("PATCH", "Observation?identifier=urn:lab|plt-8"))),
    "a diagnosis that is only suspected": (beside(certain("C22.0", "V", onsetDateTime="2026-10-31")), beside(certain("C22.0", "A"))),
    "an exclusion is no diagnosis": (without("cancer", certain("C22.0", "G", onsetDateTime="2026-10-31")), without("cancer", certain("C22.0", "A", onsetDateTime="2026-10-31"))),
    "a finding whose value is withheld": (with_("peritonitis", valueBoolean=None, _valueBoolean={"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}),
                                          with_("peritonitis", valueBoolean=False)),
    "born in the future": (with_("born", birthDate="2031-01-01"), with_("born", birthDate="2008-11-01")),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_distortion_lets_nobody_in_and_its_twin_does(case: str, tmp_path: Path) -> None:
    for name, files in zip(("attacked", "twin"), CASES[case], strict=True):
        folder = tmp_path / name
        folder.mkdir()
        for file, content in files.items():
            (folder / file).write_text(json.dumps(content))
        found = outcomes(folder)
        eligible = [who for who, outcome in found.items() if outcome is ELIGIBLE]
        assert bool(eligible) is (name == "twin"), (name, found)
