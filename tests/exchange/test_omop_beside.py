"""What tables of the CDM say beside their codes: a test's own name, a stay that ended by death, columns that take a row back, drugs in words, derived tables.

Read row by row and in columns, with the same verdicts and the same report. Each shape is attacked and has a twin in which everything is proven; the
attacked is never ELIGIBLE, or the reading says that it is not complete. The people are synthetic.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from one_person import AS_OF
from test_named_by_other_doors import MORE
from test_named_elsewhere import eligibility
from test_said_against_a_row import CANCER, SODIUM_OF, Tables, omop, said, together

from proband.exchange import gather
from proband.exchange.reading import read
from proband.facts.table import persons
from proband.screening.sql.many import screen_loaded
from proband.screening.verdict import Screening

CONCEPTS = [*MORE, ("1310149", "warfarin", "ATC", "B01AA03"), ("4306655", "Dead", "SNOMED", "419099009"), ("45900009", "Fatty liver", "ICD10", "K76.0")]  # fmt: skip
VISIT = {
    "visit_occurrence_id": "1",
    "visit_concept_id": "9201",
    "visit_start_date": "2026-10-01",
    "visit_end_date": "2026-10-09",
}
DRUG = {
    "drug_exposure_id": "1",
    "drug_concept_id": "1310149",
    "drug_source_value": "",
    "drug_exposure_start_date": "2020-10-20",
    "drug_exposure_end_date": "2020-10-31",
}
DIAGNOSIS = {
    "condition_occurrence_id": "1",
    "condition_concept_id": "45900009",
    "condition_start_date": "2026-10-01",
}
ERA = {
    "condition_era_id": "1",
    "condition_concept_id": "45900003",
    "condition_era_start_date": "2026-10-01",
    "condition_era_end_date": "2026-10-30",
}


def with_row(table: str, row: dict[str, str], number: str = "1", **more: str) -> Tables:
    tables = omop(number)
    tables[table] = [{"person_id": number, **row, **more}]
    return tables


#: shape → tables of the attacked, tables of the twin, read in columns
SHAPES: dict[str, tuple[Tables, Tables, bool]] = {
    **{
        f"a test called {odd!r}": (
            said("measurement", SODIUM_OF, {"measurement_source_value": odd}, {})("1", True),
            said("measurement", SODIUM_OF, {"measurement_source_value": fine}, {})("1", True), True,
        )
        for odd, fine in (("NA_URINE", "NA_SERUM"), ("U-Na", "S-Na"), ("Potassium", "Sodium (corrected for glucose)"), ("Natrium im Urin", "Natrium"), ("ascites sodium", "sodium, plasma"))
    },
    "discharged dead, in words": (with_row("visit_occurrence", VISIT, discharge_to_source_value="Expired"), with_row("visit_occurrence", VISIT, discharge_to_source_value="Home"), True),
    "discharged dead, by a concept of 5.4": (with_row("visit_occurrence", VISIT, discharged_to_concept_id="4306655"), with_row("visit_occurrence", VISIT, discharged_to_concept_id="0"), True),
    "dead, as a diagnosis": (with_row("condition_occurrence", DIAGNOSIS, condition_concept_id="4306655"), with_row("condition_occurrence", DIAGNOSIS), True),
    "a no whose source says Y": (said("observation", CANCER, {"value_source_value": "Y"}, {})("1", True), said("observation", CANCER, {"value_source_value": "n"}, {})("1", True), True),
    "a column that takes a row back": (said("measurement", SODIUM_OF, {"is_deleted": "1"}, {})("1", True), said("measurement", SODIUM_OF, {"is_deleted": "0"}, {})("1", True), False),
    "a column of the material": (said("measurement", SODIUM_OF, {"specimen_source_value": "Urine"}, {})("1", True), said("measurement", SODIUM_OF, {"specimen_source_value": "Serum"}, {})("1", True), False),
    "a drug in words": (with_row("drug_exposure", DRUG, drug_concept_id="0", drug_source_value="WARFARIN 5MG"), with_row("drug_exposure", DRUG), True),
    "a drug that the vocabulary has not": (with_row("drug_exposure", DRUG, drug_concept_id="777"), with_row("drug_exposure", DRUG), True),
    "a diagnosis that the vocabulary has not": (with_row("condition_occurrence", DIAGNOSIS, condition_concept_id="778"), with_row("condition_occurrence", DIAGNOSIS), True),
    "a diagnosis that the vocabulary has not, named by a code of the source": (
        with_row("condition_occurrence", DIAGNOSIS, condition_concept_id="778", condition_source_value="I81"),
        with_row("condition_occurrence", DIAGNOSIS, condition_concept_id="778", condition_source_value="K76.0"), True,
    ),
    "a diagnosis that the vocabulary has not, in words": (
        with_row("condition_occurrence", DIAGNOSIS, condition_concept_id="778", condition_source_value="Pfortaderthrombose"),
        with_row("condition_occurrence", DIAGNOSIS, condition_concept_id="778", condition_source_concept_id="45900009", condition_source_value="Fettleber"), True,
    ),
    "a drug that the vocabulary has not, in words": (
        with_row("drug_exposure", DRUG, drug_concept_id="777", drug_source_value="B01AA03"), with_row("drug_exposure", DRUG, drug_source_value="WARFARIN 5MG"), True,
    ),
    "an era without its occurrences": (with_row("condition_era", ERA), {**with_row("condition_era", ERA), "condition_occurrence": [{"person_id": "1", **DIAGNOSIS}]}, True),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_what_stands_beside_is_heard_by_row_and_in_columns(shape: str, tmp_path: Path) -> None:
    *sides, in_columns = SHAPES[shape]
    for side, tables in zip(("attacked", "twin"), sides, strict=True):
        names = list(tables["concept"][0])
        further = [dict(zip(names, each, strict=True)) for each in CONCEPTS]
        folder = together([{**tables, "concept": [*tables["concept"], *further]}], tmp_path / side)
        reading = read(folder)
        ((_, own),) = persons(reading.table())
        found = Screening(eligibility()).verdict(own, AS_OF, look_ahead=False).outcome.value
        with gather([folder], eligibility(), AS_OF) as held:
            many = screen_loaded(eligibility(), held.on("duckdb"), AS_OF).table
            assert held.report is not None
            assert held.in_columns is in_columns
            assert held.report.lacking == reading.report.lacking
        assert list(many["verdict"]) == [found]
        assert (found == "eligible" and reading.report.complete) is (side == "twin"), (
            found,
            reading.report.lacking,
        )
