"""The boundary of harm of a study at a look: what its simulation stops for, asked of the people who were really treated."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import betainc

from proband.analysis.early_phase import beta_binomial_stopping
from proband.analysis.trial_columns import RELATED_HARM
from proband.analysis.trial_people import people_in
from proband.trial.plan import SimulationPlan
from proband.trial.study.table import Rows


@dataclass(frozen=True, slots=True)
class HarmLook:
    """How a study stands to its boundary of harm.

    Attributes
    ----------
    treated, harmed
        People who were given the product, and how many of them had a serious event whose relation to it is not excluded.
    limit, probability, prior
        The boundary: it is reached where the probability that more than ``limit`` of people are harmed, after a Beta ``prior``, exceeds
        ``probability``.
    stops_at
        The fewest harmed among so many treated that reach it; None where no number does yet.
    over
        That probability now.
    crossed_after
        After how many treated people, in the order of allocation, the boundary was reached first; None where it was not.
    """

    treated: int
    harmed: int
    limit: float
    probability: float
    prior: tuple[float, float]
    stops_at: int | None
    over: float
    crossed_after: int | None


def harm_look(study: SimulationPlan, rows: Rows) -> HarmLook | None:
    """The boundary of a study's plan on its table, looked at after each treated person as in :mod:`proband.trial.conduct`; None without one."""
    harm = study.trial.harm
    if harm is None:
        return None
    given = [p for p in people_in(rows).values() if p.arm in study.treated and p.first("first-dose") is not None]  # fmt: skip
    limit, probability, (a, b) = harm.limit.value, harm.probability.value, harm.prior
    stops = beta_binomial_stopping(max(len(given), 1), limit, probability, (a, b)).events
    harmed, crossed = 0, None
    for treated, person in enumerate(given, start=1):
        harmed += RELATED_HARM in person.days or RELATED_HARM in person.undated
        at = stops[treated]
        if crossed is None and at is not None and harmed >= at:
            crossed = treated
    over = float(1 - betainc(a + harmed, b + len(given) - harmed, limit))
    return HarmLook(len(given), harmed, limit, probability, (a, b), stops[len(given)], over, crossed)
