# Time per fit (milliseconds of CPU) of R's usual calls on the data sets that benchmarks/analysis.py wrote; prints "name milliseconds fits value".
args <- commandArgs(trailingOnly = TRUE)
folder <- args[1]
suppressMessages({library(survival); library(nlme); library(MASS)})
report <- function(name, fits, run) {
  first <- run(1)
  seconds <- sum(system.time(for (d in seq_len(fits)) run(d))[1:2])
  cat(name, 1000 * seconds / fits, fits, format(first, digits = 15), "\n")
}
read <- function(name) split(d <- read.csv(file.path(folder, name)), d$set)
times <- read("survival.csv")
report("log-rank", 200, function(d) { f <- survdiff(Surv(time, event) ~ arm, times[[d]]); f$chisq })
report("cox", 200, function(d) coef(coxph(Surv(time, event) ~ arm + z, times[[d]]))[1])
means <- read("means.csv")
report("ancova", 200, function(d) coef(summary(lm(y ~ arm + z, means[[d]])))[2, 1])
grades <- read("grades.csv")
report("proportional odds", 100, function(d) coef(polr(factor(y) ~ arm, grades[[d]], Hess = TRUE))[1])
for (design in c("A", "B")) {
  visits <- read(paste0("mmrm_", design, ".csv"))
  report(paste0("mmrm-", design), 5, function(d) {
    own <- visits[[d]]; own <- own[!is.na(own$y), ]; own$v <- factor(own$visit)
    f <- gls(y ~ base + arm * v, own, correlation = corSymm(form = ~ visit | who), weights = varIdent(form = ~ 1 | v),
             control = glsControl(maxIter = 200, msMaxIter = 500, opt = "nlminb"))
    last <- length(levels(own$v))
    unname(coef(f)["arm"] + coef(f)[paste0("arm:v", last)])
  })
}
if (requireNamespace("mmrm", quietly = TRUE)) for (design in c("A", "B")) {
  visits <- read(paste0("mmrm_", design, ".csv"))
  report(paste0("mmrm-package-", design), 20, function(d) {
    own <- visits[[d]]; own$v <- factor(own$visit); own$who <- factor(own$who)
    f <- mmrm::mmrm(y ~ base + arm * v + us(v | who), own, method = "Satterthwaite")
    unname(coef(f)["arm"] + coef(f)[paste0("arm:v", length(levels(own$v)))])
  })
}
