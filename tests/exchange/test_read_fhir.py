"""FHIR R4 on small synthetic resources: meaning, refusals, structure."""

from __future__ import annotations

import gzip
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from exchange_samples import CONDITION, LOINC, ONE_OF_EACH, PATIENT, bundle, concept, observation, write

from proband.exchange import FileStatus, Reading, Severity, read
from proband.exchange.fhir.structure import table
from proband.facts.observation import Observation, Presence


def _read(tmp_path: Path, content: Any, name: str = "any-name.txt") -> tuple[list[Observation], Reading]:
    reading = read(write(tmp_path, name, content))
    return list(reading), reading


def _one(facts: list[Observation], code: str) -> Observation:
    found = [each for each in facts if each.code == code]
    assert len(found) == 1, (code, found)
    return found[0]


def _codes(reading: Reading) -> set[str]:
    return {finding.code for file in reading.report for finding in file.findings}


def test_one_of_each_resource(tmp_path: Path) -> None:
    facts, reading = _read(tmp_path, bundle(*ONE_OF_EACH))
    file = reading.report.files[0]
    assert file.status is FileStatus.READ, file.findings
    assert {each.subject for each in facts} == {"synthetic-1"}
    assert file.read == {each["resourceType"]: 1 for each in ONE_OF_EACH} | {"Bundle": 1}
    assert [entry.what for entry in file.ignored.values()] == [
        "contained Medication"
    ]  # read through its request
    bilirubin = _one(facts, "1975-2")
    assert (bilirubin.value, bilirubin.unit, bilirubin.system) == (2.1, "mg/dL", "LOINC")
    assert str(bilirubin.when) == "2024-05-01"
    assert bilirubin.time is not None
    assert bilirubin.time.hour == 8  # the clock on the wall; the offset is kept as it was written
    assert bilirubin.attributes["offset"] == "+02:00"
    assert str(_one(facts, "birth-date").when) == "1980-02"
    assert _one(facts, "vital-status").presence is Presence.UNKNOWN
    assert _one(facts, "18027006").presence is Presence.NOT_APPLICABLE  # this one was not done: no "never"
    assert str(_one(facts, "K74.6").when) == "2019"
    assert _one(facts, "disease").value_code == "K74.6"
    # warfarin is prescribed (contained medication); the *allergy* to it is no exposure, a relative's cancer not theirs
    assert _one(facts, "11289").attributes["kind"] == "medication-request"
    assert _one(facts, "allergy").value_code == "11289"
    assert _one(facts, "family-history").value_code == "C22.0"
    assert _one(facts, "B01AA03").presence is Presence.ABSENT
    assert str(_one(facts, "consent-date").when) == "2024-04-01"
    assert _one(facts, "44250-9").value == 2
    assert _one(facts, "item.sex").text == "f"  # a form's item is not Proband's own "sex"
    assert _one(facts, "sex").text == "female"


def test_references_by_urn_uuid(tmp_path: Path) -> None:
    lab = observation()
    lab["subject"] = {"reference": "urn:uuid:00000000-0000-4000-8000-000000000001"}
    facts, _ = _read(tmp_path, bundle(PATIENT, lab, kind="transaction"))
    assert {each.subject for each in facts} == {"synthetic-1"}


@pytest.mark.parametrize(
    ("verification", "presence"),
    [
        ("confirmed", "present"),
        ("refuted", "absent"),
        ("provisional", "unknown"),
        ("differential", "unknown"),
    ],
)
def test_condition_verification(tmp_path: Path, verification: str, presence: str) -> None:
    condition = CONDITION | {
        "verificationStatus": concept(
            "http://terminology.hl7.org/CodeSystem/condition-ver-status", verification
        )
    }
    if verification == "refuted":  # what is refuted and active at once is neither
        facts, _ = _read(tmp_path, condition)
        assert {each.presence.value for each in facts} == {"unknown"}
        condition.pop("clinicalStatus")
    facts, _ = _read(tmp_path, condition)
    told = [each for each in facts if each.attributes["kind"] != "where-recorded"]
    assert {each.presence.value for each in told} == {presence}


