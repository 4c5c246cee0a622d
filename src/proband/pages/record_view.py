"""What a page takes from a record: counts by stage, lanes and curves, and nothing that names anyone.

Small cells are withheld here, before anything is drawn: a lane shows only where every participant agreed to publication, or
where the people are synthetic, and then the page says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from proband.analysis.kaplan_meier import KaplanMeier
from proband.pages.catalogue import Catalogue
from proband.pages.charts import Chart, Curve, Lane, survival, swimmer
from proband.pages.wording import SMALL_CELL
from proband.record import Flow, State, flow
from proband.record.courses import Course, Happening, alive, courses

#: what happened, as a lane says it
_HAPPENED: dict[Happening, str] = {"dose": "cells given", "harm": "serious harm", "death": "died"}


@dataclass(frozen=True, slots=True)
class RecordView:
    """A record as a page may see it.

    ``stages`` counts participants by step and ``ends`` what became of those who consented: the ends sum to the consented.
    ``completeness`` is assessed of treated. ``lanes`` are participants under their study numbers, ``curves`` step curves
    with numbers at risk, both in ``unit`` from the first dose. ``consented_lanes``: every participant drawn agreed to this
    publication. ``synthetic`` records say so wherever they are shown.
    """

    title: str
    unit: str
    stages: dict[str, int]
    ends: dict[str, int]
    completeness: tuple[int, int]
    lanes: tuple[Lane, ...] = ()
    curves: tuple[Curve, ...] = ()
    consented_lanes: bool = False
    synthetic: bool = True
    curve_title: str = "Alive, out of a hundred, over time"

    def __post_init__(self) -> None:
        """Nobody vanishes: the ends sum to those who consented."""
        if self.stages and sum(self.ends.values()) != self.stages.get("consented", 0):
            raise ValueError(
                f"{sum(self.ends.values())} ends do not sum to {self.stages.get('consented', 0)} consented"
            )

    def may_say(self, count: int) -> bool:
        """Whether a count of people may be said."""
        return self.synthetic or self.consented_lanes or not 0 < count < SMALL_CELL


@dataclass(frozen=True, slots=True)
class RecordFigure:
    """A chart from a record with its heading and its caution."""

    chart: Chart
    title: str
    caution: str
    sources: str = ""


def view_of_record(
    state: State, title: str, until: date, *, synthetic: bool, consented_lanes: bool = False
) -> RecordView:
    """A record's state as a page may see it, with times in months from the first dose, up to a day.

    Someone still in follow-up was watched until that day; someone who completed, was lost or died, until then.
    """
    found: Flow = flow(state)
    found_courses = courses(state, until)
    survived = alive(found_courses)
    lanes = tuple(map(_lane, found_courses))
    curves = () if survived is None else (curve_of("everyone given cells", survived),)
    return RecordView(
        title, "months", found.steps, found.ends, found.completeness, lanes, curves,
        consented_lanes=consented_lanes, synthetic=synthetic,
    )  # fmt: skip


def curve_of(name: str, found: KaplanMeier) -> Curve:
    """A product-limit estimate as a step curve with numbers at risk, from time 0 to the last time watched."""
    times, share, at_risk = [0.0, *found.times], [1.0, *found.share], [found.people, *found.at_risk]
    end = float(found.watched[-1])
    if times[-1] < end:
        times.append(end)
        share.append(share[-1])
        at_risk.append(found.at_risk_at(end))
    return Curve(
        name, tuple(map(float, times)), tuple(map(float, share)), tuple(map(int, at_risk)),
        tuple(map(float, found.censored)), tuple(map(float, found.watched)),
    )  # fmt: skip


def _lane(course: Course) -> Lane:
    marks = tuple((at, kind, _HAPPENED[kind]) for at, kind in course.marks)
    number = f"{course.number:02d}" if course.number is not None else "without number"
    return Lane(number, course.watched, marks, ongoing=course.ongoing)


def record_figures(view: RecordView, catalogue: Catalogue) -> list[RecordFigure]:
    """The charts of a record that may be shown."""
    caution = catalogue.text("Synthetic people: nobody real is shown.") if view.synthetic else ""
    found = []
    if view.lanes and (view.consented_lanes or view.synthetic):
        title = catalogue.text("Everyone treated, one lane each")
        found.append(
            RecordFigure(swimmer("swimmer", title, catalogue.text(view.unit), view.lanes), title, caution)
        )
    everyone = max((curve.at_risk[0] for curve in view.curves), default=0)
    if view.curves and view.may_say(everyone):
        title = catalogue.text(view.curve_title)
        found.append(
            RecordFigure(survival("survival", title, catalogue.text(view.unit), view.curves), title, caution)
        )
    return found
