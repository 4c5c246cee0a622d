"""Shapes of data that were reported as faults of other systems, through our readers: attacked nobody is eligible, and each twin is.

The number behind each name is that of the public report; the data are invented, and nothing is copied from it.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from one_person import (
    DOORS,
    ELIGIBLE,
    NAME,
    bundle,
    facts,
    omop_tables,
    outcome,
    packet,
    resources,
    write_table,
)

Write = Callable[[Path], object]


def bundle_text(
    change: Callable[[str], str] = str, *further: dict[str, Any], **changed: dict[str, Any]
) -> Write:
    """The person as a bundle, one resource changed, and the text of the file changed besides."""
    given = resources(facts())
    for what, elements in changed.items():
        given[what] = {**given[what], **elements}
    whole = bundle((*given.values(), *further))
    return lambda folder: (folder / "a.json").write_text(change(json.dumps(whole)))


def peritonitis(clinical: str | None, abated: str | None) -> Write:
    """A peritonitis since the day before screening, perhaps over."""
    found: dict[str, Any] = {
        "resourceType": "Condition", "id": "c", "subject": {"reference": f"Patient/{NAME}"}, "recordedDate": "2026-10-31",
        "code": {"coding": [{"system": "http://purl.obolibrary.org/obo/hp.owl", "code": "HP:0002586"}]}, "onsetDateTime": "2026-10-01",
    }  # fmt: skip
    if clinical:
        found["clinicalStatus"] = {
            "coding": [
                {"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": clinical}
            ]
        }
    if abated:
        found["abatementDateTime"] = abated
    given = {what: each for what, each in resources(facts()).items() if what != "peritonitis"} | {"c": found}
    whole = bundle(given.values())
    return lambda folder: (folder / "a.json").write_text(json.dumps(whole))


def omop(table: str, concepts: tuple[tuple[str, ...], ...] = (), **changed: str) -> Write:
    """Tables of OMOP, the rows of one of which have other cells; further concepts in the vocabulary."""

    def write(folder: Path) -> None:
        tables = omop_tables(facts())
        for row in tables[table]:
            row |= {name: value for name, value in changed.items() if name in row}
        names = list(tables["concept"][0])
        tables["concept"] += [dict(zip(names, each, strict=True)) for each in concepts]
        for name, rows in tables.items():
            write_table(folder / f"{name}.csv", rows)

    return write


def by_table(**changed: str) -> Write:
    """A mapped table, some cells of which are written otherwise."""

    def write(folder: Path) -> None:
        DOORS["CSV"](folder, facts())
        path = folder / "table.csv"
        with path.open(newline="") as stream:
            rows = [row | changed for row in csv.DictReader(stream)]
        write_table(path, rows)

    return write


def excluded(dated: bool) -> Write:
    """A phenopacket that excludes liver cancer and peritonitis, with or without a day."""

    def write(folder: Path) -> None:
        found = packet(facts())
        for place in ("diseases", "phenotypicFeatures"):
            for each in found[place]:
                if not dated:
                    del each["onset"]
        (folder / "packet.json").write_text(json.dumps(found))

    return write


#: report → (attacked, twin)
REPORTED: dict[str, tuple[Write, Write]] = {
    "openmrs-core 4289: a relapse with an old abatement": (peritonitis("relapse", "2026-10-05"), bundle_text()),
    "eCRNow 459: no clinical status": (peritonitis(None, None), bundle_text()),
    "GT-FHIR 34: the year 0105": (
        bundle_text(platelets={"effectiveDateTime": "0105-06-04T19:45:00+09:00"}), bundle_text(platelets={"effectiveDateTime": "2026-10-30T19:45:00+09:00"}),
    ),
    "synthea 675: numbers in scientific notation": (bundle_text(lambda text: text.replace("136.0", "1.2E+2")), bundle_text(lambda text: text.replace("136.0", "1.36E+2"))),
    "trusted-intermediary 1454: leading zeros": (bundle_text(lambda text: text.replace("136.0", "0136.0")), bundle_text(lambda text: text.replace("136.0", "136.00"))),
    "hapi-fhir 7605: a decimal that ends with its point": (bundle_text(lambda text: text.replace("136.0", "136.")), bundle_text(lambda text: text.replace("136.0", "136"))),
    "wso2 fhir-server 43: a number as text": (
        bundle_text(sodium={"valueQuantity": {"value": "136", "unit": "mmol/L"}}), bundle_text(sodium={"valueQuantity": {"value": 136, "unit": "mmol/L"}}),
    ),
    "phenopacket-schema 454: excluded, nobody says when": (excluded(False), bundle_text()),
    "pandas 49770: day and month, either way": (by_table(visit="10-11-2026"), by_table(visit="2026-10-30")),
    "meds_etl 35: a unit only as a concept": (
        omop("measurement", unit_source_value="", unit_concept_id="8848"), omop("person"),
    ),
    "ETL-Synthea 19: values left behind": (omop("measurement", value_as_number=""), omop("person")),
    "OHDSI MIMIC 62: every concept is 0": (omop("measurement", measurement_concept_id="0"), omop("person")),
    "OHDSI CommonDataModel 642: a unit that is 0": (omop("measurement", unit_source_value="", unit_concept_id="0"), omop("measurement", unit_concept_id="0")),
    "basisprofil-de 126: mg/dl": (bundle_text(creatinine={"valueQuantity": {"value": 4.0, "unit": "mg/dl", "code": "mg/dl"}}),
                                  bundle_text(creatinine={"valueQuantity": {"value": 0.9, "unit": "mg/dl", "code": "mg/dl"}})),
    "clinical_quality_language 616: units in capitals": (bundle_text(creatinine={"valueQuantity": {"value": 0.9, "unit": "MGDL"}}),
                                                         bundle_text(creatinine={"valueQuantity": {"value": 0.9, "unit": "MG/DL"}})),
    "dibbs-ecr-viewer 1765: a time without an offset": (bundle_text(platelets={"effectiveDateTime": "2026-08-30T10:35:00"}),
                                                        bundle_text(platelets={"effectiveDateTime": "2026-10-30T10:35:00"})),
}  # fmt: skip


@pytest.mark.parametrize("report", REPORTED)
def test_a_reported_shape_lets_nobody_in_and_its_twin_does(report: str, tmp_path: Path) -> None:
    for name, write in zip(("attacked", "twin"), REPORTED[report], strict=True):
        folder = tmp_path / name
        folder.mkdir()
        write(folder)
        try:
            found = outcome(folder)
        except ValueError:  # nothing could be read of anybody
            found = None
        assert (found is ELIGIBLE) is (name == "twin"), name
