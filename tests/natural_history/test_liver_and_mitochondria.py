"""Liver and mitochondrial forecasts against the printed figures, and their refusals."""

from __future__ import annotations

import numpy as np
import pytest

from proband.natural_history import OutsideDomain, QuestionUnclear
from proband.natural_history.conditions import Conditions
from proband.natural_history.questions import outcomes
from proband.natural_history.special import liver, liver_course, liver_meld3, mitochondria
from shipped import headline, loaded

LIVER, MITO = "liver-cells", "mitochondria-hpdl"

# 1 − S0(t)^exp(0.17698·MELD 3.0 − 3.56), printed to one decimal (Kim 2021 as coded in a public application)
MELD3 = [
    (6, 30, 0.2),
    (6, 90, 0.5),
    (10, 60, 0.6),
    (15, 90, 2.2),
    (20, 30, 1.9),
    (25, 60, 8.6),
    (30, 90, 27.3),
]
MELD3 += [(35, 30, 23.5), (35, 60, 40.9), (40, 60, 72.0), (40, 90, 84.6)]


@pytest.mark.parametrize(("score", "days", "percent"), MELD3)
def test_meld3_function(score: float, days: float, percent: float) -> None:
    assert 100 * liver_meld3.meld3_mortality(loaded(LIVER), score, days) == pytest.approx(percent, abs=0.06)


@pytest.mark.parametrize(
    ("score", "days", "mortality"),
    [
        (40, 28, 11),
        (50, 28, 27),
        (60, 28, 58),
        (70, 28, 90),
        (40, 90, 23),
        (50, 90, 46),
        (60, 90, 77),
        (70, 90, 97),
    ],
)
def test_clif_c_scores_reproduce_the_printed_pairs(score: int, days: int, mortality: int) -> None:
    forecast = liver.survival(loaded(LIVER), f"CLIF-C ACLF {score}", days)
    assert 100 * (1 - forecast.pooled) == pytest.approx(mortality, abs=1.5)


@pytest.mark.parametrize(
    ("baseline", "days", "alive"),
    [
        ("MELD 25", 90, 0.804),
        ("MELD 20-29", 90, 0.804),
        ("aclf", 168, 0.556),
        ("cirrhosis", 365, 0.798),
        ("UDC", 365, 0.644),
        ("cirrhosis outpatient", 365, 0.84),
        ("cirrhosis-outpatient", 1826, 0.66),
        ("cirrhosis after admission", 365, 0.55),
        ("alcohol-ascites", 365, 0.71),
        ("alcohol-encephalopathy", 365, 0.36),
        ("compensated-varices", 1826, 0.90),
        ("first non-bleeding decompensation", 1826, 0.70),
        ("second decompensation", 1826, 0.12),
        ("hepatic-failure-admitted", 60, 0.646),
        ("cirrhosis-admitted", 365, 0.664),
    ],
)
def test_printed_survival_is_the_centre_of_the_forecast(baseline: str, days: float, alive: float) -> None:
    forecast = liver.survival(loaded(LIVER), baseline, days)
    assert forecast.pooled == pytest.approx(alive, abs=1e-3)
    low, high = forecast.interval()
    assert low < alive < high
    assert high - low > 0.1  # one cohort says little about the next


def test_survival_falls_with_time_and_score() -> None:
    times = [liver.survival(loaded(LIVER), "cirrhosis", d).pooled for d in (100, 250, 365, 600, 900, 1800)]
    assert times == sorted(times, reverse=True)
    scores = [liver.survival(loaded(LIVER), f"MELD 3.0 {s}", 90).pooled for s in (8, 15, 22, 30, 38)]
    assert scores == sorted(scores, reverse=True)


def test_heterogeneity_is_measured_from_two_published_tables() -> None:
    assert 0.3 < liver.between_cohort_sd(loaded(LIVER)) < 0.9


