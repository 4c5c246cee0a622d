"""A consent that was refused, taken back or has run out, a subject who left or never fitted: in FHIR and SDTM, each with a twin who takes part. Invented people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dataset_samples import person, transport
from one_person import ELIGIBLE, NEEDS_DATA, criteria, everywhere
from test_named_elsewhere import LOINC, ME, Files, beside, concept, written

from proband.exchange.reading import read
from proband.facts.left import AGREED, LEFT
from proband.facts.observation import Observation

SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"


def consent(status: str, day: str = "2026-10-01", scope: str = "research", name: str = "c1", **more: Any) -> dict[str, Any]:  # fmt: skip
    return {"resourceType": "Consent", "id": name, "status": status, "scope": concept(scope, SCOPE), "category": [concept("59284-0", LOINC)], "patient": ME, "dateTime": day,
            "policy": [{"uri": "https://clinic.example/policy"}], **more}  # fmt: skip


def subject(status: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "ResearchSubject", "id": "r1", "status": status, "study": {"display": "a study"}, "individual": ME, **more}  # fmt: skip


AGAIN = consent("active", "2026-10-10", name="c2")
#: shape → attacked, twin
SHAPES: dict[str, tuple[Files, Files]] = {
    "rejected": (beside(consent("rejected")), beside(consent("active"))),
    "rejected as treatment": (beside(consent("rejected", scope="treatment")), beside(consent("rejected", scope="patient-privacy"))),
    "taken back": (beside(consent("inactive")), beside(consent("inactive"), AGAIN)),
    "taken back after another": (beside(consent("inactive", "2026-10-20"), AGAIN), beside(consent("proposed"))),
    "denied": (beside(consent("active", provision={"type": "deny"})), beside(consent("active", provision={"type": "permit"}))),
    "denied but for exceptions": (beside(consent("inactive"), consent("active", "2026-10-10", name="c2", provision={"type": "deny", "provision": [{"type": "permit"}]})), beside(consent("active", provision={"type": "deny", "provision": [{"type": "permit"}]}))),
    "run out": (beside(consent("active", provision={"period": {"end": "2026-10-20"}})), beside(consent("active", provision={"period": {"end": "2027-10-20"}}))),
    "an end of life": (beside(consent("inactive", scope="research")), beside(consent("inactive", scope="adr"))),
    "a subject who withdrew": (beside(subject("withdrawn")), beside(subject("on-study"))),
    "a subject who did not fit": (beside(subject("ineligible", period={"end": "2026-10-12"})), beside(subject("ineligible", period={"end": "2026-10-12"}), consent("active", "2026-10-15"))),
    "entered in error": (beside(consent("rejected")), beside(consent("entered-in-error"))),
}  # fmt: skip


def test_nobody_who_left_is_eligible_and_whoever_agreed_is(tmp_path: Path) -> None:
    told: dict[str, list[Observation]] = {}
    for n, (shape, sides) in enumerate(SHAPES.items()):
        for side, files in zip(("attacked", "twin"), sides, strict=True):
            reading = read(written(tmp_path / f"{n}{side}", files))
            told[f"{shape}: {side}"] = [replace(each, subject=f"{shape}: {side}") for each in reading]
            assert reading.report.complete, (shape, side)
    found = everywhere(criteria(), told)
    assert {who: said for who, said in found.items() if said is not (ELIGIBLE if who.endswith("twin") else NEEDS_DATA)} == {}  # fmt: skip


def row(domain: str, **cells: Any) -> dict[str, Any]:
    return {"STUDYID": "S", "DOMAIN": domain, "USUBJID": "S-1", f"{domain}SEQ": 1, **cells}


def disposition(term: str, decoded: str = "") -> dict[str, Any]:
    return {"DS": [row("DS", DSTERM=term, DSDECOD=decoded or term, DSSTDTC="2026-10-20")]}


def question(test: str, answer: str) -> dict[str, Any]:
    return {"QS": [row("QS", QSTESTCD="Q1", QSTEST=test, QSORRES=answer, QSSTRESC=answer, QSDTC="2026-10-20")]}  # fmt: skip


@pytest.mark.parametrize(("tables", "codes"), [
    (disposition("WITHDRAWAL BY SUBJECT"), [LEFT]), (disposition("Did not fit", "SCREEN FAILURE"), [LEFT]), (disposition("Withdrew consent", "OTHER"), [LEFT]), (disposition("COMPLETED"), []),
    (disposition("INFORMED CONSENT OBTAINED"), [AGREED]), (question("Withdrew Consent", "Y"), [LEFT]), (question("Withdrew Consent", "N"), []), (question("Status", "WITHDREW CONSENT"), [LEFT]), (question("Pain", "Y"), []),
    ({"IE": [row("IE", IETESTCD="EXCL01", IETEST="No cancer", IECAT="EXCLUSION", IEORRES="Y", IESTRESC="Y", IEDTC="2026-10-20")]}, [LEFT]), ({"DM": [person(ARMCD="SCRNFAIL", ARM="Screen Failure")]}, [LEFT]), ({"DM": [person(ARMNRS="SCREEN FAILURE")]}, [LEFT]),
    ({"DM": [person(ARMCD="A", ARM="Active")]}, []),
])  # fmt: skip
def test_the_same_in_sdtm(tables: dict[str, Any], codes: list[tuple[str, str]], tmp_path: Path) -> None:
    path = tmp_path / "study.xpt"
    path.write_bytes(transport({"DM": [person()], **tables}))
    found = [(each.system, each.code) for each in read(path) if (each.system, each.code) in {LEFT, AGREED}]
    assert list(dict.fromkeys(found)) == codes
