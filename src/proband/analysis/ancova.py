"""Analysis of covariance: the adjusted difference of two arms at one visit, by least squares.

References
----------
Fisher RA. Statistical Methods for Research Workers, 4th ed. 1932. MacKinnon JG, White H. J Econometrics 1985;29:305-325 (HC3).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from proband.analysis.given import column, same
from proband.analysis.given import covariates as table
from proband.analysis.result import AnalysisError, AnalysisResult, wald

Array = NDArray[np.float64]


def ancova(
    y: ArrayLike, arm: ArrayLike, covariates: ArrayLike | None = None, *, names: Sequence[str] = (), robust: bool = False,
    unit: str = "", confidence: float = 0.95,
) -> AnalysisResult:  # fmt: skip
    """Difference of means, arm 1 minus arm 0, adjusted for covariates.

    Parameters
    ----------
    y, arm, covariates
        (people,), (people,), (people, covariates). People with a missing value are left out, and counted; ``arm`` may be a dose.
    robust
        HC3 standard error instead of the classical one.
    """

    y, arm = column("outcome", y, gaps=True), column("arm", arm)
    z = np.zeros((len(y), 0)) if covariates is None else table(covariates, gaps=True)
    same(outcome=y, arm=arm, covariates=z)
    seen = np.isfinite(y) & np.isfinite(z).all(axis=1)
    # around the means, so that a large level of a score costs no digits; the intercept takes the shift up
    level, z = float(y[seen].mean()) if seen.any() else 0.0, z[seen]
    y, z = y[seen] - level, z - z.mean(axis=0) if len(z) else z
    x = np.column_stack([np.ones(seen.sum()), arm[seen], z])
    n, p = x.shape
    if n <= p or np.linalg.matrix_rank(x) < p:
        raise AnalysisError("analysis.singular", coefficients=["arm", *names])
    q, r = np.linalg.qr(x)
    beta = np.linalg.solve(r, q.T @ y)
    residual = y - x @ beta
    inverse = np.linalg.inv(r)
    rest = float(residual @ residual)
    # what is left beside a perfect line is rounding, and says nothing of uncertainty
    sigma2 = rest / (n - p) if rest > 1e-24 * float(y @ y) else 0.0
    if robust:
        leverage = (q**2).sum(axis=1)
        if sigma2 == 0.0 or leverage.max() > 1 - 1e-9:
            # whoever is alone in a group has no residual
            raise AnalysisError("analysis.no-spread", quantity="adjusted difference of means")
        spread = (x @ inverse @ inverse.T) * (residual / (1 - leverage))[:, None]
        variance = float((spread[:, 1] ** 2).sum())
    else:
        variance = sigma2 * float(inverse[1] @ inverse[1])
    estimate, error = float(beta[1]), variance**0.5
    grand = x.mean(axis=0)
    means = [level + float(beta @ np.where(np.arange(p) == 1, given, grand)) for given in (0.0, 1.0)]
    return wald(
        method="ANCOVA, least squares" + (", HC3" if robust else ""),
        quantity="adjusted difference of means",
        estimate=estimate,
        error=error,
        confidence=confidence,
        degrees_of_freedom=float(n - p),
        unit=unit,
        diagnostics={
            "people": n,
            "left_out": int((~seen).sum()),
            "residual_sd": sigma2**0.5,
            "adjusted_mean_control": means[0],
            "adjusted_mean_treated": means[1],
        },
    )
