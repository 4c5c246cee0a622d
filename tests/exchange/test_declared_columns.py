"""What a dictionary of REDCap, the name of a column, an event or a form says against what a mapping makes of a cell.

Each shape is attacked and has a twin in which the "no", or the result, is proven: the attacked is never ELIGIBLE and complete, the twin is. The people are invented.
"""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from one_person import AS_OF, ELIGIBLE, MAPPING, NAME, criteria, everywhere, facts, row, screening
from workbook_samples import workbook

from proband.exchange.mapping import ColumnRule
from proband.exchange.reading import read
from proband.exchange.rows.declared import against_rule, of_place, unit_named
from proband.facts.observation import Observation
from proband.terms.answers import NO_WORDS, UNTOLD_WORDS, YES_WORDS, Answer, answer_in_label

HEADER = ["Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label", "Choices, Calculations, OR Slider Labels", "Field Note",
          "Text Validation Type OR Show Slider Number", "Text Validation Min", "Text Validation Max", "Identifier?", "Branching Logic", "Required Field?",
          "Custom Alignment", "Question Number", "Matrix Group Name", "Matrix Ranking?", "Field Annotation"]  # fmt: skip
FIELDS: dict[str, dict[str, str]] = {
    **{each: {"kind": "text"} for each in row(facts())}, "visit": {"kind": "text", "validation": "date_ymd"}, "born": {"kind": "text", "validation": "date_ymd"},
    **{each: {"kind": "text", "validation": "number"} for each in ("plt", "na", "crea")}, "hcc": {"kind": "yesno"}, "sbp": {"kind": "yesno"},
}  # fmt: skip
EVENT = {"redcap_event_name": "baseline_arm_1", "redcap_repeat_instrument": "", "redcap_repeat_instance": ""}
Cells = dict[str, str]


