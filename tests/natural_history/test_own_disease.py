"""A bundle of an invented disease, written from the docs alone: every generic kind is answered, and what lies outside is refused."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from proband.analysis.unconditional import boschloo
from proband.natural_history import OutsideDomain, QuestionUnclear
from proband.natural_history.conditions import Conditions
from proband.natural_history.kinds.means import new_cohort
from proband.natural_history.questions import outcome, outcomes
from proband.programme import BundleError, Programme, load
from proband.trial.headline import HeadlineResult, headline
from proband.trial.headline.table import headline_table

ROOT = Path(__file__).parent.parent.parent
MINIMAL = ROOT / "tests" / "bundles" / "minimal"
BLOCK = re.compile(r'```(?:yaml|csv) title="(natural_history/[a-z]+\.(?:yaml|csv))"\n(.*?)```', re.DOTALL)


def written(folder: Path) -> Path:
    """The minimal bundle with the tables that the docs show."""
    shutil.copytree(MINIMAL, folder)
    blocks = BLOCK.findall((ROOT / "docs" / "natural-history.md").read_text(encoding="utf-8"))
    assert len(blocks) == 8
    for name, text in blocks:
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def marsh(tmp_path_factory: pytest.TempPathFactory) -> Programme:
    """The invented programme."""
    return load(written(tmp_path_factory.mktemp("own") / "marsh"))


def ask(marsh: Programme, text: str, outcome: str, **more: str) -> HeadlineResult:
    """A headline about the invented disease, with few replays."""
    return headline(text, programme=marsh, outcome=outcome, trials=2000, **more)  # type: ignore[arg-type]


def test_every_kind_is_offered(marsh: Programme) -> None:
    kinds = {name: (o.kind, o.better) for name, o in outcomes(marsh).items()}
    assert kinds == {
        "tremor-cleared": ("proportion", "more"),
        "still-walking": ("survival", "more"),
        "score-change": ("change", "fewer"),
        "fall": ("proportion", "fewer"),
    }
    made = headline_table([marsh])["programmes"]["minimal"]
    names = list(made["outcomes"])
    assert {names[cell["o"]] for cell in made["cells"] if "refused" not in cell} == set(kinds)


def test_a_share(marsh: Programme) -> None:
    result = ask(marsh, "8 of 10 cleared", "tremor-cleared", baseline="early", follow_up="12m")
    assert result.programme_hash == marsh.hash
    assert 0.35 < result.natural < 0.6
    assert result.natural_interval[0] < 0.4 < 0.5 < result.natural_interval[1]
    assert result.probability == pytest.approx(result.predictive, abs=0.04)
    assert "Damp. Tremor comes back in wet years." in result.cannot_see
    assert not any("examiner" in a or "Transplant" in a for a in (*result.assumptions, *result.cannot_see))
    late = ask(marsh, "8 of 10 cleared", "tremor-cleared", baseline="late", follow_up="12m")
    assert late.natural < 0.25
    assert late.probability < result.probability / 5
    mixed = ask(marsh, "8 of 10 cleared", "tremor-cleared", baseline="early:5,late:5", follow_up="12m")
    assert late.natural < mixed.natural < result.natural


def test_between_two_printed_times_the_answer_says_so_and_is_wider(marsh: Programme) -> None:
    at = outcome(marsh, "tremor-cleared").proportions
    assert at is not None
    ((_, between),) = at(marsh, Conditions("early", follow_up="9m"), 10)
    ((_, printed),) = at(marsh, Conditions("early", follow_up="6m"), 10)
    assert any("interpolated" in a for a in between.assumptions)
    assert not any("interpolated" in a for a in printed.assumptions)
    assert printed.pooled < between.pooled
    # Sedge was seen at a year only: it says nothing about six or nine months
    assert printed.n_cohorts == between.n_cohorts == 1


@pytest.mark.parametrize("time", ["52w", "48w", "13m"])
def test_a_month_and_a_week_beside_a_declared_time_are_that_time(marsh: Programme, time: str) -> None:
    """A year is twelve months, 52 weeks and near enough 48; what is further off is refused."""
    at = ask(marsh, "8 of 10 cleared", "tremor-cleared", baseline="early", follow_up="12m")
    beside = ask(marsh, "8 of 10 cleared", "tremor-cleared", baseline="early", follow_up=time)
    assert beside.natural == pytest.approx(at.natural, abs=0.06)
    assert any("is answered as day 365" in a for a in beside.assumptions) == (time == "13m")
    early = ask(marsh, "8 of 10 cleared at 26 weeks", "tremor-cleared", baseline="early")
    assert any("is answered as day 183" in a for a in early.assumptions)
    with pytest.raises(OutsideDomain):
        ask(marsh, "8 of 10 cleared", "tremor-cleared", baseline="early", follow_up="14m")


def test_a_rate_beside_a_declared_time_is_carried_there(marsh: Programme) -> None:
    """Events go on with time: beside the last declared time there are more of them, and the answer does not say that it is that time."""
    at = ask(marsh, "4 falls in 20 people", "fall", follow_up="24m")
    beside = ask(marsh, "4 falls in 20 people", "fall", follow_up="26m")
    assert beside.natural == pytest.approx(at.natural * 26 / 24, rel=1e-3)
    assert any("carried from day 730" in a for a in beside.assumptions)
    assert not any("carried from" in a for a in at.assumptions)


def test_a_time_to_an_event(marsh: Programme) -> None:
    five = ask(marsh, "9 of 10 still walking", "still-walking", follow_up="5y")
    one = ask(marsh, "9 of 10 still walking", "still-walking", follow_up="1y")
    assert five.natural < 0.65 < one.natural
    assert any("constant hazard" in a for a in five.assumptions)
    three = ask(marsh, "9 of 10 still walking", "still-walking", follow_up="3y")
    assert five.natural < three.natural < one.natural
    assert any("interpolated" in a for a in three.assumptions)


def test_a_change(marsh: Programme) -> None:
    result = ask(marsh, "tremor score fell by 2 points in 20 people", "score-change", follow_up="12m")
    assert result.natural == pytest.approx(1.5, abs=0.1)
    # the spread of one person's change follows from the two spreads and their correlation
    assert result.extra["person_sd"] == pytest.approx(np.sqrt(36 + 36 - 2 * 0.8 * 36))
    assert result.direction == "at most"
    assert result.probability < 0.05
    assert any("One cohort of such people is published" in a for a in result.assumptions)


def test_a_mean_change_without_its_spread_is_said_and_refused(tmp_path: Path) -> None:
    """Where nobody printed how far people differ, chance cannot be told; the refusal says the mean that there is, and what is missing."""
    folder = written(tmp_path / "marsh")
    path = folder / "natural_history" / "score.csv"
    text = path.read_text(encoding="utf-8")
    assert "6,6,0.8" in text
    path.write_text(text.replace("6,6,0.8", "6,,"), encoding="utf-8")
    with pytest.raises(OutsideDomain) as refused:
        ask(load(folder), "tremor score fell by 2 points in 20 people", "score-change", follow_up="12m")
    assert "1.5 points over 12 months, 40 people (Reed)" in refused.value.nearest
    assert "standard deviation" in refused.value.missing[0]


def test_counts_of_events(marsh: Programme) -> None:
    result = ask(marsh, "2 of 20 fell", "fall", follow_up="1y")
    assert result.natural == pytest.approx(1 - np.exp(-54 / 100), abs=0.06)
    assert result.direction == "at most"
    assert result.probability < 0.05
    assert ask(marsh, "2 of 20 fell", "fall", follow_up="6m").natural < result.natural


def test_numbers_of_events_in_one_group_and_in_two(marsh: Programme) -> None:
    one = ask(marsh, "60 falls in 20 people over 1 year", "fall")
    assert one.kind == "events"
    assert (one.direction, one.speaks_of) == ("at least", "harm")
    assert one.natural == pytest.approx(54 / 80, abs=0.2)
    two = ask(marsh, "9 falls in 20 people over 1 year against 31 in 19", "fall", groups="randomised")
    assert two.comparison is not None
    assert two.verdict_from == two.comparison.two_sided < 0.05
    with pytest.raises(OutsideDomain):
        ask(marsh, "60 falls in 20 people over 9 years", "fall")


def test_two_groups(marsh: Programme) -> None:
    p = boschloo(9, 12, 3, 12, "two-sided").p
    for name, more in (
        ("tremor-cleared", {"baseline": "early", "follow_up": "12m"}),
        ("tremor-cleared", {}),  # who the people were is not said: the arms speak for themselves
        ("strength", {}),  # an outcome of outcomes.yaml without any natural history
    ):
        result = ask(marsh, "9 of 12 against 3 of 12", name, groups="randomised", **more)
        assert result.comparison is not None
        assert result.comparison.two_sided == result.verdict_from == p
        assert (result.natural_history_refused is None) == bool(more)
    unknown = ask(marsh, "9 of 12 against 3 of 12", "tremor-cleared", baseline="early", follow_up="12m")
    assert unknown.verdict_from != p
    with pytest.raises(OutsideDomain):
        ask(marsh, "9 of 12", "strength")


@pytest.mark.parametrize(
    ("text", "name", "more"),
    [
        ("8 of 10 cleared", "tremor-cleared", {"baseline": "early", "follow_up": "24m"}),
        ("8 of 10 cleared", "tremor-cleared", {"baseline": "early", "follow_up": "1m"}),
        ("8 of 10 cleared", "tremor-cleared", {"baseline": "middle", "follow_up": "12m"}),
        ("8 of 10 cleared", "tremor-cleared", {"baseline": "late", "follow_up": "6m"}),
        ("8 of 10 cleared", "tremor-cleared", {"baseline": "early", "follow_up": "12m", "era": "1980s"}),
        ("8 of 10 still walking", "still-walking", {"follow_up": "10y"}),
        ("tremor score fell by 2 points in 20 people", "score-change", {"follow_up": "6m"}),
        ("2 of 20 fell", "fall", {"follow_up": "3y"}),
    ],
)
def test_outside_its_domain_a_table_refuses(
    marsh: Programme, text: str, name: str, more: dict[str, str]
) -> None:
    with pytest.raises(OutsideDomain):
        ask(marsh, text, name, **more)


def test_what_tells_people_apart_must_be_said_and_years_only_where_there_are_any(marsh: Programme) -> None:
    with pytest.raises(QuestionUnclear, match="baseline"):
        ask(marsh, "8 of 10 cleared", "tremor-cleared", follow_up="12m")
    with pytest.raises(QuestionUnclear, match="calendar years"):
        ask(marsh, "2 of 20 fell", "fall", follow_up="1y", era="2010s")


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "says"),
    [
        ("clearing.csv", "Reed,early,6,40,12", "Reed,early,6,40,52", 2, "more than the 40 people"),
        ("clearing.csv", "Reed,early,6,40,12", "Reed,early,soon,40,12", 2, "is not a number"),
        ("clearing.csv", "Sedge,late,12,50", "Sedge,late,12,0", 5, "more than nothing"),
        ("staying.csv", "Reed,free,5,50", "Reed,free,5,150", 3, "no percentage"),
        ("staying.csv", "Reed,free,5,50,35,65", "Reed,free,5,30,35,65", 3, "must not be above"),
        ("staying.csv", "Bulrush,median", "Bulrush,mean", 4, "is no measure"),
        ("score.csv", "0.8,proband", "8,proband", 2, "between -1 and 1"),
        ("falls.csv", "Reed,24,40", "Reed,-24,40", 2, "less than nothing"),
        ("falls.yaml", "unit: a", "unit: decade", 5, "decade"),
        ("falls.csv", "cohort,events", "cohort,falls", 10, "no column events"),
        ("clearing.yaml", "times: [6, 12]", "times: [12, 6]", 18, "is no span"),
    ],
)
def test_impossible_rows_are_refused_with_their_line(
    tmp_path: Path, file: str, old: str, new: str, line: int, says: str
) -> None:
    folder = written(tmp_path / "marsh")
    path = folder / "natural_history" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(BundleError) as refused:
        load(folder)
    assert any(says in p.message and p.line == line for p in refused.value.problems), refused.value.problems


def test_the_normal_model_agrees_with_brute_force() -> None:
    """Quantiles of a new cohort against quadrature over μ, d and τ."""
    y, se, t = np.array([1.0, 3.0, 2.0]), np.array([0.5, 0.4, 0.8]), np.array([-1.0, 0.0, 1.0])
    found = new_cohort(y, se, t, 1.0, tau_scale=1.0, drift_sd=0.3)
    mu, drift, tau = (a.ravel() for a in np.meshgrid(
        np.linspace(-8, 12, 201), np.linspace(-1.2, 1.2, 41), np.linspace(0.02, 4, 80), indexing="ij"))  # fmt: skip
    log = -0.5 * (drift / 0.3) ** 2 - 0.5 * tau**2
    for value, error, time in zip(y, se, t, strict=True):
        variance = error**2 + tau**2
        log += -0.5 * (value - mu - drift * time) ** 2 / variance - 0.5 * np.log(variance)
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    centre = mu + drift
    mean = float(weight @ centre)
    assert found.pooled == pytest.approx(mean, abs=0.02)
    sd = np.sqrt(weight @ ((centre - mean) ** 2 + tau**2))
    assert np.std(found.quantiles) == pytest.approx(sd, rel=0.03)


def test_one_cohort_keeps_the_cautious_prior() -> None:
    """However many people one cohort has, the next one stays uncertain; with many alike cohorts it does not."""
    one = new_cohort(np.array([2.0]), np.array([1e-3]), np.zeros(1), 0.0, tau_scale=1.0, drift_sd=0.3)
    # the published cohort and the next one both lie somewhere about the mean: √2 times the prior's spread
    assert np.std(one.quantiles) == pytest.approx(np.sqrt(2), rel=0.05)
    many = new_cohort(np.full(30, 2.0), np.full(30, 0.05), np.zeros(30), 0.0, tau_scale=1.0, drift_sd=0.3)
    assert np.std(many.quantiles) < 0.15


@pytest.mark.parametrize(
    ("file", "old", "new", "touched"),
    [
        ("clearing.csv", "Sedge,early,12,60,30", "Sedge,early,12,60,40", "tremor-cleared"),
        ("clearing.csv", "Sedge,early,12,60,30", "Sedge,early,12,90,30", "tremor-cleared"),
        ("clearing.csv", "60,30,2020", "60,30,2010", "tremor-cleared"),
        ("staying.csv", "Bulrush,median,,4,3,6,30", "Bulrush,median,,5,3,6,30", "still-walking"),
        ("staying.csv", "Reed,free,5,50,35,65", "Reed,free,5,50,45,55", "still-walking"),
        ("score.csv", "Reed,12,40,1.5", "Reed,12,40,2.5", "score-change"),
        ("score.csv", "6,6,0.8", "6,6,0.5", "score-change"),
        ("falls.csv", "Reed,24,40", "Reed,34,40", "fall"),
        ("falls.csv", "Reed,24,40", "Reed,24,60", "fall"),
    ],
)
def test_a_changed_number_changes_the_answers_of_its_table_and_no_others(
    marsh: Programme, tmp_path: Path, file: str, old: str, new: str, touched: str
) -> None:
    folder = written(tmp_path / "marsh")
    path = folder / "natural_history" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    changed = load(folder)
    people = {
        "tremor-cleared": Conditions("early", follow_up="12m"),
        "still-walking": Conditions(follow_up="5y"),
        "score-change": Conditions(follow_up="12m"),
        "fall": Conditions(follow_up="1y"),
    }
    for name, conditions in people.items():
        before, after = (outcome(programme, name) for programme in (marsh, changed))
        ask_before, ask_after = before.changes or before.proportions, after.changes or after.proportions
        assert ask_before is not None
        assert ask_after is not None
        ((_, was),), ((_, now),) = ask_before(marsh, conditions, 10), ask_after(changed, conditions, 10)
        same = np.array_equal(was.quantiles, now.quantiles) and getattr(was, "sd", 0) == getattr(now, "sd", 0)
        assert same == (name != touched), name
