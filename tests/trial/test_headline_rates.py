"""Events that may come to one person more than once: reading them, judging them, and the exact test of two groups."""

from __future__ import annotations

import shutil
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import betabinom, binomtest, nbinom

from in_node import answers_of_form
from proband.analysis.rates import compare_rates, design_for_rates, events_distribution
from proband.natural_history import OutsideDomain, QuestionUnclear
from proband.pages.headline.card import card_page, card_svg
from proband.pages.headline.hundred import columns, out_of_hundred
from proband.pages.headline.replays import in_words, replay_chart
from proband.programme import Programme, load
from proband.trial.headline import HeadlineResult, headline
from proband.trial.headline.groups import MADE
from proband.trial.headline.meaning import HeadlineUnclear
from proband.trial.headline.reading import read_headline
from proband.trial.headline.table import headline_table
from proband.trial.headline.words import answer_in_numbers, what_would_tell

MINIMAL = Path(__file__).resolve().parents[1] / "bundles" / "minimal"
#: an invented disease with invented figures
TABLE = {
    "attacks.yaml": """title: How often attacks come (invented)
columns:
  cohort: {meaning: series}
  n: {meaning: people, unit: '1'}
  events: {meaning: attacks, unit: '1'}
  person_time: {meaning: time of observation, unit: a}
  dispersion: {meaning: variance of the rates over the squared mean}
  source: {meaning: id of the source}
  level: {meaning: verification level}
domain: {condition: invented}
answers:
  attack:
    kind: counts
    better: fewer
    event: had an attack
    times: [0.5, 2]
words:
  attack:
    happened: [had an attack]
    events: [attacks, attack]
licence: invented
""",
    "attacks.csv": """cohort,n,events,person_time,dispersion,source,level
Elm,50,60,50,0.5,proband-tests,read
Ash,80,100,80,0.5,proband-tests,read
Oak,60,66,60,0.5,proband-tests,read
""",
}


@pytest.fixture(scope="module")
def elm(tmp_path_factory: pytest.TempPathFactory) -> Programme:
    folder = tmp_path_factory.mktemp("rates") / "elm"
    shutil.copytree(MINIMAL, folder)
    (folder / "natural_history").mkdir(exist_ok=True)
    for name, text in TABLE.items():
        (folder / "natural_history" / name).write_text(text, encoding="utf-8")
    return load(folder)


def ask(elm: Programme, text: str, **more: Any) -> HeadlineResult:
    return headline(text, programme=elm, outcome="attack", **more)


# --- reading -----------------------------------------------------------------------------------------------------------------

READ = {
    "9 attacks in 20 people over 1 year": ("9 20 None", None, "1y"),
    "Only 9 attacks in 20 patients within 12 months.": ("9 20 None", None, "12m"),
    "no attacks in 20 patients over one year": ("0 20 None", None, "1y"),
    "9 attacks in 20 patient-years": ("9 None 20y", None, None),
    "9 attacks among 21 people (19.5 person-years)": ("9 21 19.5y", None, None),
    "9 attacks in 240 patient-months": ("9 None 240m", None, None),
    "9 attacks in 20 years of follow-up": ("9 None 20y", None, None),
    "9 attacks in 20 people over 1 year against 30 in 19": ("9 20 None", "30 19 None", "1y"),
    "9 attacks in 20 people vs 30 attacks in 19 controls over 1 year": ("9 20 None", "30 19 None", "1y"),
    "9 attacks in 20 person-years, compared with 30 attacks in 18.5 person-years": (
        "9 None 20y",
        "30 None 18.5y",
        None,
    ),
}
REFUSED = {
    "0.4 attacks a year in 20 people": "events",
    "1.2 attacks per person per year": "events",
    "0.4 attacks per patient-year": "events",
    "9 attacks in 20 people over 1 year against 0.4 attacks a year": "events",
    "9 attacks": "form",
    "9.5 attacks in 20 people": "form",
    "9 attacks in 0 people": "nobody",
    "9 attacks in 0 person-years": "watched",
    "9 attacks averted in 20 people": "words",
    "nearly 9 attacks in 20 people": "words",
    "9 attacks in 20 people over 1 year against 30 in 19 over 2 years": "times",
    "9 falls in 20 people": "words",
    "-9 attacks in 20 people": "form",
    "attacks fell by 9 in 20 people": "form",
}


def _told(group: Any) -> str | None:
    return None if group is None else f"{group.events} {group.people} {group.over}"


@pytest.mark.parametrize("text", READ)
def test_a_number_of_events_is_read_whole(elm: Programme, text: str) -> None:
    read = read_headline(text, elm, "attack")
    assert (_told(read.rate), _told(read.control_rate), read.time) == READ[text]
    assert read.kind == "rate"


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_number_of_events_is_refused(elm: Programme, text: str) -> None:
    with pytest.raises(HeadlineUnclear) as refused:
        read_headline(text, elm, "attack")
    assert refused.value.code == f"trial.headline.{REFUSED[text]}"
    assert refused.value.mend


