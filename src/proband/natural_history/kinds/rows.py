"""From the rows of a generic table to one figure of each cohort at the time that is asked.

A cohort takes part where it has a printed time within :data:`TOLERANCE` of the asked one, or one on either side. Between two printed times a
share is interpolated on the logit scale, a curve with constant hazard; that the truth may lie elsewhere between the two is added to the figure's
standard error: ``|difference| · √(w(1 − w)) / 2`` at a part ``w`` of the way. A median or a hazard gives a curve of constant hazard; that its
shape may be another (Weibull shape 1 ± :data:`SHAPE_SD`) is added for a median.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from proband.analysis.elementary import expit, logit
from proband.analysis.proportions import logit_standard_error
from proband.natural_history.tables import NaturalHistoryTable, TableRow
from proband.programme.natural_history import TIME_UNITS, TableAnswer

#: relative distance in time up to which a printed figure stands for the asked time
TOLERANCE = 0.15
#: people that a printed share without a denominator counts for
STAND_IN_WEIGHT = 40.0
#: years from the middle of enrolment to publication, where the years of enrolment are not printed (assumption)
PUBLICATION_LAG = 7.0
#: variance of the rates of one cohort's people over the squared mean, where it is not printed (assumption: as far as a person's rate is from another's)
DISPERSION = 1.0
#: spread of the Weibull shape of a curve that is known by its median alone (assumption)
SHAPE_SD = 0.25


@dataclass(frozen=True, slots=True)
class CohortFigure:
    """What one cohort says at the asked time.

    ``value`` is a share, a mean change or the logarithm of a rate a day; ``error`` its standard error (on the logit scale for a share); ``sd`` the
    spread between people where there is one. ``year`` is the middle of enrolment. ``notes`` say what was assumed.
    """

    cohort: str
    registry: str
    stratum: tuple[str, ...]
    year: float | None
    value: float
    error: float
    rows: tuple[TableRow, ...]
    sd: float | None = None
    people: float = 1.0
    notes: tuple[str, ...] = ()

    @property
    def worth(self) -> float:
        """Number of people whose count would be as certain as this share."""
        return 1.0 / (self.value * (1.0 - self.value) * self.error**2)


def key(text: str) -> str:
    """A stratum as it is compared: small letters, one space for any gap."""
    return " ".join(text.lower().replace("–", "-").split())


def figures(table: NaturalHistoryTable, answer: TableAnswer, days: float) -> list[CohortFigure]:
    """One figure of every cohort and stratum that says something about the asked time, in the order of the table."""
    groups: dict[tuple[str, tuple[str, ...]], list[TableRow]] = {}
    for row in table.usable():
        if cell(row, "use") in {"", "fit"}:
            stratum = tuple(key(row.text(s)) for s in answer.strata)
            groups.setdefault((row.text("cohort"), stratum), []).append(row)
    unit = time_unit(table, answer)
    longest = answer.times[1] * unit
    readers: dict[str, Callable[[list[TableRow], float, float], _Found | None]] = {
        "share": _share,
        "time-to-event": _curve,
        "change": _change,
        "counts": partial(_rate, longest=longest),
    }
    out = []
    for (cohort, stratum), rows in groups.items():
        found = readers[answer.kind](rows, unit, days)
        if found is not None:
            value, error, sd, used, notes = found
            out.append(
                CohortFigure(
                    cohort, cell(used[0], "registry") or cohort, stratum, year(used), value, error, tuple(used),
                    sd, sum(number(r, "n") or 0.0 for r in used) or 1.0, tuple(notes),
                )
            )  # fmt: skip
    return out


def of_stratum(table: NaturalHistoryTable, answer: TableAnswer, stratum: tuple[str, ...]) -> list[TableRow]:
    """The rows that a forecast of these people may rest on, whatever their time."""
    return [
        row
        for row in table.usable()
        if cell(row, "use") in {"", "fit"} and tuple(key(row.text(s)) for s in answer.strata) == stratum
    ]


def time_unit(table: NaturalHistoryTable, answer: TableAnswer) -> float:
    """Days in the unit of the table's times."""
    column = table.columns.get("person_time" if answer.kind == "counts" else "time")
    return TIME_UNITS[(column.unit if column else None) or "d"]


