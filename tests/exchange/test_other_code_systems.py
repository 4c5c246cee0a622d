"""What a hospital records in another code system than a criterion asks in: that is no silence, whatever the format.

Each shape is attacked and has a twin: the same record in a system that is asked in. ``attacked`` needs data and says why, ``twin`` is ELIGIBLE.
Evaluator, DuckDB and SQLite agree; one shape of each format is run on PostgreSQL too. The person is synthetic.
"""

from __future__ import annotations

import copy
import itertools
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from one_person import (
    AS_OF,
    ELIGIBLE,
    NAME,
    NEEDS_DATA,
    NOT_ELIGIBLE,
    criteria,
    everywhere,
    facts,
    omop_tables,
    packet,
    write_table,
)
from test_named_elsewhere import ATC, ME, SNOMED, Files, beside, concept, condition, resource, written

from proband.exchange.gathering import gather
from proband.exchange.reading import read
from proband.facts.observation import Observation
from proband.facts.other_systems import KINDS, MOST, by_form, elsewhere_than, recorded_in
from proband.programme.eligibility import Eligibility
from proband.screening.render import as_text
from proband.screening.sql.many import screen_loaded
from proband.screening.verdict import Screening

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
HPO = "http://purl.obolibrary.org/obo/hp.owl"
ASKED: dict[str, list[dict[str, str]]] = {
    "vein": [{"system": "ICD-10", "code": "I81"}],
    "thinner": [{"system": "ATC", "code": "B01AA03"}],
    "graft": [{"system": "SNOMED", "code": "18027006"}],
}


@cache
def asking(*which: str, start: str | None = None) -> Eligibility:
    """The criteria of the person, and some about which silence means no; each asks in one system."""
    more = {} if start is None else {"window": {"start": start}}
    plain = criteria().model_dump(mode="json", exclude_unset=True)
    for name in which:
        plain["observables"].append(
            {
                "id": name,
                "label": name,
                "type": "boolean",
                "absent": "no",
                "no_means": "now",
                "codes": ASKED[name],
                **more,
            }
        )
        plain["criteria"].append(
            {"id": f"N-{name}", "kind": "exclude", "purpose": "safety", "reason": "a test", "when": name}
        )
    return Eligibility.model_validate(plain)


def drug(code: str, system: str, **more: Any) -> Files:
    given = {
        "status": "active",
        "effectiveDateTime": "2026-10-20",
        "medicationCodeableConcept": concept(code, system),
        **more,
    }
    return beside(
        resource("MedicationStatement", **{name: each for name, each in given.items() if each is not None})
    )


def two(*codings: tuple[str, str]) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code} for system, code in codings]}


