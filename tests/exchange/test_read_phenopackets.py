"""Phenopackets on small synthetic records."""

from __future__ import annotations

import copy
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from exchange_samples import PACKET, write
from hypothesis import given
from hypothesis import strategies as st

from proband.exchange import FileStatus, Ontology, Reading, read
from proband.exchange.phenopackets.ages import Age
from proband.facts.observation import Observation, Presence
from proband.terms import UncertainDate


def _read(tmp_path: Path, content: Any, **options: Any) -> tuple[list[Observation], Reading]:
    reading = read(write(tmp_path, "packet", content), **options)
    return list(reading), reading


def _one(facts: list[Observation], code: str) -> Observation:
    (found,) = [each for each in facts if each.code == code]
    return found


def test_a_packet(tmp_path: Path) -> None:
    facts, reading = _read(tmp_path, PACKET)
    file = reading.report.files[0]
    assert file.status is FileStatus.READ, file.findings
    assert {each.subject for each in facts} == {"packet-1"}  # "II-1" is unique only inside its record
    assert _one(facts, "birth-date").attributes["subject-id"] == "II-1"
    assert _one(facts, "vital-status").presence is Presence.UNKNOWN  # absent is not alive
    assert _one(facts, "HP:0001252").presence is Presence.ABSENT
    seizure = _one(facts, "HP:0001250")
    assert (seizure.when.earliest, seizure.when.latest) == (date(2011, 3, 15), date(2012, 3, 14))
    assert (_one(facts, "2524-7").value, _one(facts, "2524-7").unit) == (3.4, "mmol/L")
    variant = _one(facts, "variant")
    assert variant.attributes["gene"] == "HPDL"
    assert variant.attributes["zygosity"] == "homozygous"
    assert variant.attributes["pathogenicity"] == "likely-pathogenic"
    assert variant.attributes["disease"] == "OMIM:619027"
    assert _one(facts, "disease").value_code == "OMIM:619027"
    assert _one(facts, "OMIM:619027").presence is Presence.PRESENT


def test_gene_is_not_disease(tmp_path: Path) -> None:
    packet = copy.deepcopy(PACKET)
    del packet["diseases"]
    packet["interpretations"][0]["progressStatus"] = "IN_PROGRESS"
    facts, _ = _read(tmp_path, packet)
    assert _one(facts, "variant").presence is Presence.PRESENT
    assert _one(facts, "disease").presence is Presence.UNKNOWN
    packet["diseases"] = [{"term": {"id": "OMIM:619027", "label": "x"}, "excluded": True}]
    facts, _ = _read(tmp_path, packet)
    assert _one(facts, "disease").presence is Presence.ABSENT


def _snake(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key): _snake(value)
            for key, value in node.items()
        }
    return [_snake(each) for each in node] if isinstance(node, list) else node


def test_snake_case_and_yaml_say_the_same(tmp_path: Path) -> None:
    camel, _ = _read(tmp_path, PACKET)
    snake, _ = _read(tmp_path, _snake(PACKET))
    yaml, reading = _read(tmp_path, _yaml(PACKET))
    assert reading.report.files[0].format == "Phenopacket v2 Phenopacket"
    assert camel == snake == yaml


def _yaml(node: Any, indent: int = 0) -> str:
    """Block YAML of plain JSON values."""
    if isinstance(node, dict):
        lines = []
        for key, value in node.items():
            inner = _yaml(value, indent + 1)
            lines.append(
                f"{'  ' * indent}{key}:"
                + (f" {inner}" if not isinstance(value, dict | list) else f"\n{inner}")
            )
        return "\n".join(lines)
    if isinstance(node, list):
        return "\n".join(f"{'  ' * indent}-\n{_yaml(each, indent + 1)}" for each in node)
    return json.dumps(node)


def test_family_and_cohort(tmp_path: Path) -> None:
    second = copy.deepcopy(PACKET) | {"id": "packet-2"}
    family = {
        "id": "f",
        "proband": PACKET,
        "relatives": [second],
        "pedigree": {},
        "metaData": PACKET["metaData"],
    }
    facts, reading = _read(tmp_path, family)
    assert {each.subject for each in facts} == {"packet-1", "packet-2"}
    assert reading.report.files[0].format == "Phenopacket v2 Family"
    cohort = {
        "id": "c",
        "description": "synthetic",
        "members": [PACKET, second],
        "metaData": PACKET["metaData"],
    }
    facts, reading = _read(tmp_path, cohort)
    assert {each.subject for each in facts} == {"packet-1", "packet-2"}
    assert reading.report.read["Phenopacket"] == 2


