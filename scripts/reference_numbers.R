# Reference numbers of R for `proband qualify`, on data that anyone can type: published tables, and sequences made by whole-number arithmetic.
#   Rscript scripts/reference_numbers.R > src/proband/analysis/qualification/numbers.json
# Needs R with survival, cmprsk, MASS, metafor and rpact (Debian: r-cran-survival r-cran-cmprsk r-cran-mass r-cran-metafor r-cran-rpact).
suppressMessages({library(survival); library(cmprsk); library(MASS); library(metafor); library(rpact)})
out <- list()
keep <- function(name, software, values) out[[name]] <<- list(software = software, values = unname(as.numeric(values)))
of <- function(package) paste("R", package, packageVersion(package))
base <- paste("R", paste(R.version$major, R.version$minor, sep = "."))

# the sequence: 60 people, whole-number arithmetic, with ties, two causes and censoring
i <- 1:60
time <- (i * 37) %% 23 + 1
cause <- c(0, 1, 2, 1, 2, 0, 1)[(i * i) %% 7 + 1]
group <- i %% 2
x <- (i * 13) %% 11
fit <- coxph(Surv(time, cause == 1) ~ group + x, ties = "efron", control = coxph.control(eps = 1e-11))
keep("cox efron", of("survival"), c(coef(fit), sqrt(diag(vcov(fit))), fit$loglik[2]))
fit <- coxph(Surv(time, cause == 1) ~ group + x, ties = "breslow", control = coxph.control(eps = 1e-11))
keep("cox breslow", of("survival"), c(coef(fit), sqrt(diag(vcov(fit))), fit$loglik[2]))
fit <- coxph(Surv(time, cause == 1) ~ group + strata(x > 5), ties = "efron", control = coxph.control(eps = 1e-11))
keep("cox stratified", of("survival"), c(coef(fit), sqrt(diag(vcov(fit)))))
keep("logrank", of("survival"), survdiff(Surv(time, cause == 1) ~ group)$chisq)
keep("logrank stratified", of("survival"), survdiff(Surv(time, cause == 1) ~ group + strata(x > 5))$chisq)
keep("logrank peto", of("survival"), survdiff(Surv(time, cause == 1) ~ group, rho = 1)$chisq)
km <- survfit(Surv(time, cause == 1) ~ 1)
keep("kaplan meier", of("survival"), c(summary(km, times = c(5, 10, 15))$surv, summary(km, times = c(5, 10, 15))$std.err))
rm <- summary(survfit(Surv(time, cause == 1) ~ group), rmean = 15)$table
keep("rmst", of("survival"), c(rm[, "rmean"], rm[, "se(rmean)"]))
aj <- summary(survfit(Surv(time, factor(cause, 0:2)) ~ 1), times = c(5, 10, 15))
keep("aalen johansen", of("survival"), t(aj$pstate))
keep("weibull", of("survival"), { w <- survreg(Surv(time, cause == 1) ~ group + x, dist = "weibull", control = survreg.control(rel.tolerance = 1e-13, maxiter = 200)); c(coef(w), w$scale, w$loglik[2], sqrt(diag(vcov(w)))) })
keep("gray", of("cmprsk"), cuminc(time, cause, group)$Tests[, 1:2])
# crr counts people whose event comes at a time of censoring as still at risk of being censored then, finegray does not: crr without ties, finegray with
untied <- time + (i * 7) %% 61 / 1000
for (k in 1:2) {
  f <- crr(untied, cause, cbind(group, x), failcode = k, gtol = 1e-11, maxiter = 50)
  keep(paste("fine gray untied", k), of("cmprsk"), c(f$coef, sqrt(diag(f$var))))
  d <- finegray(Surv(time, factor(cause, 0:2)) ~ group + x, data = data.frame(time, cause, group, x), etype = k)
  f <- coxph(Surv(fgstart, fgstop, fgstatus) ~ group + x, weights = fgwt, data = d, ties = "breslow", control = coxph.control(eps = 1e-11))
  keep(paste("fine gray", k), of("survival"), coef(f))
}
# three groups
keep("gray three groups", of("cmprsk"), cuminc(time, cause, i %% 3)$Tests[, 1:3])

