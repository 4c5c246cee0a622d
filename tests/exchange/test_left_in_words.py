"""What a hospital sends in words, in a file or in a picture and in no code: FHIR.

Each shape is attacked and has a twin which holds the same kind of record in codes, or says that there is nothing. ``attacked`` leaves the reading
incomplete and says why; ``twin`` is complete and ELIGIBLE. The person is synthetic.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from one_person import AS_OF, ELIGIBLE, LOINC, NAME
from test_named_elsewhere import (
    ATC,
    ME,
    OTHER,
    Files,
    Resource,
    beside,
    concept,
    condition,
    eligibility,
    resource,
    written,
)

from proband.exchange.fhir.unread_words import in_words
from proband.exchange.reading import read
from proband.screening.verdict import Screening

DIV = '<div xmlns="http://www.w3.org/1999/xhtml">Portal vein thrombosis since 2024</div>'


def told(status: str) -> Resource:
    return {"text": {"status": status, "div": DIV}}


def document(*sections: Resource, **more: Any) -> Files:
    composition = {"resourceType": "Composition", "id": "d", "status": "final", "type": concept("34133-9", LOINC), "date": "2026-10-31", "title": "x",
                   "author": [{"display": "x"}], "subject": ME, "section": list(sections), **more}  # fmt: skip
    return beside(composition, {**condition(concept(OTHER)), "id": "c-9"})


CODED = {"entry": [{"reference": "Condition/c-9"}]}


def empty(code: str) -> Resource:
    return {
        "title": "Problems",
        **told("generated"),
        "emptyReason": concept(code, "http://terminology.hl7.org/CodeSystem/list-empty-reason"),
    }


def note(content: Resource, **more: Any) -> Files:
    return beside(
        resource(
            "DocumentReference",
            status="current",
            type=concept("18842-5", LOINC),
            content=[{"attachment": content}],
        )
        | more
    )


def report(**more: Any) -> Files:
    return beside(resource("DiagnosticReport", status="final", code=concept("24627-2", LOINC), **more))


#: shape → (attacked, twin)
SHAPES: dict[str, tuple[Files, Files]] = {
    "a section in words": (
        document({"title": "Problems", **told("generated")}),
        document({"title": "Problems", **told("generated"), **CODED}),
    ),
    "a section in a section": (
        document({"title": "x", "section": [{"title": "y", **told("generated")}]}),
        document({"title": "x", "section": [{"title": "y", **told("generated"), **CODED}]}),
    ),
    "a section that says more": (
        document({**told("additional"), **CODED}),
        document({**told("extensions"), **CODED}),
    ),
    "a section that was withheld": (document(empty("withheld")), document(empty("nilknown"))),
    "a section that nobody asked about": (document(empty("notasked")), document(empty("nilknown"))),
    "a section that is not available": (document(empty("unavailable")), document(empty("nilknown"))),
    "a list that was withheld": (
        beside(
            resource("List", status="current", mode="snapshot", emptyReason=empty("withheld")["emptyReason"])
        ),
        beside(
            resource("List", status="current", mode="snapshot", emptyReason=empty("nilknown")["emptyReason"])
        ),
    ),
    "a letter in a file": (
        note({"contentType": "application/pdf", "url": "Binary/7"}),
        note({"contentType": "application/pdf"}),
    ),
    "a letter inside": (
        note({"contentType": "text/plain", "data": "UFZU"}),
        note({"contentType": "text/plain", "data": "UFZU"}, docStatus="entered-in-error"),
    ),
    "a letter that was replaced": (
        note({"contentType": "text/plain", "data": "UFZU"}),
        note({"contentType": "text/plain", "data": "UFZU"}, status="superseded"),
    ),
    "a report that concludes in words": (
        report(conclusion="Thrombosis of the portal vein"),
        report(conclusion="fatty liver", conclusionCode=[concept(OTHER)]),
    ),
    "a report in a file": (
        report(presentedForm=[{"contentType": "application/pdf", "data": "UFZU"}]),
        report(
            presentedForm=[{"contentType": "application/pdf", "data": "UFZU"}],
            result=[{"reference": f"Observation/{NAME}-platelets"}],
        ),
    ),
    "a picture": (
        beside(resource("Media", status="completed", content={"contentType": "image/png", "url": "x.png"})),
        beside(
            resource("Media", status="entered-in-error", content={"contentType": "image/png", "url": "x.png"})
        ),
    ),
    "a condition with a narrative alone": (
        beside(
            {
                **{k: each for k, each in condition(concept(OTHER)).items() if k != "code"},
                **told("generated"),
            }
        ),
        beside({**condition(concept(OTHER)), **told("generated")}),
    ),
    "a condition in words": (
        beside(condition({"text": "PVT"})),
        beside(condition({**concept(OTHER), "text": "NAFLD"})),
    ),
    "a condition that says more": (
        beside({**condition(concept(OTHER)), **told("additional")}),
        beside({**condition(concept(OTHER)), **told("generated")}),
    ),
    "a drug of nothing": (
        beside(resource("MedicationStatement", status="active", **told("generated"))),
        beside(
            resource(
                "MedicationStatement",
                status="active",
                medicationCodeableConcept=concept("C07AA05", ATC),
                **told("generated"),
            )
        ),
    ),
    "a visit whose narrative says more": (
        beside(
            resource(
                "Encounter", "e-1", status="finished", **{"class": {"code": "AMB"}}, **told("additional")
            )
        ),
        beside(
            resource("Encounter", "e-1", status="finished", **{"class": {"code": "AMB"}}, **told("generated"))
        ),
    ),
}


def test_what_is_left_in_words_makes_a_reading_incomplete_and_its_twin_is_eligible(tmp_path: Path) -> None:
    screening, wrong = Screening(eligibility()), []
    for index, (shape, sides) in enumerate(SHAPES.items()):
        for side, files in zip(("attacked", "twin"), sides, strict=True):
            reading = read(written(tmp_path / f"{index}{side}", files))
            found = screening.verdict(
                [each for each in reading if each.subject == NAME], AS_OF, look_ahead=False
            )
            # a letter is about its person alone, and leaves open what silence would answer
            complete = side == "twin" or shape.startswith("a letter")
            right = reading.report.complete is complete and (found.outcome is ELIGIBLE or side != "twin")
            if not right or (
                shape.startswith("a letter") and (found.outcome is ELIGIBLE) is not (side == "twin")
            ):
                wrong.append((shape, side, found.outcome.value, dict(reading.report.lacking)))
    assert not wrong


@pytest.mark.parametrize(
    "kind", ["Patient", "Practitioner", "Questionnaire", "FamilyMemberHistory", "Medication"]
)
def test_words_of_what_is_no_finding_are_none(kind: str) -> None:
    assert not list(in_words({"resourceType": kind, **told("additional")}, lambda _: None))


@pytest.mark.parametrize("node", [None, [], "x", 3, {"status": []}, {"div": {}}, [{"status": "additional"}]])
def test_what_is_no_narrative_says_nothing(node: Any) -> None:
    for kind in ("Composition", "DocumentReference", "DiagnosticReport", "List", "Media", "Condition"):
        assert not list(
            in_words(
                {"resourceType": kind, "text": node, "section": node, "content": node, "presentedForm": node},
                lambda _: None,
            )
        )
