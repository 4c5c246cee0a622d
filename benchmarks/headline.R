# The headline test's replay as a plain R loop over trials; arguments: quantile table, output, trials, participants.
# Prints the seconds of processor time of the loop alone (reading, starting R and writing are not counted).
args <- commandArgs(trailingOnly = TRUE)
table <- scan(args[1], quiet = TRUE)
trials <- as.integer(args[3])
people <- as.integer(args[4])
set.seed(1)
q <- length(table)
examiners <- 2L
who <- rep_len(seq_len(examiners), people)
counts <- integer(trials)
spent <- system.time({
  for (t in seq_len(trials)) {
    position <- min(max(runif(1) * q - 0.5, 0), q - 1)
    p <- approx(seq_len(q) - 1, table, xout = position)$y
    odds <- p / (1 - p) * exp(0.26 * rnorm(examiners))
    chance <- (odds / (1 + odds))[who]
    changed <- runif(people) < chance
    late <- runif(people) < 0.1 * 0.0036
    counts[t] <- sum(changed | late)
  }
})
write(counts, args[2], ncolumns = 1)
cat(spent[["user.self"]] + spent[["sys.self"]], "\n")
