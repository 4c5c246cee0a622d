"""Facts as the long table of :data:`proband.facts.table.OBSERVATION_SCHEMA`: in memory, as Parquet or as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

from proband.facts.observation import Observation
from proband.facts.table import to_frame
from proband.terms.extras import missing

try:
    import polars as pl
    import pyarrow.parquet as pq
except ModuleNotFoundError as error:
    raise missing(error) from error

BATCH = 50_000


def frame_of(facts: Iterable[Observation]) -> pl.DataFrame:
    """The long table of some facts, held in memory, cleaned as screening wants it."""
    return to_frame(facts)


def batches(facts: Iterable[Observation | pl.DataFrame], size: int = BATCH) -> Iterator[pl.DataFrame]:
    """The long table in pieces: of at most ``size`` facts, and what comes as a piece of it already; memory is bounded by one piece."""
    held: list[Observation] = []
    for fact in facts:
        if not isinstance(fact, Observation):
            if held:
                yield frame_of(held)
                held.clear()
            yield fact
            continue
        held.append(fact)
        if len(held) >= size:
            yield frame_of(held)
            held.clear()
    if held:
        yield frame_of(held)


def write_parquet(facts: Iterable[Observation | pl.DataFrame], path: Path, size: int = BATCH) -> int:
    """Write the long table as Parquet in batches and give the number of rows; an empty table has its columns."""
    rows = 0
    with ExitStack() as stack:
        writer: pq.ParquetWriter | None = None
        for frame in batches(facts, size):
            table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
            if writer is None:
                writer = stack.enter_context(pq.ParquetWriter(path, table.schema, compression="zstd"))
            writer.write_table(table)
            rows += frame.height
        if writer is None:
            frame_of(()).write_parquet(path)
    return rows


def write_csv(facts: Iterable[Observation | pl.DataFrame], path: Path, size: int = BATCH) -> int:
    """Write the long table as CSV (UTF-8, header, blank = missing) in batches and give the number of rows."""
    rows = 0
    with path.open("wb") as stream:
        frame_of(()).write_csv(stream)
        for frame in batches(facts, size):
            frame.write_csv(stream, include_header=False)
            rows += frame.height
    return rows
