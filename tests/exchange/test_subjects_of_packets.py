"""Phenopackets: whose record it is, whether they live, and what a term is called; each shape is attacked and has a twin in which all is proven.

The attacked is never ELIGIBLE and complete, the twin is; evaluator, DuckDB and SQLite agree. The people are invented.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from one_person import AS_OF, ELIGIBLE, NAME, RESULTS, everywhere, facts, packet
from test_named_elsewhere import eligibility

from proband.exchange import gather, read
from proband.exchange.two_names import Named, two_names
from proband.facts.observation import Observation
from proband.programme import load
from proband.screening.verdict import Screening

Packet = dict[str, Any]
AT = {name: index for index, name in enumerate(RESULTS)}
DAY = {"timestamp": "2026-10-31T00:00:00Z"}


def subject(**more: Any) -> Packet:
    told = packet(facts())
    return {**told, "subject": {**told["subject"], **more}}


def measured(what: str, **more: Any) -> Packet:
    told = packet(facts())
    told["measurements"][AT[what]] |= more
    return told


def lived(**more: Any) -> Packet:
    return subject(vitalStatus=more)


def low(identity: str, **more: Any) -> Packet:
    """Another record, of a person born on the same day, with a sodium that is too low."""
    born = {name: value for name, value in facts().items() if name in {"born", "sex", "day"}}
    told = packet(born | {"sodium": (120.0, "mmol/L"), "day": "2026-10-31"}, identity)
    return {**told, "subject": {**told["subject"], **more}}


def half(called: str, *whats: str) -> Packet:
    """Some of what is known, under the person's own id, of a subject who is called otherwise."""
    told = packet({name: value for name, value in facts().items() if name not in whats})
    return {**told, "subject": {**told["subject"], "id": called}}


def treated(**action: Any) -> Packet:
    return {**packet(facts()), "medicalActions": [action]}


def interpreted(code: str) -> Packet:
    disease = {"id": f"ICD10:{code}", "label": "a diagnosis"}
    return {**packet(facts()), "interpretations": [{"id": "i", "progressStatus": "SOLVED", "diagnosis": {"disease": disease}}]}  # fmt: skip


CAUSE = {"id": "ICD10:K72", "label": "x"}
PAIRS: dict[str, tuple[list[Packet], list[Packet]]] = {
    "a time of death alone": ([lived(timeOfDeath=DAY)], [lived(status="ALIVE")]),
    "a cause of death alone": ([lived(causeOfDeath=CAUSE)], [lived()]),
    "an unknown status with a cause": ([lived(status="UNKNOWN_STATUS", causeOfDeath=CAUSE)], [lived(status="UNKNOWN_STATUS")]),
    "alive with a time of death": ([lived(status="ALIVE", timeOfDeath=DAY)], [lived(status="ALIVE")]),
    "how long somebody survived": ([lived(survivalTimeInDays=300)], [lived(survivalTimeInDays=0)]),
    "a status in small letters": ([lived(status="deceased")], [lived(status="alive")]),
    "a status as a number in a text": ([lived(status="2")], [lived(status=1)]),
    "a status where its message stands": ([subject(vitalStatus="DECEASED")], [subject(vitalStatus={})]),
    "an assay of urine by its label": (
        [measured("sodium", assay={"id": "LOINC:2951-2", "label": "Sodium [Moles/volume] in Urine"})], [measured("sodium", assay={"id": "LOINC:2951-2", "label": "Sodium [Moles/volume] in Serum or Plasma"})]
    ),
    "an assay of another analyte by its label": ([measured("sodium", assay={"id": "LOINC:2951-2", "label": "Potassium"})], [measured("sodium", assay={"id": "LOINC:2951-2", "label": "Na"})]),
    "taken as urine": (
        [measured("sodium", procedure={"code": {"id": "NCIT:C1", "label": "Urine collection"}})], [measured("sodium", procedure={"code": {"id": "NCIT:C1", "label": "Venipuncture"}})]
    ),
    "taken of the bladder's urine": (
        [measured("sodium", procedure={"code": {"id": "NCIT:C1", "label": "x"}, "bodySite": {"id": "UBERON:0001088", "label": "urine"}})],
        [measured("sodium", procedure={"code": {"id": "NCIT:C1", "label": "x"}, "bodySite": {"id": "UBERON:0001638", "label": "vein"}})],
    ),
    "excluded, and the diagnosis of an interpretation": ([interpreted("C22.0")], [interpreted("E10.9")]),
    "two records of one subject": ([subject(id="MRN-77"), low("visit-2", id="MRN-77")], [subject(id="MRN-77"), low("visit-2", id="MRN-78")]),
    "another number of both": (
        [subject(id="a", alternateIds=["MRN:77"]), low("visit-2", id="b", alternateIds=["MRN:77"])], [subject(id="a", alternateIds=["MRN:77"]), low("visit-2", id="b", alternateIds=["MRN:78"])]
    ),
    "another number that is the other's id": ([subject(id="a", alternateIds=["visit-2"]), low("visit-2", id="b")], [subject(id="a", alternateIds=["visit-3"]), low("visit-2", id="b")]),
    "one id, two subjects": ([half("I-1", "sodium"), half("II-2", "cancer")], [half("I-1", "sodium"), half("I-1", "cancer")]),
    "nobody's record": ([packet(facts()), {**low("x"), "id": None, "subject": {"sex": "MALE"}}], [packet(facts()), low("x")]),
    "a treatment in words": ([treated(treatment={"agent": {"label": "warfarin"}})], [treated(treatment={"agent": {"id": "ATC:C07AA05", "label": "warfarin"}})]),
    "a regimen": (
        [treated(therapeuticRegimen={"ontologyClass": {"id": "ATC:B01AA03", "label": "x"}})], [treated(therapeuticRegimen={"ontologyClass": {"id": "ATC:C07AA05", "label": "x"}})]
    ),
}  # fmt: skip


