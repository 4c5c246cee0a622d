"""What a page takes from a record: everybody by what became of them, courses and curves, and nothing that names anyone.

What may be shown is decided by the record itself (:mod:`proband.record.publishing`): nothing here, and nobody who builds a page, can show more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from proband.analysis.kaplan_meier import KaplanMeier
from proband.pages.catalogue import Catalogue
from proband.pages.charts import Chart, Curve, Lane, survival, swimmer
from proband.record.courses import Course, Happening, alive
from proband.record.publishing import COARSE, PublicRecord, course_in_words
from proband.terms import ProbandError

#: what happened, as a lane says it
_HAPPENED: dict[Happening, str] = {"dose": "given", "harm": "serious harm", "death": "died"}
_UNIT = "months"


class RecordOfAnother(ProbandError):
    """A record stands on no page of a programme that it did not run under, and on none that two records would share."""


@dataclass(frozen=True, slots=True)
class RecordFigure:
    """A chart from a record with its heading and its caution."""

    chart: Chart
    title: str
    caution: str
    sources: str = ""


def by_programme(records: Iterable[PublicRecord], hashes: Mapping[str, str]) -> dict[str, PublicRecord]:
    """Records by the programme whose page they stand on.

    Parameters
    ----------
    records
        What may be shown of each (:func:`~proband.record.publishing.published`).
    hashes
        The hash of each programme that is built, by its id.

    Raises
    ------
    RecordOfAnother
        ``pages.record.other`` for a record that never ran under the very programme that is built, ``pages.record.twice`` for a second record of one.
    """
    found: dict[str, PublicRecord] = {}
    for record in records:
        mine = hashes.get(record.programme)
        if mine is None or mine not in record.versions:
            raise RecordOfAnother(
                "pages.record.other", programme=record.programme, built=sorted(hashes), hash=(mine or "")[:12],
                versions=[version[:12] for version in record.versions],
            )  # fmt: skip
        if record.programme in found:
            raise RecordOfAnother("pages.record.twice", programme=record.programme)
        found[record.programme] = record
    return found


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


def _lane(course: Course, place: int) -> Lane:
    marks = tuple((at, kind, _HAPPENED[kind]) for at, kind in course.marks)
    told = "" if course.number is not None else course_in_words(course)
    # a study number would lead from the page to the file of a person; a place in the drawing leads nowhere
    number = f"{course.number:02d}" if course.number is not None else str(place)
    return Lane(number, course.watched, marks, ongoing=course.ongoing, told=told)


def record_figures(public: PublicRecord, catalogue: Catalogue) -> list[RecordFigure]:
    """The charts of a record that may be shown: a lane for each course, and a curve only where everybody treated is on it."""
    if not public.courses:
        return []
    caution = catalogue.text("Made-up people: nobody real is shown.")
    if not public.demonstration:
        caution = catalogue.text("Times are told in steps of %(n)s months.", n=COARSE)
    ordered = sorted(public.courses, key=lambda course: (-course.watched, course.marks))
    lanes = tuple(_lane(course, place) for place, course in enumerate(ordered, start=1))
    title = catalogue.text("Everyone treated, one lane each")
    if not public.whole:
        title = catalogue.text("Those who agreed to be shown, one lane each")
    unit = catalogue.text(_UNIT)
    found = [RecordFigure(swimmer("swimmer", title, unit, lanes), title, caution)]
    survived = alive(public.courses) if public.whole else None
    if survived is not None:
        title = catalogue.text("Alive, out of a hundred, over time")
        curve = curve_of(catalogue.text("everyone treated"), survived)
        found.append(RecordFigure(survival("survival", title, unit, (curve,)), title, caution))
    return found


def preview_lines(course: Course) -> Iterator[str]:
    """What somebody is shown before they agree: the line as the page prints it, and by what they could be known."""
    yield course_in_words(course)
    for at, kind in course.marks:
        if kind != "dose":
            yield f"Whoever knows that this person {'died' if kind == 'death' else 'was seriously harmed'} in months {at:g} to {at + COARSE:g} may know that the line is theirs."
    yield "Whoever knows when this person was treated, and for how long they were watched, may find the line by that."
