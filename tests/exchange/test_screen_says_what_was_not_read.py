"""``proband screen`` says what ``proband read`` knows: files and people not counted, contradictions, unknown codes. Synthetic people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from exchange_samples import PATIENT, observation
from typer.testing import CliRunner

from proband.cli.app import app

_LINK = {"relation": "next", "url": "http://example.org/fhir?page=2"}


def bundle(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A bundle of resources."""
    entries = [
        {"fullUrl": f"http://example.org/fhir/{each['resourceType']}/{each['id']}", "resource": each}
        for each in resources
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries, **more}


def screened(folder: Path, *options: str) -> tuple[int, str]:
    """Exit code and everything printed."""
    result = CliRunner().invoke(
        app, ["screen", "liver-cells", str(folder), "--as-of", "2026-11-01", *options]
    )
    return result.exit_code, result.output


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.json").write_text(json.dumps(bundle(PATIENT, observation())))
    return tmp_path


def test_everything_read_is_complete(folder: Path) -> None:
    code, said = screened(folder, "--json")
    assert code == 1  # nobody is eligible
    assert json.loads(said)["complete"] is True


#: what is added to the folder → words that must be said
LACKS: dict[str, tuple[str, str, str]] = {
    "a declined file": ("labs.csv", "patient,day,value\nx,2026-01-01,3\n", "1 of 2 files was NOT read; their people are not counted"),
    "a resource without a person": ("b.json", json.dumps({k: v for k, v in observation(code="777-3").items() if k != "subject"}), "resource without a person"),
    "a page of more": ("b.json", json.dumps(bundle(type="searchset", link=[_LINK])), "further page"),
    "a line that is broken": ("b.ndjson", json.dumps(observation(code="777-3")) + "\n{\"resourceType\": \n" + json.dumps(PATIENT) + "\n", "line that is not JSON"),
}  # fmt: skip


@pytest.mark.parametrize("lack", LACKS)
@pytest.mark.parametrize("explained", [False, True])
def test_what_was_not_read_is_said_and_has_an_exit_code_of_its_own(
    lack: str, explained: bool, folder: Path
) -> None:
    name, content, words = LACKS[lack]
    (folder / name).write_text(content)
    about = ("--explain", "synthetic-1") if explained else ()
    code, said = screened(folder, *about)
    assert code == 4
    assert words in " ".join(said.split())
    allowed, _ = screened(folder, *about, "--allow-unread")
    assert allowed == (0 if explained else 1)
    _, as_json = screened(folder, *about, "--json")
    found = json.loads(as_json)
    assert (found["reading"] if explained else found)["complete"] is False


def test_a_file_that_holds_no_records_by_its_nature_lacks_nothing(folder: Path) -> None:
    (folder / "schema.json").write_text(json.dumps({"$schema": "x", "properties": {}}))
    assert screened(folder)[0] == 1


def test_contradictions_unknown_codes_and_later_facts_are_said_once(folder: Path) -> None:
    (folder / "b.json").write_text(
        json.dumps(bundle({**PATIENT, "birthDate": "1990", "meta": {"versionId": "1"}}))
    )
    strange = observation(code="777-3")
    strange["code"]["coding"][0]["system"] = "http://hospital.example/codes"
    strange["effectiveDateTime"] = "2027-01-01"
    (folder / "c.json").write_text(json.dumps(strange))
    _, said = screened(folder)
    flat = " ".join(said.split())
    assert "contradiction" in flat
    assert flat.count("http://hospital.example/codes") == 1
    assert flat.count("(--as-of)") == 1


def test_a_person_is_explained_under_the_id_that_was_replaced(folder: Path) -> None:
    old = {
        **PATIENT,
        "id": "old-1",
        "link": [{"type": "replaced-by", "other": {"reference": "Patient/synthetic-1"}}],
    }
    (folder / "b.json").write_text(json.dumps(old))
    code, said = screened(folder, "--explain", "old-1")
    assert code == 0
    assert "synthetic-1" in said
