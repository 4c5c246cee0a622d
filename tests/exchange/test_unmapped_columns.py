"""Columns that no rule names and that speak of the person all the same: named like a criterion, of a study that was left, of a death, of a newer result.

Each with a word that says something, after which nobody is ELIGIBLE, and with one that does not, after which they are. In CSV, Excel and large tables that
are read in blocks; evaluator, DuckDB and SQLite agree. The person is synthetic.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from one_person import AS_OF, ELIGIBLE, MAPPING, NEEDS_DATA, criteria, everywhere, facts, row
from test_said_against_a_row import table
from workbook_samples import workbook

from proband.exchange.reading import read
from proband.exchange.rows.unmapped import Unmapped
from proband.facts.called import titled, titles
from proband.facts.deaths import died_in_remark
from proband.facts.observation import Observation
from proband.facts.table import persons
from proband.programme.eligibility import Eligibility
from proband.screening.verdict import Screening

#: column, what it says, what says nothing of the kind
NAMED = [
    ("cancer", "yes", "no"), ("liver_cancer", "1", "0"), ("Liver cancer", "Y", "N"), ("hx_liver_cancer", "yes", "negative"), ("peritonitis", "x", ""), ("peritonitis (current)", "suspected", "unknown"),
    ("SBP_ever", "yes", "no"), ("hcc_hx", "yes", "no"), ("hcc2", "yes", "no"), ("portal_vein_thrombosis", "yes", "no"), ("PVT", "1", "0"), ("thrombosis", "ja", "nein"), ("hiv_status", "positive", "negative"),
    ("on_warfarin", "yes", "no"), ("hiv_test", "reactive", "yes"), ("hiv_test", "not retested, positive in 2019", "none detected"), ("cancer", "not excluded", "no evidence of"), ("peritonitis", "not ruled out", "ruled out"),
    ("Liver cancer", "no longer active", "excluded by MRI"), ("peritonitis finding", "not now but in 2024", "no sign of it"), ("liver_cancer_date", "2019-03-01", ""), ("liver_cancer_year", "2019", "n/a"),
    ("no_liver_cancer", "no", "yes"), ("without peritonitis", "0", "1"), ("cancer type", "HCC", ""), ("liver cancer detail", "segment 5", "none"),
    ("warfarin_current", "2.5 mg daily", "0 mg"), ("warfarin", "twice a day", "no"), ("Warfarin dose", "5mg", "5 mg/dL"),
]  # fmt: skip
LEFT = [
    ("withdrawn", "1", "0"), ("withdrawal_date", "2026-10-20", ""), ("consent_withdrawn", "yes", "no"), ("screen_failure", "yes", "no"), ("screen_fail_reason", "platelets too low", "n/a"), ("Screening failure", "Y", "N"),
    ("reason_for_exclusion", "HCC on MRI", ""), ("ineligible", "TRUE", "FALSE"), ("eligible", "no", "yes"), ("Consent signed", "no", "yes"), ("study_status", "Withdrawn", "active"), ("disposition", "screen failure", "ongoing"),
    ("status", "withdrawn", "enrolled"), ("dropout", "1", "0"), ("meets_criteria", "N", "Y"),
    ("withdrawn", "at month 3", "never"), ("withdrawn", "yes", "not withdrawn"), ("patient_status", "excluded", "included"), ("Study disposition", "discontinued", "on study"), ("reason", "refused", ""),
]  # fmt: skip
REMARKED = [
    ("patient died 2026-10-20", "his mother died in 2019"), ("Pat. verstorben", "Vater an HCC verstorben"), ("deceased", "nearly died in 2020"), ("withdrew consent on 20 Oct", "did not withdraw consent"),
    ("screen failure", "no screen failure"), ("Einwilligung zurückgezogen", "Einwilligung liegt vor"), ("platelets 20 yesterday", "platelets after 2 weeks"), ("PLT: 20, otherwise well", "PLT to follow"), ("creatinine 3.1 at the GP", "creatinine stable"),
    ("Na 120 mmol/L", "Na ok since 2026-10-01"),
]  # fmt: skip


@cache
def asked() -> Eligibility:
    """The criteria of the person, and three about which silence means no."""
    plain = criteria().model_dump(mode="json", exclude_unset=True)
    for name, label, system, code in (
        ("pvt", "portal vein thrombosis", "ICD-10", "I81"), ("thinner", "warfarin", "ATC", "B01AA03"), ("hiv", "HIV infection", "ICD-10", "B20"),
    ):  # fmt: skip
        plain["observables"].append({"id": name, "label": label, "type": "boolean", "absent": "no", "no_means": "now", "codes": [{"system": system, "code": code}]})  # fmt: skip
        plain["criteria"].append({"id": f"N-{name}", "kind": "exclude", "purpose": "safety", "reason": "a test", "when": name})  # fmt: skip
    return Eligibility.model_validate(plain)


def told(folder: Path, cells: dict[str, str]) -> list[Observation]:
    folder.mkdir(exist_ok=True)
    table(folder, [{**row(facts()), **cells}])
    reading = read(folder / "table.csv", mapping=folder / "mapping.yaml")
    own = list(reading)
    assert reading.report.complete, cells
    return own


SAID = [*NAMED, *LEFT, *(("comment", said, fine) for said, fine in REMARKED)]


def test_they_are_heard_and_their_twins_are_not(tmp_path: Path) -> None:
    found, right = {}, {}
    for n, (column, said, fine) in enumerate(SAID):
        for m, (cell, outcome) in enumerate(((said, NEEDS_DATA), (fine, ELIGIBLE))):
            who = f"{column}: {cell}#{n}"
            found[who] = [replace(each, subject=who) for each in told(tmp_path / f"{n}-{m}", {column: cell})]
            right[who] = outcome
    assert {who: said for who, said in everywhere(asked(), found).items() if said is not right[who]} == {}


@pytest.mark.parametrize(("column", "said"), [
    ("family_history_liver_cancer", "yes"), ("mother_cancer", "yes"), ("cancer_screening_done", "yes"), ("cancer_risk_counselled", "yes"), ("hiv_test_ordered", "yes"), ("liver_cancer_form_complete", "2"),
    ("smoker", "yes"), ("ward", "oncology"), ("consent_version", "3"), ("visit_status", "done"), ("liver_biopsy_date", "2026-10-01"), ("weight", "80"), ("peritonitis_prophylaxis", "yes"), ("age_group", "40-60"),
    ("hcc_status", "excluded"), ("biopsy_status", "refused"), ("vaccine_status", "declined"), ("alcohol_status", "discontinued"), ("tx_type", "deceased"), ("insurance_status", "expired"), ("husband_status", "deceased"),
])  # fmt: skip
def test_other_columns_are_left_alone(column: str, said: str, tmp_path: Path) -> None:
    own = told(tmp_path, {column: said})
    assert Screening(asked()).verdict(own, AS_OF, look_ahead=False).outcome is ELIGIBLE


def test_whoever_leaves_a_column_out_by_name_is_heard(tmp_path: Path) -> None:
    table(tmp_path, [{**row(facts()), "cancer": "yes", "withdrawn": "1"}], MAPPING + "ignore: [cancer, withdrawn]\n")  # fmt: skip
    own = list(read(tmp_path / "table.csv", mapping=tmp_path / "mapping.yaml"))
    assert Screening(asked()).verdict(own, AS_OF, look_ahead=False).outcome is ELIGIBLE


def test_the_label_and_the_choices_of_the_project_are_heard(tmp_path: Path) -> None:
    header = 'Variable / Field Name,Form Name,Section Header,Field Type,Field Label,"Choices, Calculations, OR Slider Labels",Field Note,Text Validation Type OR Show Slider Number'
    fields = [f"{each},baseline,,text,{each},,," for each in row(facts())] + ['q17,baseline,,radio,History of liver cancer?,"0, Yes | 1, No | 9, Unknown",,']  # fmt: skip
    (tmp_path / "dictionary.csv").write_text("\n".join([header, *fields]) + "\n")
    for cell, outcome in (("0", NEEDS_DATA), ("1", ELIGIBLE), ("9", ELIGIBLE), ("", ELIGIBLE)):
        own = told(tmp_path, {"q17": cell})
        assert Screening(asked()).verdict(own, AS_OF, look_ahead=False).outcome is outcome, cell


def test_a_large_table_in_blocks_and_a_workbook_say_the_same(tmp_path: Path) -> None:
    rows = []
    for n in range(300):
        cells = row(facts(), f"p{n}")
        cells |= {"cancer": "yes" if n % 7 == 3 else "no", "comment": "patient died" if n % 11 == 5 else "platelets 20" if n % 13 == 6 else "well", "withdrawn": "1" if n % 17 == 8 else "0", "memo": "x" * 900}  # fmt: skip
        rows.append(cells)
    table(tmp_path, rows)
    one_by_one = sorted(map(repr, read(tmp_path / "table.csv", mapping=tmp_path / "mapping.yaml")))
    path = tmp_path / "long.parquet"
    read(tmp_path / "table.csv", mapping=tmp_path / "mapping.yaml").write(path)
    in_blocks = [each for _, own in persons(pl.read_parquet(path)) for each in own]
    assert (tmp_path / "table.csv").stat().st_size > 1 << 18
    assert sorted(repr(each) for each in in_blocks) == one_by_one
    book = tmp_path / "book.xlsx"
    book.write_bytes(workbook({"data": [list(rows[0]), *(list(each.values()) for each in rows[:20])]}))
    found = {who: Screening(asked()).verdict(own, AS_OF, look_ahead=False).outcome for who, own in persons(read(book, mapping=tmp_path / "mapping.yaml").table())}  # fmt: skip
    hit = {f"p{n}" for n in range(20) if n % 7 == 3 or n % 11 == 5 or n % 13 == 6 or n % 17 == 8}
    assert {who for who, said in found.items() if said is not ELIGIBLE} == hit


@pytest.mark.parametrize(("name", "title"), [
    ("portal vein thrombosis", "hx_portal_vein_thrombosis"), ("portal vein thrombosis", "vein thrombosis"), ("portal vein thrombosis", "PVT"), ("Malignant neoplasm of the colon", "malignant_neoplasm"),
    ("Cold antibody disease (CAD)", "cad_ever"), ("active infection", "Infection now"), ("Warfarin", "warfarin_dose"),
])  # fmt: skip
def test_a_title_may_be_of_a_name(name: str, title: str) -> None:
    asked_for = set(titles([name]))
    assert asked_for & set(titled(title.replace("_", " ")))


@pytest.mark.parametrize(("name", "title"), [("portal vein thrombosis", "portal hypertension"), ("use of drugs", "use"), ("time since stroke", "time"), ("Malignant neoplasm of the colon", "colon polyps")])  # fmt: skip
def test_a_title_of_something_else(name: str, title: str) -> None:
    assert not set(titles([name])) & set(titled(title))


@settings(deadline=None, max_examples=200)
@given(column=st.text(max_size=30), said=st.text(max_size=30))
def test_whatever_stands_there_is_a_fact_or_nothing(column: str, said: str) -> None:
    for remark in (False, True):
        own = Unmapped.of(column, column.lower(), "", {}, remark=remark)
        assert all(system == "Proband" for system, _ in own.facts(said))
        assert own.leaving("") is None
        assert not list(own.facts(""))
        assert own.leaving(said) is None or column in str(own.leaving(said))


def test_nobody_dies_of_a_remark_about_others() -> None:
    for said in (
        "Patient died. His mother is well", "died, family informed", "Patient died at home with family", "wife reports that patient died", "died - husband called", "Child died 3 March", "The baby died",
        "Mother says the child died", "Kind verstorben", "died of some kind of sepsis", "Mother informed that patient expired", "died (family informed)",
    ):  # fmt: skip
        assert died_in_remark(said), said
    for said in (
        "His mother died. Patient is well", "Patient's mother died", "mother of the patient died", "her child died in 2010", "deceased donor liver transplant", "died: his mother", "first child died", "ihr Kind verstorben",
        "nearly died", "Patient has a deceased brother", "the patient's baby died",
    ):  # fmt: skip
        assert not died_in_remark(said), said
