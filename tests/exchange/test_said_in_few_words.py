"""Few words in places of their own: a text beside a code that is missing, titles of episodes, plans and pictures, names of observations, cells of unmapped columns.

Each shape is attacked and has a twin who is ELIGIBLE; evaluator, DuckDB and SQLite agree. The people are invented.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from one_person import AS_OF, ELIGIBLE, ICD10, NAME, NEEDS_DATA, everywhere
from test_bears_the_name import asked as named
from test_named_elsewhere import LOINC, ME, Files, beside, condition, resource, written
from test_unmapped_columns import asked, told
from test_unread_documents import AS_OF as ON
from test_unread_documents import site

from proband.exchange.gathering import gather
from proband.exchange.reading import read
from proband.facts.observation import Observation
from proband.screening.sql.many import screen_loaded
from proband.screening.verdict import Screening

MISSING = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unsupported"}]}  # fmt: skip


def observed(words: str, name: str = "o-9", **more: Any) -> dict[str, Any]:
    return resource("Observation", name, status="final", code={"text": words}, effectiveDateTime="2026-10-31", **more)  # fmt: skip


def titles(kind: str, attacked: Any, twin: Any, element: str, **more: Any) -> tuple[Files, Files]:
    sides = ({**resource(kind, "t-1", **more), element: words} for words in (attacked, twin))
    one, other = map(beside, sides)
    return one, other


#: shape → attacked, twin
SHAPES: dict[str, tuple[Files, Files]] = {
    "an episode of care": titles("EpisodeOfCare", [{"text": "Liver cancer programme"}], [{"text": "Home care"}], "type", status="active"),
    "a plan of care": titles("CarePlan", "Liver cancer care plan", "Nutrition care plan", "title", status="active", intent="plan"),
    "a team": titles("CareTeam", "Peritonitis outreach team", "Dialysis team", "name", status="active"),
    "a picture": titles("ImagingStudy", "MRI: liver cancer, segment 5", "MRI of the knee", "description", status="available", started="2026-10-31"),
    "a goal": titles("Goal", {"text": "Control of the liver cancer"}, {"text": "Walk every day"}, "description", lifecycleStatus="active"),
    "a stage of something else": (beside(condition({"coding": [{"system": ICD10, "code": "K76.0"}]}, stage=[{"summary": {"text": "liver cancer stage B"}}], recordedDate="2026-10-31")), beside(condition({"coding": [{"system": ICD10, "code": "K76.0"}]}, stage=[{"summary": {"text": "stage 2"}}], recordedDate="2026-10-31"))),
    "a history of it": (beside(observed("History of liver cell carcinoma", valueBoolean=True)), beside(observed("Family history of liver cell carcinoma", valueBoolean=True))),
    "a recurrent one": (beside(observed("Recurrent peritonitis", valueBoolean=True)), beside(observed("Recurrent peritonitis", valueBoolean=False))),
    "a consent taken back": (beside(observed("Consent withdrawn", valueBoolean=True)), beside(observed("Consent withdrawn", valueBoolean=False))),
    "a study that was left, as a value": (beside(observed("Status in the study", valueString="withdrew consent")), beside(observed("Status in the study", valueCodeableConcept={"text": "ongoing"}))),
    "a result under a code that nobody knows": (
        beside(resource("Observation", "o-9", status="final", code={"coding": [{"system": LOINC, "code": "99999-9"}]}, effectiveDateTime="2026-10-31", valueQuantity={"value": 20, "unit": "10*9/L", "system": "http://unitsofmeasure.org", "code": "10*9/L"})),
        beside(resource("Observation", "o-9", status="final", code={"coding": [{"system": LOINC, "code": "751-8"}]}, effectiveDateTime="2026-10-31", valueQuantity={"value": 20, "unit": "10*9/L", "system": "http://unitsofmeasure.org", "code": "10*9/L"})),
    ),
    "a day of death": (beside(resource("Observation", "o-9", status="final", code={"coding": [{"system": LOINC, "code": "81954-0"}]}, valueDateTime="2026-10-20")), beside()),
}  # fmt: skip


def test_few_words_leave_a_question_open_and_others_do_not(tmp_path: Path) -> None:
    found: dict[str, list[Observation]] = {}
    for n, (shape, sides) in enumerate(SHAPES.items()):
        for side, files in zip(("attacked", "twin"), sides, strict=True):
            who = f"{shape}: {side}"
            reading = read(written(tmp_path / f"{n}{side}", files))
            found[who] = [replace(each, subject=who) for each in reading if each.subject == NAME]
    verdicts = everywhere(named(), found)
    assert {who: said for who, said in verdicts.items() if said is not (ELIGIBLE if who.endswith("twin") else NEEDS_DATA)} == {}  # fmt: skip


@pytest.mark.parametrize(("code", "complete"), [
    ({"text": "Liver cell carcinoma", "coding": [MISSING]}, False), ({"coding": [MISSING]}, True), ({"text": "K76.0 fatty liver", "coding": [{"system": ICD10, "code": "K76.0"}]}, True),
])  # fmt: skip
def test_a_text_beside_a_missing_code_is_a_diagnosis_in_words(code: Any, complete: bool, tmp_path: Path) -> None:  # fmt: skip
    reading = read(written(tmp_path / "a", beside(condition(code, subject=ME))))
    list(reading)
    assert reading.report.complete is complete


@pytest.mark.parametrize(("column", "said", "fine"), [
    ("adverse_event", "peritonitis", "headache"), ("reason_admission", "Acute peritonitis", "no peritonitis"), ("indication", "portal vein thrombosis", "portal hypertension"), ("anticoagulant", "warfarin", "none"),
    ("ct_findings", "liver cancer", "liver cancer excluded"), ("other_specify", "liver cancer", "family history of liver cancer"), ("sae_outcome", "fatal", "recovered"), ("off_study_reason", "Death", ""),
    ("off_study_date", "2026-10-20", ""), ("lost_to_followup", "yes", "no"), ("outcome", "Verstorben", "gebessert"), ("Participant Status", "Withdrawn", "Included"),
])  # fmt: skip
def test_cells_of_unmapped_columns(column: str, said: str, fine: str, tmp_path: Path) -> None:
    verdicts = [Screening(asked()).verdict(told(tmp_path / str(n), {column: cell}), AS_OF, look_ahead=False).outcome for n, cell in enumerate((said, fine))]  # fmt: skip
    assert verdicts == [NEEDS_DATA, ELIGIBLE]


@pytest.mark.parametrize("column", ["med_1", "comorbid_2", "malignancy"])
def test_columns_of_findings_that_nobody_mapped(column: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        told(tmp_path, {column: "x"})


def test_an_observation_of_omop_that_says_that_somebody_left(tmp_path: Path) -> None:
    said = {"observation_id": "9", "observation_concept_id": "46009", "observation_date": "2026-10-31"}
    for answer, outcome in (("4188539", NEEDS_DATA), ("4188540", ELIGIBLE)):
        folder = site(tmp_path / answer, {"1": ("observation", {**said, "value_as_concept_id": answer})})
        with (folder / "concept.csv").open("a") as stream:
            stream.write("46009,Patient withdrew from study,SNOMED,399307001\n")
        with gather([folder], named(), ON) as held:
            assert screen_loaded(named(), held.on("duckdb"), ON).table["verdict"].to_list() == [outcome.value]
