"""Excel workbooks written part by part, so that anything may stand in a cell. Invented people."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#: formats of the cells of these workbooks, by their number in the styles
FORMATS = [
    "General",
    "yyyy-mm-dd",
    "dd.mm.yyyy hh:mm",
    "0%",
    "00000",
    '0.0" mg/dL"',
    '"<"0',
    "[h]:mm",
    "h:mm",
    "@",
    "struck",
    "#,##0.0",
    "0.00%",
    "[$-407]d. mmmm yyyy",
]


@dataclass(frozen=True)
class Cell:
    """A cell: its value, its format by name, its kind as Excel writes it, and a formula."""

    value: float | str | bool | None = None
    form: str = "General"
    kind: str = ""
    formula: str | None = None


Value = Cell | float | str | bool | None


def letters(column: int) -> str:
    """1 → ``A``."""
    return chr(64 + column) if column <= 26 else letters((column - 1) // 26) + letters((column - 1) % 26 + 1)


def _cell(place: str, given: Value) -> str:
    cell = given if isinstance(given, Cell) else Cell(given)
    formula = "" if cell.formula is None else f"<f>{escape(cell.formula)}</f>"
    style = FORMATS.index(cell.form)
    if cell.value is None and cell.formula is None:
        return ""
    value = cell.value
    if isinstance(value, bool):
        return f'<c r="{place}" t="b" s="{style}">{formula}<v>{int(value)}</v></c>'
    if isinstance(value, str):
        kind = cell.kind or "inlineStr"
        inner = f"<is><t>{escape(value)}</t></is>" if kind == "inlineStr" else f"<v>{escape(value)}</v>"
        return f'<c r="{place}" t="{kind}" s="{style}">{formula}{inner}</c>'
    return f'<c r="{place}" s="{style}">{formula}{"" if value is None else f"<v>{value!r}</v>"}</c>'


def sheet_xml(
    rows: Sequence[Sequence[Value]],
    *,
    merged: Sequence[str] = (),
    hidden_rows: Sequence[int] = (),
    hidden_columns: Sequence[int] = (),
) -> str:
    """The part of one sheet."""
    columns = "".join(f'<col min="{at}" max="{at}" hidden="1"/>' for at in hidden_columns)
    body = "".join(
        f'<row r="{at}"{" hidden=" + quoteattr("1") if at in hidden_rows else ""}>'
        + "".join(_cell(f"{letters(n)}{at}", each) for n, each in enumerate(row, 1))
        + "</row>"
        for at, row in enumerate(rows, 1)
    )
    joined = "".join(f'<mergeCell ref="{each}"/>' for each in merged)
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><worksheet xmlns="{MAIN}">{f"<cols>{columns}</cols>" if columns else ""}'
        f"<sheetData>{body}</sheetData>{f'<mergeCells>{joined}</mergeCells>' if joined else ''}</worksheet>"
    )


def workbook(
    sheets: Mapping[str, str | Sequence[Sequence[Value]]],
    *,
    since_1904: bool = False,
    hidden: Sequence[str] = (),
    texts: str = "",
    extra: Mapping[str, str] | None = None,
) -> bytes:
    """A workbook; a sheet is given as rows or as its XML."""
    names = list(sheets)
    codes = "".join(
        f'<numFmt numFmtId="{170 + at}" formatCode={quoteattr(each)}/>' for at, each in enumerate(FORMATS)
    )
    xfs = "".join(
        f'<xf numFmtId="{0 if each in {"General", "struck"} else 170 + at}" fontId="{int(each == "struck")}"/>'
        for at, each in enumerate(FORMATS)
    )
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{at}" r:id="rId{at}"{" state=" + quoteattr("hidden") if name in hidden else ""}/>'
        for at, name in enumerate(names, 1)
    )
    relations = "".join(
        f'<Relationship Id="rId{at}" Type="{_RELS}/worksheet" Target="worksheets/sheet{at}.xml"/>'
        for at in range(1, len(names) + 1)
    )
    parts = {
        "[Content_Types].xml": "<Types/>",
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{_RELS}"><workbookPr date1904="{int(since_1904)}"/><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{relations}</Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><numFmts>{codes}</numFmts><fonts><font/><font><strike/></font></fonts><cellXfs>{xfs}</cellXfs></styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{texts}</sst>',
        **{
            f"xl/worksheets/sheet{at}.xml": part if isinstance(part := sheets[name], str) else sheet_xml(part)
            for at, name in enumerate(names, 1)
        },
        **(extra or {}),
    }
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return held.getvalue()
