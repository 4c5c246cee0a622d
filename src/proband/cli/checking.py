"""Everything that is wrong with a bundle, also on the pages and in the questions that are made of it: for ``check`` and ``watch``."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from proband.programme.loading import CheckReport


def whole_check(name: str | Path, on: date | None = None, *, pages: bool = True) -> CheckReport:
    """The check of a bundle, then of what it names in rooms that the bundle itself does not know, then of its pages.

    Parameters
    ----------
    pages
        Whether the pages are built as well.
    """
    from proband.programme.loading import check

    report = check(name, on=on)
    if report.programme is None:
        return report
    from proband.screening.named_instruments import instrument_problems
    from proband.trial.asked_problems import question_problems

    found = [*instrument_problems(report.programme), *question_problems(report.programme)]
    if pages and not found:
        from proband.pages.bundle_check import page_problems
        from proband.trial.headline.claimed import claimed_headlines

        found += page_problems(report.programme, claimed_headlines(report.programme), on=on)
    return replace(report, problems=tuple(sorted({*report.problems, *found})))
