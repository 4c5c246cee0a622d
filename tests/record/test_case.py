"""Drafts for regulators: the structure of ICH E2B(R3), the fields of MedWatch; nothing guessed, nothing unmasked, nothing that breaks out of its place."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from proband.cli.app import app
from proband.record.errors import RecordError
from proband.record.regulators.case import CaseSupplement, case_of, in_digits
from proband.record.regulators.icsr import DRAFT, HL7, MEDDRA, icsr_of
from proband.record.regulators.medwatch import medwatch_of

from .masked import admitted, given, stocked, trial
from .synthetic import WHY, Hospital, hospital

NOW = "2026-03-02T09:00:00.000Z"
NS = {"h": HL7}
ASSESSMENT = "h:PORR_IN049016UV/h:controlActProcess/h:subject/h:investigationEvent/h:component/h:adverseEventAssessment"
ROLE = f"{ASSESSMENT}/h:subject1/h:primaryRole"
WHOLE: dict[str, Any] = {
    "sender": "ORG", "receiver": "EVHUMAN", "organisation": "A hospital", "case_number": "GB-ORG-0001", "first_sender": "other",
    "reporter_country": "GB", "reporter_qualification": 1, "reaction": {"code": "10000000", "version": "27.1"}, "country": "GB", "outcome": 2,
    "criteria": ["hospitalisation"], "sex": 1, "age": 38, "weight": 80, "indication": {"code": "10000001", "version": "27.1"},
    "sponsor_study_number": "SP-1", "narrative": "what happened, in words", "product_name": "cells", "documents": False,
}  # fmt: skip


def harmed(
    house: Hospital, person: str = "S-1", term: str = 'headache <b>&amp; "fever" ]]> --', **changes: Any
) -> None:
    data = {
        "event": "AE-1",
        "term": term,
        "grade": 3,
        "serious": True,
        "expected": False,
        "onset": house.now[:10],
        "aware_on": house.now[:10],
    }
    house.do("adverse-event.report", person, data | changes)


@pytest.fixture
def house() -> Hospital:
    made = hospital()
    made.admit("S-1")
    product, coi, _ = made.ready("S-1", "1")
    made.give(product, "S-1", coi)
    harmed(made)
    made.do("staff.train", "dr-3", {"training": "gcp", "valid_until": "2030-01-01"}, actor="sys-1", site="*")
    made.do("adverse-event.judge", "AE-1", {"related": True, "why": WHY})
    made.do("adverse-event.judge", "AE-1", {"related": False, "why": WHY}, actor="dr-3")
    return made


def parsed(house: Hospital, **given: Any) -> tuple[ElementTree.Element, dict[str, str], str]:
    draft = icsr_of(case_of(house.record, "AE-1"), CaseSupplement(**given), created=NOW)
    return ElementTree.fromstring(draft.content), dict(draft.missing), draft.content.decode()


#: elements that every message has, by the paths of the implementation guide
PATHS = [
    "h:id", "h:creationTime", "h:responseModeCode", "h:interactionId", "h:name", "h:PORR_IN049016UV", "h:receiver/h:device/h:id",
    "h:sender/h:device/h:id", "h:PORR_IN049016UV/h:receiver/h:device/h:id", "h:PORR_IN049016UV/h:sender/h:device/h:id",
    "h:PORR_IN049016UV/h:controlActProcess/h:code", "h:PORR_IN049016UV/h:controlActProcess/h:subject/h:investigationEvent/h:text",
    f"{ROLE}/h:player1/h:name", f"{ROLE}/h:player1/h:administrativeGenderCode", f"{ROLE}/h:subjectOf2/h:observation/h:value",
    f"{ROLE}/h:subjectOf2/h:organizer/h:component/h:substanceAdministration/h:consumable/h:instanceOfKind/h:kindOfProduct/h:name",
    "h:PORR_IN049016UV/h:controlActProcess/h:subject/h:investigationEvent/h:subjectOf2/h:investigationCharacteristic/h:value",
    "h:PORR_IN049016UV/h:controlActProcess/h:subject/h:investigationEvent/h:outboundRelationship/h:relatedInvestigation",
    "h:PORR_IN049016UV/h:controlActProcess/h:subject/h:investigationEvent/h:subjectOf1/h:controlActEvent/h:author/h:assignedEntity/h:code",
]  # fmt: skip


@pytest.mark.parametrize("given", [{}, WHOLE], ids=["nothing supplied", "all supplied"])
def test_the_structure_is_that_of_the_guide(house: Hospital, given: dict[str, Any]) -> None:
    root, _, text = parsed(house, **given)
    assert root.tag == f"{{{HL7}}}MCCI_IN200100UV01"
    assert root.get("ITSVersion") == "XML_1.0"
    for path in PATHS:
        assert root.findall(path, NS), path
    # the order of a message: batch, then messages, then receiver and sender
    order = [child.tag.removeprefix(f"{{{HL7}}}") for child in root if isinstance(child.tag, str)]
    assert order == [
        "id",
        "creationTime",
        "responseModeCode",
        "interactionId",
        "name",
        "PORR_IN049016UV",
        "receiver",
        "sender",
    ]
    # every element has a null flavour or something in it
    for element in root.iter():
        if isinstance(element.tag, str) and len(element) == 0:
            assert element.attrib or (element.text or "").strip(), element.tag
    assert DRAFT in text


#: the order of what stands below an element, as the message specification of ICH has it; what a draft never writes is left out
ORDER = {
    "PORR_IN049016UV": "id creationTime interactionId processingCode processingModeCode acceptAckCode receiver sender controlActProcess",
    "controlActProcess": "code effectiveTime subject",
    "investigationEvent": "id code text statusCode effectiveTime availabilityTime component outboundRelationship subjectOf1 subjectOf2",
    "adverseEventAssessment": "subject1 component",
    "primaryRole": "player1 subjectOf1 subjectOf2",
    "player1": "name administrativeGenderCode birthTime deceasedTime",
    "researchStudy": "id code title",
    "observation": "id code effectiveTime value performer location outboundRelationship2",
    "organizer": "code component",
    "substanceAdministration": "id effectiveTime routeCode consumable outboundRelationship2 inboundRelationship",
    "causalityAssessment": "code value methodCode author subject1 subject2",
    "relatedInvestigation": "code subjectOf2",
    "outboundRelationship": "priorityNumber relatedInvestigation",
    "assignedEntity": "code assignedPerson representedOrganization",
    "assignedPerson": "name asQualifiedEntity asLocatedEntity",
    "investigationCharacteristic": "code value",
    "observationEvent": "code value",
}
EVENT = "h:PORR_IN049016UV/h:controlActProcess/h:subject/h:investigationEvent"
#: elements that the guide requires, each once, by its number: where it stands, and the code beside it by which it is known
REQUIRED: dict[str, tuple[str, str, str]] = {
    "C.1.3": (f"{EVENT}/h:subjectOf2/h:investigationCharacteristic", "1", "2.16.840.1.113883.3.989.2.1.1.23"),
    "C.1.6.1": (f"{EVENT}/h:component/h:observationEvent", "1", "2.16.840.1.113883.3.989.2.1.1.19"),
    "C.1.7": (f"{EVENT}/h:component/h:observationEvent", "23", "2.16.840.1.113883.3.989.2.1.1.19"),
    "C.1.8.2": (f"{EVENT}/h:outboundRelationship/h:relatedInvestigation", "1", "2.16.840.1.113883.3.989.2.1.1.22"),
    "C.1.9.1": (f"{EVENT}/h:subjectOf2/h:investigationCharacteristic", "2", "2.16.840.1.113883.3.989.2.1.1.23"),
    "C.2.r": (f"{EVENT}/h:outboundRelationship/h:relatedInvestigation", "2", "2.16.840.1.113883.3.989.2.1.1.22"),
    "E.i": (f"{ROLE}/h:subjectOf2/h:observation", "29", "2.16.840.1.113883.3.989.2.1.1.19"),
    "E.i.7": (f"{ROLE}/h:subjectOf2/h:observation/h:outboundRelationship2/h:observation", "27", "2.16.840.1.113883.3.989.2.1.1.19"),
    "G.k.1": (f"{ASSESSMENT}/h:component/h:causalityAssessment", "20", "2.16.840.1.113883.3.989.2.1.1.19"),
    "G.k": (f"{ROLE}/h:subjectOf2/h:organizer", "4", "2.16.840.1.113883.3.989.2.1.1.20"),
}  # fmt: skip


def plain(element: ElementTree.Element) -> str:
    return element.tag.removeprefix(f"{{{HL7}}}") if isinstance(element.tag, str) else ""


@pytest.mark.parametrize("given", [{}, WHOLE], ids=["nothing supplied", "all supplied"])
def test_what_stands_below_an_element_stands_in_the_order_of_the_guide(
    house: Hospital, given: dict[str, Any]
) -> None:
    root, _, _ = parsed(house, **given)
    for element in root.iter():
        allowed = ORDER.get(plain(element), "").split()
        children = [plain(child) for child in element if plain(child)]
        if allowed:
            assert set(children) <= set(allowed), (plain(element), children)
            assert children == sorted(children, key=allowed.index), plain(element)


def test_what_the_guide_requires_is_there_once(house: Hospital) -> None:
    root, missing, _ = parsed(house, **WHOLE)
    assert missing == {}
    for element, (path, code, system) in REQUIRED.items():
        found = [
            one
            for one in root.findall(path, NS)
            if (at := one.find("h:code", NS)) is not None
            and (at.get("code"), at.get("codeSystem")) == (code, system)
        ]
        assert len(found) == 1, element
    (first,) = [
        one for one in root.findall(REQUIRED["C.1.8.2"][0], NS) if one.find("h:code", NS).get("code") == "1"
    ]  # type: ignore[union-attr]
    sender = first.find("h:subjectOf2/h:controlActEvent/h:author/h:assignedEntity/h:code", NS)
    assert sender is not None
    assert (sender.get("code"), sender.get("codeSystem")) == ("2", "2.16.840.1.113883.3.989.2.1.1.3")
    # the references within a message are to something within it
    drugs = {
        one.get("root")
        for one in root.findall(
            f"{ROLE}/h:subjectOf2/h:organizer/h:component/h:substanceAdministration/h:id", NS
        )
    }
    assert {
        one.get("root")
        for one in root.iterfind(
            f"{ASSESSMENT}/h:component/h:causalityAssessment/h:subject2/h:productUseReference/h:id", NS
        )
    } == drugs
    reactions = {one.get("root") for one in root.findall(f"{ROLE}/h:subjectOf2/h:observation/h:id", NS)}
    assert {
        one.get("root")
        for one in root.iterfind(
            f"{ASSESSMENT}/h:component/h:causalityAssessment/h:subject1/h:adverseEffectReference/h:id", NS
        )
    } == reactions


def roles(root: ElementTree.Element) -> list[str | None]:
    assessed = root.findall(f"{ASSESSMENT}/h:component/h:causalityAssessment", NS)
    return [
        one.find("h:value", NS).get("code") for one in assessed if one.find("h:code", NS).get("code") == "20"
    ]  # type: ignore[union-attr]


def named(root: ElementTree.Element) -> list[str | None]:
    return [
        one.text
        for one in root.findall(
            f"{ROLE}/h:subjectOf2/h:organizer/h:component/h:substanceAdministration/h:consumable/h:instanceOfKind/h:kindOfProduct/h:name",
            NS,
        )
    ]


def test_dates_of_a_case_are_those_of_its_own_news(house: Hospital) -> None:
    """The first day of awareness stays the first; the newest is of this case, and not of whatever the record heard last."""
    today = house.now[:10]
    house.wait(days=3)
    changed = {
        "grade": 4,
        "serious": True,
        "life_threatening": True,
        "expected": False,
        "aware_on": house.now[:10],
    }
    house.do("adverse-event.update", "AE-1", changed)
    followed = house.now[:10]
    house.wait(days=40)
    house.refer("S-9")
    case = case_of(house.record, "AE-1")
    assert (case.first_received, case.latest) == (today, followed)
    root, _, _ = parsed(house, **WHOLE)
    event = root.find(EVENT, NS)
    assert event is not None
    assert event.find("h:effectiveTime/h:low", NS).get("value") == today.replace("-", "")  # type: ignore[union-attr]
    assert event.find("h:availabilityTime", NS).get("value") == followed.replace("-", "")  # type: ignore[union-attr]


def test_each_product_stands_once_with_its_own_doses(house: Hospital) -> None:
    """One name cannot mean two products; and what was given twice is one product."""
    case = case_of(house.record, "AE-1")
    (first,) = case.doses
    two = replace(
        case,
        doses=(first, replace(first, kind="other cells", product="BAG-2"), replace(first, on="2026-03-09")),
    )
    draft = icsr_of(two, CaseSupplement(**WHOLE), created=NOW)
    root = ElementTree.fromstring(draft.content)
    assert named(root) == ["cells", "other cells"]
    assert roles(root) == ["1", "1"]
    drugs = root.findall(f"{ROLE}/h:subjectOf2/h:organizer/h:component/h:substanceAdministration", NS)
    assert [
        len([one for one in drug.findall("h:outboundRelationship2", NS) if one.get("typeCode") == "COMP"])
        for drug in drugs
    ] == [2, 1]
    assert "one name for 2 products" in dict(draft.missing)["G.k.2.2"]
    fields = {entry.label: entry.value for entry in medwatch_of(two, CaseSupplement(**WHOLE), created=NOW)}
    assert fields["Suspect product: name"] == "cells, other cells"


def test_a_product_that_was_given_elsewhere_twice_is_one() -> None:
    house = hospital()
    house.do("participant.refer", "X-1", {"origin": "treated-elsewhere", "language": "en"})
    for when in ("2025-01", "2025-06"):
        house.do(
            "elsewhere.record",
            "X-1",
            {
                "country": "TH",
                "when": when,
                "product": "fetal cells",
                "records": "none",
                "outcome": "worse",
                "warning_signs": [],
            },
        )
    harmed(house, "X-1")
    root, _, _ = parsed(house, **WHOLE)
    assert named(root) == ["fetal cells"]
    assert roles(root) == ["1"]


def test_who_was_given_nothing_has_a_product_that_was_not_administered() -> None:
    house = hospital()
    house.admit("S-1")
    harmed(house)
    root, _, _ = parsed(house, **WHOLE)
    assert roles(root) == ["4"]


def test_what_cannot_be_in_one_report_is_said(house: Hospital) -> None:
    _, missing, _ = parsed(house, **{**WHOLE, "indication": {"code": "10000001", "version": "26.0"}})
    assert "one version of MedDRA" in missing["E.i.2.1a"]
    house.do(
        "elsewhere.record",
        "S-1",
        {
            "country": "TH",
            "when": "2019",
            "product": "fetal cells",
            "records": "none",
            "outcome": "worse",
            "warning_signs": [],
        },
    )
    _, missing, _ = parsed(house, **WHOLE)
    assert "fetal cells" in missing["G.k.1"]


@pytest.mark.parametrize(("qualification", "confirmed"), [(1, True), (3, True), (5, False), (None, False)])
def test_a_report_is_confirmed_by_a_health_professional_where_one_reports(
    house: Hospital, qualification, confirmed
) -> None:
    root, _, _ = parsed(house, **{**WHOLE, "reporter_qualification": qualification})
    said = [
        one
        for one in root.iter(f"{{{HL7}}}observation")
        if (at := one.find("h:code", NS)) is not None and at.get("code") == "24"
    ]
    assert bool(said) is confirmed


def test_what_was_not_supplied_is_a_null_flavour_and_listed(house: Hospital) -> None:
    root, missing, text = parsed(house)
    assert {
        "C.1.1",
        "N.1.3",
        "N.1.4",
        "C.2.r.3",
        "C.2.r.4",
        "E.i.2.1a/b",
        "E.i.7",
        "E.i.9",
        "H.1",
        "D.2.2",
        "D.5",
        "G.k.7.r.2",
    } <= missing.keys()
    (reaction,) = [one for one in root.iter(f"{{{HL7}}}value") if one.find("h:originalText", NS) is not None]
    assert reaction.get("nullFlavor") == "NI"
    assert reaction.get("code") is None
    assert MEDDRA not in text, "no code of MedDRA comes from here"
    complete, none, _ = parsed(house, **WHOLE)
    assert none == {}
    (reaction,) = [
        one for one in complete.iter(f"{{{HL7}}}value") if one.find("h:originalText", NS) is not None
    ]
    assert (reaction.get("code"), reaction.get("codeSystem"), reaction.get("codeSystemVersion")) == (
        "10000000",
        MEDDRA,
        "27.1",
    )


def test_free_text_is_escaped_and_names_nobody(house: Hospital) -> None:
    root, _, text = parsed(house, **WHOLE)
    assert "&lt;b&gt;&amp;amp;" in text
    assert next(one.text for one in root.iter(f"{{{HL7}}}originalText")) == 'headache <b>&amp; "fever" ]]> --'
    for name in ("dr-1", "dr-3", "nurse-1", "S-1"):
        assert name not in text
    for path in (f"{ROLE}/h:player1/h:name", f"{ROLE}/h:player1/h:birthTime"):
        assert root.findall(path, NS)[0].get("nullFlavor") == "MSK"


def test_seriousness_and_judgements_are_those_of_the_record(house: Hospital) -> None:
    def criteria(root: ElementTree.Element) -> dict[str, str | None]:
        found = {}
        for seen in root.iter(f"{{{HL7}}}observation"):
            code, value = seen.find("h:code", NS), seen.find("h:value", NS)
            if (
                code is not None
                and value is not None
                and code.get("code") in ("34", "21", "33", "35", "12", "26")
            ):
                found[str(code.get("code"))] = value.get("value")
        return found

    root, _, _ = parsed(house, **WHOLE)
    assert criteria(root) == {"34": None, "21": None, "33": "true", "35": None, "12": None, "26": None}
    judged = [one.text for one in root.iter(f"{{{HL7}}}value") if (one.text or "").strip()]
    assert judged == ["a relation is possible", "no relation"]
    house.do(
        "adverse-event.update",
        "AE-1",
        {
            "grade": 5,
            "serious": True,
            "life_threatening": True,
            "expected": False,
            "aware_on": house.now[:10],
        },
        reason=WHY,
    )
    root, _, _ = parsed(house, **WHOLE)
    assert (criteria(root)["34"], criteria(root)["21"]) == ("true", "true")


def test_a_masked_allocation_stays_masked_until_somebody_opens_it(tmp_path: Path) -> None:
    house = trial(tmp_path / "r")
    admitted(house, "S-1")
    stocked(house, {"K-1": "cells", "K-2": "vehicle"})
    house.do("kit.assign", "S-1")
    given(house, "S-1")
    harmed(house, term="headache")
    arms = ("cells", "vehicle", "spinal", "K-1", "K-2", "intrathecal")
    _, _, text = parsed(house, **{**WHOLE, "product_name": None})
    form = json.dumps(
        [one.as_dict() for one in medwatch_of(case_of(house.record, "AE-1"), CaseSupplement(), created=NOW)]
    )
    for draft in (text, form):
        assert "blinded study product" in draft
        assert not [arm for arm in arms if arm in draft.replace("Own marrow cells", "")]
    house.do("allocation.unblind", "S-1", {"urgency": "emergency"}, reason=WHY)
    _, _, opened = parsed(house)
    assert "blinded study product" not in opened
    assert "K-1" in opened or "K-2" in opened
    house.record.close()


def test_a_case_of_somebody_treated_elsewhere_is_no_study_report() -> None:
    house = hospital()
    house.do("participant.refer", "X-1", {"origin": "treated-elsewhere"})
    house.do(
        "elsewhere.record",
        "X-1",
        {
            "country": "TH",
            "when": "2025-11",
            "product": "fetal cells",
            "records": "none",
            "outcome": "worse",
            "warning_signs": [],
        },
    )
    harmed(house, "X-1", onset="2025-12")
    root, _, text = parsed(house, **{**WHOLE, "product_name": None})
    assert "fetal cells" in text
    (kind,) = [
        one.find("h:value", NS)
        for one in root.iter(f"{{{HL7}}}investigationCharacteristic")
        if one.find("h:code", NS).get("code") == "1"
    ]  # type: ignore[union-attr]
    assert kind is not None
    assert kind.get("code") == "1", "a spontaneous report"
    assert not list(root.iter(f"{{{HL7}}}researchStudy"))
    assert 'value="202512"' in text


@pytest.mark.parametrize(
    ("text", "digits"),
    [("2026-03-02", "20260302"), ("2026-03", "202603"), ("2026", "2026"), ("unknown", None)],
)
def test_a_date_is_as_exact_as_it_is_known(text: str, digits: str | None) -> None:
    assert in_digits(text) == digits


def test_the_fields_of_medwatch(house: Hospital) -> None:
    fields = {
        one.place or one.label: one
        for one in medwatch_of(case_of(house.record, "AE-1"), CaseSupplement(), created=NOW)
    }
    assert fields["Status"].value == DRAFT
    assert fields["B4"].value == "02-Mar-2026"
    assert fields["A2"].value == "NI"
    assert "age" in fields["A2"].missing
    assert fields["C6"].value == "LOT-1"
    assert fields["Causality, by two people"].value == "a relation is possible", (
        "where two differ, it counts as related"
    )
    whole = medwatch_of(case_of(house.record, "AE-1"), CaseSupplement(**WHOLE), created=NOW)
    assert [one.place for one in whole if one.missing] == ["B6"]
    assert {one.place: one.value for one in whole}["B2"] == "hospitalization, initial or prolonged"


def test_by_the_command_line_it_is_noted_in_the_log(tmp_path: Path) -> None:
    house = hospital(folder=tmp_path / "r")
    house.admit("S-1")
    harmed(house, term="=cmd|'/c calc'!A1")
    house.record.close()
    site = tmp_path / "site.yaml"
    site.write_text("reaction: {code: '10000000', version: '27.1'}\nsex: 2\n")

    def call(*arguments: str, code: int = 0) -> Any:
        said = ["record", "case", str(tmp_path / "r"), *arguments, "--actor", "sys-1", "--json"]
        result = CliRunner().invoke(app, said)
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    made = call("AE-1", "--with", str(site), "--out", str(tmp_path / "a.xml"), "--purpose", "regulator")
    assert made["draft"] is True
    assert ElementTree.parse(tmp_path / "a.xml").getroot().tag.endswith("MCCI_IN200100UV01")
    assert "E.i.2.1a/b" not in [place for place, _ in made["missing"]]
    form = call("AE-1", "--form", "medwatch", "--out", str(tmp_path / "a.csv"), "--purpose", "regulator")
    assert form["event"] == made["event"] + 1
    rows = list(csv.DictReader((tmp_path / "a.csv").open(encoding="utf-8")))
    assert not [row for row in rows for cell in row.values() if cell[:1] in "=+-@" and cell], (
        "no cell is a formula"
    )
    assert (
        call("AE-1", "--out", str(tmp_path / "a.xml"), "--purpose", "again", code=2)["error"]["code"]
        == "record.case.file"
    )
    assert call("AE-9", "--purpose", "none", code=2)["error"]["code"] == "record.case.unknown"
    assert call("AE-1", "--form", "fax", "--purpose", "none", code=2)["error"]["code"] == "record.case.form"
    site.write_text("reaction: {code: headache, version: '27.1'}\ncolour: red\n")
    wrong = call("AE-1", "--with", str(site), "--purpose", "none", code=2)["error"]
    assert {one["field"] for one in wrong["details"]["fields"]} == {"reaction.code", "colour"}


def test_there_is_no_case_of_nothing() -> None:
    with pytest.raises(RecordError):
        case_of(hospital().record, "AE-1")
