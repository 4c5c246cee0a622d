"""Benchmarks: ratios to a named peer on the same work in one run. They report; they never pass or fail."""
