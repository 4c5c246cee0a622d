"""How far two ISNCSCI examiners may lean apart, and what late examinations add."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from proband.natural_history.askable import ExaminationFigures
from proband.natural_history.tables import NaturalHistoryTableError, published
from proband.programme import Programme

#: share of the disagreement between examiners that is a lasting leaning of one examiner (assumption)
SYSTEMATIC_SHARE = 0.5


def exam_model_figures(programme: Programme) -> ExaminationFigures:
    """Figures from the bundle's ``examiner-error`` and ``late-conversion`` tables.

    With an inter-rater ICC of ρ, examiners add (1 − ρ)/ρ of the variance between people. The light-touch ICC is
    taken (the middle of the three published), half of it as a lasting leaning, on the liability of a grade change with
    the logistic's standard deviation π/√3.

    Raises
    ------
    NaturalHistoryTableError
        If the bundle does not carry the figures.
    """
    return _figures(programme)


@lru_cache(maxsize=16)
def _figures(programme: Programme) -> ExaminationFigures:
    rows = published(programme, "examiner-error").where(quantity="inter-rater ICC", measure="light-touch")
    value = rows[0].number("value") if rows else None
    if value is None:
        raise NaturalHistoryTableError(
            "natural_history.table.row",
            quantity="inter-rater ICC for light touch",
            table="examiner-error.csv",
        )
    sd = float(np.pi / np.sqrt(3.0) * np.sqrt(SYSTEMATIC_SHARE * (1.0 - value) / value))
    late = [
        r
        for r in published(programme, "late-conversion").where(outcome="improved", baseline_grade="A")
        if r.number("from_months") == 12.0
    ]
    percent = (late[0].number("percent") or 0.0) if late else 0.0
    rate = -np.log1p(-percent / 100.0) / 4.0
    return ExaminationFigures(
        leaning_sd=sd,
        how=f"inter-rater ICC {value:g} of light touch, {SYSTEMATIC_SHARE:.0%} of it lasting (assumption)",
        source=rows[0].source,
        late_change_in_three_months=float(-np.expm1(-rate * 0.25)),
    )
