# Microseconds of CPU per simulated trial of rpact, 10,000 trials each; prints "name microseconds power".
suppressMessages(library(rpact))
design <- getDesignGroupSequential(kMax = 3, alpha = 0.025, sided = 1, typeOfDesign = "OF")
report <- function(name, run) {
  seconds <- sum(system.time(found <- run())[1:2])
  cat(name, 1e6 * seconds / 10000, found$overallReject, "\n")
}
report("means", function() getSimulationMeans(design, alternative = 5, stDev = 10, plannedSubjects = c(40, 80, 120), maxNumberOfIterations = 10000, seed = 1))
report("survival", function() getSimulationSurvival(design, directionUpper = FALSE, hazardRatio = 0.6, lambda2 = 0.1, plannedEvents = c(40, 80, 120),
  accrualTime = 12, maxNumberOfSubjects = 200, dropoutRate1 = 0.05, dropoutRate2 = 0.05, dropoutTime = 12, maxNumberOfIterations = 10000, seed = 1))
