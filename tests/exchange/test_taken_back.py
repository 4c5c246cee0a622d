"""What other resources say against one, what one occasion says, and what is contained or named in whatever resource: FHIR.

Each shape is attacked and has a twin in which everything is proven: the attacked is never ELIGIBLE, the twin always is, and complete. Evaluator,
DuckDB and SQLite agree on all of them. The person is synthetic.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from one_person import ELIGIBLE, HPO, ICD10, LOINC, NAME, UCUM, bundle, everywhere, facts, resources
from test_named_elsewhere import (
    ATC,
    ME,
    OTHER,
    VEIN,
    Files,
    Resource,
    beside,
    changed,
    concept,
    eligibility,
    instead,
    refuted,
    resource,
    written,
)

from proband.exchange.reading import read
from proband.facts.observation import Observation

PLATELETS = f"Observation/{NAME}-platelets"
OPERATION = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
ABSENT_REASON = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"


def to(reference: str) -> Resource:
    return {"reference": reference}


def report(status: str, name: str = "r-1", *results: str, **more: Any) -> Resource:
    """A report that gives the platelets."""
    return resource("DiagnosticReport", name, status=status, code=concept("58410-2", LOINC), effectiveDateTime="2026-10-30",
                    result=[to(each) for each in results or (PLATELETS,)], **more)  # fmt: skip


def panel(status: str, name: str = "panel", *members: str) -> Resource:
    """A panel of the platelets."""
    return resource("Observation", name, status=status, code=concept("58410-2", LOINC), effectiveDateTime="2026-10-30",
                    hasMember=[to(each) for each in members or (PLATELETS,)])  # fmt: skip


def document(status: str, name: str = "d-1", **more: Any) -> Resource:
    """A document with the platelets in a section of a section."""
    section = {"title": "x", "section": [{"title": "y", "entry": [to(PLATELETS)]}]}
    return {"resourceType": "Composition", "id": name, "status": status, "type": concept("11503-0", LOINC), "date": "2026-10-30", "title": "x",
            "author": [{"display": "x"}], "subject": ME, "section": [section], **more}  # fmt: skip


def provenance(code: str, target: str = PLATELETS, **more: Any) -> Resource:
    """What was done to a record."""
    return {"resourceType": "Provenance", "id": "pv-1", "recorded": "2026-10-31T10:00:00Z", "agent": [{"who": {"display": "x"}}], "target": [to(target)],
            "activity": {"coding": [{"system": OPERATION, "code": code}]}, **more}  # fmt: skip


def platelets(name: str, value: float, **more: Any) -> Resource:
    """A count of the same day under another name."""
    return {**resources(facts())["platelets"], "id": name, "valueQuantity": {"value": value, "unit": "10*9/L", "system": UCUM, "code": "10*9/L"}, **more}  # fmt: skip


def version(written: str) -> Files:
    """The platelets in their second version, and a Provenance that nullifies some version of them."""
    return changed(
        "platelets", provenance("NULLIFY", f"{PLATELETS}/_history/{written}"), meta={"versionId": "2"}
    )


def contained(holder: str, inner: Resource, **more: Any) -> Files:
    """A resource inside another that has no reader of its own."""
    whole = {"ServiceRequest": {"status": "active", "intent": "order", "code": concept("x")}, "DocumentReference": {"status": "current", "content": [{"attachment": {}}]},
             "CarePlan": {"status": "active", "intent": "plan"}, "ClinicalImpression": {"status": "completed"}}[holder]  # fmt: skip
    return beside(resource(holder, **whole, contained=[{"id": "inner", **inner}], **more))


def diagnosed(code: str) -> Resource:
    return {"resourceType": "Condition", "subject": ME, "code": concept(code)}


def sodium(value: float) -> Resource:
    return {**resources(facts())["sodium"], "effectiveDateTime": "2026-10-31", "valueQuantity": {"value": value, "unit": "mmol/L", "system": UCUM, "code": "mmol/L"}}  # fmt: skip


def no_by(kind: str, status: str, **more: Any) -> Files:
    """That there is no liver cancer, as the status of something that would be done about it."""
    return instead("cancer", resource(kind, status=status, **more))


def named(kind: str, named_code: str, /, **elements: Any) -> Files:
    """A diagnosis somewhere in the elements of a resource (as the word ``HERE``)."""
    filled = json.loads(json.dumps(elements).replace('"HERE"', json.dumps(concept(named_code))))
    return beside({"resourceType": kind, "id": "x", **filled})


def both(kind: str, /, **elements: Any) -> tuple[Files, Files]:
    return named(kind, VEIN, **elements), named(kind, OTHER, **elements)


def not_taken(code: str, system: str = ICD10) -> Resource:
    """That somebody does not take a drug, now."""
    return resource(
        "MedicationStatement", status="not-taken", medicationCodeableConcept=concept(code, system), effectiveDateTime="2026-10-30"
    )  # fmt: skip


DRUG = {"medicationCodeableConcept": concept("C07AA05", ATC), "subject": ME}
#: name → (attacked, twin)
SHAPES: dict[str, tuple[Files, Files]] = {
    # -- what is given by what is in error
    "a report in error": (beside(report("entered-in-error")), beside(report("final"))),
    "a report that was called off": (beside(report("cancelled")), beside(report("amended"))),
    "a report in error, and one that stands": (
        beside(report("entered-in-error"), report("cancelled", "r-2")), beside(report("entered-in-error"), report("corrected", "r-2"))
    ),
    "a report in error of another result": (
        beside(report("entered-in-error", "r-1", PLATELETS, "Observation/other")), beside(report("entered-in-error", "r-1", "Observation/other"))
    ),
    "a panel in error": (beside(panel("entered-in-error")), beside(panel("final"))),
    "a panel of a panel in error": (
        beside(panel("entered-in-error", "outer", "Observation/panel"), panel("final")), beside(panel("final", "outer", "Observation/panel"), panel("final"))
    ),
    "a report in error of a panel": (beside(report("entered-in-error", "r-1", "Observation/panel"), panel("final")), beside(report("final", "r-1", "Observation/panel"), panel("final"))),
    "an address of a result": (
        beside(report("entered-in-error", "r-1", f"https://lab.example/fhir/{PLATELETS}")), beside(report("final", "r-1", f"https://lab.example/fhir/{PLATELETS}"))
    ),
    "a document in error": (beside(document("entered-in-error")), beside(document("final"))),
    "a document that is replaced": (
        beside(document("final"), document("final", "d-2", section=[], relatesTo=[{"code": "replaces", "targetReference": to("Composition/d-1")}])),
        beside(document("final"), document("final", "d-2", relatesTo=[{"code": "replaces", "targetReference": to("Composition/d-1")}])),
    ),
    # -- what a Provenance says
    "nullified": (beside(provenance("NULLIFY")), beside(provenance("CREATE"))),
    "deleted": (beside(provenance("DELETE")), beside(provenance("UPDATE"))),
    "nullified in words": (beside(provenance("UPDATE", reason=[{"text": "wrong patient"}])), beside(provenance("UPDATE", reason=[{"text": "typed after the call"}]))),
    "nullified, this version": (version("2"), version("1")),
    "removed by another": (
        beside(provenance("CREATE", "Observation/x", entity=[{"role": "removal", "what": to(PLATELETS)}])),
        beside(provenance("CREATE", "Observation/x", entity=[{"role": "source", "what": to(PLATELETS)}])),
    ),
    "revised by another": (
        beside(provenance("CREATE", "Observation/x", entity=[{"role": "revision", "what": to(PLATELETS)}])),
        beside(provenance("UPDATE", PLATELETS, entity=[{"role": "revision", "what": to(PLATELETS)}])),
    ),
    "replaced by another": (
        beside(platelets("new", 20, effectiveDateTime="2026-10-29", extension=[{"url": "http://hl7.org/fhir/StructureDefinition/observation-replaces", "valueReference": to(PLATELETS)}])),
        beside(platelets("new", 20, effectiveDateTime="2026-10-29")),
    ),
    # -- one occasion is not all of them
    "a procedure that was not done": (no_by("Procedure", "not-done", code=concept("C22.0"), performedDateTime="2026-10-30"), instead("cancer", refuted())),
    "a drug that is not to be given": (
        no_by("MedicationRequest", "active", intent="order", doNotPerform=True, medicationCodeableConcept=concept("C22.0"), authoredOn="2026-10-30"),
        instead("peritonitis", not_taken("HP:0002586", HPO)),
    ),
    "a drug that is not taken may have been before": (instead("cancer", not_taken("C22.0")), instead("peritonitis", not_taken("HP:0002586", HPO))),
    # -- a value that takes itself back
    "a no whose value is withheld": (
        changed("cancer", _valueBoolean={"extension": [{"url": ABSENT_REASON, "valueCode": "unknown"}]}),
        changed("cancer", _valueBoolean={"extension": [{"url": "http://example.org/certainty", "valueCode": "unknown"}]}),
    ),
    "a number whose value is withheld": (
        {"a.json": bundle([*(each for what, each in resources(facts()).items() if what != "platelets"),
                           platelets("p", 88, valueQuantity={"value": 88, "unit": "10*9/L", "system": UCUM, "code": "10*9/L", "extension": [{"url": ABSENT_REASON, "valueCode": "error"}]})])},
        {"a.json": bundle([*(each for what, each in resources(facts()).items() if what != "platelets"), platelets("p", 88)])},
    ),
    # -- contained in whatever
    "a diagnosis inside an order": (contained("ServiceRequest", diagnosed(VEIN), reasonReference=[to("#inner")]), contained("ServiceRequest", diagnosed(OTHER), reasonReference=[to("#inner")])),
    "a diagnosis inside a document": (contained("DocumentReference", diagnosed(VEIN)), contained("DocumentReference", diagnosed(OTHER))),
    "a result inside a plan": (contained("CarePlan", sodium(120)), contained("CarePlan", sodium(137))),
    "a refutation inside an impression": (contained("ClinicalImpression", diagnosed("C22.0")), contained("ClinicalImpression", refuted())),
    # -- named in whatever
    "why a drug was stopped": both("MedicationRequest", **DRUG, status="stopped", intent="order", statusReason="HERE"),
    "a detected issue": both("DetectedIssue", status="final", patient=ME, code="HERE"),
    "a structure of the body": both("BodyStructure", patient=ME, morphology="HERE"),
    "the reason of a picture": both("Media", status="completed", subject=ME, content={}, reasonCode=["HERE"]),
    "why a vaccine was not given": both("Immunization", status="not-done", patient=ME, vaccineCode=concept("x"), occurrenceString="x", statusReason="HERE"),
    "what a plan addresses": both("CarePlan", status="active", intent="plan", subject=ME, activity=[{"detail": {"status": "scheduled", "reasonCode": ["HERE"]}}]),
    "the reaction to a drug": both("AllergyIntolerance", patient=ME, code=concept("B01AC06", ATC), reaction=[{"manifestation": ["HERE"]}]),
    "the reason of a stay that was called off": both("Encounter", status="cancelled", subject=ME, reasonCode=["HERE"], **{"class": {"code": "IMP"}}),
    "what a vaccine is against": (
        named("Condition", VEIN, subject=ME, code="HERE"),
        named("Immunization", VEIN, status="completed", patient=ME, vaccineCode=concept("x"), occurrenceString="x", protocolApplied=[{"targetDisease": ["HERE"], "doseNumberPositiveInt": 1}]),
    ),
    "a risk is no diagnosis": (
        named("ClinicalImpression", VEIN, status="completed", subject=ME, finding=[{"itemCodeableConcept": "HERE"}]),
        named("RiskAssessment", VEIN, status="final", subject=ME, prediction=[{"outcome": "HERE"}]),
    ),
}  # fmt: skip


def test_what_others_say_against_a_record_lets_nobody_in_and_its_twin_does(tmp_path: Path) -> None:
    told: dict[str, list[Observation]] = {}
    incomplete: dict[str, Any] = {}
    for index, (shape, sides) in enumerate(SHAPES.items()):
        for side, files in zip(("attacked", "twin"), sides, strict=True):
            who = f"{shape}: {side}"
            reading = read(written(tmp_path / f"{index}{side}", files))
            told[who] = [replace(each, subject=who) for each in reading if each.subject == NAME]
            if not reading.report.complete:
                incomplete[who] = reading.report.lacking
    verdicts = everywhere(eligibility(), told)
    assert not incomplete
    assert [who for who, said in verdicts.items() if (said is ELIGIBLE) != who.endswith(": twin")] == []


def test_a_stay_that_was_called_off_is_no_sign_that_nobody_is_in_hospital(tmp_path: Path) -> None:
    told = {}
    for status in ("cancelled", "planned", "finished"):
        path = tmp_path / f"{status}.json"
        path.write_text(json.dumps(resource("Encounter", status=status, period={"start": "2026-10-29"}, **{"class": {"code": "IMP"}})))  # fmt: skip
        (told[status],) = (each.presence.value for each in read(path) if each.code == "encounter")
    assert told == {"cancelled": "not-final", "planned": "unknown", "finished": "present"}


def test_other_files_of_a_reading_take_back_too_whatever_their_order(tmp_path: Path) -> None:
    """The report in error stands in another file, in lines or in a bundle, before or after the result."""
    lines = "\n".join(json.dumps(each) for each in resources(facts()).values())
    found = []
    for first, second in (("a", "b"), ("b", "a")):
        folder = tmp_path / first
        folder.mkdir()
        (folder / f"{first}.ndjson").write_text(lines + "\n")
        (folder / f"{second}.json").write_text(json.dumps(bundle([report("entered-in-error")])))
        found.append([each.problems for each in read(folder) if each.code == "777-3"])
    assert found[0] == found[1]
    assert all(problems for problems in found[0])


@pytest.mark.parametrize(
    "strange", [{}, [], ["final"], {"status": "final"}, 7, None, True, ["entered-in-error", {}]]
)
def test_whatever_stands_where_a_status_should_be_the_rest_is_read(strange: Any, tmp_path: Path) -> None:
    holders = [report("final"), panel("final"), document("final"), provenance("CREATE")]
    told = [{**each, "status": strange, "activity": strange, "target": strange} for each in holders]
    told += [{**each, "result": strange, "hasMember": strange, "section": strange, "relatesTo": strange, "extension": strange} for each in holders]  # fmt: skip
    path = tmp_path / "a.json"
    path.write_text(json.dumps(bundle([*resources(facts()).values(), *told])))
    reading = read(path)
    assert {"777-3", "2951-2"} <= {each.code for each in reading}
    assert not reading.report.unread