@pytest.mark.node
def test_the_page_reads_events_as_python_does(elm: Programme, tmp_path: Path) -> None:
    answers = answers_of_form(
        headline_table([elm], offers={}), [*READ, *REFUSED], tmp_path,
        "const p=Object.keys(t.programmes)[0];let m='';try{h.read(t,p,'attack',a)}catch(e){m=e.message}"
        "try{const r=reading.read(t.grammar,t.programmes[p].outcomes,'attack',a);r.said=m;return r}catch(e){if(!e.code)throw e;return {code:e.code}}",
        unless="the page's reader was not compared with Python", seconds=60,
    )  # fmt: skip
    for text, page in zip(READ, answers, strict=False):
        read = read_headline(text, elm, "attack")
        assert page["understood"] == read.understood
        assert page["said"] == ""  # the form takes it, too
    for text, page in zip(REFUSED, answers[len(READ) :], strict=True):
        assert page["code"] == f"trial.headline.{REFUSED[text]}"


# --- judging -----------------------------------------------------------------------------------------------------------------


def test_few_events_speak_for_benefit_and_many_of_harm(elm: Programme) -> None:
    few = ask(elm, "4 attacks in 20 people over 1 year")
    assert (few.direction, few.speaks_of) == ("at most", "benefit")
    assert few.natural == pytest.approx(1.2, abs=0.2)
    assert few.verdict_from is not None
    assert few.verdict_from < 0.05
    many = ask(elm, "60 attacks in 20 people over 1 year")
    assert (many.direction, many.speaks_of) == ("at least", "harm")
    assert many.probability < 0.05
    for r in (few, many, ask(elm, "25 attacks in 20 people over 1 year")):
        assert r.probability == pytest.approx(r.predictive, abs=0.02)
        assert r.interval[0] <= r.exact <= r.interval[1]


def test_the_same_rate_in_another_time_is_another_number(elm: Programme) -> None:
    half = ask(elm, "10 attacks in 20 people over 6 months")
    whole = ask(elm, "10 attacks in 20 people over 1 year")
    assert half.natural == pytest.approx(whole.natural / 2, rel=0.01)
    assert whole.probability < half.probability
    years = ask(elm, "10 attacks in 20 person-years", follow_up="1y")
    assert years.probability == whole.probability


def test_people_who_differ_make_chance_larger(elm: Programme) -> None:
    r = ask(elm, "9 attacks in 20 people over 1 year", heterogeneity=False)
    assert r.sensitivity[0].probability < r.probability
    assert r.exact == pytest.approx(nbinom.cdf(9, 20 / 0.5, 1 / (1 + 0.5 * r.natural)), abs=1e-6)
    assert r.probability == pytest.approx(r.exact, abs=0.01)


@pytest.mark.parametrize("groups", sorted(MADE))
def test_two_groups_of_events_however_they_were_made(elm: Programme, groups: str) -> None:
    r = ask(elm, "9 attacks in 20 people over 1 year against 31 in 20", groups=groups)
    test = compare_rates(9, 20, 31, 20, 0.5)
    assert r.comparison is not None
    assert r.comparison.two_sided == test.two_sided
    assert r.verdict_from == (test.two_sided if groups == "randomised" else r.interval[1])
    assert MADE[groups] in r.words
    assert r.speaks_of == "benefit"
    harm = ask(elm, "31 attacks in 20 people over 1 year against 9 in 20", groups=groups)
    assert harm.speaks_of == "harm"


def test_groups_made_by_chance_need_no_natural_history_of_events(elm: Programme) -> None:
    r = ask(elm, "9 attacks in 20 people against 31 in 20", groups="randomised")
    assert r.natural_history_refused is not None
    assert r.verdict_from == compare_rates(9, 20, 31, 20, 1.0).two_sided
    with pytest.raises(QuestionUnclear):
        ask(elm, "9 attacks in 20 people against 31 in 20")
    with pytest.raises(QuestionUnclear):
        ask(elm, "9 attacks in 20 people")


def test_outside_its_times_it_is_refused_and_a_time_that_contradicts_too(elm: Programme) -> None:
    with pytest.raises(OutsideDomain):
        ask(elm, "9 attacks in 20 people over 5 years")
    with pytest.raises(HeadlineUnclear):
        ask(elm, "9 attacks in 20 people (60 person-years)", follow_up="1y")
    with pytest.raises(HeadlineUnclear):
        ask(elm, "9 attacks in 20 people over 1 year", examiners=3)


