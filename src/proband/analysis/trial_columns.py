"""The one form of a trial's data: a table of people, measurements and events, the same from a record and from a simulation.

One row says one thing of one participant. ``person`` rows list everybody who consented, with the arm allocated and the place in the order of
allocation (1, 2, 3, … without a gap: who is missing is seen); ``measurement`` rows a score at a visit; ``event`` rows that something
happened (``consent``, ``allocation``, ``first-dose``, ``death``, …). Every row has a day of the calendar where it happened; the clock of a
question starts at the event that its estimand names, so the table carries days and no times.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TrialRow = Mapping[str, Any]

#: columns of the table, in order, and what each holds: text, whole number, number
COLUMNS: dict[str, str] = {
    "row": "text", "participant": "text", "number": "whole", "site": "text", "form": "text", "arm": "text", "kind": "text",
    "name": "text", "visit": "text", "on": "text", "value": "number", "text": "text",
}  # fmt: skip
#: text of the row of somebody who withdrew the use of their data: they are counted, and nothing else of them is known
WITHDRAWN = "data-withdrawn"
KINDS = ("person", "measurement", "event")
#: the event of a serious event whose relation to what was given is not excluded: what boundaries of harm count
RELATED_HARM = "serious-related"


def trial_row(
    participant: str, kind: str, on: str | None, *, name: str | None = None, number: int | None = None, site: str | None = None,
    form: str | None = None, arm: str | None = None, visit: str | None = None, value: float | None = None, text: str | None = None,
    entry: str | int = "",
) -> dict[str, Any]:  # fmt: skip
    """A row with every column; ``entry`` makes its key unique where a thing is said more than once."""
    parts = (participant, kind, name, visit, entry)
    return {
        "row": ":".join(str(part) for part in parts if part not in (None, "")), "participant": participant, "number": number,
        "site": site, "form": form, "arm": arm, "kind": kind, "name": name, "visit": visit, "on": on, "value": value, "text": text,
    }  # fmt: skip
