"""The long table of observations: made from facts, cleaned at the door.

No NaN and no infinity goes further than this: SQL engines hold ``NaN >= 60`` for true. Such a value becomes NULL and
the row is flagged, so that it is shown and never scored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta, timezone
from typing import Any

import orjson

from proband.facts.events import change_of
from proband.facts.observation import Observation, Origin, Presence
from proband.terms import ProbandError, UncertainDate
from proband.terms.extras import missing

try:
    import polars as pl
except ModuleNotFoundError as error:
    raise missing(error) from error

#: The long table: one row per observation, the same columns on every engine. ``first_day``/``last_day`` bound the day of
#: the fact; ``attributes`` is canonical JSON; ``problems`` a ``;``-joined text, null when there are none. ``persists`` and
#: ``ended`` are never null; ``until_first``/``until_last`` bound the day on which it ended. ``time`` is by the clock on the
#: wall, ``reference`` and ``change`` are of a variant (:func:`~proband.facts.events.change_of`), ``utc_offset`` what that clock is ahead of UTC in minutes, null where the source does not say.
OBSERVATION_SCHEMA: dict[str, Any] = {
    "subject": pl.String,
    "system": pl.String,
    "code": pl.String,
    "value": pl.Float64,
    "unit": pl.String,
    "text": pl.String,
    "value_system": pl.String,
    "value_code": pl.String,
    "comparator": pl.String,
    "presence": pl.String,
    "first_day": pl.Date,
    "last_day": pl.Date,
    "time": pl.Datetime("us"),
    "reference_low": pl.Float64,
    "reference_high": pl.Float64,
    "display": pl.String,
    "attributes": pl.String,
    "origin_file": pl.String,
    "origin_position": pl.String,
    "problems": pl.String,
    "persists": pl.Boolean,
    "ended": pl.Boolean,
    "until_first": pl.Date,
    "until_last": pl.Date,
    "utc_offset": pl.Int32,
    "resource": pl.String,
    "version": pl.String,
    "reference": pl.String,
    "change": pl.String,
}

#: what a table without the column says, and what stands for null in it
_DEFAULTS: dict[str, Any] = {"presence": Presence.PRESENT.value, "persists": False, "ended": False}

NOT_FINITE = "its number is not finite"


class ObservationTableError(ProbandError):
    """A table of observations does not have the agreed columns."""


def to_row(observation: Observation) -> tuple[Any, ...]:
    """One observation in the order of :data:`OBSERVATION_SCHEMA`."""
    o = observation
    return (
        o.subject,
        o.system,
        o.code,
        o.value,
        o.unit,
        o.text,
        o.value_system,
        o.value_code,
        o.comparator,
        o.presence.value,
        o.when.earliest,
        o.when.latest,
        None if o.time is None else o.time.replace(tzinfo=None),
        o.reference_low,
        o.reference_high,
        o.display,
        orjson.dumps(o.attributes, option=orjson.OPT_SORT_KEYS).decode() if o.attributes else None,
        o.origin.file if o.origin else None,
        o.origin.position if o.origin else None,
        ";".join(o.problems) if o.problems else None,
        o.persists,
        o.until is not None,
        None if o.until is None else o.until.earliest,
        None if o.until is None else o.until.latest,
        _offset_minutes(o.time),
        o.resource,
        o.version,
        *(change_of(o) or (None, None)),
    )


def _offset_minutes(moment: datetime | None) -> int | None:
    offset = None if moment is None else moment.utcoffset()
    return None if offset is None else round(offset.total_seconds() / 60)


def _zoned(moment: datetime | None, offset_minutes: int | None) -> datetime | None:
    if moment is None or offset_minutes is None:
        return moment
    return moment.replace(tzinfo=timezone(timedelta(minutes=offset_minutes)))


def to_frame(observations: Iterable[Observation]) -> pl.DataFrame:
    """Observations as a table, cleaned."""
    rows = [to_row(o) for o in observations]
    return clean(pl.DataFrame(rows, schema=OBSERVATION_SCHEMA, orient="row"))


def clean(frame: pl.DataFrame) -> pl.DataFrame:
    """A table with exactly the agreed columns and no number that is not finite.

    Raises
    ------
    TableError
        If ``subject``, ``system`` or ``code`` is missing, or a column has another type and cannot be cast.
    """
    absent = [name for name in ("subject", "system", "code") if name not in frame.columns]
    if absent:
        raise ObservationTableError("facts.column-missing", missing=absent, columns=list(OBSERVATION_SCHEMA))
    columns = []
    for name, kind in OBSERVATION_SCHEMA.items():
        if name not in frame.columns:
            default = _DEFAULTS.get(name)
            columns.append(pl.lit(default, dtype=kind).alias(name))
        else:
            columns.append(pl.col(name).cast(kind))
    try:
        whole = frame.select(columns)
    except pl.exceptions.PolarsError as error:
        raise ObservationTableError("facts.column-type", error=str(error)) from error
    exact = pl.col("first_day").is_null() | (pl.col("first_day") == pl.col("last_day"))
    timed = pl.col("time").is_not_null() & exact  # the time of day fixes the day
    bad = pl.col("value").is_not_null() & ~pl.col("value").is_finite()
    flagged = pl.when(pl.col("problems").is_null() | (pl.col("problems") == "")).then(pl.lit(NOT_FINITE))
    return whole.with_columns(
        pl.when(bad).then(None).otherwise(pl.col("value")).alias("value"),
        *(
            pl.when(pl.col(name).is_finite()).then(pl.col(name)).otherwise(None).alias(name)
            for name in ("reference_low", "reference_high")
        ),
        pl.when(bad)
        .then(flagged.otherwise(pl.concat_str("problems", pl.lit(f";{NOT_FINITE}"))))
        .otherwise(pl.col("problems"))
        .alias("problems"),
        *(pl.col(name).fill_null(default) for name, default in _DEFAULTS.items()),
        *(
            pl.when(timed).then(pl.col("time").dt.date()).otherwise(pl.col(name)).alias(name)
            for name in ("first_day", "last_day")
        ),
    )


def from_row(row: dict[str, Any]) -> Observation:
    """An observation from a row of the table."""
    first: date | None = row["first_day"]
    last: date | None = row["last_day"]
    return Observation(
        subject=row["subject"],
        system=row["system"],
        code=row["code"],
        value=row["value"],
        unit=row["unit"],
        text=row["text"],
        value_system=row["value_system"],
        value_code=row["value_code"],
        comparator=row["comparator"],
        presence=Presence(row["presence"]),
        when=UncertainDate(first, last),
        time=_zoned(row["time"], row["utc_offset"]),
        persists=row["persists"],
        until=UncertainDate(row["until_first"], row["until_last"]) if row["ended"] else None,
        reference_low=row["reference_low"],
        reference_high=row["reference_high"],
        display=row["display"],
        attributes=orjson.loads(row["attributes"]) if row["attributes"] else {},
        origin=Origin(row["origin_file"], row["origin_position"] or "") if row["origin_file"] else None,
        resource=row["resource"],
        version=row["version"],
        problems=tuple(p for p in (row["problems"] or "").split(";") if p),
    )


def persons(
    frame: pl.DataFrame, subjects: Sequence[str] | None = None
) -> Iterator[tuple[str, list[Observation]]]:
    """The observations of each person (of ``subjects``, or all in order of first appearance)."""
    chosen = frame if subjects is None else frame.filter(pl.col("subject").is_in(list(subjects)))
    for (subject,), rows in chosen.group_by("subject", maintain_order=True):
        yield str(subject), [from_row(row) for row in rows.iter_rows(named=True)]
