"""Columns of a table that nobody mapped and that say that a row is not to be taken at its word, each with a word that says it and one that does not.

Whoever is told so is never ELIGIBLE; with the other word, with a blank, and with a "no", they are. The person is synthetic.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from one_person import AS_OF, ELIGIBLE, NAME, facts, row, screening
from test_said_against_a_row import SODIUM, TALL, table, tall

from proband.exchange.reading import read
from proband.exchange.rows.beside import plain_name
from proband.exchange.rows.doubts import hears
from proband.screening.outcome import EligibilityStatus

TICKED = ("obsolete", "archived", "rejected", "cancelled", "canceled", "error", "error_flag", "failed", "duplicate", "dup", "exclude", "excluded_yn", "do_not_use", "mislabeled",
          "hemolyzed", "is_test", "test patient", "negated", "Negation", "unconfirmed", "record_unverified", "provisional", "is_preliminary", "draft", "vorläufig")  # fmt: skip
STANDS = ("verified", "is_verified", "validated", "Signed", "authorised", "released", "confirmed", "is_final", "is_current", "is_latest", "active", "freigegeben")  # fmt: skip
#: column, what it says against the row, what it says in order
SAID = [
    *((each, said, fine) for each in TICKED for said, fine in (("1", "0"), ("yes", "No"), ("X", ""))),
    *((each, said, fine) for each in STANDS for said, fine in (("0", "1"), ("no", "yes"), ("N", ""))),
    ("reject_reason", "clotted", ""), ("cancellation_reason", "wrong tube", "none"), ("replaced_by", "LAB-8", ""), ("superseded_by", "8", "n/a"),
    ("qc", "fail", "pass"), ("QC flag", "FAILED", "ok"), ("sample_quality", "clotted", "good"), ("data_quality_flag", "suspect", "clean"),
    ("certainty", "possible", "certain"), ("diagnosesicherheit", "V", "G"), ("diagnosis_certainty", "suspected", "confirmed"), ("assertion", "negated", "asserted"),
    ("confidence", "low", "high"), ("qualifier", "rule out", "acute"), ("status", "rejected", "complete"), ("status", "Draft", "F"), ("status", "error", "final"),
    ("subject_type", "donor", "recipient"), ("participant type", "Mother", "patient"), ("source", "family history", "chart"), ("section", "Familienanamnese", "Anamnese"),
    ("valid_to", "2026-09-30", "9999-12-31"), ("Valid Until", "30.09.2026", "infinity"), ("dbt_valid_to", "2026-09-30 10:00", ""), ("row_end_date", "2026-09-30", "2999-12-31"), ("gültig_bis", "30.09.2026", ""),
    ("expired_on", "2026-09-30", ""), ("sys_end_time", "2026-09-30", "9999-12-31 23:59"), ("effective_to", "2026-09-30", "3000-01-01"),
    # columns of findings that the mapping does not read
    ("diagnosis", "Pfortaderthrombose", ""), ("Diagnosis 2", "I81", ""), ("Nebendiagnosen", "I81", ""), ("comorbidities", "PVT", ""), ("icd10_code", "I81", ""), ("past_medical_history", "PVT", ""),
    ("medications", "warfarin", ""), ("con_meds", "warfarin", ""), ("antécédents", "thrombose", ""), ("dx_other_text", "PVT", ""),
    ("comment", "test patient", "patient was tested"), ("remark", "duplicate record", "measured in duplicate"),
]  # fmt: skip


def outcome(folder: Path) -> EligibilityStatus:
    reading = read(folder / "table.csv", mapping=folder / "mapping.yaml")
    own = [each for each in reading if each.subject == NAME]
    found = screening().verdict(own, AS_OF, look_ahead=False).outcome
    return found if reading.report.complete else EligibilityStatus.NEEDS_DATA


@pytest.mark.parametrize("column", sorted({each for each, *_ in SAID}))
def test_a_column_that_doubts_its_row_is_heard(column: str, tmp_path: Path) -> None:
    for said, fine in ((a, b) for each, a, b in SAID if each == column):
        verdicts = []
        for word in (said, fine):
            table(tmp_path, [{**row(facts()), column: word}])
            verdicts.append(outcome(tmp_path) is ELIGIBLE)
        assert verdicts == [False, True], (column, said, fine)


@pytest.mark.parametrize(("column", "said"), [("laterality", "left"), ("body_site", "left lobe"), ("severity", "severe"), ("Seite", "links")])  # fmt: skip
def test_a_no_of_a_part_is_none_of_the_whole_in_a_tall_table(column: str, said: str, tmp_path: Path) -> None:
    for side in (True, False):
        make = tall({"dx": "HCC", "said": "n"}, {column: said}, {column: ""}, TALL, "HCC")
        make(tmp_path, side)
        assert (outcome(tmp_path) is ELIGIBLE) is not side
    tall({}, {**SODIUM, "value": "136", column: said}, {})(tmp_path, True)
    assert outcome(tmp_path) is ELIGIBLE  # a result of a part is a result


@pytest.mark.parametrize("name", ["ward", "visit", "age", "sex", "person_id", "source_system", "context_id", "qualification", "active_substance", "errors_total", "final_dose",
                                  "certificate", "reason", "sample_id", "result", "stage_fright", "current_smoker"])  # fmt: skip
def test_other_columns_are_left_alone(name: str) -> None:
    assert not hears(plain_name(name)) or name == "result"


def test_nobody_is_called_by_a_ditto_mark_and_a_program_writes_none_for_nothing(tmp_path: Path) -> None:
    for name in ('"', "''", "-", "?", "〃"):
        table(
            tmp_path,
            [row(facts()), {"record_id": name, "visit": "2026-10-31", "na": "120", "na_unit": "mmol/L"}],
        )
        assert outcome(tmp_path) is EligibilityStatus.NEEDS_DATA
    for written, eligible in (("None", False), ("none", True)):
        table(tmp_path, [{**row(facts()), "hcc": written}])
        assert (outcome(tmp_path) is ELIGIBLE) is eligible
