"""Call every analysis on a small data set and write ``docs/analyses.md``: ``python scripts/write_analyses.py``.

Each row is called, and what it gave stands in the table: a column is filled where the result had it, and where it cannot have it the reason is
said. A test calls the rows again, holds the page against them, and looks that no analysis of the package is without a row.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from proband.analysis import (
    ancova,
    borrowing,
    early_phase,
    exact,
    imputation,
    joint,
    marginal,
    multiplicity,
    nof1,
    nof1_dates,
    nof1_hierarchy,
    ordinal,
    ranks,
    rare_events,
    rates,
    recurrent,
    results_of,
    risk_difference,
    risk_of_bias,
    sample_size,
    single_case,
    synthesis,
    time_series,
    win,
)
from proband.analysis import external_comparison as external
from proband.analysis import pictures_of as pictures
from proband.analysis import pictures_of_people as people
from proband.analysis.external_controls import att_weights, entropy_balance, g_computation
from proband.analysis.kaplan_meier import kaplan_meier
from proband.analysis.mmrm.model import RepeatedMeasuresModel, fit_ladder, fit_mmrm
from proband.analysis.pictures import AnyPicture
from proband.analysis.result import AnalysisResult
from proband.analysis.result_picture import picture_of
from proband.analysis.sequential.boundaries import shaped, spending
from proband.analysis.sequential.monitoring import conditional_power, predictive_power, reestimate
from proband.analysis.sequential.two_endpoints import hierarchical
from proband.analysis.survival.competing import aalen_johansen, cumulative_incidence, fine_gray, gray_test
from proband.analysis.survival.cox import cox
from proband.analysis.survival.logrank import logrank, logrank_result
from proband.analysis.survival.rmst import rmst_difference
from proband.analysis.survival.weibull import weibull
from proband.trial.allocation import again

ROOT = Path(__file__).resolve().parent.parent
#: what a design or a rule gives: numbers in words, and a picture
Found = tuple[AnalysisResult | str, AnyPicture | str]

RNG = np.random.default_rng(20261130)
N = 60
ARM = np.arange(N) % 2
BASE = RNG.normal(size=N)
Y = 0.5 * BASE + 0.6 * ARM + RNG.normal(size=N)
GRADE = np.digitize(Y, [-0.5, 0.3, 1.0])
TIME = np.round(RNG.exponential(10, N) + 0.1, 1)
CAUSE = RNG.integers(0, 3, N)
STRATUM = np.arange(N) // 2 % 2
RELAPSES = [np.sort(RNG.uniform(0, t, int(k))) for t, k in zip(TIME, RNG.poisson(1.2, N), strict=True)]
COUNTS = np.array([len(each) for each in RELAPSES])
SIDES = {"cells": ARM == 1, "care": ARM == 0}
EXTERNAL = BASE + 0.8 * ARM
WEEKS = np.arange(-6.0, 10.0)
SERIES = 5 - 0.2 * WEEKS + 0.5 * np.maximum(WEEKS, 0) + RNG.normal(0, 0.6, len(WEEKS))
PRIOR = nof1.SeriesPrior(slope=-0.2, slope_sd=0.2, log_noise=-0.5, log_noise_sd=0.5, level=5, level_sd=3, change_sd=0.5)
EFFECTS, ERRORS = np.array([-0.5, 0.1, -0.3, -0.9]), np.array([0.2, 0.3, 0.25, 0.4])
EVENTS, OF, EVENTS_C, OF_C = [3, 0, 4, 1], [40, 30, 55, 20], [5, 1, 6, 2], [38, 31, 50, 22]
VISITS = (1, 2, 3)
REPEATED = [(who, visit) for who in range(40) for visit in VISITS]
TABLE: dict[str, Any] = {
    "visit": [v for _, v in REPEATED], "arm": ["cells" if ARM[w] else "care" for w, _ in REPEATED], "person": [w for w, _ in REPEATED],
    "y": np.array([0.3 * v + 0.4 * ARM[w] * v + BASE[w] + RNG.normal() for w, v in REPEATED]),
}  # fmt: skip
MODEL = RepeatedMeasuresModel("y", "person", "visit", ("visit", "arm", "visit:arm"), {"visit": VISITS})
WIDE = np.array(TABLE["y"]).reshape(40, 3)


@dataclass(frozen=True)
class Row:
    """An analysis: its name, function and verb, the call, who checked it, the tests, and why a part is absent."""

    name: str
    function: str
    verb: str
    call: Callable[[], Found]
    oracle: str
    tests: str
    absent: str = ""


def curves() -> AnyPicture:
    return pictures.survival_picture("Free of the event", "days", {k: kaplan_meier(TIME[s], CAUSE[s] == 1) for k, s in SIDES.items()})


def incidences(cause: int = 1) -> AnyPicture:
    return pictures.incidence_picture("With the event", "days", {k: (TIME[s], CAUSE[s]) for k, s in SIDES.items()}, cause)


def repeated(fit: Any) -> Found:
    shown = pictures.means_picture("Means", "weeks", "score", fit, "visit", {1: 4.0, 2: 8.0, 3: 12.0}, "arm", ["cells", "care"])
    return fit.difference("arm", "cells", "care", {"visit": 3}), shown


def values() -> AnyPicture:
    return people.values_picture("Outcome", "score", {k: Y[s] for k, s in SIDES.items()})


def grades() -> AnyPicture:
    return people.grades_picture("Grades", ["A", "B", "C", "D"], {k: GRADE[s] for k, s in SIDES.items()})


def steps() -> Found:
    wander = np.random.default_rng(1).integers(-1, 2, (N, 3)).cumsum(axis=1)
    before, after, who = ordinal.transitions(np.clip(GRADE[:, None] + wander, 0, 3))
    fit = ordinal.proportional_odds_random(after, np.column_stack([ARM[who], before]), who, names=["arm", "before"])
    return fit.result("arm"), people.steps_picture("Steps", ["A", "B", "C", "D"], before, after)


def two_shares(method: str) -> Found:
    return risk_difference.risk_difference(12, 20, 6, 22, method=method), shares()


def shares() -> AnyPicture:
    return people.shares_picture("Alive", {"cells": (12, 20), "care": (6, 22)})


def wins(measure: str, strata: Any = None) -> Found:
    parts = [
        win.Component("time", TIME, CAUSE == 1), win.Component("count", TIME, None, RELAPSES), win.Component("value", Y, margin=0.2),
    ]  # fmt: skip
    found = win.win_statistics(parts, ARM, strata=strata)
    return getattr(found, measure), pictures.wins_picture("Pairs", ["death", "relapses", "score"], win.win_statistics(parts, ARM))


def numbers() -> AnyPicture:
    groups = {k: ([RELAPSES[i] for i in np.flatnonzero(s)], TIME[s], CAUSE[s] == 2) for k, s in SIDES.items()}
    return people.mean_number_picture("Relapses", "days", groups, float(min(TIME[s].max() for s in SIDES.values())))


def one_patient() -> AnyPicture:
    return people.series_picture("One patient", "weeks", "score", SERIES, WEEKS, 0.0)


def studies(result: AnalysisResult) -> Found:
    groups = {f"study {n + 1}, {k}": (e[n], o[n]) for n in range(4) for k, e, o in (("cells", EVENTS, OF), ("care", EVENTS_C, OF_C))}
    return result, people.shares_picture("Events", groups)


def followed() -> Found:
    at = np.tile(np.array([0.0, 3.0, 6.0]), N)
    who = np.repeat(np.arange(N), 3)
    kept = at <= TIME[who]
    y = 4 + BASE[who] - 0.1 * at + RNG.normal(0, 0.3, len(who))
    fit = joint.joint_model(y[kept], at[kept], who[kept], TIME, CAUSE == 1, hazard=ARM[:, None].astype(float), pieces=2)
    return fit.result(), curves()


def several() -> Found:
    series = [nof1_hierarchy.PatientSeries(SERIES + RNG.normal(0, 0.3, len(SERIES)), WEEKS, 0.0) for _ in range(3)]
    found = nof1_hierarchy.patients_posterior(series, PRIOR, mean_sd=0.5, tau_scale=0.3, points=15)
    result = results_of.patients_result(found)
    return result, picture_of(result)


def weighted(method: str) -> Found:
    found = external.external_difference(Y, ARM, EXTERNAL[:, None], method=method, replicates=100)
    treated = ARM == 1
    x = EXTERNAL[:, None]
    balance = entropy_balance(x[treated], x[~treated]) if method == "entropy-balancing" else att_weights(ARM, x)
    return found, people.balance_picture("Covariates", ["severity"], balance)


def borrowed(prior: Any) -> Found:
    result = results_of.share_result(prior.updated(7, 20), 0.2)
    return result, picture_of(result, null=0.2)


def looks(design: Any) -> Found:
    said = ", ".join(f"{z:.3f}" for z in design.upper)
    return f"limits of Z {said}; one-sided error {design.alpha:g}", people.looks_picture("Limits", design)


def dose_finding() -> Found:
    found = early_phase.boin(0.3, [3, 6, 9, 12])
    limits = {"escalate at most": found.escalate, "de-escalate from": found.deescalate, "give up from": found.eliminate}
    return f"escalate below {found.lambda_escalate:.3f}, de-escalate above {found.lambda_deescalate:.3f}", people.counts_picture("BOIN", found.treated, limits)


def two_stages() -> Found:
    best, _ = early_phase.simon(0.1, 0.3, 0.05, 0.8, 60)
    shown = people.counts_picture("Simon", [best.n1, best.n], {"go on above": [best.r1, best.r]})
    return f"{best.r1} of {best.n1}, then {best.r} of {best.n}; expected size {best.expected_size:.1f}", shown


def harm() -> Found:
    found = early_phase.beta_binomial_stopping(20, 0.3, 0.95, (0.6, 1.4), first=2)
    at = [n for n in range(1, 21) if found.events[n - 1] is not None]
    return f"stop from {found.events} events", people.counts_picture("Harm", at, {"stop from": [float(found.events[n - 1]) for n in at]})


def drift() -> Found:
    cut = borrowing.cutoff(borrowing.beta_prior(1, 1), 20, 0.2, 0.95)
    assert cut is not None
    rows = borrowing.drift_grid(20, cut, [0.1, 0.2, 0.3, 0.4])
    said = ", ".join(f"{row.share:g}: {row.reject:.3f}" for row in rows)
    return f"chance of a yes where nobody is helped, by true share of untreated {said}", "a table of four rows, read as it is"


def missing(strategy: str) -> Found:
    y = WIDE.copy()
    y[::5, 2] = np.nan
    arm = ARM[:40]
    shown = people.values_picture("Measured at the end", "score", {k: y[arm == a, 2] for k, a in (("cells", 1), ("care", 0))})
    return imputation.reference_based(y, arm, strategy=strategy, engine="plain"), shown


def tips() -> Found:
    y = WIDE.copy()
    y[::5, 2] = np.nan
    found = imputation.tipping_point(y, ARM[:40], worse=-1, engine="plain")
    return f"the answer tips at a shift of {found}", "one number, which stands beside the answer that it turns"


def hypotheses(found: Any) -> Found:
    return f"rejected: {', '.join(found.rejected) or 'none'}", people.hypotheses_picture("Hypotheses", found)


def bias() -> Found:
    judged = dict.fromkeys(risk_of_bias.DOMAINS["rob-2"], ("low", "allocated by a central list"))
    table = risk_of_bias.bias_table([risk_of_bias.StudyBias("A", "rob-2", judged), risk_of_bias.StudyBias("B", "rob-2", judged)], [1.0, 2.0])
    return str(table.words() if callable(table.words) else table.words), "a table of domains, read as it is"


P = {"first": 0.01, "second": 0.03, "third": 0.2}
GRAPH = [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]
DESIGN = "a design has no data: no estimate, interval or degrees of freedom"
RULE = "adjusts the p of other results, and estimates nothing"
ANALYSE = "`analyse`, `simulate`, `study`"

ROWS: list[Row] = [
    Row("MMRM, Kenward–Roger", "mmrm.model.fit_mmrm", ANALYSE, lambda: repeated(fit_mmrm(TABLE, MODEL)), "SAS, R mmrm, nlme", "test_mmrm_references, test_mmrm_kernel"),
    Row("MMRM, ladder of structures", "mmrm.model.fit_ladder", ANALYSE, lambda: repeated(fit_ladder(TABLE, MODEL)), "R mmrm", "test_mmrm_references"),
    Row("ANCOVA", "ancova.ancova", ANALYSE, lambda: (ancova.ancova(Y, ARM, BASE), values()), "R lm, statsmodels", "test_regression, test_beside_r"),
    Row("proportional odds", "ordinal.proportional_odds", ANALYSE, lambda: (ordinal.proportional_odds(GRADE, ARM[:, None], names=["arm"]).result("arm"), grades()), "R ordinal and MASS, statsmodels", "test_regression"),
    Row("transitional ordinal model", "ordinal.transitions, ordinal.proportional_odds_random", "Python", steps, "R ordinal (clmm)", "test_regression"),
    Row("risk difference, exact", "risk_difference.risk_difference", "Python", lambda: two_shares("exact"), "R (CAMIS), its own test turned round", "test_two_shares"),
    Row("risk difference, Miettinen–Nurminen", "risk_difference.risk_difference", ANALYSE, lambda: two_shares("miettinen-nurminen"), "R (CAMIS)", "test_two_shares"),
    Row("risk difference, Newcombe", "risk_difference.risk_difference", "`page build`", lambda: two_shares("newcombe"), "Newcombe 1998 as printed, R (CAMIS)", "test_two_shares, test_printed_results"),
    Row("Boschloo's test", "results_of.exact_test_result", ANALYSE + ", `headline`", lambda: (results_of.exact_test_result(12, 20, 6, 22), shares()), "SciPy", "test_two_shares"),
    Row("Barnard's test", "results_of.exact_test_result", "Python", lambda: (results_of.exact_test_result(12, 20, 6, 22, test="barnard"), shares()), "SciPy", "test_two_shares"),
    Row("rank sum, strata", "ranks.rank_sum", "Python", lambda: (ranks.rank_sum(Y, ARM, strata=STRATUM), values()), "SciPy, R", "test_regression"),
    Row("recurrent events, negative binomial", "recurrent.negative_binomial", "Python", lambda: (recurrent.negative_binomial(COUNTS, TIME, ARM[:, None], names=["arm"]).result("arm"), numbers()), "SciPy, R MASS", "test_regression"),
    Row("recurrent events, proportional means", "recurrent.proportional_means", "Python", lambda: (recurrent.proportional_means(RELAPSES, TIME, ARM[:, None], names=["arm"]).result("arm", robust=True), numbers()), "the Cox model on the same rows, by hand", "test_regression, test_degenerate"),
    Row("Kaplan–Meier", "results_of.survival_result", ANALYSE, lambda: (results_of.survival_result(kaplan_meier(TIME, CAUSE == 1), 8.0), curves()), "R survival, SciPy, lifelines", "test_kaplan_meier"),
    Row("log-rank test", "survival.logrank.logrank_result", ANALYSE, lambda: (logrank_result(logrank(TIME, CAUSE == 1, ARM)), curves()), "R survival, SAS, survival (Rust)", "test_survival_references"),
    Row("log-rank, weighted (Peto–Peto), strata", "survival.logrank.logrank_result", "Python", lambda: (logrank_result(logrank(TIME, CAUSE == 1, ARM, strata=STRATUM, weight="peto-peto")), curves()), "R survival", "test_survival_references"),
    Row("Cox, Efron", "survival.cox.cox", ANALYSE, lambda: (cox(TIME, CAUSE == 1, ARM[:, None], names=["arm"]).result("arm"), curves()), "R survival, SAS, lifelines, survival (Rust)", "test_survival_references, test_beside_other_software"),
    Row("Cox, stratified", "survival.cox.cox", "Python", lambda: (cox(TIME, CAUSE == 1, ARM[:, None], names=["arm"], strata=STRATUM).result("arm"), curves()), "R survival", "test_survival_references"),
    Row("Cox, time-dependent", "survival.cox.cox", "Python", lambda: (cox(np.concatenate([TIME / 2, TIME]), np.concatenate([np.zeros(N, bool), CAUSE == 1]), np.concatenate([ARM, ARM * 0.5])[:, None], names=["dose"], entry=np.concatenate([np.zeros(N), TIME / 2])).result("dose"), curves()), "R survival (pbcseq)", "test_survival_references"),
    Row("restricted mean survival time", "survival.rmst.rmst_difference", ANALYSE, lambda: (rmst_difference(TIME, CAUSE == 1, ARM, 15.0), curves()), "R survRM2, SAS", "test_survival_references, test_printed_results"),
    Row("Aalen–Johansen", "results_of.incidence_result", ANALYSE, lambda: (results_of.incidence_result(cumulative_incidence(TIME, CAUSE, 2), 1, 8.0), incidences()), "R survival", "test_survival_references"),
    Row("Fine–Gray", "results_of.subdistribution_result", "Python", lambda: (results_of.subdistribution_result(fine_gray(TIME, CAUSE, ARM[:, None], names=["arm"]), "arm"), incidences()), "R cmprsk", "test_survival_references"),
    Row("Gray's test", "results_of.gray_result", "Python", lambda: (results_of.gray_result(gray_test(TIME, CAUSE, ARM)), incidences()), "R cmprsk", "test_survival_references", "a test: estimate and interval are Fine and Gray's"),
    Row("win ratio", "win.win_statistics", "Python", lambda: wins("win_ratio"), "R hce", "test_survival_references"),
    Row("win odds, strata, recurrent events", "win.win_statistics", ANALYSE, lambda: wins("win_odds", STRATUM), "R hce", "test_survival_references, test_survival_kernel"),
    Row("net benefit", "win.win_statistics", "Python", lambda: wins("net_benefit"), "R hce", "test_survival_references"),
    Row("joint longitudinal–survival model", "joint.joint_model", "`analyse` (sensitivity), `simulate --sensitivity`", followed, "R JM, JMbayes2", "test_joint"),
    Row("Weibull regression", "survival.weibull.weibull", "Python", lambda: (weibull(TIME, CAUSE == 1, ARM[:, None], names=["arm"]).result("arm"), curves()), "R survival", "test_series_and_marginal"),
    Row("one patient, posterior of the change of slope", "results_of.series_result", ANALYSE, lambda: (results_of.series_result(nof1.series_components(SERIES, WEEKS, 0.0, PRIOR)), one_patient()), "simulation-based calibration, brute force", "test_one_patient, test_calibration"),
    Row("one patient, regression without a prior", "nof1.segmented_reml", "Python", lambda: (nof1.segmented_reml(SERIES, WEEKS, 0.0), one_patient()), "simulation", "test_one_patient"),
    Row("one patient, randomised start", "results_of.start_result", "Python", lambda: (results_of.start_result(nof1.randomised_start(SERIES, 6, range(3, 12))), one_patient()), "enumeration", "test_one_patient", "design-based: a p and no interval"),
    Row("single case: NAP, Tau, Tau-U, PND, PEM, PAND, IRD", "results_of.phases_result", "Python", lambda: (results_of.phases_result(single_case.compare_phases(SERIES[:6], SERIES[6:])), one_patient()), "R SingleCaseES, scan (307 cases)", "test_one_patient"),
    Row("several patients, each a series of one", "results_of.patients_result", "Python", several, "brute force, simulation-based calibration", "test_calibration"),
    Row("one patient, rough dates", "nof1_dates.dated_posterior", "Python", lambda: (f"P {nof1_dates.dated_posterior(SERIES, WEEKS - 0.2, WEEKS + 0.1, 0.15, PRIOR, draws=64).posterior.probability:.2f}", one_patient()), "simulation-based calibration", "test_calibration", "a posterior summary: probability, mean and SD of `SeriesPosterior`"),
    Row("one patient, tipping point", "nof1_dates.slope_tipping_point", "`analyse` (sensitivity)", lambda: (f"tips at {nof1_dates.slope_tipping_point(SERIES, WEEKS, 0.0, PRIOR, probability=0.95, farthest=2.0)}", one_patient()), "the answer itself at that course", "test_calibration, test_one_person", "one number: the course at which the answer turns"),
    Row("external controls: entropy balancing", "external_comparison.external_difference", "Python", lambda: weighted("entropy-balancing"), "R (Lalonde)", "test_external_controls"),
    Row("external controls: inverse probability", "external_comparison.external_difference", "Python", lambda: weighted("inverse-probability"), "R (Lalonde)", "test_external_controls"),
    Row("external controls: matching", "external_comparison.external_difference", "Python", lambda: weighted("matching"), "R MatchIt (Lalonde)", "test_external_controls"),
    Row("external controls: MAIC", "external_comparison.maic_difference", "Python", lambda: (external.maic_difference(Y, BASE[:, None], [0.2], 0.1, 0.2), values()), "R maicplus", "test_external_controls"),
    Row("external controls: g-computation", "external_controls.g_computation", "Python", lambda: (g_computation(Y, ARM, EXTERNAL[:, None], replicates=100), values()), "known effect by simulation", "test_external_controls"),
    Row("power prior", "borrowing.power_prior, results_of.share_result", "Python", lambda: borrowed(borrowing.power_prior(12, 60, 0.5)), "exact table", "test_external_controls, test_calibration"),
    Row("robust MAP prior", "borrowing.map_prior, results_of.share_result", "Python", lambda: borrowed(borrowing.map_prior([(5, 30), (8, 40)], 0.5).robust(0.2)), "exact table", "test_external_controls, test_calibration"),
    Row("commensurate prior", "borrowing.commensurate_prior, results_of.share_result", "Python", lambda: borrowed(borrowing.commensurate_prior(12, 60, 0.3)), "exact table", "test_external_controls, test_calibration"),
    Row("drift grid", "borrowing.drift_grid", "`analyse` (beside every single group)", drift, "simulated trials", "test_external_controls", "a grid of chances: no data"),
    *(Row(f"missing data: {name}", "imputation.reference_based", "`analyse` (sensitivity)", lambda s=s: missing(s), "by hand; ANCOVA where nothing is missing", "test_imputation, test_sensitivity") for name, s in (("at random", "mar"), ("copy reference", "cr"), ("jump to reference", "j2r"), ("copy increments", "cir"))),
    Row("missing data: tipping point", "imputation.tipping_point", "`analyse` (sensitivity)", tips, "the answer itself at that shift", "test_imputation, test_sensitivity", "one number: the shift at which the answer turns"),
    Row("fixed sequence", "multiplicity.fixed_sequence", "Python (`study final` goes by the gates of the estimands)", lambda: hypotheses(multiplicity.fixed_sequence(P)), "by hand", "test_one_patient", RULE),
    Row("graphical procedure (Bretz)", "multiplicity.graphical", "Python", lambda: hypotheses(multiplicity.graphical(P, [1.0, 0.0, 0.0], GRAPH)), "by hand", "test_one_patient", RULE),
    Row("group sequential: O'Brien–Fleming, Pocock, Wang–Tsiatis", "sequential.boundaries.shaped", "Python", lambda: looks(shaped(3, 0.025, "obrien-fleming")), "R rpact, Jennison and Turnbull", "test_designs", DESIGN),
    Row("group sequential: Lan–DeMets, Hwang–Shih–DeCani", "sequential.boundaries.spending", "`simulate`, `study`", lambda: looks(spending(3, 0.025, "hwang-shih-decani", gamma=-4.0)), "R rpact, East", "test_designs", DESIGN),
    Row("two endpoints at the same looks", "sequential.two_endpoints.hierarchical", "Python", lambda: (f"{hierarchical(shaped(2, 0.025, 'obrien-fleming'), shaped(2, 0.025, 'pocock'), 0.5, (3.0, 0.0))}", people.looks_picture("Limits of the second", shaped(2, 0.025, "pocock"))), "simulated paths", "test_two_endpoints", DESIGN),
    Row("conditional power, predictive power, re-estimation", "sequential.monitoring", "`study closed`", lambda: (f"conditional {conditional_power(shaped(2, 0.025, 'obrien-fleming'), 1, 1.5, None):.3f}, predictive {predictive_power(shaped(2, 0.025, 'obrien-fleming'), 1, 1.5, 0.0, 1.0):.3f}, zone {reestimate(1.5, 0.5, 1.96).zone}", "three numbers, which stand beside the look"), "R rpact, simulation", "test_designs", DESIGN),
    Row("Simon two-stage", "early_phase.simon", "Python", two_stages, "R clinfun, enumeration", "test_designs", DESIGN),
    Row("BOIN", "early_phase.boin", "`record` (steps of a dose)", dose_finding, "R BOIN", "test_designs", DESIGN),
    Row("3+3", "early_phase.three_plus_three", "Python", lambda: (f"chance of each dose {np.round(early_phase.three_plus_three([0.05, 0.2, 0.45]), 3)}", "chances of each dose, read as they are"), "simulation", "test_designs", DESIGN),
    Row("boundary of harm, beta-binomial", "early_phase.beta_binomial_stopping", "`simulate`, `study closed`", harm, "exact enumeration", "test_designs, test_boundary_of_harm", DESIGN),
    Row("exact binomial sequence", "early_phase.binomial_sequence", "Python", lambda: (f"{early_phase.binomial_sequence([10, 20], [1, 4], [6, 8], 0.3).upper}", "chances at each look, read as they are"), "East (tests of gsDesign)", "test_designs", DESIGN),
    Row("re-randomisation test", "trial.allocation.again.rerandomisation_test", "`allocation test`", lambda: (again.rerandomisation_test.__name__, "one p"), "enumeration", "test_allocation", "design-based: a p and no interval; called by `allocation test`"),
    Row("Fisher's exact test, exact power", "exact.fisher", "`headline`", lambda: (f"p {exact.fisher(12, 20, 6, 22).two_sided:.4f}", shares()), "SciPy", "test_exact", "a p; the difference has its own rows"),
    Row("rates of events, exact", "rates.compare_rates", "`headline`", lambda: (f"p {rates.compare_rates(12, 40.0, 22, 38.0, 0.3).two_sided:.4f}", "one p, beside the rates"), "simulation", "test_headline_rates", "a p of replayed studies"),
    Row("sizes of studies", "sample_size.people_for_means", "Python", lambda: (f"{sample_size.people_for_means(5.0, 10.0):.1f} people", "one number"), "R rpact", "test_designs", DESIGN),
    Row("interrupted series with seasons", "time_series.interrupted_series", "Python", lambda: (time_series.interrupted_series(np.tile(SERIES, 3), (np.arange(48) > 24)[:, None].astype(float), period=4, names=["step"]).result("step"), one_patient()), "R arima (seat belts)", "test_series_and_marginal"),
    Row("random-effects meta-analysis, REML + HKSJ, prediction interval", "synthesis.random_effects", "`page build`", lambda: (synthesis.random_effects(EFFECTS, ERRORS, display="exp").result, pictures.synthesis_picture("Death", list("ABCD"), EFFECTS, ERRORS, synthesis.random_effects(EFFECTS, ERRORS, display="exp"))), "R metafor", "test_one_patient"),
    Row("Bayesian normal hierarchy", "results_of.hierarchy_result", "Python", lambda: (results_of.hierarchy_result(synthesis.normal_hierarchy(EFFECTS, ERRORS, prior_sd=2.0, tau_scale=0.5)), picture_of(results_of.hierarchy_result(synthesis.normal_hierarchy(EFFECTS, ERRORS, prior_sd=2.0, tau_scale=0.5)))), "posteriordb (Stan)", "test_one_patient, test_calibration"),
    Row("Peto's odds ratio", "synthesis.peto", "Python", lambda: studies(synthesis.peto(EVENTS, OF, EVENTS_C, OF_C)), "R metafor", "test_one_patient"),
    Row("rare events: exact common odds ratio", "rare_events.exact_odds_ratio", "Python", lambda: studies(rare_events.exact_odds_ratio(EVENTS, OF, EVENTS_C, OF_C)), "R fisher.test, brute force", "test_rare_events"),
    Row("rare events: exact random effects", "rare_events.exact_random_effects", "Python", lambda: studies(rare_events.exact_random_effects(EVENTS, OF, EVENTS_C, OF_C)), "R metafor (CM.EL)", "test_rare_events"),
    Row("rare events: beta-binomial", "rare_events.beta_binomial", "Python", lambda: studies(rare_events.beta_binomial([*EVENTS, *EVENTS_C], [*OF, *OF_C], [True] * 4 + [False] * 4)), "SciPy", "test_rare_events"),
    Row("risk of bias", "risk_of_bias.bias_table", "Python", bias, "rules of RoB 2", "test_risk_of_bias", "judgements: nothing is estimated"),
    Row("repeated answers, generalised estimating equations", "marginal.estimating_equations", "Python", lambda: (marginal.estimating_equations(np.array(TABLE["y"]), np.repeat(ARM[:40], 3)[:, None].astype(float), np.array(TABLE["person"]), kind="gaussian", names=["arm"]).result("arm"), values()), "R geepack", "test_series_and_marginal"),
    Row("series of a place: change point", "time_series.change_point", "Python", lambda: (time_series.change_point(SERIES)[1], one_patient()), "R strucchange (the Nile)", "test_series_and_marginal"),
    Row("multi-state probabilities", "survival.competing.aalen_johansen", "Python", lambda: (f"{np.round(aalen_johansen(np.zeros(N), TIME, np.zeros(N, int), np.where(CAUSE > 0, CAUSE, -1), states=3, initial=[1.0, 0.0, 0.0]).at(8.0), 3)}", incidences()), "R survival", "test_survival_references", "errors are those of competing events only; a general multi-state model has none"),
]  # fmt: skip

HEAD = """# Every analysis, and what it returns

