"""What the registry itself refuses; everything else that it refuses is the record's."""

from __future__ import annotations

from proband.terms.errors.entry import Entry

ENTRIES = (
    Entry("registry.absent", "there is no {what}", "look at the list that you came from"),
    Entry(
        "registry.machine",
        "{verb} may read or write a file on the machine of the record",
        "do it there: proband record do RECORD {verb}",
    ),
    Entry(
        "registry.masked",
        "{person} holds a role that must not know who gets what, and this could tell it",
        "ask somebody whose role knows the treatment",
    ),
    Entry("registry.site", "{subject} is at a site where you do not work", "ask somebody of that site"),
)
