"""Labels: two independent identifiers, a code to scan, and a balance that comes to zero."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import segno
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from proband.record.errors import RecordError
from proband.record.identity import check_character
from proband.record.state import Label, State

_FORMAT = "PB1"


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scanned code says: which container, of which therapy event, which label."""

    coi: str
    container: str
    label: str


def payload(coi: str, container: str, label: str) -> str:
    """The text in the code: format, the two identifiers, the label's own, and a check character over all of it."""
    text = f"{_FORMAT}|{coi}|{container}|{label}"
    return f"{text}|{check_character(_plain(text))}"


def _plain(text: str) -> str:
    return "".join(letter for letter in text.upper() if letter.isascii() and letter.isalnum())


def read_scan(text: str) -> Scan:
    """What a scanner read.

    Raises
    ------
    RecordError
        ``record.label.scan`` for a foreign or damaged code.
    """
    parts = text.strip().split("|")
    if len(parts) != 5 or parts[0] != _FORMAT or check_character(_plain("|".join(parts[:4]))) != parts[4]:
        raise RecordError(
            "this code is damaged, or is no label of this record",
            mend="scan again, or read both identifiers aloud",
            code="record.label.scan",
        )
    return Scan(parts[1], parts[2], parts[3])


@dataclass(frozen=True, slots=True)
class Balance:
    """The fate of every printed label of a container; ``open`` must come to zero."""

    printed: int
    applied: int
    spoiled: int
    destroyed: int

    @property
    def open(self) -> int:
        """Labels that nobody has accounted for."""
        return self.printed - self.applied - self.spoiled - self.destroyed


def balance(state: State, container: str | None = None) -> Balance:
    """The label balance of one container, or of all."""
    names = state.products[container].labels if container is not None else list(state.labels)
    fates = [state.labels[name].fate for name in names]
    return Balance(len(fates), fates.count("applied"), fates.count("spoiled"), fates.count("destroyed"))


def svg(label: Label) -> str:
    """One label's code as an SVG drawing (QR code, error correction Q: a quarter may be damaged)."""
    buffer = io.BytesIO()
    segno.make(payload(label.coi, label.container, label.id), error="q", micro=False).save(
        buffer, kind="svg", scale=3, xmldecl=False
    )
    return buffer.getvalue().decode()


def sheet(labels: Sequence[Label], path: Path, *, notes: Sequence[str] = ()) -> None:
    """A sheet of labels as PDF, 2 × 7 on A4, each with both identifiers in words and the code.

    Parameters
    ----------
    labels
        What to print; each must have been printed in the record first, so that its fate is asked for.
    path
        The file.
    notes
        Lines for every label (banner, "for autologous use only").
    """
    canvas = Canvas(str(path), pagesize=A4, invariant=1)
    width, height = 90 * mm, 38 * mm
    for index, label in enumerate(labels):
        place = index % 14
        if index and place == 0:
            canvas.showPage()
        x = 12 * mm + (place % 2) * (width + 6 * mm)
        y = A4[1] - 14 * mm - (place // 2 + 1) * height
        canvas.rect(x, y, width, height - 3 * mm)
        _code(canvas, payload(label.coi, label.container, label.id), x + 3 * mm, y + 4 * mm, 27 * mm)
        canvas.setFont("Helvetica-Bold", 11)
        canvas.drawString(x + 34 * mm, y + 27 * mm, label.container)
        canvas.setFont("Helvetica", 9)
        canvas.drawString(x + 34 * mm, y + 21 * mm, label.coi)
        canvas.drawString(x + 34 * mm, y + 16 * mm, f"label {label.id}")
        canvas.setFont("Helvetica", 7)
        for line, note in enumerate(notes[:3]):
            canvas.drawString(x + 34 * mm, y + (10 - 3 * line) * mm, note[:48])
    canvas.save()


def _code(canvas: Canvas, text: str, x: float, y: float, size: float) -> None:
    matrix = [list(row) for row in segno.make(text, error="q", micro=False).matrix]
    cell = size / len(matrix)
    for row, cells in enumerate(matrix):
        for column, dark in enumerate(cells):
            if dark:
                canvas.rect(x + column * cell, y + size - (row + 1) * cell, cell, cell, stroke=0, fill=1)
