"""Public pages from a programme's claims, facts, evidence tables and record; a page with an unsupported number does not build."""

from __future__ import annotations

from proband.pages.ledger import Ledger
from proband.pages.lint import lint

__all__ = ["Ledger", "lint"]
