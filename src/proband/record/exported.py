"""What a table that was exported from a record can prove of itself: that it is the one that was written, and that its arms are those that were allocated.

An export's manifest holds the hash of the trial's table and is signed by the key of the record's door. A table that was rewritten afterwards (arms "as
treated", deaths left out, days moved, survivors only) differs from it; a manifest that was rewritten with it is signed by another key, or by none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from proband.analysis.allocated import hold_to_allocation
from proband.analysis.trial_columns import TrialRow
from proband.record.errors import RecordError
from proband.record.heads import SigningKey, signed_by
from proband.record.keys import fingerprint
from proband.record.paged import browse_values
from proband.record.places import arms_are_told
from proband.record.state import State
from proband.terms.canonical import canonical
from proband.trial.study.table import table_hash


def signed_manifest(manifest: Mapping[str, Any], rows: Iterable[TrialRow], key: SigningKey | None) -> dict[str, Any]:  # fmt: skip
    """The manifest with the hash of the trial's table, and signed where the record has the key of its door at hand."""
    told = {**manifest, "trial": table_hash(rows)}
    if key is None:
        return told
    told |= {"key": key.public.hex()}
    return {**told, "sealed": key.sign(canonical(told))}


def hold_to_manifest(rows: Iterable[TrialRow], manifest: Mapping[str, Any], key: bytes | None = None) -> str:
    """Hold a trial's table against the manifest of its export; gives what that proves, in words.

    Parameters
    ----------
    key
        The public key by which the manifest must be signed, where the record is at hand; else the key that the manifest names, which is told.

    Raises
    ------
    RecordError
        ``record.export.signature`` where the manifest was changed, or is not signed by that key; ``record.export.changed`` where the table was
        changed. A manifest of before, which has no hash of the table, proves nothing and is held to nothing.
    """
    if "trial" not in manifest and "sealed" not in manifest:
        return ""
    named, by = (
        manifest.get("key"),
        ". Nobody signed its manifest: whoever changed the one could change the other",
    )
    if key is not None or named is not None or "sealed" in manifest:
        told = canonical({name: value for name, value in manifest.items() if name != "sealed"})
        try:
            public = key or bytes.fromhex(str(named))
        except ValueError:
            public = b""
        if not signed_by(public, told, str(manifest.get("sealed"))):
            raise RecordError("record.export.signature", study=manifest.get("study"))
        by = f", signed by the key {fingerprint(public)}"
    if table_hash(rows) != manifest.get("trial"):
        raise RecordError("record.export.changed", study=manifest.get("study"), events=manifest.get("events"))
    return f"The table is the one that was exported from {manifest.get('study')} at event {manifest.get('events')}{by}."


def hold_to_record(rows: Iterable[TrialRow], state: State) -> str:
    """Hold the arms of a table against those that a record allocated; gives what that proves, in words: nothing where the record does not tell arms.

    Who was allocated after the table was made is not asked for.

    Raises
    ------
    AnalysisError
        As :func:`~proband.analysis.allocated.hold_to_allocation`.
    """
    kept = list(rows)
    if not arms_are_told(state):
        return ""
    last = max((row["number"] for row in kept if row["kind"] == "person" and row["number"] is not None), default=0)  # fmt: skip
    arms = {
        person.id: person.arm or person.historical.get("arm")
        for person in browse_values(state.participants)
        if person.allocation_index is None or person.allocation_index <= last
    }
    held = hold_to_allocation(kept, arms)
    return f"The arms of {held} people are those that the record of {state.study} allocated." if held else ""
