"""What Proband refuses, and how it says so: one kind of error, and one catalogue of what the errors say."""

from __future__ import annotations

from proband.terms.errors.catalogue import declare, entries, entry
from proband.terms.errors.entry import Entry, ErrorCode, refusal
from proband.terms.errors.error import Location, ProbandError, TermError

__all__ = [
    "Entry",
    "ErrorCode",
    "Location",
    "ProbandError",
    "TermError",
    "declare",
    "entries",
    "entry",
    "refusal",
]
