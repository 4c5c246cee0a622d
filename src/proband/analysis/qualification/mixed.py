"""Cases of repeated measurements and of evidence synthesis."""

from __future__ import annotations

from typing import Any

import numpy as np

from proband.analysis.mmrm.model import RepeatedMeasuresModel, fit_mmrm
from proband.analysis.qualification.comparison import Checks, case, from_r, software
from proband.analysis.qualification.published import (
    BCG,
    CATHETERS,
    ORTHODONT_BOYS,
    ORTHODONT_GIRLS,
    RABBITS,
    SCHOOLS,
)
from proband.analysis.qualification.sequence import RARE
from proband.analysis.rare_events import exact_odds_ratio, exact_random_effects
from proband.analysis.synthesis import normal_hierarchy, peto, random_effects

_NLME = "nlme 3.1-162"


def orthodont() -> dict[str, Any]:
    """The growing jaws of 27 children as a long table."""
    y = np.concatenate([ORTHODONT_BOYS, ORTHODONT_GIRLS])
    n, visits = y.shape
    return {
        "distance": y.ravel(),
        "who": np.repeat(np.arange(n), visits),
        "age": np.tile(["08", "10", "12", "14"], n),
        "years": np.tile([8.0, 10.0, 12.0, 14.0], n),
        "sex": np.repeat(["Male"] * 16 + ["Xfemale"] * 11, visits),
    }


@case("MMRM, unstructured", f"{_NLME} (gls)")
def unstructured(check: Checks) -> None:
    """REML and ML."""
    model = RepeatedMeasuresModel("distance", "who", "age", ("sex", "age", "sex:age"))
    fit = fit_mmrm(orthodont(), model, inference="satterthwaite")
    rows = [fit.coefficient(name) for name in fit.names]
    want = [22.875, -1.693181818182, 0.9375, 2.84375, 4.59375, 0.1079545454545, -0.9346590909091, -1.684659090909]  # fmt: skip
    check.equal("coefficients", [r.estimate for r in rows], want, within=1e-8)
    want = [0.5817783557493, 0.9114715120915, 0.5103055341366, 0.5031616719465, 0.5579389999306, 0.7994951208335, 0.7883028397728, 0.8741224194677]  # fmt: skip
    check.equal("errors", [float(r.standard_error or np.nan) for r in rows], want, within=1e-6)
    check.equal("−2 REML log-likelihood", fit.minus_two_loglik, 414.034800996914, within=1e-8)
    check.equal("degrees of freedom", float(rows[1].degrees_of_freedom or np.nan), 25, within=1e-6)
    full = fit_mmrm(orthodont(), model, reml=False)
    check.equal("−2 log-likelihood (ML)", full.minus_two_loglik, 416.509301785862, within=1e-7)


@case("linear mixed model, random slope", f"{_NLME} (lme)")
def slopes(check: Checks) -> None:
    """Random intercept and slope."""
    basis = tuple((1.0, float(age)) for age in (8, 10, 12, 14))
    model = RepeatedMeasuresModel(
        "distance", "who", "age", ("years", "sex", "years:sex"), basis=basis
    )  # fmt: skip
    fit = fit_mmrm(orthodont(), model, covariance="random", inference="satterthwaite")
    rows = [fit.coefficient(name) for name in fit.names]
    check.equal("fixed effects", [r.estimate for r in rows], [16.340625, 0.784375, 1.032102272727, -0.3048295454545], within=1e-6)  # fmt: skip
    check.equal("log-likelihood", -fit.minus_two_loglik / 2, -216.290830751304, within=1e-6)
    theta = fit.fit.at.theta
    check.equal("spreads", np.sqrt(theta[[0, 2, 3]]), [2.4055009, 0.1803455, 1.3100396], within=1e-6)


@case("random-effects meta-analysis", software("meta-analysis"))
def vaccine(check: Checks) -> None:
    """BCG vaccine: REML, Hartung and Knapp, heterogeneity."""
    a, b, c, d = BCG.T
    log_ratio = np.log(a / (a + b)) - np.log(c / (c + d))
    error = np.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))
    found = random_effects(log_ratio, error)
    r = found.result
    got = [r.estimate, r.standard_error, r.low, r.high, r.p, found.tau2, found.i2, found.q]
    check.equal("Hartung and Knapp", np.array(got, dtype=float), from_r("meta-analysis"), within=1e-7)
    plain = random_effects(log_ratio, error, knapp_hartung=False).result
    got = [plain.standard_error, plain.low, plain.high]
    check.equal("normal interval", np.array(got, dtype=float), from_r("meta-analysis, normal"), within=1e-7)


@case("Peto's odds ratio", software("peto"))
def one_step(check: Checks) -> None:
    """Five studies of a rare event."""
    got = peto(*RARE)
    check.equal("log odds ratio, error", [got.estimate, got.standard_error or np.nan], from_r("peto"), within=1e-10)  # fmt: skip


@case("exact common odds ratio", software("exact common odds ratio"))
def common(check: Checks) -> None:
    """Five studies of a rare event, and the rabbits."""
    got, want = exact_odds_ratio(*RARE), from_r("exact common odds ratio")
    # R stops its searches for estimate and bounds at about 1e-5
    check.equal("estimate and interval", got.shown, want[:3], within=1e-4)
    check.equal("p, less, greater", [float(got.p or np.nan), float(got.diagnostics["p_less"] or 0), float(got.diagnostics["p_greater"] or 0)], want[3:], within=1e-10)  # fmt: skip
    got, want = exact_odds_ratio(*RABBITS.T), from_r("exact common odds ratio, rabbits")
    # the upper limit lies near 530, where R's search stops 0.3 % short of it
    check.equal("rabbits: estimate and interval", got.shown, want[:3], within=5e-3, relative=True)
    check.equal("rabbits: p", float(got.p or np.nan), want[3], within=1e-10)


@case("exact odds ratio with random effects", "R metafor 3.8-1 (rma.glmm, CM.EL)")
def catheters(check: Checks) -> None:
    """Infections of catheters: eighteen trials, five without an event among the treated, one without any."""
    got = exact_random_effects(*CATHETERS.T)
    found = [got.estimate, got.standard_error or np.nan]
    # R's errors come from a numerical Hessian
    check.equal("mean log odds ratio, error", found, [-1.353158282664, 0.351068193152], within=1e-4)
    check.equal("variance between studies", float(got.diagnostics["tau"] or 0) ** 2, 0.693459265307, within=1e-5)  # fmt: skip


@case("normal hierarchy", "reference posterior of posteriordb, by sampling")
def schools(check: Checks) -> None:
    """Eight schools, within three Monte-Carlo errors of the reference (0.1)."""
    got = normal_hierarchy(*SCHOOLS, prior_sd=5, tau_scale=5, tau_prior="half-cauchy")
    want = [4.41051833695493, 3.60205952364059]
    check.equal("common mean, spread between schools", [got.mean, got.tau], want, within=0.1)
