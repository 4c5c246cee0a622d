"""Files dropped on a person: nothing is recorded before it is accepted, a row that is left out is lacking, and what is no such file is not taken."""

from __future__ import annotations

import gzip
import json
import re
import zipfile
import zlib
from io import BytesIO
from typing import Any

import pytest

from record.synthetic import Hospital

from .in_browser import check_accessible_and_fits, opened

pytest.importorskip("polars")

UCUM = "http://unitsofmeasure.org"


def fhir(
    name: str, platelets: float = 250.0, infection: bool = False, day: str = "2026-03-01", **more: Any
) -> bytes:
    """A bundle of one synthetic person: platelets, and whether there is an infection."""
    who = {"reference": f"Patient/{name}"}
    resources = [
        {"resourceType": "Patient", "id": name, "birthDate": "1980-02-03", "gender": "female"},
        {"resourceType": "Observation", "id": "o1", "status": "final", "subject": who, "effectiveDateTime": f"{day}T08:00:00Z",
         "code": {"coding": [{"system": "http://loinc.org", "code": "777-3"}]},
         "valueQuantity": {"value": platelets, "unit": "10*9/L", "system": UCUM, "code": "10*9/L"}},
        {"resourceType": "Observation", "id": "o2", "status": "final", "subject": who, "effectiveDateTime": f"{day}T08:00:00Z",
         "code": {"coding": [{"system": "https://proband.example/codes", "code": "active-infection"}]}, "valueBoolean": infection, **more},
    ]  # fmt: skip
    entries = [
        {"fullUrl": f"urn:uuid:00000000-0000-4000-8000-{place:012d}", "resource": one}
        for place, one in enumerate(resources)
    ]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


def dropped(client: Any, participant: str, *files: tuple[str, bytes], visit: str = "") -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    sent = [SimpleUploadedFile(name, content) for name, content in files]
    return client.post("/drop/", {"participant": participant, "visit": visit, "files": sent})


@pytest.fixture
def referred(house: Hospital, newcomer: Any) -> str:
    person: str = newcomer()
    house.refer(person)
    return person


def rows_of(page: str) -> list[str]:
    return re.findall(r'name="row" value="(\d+)"', page)


def test_what_is_in_a_file_is_shown_and_recorded_when_it_is_accepted(
    house: Hospital, browsing: Any, referred: str
) -> None:
    client, before = browsing("dr-1"), house.record.state.seq
    sent = dropped(client, referred, ("bundle.json", fhir(referred)))
    assert sent.status_code == 302, sent.content.decode()[-2000:]
    page = client.get(sent["Location"]).content.decode()
    assert house.record.state.seq == before, "looking records nothing"
    assert "participant.screen" in page
    rows = rows_of(page)
    assert len(rows) >= 2
    assert "777-3" in page
    path = sent["Location"].partition("?")[0]
    said = {"participant": referred, "row": rows, "as": "physician@north", "do": "accept"}
    done = client.post(path, said)
    text = done.content.decode()
    assert "Taken in" in text, text[-3000:]
    verdict = house.record.state.participants[referred].verdict
    assert verdict is not None
    assert verdict.facts["values"]["platelets"] == {"low": 250.0, "high": 250.0}
    event = client.get(f"/event/{verdict.seq}/").content.decode()
    assert "Where it was read" in event
    assert "bundle.json" in event
    assert client.post(path, said).status_code == 422, "the files are destroyed"
    again = dropped(client, referred, ("bundle.json", fhir(referred)))
    seq = house.record.state.seq
    page = client.post(again["Location"].partition("?")[0], said).content.decode()
    assert "it stood in the record already" in page
    assert house.record.state.seq == seq, "taken in twice it is recorded once"


def test_a_row_that_is_left_out_is_lacking_and_nobody_is_eligible_without_it(
    house: Hospital, browsing: Any, referred: str
) -> None:
    client = browsing("dr-1")
    sent = dropped(client, referred, ("bundle.json", fhir(referred, platelets=20.0)))
    page = client.get(sent["Location"]).content.decode()
    path = sent["Location"].partition("?")[0]
    labels = dict(re.findall(r'value="(\d+)"\s+aria-label="Accept ([^"]*)"', page))
    without = [place for place, words in labels.items() if "777-3" not in words]
    assert len(without) < len(labels)
    again = client.post(
        path, {"participant": referred, "row": without, "as": "physician@north", "do": "again"}
    ).content.decode()
    assert "not accepted" in again
    accepted = client.post(
        path, {"participant": referred, "row": without, "as": "physician@north", "do": "accept"}
    )
    assert accepted.status_code == 200
    assert house.record.state.participants[referred].verdict.outcome != "eligible"


