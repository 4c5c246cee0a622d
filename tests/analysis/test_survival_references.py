"""Time to event against R's survival and cmprsk, SAS, and results by hand."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from proband.analysis.kaplan_meier import kaplan_meier
from proband.analysis.qualification.published import (
    AML_MAINTAINED,
    AML_RELAPSE,
    AML_WEEKS,
    OVARIAN_DAYS,
    OVARIAN_DEATH,
    OVARIAN_TREATMENT,
)
from proband.analysis.result import AnalysisError
from proband.analysis.survival.competing import (
    aalen_johansen,
    censoring_survival,
    cumulative_incidence,
    fine_gray,
    gray_test,
)
from proband.analysis.survival.cox import cox
from proband.analysis.survival.logrank import logrank, logrank_result
from proband.analysis.survival.rmst import restricted_mean, rmst_difference
from proband.analysis.win import Component, win_statistics

from .conftest import SHARED, Reference, read_table

SURVIVAL = "R survival 3.5-3"


@pytest.fixture(scope="module")
def liver() -> Path:
    folder = SHARED / "acceptance" / "04_liver"
    if not folder.is_dir():
        pytest.skip("acceptance data absent: time to event not compared")
    return folder


@pytest.fixture(scope="module")
def pbc(liver: Path) -> dict[str, Any]:
    numbers = ("time", "status", "trt", "age", "edema", "bili", "protime", "albumin")
    table = read_table(liver / "survival_pbc.csv", numbers)
    return {name: table[name] for name in numbers}


@pytest.fixture(scope="module")
def expected(liver: Path) -> dict[str, Any]:
    out: dict[str, Any] = json.loads((liver / "expected_answers.json").read_text(encoding="utf-8"))
    return out


@pytest.fixture(scope="module")
def statistics() -> Path:
    folder = SHARED / "acceptance" / "11_statistics"
    if not folder.is_dir():
        pytest.skip("acceptance data absent: published numbers not compared")
    return folder


def numbers(folder: Path, name: str) -> dict[str, Any]:
    out: dict[str, Any] = next(
        entry for entry in json.loads((folder / "anchors.json").read_text()) if entry["id"] == name
    )["numbers"]
    return out


def mayo(pbc: dict[str, Any], keep: Any) -> tuple[Any, Any, Any]:
    x = np.column_stack(
        [pbc["age"], pbc["edema"], np.log(pbc["bili"]), np.log(pbc["protime"]), np.log(pbc["albumin"])]
    )
    keep = keep & ~np.isnan(x).any(axis=1)
    return pbc["time"][keep], pbc["status"][keep] == 2, x[keep]


def test_cox_of_the_mayo_model(pbc: Any, anchors: Any, expected: Any) -> None:
    everybody = np.ones(len(pbc["time"]), bool)
    want = anchors["pbc_cox_efron"]
    fit = cox(*mayo(pbc, everybody))
    check = Reference("Cox model, Efron", SURVIVAL)
    check.equal("coefficients", fit.beta, want["coefficients"], within=1e-6)
    check.equal("standard errors", np.sqrt(np.diag(fit.covariance)), want["standard errors"], within=1e-6)
    check.equal("log partial likelihood", fit.loglik, want["log partial likelihood"], within=1e-6)
    check.equal("n, events", [fit.people, fit.events], want["n, events"])
    check.equal("concordance", fit.concordance, want["concordance"], within=1e-6)
    breslow = cox(*mayo(pbc, everybody), ties="breslow")
    want = anchors["pbc_cox_breslow"]
    check = Reference("Cox model, Breslow", SURVIVAL)
    check.equal("coefficients", breslow.beta, want["coefficients"], within=1e-6)
    check.equal("log partial likelihood", breslow.loglik, want["log partial likelihood"], within=1e-6)
    randomised = cox(*mayo(pbc, ~np.isnan(pbc["trt"])))
    given = expected["pbc_mayo_model_312"]
    order = ("age", "edema", "log(bili)", "log(protime)", "log(albumin)")
    check = Reference("Cox model, Efron", SURVIVAL)
    check.equal("312 randomised", randomised.beta, [given["coef"][name] for name in order], within=1e-6)


def test_one_covariate_and_its_direction(pbc: Any, expected: Any) -> None:
    keep = ~np.isnan(pbc["trt"])
    fit = cox(pbc["time"][keep], pbc["status"][keep] == 2, pbc["trt"][keep], names=["placebo"])
    got = fit.result("placebo")
    want = expected["pbc_dpca_hr_death"]
    check = Reference("Cox model, Efron", SURVIVAL)
    check.equal("hazard ratio, placebo against D-penicillamine", got.shown[0], want["hr"]["trt"], within=1e-6)
    check.equal(
        "its interval",
        got.shown[1:],
        [want["ci95"]["trt"][k] for k in ("lower .95", "upper .95")],
        within=1e-6,
    )
    check.equal("p", got.p, want["p"]["trt"], within=1e-6)
    assert got.words == "hazard ratio, placebo: 0.944 (95% interval 0.665 to 1.34); p = 0.75."


def test_time_dependent_covariates(liver: Path, pbc: Any, expected: Any) -> None:
    visits = read_table(liver / "survival_pbcseq.csv", ("id", "day", "bili", "protime"))
    rows = []
    for who in np.unique(visits["id"]):
        own = np.flatnonzero(visits["id"] == who)
        days = visits["day"][own]
        end, dead = pbc["time"][int(who) - 1], pbc["status"][int(who) - 1] == 2
        for at, row in enumerate(own):
            stop = days[at + 1] if at + 1 < len(own) else np.inf
            if days[at] < end:
                rows.append(
                    (
                        days[at],
                        min(stop, end),
                        dead and stop >= end,
                        visits["bili"][row],
                        visits["protime"][row],
                    )
                )
    start, stop, event, bili, protime = np.array(rows, dtype=float).T
    fit = cox(stop, event == 1, np.log(np.column_stack([bili, protime])), entry=start)
    want = expected["pbcseq_timedep"]["timedep"]
    check = Reference("Cox model, time-dependent covariates", SURVIVAL)
    check.equal("intervals, deaths", [fit.people, fit.events], [want["n"], want["nevent"]])
    check.equal("coefficients", fit.beta, list(want["coef"].values()), within=1e-6)
    check.equal("standard errors", np.sqrt(np.diag(fit.covariance)), list(want["se"].values()), within=1e-6)


def test_cox_by_hand() -> None:
    """Therneau and Grambsch, appendix E.1: β̂ = log(1.5 + √33/2), first Newton step 8/5 from zero."""
    time, status = np.array([9, 1, 1, 6, 6, 8.0]), np.array([1, 1, 0, 1, 1, 0], bool)
    x = np.array([0, 1, 1, 1, 0, 0.0])
    fit = cox(time, status, x, ties="breslow")
    check = Reference("Cox model, Breslow", "by hand (Therneau and Grambsch 2000)")
    check.equal("coefficient", fit.beta[0], np.log(1.5 + np.sqrt(33) / 2), within=1e-8)
    check.equal(
        "baseline hazard at β̂", fit.baseline[0][1][0], 1 / (3 * np.exp(fit.beta[0]) + 3), within=1e-12
    )


def test_logrank(pbc: Any, anchors: Any, expected: Any) -> None:
    keep = ~np.isnan(pbc["trt"])
    time, dead, trt = pbc["time"][keep], pbc["status"][keep] == 2, pbc["trt"][keep]
    check = Reference("log-rank test", SURVIVAL)
    test, want = logrank(time, dead, trt), anchors["pbc_logrank"]
    check.equal("pbc: chi-squared", test.statistic, want["chi-squared"], within=1e-8)
    check.equal("pbc: observed", test.observed, want["observed"])
    check.equal("pbc: expected", test.expected, want["expected"], within=1e-8)
    check.equal("pbc: p", test.p, expected["pbc_logrank_trt"]["p"], within=1e-8)
    check.equal(
        "pbc, oedema",
        logrank(pbc["time"], pbc["status"] == 2, pbc["edema"] > 0).statistic,
        62.33204,
        within=1e-4,
    )
    peto = logrank(time, dead, trt, weight="peto-peto")
    Reference("weighted log-rank test, ρ = 1", SURVIVAL).equal("pbc", peto.statistic, 0.024327, within=1e-6)
    ovarian = logrank(OVARIAN_DAYS, OVARIAN_DEATH, OVARIAN_TREATMENT)
    check.equal("ovarian", ovarian.statistic, anchors["ovarian_logrank"]["chi-squared"], within=1e-8)
    assert np.exp(logrank_result(test).estimate) == pytest.approx(
        np.exp(cox(time, dead, trt).beta[0]), abs=5e-3
    )
    said, wider = logrank_result(test), logrank_result(test, confidence=0.99)
    assert (said.statistic, said.p) == pytest.approx((test.z, test.p), abs=1e-12)
    assert (wider.high - wider.estimate) / (said.high - said.estimate) == pytest.approx(2.575829 / 1.959964)
    assert wider.confidence == 0.99


def test_lung(anchors: Any, statistics: Path) -> None:
    lung = read_table(
        statistics / "CAMIS_lung_cancer.csv", ("time", "status", "age", "sex", "ph.ecog", "trt01pn")
    )
    want = anchors["lung_logrank"]
    test = logrank(lung["time"], lung["status"] == 2, lung["sex"])
    check = Reference("log-rank test", SURVIVAL)
    check.equal("lung: chi-squared", test.statistic, want["chi-squared"], within=1e-8)
    check.equal("lung: observed", test.observed, want["observed"])
    check.equal("lung: expected", test.expected, want["expected"], within=1e-8)
    keep = ~np.isnan(lung["ph.ecog"])
    x = np.column_stack([lung["age"], lung["sex"], lung["ph.ecog"]])[keep]
    fit, want = cox(lung["time"][keep], lung["status"][keep] == 2, x), anchors["lung_cox"]
    check = Reference("Cox model, Efron", SURVIVAL)
    check.equal("lung: coefficients", fit.beta, want["coefficients"], within=1e-6)
    check.equal("lung: SE", np.sqrt(np.diag(fit.covariance)), want["standard errors"], within=1e-6)
    check.equal("lung: log partial likelihood", fit.loglik, want["log partial likelihood"], within=1e-6)


def test_kaplan_meier_of_leukaemia(anchors: Any) -> None:
    want = anchors["aml_kaplan_meier"]
    check = Reference("Kaplan–Meier", SURVIVAL)
    for name, code in (("Maintained", 1), ("Nonmaintained", 0)):
        own = code == AML_MAINTAINED
        curve = kaplan_meier(AML_WEEKS[own], AML_RELAPSE[own])
        at = np.searchsorted(curve.times, (13, 23), side="right") - 1
        check.equal(f"S(t), {name}", curve.share[at], want[f"S(t): {name}"], within=1e-8)
        check.equal(f"SE, {name}", curve.standard_error[at], want[f"SE of S(t): {name}"], within=1e-8)


def test_restricted_mean(pbc: Any, expected: Any) -> None:
    check = Reference("restricted mean survival", SURVIVAL)
    for arm in (1, 2):
        own = pbc["trt"] == arm
        got = restricted_mean(pbc["time"][own], pbc["status"][own] == 2, 3650)
        want = expected["pbc_rmst_3650"][f"trt{arm}"]
        check.equal(f"arm {arm}: mean", got.mean, want["rmean"], within=1e-4)
        check.equal(f"arm {arm}: SE", got.standard_error, want["se(rmean)"], within=1e-4)
    keep = ~np.isnan(pbc["trt"])
    gap = rmst_difference(pbc["time"][keep], pbc["status"][keep] == 2, pbc["trt"][keep] == 1, 3650, unit="d")
    assert gap.estimate == pytest.approx(2609.1946922 - 2659.1238931, abs=1e-4)
    with pytest.raises(AnalysisError, match="not known"):
        restricted_mean([1.0, 2.0, 3.0], [1, 1, 0], 4.0)


def test_restricted_mean_up_to_350_days_of_lung_cancer(statistics: Path) -> None:
    want = numbers(statistics, "rmst_auc")
    lung = read_table(statistics / "CAMIS_lung_cancer.csv", ("time", "status", "trt01pn"))
    arms = [
        restricted_mean(lung["time"][own], lung["status"][own] == 2, 350.0)
        for own in (lung["trt01pn"] == 1, lung["trt01pn"] == 2)
    ]
    got = [arms[0].mean, arms[1].mean, arms[0].mean - arms[1].mean]
    Reference("restricted mean survival", "SAS (PSIAIMS/CAMIS)").equal(
        "lung, 350 days", got, [want["trt1"], want["trt2"], want["diff"]], within=1e-4
    )


def test_competing_events(pbc: Any, anchors: Any, expected: Any) -> None:
    states = cumulative_incidence(pbc["time"], pbc["status"])
    check = Reference("Aalen–Johansen", SURVIVAL)
    multi = aalen_johansen(
        np.zeros(len(pbc["time"])),
        pbc["time"],
        np.zeros(len(pbc["time"])),
        np.where(pbc["status"] == 0, -1, pbc["status"]),
        states=3,
        initial=[1, 0, 0],
    )
    for days in (1000, 2000, 3000):
        want = anchors["pbc_aalen_johansen"][f"state probabilities at {days} days"]
        check.equal(f"pbc at {days} days", states.at(days), want, within=1e-8)
        check.equal(f"pbc at {days} days, multi-state", multi.at(days), want, within=1e-8)
    keep = ~np.isnan(pbc["trt"])
    time, status, trt = pbc["time"][keep], pbc["status"][keep], pbc["trt"][keep]
    arms = cumulative_incidence(time, status)
    want = expected["pbc_cuminc"]
    for at, days in enumerate(want["time"]):
        check.equal(f"312 randomised at {days} days", arms.at(days), want["pstate"][at], within=1e-8)
        row = int(np.searchsorted(arms.times, days, side="right")) - 1
        # R's errors are infinitesimal-jackknife, ours Aalen's
        check.equal(f"their SE at {days} days", arms.standard_error[row], want["se"][at], relative=0.02)
    check = Reference("Gray's test", "R cmprsk")
    for cause in (1, 2):
        test, want = gray_test(time, status, trt, of=cause), expected["pbc_gray_test"][cause - 1]
        check.equal(f"pbc, cause {cause}", [test.statistic, test.p], [want["stat"], want["pv"]], within=1e-8)
    check = Reference("Fine and Gray's model", "R cmprsk")
    for name, cause in (("death", 2), ("transplant", 1)):
        fit = fine_gray(time, status, np.column_stack([pbc["age"][keep], trt]), of=cause)
        want = expected[f"pbc_finegray_{name}"]
        check.equal(f"pbc, {name}: coefficients", fit.beta, list(want["coef"].values()), within=1e-4)
        check.equal(f"pbc, {name}: SE", np.sqrt(np.diag(fit.covariance)), want["se"], within=1e-4)


#: five groups of ties, three groups of people; Gray's test of cmprsk 2.2-11 on sampled data, for the correction of ties
def test_gray_with_ties_and_three_groups() -> None:
    rng = np.random.default_rng(0)
    time, cause, group = rng.integers(1, 12, 90).astype(float), rng.integers(0, 3, 90), rng.integers(0, 3, 90)
    test = gray_test(time, cause, group)
    assert test.degrees_of_freedom == 2
    assert abs(test.score.sum()) < 1e-10
    np.testing.assert_allclose(test.covariance.sum(axis=0), 0, atol=1e-10)
    # without a competing event it is the log-rank test
    alone = np.where(cause == 2, 0, cause)
    untied = time + rng.random(90) * 1e-3
    assert gray_test(untied, alone, group).statistic == pytest.approx(
        logrank(untied, alone == 1, group).statistic, rel=0.05
    )


def test_fine_gray_weights_are_fractions(statistics: Path) -> None:
    want = numbers(statistics, "fine_gray_weights")
    time = np.array([1, 2, 3, 4, 4, 4, 5, 5, 6, 8, 8, 9, 10, 12], dtype=float)
    status = np.array([1, 2, 0, 1, 0, 0, 2, 1, 0, 0, 2, 0, 1, 0])
    steps = [float(Fraction(f)) for f in want["censor_cumprod"]]
    got = censoring_survival(time, status == 0, np.array([3.0, 4.0, 5.0, 8.0, 9.0, 12.0]))
    Reference("Fine and Gray's weights", "R survival, as fractions").equal(
        "censoring survival", got, np.cumprod(steps[: len(got)]), within=1e-12
    )


def test_cause_specific_and_stratified(statistics: Path) -> None:
    bmt = read_table(statistics / "CAMIS_bmt.csv", ("Group", "T", "Status", "WaitTime"))
    want = numbers(statistics, "bmt_cause_specific")
    x = np.column_stack([bmt["Group"] == 2, bmt["Group"] == 3]).astype(float)
    check = Reference("Cox model, cause-specific, stratified, Breslow", "R survival and SAS (PSIAIMS/CAMIS)")
    for cause, name in ((1, "relapse"), (2, "death")):
        fit = cox(bmt["T"], bmt["Status"] == cause, x, strata=bmt["WaitTime"] > 200, ties="breslow")
        got = np.column_stack([fit.beta, np.sqrt(np.diag(fit.covariance))])
        check.equal(name, got, [want[name]["low"], want[name]["high"]], within=1e-4)


def test_win_statistics_of_a_published_hierarchy(statistics: Path) -> None:
    table = read_table(statistics / "hce_HCE3.csv", ("AVAL",))
    want = numbers(statistics, "hce3_win_odds")
    got = win_statistics([Component("value", table["AVAL"])], [arm == "A" for arm in table["TRTP"]])
    check = Reference("win statistics", "R hce 0.9.4")
    check.equal(
        "wins, losses, ties", [got.wins, got.losses, got.ties], [want[k] for k in ("win", "loss", "tie")]
    )
    check.equal("win odds", [*got.win_odds.shown, got.win_odds.standard_error], want["WO"], within=1e-6)
    probability = got.win_probability
    check.equal(
        "win probability",
        [probability.estimate, probability.low, probability.high, probability.standard_error],
        want["WP"],
        within=1e-6,
    )
    check.equal("win ratio", got.win_ratio.shown, want["WR"], within=1e-6)
    check.equal("net benefit", got.net_benefit.shown, want["NB"], within=1e-6)


def test_the_order_of_components_decides() -> None:
    """Two people: the treated one died later, but had more relapses and a worse score."""
    death = Component("time", np.array([9.0, 5.0, 9.0, 5.0]), np.array([True] * 4))
    relapses = Component("count", np.full(4, 5.0), event_times=[[1, 2], [1], [1, 2], [1]])
    value = Component("value", np.array([1.0, 2.0, 1.0, 2.0]))
    arm = [1, 0, 1, 0]
    assert win_statistics([death, relapses, value], arm).wins == 4
    assert win_statistics([relapses, death, value], arm).losses == 4
    assert win_statistics([value, death], arm).losses == 4
    late = Component("count", np.full(4, 5.0), event_times=[[4.5], [1], [4.5], [1]])
    assert win_statistics([late], arm).wins == 4  # as many, but later
    censored = Component("time", np.array([9.0, 5.0, 9.0, 5.0]), np.array([True, False, True, False]))
    assert win_statistics([censored], arm).ties == 4  # nothing is known beyond the control's last visit


def test_refusals() -> None:
    with pytest.raises(AnalysisError, match="nobody had the event"):
        cox([1.0, 2.0], [0, 0], [0.0, 1.0])
    with pytest.raises(AnalysisError, match="tells all events"):
        cox([1.0, 2.0, 3.0, 4.0], [1, 1, 0, 0], [1.0, 1.0, 0.0, 0.0])
    with pytest.raises(AnalysisError, match="1 groups"):
        logrank([1.0, 2.0], [1, 1], [0, 0])
