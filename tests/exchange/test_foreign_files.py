"""What Proband knows and does not read is named by its content, whatever it is called, and its people are said not to be counted. Invented people."""

from __future__ import annotations

import bz2
import io
import json
import lzma
import tarfile
import zipfile
from pathlib import Path

import pytest
from exchange_samples import PATIENT, bundle, observation
from typer.testing import CliRunner

from proband.cli.app import app
from proband.exchange import FileStatus, read

ORU = (
    b"MSH|^~\\&|LAB|NORTH|PROBAND|NORTH|20261030081500||ORU^R01|1|P|2.5\r"
    b"PID|1||S-1||Example^Ada||19800501|F\rOBX|1|NM|1975-2^Bilirubin^LN||1.7|mg/dL|||||F\r"
)
CDA = b'<?xml version="1.0"?><?xml-stylesheet href="CDA.xsl"?><ClinicalDocument xmlns="urn:hl7-org:v3"><typeId root="2.16.840.1.113883.1.3"/></ClinicalDocument>'


def zipped(**members: bytes) -> bytes:
    """A zip archive; ``__`` stands for a slash, ``_dot_`` for a dot."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), data)
    return held.getvalue()


def tarred() -> bytes:
    """A tar archive."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        info = tarfile.TarInfo("a.json")
        info.size = 2
        archive.addfile(info, io.BytesIO(b"{}"))
    return held.getvalue()


