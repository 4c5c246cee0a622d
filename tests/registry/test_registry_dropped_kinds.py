"""Every kind of file through the browser: one synthetic person told alike by each, and the answers of instruments as a project exports them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("polars")

from exchange.one_person import DOORS, NAME, facts, row
from exchange.workbook_samples import workbook
from proband.instruments import get, redcap_dictionary, score
from record.synthetic import Hospital

from .test_registry_dropping import rows_of


def _as_sheet(folder: Path, said: dict[str, Any], name: str) -> None:
    DOORS["CSV"](folder, said, name)
    (folder / "table.csv").unlink()
    cells = row(said, name)
    (folder / "clinic.xlsx").write_bytes(
        workbook({"Clinic": [list(cells), [value or None for value in cells.values()]]})
    )


KINDS = DOORS | {"Excel": _as_sheet}


def send(client: Any, folder: Path, participant: str, visit: str = "") -> str:
    """Everything that lies in a folder, dropped; where it is previewed."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    files = [
        SimpleUploadedFile(one.name, one.read_bytes())
        for one in sorted(folder.iterdir())
        if one.name != "mapping.yaml"
    ]
    said: dict[str, Any] = {"participant": participant, "visit": visit, "files": files}
    if (folder / "mapping.yaml").exists():
        said["mapping"] = SimpleUploadedFile("mapping.yaml", (folder / "mapping.yaml").read_bytes())
    sent = client.post("/drop/", said)
    assert sent.status_code == 302, sent.content.decode()[-2000:]
    return str(sent["Location"])


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_one_person_told_by_every_kind_of_file_is_screened_on_the_same_values(
    house: Hospital, browsing: Any, newcomer: Any, tmp_path: Path, kind: str
) -> None:
    from proband.registry.models import ReadFrom

    participant, client = newcomer(), browsing("dr-1")
    house.refer(participant)
    folder = tmp_path / "files"
    folder.mkdir()
    KINDS[kind](folder, facts() | {"day": house.now[:10]}, NAME)
    path = send(client, folder, participant).partition("?")[0]
    called = str(sum(NAME.encode())) if kind == "OMOP" else NAME
    whose = client.get(f"{path}?participant={participant}").content.decode()
    assert called in whose, "files that call somebody else are nobody's until one says whose"
    page = client.get(f"{path}?participant={participant}&person={called}").content.decode()
    assert "777-3" in page
    before = house.record.state.seq
    # nothing is recorded by looking, and nothing by somebody else
    assert browsing("dr-3").get(path).status_code in (404, 422)
    assert house.record.state.seq == before
    done = client.post(
        path,
        {
            "participant": participant,
            "person": called,
            "row": rows_of(page),
            "as": "physician@north",
            "do": "accept",
        },
    )
    assert "Taken in" in done.content.decode(), re.findall(r'class="gate.*', done.content.decode())
    verdict = house.record.state.participants[participant].verdict
    assert verdict is not None
    assert verdict.facts["values"]["platelets"] == {"low": 88.0, "high": 88.0}
    kept = ReadFrom.objects.filter(seq=house.record.state.seq).first()
    assert kept is not None
    assert any(place["code"] == "777-3" and place["where"] for place in kept.places), (
        "each value says where it was read"
    )
    assert "88" not in str(kept.places)
    again = client.get(path)
    assert again.status_code in (404, 422), "what was taken in is not kept"


def test_the_answers_of_instruments_come_as_a_project_exports_them(
    house: Hospital, browsing: Any, newcomer: Any, tmp_path: Path
) -> None:
    """Dictionaries made by the catalogue, one row of their export, at a visit: the outcomes are those of the forms in the browser."""
    participant, client = newcomer(), browsing("dr-1")
    house.admit(participant)
    said = {"record_id": participant, "pgi_change_change": "3", "meld_bilirubin": "2.1", "meld_bilirubin_unit": "1", "meld_creatinine": "168",
            "meld_creatinine_unit": "2", "meld_inr": "1.8", "meld_dialysis": "0"}  # fmt: skip
    dictionary = (
        redcap_dictionary(get("pgi-change"))
        + redcap_dictionary(get("meld"), with_record_id=False).partition("\n")[2]
    )
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "project_DataDictionary.csv").write_text(dictionary)
    (folder / "project_DATA.csv").write_text(f"{','.join(said)}\n{','.join(said.values())}\n")
    house.do("visit.record", participant, {"visit": "baseline", "on": house.now[:10]})
    path = send(client, folder, participant, "baseline").partition("?")[0]
    page = client.get(f"{path}?participant={participant}&visit=baseline").content.decode()
    answers = {
        "participant": participant,
        "visit": "baseline",
        "row": rows_of(page),
        "as": "physician@north",
        "do": "accept",
    }
    done = client.post(path, answers)
    assert "Taken in" in done.content.decode(), re.findall(r'class="gate.*', done.content.decode())
    found = {one["instrument"]: one for one in house.record.state.participants[participant].outcomes.values()}
    assert set(found) == {"pgi-change", "meld"}
    assert (
        found["meld"]["scores"]["meld"]
        == score("meld", bilirubin="2.1 mg/dL", creatinine="168 umol/L", inr=1.8, dialysis="no").value
    )
    # and the form in the browser opens with them, to be put right there
    seq = next(
        seq
        for seq, one in house.record.state.participants[participant].outcomes.items()
        if one["instrument"] == "meld"
    )
    form = client.get(f"/participant/{participant}/examine/meld/?corrects={seq}").content.decode()
    assert 'name="i.bilirubin" value="2.1"' in form