@pytest.mark.parametrize(
    ("baseline", "days", "word"),
    [
        ("ACLF-2", 90, "unverified"),
        ("Child-Pugh C", 365, "secondary"),
        ("MELD 25", 365, "printed"),
        ("MELD 3.0 45", 90, "published"),
        ("MELD 3.0 20", 400, "published"),
        ("CLIF-C ACLF 90", 28, "not published"),
        ("primary biliary cholangitis", 365, "shape"),
        ("after-first-decompensation", 1826, "not used"),
        ("healthy", 365, "no published"),
        ("aclf", 30, "published figure"),
        ("compensated-varices", 365, "published figure"),
        ("alcohol-ascites", 1826, "published figure"),
        ("decompensated", 1826, "a first and a second decompensation"),
    ],
)
def test_liver_refusals_say_what_differs(baseline: str, days: float, word: str) -> None:
    with pytest.raises(OutsideDomain) as refused:
        liver.survival(loaded(LIVER), baseline, days)
    assert refused.value.nearest
    assert any(word in d for d in refused.value.differs), refused.value.differs


def test_a_range_over_two_bands_is_asked_back() -> None:
    with pytest.raises(QuestionUnclear):
        liver.survival(loaded(LIVER), "MELD 15-25", 90)


def test_decompensation() -> None:
    five = liver_course.decompensation(loaded(LIVER), "compensated", 5)
    assert five.pooled == pytest.approx(0.245)
    assert np.std(five.quantiles) == pytest.approx(0.136, abs=0.01)
    one = liver_course.decompensation(loaded(LIVER), "compensated", 1)
    assert 0.05 <= one.pooled <= 0.07  # the review prints 5 to 7 % a year
    assert liver_course.decompensation(loaded(LIVER), "compensated alcohol", 5).pooled > five.pooled
    with pytest.raises(OutsideDomain):
        liver_course.decompensation(loaded(LIVER), "compensated", 20)


def test_meld_change() -> None:
    change = liver_course.meld_change(loaded(LIVER), "cirrhosis", 182)
    assert change.sd > 1.65  # never less than laboratory noise alone
    assert 0 < change.pooled < 1
    with pytest.raises(OutsideDomain) as refused:
        liver_course.meld_change(loaded(LIVER), "ACLF", 28)
    assert "treated" in refused.value.differs[0]


def test_survival_headline_with_two_arms() -> None:
    r = headline(
        "73 of 100 alive at 24 weeks against 56", programme=LIVER, outcome="survival", baseline="aclf"
    )
    assert r.kind == "two-arm counts"
    assert r.fisher is not None
    assert r.fisher.two_sided == pytest.approx(0.018, abs=0.001)
    assert (
        r.probability > 0.15
    )  # nothing says that chance made the groups: the control may be of another cohort
    assert r.surprise == "common"
    by_chance = headline(
        "73 of 100 alive at 24 weeks against 56",
        programme=LIVER,
        outcome="survival",
        baseline="aclf",
        groups="randomised",
    )
    assert by_chance.probability < 0.02
    assert by_chance.verdict_from == pytest.approx(0.0131, abs=0.0005)
    assert by_chance.control_probability is not None


def test_survival_headline_alone_is_less_certain() -> None:
    r = headline("73 of 100 alive at 24 weeks", programme=LIVER, outcome="survival", baseline="aclf")
    assert r.exact < 0.001 < 0.05 < r.probability


def test_deaths_are_counted_as_survival() -> None:
    deaths = headline("27 of 100 died at 24 weeks", programme=LIVER, outcome="survival", baseline="aclf")
    alive = headline("73 of 100 alive at 24 weeks", programme=LIVER, outcome="survival", baseline="aclf")
    assert deaths.probability == alive.probability


def test_meld_headlines_both_ways() -> None:
    kw = {"programme": LIVER, "outcome": "meld-change", "baseline": "cirrhosis", "follow_up": "24w"}
    fell = headline("MELD fell by 2 points in 20 people", **kw)
    assert fell.direction == "at most"
    assert fell.probability == pytest.approx(fell.predictive, abs=0.01)
    assert fell.exact < 0.001 < fell.probability < 0.1
    improved = headline("MELD improved by 2 points in 20 people", **kw)
    assert improved.probability == fell.probability
    rose = headline("MELD rose by 1 points in 20 people", **kw)
    assert (rose.direction, rose.speaks_of) == ("at least", "harm")
    assert rose.opposite > 0.5
    two = headline("MELD fell by 2 points in 20 people against 1.8 in 20 people", **kw)
    assert two.probability > 0.2
    off = headline("MELD fell by 0.2 points in 20 people", **kw, heterogeneity=False, trials=100_000)
    assert abs(off.probability - off.exact) < 4 * off.monte_carlo_se