def test_entered_in_error_is_nothing(tmp_path: Path) -> None:
    wrong = observation() | {"status": "entered-in-error"}
    facts, reading = _read(tmp_path, bundle(PATIENT, wrong))
    assert not [each for each in facts if each.code == "1975-2"]
    assert [(entry.what, entry.reason) for entry in reading.report.ignored] == [
        ("Observation", "entered in error")
    ]


@pytest.mark.parametrize(
    ("reason", "presence"),
    [
        ("not-asked", Presence.NOT_ASKED),
        ("masked", Presence.MASKED),
        ("not-applicable", Presence.NOT_APPLICABLE),
        ("unknown", Presence.UNKNOWN),
        ("error", Presence.UNKNOWN),
    ],
)
def test_absent_data_has_a_null_flavour(tmp_path: Path, reason: str, presence: Presence) -> None:
    lab = observation()
    del lab["valueQuantity"]
    lab["dataAbsentReason"] = concept("http://terminology.hl7.org/CodeSystem/data-absent-reason", reason)
    facts, _ = _read(tmp_path, lab)
    assert (facts[0].value, facts[0].presence) == (None, presence)


def test_values_of_every_form(tmp_path: Path) -> None:
    def made(**value: Any) -> Observation:
        lab = observation()
        del lab["valueQuantity"]
        facts, _ = _read(tmp_path, lab | value)
        return facts[0]

    assert made(valueString="<5").comparator == "<"
    assert made(valueString="LESS THAN 0.4").value == 0.4
    assert made(valueString="haemolysed").text == "haemolysed"
    assert made(valueBoolean=False).presence is Presence.ABSENT
    assert made(valueInteger=3).value == 3
    assert made(valueRange={"high": {"value": 5, "unit": "mg/dL"}}).comparator == "<="
    assert made(valueCodeableConcept=concept("http://snomed.info/sct", "2667000")).presence is Presence.ABSENT
    assert made(valueQuantity={"value": 5, "comparator": "<", "unit": "mg/dL"}).comparator == "<"
    assert (
        "not read"
        in made(valueSampledData={"origin": {"value": 0}, "period": 1, "dimensions": 1}).problems[0]
    )
    nothing = made()
    assert (nothing.presence, nothing.problems) == (Presence.UNKNOWN, ("no value",))


def test_components_and_reference_range(tmp_path: Path) -> None:
    pressure = observation("85354-9")
    del pressure["valueQuantity"]
    pressure["component"] = [
        {
            "code": concept(LOINC, code),
            "valueQuantity": {
                "value": value,
                "unit": "mmHg",
                "code": "mm[Hg]",
                "system": "http://unitsofmeasure.org",
            },
        }
        for code, value in (("8480-6", 120), ("8462-4", 80))
    ]
    facts, _ = _read(tmp_path, pressure)
    assert {each.code: each.value for each in facts} == {"8480-6": 120, "8462-4": 80}
    assert facts[0].attributes["panel"] == "LOINC|85354-9"
    ranged = observation(
        "1742-6",
        90,
        "U/L",
        referenceRange=[{"low": {"value": 0, "unit": "U/L"}, "high": {"value": 40, "unit": "U/L"}}],
    )
    assert _read(tmp_path, ranged)[0][0].reference_high == 40
    # a limit in another unit is not taken for one in this: it is converted (1 katal is 60,000,000 units), or there is none
    for value, unit, limit in ((0.7, "ukat/L", 42), (0.7, "mg/dL", None)):
        other = observation("1742-6", 90, "U/L", referenceRange=[{"high": {"value": value, "unit": unit}}])
        assert _read(tmp_path, other)[0][0].reference_high == limit


def test_several_codings_are_found_under_each_known_system(tmp_path: Path) -> None:
    lab = observation("38483-4", 1.0)
    lab["code"]["coding"] += [
        {"system": "urn:local", "code": "CREA", "display": "creatinine"},
        {"system": "http://snomed.info/sct", "code": "70901006"},
    ]
    facts, _ = _read(tmp_path, lab)
    assert [(each.system, each.code) for each in facts] == [("LOINC", "38483-4"), ("SNOMED", "70901006")]
    assert facts[1].attributes["same-as"] == "LOINC|38483-4"
    assert facts[0].attributes["codes"] == ["urn:local|CREA"]