def reading_of(folder: Path, packets: list[Packet]) -> tuple[list[Observation], bool]:
    folder.mkdir()
    for number, each in enumerate(packets):
        (folder / f"{number}.json").write_text(json.dumps(each))
    reading = read(folder)
    own = [each for each in reading if each.subject == NAME]
    return own, reading.report.complete


@pytest.mark.parametrize("shape", PAIRS)
def test_whose_packet_it_is_lets_nobody_in_and_its_twin_does(shape: str, tmp_path: Path) -> None:
    judged = Screening(eligibility())
    found = []
    for side, packets in zip(("attacked", "twin"), PAIRS[shape], strict=True):
        own, complete = reading_of(tmp_path / side, packets)
        found.append(complete and judged.verdict(own, AS_OF, look_ahead=False).outcome is ELIGIBLE)
    assert found == [False, True]


def test_engines_agree_on_all_of_them(tmp_path: Path) -> None:
    people = {}
    for number, (shape, pair) in enumerate(PAIRS.items()):
        for side, packets in zip(("attacked", "twin"), pair, strict=True):
            own, _ = reading_of(tmp_path / f"{number}-{side}", packets)
            people[f"{shape}, {side}"] = [replace(each, subject=f"{shape}, {side}") for each in own]
    assert everywhere(eligibility(), people)


def test_an_animal_is_nobody(tmp_path: Path) -> None:
    for identity, label, known in (("NCBITaxon:10090", "Mus musculus", False), ("NCBITaxon:9606", "homo sapiens", True)):  # fmt: skip
        own, _ = reading_of(tmp_path / label, [subject(taxonomy={"id": identity, "label": label})])
        assert bool(own) is known
    told = {**packet(facts()), "biosamples": [{"id": "b", "taxonomy": {"id": "NCBITaxon:10090", "label": "mouse"}, "measurements": packet(facts())["measurements"]}]}  # fmt: skip
    own, _ = reading_of(tmp_path / "graft", [told])
    assert sum(each.code == "777-3" for each in own) == 1


def test_gathering_says_the_same_with_however_many_processes(tmp_path: Path) -> None:
    reading_of(tmp_path / "x", PAIRS["two records of one subject"][0])
    said = []
    for workers in (1, 2):
        with gather([tmp_path / "x"], load("liver-cells"), AS_OF, workers=workers) as found:
            assert found.report is not None
            said.append(found.report.two_names)
    assert said[0] == said[1] == ["'synthetic-1' and 'visit-2' may be one person: both go by 'MRN-77'; if so, send both under one id"]  # fmt: skip


BORN = st.sampled_from([date(1974, 5, 20), date(1975, 1, 1), None])
NAMES = st.sampled_from(["a", "b", "c", "d"])


def named(subject: str, called: str, others: list[str], first: date | None, known: bool) -> Named:
    return Named(subject, called, tuple(others), first, first if known else None)


@settings(deadline=None)
@given(
    st.lists(st.builds(named, NAMES, NAMES, st.lists(NAMES, max_size=2), BORN, st.booleans()), max_size=6),
)
def test_the_order_of_records_says_nothing_and_names_that_never_meet_say_nothing(
    records: list[Named],
) -> None:
    said = two_names(records)
    assert two_names([*records[::-1], *records]) == said
    apart = [Named(f"s{n}", f"c{n}", (), *each[3:]) for n, each in enumerate(records)]
    assert two_names(apart) == []
