"""Time to event: log-rank and weighted tests, Cox models, restricted mean survival, competing risks."""