def test_a_finding_without_value_is_present_and_hpo_gets_its_prefix(tmp_path: Path) -> None:
    feature = {
        "resourceType": "Observation",
        "status": "final",
        "code": concept("http://purl.obolibrary.org/obo/hp.owl", "0001250"),
        "subject": {"reference": "Patient/synthetic-1"},
    }
    facts, _ = _read(tmp_path, feature)
    assert (facts[0].code, facts[0].presence) == ("HP:0001250", Presence.PRESENT)


def test_variant_by_genomics_reporting(tmp_path: Path) -> None:
    def component(code: str, system: str, value: str, display: str | None = None) -> dict[str, Any]:
        coding = {"system": system, "code": value} | ({"display": display} if display else {})
        return {"code": concept(LOINC, code), "valueCodeableConcept": {"coding": [coding]}}

    variant = {
        "resourceType": "Observation",
        "status": "final",
        "code": concept(LOINC, "69548-6"),
        "subject": {"reference": "Patient/synthetic-1"},
        "valueCodeableConcept": concept(LOINC, "LA9633-4"),
        "component": [
            component("48018-6", "http://www.genenames.org", "HGNC:28242", "HPDL"),
            component("48004-6", "http://varnomen.hgvs.org", "NM_032756.4:c.1A>G"),
            component("53034-5", LOINC, "LA6705-3"),
            component("53037-8", LOINC, "LA26332-9"),
        ],
    }
    facts, _ = _read(tmp_path, variant)
    assert facts[0].code == "variant"
    told = facts[0].attributes
    assert (told["gene"], told["zygosity"], told["pathogenicity"]) == (
        "HPDL",
        "homozygous",
        "likely-pathogenic",
    )


def test_modifier_extension_makes_a_fact_doubtful(tmp_path: Path) -> None:
    lab = observation(modifierExtension=[{"url": "urn:example:not", "valueBoolean": True}])
    facts, _ = _read(tmp_path, lab)
    assert "modifierExtension" in facts[0].problems[0]


@pytest.mark.parametrize(
    "modified",
    [
        {"implicitRules": "urn:example:rules"},
        {"component": [{"modifierExtension": [{"url": "urn:example:not", "valueBoolean": True}]}]},
    ],
)
def test_every_modifier_element_makes_a_fact_doubtful(tmp_path: Path, modified: dict[str, Any]) -> None:
    """Modifier elements that every resource has, and those of its parts, may turn round what it says."""
    facts, _ = _read(tmp_path, observation(**modified))
    assert facts
    assert all(any("not understood" in each for each in fact.problems) for fact in facts)


def test_ndjson_and_gzip_by_content(tmp_path: Path) -> None:
    lines = "\n".join(json.dumps(each) for each in (PATIENT, observation(), observation("2160-0", 1.1)))
    path = tmp_path / "export"
    path.write_bytes(gzip.compress(lines.encode() + b"\n{not json}\n{}\n"))
    reading = read(path)
    facts = list(reading)
    file = reading.report.files[0]
    assert file.format == "FHIR R4 NDJSON"
    assert {each.code for each in facts} >= {"1975-2", "2160-0"}
    assert file.read == {"Patient": 1, "Observation": 2}
    assert {entry.reason: entry.n for entry in file.ignored.values()} == {
        "not JSON": 1,
        "no FHIR resource": 1,
    }
    assert file.status is FileStatus.READ_WITH_PROBLEMS


def test_bom_duplicate_keys_and_comments(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(PATIENT).encode())
    reading = read(path)
    assert list(reading)
    assert _codes(reading) == {"text.byte-order-mark"}
    assert reading.report.files[0].status is FileStatus.READ
    twice = json.dumps(PATIENT).replace('"gender": "female"', '"gender": "female", "gender" : "male"')
    assert "json.duplicate-key" in _codes(_read(tmp_path, twice)[1])
    _, refused = _read(tmp_path, '// a remark\n{"resourceType": "Patient"}')
    assert refused.report.files[0].declined is not None
    assert refused.report.files[0].declined.code == "json.malformed"
    assert refused.report.files[0].declined.position == "line 1 column 1"


