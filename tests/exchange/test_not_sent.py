"""What the files say is on record and do not hold; what stands beside a result, a person or a drug and changes what it means: FHIR.

Each shape is attacked and has a twin in which everything is proven. What is not here makes a reading incomplete; what is doubted lets nobody be
ELIGIBLE; the twin always is, and complete. Evaluator, DuckDB and SQLite agree. The person is synthetic.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from one_person import ELIGIBLE, LOINC, NAME, UCUM, bundle, everywhere, facts, resources
from test_named_elsewhere import (
    ATC,
    ME,
    OTHER,
    SNOMED,
    Files,
    Resource,
    beside,
    changed,
    concept,
    condition,
    eligibility,
    form,
    instead,
    resource,
    written,
)

from proband.exchange.reading import read
from proband.facts.deaths import DEATH_KEYS
from proband.facts.observation import Observation

OWN = f"Observation/{NAME}-platelets"
SENT = {**condition(concept(OTHER)), "id": "c-9"}
HL7 = "http://terminology.hl7.org/CodeSystem"


def to(reference: str, **more: Any) -> Resource:
    return {"reference": reference, **more}


def both(make: Any, gone: str = "Condition/gone", here: str = "Condition/c-9") -> tuple[Files, Files]:
    """A resource that names something which no file holds, and the same of something that stands here."""
    return beside(make(to(gone))), beside(make(to(here)), SENT)


def stay(**more: Any) -> Resource:
    return resource("Encounter", "e-1", **{"status": "finished", "class": {"code": "IMP"}, "period": {"start": "2026-09-01", "end": "2026-09-03"}, **more})  # fmt: skip


def document(entry: Resource) -> Resource:
    section = [{"title": "x", "section": [{"title": "Problems", "entry": [entry]}]}]
    return {"resourceType": "Composition", "id": "d", "status": "final", "type": concept("11503-0", LOINC), "date": "2026-10-31", "title": "x",
            "author": [{"display": "x"}], "subject": ME, "section": section}  # fmt: skip


def second(content: Any) -> Files:
    """The person in one file, and another beside it."""
    return {**beside(), "b.json": content}


def outcome(severity: str, code: str) -> Resource:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": code}]}


def answered(status: str, **entry: Any) -> Resource:
    return {"resourceType": "Bundle", "type": "batch-response", "entry": [{"response": {"status": status}, **entry}]}  # fmt: skip


def whole(**elements: Any) -> Files:
    """The bundle of the person with elements of its own."""
    found = beside()
    found["a.json"] |= elements
    return found


VALUES = f"{HL7}/v3-ObservationValue"
#: name → (something is said to be on record and is not here, the twin in which it is)
NOT_HERE: dict[str, tuple[Files, Files]] = {
    "the diagnosis of a stay": both(lambda at: stay(diagnosis=[{"condition": at}])),
    "the diagnosis of a stay, by an address": both(lambda at: stay(diagnosis=[{"condition": at}]), "https://a.example/fhir/Condition/gone", "https://a.example/fhir/Condition/c-9"),
    "the diagnosis of a stay, in a version": both(lambda at: stay(diagnosis=[{"condition": at}]), "Condition/gone/_history/2", "Condition/c-9/_history/2"),
    "the diagnosis of a stay, in words": (beside(stay(diagnosis=[{"condition": {"display": "Portal vein thrombosis"}}])), beside(stay(diagnosis=[{"condition": to("Condition/c-9", display="Fatty liver")}]), SENT)),
    "the reason of a stay": both(lambda at: stay(reasonReference=[at])),
    "the reason of a procedure": both(lambda at: resource("Procedure", status="completed", code=concept("1", SNOMED), reasonReference=[at])),
    "an episode": both(lambda at: resource("EpisodeOfCare", status="active", diagnosis=[{"condition": at}])),
    "a bill": both(lambda at: resource("Claim", status="active", created="2026-10-01", diagnosis=[{"sequence": 1, "diagnosisReference": at}])),
    "a plan": both(lambda at: resource("CarePlan", status="active", intent="plan", addresses=[at])),
    "a list of problems": both(lambda at: resource("List", status="current", mode="working", entry=[{"item": at}])),
    "a section of a document": both(document),
    "a result of a report": both(lambda at: resource("DiagnosticReport", status="final", code=concept("58410-2", LOINC), effectiveDateTime="2026-10-30", result=[at]), "Observation/gone", OWN),
    "a member of a panel": both(lambda at: resource("Observation", "pan", status="final", code=concept("58410-2", LOINC), effectiveDateTime="2026-10-31", hasMember=[at]), "Observation/gone", OWN),
    "a drug": (
        beside(resource("MedicationStatement", status="active", medicationReference=to("Medication/gone"))),
        beside(resource("MedicationStatement", status="active", medicationReference=to("Medication/m")), {"resourceType": "Medication", "id": "m", "code": concept("C07AA05", ATC)}),
    ),
    "a drug in words": (
        beside(resource("MedicationStatement", status="active", medicationCodeableConcept={"text": "warfarin 5 mg"})),
        beside(resource("MedicationStatement", status="active", medicationCodeableConcept=concept("C07AA05", ATC))),
    ),
    "a conclusion in words": (
        beside(resource("DiagnosticReport", status="final", code=concept("x"), conclusionCode=[{"text": "thrombosis"}])),
        beside(resource("DiagnosticReport", status="final", code=concept("x"), conclusionCode=[concept(OTHER, text="fatty liver")])),
    ),
    "results held back": (second(outcome("warning", "suppressed")), second(outcome("information", "informational"))),
    "an error of the export": (second(outcome("error", "exception")), second(outcome("warning", "business-rule"))),
    "an outcome inside a search": (
        second({"resourceType": "Bundle", "type": "searchset", "entry": [{"search": {"mode": "outcome"}, "resource": outcome("error", "timeout")}]}),
        second({"resourceType": "Bundle", "type": "searchset", "entry": [{"search": {"mode": "outcome"}, "resource": outcome("information", "not-found")}]}),
    ),
    "a request that was refused": (second(answered("403 Forbidden")), second(answered("200 OK", resource=SENT))),
    "a request for what is gone": (second(answered("410 Gone")), second(answered("304"))),
    "a bundle of a part": (whole(meta={"tag": [{"system": VALUES, "code": "SUBSETTED"}]}), whole(meta={"tag": [{"system": VALUES, "code": "UNCERTREL"}]})),
    "rules of its own": (whole(implicitRules="https://x.example/rules"), whole(language="en")),
}  # fmt: skip

NUMBER = [{"system": "urn:mrn", "value": "M-77"}]
P2: Resource = {"resourceType": "Patient", "id": "p2", "birthDate": "1974-05-20", "gender": "male"}
SODIUM2 = {**resources(facts())["sodium"], "id": "na-2", "subject": to("Patient/p2"), "effectiveDateTime": "2026-10-31",
           "valueQuantity": {"value": 120, "unit": "mmol/L", "code": "mmol/L", "system": UCUM}}  # fmt: skip


def interpreted(what: str, code: str, fine: str) -> tuple[Files, Files]:
    system = f"{HL7}/v3-ObservationInterpretation"
    attacked, twin = (changed(what, interpretation=[concept(each, system)]) for each in (code, fine))
    return attacked, twin


def labelled(what: str, code: str) -> tuple[Files, Files]:
    return changed(what, meta={"security": [{"system": VALUES, "code": code}]}), changed(what, meta={"security": [{"system": VALUES, "code": "UNCERTREL"}]})  # fmt: skip


def called(what: str, code: str, words: str, fine: str, *, display: bool = False) -> tuple[Files, Files]:
    """A result whose own words say of what it is."""
    attacked, twin = (
        changed(what, code={"coding": [{"system": LOINC, "code": code, **({"display": each} if display else {})}], **({} if display else {"text": each})})
        for each in (words, fine)
    )  # fmt: skip
    return attacked, twin


def said_of_birth(url: str, attacked: Resource, twin: Resource) -> tuple[Files, Files]:
    given = (changed("born", _birthDate={"extension": [{"url": url, **each}]}) for each in (attacked, twin))
    return next(given), next(given)


def taken(*further: Resource, **more: Any) -> Files:
    return beside(*further, resource("MedicationStatement", "ms", status="active", effectiveDateTime="2026-10-20", **more))  # fmt: skip


def product(ingredient: Resource, **more: Any) -> Resource:
    return {"resourceType": "Medication", "id": "m", **more, "ingredient": [ingredient]}


def with_ingredient(code: str) -> Files:
    return taken(product({"itemCodeableConcept": concept(code, ATC)}, code={"text": "Brand 5 mg"}), medicationReference=to("Medication/m"))  # fmt: skip


def with_substance(code: str) -> Files:
    substance = {"resourceType": "Substance", "id": "s", "code": concept(code, ATC)}
    return taken(substance, product({"itemReference": to("Substance/s")}, code=concept("1", SNOMED)), medicationReference=to("Medication/m"))  # fmt: skip


def of_contained(code: str) -> Files:
    return taken(medicationReference=to("#m"), contained=[product({"itemCodeableConcept": concept(code, ATC)}, code=concept("1", SNOMED))])  # fmt: skip


def of_product_in_product(code: str) -> Files:
    inner = {**product({"itemCodeableConcept": concept(code, ATC)}), "id": "inner"}
    return taken(inner, product({"itemReference": to("Medication/inner")}, code=concept("1", SNOMED)), medicationReference=to("Medication/m"))  # fmt: skip


def diagnosed(code: str, system: str | None = None) -> Files:
    return beside(condition(concept(code, system) if system else concept(code)))


def against(kind: str, **elements: Any) -> Resource:
    return {"resourceType": kind, "id": "x", **elements}


CANCER = to(f"Observation/{NAME}-cancer")
#: name → (attacked, twin)
DOUBTED: dict[str, tuple[Files, Files]] = {
    # -- one person under two ids
    "one number, two records": (changed("born", {**P2, "identifier": NUMBER}, SODIUM2, identifier=NUMBER), changed("born", {**P2, "identifier": [{"system": "urn:mrn", "value": "M-78"}]}, SODIUM2, identifier=NUMBER)),
    "one number, two people": (changed("born", {"resourceType": "Patient", "id": "p2", "identifier": NUMBER}, SODIUM2, identifier=NUMBER), changed("born", {**P2, "birthDate": "1999-01-01", "identifier": NUMBER}, SODIUM2, identifier=NUMBER)),
    "one number of two systems": (changed("born", {**P2, "identifier": NUMBER}, SODIUM2, identifier=NUMBER), changed("born", {**P2, "identifier": [{**NUMBER[0], "system": "urn:other"}]}, SODIUM2, identifier=NUMBER)),
    "a linkage": (
        beside(P2, SODIUM2, against("Linkage", item=[{"type": "source", "resource": ME}, {"type": "alternate", "resource": to("Patient/p2")}])),
        beside(P2, SODIUM2, against("Linkage", active=False, item=[{"type": "source", "resource": ME}, {"type": "alternate", "resource": to("Patient/p2")}])),
    ),
    "a person of two records": (beside(P2, SODIUM2, against("Person", link=[{"target": ME}, {"target": to("Patient/p2")}])), beside(P2, SODIUM2, against("Person", link=[{"target": ME}]))),
    # -- what others say
    "deleted from a list": (
        beside(resource("List", status="current", mode="changes", entry=[{"deleted": True, "item": CANCER}])),
        beside(resource("List", status="current", mode="changes", entry=[{"deleted": False, "item": CANCER}])),
    ),
    "an audit of a deletion": (
        beside(against("AuditEvent", action="D", recorded="2026-10-31T10:00:00Z", type={"code": "rest"}, agent=[{"requestor": True}], source={"observer": {"display": "x"}}, entity=[{"what": CANCER}])),
        beside(against("AuditEvent", action="D", outcome="8", recorded="2026-10-31T10:00:00Z", type={"code": "rest"}, agent=[{"requestor": True}], source={"observer": {"display": "x"}}, entity=[{"what": CANCER}])),
    ),
    "a verification that failed": (beside(against("VerificationResult", status="val-fail", target=[CANCER])), beside(against("VerificationResult", status="validated", target=[CANCER]))),
    "an issue": (beside(against("DetectedIssue", status="final", patient=ME, implicated=[CANCER], detail="Wrong patient")), beside(against("DetectedIssue", status="final", patient=ME, implicated=[CANCER], detail="asked twice"))),
    "redacted": labelled("sodium", "REDACTED"),
    "masked": labelled("cancer", "MASKED"),
    "an abstract": labelled("cancer", "ABSTRED"),
    "labelled as deleted": (changed("cancer", meta={"tag": [{"system": "https://x.example/tags", "code": "deleted"}]}), changed("cancer", meta={"tag": [{"system": "https://x.example/tags", "code": "new"}]})),
    # -- how a result is interpreted and called
    "off the scale, high": interpreted("creatinine", ">", "N"),
    "off the scale, low": interpreted("platelets", "<", "L"),
    "quality control failed": interpreted("sodium", "QCF", "N"),
    "insufficient evidence": interpreted("sodium", "IE", "N"),
    "insufficient evidence of a no": interpreted("cancer", "IE", "NEG"),
    "a no that is abnormal": interpreted("peritonitis", "A", "N"),
    "called urine": called("sodium", "2951-2", "Natrium im Urin", "Natrium im Serum"),
    "called urine by its display": called("sodium", "2951-2", "Sodium [Moles/volume] in Urine", "Sodium [Moles/volume] in Serum or Plasma", display=True),
    "called ascites": called("creatinine", "2160-0", "Creatinine, ascitic fluid", "Creatinine, plasma (enzymatic)"),
    "called another analyte": called("sodium", "2951-2", "Potassium [Moles/volume] in Serum or Plasma", "Sodium, corrected for glucose", display=True),
    "coded as two fluids": (
        changed("sodium", code={"coding": [{"system": LOINC, "code": "2951-2"}, {"system": LOINC, "code": "2955-3", "display": "Sodium [Moles/volume] in Urine"}]}),
        changed("sodium", code={"coding": [{"system": LOINC, "code": "2951-2"}, {"system": LOINC, "code": "2947-0", "display": "Sodium [Moles/volume] in Blood"}]}),
    ),
    # -- codes of no form
    "two codes in one": (diagnosed("K76.0, I81"), diagnosed("K76.0")),
    "a code with its words": (diagnosed("I81 Portal vein thrombosis"), diagnosed("K76.0 fatty liver")),
    "an expression of SNOMED CT": (diagnosed("17920008:363698007=32764006", SNOMED), diagnosed("197321007:363698007=32764006", SNOMED)),
    "a sum of SNOMED CT": (diagnosed("197321007 + 17920008 |Portal vein thrombosis|", SNOMED), diagnosed("197321007 + 235856003", SNOMED)),
    "an edition of SNOMED CT": (diagnosed("17920008", f"{SNOMED}/731000124108/version/20260301"), diagnosed("197321007", f"{SNOMED}/731000124108/version/20260301")),
    # -- drugs
    "an ingredient": (with_ingredient("B01AA03"), with_ingredient("C07AA05")),
    "an ingredient of what is contained": (of_contained("B01AA03"), of_contained("C07AA05")),
    "a substance": (with_substance("B01AA03"), with_substance("C07AA05")),
    "a product in a product": (of_product_in_product("B01AA03"), of_product_in_product("C07AA05")),
    "a code in small letters": (taken(medicationCodeableConcept=concept("b01 aa03", ATC)), taken(medicationCodeableConcept=concept("c07 aa05", ATC))),
    "an infusion that goes on": (
        beside(resource("MedicationAdministration", status="in-progress", medicationCodeableConcept=concept("B01AA03", ATC), effectiveDateTime="2026-09-01")),
        beside(resource("MedicationAdministration", status="completed", medicationCodeableConcept=concept("B01AA03", ATC), effectiveDateTime="2026-09-01")),
    ),
    # -- birth and death
    "another birth time": said_of_birth("http://hl7.org/fhir/StructureDefinition/patient-birthTime", {"valueDateTime": "2016-05-20T10:00:00Z"}, {"valueDateTime": "1974-05-20T10:00:00Z"}),
    "a birth date that is masked": (
        changed("born", _birthDate={"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}]}),
        changed("born", _birthDate={"extension": [{"url": "https://x.example/why-asked", "valueCode": "masked"}]}),
    ),
    "a birth date that is an estimate": said_of_birth("http://hl7.org.au/fhir/StructureDefinition/date-accuracy-indicator", {"valueCoding": {"code": "EEA"}}, {"valueCoding": {"code": "AAA"}}),
    "a death of a day that is withheld": (
        changed("born", _deceasedDateTime={"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}),
        changed("born", deceasedBoolean=False),
    ),
    "a stay that ended by death": (
        beside(stay(hospitalization={"dischargeDisposition": concept("exp", f"{HL7}/discharge-disposition")})),
        beside(stay(hospitalization={"dischargeDisposition": concept("home", f"{HL7}/discharge-disposition")})),
    ),
    "a stay that ended by death, in words": (beside(stay(hospitalization={"dischargeDisposition": {"text": "verstorben"}})), beside(stay(hospitalization={"dischargeDisposition": {"text": "nach Hause"}}))),
    "a cause of death": (
        beside(resource("Observation", status="final", code=concept("69453-9", LOINC), effectiveDateTime="2026-10-20", valueCodeableConcept=concept("K72.9"))),
        beside(resource("Observation", status="final", code=concept("69453-9", LOINC), effectiveDateTime="2026-12-20", valueCodeableConcept=concept("K72.9"))),
    ),
    "dead, as a finding": (diagnosed("419099009", SNOMED), diagnosed("197321007", SNOMED)),
    # -- forms
    "two answers": (
        instead("cancer", form("C22.0"), resource("QuestionnaireResponse", "qr", questionnaire="https://clinic.example/Questionnaire/admission", status="completed", authored="2026-10-31",
                                                  item=[{"linkId": "q7", "answer": [{"valueBoolean": False}, {"valueBoolean": True}]}])),
        instead("cancer", form("C22.0"), resource("QuestionnaireResponse", "qr", questionnaire="https://clinic.example/Questionnaire/admission", status="completed", authored="2026-10-31",
                                                  item=[{"linkId": "q7", "answer": [{"valueBoolean": False}]}])),
    ),
}  # fmt: skip


@pytest.mark.parametrize("lines", [False, True], ids=["a bundle", "a resource a line"])
def test_what_is_named_and_not_here_makes_a_reading_incomplete_and_its_twin_is_whole(
    lines: bool, tmp_path: Path
) -> None:
    wrong = []
    for index, (shape, sides) in enumerate(NOT_HERE.items()):
        for side, files in zip(("attacked", "twin"), sides, strict=True):
            folder = written(tmp_path / f"{index}{side}", files)
            given = files["a.json"]
            if lines and not given.keys() & {"meta", "implicitRules", "language"}:
                (folder / "a.json").write_text(
                    "\n".join(json.dumps(each["resource"]) for each in given["entry"]) + "\n"
                )
            reading = read(folder)
            told = everywhere(
                eligibility(),
                {side: [replace(each, subject=side) for each in reading if each.subject == NAME]},
            )
            if reading.report.complete is not (side == "twin") or (
                side == "twin" and told[side] is not ELIGIBLE
            ):
                wrong.append((shape, side, told[side].value, dict(reading.report.lacking)))
    assert not wrong


def test_what_stands_beside_is_heard_and_its_twin_is_eligible(tmp_path: Path) -> None:
    told: dict[str, list[Observation]] = {}
    incomplete = {}
    for index, (shape, sides) in enumerate(DOUBTED.items()):
        for side, files in zip(("attacked", "twin"), sides, strict=True):
            who = f"{shape}: {side}"
            reading = read(written(tmp_path / f"{index}{side}", files))
            told[who] = [replace(each, subject=who) for each in reading if each.subject == NAME]
            if not reading.report.complete:
                incomplete[who] = dict(reading.report.lacking)
    verdicts = everywhere(eligibility(), told)
    assert not incomplete
    assert [who for who, said in verdicts.items() if (said is ELIGIBLE) != who.endswith(": twin")] == []


@pytest.mark.parametrize(
    "shape", ["one number, two records", "the diagnosis of a stay", "a linkage", "a drug"]
)
def test_the_order_of_files_says_nothing(shape: str, tmp_path: Path) -> None:
    attacked = {**NOT_HERE, **DOUBTED}[shape][0]["a.json"]
    found = []
    for turn in (1, -1):
        folder = tmp_path / str(turn)
        folder.mkdir()
        for n, each in enumerate(attacked["entry"][::turn]):
            (folder / f"{n:02}.json").write_text(json.dumps(bundle([each["resource"]])))
        reading = read(folder)
        found.append(
            (
                sorted((each.code, each.problems) for each in reading if each.subject == NAME),
                dict(reading.report.lacking),
            )
        )
    assert found[0] == found[1]


@pytest.mark.parametrize("key", sorted(DEATH_KEYS), ids="|".join)
def test_whoever_is_recorded_dead_under_whatever_code_is_not_screened_as_living(key: tuple[str, str]) -> None:
    from proband.facts.observation import Presence
    from proband.terms import UncertainDate

    def said(day: str, presence: Presence = Presence.PRESENT) -> list[Observation]:
        found = list(read_person())
        return [*found, Observation(NAME, *key, presence=presence, when=UncertainDate.parse(day))]

    told = {
        "dead": said("2026-10-20"), "some day": said("unknown"), "later": said("2026-12-01"), "not": said("2026-10-20", Presence.ABSENT),
    }  # fmt: skip
    renamed = {who: [replace(each, subject=who) for each in facts_] for who, facts_ in told.items()}
    verdicts = everywhere(eligibility(), renamed)
    assert {who for who, verdict in verdicts.items() if verdict is ELIGIBLE} == {"later", "not"}


def read_person() -> list[Observation]:
    """The facts of the person, read from a bundle."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.json"
        path.write_text(json.dumps(bundle(resources(facts()).values())))
        return [each for each in read(path) if each.subject == NAME]
