"""Who qualifies: three-valued, explained eligibility, the same rule for one person and for a million."""

from __future__ import annotations
