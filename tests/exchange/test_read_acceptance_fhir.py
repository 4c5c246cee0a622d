"""FHIR R4 against independent data: counts and values that others determined (skipped, and said so, when absent)."""

from __future__ import annotations

import csv
import json
import math
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from proband.exchange import FileStatus, Severity, read

pytestmark = pytest.mark.acceptance

#: smart-on-fhir/generated-sample-data@25ac8089f046; column of the index → LOINC code
SYNTHEA_CODES = {
    "bilirubin_1975_2": "1975-2",
    "albumin_1751_7": "1751-7",
    "creatinine_2160_0": "2160-0",
    "creatinine_38483_4": "38483-4",
    "sodium_2951_2": "2951-2",
    "sodium_2947_0": "2947-0",
    "INR_6301_6": "6301-6",
    "ALT_1742_6": "1742-6",
    "AST_1920_8": "1920-8",
    "platelets_777_3": "777-3",
}


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_synthea_every_count_of_the_index(acceptance: Path) -> None:
    folder = acceptance / "03_fhir"
    reading = read(folder / "synthea_r4_bundles_gz")
    table = reading.table()
    report = reading.report
    index = {row["file"]: row for row in _rows(folder / "synthea_r4_index.csv")}
    assert len(report.files) == len(index) == 113
    resources = {
        "n_observation": "Observation",
        "n_condition": "Condition",
        "n_procedure": "Procedure",
        "n_medreq": "MedicationRequest",
    }
    by_name = {Path(file.file).name: file for file in report}
    for name, row in index.items():
        file = by_name[name]
        assert file.status is FileStatus.READ, (name, file.findings[:3])
        for column, kind in resources.items():
            assert file.read[kind] == int(row[column]), (name, kind)
        total = sum(file.read.values()) - file.read["Bundle"]
        assert total == int(row["n_entries"]), name

    assert report.read["Observation"] == 22_072
    assert report.read["Condition"] == 868
    leading = table.filter(~pl.col("attributes").fill_null("").str.contains("same-as"))
    counts = leading.group_by("subject", "code").len()
    lookup = {(subject, code): n for subject, code, n in counts.iter_rows()}
    birth = dict(table.filter(pl.col("code") == "birth-date").select("subject", "text").iter_rows())
    sex = dict(
        table.filter((pl.col("code") == "sex") & (pl.col("system") == "Proband"))
        .select("subject", "text")
        .iter_rows()
    )
    vital = {
        row["subject"]: row for row in table.filter(pl.col("code") == "vital-status").iter_rows(named=True)
    }
    for row in index.values():
        subject = row["patient_id"]
        assert birth[subject] == row["birthDate"]
        assert sex[subject] == row["gender"]
        if row["deceasedDateTime"]:
            assert vital[subject]["text"] == "deceased"
            assert vital[subject]["first_day"].isoformat() == row["deceasedDateTime"][:10]
        else:
            assert vital[subject]["presence"] == "unknown"  # no word about it is not "alive"
        for column, code in SYNTHEA_CODES.items():
            assert lookup.get((subject, code), 0) == int(row[column]), (subject, column)

    def patients(code: str) -> set[str]:
        return set(table.filter((pl.col("system") == "LOINC") & (pl.col("code") == code))["subject"])

    assert len(patients("38483-4")) == 72
    assert not patients("2160-0")
    assert len(patients("2947-0")) == 72
    assert len(patients("777-3")) == 113
    assert not patients("6301-6") | patients("5895-7")  # hence MELD is computable for nobody
    assert len(patients("1975-2") & patients("1751-7") & patients("38483-4") & patients("2947-0")) == 52
    # a zero-width space inside display strings does not survive, and nothing is matched on displays
    assert table.filter(pl.col("display").str.contains("​")).height == 0
    # blood pressures that the source gives without a unit (137 of 1,190) are flagged, not taken for mm[Hg]
    flagged = table.filter(pl.col("problems").is_not_null())
    assert set(flagged["code"]) == {"8480-6", "8462-4"}
    assert flagged.height == 2 * 137
    # twelve people have entries after their death (certificates written days later, and in two whole visits), one has a
    # prescription of fifty years before birth; nothing else contradicts itself
    outside = [found.fact for found in reading.report.disagreements]
    assert sorted(outside) == ["facts after death"] * 12 + ["facts before birth"]


MIMIC_CODES = {
    "bilirubin": {"1975-2"},
    "INR": {"6301-6", "5895-7"},
    "creatinine": {"2160-0", "38483-4"},
    "albumin": {"1751-7"},
    "sodium": {"2951-2", "2947-0"},
    "platelets": {"777-3"},
    "ALT": {"1742-6"},
    "AST": {"1920-8"},
    "PT": {"5902-2"},
}