def test_files_that_call_somebody_else_are_nobodys_until_one_says_whose(
    house: Hospital, browsing: Any, referred: str
) -> None:
    client, before = browsing("dr-1"), house.record.state.seq
    sent = dropped(client, referred, ("bundle.json", fhir("patient-7")))
    page = client.get(sent["Location"]).content.decode()
    assert "Whose files these are" in page
    assert "patient-7" in page
    path = sent["Location"].partition("?")[0]
    asked = client.post(path, {"participant": referred, "do": "accept"})
    assert "Whose files these are" in asked.content.decode()
    assert house.record.state.seq == before
    page = client.get(f"{path}?participant={referred}&person=patient-7").content.decode()
    assert "participant.screen" in page


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("run.exe", b"MZ\x90\x00"), ("bundle.json", b"\x7fELF\x02\x01\x01\x00" + b"\x00" * 40), ("bundle.json", b"   "), ("a.xlsx", b"no workbook"),
        ("archive.zip", b"PK\x03\x04"), ("noending", b"{}"), ("page.html", b"<script>alert(1)</script>"), ("big.csv", b"a" * 10_000_001), ("....", b"{}"),
        ("../../etc/passwd", b"root"), ("x" * 300 + ".json", b"{}"),
    ],
)  # fmt: skip
def test_what_is_no_such_file_is_not_taken(
    house: Hospital, browsing: Any, referred: str, name: str, content: bytes
) -> None:
    from django.conf import settings

    drops = settings.PROBAND_RECORD / "registry" / "drops"
    before = set(drops.rglob("*")) if drops.exists() else set()
    answer = dropped(browsing("dr-1"), referred, (name, content))
    assert answer.status_code == 422, name
    assert "registry.drop.file" in answer.content.decode()
    assert "<script>alert" not in answer.content.decode()
    assert {one for one in drops.rglob("*") if one.is_file()} <= before