#: what is in the file → words of the reason, and of the mend
FOREIGN: dict[str, tuple[bytes, str, str]] = {
    "HL7 v2": (ORU, "messages (ORU^R01)", "FHIR R4"),
    "HL7 v2 with other signs": (ORU.replace(b"|", b"#").replace(b"MSH#^~\\&#", b"MSH#^~\\&#"), "HL7 v2", "FHIR R4"),
    "HL7 v2 behind MLLP": (b"\x0b" + ORU + b"\x1c\r", "messages (ORU^R01)", "FHIR R4"),
    "HL7 v2 of five encoding signs": (ORU.replace(b"^~\\&|", b"^~\\&#|"), "HL7 v2", "FHIR R4"),
    "HL7 v2 behind a line of a log": (b"2026-10-30 08:15:00 received\n" + ORU.replace(b"\r", b"\n"), "messages (ORU^R01)", "FHIR R4"),
    "a file of batches": (b"FHS|^~\\&|LAB\rBHS|^~\\&|LAB\r" + ORU + b"BTS|1\rFTS|1\r", "file of batches", "FHIR R4"),
    "a batch": (b"BHS|^~\\&|LAB\r" + ORU + b"BTS|1\r", "a batch of messages", "FHIR R4"),
    "C-CDA": (CDA, "clinical document", "FHIR R4"),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "PDF", "data"),
    "DICOM": (b"\x00" * 128 + b"DICM\x02\x00", "DICOM", "measured"),
    "Word": (zipped(**{"[Content_Types]_dot_xml": b"<x/>", "word__document_dot_xml": b"<x/>"}), "Word", "data"),
    "xlsb": (zipped(**{"[Content_Types]_dot_xml": b"<x/>", "xl__workbook_dot_bin": b"x"}), ".xlsb", ".xlsx"),
    "ods": (zipped(mimetype=b"application/vnd.oasis.opendocument.spreadsheet", content_dot_xml=b"<x/>"), "OpenDocument", ".xlsx"),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, ".xls", ".xlsx"),
    "a workbook behind a password": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600 + "EncryptedPackage".encode("utf-16-le"), "password", "take the password off"),
    "SPSS": (b"$FL2@(#) SPSS DATA FILE", "SPSS", "CSV"),
    "Stata of today": (b"<stata_dta><header><release>118</release>", "Stata", "CSV"),
    "Stata of before": (b"\x72\x02\x01\x00" + b"\x00" * 100, "Stata", "CSV"),
    "SAS data set": (b"\x00" * 12 + bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011") + b"\x00" * 50, "sas7bdat", ".xpt"),
    "R": (b"X\n\x00\x00\x00\x03\x00\x04", "R object", "CSV"),
    "SQLite": (b"SQLite format 3\x00" + b"\x00" * 80, "SQLite", "CSV"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00", "picture", "data"),
    "bzip2": (bz2.compress(ORU), "bzip2", "unpack"),
    "xz": (lzma.compress(ORU), "xz", "unpack"),
    "tar": (tarred(), "tar", "unpack"),
    "a web page": (b"<!DOCTYPE html><html><body>results</body></html>", "web page", "data"),
    "rich text": (b"{\\rtf1\\ansi results}", "rich text", "data"),
    "PGP": (b"-----BEGIN PGP MESSAGE-----\n\nhQEM", "encrypted", "decrypt"),
    "a sequencer's file": (b"##fileformat=VCFv4.3\n##contig\n", "sequencer", "phenopacket"),
}  # fmt: skip


@pytest.mark.parametrize("what", FOREIGN)
@pytest.mark.parametrize("name", ["results.txt", "export.csv"])
def test_known_files_are_named_and_declined_with_a_mend(what: str, name: str, tmp_path: Path) -> None:
    data, reason, mend = FOREIGN[what]
    (tmp_path / name).write_bytes(data)
    reading = read(tmp_path)
    assert not list(reading)
    (file,) = reading.report
    assert file.status is FileStatus.DECLINED
    assert file.declined is not None
    assert reason in file.declined.message
    assert mend in file.declined.mend
    assert not reading.report.complete


@pytest.mark.parametrize("what", ["HL7 v2", "C-CDA", "PDF"])
def test_they_are_named_inside_an_archive_too(what: str, tmp_path: Path) -> None:
    data, reason, _ = FOREIGN[what]
    (tmp_path / "a.zip").write_bytes(
        zipped(export__one_dot_txt=data, export__two_dot_json=json.dumps(bundle(PATIENT)).encode())
    )
    reading = read(tmp_path)
    assert list(reading)
    assert [reason in each.declined.message for each in reading.report.unread if each.declined] == [True]


def test_an_exchanged_archive_of_documents(tmp_path: Path) -> None:
    listed = b'<lcm:SubmitObjectsRequest xmlns:lcm="urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"/>'
    (tmp_path / "xdm.zip").write_bytes(
        zipped(IHE_XDM__SUBSET01__METADATA_dot_XML=listed, IHE_XDM__SUBSET01__DOC0001_dot_XML=CDA)
    )
    reading = read(tmp_path)
    assert not list(reading)
    assert [Path(each.file).name for each in reading.report.unread] == ["DOC0001.XML"]


def test_archives_that_cannot_be_trusted(tmp_path: Path) -> None:
    nested = zipped(inner_dot_zip=zipped(a_dot_json=b"{}"))
    encrypted = bytearray(zipped(a_dot_json=b"{}"))
    encrypted[6] |= 1
    encrypted[encrypted.index(b"PK\x01\x02") + 8] |= 1
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("a.json", json.dumps(PATIENT))
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.json", json.dumps({**PATIENT, "gender": "male"}))
    nameless = io.BytesIO()
    with zipfile.ZipFile(nameless, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a"), json.dumps(PATIENT))
        archive.filelist[0].filename = archive.filelist[0].orig_filename = ""
    for data, code in (
        (nameless.getvalue(), "exchange.damaged"),
        (nested, "exchange.archive-nested"),
        (bytes(encrypted), "exchange.archive-encrypted"),
        (held.getvalue(), "exchange.archive-doubled"),
    ):
        (tmp_path / "a.zip").write_bytes(data)
        reading = read(tmp_path)
        assert not list(reading)
        assert [each.declined.code for each in reading.report if each.declined] == [code]


@pytest.mark.parametrize(
    "text",
    [
        "patient,note\nS-1,MSH|^~\n", "MSH,FHS\n1,2\n", "BMI;x\n1;2\n", "RDX,y\n1,2\n", "ORCID,x\n1,2\n", "patient|note\nS-1|a\n", "II*x,y\n1,2\n",
    ],
)  # fmt: skip
def test_tables_that_only_look_like_it_are_tables(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text)
    reading = read(tmp_path)
    list(reading)
    assert [each.declined.code for each in reading.report if each.declined] == ["table.no-mapping"]


def test_a_screening_says_that_their_people_are_not_counted(tmp_path: Path) -> None:
    for index in range(28):
        patient = {**PATIENT, "id": f"p{index}"}
        result = {**observation(), "id": f"o{index}", "subject": {"reference": f"Patient/p{index}"}}
        (tmp_path / f"{index:02}.json").write_text(json.dumps(bundle(patient, result)))
    (tmp_path / "28.txt").write_bytes(ORU)
    (tmp_path / "29.xml").write_bytes(CDA)
    result = CliRunner().invoke(app, ["screen", "liver-cells", str(tmp_path), "--as-of", "2026-11-01"])
    assert result.exit_code == 4
    said = " ".join(result.output.split())
    assert "2 of 30 files were NOT read; their people are not counted" in said
    assert "HL7 v2: messages (ORU^R01)" in said
    assert "a clinical document (C-CDA)" in said
