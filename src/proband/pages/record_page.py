"""What a record says, on a page of its own: never between published results, and of real people only what the record itself allows.

Made-up people are named as such at the head of the page and on each drawing; days that have not come yet are said to be simulated.
"""

from __future__ import annotations

from proband.pages.declaration import ProgrammeInputs, page_of_programme
from proband.pages.markup import Voice
from proband.pages.record_view import preview_lines, record_figures
from proband.pages.rendering import Page, document
from proband.record.courses import Course

_SYNTHETIC = "MADE UP: every person on this page is invented, and nothing on it is evidence."


@page_of_programme("record", "What the record shows", of_record=True, route="journalist")
def record_page(made: ProgrammeInputs) -> Page | None:
    """The page of a record, for a programme whose record was handed over."""
    record, catalogue = made.record, made.catalogue
    if record is None:
        return None
    title = catalogue.text("What the record shows")
    lead = catalogue.text("Everybody who was referred to this programme, and what became of them.")
    future = record.until if record.demonstration and record.until > made.ledger.on else None
    return made.page(
        "record", "record.html.j2", title, lead, banners=[_SYNTHETIC] if record.demonstration else [],
        record=record, voice=Voice(made.ledger, catalogue), future=future, figures=record_figures(record, catalogue),
    )  # fmt: skip


def preview_page(participant: str, course: Course, digest: str) -> str:
    """What a family is shown before anything of theirs is published: the very line, by what they could be known, and the hash that is signed."""
    lines = list(preview_lines(course))
    return document(
        "record_preview.html.j2", "Before anything of you is published", "Exactly this line, and no other, would be published.",
        context={"participant": participant, "line": lines[0], "known_by": lines[1:], "digest": digest},
    )  # fmt: skip