def cell(row: TableRow, column: str) -> str:
    """The cell of a column that a table may leave out."""
    return row.text(column) if column in row.cells else ""


def number(row: TableRow, column: str) -> float | None:
    """The number in a column that a table may leave out."""
    return row.number(column) if column in row.cells else None


def year(rows: Iterable[TableRow]) -> float | None:
    """The middle of enrolment, or :data:`PUBLICATION_LAG` years before publication."""
    for row in rows:
        first, last, printed = (number(row, c) for c in ("period_from", "period_to", "published"))
        if first is not None or last is not None:
            ends = [v for v in (first, last) if v is not None]
            return sum(ends) / len(ends)
        if printed is not None:
            return printed - PUBLICATION_LAG
    return None


_Found = tuple[float, float, float | None, list[TableRow], list[str]]


@dataclass(frozen=True, slots=True)
class _Point:
    days: float
    value: float
    error: float
    row: TableRow
    sd: float | None = None


def _sorted(points: Iterable[_Point]) -> list[_Point]:
    return sorted(points, key=lambda p: p.days)


def _beside(points: Sequence[_Point], days: float) -> tuple[_Point, _Point, float] | None:
    """The printed point that stands for a time (twice, 0), or those on its two sides with how far between; ``None`` outside."""
    near = min(points, key=lambda p: abs(p.days - days))
    if abs(near.days - days) <= TOLERANCE * near.days:
        return near, near, 0.0
    before, after = [p for p in points if p.days < days], [p for p in points if p.days > days]
    if not before or not after:
        return None
    a, b = before[-1], after[0]
    return a, b, (days - a.days) / (b.days - a.days)


def _share_error(row: TableRow, share: float, notes: list[str]) -> float:
    low, high, n = (number(row, c) for c in ("low", "high", "n"))
    if low is not None and high is not None and 0 < low < high < 100:
        return logit_standard_error(low / 100.0, high / 100.0)
    if n is None:
        n = STAND_IN_WEIGHT
        notes.append(f"{row.text('cohort')}: the number of people is not printed; it counts for {n:.0f}.")
    return float(1.0 / np.sqrt(n * share * (1.0 - share)))


def _kept(share: float, n: float | None) -> float:
    """A share that is not quite nothing or everything: half a person stands for none."""
    edge = 0.5 / (n or STAND_IN_WEIGHT)
    return min(max(share, edge), 1.0 - edge)


def _share(rows: list[TableRow], unit: float, days: float) -> _Found | None:
    notes: list[str] = []
    points = []
    for row in rows:
        n, events, percent = number(row, "n"), number(row, "events"), number(row, "percent")
        if events is not None and n:
            share = _kept(events / n, n)
        elif percent is not None:
            share = _kept(percent / 100.0, n)
        else:
            continue
        points.append(_Point((row.number("time") or 0.0) * unit, share, _share_error(row, share, notes), row))
    found = _beside(_sorted(points), days) if points else None
    if found is None:
        return None
    a, b, w = found
    if not w:
        return a.value, a.error, None, [a.row], notes
    return _between(a, b, w, days, float(expit((1 - w) * logit(a.value) + w * logit(b.value))), notes)


def _between(a: _Point, b: _Point, w: float, days: float, share: float, notes: list[str]) -> _Found:
    apart = abs(float(logit(a.value) - logit(b.value)))
    error = float(np.hypot(max(a.error, b.error), apart * np.sqrt(w * (1 - w)) / 2))
    notes.append(
        f"{a.row.text('cohort')}: day {days:.0f} lies between the printed days {a.days:.0f} and {b.days:.0f}; the figure is "
        f"interpolated, and that it may lie elsewhere between the two is in the spread."
    )
    return share, error, None, [a.row, b.row], notes


