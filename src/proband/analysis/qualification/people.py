"""Cases of measurements, grades, shares and counts of people; of one person's phases; of weights and matching."""

from __future__ import annotations

import numpy as np
from scipy.stats import barnard_exact, boschloo_exact, fisher_exact

from proband.analysis.ancova import ancova
from proband.analysis.borrowing import beta_prior, commensurate_prior, cutoff, power_prior
from proband.analysis.exact import binomial_tail, fisher
from proband.analysis.external_controls import e_value, entropy_balance, propensity, weighted_difference
from proband.analysis.marginal import estimating_equations
from proband.analysis.ordinal import proportional_odds, proportional_odds_random
from proband.analysis.proportions import clopper_pearson
from proband.analysis.qualification.comparison import Checks, case, from_r, software
from proband.analysis.qualification.published import (
    HOUSING_COUNTS,
    NILE,
    SLEEP,
    WHEEZE_COUNTS,
    WINE_CONTACT,
    WINE_JUDGE,
    WINE_RATING,
    WINE_WARM,
)
from proband.analysis.qualification.sequence import COUNTS, GRADE, GROUP, TIME, TREATED, X, Y
from proband.analysis.ranks import rank_sum
from proband.analysis.recurrent import negative_binomial
from proband.analysis.risk_difference import risk_difference
from proband.analysis.single_case import compare_phases, kendall
from proband.analysis.time_series import change_point, local_level
from proband.analysis.unconditional import barnard, boschloo

BOTH = np.column_stack([GROUP, X]).astype(float)
PSIAIMS = "R packages in PSIAIMS/CAMIS"


@case("ANCOVA", software("ancova"))
def adjusted(check: Checks) -> None:
    """Estimate, error, p, degrees of freedom."""
    got = ancova(Y, GROUP, X)
    check.equal("sequence", [got.estimate, got.standard_error, got.p, got.degrees_of_freedom], from_r("ancova"), within=1e-10)  # fmt: skip


@case("rank-sum test", software("rank sum"))
def ranks(check: Checks) -> None:
    """Normal approximation with ties and continuity correction."""
    check.equal("sequence: p", rank_sum(Y, GROUP).p or np.nan, from_r("rank sum")[0], within=1e-10)
    check.equal("sleep: p", rank_sum(SLEEP.ravel(), np.repeat([1, 0], 10)).p or np.nan, 0.06932757543363, within=1e-10)  # fmt: skip


@case("proportional odds", "R ordinal 2022.11-16 (clm)")
def wine(check: Checks) -> None:
    """Bitterness of wine."""
    fit = proportional_odds(WINE_RATING - 1, np.column_stack([WINE_WARM, WINE_CONTACT]))
    want = [-1.344383411265, 1.250808798417, 3.466886926474, 5.00640420427, 2.503102007899, 1.527797658095]
    check.equal("wine: coefficients", [*fit.thresholds, *fit.beta], want, within=1e-7)
    check.equal("wine: log-likelihood", fit.loglik, -86.491923365649, within=1e-7)


@case("proportional odds", software("proportional odds"))
def grades(check: Checks) -> None:
    """The sequence, and tenants of Copenhagen with weights."""
    fit = proportional_odds(GRADE, BOTH)
    check.equal("sequence", [*fit.beta, *fit.thresholds, fit.loglik], from_r("proportional odds"), within=2e-6)  # fmt: skip
    contact, kind, influence, satisfaction = np.indices((2, 4, 3, 3)).reshape(4, -1)
    x = np.column_stack([influence == 1, influence == 2, kind == 1, kind == 2, kind == 3, contact == 1])
    fit = proportional_odds(satisfaction, x.astype(float), weights=HOUSING_COUNTS)
    want = [0.5663937388901, 1.288819063812, -0.5723501464296, -0.3661865661533, -1.091014907672, 0.3602841499474]  # fmt: skip
    check.equal("housing: coefficients", fit.beta, want, within=1e-4)
    check.equal("housing: deviance", -2 * fit.loglik, 3479.14929905897, within=1e-4)


