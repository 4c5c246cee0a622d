"""Tests of proband.analysis."""
