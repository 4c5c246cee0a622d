"""Ids of persons that are spelt alike: ``0042`` and ``42``, ``A-42`` with another dash, ``P7`` and ``p7``, ``9`` and ``9.0``.

A spreadsheet takes zeros away, a database adds a decimal point, a system types in capitals; then the facts of one person stand under two ids, and what
is under the other is not seen. Nobody can tell from the spelling whether the two are one person, so nothing is merged: it is said, and the reading is not complete.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from proband.terms.extras import missing

try:
    import polars as pl
except ModuleNotFoundError as error:
    raise missing(error) from error

#: what is taken away of a spelling, in turn: dashes of every kind, white space, marks of quotation and of a remark around it, the mark of a second data entry, a decimal point with nothing after it, leading zeros
_TAKEN = (
    (r"[\u2010-\u2015\u2212\uFE58\uFE63\uFF0D_]", "-"),
    (r"[\s\u200B-\u200D\u2060\uFEFF]", ""),
    (r"^['\"#`´‘’“”*]+|['\"`´’”*]+$", ""),
    (r"--[1-3]$", ""),
    (r"^([0-9]+)\.0+$", "${1}"),
    (r"(^|[^0-9.])0+([0-9])", "${1}${2}"),
)


def spelt_alike(ids: Iterable[str]) -> list[tuple[str, ...]]:
    """Groups of different ids that are one when case, width, dashes, white space and leading zeros are left out; in order."""
    frame = pl.DataFrame({"id": list(ids)}, schema={"id": pl.String}).unique()
    key = pl.col("id").str.normalize("NFKC").str.to_lowercase()
    for pattern, instead in _TAKEN:
        key = key.str.replace_all(pattern, instead)
    groups = (
        frame.with_columns(key=key)
        .filter((pl.col("key") != "") & (pl.len().over("key") > 1))
        .sort("id")
        .group_by("key", maintain_order=True)
        .agg("id")
    )
    return sorted(tuple(group) for group in groups["id"])


def spelt_alike_in(paths: list[Path]) -> list[tuple[str, ...]]:
    """The same of the persons of some long tables (Parquet), which are not taken into memory."""
    persons = pl.scan_parquet(paths).select(pl.col("subject").unique()).collect(engine="streaming")
    return spelt_alike(persons["subject"])
