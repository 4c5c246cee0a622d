"""The partial-pooling model against an independent answer, and every published cohort against the model."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import binom, norm

from proband.natural_history import OutsideDomain, QuestionUnclear, published
from proband.natural_history.cohorts import TAU_GRID, CohortRows, Priors, fit
from proband.natural_history.conditions import parse_window
from proband.natural_history.special import coverage
from proband.natural_history.special import spinal_cord as sc
from proband.natural_history.special import spinal_words as words
from proband.natural_history.special.coverage import check_cohorts
from proband.natural_history.special.spinal_grades import TABLE, grade_model
from shipped import loaded

SPINAL = "spinal-cord-autologous"
FITTED = [
    ("A", "ais-conversion"),
    ("A", "motor-incomplete"),
    ("B", "ais-conversion"),
    ("C", "ais-conversion"),
    ("D", "ais-conversion"),
    ("C", "ais-deterioration"),
    ("D", "ais-deterioration"),
]


def _one_stratum(events: list[float], n: list[float]) -> CohortRows:
    r = len(n)
    return CohortRows(
        events=np.array(events),
        n=np.array(n),
        mix=np.ones((r, 1)),
        covariates=np.zeros((r, 0)),
        time=np.zeros(r),
        registry=np.arange(r),
        cohort=np.arange(r),
    )


def test_posterior_agrees_with_brute_force_quadrature() -> None:
    """Without covariates the likelihood of a cohort is a one-dimensional integral: an independent way to the answer."""
    events, n = [3.0, 9.0, 20.0, 4.0], [20.0, 30.0, 45.0, 25.0]
    priors = Priors(intercept=(-0.5, 1.0), strata=(0, 1), drift=(0.0, 1e-3), drift_sd=1e-3)
    post = fit(_one_stratum(events, n), priors, draws=8000, candidates=40000)
    intercepts = np.linspace(-3, 2, 121)
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    table = np.zeros((len(TAU_GRID), len(intercepts)))
    for i, tau in enumerate(TAU_GRID):
        like = np.ones(len(intercepts))
        for e, k in zip(events, n, strict=True):
            p = expit(intercepts[:, None] + tau * nodes[None, :])
            like *= (p**e * (1 - p) ** (k - e) @ weights) / np.sqrt(2 * np.pi)
        width = 0.05 if tau < 0.1 else 0.1
        table[i] = (
            like * norm.pdf(intercepts, -0.5, 1.0) * np.exp(-0.5 * (tau / priors.tau_scale) ** 2) * width
        )
    table /= table.sum()
    assert post.beta[:, 0].mean() == pytest.approx((table.sum(0) * intercepts).sum(), abs=0.02)
    assert post.tau.mean() == pytest.approx((table.sum(1) * TAU_GRID).sum(), abs=0.03)
    assert post.effective > 4000


def test_fit_is_reproducible() -> None:
    rows = _one_stratum([3, 9, 20], [20, 30, 45])
    first, second = fit(rows, Priors()), fit(rows, Priors())
    assert np.array_equal(first.beta, second.beta)
    assert np.array_equal(first.tau, second.tau)


def test_more_disagreement_means_more_heterogeneity() -> None:
    alike = fit(_one_stratum([20, 21, 19, 20], [100] * 4), Priors())
    apart = fit(_one_stratum([5, 60, 12, 45], [100] * 4), Priors())
    assert apart.tau.mean() > 2 * alike.tau.mean()


@pytest.mark.parametrize(("grade", "outcome"), FITTED)
def test_every_published_cohort_lies_in_its_own_predictive_interval(grade: str, outcome: str) -> None:
    checks = check_cohorts(loaded(SPINAL), grade, outcome)
    assert checks
    outside = [c for c in checks if not c.covered]
    assert not outside, outside


@pytest.mark.parametrize(("grade", "outcome"), FITTED)
def test_importance_weights_are_healthy(grade: str, outcome: str) -> None:
    assert grade_model(loaded(SPINAL), grade, outcome).posterior.effective > 1000


def test_a_new_cohort_is_less_certain_than_the_average_one() -> None:
    question = words.GradeQuestion((0, 30), 365.0, (2000.0, 2010.0))
    forecast = sc.grade_forecast(loaded(SPINAL), "A", "tetraplegia", question)
    low, high = forecast.interval()
    post = grade_model(loaded(SPINAL), "A").posterior
    eta = post.linear_predictor(0, np.array([np.log(30 / 14), 0.0]), 0.0)
    mean_low, mean_high = np.quantile(expit(eta), [0.025, 0.975])
    assert high - low > 1.3 * (mean_high - mean_low)
    assert 0.2 < forecast.mean < 0.5


def test_published_ordering_of_levels_and_eras() -> None:
    def mean(level: str, era: tuple[float, float]) -> float:
        return sc.grade_forecast(loaded(SPINAL), "A", level, words.GradeQuestion((0, 14), 365.0, era)).mean

    assert mean("tetraplegia", (2013, 2015)) > mean("T10-12", (2013, 2015)) > mean("T1-9", (2013, 2015))
    assert mean("tetraplegia", (2013, 2015)) > mean("tetraplegia", (1995, 1997))


def test_counts_interval_uses_the_binomial_too() -> None:
    """With a cohort of one person the interval can only be 0 to 1."""
    model = grade_model(loaded(SPINAL), "A")
    assert coverage._interval_of_counts(model.posterior, model.data, 0, 1) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"window": (30.0, 120.0)}, "first examined"),
        ({"follow_up": 20.0}, "earlier last"),
        ({"follow_up": 3000.0}, "five years"),
        ({"era": (1960.0, 1970.0)}, "drifted"),
    ],
)
def test_questions_outside_the_domain_are_refused_with_what_differs(change: dict, word: str) -> None:
    values = {"window": (0.0, 14.0), "follow_up": 365.0, "era": None} | change
    with pytest.raises(OutsideDomain) as refused:
        sc.grade_forecast(loaded(SPINAL), "A", "tetraplegia", words.GradeQuestion(**values))
    assert refused.value.nearest
    assert any(word in d for d in refused.value.differs), refused.value.differs


@pytest.mark.parametrize(("baseline", "level"), [("E", "cervical"), ("A", "L2"), ("A", "lumbar")])
def test_people_outside_the_domain_are_refused(baseline: str, level: str) -> None:
    with pytest.raises(OutsideDomain):
        words.parse_strata(baseline, level, 4)


def test_becoming_worse_than_a_is_refused() -> None:
    with pytest.raises(OutsideDomain):
        sc.grade_forecast(
            loaded(SPINAL), "A", "all", words.GradeQuestion((0, 14), 365.0), "ais-deterioration"
        )


def test_mixes() -> None:
    strata = words.parse_strata("A:6,B:2,C:5", "cervical", 13)
    assert [(s.grade, s.level, s.people) for s in strata] == [
        ("A", "tetraplegia", 6),
        ("B", "tetraplegia", 2),
        ("C", "tetraplegia", 5),
    ]
    crossed = words.parse_strata("A:4,B:2", "cervical:2,T4:4", 6)
    assert sum(s.people for s in crossed) == 6
    assert {(s.grade, s.level) for s in crossed} <= {(g, v) for g in "AB" for v in ("tetraplegia", "T1-9")}
    with pytest.raises(QuestionUnclear):
        words.parse_strata("A:6,B:2", "cervical", 13)
    for grades, levels in (("A:1", "cervical"), ("A:7", "all"), ("A:0", "all"), ("A", "cervical:3")):
        with pytest.raises(QuestionUnclear, match="adds up to"):
            words.parse_strata(grades, levels, 4)
    assert [s.people for s in words.parse_strata("A:4", "cervical:4", 4)] == [4]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("14-28d", (14, 28)), ("30d", (0, 30)), ("2w", (0, 14)), ("12-24m", (365.25, 730.5)), ("48h", (0, 2))],
)
def test_windows(text: str, expected: tuple[float, float]) -> None:
    assert parse_window(text) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["", "soon", "30-14d", "1-2-3d", "-5d", "14-", "14--28d", "-"])
def test_unreadable_windows(text: str) -> None:
    with pytest.raises(QuestionUnclear):
        parse_window(text)


def test_late_conversion_is_rare_and_only_for_grade_a() -> None:
    question = words.GradeQuestion((365.25, 365.25), 5 * 365.25)
    forecast = sc.grade_forecast(loaded(SPINAL), "A", "all", question)
    assert forecast.pooled == pytest.approx(
        0.056, abs=1e-3
    )  # Kirshblum 2004: 5.6 % between one and five years
    with pytest.raises(OutsideDomain) as refused:
        sc.grade_forecast(loaded(SPINAL), "B", "all", question)
    assert "grade A" in refused.value.nearest


def test_table_agrees_with_the_evidence(evidence: Path) -> None:
    """Every grade-A share of the evidence table stands in ours, with the same per cent and number of people."""
    ours = published(loaded(SPINAL), TABLE)
    mine = {
        (round(r.number("percent") or -1.0, 1), r.text("n")) for r in ours if r.text("baseline_grade") == "A"
    }
    shares = {p for p, _ in mine}
    checked = 0
    with (evidence / "spinal-cord" / "ais_conversion.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if row["baseline_ais"] != "A" or row["to_grade"] != "any better grade":
                continue
            percent = round(100 * float(row["proportion"]), 1)
            assert percent in shares, row
            if row["n"]:
                assert (percent, row["n"]) in mine, row
            checked += 1
    assert checked >= 15


def test_binomial_helper_is_independent() -> None:
    value, _ = quad(lambda p: binom.pmf(2, 4, p), 0, 1)
    assert value == pytest.approx(1 / 5)


def test_predicted_counts_mix_chance_and_cohorts() -> None:
    forecast = sc.grade_forecast(loaded(SPINAL), "A", "tetraplegia", words.GradeQuestion((0, 14), 365.0))
    rng = np.random.default_rng(4)
    drawn = rng.binomial(90, rng.choice(forecast.quantiles, 200_000))
    low, high = forecast.counts(90)
    assert low == pytest.approx(np.quantile(drawn, 0.025), abs=1)
    assert high == pytest.approx(np.quantile(drawn, 0.975), abs=1)
    assert forecast.counts(1) == (0, 1)
