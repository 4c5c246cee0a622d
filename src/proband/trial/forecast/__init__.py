"""Forecasts: what a study is expected to show, sealed before anybody is treated, and scored when it has shown it."""
