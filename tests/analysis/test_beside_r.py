"""Analyses beside R itself, where it is installed: new data each seed, one call of R, the usual packages."""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from proband.analysis.ancova import ancova
from proband.analysis.kaplan_meier import kaplan_meier
from proband.analysis.mmrm.batch import RepeatedDesign, fit_repeated_batch
from proband.analysis.ordinal import proportional_odds
from proband.analysis.survival.batch import cox_batch, logrank_batch

from .conftest import Reference

SCRIPT = """
suppressMessages({library(survival); library(nlme); library(MASS); library(jsonlite)})
d <- fromJSON("data.json"); m <- fromJSON("visits.json"); options(contrasts = c("contr.treatment", "contr.poly"))
cox <- coxph(Surv(time, event) ~ arm + z, d, ties = "efron", control = coxph.control(eps = 1e-11))
km <- survfit(Surv(time, event) ~ 1, d)
m$visit <- factor(m$visit); m$person <- factor(m$person)
g <- gls(y ~ 0 + visit + visit:arm + base, m, correlation = corSymm(form = ~ as.integer(visit) | person),
         weights = varIdent(form = ~ 1 | visit), method = "REML", control = glsControl(tolerance = 1e-10, msTol = 1e-12, maxIter = 500, msMaxIter = 500))
p <- polr(factor(grade) ~ arm + z, d, Hess = TRUE, control = list(reltol = 1e-15, maxit = 500))
l <- summary(lm(score ~ arm + z, d))
out <- list(version = paste(R.version$major, R.version$minor, sep = "."), survival = as.character(packageVersion("survival")),
  nlme = as.character(packageVersion("nlme")), mass = as.character(packageVersion("MASS")),
  cox = coef(cox), cox_error = sqrt(diag(vcov(cox))), loglik = cox$loglik[2], logrank = survdiff(Surv(time, event) ~ arm, d)$chisq,
  km = summary(km, times = quantile(d$time, c(.2, .5, .7)))$surv, gls = coef(g), gls_loglik = as.numeric(logLik(g)),
  polr = coef(p), polr_loglik = as.numeric(logLik(p)), lm = coef(l)["arm", c("Estimate", "Std. Error")])
cat(toJSON(lapply(out, unname), digits = NA, auto_unbox = TRUE))
"""


