"""What one treated person shows: the slope before, the slope after, by how much it changed, which untreated course would turn the answer, and what
no harm in so few people does not rule out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from proband.analysis.answers import series_of_one, without_level
from proband.analysis.nof1 import series_components, series_posterior
from proband.analysis.nof1_dates import slope_tipping_point
from proband.analysis.proportions import clopper_pearson
from proband.analysis.result import AnalysisError
from proband.analysis.stated import StatedEstimand
from proband.analysis.trial_columns import RELATED_HARM, TrialRow
from proband.analysis.trial_table import arranged

#: of a normal distribution 95 % lie within so many SDs
_Z = 1.959963984540054
#: the untreated course is moved so many SDs of the prior towards the better, and no further (design choice: beyond it nobody holds it possible)
FARTHEST = 4.0


@dataclass(frozen=True, slots=True)
class Slope:
    """A change per week in the unit of the outcome: posterior mean and 95 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class OnePersonReport:
    """The report of one person on one question.

    Attributes
    ----------
    question, estimand_hash, programme_hash
        What was asked, under which words.
    values
        What was measured: day from the first dose as the schedule plans it, visit, value.
    before, after, change
        Slopes per week in the outcome's own direction; None where there are fewer than two values before or three after.
    probability, needed
        Posterior probability that the slope changed for the better, and the one at which the plan says yes.
    tips_at
        The untreated slope per week at which that probability falls to the one needed: whoever holds such a course possible need not believe the
        answer. None where there is no answer, where the answer is no, and where no course within four SDs of the prior tips it.
    people, harmed, harm_at_most
        People treated, those with a serious event whose relation to the product nobody has excluded, and the one-sided exact 95 % bound of the true
        rate (Clopper and Pearson; 1 - 0.05^(1/n) after none).
    """

    question: str
    estimand_hash: str
    programme_hash: str
    values: tuple[tuple[float, str, float], ...]
    before: Slope | None
    after: Slope | None
    change: Slope | None
    probability: float | None
    needed: float
    tips_at: float | None
    people: int
    harmed: int
    harm_at_most: float

    @property
    def says_yes(self) -> bool:
        """Whether the plan's limit is reached."""
        return self.probability is not None and self.probability > self.needed


def one_person_report(stated: StatedEstimand, rows: Iterable[TrialRow]) -> OnePersonReport:
    """The report of a question about one person, from the table of their study.

    Raises
    ------
    AnalysisError
        ``analysis.nof1.people`` where more than one person was treated or the question has no prior; what the table is refused for.
    """
    told = list(rows)
    data = arranged(stated, told)
    y, weeks, believed, enough = series_of_one(stated, data)
    prior, sign = stated.estimand.prior, float(stated.good())
    if prior is None:
        raise AnalysisError("analysis.nof1.people", people=data.shape[1])
    visits = stated.visits[stated.estimand.outcome]
    values = tuple(
        (visit.day, visit.id, float(value) * sign)
        for visit, value in zip(visits, y[0], strict=True)
        if np.isfinite(value)
    )
    harmed = len({row["participant"] for row in told if row["kind"] == "event" and row["name"] == RELATED_HARM})  # fmt: skip
    people = data.shape[1]
    at_most = clopper_pearson(harmed, people, 0.9).high
    before = after = change = probability = tips_at = None
    if enough[0]:
        series = without_level(y)[0]
        parts = series_components(series, weeks, 0.0, believed)
        found = series_posterior(series, weeks, 0.0, believed)
        before, after = (_slope(mean, sd, sign) for mean, sd in parts.slopes())
        change, probability = _slope(found.mean, found.sd, sign), found.probability
        if probability > prior.probability:
            farthest = believed.slope + FARTHEST * believed.slope_sd
            tips = slope_tipping_point(
                series, weeks, 0.0, believed, probability=prior.probability, farthest=farthest
            )
            tips_at = None if tips is None else tips * sign
    return OnePersonReport(
        stated.estimand.question, stated.hash, stated.programme_hash, values, before, after, change, probability, prior.probability, tips_at,
        people, harmed, at_most,
    )  # fmt: skip


def _slope(mean: float, sd: float, sign: float) -> Slope:
    centre = mean * sign
    return Slope(centre, centre - _Z * sd, centre + _Z * sd)
