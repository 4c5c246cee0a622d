"""Group-sequential mathematics: crossing probabilities, spending functions, boundaries, power, monitoring."""