def export(
    folder: Path, *rows: Cells, fields: dict[str, dict[str, str]] | None = None, mapping: str = MAPPING
) -> None:
    """An export of REDCap with its dictionary and a mapping."""
    told = [{**row(facts()), **each} for each in rows or ({},)]
    names = list(dict.fromkeys(name for each in told for name in each))
    with (folder / "export.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, names, restval="")
        writer.writeheader()
        writer.writerows(told)
    with (folder / "dictionary.csv").open("w", newline="") as stream:
        lines = csv.writer(stream)
        lines.writerow(HEADER)
        for name, each in {**FIELDS, **(fields or {})}.items():
            told_of = (each.get(what, "") for what in ("choices", "note", "validation"))
            lines.writerow([name, each.get("form", "baseline"), "", each["kind"], each.get("label", name), *told_of, *[""] * 9, each.get("annotation", "")])  # fmt: skip
    (folder / "mapping.yaml").write_text(mapping)


def told(folder: Path) -> tuple[list[Observation], bool]:
    """The facts of the person, and whether the reading is complete."""
    inputs = [each for each in sorted(folder.iterdir()) if each.name != "mapping.yaml"]
    reading = read(inputs, mapping=folder / "mapping.yaml")
    own = [each for each in reading if each.subject == NAME]
    return own, reading.report.complete


def eligible(folder: Path) -> bool:
    own, complete = told(folder)
    return complete and screening().verdict(own, AS_OF, look_ahead=False).outcome is ELIGIBLE


def radio(choices: str, cell: str, **more: str) -> dict[str, Any]:
    return {"rows": [{"hcc": cell}], "fields": {"hcc": {"kind": "radio", "choices": choices, **more}}}


def box(label: str) -> dict[str, Any]:
    """A group whose second box alone is ticked; the first is liver cancer."""
    rule = MAPPING + '  hx___1: {code: "ICD-10|C22.0", kind: presence}\n'
    fields = {"hx": {"kind": "checkbox", "choices": f"1, Liver cancer | 2, {label}"}}
    return {"rows": [{"hx___1": "0", "hx___2": "1", "hcc": ""}], "fields": fields, "mapping": rule}


def about(column: str, cell: Cells | None = None, unit: str | None = None, **more: str) -> dict[str, Any]:
    mapping = MAPPING if unit is None else MAPPING.replace(f"unit_column: {column}_unit", f"unit: {unit}")
    return {"rows": [cell or {}], "fields": {column: {**FIELDS[column], **more}}, "mapping": mapping}


def second(what: Cells, **place: str) -> dict[str, Any]:
    """The person's first row without an answer that stands in another event or instrument."""
    empty = dict.fromkeys(row(facts()), "") | {"record_id": NAME}
    gone = dict.fromkeys(what, "")
    return {"rows": [{**EVENT, **gone}, {**empty, **EVENT, **place, "visit": "2026-10-30", **what}]}


SODIUM, NO = {"na": "136", "na_unit": "mmol/L"}, {"hcc": "0"}
VALUED = MAPPING.replace('"ICD-10|C22.0", kind: presence', '"ICD-10|C22.0", kind: presence, values: {"1": present, "0": absent}')  # fmt: skip
UNTICKED = ["Not assessed", "Not done", "Not documented", "Not recorded", "Results pending", "Unable to assess", "N/K", "Cannot remember", "No data", "To be confirmed",
            "Nicht erhoben", "Not performed", "Lost to follow-up", "Non réalisé", "No realizado", "Awaiting biopsy", "TBC", "Refused"]  # fmt: skip
#: shape → (attacked, twin)
SHAPES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    **{f"a box for {each!r}": (box(each), box("Kidney stones")) for each in UNTICKED},
    **{
        f"the choice {choices!r}": (radio(choices, "0"), radio(twin, cell))
        for choices, twin, cell in [
            ("0, Current | 1, Past | 2, Never", "0, Current | 1, Past | 2, No", "2"), ("0, No or not documented | 1, Yes", "0, No | 1, Yes", "0"),
            ("0, No / unknown | 1, Yes", "0, Nein | 1, Ja", "0"), ("0, Suspected | 1, Confirmed | 2, No", "0, Suspected | 1, Confirmed | 2, No", "2"),
            ("0, Not tested | 1, Positive | 2, Negative", "0, Not tested | 1, Positive | 2, Negative", "2"), ("0, Mild | 1, Severe", "0, Mild | 1, Severe | 9, Absent", "9"),
            ("0, No, but suspected | 1, Yes", "0, No, never | 1, Yes", "0"), ("0, No, biopsy pending | 1, Yes", "0, No liver cancer | 1, Liver cancer", "0"),
            ("0, Yes | 1, No", "0, <b>No</b> | 1, Yes", "0"), ("0, No except before 2020 | 1, Yes", "0, None | 1, Any", "0"),
        ]
    },
    "a mapping that turns the dictionary round": ({**radio("0, Yes | 1, No", "0"), "mapping": VALUED}, {**radio("0, No | 1, Yes", "0"), "mapping": VALUED}),
    "a mapping that calls unknown a no": ({**radio("0, Unknown | 1, Yes", "0"), "mapping": VALUED}, {**radio("0, Free of it | 1, Yes", "0"), "mapping": VALUED}),
    "choices from a query": ({"rows": [NO], "fields": {"hcc": {"kind": "sql", "choices": "select"}}}, {"rows": [{"hcc": "no"}], "fields": {"hcc": {"kind": "sql", "choices": "select"}}}),
    "filled in by the form": (about("hcc", NO, annotation="@DEFAULT='0'"), about("hcc", NO, annotation="@DEFAULT='1' @HIDDEN-PDF")),
    "a computed no": (about("hcc", NO, annotation="@CALCTEXT(if([x]=1,1,0))"), about("hcc", NO, annotation="@HIDEBUTTON")),
    "a calculated field": ({"rows": [NO], "fields": {"hcc": {"kind": "calc", "choices": "if([x]=1,1,0)"}}}, about("hcc", NO)),
    "a unit in the label": (about("crea", {"crea": "1.2"}, "mg/dL", label="Creatinine (mmol/L)"), about("crea", {"crea": "1.2"}, "mg/dL", label="Creatinine (mg/dl)")),
    "a unit in the note": (about("plt", None, "10*9/L", note="in 10^12/L"), about("plt", None, "10*9/L", note="in G/L")),
    "urine in the label": (about("na", label="Urine sodium"), about("na", label="Serum sodium")),
    "another analyte in the label": (about("na", label="Potassium"), about("na", label="Sodium")),
    "a relative in the label": (about("na", label="Sodium of the mother"), about("na", label="Sodium of the patient")),
    "family history in the label": (about("hcc", NO, label="Family history of liver cancer"), about("hcc", NO, label="History of liver cancer")),
    "the form of family history": (about("hcc", NO, form="family_history"), about("hcc", NO, form="medical_history")),
    "a label that denies": (about("hcc", NO, label="Never had liver cancer?"), about("hcc", NO, label="Ever had liver cancer?")),
    "a label of whether it is known": (about("hcc", NO, label="Liver cancer: not assessed"), about("hcc", NO, label="Liver cancer: assessed")),
    **{
        f"the event {each!r}": (second(SODIUM, redcap_event_name=each), second(SODIUM, redcap_event_name="visit_2_arm_1"))
        for each in ("mother_arm_2", "donor_arm_1", "sibling_visit_arm_2", "baby_arm_2", "father_arm_3")
    },
    "an instrument of the donor": (
        second(SODIUM, redcap_repeat_instrument="donor_labs", redcap_repeat_instance="1"), second(SODIUM, redcap_repeat_instrument="labs", redcap_repeat_instance="1")
    ),
    "an instrument of the family": (
        second(NO, redcap_repeat_instrument="family_history", redcap_repeat_instance="1"), second(NO, redcap_repeat_instrument="history", redcap_repeat_instance="1")
    ),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_what_a_project_declares_lets_nobody_in_and_its_twin_does(shape: str, tmp_path: Path) -> None:
    found = []
    for side, shaped in zip(("attacked", "twin"), SHAPES[shape], strict=True):
        (folder := tmp_path / side).mkdir()
        export(folder, *shaped["rows"], fields=shaped.get("fields"), mapping=shaped.get("mapping", MAPPING))
        found.append(eligible(folder))
    assert found == [False, True]


def test_engines_agree_on_all_of_them(tmp_path: Path) -> None:
    people = {}
    for number, (shape, pair) in enumerate(SHAPES.items()):
        for side, shaped in zip(("attacked", "twin"), pair, strict=True):
            (folder := tmp_path / f"{number}-{side}").mkdir()
            export(
                folder,
                *shaped["rows"],
                fields=shaped.get("fields"),
                mapping=shaped.get("mapping", MAPPING),
            )
            own, _ = told(folder)
            people[f"{shape} {side}"] = [replace(each, subject=f"{shape} {side}") for each in own]
    verdicts = everywhere(criteria(), people)
    assert {who.rpartition(" ")[2] for who, said in verdicts.items() if said is ELIGIBLE} == {"twin"}


#: name of a column, the name that says nothing against it
NAMES = {
    **{each: ("na", fine) for each, fine in (("na_urine", "na_serum"), ("Sodium (urine)", "Sodium (serum)"), ("na_donor", "na_recipient"), ("Natrium im Urin", "Natrium im Serum"),
                                             ("motherNa", "patientNa"), ("Potassium", "Sodium"), ("spot urine Na", "plasma Na"))},
    **{each: ("hcc", fine) for each, fine in (("never_hcc", "ever_hcc"), ("hcc_excluded", "hcc_diagnosed"), ("hcc_free", "hcc_now"), ("absence of hcc", "history of hcc"), ("without_hcc", "with_hcc"),
                                              ("hcc_ruled_out", "hcc_known"), ("Familienanamnese HCC", "Anamnese HCC"), ("hcc_in_family", "hcc_in_patient"), ("hcc_mother", "hcc_self"),
                                              ("maternal_hcc", "liver_hcc"), ("fam_hx_hcc", "hx_hcc"), ("hcc_unknown", "hcc_found"), ("hcc_not_done", "hcc_done"), ("no_hcc", "no_of_hcc"), ("kein HCC", "ein HCC"))},
    **{each: ("crea", fine) for each, fine in (("crea (mmol/L)", "crea (mg/dL)"), ("crea_umol_l", "crea_mgdl"), ("crea [µmol/l]", "crea [mg/dl]"), ("crea_g_l", "crea_mg_dl"))},
}  # fmt: skip


@pytest.mark.parametrize("form", ["CSV", "Excel"])
@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_column_speaks_against_its_rule(name: str, form: str, tmp_path: Path) -> None:
    column, fine = NAMES[name]
    found = []
    for called in (name, fine):
        cells = row(facts())
        header = [called if each == column else each for each in cells]
        values = list(cells.values())
        mapping = MAPPING.replace(f"  {column}: {{", f'  "{called}": {{').replace("unit_column: crea_unit", "unit: mg/dL")  # fmt: skip
        (tmp_path / "mapping.yaml").write_text(mapping)
        if form == "Excel":
            (tmp_path / "t.xlsx").write_bytes(workbook({"S": [header, values]}))
        else:
            with (tmp_path / "t.csv").open("w", newline="") as stream:
                csv.writer(stream).writerows([header, values])
        found.append(eligible(tmp_path))
    assert found == [False, True]


def test_a_second_export_of_which_the_mapping_reads_nothing_is_missed(tmp_path: Path) -> None:
    export(tmp_path)
    other = tmp_path / "second.csv"
    other.write_text(f"record_id,visit,liver_cancer,more_complete\n{NAME},2026-10-31,1,2\n")
    assert not eligible(tmp_path)
    other.write_text(f"record_id,visit,more_complete\n{NAME},2026-10-31,2\n")
    assert eligible(tmp_path)
    other.write_text(f"record_id,visit,liver_cancer\n{NAME},2026-10-31,1\n")
    (tmp_path / "mapping.yaml").write_text(MAPPING + "ignore: [liver_cancer]\n")
    assert eligible(tmp_path)


def test_an_export_that_nobody_mapped_is_not_silence(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text(f"record_id,redcap_event_name,hcc,a_complete\n{NAME},b_arm_1,1,2\n")
    assert "answer" in next(iter(_lacking(tmp_path)))
    (tmp_path / "other.csv").write_text(f"record_id,redcap_event_name,hcc,a_complete\n{NAME},b_arm_1,,0\n")
    assert not _lacking(tmp_path)


def _lacking(folder: Path) -> dict[str, int]:
    reading = read(folder)
    list(reading)
    return dict(reading.report.lacking)


_PLAIN_NO = sorted(each for each in NO_WORDS if each.isalpha())
_TAILS = ["", ", never", " (asked twice)", ": checked by ultrasound", " liver cancer", " – in 2026"]
_DOUBTS = [", but suspected", " or not asked", " / unknown", ", biopsy pending", " except in childhood", " (not documented)", "?", ", nur vermutet", " ou non fait"]  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(
    no=st.sampled_from(_PLAIN_NO),
    tail=st.sampled_from(_TAILS),
    doubt=st.sampled_from(_DOUBTS),
    capital=st.booleans(),
)
def test_a_label_is_a_no_unless_it_takes_that_back(no: str, tail: str, doubt: str, capital: bool) -> None:
    said = no.capitalize() if capital else no
    assert answer_in_label(said + tail) is Answer.NO
    assert answer_in_label(said + tail + doubt) is not Answer.NO


@given(words=st.sampled_from(sorted(YES_WORDS | UNTOLD_WORDS)) | st.text(max_size=12).filter(lambda each: not each.strip().lower().startswith(tuple(NO_WORDS))))  # fmt: skip
def test_what_does_not_begin_with_a_no_is_none(words: str) -> None:
    assert answer_in_label(words) is not Answer.NO


@pytest.mark.parametrize(
    ("column", "code"),
    [("child_pugh", "Proband|child-pugh"), ("Child-Pugh class", "Proband|child-pugh"), ("donor_found", "Proband|donor-found"), ("family_history", "Proband|family-history"),
     ("bili_total", "LOINC|1975-2"), ("Kind of product", "Proband|product"), ("twin_study", "Proband|study"), ("excluded_reason", "Proband|reason")],
)  # fmt: skip
def test_names_that_say_nothing_against_a_rule(column: str, code: str) -> None:
    assert against_rule(column, ColumnRule(code=code), None) is None


@pytest.mark.parametrize(
    ("words", "unit"),
    [("Creatinine (mg/dL)", "mg/dL"), ("bili_umol_l", "umol/L"), ("Sex (m)", None), ("weight (kg)", "kg"), ("History (choice=Cancer)", None), ("Score (0-10)", None), ("in G/L", "G/L"), ("total", None)],
)  # fmt: skip
def test_units_in_names(words: str, unit: str | None) -> None:
    assert unit_named(words) == unit


@pytest.mark.parametrize("name", ["baseline_arm_1", "control_arm_2", "Child-Pugh_arm_1", "transplant_arm_1", "family_visit_arm_1"])  # fmt: skip
def test_events_of_the_person(name: str) -> None:
    said = of_place("redcap_event_name", name)
    assert not said.another
    assert not said.problem
