"""Files that Proband knows and does not read: each is named by its content, and declined with what to do instead.

A file is known by its first bytes, never by its name. What is named here speaks of people more often than not, so a reading with such a file among
its sources is not complete.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from proband.exchange.content import Content, xml_root
from proband.exchange.report import Declined, declined

_SAVE_CSV = "save it as CSV, and give a mapping file"
_UNPACK = "unpack it first"
_FHIR_EXPORT = "export FHIR R4 instead (JSON, XML or NDJSON), or have an interface engine convert it"


@dataclass(frozen=True, slots=True)
class ForeignFormat:
    """A format: how its first bytes look, what it is called, and what is to be done."""

    sign: re.Pattern[bytes]
    name: str
    mend: str


def _format(sign: bytes, name: str, mend: str) -> ForeignFormat:
    return ForeignFormat(re.compile(sign, re.DOTALL), name, mend)


#: signs at the beginning of a file
_FORMATS = (
    _format(rb"\s*%PDF-", "a PDF document", "export the data it was printed from"),
    _format(rb".{128}DICM", "a DICOM object", "images are not read; give what was measured on them as FHIR or CSV"),
    _format(rb"\$FL[23@]", "an SPSS file (.sav)", _SAVE_CSV),
    _format(rb".{0,40}ASCII SPSS PORT FILE", "an SPSS portable file (.por)", _SAVE_CSV),
    _format(rb"<stata_dta>|[\x68-\x73][\x01\x02]\x01\x00", "a Stata file (.dta)", _SAVE_CSV),
    _format(rb"\x00{12}\xc2\xea\x81\x60\xb3\x14\x11\xcf\xbd\x92\x08\x00\x09\xc7\x31\x8c\x18\x1f\x10\x11", "a SAS data set (.sas7bdat)", "write it as a SAS transport file (.xpt, PROC COPY or PROC CPORT's XPORT engine) or as CSV"),
    _format(rb"\*\*COMPRESSED\*\*", "a SAS CPORT file", "write it with the XPORT engine (LIBNAME … XPORT), which is another format"),
    _format(rb"RD[XAB][23]\n|X\n\x00\x00\x00[\x02\x03]|A\n[23]\n\d{5,6}\n", "an R object (.rds, .RData)", "write the table as CSV or Parquet"),
    _format(rb"\s*\{\\rtf", "a rich text document", "give the data it was written from"),
    _format(rb"SQLite format 3\x00", "an SQLite database", "export its tables as CSV or Parquet"),
    _format(rb"\x00\x01\x00\x00Standard (?:ACE|Jet) DB", "an Access database", "export its tables as CSV"),
    _format(rb"\x89PNG|\xff\xd8\xff|II\*\x00|MM\x00\*|GIF8[79]a|BM.{4}\x00{4}", "a picture", "give what was read off it as data"),
    _format(rb".{344}n[i+]1\x00", "a NIfTI image", "images are not read"),
    _format(rb"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    _format(rb"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    _format(rb"BZh[1-9]1AY&SY", "a file compressed by bzip2", _UNPACK),
    _format(rb"\xfd7zXZ\x00", "a file compressed by xz", _UNPACK),
    _format(rb"\x28\xb5\x2f\xfd", "a file compressed by zstd", _UNPACK),
    _format(rb".{257}ustar", "a tar archive", _UNPACK),
    _format(rb"-----BEGIN PGP MESSAGE|age-encryption\.org/v1|Salted__", "an encrypted file", "decrypt it first"),
    _format(rb"##fileformat=VCF|BAM\x01|CRAM[\x02\x03]", "a file of a sequencer (VCF, BAM, CRAM)", "give the variants that were interpreted as a phenopacket or FHIR"),
    _format(rb"ARROW1\x00", "a column file (Arrow)", "write it as Parquet or CSV"),
    _format(rb"PK\x05\x06", "an empty zip archive", "check what was to be in it"),
)  # fmt: skip
#: streams inside a compound file of older Office → what it is; their names stand in UTF-16
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_STREAMS = (
    (
        "EncryptedPackage",
        "an Office file behind a password",
        "open it, take the password off, and save it as .xlsx or CSV",
    ),
    ("WordDocument", "a Word document (.doc)", "give the data it was written from"),
    ("PowerPoint Document", "a presentation (.ppt)", "give the data it was made from"),
    ("__substg1.0", "an e-mail (.msg)", "give what is attached to it"),
    (
        "",
        "an older Office file, or one behind a password (.xls, .doc)",
        "save it without a password as .xlsx or CSV",
    ),
)
#: beginning of an HL7 v2 message, of a file or a batch of them, also behind the frame of MLLP and lines of a log; the sign between fields is its own
_HL7 = re.compile(rb"(?:^|[\r\n\x0b\x1c])[ \t]*(MSH|FHS|BHS)([^\w\s\"',;])[^\w\s]{2,5}\2")
_HL7_TYPE = re.compile(rb"([A-Z]{3})[^\w\s|]([A-Z]\d\d)")
#: roots of XML → name and mend
_XML = {
    "ClinicalDocument": ("a clinical document (C-CDA)", _FHIR_EXPORT),
    "html": ("a web page", "export the data it shows"),
    "HTML": ("a web page", "export the data it shows"),
    "xliff": ("a translation", "leave it out"),
    "Workbook": ("an Excel sheet of 2003 (XML)", "save it as .xlsx or CSV"),
    "Envelope": ("a message of a web service (SOAP)", _FHIR_EXPORT),
    "PORX_IN000001UK01": ("an HL7 v3 message", _FHIR_EXPORT),
}
#: a member of an office archive → what the archive is
_OFFICE = (
    ("word/", "a Word document", "give the data it was written from"),
    ("ppt/", "a presentation", "give the data it was made from"),
    ("xl/workbook.bin", "an Excel workbook in binary form (.xlsb)", "save it as .xlsx or CSV"),
    ("content.xml", "an OpenDocument file (.ods, .odt)", "save the sheet as .xlsx or CSV"),
    ("visio/", "a Visio drawing", "leave it out"),
)


def refuse_foreign(content: Content) -> None:
    """Do nothing for a file that may be read.

    Raises
    ------
    Declined
        ``hl7.v2`` for HL7 v2 messages, ``exchange.foreign`` for another known format, with what to do.
    """
    head = content.head
    for each in _FORMATS:
        if each.sign.match(head):
            raise declined("exchange.foreign", what=each.name, correction=each.mend)
    if head.startswith(_COMPOUND):
        what, mend = next(
            (what, mend) for stream, what, mend in _STREAMS if stream.encode("utf-16-le") in head
        )
        raise declined("exchange.foreign", what=what, correction=mend)
    message = _HL7.search(head[:8192]) if content.kind in {"text", "binary"} else None
    if message is not None:
        raise _hl7(message, head)
    if content.kind == "xml":
        _refuse_xml(content)
    if head.startswith(b"PK\x03\x04"):
        _refuse_archive(content)


def _hl7(message: re.Match[bytes], head: bytes) -> Declined:
    header = re.search(rb"(?:^|[\r\n\x0b\x1c])[ \t]*MSH.*?(?=[\r\n]|$)", head)
    kind = _HL7_TYPE.search(header[0]) if header else None
    parts = {"MSH": "messages", "FHS": "a file of batches of messages", "BHS": "a batch of messages"}[
        message[1].decode()
    ]
    named = f" ({kind[1].decode()}^{kind[2].decode()})" if kind else ""
    return declined("hl7.v2", line=head.count(b"\n", 0, message.start(1)) + 1, parts=parts + named)


def _refuse_xml(content: Content) -> None:
    root = xml_root(content.head)
    name = root.rpartition(":")[2]
    if root.startswith("FHIR ") or name not in _XML:
        if name in {"SubmitObjectsRequest", "RegistryObjectList"}:
            raise declined("xdm.metadata")
        return
    what, mend = _XML[name]
    raise declined("exchange.foreign", line=1, what=what, correction=mend)


def _refuse_archive(content: Content) -> None:
    try:
        with content.open() as stream, zipfile.ZipFile(stream) as archive:
            names = archive.namelist()
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, ValueError, NotImplementedError):
        names = []
    if content.member and not {"[Content_Types].xml", "mimetype"} & set(names):
        raise declined("exchange.archive-nested")
    found = _office_of(names)
    if found is not None:
        raise declined("exchange.foreign", what=found[0], correction=found[1])


def _office_of(names: Iterable[str]) -> tuple[str, str] | None:
    known = list(names)
    return next(
        (
            (what, mend)
            for sign, what, mend in _OFFICE
            if any(each == sign or each.startswith(sign) for each in known)
        ),
        None,
    )
