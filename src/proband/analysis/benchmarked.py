"""What stands beside every answer of a single group that is judged against a number from elsewhere: the E-value and the drift grid.

Neither corrects anything. The E-value says how strongly something that nobody measured would have to act on who came into the group and on the
outcome to explain the whole difference away; the drift grid says how often the plan calls a treatment better that does nothing, where untreated
people have come to fare better than the benchmark holds.

References
----------
VanderWeele TJ, Ding P. Ann Intern Med 2017;167:268-274 (E-value; a mean by RR ≈ exp(0.91 d)). Chinn S. Stat Med 2000;19:3127-3131.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, nct
from scipy.stats import t as student

from proband.analysis.borrowing import drift_grid
from proband.analysis.external_controls import e_value
from proband.analysis.result import Scalar

Array = NDArray[np.float64]

#: by how much untreated people may fare better than the benchmark: points of a share, standard deviations of a mean
SHARE_DRIFT = (0.0, 0.05, 0.1, 0.2)
MEAN_DRIFT = (0.0, 0.1, 0.25, 0.5)
#: log risk ratio of one standard deviation (Chinn)
_OF_ONE_SD = 0.91


def beside_share(
    estimate: float, low: float, high: float, people: int, benchmark: float, better: int, error: float
) -> dict[str, Scalar]:
    """E-values of a share against a benchmark, and how often ``people`` of whom none is helped would be called better by the exact test.

    ``better`` is 1 where a larger share is better, −1 where a smaller one is; ``error`` is two-sided.
    """
    counts = np.arange(people + 1)
    if better < 0:
        # fewer events are as many people without
        tail = binom.cdf(counts, people, benchmark)
        cut = people - int(np.max(counts[2 * tail <= error], initial=-1))
    else:
        tail = binom.sf(counts - 1, people, benchmark)
        cut = int(np.min(counts[2 * tail <= error], initial=people + 1))
    said: dict[str, Scalar] = _e_values(estimate / benchmark, low / benchmark, high / benchmark)
    for drift in SHARE_DRIFT:
        true = benchmark + better * drift
        if not 0 <= true <= 1:
            continue
        (row,) = drift_grid(people, cut, [true if better > 0 else 1 - true])
        said[f"called better if {100 * true:.3g} of 100 untreated people fare so"] = round(row.reject, 4)
    return said


def beside_mean(
    estimate: float, low: float, high: float, people: int, benchmark: float, better: int, error: float
) -> dict[str, Scalar]:
    """The same for a mean, whose drift is in standard deviations of a person; the t test is of the shifted mean, exactly."""
    half = (high - low) / 2
    sd = half / float(student.ppf(0.975, people - 1)) * people**0.5
    ratios = np.exp(_OF_ONE_SD * (np.array([estimate, low, high]) - benchmark) / sd)
    said: dict[str, Scalar] = _e_values(*map(float, ratios))
    limit = float(student.ppf(1 - error / 2, people - 1))
    for drift in MEAN_DRIFT:
        often = float(nct.sf(limit, people - 1, drift * people**0.5)) if drift else error / 2
        said[f"called better if the untreated mean is {benchmark + better * drift * sd:.3g}"] = round(
            often, 4
        )
    return said


def _e_values(ratio: float, low: float, high: float) -> dict[str, Scalar]:
    near = low if ratio > 1 else high
    # nobody with the event: a ratio of zero has no finite E-value, its bound has
    whole = e_value(ratio, near)[0] if ratio > 0 else None
    bound = e_value(near, near)[0] if (near - 1) * (ratio - 1) > 0 else 1.0
    return {"E-value": None if whole is None else round(whole, 3), "E-value of the bound": round(bound, 3)}
