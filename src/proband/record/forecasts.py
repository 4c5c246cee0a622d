"""A sealed forecast as the record takes it in: hashed by the record itself, its file kept beside the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from proband.record.permissions import make_folder, write_private

if TYPE_CHECKING:  # a record that seals no forecast needs no numbers
    from pathlib import Path

    from proband.record.declare.command import KeepsSecrets
    from proband.trial.forecast.document import ForecastDocument


def hashes_of(document: ForecastDocument) -> dict[str, str]:
    """What the log holds of a forecast: the data of ``forecast.seal``."""
    return {
        "forecast": document.hash,
        "comparator": document.comparator.hash,
        "analysis": document.analysis.hash,
        "estimand": document.estimand,
    }


def is_kept(folder: Path, vault: KeepsSecrets | None, data: Mapping[str, Any]) -> bool:
    """Whether the signed forecast of these hashes lies in the record's folder: what nobody has handed over is sealed by nobody."""
    document = kept_document(folder, data)
    return document is not None and hashes_of(document) == dict(data)


def kept_document(folder: Path, data: Mapping[str, Any]) -> ForecastDocument | None:
    """The forecast that lies in the record's folder under a hash of the log, if it is that one and its signature holds."""
    from proband.terms import ProbandError
    from proband.trial.forecast.document import read_sealed

    try:
        document = read_sealed((folder / "forecasts" / f"{data['forecast']}.json").read_bytes()).document
    except (OSError, ProbandError):
        return None
    return document if document.hash == data["forecast"] else None


def keep(folder: Path | None, told: bytes, document: ForecastDocument) -> None:
    """Keep the sealed file in the record's folder, under its hash; a record in memory keeps none."""
    if folder is None:
        return
    kept = folder / "forecasts" / f"{document.hash}.json"
    make_folder(kept.parent)
    if not kept.exists():
        write_private(kept, told)