@pytest.mark.parametrize(
    ("resource", "version"),
    [
        ({"resourceType": "Patient", "name": [{"family": ["Doe"]}]}, "DSTU2"),
        (observation() | {"category": {"text": "lab"}}, "DSTU2"),
        ({"resourceType": "MedicationOrder"}, "DSTU2"),
        ({"resourceType": "Condition", "clinicalStatus": "active"}, "STU3"),
        (
            {"resourceType": "QuestionnaireResponse", "questionnaire": {"reference": "Questionnaire/1"}},
            "STU3",
        ),
        (
            {"resourceType": "Questionnaire", "item": [{"item": [{"options": {"reference": "ValueSet/1"}}]}]},
            "STU3",
        ),
        ({"resourceType": "MedicationRequest", "medication": {"concept": {"text": "x"}}}, "R5"),
        ({"resourceType": "Encounter", "class": [{"text": "x"}]}, "R5"),
    ],
)
def test_other_versions_are_declined_as_a_whole(
    tmp_path: Path, resource: dict[str, Any], version: str
) -> None:
    facts, reading = _read(tmp_path, bundle(PATIENT, resource))
    assert facts == []
    declined = reading.report.files[0].declined
    assert declined is not None
    assert declined.code == "fhir.version"
    assert version in declined.message
    assert "entry[1]" in declined.position


def _patient(**changes: Any) -> dict[str, Any]:
    return PATIENT | changes


@pytest.mark.parametrize(
    ("resource", "code"),
    [
        (_patient(id="bad_id"), "fhir.primitive"),
        (_patient(birthDate="2023-02-30"), "fhir.primitive"),
        (_patient(birthDate="01.02.1980"), "fhir.primitive"),
        (_patient(colour="red"), "fhir.unknown-element"),
        (_patient(gender="W"), "fhir.required-code"),
        (_patient(name={"family": "Doe"}), "fhir.not-an-array"),
        (_patient(name=[]), "fhir.empty"),
        (_patient(deceasedBoolean=True, deceasedDateTime="2020"), "fhir.choice"),
        (_patient(deceasedDateTime="2020-01-01T10:00:00"), "fhir.offset"),
        (_patient(name=[{"text": "a <b>bold</b> name"}]), "fhir.embedded-html"),
        (_patient(managingOrganization={"reference": "#nowhere"}), "fhir.contained-missing"),
        (_patient(text={"status": "generated", "div": "<div><script>x</script></div>"}), "narrative.element"),
        (_patient(text={"status": "generated", "div": '<div onclick="x()">a</div>'}), "narrative.attribute"),
        (_patient(text={"status": "generated", "div": "<div><p>a</div>"}), "narrative.malformed"),
        (
            _patient(
                text={
                    "status": "generated",
                    "div": '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><div>&x;</div>',
                }
            ),
            "narrative.doctype",
        ),
        ({"resourceType": "Observation", "status": "final"}, "fhir.missing"),
        (observation() | {"dataAbsentReason": {"text": "x"}}, "fhir.obs-6"),
        (_patient(extension=[{"url": "urn:x", "valueString": "a", "extension": []}]), "fhir.ext-1"),
        (_patient(extension=[{"url": "http://example.org/x|1.0", "valueString": "a"}]), "fhir.extension-url"),
    ],
)
def test_structure_is_checked(tmp_path: Path, resource: dict[str, Any], code: str) -> None:
    _, reading = _read(tmp_path, resource)
    found = [finding for finding in reading.report.files[0].findings if finding.code == code]
    assert found, _codes(reading)
    assert found[0].severity is Severity.ERROR
    assert found[0].position


def test_a_concept_that_is_sound_elsewhere_lacks_a_required_code_all_the_same(tmp_path: Path) -> None:
    """What is kept of sound objects answers for no element that requires codes of its own, whatever was read before."""
    stated = CONDITION | {"verificationStatus": observation()["code"]}
    for order in ([PATIENT, stated, observation()], [PATIENT, observation(), stated]):
        facts, reading = _read(tmp_path, bundle(*order))
        assert "fhir.required-code" in _codes(reading)
        assert all(each.problems for each in facts if each.code in {"K74.6", "disease"})


def test_broken_structure_taints_the_fact_but_a_bad_narrative_does_not(tmp_path: Path) -> None:
    broken = observation() | {"valueQuantity": {"value": "9.7", "unit": "mg/dL"}}
    facts, _ = _read(tmp_path, broken)
    assert facts[0].value is None
    assert any(each.startswith("structure:") for each in facts[0].problems)
    ugly = observation() | {"text": {"status": "generated", "div": "<div><script/></div>"}}
    assert _read(tmp_path, ugly)[0][0].problems == ()