@pytest.mark.parametrize(
    ("change", "sign"),
    [
        ({"metaData": {"phenopacketSchemaVersion": "1.0.0"}}, "phenopacketSchemaVersion"),
        ({"subject": {"id": "x", "ageAtCollection": {"age": "P3Y"}}}, "ageAtCollection"),
        ({"phenotypicFeatures": [{"type": {"id": "HP:0001250"}, "negated": True}]}, "negated"),
        ({"genes": [{"id": "HGNC:1"}]}, "genes"),
    ],
)
def test_v1_is_declined(tmp_path: Path, change: dict[str, Any], sign: str) -> None:
    facts, reading = _read(tmp_path, PACKET | change)
    assert facts == []
    declined = reading.report.files[0].declined
    assert declined is not None
    assert declined.code == "phenopacket.version"
    assert sign in declined.message


def test_findings_of_validity(tmp_path: Path) -> None:
    packet = copy.deepcopy(PACKET)
    del packet["phenotypicFeatures"][0]["type"]["label"]
    packet["metaData"]["resources"] = packet["metaData"]["resources"][1:]
    packet["subject"]["colour"] = "red"
    del packet["metaData"]["createdBy"]
    _, reading = _read(tmp_path, packet)
    codes = {finding.code for finding in reading.report.files[0].findings}
    assert codes == {"phenopacket.missing", "phenopacket.missing-resource", "phenopacket.unknown-field"}
    _, reading = _read(tmp_path, PACKET | {"phenotypicFeaturesX": []})
    assert reading.report.files[0].declined is not None


def test_ontology_rules(tmp_path: Path) -> None:
    def node(number: str, **meta: Any) -> dict[str, Any]:
        return {"id": f"http://purl.obolibrary.org/obo/HP_{number}", "lbl": number, "meta": meta}

    graph = {
        "graphs": [
            {
                "nodes": [
                    node("0000001"),
                    node("0012638"),
                    node("0001250"),
                    node("0001252"),
                    node(
                        "0000009",
                        deprecated=True,
                        basicPropertyValues=[{"pred": "x/IAO_0100001", "val": "HP:0001250"}],
                    ),
                ],
                "edges": [
                    {
                        "sub": "http://purl.obolibrary.org/obo/HP_0001250",
                        "pred": "is_a",
                        "obj": "http://purl.obolibrary.org/obo/HP_0012638",
                    },
                    {
                        "sub": "http://purl.obolibrary.org/obo/HP_0012638",
                        "pred": "is_a",
                        "obj": "http://purl.obolibrary.org/obo/HP_0000001",
                    },
                ],
            }
        ]
    }
    ontology = Ontology.load(write(tmp_path, "hp.json", graph))
    assert ontology.ancestors("HP:0001250") == {"HP:0012638", "HP:0000001"}
    packet = copy.deepcopy(PACKET)
    packet["phenotypicFeatures"].append({"type": {"id": "HP:0012638", "label": "x"}})
    packet["phenotypicFeatures"].append({"type": {"id": "HP:0000009", "label": "x"}})
    _, reading = _read(tmp_path, packet, ontology=ontology)
    said = {finding.code: finding.message for finding in reading.report.files[0].findings}
    assert "use HP:0001250" in said["phenopacket.obsolete-term"]
    assert "ancestor HP:0012638" in said["phenopacket.annotation-propagation"]
    assert "ontology" not in reading.report.files[0].unchecked


@pytest.mark.parametrize(
    ("written", "years"),
    [("P1D", 1 / 365.25), ("P3W", 21 / 365.25), ("P1Y4M", 1 + 4 / 12), ("P72Y", 72.0), ("P0Y", 0.0)],
)
def test_ages(written: str, years: float) -> None:
    age = Age.parse(written)
    assert age is not None
    assert age.in_years == pytest.approx(years)


@pytest.mark.parametrize("written", ["", "P", "3Y", "P-1Y", "P0Y-10M", "PY", "P1.5Y"])
def test_what_is_no_age(written: str) -> None:
    assert Age.parse(written) is None


@given(
    birth=st.dates(date(1900, 1, 1), date(2030, 12, 31)),
    years=st.integers(0, 100),
    months=st.integers(0, 11),
    day=st.integers(0, 40_000),
)
def test_the_days_of_an_age_are_those_on_which_one_has_it(
    birth: date, years: int, months: int, day: int
) -> None:
    """A day lies in the interval of P{y}Y exactly if the completed age on it is y (counted by the terms floor)."""
    born = UncertainDate.on(birth)
    age = Age.parse(f"P{years}Y")
    assert age is not None
    interval = age.since(born)
    assert interval.earliest is not None
    assert interval.latest is not None
    try:
        some = date.fromordinal(birth.toordinal() + day)
    except (ValueError, OverflowError):
        return
    if (birth.month, birth.day) != (2, 29):
        assert (interval.earliest <= some <= interval.latest) == (born.age_on(some)[0] == years)
    finer = Age.parse(f"P{years}Y{months}M")
    assert finer is not None
    inner = finer.since(born)
    assert inner.earliest is not None
    assert inner.latest is not None
    assert interval.earliest <= inner.earliest <= inner.latest