counts <- c(0, 2, 1, 0, 4, 7, 1)[(i * i) %% 7 + 1] + (i %% 5 == 0)
nb <- glm.nb(counts ~ group + offset(log(time)), control = glm.control(epsilon = 1e-13, maxit = 200))
keep("negative binomial", of("MASS"), c(coef(nb), 1 / nb$theta, as.numeric(logLik(nb))))
y <- (i * 29) %% 17 / 4 + group
keep("ancova", base, { m <- summary(lm(y ~ group + x)); c(coef(m)["group", c("Estimate", "Std. Error", "Pr(>|t|)")], m$df[2]) })
keep("rank sum", base, suppressWarnings(wilcox.test(y[group == 1], y[group == 0], exact = FALSE, correct = TRUE))$p.value)
grade <- factor((i * 29) %% 17 %/% 4)
po <- polr(grade ~ group + x, Hess = TRUE, control = list(reltol = 1e-15, maxit = 500))
keep("proportional odds", of("MASS"), c(coef(po), po$zeta, as.numeric(logLik(po))))
treated <- (i * 17) %% 19 < 7
keep("propensity", base, coef(glm(treated ~ x + time, family = binomial, control = list(epsilon = 1e-14))))
# entropy balancing: the dual, solved as an estimating equation
controls <- cbind(x, time)[!treated, ]; target <- colMeans(cbind(x, time)[treated, ])
z <- sweep(controls, 2, target); a <- c(0, 0)
for (step in 1:100) { w <- exp(z %*% a)[, 1]; a <- a - solve(t(z) %*% (z * w), t(z) %*% w)[, 1] }
keep("entropy balancing", base, c(sum(w)^2 / sum(w^2), sum(w / sum(w) * y[!treated])))

# exact conditional tests over strata
ai <- c(0, 1, 2, 0, 3); n1 <- c(45, 60, 88, 30, 120); ci <- c(2, 3, 5, 1, 6); n2 <- c(44, 61, 90, 31, 118)
tables <- array(0, c(2, 2, 5)); for (k in 1:5) tables[, , k] <- matrix(c(ai[k], n1[k] - ai[k], ci[k], n2[k] - ci[k]), 2, byrow = TRUE)
both <- mantelhaen.test(tables, exact = TRUE)
keep("exact common odds ratio", base, c(both$estimate, both$conf.int, both$p.value, mantelhaen.test(tables, exact = TRUE, alternative = "less")$p.value, mantelhaen.test(tables, exact = TRUE, alternative = "greater")$p.value))
keep("peto", of("metafor"), { p <- rma.peto(ai = ai, n1i = n1, ci = ci, n2i = n2); c(p$beta, p$se) })
rabbits <- array(c(0, 0, 6, 5, 3, 0, 3, 6, 6, 2, 0, 4, 5, 6, 1, 0, 2, 5, 0, 0), c(2, 2, 5))
both <- mantelhaen.test(rabbits, exact = TRUE)
keep("exact common odds ratio, rabbits", base, c(both$estimate, both$conf.int, both$p.value))
bcg <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
m <- rma(yi, vi, data = bcg, method = "REML", test = "knha", control = list(threshold = 1e-13, maxiter = 2000))
keep("meta-analysis", of("metafor"), c(m$beta, m$se, m$ci.lb, m$ci.ub, m$pval, m$tau2, m$I2 / 100, m$QE))
m <- rma(yi, vi, data = bcg, method = "REML", control = list(threshold = 1e-13, maxiter = 2000))
keep("meta-analysis, normal", of("metafor"), c(m$se, m$ci.lb, m$ci.ub))

# sequential designs
d <- getDesignGroupSequential(kMax = 3, alpha = 0.025, sided = 1, typeOfDesign = "asOF", informationRates = c(0.4, 0.7, 1))
keep("spending, unequal looks", of("rpact"), c(d$criticalValues, d$alphaSpent))
keep("conditional power", of("rpact"), { s <- getDataset(n1 = c(30), n2 = c(30), means1 = c(0.4), means2 = c(0), stDevs1 = c(1), stDevs2 = c(1)); design <- getDesignGroupSequential(kMax = 2, alpha = 0.025, sided = 1, typeOfDesign = "P"); r <- getStageResults(design, s, stage = 1, normalApproximation = TRUE); getConditionalPower(r, nPlanned = 60, thetaH1 = 0.3, assumedStDev = 1)$conditionalPower[2] })

text <- vapply(names(out), function(name) sprintf('  "%s": {"software": "%s", "values": [%s]}', name, out[[name]]$software,
  paste(ifelse(is.finite(out[[name]]$values), formatC(out[[name]]$values, digits = 15, format = "g"), "null"), collapse = ", ")), "")
cat("{\n", paste(text, collapse = ",\n"), "\n}\n", sep = "")