def test_very_many_people_are_answered_as_few_are(elm: Programme) -> None:
    """The share of trials hardly changes from thousands to millions: what is left then is how cohorts differ."""
    some = ask(elm, "4000 attacks in 4000 people over 1 year")
    many = ask(elm, "4000000 attacks in 4000000 people over 1 year")
    assert many.probability == pytest.approx(some.probability, abs=0.03)
    two = ask(elm, "4000000 attacks in 4000000 people over 1 year against 4100000 in 4000000")
    assert two.probability == pytest.approx(two.predictive, abs=0.03)


def test_the_card_and_the_drawing_carry_the_number(elm: Programme) -> None:
    for text in (
        "9 attacks in 20 people over 1 year",
        "9 attacks in 20 people over 1 year against 31 in 20",
        "60 attacks in 20 people over 1 year",
    ):
        r = ask(elm, text)
        assert sum(c.dots for c in columns(r) if c.reaches) == out_of_hundred(r)
        assert "attacks" in r.words
        assert "for each person" in dict(answer_in_numbers(r)).__repr__()
        assert "people each" in what_would_tell(r)
        assert "each person" in in_words(r) or "events in 20 people" in in_words(r)
        assert replay_chart(r, "x").words
        assert f"{out_of_hundred(r)} of 100" in card_page(r)
        assert card_svg(r).startswith("<svg")


# --- the exact test ------------------------------------------------------------------------------------------------------------


def test_people_who_are_alike_give_the_binomial_test() -> None:
    """SciPy's binomial test of one group's part; the three figures are those of R 4 (``poisson.test(c(12, 30), c(20, 20))`` …)."""
    for (a, b, n, m), p in {
        (12, 30, 20, 20): 0.007915897,
        (3, 9, 10, 30.5): 1.0,
        (0, 5, 7, 4): 0.006358234,
    }.items():
        assert compare_rates(a, n, b, m, 0.0).two_sided == pytest.approx(p, rel=1e-6)
    for a, b, n, m in product((0, 1, 5, 12), (0, 3, 30), (1, 20), (1, 17.5)):
        expected = binomtest(a, a + b, n / (n + m)).pvalue if a + b else 1.0
        assert compare_rates(a, n, b, m, 0.0).two_sided == pytest.approx(expected, rel=1e-6)


def test_people_who_differ_give_the_beta_binomial() -> None:
    for a, b, n, m, differ in ((12, 30, 20, 20, 0.5), (0, 9, 4, 6, 1.0), (3, 3, 10, 30, 2.0)):
        pmf = betabinom.pmf(np.arange(a + b + 1), a + b, n / differ, m / differ)
        two = pmf[pmf <= pmf[a] * (1 + 1e-7)].sum()
        assert compare_rates(a, n, b, m, differ).two_sided == pytest.approx(two, rel=1e-6)


@pytest.mark.parametrize(
    ("n", "m", "rate", "differ"), [(8, 8, 1.0, 1.0), (20, 12, 0.5, 0.5), (5, 15, 2.0, 1.0)]
)
def test_its_size_is_at_most_nominal_by_enumeration(n: int, m: int, rate: float, differ: float) -> None:
    """Every pair of numbers of events, weighted with its chance where both groups are alike."""
    most = int(rate * max(n, m) * 5 + 40)
    first, second = (events_distribution(k, np.array([rate * k]), differ, most)[0] for k in (n, m))
    assert first.sum() == pytest.approx(1.0, abs=1e-4)
    size = {0.05: 0.0, 0.01: 0.0}
    naive = 0.0
    for a, b in product(range(most + 1), repeat=2):
        weight = first[a] * second[b]
        if weight < 1e-9:
            continue
        p = compare_rates(a, n, b, m, differ).two_sided
        for level in size:
            size[level] += weight * (p <= level)
        naive += weight * (compare_rates(a, n, b, m, 0.0).two_sided <= 0.05)
    assert size[0.05] <= 0.05
    assert size[0.01] <= 0.01
    assert naive > 0.05  # the test for people who are alike cries wolf where they differ


def test_sums_are_negative_binomial() -> None:
    made = events_distribution(20, np.array([24.0, 3.0]), 0.5, 100)
    for row, mean in zip(made, (24.0, 3.0), strict=True):
        assert row == pytest.approx(nbinom.pmf(np.arange(101), 40, 40 / (40 + mean)), abs=1e-12)


def test_a_trial_of_rates_has_the_power_that_it_is_planned_for() -> None:
    """Zhu and Lakkis' size by simulation of the exact test: near four in five."""
    plan = design_for_rates(1.2, -0.5, 0.5)
    assert plan.per_arm is not None
    rng = np.random.default_rng(5)
    n = plan.per_arm
    found = [
        compare_rates(
            int(rng.poisson(rng.gamma(2, 0.3, n)).sum()),
            n,
            int(rng.poisson(rng.gamma(2, 0.6, n)).sum()),
            n,
            0.5,
        ).two_sided
        <= 0.05
        for _ in range(600)
    ]
    assert 0.72 <= np.mean(found) <= 0.9