def test_bundle_rules(tmp_path: Path) -> None:
    twice = bundle(PATIENT, observation())
    twice["entry"][1]["fullUrl"] = twice["entry"][0]["fullUrl"]
    assert "fhir.duplicate-full-url" in _codes(_read(tmp_path, twice)[1])
    relative = bundle(PATIENT)
    relative["entry"][0]["fullUrl"] = "Patient/1"
    assert "fhir.full-url" in _codes(_read(tmp_path, relative)[1])
    document = bundle(PATIENT, kind="document")
    assert "fhir.bundle-first" in _codes(_read(tmp_path, document)[1])


def test_terminology_is_never_said_to_be_checked(tmp_path: Path) -> None:
    _, reading = _read(tmp_path, observation())
    file = reading.report.files[0]
    assert file.status is FileStatus.READ
    assert "terminology" in file.unchecked
    assert not file.accepted_as_clean
    _, bare = _read(tmp_path, PATIENT)
    assert bare.report.files[0].accepted_as_clean


def test_a_subject_that_is_no_patient(tmp_path: Path) -> None:
    group = observation() | {"subject": {"reference": "Group/1"}}
    facts, reading = _read(tmp_path, group)
    assert facts == []
    assert reading.report.ignored[0].reason == "it is about a Group, not a patient"


def test_death_before_birth_and_impossible_age(tmp_path: Path) -> None:
    facts, _ = _read(tmp_path, _patient(birthDate="1800-01-01", deceasedDateTime="2180-01-01"))
    assert "380 years" in _one(facts, "birth-date").problems[0]


def test_results_inside_a_report_and_inside_parameters(tmp_path: Path) -> None:
    """Contained results are read, with the holder's subject; the answer of an operation is opened."""
    inner = observation()
    del inner["subject"]
    report = {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "status": "final",
        "code": concept(LOINC, "24325-3"),
        "subject": {"reference": "Patient/synthetic-1"},
        "contained": [inner | {"id": "in"}, {"resourceType": "Organization", "id": "lab"}],
        "performer": [{"reference": "#lab"}],
        "result": [{"reference": "#in"}],
    }
    wrapped = {
        "resourceType": "Parameters",
        "parameter": [{"name": "return", "resource": bundle(PATIENT, report)}],
    }
    facts, reading = _read(tmp_path, wrapped)
    assert _one(facts, "1975-2").subject == "synthetic-1"
    assert reading.report.read["contained Observation"] == 1
    assert [entry.what for entry in reading.report.ignored] == ["contained Organization"]


def test_the_element_table_says_where_it_is_from() -> None:
    packed = files("proband.exchange.fhir") / "structure.json.gz"
    assert len(packed.read_bytes()) < 100_000
    assert "CC0" in table().provenance["licence"]
    assert "4.0.1" in table().provenance["what"]
    assert len(table().resources) == 147


@pytest.mark.parametrize(
    ("code", "words", "presence"),
    [
        ("N", "Yes", Presence.UNKNOWN),
        ("N", "unknown", Presence.UNKNOWN),
        ("Y", "nein", Presence.UNKNOWN),
        ("N", "Nein", Presence.ABSENT),
        ("N", None, Presence.ABSENT),
        ("Y", "Ja", Presence.PRESENT),
    ],
)
def test_an_answer_whose_code_and_words_differ_is_unknown(
    tmp_path: Path, code: str, words: str | None, presence: Presence
) -> None:
    coding = {"system": "http://terminology.hl7.org/CodeSystem/v2-0136", "code": code}
    form = {
        "resourceType": "QuestionnaireResponse",
        "id": "q",
        "status": "completed",
        "subject": {"reference": "Patient/synthetic-1"},
        "item": [
            {
                "linkId": "sepsis",
                "answer": [{"valueCoding": coding | ({"display": words} if words else {})}],
            }
        ],
    }
    facts, _ = _read(tmp_path, form)
    answer = _one(facts, "item.sepsis")
    assert answer.presence is presence
    assert bool(answer.problems) is (presence is Presence.UNKNOWN)