@pytest.mark.parametrize(
    ("disease", "years", "alive"),
    [
        ("MPV17", 1, 0.58),
        ("FBXL4", 5, 0.68),
        ("COQ4", 10, 0.61),
        ("SURF1", 5.4, 0.5),
        ("Leigh syndrome", 21, 0.61),
    ],
)
def test_mitochondrial_survival(disease: str, years: float, alive: float) -> None:
    forecast = mitochondria.survival(loaded(MITO), disease, years)
    assert forecast.pooled == pytest.approx(alive, abs=0.005)


@pytest.mark.parametrize(
    ("disease", "years"), [("HPDL", 5), ("TK2-onset-to-12", 10), ("LRPPRC", 1.8), ("MPV17", 30)]
)
def test_mitochondrial_refusals(disease: str, years: float) -> None:
    with pytest.raises(OutsideDomain) as refused:
        mitochondria.survival(loaded(MITO), disease, years)
    assert refused.value.missing


def test_hpdl_walking_is_refused_with_what_is_missing() -> None:
    with pytest.raises(OutsideDomain) as refused:
        headline("1 of 1 walks again", programme=MITO, outcome="walking", baseline="HPDL")
    assert len(refused.value.missing) >= 3
    assert "cross-sectional" in refused.value.differs[0]
    assert "wheelchair" in refused.value.nearest


def test_leigh_wheelchair_matches_the_published_step() -> None:
    forecast = mitochondria.wheelchair(loaded(MITO), "Leigh", 2.6)
    assert forecast.pooled == pytest.approx((57 - 31) / (100 - 31), abs=1e-9)
    with pytest.raises(OutsideDomain):
        mitochondria.wheelchair(loaded(MITO), "HPDL", 2)


def test_visual_recovery_is_bracketed_by_its_two_reviews() -> None:
    assert 0.144 < mitochondria.visual_recovery(loaded(MITO), "LHON m.11778G>A").pooled < 0.2


def test_outcomes_follow_from_the_tables() -> None:
    assert "ais-conversion" in outcomes(loaded("spinal-cord-autologous"))
    assert set(outcomes(loaded(LIVER))) == {"survival", "decompensation", "meld-change"}
    assert "walking" in outcomes(loaded(MITO))


def test_decompensated_people_are_not_answered_with_cirrhosis_as_a_whole() -> None:
    """Who has decompensated lives shorter than the cohort of all cirrhosis, which was its answer: held-back figures lay at its edge."""
    with pytest.raises(OutsideDomain, match="unstable-decompensated"):
        liver.survival(loaded("liver-cells"), "decompensated", 730.0)
    assert liver.survival(loaded("liver-cells"), "cirrhosis", 730.0).pooled > 0.6


def test_people_after_an_admission_do_worse_than_those_at_home_at_every_time() -> None:
    """Two groups of one register: who is asked about must be said, since the share alive differs by a third."""
    for days in (365.0, 730.0, 1826.0):
        home = liver.survival(loaded(LIVER), "cirrhosis-outpatient", days)
        ward = liver.survival(loaded(LIVER), "cirrhosis-after-admission", days)
        assert ward.pooled < home.pooled - 0.25
        assert home.domain != ward.domain
        assert "England" in home.domain


@pytest.mark.parametrize(("form", "points"), [("any", "0.9"), ("complicated", "1.3"), ("pure", "0.6")])
def test_the_yearly_change_of_a_rating_scale_is_said_and_not_answered(form: str, points: str) -> None:
    """The slope is published (J Neurol 2026, 126 people), the spread of one person's change is not: a headline on it is refused with both."""
    asked = outcomes(loaded(MITO))["sprs-change"]
    assert asked.changes is not None
    for follow_up in ("1y", "3y"):
        with pytest.raises(OutsideDomain) as refused:
            asked.changes(loaded(MITO), Conditions(form, follow_up=follow_up), 8)
        assert f"{points} points over 1 year" in refused.value.nearest
        assert any("standard deviation" in m for m in refused.value.missing)
