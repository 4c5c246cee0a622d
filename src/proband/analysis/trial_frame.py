"""A trial's table as a data frame of one fixed form, whoever made the rows: what is written as Parquet, and read back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from proband.analysis.result import AnalysisError
from proband.analysis.trial_columns import COLUMNS, TrialRow
from proband.terms.extras import missing

try:
    import polars as pl
except ModuleNotFoundError as error:
    raise missing(error) from error

_TYPES = {"text": pl.String, "whole": pl.Int64, "number": pl.Float64}
SCHEMA = {column: _TYPES[kind] for column, kind in COLUMNS.items()}


def trial_frame(rows: Iterable[TrialRow]) -> pl.DataFrame:
    """The rows in the order of their keys, with the columns and types of the form, also where a column is empty."""
    return pl.DataFrame(list(rows), schema=SCHEMA).sort("row", maintain_order=True)


def trial_rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame.

    Raises
    ------
    AnalysisError
        ``analysis.columns`` where columns are not those of the form.
    """
    for column in COLUMNS:
        if column not in frame.columns:
            raise AnalysisError("analysis.columns", missing=column, columns=frame.columns)
    return frame.to_dicts()


def read_trial(parquet: str) -> list[dict[str, Any]]:
    """The rows of a Parquet file of this form.

    Raises
    ------
    AnalysisError
        As :func:`trial_rows`; ``analysis.table.file`` for a file that is no Parquet file.
    """
    try:
        frame = pl.read_parquet(parquet)
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).strip().splitlines() or ["it cannot be read"]
        raise AnalysisError("analysis.table.file", path=parquet, reason=reason[0]) from error
    return trial_rows(frame)
