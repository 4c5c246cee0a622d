"""Results that stand in print, recomputed from data that stand there too."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from proband.analysis.exact import fisher
from proband.analysis.ranks import rank_sum
from proband.analysis.rare_events import exact_odds_ratio
from proband.analysis.risk_difference import risk_difference
from proband.analysis.sequential.boundaries import shaped
from proband.analysis.survival.cox import cox
from proband.analysis.survival.logrank import logrank
from proband.analysis.survival.rmst import restricted_mean, rmst_difference
from proband.analysis.survival.weibull import weibull

from .conftest import SHARED, Reference

#: Freireich EJ et al. Blood 1963;21:699-716, as Gehan 1965 and Cox 1972 took them: weeks in remission, relapse, by drug and placebo
DRUG = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
TIME = np.array(DRUG + PLACEBO, dtype=float)
EVENT = np.array(RELAPSED + [1] * 21, dtype=bool)
PLACEBO_ARM = np.repeat([0, 1], 21)


def test_the_leukaemia_trial_of_freireich() -> None:
    # R survival 3.5-3 on MASS::gehan; the same numbers in SAS' LIFETEST and PHREG, in Collett and in Kalbfleisch and Prentice
    software = "R survival 3.5-3; SAS as printed in Collett"
    test = logrank(TIME, EVENT, PLACEBO_ARM)
    reference = Reference("log-rank test", software)
    reference.equal("chi-squared", test.statistic, 16.79294099, within=1e-7)
    reference.equal("expected", test.expected, [19.25050095, 10.74949905], within=1e-7)
    reference.equal("observed", test.observed, [9, 21], within=0)
    weighted = Reference("weighted log-rank test", software)
    for weight, value, within in (("peto-peto", 14.45715082, 1e-7), ("gehan", 13.4579, 5e-5), ("tarone-ware", 15.1236, 5e-5)):  # fmt: skip
        weighted.equal(
            weight, logrank(TIME, EVENT, PLACEBO_ARM, weight=weight).statistic, value, within=within
        )
    for ties, beta, error, ratio, score in (
        ("efron", 1.5721251488, 0.4123967177, 16.3516908390, 17.2465367957),
        ("breslow", 1.5091914126, 0.4095644064, 15.2108568142, 15.9305395640),
    ):
        fit = cox(TIME, EVENT, PLACEBO_ARM, ties=ties)
        model = Reference(f"Cox model, {ties.capitalize()}", software)
        model.equal(
            "log hazard ratio, error", [fit.beta[0], fit.covariance[0, 0] ** 0.5], [beta, error], within=1e-8
        )
        model.equal(
            "likelihood ratio, score",
            [2 * (fit.loglik[1] - fit.loglik[0]), fit.score_test],
            [ratio, score],
            within=1e-7,
        )
    law = weibull(TIME, EVENT, PLACEBO_ARM)
    Reference("Weibull regression", "R survival 3.5-3 (survreg), three digits").equal(
        "intercept, factor, scale", [law.beta[0], law.beta[1], law.scale], [3.516, -1.267, 0.732], within=5e-4
    )


#: Newcombe RG. Stat Med 1998;17:873-890, table II: the contrasts (a), (b), (d), (e), (f)
CONTRASTS = ((56, 70, 48, 80), (9, 10, 3, 10), (5, 56, 0, 29), (0, 10, 0, 20), (0, 10, 0, 10))
NEWCOMBE = {
    "newcombe": ((0.0524, 0.3339), (0.1705, 0.8090), (-0.0381, 0.1926), (-0.1611, 0.2775), (-0.2775, 0.2775)),
    "miettinen-nurminen": ((0.0528, 0.3382), (0.1700, 0.8406), (-0.0326, 0.1933)),
    "mee": ((0.0533, 0.3377), (0.1821, 0.8370)),
    "wald": ((0.0575, 0.3425), (0.2605, 0.9395)),
}


@pytest.mark.parametrize("method", NEWCOMBE)
def test_the_table_of_newcombe(method: str) -> None:
    reference = Reference(f"risk difference, {method}", "Newcombe 1998, table II")
    for counts, bounds in zip(CONTRASTS, NEWCOMBE[method], strict=False):
        found = risk_difference(*counts, method=method)
        reference.equal(str(counts), [found.low, found.high], bounds, within=5.1e-5)


def test_the_trial_of_lin() -> None:
    # alive at 24 weeks 41 of 56 against 30 of 54 (counts derived from 73.2 % and 55.6 %): 18 more in 100, about 0 to 34; a simple test gives about 0.07
    found = risk_difference(41, 56, 30, 54, method="newcombe")
    Reference("risk difference, newcombe", "derived from Lin 2017 by hand").equal(
        "in 100",
        np.round([100 * found.estimate, 100 * found.low + 0.0, 100 * found.high]),
        [18, 0, 34],
        within=0,
    )
    assert fisher(41, 56, 30, 54).two_sided == pytest.approx(0.07, abs=0.005)


#: Jennison C, Turnbull BW. Group Sequential Methods, 2000: tables 2.1 (Pocock), 2.3 (O'Brien and Fleming), 2.9 (Wang and Tsiatis, Δ = ¼); 2 to 5 looks
CONSTANTS = {
    ("pocock", 0.01): (2.772, 2.873, 2.939, 2.986),
    ("pocock", 0.05): (2.178, 2.289, 2.361, 2.413),
    ("pocock", 0.1): (1.875, 1.992, 2.067, 2.122),
    ("obrien-fleming", 0.01): (2.580, 2.595, 2.609, 2.621),
    ("obrien-fleming", 0.05): (1.977, 2.004, 2.024, 2.040),
    ("obrien-fleming", 0.1): (1.678, 1.710, 1.733, 1.751),
    ("wang-tsiatis", 0.05): (2.038, 2.083, 2.113, 2.136),
}


@pytest.mark.parametrize(("shape", "error"), CONSTANTS)
def test_the_constants_of_jennison_and_turnbull(shape: str, error: float) -> None:
    found = [shaped(looks, error, shape, sided=2, delta=0.25).upper[-1] for looks in (2, 3, 4, 5)]
    Reference("group-sequential boundaries", "Jennison and Turnbull 2000, tables 2.1, 2.3, 2.9").equal(
        f"{shape}, {error:g}", found, CONSTANTS[shape, error], within=5.1e-4
    )


def test_the_convictions_of_twins() -> None:
    # Fisher RA. The Design of Experiments, 1935; R's help page of fisher.test: like-sex twins of criminals, two-egg 2 of 17, one-egg 10 of 13
    found = exact_odds_ratio([2], [17], [10], [13])
    reference = Reference("exact common odds ratio", "R 4.2.2 (fisher.test), help page")
    reference.equal(
        "odds ratio, interval",
        np.exp([found.estimate, found.low, found.high]),
        [0.04693661, 0.003325764, 0.363182271],
        # R searches its limits to 1e-4 of their scale
        within=1e-5,
    )
    reference.equal("p", fisher(2, 17, 10, 13).two_sided, 0.0005367, within=5e-8)


def test_the_permeability_of_membranes() -> None:
    # Hollander M, Wolfe DA. Nonparametric Statistical Methods, 1973, p. 69; R's help page of wilcox.test: at term against 12 to 26 weeks, one-sided 0.1272
    term, early = (
        [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46],
        [1.15, 0.88, 0.90, 0.74, 1.21],
    )
    found = rank_sum(term + early, [1] * 10 + [0] * 5)
    Reference("Wilcoxon rank sum", "Hollander and Wolfe 1973; R 4.2.2 (wilcox.test)").equal(
        "p, shift", [found.p, found.estimate], [2 * 0.1272, 0.305], within=1.1e-4
    )


def test_the_restricted_means_of_the_survrm2_vignette() -> None:
    file = Path(SHARED) / "acceptance" / "04_liver" / "survival_pbc.csv"
    if not file.exists():
        pytest.skip("acceptance/04_liver absent: vignette of survRM2 not compared")
    rows = [row for row in csv.DictReader(file.open(encoding="utf-8")) if row["trt"] not in ("", "NA")]
    assert len(rows) == 312
    time = np.array([float(row["time"]) for row in rows]) / 365.25
    died, arm = np.array([row["status"] == "2" for row in rows]), np.array([int(row["trt"] == "1") for row in rows])  # fmt: skip
    reference = Reference("restricted mean survival", "survRM2 1.0-4, vignette")
    for side, mean, error in ((1, 7.146, 0.283), (0, 7.283, 0.295)):
        own = restricted_mean(time[arm == side], died[arm == side], 10.0)
        reference.equal(f"arm {side}", [own.mean, own.standard_error], [mean, error], within=5.1e-4)
    found = rmst_difference(time, died, arm, 10.0)
    reference.equal(
        "difference, interval, p",
        [found.estimate, found.low, found.high, found.p],
        [-0.137, -0.939, 0.665, 0.738],
        within=5.1e-4,
    )
