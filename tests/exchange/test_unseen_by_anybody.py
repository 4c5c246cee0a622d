"""What a hospital says in words or under codes for which no criterion asks: it is no silence. FHIR and phenopackets.

Each shape is attacked and has a twin in which everything is proven: the attacked is never ELIGIBLE, or the reading says that it is not complete; the
twin is, and complete. Evaluator, DuckDB and SQLite agree on the facts. The person is synthetic.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from one_person import AS_OF, ELIGIBLE, NAME, everywhere, facts, packet, resources
from test_named_elsewhere import (
    ATC,
    ME,
    OTHER,
    SNOMED,
    VEIN,
    Files,
    Resource,
    beside,
    concept,
    condition,
    eligibility,
    instead,
    resource,
)
from test_not_sent import SENT, stay

from proband.exchange.fhir.not_sent import in_words_alone
from proband.exchange.may_name import nobody_asks
from proband.exchange.reading import read
from proband.facts.observation import Observation
from proband.screening.verdict import Screening

LOCAL = "http://hospital.example/codes"
ICD9 = "http://hl7.org/fhir/sid/icd-9-cm"
VERIFIED, CLINICAL = (f"http://terminology.hl7.org/CodeSystem/condition-{each}" for each in ("ver-status", "clinical"))  # fmt: skip
THROMBOSIS = "portal vein thrombosis"
GROUP: Resource = {"resourceType": "Group", "id": "g", "type": "person", "actual": True, "member": [{"entity": ME}]}  # fmt: skip


def reason(kind: str, said: Any, **more: Any) -> Resource:
    return resource(kind, "r", reasonCode=[said], **more)


def refuted(**more: Any) -> Files:
    own = {name: each for name, each in condition(concept("C22.0")).items() if name != "clinicalStatus"}
    return instead("cancer", own | {"verificationStatus": concept("refuted", VERIFIED), "recordedDate": "2026-10-30", **more})  # fmt: skip


def both(make: Any, attacked: Any, twin: Any) -> tuple[Files, Files]:
    return beside(make(attacked)), beside(make(twin))


def taking(what: Resource) -> Resource:
    return resource("MedicationStatement", "m", status="active", medicationCodeableConcept=what, effectivePeriod={"start": "2026-01-01"})  # fmt: skip


def listed(item: Resource) -> Resource:
    return resource("List", "l", status="current", mode="working", entry=[{"item": item}])


ORDERED = {"status": "active", "intent": "order"}
SHAPES: dict[str, tuple[Files, Files]] = {
    "the reason of a stay": both(lambda it: stay(reasonCode=[it]), {"text": THROMBOSIS}, {"text": "Follow-up visit"}),
    "the reason of a stay, in German": both(lambda it: stay(reasonCode=[it]), {"text": "Pfortaderthrombose"}, {"text": "Verlaufskontrolle"}),
    "the reason of a stay, with a code": both(lambda it: stay(reasonCode=[it]), {"text": "routine check of thrombosis"}, concept(OTHER, text="fatty liver")),
    "the reason of an order": both(lambda it: reason("ServiceRequest", it, code=concept("1", SNOMED), **ORDERED), {"text": THROMBOSIS}, {"text": "blood test"}),
    "the reason of a drug": both(lambda it: reason("MedicationRequest", it, medicationCodeableConcept=concept("C07AA05", ATC), **ORDERED), {"text": THROMBOSIS}, concept(OTHER)),
    "a local code": both(condition, concept("4711", LOCAL, text=THROMBOSIS), {"coding": [{"system": LOCAL, "code": "4711"}, *concept(OTHER)["coding"]]}),
    "a local code without words": both(condition, concept("4711", LOCAL), concept(OTHER)),
    "a code of a classification that was replaced": both(condition, concept("452", ICD9), {"coding": [*concept("571.8", ICD9)["coding"], *concept(OTHER)["coding"]]}),
    "a local code of a drug": both(taking, concept("W5", LOCAL, text="warfarin"), {"coding": [*concept("W5", LOCAL)["coding"], *concept("C07AA05", ATC)["coding"]]}),
    "a local code of a flag": both(lambda it: resource("Flag", status="active", code=it), concept("F1", LOCAL), concept(OTHER)),
    "a flag in words": both(lambda it: resource("Flag", status="active", code=it), {"text": THROMBOSIS}, concept(OTHER)),
    "an adverse event in words": both(lambda it: {"resourceType": "AdverseEvent", "id": "a", "actuality": "actual", "subject": ME, "event": it}, {"text": THROMBOSIS}, concept(OTHER)),
    "an issue in words": both(
        lambda it: {"resourceType": "DetectedIssue", "id": "d", "status": "final", "patient": ME, "code": it}, {"text": "takes warfarin"}, concept("DUPTHPY", "http://terminology.hl7.org/CodeSystem/v3-ActCode")
    ),
    "a procedure in words": both(lambda it: resource("Procedure", status="completed", code=it), {"text": "thrombectomy of the portal vein"}, concept("1", SNOMED)),
    "an entry of a list in words": (beside(listed({"display": THROMBOSIS})), beside(listed({"reference": "Condition/c-9", "display": "Fatty liver"}), SENT)),
    "refuted, and active": (refuted(clinicalStatus=concept("active", CLINICAL)), refuted()),
    "refuted, and come again": (refuted(clinicalStatus=concept("recurrence", CLINICAL)), refuted()),
    "refuted, and ended": (refuted(abatementDateTime="2026-10-01"), refuted()),
    "a group's diagnosis": (beside(GROUP, {**condition(concept(VEIN)), "subject": {"reference": "Group/g"}}), beside(GROUP, condition(concept(OTHER)))),
    "a group's result": (
        beside(GROUP, {**resources(facts())["sodium"], "id": "s", "subject": {"reference": "Group/g"}}), beside(GROUP, {**resources(facts())["sodium"], "id": "s"})
    ),
}  # fmt: skip


def packed(identity: str) -> dict[str, Any]:
    told = packet(facts())
    return {**told, "diseases": [*told["diseases"], {"term": {"id": identity, "label": "a diagnosis"}}]}


PACKETS = {
    "a local code in a packet": (packed("ward:4711"), packed(f"ICD10:{OTHER}")),
    "a replaced classification in a packet": (packed("ICD9CM:452"), packed("ICD10:K75.9")),
}
PAIRS: dict[str, tuple[Any, Any]] = {**SHAPES, **{name: ({"a.json": one}, {"a.json": other}) for name, (one, other) in PACKETS.items()}}  # fmt: skip


def told_in(folder: Path, files: Files) -> tuple[list[Observation], bool]:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content))
    reading = read(folder)
    own = [each for each in reading if each.subject == NAME]
    reading.report.asked = frozenset({"ICD-10|I81", "SNOMED|17920008", "ATC|B01AA03", "LOINC|777-3"})
    return own, reading.report.complete


@pytest.mark.parametrize("shape", PAIRS)
def test_what_nobody_sees_lets_nobody_in_and_its_twin_does(shape: str, tmp_path: Path) -> None:
    judged = Screening(eligibility())
    found = []
    for side, files in zip(("attacked", "twin"), PAIRS[shape], strict=True):
        own, complete = told_in(tmp_path / side, files)
        found.append(complete and judged.verdict(own, AS_OF, look_ahead=False).outcome is ELIGIBLE)
    assert found == [False, True]


def test_engines_agree_on_all_of_them(tmp_path: Path) -> None:
    people = {}
    for number, (shape, pair) in enumerate(PAIRS.items()):
        for side, files in zip(("attacked", "twin"), pair, strict=True):
            own, _ = told_in(tmp_path / f"{number}{side}", files)
            people[f"{shape} {side}"] = [replace(each, subject=f"{shape} {side}") for each in own]
    assert everywhere(eligibility(), people)


def test_a_local_system_that_a_programme_names_is_seen(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(SHAPES["a local code"][0]["a.json"]))
    reading = read(tmp_path)
    list(reading)
    assert not reading.report.complete
    reading.report.asked = frozenset({f"{LOCAL}|1"})
    assert reading.report.complete


SYSTEMS = st.sampled_from(["ICD-10", "SNOMED", "ICD-9-CM", LOCAL, "http://other.example", ""])


@given(st.lists(st.tuples(SYSTEMS, st.sampled_from(["4711", "452", "I81", "W5"])), max_size=4))
def test_a_code_that_somebody_may_ask_for_is_enough(codes: list[tuple[str, str]]) -> None:
    said = nobody_asks(codes)
    assert nobody_asks(codes[::-1]) == said
    assert nobody_asks([*codes, ("ICD-10", "K76.0")]) is None
    if said is not None:
        assert not {system for system, _ in codes} & {"ICD-10", "SNOMED"}


@given(st.lists(st.sampled_from(["routine", "Follow-up", "visit", "Kontrolle", "blood test", "contrôle", "check-up"]), min_size=1, max_size=4))  # fmt: skip
def test_only_words_that_name_no_diagnosis_are_let_be(words: list[str]) -> None:
    said = " ".join(words)
    assert in_words_alone(stay(reasonCode=[{"text": said}])) == 0
    assert in_words_alone(stay(reasonCode=[{"text": f"{said} of hepatitis"}])) == 1