ICD = "http://hl7.org/fhir/sid/icd-10"
#: shape → (what is asked, attacked, twin)
SHAPES: dict[str, tuple[str, Files, Files]] = {
    "a diagnosis in SNOMED CT": ("vein", beside(condition(concept("17920008", SNOMED))), beside(condition(two((SNOMED, "197321007"), (ICD, "K76.0"))))),
    "a diagnosis in SNOMED CT, another first": ("vein", beside(condition(two(("http://purl.obolibrary.org/obo/mondo.owl", "MONDO:0001234"), (SNOMED, "17920008")))), beside(condition(two((ICD, "K76.0"), (SNOMED, "197321007"))))),
    "a diagnosis in ICD-9-CM": ("vein", beside(condition(concept("452", "http://hl7.org/fhir/sid/icd-9-cm"))), beside(condition(two(("http://hl7.org/fhir/sid/icd-9-cm", "571.8"), (ICD, "K76.0"))))),
    "a diagnosis in MedDRA, suspected": (
        "vein", beside(condition(concept("10036206", "https://www.meddra.org"), verificationStatus=concept("provisional", "http://terminology.hl7.org/CodeSystem/condition-ver-status"))),
        beside(condition(concept("10036206", "https://www.meddra.org"), verificationStatus=concept("refuted", "http://terminology.hl7.org/CodeSystem/condition-ver-status"))),
    ),
    "a diagnosis in SNOMED CT that ended": ("vein", beside(condition(concept("17920008", SNOMED), onsetDateTime="2010-01-01")), beside(condition(concept("17920008", SNOMED), onsetDateTime="2010-01-01", abatementDateTime="2011-01-01"))),
    "a diagnosis in SNOMED CT, answered": (
        "vein", beside(condition(concept("17920008", SNOMED))),
        beside(condition(concept("17920008", SNOMED)), resource("Observation", "n-1", status="final", code=concept("I81"), valueBoolean=False, effectiveDateTime="2026-11-01")),
    ),
    "a report that concludes in SNOMED CT": (
        "vein", beside(resource("DiagnosticReport", status="final", code=concept("x"), conclusionCode=[concept("17920008", SNOMED)])),
        beside(resource("DiagnosticReport", status="final", code=concept("x"), conclusionCode=[two((SNOMED, "197321007"), (ICD, "K76.0"))])),
    ),
    "an adverse event in MedDRA": (
        "vein", beside(resource("AdverseEvent", actuality="actual", date="2026-10-01", event=concept("10036206", "https://www.meddra.org"))),
        beside(resource("AdverseEvent", actuality="actual", date="2026-10-01", event=concept("K76.0"))),
    ),
    "a bill in ICD-9-CM": (
        "vein", beside(resource("Claim", status="active", created="2026-09-01", diagnosis=[{"sequence": 1, "diagnosisCodeableConcept": two(("http://hl7.org/fhir/sid/icd-9-cm", "452"), (SNOMED, "17920008"))}])),
        beside(resource("Claim", status="active", created="2026-09-01", diagnosis=[{"sequence": 1, "diagnosisCodeableConcept": concept("K76.0")}])),
    ),
    "a finding in MONDO": (
        "vein", beside(resource("Observation", status="final", code=concept("MONDO:0000001", "http://purl.obolibrary.org/obo/mondo.owl"), valueBoolean=True, effectiveDateTime="2026-10-30")),
        beside(resource("Observation", status="final", code=concept("MONDO:0000001", "http://purl.obolibrary.org/obo/mondo.owl"), valueBoolean=False, effectiveDateTime="2026-10-30")),
    ),
    "a drug of a class": ("thinner", drug("B01AA", ATC), drug("C07AA", ATC)),
    "a drug of a plan": (
        "thinner", beside(resource("CarePlan", status="active", intent="plan", activity=[{"detail": {"status": "in-progress", "productCodeableConcept": concept("B01AA03", ATC)}}])),
        beside(resource("CarePlan", status="active", intent="plan", activity=[{"detail": {"status": "in-progress", "productCodeableConcept": concept("C07AA05", ATC)}}])),
    ),
    "a drug that was paid for": (
        "thinner", beside(resource("ExplanationOfBenefit", status="active", use="claim", created="2026-10-25", item=[{"sequence": 1, "productOrService": concept("B01AA03", ATC)}])),
        beside(resource("ExplanationOfBenefit", status="active", use="claim", created="2026-10-25", item=[{"sequence": 1, "productOrService": concept("C07AA05", ATC)}])),
    ),
    "a drug as the value of a result": (
        "thinner", beside(resource("Observation", status="final", code=concept("10160-0", "http://loinc.org"), valueCodeableConcept=concept("B01AA03", ATC), effectiveDateTime="2026-10-30")),
        beside(resource("Observation", status="final", code=concept("10160-0", "http://loinc.org"), valueCodeableConcept=concept("C07AA05", ATC), effectiveDateTime="2026-10-30")),
    ),
    "a history of the family of oneself": (
        "vein", beside(resource("FamilyMemberHistory", status="completed", patient=ME, relationship=concept("ONESELF", "http://terminology.hl7.org/CodeSystem/v3-RoleCode"), condition=[{"code": concept("I81")}])),
        beside(resource("FamilyMemberHistory", status="completed", patient=ME, relationship=concept("MTH", "http://terminology.hl7.org/CodeSystem/v3-RoleCode"), condition=[{"code": concept("I81")}])),
    ),
    "a diagnosis in an extension": (
        "vein", beside(resource("Encounter", "e", status="finished", **{"class": {"code": "AMB"}}, extension=[{"url": "https://x.example/dx", "valueCodeableConcept": concept("I81")}])),
        beside(resource("Encounter", "e", status="finished", **{"class": {"code": "AMB"}}, extension=[{"url": "https://x.example/dx", "valueCodeableConcept": concept("K76.0")}])),
    ),
    "a drug in RxNorm": ("thinner", drug("11289", RXNORM), drug("B01AA03", ATC, medicationCodeableConcept=two((RXNORM, "8787"), (ATC, "C07AA05")))),
    "a drug in SNOMED CT": ("thinner", drug("372756006", SNOMED), drug("C07AA05", ATC)),
    "a drug in NDC": ("thinner", drug("0056-0172-70", "http://hl7.org/fhir/sid/ndc"), drug("C07AA05", ATC, medicationCodeableConcept=two(("http://hl7.org/fhir/sid/ndc", "0046-0424-81"), (ATC, "C07AA05")))),
    "a drug under a number of the house": ("thinner", drug("4711", "https://clinic.example/drugs"), drug("C07AA05", ATC)),
    "a drug in RxNorm that ended": (
        "thinner", drug("11289", RXNORM, effectiveDateTime=None, effectivePeriod={"start": "2026-01-01"}),
        drug("11289", RXNORM, status="completed", effectiveDateTime=None, effectivePeriod={"start": "2020-01-01", "end": "2020-02-01"}),
    ),
    "a drug that is not taken": ("thinner", drug("11289", RXNORM, status="unknown"), drug("11289", RXNORM, status="not-taken")),
    "a procedure in another system": (
        "graft", beside(resource("Procedure", status="completed", performedDateTime="2020-01-01", code=concept("5-504.0", "http://fhir.de/CodeSystem/bfarm/ops"))),
        beside(resource("Procedure", status="completed", performedDateTime="2020-01-01", code=two(("http://fhir.de/CodeSystem/bfarm/ops", "5-470"), (SNOMED, "80146002")))),
    ),
}  # fmt: skip