Written by `python scripts/write_analyses.py`, which calls each row on a small data set; a test calls them again and holds this page against what came. *Verb* is the command that uses
it, through this function or one beneath it (`analyse` and the like choose the analysis by the summary of the estimand); *Python* where only the library calls it. The seven columns are: estimate, interval, degrees of freedom (∞: the
reference distribution is normal or exact), diagnostics, words, picture, machine-readable record. Where a part is absent the last column says why.

| analysis | function (`proband.analysis.`) | verb | est. | int. | d.f. | diagn. | words | picture | record | checked by | tests | absent |
|---|---|---|---|---|---|---|---|---|---|---|---|---|
"""


def told(row: Row) -> tuple[list[str], AnalysisResult | str, AnyPicture | str]:
    """What a call gave, as seven columns."""
    result, picture = row.call()
    shown = picture if isinstance(picture, str) else picture.kind
    if isinstance(result, str):
        return ["", "", "", "", "yes", shown, ""], result, picture
    number = "yes" if math.isfinite(result.estimate) else ""
    interval = "yes" if not math.isnan(result.low) and not math.isnan(result.high) else ""
    df = f"{result.degrees_of_freedom:.0f}" if result.degrees_of_freedom is not None else "∞"
    return [number, interval, df, "yes" if result.diagnostics else "", "yes" if result.words else "", shown, "yes" if result.record() else ""], result, picture  # fmt: skip


def page() -> str:
    """The page, from the calls."""
    lines = []
    for row in ROWS:
        columns, _, _ = told(row)
        lines.append(f"| {row.name} | `{row.function}` | {row.verb} | {' | '.join(columns)} | {row.oracle} | {row.tests} | {row.absent} |")
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    (ROOT / "docs" / "analyses.md").write_text(page(), encoding="utf-8")
