"""Gene → mechanism → therapy: search, contraindications, and what the table never says."""

from __future__ import annotations

import re

import pytest

from proband.natural_history import therapies
from proband.natural_history.therapies import (
    Contraindication,
    Found,
    NothingFound,
    all_therapies,
    contraindications,
)
from proband.terms import Level
from shipped import loaded

HPDL = "mitochondria-hpdl"


def search(query: str) -> Found:
    """A search in the table of the mitochondrial programme."""
    return therapies.search(query, programme=loaded(HPDL))


def check(gene: str, drug: str) -> tuple[Contraindication, ...]:
    """The rules of the mitochondrial programme against a drug."""
    return therapies.check(gene, drug, loaded(HPDL))


def test_a_gene_finds_its_therapies_and_the_pooled_row() -> None:
    found = search("COQ4")
    assert {t.ref for t in found.therapies} == {"4", "10"}
    assert search("coq4").therapies == found.therapies


def test_a_gene_symbol_matches_whole() -> None:
    with pytest.raises(NothingFound) as nothing:
        search("COQ1")
    assert "COQ" in nothing.value.mend
    assert all("TK2" in t.genes for t in search("TK2").therapies)


@pytest.mark.parametrize("drug", ["valproate", "Valproic acid", "sodium valproate"])
def test_valproate_is_contraindicated_with_polg(drug: str) -> None:
    rules = check("POLG", drug)
    assert len(rules) == 1
    assert rules[0].when == "absolute"
    assert not check("HPDL", drug)


def test_the_rule_comes_with_the_gene() -> None:
    found = search("POLG")
    assert any(c.avoid == "valproate" for c in found.contraindications)
    assert search("valproate").contraindications


def test_the_table_holds_no_dose() -> None:
    dose = re.compile(r"\d\s*(mg|g|µg|mL|ml|IU|U|vg)\s*(/|per|a day|daily)", re.IGNORECASE)
    for t in all_therapies(loaded(HPDL)):
        for text in (t.therapy, t.route, t.finding, t.caution, t.idea, t.kind):
            assert not dose.search(text), text


def test_every_row_has_level_and_source() -> None:
    rows = all_therapies(loaded(HPDL))
    assert len(rows) >= 45
    assert all(t.source.citation for t in rows)
    assert {t.level for t in rows} >= {Level.READ, Level.SECONDARY}
    for t in rows:
        if t.level is not Level.READ:
            assert f"[{t.level.value}]" in t.outcome


def test_unverified_rules_are_not_in_the_table() -> None:
    assert all(c.level is not Level.UNVERIFIED for c in contraindications(loaded(HPDL)))


def test_well_founded_therapies_come_first() -> None:
    grades = [t.grade for t in search("").therapies]
    assert grades[0].startswith("A")
    assert grades[-1] in {"phase 1", "none", "N"}
