"""Labels to print: a sheet as PDF, and the code of one label as a drawing."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from proband.record.labels import payload
from proband.record.product import Label
from proband.terms.extras import require

#: labels on a sheet: 2 columns, 7 rows
_PER_SHEET = 14


def label_svg(label: Label) -> str:
    """One label's code as an SVG drawing (QR code, error correction Q: a quarter may be damaged).

    Raises
    ------
    ExtraMissing
        Without the extra ``pdf``.
    """
    drawn = io.BytesIO()
    _code(label).save(drawn, kind="svg", scale=3, xmldecl=False)
    return drawn.getvalue().decode()


def write_labels(labels: Sequence[Label], path: Path, *, notes: Sequence[str] = ()) -> None:
    """Write a sheet of labels as PDF, 2 × 7 on A4, each with both identifiers in words and the code.

    Parameters
    ----------
    labels
        What to print; each must have been printed in the record first, so that its fate is asked for.
    path
        The file.
    notes
        Lines for every label (banner, "for autologous use only"); the first three are printed.

    Raises
    ------
    ExtraMissing
        Without the extra ``pdf``.
    """
    mm, page = require("reportlab.lib.units").mm, require("reportlab.lib.pagesizes").A4
    canvas = require("reportlab.pdfgen.canvas").Canvas(str(path), pagesize=page, invariant=1)
    width, height = 90 * mm, 38 * mm
    for index, label in enumerate(labels):
        place = index % _PER_SHEET
        if index and place == 0:
            canvas.showPage()
        x = 12 * mm + (place % 2) * (width + 6 * mm)
        y = page[1] - 14 * mm - (place // 2 + 1) * height
        canvas.rect(x, y, width, height - 3 * mm)
        _draw(canvas, label, x + 3 * mm, y + 4 * mm, 27 * mm)
        canvas.setFont("Helvetica-Bold", 11)
        canvas.drawString(x + 34 * mm, y + 27 * mm, label.container)
        canvas.setFont("Helvetica", 9)
        canvas.drawString(x + 34 * mm, y + 21 * mm, label.coi)
        canvas.drawString(x + 34 * mm, y + 16 * mm, f"label {label.id}")
        canvas.setFont("Helvetica", 7)
        for line, note in enumerate(notes[:3]):
            canvas.drawString(x + 34 * mm, y + (10 - 3 * line) * mm, note[:48])
    canvas.save()


def _code(label: Label) -> Any:
    return require("segno").make(payload(label.coi, label.container, label.id), error="q", micro=False)


def _draw(canvas: Any, label: Label, x: float, y: float, size: float) -> None:
    matrix = [list(row) for row in _code(label).matrix]
    cell = size / len(matrix)
    for row, cells in enumerate(matrix):
        for column, dark in enumerate(cells):
            if dark:
                canvas.rect(x + column * cell, y + size - (row + 1) * cell, cell, cell, stroke=0, fill=1)
