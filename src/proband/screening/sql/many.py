"""Screening everyone in a table: observables, derived scores, criteria, verdicts and the funnel, on one engine."""

# The names of tables are constants of this package; no value stands in the text of a query here.
# ruff: noqa: S608

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from proband.facts.table import clean
from proband.programme import Programme
from proband.programme.eligibility import Eligibility, Observable, SaysLevel, Scored
from proband.screening.away import one_datum_away
from proband.screening.derived import both_columns, derive
from proband.screening.renaming import column_stem
from proband.screening.rules import Rules, rules_for
from proband.screening.sql.conditions import Form
from proband.screening.sql.criteria import DECEASED, verdict_text
from proband.screening.sql.dialects import DialectName
from proband.screening.sql.engines import DuckDBEngine, Engine
from proband.screening.sql.funnel import Funnel, funnel_of, funnel_text
from proband.screening.sql.observables import query_for
from proband.screening.sql.plan import scores_of
from proband.screening.sql.vital import dead_statement


@dataclass(frozen=True, slots=True)
class Screened:
    """The result for many: one row per person and the funnel, under one programme.

    ``table``: ``subject``, one nullable boolean per criterion as it is written (an exclusion that is true means out),
    ``cohort <id>`` where there are cohorts, and ``verdict``. ``programme_hash`` as in :class:`~proband.screening.Verdict`.
    """

    table: pl.DataFrame
    funnel: Funnel
    as_of: date
    dialect: DialectName
    programme_hash: str

    @property
    def counts(self) -> dict[str, int]:
        """Persons by verdict."""
        return {str(k): int(v) for k, v in self.table["verdict"].value_counts().iter_rows()}

    def rows(self) -> pl.DataFrame:
        """The table as it may leave the process: each row also says under which programme and on which day it was judged."""
        return self.table.with_columns(
            pl.lit(self.programme_hash).alias("programme_hash"), pl.lit(self.as_of).alias("as_of")
        )


def screen(
    programme: Programme | Eligibility,
    observations: pl.DataFrame,
    as_of: date,
    *,
    on: Engine | None = None,
    through: str | None = None,
) -> Screened:
    """Screen everyone in a long table of observations.

    Parameters
    ----------
    programme
        The programme whose criteria are judged (or bare criteria, see :class:`~proband.screening.rules.Rules`).
    observations
        Columns of :data:`~proband.facts.table.OBSERVATION_SCHEMA`; cleaned here.
    as_of
        The day of screening; later facts do not count.
    on
        The engine; a fresh DuckDB otherwise.
    through
        The last visit that is judged (see :class:`~proband.screening.rules.Rules`).
    """
    database = on or DuckDBEngine()
    try:
        database.load("observations", clean(observations))
        return screen_loaded(programme, database, as_of, through=through)
    finally:
        if on is None:
            database.close()


def screen_loaded(
    programme: Programme | Eligibility,
    database: Engine,
    as_of: date,
    *,
    form: Form = "bounded",
    through: str | None = None,
) -> Screened:
    """Screen everyone in an engine that already holds the table ``observations`` (cleaned)."""
    rules = rules_for(programme, through)
    make_observables(rules, database, as_of)
    database.create("the_dead", dead_statement(rules, database.dialect).on(as_of))
    return judge(rules, database, as_of, form=form, heed_death=True)


def make_observables(rules: Rules, database: Engine, as_of: date) -> None:
    """Make the table ``observables`` from ``observations``: one row per person, derived scores included."""
    query = query_for(rules, database.dialect)
    database.prepare(query, as_of)
    if not scores_of(rules):
        database.create_wide("observables", query, as_of)
        return
    database.create_wide("observed", query, as_of)
    frame = database.fetch("SELECT * FROM observed")
    kinds = dict(query.plan.wide_columns)
    database.load("observables", with_derived(rules, _typed(frame, kinds)))


def judge(
    rules: Rules, database: Engine, as_of: date, *, form: Form = "bounded", heed_death: bool = False
) -> Screened:
    """Make the table ``verdicts`` from ``observables`` and count the funnel in one pass over it.

    ``heed_death``: whether there is a table ``the_dead`` beside it, whose people are not eligible.
    """
    dialect = database.dialect
    database.create("verdicts", verdict_text(rules, dialect, form, heed_death=heed_death))
    counted = database.fetch(funnel_text(rules, dialect))
    table = database.fetch("SELECT * FROM verdicts").drop(DECEASED)
    booleans = [c for c in table.columns if c not in {"subject", "verdict"}]
    table = table.with_columns(pl.col(c).cast(pl.Boolean) for c in booleans).sort("subject")
    return Screened(
        table, funnel_of(rules, counted.row(0, named=True)), as_of, dialect.name, rules.programme_hash
    )


def _typed(frame: pl.DataFrame, kinds: Mapping[str, str]) -> pl.DataFrame:
    types: dict[str, Any] = {
        "number": pl.Float64,
        "boolean": pl.Boolean,
        "code": pl.String,
        "count": pl.Int64,
    }
    return frame.with_columns(pl.col(n).cast(types[k]) for n, k in kinds.items())


def with_derived(rules: Rules, frame: pl.DataFrame) -> pl.DataFrame:
    """The wide table with the scores that instruments compute, beside or instead of those on record."""
    by_id = rules.eligibility.by_id
    for visit in rules.visits:
        for o in rules.order:
            if not isinstance(o, Scored) or o.id not in rules.used.get(visit, frozenset()):
                continue
            columns: dict[str, Any] = {
                n: _input(by_id[n], frame, column_stem(n, visit)) for n in o.derived.inputs.values()
            }
            results, _ = derive(o, by_id, columns)
            frame = frame.with_columns(both_columns(o, column_stem(o.id, visit), results, frame.columns))
    return frame


def _input(o: Observable, frame: pl.DataFrame, stem: str) -> list[Any]:
    if o.type == "boolean":
        return [None if v is None else ("yes" if v else "no") for v in frame[stem]]
    if o.type == "code":
        return frame[stem].to_list()
    exact = zip(frame[f"{stem}_lo"], frame[f"{stem}_hi"], strict=True)
    values = [low if low is not None and low == high else None for low, high in exact]
    if isinstance(o, SaysLevel):
        return [None if v is None else o.values[int(v)] for v in values]
    return [math.nan if v is None else v for v in values]


def nearly(
    programme: Programme | Eligibility, database: Engine, *, most: int = 100_000, through: str | None = None
) -> pl.DataFrame:
    """Who is one datum away, after :func:`screen_loaded`: see :func:`proband.screening.away.one_datum_away`.

    At most ``most`` of the persons who need data are looked at; ``through`` as in :func:`screen_loaded`.
    """
    rules = rules_for(programme, through)
    wide = database.fetch(
        "SELECT o.* FROM observables o JOIN verdicts v ON v.subject = o.subject"
        f" WHERE v.verdict = 'needs-data' ORDER BY o.subject LIMIT {int(most)}"
    )
    return one_datum_away(rules, wide)
