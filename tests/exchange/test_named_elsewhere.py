"""What a hospital says elsewhere than where a criterion looks: in reports, reasons, bills, forms, remarks, of a part alone, under a system that nobody knows.

Each shape is attacked and has a twin in which everything is proven: ``attacked`` is never ELIGIBLE (or the reading says that it is not
complete), ``twin`` always is, and complete. Evaluator, DuckDB and SQLite agree on all of them. The person is synthetic.
"""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from dataset_samples import history, laboratory, transport
from one_person import (
    AS_OF,
    ELIGIBLE,
    HPO,
    ICD10,
    LOINC,
    NAME,
    bundle,
    criteria,
    everywhere,
    facts,
    resources,
)

from proband.exchange.reading import read
from proband.facts.observation import Observation, Presence
from proband.programme.eligibility import Eligibility
from proband.screening.verdict import Screening

Resource = dict[str, Any]
Files = dict[str, Any]
SNOMED = "http://snomed.info/sct"
ATC = "http://www.whocc.no/atc"
ME = {"reference": f"Patient/{NAME}"}
VEIN, OTHER = "I81", "K76.0"
"""A thrombosis of the portal vein, about which the record may be silent; and a fatty liver, for which nobody asks."""


#: in HPO, in which the person's own "no" stands, and in ICD-10, in which the silent questions are asked: a record in HPO alone is no silence about those
PERITONITIS = {"coding": [{"system": HPO, "code": "HP:0002586"}, {"system": ICD10, "code": "K65.9"}]}


@cache
def eligibility() -> Eligibility:
    """The criteria of the person, and three about which silence means no."""
    plain = criteria().model_dump(mode="json", exclude_unset=True)
    silent = [
        ("vein", [{"system": "ICD-10", "code": VEIN}, {"system": "SNOMED", "code": "17920008"}], None),
        ("diabetes", [{"system": "ICD-10", "code": "E11.2"}, {"system": "SNOMED", "code": "127013003"}], None),
        ("thinner", [{"system": "ATC", "code": "B01AA03"}], {"start": "-14 d"}),
    ]  # fmt: skip
    for name, codes, window in silent:
        more = {} if window is None else {"window": window}
        plain["observables"].append(
            {
                "id": name,
                "label": name,
                "type": "boolean",
                "absent": "no",
                "no_means": "now",
                "codes": codes,
                **more,
            }
        )
        plain["criteria"].append(
            {"id": f"N-{name}", "kind": "exclude", "purpose": "safety", "reason": "a test", "when": name}
        )
    return Eligibility.model_validate(plain)


def concept(code: str, system: str | None = ICD10, **more: Any) -> Resource:
    """A CodeableConcept."""
    return {"coding": [{"code": code, **({"system": system} if system else {})}], **more}


def resource(kind: str, name: str = "x", **elements: Any) -> Resource:
    """A resource about the person."""
    about = (
        "patient" if kind in {"Claim", "ExplanationOfBenefit", "EpisodeOfCare", "Immunization"} else "subject"
    )
    return {"resourceType": kind, "id": name, about: ME, **elements}


def beside(*further: Resource) -> Files:
    """The person with further resources."""
    return {"a.json": bundle([*resources(facts()).values(), *further])}


def changed(what: str, *further: Resource, **more: Any) -> Files:
    """The person, one resource of whom has other elements; ``None`` takes an element away."""
    given = resources(facts())
    given[what] = {key: value for key, value in {**given[what], **more}.items() if value is not None}
    return {"a.json": bundle([*given.values(), *further])}


def instead(what: str, *further: Resource) -> Files:
    """The person without one resource, and others in its place."""
    return {
        "a.json": bundle([each for name, each in resources(facts()).items() if name != what] + list(further))
    }


