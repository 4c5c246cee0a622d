"""MMRM against SAS, mmrm, nlme and lme4: every reference number that lies beside the checkout."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from proband.analysis.mmrm import RepeatedMeasuresModel, fit_ladder, fit_mmrm
from proband.analysis.qualification.mixed import orthodont
from proband.analysis.result import AnalysisError

from .conftest import SHARED, Reference, read_table

LEVELS = {
    "RACE": ("Asian", "Black or African American", "White"),
    "SEX": ("Male", "Female"),
    "ARMCD": ("PBO", "TRT"),
    "AVISIT": ("VIS1", "VIS2", "VIS3", "VIS4"),
}
STRUCTURES = ("us", "toeph", "toep", "ar1h", "ar1", "csh", "cs", "adh", "ad")


def model(*terms: str, **more: Any) -> RepeatedMeasuresModel:
    return RepeatedMeasuresModel("FEV1", "USUBJID", "AVISIT", terms, LEVELS, **more)


FULL = model("RACE", "SEX", "ARMCD", "AVISIT", "ARMCD:AVISIT")
SIMPLE = model("ARMCD")


@pytest.fixture(scope="module")
def folder(request: pytest.FixtureRequest) -> Path:
    path = SHARED / "acceptance" / "05_longitudinal_design"
    if not path.is_dir():
        pytest.skip("acceptance data absent: MMRM not compared")
    return path


@pytest.fixture(scope="module")
def fev(folder: Path) -> dict[str, Any]:
    return read_table(folder / "mmrm_fev_data.csv", ("FEV1", "FEV1_BL", "WEIGHT", "VISITN"))


@pytest.fixture(scope="module")
def expected(folder: Path) -> dict[str, Any]:
    out: dict[str, Any] = json.loads((folder / "expected_answers.json").read_text(encoding="utf-8"))
    return out


def test_the_optimum_is_that_of_the_prototype_and_no_lower_than_sas(fev: Any, anchors: Any) -> None:
    fit = fit_mmrm(fev, SIMPLE)
    effect = fit.difference("ARMCD", "TRT", "PBO")
    sas, best = anchors["fev_simple_us_kr_sas"], anchors["fev_simple_us_kr_optimum"]
    check = Reference("MMRM, unstructured, Kenward–Roger linear", "SAS PROC MIXED")
    check.equal("FEV1 ~ ARMCD: estimate", effect.estimate, sas["estimate"], relative=1e-5)
    check.equal(
        "FEV1 ~ ARMCD: standard error",
        effect.standard_error,
        sas["standard error (Kenward-Roger)"],
        relative=2e-4,
    )
    check.equal("FEV1 ~ ARMCD: df", effect.degrees_of_freedom, sas["degrees of freedom"], relative=5e-4)
    check = Reference("MMRM, unstructured, Kenward–Roger linear", "prototype at its optimum")
    check.equal("estimate", effect.estimate, best["estimate"], relative=1e-6)
    check.equal("SE", effect.standard_error, best["standard error (Kenward-Roger, linear)"], relative=1e-6)
    check.equal("df", effect.degrees_of_freedom, best["degrees of freedom"], relative=1e-6)
    check.equal("Σ", fit.covariance, best["Sigma"], relative=1e-5)
    check.at_most("−2 REML log-likelihood", fit.minus_two_loglik, best["-2 REML log-likelihood"], slack=1e-6)
    plain = fit_mmrm(fev, SIMPLE, inference="satterthwaite").difference("ARMCD", "TRT", "PBO")
    check.equal("SE, unadjusted", plain.standard_error, best["standard error (unadjusted)"], relative=1e-6)


def test_arm_by_visit_in_the_full_model(fev: Any, anchors: Any) -> None:
    fit, plain = fit_mmrm(fev, FULL), fit_mmrm(fev, FULL, inference="satterthwaite")
    best, sas = anchors["fev_full_us_optimum"], anchors["fev_full_us_sas"]
    check = Reference("MMRM, unstructured", "prototype at its optimum")
    check.at_most("−2 REML log-likelihood", fit.minus_two_loglik, best["-2 REML log-likelihood"], slack=1e-6)
    for visit in LEVELS["AVISIT"]:
        here, bare = (f.difference("ARMCD", "TRT", "PBO", {"AVISIT": visit}) for f in (fit, plain))
        check.equal(
            f"TRT − PBO at {visit}",
            [here.estimate, bare.standard_error, here.degrees_of_freedom, here.standard_error],
            best[f"TRT - PBO at {visit}"],
            relative=1e-6,
        )
    check = Reference("MMRM, unstructured, Satterthwaite", "SAS PROC MIXED (listing)")
    check.at_most("−2 REML log-likelihood", fit.minus_two_loglik, sas["-2 REML log-likelihood"], slack=2.3e-5)
    last = plain.difference("ARMCD", "TRT", "PBO", {"AVISIT": "VIS4"})
    check.equal(
        "TRT − PBO at VIS4",
        [last.estimate, last.standard_error],
        sas["TRT - PBO at VIS4: estimate, SE"],
        within=1e-3,
    )
    check.equal("df at VIS4", last.degrees_of_freedom, sas["TRT - PBO at VIS4: df"], within=1)
    linear = anchors["fev_full_us_mmrm_krlinear"]
    check = Reference("MMRM, unstructured, Kenward–Roger linear", "mmrm 0.3.18")
    check.equal(
        "ARMCDTRT: SE", fit.coefficient("ARMCDTRT").standard_error, linear["standard error"], relative=1e-4
    )
    check.equal(
        "ARMCDTRT: df",
        fit.coefficient("ARMCDTRT").degrees_of_freedom,
        linear["degrees of freedom"],
        relative=1e-3,
    )


METHODS = {"Satterthwaite": "satterthwaite", "Kenward-Roger": "kenward-roger-mmrm"}


@pytest.mark.parametrize("structure", STRUCTURES)
def test_every_fit_of_mmrm(structure: str, fev: Any, expected: Any) -> None:
    for name, inference in METHODS.items():
        for likelihood in ("REML", "ML"):
            want = expected.get(f"fev_{structure}_{name}_{likelihood}")
            if want is None:
                continue
            fit = fit_mmrm(fev, FULL, covariance=structure, inference=inference, reml=likelihood == "REML")
            check = Reference(f"MMRM, {structure}, {name}, {likelihood}", "mmrm 0.3.18")
            rows = {c: fit.coefficient(c) for c in want["coef"]}
            for field, of in (("Estimate", "estimate"), ("Std. Error", "standard_error")):
                check.equal(
                    f"coefficients: {field}",
                    [getattr(rows[c], of) for c in rows],
                    [v[field] for v in want["coef"].values()],
                    within=1e-3,
                )
            check.equal(
                "coefficients: df",
                [r.degrees_of_freedom for r in rows.values()],
                [v["df"] for v in want["coef"].values()],
                within=0.1,
            )
            check.equal(
                "coefficients: p",
                [r.p for r in rows.values()],
                [v["Pr(>|t|)"] for v in want["coef"].values()],
                # 1e-4 but for p near one, where mmrm's early stop (estimates off by 1e-4 of their error) moves p by 1.2e-4
                within=1.5e-4,
            )
            check.at_most("deviance", fit.minus_two_loglik, want["deviance"], slack=1e-6)
            check.equal("AIC, BIC", [fit.aic, fit.bic], [want["aic"], want["bic"]], within=0.01)
            means = [
                fit.least_squares_mean({"ARMCD": row["ARMCD"], "AVISIT": row["AVISIT"]})
                for row in want["lsmeans"]
            ]
            check.equal(
                "least-squares means: estimate, SE, limits",
                [[m.estimate, m.standard_error, m.low, m.high] for m in means],
                [[row[k] for k in ("emmean", "SE", "lower.CL", "upper.CL")] for row in want["lsmeans"]],
                within=1e-3,
            )
            gaps = [
                fit.difference("ARMCD", "TRT", "PBO", {"AVISIT": row["AVISIT"]}) for row in want["lsm_diff"]
            ]
            check.equal(
                "differences of means: estimate, SE, limits",
                [[g.estimate, g.standard_error, g.low, g.high] for g in gaps],
                [[row[k] for k in ("estimate", "SE", "lower.CL", "upper.CL")] for row in want["lsm_diff"]],
                within=1e-3,
            )


SAS_NAMES = {"arh1": "ar1h"}
SAS_METHODS = {"kr": "kenward-roger", "kr1": "kenward-roger-linear", "empirical": "sandwich"}


def test_every_row_of_sas(fev: Any, folder: Path) -> None:
    with (folder / "sas_proc_mixed_summary.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    compared = 0
    for row in rows:
        stem = Path(row["file"]).stem
        method, name = stem.split("_")[:2]
        if name == "spexp":
            # its distances are between observations (two coordinates), not between visits: no structure of ours
            continue
        weighted = model("ARMCD", weights="WEIGHT") if "weighted" in stem else SIMPLE
        fit = fit_mmrm(
            fev,
            weighted,
            covariance=SAS_NAMES.get(name, name),
            inference=SAS_METHODS[method],
            between_within=True,
        )
        got = fit.difference("ARMCD", "TRT", "PBO")
        check = Reference(f"MMRM, {name}, {SAS_METHODS[method]}", "SAS PROC MIXED")
        check.equal(
            f"TRT − PBO, {stem}: estimate, SE",
            [got.estimate, got.standard_error],
            [float(row["Estimate"]), float(row["StdErr"])],
            within=1e-3,
        )
        check.equal(f"TRT − PBO, {stem}: df", got.degrees_of_freedom, float(row["DF"]), within=0.1)
        compared += 1
    assert compared == 32


LISTINGS = {
    "sas_log": (FULL, "us"),
    "sas_log_simple": (model(), "us"),
    **{f"sas_{s}": (model(), s) for s in ("adh", "ar1", "ar1h", "cs", "csh", "toeph")},
    **{f"sas_group_{s}": (model(group="ARMCD"), s) for s in ("adh", "ar1", "ar1h", "cs", "csh", "toeph")},
    "sas_coef_ci_ar1": (model("ARMCD", "SEX"), "ar1"),
    "sas_coef_ci_un": (model("ARMCD", "SEX"), "us"),
    "sas_sp_exp": (model(times=(1, 2, 3, 4)), "spexp"),
    "sas_sp_gau": (model(times=(1, 2, 3, 4)), "spgau"),
}


def _listing(folder: Path, stem: str, reml: bool) -> float:
    where = folder / "mmrm_published_outputs" / "design" / "SAS"
    for name in (
        f"{stem}_{'reml' if reml else 'ml'}.txt",
        f"{stem}{'_reml' if reml else ''}.txt",
        re.sub(r"_(ar1|un)$", rf"_{'reml' if reml else 'ml'}_\1.txt", stem),
    ):
        if (where / name).is_file():
            text = (where / name).read_text(encoding="utf-8", errors="replace")
            found = re.search(r"-2 (?:Res )?Log Likelihood\s+([\d.]+)", text)
            assert found, name
            return float(found.group(1))
    raise AssertionError(f"no listing {stem}")


@pytest.mark.parametrize("stem", LISTINGS)
def test_likelihoods_of_sas_listings(stem: str, fev: Any, folder: Path) -> None:
    of, structure = LISTINGS[stem]
    for reml in (True, False):
        fit = fit_mmrm(fev, of, covariance=structure, reml=reml)
        Reference(f"MMRM, {structure}", "SAS PROC MIXED (listing)").equal(
            f"{stem}, {'REML' if reml else 'ML'}: −2 log-likelihood",
            fit.minus_two_loglik,
            _listing(folder, stem, reml),
            within=0.06,
        )


def test_homogeneous_antedependence_and_weights(fev: Any) -> None:
    check = Reference("MMRM, homogeneous antedependence", "mmrm (published output)")
    for reml, want in ((False, 3855.879), (True, 3855.338)):
        check.equal(
            "−2 log-likelihood",
            fit_mmrm(fev, model(), covariance="ad", reml=reml).minus_two_loglik,
            want,
            within=1e-3,
        )
    weighted = fit_mmrm(fev, model(*FULL.terms, weights="WEIGHT"))
    Reference("MMRM, weighted", "SAS PROC MIXED (listing)").equal(
        "−2 REML log-likelihood", weighted.minus_two_loglik, 3475.8, within=0.06
    )


def test_interactions_with_a_covariate_have_the_f_tests_of_the_published_tables(fev: Any) -> None:
    check = Reference("MMRM, AR(1), Satterthwaite F", "SAS PROC MIXED (published table)")
    first = fit_mmrm(
        fev, model("ARMCD", "FEV1_BL", "ARMCD:FEV1_BL"), covariance="ar1", inference="satterthwaite"
    )
    weights = np.zeros((1, len(first.names)))
    weights[0, first.names.index("ARMCDTRT:FEV1_BL")] = 1
    test = first.joint(weights)
    check.equal("FEV1_BL × ARMCD: F", test.statistic, 0.7644368094469, within=1e-4)
    check.equal("FEV1_BL × ARMCD: df", test.denominator, 198.163532037944, within=0.01)
    # FEV1_BL:ARMCD without its main effect: two slopes, tested together on two degrees of freedom
    second = fit_mmrm(
        fev,
        model("ARMCD", "SEX", "ARMCD:SEX", "FEV1_BL", "ARMCD:FEV1_BL"),
        covariance="ar1",
        inference="satterthwaite",
    )
    weights = np.zeros((1, len(second.names)))
    weights[0, second.names.index("ARMCDTRT:SEXFemale")] = 1
    test = second.joint(weights)
    check.equal("SEX × ARMCD: F", test.statistic, 0.46643535342468, within=1e-4)
    check.equal("SEX × ARMCD: df", test.denominator, 186.11901853766, within=0.01)
    slopes = np.zeros((2, len(second.names)))
    slopes[:, second.names.index("FEV1_BL")] = 1
    slopes[1, second.names.index("ARMCDTRT:FEV1_BL")] = 1
    both = second.joint(slopes)
    check.equal("slopes, 2 df: F", both.statistic, 6.11482167585228, within=1e-3)
    check.equal("slopes, 2 df: df", both.denominator, 194.942672335072, within=0.05)


def test_too_few_people_are_refused_and_the_ladder_descends(fev: Any) -> None:
    # the 13 participants of the published listing whose SAS run "did not converge"
    people = {f"PT{i}" for i in range(1, 14)}
    keep = [i for i, who in enumerate(fev["USUBJID"]) if who in people]
    few = {name: [values[i] for i in keep] for name, values in fev.items()}
    for reml in (True, False):
        with pytest.raises(AnalysisError) as refusal:
            fit_mmrm(few, FULL, reml=reml)
        assert refusal.value.code in ("analysis.mmrm.not-converged", "analysis.singular")
    fit = fit_ladder(few, model("ARMCD"))
    assert fit.tried or fit.fit.structure.name == "us"
    assert fit.difference("ARMCD", "TRT", "PBO").diagnostics["structure"] == fit.fit.structure.name


def test_orthodont(anchors: Any) -> None:
    table = orthodont()
    by_age = RepeatedMeasuresModel("distance", "who", "age", ("sex", "age", "sex:age"))
    want = anchors["orthodont_us_reml"]
    fit = fit_mmrm(table, by_age, inference="satterthwaite")
    check = Reference("MMRM, unstructured", "nlme 3.1-162 (gls)")
    check.equal("−2 REML log-likelihood", fit.minus_two_loglik, want["-2 REML log-likelihood"], within=1e-8)
    rows = [fit.coefficient(name) for name in fit.names]
    check.equal("coefficients", [r.estimate for r in rows], want["coefficients"], within=1e-8)
    check.equal("standard errors", [r.standard_error for r in rows], want["standard errors"], within=1e-6)
    Reference("MMRM, unstructured", "prototype at its optimum").equal(
        "standard errors",
        [r.standard_error for r in rows],
        want["standard errors at the exact optimum (prototype kernel)"],
        within=1e-8,
    )
    check.equal("df", rows[1].degrees_of_freedom, 25, within=1e-6)
    full = fit_mmrm(table, by_age, reml=False)
    want_ml = anchors["orthodont_us_ml"]["-2 log-likelihood"]
    check.at_most("−2 log-likelihood", full.minus_two_loglik, want_ml, slack=1e-8)
    check.equal("−2 log-likelihood", full.minus_two_loglik, want_ml, within=1e-7)


def test_random_slopes(anchors: Any, folder: Path) -> None:
    table = orthodont()
    slope = RepeatedMeasuresModel(
        "distance",
        "who",
        "age",
        ("years", "sex", "years:sex"),
        basis=tuple((1.0, float(a)) for a in (8, 10, 12, 14)),
    )
    want = anchors["orthodont_random_slope"]
    fit = fit_mmrm(table, slope, covariance="random", inference="satterthwaite")
    check = Reference("linear mixed model, random slope", "nlme 3.1-162 (lme)")
    check.equal("log-likelihood", -fit.minus_two_loglik / 2, want["log-likelihood"], within=1e-6)
    rows = [fit.coefficient(name) for name in fit.names]
    check.equal("fixed effects", [r.estimate for r in rows], want["fixed effects"], within=1e-6)
    check.equal("standard errors", [r.standard_error for r in rows], want["standard errors"], within=1e-6)
    theta = fit.fit.at.theta
    check.equal(
        "standard deviations",
        np.sqrt(theta[[0, 2, 3]]),
        want["random-effect SDs and residual SD"],
        within=1e-6,
    )
    sleep = read_table(folder / "lme4_sleepstudy.csv", ("Reaction", "Days"))
    sleep["Day"] = [f"{int(d):02d}" for d in sleep["Days"]]
    random = RepeatedMeasuresModel(
        "Reaction", "Subject", "Day", ("Days",), basis=tuple((1.0, float(d)) for d in range(10))
    )
    want = anchors["sleepstudy"]
    check = Reference("linear mixed model, random slope", "lme4 1.1-31, lmerTest, pbkrtest")
    for inference, kind in (("satterthwaite", "Satterthwaite"), ("kenward-roger-linear", "Kenward-Roger")):
        fit = fit_mmrm(sleep, random, covariance="random", inference=inference)
        rows = [fit.coefficient(name) for name in fit.names]
        check.equal("fixed effects", [r.estimate for r in rows], want["fixed effects"], relative=1e-5)
        check.equal(
            "standard errors", [r.standard_error for r in rows], want["standard errors"], relative=1e-5
        )
        check.equal(f"{kind} df", [r.degrees_of_freedom for r in rows], want[f"{kind} df"], within=1e-3)
        check.equal("p", [r.p for r in rows], want[f"p values, {kind}"], relative=1e-3)
    check.equal("REML criterion", fit.minus_two_loglik, want["REML criterion"], relative=1e-5)
    theta = fit.fit.at.theta
    check.equal("standard deviations", np.sqrt(theta[[0, 2, 3]]), want["SDs"], relative=1e-5)


def test_rbmi_model(anchors: Any) -> None:
    folder = SHARED / "acceptance" / "11_statistics"
    if not folder.is_dir():
        pytest.skip("acceptance data absent: 1 check not run")
    numbers = next(
        entry
        for entry in json.loads((folder / "anchors.json").read_text())
        if entry["id"] == "rbmi_mmrm_us_reml"
    )["numbers"]
    table = read_table(folder / "rbmi_antidepressant.csv", ("CHANGE", "BASVAL"))
    antidepressant = RepeatedMeasuresModel(
        "CHANGE",
        "PATIENT",
        "VISIT",
        ("THERAPY", "GENDER", "VISIT", "BASVAL", "THERAPY:VISIT", "BASVAL:VISIT"),
        {"THERAPY": ("PLACEBO", "DRUG"), "GENDER": ("F", "M"), "VISIT": ("4", "5", "6", "7")},
    )
    fit = fit_mmrm(table, antidepressant, inference="satterthwaite")
    check = Reference("MMRM, unstructured, Satterthwaite", "mmrm and SAS in PSIAIMS/CAMIS")
    check.equal("log-likelihood", -fit.minus_two_loglik / 2, numbers["logLik"], within=0.05)
    names = {
        "Intercept": "(Intercept)",
        "DRUG": "THERAPYDRUG",
        "GENDERM": "GENDERM",
        "VISIT5": "VISIT5",
        "VISIT6": "VISIT6",
        "VISIT7": "VISIT7",
        "BASVAL": "BASVAL",
        "DRUG_V5": "THERAPYDRUG:VISIT5",
        "DRUG_V6": "THERAPYDRUG:VISIT6",
        "DRUG_V7": "THERAPYDRUG:VISIT7",
    }
    for theirs, (estimate, error, df) in numbers["coef"].items():
        got = fit.coefficient(names[theirs])
        check.equal(theirs, [got.estimate, got.standard_error], [estimate, error], within=1e-3)
        check.equal(f"{theirs}: df", got.degrees_of_freedom, df, relative=5e-3)
    check.equal("Σ", fit.covariance, numbers["cov"], relative=1e-3)
    last = fit.difference("THERAPY", "DRUG", "PLACEBO", {"VISIT": "7"})
    sas = numbers["sas_visit7_difference"]
    check.equal("visit 7", [last.estimate, last.standard_error], [sas["est"], sas["se"]], within=1e-3)
    # SAS was run there with other degrees of freedom (its limits are t quantiles of about 171), so p and limits are not comparable
