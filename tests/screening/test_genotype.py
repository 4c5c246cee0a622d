"""Screening 402 published individuals by gene and by disease: excluded is not present, gene is not disease.

Source of the records: ``02_phenopackets`` of the acceptance data (monarch-initiative/phenopacket-store@b694d17ec6fd).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from proband.programme.eligibility import Eligibility
from proband.screening import Screening, persons, screen

pytestmark = pytest.mark.acceptance

DAY = date(2026, 11, 1)
#: the genes of the mitochondrial cohorts, as the acceptance README lists them
MITOCHONDRIAL = ["FBXL4", "MPV17", "COQ4", "FDXR", "SCO2", "AFG3L2", "NFU1", "ABCB7", "ISCA2", "MRPL49", "COX18", "MT-TV", "RRM1", "TANGO2", "TEFM", "DNA2", "LONP1", "PTPMT1", "ATP5F1B", "DARS2", "GUK1", "LIPT2", "MRPL39", "SPG7", "COQ7", "DAP3", "FASTKD5", "GCSH", "CIAO1", "CMPK2", "ETFB", "MFN2", "OPA1", "PDHA1", "SERAC1", "SLC19A1", "TAMM41", "TOMM7", "TRMT10C"]  # fmt: skip


@pytest.fixture(scope="module")
def tables() -> dict[str, pl.DataFrame]:
    folder = Path(__file__).resolve().parents[3] / "shared" / "acceptance" / "02_phenopackets"
    if not folder.is_dir():
        pytest.skip("acceptance data absent: phenopackets, 402 persons not screened")
    from proband.exchange import read

    return {name: read(folder / name).table() for name in ("tier1_mitochondrial", "negative_controls")}


def rule(*observables: dict[str, Any], when: str) -> Eligibility:
    return Eligibility.model_validate(
        {
            "source": "test",
            "level": "inference",
            "observables": list(observables),
            "criteria": [
                {"id": "I1", "kind": "include", "purpose": "enrichment", "reason": "a test", "when": when}
            ],
        }
    )


def variants(id: str, genes: list[str], **more: Any) -> dict[str, Any]:
    where = {"gene": genes, "pathogenicity": ["pathogenic", "likely-pathogenic"], **more}
    return {
        "id": id,
        "label": "pathogenic change",
        "type": "boolean",
        "codes": [{"system": "Proband", "code": "variant"}],
        "where": where,
    }


def answers(eligibility: Eligibility, table: pl.DataFrame) -> dict[bool | None, int]:
    """The answers by SQL, after comparing each with the evaluator's."""
    screened = screen(eligibility, table, DAY).table
    expected = dict(zip(screened["subject"], screened["I1"], strict=True))
    screening = Screening(eligibility)
    for subject, record in persons(table):
        (result,) = screening.verdict(record, DAY, look_ahead=False).results
        assert result.truth is expected[subject], subject
    return {k: int(v) for k, v in screened["I1"].value_counts().iter_rows()}


def test_a_rule_by_mitochondrial_gene_takes_the_cohort_and_no_control(
    tables: dict[str, pl.DataFrame],
) -> None:
    eligibility = rule(variants("gene", MITOCHONDRIAL), when="gene")
    assert answers(eligibility, tables["tier1_mitochondrial"]) == {True: 305}
    controls = answers(eligibility, tables["negative_controls"])
    assert controls.get(True, 0) == 0
    assert sum(controls.values()) == 97


@pytest.mark.parametrize("gene", ["HPDL", "TK2", "POLG", "SURF1"])
def test_a_trial_for_a_gene_that_nobody_carries_finds_nobody(
    tables: dict[str, pl.DataFrame], gene: str
) -> None:
    for table in tables.values():
        assert answers(rule(variants("gene", [gene]), when="gene"), table).get(True, 0) == 0


def test_gene_and_disease_give_different_lists(tables: dict[str, pl.DataFrame]) -> None:
    disease = {
        "id": "myopia",
        "label": "myopia 6",
        "type": "boolean",
        "codes": [{"system": "Proband", "code": "disease"}],
        "where": {"value": ["OMIM:608908"]},
    }
    gene = variants("sco2", ["SCO2"])
    table = tables["tier1_mitochondrial"]
    assert answers(rule(gene, when="sco2"), table)[True] == 22
    assert answers(rule(gene, disease, when="sco2 and myopia"), table)[True] == 2


def test_zygosity_counts_as_the_readme_counts_it(tables: dict[str, pl.DataFrame]) -> None:
    for zygosity, expected in (("homozygous", 159), ("hemizygous", 12)):
        eligibility = rule(variants("v", MITOCHONDRIAL, zygosity=[zygosity]), when="v")
        assert answers(eligibility, tables["tier1_mitochondrial"])[True] == expected


@pytest.mark.parametrize(
    ("term", "present", "excluded"),
    [("HP:0001250", 31, 59), ("HP:0002151", 119, 11), ("HP:0003128", 20, 17), ("HP:0001252", 106, 24)],
)
def test_an_excluded_feature_is_no_and_an_unmentioned_one_unknown(
    tables: dict[str, pl.DataFrame], term: str, present: int, excluded: int
) -> None:
    feature = {
        "id": "feature",
        "label": "feature",
        "type": "boolean",
        "codes": [{"system": "HPO", "code": term}],
        "no_means": "always",  # these records bear no days: a "no" of a day would hold for that day, which nobody knows
    }
    counted = answers(rule(feature, when="feature"), tables["tier1_mitochondrial"])
    assert counted == {True: present, False: excluded, None: 305 - present - excluded}