def verdicts(asked: Eligibility, told: dict[str, list[Observation]]) -> dict[str, Any]:
    return everywhere(asked, told)


def of(side: str, folder: Path) -> list[Observation]:
    return [
        replace(each, subject=side)
        for each in read(folder)
        if each.subject.startswith(NAME) or each.subject.isdigit() or each.subject == "S-1"
    ]


def test_what_is_recorded_in_another_system_is_no_silence_and_its_twin_is_eligible(tmp_path: Path) -> None:
    wrong = []
    for asked in ASKED:
        told: dict[str, list[Observation]] = {}
        for index, (shape, (of_what, *sides)) in enumerate(SHAPES.items()):
            if of_what == asked:
                for side, files in zip(("attacked", "twin"), sides, strict=True):
                    folder = written(tmp_path / f"{index}{side}", copy.deepcopy(files))
                    told[f"{shape}: {side}"] = of(f"{shape}: {side}", folder)
        for who, said in verdicts(
            asking(asked, start="-14 d") if asked != "graft" else asking(asked), told
        ).items():
            if said is not (ELIGIBLE if who.endswith("twin") else NEEDS_DATA):
                wrong.append((who, said.value))
    assert not wrong


def test_a_value_that_is_selected_is_asked_for_in_its_system(tmp_path: Path) -> None:
    asked = asking("vein").model_dump(mode="json", exclude_unset=True)
    asked["observables"][-1] |= {
        "codes": [{"system": "Proband", "code": "disease"}],
        "where": {"value": ["I81", "K55.0"]},
    }
    files = {
        "attacked": beside(condition(concept("17920008", SNOMED))), "in words too": beside(condition(concept("17920008", SNOMED, text="PVT"))),
        "twin": beside(condition(two((SNOMED, "197321007"), (ICD, "K76.0")))), "met": beside(condition(concept("I81"))),
    }  # fmt: skip
    told = {side: of(side, written(tmp_path / side.replace(" ", ""), own)) for side, own in files.items()}
    found = verdicts(Eligibility.model_validate(asked), told)
    assert found == {
        "attacked": NEEDS_DATA,
        "in words too": NEEDS_DATA,
        "twin": ELIGIBLE,
        "met": NOT_ELIGIBLE,
    }


