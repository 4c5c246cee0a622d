"""Datasets of SDTM whose columns say different things, families whose pedigree does, notes of the CDM, diagnoses in words as the value of a result.

Each shape is attacked and has a twin in which everything is proven; the attacked is never ELIGIBLE, or the reading says that it is not complete. The
people are invented.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from one_person import AS_OF, ELIGIBLE, LOINC, NAME, NEEDS_DATA, facts, packet
from test_every_door import AS_OF as STUDY_DAY
from test_every_door import programme
from test_named_elsewhere import SNOMED, Files, beside, concept, eligibility, resource, written
from test_omop_beside import with_row
from test_related_rows import again, element, event, platelets, reading_of, row
from test_said_against_a_row import together
from test_said_beside_a_cell import Tables, qualifier, study

from proband.exchange import gather
from proband.exchange.reading import read
from proband.screening.sql.many import screen_loaded
from proband.screening.verdict import Screening

SE = {"SE": element("2026-08-01", "2026-08-20")}


def criterion(said: str, category: str = "EXCLUSION") -> Tables:
    return study(IE=[row("IE", IETESTCD="EXCL04", IETEST="Portal vein thrombosis", IECAT=category, IEORRES=said, IESTRESC=said, IEDTC="2026-10-01")])  # fmt: skip


def events(**more: Any) -> Tables:
    """A diagnosis whose names differ."""
    base = {"MHSEQ": "7", "MHTERM": "Belly fluid went bad", "MHDECOD": "Abdominal disorder", "MHSTDTC": "2026-10-20", "MHENDTC": "", "MHOCCUR": ""}  # fmt: skip
    told = study()
    own = {**dict.fromkeys(told["MH"][0], ""), **row("MH"), **base, **more}
    columns = list(dict.fromkeys([*told["MH"][0], *own]))
    return told | {"MH": [{name: each.get(name, "") for name in columns} for each in (*told["MH"], own)]}


def numbered(subjid: str, study_id: str = "S") -> Tables:
    told = again(SUBJID=subjid, STUDYID=study_id)
    told["DM"][0]["SUBJID"] = "1"
    return told


STUDIES: dict[str, tuple[Tables, Tables]] = {
    "a day outside of its epoch": (
        platelets(LBDTC="2026-10-31", LBORRES="300", EPOCH="SCREENING") | SE,
        platelets(LBDTC="2026-08-10", EPOCH="SCREENING") | SE,
    ),
    "a no outside of its epoch": (
        study(infection={"EPOCH": "SCREENING"}, **SE),
        study(infection={"EPOCH": "FOLLOW-UP"}, **SE),
    ),
    "one number, two subjects": (numbered("1"), numbered("2")),
    "one number of two studies": (numbered("1"), numbered("1", "T")),
    "a name that the coder changed": (events(MHMODIFY="Infection"), events(MHMODIFY="Abdominal pain")),
    "a name of the lowest level": (events(MHLLT="INFECTION"), events(MHLLT="Abdominal pain")),
    "a term beside its code": (
        events(MHTERM="infection", MHDECOD="Abdominal disorder"),
        events(MHTERM="pain", MHDECOD="Abdominal disorder"),
    ),
    "a stay for it": (
        study(HO=event("Infection", "HO")),
        study(HO=event("Fracture", "HO")),
    ),
    "a drug for it": (
        study(
            CM=[
                row(
                    "CM",
                    CMTRT="Ceftriaxone",
                    CMDECOD="",
                    CMINDC="Infection",
                    CMSTDTC="2026-10-31",
                    CMENDTC="",
                )
            ]
        ),
        study(
            CM=[
                row(
                    "CM",
                    CMTRT="Ceftriaxone",
                    CMDECOD="",
                    CMINDC="Prophylaxis",
                    CMSTDTC="2026-10-31",
                    CMENDTC="",
                )
            ]
        ),
    ),
    "a qualifier that corrects": (
        study(SUPPLB=qualifier("LB", "LBCORR", "Corrected result", "20")),
        study(SUPPLB=qualifier("LB", "LBSITE", "Site", "20")),
    ),
    "a qualifier that it is not known": (
        study(SUPPMH=qualifier("MH", "MHUNK", "Unknown", "Y")),
        study(SUPPMH=qualifier("MH", "MHUNK", "Unknown", "N")),
    ),
    "a no as a neighbour says": (
        study(infection={"MHEVAL": "CAREGIVER"}),
        study(infection={"MHEVAL": "INVESTIGATOR"}),
    ),
    "a no as a parent says": (
        study(infection={"MHEVAL": "PARENT"}),
        study(infection={"MHEVAL": "STUDY SUBJECT"}),
    ),
}


@pytest.mark.parametrize("shape", STUDIES)
def test_what_differs_in_a_study_lets_nobody_in_and_its_twin_does(shape: str, tmp_path: Path) -> None:
    judged = Screening(programme())
    found = []
    for side, made in zip(("attacked", "twin"), STUDIES[shape], strict=True):
        told, complete = reading_of(tmp_path / side, made)
        found.append(complete and judged.verdict(told, STUDY_DAY, look_ahead=False).outcome is ELIGIBLE)
    assert found == [False, True]


@pytest.mark.parametrize(
    ("said", "category", "told"),
    [("Y", "EXCLUSION", True), ("N", "EXCLUSION", False), ("N", "INCLUSION", True), ("Y", "INCLUSION", False), ("X", "OTHER", True)],
)  # fmt: skip
def test_a_criterion_of_a_study_that_was_not_met_is_no_silence(
    said: str, category: str, told: bool, tmp_path: Path
) -> None:
    facts_of, complete = reading_of(tmp_path / "a", criterion(said, category))
    assert complete
    assert any(each.code == "diagnosis-in.other" for each in facts_of) is told


def family(sex: str, who: str = NAME) -> Files:
    members = [{"individualId": who, "sex": sex, "affectedStatus": "AFFECTED", "familyId": "F"}]
    own = packet(facts())
    return {
        "a.json": {"id": "F", "proband": own, "pedigree": {"persons": members}, "metaData": own["metaData"]}
    }


def asked(question: dict[str, Any], words: str | None = None, code: str | None = None, **more: Any) -> Files:
    value: dict[str, Any] = (
        {"valueString": words} if code is None else {"valueCodeableConcept": concept(code)}
    )
    return beside(
        resource(
            "Observation",
            status="final",
            code=question,
            effectiveDateTime="2026-10-20",
            **{**value, **more},
        )
    )


DIAGNOSIS = concept("29308-4", LOINC)
FILES: dict[str, tuple[Files, Files]] = {
    "the sex of a pedigree": (family("FEMALE"), family("MALE")),
    "the sex of another in a pedigree": (family("FEMALE"), family("FEMALE", who="aunt")),
    "a diagnosis as words": (asked(DIAGNOSIS, "Pfortaderthrombose"), asked(DIAGNOSIS, code="K76.0")),
    "a code as words": (asked(DIAGNOSIS, "I81 thrombosis"), asked(DIAGNOSIS, "K76.0 fatty liver")),
    "a diagnosis in words of a concept": (
        asked(DIAGNOSIS, valueString=None, valueCodeableConcept={"text": "PVT"}),
        asked(DIAGNOSIS, code="K76.0"),
    ),
    "a question of SNOMED CT": (
        asked(concept("439401001", SNOMED), "PVT"),
        asked(concept("439401001", SNOMED), code="K76.0"),
    ),
    "a question of the house": (
        asked({"text": "Nebendiagnosen"}, "PVT"),
        asked({"text": "Wohlbefinden"}, "gut"),
    ),
    "a diagnosis of a relative as words": (
        asked(DIAGNOSIS, "PVT"),
        asked(concept("10157-6", LOINC), "PVT"),
    ),
    "a part that is a diagnosis": (
        asked(
            concept("11450-4", LOINC),
            valueString=None,
            component=[{"code": DIAGNOSIS, "valueString": "PVT"}],
        ),
        asked(
            concept("11450-4", LOINC),
            valueString=None,
            component=[{"code": DIAGNOSIS, "valueCodeableConcept": concept("K76.0")}],
        ),
    ),
}


@pytest.mark.parametrize("shape", FILES)
def test_what_differs_in_files_lets_nobody_in_and_its_twin_does(shape: str, tmp_path: Path) -> None:
    judged, found = Screening(eligibility()), []
    for side, files in zip(("attacked", "twin"), FILES[shape], strict=True):
        plain = {
            name: {**content, "entry": [{"resource": {k: v for k, v in e["resource"].items() if v is not None}} for e in content["entry"]]} if "entry" in content else content
            for name, content in files.items()
        }  # fmt: skip
        reading = read(written(tmp_path / side, plain))
        told = [each for each in reading if each.subject == NAME]
        found.append(
            reading.report.complete and judged.verdict(told, AS_OF, look_ahead=False).outcome is ELIGIBLE
        )
    assert found == [False, True]


@pytest.mark.parametrize("table", ["note", "note_nlp"])
def test_notes_of_the_cdm_leave_open_what_silence_answers(table: str, tmp_path: Path) -> None:
    """By row and in columns: a note that nobody read is a finding about its person, and no lack of everybody's reading."""
    tables = with_row(
        table, {f"{table}_id": "1", "note_id": "1", "note_text": "PVT", "note_nlp_concept_id": "1"}
    )
    reading = read(together([tables], tmp_path / "a"))
    own = list(reading)
    assert {each.subject for each in own if each.code.startswith("unread.")} == {"1"}
    assert reading.report.complete
    assert Screening(eligibility()).verdict(own, AS_OF, look_ahead=False).outcome is NEEDS_DATA
    with gather([tmp_path / "a"], eligibility(), AS_OF) as held:
        assert held.report is not None
        assert held.in_columns
        assert held.report.complete
        many = screen_loaded(eligibility(), held.on("duckdb"), AS_OF).table
    assert dict(zip(many["subject"], many["verdict"], strict=True)) == {"1": NEEDS_DATA.value}


def test_the_day_on_which_a_concept_ends_says_nothing_of_rows(tmp_path: Path) -> None:
    tables = with_row("concept", {})
    tables["concept"] = [{**each, "valid_start_date": "1970-01-01", "valid_end_date": "2020-01-01", "invalid_reason": "U"} for each in with_row("note", {})["concept"]]  # fmt: skip
    reading = read(together([tables], tmp_path / "a"))
    assert not any(each.problems for each in reading)
    with gather([tmp_path / "a"], eligibility(), AS_OF) as held:
        assert held.in_columns
