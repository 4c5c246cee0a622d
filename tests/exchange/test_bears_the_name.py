"""A record in another system, a feature, a sample or a list of words that bears the name of what a criterion asks for: an older "no" does not answer it.

Each shape is attacked and has a twin: a record of another name, one that is denied, one before the "no". ``attacked`` needs data, ``twin`` is ELIGIBLE.
Evaluator, DuckDB and SQLite agree. The people are invented.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from one_person import (
    AS_OF,
    ELIGIBLE,
    MAPPING,
    NAME,
    NEEDS_DATA,
    NOT_ELIGIBLE,
    criteria,
    everywhere,
    facts,
    omop_tables,
    packet,
    row,
    write_table,
)
from test_named_elsewhere import ME, SNOMED, Files, beside, concept, condition, resource, written

from proband.exchange.gathering import gather
from proband.exchange.reading import read
from proband.facts.called import by_its_name
from proband.facts.observation import Observation
from proband.programme.eligibility import Eligibility
from proband.screening.render import as_text
from proband.screening.sql.many import screen_loaded
from proband.screening.verdict import Screening

HOUSE = "https://clinic.example/problems"
NCIT = "http://purl.obolibrary.org/obo/ncit.owl"


def asked() -> Eligibility:
    """The criteria of the person, whose codes have names; liver cancer is denied on 30 October, and so is peritonitis."""
    plain = criteria().model_dump(mode="json", exclude_unset=True)
    for each in plain["observables"]:
        if each["id"] == "cancer":
            each["codes"][0]["display"] = "Liver cell carcinoma"
        if each["id"] == "peritonitis":
            each["codes"][0]["display"] = "Peritonitis"
    return Eligibility.model_validate(plain)


def called(words: str, day: str = "2026-10-31", **more: Any) -> Files:
    return beside(condition({"coding": [{"system": SNOMED, "code": "109841003", "display": words}]}, onsetDateTime=day, **more))  # fmt: skip


def local(words: str, value: Any = None, **more: Any) -> Files:
    said = {"valueBoolean": True} if value is None else value
    return beside(resource("Observation", "n-1", status="final", code={"coding": [{"system": HOUSE, "code": "17", "display": words}]}, effectiveDateTime="2026-10-31", **said, **more))  # fmt: skip


def packed(**sections: Any) -> Files:
    base = packet(facts())
    for name, each in sections.items():
        base[name] = [*base.get(name, []), each]
    return {"packet.json": base}


def feature(words: str, curie: str = "HP:0001402", **more: Any) -> Files:
    return packed(phenotypicFeatures={"type": {"id": curie, "label": words}, "onset": {"timestamp": "2026-10-31T00:00:00Z"}, **more})  # fmt: skip


def sample(words: str, curie: str = "NCIT:C3099", **more: Any) -> Files:
    return packed(biosamples={"id": "b1", "individualId": NAME, "timeOfCollection": {"timestamp": "2026-10-31T00:00:00Z"}, "histologicalDiagnosis": {"id": curie, "label": words}, **more})  # fmt: skip


def disease(words: str, curie: str) -> Files:
    return packed(diseases={"term": {"id": curie, "label": words}, "onset": {"timestamp": "2026-10-31T00:00:00Z"}})  # fmt: skip


#: shape → attacked, twin
SHAPES: dict[str, tuple[Files, Files]] = {
    "a newer diagnosis in SNOMED CT": (called("Liver cell carcinoma (disorder)"), called("Fatty liver (disorder)")),
    "a newer diagnosis, in other order and number": (called("Carcinomas, liver cell"), called("Liver cell adenoma")),
    "a newer diagnosis under the label": (called("Liver cancer"), called("Liver cancer", verificationStatus=concept("refuted", "http://terminology.hl7.org/CodeSystem/condition-ver-status"))),
    "a diagnosis of the house": (
        beside(condition({"coding": [{"system": HOUSE, "code": "HCC1", "display": "Liver cell carcinoma"}, {"system": SNOMED, "code": "109841003"}]}, onsetDateTime="2026-10-31")),
        beside(condition({"coding": [{"system": HOUSE, "code": "HCC1", "display": "Liver cyst"}, {"system": SNOMED, "code": "85057007"}]}, onsetDateTime="2026-10-31")),
    ),
    "an answer of the house": (local("Liver cell carcinoma"), local("Liver cell carcinoma", {"valueBoolean": False})),
    "an answer of the house in a code": (local("Peritonitis", {"valueCodeableConcept": {"text": "yes"}}), local("Peritonitis risk discussed", {"valueCodeableConcept": {"text": "yes"}})),
    "a report that concludes in NCIT": (
        beside(resource("DiagnosticReport", status="final", effectiveDateTime="2026-10-31", code=concept("x"), conclusionCode=[{"coding": [{"system": NCIT, "code": "NCIT:C3099", "display": "Liver Cell Carcinoma"}]}])),
        beside(resource("DiagnosticReport", status="final", effectiveDateTime="2026-10-31", code=concept("x"), conclusionCode=[{"coding": [{"system": NCIT, "code": "NCIT:C2927", "display": "Liver Cyst"}]}])),
    ),
    "a feature in HPO of a diagnosis in ICD-10": (feature("Liver cell carcinoma"), feature("Liver cell carcinoma", excluded=True)),
    "a feature that is another": (feature("Liver cell carcinomas"), feature("Hepatic steatosis", "HP:0001397")),
    "a disease in ICD-10 of a feature in HPO": (disease("Peritonitis, unspecified", "ICD10:K65.9"), disease("Fatty liver", "ICD10:K76.0")),
    "a disease in MONDO of a feature in HPO": (disease("peritonitis", "MONDO:0005890"), disease("gout", "MONDO:0005393")),
    "the tumour of a tissue": (sample("Liver cell carcinoma"), sample("Liver tissue")),
    "the tumour of a tissue under the code": (sample("x", "ICD10:C22.0"), sample("x", "ICD10:K76.0")),
    "the tumour of another's tissue": (sample("Liver cancer"), sample("Liver cancer", individualId="donor")),
}  # fmt: skip


def test_what_bears_the_name_is_not_answered_by_an_older_no(tmp_path: Path) -> None:
    told: dict[str, list[Observation]] = {}
    for index, (shape, sides) in enumerate(SHAPES.items()):
        for side, files in zip(("attacked", "twin"), sides, strict=True):
            who = f"{shape}: {side}"
            found = read(written(tmp_path / f"{index}{side}", copy.deepcopy(files)))
            told[who] = [replace(each, subject=who) for each in found if each.subject in {NAME, ME["reference"].partition("/")[2]}]  # fmt: skip
    found = everywhere(asked(), told)
    assert {who: said for who, said in found.items() if said is not (ELIGIBLE if who.endswith("twin") else NEEDS_DATA)} == {}  # fmt: skip


def test_a_newer_no_answers_it_and_a_sure_yes_stays_one(tmp_path: Path) -> None:
    before = written(tmp_path / "a", called("Liver cell carcinoma (disorder)", "2026-10-20", abatementDateTime="2026-10-25"))  # fmt: skip
    plain = asked().model_dump(mode="json", exclude_unset=True)
    plain["observables"][4] |= {"no_means": "now"}
    yes = written(tmp_path / "b", beside(condition({"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "C22.0", "display": "Liver cell carcinoma"}]}, onsetDateTime="2026-10-31")))  # fmt: skip
    told = {"before": list(read(before)), "yes": list(read(yes))}
    told = {who: [replace(each, subject=who) for each in own] for who, own in told.items()}
    assert everywhere(Eligibility.model_validate(plain), told) == {"before": ELIGIBLE, "yes": NOT_ELIGIBLE}


TALL = """
  - when: {columns: [dx]}
    subject: id
    date: day
    rows:
      - {code_column: dx, RULE}