def condition(code: Any, **more: Any) -> Resource:
    """A confirmed condition of the person."""
    verified = concept("confirmed", "http://terminology.hl7.org/CodeSystem/condition-ver-status")
    return resource(
        "Condition",
        "c-1",
        **{"verificationStatus": verified, "code": code, "recordedDate": "2026-10-20", **more},
    )


def refuted(**more: Any) -> Resource:
    """Liver cancer refuted."""
    return condition(
        concept("C22.0", **more.pop("words", {})),
        verificationStatus=concept("refuted", "http://terminology.hl7.org/CodeSystem/condition-ver-status"), recordedDate="2026-10-30", **more,
    )  # fmt: skip


def pair(make: Any, attacked: Any, twin: Any) -> tuple[Files, Files]:
    return make(attacked), make(twin)


def named(kind: str, element: str, **more: Any) -> tuple[Files, Files]:
    """A thrombosis, or a fatty liver, named in an element of another resource."""

    def make(code: str) -> Files:
        outer, _, inner = element.partition(".")
        held: Any = concept(code)
        held = (
            [{inner: held}]
            if inner and not inner.endswith("[]")
            else [{inner[:-2]: [held]}]
            if inner
            else held
            if element in {"code", "event"}
            else [held]
        )
        return beside(resource(kind, **{outer: held, **more}))

    return pair(make, VEIN, OTHER)


def asked(answer: Resource, *further: Resource, link: str = "q7", **more: Any) -> Files:
    """A form of the hospital's own with one answered question."""
    form = {
        "questionnaire": "https://clinic.example/Questionnaire/admission", "status": "completed", "authored": "2026-10-31",
        "item": [{"linkId": link, "text": "Clot in the vein of the liver?", "answer": [answer]}], **more,
    }  # fmt: skip
    return beside(resource("QuestionnaireResponse", **form), *further)


def form(code: str, link: str = "q7", **more: Any) -> Resource:
    """The form that says what its question asks for."""
    return {
        "resourceType": "Questionnaire", "id": "admission", "url": "https://clinic.example/Questionnaire/admission", "status": "active",
        "item": [{"linkId": "g", "type": "group", "item": [{"linkId": link, "type": "boolean", "code": [{"system": ICD10, "code": code}]}]}], **more,
    }  # fmt: skip


def noted(words: str, what: str = "platelets", element: str = "note") -> Files:
    """A remark beside a result."""
    return changed(what, **{element: [{"text": words}]})


def drug(kind: str, status: str, code: str = "B01AA03", **more: Any) -> Files:
    """An order, a statement or a hand-over of a drug."""
    given = {"intent": "order"} if kind == "MedicationRequest" else {}
    return beside(
        resource(kind, status=status, medicationCodeableConcept=concept(code, ATC), **given, **more)
    )


def stay(whose: str, *, what: str = "platelets") -> Files:
    """A result recorded during a stay of somebody."""
    other = {"resourceType": "Patient", "id": "synthetic-2", "birthDate": "1950-01-01"}
    visit = {
        "resourceType": "Encounter", "id": "e-1", "status": "finished", "subject": {"reference": f"Patient/{whose}"},
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"}, "period": {"start": "2026-10-29", "end": "2026-10-31"},
    }  # fmt: skip
    return changed(what, visit, other, encounter={"reference": "Encounter/e-1"})


def specimen(**more: Any) -> Files:
    """A result with a specimen of its own."""
    blood = resource("Specimen", "s-1", type=concept("119297000", SNOMED), **more)
    return changed("platelets", blood, specimen={"reference": "Specimen/s-1"})