def test_mimic_values_within_a_day_of_the_first_admission(acceptance: Path) -> None:
    folder = acceptance / "03_fhir"
    reading = read(folder / "mimic3_demo_fhir_r4")
    table = reading.table()
    assert reading.report.read == {"Bundle": 50, "Patient": 50, "Observation": 5_771, "Condition": 771}
    bundles = {path.name.removesuffix(".json.gz") for path in (folder / "mimic3_demo_fhir_r4").iterdir()}
    expected = [row for row in _rows(folder / "mimic3_demo_expected.csv") if row["subject_id"] in bundles]
    assert len(expected) == 50
    numeric = table.filter(
        pl.col("value").is_not_null() & pl.col("comparator").is_null() & pl.col("time").is_not_null()
    )
    found = dict.fromkeys(MIMIC_CODES, 0)
    for row in expected:
        subject = f"mimic3demo-{row['subject_id']}"
        mine = numeric.filter(pl.col("subject") == subject)
        admitted = datetime.fromisoformat(row["first_admit"])
        day = timedelta(hours=24)
        for name, codes in MIMIC_CODES.items():
            near = mine.filter(
                pl.col("code").is_in(codes)
                & (pl.col("time") >= admitted - day)
                & (pl.col("time") <= admitted + day)
            ).sort("time")
            wanted = row[f"first24h_{name}"]
            if not wanted:
                assert near.is_empty(), (subject, name)
            else:
                found[name] += 1
                first = near.filter(pl.col("time") == near["time"][0])["value"].to_list()
                assert float(wanted) in first, (subject, name, first)
        conditions = table.filter((pl.col("subject") == subject) & (pl.col("system") == "ICD-9-CM"))
        assert conditions.height == int(row["n_conditions"])
        born = table.filter((pl.col("subject") == subject) & (pl.col("code") == "birth-date")).row(
            0, named=True
        )
        if row["age_years"].startswith(">"):
            assert "shifted" in born["problems"]  # no number for an age above 89
        else:
            assert born["text"] == row["dob"]
            assert born["problems"] is None
    assert found["INR"] == 44
    assert found["bilirubin"] == 26
    assert found["albumin"] == 26
    # INR stands under 5895-7, not under the code of the guides
    assert table.filter(pl.col("code") == "6301-6").is_empty()
    assert table.filter(pl.col("code") == "5895-7")["subject"].n_unique() == 50
    # printed units (mEq/L, K/uL, IU/L, SECONDS) give way to the UCUM code
    assert not {"mEq/L", "K/uL", "IU/L", "sec", "SECONDS"} & set(table["unit"].drop_nulls())
    # text results: three "<5" and one "LESS THAN 0.4" are bounds, not values; one result has a reason and no value
    bounds = table.filter(pl.col("comparator").is_not_null())
    assert sorted(bounds["value"].to_list()) == [0.4, 5.0, 5.0, 5.0]
    assert set(bounds["comparator"]) == {"<"}
    absent = table.filter((pl.col("system") == "LOINC") & (pl.col("presence") != "present"))
    assert absent.height == 1
    # one creatinine of 138 mg/dL cannot be; it is flagged with the probable unit and left as it is
    impossible = table.filter(pl.col("problems").str.contains("impossible value"))
    assert impossible.select("code", "value").rows() == [("2160-0", 138.0)]
    assert "umol/L" in impossible["problems"][0]