@pytest.mark.parametrize(
    ("word", "system"),
    [("c22.0", "ICD-10"), ("I81", "ICD-10"), ("B01AA03", "ATC"), ("B01AA", "ATC"), ("17920008", "SNOMED"), ("MONDO:0005015", "MONDO"), ("HP:0001397", "HPO"), ("dead", None), ("yes", None), ("2", None)],
)  # fmt: skip
def test_the_system_of_a_code_by_its_form(word: str, system: str | None) -> None:
    assert [name for name, _ in by_form([word])] == ([system] if system else [])


def test_a_class_that_is_asked_for_is_met_by_each_of_its_drugs(tmp_path: Path) -> None:
    asked = asking("thinner", start="-14 d").model_dump(mode="json", exclude_unset=True)
    asked["observables"][-1]["codes"] = [{"system": "ATC", "code": "B01AA"}]
    told = {
        code: of(code, written(tmp_path / code, drug(code, ATC)))
        for code in ("B01AA03", "B01AA", "B01AB01", "B01A")
    }
    found = verdicts(Eligibility.model_validate(asked), told)
    assert found == {"B01AA03": NOT_ELIGIBLE, "B01AA": NOT_ELIGIBLE, "B01AB01": ELIGIBLE, "B01A": NEEDS_DATA}


def test_it_is_said_in_words(tmp_path: Path) -> None:
    folder = written(tmp_path / "a", SHAPES["a drug in RxNorm"][1])
    asked = asking("thinner", start="-14 d")
    verdict = Screening(asked).verdict(list(read(folder)), AS_OF, look_ahead=False)
    assert "a drug is recorded in RxNorm alone, in which this is not asked" in as_text(verdict, asked)


def as_packet(**sections: Any) -> Files:
    return {"packet.json": {**packet(facts()), **sections}}


def diseased(curie: str) -> Files:
    base = packet(facts())
    return as_packet(
        diseases=[
            *base["diseases"],
            {"term": {"id": curie, "label": "x"}, "onset": {"timestamp": "2026-10-20T00:00:00Z"}},
        ]
    )


def treated(curie: str) -> Files:
    return as_packet(
        medicalActions=[
            {
                "treatment": {
                    "agent": {"id": curie, "label": "x"},
                    "doseIntervals": [
                        {"interval": {"start": "2026-10-25T00:00:00Z", "end": "2026-10-30T00:00:00Z"}}
                    ],
                }
            }
        ]
    )


#: shape → (what is asked, attacked, twin)
PACKETS: dict[str, tuple[str, Files, Files]] = {
    "a disease in MONDO": ("vein", diseased("MONDO:0000001"), diseased("ICD10:K76.0")),
    "a disease in OMIM": ("vein", diseased("OMIM:600880"), diseased("ICD10:K76.0")),
    "a drug of DrugCentral": ("thinner", treated("DrugCentral:2868"), treated("ATC:C07AA05")),
    "a drug under a number of the house": ("thinner", treated("HOUSE:4711"), treated("ATC:C07AA05")),
}


def test_the_same_of_phenopackets(tmp_path: Path) -> None:
    wrong = []
    for index, (shape, (asked, *sides)) in enumerate(PACKETS.items()):
        told = {
            side: of(side, written(tmp_path / f"{index}{side}", files))
            for side, files in zip(("attacked", "twin"), sides, strict=True)
        }
        found = verdicts(asking(asked), told)
        if found != {"attacked": NEEDS_DATA, "twin": ELIGIBLE}:
            wrong.append((shape, found))
    assert not wrong


CONCEPTS = [
    ("45600001", "Portal vein thrombosis", "SNOMED", "17920008"), ("45600002", "Fatty liver", "ICD10", "K76.0"), ("45600003", "Fatty liver", "SNOMED", "197321007"),
    ("1310149", "warfarin", "RxNorm", "11289"), ("45600005", "propranolol", "ATC", "C07AA05"), ("45600006", "Warfarin 5 MG", "NDC", "00560172"),
    ("45600007", "Fatty liver", "ICD9CM", "571.8"), ("45600008", "Transplantation", "CPT4", "47135"), ("45600009", "Appendectomy", "SNOMED", "80146002"),
]  # fmt: skip


