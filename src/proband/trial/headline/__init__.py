"""The headline test: how often one would see at least that if nobody had been treated."""

from __future__ import annotations

from proband.trial.headline.answer import headline
from proband.trial.headline.meaning import HeadlineUnclear
from proband.trial.headline.reading import ReadHeadline, read_headline
from proband.trial.headline.result import HeadlineResult

__all__ = ["HeadlineResult", "HeadlineUnclear", "ReadHeadline", "headline", "read_headline"]
