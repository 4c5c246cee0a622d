"""What screening refuses: a rule that cannot be judged, an engine that is not there."""

from __future__ import annotations

from proband.terms.errors.entry import Entry

ENTRIES = (
    Entry(
        "screening.derived",
        "{problems:;}",
        "correct 'derived' in eligibility.yaml; `proband instruments` lists what there is",
    ),
    Entry(
        "screening.visit",
        "the programme has no visit {visit!r} at which criteria are judged",
        "use one of: {visits}",
    ),
)