#: shape → (what is asked, attacked, twin), each a concept and a source concept
CDM: dict[str, tuple[str, tuple[str, str], tuple[str, str]]] = {
    "a condition in SNOMED alone": ("vein", ("45600001", "0"), ("45600003", "45600002")),
    "a condition of a source in ICD-9-CM": ("vein", ("45600001", "45600007"), ("0", "45600002")),
    "a drug in RxNorm": ("thinner", ("1310149", "0"), ("1310149", "45600005")),
    "a drug in NDC": ("thinner", ("45600006", "0"), ("45600005", "45600006")),
    "a procedure in CPT": ("graft", ("45600008", "0"), ("45600009", "45600008")),
}  # fmt: skip
STEMS = {"vein": "condition", "thinner": "drug", "graft": "procedure"}
DAYS = {
    "condition": "condition_start_date",
    "drug": "drug_exposure_start_date",
    "procedure": "procedure_date",
}
TABLES = {"condition": "condition_occurrence", "drug": "drug_exposure", "procedure": "procedure_occurrence"}


@pytest.mark.parametrize("asked", ASKED)
def test_the_same_of_omop_by_row_and_in_columns(asked: str, tmp_path: Path) -> None:
    stem, right, tables = STEMS[asked], {}, dict[str, list[dict[str, str]]]()
    for shape, (of_what, *sides) in CDM.items():
        for (concept_id, source), outcome in (
            zip(sides, (NEEDS_DATA, ELIGIBLE), strict=True) if of_what == asked else ()
        ):
            number = str(len(right) + 1)
            right[number] = outcome
            own = omop_tables(facts(), number)
            own[TABLES[stem]] = [{f"{TABLES[stem]}_id": number, "person_id": number, f"{stem}_concept_id": concept_id, DAYS[stem]: "2026-10-25",
                                  f"{stem}_source_concept_id": source, f"{stem}_source_value": ""}]  # fmt: skip
            for table, rows in own.items():
                tables[table] = rows if table == "concept" else tables.get(table, []) + rows
            assert shape
    named = ("concept_id", "concept_name", "vocabulary_id", "concept_code")
    tables["concept"] = tables["concept"] + [dict(zip(named, each, strict=True)) for each in CONCEPTS]
    for table, rows in tables.items():
        write_table(tmp_path / f"{table}.csv", rows)
    told: dict[str, list[Observation]] = {}
    for each in read(tmp_path):
        told.setdefault(each.subject, []).append(each)
    assert verdicts(asking(asked), told) == right
    with gather([tmp_path], asking(asked), AS_OF) as held:
        many = screen_loaded(asking(asked), held.on("duckdb"), AS_OF).table
    assert dict(zip(many["subject"], many["verdict"], strict=True)) == {
        who: said.value for who, said in right.items()
    }


def test_codes_of_every_other_set_of_systems_are_asked_for_and_no_own() -> None:
    """What is asked for is exactly what shares no system with the question."""
    for kind, known in KINDS.items():
        for own in sorted(known - {"CDISC"}):
            code = {"ICD-10": "I81", "SNOMED": "17920008", "ATC": "B01AA03", "RxNorm": "11289"}.get(own, "x")
            asked = set(elsewhere_than([(own, code)]))
            for n in range(1, MOST + 1):
                for systems in itertools.combinations(sorted(known), n):
                    expected = own not in systems and not (own == "SNOMED" and kind == "drug")
                    assert (recorded_in(kind, systems) in asked) is expected, (kind, own, systems)


@pytest.mark.parametrize("code", ["LOINC", "Proband"])
def test_what_is_no_diagnosis_asks_in_no_system(code: str) -> None:
    """Only what nobody read may hold it."""
    assert list(elsewhere_than([(code, "x")])) == [("Proband", "unread.other")]
