"""A table of people: read, scored in steps, and written with what each score lacks."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from proband.cli.output import note, print_json, progress
from proband.cli.score.answers import BARE_NUMBER, ScoreUsageError

if TYPE_CHECKING:
    import polars as pl

    from proband.instruments import Instrument

#: rows per step of a table, so that the progress bar moves
_CHUNK = 250_000


def read_table(path: Path) -> pl.DataFrame:
    """A table of people from CSV or Parquet."""
    import polars as pl

    if not path.is_file():
        raise ScoreUsageError("cli.score.file", path=path)
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        if path.suffix == ".csv":
            return pl.read_csv(path, infer_schema_length=None)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise ScoreUsageError("cli.score.table", path=path, error=str(error)) from None
    raise ScoreUsageError("cli.score.input", file=path.name)


def write_table(table: pl.DataFrame, path: Path | None) -> None:
    """Write a table to a file, or as CSV to standard output."""
    if path is None:
        typer.echo(table.write_csv(), nl=False)
    elif path.suffix == ".parquet":
        table.write_parquet(path)
    elif path.suffix == ".csv":
        table.write_csv(path)
    else:
        raise ScoreUsageError("cli.score.out", file=path.name)


def _check_columns(
    instrument: Instrument, table: pl.DataFrame, mapping: Mapping[str, str], units: Any
) -> None:
    """Numeric columns of items with several units in use must have their unit said."""
    import polars as pl

    if isinstance(units, str):
        return
    for item in instrument.items:
        column = mapping.get(item.name, item.name)
        if column not in table.columns or not item.unit_must_be_said or item.name in (units or {}):
            continue
        cells = table[column]
        # one "<5" makes a whole column text: its other cells are still numbers without a unit
        if cells.dtype.is_numeric() or (
            cells.dtype == pl.String and cells.str.contains(f"^{BARE_NUMBER}$").any()
        ):
            raise ScoreUsageError(
                "cli.score.column-unit",
                column=column,
                item=item.name,
                label=item.label,
                units=item.entry_units,
            )


def score_table(
    instrument: Instrument,
    source: Path,
    target: Path | None,
    mapping: Mapping[str, str],
    *,
    variant: str | None,
    units: Any,
    conversion: str,
    assume: Mapping[str, str],
    details: bool,
    as_json: bool,
) -> None:
    """Score a table of people in steps, and say what the scores lack."""
    import polars as pl

    from proband.instruments import score_table

    if target is not None and target.suffix not in {".csv", ".parquet"}:
        raise ScoreUsageError("cli.score.out", file=target.name)
    table = read_table(source)
    _check_columns(instrument, table, mapping, units)
    start = time.perf_counter()
    parts = []
    with progress(f"{instrument.id}, {len(table)} rows", len(table), quiet=len(table) <= _CHUNK) as advance:
        for offset in range(0, max(len(table), 1), _CHUNK):
            part = table.slice(offset, _CHUNK)
            parts.append(
                score_table(
                    instrument.id,
                    part,
                    mapping,
                    variant=variant,
                    units=units,
                    conversion=conversion,
                    assume=assume,
                    details=details,
                )
            )
            advance(len(part))
    scored = pl.concat(parts)
    seconds = time.perf_counter() - start
    reasons = scored[f"{instrument.id}_reason"].drop_nulls().value_counts(sort=True)
    summary: dict[str, Any] = {
        "instrument": instrument.id,
        "variant": instrument.variant(variant).name,
        "level": instrument.variant(variant).level.value,
        "rows": len(scored),
        "scored": len(scored) - int(reasons["count"].sum() or 0),
        "no_score": dict(reasons.iter_rows()),
        "seconds": round(seconds, 3),
        "output": str(target) if target else None,
    }
    if as_json:
        if target is None:
            summary["table"] = scored.to_dicts()
        else:
            write_table(scored, target)
        print_json(summary)
        return
    write_table(scored, target)
    note(
        f"{summary['scored']} of {summary['rows']} rows scored in {seconds:.2f} s, variant {summary['variant']}"
    )
    for reason, count in summary["no_score"].items():
        note(f"  {count} without a score: {reason}")
