"""Forecasts: proper scores against other software, seals that one changed byte breaks, and leagues that flatter nobody."""

from __future__ import annotations

import json
import math
from datetime import date
from functools import cache

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from proband.natural_history.conditions import Conditions
from proband.natural_history.questions import outcome as find
from proband.programme import load
from proband.trial.forecast.document import (
    ForecastError,
    analysis_code,
    forecast_from,
    read_sealed,
    seal_forecast,
)
from proband.trial.forecast.draft import draft_forecast, expected
from proband.trial.forecast.league import league, score_forecast
from proband.trial.forecast.prediction import ChanceOf, CountOf, MeanOf

CORD = Conditions("A", "T1-9", "30d", "1y", None)


def drafted(people: int = 30, **more):
    return draft_forecast(load("spinal-cord-autologous"), "ais-conversion", CORD, people, made_by="a statistician",
                          made_on=date(2026, 3, 1), **more)  # fmt: skip


@cache
def _text() -> str:
    return drafted().model_dump_json()


def _plain():
    return json.loads(_text())


def chance(p: float, null: float = 0.5, name: str = "met"):
    """A forecast of a yes or no, written by hand from a draft."""
    told = _plain()
    told["prediction"] = {"kind": "chance", "event": name, "probability": p}
    told["comparator"]["prediction"] = {"kind": "chance", "event": name, "probability": null}
    told["basis"] = {"kind": "no-effect" if p == null else "own-judgement", "source": None}
    return forecast_from(told)


def test_a_draft_is_no_effect_and_is_what_natural_history_says() -> None:
    programme = load("spinal-cord-autologous")
    made = drafted()
    assert made.prediction == made.comparator.prediction
    assert made.basis.kind == "no-effect"
    assert made.programme_hash == programme.hash
    assert made.analysis.code == analysis_code()
    (_, natural), *_ = find(programme, "ais-conversion").proportions(programme, CORD, None)
    low, high = natural.counts(30)
    assert made.prediction.interval() == (low, high)
    assert set(made.comparator.tables) == {n for n in programme.files if n.startswith("natural_history/")}
    assert made.comparator.tables


def test_a_score_is_drafted_too_and_counts_chance_within_the_group() -> None:
    programme = load("liver-cells")
    conditions = Conditions("cirrhosis", None, None, "90d", None)
    made = draft_forecast(programme, "meld-change", conditions, 25, made_by="x", made_on=date(2026, 1, 1))
    (_, natural), *_ = find(programme, "meld-change").changes(programme, conditions, None)
    assert isinstance(made.prediction, MeanOf)
    assert made.prediction.interval() == pytest.approx(natural.group_mean(25), abs=0.05)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0.01, 1.0), min_size=2, max_size=30), st.data())
def test_scores_of_counts_are_their_definitions(weights, data) -> None:
    p = np.array(weights) / sum(weights)
    n = len(p) - 1
    seen = data.draw(st.integers(0, n))
    scores = CountOf(event="x", people=n, probabilities=[float(v) for v in p]).score(seen)
    k = np.arange(n + 1)
    # CRPS = E|X − y| − ½ E|X − X'|
    pairs = np.sum(p[:, None] * p[None, :] * np.abs(k[:, None] - k[None, :]))
    assert scores.crps == pytest.approx(np.sum(p * np.abs(k - seen)) - 0.5 * pairs, abs=1e-9)
    assert scores.log == pytest.approx(-math.log(p[seen]))
    assert scores.pit[1] - scores.pit[0] == pytest.approx(p[seen], abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=1, max_size=6), st.floats(0.3, 4), st.floats(-15, 15))
def test_scores_of_means_are_their_definitions_by_numerical_integration(means, sd, seen) -> None:
    scores = MeanOf(quantity="q", unit="1", means=means, sd=sd).score(seen)

    def below(x: float) -> float:
        return float(np.mean(stats.norm.cdf(x, means, sd)))

    left = integrate.quad(lambda x: below(x) ** 2, -60, seen, limit=400, points=[min(means)])[0]
    right = integrate.quad(lambda x: (1 - below(x)) ** 2, seen, 60, limit=400, points=[max(means)])[0]
    assert scores.crps == pytest.approx(left + right, abs=1e-5)
    # far out the density itself is below the smallest number, and only its logarithm is left
    log = special.logsumexp(stats.norm.logpdf(seen, means, sd)) - math.log(len(means))
    assert scores.log == pytest.approx(-log, rel=1e-9, abs=1e-12)
    assert scores.pit[0] == pytest.approx(below(seen), abs=1e-9)


