"""What a page takes from a record: counts by stage, lanes and curves, and nothing that names anyone.

Small cells are withheld here, before anything is drawn: a lane shows only where every participant agreed to publication.
"""

from __future__ import annotations

from dataclasses import dataclass

from proband.pages.catalogue import Catalogue
from proband.pages.charts import Chart, Curve, Lane, survival, swimmer
from proband.pages.wording import SMALL_CELL


@dataclass(frozen=True, slots=True)
class RecordView:
    """A record as a page may see it.

    ``stages`` counts participants by stage; their end states sum to those consented. ``lanes`` are participants under
    pseudonyms, ``curves`` step curves with numbers at risk, both in ``unit`` from the first dose. ``consented_lanes``:
    every participant drawn agreed to this publication. ``synthetic`` records say so wherever they are shown.
    """

    title: str
    unit: str
    stages: dict[str, int]
    lanes: tuple[Lane, ...] = ()
    curves: tuple[Curve, ...] = ()
    consented_lanes: bool = False
    synthetic: bool = True
    event: str = "the event"


@dataclass(frozen=True, slots=True)
class RecordFigure:
    """A chart from a record with its heading, its caution and the source that it cites (the record itself)."""

    chart: Chart
    title: str
    caution: str
    sources: str = "own-record"


def record_figures(view: RecordView, catalogue: Catalogue) -> list[RecordFigure]:
    """The charts of a record that may be shown."""
    caution = catalogue.text("Synthetic people: nobody real is shown.") if view.synthetic else ""
    found = []
    if view.lanes and (view.consented_lanes or view.synthetic):
        title = catalogue.text("Everyone, one lane each")
        found.append(
            RecordFigure(swimmer("swimmer", title, catalogue.text(view.unit), view.lanes), title, caution)
        )
    everyone = max((curve.at_risk[0] for curve in view.curves), default=0)
    if view.curves and (everyone >= SMALL_CELL or view.synthetic or view.consented_lanes):
        title = catalogue.text("Free of %(event)s over time", event=catalogue.text(view.event))
        found.append(
            RecordFigure(survival("survival", title, catalogue.text(view.unit), view.curves), title, caution)
        )
    return found
