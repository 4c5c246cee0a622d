"""Lints of public pages, one small module each; a page that breaks one with severity error does not build.

Every module of this package holds one lint (:mod:`proband.programme.linting`): a function of a
:class:`~proband.pages.ledger.Ledger`, with the decorator :func:`declare`. They are found by themselves.
"""

from __future__ import annotations

from proband.pages.ledger import Ledger
from proband.programme.linting import LintSet
from proband.programme.problems import Problem

LINTS: LintSet[[Ledger]] = LintSet(__name__, "page", "Of public pages")
declare = LINTS.declare


def lint(ledger: Ledger) -> list[Problem]:
    """Every problem that the lints find in a ledger, in the order of file, line and lint."""
    return LINTS.run(ledger)
