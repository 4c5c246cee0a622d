"""How well an examination repeats itself: published figures, each with its source and verification level.

The figures stand in ``data/measurement_error.csv``. Gaps are rows too, of level ``not-found``: that no figure
is known is something to show, not something to fill.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from proband.instruments.isncsci.classification import Classification
from proband.instruments.isncsci.repeat_exam import change_since_baseline
from proband.terms import Figure, Level, Source

SOURCES: Final[dict[str, Source]] = {
    source.id: source
    for source in (
        Source(
            id="marino-2008",
            citation="Marino et al. 2008",
            pmcid="PMC2565479",
            year=2008,
            level=Level.READ,
            seen="abstract",
        ),
        Source(
            id="mulcahey-2011",
            citation="Mulcahey et al. 2011, ISNCSCI in children",
            year=2011,
            level=Level.READ,
        ),
        Source(
            id="kramer-2012",
            citation="Kramer et al. 2012, complete cervical injury, n = 74 (EMSCI)",
            doi="10.1177/1545968312447306",
            year=2012,
            level=Level.READ,
        ),
        Source(
            id="harness-2008",
            citation="Harness et al. 2008, Spinal Cord 46:733, untreated controls, n = 8",
            year=2008,
            level=Level.READ,
        ),
        Source(
            id="scivoletto-2013",
            citation="Scivoletto et al. 2013, Eur J Phys Rehabil Med 49:373-384",
            year=2013,
            level=Level.NOT_FOUND,
        ),
    )
}


@dataclass(frozen=True, slots=True)
class MeasurementFigure:
    """One published figure about measurement error.

    Attributes
    ----------
    id, topic, population, what
        What was measured, in whom, and on which part of the examination.
    relation
        How the figure is stated: ``=``, ``<``, ``<=``, ``>=``, ``~``; empty for a gap.
    figure
        The value with its unit, source and level.
    """

    id: str
    topic: str
    population: str
    what: str
    relation: str
    figure: Figure

    @property
    def source(self) -> Source:
        """Where the figure was seen."""
        return SOURCES[self.figure.source]

    def __str__(self) -> str:
        if self.figure.value is None:
            return f"{self.topic}, {self.what}, {self.population}: not found ({self.source.citation})"
        number = f"{self.figure.value:g}" + (
            f" to {self.figure.high:g}" if self.figure.high is not None else ""
        )
        mark = f" [{self.figure.level.value}]" if self.figure.level.must_be_marked else ""
        return (
            f"{self.topic}, {self.what}, {self.population}: {self.relation} {number} {self.figure.unit} "
            f"({self.source.citation}){mark}"
        )


@cache
def measurement_error() -> dict[str, MeasurementFigure]:
    """Every figure about measurement error by its id, gaps included."""
    text = (files("proband.instruments.isncsci") / "data" / "measurement_error.csv").read_text(
        encoding="utf-8"
    )
    figures = {}
    for row in csv.DictReader(text.splitlines()):
        value = float(row["value"]) if row["value"] else None
        figure = Figure(
            value=value,
            unit=row["unit"],
            low=value if row["high"] else None,
            high=float(row["high"]) if row["high"] else None,
            interval="range" if row["high"] else None,
            source=row["source"],
            level=Level(row["level"]),
            note=row["note"] or None,
        )
        figures[row["id"]] = MeasurementFigure(
            row["id"], row["topic"], row["population"], row["what"], row["relation"], figure
        )
    return figures


@dataclass(frozen=True, slots=True)
class BeyondError:
    """Whether a change exceeds what two examinations of an unchanged person differ by.

    Attributes
    ----------
    beyond
        True, False, or None when it cannot be said.
    low, high
        Bounds of the change in points.
    limit
        The published figure that was used, or None.
    reason
        Why, in one sentence.
    """

    beyond: bool | None
    low: int
    high: int
    limit: MeasurementFigure | None
    reason: str


_COMPARED: Final = {
    "motor": (("upperMotorTotal", "lowerMotorTotal"), "repeatability-complete-motor"),
    "light touch": (("touchTotal",), "repeatability-complete-sensory"),
    "pinprick": (("prickTotal",), "repeatability-complete-sensory"),
}


def beyond_measurement_error(baseline: Classification, follow_up: Classification) -> dict[str, BeyondError]:
    """Compare the change of the motor, light touch and pinprick scores with the published repeatability.

    The figures hold for the whole score in complete injuries (AIS A at both examinations). For incomplete
    injuries none was found, and the answer is None with that reason.

    Returns
    -------
    dict
        ``motor`` (arms and legs of both sides, 0 to 100), ``light touch`` and ``pinprick`` (0 to 112 each).
    """
    changes = change_since_baseline(baseline, follow_up)
    figures = measurement_error()
    complete = baseline.completeness == follow_up.completeness == "C"
    judged = {}
    for name, (keys, figure_id) in _COMPARED.items():
        low, high = (sum(getattr(changes[key], bound) for key in keys) for bound in ("low", "high"))
        figure = figures[figure_id]
        limit = figure.figure.value
        if not complete or limit is None:
            reason = (
                "no repeatability was found for injuries that are not surely complete at both examinations"
            )
            judged[name] = BeyondError(None, low, high, None, reason)
            continue
        # The figure reads "< limit": two examinations of an unchanged person differ by less than this.
        if low >= limit or high <= -limit:
            beyond: bool | None = True
        elif -limit < low and high < limit:
            beyond = False
        else:
            beyond = None
        says = {True: "reaches", False: "stays below", None: "may or may not reach"}[beyond]
        change = f"{low:+d}" if low == high else f"{low:+d} to {high:+d}"
        reason = (
            f"a change of {change} points {says} the limit of {limit:g} points ({figure.source.citation})"
        )
        judged[name] = BeyondError(beyond, low, high, figure, reason)
    return judged
