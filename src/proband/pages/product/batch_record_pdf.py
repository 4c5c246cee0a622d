"""The batch record of a product on paper: PDF, A4 landscape, the same rows as on screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from proband.pages.product.batch_record import batch_record_page
from proband.record.batch_record import BatchRecord, BatchSection
from proband.terms.extras import ExtraMissing, require

#: widest share of a column, in characters: longer texts are broken
_LONGEST = 60


def write_papers(batch: BatchRecord, folder: Path) -> tuple[Path, Path | None]:
    """Write the batch record as a page, and on paper where the extra ``pdf`` is installed: the two files, or the page and None."""
    html = folder / f"batch-record-{batch.product}.html"
    html.write_text(batch_record_page(batch), encoding="utf-8")
    try:
        write_batch_record(batch, html.with_suffix(".pdf"))
    except ExtraMissing:
        return html, None
    return html, html.with_suffix(".pdf")


def write_batch_record(batch: BatchRecord, path: Path) -> None:
    """Write the batch record as PDF; the same record gives the same bytes.

    Raises
    ------
    ExtraMissing
        Without the extra ``pdf``.
    """
    mm, platypus = require("reportlab.lib.units").mm, require("reportlab.platypus")
    page = require("reportlab.lib.pagesizes").landscape(require("reportlab.lib.pagesizes").A4)
    styles = require("reportlab.lib.styles").getSampleStyleSheet()
    words, cell = styles["BodyText"], styles["BodyText"].clone("cell", fontSize=7, leading=8.5)
    strong, head = (
        words.clone("strong", fontName="Helvetica-Bold"),
        cell.clone("head", fontName="Helvetica-Bold"),
    )

    def paragraph(text: str, style: Any = words) -> Any:
        # reportlab reads its own small markup in a paragraph: what a person typed must not be taken for it
        return platypus.Paragraph(escape(text), style)

    flow: list[Any] = [paragraph(batch.banner, strong)] if batch.banner else []
    flow += [paragraph(f"Batch record {batch.product}", styles["Title"]), paragraph(batch.heading)]
    if batch.missing:
        flow.append(paragraph("Not complete: " + "; ".join(batch.missing), strong))
    for section in batch.sections:
        flow.append(paragraph(section.title, styles["Heading2"]))
        rows = section.rows or [("none", *[""] * (len(section.columns) - 1))]
        data = [[paragraph(name, head) for name in section.columns]]
        data += [[paragraph(value, cell) for value in row] for row in rows]
        flow += [_table(data, _widths(section, page[0] - 24 * mm)), platypus.Spacer(1, 4 * mm)]

    def footer(canvas: Any, sheet: Any) -> None:
        canvas.setFont("Helvetica", 7)
        canvas.drawString(
            12 * mm, 7 * mm, f"{batch.product} · {batch.coi} · {batch.head[:60]} · page {sheet.page}"
        )

    platypus.SimpleDocTemplate(
        str(path), pagesize=page, leftMargin=12 * mm, rightMargin=12 * mm, topMargin=12 * mm, bottomMargin=14 * mm,
        title=f"Batch record {batch.product}", author="Proband", invariant=1,
    ).build(flow, onFirstPage=footer, onLaterPages=footer)  # fmt: skip


def _table(data: list[list[Any]], widths: list[float]) -> Any:
    platypus, colors = require("reportlab.platypus"), require("reportlab.lib.colors")
    everywhere = ((0, 0), (-1, -1))
    made = platypus.Table(data, colWidths=widths, repeatRows=1)
    made.setStyle(
        platypus.TableStyle([
            ("GRID", *everywhere, 0.4, colors.grey), ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke), ("VALIGN", *everywhere, "TOP"),
        ])
    )  # fmt: skip
    return made


def _widths(section: BatchSection, width: float) -> list[float]:
    longest = [
        max([len(name), *(min(len(row[index]), _LONGEST) for row in section.rows)], default=1) + 4
        for index, name in enumerate(section.columns)
    ]
    return [width * part / sum(longest) for part in longest]
