"""Datasets of SDTM written in each of their forms: SAS transport version 5 and 8, Dataset-JSON 1.0 and 1.1, lines, compressed. Invented people."""

from __future__ import annotations

import gzip
import json
import math
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

Table = Sequence[Mapping[str, Any]]


def columns_of(rows: Table) -> list[str]:
    """All columns of some rows, in the order in which they occur."""
    return list(dict.fromkeys(name for row in rows for name in row))


def ibm(value: float | str | None) -> bytes:
    """A number as SAS writes it: ``None`` or ``"."`` missing, ``".A"`` a special missing value."""
    if value is None or isinstance(value, str):
        letter = (value or ".")[1:] or "."
        return letter.encode() + b"\x00" * 7
    if value == 0:
        return b"\x00" * 8
    mantissa, two = math.frexp(abs(value))
    sixteen = -(-two // 4)
    fraction = int(math.ldexp(mantissa, two - 4 * sixteen) * 2**56)
    return bytes([(0x80 if value < 0 else 0) | (sixteen + 64)]) + fraction.to_bytes(7, "big")


def _is_number(rows: Table, name: str) -> bool:
    given = [row[name] for row in rows if row.get(name) not in (None, "")]
    return bool(given) and not any(
        isinstance(each, str) and not (each.startswith(".") and len(each) <= 2) for each in given
    )


def _padded(data: bytes) -> bytes:
    return data + b" " * (-len(data) % 80)


def _card(text: str, tail: str = "0" * 30) -> bytes:
    return f"HEADER RECORD*******{text:<8}HEADER RECORD!!!!!!!{tail}".ljust(80).encode()


def transport(
    tables: Mapping[str, Table],
    *,
    newer: bool = False,
    encoding: str = "utf-8",
    labels: Mapping[str, str] | None = None,
) -> bytes:
    """A SAS transport file of several members."""
    stamp = "29NOV26:10:00:00"
    made = (
        _card("LIBV8" if newer else "LIBRARY")
        + f"SAS     SAS     SASLIB  9.4     LIN X64                         {stamp}".ljust(80).encode()
    )
    made += stamp.ljust(80).encode()
    for name, rows in tables.items():
        made += _card("MEMBV8" if newer else "MEMBER", "000000000000000001600000000140") + _card(
            "DSCPTV8" if newer else "DSCRPTR"
        )
        own = (
            f"SAS     {name:<32}SASDATA 9.4     LIN X64 "
            if newer
            else f"SAS     {name:<8}SASDATA 9.4     LIN X64                         "
        )
        made += (
            own.ljust(64).encode()
            + stamp.encode()
            + stamp.ljust(32).encode()
            + f"{name} of invented people".ljust(40).encode()
            + b" " * 8
        )
        columns = columns_of(rows)
        texts = {each: [str(row.get(each) or "").encode(encoding) for row in rows] for each in columns}
        numbers = {each for each in columns if _is_number(rows, each)}
        lengths = {
            each: 8 if each in numbers else max(1, *(len(text) for text in texts[each])) for each in columns
        }
        described, position = b"", 0
        for at, each in enumerate(columns, start=1):
            label = (labels or {}).get(each, each)
            described += struct.pack(">hhhh", 1 if each in numbers else 2, 0, lengths[each], at)
            described += (
                each[:8].ljust(8).encode()
                + label[:40].ljust(40).encode()
                + b" " * 8
                + b"\x00" * 8
                + b" " * 8
                + b"\x00" * 4
            )
            described += struct.pack(">i", position)
            described += (
                (each.ljust(32).encode() + struct.pack(">h", len(label)) + b"\x00" * 18)
                if newer
                else b"\x00" * 52
            )
            position += lengths[each]
        made += _card("NAMSTV8" if newer else "NAMESTR", f"{'000000'}{len(columns):04d}{'0' * 20}") + _padded(
            described
        )
        long = [
            (at, each, (labels or {}).get(each, ""))
            for at, each in enumerate(columns, start=1)
            if len((labels or {}).get(each, "")) > 40
        ]
        if newer and long:
            body = b"".join(
                struct.pack(">hhh", at, len(each), len(label)) + each.encode() + label.encode()
                for at, each, label in long
            )
            made += _card("LABELV8", f"{len(long):<30}") + _padded(body)
        made += _card("OBSV8" if newer else "OBS", f"{len(rows):>15}".ljust(30) if newer else "0" * 30)
        data = b"".join(
            b"".join(
                ibm(row.get(each)) if each in numbers else texts[each][at].ljust(lengths[each])
                for each in columns
            )
            for at, row in enumerate(rows)
        )
        made += _padded(data)
    return made


def _value(value: Any) -> Any:
    return None if isinstance(value, str) and value.startswith(".") and len(value) <= 2 else value


def _items(rows: Table) -> list[dict[str, Any]]:
    numbers = {each for each in columns_of(rows) if _is_number(rows, each)}
    return [
        {
            "itemOID": f"IT.{each}",
            "name": each,
            "label": each,
            "dataType": "float" if each in numbers else "string",
        }
        for each in columns_of(rows)
    ]


def _rows(rows: Table) -> list[list[Any]]:
    numbers = {each for each in columns_of(rows) if _is_number(rows, each)}
    return [
        [_value(row.get(each)) if each in numbers else (row.get(each) or "") for each in columns_of(rows)]
        for row in rows
    ]


def _head(name: str, rows: Table) -> dict[str, Any]:
    return {
        "datasetJSONCreationDateTime": "2026-11-29T10:00:00", "datasetJSONVersion": "1.1.0", "itemGroupOID": f"IG.{name}", "records": len(rows),
        "name": name, "label": name, "columns": _items(rows),
    }  # fmt: skip


def dataset_json(name: str, rows: Table) -> bytes:
    """Dataset-JSON 1.1."""
    return json.dumps({**_head(name, rows), "rows": _rows(rows)}).encode()


def dataset_lines(name: str, rows: Table) -> bytes:
    """Dataset-JSON 1.1, one row a line."""
    return "\n".join(json.dumps(each) for each in [_head(name, rows), *_rows(rows)]).encode() + b"\n"


def first_dataset_json(name: str, rows: Table) -> bytes:
    """Dataset-JSON 1.0."""
    items = [{"OID": "ITEMGROUPDATASEQ", "name": "ITEMGROUPDATASEQ", "type": "integer"}, *_items(rows)]
    group = {
        "records": len(rows),
        "name": name,
        "label": name,
        "items": items,
        "itemData": [[at, *row] for at, row in enumerate(_rows(rows), 1)],
    }
    return json.dumps(
        {
            "creationDateTime": "2026-11-29T10:00:00",
            "datasetJSONVersion": "1.0.0",
            "clinicalData": {"studyOID": "S", "itemGroupData": {f"IG.{name}": group}},
        }
    ).encode()


FORMS: dict[str, tuple[str, Callable[[str, Table], bytes]]] = {
    "version 5": ("xpt", lambda name, rows: transport({name: rows})),
    "version 8": ("xpt", lambda name, rows: transport({name: rows}, newer=True)),
    "JSON 1.1": ("json", dataset_json),
    "JSON 1.0": ("json", first_dataset_json),
    "lines": ("ndjson", dataset_lines),
    "lines behind zlib": ("dsjc", lambda name, rows: zlib.compress(dataset_lines(name, rows))),
    "JSON behind gzip": ("dsjc", lambda name, rows: gzip.compress(dataset_json(name, rows), mtime=0)),
}


def write(folder: Path, form: str, tables: Mapping[str, Table]) -> Path:
    """A folder with one file for each table in that form."""
    folder.mkdir(parents=True)
    ending, make = FORMS[form]
    for name, rows in tables.items():
        (folder / f"{name.lower()}.{ending}").write_bytes(make(name, rows))
    return folder


def person(**more: Any) -> dict[str, Any]:
    """A row of demographics."""
    return {
        "STUDYID": "S", "DOMAIN": "DM", "USUBJID": "S-1", "SUBJID": "1", "RFSTDTC": "2026-10-20", "RFICDTC": "2026-10-18", "DTHDTC": "", "DTHFL": "",
        "BRTHDTC": "1980-05", "AGE": 46, "AGEU": "YEARS", "SEX": "F", "ARMCD": "A", "ARM": "Cells", **more,
    }  # fmt: skip


#: tests by their codes, as the terminology of CDISC (LBTESTCD and LBTEST) pairs them
TESTS = {
    "ALB": "Albumin", "ALP": "Alkaline Phosphatase", "ALT": "Alanine Aminotransferase", "AST": "Aspartate Aminotransferase", "AFP": "Alpha Fetoprotein",
    "BILI": "Bilirubin", "CA": "Calcium", "CL": "Chloride", "CREAT": "Creatinine", "FIBRINO": "Fibrinogen", "GGT": "Gamma Glutamyl Transferase", "GLUC": "Glucose",
    "HGB": "Hemoglobin", "INR": "Prothrombin Intl. Normalized Ratio", "K": "Potassium", "LACTICAC": "Lactic Acid", "PLAT": "Platelets", "SODIUM": "Sodium",
    "WBC": "Leukocytes",
}  # fmt: skip


def laboratory(**more: Any) -> dict[str, Any]:
    """A row of laboratory results; the test bears the name of its code where the row names it no other."""
    code = more.get("LBTESTCD", "BILI")
    more = {"LBTEST": TESTS.get(code, code), **more}
    return {
        "STUDYID": "S", "DOMAIN": "LB", "USUBJID": "S-1", "LBSEQ": 1, "LBTESTCD": "BILI", "LBTEST": "", "LBCAT": "CHEMISTRY", "LBSPEC": "SERUM",
        "LBORRES": "1.7", "LBORRESU": "mg/dL", "LBORNRLO": "0.2", "LBORNRHI": "1.2", "LBSTRESC": "29.07", "LBSTRESN": 29.07, "LBSTRESU": "umol/L",
        "LBSTNRLO": 3.4, "LBSTNRHI": 20.5, "LBNRIND": "HIGH", "LBSTAT": "", "LBREASND": "", "LBDTC": "2026-10-30T08:15", "LBDY": 11, **more,
    }  # fmt: skip


def history(**more: Any) -> dict[str, Any]:
    """A row of medical history."""
    return {
        "STUDYID": "S", "DOMAIN": "MH", "USUBJID": "S-1", "MHSEQ": 1, "MHTERM": "Sepsis", "MHDECOD": "Sepsis", "MHCAT": "", "MHPRESP": "", "MHOCCUR": "",
        "MHSTAT": "", "MHDTC": "2026-10-30", "MHSTDTC": "", "MHENDTC": "", "MHENRTPT": "", "MHENTPT": "", "MHEVLINT": "", **more,
    }  # fmt: skip