def _curve(rows: list[TableRow], unit: float, days: float) -> _Found | None:
    notes: list[str] = []
    points = []
    for row in rows:
        if row.text("measure") == "free":
            share = _kept((row.number("value") or 0.0) / 100.0, number(row, "n"))
            points.append(
                _Point((row.number("time") or 0.0) * unit, share, _share_error(row, share, notes), row)
            )
    found = _beside(_sorted(points), days) if points else None
    if found is not None:
        a, b, w = found
        if not w:
            share = float(a.value ** (days / a.days))
            return share, a.error, None, [a.row], notes
        hazard = (1 - w) * -np.log(a.value) + w * -np.log(b.value)
        return _between(a, b, w, days, float(np.exp(-hazard)), notes)
    for measure in ("median", "hazard"):
        of = [row for row in rows if row.text("measure") == measure]
        if of:
            return _constant(of[0], measure, unit, days)
    return None


def _constant(row: TableRow, measure: str, unit: float, days: float) -> _Found | None:
    """The share still free of the event by a printed median time, or by a hazard, taken as constant."""
    value = row.number("value")
    if not value:
        return None
    low, high, n = (number(row, c) for c in ("low", "high", "n"))
    gone = np.log(2.0) * days / (value * unit) if measure == "median" else value / unit * days
    share = float(np.clip(np.exp(-gone), 0.002, 0.998))
    if low and high and low < high:
        error = float(np.log(high / low) / (2 * 1.959963984540054))
    else:
        seen = (n or STAND_IN_WEIGHT) * (0.5 if measure == "median" else 1.0 - share)
        error = float(1.0 / np.sqrt(max(seen, 1.0)))
    shape = SHAPE_SD * abs(np.log(days / (value * unit))) if measure == "median" else 0.0
    note = f"{row.text('cohort')}: a {measure} is printed; a constant hazard is taken" + (
        ", and that the curve may have another shape is in the spread." if shape else "."
    )
    return share, float(gone / (1.0 - share) * np.hypot(error, shape)), None, [row], [note]


def _change(rows: list[TableRow], unit: float, days: float) -> _Found | None:
    notes: list[str] = []
    points = []
    for row in rows:
        mean, sd, n = number(row, "mean"), person_sd(row), number(row, "n")
        if mean is None or sd is None or not n:
            continue
        points.append(_Point((row.number("time") or 0.0) * unit, mean, float(sd / np.sqrt(n)), row, sd))
    found = _beside(_sorted(points), days) if points else None
    if found is None:
        return None
    a, b, w = found
    if not w:
        return a.value, a.error, a.sd, [a.row], notes
    error = float(np.hypot(max(a.error, b.error), abs(a.value - b.value) * np.sqrt(w * (1 - w)) / 2))
    notes.append(
        f"{a.row.text('cohort')}: day {days:.0f} lies between the printed days {a.days:.0f} and {b.days:.0f}; the mean change is "
        "interpolated, and that it may lie elsewhere between the two is in the spread."
    )
    spread = max(a.sd or 0.0, b.sd or 0.0)
    return (1 - w) * a.value + w * b.value, error, spread, [a.row, b.row], notes


def person_sd(row: TableRow) -> float | None:
    """Standard deviation of one person's change: printed, or √(s₀² + s₁² − 2ρs₀s₁) from the two scores and their correlation."""
    printed = number(row, "sd")
    if printed is not None:
        return printed
    first, last, rho = (number(row, c) for c in ("sd_start", "sd_end", "correlation"))
    if first is None or last is None or rho is None:
        return None
    return float(np.sqrt(max(first**2 + last**2 - 2 * rho * first * last, 0.0)))


def _rate(rows: list[TableRow], unit: float, days: float, *, longest: float) -> _Found | None:
    events = sum(row.number("events") or 0.0 for row in rows)
    time = sum(row.number("person_time") or 0.0 for row in rows) * unit
    if time <= 0:
        return None
    # people differ: a rate from n of them is known no better than √(φ/n); where n is not printed, few people were watched for long
    people = sum(number(row, "n") or 0.0 for row in rows) or max(time / longest, 1.0)
    printed = [v for row in rows if (v := number(row, "dispersion")) is not None]
    differ = float(np.mean(printed)) if printed else DISPERSION
    # half an event more: the Jeffreys estimate of a rate, which stands where none was seen
    error = float(np.sqrt(1.0 / (events + 0.5) + differ / people))
    return float(np.log((events + 0.5) / time)), error, None, list(rows), []
