"""What a chart of the people behind an answer shows, as data: curves, courses, bars, shares. Nothing is drawn here, and nothing computed.

Every picture has a ``kind`` by which it is drawn, and reads itself back from the JSON of a report (``of``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

Numbers = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class CurveLine:
    """One group of a curve: from each of ``times`` on the share ``share`` with its bounds, and how many were at risk just before.

    ``censored`` are the times at which somebody was last seen, ``watched`` how long each person was.
    """

    label: str
    times: Numbers
    share: Numbers
    low: Numbers
    high: Numbers
    at_risk: tuple[int, ...]
    censored: Numbers
    watched: Numbers


@dataclass(frozen=True, slots=True)
class CurvePicture:
    """Step curves of groups up to a horizon, in ``axis``; ``rises`` where they start at none (cumulative incidence), else at all."""

    kind: ClassVar[str] = "curves"
    title: str
    axis: str
    rises: bool
    horizon: float
    lines: tuple[CurveLine, ...]

    def record(self) -> dict[str, Any]:
        """Plain JSON values."""
        return _plain(self)

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> CurvePicture:
        """The picture that a record was made of."""
        return cls(**_given(record) | {"lines": tuple(CurveLine(**_rows(line)) for line in record["lines"])})


@dataclass(frozen=True, slots=True)
class CourseLine:
    """One group over its visits: mean with bounds (NaN where there are none), and how many people were measured."""

    label: str
    at: Numbers
    mean: Numbers
    low: Numbers
    high: Numbers
    people: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CoursePicture:
    """Means of a score over visits; ``null`` is a benchmark that stands in the picture, ``starts`` the time at which treatment did."""

    kind: ClassVar[str] = "courses"
    title: str
    axis: str
    measure: str
    lines: tuple[CourseLine, ...]
    null: float | None = None
    starts: float | None = None

    def record(self) -> dict[str, Any]:
        """Plain JSON values."""
        return _plain(self)

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> CoursePicture:
        """The picture that a record was made of."""
        return cls(**_given(record) | {"lines": tuple(CourseLine(**_rows(line)) for line in record["lines"])})


@dataclass(frozen=True, slots=True)
class Bar:
    """So many of so many, of one series."""

    series: str
    count: int
    of: int


@dataclass(frozen=True, slots=True)
class BarGroup:
    """Bars that are compared: a grade, or a level of a hierarchy."""

    label: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class BarPicture:
    """Counts side by side, each of its own whole; ``unit`` is what is counted."""

    kind: ClassVar[str] = "bars"
    title: str
    unit: str
    groups: tuple[BarGroup, ...]

    def record(self) -> dict[str, Any]:
        """Plain JSON values."""
        return _plain(self)

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> BarPicture:
        """The picture that a record was made of."""
        groups = tuple(BarGroup(g["label"], tuple(Bar(**bar) for bar in g["bars"])) for g in record["groups"])
        return cls(**_given(record) | {"groups": groups})


@dataclass(frozen=True, slots=True)
class PictureLine:
    """One result: its name, estimate and bounds on the axis (a bound that does not exist is infinite), and the same in words."""

    label: str
    estimate: float
    low: float
    high: float
    words: str


@dataclass(frozen=True, slots=True)
class ResultPicture:
    """Results side by side on one axis.

    Attributes
    ----------
    title, axis
        What is shown, and what the axis is; of a ratio it is the logarithm, on which no difference is 0 and twice and half are as far.
    lines
        The result, then those that belong to it on the same scale.
    null
        Where no difference lies; None where a single group is shown.
    left_out
        Names of results that have no place on this axis: another scale, or no number.
    """

    kind: ClassVar[str] = "results"
    title: str
    axis: str
    lines: tuple[PictureLine, ...]
    null: float | None
    left_out: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        """Plain JSON values; an end that does not exist is None."""
        return _plain(self)

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> ResultPicture:
        """The picture that a record was made of."""
        lines = tuple(
            PictureLine(line["label"], _number(line["estimate"]), _end(line["low"], -1), _end(line["high"], 1), line["words"])
            for line in record["lines"]
        )  # fmt: skip
        return cls(**_given(record) | {"lines": lines, "left_out": tuple(record["left_out"])})


AnyPicture = CurvePicture | CoursePicture | BarPicture | ResultPicture
KINDS = {each.kind: each for each in (CurvePicture, CoursePicture, BarPicture, ResultPicture)}


def picture_from(record: Mapping[str, Any]) -> AnyPicture:
    """The picture that a record was made of, by its kind; a number that is None there was none that is finite.

    Raises
    ------
    ValueError
        Of a kind that there is not.
    """
    if record.get("kind") not in KINDS:
        raise ValueError(f"{record.get('kind')}: no picture of that kind")
    return KINDS[record["kind"]].of(record)


def _given(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != "kind"}


def _plain(picture: AnyPicture) -> dict[str, Any]:
    found: dict[str, Any] = _finite({"kind": picture.kind, **asdict(picture)})
    return found


def _finite(value: Any) -> Any:
    """Plain values; a number that is not finite is None."""
    if isinstance(value, Mapping):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _rows(line: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(map(_number, each)) if isinstance(each, list | tuple) else each for name, each in line.items()}  # fmt: skip


def _number(value: Any) -> Any:
    return math.nan if value is None else value


def _end(value: float | None, side: int) -> float:
    return side * math.inf if value is None else value
