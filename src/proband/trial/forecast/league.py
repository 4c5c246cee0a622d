"""Scores of forecasts, one by one and together: how far off, against 'no effect', and whether the chances meant what they said."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from proband.analysis.proportions import clopper_pearson
from proband.trial.forecast.document import ForecastDocument, ForecastError
from proband.trial.forecast.prediction import Scores

#: mean Brier scores of 740 investigators who forecast their own trials: the primary outcome, and recruitment
#: (PLoS ONE 2022;17(1):e0262862; level secondary: as reported elsewhere). Shown beside a league, never as its target.
INVESTIGATORS = {"primary outcome": 0.25, "recruitment": 0.38}

#: below this many forecasts a league names no order: the figures are shown, and that they settle nothing
FEW = 10


@dataclass(frozen=True, slots=True)
class ScoredForecast:
    """One forecast with its outcome.

    ``retrospective`` is true where the forecaster may have known the outcome, or where it was sealed after somebody was
    treated; it stays so. ``null`` are the scores of 'no effect'.
    """

    document: ForecastDocument
    seen: float
    scores: Scores
    null: Scores
    retrospective: bool

    @property
    def inside(self) -> bool:
        """Whether what was seen lies in the central 95 in a hundred of the prediction."""
        low, high = self.document.prediction.interval()
        return low <= self.seen <= high

    @property
    def words(self) -> str:
        """The verdict, in words; one forecast proves little, and that is said."""
        kind = "Retrospective forecast" if self.retrospective else "Forecast"
        where = "inside" if self.inside else "outside"
        difference = self.null.crps - self.scores.crps
        scale = max(abs(self.null.crps), abs(self.scores.crps), 1e-12)
        if self.document.prediction == self.document.comparator.prediction:
            against = "It was the forecast of no effect itself."
        elif abs(difference) <= 1e-9 * scale:
            against = "It was as far off as the forecast of no effect."
        elif difference > 0:
            against = f"It came closer than the forecast of no effect ({self.scores.crps:.3g} against {self.null.crps:.3g})."
        else:
            against = f"The forecast of no effect came closer ({self.null.crps:.3g} against {self.scores.crps:.3g})."
        return (
            f"{kind}: {self.document.prediction.said()}. Seen: {self.seen:g}, {where} that. {against} "
            "One forecast alone does not show whether its maker forecasts well."
        )

    def as_dict(self) -> dict[str, Any]:
        """Scores as plain JSON values; what is infinite is written as text."""
        return {
            "forecast": self.document.hash, "programme": self.document.programme, "programme_hash": self.document.programme_hash,
            "estimand": self.document.estimand, "made_by": self.document.made_by, "made_on": self.document.made_on.isoformat(),
            "retrospective": self.retrospective, "said": self.document.prediction.said(), "seen": self.seen,
            "inside95": self.inside, "scores": _plain(self.scores), "no_effect": _plain(self.null), "words": self.words,
        }  # fmt: skip


def _plain(scores: Scores) -> dict[str, Any]:
    return {
        "log": scores.log if math.isfinite(scores.log) else "infinite",
        "crps": scores.crps,
        "brier": scores.brier,
        "pit": list(scores.pit),
    }


def score_forecast(
    document: ForecastDocument, seen: float, *, sealed_before_first_dose: bool | None = None
) -> ScoredForecast:
    """Score a forecast by what was seen.

    Parameters
    ----------
    document
        The forecast, as sealed.
    seen
        1 or 0 for a chance, a count, or a number in the unit of the prediction.
    sealed_before_first_dose
        What the record says; None where nothing proves the order, and then the forecast counts as retrospective.

    Raises
    ------
    ForecastError
        ``forecast.seen`` where it cannot have been seen of what was predicted.
    """
    try:
        scores, null = document.prediction.score(seen), document.comparator.prediction.score(seen)
    except (ValueError, OverflowError) as error:
        raise ForecastError("forecast.seen", reason=str(error)) from error
    return ScoredForecast(
        document, seen, scores, null, document.outcome_known or sealed_before_first_dose is not True
    )


@dataclass(frozen=True, slots=True)
class Reliability:
    """One bar of the picture of calibration: of forecasts that said this much, how many came true."""

    low: float
    high: float
    said: float
    n: int
    happened: int
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Board:
    """The scores of one kind of forecast: sealed in time, or retrospective; never the two together.

    Attributes
    ----------
    n
        How many forecasts.
    better
        How many came closer than 'no effect', and how many just as close.
    inside
        How many outcomes lay inside the central 95 in a hundred, with the exact interval of that share.
    brier, base_rate, no_effect
        Of forecasts of a yes or no: mean Brier score with its 95 % interval (Student's t over forecasts, None below two);
        that of always saying how often it happened in the *other* forecasts; that of 'no effect'. None without such forecasts.
    reliability
        Said against happened, in fifths.
    pit
        How many outcomes fell into each tenth of their prediction; a count that spans several tenths is shared out.
    """

    n: int
    better: tuple[int, int]
    inside: tuple[int, tuple[float, float]]
    brier: tuple[float, tuple[float, float] | None] | None
    base_rate: float | None
    no_effect: float | None
    chances: int
    happened: int
    reliability: tuple[Reliability, ...] = ()
    pit: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class League:
    """All forecasts of a folder: those sealed in time, and apart from them those that are retrospective."""

    sealed: Board
    retrospective: Board
    forecasts: tuple[ScoredForecast, ...] = field(default=())

    @property
    def investigators(self) -> dict[str, float]:
        """Mean Brier scores of people who forecast their own trials, for comparison; no target."""
        return dict(INVESTIGATORS)

    @property
    def words(self) -> str:
        """What the league may be read as, and no more."""
        n = self.sealed.n
        if not n:
            return "No forecast has been sealed in time and scored yet. Retrospective ones show how the scores work, not who forecasts well."
        if n < FEW:
            return f"{n} forecast{'s' if n > 1 else ''} sealed in time and scored: too few to say who forecasts well."
        return f"{n} forecasts sealed in time and scored."


def league(forecasts: Sequence[ScoredForecast]) -> League:
    """Put scored forecasts together; the same forecast counts once.

    Raises
    ------
    ForecastError
        ``forecast.twice`` where one forecast is scored by two different outcomes.
    """
    once: dict[str, ScoredForecast] = {}
    for each in forecasts:
        known = once.setdefault(each.document.hash, each)
        if known.seen != each.seen:
            raise ForecastError(
                "forecast.twice", forecast=each.document.hash[:12], seen=[f"{known.seen:g}", f"{each.seen:g}"]
            )
    ordered = tuple(sorted(once.values(), key=lambda f: (f.document.made_on, f.document.hash)))
    return League(
        _board([f for f in ordered if not f.retrospective]), _board([f for f in ordered if f.retrospective]), ordered
    )  # fmt: skip


def _board(forecasts: list[ScoredForecast]) -> Board:
    n = len(forecasts)
    closer = sum(f.scores.crps < f.null.crps - 1e-12 for f in forecasts)
    same = sum(abs(f.scores.crps - f.null.crps) <= 1e-12 for f in forecasts)
    inside = sum(f.inside for f in forecasts)
    chances = [f for f in forecasts if f.scores.brier is not None]
    happened = [bool(f.seen) for f in chances]
    exact = clopper_pearson(inside, n) if n else None
    return Board(
        n, (closer, same), (inside, (exact.low, exact.high) if exact else (0.0, 1.0)),
        mean_brier([f.scores.brier or 0.0 for f in chances]), base_rate_score(happened),
        float(np.mean([f.null.brier or 0.0 for f in chances])) if chances else None, len(chances), sum(happened),
        _reliability(chances), _pit(forecasts),
    )  # fmt: skip


def mean_brier(scores: list[float]) -> tuple[float, tuple[float, float] | None] | None:
    """The mean of Brier scores with its 95 % interval (Student's t over forecasts); no interval below two, nothing of none."""
    if not scores:
        return None
    mean = float(np.mean(scores))
    if len(scores) < 2:
        return mean, None
    from scipy.stats import t

    half = float(t.ppf(0.975, len(scores) - 1) * np.std(scores, ddof=1) / math.sqrt(len(scores)))
    return mean, (max(mean - half, 0.0), min(mean + half, 1.0))


def base_rate_score(happened: list[bool]) -> float | None:
    """The Brier score of saying, each time, how often it happened in all the *other* forecasts."""
    n, total = len(happened), sum(happened)
    if n < 2:
        return None
    return float(np.mean([(h - (total - h) / (n - 1)) ** 2 for h in happened]))


def _reliability(chances: list[ScoredForecast]) -> tuple[Reliability, ...]:
    found = []
    for k in range(5):
        low, high = k / 5, (k + 1) / 5
        here = [
            (f.document.prediction.probability, bool(f.seen))
            for f in chances
            if f.document.prediction.kind == "chance"
            and low <= f.document.prediction.probability
            and (f.document.prediction.probability < high or (k == 4 and high == 1.0))
        ]
        if here:
            happened = sum(seen for _, seen in here)
            exact = clopper_pearson(happened, len(here))
            said = float(np.mean([p for p, _ in here]))
            found.append(Reliability(low, high, said, len(here), happened, (exact.low, exact.high)))
    return tuple(found)


def _pit(forecasts: list[ScoredForecast]) -> tuple[float, ...]:
    edges = np.linspace(0.0, 1.0, 11)
    counts = np.zeros(10)
    for each in forecasts:
        low, high = each.scores.pit
        if high - low < 1e-12:
            counts[min(int(low * 10), 9)] += 1.0
        else:
            overlap = np.minimum(edges[1:], high) - np.maximum(edges[:-1], low)
            counts += np.maximum(overlap, 0.0) / (high - low)
    return tuple(float(c) for c in counts)