STATUS = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
#: name → (attacked, twin)
SHAPES: dict[str, tuple[Files, Files]] = {
    # -- diagnoses named elsewhere
    "a report concludes it": named("DiagnosticReport", "conclusionCode", status="final", code=concept("24627-2", LOINC), effectiveDateTime="2026-10-31"),
    "an old report concludes it": named("DiagnosticReport", "conclusionCode", status="final", code=concept("24627-2", LOINC), effectiveDateTime="2021-03-01"),
    "a report without a day concludes it": named("DiagnosticReport", "conclusionCode", status="amended", code=concept("24627-2", LOINC)),
    "a report concludes it after the no": (
        beside(resource("DiagnosticReport", status="final", code=concept("x"), conclusionCode=[PERITONITIS], effectiveDateTime="2026-10-31")),
        beside(resource("DiagnosticReport", status="final", code=concept("x"), conclusionCode=[PERITONITIS], effectiveDateTime="2026-10-29")),
    ),
    "a report concludes a finer code": pair(lambda code: beside(resource("DiagnosticReport", status="final", code=concept("x"), conclusionCode=[concept(code)])), "E11.21", "E11.9"),
    "a report concludes a category": pair(lambda code: beside(resource("DiagnosticReport", status="final", code=concept("x"), conclusionCode=[concept(code)])), "E11", "E10"),
    "a report concludes it in SNOMED CT": pair(lambda code: beside(resource("DiagnosticReport", status="final", code=concept("x"), conclusionCode=[concept(code, SNOMED)])), "17920008", "17621005"),
    "a report that is withdrawn concludes it": (
        beside(resource("DiagnosticReport", status="final", code=concept("x"), conclusionCode=[concept(VEIN)])),
        beside(resource("DiagnosticReport", status="entered-in-error", code=concept("x"), conclusionCode=[concept(VEIN)])),
    ),
    "the reason of a stay": named("Encounter", "reasonCode", status="finished", period={"start": "2026-09-01", "end": "2026-09-09"}, **{"class": {"code": "IMP"}}),
    "the reason of a procedure": named("Procedure", "reasonCode", status="completed", code=concept("18027006", SNOMED), performedDateTime="2025-01-01"),
    "the complication of a procedure": named("Procedure", "complication", status="completed", code=concept("18027006", SNOMED), performedDateTime="2025-01-01"),
    "the reason of an order": named("ServiceRequest", "reasonCode", status="active", intent="order", code=concept("x"), authoredOn="2026-10-01"),
    "the reason of a drug": named("MedicationStatement", "reasonCode", status="active", medicationCodeableConcept=concept("C07AA05", ATC), effectiveDateTime="2026-10-01"),
    "the reason of a picture": named("ImagingStudy", "reasonCode", status="available", started="2026-10-01"),
    "the reason of a prescription": named("MedicationRequest", "reasonCode", status="active", intent="order", medicationCodeableConcept=concept("C07AA05", ATC), authoredOn="2026-10-01"),
    "a bill": named("Claim", "diagnosis.diagnosisCodeableConcept", status="active", created="2026-09-01"),
    "an account of a bill": named("ExplanationOfBenefit", "diagnosis.diagnosisCodeableConcept", status="active", created="2026-09-01"),
    "an impression": named("ClinicalImpression", "finding.itemCodeableConcept", status="completed", date="2026-10-01"),
    "a flag": named("Flag", "code", status="active", period={"start": "2026-01-01"}),
    "evidence of another condition": named("Condition", "evidence.code[]", code=concept("K74.6"), recordedDate="2026-10-01"),
    "an adverse event": named("AdverseEvent", "event", actuality="actual", date="2026-08-01"),
    "a diagnosis as the value of a result": pair(
        lambda code: beside(resource("Observation", status="final", code=concept("29308-4", LOINC), valueCodeableConcept=concept(code), effectiveDateTime="2026-10-01")), VEIN, OTHER
    ),
    "a diagnosis as the value of a part": pair(
        lambda code: beside(resource("Observation", status="final", code=concept("11450-4", LOINC), component=[{"code": concept("29308-4", LOINC), "valueCodeableConcept": concept(code)}])),
        VEIN, OTHER,
    ),
    "a diagnosis of a relative as a value": (
        beside(resource("Observation", status="final", code=concept("29308-4", LOINC), valueCodeableConcept=concept(VEIN))),
        beside(resource("Observation", status="final", code=concept("10157-6", LOINC), valueCodeableConcept=concept(VEIN))),
    ),
    "a result inside a report": (
        beside(resource("DiagnosticReport", status="final", code=concept("x"), contained=[{"resourceType": "Observation", "id": "o", "status": "final", "code": concept("29308-4", LOINC), "valueCodeableConcept": concept(VEIN)}])),
        beside(resource("DiagnosticReport", status="final", code=concept("x"), contained=[{"resourceType": "Observation", "id": "o", "status": "final", "code": concept("29308-4", LOINC), "valueCodeableConcept": concept(OTHER)}])),
    ),
    "a report that a later no answers": (
        beside(condition(concept(VEIN), recordedDate="2026-10-01")),
        beside(resource("DiagnosticReport", status="final", code=concept("x"), conclusionCode=[concept(VEIN)], effectiveDateTime="2026-10-01"),
               resource("Observation", "n-1", status="final", code=concept(VEIN), valueBoolean=False, effectiveDateTime="2026-11-01"),
               resource("Observation", "n-2", status="final", code=concept("17920008", SNOMED), valueBoolean=False, effectiveDateTime="2026-11-01")),
    ),
    # -- code systems
    "a finer code than is asked for": pair(lambda code: beside(condition(concept(code))), "I81.0", OTHER),
    "a finer code than is asked for, not confirmed": pair(lambda code: beside(condition(concept(code), verificationStatus=concept("provisional", STATUS))), "E11.21", "E11.9"),
    "a finer code in words of another form": pair(lambda code: beside(condition(concept(code, "http://fhir.de/CodeSystem/bfarm/icd-10-gm"))), "I81.0G", "K760"),
    "a system that is not known": pair(lambda code: beside(condition(concept(code, "urn:oid:1.2.276.0.76.5.9999"))), VEIN, OTHER),
    "a system that is not known, another spelling": pair(lambda code: beside(condition(concept(code, "https://clinic.example/diagnoses"))), "E1121", "E109"),
    "no system at all": pair(lambda code: beside(condition(concept(code, None))), VEIN, OTHER),
    "a report under a system that is not known": pair(lambda code: beside(resource("DiagnosticReport", status="final", code=concept("x"), conclusionCode=[concept(code, "urn:oid:1.2.3.4")])), "I81.0", OTHER),
    "a diagnosis in words": (beside(condition({"text": "Pfortaderthrombose"})), beside(condition({**concept(OTHER), "text": "Fettleber"}))),
    "suspected in words": (
        instead("cancer", condition(concept("C22.0"), verificationStatus={"text": "ausgeschlossen?"})),
        instead("cancer", refuted()),
    ),
    # -- forms
    "a question under the form's own name": (asked({"valueBoolean": True}), beside()),
    "a question under the form's own name, answered no": (asked({"valueBoolean": False}), beside()),
    "a question whose form says what it asks": (asked({"valueBoolean": True}, form(VEIN)), asked({"valueBoolean": True}, form(OTHER))),
    "a question answered no, whose form says what it asks": (asked({"valueBoolean": False}), asked({"valueBoolean": False}, form(VEIN))),
    "a question answered by a diagnosis": (asked({"valueCoding": {"system": ICD10, "code": VEIN}}, form("Z00")), asked({"valueCoding": {"system": ICD10, "code": OTHER}}, form("Z00"))),
    "a form inside the answers": (
        asked({"valueBoolean": True}, questionnaire="#f", contained=[{**form(VEIN), "id": "f"}]),
        asked({"valueBoolean": True}, questionnaire="#f", contained=[{**form(OTHER), "id": "f"}]),
    ),
    "a no that the form asked for": (
        asked({"valueBoolean": True}, form("C22.0")),
        asked({"valueBoolean": False}, form("C22.0")),
    ),
    "two forms of one name": (asked({"valueBoolean": False}, form("C22.0"), form(VEIN, id="other")), asked({"valueBoolean": False}, form(VEIN), form(VEIN, id="other"))),
    "a form that is not finished": (asked({"valueBoolean": True}, form(VEIN), status="stopped"), asked({"valueBoolean": True}, form(VEIN), status="entered-in-error")),
    # -- remarks
    "wrong patient": (noted("WRONG PATIENT, please disregard"), noted("fasting; taken from the left arm")),
    "entered in error": (noted("this was entered in error", "cancer"), noted("not entered in error: checked twice", "cancer")),
    "verwechselt": (noted("Probe vertauscht"), noted("Kein Hinweis auf Verwechslung")),
    "another person's": (noted("result belongs to another patient", "sodium"), noted("the patient was accompanied by another person", "sodium")),
    "par erreur": (noted("saisi par erreur", "creatinine"), noted("prélevé à jeun", "creatinine")),
    "por error": (noted("registrado por error", "peritonitis"), noted("paciente en ayunas", "peritonitis")),
    "a remark on a refutation": (instead("cancer", refuted(note=[{"text": "mixed up with another chart"}])), instead("cancer", refuted(note=[{"text": "by CT and MRI"}]))),
    "a specimen that is unfit": (specimen(status="unsatisfactory"), specimen(status="available")),
    "a specimen that is haemolysed": (specimen(condition=[concept("HEM", "http://terminology.hl7.org/CodeSystem/v2-0493")]), specimen(condition=[concept("ROOM", "http://terminology.hl7.org/CodeSystem/v2-0493")])),
    "a specimen that was mislabelled": (specimen(note=[{"text": "tube mislabelled"}]), specimen(note=[{"text": "tube full"}])),
    # -- whose
    "a stay of another patient": (stay("synthetic-2"), stay(NAME)),
    "a stay of another patient, of a no": (stay("synthetic-2", what="cancer"), stay(NAME, what="cancer")),
    # -- a "no" of a part
    "a no of one place": (changed("cancer", bodySite=concept("90725004", SNOMED, text="Left lobe of liver")), changed("cancer", bodySite=concept("38266002", SNOMED))),
    "a no of one place without words": (changed("cancer", bodySite=concept("90725004", SNOMED)), changed("cancer")),
    "a refutation of one place": (instead("cancer", refuted(bodySite=[{"text": "left lobe of liver"}])),
                                  instead("cancer", refuted(words={"text": "Liver cell carcinoma"}, bodySite=[{"text": "Liver structure"}]))),
    "a refutation of one severity": (instead("peritonitis", {**refuted(severity={"text": "severe"}), "code": concept("HP:0002586", HPO)}),
                                     instead("peritonitis", {**refuted(), "code": concept("HP:0002586", HPO)})),
    "a refutation of one stage": (instead("cancer", refuted(stage=[{"summary": {"text": "BCLC C"}}])), instead("cancer", refuted())),
    "a no of a part beside that of the whole": (
        instead("cancer", resource("Observation", "p", status="final", code=concept("C22.0"), valueBoolean=False, effectiveDateTime="2026-10-31", bodySite=concept("1", SNOMED))),
        beside(resource("Observation", "p", status="final", code=concept("C22.0"), valueBoolean=False, effectiveDateTime="2026-10-31", bodySite=concept("1", SNOMED))),
    ),
    # -- drugs that are still taken
    "a drug ordered long ago": (drug("MedicationRequest", "active", authoredOn="2026-01-05"), drug("MedicationRequest", "active", "C07AA05", authoredOn="2026-01-05")),
    "a drug taken since long ago": (drug("MedicationStatement", "active", effectiveDateTime="2020-01-05"), drug("MedicationStatement", "not-taken", effectiveDateTime="2026-10-30")),
    "a drug taken through a period": (drug("MedicationStatement", "completed", effectivePeriod={"start": "2026-01-05", "end": "2026-10-30"}),
                                      drug("MedicationStatement", "completed", effectivePeriod={"start": "2026-01-05", "end": "2026-03-30"})),
    "a drug whose end is not told": (drug("MedicationStatement", "completed", effectiveDateTime="2026-10-01"), drug("MedicationStatement", "entered-in-error", effectiveDateTime="2026-10-01")),
    "a drug handed over": (drug("MedicationDispense", "completed", whenHandedOver="2026-10-25"), drug("MedicationDispense", "entered-in-error", whenHandedOver="2026-10-25")),
}  # fmt: skip


