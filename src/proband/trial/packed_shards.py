"""A finished shard as bytes, to be kept or sent: arrays in NumPy's own form, nothing that runs."""

from __future__ import annotations

import io
from zipfile import BadZipFile

import numpy as np

from proband.trial.conduct import ShardResult


def packed(result: ShardResult) -> bytes:
    """A shard as bytes: arrays in NumPy's own form, nothing that runs."""
    out = io.BytesIO()
    np.savez_compressed(
        out, allow_pickle=False, answers=result.answers, conduct=result.conduct, events=result.events,
        **{f"applied:{name}": value for name, value in result.applied.items()},
    )  # fmt: skip
    return out.getvalue()


def unpacked(raw: bytes, count: int) -> ShardResult | None:
    """The shard of some bytes; None where they are no shard, or of another number of studies."""
    try:
        with np.load(io.BytesIO(raw), allow_pickle=False) as file:
            applied = {
                name.removeprefix("applied:"): file[name]
                for name in file.files
                if name.startswith("applied:")
            }
            result = ShardResult(file["answers"], file["conduct"], file["events"], applied)
    except (ValueError, KeyError, OSError, EOFError, BadZipFile):
        return None
    return result if len(result.answers) == count else None