"""


@pytest.mark.parametrize(("rule", "word", "silence", "outcome"), [
    ("system: SNOMED", "109841003", False, ELIGIBLE), ("system: SNOMED", "109841003", True, NEEDS_DATA), ("system: ICD-10", "K76.0", True, ELIGIBLE), ("system: ICD-9-CM", "155.0", True, NEEDS_DATA),
    ('codes: {HCC: "ICD-10|C22.0"}', "Liver cell carcinoma", False, NEEDS_DATA), ('codes: {HCC: "ICD-10|C22.0"}', "Gicht", False, ELIGIBLE),
    ('codes: {HCC: "ICD-10|C22.0"}', "Gicht", True, NEEDS_DATA), ('codes: {HCC: "ICD-10|C22.0", Gicht: "ICD-10|M10.9"}', "Gicht", True, ELIGIBLE),
])  # fmt: skip
def test_a_list_of_diagnoses_in_a_tall_table(rule: str, word: str, silence: bool, outcome: Any, tmp_path: Path) -> None:  # fmt: skip
    said = facts()
    plain = asked().model_dump(mode="json", exclude_unset=True)
    if silence:
        del said["cancer"]
        plain["observables"][4] |= {"absent": "no"}
    write_table(tmp_path / "a.csv", [row(said)])
    write_table(tmp_path / "dx.csv", [{"id": NAME, "dx": word, "day": "2026-10-31"}])
    mapping = MAPPING.replace("columns:", "tables:\n  - when: {columns: [plt]}\n    columns:")
    for name in ("born:", "sex:", "plt:", "na:", "crea:", "hcc:", "sbp:"):
        mapping = mapping.replace(f"\n  {name}", f"\n      {name}")
    path = tmp_path / "mapping.yaml"
    path.write_text(mapping + TALL.replace("RULE", rule).removeprefix("\n"))
    found = [replace(each, subject="x") for each in read([tmp_path / "a.csv", tmp_path / "dx.csv"], mapping=path)]  # fmt: skip
    assert everywhere(Eligibility.model_validate(plain), {"x": found}) == {"x": outcome}


#: shape → concept name, vocabulary, code; table
CDM = [("Liver cell carcinoma", "SNOMED", "109841003", NEEDS_DATA), ("Fatty liver", "SNOMED", "197321007", ELIGIBLE), ("Liver cancer", "ICD9CM", "155.0", NEEDS_DATA), ("Peritonitis", "MeSH", "D010538", NEEDS_DATA)]  # fmt: skip


def test_the_same_of_omop_by_row_and_in_columns(tmp_path: Path) -> None:
    right, tables, concepts = {}, dict[str, list[dict[str, str]]](), []
    for n, (name, system, code, outcome) in enumerate(CDM):
        for m, table in enumerate(("condition_occurrence", "observation")):
            number, identity = str(10 * n + m + 1), str(46000000 + n)
            own = omop_tables(facts(), number)
            if table == "condition_occurrence":
                own[table] = [{"condition_occurrence_id": number, "person_id": number, "condition_concept_id": identity, "condition_start_date": "2026-10-31", "condition_source_value": ""}]  # fmt: skip
            else:
                own[table].append({**own[table][0], "observation_id": f"{number}9", "observation_concept_id": identity, "observation_date": "2026-10-31", "value_as_concept_id": "4188539"})  # fmt: skip
            for each, rows in own.items():
                tables[each] = rows if each == "concept" else tables.get(each, []) + rows
            right[number] = outcome
        concepts.append({"concept_id": identity, "concept_name": name, "vocabulary_id": system, "concept_code": code})  # fmt: skip
    tables["concept"] = [*tables["concept"], *concepts]
    for table, rows in tables.items():
        write_table(tmp_path / f"{table}.csv", rows)
    told: dict[str, list[Observation]] = {}
    for each in read(tmp_path):
        told.setdefault(each.subject, []).append(each)
    assert everywhere(asked(), told) == right
    with gather([tmp_path], asked(), AS_OF) as held:
        many = screen_loaded(asked(), held.on("duckdb"), AS_OF).table
    assert dict(zip(many["subject"], many["verdict"], strict=True)) == {who: said.value for who, said in right.items()}  # fmt: skip


def test_it_is_said(tmp_path: Path) -> None:
    folder = written(tmp_path / "a", SHAPES["a newer diagnosis in SNOMED CT"][0])
    verdict = as_text(Screening(asked()).verdict(list(read(folder)), AS_OF, look_ahead=False), asked())
    assert "a record under a code that is not asked for bears this name" in verdict


@pytest.mark.parametrize(("one", "other"), [
    ("Haemorrhage of oesophageal varices", "Esophageal varices hemorrhage (disorder)"), ("Portal vein thrombosis", "thrombosis, portal vein, NOS"), ("Tumours of liver", "Liver tumor"),
    ("warfarin", "Warfarin 5 MG Oral Tablet"),
])  # fmt: skip
def test_names_agree(one: str, other: str) -> None:
    assert by_its_name(one) == by_its_name(other) is not None


@pytest.mark.parametrize("words", ["", "(disorder)", "4711", "NOS"])
def test_what_names_nothing(words: str) -> None:
    assert by_its_name(words) is None
