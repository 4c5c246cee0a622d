"""Estimands and estimators for simulated and real data alike; the exact and small-sample statistics of the whole house."""