def test_mimic_as_csv_and_as_fhir_give_the_same_values(acceptance: Path, tmp_path: Path) -> None:
    """The same hospital in two forms, read by two readers: every laboratory value of the 50 people agrees."""
    folder = acceptance / "03_fhir"
    fhir = read(folder / "mimic3_demo_fhir_r4").table().filter(pl.col("system") == "LOINC")
    items: dict[str, str] = {}
    for code, attributes in fhir.select("code", "attributes").iter_rows():
        local = next(each for each in json.loads(attributes)["codes"] if "d_labitems" in each)
        items[local.rpartition("|")[2]] = f"LOINC|{code}"
    rules = {
        "subject": "subject_id",
        "missing": {},
        "rows": [{"code_column": "itemid", "codes": items, "value": "value", "date": "charttime"}],
    }
    mapping = tmp_path / "labevents.yaml"
    mapping.write_text(json.dumps(rules), encoding="utf-8")  # JSON is YAML
    reading = read(folder / "mimic3_demo_csv" / "labevents.csv.gz", mapping=mapping)
    table = reading.table()
    # a 1 in a column that nobody mapped may be a yes: beside the row's own fact
    table = table.filter(~pl.col("attributes").fill_null("").str.contains('"unmapped"', literal=True))
    file = reading.report.files[0]
    assert file.read["row"] == 76_074
    assert table.height + sum(e.n for e in file.ignored.values() if e.what.startswith("itemid")) == 76_074
    mine = table.with_columns(subject="mimic3demo-" + pl.col("subject")).filter(
        pl.col("subject").is_in(fhir["subject"].unique().to_list()) & pl.col("value").is_not_null()
    )
    columns = ["subject", "code", "time", "value", "comparator"]
    theirs = fhir.filter(pl.col("value").is_not_null()).select(columns).sort(columns)
    assert mine.select(columns).sort(columns).equals(theirs)
    people = read(folder / "mimic3_demo_csv" / "patients.csv.gz", mapping=_patients(tmp_path)).table()
    assert people["subject"].n_unique() == 100
    born = people.filter(pl.col("code") == "birth-date").with_columns(
        subject="mimic3demo-" + pl.col("subject")
    )
    both = born.join(
        read(folder / "mimic3_demo_fhir_r4").table().filter(pl.col("code") == "birth-date"), on="subject"
    )
    assert both.height == 50
    assert (both["text"] == both["text_right"]).all()


def _patients(tmp_path: Path) -> Path:
    rules = {
        "subject": "subject_id",
        "columns": {
            "dob": {"code": "Proband|birth-date", "kind": "date"},
            "gender": {"code": "Proband|sex", "values": {"F": "female", "M": "male"}},
        },
    }
    path = tmp_path / "patients.yaml"
    path.write_text(json.dumps(rules), encoding="utf-8")
    return path


def _validator_rows(acceptance: Path) -> list[dict[str, str]]:
    return _rows(acceptance / "03_fhir" / "fhir_test_cases_validator" / "index.csv")


def _is_core(row: dict[str, str]) -> bool:
    return (
        row["fhir_version"] in {"4.0", "4.0.1"}
        and row["validator_errors"] not in {"", "0"}
        and not row["needs_profiles"]
        and not row["packages"]
    )


#: core cases whose only errors need a terminology service, a profile, an extension's definition or a signature check
NEEDS_MORE_THAN_STRUCTURE = {
    "cvx.json",
    "shc-cvx.json",
    "ips-nz-pj.json",
    "PulseOxBundle_25Oct2022.json",
    "bundle-with-contained.json",
    "target-ref-profile-empty.json",
    "nested-questionnaire-nested-valueset.json",
    "obs-vs-1.json",
    "ips-htmlrefs-backwards.json",
    "signatures/example-2.json",
}


def test_no_core_case_of_the_validator_is_accepted_as_clean(acceptance: Path) -> None:
    folder = acceptance / "03_fhir" / "fhir_test_cases_validator"
    core = [row for row in _validator_rows(acceptance) if _is_core(row)]
    assert len(core) == 39
    assert len({row["file"] for row in core}) == 38
    only_unchecked = set()
    for row in core:
        reading = read(folder / row["file"])
        list(reading)
        file = reading.report.files[0]
        assert not file.accepted_as_clean, row["file"]
        if file.status is FileStatus.READ:
            assert file.unchecked & {"terminology", "profiles", "extensions", "signatures"}, row["file"]
            only_unchecked.add(row["file"])
    assert only_unchecked <= NEEDS_MORE_THAN_STRUCTURE


