"""Phenopackets against an independent re-reading of 402 individuals, and 44 valid and invalid files."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from proband.exchange import FileStatus, Reading, Severity, read
from proband.exchange.phenopackets.ages import Age

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def packets(request: pytest.FixtureRequest) -> tuple[pl.DataFrame, Reading, Path]:
    folder = Path(__file__).resolve().parents[3] / "shared" / "acceptance" / "02_phenopackets"
    if not folder.is_dir():
        pytest.skip("acceptance data absent: 402 phenopackets not read")
    reading = read([folder / "tier1_mitochondrial", folder / "negative_controls"])
    return reading.table(), reading, folder


def _cohort(table: pl.DataFrame, name: str) -> pl.DataFrame:
    return table.filter(pl.col("origin_file").str.contains(name, literal=True))


def _attribute(table: pl.DataFrame, name: str) -> list[str | None]:
    return [json.loads(text or "{}").get(name) for text in table["attributes"]]


def _variants(table: pl.DataFrame) -> pl.DataFrame:
    return table.filter((pl.col("system") == "Proband") & (pl.col("code") == "variant"))


def test_all_are_read_clean_but_for_unknown_ages(packets: tuple[pl.DataFrame, Reading, Path]) -> None:
    _, reading, _ = packets
    assert len(reading.report.files) == 402
    assert {file.status for file in reading.report} == {FileStatus.READ}
    assert {finding.code for file in reading.report for finding in file.findings} == {"phenopacket.no-age"}
    assert all("ontology" in file.unchecked for file in reading.report)
    assert not reading.report.ignored


def test_every_row_of_the_index(packets: tuple[pl.DataFrame, Reading, Path]) -> None:
    table, _, folder = packets
    with (folder / "index.csv").open(encoding="utf-8", newline="") as stream:
        index = list(csv.DictReader(stream))
    assert len(index) == 402
    by_subject = {key[0]: part for key, part in table.partition_by("subject", as_dict=True).items()}
    sexes = {"MALE": "male", "FEMALE": "female", "UNKNOWN_SEX": None, "": None}
    for row in index:
        mine = by_subject[row["phenopacket_id"]]
        facts = {
            code: part
            for (code,), part in mine.filter(pl.col("system") == "Proband")
            .partition_by("code", as_dict=True)
            .items()
        }
        assert facts["sex"]["text"][0] == sexes[row["sex"]], row["file"]
        assert _attribute(facts["birth-date"], "subject-id") == [row["subject_id"]]
        vital = facts["vital-status"].row(0, named=True)
        assert (vital["text"] == "deceased") == (row["vital_status"] == "DECEASED")
        assert (vital["presence"] == "unknown") == (row["vital_status"] == "")  # never assumed alive
        age = facts.get("age-at-last-encounter")
        if row["age_last_encounter"]:
            assert age is not None
            assert _attribute(age, "age") == [row["age_last_encounter"]]
            parsed = Age.parse(row["age_last_encounter"])
            assert parsed is not None
            assert age["value"][0] == parsed.in_years
        else:
            assert age is None  # unknown, not 0
        hpo = mine.filter(pl.col("system") == "HPO")
        observed = hpo.filter(pl.col("presence") == "present")["code"].to_list()
        excluded = hpo.filter(pl.col("presence") == "absent")["code"].to_list()
        assert Counter(observed) == Counter(filter(None, row["hpo_observed"].split("|"))), row["file"]
        assert Counter(excluded) == Counter(filter(None, row["hpo_excluded"].split("|"))), row["file"]
        variants = _variants(mine)
        assert {each for each in _attribute(variants, "gene") if each} == set(
            filter(None, row["genes"].split("|"))
        )
        assert set(_attribute(variants, "zygosity")) - {"unknown"} == set(
            filter(None, row["zygosity"].split(";"))
        )
        assert {each for each in _attribute(variants, "hgvs") if each} == set(
            filter(None, row["hgvs_c"].split(";"))
        )
        diseases = facts.get("disease", table.clear())
        present = diseases.filter(pl.col("presence") == "present")
        assert set(present["value_code"]) == set(filter(None, row["disease_ids"].split("|"))), row["file"]


def test_printed_counts(packets: tuple[pl.DataFrame, Reading, Path]) -> None:
    table, _, _ = packets
    for name, people, sexes, deceased, hpo, zygosity, acmg in (
        ("tier1_mitochondrial", 305, (174, 128, 3), 92, (2_978, 2_822), (159, 134, 12), 305),
        ("negative_controls", 97, (37, 51, 9), 4, (819, 1_090), (18, 74, 5), 96),
    ):
        part = _cohort(table, name)
        assert part["subject"].n_unique() == people
        sex = part.filter((pl.col("code") == "sex") & (pl.col("system") == "Proband"))
        assert tuple((sex["text"] == word).sum() for word in ("male", "female")) == sexes[:2]
        assert sex["text"].null_count() == sexes[2]
        vital = part.filter(pl.col("code") == "vital-status")
        assert (vital["text"] == "deceased").sum() == deceased
        terms = part.filter(pl.col("system") == "HPO")
        assert (terms["presence"] == "present").sum() == hpo[0]
        assert (terms["presence"] == "absent").sum() == hpo[1]
        variants = _variants(part)
        # the page counts people: a compound heterozygote carries two heterozygous variants
        counted = Counter(
            z for z, _ in set(zip(_attribute(variants, "zygosity"), variants["subject"], strict=True))
        )
        assert tuple(counted[word] for word in ("homozygous", "heterozygous", "hemizygous")) == zygosity
        classes = set(zip(_attribute(variants, "pathogenicity"), variants["subject"], strict=True))
        assert Counter(c for c, _ in classes)["pathogenic"] == acmg


def test_excluded_is_not_present(packets: tuple[pl.DataFrame, Reading, Path]) -> None:
    table, _, _ = packets
    tier1 = _cohort(table, "tier1_mitochondrial")
    for term, observed, excluded in (
        ("HP:0001250", 31, 59),
        ("HP:0002151", 119, 11),
        ("HP:0003128", 20, 17),
        ("HP:0001252", 106, 24),
    ):
        mine = tier1.filter(pl.col("code") == term)
        assert (mine["presence"] == "present").sum() == observed
        assert (mine["presence"] == "absent").sum() == excluded


def test_genes_and_diseases_are_facts_of_their_own(packets: tuple[pl.DataFrame, Reading, Path]) -> None:
    table, _, _ = packets
    variants = _variants(_cohort(table, "tier1_mitochondrial"))
    genes = Counter(_attribute(variants.unique("subject"), "gene"))
    assert len(genes) == 39
    assert (genes["FBXL4"], genes["MPV17"], genes["SCO2"], genes["MT-TV"]) == (61, 36, 22, 5)
    every = set(_attribute(_variants(table), "gene"))
    assert not every & {"HPDL", "TK2", "POLG", "SURF1"}
    # SCO2: 22 people carry a variant, 20 have complex IV deficiency, 2 have myopia 6 (OMIM:608908)
    carriers = {
        row["subject"]
        for row in variants.iter_rows(named=True)
        if json.loads(row["attributes"]).get("gene") == "SCO2"
    }
    diseases = table.filter(
        (pl.col("code") == "disease") & pl.col("subject").is_in(carriers) & (pl.col("presence") == "present")
    )
    labels = Counter(text or "" for text in diseases["text"])
    assert len(carriers) == 22
    assert sum(n for label, n in labels.items() if "yopia" in label) == 2
    nfu1 = {
        row["subject"]
        for row in variants.iter_rows(named=True)
        if json.loads(row["attributes"]).get("gene") == "NFU1"
    }
    said = table.filter((pl.col("code") == "disease") & pl.col("subject").is_in(nfu1))["text"].to_list()
    assert len(nfu1) == len(said) == 13
    assert all("pastic paraplegia" in text for text in said)


def test_ages_begin_at_one_day(packets: tuple[pl.DataFrame, Reading, Path]) -> None:
    table, _, _ = packets
    tier1 = _cohort(table, "tier1_mitochondrial")
    ages = tier1.filter(pl.col("code") == "age-at-last-encounter")
    assert tier1["subject"].n_unique() - ages.height == 15
    assert (ages["value"] < 18).sum() == 222
    assert (ages["value"] >= 18).sum() == 68
    assert ages["value"].max() == 72


def test_valid_and_invalid_files(acceptance: Path) -> None:
    folder = acceptance / "02_phenopackets" / "phenopacket_tools_valid_invalid"
    with (folder / "index.csv").open(encoding="utf-8", newline="") as stream:
        index = list(csv.DictReader(stream))
    assert len(index) == 44
    parsed: Counter[str] = Counter()
    for row in index:
        reading = read(folder / row["file"])
        list(reading)
        file = reading.report.files[0]
        verdict = row["pypi_phenopackets_2.0.2.post5_v2"]
        if verdict.startswith("parses as"):
            assert file.status is not FileStatus.DECLINED, (row["file"], file.declined)
            assert file.format == f"Phenopacket v2 {verdict.removeprefix('parses as ')}"
            parsed[verdict] += 1
        elif verdict == "does not parse":
            assert file.declined is not None, row["file"]
            assert file.declined.message
        else:  # YAML: the fate of its JSON twin
            v1 = "v1" in row["file"]
            assert (file.status is FileStatus.DECLINED) == v1, (row["file"], file.declined)
            if file.declined:
                assert file.declined.code == "phenopacket.version"
    assert parsed == {"parses as Phenopacket": 22, "parses as Family": 3, "parses as Cohort": 3}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("cli__validate__base__missing-fields", "phenopacket.missing"),
        ("cli__validate__base__missing-resources", "phenopacket.missing-resource"),
        ("cli__validate__custom-json-schema__marfan.no-phenotype", "phenopacket.no-phenotype"),
        ("cli__validate__custom-json-schema__marfan.no-subject", "phenopacket.no-subject"),
        ("cli__validate__custom-json-schema__marfan.no-time-at-last-encounter", "phenopacket.no-age"),
        ("cli__validate__custom-json-schema__marfan.not-hpo", "phenopacket.not-hpo"),
    ],
)
def test_parses_is_not_valid(acceptance: Path, name: str, code: str) -> None:
    folder = acceptance / "02_phenopackets" / "phenopacket_tools_valid_invalid"
    twin = f"{name}-valid" if "base" in name else f"{name.rpartition('marfan.')[0]}marfan"
    codes = []
    for each in (name, twin):
        reading = read(folder / f"{each}.json")
        list(reading)
        codes.append({finding.code for finding in reading.report.files[0].findings})
        status = reading.report.files[0].status
    assert code in codes[0]
    assert code not in codes[1]
    assert status is FileStatus.READ  # the twin is accepted


def test_term_rules_need_an_ontology_and_use_one(acceptance: Path) -> None:
    """Without HPO the reader says so; with an OBO graph that has not the term, it is reported as not in it."""
    folder = acceptance / "02_phenopackets" / "phenopacket_tools_valid_invalid"
    path = folder / "cli__validate__phenotype-validation__marfan.obsolete-term.json"
    reading = read(path)
    list(reading)
    assert "ontology" in reading.report.files[0].unchecked
    assert not reading.report.files[0].accepted_as_clean
    checked = read(path, ontology=folder / "validator-core__validator__core__hp.module.json")
    list(checked)
    file = checked.report.files[0]
    assert "ontology" not in file.unchecked
    assert any(f.code == "phenopacket.obsolete-term" and f.severity is Severity.ERROR for f in file.findings)


def test_yaml_equals_its_json_twin(acceptance: Path) -> None:
    folder = acceptance / "02_phenopackets" / "phenopacket_tools_valid_invalid"
    for json_name, yaml_name in (
        ("io__io__v2__phenopacket.json", "io__io__v2__phenopacket.yaml"),
        ("io__io__v2__family.json", "io__io__v2__family.yaml"),
        ("io__io__v2__cohort.json", "io__io__v2__cohort.yaml"),
        ("util__util__format__cohort.v2.json", "util__util__format__cohort.v2.yml"),
        ("util__util__format__family.v2.json", "util__util__format__family.v2.yml"),
        ("util__util__format__covid.json", "util__util__format__covid.yml"),
    ):
        one, two = (read(folder / name).table().drop("origin_file") for name in (json_name, yaml_name))
        assert one.equals(two), json_name