def _packed(size: int, *names: str) -> bytes:
    """A zip archive of members that unpack to so many bytes of blanks each."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in names:
            with archive.open(name, "w", force_zip64=True) as part:
                for _ in range(size // 1_000_000):
                    part.write(b" " * 1_000_000)
    return made.getvalue()


BOMBS = {
    "a workbook that unpacks to 220 MB": ("b.xlsx", lambda: _packed(110_000_000, "[Content_Types].xml", "xl/worksheets/sheet1.xml")),
    "a workbook of 3,000 parts": ("b.xlsx", lambda: _packed(0, "[Content_Types].xml", *(f"xl/{number}.xml" for number in range(3000)))),
    "an archive that is called a workbook": ("b.xlsx", lambda: _packed(1_000_000, "a.csv")),
    "gzip called a table": ("b.csv", lambda: gzip.compress(b"patient,value\n" * 1_000_000, mtime=0x11111111)),
    "zlib called JSON": ("b.json", lambda: zlib.compress(b"[" + b" " * 1_000_000 + b"]")),
    "zlib without a NUL": ("b.json", lambda: b"\x78\x9c" + b"\xed\xc1" * 50),
    "gzip without a NUL": ("b.csv", lambda: b"\x1f\x8b\x08\x10" + b"\x11" * 50),
    "an archive called NDJSON": ("b.ndjson", lambda: _packed(1_000_000, "a.ndjson")),
}  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
def test_what_would_unpack_to_more_than_was_dropped_is_not_taken(
    browsing: Any, referred: str, bomb: str
) -> None:
    """Nothing is unpacked to find that out."""
    name, make = BOMBS[bomb]
    content = make()
    assert len(content) < 2_000_000
    sent = dropped(browsing("dr-1"), referred, (name, content))
    assert sent.status_code == 422
    assert "registry.drop.file" in sent.content.decode()


def test_hostile_content_is_refused_with_a_reason_and_never_breaks(browsing: Any, referred: str) -> None:
    """Generated: each kind of odd content under each ending: a page that says why, and no fault of the server."""
    client = browsing("dr-1")
    odd = [b"{", b"[" * 5000, b"null", b'{"resourceType": "Bundle"}', b"a,b\n1", b"\xff\xfe\x00", "ü".encode("latin-1"), b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>",
           b"PK\x03\x04broken", b"!!python/object:os.system x", b"&a [*a,*a]", b'{"resourceType":"Patient","id":"' + b"A" * 3000 + b'"}']  # fmt: skip
    for ending in ("json", "ndjson", "xml", "csv", "tsv", "yaml", "xlsx"):
        for content in odd:
            sent = dropped(client, referred, (f"odd.{ending}", content))
            assert sent.status_code in (302, 422), (ending, content[:20])
            if sent.status_code == 302:
                answer = client.get(sent["Location"])
                assert answer.status_code in (200, 403, 409, 422), (ending, content[:20], answer.status_code)
                client.post(sent["Location"].partition("?")[0], {"do": "leave"})


def test_dropped_files_are_their_droppers_alone_for_half_an_hour(
    house: Hospital, browsing: Any, referred: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from proband.registry import dropped_files

    client = browsing("dr-1")
    sent = dropped(client, referred, ("bundle.json", fhir(referred)))
    assert browsing("dr-3").get(sent["Location"]).status_code == 422
    token = sent["Location"].strip("/").split("/")[1].partition("?")[0]
    folder = house.record.folder / "registry" / "drops" / token
    assert (folder / "bundle.json").stat().st_mode & 0o077 == 0
    assert dropped_files.KEPT_SECONDS == 1800
    monkeypatch.setattr(dropped_files, "KEPT_SECONDS", -1)
    assert client.get(sent["Location"]).status_code == 422
    dropped(client, referred, ("bundle.json", fhir(referred)))
    assert not folder.exists(), "what was kept for too long is destroyed at the next drop"


def test_nobody_takes_in_what_they_may_not_record_or_not_there(
    house: Hospital, browsing: Any, referred: str
) -> None:
    before = house.record.state.seq
    for person in ("lab-1", "board-1", "dr-2"):
        client = browsing(person)
        sent = dropped(client, referred, ("bundle.json", fhir(referred)))
        path = sent["Location"].partition("?")[0]
        for answer in (
            client.get(sent["Location"]),
            client.post(path, {"participant": referred, "row": ["0", "1"], "do": "accept"}),
        ):
            assert answer.status_code == 403, person
    assert house.record.state.seq == before


def packet(name: str) -> bytes:
    """The same platelets as a phenopacket."""
    return json.dumps({
        "id": "packet-1", "subject": {"id": name},
        "measurements": [{"assay": {"id": "LOINC:777-3", "label": "Platelets"}, "timeObserved": {"timestamp": "2026-03-01T08:00:00Z"},
                          "value": {"quantity": {"unit": {"id": "UCUM:10*9/L", "label": "10*9/L"}, "value": 250}}}],
        "metaData": {"created": "2026-03-01T00:00:00Z", "createdBy": "synthetic", "phenopacketSchemaVersion": "2.0"},
    }).encode()  # fmt: skip


def table(name: str) -> bytes:
    return f"person,day,platelets\n{name},2026-03-01,250\n".encode()


MAPPING = b'subject: person\ncolumns:\n  platelets: {code: "LOINC|777-3", unit: "10*9/L", date: day}\n'


def test_two_files_that_disagree_are_shown_to_disagree(browsing: Any, referred: str) -> None:
    sent = dropped(
        browsing("dr-1"), referred, ("one.json", fhir(referred)), ("two.json", fhir(referred, platelets=90.0))
    )
    page = browsing("dr-1").get(sent["Location"])
    assert page.status_code == 200
    text = page.content.decode()
    assert "What disagrees" in text
    assert "one.json" in text
    assert "two.json" in text


@pytest.mark.parametrize("kind", ["phenopacket", "csv"])
def test_other_files_are_read_by_the_same_readers(
    house: Hospital, browsing: Any, referred: str, kind: str
) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    client, (name, content, called) = (
        browsing("dr-1"),
        {
            "phenopacket": ("packet.json", packet(referred), "packet-1"),
            "csv": ("table.csv", table(referred), referred),
        }[kind],
    )
    sent = client.post(
        "/drop/",
        {"participant": referred, "files": [SimpleUploadedFile(name, content)]}
        | ({"mapping": SimpleUploadedFile("map.yaml", MAPPING)} if kind == "csv" else {}),
    )
    path = sent["Location"].partition("?")[0]
    page = client.get(f"{path}?participant={referred}&person={called}").content.decode()
    assert "777-3" in page
    done = client.post(
        path,
        {
            "participant": referred,
            "person": called,
            "row": rows_of(page),
            "as": "physician@north",
            "do": "accept",
        },
    )
    assert "Taken in" in done.content.decode()
    verdict = house.record.state.participants[referred].verdict
    assert verdict.outcome == "needs-data", "of an infection nothing is known"
    assert verdict.facts["values"]["platelets"]["low"] == 250.0


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_its_pages_are_accessible_and_fit(
    browser: Any, address: str, referred: str, width: int, scheme: str, tmp_path: Any
) -> None:
    (tmp_path / "bundle.json").write_bytes(fhir(referred))
    page = opened(browser, address, "dr-1", width=width, scheme=scheme)
    for step in ("drop", "preview"):
        if step == "drop":
            page.goto(f"{address}/drop/?participant={referred}")
        else:
            page.set_input_files("#files", str(tmp_path / "bundle.json"))
            page.click("text=Show what is in them")
            page.wait_for_url(f"{address}/drop/*/**")
        check_accessible_and_fits(page, step)
    page.context.close()
