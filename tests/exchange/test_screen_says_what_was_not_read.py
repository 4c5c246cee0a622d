"""``proband screen`` says what ``proband read`` knows: files and people not counted, contradictions, unknown codes. Synthetic people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from exchange_samples import PATIENT, observation
from typer.testing import CliRunner

from proband.cli.app import app

MINIMAL = Path(__file__).parent.parent / "bundles" / "minimal"
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


def platelets(count: float) -> dict[str, Any]:
    """A count of platelets two days before the day of screening."""
    return observation("777-3", count, "10*9/L", effectiveDateTime="2026-10-30", id="o-now")


def explained(folder: Path, *options: str) -> str:
    """What is said of a synthetic person who meets the minimal criteria by what is read."""
    line = [
        "screen",
        str(MINIMAL),
        str(folder),
        "--as-of",
        "2026-11-01",
        "--explain",
        "synthetic-1",
        *options,
    ]
    return CliRunner().invoke(app, line).stdout


@pytest.mark.parametrize("lack", LACKS)
def test_nobody_is_eligible_by_what_was_read_alone(lack: str, folder: Path, tmp_path: Path) -> None:
    (folder / "a.json").write_text(json.dumps(bundle(PATIENT, platelets(120.0))))
    assert "synthetic-1 on 2026-11-01: ELIGIBLE" in explained(folder)
    name, content, _ = LACKS[lack]
    (folder / name).write_text(content)
    said = explained(folder)
    assert "synthetic-1 on 2026-11-01: NEEDS DATA" in said
    assert "not everything was read, and what is missing may speak against it" in said
    assert "bring what was not read, and screen again" in said
    assert "ELIGIBLE" not in said
    told = json.loads(explained(folder, "--json"))
    assert told["outcome"] == "needs-data"
    assert "not everything was read" in told["unread"]
    family = explained(folder, "--plain")
    assert "Not everything could be read. What is missing may rule this out." in family
    assert "Nothing you entered" not in family
    page = tmp_path / "verdict.html"
    explained(folder, "--out", str(page))
    assert "not everything was read" in page.read_text()
    assert "needs data" in page.read_text()
    page.unlink()
    assert "synthetic-1 on 2026-11-01: ELIGIBLE" in explained(folder, "--allow-unread")
    counted = CliRunner().invoke(app, ["screen", str(MINIMAL), str(folder), "--as-of", "2026-11-01"])
    assert "1 eligible by what was read" in " ".join(counted.output.split())


def test_who_is_ruled_out_is_ruled_out_whatever_was_not_read(folder: Path) -> None:
    (folder / "c.ndjson").write_text('{"resourceType": \n' + json.dumps(PATIENT) + "\n")
    (folder / "a.json").write_text(json.dumps(bundle(PATIENT, platelets(20.0))))
    assert "synthetic-1 on 2026-11-01: NOT ELIGIBLE" in explained(folder)


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
