"""A sealed forecast as the record takes it in: hashed by the record itself, its file kept beside the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proband.record.permissions import make_folder, write_private

if TYPE_CHECKING:  # a record that seals no forecast needs no numbers
    from pathlib import Path

    from proband.trial.forecast.document import ForecastDocument


def hashes_of(document: ForecastDocument) -> dict[str, str]:
    """What the log holds of a forecast: the data of ``forecast.seal``."""
    return {
        "forecast": document.hash,
        "comparator": document.comparator.hash,
        "analysis": document.analysis.hash,
        "estimand": document.estimand,
    }


def keep(folder: Path | None, told: bytes, document: ForecastDocument) -> None:
    """Keep the sealed file in the record's folder, under its hash; a record in memory keeps none."""
    if folder is None:
        return
    kept = folder / "forecasts" / f"{document.hash}.json"
    make_folder(kept.parent)
    if not kept.exists():
        write_private(kept, told)