def test_every_validator_file_is_read_or_declined_with_a_reason(acceptance: Path) -> None:
    folder = acceptance / "03_fhir" / "fhir_test_cases_validator"
    reading = read(sorted(folder.rglob("*.json")))
    list(reading)
    assert len(reading.report.files) == 179
    for file in reading.report:
        if file.status is FileStatus.DECLINED:
            assert file.declined is not None
            assert file.declined.message
        else:
            assert file.read.total() + sum(entry.n for entry in file.ignored.values()) > 0, file.file
    named = {Path(file.file).name: file for file in reading.report}
    malformed = [
        "bad-json-close-1",
        "bad-json-close-2",
        "json-comma-bad-2",
        "json-comments-1",
        "json-no-quotes-2",
        "list-bad-syntax",
    ]
    for name in malformed:
        file = named[f"{name}.json"]
        assert file.declined is not None
        assert file.declined.code == "json.malformed", name
        assert file.declined.position.startswith("line "), name
    bom = named["shc-bundle.json"]
    assert bom.status is not FileStatus.DECLINED
    assert any(finding.code == "text.byte-order-mark" for finding in bom.findings)
    xxe = named["list-xhtml-xxe.json"]
    assert any(finding.code == "narrative.doctype" for finding in xxe.findings)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("patient-id-bad-1.json", "fhir.primitive"),
        ("patient-id-bad-3.json", "fhir.primitive"),
        ("ai3.json", "fhir.unknown-element"),
        ("ai4.json", "fhir.primitive"),
        ("Observation-ex-pain.json", "fhir.missing"),
        ("obs-quantity.json", "fhir.missing"),
        ("hakan-se.json", "fhir.missing"),
        ("synthea.json", "fhir.not-an-array"),
        ("shc-bad-1.json", "fhir.required-code"),
        ("allergy.json", "fhir.required-code"),
        ("bundle-duplicate-id.json", "fhir.full-url"),
        ("bundle-document-versioned-references-bad.json", "fhir.reference"),
        ("pat-security-bad-string.json", "fhir.embedded-html"),
        ("pat-security-bad-xhtml.json", "narrative.element"),
        ("bad-markdown.json", "fhir.embedded-html"),
        ("q-enablewhen-me-wrong.json", "fhir.que-12"),
        ("versioned-extension.json", "fhir.extension-url"),
        ("mni-patientOverview-bundle-example1b.json", "fhir.duplicate-id"),
        ("bundle-sig-2.json", "fhir.not-an-object"),
    ],
)
def test_structural_cases_are_caught_for_the_right_reason(acceptance: Path, name: str, code: str) -> None:
    folder = acceptance / "03_fhir" / "fhir_test_cases_validator"
    paths = list(folder.rglob(name))
    reading = read(paths)
    list(reading)
    assert code in {finding.code for finding in reading.report.files[0].findings}


def test_hl7_examples_are_read_and_named_by_their_content(acceptance: Path) -> None:
    folder = acceptance / "03_fhir" / "hl7_r4_examples"
    reading = read(folder)
    list(reading)
    assert len(reading.report.files) == 329
    kinds: dict[str, int] = {}
    for file in reading.report:
        kind = Path(file.file).parent.name
        kinds[kind] = kinds.get(kind, 0) + 1
        assert file.status is not FileStatus.DECLINED, (file.file, file.declined)
        assert file.format.startswith(f"FHIR R4 {kind}"), file.file
        assert file.read[kind] >= 1, file.file
        assert file.facts or file.ignored, f"{file.file}: neither a fact nor a reason"
    assert len(kinds) == 63
    assert kinds["Observation"] == 37
    assert kinds["MedicationRequest"] == 23
    # HL7's own examples break R4 in one file only (items without linkId); relative canonicals are but a warning
    erroneous = {Path(file.file).name for file in reading.report if file.found[Severity.ERROR]}
    assert erroneous == {"Questionnaire-qs1.json"}


def test_other_fhir_versions_are_recognised_and_refused(acceptance: Path) -> None:
    folder = acceptance / "03_fhir" / "other_fhir_versions"
    reading = read(folder)
    assert list(reading) == []
    assert len(reading.report.files) == 19
    codes = {}
    for file in reading.report:
        assert file.declined is not None, file.file
        codes[Path(file.file).name] = file.declined
    assert {each.code for each in codes.values()} == {"fhir.version"}  # two of them are written in XML
    assert "DSTU2" in codes["hspc-bilirubin-chart.json"].message  # the dangerous one: it looks like R4


def test_bulk_folder_counts(acceptance: Path) -> None:
    folder = acceptance / "03_fhir" / "smart_bulk_ndjson"
    reading = read(folder / "10-patients")
    facts = list(reading)
    assert reading.report.read == {
        "Patient": 13,
        "Condition": 555,
        "Encounter": 1_215,
        "Procedure": 2_056,
        "MedicationRequest": 1_745,
        "Immunization": 161,
        "AllergyIntolerance": 11,
        "Location": 44,
        "Organization": 43,
        "Practitioner": 43,
        "PractitionerRole": 43,
        "Device": 16,
    }
    declined = reading.report.declined
    assert [Path(file.file).name for file in declined] == ["log.ndjson.gz"]
    assert not any(
        finding.code == "fhir.duplicate-id" for file in reading.report for finding in file.findings
    )
    assert len({fact.subject for fact in facts}) == 13
    thousand = read(folder / "1000-patients")
    people = {fact.subject for fact in thousand}
    assert thousand.report.read["Patient"] == len(people) == 1_144


def test_facts_are_finite_and_placed(acceptance: Path) -> None:
    for fact in read(acceptance / "03_fhir" / "hl7_r4_examples"):
        assert fact.value is None or math.isfinite(fact.value)
        assert fact.subject
        assert fact.origin is not None
        assert fact.origin.position
        json.dumps(fact.attributes)
