"""What a table of observations refuses."""

from __future__ import annotations

from proband.terms.errors.entry import Entry

ENTRIES = (
    Entry("facts.column-missing", "the table has no column {missing}", "the columns are {columns}"),
    Entry("facts.column-type", "a column has the wrong type: {error}", "cast it to the agreed type"),
)