@case("proportional odds, random intercept", "R ordinal 2022.11-16 (clmm)")
def judges(check: Checks) -> None:
    """Bitterness of wine, nine judges."""
    fit = proportional_odds_random(WINE_RATING - 1, np.column_stack([WINE_WARM, WINE_CONTACT]), WINE_JUDGE)
    want = [-1.623487452462, 1.512796039262, 4.227053455188, 6.086152279606, 3.061890993469, 1.833433365394]
    check.equal("wine: coefficients", [*fit.thresholds, *fit.beta], want, within=1e-4)
    check.equal("wine: spread of judges", fit.spread, 1.134783298397, within=1e-4)


@case("negative binomial rates", software("negative binomial"))
def rates(check: Checks) -> None:
    """Coefficients, dispersion, likelihood."""
    fit = negative_binomial(COUNTS, TIME, GROUP)
    check.equal("sequence", [*fit.beta, fit.dispersion, fit.loglik], from_r("negative binomial"), within=1e-5)


@case("generalised estimating equations", "R geepack 1.3.9")
def wheeze(check: Checks) -> None:
    """Wheezing children of Ohio. geepack, told to hold the scale at 1, holds it at the value of its first step; so is it here."""
    patterns = np.array(np.unravel_index(np.arange(16), (2, 2, 2, 2))).T
    who, y, age, smoke, person = 0, [], [], [], []
    for mother, counts in enumerate(WHEEZE_COUNTS):
        for pattern, count in zip(patterns, counts, strict=True):
            for _ in range(count):
                y += pattern.tolist()
                age += [-2, -1, 0, 1]
                smoke += [mother] * 4
                person += [who] * 4
                who += 1
    x = np.column_stack([age, smoke, np.multiply(age, smoke)]).astype(float)
    fit = estimating_equations(y, x, person, scale=0.99961637706465)
    check.equal("coefficients", fit.beta, [-1.900495291198, -0.1412359152299, 0.3138258297107, 0.07083184263504], within=1e-8)  # fmt: skip
    want = [0.1190869781638, 0.0582008895183, 0.1878418139012, 0.08827885750329]
    check.equal("robust errors", np.sqrt(np.diag(fit.covariance)), want, within=1e-8)
    check.equal("correlation", fit.correlation, 0.3545310113175, within=1e-8)


@case("exact tests of two shares", "SciPy, on this installation")
def two_shares(check: Checks) -> None:
    """Fisher, Boschloo, Barnard."""
    for a, m, b, n in ((5, 11, 3, 20), (7, 16, 2, 16), (0, 5, 3, 6)):
        table = [[a, b], [m - a, n - b]]
        check.equal(f"{a}/{m}, {b}/{n}: Fisher", fisher(a, m, b, n).two_sided, fisher_exact(table).pvalue, within=1e-10)  # fmt: skip
        theirs = boschloo_exact(table, alternative="greater", n=256).pvalue
        check.equal(f"{a}/{m}, {b}/{n}: Boschloo", boschloo(a, m, b, n, "greater").p, theirs, within=1e-6)
        theirs = barnard_exact(table, n=256).pvalue
        check.equal(f"{a}/{m}, {b}/{n}: Barnard", barnard(a, m, b, n).p, theirs, within=1e-6)


@case("risk difference", PSIAIMS, level="read")
def differences(check: Checks) -> None:
    """36 of 154 against 12 of 77, eight intervals."""
    for method, want in (
        ("skewness-corrected", [-0.034239, 0.179081]),
        ("gart-nam", [-0.033963, 0.178881]),
        ("miettinen-nurminen", [-0.036065, 0.177495]),
        ("mee", [-0.035798, 0.177288]),
        ("newcombe", [-0.036142, 0.175125]),
        ("mover-jeffreys", [-0.03357, 0.176023]),
        ("wald", [-0.027108, 0.182952]),
        ("agresti-caffo", [-0.032925, 0.17817]),
    ):
        got = risk_difference(36, 154, 12, 77, method=method)
        check.equal(method, [got.low, got.high], want, within=1e-6)


