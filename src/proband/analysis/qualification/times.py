"""Cases of times to events: curves, tests, regressions, competing events."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from proband.analysis.kaplan_meier import kaplan_meier
from proband.analysis.qualification.comparison import Checks, case, from_r, software
from proband.analysis.qualification.published import (
    AML_MAINTAINED,
    AML_RELAPSE,
    AML_WEEKS,
    OVARIAN_DAYS,
    OVARIAN_DEATH,
    OVARIAN_TREATMENT,
)
from proband.analysis.qualification.sequence import CAUSE, GROUP, THREE, TIME, UNTIED, X
from proband.analysis.survival.competing import cumulative_incidence, fine_gray, gray_test
from proband.analysis.survival.cox import cox
from proband.analysis.survival.logrank import logrank
from proband.analysis.survival.rmst import restricted_mean
from proband.analysis.survival.weibull import weibull

SURVIVAL = software("logrank")
CMPRSK = software("gray")
BOTH = np.column_stack([GROUP, X]).astype(float)


def _errors(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.sqrt(np.diag(covariance)), dtype=np.float64)


@case("Kaplan–Meier", SURVIVAL)
def curves(check: Checks) -> None:
    """Relapses of leukaemia, and the sequence."""
    for code, share, error in (
        (1, [0.8181818181818, 0.6136363636364], [0.1162912998303, 0.1526323310273]),
        (0, [0.5833333333333, 0.4861111111111], [0.1423187606383, 0.1481300625535]),
    ):
        own = code == AML_MAINTAINED
        curve = kaplan_meier(AML_WEEKS[own], AML_RELAPSE[own])
        at = np.searchsorted(curve.times, (13, 23), side="right") - 1
        check.equal(f"leukaemia, maintained {code}: share", curve.share[at], share, within=1e-8)
        check.equal(f"leukaemia, maintained {code}: error", curve.standard_error[at], error, within=1e-8)
    curve = kaplan_meier(TIME, CAUSE == 1)
    at = np.searchsorted(curve.times, (5, 10, 15), side="right") - 1
    check.equal("sequence", np.concatenate([curve.share[at], curve.standard_error[at]]), from_r("kaplan meier"), within=1e-10)  # fmt: skip


@case("log-rank test", SURVIVAL)
def log_rank(check: Checks) -> None:
    """Plain, in strata, weighted."""
    ovarian = logrank(OVARIAN_DAYS, OVARIAN_DEATH, OVARIAN_TREATMENT)
    check.equal("ovarian cancer: χ²", ovarian.statistic, 1.062739861291, within=1e-8)
    check.equal("sequence: χ²", logrank(TIME, CAUSE == 1, GROUP).statistic, from_r("logrank")[0], within=1e-10)  # fmt: skip
    got = logrank(TIME, CAUSE == 1, GROUP, strata=X > 5).statistic
    check.equal("sequence in strata: χ²", got, from_r("logrank stratified")[0], within=1e-10)
    got = logrank(TIME, CAUSE == 1, GROUP, weight="peto-peto").statistic
    check.equal("sequence, ρ = 1: χ²", got, from_r("logrank peto")[0], within=1e-10)


@case("Cox model", SURVIVAL)
def hazards(check: Checks) -> None:
    """Efron's and Breslow's ties, strata."""
    for ties in ("efron", "breslow"):
        fit = cox(TIME, CAUSE == 1, BOTH, ties=ties)
        got = [*fit.beta, *_errors(fit.covariance), fit.loglik[1]]
        check.equal(f"sequence, {ties}", got, from_r(f"cox {ties}"), within=1e-8)
    fit = cox(TIME, CAUSE == 1, GROUP.astype(float), strata=X > 5)
    check.equal("sequence in strata", [*fit.beta, *_errors(fit.covariance)], from_r("cox stratified"), within=1e-8)  # fmt: skip


@case("Cox model", "by hand (Therneau and Grambsch 2000, appendix E)", level="read")
def by_hand(check: Checks) -> None:
    """Six people, one of whose coefficients has a closed form."""
    fit = cox([9, 1, 1, 6, 6, 8], [1, 1, 0, 1, 1, 0], [0.0, 1, 1, 1, 0, 0], ties="breslow")
    check.equal("coefficient", fit.beta[0], np.log(1.5 + np.sqrt(33) / 2), within=1e-10)


@case("restricted mean survival", SURVIVAL)
def means(check: Checks) -> None:
    """Up to 15."""
    arms = [restricted_mean(TIME[arm == GROUP], CAUSE[arm == GROUP] == 1, 15.0) for arm in (0, 1)]
    got = [*(a.mean for a in arms), *(a.standard_error for a in arms)]
    check.equal("sequence", got, from_r("rmst"), within=1e-8)


@case("Weibull regression", SURVIVAL)
def accelerated(check: Checks) -> None:
    """Coefficients, scale, likelihood and errors (the last of log σ)."""
    fit = weibull(TIME, CAUSE == 1, BOTH)
    check.equal("sequence", [*fit.beta, fit.scale, fit.loglik, *_errors(fit.covariance)], from_r("weibull"), within=1e-7)  # fmt: skip


@case("Aalen–Johansen", SURVIVAL)
def states(check: Checks) -> None:
    """State probabilities at 5, 10 and 15."""
    found = cumulative_incidence(TIME, CAUSE)
    got = np.concatenate([found.at(t) for t in (5, 10, 15)])
    check.equal("sequence", got, from_r("aalen johansen"), within=1e-10)


@case("Gray's test", CMPRSK)
def gray(check: Checks) -> None:
    """Two and three groups, both causes."""
    two = [gray_test(TIME, CAUSE, GROUP, of=k) for k in (1, 2)]
    check.equal("two groups", [*(t.statistic for t in two), *(t.p for t in two)], from_r("gray"), within=1e-8)
    three = [gray_test(TIME, CAUSE, THREE, of=k) for k in (1, 2)]
    got = [*(t.statistic for t in three), *(t.p for t in three), *(t.degrees_of_freedom for t in three)]
    check.equal("three groups", got, from_r("gray three groups"), within=1e-8)


@case("Fine and Gray's model", CMPRSK)
def subdistribution(check: Checks) -> None:
    """Both causes, without ties."""
    for cause in (1, 2):
        fit = fine_gray(UNTIED, CAUSE, BOTH, of=cause)
        got = [*fit.beta, *_errors(fit.covariance)]
        check.equal(f"sequence, cause {cause}", got, from_r(f"fine gray untied {cause}"), within=1e-6)


@case("Fine and Gray's model", SURVIVAL)
def subdistribution_with_ties(check: Checks) -> None:
    """Both causes; whoever has the event at a time of censoring is no longer at risk of being censored (crr of cmprsk counts him)."""
    for cause in (1, 2):
        check.equal(f"sequence, cause {cause}", fine_gray(TIME, CAUSE, BOTH, of=cause).beta, from_r(f"fine gray {cause}"), within=1e-7)  # fmt: skip