def test_the_crps_of_a_normal_by_its_closed_form() -> None:
    """Gneiting and Raftery 2007, equation 21: s (z (2 Φ(z) − 1) + 2 φ(z) − 1/√π); at z = 0 it is s (√2 − 1)/√π."""
    scores = MeanOf(quantity="q", unit="kg", means=[10.0], sd=2.0).score(10.0)
    assert scores.crps == pytest.approx(2.0 * (math.sqrt(2.0) - 1.0) / math.sqrt(math.pi), abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_nobody_gains_by_saying_anything_but_what_they_expect(believed, said) -> None:
    def loss(p: float, kind: str) -> float:
        made = ChanceOf(event="e", probability=p)
        yes, no = getattr(made.score(1), kind), getattr(made.score(0), kind)
        return (believed * yes if believed else 0.0) + ((1 - believed) * no if believed < 1 else 0.0)

    for kind in ("brier", "log", "crps"):
        assert loss(believed, kind) <= loss(said, kind) + 1e-9


def test_honest_forecasts_are_calibrated_and_the_league_sees_when_they_are_not() -> None:
    rng = np.random.default_rng(4)
    honest, boastful = [], []
    for at in range(300):
        p = float(rng.uniform(0.05, 0.95))
        seen = float(rng.random() < p)
        said = 0.95 if p > 0.5 else 0.05
        honest.append(score_forecast(chance(p, name=f"study {at}"), seen, sealed_before_first_dose=True))
        boastful.append(score_forecast(chance(said, name=f"study {at}"), seen, sealed_before_first_dose=True))
    good, bad = league(honest), league(boastful)
    assert good.sealed.n == bad.sealed.n == 300
    assert all(bar.interval[0] <= bar.said <= bar.interval[1] for bar in good.sealed.reliability)
    assert any(not bar.interval[0] <= bar.said <= bar.interval[1] for bar in bad.sealed.reliability)
    assert good.sealed.brier[0] < bad.sealed.brier[0]
    assert good.sealed.brier[0] < good.sealed.base_rate
    assert sum(good.sealed.pit) == pytest.approx(300)


def test_counts_from_the_model_itself_fall_evenly_into_the_tenths_of_their_prediction() -> None:
    made = drafted(40)
    rng = np.random.default_rng(8)
    p = np.array(made.prediction.probabilities)
    scored = [
        score_forecast(drafted(40, estimand=None), float(k), sealed_before_first_dose=True)
        for k in rng.choice(41, 3, p=p / p.sum())
    ]
    pits = [made.prediction.score(float(k)).pit for k in rng.choice(41, 4000, p=p / p.sum())]
    points = [low + (high - low) * rng.random() for low, high in pits]
    assert stats.kstest(points, "uniform").pvalue > 1e-3
    assert all(each.scores == each.null for each in scored)


def test_one_changed_byte_breaks_the_seal() -> None:
    sealed = seal_forecast(drafted(), Ed25519PrivateKey.generate())
    text = json.dumps(sealed.as_dict())
    assert read_sealed(text).document == sealed.document
    for change in (
        lambda d: d["forecast"].__setitem__("made_by", "somebody else"),
        lambda d: d["forecast"].__setitem__("made_on", "2020-01-01"),
        lambda d: d["forecast"]["prediction"]["probabilities"].reverse(),
        lambda d: d.__setitem__("hash", "0" * 64),
        lambda d: d.__setitem__(
            "signature", seal_forecast(drafted(), Ed25519PrivateKey.generate()).signature
        ),
        lambda d: d.pop("public_key"),
        lambda d: d["forecast"].__setitem__("surprise", 1),
    ):
        told = json.loads(text)
        change(told)
        with pytest.raises(ForecastError):
            read_sealed(json.dumps(told))
    # a forger who also mends the hash still needs the key
    told = json.loads(text)
    told["forecast"]["made_by"] = "somebody else"
    told["hash"] = forecast_from(told["forecast"]).hash
    with pytest.raises(ForecastError, match="signature"):
        read_sealed(json.dumps(told))
    for broken in ("", "[]", "null", "{", '{"forecast": 1}', "[" * 100_000):
        with pytest.raises(ForecastError):
            read_sealed(broken)


def test_a_forecast_is_held_against_its_bundle() -> None:
    cord, liver = load("spinal-cord-autologous"), load("liver-cells")
    told = drafted().model_dump(mode="json")
    assert forecast_from(told, cord) == drafted()
    with pytest.raises(ForecastError, match="the bundle is liver-cells"):
        forecast_from(told, liver)
    for change, words in (
        ({"estimand_hash": "0" * 64}, "something else"),
        ({"comparator": {**told["comparator"], "tables": {"natural_history/invented.csv": "0" * 64}}}, "invented"),
    ):  # fmt: skip
        with pytest.raises(ForecastError, match=words):
            forecast_from({**told, **change}, cord)
    with pytest.raises(ForecastError, match="no estimand"):
        drafted(estimand="not-there")


def test_an_expectation_stands_beside_no_effect_and_says_on_what_it_rests() -> None:
    made = expected(drafted(), share=0.5, worth=10, why="a hunch")
    assert made.basis.kind == "own-judgement"
    assert made.comparator == drafted().comparator
    exact = stats.betabinom.pmf(np.arange(31), 30, 5, 5)
    assert made.prediction.probabilities == pytest.approx(exact, abs=1e-12)
    told = made.model_dump(mode="json")
    with pytest.raises(ForecastError, match="no-effect"):
        forecast_from({**told, "basis": {"kind": "no-effect", "source": None}})
    with pytest.raises(ForecastError, match="names the source"):
        forecast_from({**told, "basis": {"kind": "source", "source": None}})
    with pytest.raises(ForecastError, match="no source"):
        forecast_from(
            {**told, "basis": {"kind": "source", "source": "invented"}}, load("spinal-cord-autologous")
        )
    for bad in (
        {"share": 0.5}, {"share": 1.5, "worth": 3}, {"share": 0.5, "worth": 0}, {"mean": 1.0, "sd": 1.0}, {},
        {"share": float("nan"), "worth": 5},
    ):  # fmt: skip
        with pytest.raises(ForecastError):
            expected(drafted(), why="a hunch", **bad)


@pytest.mark.parametrize("seen", [-1, 31, 4.5, math.nan, math.inf])
def test_what_cannot_have_been_seen_is_not_scored(seen) -> None:
    with pytest.raises(ForecastError):
        score_forecast(drafted(), seen)


def test_what_nothing_proves_to_be_early_is_retrospective_for_ever() -> None:
    early = score_forecast(drafted(), 3, sealed_before_first_dose=True)
    assert not early.retrospective
    for late in (
        score_forecast(drafted(), 3),
        score_forecast(drafted(), 3, sealed_before_first_dose=False),
        score_forecast(drafted(outcome_known=True), 3, sealed_before_first_dose=True),
    ):
        assert late.retrospective
        assert late.words.startswith("Retrospective forecast")
        assert league([late]).sealed.n == 0
        assert "No forecast has been sealed in time" in league([late]).words
    both = league([early, score_forecast(drafted(outcome_known=True), 3)])
    assert (both.sealed.n, both.retrospective.n) == (1, 1)
    assert "too few" in both.words


def test_the_same_forecast_counts_once_and_has_one_outcome() -> None:
    one = score_forecast(drafted(), 3, sealed_before_first_dose=True)
    assert league([one, one]).sealed.n == 1
    with pytest.raises(ForecastError, match="two outcomes"):
        league([one, score_forecast(drafted(), 4, sealed_before_first_dose=True)])


def test_a_forecast_held_for_impossible_costs_without_bound_and_is_written_as_text() -> None:
    scored = score_forecast(chance(0.0), 1.0, sealed_before_first_dose=True)
    assert scored.scores.log == math.inf
    assert json.loads(json.dumps(scored.as_dict(), allow_nan=False))["scores"]["log"] == "infinite"