@case("one share of a small trial", software("ancova"))
def small_trial(check: Checks) -> None:
    """7 of 16 and of 19 against shares fixed before; Clopper and Pearson; Jeffreys' posterior."""
    got = [float(binomial_tail(n, p, 6)) for n, p in ((16, 0.25), (16, 0.16), (16, 0.211), (19, 0.25), (19, 0.211))]  # fmt: skip
    want = [0.07955725188367, 0.008030666438331, 0.03503241901542, 0.1748758839822, 0.08608839760423]
    check.equal("exact p", got, want, within=1e-10)
    bounds = [clopper_pearson(7, n) for n in (16, 19)]
    want = [0.1975341405327, 0.7012231009168, 0.1628858721551, 0.6164220766856]
    check.equal("Clopper and Pearson", [v for b in bounds for v in (b.low, b.high)], want, within=1e-8)
    got = [beta_prior(0.5, 0.5).updated(7, n).above(0.25) for n in (16, 19)]
    check.equal("P(share > 25 %)", got, [0.9523048556157, 0.8810435161557], within=1e-5)


@case("borrowing from natural history", "exact table")
def borrowed(check: Checks) -> None:
    """Cut-offs of a single arm of 20, natural history 36 of 170."""
    jeffreys = beta_prior(0.5, 0.5)
    priors = (beta_prior(36.5, 134.5), power_prior(36, 170, 0.25), commensurate_prior(36, 170, 0.35), commensurate_prior(36, 170, 0.35).robust(0.2))  # fmt: skip
    got = [float(cutoff(jeffreys, 20, prior, 0.975) or -1) for prior in priors]
    check.equal("pooled, power, commensurate, robust", got, [9, 10, 10, 18])


@case("propensity scores and entropy balancing", software("propensity"))
def weights(check: Checks) -> None:
    """Logistic regression; weights that make the means equal."""
    x = np.column_stack([X, TIME])
    beta, _ = propensity(TREATED, x)
    check.equal("propensity", beta, from_r("propensity"), within=1e-8)
    found = entropy_balance(x[TREATED], x[~TREATED])
    mean = Y[TREATED].mean() - weighted_difference(Y, TREATED, found.weights)
    check.equal("effective controls, their weighted mean", [found.effective, mean], from_r("entropy balancing"), within=1e-7)  # fmt: skip


@case("E-value", "VanderWeele and Ding 2017", level="read")
def unmeasured(check: Checks) -> None:
    """A risk ratio of 3.9 (1.8 to 8.7)."""
    check.equal("estimate and bound", e_value(3.9, 1.8), [7.26, 3.0], within=0.005)


@case("single-case effect sizes", "as printed (Parker 2011, Tarlow 2017, Kendall 1970)", level="read")
def phases(check: Checks) -> None:
    """Overlap measures of printed examples."""
    first = compare_phases([20, 20, 26, 25, 22, 23], [28, 25, 24, 27, 30, 30, 29])
    got = [first.pnd, first.pand, first.pem, first.ird, first.nap, first.tau]
    want = [0.7142857142857, 0.8461538461538, 1, 0.6904761904762, 0.9166666666667, 0.8333333333333]
    check.equal("Parker, Vannest and Davis: PND, PAND, PEM, IRD, NAP, τ", got, want, within=1e-10)
    second = compare_phases([3, 3, 4, 5], [4, 5, 6, 7, 7])
    check.equal("Parker: τ, τ-U", [second.tau, second.tau_u], [0.8, 0.55], within=1e-10)
    third = compare_phases([1, 2, 3, 4, 5], [6, 7, 8, 9, 10])
    check.equal("Tarlow: τ, τ-U, corrected", [third.tau, third.tau_u, third.tau_corrected], [1, 0.6, 0], within=1e-10)  # fmt: skip
    old = kendall([1, 2.5, 2.5, 4.5, 4.5, 6.5, 6.5, 8, 9.5, 9.5], [1, 2, 4.5, 4.5, 4.5, 4.5, 8, 8, 8, 10])
    check.equal("Kendall: S, its scale", [old.score, old.scale], [33, 38.418745424597], within=1e-8)
    check.equal("Kendall: τ-b", old.tau_b, 0.859, within=5e-4)


@case("level of a series", "R 4.2.2 (StructTS), strucchange 1.5-3")
def nile(check: Checks) -> None:
    """The Nile at Aswan."""
    found = local_level(NILE)
    # StructTS gives the first level a large variance in place of none, and stops early: 0.1 % is its own looseness
    check.equal("variances", [found.level_variance, found.noise_variance], [1469.14661923768, 15098.5771535974], within=1e-3, relative=True)  # fmt: skip
    check.equal("last year before the change", 1871 + change_point(NILE)[0], 1898)
