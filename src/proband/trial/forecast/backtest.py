"""Back-tests: what frozen rules would have said of published studies, scored by what those studies found. Retrospective, for ever.

Two rules. *No effect*: a comparison of groups made alike comes out in favour of the product, at a two-sided 5 %, in 2.5 of a hundred studies; of
a count the natural history says how many, differences between cohorts included. *Earlier studies*: what studies published in years before
showed, with one imagined success and one imagined failure (Laplace) for a comparison, with half of each (Jeffreys) for a count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np

from proband.natural_history import questions
from proband.natural_history.conditions import Conditions
from proband.natural_history.domain import OutsideDomain
from proband.natural_history.forecast import ProportionForecast, read_quantile
from proband.programme import Programme
from proband.programme.backtests import BackTest
from proband.terms.canonical import canonical
from proband.trial.forecast.league import INVESTIGATORS, base_rate_score, mean_brier
from proband.trial.forecast.prediction import ChanceOf, CountOf, Scores

#: how often a comparison without any effect comes out in favour at a two-sided 5 %: by definition of such a test
NOMINAL = 0.025
#: places of cohorts over which a count is averaged
_PLACES = (np.arange(200) + 0.5) / 200


@dataclass(frozen=True, slots=True)
class TriedForecast:
    """One rule on one study: what it said, and its score."""

    rule: str
    prediction: ChanceOf | CountOf
    scores: Scores


@dataclass(frozen=True, slots=True)
class TriedStudy:
    """A study with what each rule said of it; ``forecasts`` is empty and ``why_not`` says why where none could be tried."""

    programme: str
    id: str
    study: str
    year: int | None
    question: str
    kind: str
    seen: float | None
    source: str
    level: str
    forecasts: tuple[TriedForecast, ...] = ()
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class RuleBoard:
    """A rule over all comparisons: mean Brier score with its 95 % interval, over ``n`` studies; and the mean CRPS in shares over ``counts``."""

    rule: str
    n: int
    brier: tuple[float, tuple[float, float] | None] | None
    counts: int
    crps: float | None


@dataclass(frozen=True, slots=True)
class BackTestBoard:
    """The scoreboard. Nobody stands on it with a forecast made in time.

    ``base_rate``: the Brier score of saying, each time, how often the others came out in favour. ``changed``: programmes whose rules say
    something else than when they were frozen.
    """

    studies: tuple[TriedStudy, ...]
    rules: tuple[RuleBoard, ...]
    comparisons: int
    favourable: int
    base_rate: float | None
    programmes: dict[str, str]
    frozen: dict[str, str]
    changed: tuple[str, ...]
    rules_in_words: dict[str, str] = field(default_factory=dict)

    @property
    def investigators(self) -> dict[str, float]:
        """Mean Brier scores of people who forecast their own trials, for comparison; no target."""
        return dict(INVESTIGATORS)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "investigators": self.investigators, "retrospective": True, "programmes": self.programmes, "frozen": self.frozen, "changed": list(self.changed),
            "rules": self.rules_in_words, "comparisons": self.comparisons, "favourable": self.favourable, "base_rate": self.base_rate,
            "board": [
                {"rule": each.rule, "n": each.n, "brier": each.brier and each.brier[0], "interval": each.brier and each.brier[1],
                 "counts": each.counts, "crps_share": each.crps} for each in self.rules
            ],
            "studies": [
                {"programme": each.programme, "id": each.id, "study": each.study, "year": each.year, "question": each.question,
                 "kind": each.kind, "seen": each.seen, "source": each.source, "level": each.level, "why_not": each.why_not,
                 "forecasts": [{"rule": f.rule, "said": f.prediction.said(), "brier": f.scores.brier, "crps": f.scores.crps, "log": f.scores.log if np.isfinite(f.scores.log) else "infinite"}
                               for f in each.forecasts]} for each in self.studies
            ],
        }  # fmt: skip


def back_tests(programmes: Iterable[Programme]) -> BackTestBoard:
    """Try the rules of every programme that has ``backtests.yaml`` on its studies."""
    studies: list[TriedStudy] = []
    hashes: dict[str, str] = {}
    frozen: dict[str, str] = {}
    words: dict[str, str] = {}
    changed: list[str] = []
    for programme in programmes:
        if programme.backtests is None:
            continue
        tried = [_tried(programme, test, programme.backtests.tests) for test in programme.backtests.tests]
        studies += tried
        hashes[programme.id], frozen[programme.id] = programme.hash, said_hash(tried)
        if programme.backtests.frozen != frozen[programme.id]:
            changed.append(programme.id)
        words |= {rule.id: rule.rule for rule in programme.backtests.rules}
    outcomes = [bool(each.seen) for each in studies if each.kind == "comparison" and each.forecasts]
    return BackTestBoard(
        tuple(studies), tuple(_board(rule, studies) for rule in ("no-effect", "earlier-studies")), len(outcomes), sum(outcomes),
        base_rate_score(outcomes), hashes, frozen, tuple(changed), words,
    )  # fmt: skip


def said_hash(studies: Sequence[TriedStudy]) -> str:
    """The hash of everything that the rules say, to six places, and of nothing that was seen of the study itself."""
    said = [
        [each.id, f.rule, [format(p, ".6f") for p in _probabilities(f.prediction)]]
        for each in studies
        for f in each.forecasts
    ]
    return sha256(canonical(said)).hexdigest()


def _probabilities(prediction: ChanceOf | CountOf) -> list[float]:
    return [prediction.probability] if isinstance(prediction, ChanceOf) else prediction.probabilities


def _tried(programme: Programme, test: BackTest, every: Sequence[BackTest]) -> TriedStudy:
    source, level = test.source or "", test.level.value if test.level else ""
    seen = (
        test.events if test.kind == "count" else None if test.favourable is None else float(test.favourable)
    )

    def study(forecasts: tuple[TriedForecast, ...] = (), why: str = "") -> TriedStudy:
        return TriedStudy(
            programme.id, test.id, test.study, test.year, test.question, test.kind, seen, source, level, forecasts, why
        )  # fmt: skip

    if test.left_out is not None or seen is None:
        return study(why=test.left_out or "")
    earlier = [other for other in every if other.left_out is None and other.year is not None and test.year is not None
               and other.year < test.year and (other.kind, other.ask) == (test.kind, test.ask)]  # fmt: skip
    said: list[ChanceOf | CountOf]
    if test.kind == "comparison":
        said = [ChanceOf(event=test.question, probability=NOMINAL), _laplace(test, earlier)]
    else:
        try:
            said = [untreated(programme, test), *_pooled(test, earlier)]
        except OutsideDomain as refusal:
            return study(why=f"No published natural history covers it: {refusal.message}")
        except ValueError as circular:
            return study(why=str(circular))
    rules = ("no-effect", "earlier-studies")
    return study(
        tuple(TriedForecast(rule, each, each.score(seen)) for rule, each in zip(rules, said, strict=False))
    )


def _laplace(test: BackTest, earlier: Sequence[BackTest]) -> ChanceOf:
    chance = (sum(bool(other.favourable) for other in earlier) + 1) / (len(earlier) + 2)
    return ChanceOf(event=test.question, probability=chance)


def untreated(programme: Programme, test: BackTest) -> CountOf:
    """The count among untreated people of the same mix: one place among cohorts for all of its kinds, people within them by chance."""
    asked = questions.outcome(programme, test.ask or "")
    conditions = Conditions(test.baseline, test.where.get("level"), test.window, test.follow_up, None, {k: v for k, v in test.where.items() if k != "level"})  # fmt: skip
    if asked.proportions is None:
        raise OutsideDomain(f"{test.ask} as a count", nearest="", differs=["it is no share"])
    parts = asked.proportions(programme, conditions, test.people)
    own = sorted({source.id for _, forecast in parts for source in forecast.sources} & set(test.itself))
    if own:
        raise ValueError(f"Circular: the natural history rests on the study itself ({', '.join(own)}).")
    return CountOf(
        event=test.question, people=test.people or 1, probabilities=_mixed(parts, test.people or 1)
    )


def _mixed(parts: Sequence[tuple[int, ProportionForecast]], people: int) -> list[float]:
    from scipy.stats import binom

    if len(parts) == 1:
        parts = [(people, parts[0][1])]
    total = np.zeros(people + 1)
    for place in _PLACES:
        law = np.ones(1)
        for n, forecast in parts:
            share = float(read_quantile(forecast.quantiles, np.array([place]))[0])
            law = np.convolve(law, binom.pmf(np.arange(n + 1), n, share))
        total[: len(law)] += law
    return [float(each) for each in total / total.sum()]


def _pooled(test: BackTest, earlier: Sequence[BackTest]) -> list[CountOf]:
    from scipy.stats import betabinom

    events, people = sum(other.events or 0 for other in earlier), sum(other.people or 0 for other in earlier)
    if not people:
        return []
    law = betabinom.pmf(
        np.arange((test.people or 1) + 1), test.people or 1, events + 0.5, people - events + 0.5
    )
    return [CountOf(event=test.question, people=test.people or 1, probabilities=[float(p) for p in law / law.sum()])]  # fmt: skip


def _board(rule: str, studies: Sequence[TriedStudy]) -> RuleBoard:
    mine = [f for each in studies for f in each.forecasts if f.rule == rule]
    brier = [f.scores.brier for f in mine if f.scores.brier is not None]
    crps = [f.scores.crps / f.prediction.people for f in mine if isinstance(f.prediction, CountOf)]
    return RuleBoard(rule, len(brier), mean_brier(brier), len(crps), float(np.mean(crps)) if crps else None)