@cache
def _data(seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    rng = np.random.default_rng(seed)
    many = 80
    arm, z = np.arange(many) % 2, rng.normal(size=many)
    time = np.ceil(rng.exponential(30 * np.exp(-0.4 * arm + 0.3 * z)))
    gone = np.ceil(rng.exponential(50, many))
    score = 0.5 * z - 0.7 * arm + rng.normal(size=many)
    people = {
        "time": np.minimum(time, gone), "event": (time <= gone).astype(int), "arm": arm, "z": z, "score": score,
        "grade": np.digitize(score + rng.logistic(size=many), [-1, 0, 1]),
    }  # fmt: skip
    sd = np.array([1.0, 1.4, 2.0])
    spread = np.outer(sd, sd) * np.array([[1, 0.6, 0.3], [0.6, 1, 0.5], [0.3, 0.5, 1]])
    y = rng.multivariate_normal([1, 2, 2.5], spread, many) + 0.8 * z[:, None] - 0.4 * arm[:, None] * np.arange(1, 4)  # fmt: skip
    y[rng.uniform(size=y.shape) < 0.1] = np.nan
    who, visit = np.nonzero(np.isfinite(y))
    rows = {"y": y[who, visit], "visit": visit + 1, "arm": arm[who], "base": z[who], "person": who}
    return people, rows


def _plain(data: dict[str, Any]) -> str:
    return json.dumps({name: np.asarray(values).tolist() for name, values in data.items()})


@pytest.mark.parametrize("seed", [1, 2])
def test_new_data_give_what_r_gives(seed: int, tmp_path: Path) -> None:
    if shutil.which("Rscript") is None:
        pytest.skip(
            "Rscript absent: Cox, log-rank, Kaplan-Meier, MMRM, proportional odds and ANCOVA not compared live"
        )
    people, rows = _data(seed)
    (tmp_path / "data.json").write_text(_plain(people), encoding="utf-8")
    (tmp_path / "visits.json").write_text(_plain(rows), encoding="utf-8")
    ran = subprocess.run(["Rscript", "-e", SCRIPT], cwd=tmp_path, capture_output=True, text=True, check=False)
    if ran.returncode:
        pytest.skip(f"R without a package that is needed: {ran.stderr.strip().splitlines()[-1:]}")
    r = json.loads(ran.stdout)
    survival, nlme, mass = (f"R {name} {r[key]}, live" for name, key in (("survival", "survival"), ("nlme", "nlme"), ("MASS", "mass")))  # fmt: skip
    time, event, arm = people["time"], people["event"].astype(bool), people["arm"]
    x = np.column_stack([arm, people["z"]]).astype(float)
    fit = cox_batch(time[None], event[None], x[None], engine="plain")
    cox = Reference("Cox model, Efron", survival)
    cox.equal("coefficients", fit.beta[0], r["cox"], within=1e-8)
    cox.equal("standard errors", fit.standard_error[0], r["cox_error"], within=1e-8)
    z = float(logrank_batch(time[None], event[None], arm[None], engine="plain").z[0])
    Reference("log-rank test", survival).equal("χ²", z**2, r["logrank"], relative=1e-9)
    curve = kaplan_meier(time, event)
    shares = [curve.at(t).estimate for t in np.quantile(time, [0.2, 0.5, 0.7])]
    Reference("Kaplan–Meier", survival).equal("shares", shares, r["km"], within=1e-10)
    y = np.full((1, len(time), 3), np.nan)
    y[0, rows["person"], rows["visit"] - 1] = rows["y"]
    w = np.stack([np.ones(len(time)), arm, people["z"]], axis=1)[None].astype(float)
    design = RepeatedDesign.by_visit(3, True, True, False)
    fits = fit_repeated_batch(y, w, design, design.contrast(1, 2)[None, :], engine="plain")
    # R has the baseline before the arms
    order = [0, 1, 2, 6, 3, 4, 5]
    Reference("MMRM, us, REML", nlme).equal("coefficients", fits.beta[0][order], r["gls"], within=1e-6)
    ordinal = proportional_odds(people["grade"], x)
    odds = Reference("proportional odds", mass)
    odds.equal("coefficients", ordinal.beta, r["polr"], within=1e-6)
    odds.equal("log-likelihood", ordinal.loglik, r["polr_loglik"], within=1e-8)
    adjusted = ancova(people["score"], arm, people["z"][:, None])
    Reference("ANCOVA", f"R {r['version']}, live").equal("difference and error", [adjusted.estimate, adjusted.standard_error], r["lm"], relative=1e-9)  # fmt: skip


def test_the_numbers_that_ship_are_what_r_computes_here() -> None:
    """The script that wrote the reference numbers of the qualification, run anew."""
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript absent: the numbers of the qualification not computed anew")
    root = Path(__file__).parents[2]
    ran = subprocess.run(
        ["Rscript", "scripts/reference_numbers.R"], cwd=root, capture_output=True, text=True, check=False
    )
    if ran.returncode:
        pytest.skip(f"R without a package that is needed: {ran.stderr.strip().splitlines()[-1:]}")
    again = json.loads(ran.stdout)
    shipped = json.loads((root / "src/proband/analysis/qualification/numbers.json").read_text(encoding="utf-8"))  # fmt: skip
    assert again.keys() == shipped.keys()
    for name, each in shipped.items():
        assert again[name]["values"] == pytest.approx(each["values"], rel=1e-6, abs=1e-9), name
