"""The headline test: how often one would see at least that if nobody had been treated."""

from __future__ import annotations

from proband.trial.headline.answer import headline
from proband.trial.headline.result import HeadlineResult
from proband.trial.headline.text import HeadlineUnclear, ReadHeadline, read_headline

__all__ = ["HeadlineResult", "HeadlineUnclear", "ReadHeadline", "headline", "read_headline"]