def written(folder: Path, files: Files) -> Path:
    folder.mkdir(parents=True)
    for file, content in files.items():
        (folder / file).write_text(json.dumps(content))
    return folder


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_said_elsewhere_lets_nobody_in_and_its_twin_does(shape: str, tmp_path: Path) -> None:
    screening = Screening(eligibility())
    for name, files in zip(("attacked", "twin"), SHAPES[shape], strict=True):
        reading = read(written(tmp_path / name, files))
        found = screening.verdict(
            [each for each in reading if each.subject == NAME], AS_OF, look_ahead=False
        ).outcome
        if name == "twin":
            assert (found, reading.report.complete) == (ELIGIBLE, True), reading.report.lacking
        else:
            assert found is not ELIGIBLE or not reading.report.complete
            if not reading.report.lacking:
                assert found is not ELIGIBLE


def test_engines_agree_on_all_of_them(tmp_path: Path) -> None:
    people: dict[str, list[Observation]] = {}
    for index, (shape, sides) in enumerate(SHAPES.items()):
        for name, files in zip(("attacked", "twin"), sides, strict=True):
            found = [
                each for each in read(written(tmp_path / f"{index}{name}", files)) if each.subject == NAME
            ]
            people[f"{shape}: {name}"] = [replace(each, subject=f"{shape}: {name}") for each in found]
    everywhere(eligibility(), people)


