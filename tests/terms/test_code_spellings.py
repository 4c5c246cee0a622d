"""Code systems under other names, and codes as sources spell them."""

from __future__ import annotations

import pytest

from proband.terms import broader_codes, canonical_code, system_name


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("urn:oid:2.16.840.1.113883.6.1", "LOINC"), ("2.16.840.1.113883.6.1", "LOINC"), ("LN", "LOINC"), ("https://loinc.org/", "LOINC"), ("http://www.loinc.org", "LOINC"),
        ("http://loinc.org|2.77", "LOINC"), ("urn:oid:2.16.840.1.113883.6.96", "SNOMED"), ("urn:oid:2.16.840.1.113883.6.90", "ICD-10"), ("I10", "ICD-10"),
        ("http://fhir.de/CodeSystem/bfarm/icd-10-gm", "ICD-10"), ("http://fhir.de/CodeSystem/dimdi/icd-10-gm", "ICD-10"), ("http://hl7.org/fhir/sid/icd-10-cm", "ICD-10"),
        ("http://hl7.org/fhir/sid/icd-10-am", "ICD-10"), ("ICD-10-GM", "ICD-10"), ("ICD10CM", "ICD-10"), ("http://hl7.org/fhir/sid/icd-10-nl", "ICD-10"),
        ("https://www.orpha.net", "ORPHA"), ("Orphanet", "ORPHA"), ("http://hl7.org/fhir/sid/icd-10-pcs", None), ("http://terminology.hl7.org/CodeSystem/icd-o-3", None),
        ("urn:oid:1.2.3", None), ("http://hospital.example/codes", None), ("", None),
    ],
)  # fmt: skip
def test_names_of_systems(written: str, name: str | None) -> None:
    assert system_name(written) == name


@pytest.mark.parametrize(
    ("system", "written", "code"),
    [
        ("ICD-10", "C220", "C22.0"), ("ICD-10", "c22.0", "C22.0"), ("ICD-10", "C22.0+", "C22.0"), ("ICD-10", "C22.0 G", "C22.0"), ("ICD-10", "C22.-", "C22"), ("ICD-10", "C22", "C22"),
        ("ICD-10", "K7460", "K74.60"), ("ICD-10", "not a code", "not a code"), ("ORPHA", "130", "ORPHA:130"), ("ORPHA", "ORPHA130", "ORPHA:130"), ("ORPHA", "Orphanet_130", "ORPHA:130"),
        ("ORPHA", "Orphanet:130", "ORPHA:130"), ("ORPHA", "ORPHA:130", "ORPHA:130"), ("HPO", "0001541", "HP:0001541"), ("HPO", "HP_0001541", "HP:0001541"), ("HPO", "hp:0001541", "HP:0001541"),
        ("OMIM", "MIM:615803", "OMIM:615803"), ("HGNC", "28242", "HGNC:28242"), ("LOINC", "2951-2", "2951-2"), ("LOINC", "LOINC:2951-2", "2951-2"), ("SNOMED", "386661006", "386661006"),
        ("HPO", "http://purl.obolibrary.org/obo/HP_0001541", "HP:0001541"), ("ORPHA", "http://www.orpha.net/ORDO/Orphanet_130", "ORPHA:130"), ("ICD-10", "http://id.who.int/icd/release/10/C22.0", "C22.0"),
    ],
)  # fmt: skip
def test_codes_in_the_form_of_their_system(system: str, written: str, code: str) -> None:
    assert canonical_code(system, written) == code


def test_a_finer_code_stands_under_the_broader() -> None:
    assert broader_codes("ICD-10", "C22.00") == ("C22.0", "C22.-")
    assert broader_codes("ICD-10", "C22.0") == ("C22.-",)
    assert broader_codes("ICD-10", "C22.-") == ()
    assert broader_codes("LOINC", "12345-6") == ()
