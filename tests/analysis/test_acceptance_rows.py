"""The rows of the acceptance tables that no other test reads, found by following which of their numbers the tests looked at.

Not compared, and why: bounds of curves on the scale log S (ours are on log(-log S), which stay between 0 and 1), with the bounds of medians that follow from them; `pbc2_lme_logbili`
(its data are those of another package); derived columns (t values, and names, calls and counts of rows).
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import nct, norm, t

from proband.analysis.kaplan_meier import kaplan_meier
from proband.analysis.mmrm.model import RepeatedMeasuresModel, fit_mmrm
from proband.analysis.sequential.boundaries import spending
from proband.analysis.survival.competing import cumulative_incidence, fine_gray, gray_test
from proband.analysis.survival.cox import cox
from proband.analysis.survival.logrank import logrank
from proband.analysis.survival.rmst import restricted_mean

from .conftest import SHARED, Reference, read_table
from .test_mmrm_references import FULL, SIMPLE

PLACE = SHARED / "acceptance"
LIVER, LONG = PLACE / "04_liver", PLACE / "05_longitudinal_design"
SURVIVAL = "R survival 3.5-3"
pytestmark = pytest.mark.skipif(not LIVER.is_dir(), reason="acceptance data absent: its other rows not compared")  # fmt: skip


@pytest.fixture(scope="module")
def pbc() -> dict[str, Any]:
    names = ("time", "status", "trt", "age", "edema", "bili", "protime", "albumin")
    table = read_table(LIVER / "survival_pbc.csv", names)
    return {name: table[name] for name in names}


@pytest.fixture(scope="module")
def liver() -> dict[str, Any]:
    out: dict[str, Any] = json.loads((LIVER / "expected_answers.json").read_text(encoding="utf-8"))
    return out


@pytest.fixture(scope="module")
def models() -> dict[str, Any]:
    out: dict[str, Any] = json.loads((LONG / "expected_answers.json").read_text(encoding="utf-8"))
    return out


@pytest.mark.parametrize(("name", "ties", "randomised"), [("pbc_mayo_model_418", "efron", False), ("pbc_mayo_model_418_breslow", "breslow", False), ("pbc_mayo_model_312", "efron", True)])  # fmt: skip
def test_the_mayo_model_whole(name: str, ties: str, randomised: bool, pbc: Any, liver: Any) -> None:
    order = ("age", "edema", "log(bili)", "log(albumin)", "log(protime)")
    x = np.column_stack([pbc["age"], pbc["edema"], *(np.log(pbc[v]) for v in ("bili", "albumin", "protime"))])
    keep = ~np.isnan(x).any(axis=1) & (~np.isnan(pbc["trt"]) if randomised else True)
    fit, want = cox(pbc["time"][keep], pbc["status"][keep] == 2, x[keep], names=order, ties=ties), liver[name]
    check = Reference(f"Cox model, {ties.capitalize()}", SURVIVAL)
    found = [fit.result(each) for each in order]
    check.equal(f"{name}: coefficients", fit.beta, [want["coef"][v] for v in order], within=1e-6)
    check.equal(f"{name}: errors", [r.standard_error for r in found], [want["se"][v] for v in order], within=1e-6)  # fmt: skip
    check.equal(f"{name}: ratios", [r.shown[0] for r in found], [want["hr"][v] for v in order], relative=1e-6)
    ends = [[want["ci95"][v][k] for k in ("lower .95", "upper .95")] for v in order]
    check.equal(f"{name}: intervals", [r.shown[1:] for r in found], ends, relative=1e-6)
    check.equal(f"{name}: p", [r.p for r in found], [want["p"][v] for v in order], relative=1e-5)
    check.equal(f"{name}: log-likelihoods", fit.loglik, want["loglik"], within=1e-6)
    assert (fit.people, fit.events) == (want["n"], want["nevent"])


def test_curves_tests_and_counts_of_the_liver_trial(pbc: Any, liver: Any) -> None:
    keep = ~np.isnan(pbc["trt"])
    time, status, arm = pbc["time"][keep], pbc["status"][keep], pbc["trt"][keep]
    counts = liver["pbc_trial_n"]
    assert (len(time), int((status == 1).sum())) == (counts["n"], counts["transplants"])
    assert [int((arm == a).sum()) for a in (1, 2)] == [counts["arm"][str(a)] for a in (1, 2)]
    assert [int(((arm == a) & (status == 2)).sum()) for a in (1, 2)] == [counts["deaths"][str(a)] for a in (1, 2)]  # fmt: skip
    plain = logrank(time, status == 2, arm)
    check, want = Reference("log-rank test", SURVIVAL), liver["pbc_logrank_trt"]
    check.equal("pbc: chi-squared, observed, expected", [plain.statistic, *plain.observed, *plain.expected], [want["chisq"], *want["obs"], *want["exp"]], within=1e-6)  # fmt: skip
    everybody = logrank(pbc["time"], pbc["status"] == 2, pbc["edema"] > 0).statistic
    check.equal("pbc: oedema", everybody, liver["pbc_logrank_edema"]["chisq"], within=1e-6)
    weighted = logrank(time, status == 2, arm, weight="peto-peto").statistic
    Reference("weighted log-rank test", SURVIVAL).equal("pbc: Peto and Peto", weighted, liver["pbc_peto_trt"]["chisq"], within=1e-6)  # fmt: skip
    want, check = liver["pbc_km_by_trt"], Reference("Kaplan–Meier", SURVIVAL)
    for at, day in enumerate(want["time"]):
        own = arm == int(want["strata"][at][-1])
        curve = kaplan_meier(time[own], status[own] == 2)
        last = int(np.searchsorted(curve.times, day, side="right")) - 1
        assert curve.at_risk_at(day) == want["n.risk"][at]
        check.equal(f"pbc, {want['strata'][at]}, {day}", [curve.share[last], curve.standard_error[last]], [want["surv"][at], want["se"][at]], within=1e-8)  # fmt: skip
    either = kaplan_meier(pbc["time"], pbc["status"] > 0)
    want = liver["pbc_median_death_or_tx"]["median"]
    mean = restricted_mean(pbc["time"], pbc["status"] > 0, float(pbc["time"].max()))
    assert (either.people, int(either.events.sum()), either.quantile(0.5)) == (want["records"], want["events"], want["median"])  # fmt: skip
    Reference("restricted mean survival", SURVIVAL).equal("pbc: to the last day", [mean.mean, mean.standard_error], [want["rmean"], want["se(rmean)"]], relative=1e-8)  # fmt: skip
    for a in (1, 2):
        want = liver["pbc_rmst_3650"][f"trt{a}"]
        own = arm == a
        mean, curve = restricted_mean(time[own], status[own] == 2, 3650.0), kaplan_meier(time[own], status[own] == 2)  # fmt: skip
        assert (curve.people, int(curve.events.sum()), curve.quantile(0.5)) == (want["records"], want["events"], want["median"])  # fmt: skip
        Reference("restricted mean survival", SURVIVAL).equal(f"pbc, arm {a}", [mean.mean, mean.standard_error], [want["rmean"], want["se(rmean)"]], relative=1e-8)  # fmt: skip


def test_competing_events_of_the_liver_trial(pbc: Any, liver: Any) -> None:
    keep = ~np.isnan(pbc["trt"])
    time, cause, arm = pbc["time"], pbc["status"].astype(int), pbc["trt"]
    want = liver["pbc_cuminc"]
    for who in (keep, np.ones(len(time), bool)):
        found = cumulative_incidence(time[who], cause[who], 2)
        if abs(found.at(want["time"][0])[0] - want["pstate"][0][0]) < 1e-6:
            break
    rows = [int(np.searchsorted(found.times, day, side="right")) - 1 for day in want["time"]]
    Reference("Aalen–Johansen", SURVIVAL).equal("pbc: states", found.probability[rows], want["pstate"], within=1e-8)  # fmt: skip
    gray = {of: gray_test(time[keep], cause[keep], arm[keep], of=of) for of in (1, 2)}
    got = [[gray[of].statistic, gray[of].p, gray[of].degrees_of_freedom] for of in (1, 2)]
    there = [[row["stat"], row["pv"], row["df"]] for row in liver["pbc_gray_test"]]
    Reference("Gray's test", "R cmprsk").equal("pbc: both causes", got, there, within=1e-5)
    x = np.column_stack([pbc["age"], arm])[keep]
    for of, name in ((2, "pbc_finegray_death"), (1, "pbc_finegray_transplant")):
        fit, want = fine_gray(time[keep], cause[keep], x, of=of, names=["age", "trt"]), liver[name]
        check = Reference("Fine and Gray's model", "R cmprsk")
        # cmprsk stops where its gradient is small, ours where the step is
        check.equal(name, fit.beta, [want["coef"][v] for v in fit.names], within=1e-5)
        check.equal(f"{name}: errors", np.sqrt(np.diag(fit.covariance)), want["se"], within=1e-4)


def test_a_random_intercept_is_compound_symmetry(liver: Any) -> None:
    want = liver["pbcseq_lme_ri"]
    with (LIVER / "survival_pbcseq.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if any(row["trt"] in ("", "NA") for row in rows):
        rows = [row for row in rows if row["trt"] not in ("", "NA")]
    seen: dict[str, int] = {}
    visit = []
    for row in rows:
        seen[row["id"]] = seen.get(row["id"], 0) + 1
        visit.append(f"v{seen[row['id']]:02d}")
    table = {
        "who": [row["id"] for row in rows], "visit": visit, "y": np.log([float(row["bili"]) for row in rows]),
        "day": np.array([float(row["day"]) for row in rows]), "trt": np.array([float(row["trt"]) for row in rows]),
    }  # fmt: skip
    model = RepeatedMeasuresModel("y", "who", "visit", ("day", "trt", "day:trt"))
    fit = fit_mmrm(table, model, covariance="cs", inference="satterthwaite")
    found = [fit.coefficient(name) for name in fit.names]
    check = Reference("linear mixed model, random intercept", "nlme 3.1-162 (lme)")
    check.equal("log-likelihood", -fit.minus_two_loglik / 2, want["logLik"], within=1e-4)
    check.equal("fixed effects", [r.estimate for r in found], list(want["fixed"].values()), relative=1e-3)
    check.equal("errors", [r.standard_error for r in found], list(want["se"].values()), relative=1e-3)
    sigma = np.sqrt(fit.covariance[0, 0] - fit.covariance[0, 1])
    check.equal("residual SD", sigma, want["sigma"], relative=1e-4)


SHORT = {"KR": "kenward-roger-mmrm", "KRlinear": "kenward-roger-linear"}


@pytest.mark.parametrize("structure", ["us", "ar1", "ar1h", "cs", "csh", "toep", "toeph", "adh"])
def test_the_simple_models_of_mmrm(structure: str, models: Any) -> None:
    fev = read_table(LONG / "mmrm_fev_data.csv", ("FEV1", "FEV1_BL", "WEIGHT", "VISITN"))
    for short, inference in SHORT.items():
        want = models[f"fev_simple_{structure}_{short}_REML"]
        held(fit_mmrm(fev, SIMPLE, covariance=structure, inference=inference), want, f"{structure}, {short}")


def test_the_full_model_in_its_linear_form_and_by_nlme(models: Any) -> None:
    fev = read_table(LONG / "mmrm_fev_data.csv", ("FEV1", "FEV1_BL", "WEIGHT", "VISITN"))
    fit, want = fit_mmrm(fev, FULL), models["fev_us_KRlinear_REML"]
    held(fit, want, "us, KRlinear, full")
    gaps = [fit.difference("ARMCD", "TRT", "PBO", {"AVISIT": row["AVISIT"]}) for row in want["lsm_diff"]]
    got = [[g.estimate, g.standard_error, g.statistic, g.p] for g in gaps]
    there = [[row[k] for k in ("estimate", "SE", "t.ratio", "p.value")] for row in want["lsm_diff"]]
    Reference("MMRM, us, KRlinear, full", "mmrm 0.3.18").equal("differences of means", got, there, within=1e-3)  # fmt: skip
    plain, want = fit_mmrm(fev, FULL, inference="satterthwaite"), models["fev_us_nlme_gls"]
    check = Reference("MMRM, unstructured", "nlme 3.1-162 (gls)")
    rows = [plain.coefficient(name) for name in want["coef"]]
    check.equal("coefficients", [r.estimate for r in rows], list(want["coef"].values()), within=1e-2)
    check.equal("errors", [r.standard_error for r in rows], list(want["se"].values()), within=1e-2)
    assert -plain.minus_two_loglik / 2 >= want["loglik"] - 1e-6, "the optimum is at least as high"


def test_every_covariance_of_mmrm(models: Any) -> None:
    """The covariance matrix of every model that was fitted, the restricted and the full likelihood apart."""
    fev = read_table(LONG / "mmrm_fev_data.csv", ("FEV1", "FEV1_BL", "WEIGHT", "VISITN"))
    for structure in ("us", "toeph", "ar1", "csh", "adh"):
        for likelihood in ("REML", "ML"):
            want = models.get(f"fev_{structure}_Satterthwaite_{likelihood}")
            if want is not None:
                fit = fit_mmrm(fev, FULL, covariance=structure, inference="satterthwaite", reml=likelihood == "REML")  # fmt: skip
                check = Reference(f"MMRM, {structure}, covariance, {likelihood}", "mmrm 0.3.18")
                check.equal("covariance", fit.covariance, want["cov"], within=0.05)
                # mmrm stops early: its likelihood is never higher than ours
                assert -fit.minus_two_loglik / 2 >= want["loglik"] - 1e-6


def held(fit: Any, want: Any, name: str) -> None:
    check = Reference(f"MMRM, {name}", "mmrm 0.3.18")
    rows = [fit.coefficient(each) for each in want["coef"]]
    for field, of in (("Estimate", "estimate"), ("Std. Error", "standard_error")):
        check.equal(field, [getattr(r, of) for r in rows], [v[field] for v in want["coef"].values()], within=1e-3)  # fmt: skip
    check.equal("df", [r.degrees_of_freedom for r in rows], [v["df"] for v in want["coef"].values()], within=0.1)  # fmt: skip
    check.equal("p", [r.p for r in rows], [v["Pr(>|t|)"] for v in want["coef"].values()], within=1.5e-4)
    check.equal("AIC, BIC", [fit.aic, fit.bic], [want["aic"], want["bic"]], within=0.01)
    check.at_most("deviance", fit.minus_two_loglik, want["deviance"], slack=1e-6)
    check.equal("covariance", fit.covariance, want["cov"], within=0.05)


def test_the_power_of_rpact() -> None:
    want = json.loads((Path(LONG) / "design_reference_tables.json").read_text(encoding="utf-8"))["power_rpact"]["means"]  # fmt: skip
    design = spending(3, 0.025, "obrien-fleming")
    # 150 people at the end, SD 10. Its power is by t: the drift is the one at which a design without looks has by z the power that it has by t
    size, error = 150, 10 * np.sqrt(4 / 150)
    got = []
    for effect in (0, 2, 4):
        by_t = nct.cdf(t.ppf(0.975, size - 2), size - 2, effect / error) if effect else 0.975
        got.append(float(design.at(norm.ppf(0.975) - norm.ppf(by_t)).upper.sum()))
    Reference("group-sequential power", "rpact 4.5.0").equal("means, by t", got, want["overallReject"], within=1e-7)  # fmt: skip