def test_a_mention_is_counted_nowhere_and_dates_nothing() -> None:
    """What is only mentioned answers no count, no date and no level: two stays for one reason are not two events."""
    plain = copy.deepcopy(eligibility().model_dump(mode="json", exclude_unset=True))
    plain["observables"] = [
        {"id": "times", "label": "times", "type": "number", "aggregate": "count", "codes": [{"system": "ICD-10", "code": VEIN}]}
    ]  # fmt: skip
    plain["criteria"] = [
        {"id": "T", "kind": "include", "purpose": "safety", "reason": "a test", "when": "times >= 1"}
    ]
    found = read_facts(
        named(
            "Encounter",
            "reasonCode",
            status="finished",
            period={"start": "2026-09-01"},
            **{"class": {"code": "IMP"}},
        )[0]
    )
    assert any(each.code == f"mentioned.ICD-10|{VEIN}" for each in found)
    judged = Screening(Eligibility.model_validate(plain)).verdict(found, AS_OF, look_ahead=False)
    assert judged.outcome is not ELIGIBLE


def read_facts(files: Files) -> list[Observation]:
    """The facts of some files."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        return list(read(written(Path(folder) / "x", files)))


def test_an_answer_that_a_programme_asks_for_by_its_name_is_seen(tmp_path: Path) -> None:
    reading = read(written(tmp_path / "x", asked({"valueBoolean": True})))
    list(reading)
    assert dict(reading.report.own_names) == {"Proband|item.q7": 1}
    complete = [reading.report.complete]
    reading.report.asked = frozenset({"Proband|item.q7"})
    assert [*complete, reading.report.complete] == [False, True]


def told_in(folder: Path, what: str, narrowed: bool) -> list[Observation]:
    """A "no" in a phenopacket or in a dataset, of the whole or of a part."""
    folder.mkdir(parents=True, exist_ok=True)
    more: dict[str, Any] = {}
    if what.startswith("MH"):
        more = {what: "LEFT"} if narrowed else {}
        row = history(
            USUBJID="P",
            MHTERM="Infection",
            MHDECOD="",
            MHPRESP="Y",
            MHOCCUR="N",
            MHSTAT="",
            MHDTC="2026-10-30",
            MHSTDTC="",
            **more,
        )
        (folder / "mh.xpt").write_bytes(transport({"MH": [row]}))
        return list(read(folder / "mh.xpt"))
    part = {
        "severity": {"id": "HP:0012828", "label": "Severe"},
        "modifiers": [{"id": "HP:0012835", "label": "Left"}],
    }
    more = {what: part[what]} if narrowed else {}
    feature = {"type": {"id": "HP:0002586", "label": "Peritonitis"}, "excluded": True, **more}
    packet = {
        "id": "P",
        "phenotypicFeatures": [feature],
        "metaData": {"created": "2026-10-31T00:00:00Z", "createdBy": "t", "phenopacketSchemaVersion": "2.0"},
    }
    (folder / "p.json").write_text(json.dumps(packet))
    return list(read(folder / "p.json"))


@pytest.mark.parametrize("what", ["severity", "modifiers", "MHLOC", "MHLAT", "MHSEV"])
def test_a_no_of_a_part_is_none_of_the_whole_in_other_forms(what: str, tmp_path: Path) -> None:
    for name, narrowed, presence in (
        ("whole", False, Presence.ABSENT),
        ("part", True, Presence.NOT_APPLICABLE),
    ):
        found = [
            each
            for each in told_in(tmp_path / name, what, narrowed)
            if each.code in {"HP:0002586", "MH.INFECTION"}
        ]
        assert [each.presence for each in found] == [presence]


@pytest.mark.parametrize(("change", "doubt"), [({"LBSPEC": "URINE", "LBLOINC": "2160-0"}, True), ({"LBSPEC": "SERUM", "LBLOINC": "2160-0"}, False),
                                               ({"LBSPCCND": "HEMOLYZED"}, True), ({"LBSPCCND": "FRESH"}, False)])  # fmt: skip
def test_a_specimen_that_contradicts_the_code_or_is_unfit_is_doubted_in_datasets(
    change: dict[str, str], doubt: bool, tmp_path: Path
) -> None:
    row = laboratory(
        USUBJID="P",
        LBTESTCD="CREAT",
        LBORRES="0.9",
        LBORRESU="mg/dL",
        LBSTRESC="",
        LBSTRESN=None,
        LBSTRESU="",
        **change,
    )
    (tmp_path / "lb.xpt").write_bytes(transport({"LB": [row]}))
    assert any(each.problems for each in read(tmp_path / "lb.xpt")) is doubt


def test_a_remark_in_a_phenopacket_takes_a_feature_or_a_measurement_back(tmp_path: Path) -> None:
    measured = {
        "assay": {"id": "LOINC:2160-0", "label": "Creatinine"},
        "value": {"quantity": {"unit": {"id": "UCUM:mg/dL", "label": "mg/dL"}, "value": 0.9}},
    }
    for words, doubted in (("wrong patient", True), ("taken at home", False)):
        packet = {"id": "P", "measurements": [{**measured, "description": words}],
                  "phenotypicFeatures": [{"type": {"id": "HP:0002586", "label": "Peritonitis"}, "description": words}],
                  "metaData": {"created": "2026-10-31T00:00:00Z", "createdBy": "t", "phenopacketSchemaVersion": "2.0"}}  # fmt: skip
        (tmp_path / "p.json").write_text(json.dumps(packet))
        found = [each for each in read(tmp_path / "p.json") if each.system in {"LOINC", "HPO"}]
        assert [bool(each.problems) for each in found] == [doubted, doubted]
